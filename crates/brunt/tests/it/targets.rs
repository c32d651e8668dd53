//! `brunt target`, and `brunt demo` as far as it is quick.

use crate::stage::{brunt, count, figures};
use std::path::Path;

#[test]
fn targets_are_listed() {
    insta::assert_snapshot!(brunt().run(&["target"]).expect_code(0).stdout);
}

#[test]
fn a_target_for_a_time() {
    let captured = brunt().run(&["target", "null", "--duration", "50ms"]).expect_code(0);
    insta::assert_snapshot!(captured.snapshot(), @r"
    exit: 0
    --- stdout
    null is at http://127.0.0.1:[PORT]
    0 requests on 0 connections
    ");
}

/// Starts a target, loads it through a second brunt, ends it by Ctrl-C and answers how many requests it counted.
fn load(target: &[&str], requests: &[&str]) -> String {
    let context = brunt();
    context.write("mock.json", r#"{"routes": [{"path": "/x", "status": 201, "body": {"text": "hi"}}]}"#);
    let running = context.spawn(&[&["target"], target].concat());
    let url = running.wait_for_line(|line| Some(line.split_once(" is at ")?.1.to_owned()));
    let path = if url.starts_with("http+unix:") { ":/x" } else { "/x" };
    let summary = figures(&context, &[&[&format!("{url}{path}")[..], "-n", "5"], requests].concat());
    assert_eq!(count(&summary, "/total/requests"), 5, "{}", summary["verdict"]);
    running.interrupt();
    let ended = running.wait().expect_code(0);
    let counted = ended.stdout.lines().last().and_then(|line| line.split(' ').next()).map(str::to_owned);
    format!("{} {}", counted.unwrap_or_default(), summary["total"]["statuses"])
}

#[test]
fn targets_serve_what_they_were_told() {
    assert_eq!(load(&["mock"], &[]), r#"5 {"404":5}"#);
    assert_eq!(load(&["mock", "--config", "mock.json"], &[]), r#"5 {"201":5}"#);
    assert_eq!(load(&["null", "--threads", "2"], &[]), r#"5 {"200":5}"#);
    assert_eq!(load(&["mock", "--tls", "ca.pem"], &["--cacert", "ca.pem"]), r#"5 {"404":5}"#);
    assert_eq!(load(&["mock", "--tls", "ca.pem"], &["-k", "--http2"]), r#"5 {"404":5}"#);
    assert_eq!(load(&["mock", "--unix", "a.sock"], &[]), r#"5 {"404":5}"#);
    let failing = ["mock", "--config", "mock.json", "--fault", "errors:status=503,path=/x"];
    assert_eq!(load(&failing, &[]), r#"5 {"503":5}"#);
}

#[test]
fn faults_that_cannot_be_planted() {
    let mut text = String::new();
    for target in [
        &["null", "--fault", "slow:extra=1s"][..],
        &["faulty", "--fault", "slow:extra=1s"],
        &["mock", "--fault", "cold_cache", "--fault", "uneven:weights=1/1"],
        &["inference", "--fault", "uneven:weights=1/1"],
        &["users", "--app", "2", "--fault", "uneven:weights=1/1/1"],
        &["shop", "--fault", "uneven:weights=1/1"],
        &["mock", "--fault", "step:at=30s"],
        &["shop", "--fault", "pool:siz=4"],
    ] {
        text.push_str(&brunt().run(&[&["target"], target].concat()).expect_code(2).snapshot());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_configuration_that_is_wrong() {
    let context = brunt();
    context.write("mock.json", r#"{"routes": [{"path": "x", "status": 99}]}"#);
    context.write("broken.json", "{");
    let mut text = String::new();
    for file in ["mock.json", "broken.json"] {
        text.push_str(&context.run(&["target", "mock", "--config", file]).expect_code(2).snapshot());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_demo_has_a_plan() {
    let context = brunt();
    let plan = context.run(&["demo", "--plan"]).expect_code(0);
    context.write("demo.yaml", &plan.stdout);
    let _ = context.run(&["check", "demo.yaml"]).expect_code(0);
    assert!(!Path::new(&context.dir().join("brunt-runs")).exists());
}
