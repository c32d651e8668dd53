//! Plans as they are run: profiles, hooks, Locust's flags, files for other tools, starter suites.

use crate::stage::{Wire, alone, brunt, count, judged, mock, undisturbed};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

const PLAN: &str = "\
actions:
  home: [{get: /}]
  login: [{post: /login, form: {user: a, password: b}, tags: [write]}]
users:
  reader: {think: 10ms, actions: {home: 1}}
  writer: {think: 10ms, actions: {login: 1}}
scenarios:
  load: {users: 2, duration: 1s, graceful_stop: 1s}
profiles:
  small: {expect: [p95 < 1s]}
  large: {scenarios: {load: {users: 4}}}
";

#[test]
fn profiles_run_one_after_the_other() {
    let target = mock();
    let context = brunt();
    context.write("plan.yaml", PLAN);
    let url = target.url();
    let _alone = alone();
    let all = context.run(&[
        "run",
        "plan.yaml",
        "--target",
        &url,
        "--profile",
        "all",
        "--csv",
        "out/x",
        "-o",
        "rec",
    ]);
    assert!([Some(0), Some(98)].contains(&all.code), "{}{}", all.stdout, all.stderr);
    for (profile, users) in [("small", 2), ("large", 4)] {
        let summary: Value =
            serde_json::from_str(&context.read(&format!("rec/{profile}/summary.json"))).unwrap();
        assert_eq!(summary["profile"], profile);
        let stats = context.read(&format!("out/x_{profile}_stats.csv"));
        assert!(stats.starts_with("Type,Name,Request Count,") && stats.contains("GET,/,"), "{stats}");
        let history = context.read(&format!("out/x_{profile}_stats_history.csv"));
        assert!(history.lines().any(|l| l.split(',').nth(1) == Some(&users.to_string())), "{history}");
    }
    target.stop();
}

#[test]
fn locusts_flags_mean_what_they_mean_there() {
    let wire = Wire::new();
    let context = brunt();
    context.write("plan.yaml", PLAN);
    let url = wire.url().to_owned();
    let sent = |arguments: &[&str]| {
        let _alone = alone();
        let run = context.run(arguments);
        assert!([Some(0), Some(98)].contains(&run.code), "{}{}", run.stdout, run.stderr);
        let mut paths: Vec<String> =
            wire.take().iter().filter_map(|r| r.split(' ').nth(1).map(str::to_owned)).collect();
        paths.sort_unstable();
        paths.dedup();
        paths.join(" ")
    };
    let short = ["--headless", "-u", "2", "-r", "20", "-t", "1s", "--no-record", "-q"];
    let run = |more: &[&str]| sent(&[&["run", "-f", "plan.yaml"], more, &short[..]].concat());
    assert_eq!(run(&["-H", &url]), "/ /login");
    assert_eq!(run(&[&format!("--host={url}"), "reader"]), "/");
    assert_eq!(run(&["--host", &url, "--tags", "write"]), "/login");
    assert_eq!(run(&["--host", &url, "--exclude-tags", "write,other"]), "/");
    context.write("locust.conf", format!("locustfile = plan.yaml\nhost = {url}\nusers = 2\nspawn-rate = 10\nrun-time = 1s\ntags = [write]\n"));
    assert_eq!(sent(&["run", "locust.conf", "--no-record", "-q"]), "/login");
    context.write("alone.conf", format!("host = {url}\nusers = 2\nrun-time = 1s\n"));
    assert_eq!(sent(&["run", "alone.conf", "--no-record", "-q"]), "/");
    assert_eq!(
        sent(&["run", "--target", &url, "--concurrency", "3", "--duration", "1", "--no-record", "-q"]),
        "/"
    );
}

#[test]
fn hooks_stand_around_the_load() {
    let target = mock();
    let context = brunt();
    let hooks = "hooks:\n  ready: {get: /health}\n  setup: [{run: 'echo made > made.txt; echo set up'}, {post: /echo, body: hi}]\n  \
                 load: {run: 'echo loading'}\n  teardown: [{run: 'rm made.txt; echo gone >&2; exit 7'}]\n";
    context.write("plan.yaml", format!("{PLAN}{hooks}"));
    let url = target.url();
    let run = judged(&context, &["run", "plan.yaml", "--target", &url, "-o", "rec"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr
            .contains("teardown: `run rm made.txt; echo gone >&2; exit 7` ended with exit code 7\n  | gone"),
        "{}",
        run.stderr
    );
    assert!(!context.dir().join("made.txt").exists());
    for (file, text) in
        [("01-setup", "set up\n"), ("02-setup", "hi"), ("03-load", "loading\n"), ("04-teardown", "gone\n")]
    {
        let kept = context.read(&format!("rec/hooks/{file}.txt"));
        assert!(kept.ends_with(text), "{file}: {kept}");
    }
    // What a hook writes is kept without the plan's secrets.
    context.write("plan.yaml", format!("{PLAN}secrets: {{pw: s3cret-word}}\nhooks: {{setup: [{{run: 'echo it is s3cret-word'}}, {{post: '/echo', body: '${{pw}}'}}]}}\n"));
    let _ = context.run(&["run", "plan.yaml", "--target", &url, "-d", "300ms", "-o", "hidden"]);
    for file in ["01-setup", "02-setup"] {
        let kept = context.read(&format!("hidden/hooks/{file}.txt"));
        assert!(kept.contains("(hidden)") && !kept.lines().skip(1).any(|l| l.contains("s3cret")), "{kept}");
    }
    // A setup that fails ends the run before its first request, and what it did is undone.
    context.write(
        "plan.yaml",
        format!("{PLAN}hooks: {{setup: [{{run: 'touch a; echo because; exit 3'}}], teardown: [{{run: 'rm a'}}]}}\n"),
    );
    let before = target.stats().requests;
    let refused = context.run(&["run", "plan.yaml", "--target", &url, "-o", "refused"]);
    assert_eq!((refused.code, target.stats().requests), (Some(3), before), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("setup failed: `run touch a; echo because; exit 3` ended with exit code 3"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("what the hooks said is in `refused/hooks`"), "{}", refused.stderr);
    assert!(context.read("refused/hooks/01-setup.txt").ends_with("\nbecause\n"));
    assert!(context.dir().join("refused/hooks/02-teardown.txt").exists());
    assert!(!context.dir().join("a").exists());
    target.stop();
}

/// What is never sent, for lack of a value, is in no time anywhere, and breaks no self-check.
#[test]
fn requests_that_lack_a_value_have_no_times() {
    let target = mock();
    let context = brunt();
    context.write(
        "plan.yaml",
        "actions:\n  a:\n    - {get: /delay/20, on_failure: continue}\n    - {get: '/never/${x}', on_failure: continue}\n    \
         - {if: {status: 599}, then: [{get: /, save: {x: $.y}}]}\nscenarios: {load: {users: 2, iterations: 20}}\n",
    );
    let url = target.url();
    let to = ["--csv", "out/x", "--summary-export", "k6.json", "-o", "rec"];
    let arguments = [&["run", "plan.yaml", "--target", &url][..], &to[..]].concat();
    let run = judged(&context, &arguments);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let row = run.stdout.lines().find(|l| l.starts_with("GET /never/{x} ")).unwrap_or_default();
    let cells: Vec<&str> = row.split_whitespace().skip(2).collect();
    assert!(matches!(cells[..], ["20", _, "100", "–", "–", "–", "–", "–"]), "{row}");
    let of = |name: &str| -> Value { serde_json::from_str(&context.read(name)).unwrap() };
    let (ours, k6s) = (of("rec/summary.json"), of("k6.json"));
    assert_eq!(ours["endpoints"][1]["figures"]["response"]["p50_ms"], Value::Null);
    let least = [
        &ours["total"]["response"]["min_ms"],
        &ours["total"]["service"]["min_ms"],
        &k6s["metrics"]["http_req_duration"]["min"],
        &k6s["metrics"]["http_req_waiting"]["avg"],
    ];
    assert!(least.iter().all(|ms| ms.as_f64() >= Some(19.0)), "{least:?}");
    let stats = context.read("out/x_stats.csv");
    assert!(stats.contains("\nGET,/never/{x},20,20,0,0.0,0,0,0.0,"), "{stats}");
    target.stop();
}

/// A scenario that ends with its data says so on the screen, in the log and in the record.
#[test]
fn data_that_ends_a_scenario_is_told() {
    let target = mock();
    let context = brunt();
    context.write(
        "plan.yaml",
        "data: {rows: {rows: [{a: 1}, {a: 2}, {a: 3}], at_end: stop}}\nactions: {a: [{get: '/?x=${rows.a}'}]}\n\
         scenarios: {load: {users: 1, duration: 20s}}\n",
    );
    let url = target.url();
    let run = judged(&context, &["run", "plan.yaml", "--target", &url, "-o", "rec"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let told = "`load` ended after 3 iterations, ";
    assert!(run.stdout.contains(&format!("data ended  {told}")), "{}", run.stdout);
    assert!(run.stderr.contains(&format!("warning: {told}")), "{}", run.stderr);
    let summary: Value = serde_json::from_str(&context.read("rec/summary.json")).unwrap();
    // Over within a second, and nobody was there at its end.
    assert_eq!(summary["scenarios"][0]["users_max"], 1);
    let warning = &summary["warnings"][0];
    assert_eq!(warning["kind"], "data_ended");
    let text = warning["text"].as_str().unwrap_or_default();
    assert!(text.ends_with("not after its 20 s: its data `rows` ran out of rows (`at_end: stop`)"), "{text}");
    target.stop();
}

#[test]
fn results_have_their_standard_names() {
    let target = mock();
    let context = brunt();
    let url = format!("{}/status/404", target.url());
    let run = undisturbed(|| {
        let _ = std::fs::remove_dir_all(context.dir().join("results"));
        context.run(&[
            "run",
            &url,
            "-u",
            "2",
            "-d",
            "1s",
            "--results",
            "--summary-export",
            "k6.json",
            "--html",
            "page.html",
            "--no-record",
        ])
    });
    assert!(run.stdout.contains("written"), "{}", run.stdout);
    let folder = context.dir().join("results/load_tests");
    let mut names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let tails: Vec<&str> = names.iter().map(|n| &n[15..]).collect();
    let stem = tails[0].strip_suffix(".log").unwrap().to_owned();
    let expected = ["_exceptions.csv", "_failures.csv", "_stats.csv", "_stats_history.csv"]
        .map(|end| format!("{stem}{end}"));
    assert_eq!(tails, [&[format!("{stem}.log")][..], &expected[..]].concat());
    assert!(names.iter().all(|n| n[..8].bytes().all(|b| b.is_ascii_digit()) && &n[8..9] == "_"), "{names:?}");
    let read = |end: &str| {
        std::fs::read_to_string(folder.join(names.iter().find(|n| n.ends_with(end)).unwrap())).unwrap()
    };
    assert!(read("_failures.csv").contains("404"));
    assert!(read(".log").contains("status 404"), "{}", read(".log"));
    let k6: Value = serde_json::from_str(&context.read("k6.json")).unwrap();
    assert_eq!(k6["metrics"]["http_req_failed"]["value"], 1);
    let page = context.read("page.html");
    assert!(
        page.contains("GET /status/404")
            && page.contains("id=\"figure-latency\"")
            && !page.contains("<script "),
        "{page}"
    );
    target.stop();
}

#[test]
fn an_interactive_run_asks() {
    let wire = Wire::new();
    let context = brunt().input(&format!("{}/asked\nx\n3\n\n1s\n", wire.url()));
    let _alone = alone();
    let run = context.run(&["run", "--interactive", "--no-record"]);
    assert!([Some(0), Some(98)].contains(&run.code), "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout
            .contains("Users [10]: `x` is not a number above 0\nUsers [10]: Users started per second [2]:"),
        "{}",
        run.stdout
    );
    assert!(wire.take().iter().all(|r| r.starts_with("GET /asked ")));
    let ended = brunt().input("http://a.invalid\n").run(&["run", "--interactive"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("the input ended before all was answered"), "{}", ended.stderr);
}

#[test]
fn init_writes_a_suite_that_runs() {
    let target = mock();
    let context = brunt();
    let url = target.url();
    let made = context.run(&["init", "suite", "--yes", "--name", "shop", "--target", &url]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    insta::assert_snapshot!(made.stdout);
    let again = context.run(&["init", "suite", "--yes"]);
    assert!(again.code == Some(2) && again.stderr.contains("is there already"), "{}", again.stderr);
    let valid = context.run(&["check", "suite/tests/load/plan.yaml"]);
    assert_eq!(valid.code, Some(0), "{}", valid.stderr);
    insta::assert_snapshot!(valid.stdout);
    let run = judged(
        &context,
        &["run", "suite/tests/load/plan.yaml", "--profile", "light", "-u", "2", "-d", "1s", "--no-record"],
    );
    // Two users in a second are too few requests for what the suite promises.
    assert_eq!(run.code, Some(97), "{}{}", run.stdout, run.stderr);
    context.write("api.json", r#"{"openapi": "3.0.0", "info": {"title": "t", "version": "1"},
        "servers": [{"url": "http://api.test"}],
        "paths": {"/status/{code}": {"get": {"parameters": [{"name": "code", "in": "path", "schema": {"type": "integer",
        "minimum": 200, "maximum": 204}}], "responses": {"200": {"description": "ok"}}}}}}"#);
    let from = context.run(&["init", "other", "--from", "api.json", "--target", &url]);
    assert_eq!(from.code, Some(0), "{}", from.stderr);
    let valid = context.run(&["check", "other/tests/load/plan.yaml"]);
    assert_eq!(valid.code, Some(0), "{}", valid.stderr);
    target.stop();
}

#[test]
fn shells_and_man_are_served() {
    let context = brunt();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let captured = context.run(&["completions", shell]);
        assert!(
            captured.code == Some(0) && captured.stdout.contains("convert"),
            "{shell}: {}",
            captured.stderr
        );
    }
    assert!(context.run(&["man"]).stdout.contains(".TH brunt 1"));
    assert_eq!(context.run(&["man", "pages"]).code, Some(0));
    assert!(context.read("pages/brunt-run.1").contains("preset"));
    insta::assert_snapshot!(context.run(&["presets"]).stdout);
}

#[test]
fn what_cannot_be_run_yet_says_so() {
    let context = brunt();
    context.write("locustfile.py", "");
    context.write("script.js", "");
    context.write("plan.yaml", PLAN);
    let mut text = String::new();
    for arguments in [
        &["run"][..],
        &["run", "-f", "locustfile.py", "-H", "http://a.invalid"],
        &["run", "script.js"],
        &["run", "plan.yaml", "--target", "http://a.invalid", "--profile", "smal"],
        &["run", "plan.yaml", "--target", "http://a.invalid", "--set", "users"],
        &["run", "plan.yaml", "--target", "http://a.invalid", "--set", "n=1"],
        &["run", "plan.yaml", "--target", "http://a.invalid", "--tags", "wriet"],
        &["run", "plan.yaml", "--target", "http://a.invalid", "--from", "jmeter"],
        &["run", "http://a.invalid", "--preset", "smoek"],
        &["run", "http://a.invalid", "--profile", "x"],
        &["run", "http://a.invalid", "--auth", "magic"],
        &["convert", "plan.yaml", "--to", "excel"],
        &["target", "shop", "--redis", "redis://127.0.0.1:1"],
        &["target", "shop", "--fault", "slwo:extra=1s"],
    ] {
        let captured = context.run(arguments);
        assert_eq!(captured.code, Some(2), "{arguments:?}: {}", captured.stderr);
        let _ = writeln!(text, "$ brunt {}\n{}", arguments.join(" "), captured.stderr);
    }
    insta::assert_snapshot!(text);
}

/// What can be read only once is read by whoever needs it: the plan.
#[test]
fn a_plan_comes_through_a_pipe() {
    let target = mock();
    let plan = format!(
        "target: {}\nactions: {{look: [get: /status/200]}}\nusers: {{v: {{actions: look}}}}\n\
         scenarios: {{a: {{users: 1, iterations: 3}}}}\n",
        target.url()
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_brunt"))
        .args(["run", "/dev/stdin", "--no-record", "-q", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("brunt starts");
    // Dropped when it is written: the pipe ends.
    child.stdin.take().expect("a pipe").write_all(plan.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let last = String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned();
    let summary: Value = serde_json::from_str(&last).expect("JSON");
    assert_eq!(count(&summary, "/total/requests"), 3, "{summary:#}");
}
