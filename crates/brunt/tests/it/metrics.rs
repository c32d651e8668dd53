//! Metrics beside the load: from every kind of source, into summary, ticks and record.

use crate::stage::{alone, brunt, mock, summary};
use brunt_demo::{Config, InferenceConfig, start};
use brunt_testkit::{Captured, TestContext};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

/// A server that gives each piece that it reads to `answer`, and ends a connection where there is none. It ends with the
/// test's process.
fn server(answer: impl Fn(usize, &str) -> Option<String> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || {
        let mut asked = 0;
        for mut stream in listener.incoming().flatten() {
            let mut piece = [0; 4096];
            while let Ok(read) = stream.read(&mut piece)
                && read > 0
            {
                let Some(text) = answer(asked, &String::from_utf8_lossy(&piece[..read])) else { break };
                asked += 1;
                if stream.write_all(text.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    address
}

fn http(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A Prometheus server that answers so many questions, and then none.
fn prometheus(answers: usize) -> String {
    server(move |asked, _| {
        let value = asked + 1;
        (asked < answers).then(|| {
            http(&format!(
                r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[0,"{value}"]}}]}}}}"#
            ))
        })
    })
}

/// A Redis server that wants a password.
fn redis(password: &'static str) -> String {
    server(move |_, asked| {
        let info = "# Memory\r\nused_memory:2000000\r\nconnected_clients:3\r\ntotal_commands_processed:7\r\n";
        if asked.contains("AUTH") {
            return Some(if asked.contains(password) { "+OK\r\n" } else { "-WRONGPASS no\r\n" }.to_owned());
        }
        asked.contains("INFO").then(|| format!("${}\r\n{info}\r\n", info.len()))
    })
}

/// The control group of this process, where this system has those of version 2.
fn own_group() -> Option<String> {
    let text = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = text.lines().find_map(|line| line.strip_prefix("0::"))?;
    let folder = Path::new("/sys/fs/cgroup").join(path.trim_start_matches('/'));
    folder.join("memory.current").exists().then(|| path.to_owned())
}

/// A figure of a summary by its name.
fn figure<'a>(summary: &'a Value, source: &str, name: &str) -> &'a Value {
    let all = summary["resources"].as_array().expect("there are figures");
    let found = all.iter().find(|r| r["source"] == source && r["name"] == name);
    found.unwrap_or_else(|| panic!("no {source} {name} in {:#}", summary["resources"]))
}

const SECRET: &str = "r3d1s-s3cr3t";

fn run(context: &TestContext, plan: &str, arguments: &[&str]) -> Captured {
    context.write("plan.yaml", plan);
    let _alone = alone();
    context.run(&[&["run", "plan.yaml", "-o", "rec"], arguments].concat())
}

#[test]
fn every_kind_of_source_is_on_the_runs_axis() {
    let target = mock();
    let model = start(Config::inference(InferenceConfig::default())).expect("a free port");
    let context = brunt();
    let mut plan = format!(
        "target: {}\nactions: {{a: [{{get: /}}]}}\nscenarios: {{s: {{rate: 20/s, duration: 5s}}}}\n\
         secrets: {{redis_password: {SECRET}}}\nmetrics:\n  \
         model: {{page: '{}/metrics', select: ['gpu_memory_*', inference_queue_size, process_cpu_seconds_total]}}\n  \
         own: {{process: {}}}\n  \
         prom: {{prometheus: 'http://{}', queries: {{load: {{query: sum(up), unit: count, limit: 9}}}}}}\n  \
         cache: {{redis: '{}', password: '${{redis_password}}'}}\n",
        target.url(),
        model.url(),
        std::process::id(),
        prometheus(3),
        redis(SECRET),
    );
    let group = own_group();
    if let Some(path) = &group {
        let _ = writeln!(plan, "  group: {{cgroup: '{path}'}}");
    }
    let nowhere = "nowhere=process:brunt-no-such";
    let captured = run(&context, &plan, &["--json", "--metrics", nowhere]);
    let totals = summary(&captured);
    for (source, name, unit) in [
        ("model", "gpu_memory_used_bytes", "bytes"),
        ("model", "inference_queue_size", "none"),
        ("own", "cpu", "cores"),
        ("own", "memory", "bytes"),
        ("prom", "load", "count"),
        ("cache", "memory", "bytes"),
    ] {
        let found = figure(&totals, source, name);
        assert_eq!(found["unit"], unit, "{found:#}");
        assert!(found["samples"].as_u64() >= Some(2) && !found["max"].is_null(), "{found:#}");
    }
    assert_eq!(figure(&totals, "prom", "load")["limit"], 9.0);
    assert!(group.is_none() || !figure(&totals, "group", "memory")["mean"].is_null());
    // Gaps are told, each once, with who and since when.
    for (source, words) in
        [("prom", "; its figures have a gap from "), ("nowhere", "no process is called `brunt-no-such`")]
    {
        let told: Vec<&str> = captured
            .stderr
            .lines()
            .filter(|l| l.starts_with(&format!("warning: metrics of `{source}`: ")))
            .collect();
        assert!(told.len() == 1 && told[0].contains(words), "{}", captured.stderr);
    }
    let ticks: Vec<Value> = captured
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|tick| tick["type"] == "tick")
        .collect();
    let of_prom = |tick: &Value| {
        let all = tick["resources"].as_array().expect("a list");
        all.iter().find(|r| r["source"] == "prom").map(|r| r["value"].clone())
    };
    let seen: Vec<Option<Value>> = ticks.iter().map(of_prom).collect();
    assert!(seen.iter().flatten().any(Value::is_number), "{seen:?}");
    assert_eq!(seen.last(), Some(&Some(Value::Null)), "a gap is no old value");
    // A record says the same again, and holds no password.
    let shown = summary(&context.run(&["show", "rec", "--json"]));
    assert_eq!(shown["resources"], totals["resources"]);
    for name in ["run.json", "events.jsonl", "summary.json"] {
        assert!(!context.read(&format!("rec/{name}")).contains(SECRET), "{name}");
    }
    model.stop();
    target.stop();
}

#[test]
fn the_summary_and_what_is_wrong_are_told_in_words() {
    let target = mock();
    let context = brunt();
    let url = format!("{}/", target.url());
    let own = format!("own=process:{}", std::process::id());
    let arguments = ["run", &url, "-u", "1", "--think", "50ms", "-d", "3s", "--no-record"];
    let captured = {
        let _alone = alone();
        context.run(&[&arguments[..], &["--metrics", &own, "--metrics", "redis:127.0.0.1:1"]].concat())
    };
    let row = |name: &str| captured.stdout.lines().find(|l| l.starts_with(name)).map(str::to_owned);
    let heads = row("beside the load").unwrap_or_else(|| panic!("{}{}", captured.stdout, captured.stderr));
    assert_eq!(heads.split_whitespace().skip(3).collect::<Vec<_>>(), ["min", "mean", "max", "last", "limit"]);
    assert!(row("own memory").is_some_and(|l| l.contains(" MB")), "{}", captured.stdout);
    assert!(
        captured.stdout.contains("  ! metrics of `redis:127.0.0.1:1`: Connection refused"),
        "{}",
        captured.stdout
    );
    let wrong = context.run(&["run", &url, "--metrics", "nginx"]).expect_code(2);
    insta::assert_snapshot!(wrong.stderr.replace(&url, "URL"));
    target.stop();
}
