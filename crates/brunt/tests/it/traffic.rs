//! From logs to load as its users run it: the simulated shop, and the shop target.

use crate::stage::{brunt, count, figures};
use brunt_demo::{Config, Running, ShopConfig, start};
use brunt_testkit::TestContext;
use insta::assert_snapshot;
use std::fmt::Write as _;
use std::process::Command;

fn shop() -> Running {
    start(Config::shop(ShopConfig::default())).expect("a free port")
}

/// A place with the log of two days of a shop that does not exist, and a model of it.
fn learnt() -> TestContext {
    let context = brunt();
    let log = context.run(&["logs", "--simulate", "2"]).expect_code(0);
    context.write("shop.log", log.stdout);
    let told = context.run(&["learn", "shop.log", "-o", "shop.model.json"]).expect_code(0);
    assert!(told.stdout.contains("written   shop.model.json"), "{}", told.stdout);
    assert!(told.stderr.contains("2 endpoints write, and the log does not tell what"), "{}", told.stderr);
    context
}

#[test]
fn what_a_log_holds() {
    let context = brunt();
    let log = context.run(&["logs", "--simulate", "2"]).expect_code(0);
    context.write("shop.log", format!("no request\n{}", log.stdout));
    assert_snapshot!(context.run(&["logs", "shop.log", "--ascii"]).snapshot());
    let json = context.run(&["logs", "shop.log", "--json", "--figures", "drawn"]).expect_code(0);
    assert!(context.read("drawn/log-endpoints.svg").contains("GET /products/{int}"));
    assert!(context.read("drawn/log-hours.svg").contains("is the busiest"));
    assert!(context.read("drawn/log-course.svg").contains("days since Mon 2026-01-05"));
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["requests"].as_u64(), Some(log.stdout.lines().count() as u64));
    assert_eq!(json["by_hour"].as_array().map(Vec::len), Some(24));
}

/// A format of one's own, behind a proxy: sessions are those of who was forwarded for.
#[test]
fn a_log_as_a_server_was_told_to_write_it() {
    let context = brunt();
    let mut text = String::new();
    for i in 0..20 {
        let _ = writeln!(
            text,
            "7 10.0.0.1 GET /p/{i} HTTP/1.1 200 [05/Jan/2026:00:00:{i:02} +0000] <10.9.0.{}, 10.0.0.9>",
            i % 4
        );
    }
    context.write("own.log", text);
    let format = "$connection $remote_addr $request $status [$time_local] <$http_x_forwarded_for>";
    let told = context.run(&["logs", "own.log", "--log-format", format]).expect_code(0);
    assert!(told.stdout.contains("sessions   4 of 4 clients"), "{}", told.stdout);
    let refused = context.run(&["logs", "own.log", "--log-format", "%q nothing"]).expect_code(2);
    assert!(refused.stderr.contains("help: as in the server's configuration"), "{}", refused.stderr);
}

#[test]
fn a_model_makes_the_same_requests_in_every_form() {
    let context = learnt();
    let synth = |to: &str, output: &str| {
        let words = ["synth", "shop.model.json", "--for", "30m", "--to", to, "-o", output];
        context.run(&words).expect_code(0).stdout
    };
    let said = synth("json", "a.json");
    assert!(said.starts_with("made      "), "{said}");
    synth("json", "b.json");
    assert_eq!(context.read("a.json"), context.read("b.json"));
    for (to, output, file) in [
        ("json-array", "array.json", "array.json"),
        ("access-log", "made.log", "made.log"),
        ("csv", "made.csv", "made.csv"),
        ("har", "made.har", "made.har"),
        ("vegeta", "targets.jsonl", "targets.jsonl"),
        ("k6", "k6", "k6/scenario.js"),
        ("locust", "locust", "locust/locustfile.py"),
    ] {
        synth(to, output);
        assert!(!context.read(file).is_empty(), "{to}");
    }
    let improved = context.run(&["synth", "shop.model.json", "--improved", "-o", "c.json"]).expect_code(0);
    assert!(
        improved.stdout.contains("(burstiness x 1.5, rate x 2, tail x 2, writes x 2)"),
        "{}",
        improved.stdout
    );
    // What was made is a log again.
    let again = context.run(&["logs", "made.log"]).expect_code(0);
    assert!(again.stdout.contains("GET /products/{int}"), "{}", again.stdout);
}

#[test]
fn models_requests_and_logs_drive_a_target() {
    let context = learnt();
    let shop = shop();
    let _ = context
        .run(&["synth", "shop.model.json", "--for", "3s", "--scale", "200", "-o", "made.json"])
        .expect_code(0);
    let url = shop.url();
    for words in [
        &["shop.model.json", "--scale", "200", "-d", "3s"][..],
        &["made.json"],
        &["shop.log", "--compress", "200", "-d", "3s"],
    ] {
        let summary = figures(&context, &[words, &["--target", &url]].concat());
        assert!(count(&summary, "/total/requests") > 10, "{words:?}: {summary:#}");
        assert!(summary.to_string().contains("\"/products?\""), "{summary:#}");
    }
}

/// Headers, checks and the target come from the plan's first request; what is asked for comes from the model.
#[test]
fn traffic_is_sent_as_a_plan_says() {
    let context = learnt();
    let shop = shop();
    context.write(
        "base.yaml",
        format!("target: {}\nactions: {{look: [{{get: /nowhere, headers: {{x-who: the-plan}}}}]}}\nusers: {{v: {{actions: look}}}}\n\
                 scenarios: {{a: {{users: 1, duration: 1s}}}}\n", shop.url()),
    );
    let url = shop.url();
    let words = [
        "run",
        "shop.model.json",
        "--target",
        &url,
        "--base",
        "base.yaml",
        "--scale",
        "200",
        "-d",
        "2s",
        "-o",
        "record",
    ];
    let run = context.run(&words);
    assert!([Some(0), Some(98)].contains(&run.code), "{}", run.stderr);
    let plan = context.read("record/run.json");
    assert!(plan.contains("the-plan") && plan.contains("/products?page=1"), "{plan}");
    assert!(!plan.contains("/nowhere"), "{plan}");
}

#[test]
fn likeness_and_limits() {
    let context = learnt();
    let other = context.run(&["logs", "--simulate", "2", "--seed", "2"]).expect_code(0);
    context.write("other.log", other.stdout);
    let words = ["fidelity", "--real", "other.log", "--synthetic", "shop.log"];
    let alike = context.run(&words).expect_code(0);
    assert!(alike.stdout.contains("\nmix "), "{}", alike.stdout);
    let limit = |text: &'static str| context.run(&[&words[..], &["--fail-over", text]].concat());
    assert!(limit("mix=0").expect_code(97).stdout.contains("failed    mix is "));
    let _ = limit("mix=0.5").expect_code(0);
    let model = context.run(&[
        "fidelity",
        "--real",
        "other.log",
        "--synthetic",
        "shop.model.json",
        "--draws",
        "2",
        "--json",
        "--figures",
        "drawn",
    ]);
    let json: serde_json::Value = serde_json::from_str(&model.expect_code(0).stdout).expect("JSON");
    assert_eq!(json["measures"][0]["aspect"], "volume");
    assert!(json["measures"][0]["spread"].is_number());
    for (file, says) in
        [("hours", "volume: "), ("endpoints", "mix: "), ("bursts", "queue: "), ("sessions", "gaps: ")]
    {
        let drawn = context.read(&format!("drawn/log-{file}.svg"));
        assert!(drawn.contains(says) && drawn.contains("synthetic"), "{file}");
    }
}

#[test]
fn the_whole_way_and_on_from_where_it_was() {
    let context = brunt();
    let log = context.run(&["logs", "--simulate", "1"]).expect_code(0);
    context.write("shop.log", log.stdout);
    let shop = shop();
    let words = ["pipeline", "shop.log", "--target", &shop.url(), "--scale", "100", "--for", "2s"];
    let first = context.run(&words).expect_code(0);
    for file in ["1-log.txt", "2-site.model.json", "3-likeness.txt", "8-report.html", "asked.json"] {
        assert!(!context.read(&format!("pipeline/{file}")).is_empty(), "{file}");
    }
    assert_eq!(first.stdout.matches("step       ").count(), 8, "{}", first.stdout);
    std::fs::remove_file(context.dir().join("pipeline/8-report.html")).expect("the report");
    let second = context.run(&words).expect_code(0);
    assert_eq!(second.stdout.matches("there      ").count(), 7, "{}", second.stdout);
    assert_eq!(second.stdout.matches("step       ").count(), 1, "{}", second.stdout);
    let other = context.run(&["pipeline", "shop.log", "--target", &shop.url(), "--for", "3s"]).expect_code(2);
    assert!(other.stderr.contains("was made for another question"), "{}", other.stderr);
}

#[test]
fn what_cannot_be_done_is_said() {
    let context = learnt();
    context.write("garbage.bin", [0_u8, 159, 146, 150, 10, 255, 254]);
    context.write(
        "plan.yaml",
        "target: http://127.0.0.1:1\nscenarios: {a: {users: 1, duration: 1s, request: GET /}}\n",
    );
    context.write("old.model.json", "{\"brunt_model\":\"0.1\"}");
    let all: Vec<String> = [
        &["logs"][..],
        &["logs", "nothing.log"],
        &["logs", "garbage.bin"],
        &["learn", "nothing.log"],
        &["synth", "nothing.json"],
        &["synth", "plan.yaml"],
        &["synth", "old.model.json"],
        &["synth", "shop.model.json", "--at", "soon"],
        &["synth", "shop.model.json", "--scale", "0"],
        &["synth", "shop.model.json", "--for", "ever"],
        &["run", "shop.model.json"],
        &["run", "shop.model.json", "--target", "http://127.0.0.1:1", "-u", "5"],
        &["run", "shop.model.json", "--target", "http://127.0.0.1:1", "--profile", "a"],
        &["run", "shop.model.json", "--target", "http://127.0.0.1:1", "--base", "plan.yaml", "-u", "5"],
        &["run", "plan.yaml", "--improved"],
        &["fidelity", "--real", "shop.log", "--synthetic", "shop.log", "--fail-over", "mix"],
        &["fidelity", "--real", "shop.log", "--synthetic", "garbage.bin"],
    ]
    .into_iter()
    .map(|words| format!("$ brunt {}\n{}", words.join(" "), context.run(words).snapshot()))
    .collect();
    assert_snapshot!(all.join("\n"));
}

/// The exported locustfile, by Locust itself where it is there.
#[test]
fn a_locustfile_is_python() {
    let context = learnt();
    let _ = context
        .run(&["synth", "shop.model.json", "--for", "5m", "--to", "locust", "-o", "locust"])
        .expect_code(0);
    let file = context.dir().join("locust/locustfile.py");
    let python = Command::new("python3").args(["-m", "py_compile"]).arg(&file).output();
    if let Ok(output) = python {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Two servers' logs, observed apart and learnt from together, make the model of both.
#[test]
fn parts_of_a_log_make_the_model_of_the_whole() {
    let context = learnt();
    let log = context.read("shop.log");
    let middle = log.len() / 2 + log[log.len() / 2..].find('\n').expect("more lines") + 1;
    context.write("a.log", &log[..middle]);
    context.write("b.log", &log[middle..]);
    for name in ["a", "b"] {
        let (log, part) = (format!("{name}.log"), format!("{name}.part.json"));
        let told = context.run(&["learn", &log, "--part", &part, "--key", "key"]).expect_code(0);
        assert!(told.stdout.contains("observed"), "{}", told.stdout);
    }
    let merge =
        ["learn", "--merge", "a.part.json", "b.part.json", "--name", "shop", "-o", "merged.model.json"];
    let _ = context.run(&merge).expect_code(0);
    let _ =
        context.run(&["learn", "a.log", "b.log", "--name", "shop", "-o", "whole.model.json"]).expect_code(0);
    assert!(context.read("merged.model.json") == context.read("whole.model.json"));

    let _ = context.run(&["learn", "b.log", "--part", "c.part.json", "--key", "another"]).expect_code(0);
    let refused = context.run(&["learn", "--merge", "a.part.json", "c.part.json"]).expect_code(2);
    assert_snapshot!(refused.stderr, @"
    a.part.json: 12302 requests
    c.part.json: 12910 requests
    error: cannot read `c.part.json` as a part of a log: clients are hashed under another key than in the parts before it
      help: `brunt learn LOG --part FILE --key FILE` writes parts, all with the same key
    ");
    context.write("short", "abc\n");
    let refused = context.run(&["learn", "b.log", "--part", "c.part.json", "--key", "short"]).expect_code(2);
    assert_snapshot!(refused.stderr, @"
    error: `short` is no key: 32 hexadecimal digits are wanted
      help: name a file that is not there, and a key is made in it
    ");
}

/// A log that grows: as it was learnt first, then something else, then nothing.
#[test]
fn a_log_that_drifts_from_its_model_is_told() {
    let context = learnt();
    let log = context.run(&["logs", "--simulate", "1", "--seed", "2"]).expect_code(0).stdout;
    let (calm, rest) = log.split_at(log.len() / 2 + log[log.len() / 2..].find('\n').expect("more lines") + 1);
    context.write("live.log", calm);
    let watch = |limits: &[&str]| {
        let words = ["fidelity", "--watch-log", "live.log", "--synthetic", "shop.model.json"];
        let short = ["--window", "4h", "--every", "1s", "--for", "1s", "--draws", "1"];
        context.run(&[&words[..], &short, limits].concat())
    };
    let told = watch(&["--real", "shop.log"]).expect_code(0).stdout;
    assert!(told.contains("as it was learnt"), "{told}");
    // The same people ask for one page alone, and five times as often.
    let strange: String =
        rest.lines().map(|line| line.replacen("GET /", "GET /sale/", 1) + "\n").collect::<String>().repeat(5);
    context.write("live.log", format!("{calm}{strange}"));
    let told = watch(&["--real", "shop.log"]).expect_code(97).stdout;
    assert!(told.contains("drift") && told.contains("mix ") && told.contains("volume "), "{told}");
    let told = watch(&["--fail-over", "volume=9"]).expect_code(0).stdout;
    assert!(!told.contains("mix "), "{told}");
    let json = watch(&["--json"]).expect_code(97).stdout;
    let look: serde_json::Value = serde_json::from_str(json.lines().next().expect("a look")).expect("JSON");
    assert_eq!(look["drift"].as_array().map(Vec::is_empty), Some(false), "{look}");

    let refused =
        context.run(&["fidelity", "--watch-log", "live.log", "--synthetic", "shop.log"]).expect_code(2);
    assert_snapshot!(refused.stderr, @"
    error: `shop.log` is no model
      help: `--watch-log` compares with what `brunt learn` wrote
    ");
}
