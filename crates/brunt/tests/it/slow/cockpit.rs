//! What a browser at the cockpit costs the run: pairs of runs in turns, one with the page open and read as a browser reads it, one
//! without; judged by `brunt compare` as any change would be.

use super::asked_for;
use crate::stage::{alone, brunt};
use brunt_testkit::TestContext;
use serde_json::Value;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const TARGET: &str = r#"{"seed": 5, "routes": [{"path": "/items",
    "latency": {"normal": {"mean": "20ms", "deviation": "4ms"}}, "body": {"bytes": 500}}]}"#;

/// Pairs of runs.
const PAIRS: usize = 8;

/// Reads a path of the page to its end; how many bytes there were.
fn reading(address: &str, path: &str) -> u64 {
    let Ok(mut stream) = TcpStream::connect(address) else { return 0 };
    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let mut bytes = Vec::new();
    if stream.write_all(head.as_bytes()).is_ok() {
        // A page that ends with its run ends its streams.
        let _ = stream.read_to_end(&mut bytes);
    }
    bytes.len() as u64
}

/// Runs with the page open in two browsers: each reads the stream of ticks, and what the views ask for besides. How many bytes they read.
fn watched(context: &TestContext, run: &[&str]) -> u64 {
    let running = context.spawn(&[run, &["--ui", "--web-port", "0", "--autoquit", "0s"]].concat());
    let address = running.wait_for_line(|line| {
        line.strip_prefix("brunt is at http://").map(|rest| rest.trim_end_matches('/').to_owned())
    });
    let read = std::thread::scope(|scope| {
        let streams = [(); 2].map(|()| scope.spawn(|| reading(&address, "/api/v1/events")));
        let mut bytes = 0;
        while streams.iter().any(|stream| !stream.is_finished()) {
            for path in ["endpoints", "findings", "figures/heat", "failures", "mix", "log"] {
                bytes += reading(&address, &format!("/api/v1/{path}"));
            }
            std::thread::park_timeout(Duration::from_secs(1));
        }
        bytes + streams.into_iter().filter_map(|stream| stream.join().ok()).sum::<u64>()
    });
    let _ = running.wait();
    read
}

/// The median of a figure over runs.
fn median(context: &TestContext, runs: &[String], figure: &str) -> f64 {
    let value = |name: &String| {
        let text = std::fs::read_to_string(context.dir().join(name).join("summary.json")).expect(name);
        let json: Value = serde_json::from_str(&text).expect("JSON");
        json.pointer(figure).and_then(Value::as_f64).expect("a figure")
    };
    let mut values: Vec<f64> = runs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[PAIRS / 2 - 1], values[PAIRS / 2])
}

#[test]
fn an_open_page_changes_no_figure() {
    if !asked_for() {
        return;
    }
    let context = brunt();
    context.write("target.json", TARGET);
    let target = context.spawn(&["target", "mock", "--config", "target.json"]);
    let url = target
        .wait_for_line(|line| line.split_once(" is at ").map(|(_, url)| format!("{}/items", url.trim())));
    let _alone = alone();
    let (mut sides, mut read) = ([Vec::new(), Vec::new()], 0);
    for pair in 0..PAIRS {
        for side in [pair % 2, 1 - pair % 2] {
            let name = format!("{}-{pair}", ["closed", "open"][side]);
            let seed = pair.to_string();
            let run = ["run", &url, "--rate", "500/s", "-d", "4s", "--seed", &seed, "-o", &name];
            if side == 0 {
                let _ = context.run(&[&run[..], &["-q"]].concat());
            } else {
                read += watched(&context, &run);
            }
            sides[side].push(name);
        }
    }
    target.interrupt();
    let _ = target.wait();
    assert!(read > 10_000, "the page was read: {read} bytes");
    let median = |side: usize, figure: &str| median(&context, &sides[side], figure);
    println!(
        "{PAIRS} pairs of runs, medians        page closed   page open (two browsers, {read} bytes read)"
    );
    for (name, figure) in [
        ("achieved rate (/s)", "/total/requests_per_second"),
        ("p50 (ms)", "/total/response/p50_ms"),
        ("p99 (ms)", "/total/response/p99_ms"),
        ("lag p99 (ms)", "/lag/p99_ms"),
    ] {
        println!("{name:<32} {:>12.3} {:>12.3}", median(0, figure), median(1, figure));
    }
    let words = [format!("closed={}", sides[0].join(",")), format!("open={}", sides[1].join(","))];
    let captured = context.run(&["compare", &words[0], &words[1], "--json"]);
    let json: Value =
        serde_json::from_str(&captured.stdout).unwrap_or_else(|e| panic!("{e}: {}", captured.stderr));
    let outcome = json["outcome"].as_str().expect("an outcome");
    println!("brunt compare: {outcome}");
    // What a disturbed machine made invalid says nothing of the page.
    assert!(outcome != "worse", "{}", captured.stdout);
    let rates = [0, 1].map(|side| median(side, "/total/requests_per_second"));
    assert!((rates[1] / rates[0] - 1.0).abs() < 0.01, "{rates:?}");
}
