//! Verdicts and exit codes, each by a run that earns it.

use crate::stage::{alone, at, brunt, count, judged, mock, summary, undisturbed};
use brunt_demo::{Config, start};
use brunt_testkit::{Captured, Filters, TestContext};
use std::net::TcpListener;

/// A context whose snapshots hold no measured figures.
fn measured() -> TestContext {
    brunt().filters(Filters::measured)
}

#[test]
fn passed() {
    let target = mock();
    let captured = judged(&measured(), &["run", &at(&target, "/"), "-n", "200", "-q", "--no-record"]);
    insta::assert_snapshot!(captured.snapshot(), @r"
    exit: 0
    --- stdout
    passed: [N] requests in [TIME] ([RATE]), no errors
    ");
}

/// Objectives of the command line: each exit code, the record that is judged again, and a run that one of them ends.
#[test]
fn objectives() {
    let target = mock();
    let context = measured();
    let url = at(&target, "/");
    let run = |slo: &[&str]| {
        let slo: Vec<&str> = slo.iter().flat_map(|text| ["--slo", text]).collect();
        let load = ["run", &url, "-n", "400", "-u", "2", "-q", "--output", "record"];
        let _ = std::fs::remove_dir_all(context.dir().join("record"));
        judged(&context, &[&load[..], &slo].concat()).code
    };
    for (slo, code) in [
        (&["p95 < 9s", "errors < 1%"][..], 0),
        (&["p95 < 1us, warn"], 0),
        (&["p95 < 1us"], 99),
        (&["p99.9 < 9s"], 97),
        (&["p95 < baseline * 1.1"], 97),
        (&["p95{action=nothing} < 9s"], 99),
        (&["p95{action=nothing} < 9s, no data skips"], 0),
        (&["p59 < 9"], 2),
    ] {
        assert_eq!(run(slo), Some(code), "{slo:?}");
    }
    assert_eq!(run(&["p95 < 9s"]), Some(0));
    assert_eq!(context.run(&["judge", "record"]).code, Some(0));
    let again =
        context.run(&["judge", "record", "--slo", "p95 < 1us", "--slo", "error_count == 0", "--json"]);
    assert_eq!(again.code, Some(99), "{}", again.stderr);
    let standings: Vec<_> = summary(&again)["verdict"]["objectives"]
        .as_array()
        .expect("objectives")
        .iter()
        .map(|o| o["standing"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(standings, ["failed", "passed"]);
    let shown = context.run(&["show", "record"]);
    assert!(shown.stdout.contains("is within threshold 9s"), "{}", shown.stdout);
}

#[test]
fn an_objective_ends_the_run() {
    let target = mock();
    let load = ["--rate", "100/s", "-d", "20s", "-q", "--no-record", "--slo", "p95 < 1us, abort"];
    let captured = judged(&measured(), &[&["run", &at(&target, "/")], &load[..]].concat());
    assert_eq!(captured.code, Some(99), "{}{}", captured.stdout, captured.stderr);
    assert!(captured.stdout.contains("; aborted at 0:0"), "{}", captured.stdout);
    assert!(captured.stderr.contains("because P95 latency"), "{}", captured.stderr);
}

#[test]
fn not_ready() {
    // A port that was free a moment ago: bound, and given back.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let context =
        brunt().filters(|filters| filters.pattern("ready after [0-9.]+ [num]?s", "ready after [TIME]"));
    let url = format!("http://127.0.0.1:{port}/");
    let at_once = context.run(&["run", &url, "--wait", "0s"]).expect_code(3);
    let waited = context.run(&["run", &url, "--wait", "300ms"]).expect_code(3);
    let socket = context.run(&["run", "http+unix:///nowhere/a.sock", "--wait", "0s"]).expect_code(3);
    assert!(!context.dir().join("brunt-runs").exists());
    insta::assert_snapshot!([at_once.snapshot(), waited.snapshot(), socket.snapshot()].join("\n"));
}

#[test]
fn not_enough_evidence() {
    let target = mock();
    // The one arrival is in the warm-up.
    let load = ["--rate", "1/s", "-d", "400ms", "--warm-up", "300ms", "-q", "--no-record"];
    let captured = judged(&measured(), &[&["run", &at(&target, "/")], &load[..]].concat());
    insta::assert_snapshot!(captured.snapshot(), @r"
    exit: 97
    --- stdout
    not enough evidence: no request ended in the load phase ([N] did in warm-up or cool-down)
    ");
}

#[test]
fn dropped_arrivals() {
    let target = mock();
    let load = ["--rate", "100/s", "-d", "1s", "--max-users", "1", "-q", "--no-record"];
    let captured = judged(&measured(), &[&["run", &at(&target, "/delay/100")], &load[..]].concat());
    insta::assert_snapshot!(captured.snapshot(), @r"
    exit: 98
    --- stdout
    not valid, the load asked for was not delivered: `load` could not begin [N] of [N] iterations ([SHARE]): all users up to the cap of [N] were busy, waiting for the target; raise `max_users` or ask for a lower rate
    ");
}

#[test]
fn nothing_succeeded() {
    let target = mock();
    let faulty = start(Config::faulty()).expect("a free port");
    let mut text = String::new();
    for url in [at(&target, "/status/500"), at(&faulty, "/reset"), at(&faulty, "/garbage")] {
        let captured = judged(&measured(), &["run", &url, "-n", "200", "-u", "2", "-q", "--no-record"]);
        text.push_str(&captured.expect_code(99).snapshot());
    }
    let never = at(&faulty, "/never");
    let timeout = ["-n", "2", "--timeout", "200ms", "-q", "--no-record"];
    text.push_str(
        &judged(&measured(), &[&["run", &never], &timeout[..]].concat()).expect_code(99).snapshot(),
    );
    insta::assert_snapshot!(text);
}

#[test]
fn some_errors_are_told_and_do_not_fail() {
    let context = measured();
    let config = r#"{"routes": [{"path": "/", "failures": {"rate": 0.5, "status": 503}}]}"#;
    let config = brunt_demo::MockConfig::from_json("mock.json", config).expect("it is valid");
    let target = start(Config::mock(config)).expect("a free port");
    let url = at(&target, "/");
    let captured = undisturbed(|| {
        target.reset();
        context.run(&["run", &url, "-n", "400", "--json", "--no-record"])
    });
    let summary = summary(&captured.expect_code(0));
    let (errors, failed) = (count(&summary, "/total/errors"), target.stats().routes[0].failures);
    assert_eq!(errors, failed);
    assert!((140..260).contains(&errors), "{errors} of 400");
}

/// Starts a run that would last long, waits for its first line, and interrupts it once or twice.
fn interrupted(context: &TestContext, url: &str, times: usize) -> Captured {
    let load = ["--rate", "50", "-d", "60s", "--json", "-o", "record"];
    // Repeated attempts may use the folder again.
    let _ = std::fs::remove_dir_all(context.dir().join("record"));
    let running = context.spawn(&[&["run", url], &load[..]].concat());
    running.wait_for_error_line(|line| line.starts_with("t=1s phase=load").then_some(()));
    for time in 0..times {
        running.interrupt();
        let said = ["stopping: ", "cutting"][time];
        running.wait_for_error_line(|line| line.starts_with(said).then_some(()));
    }
    running.wait()
}

#[test]
fn stopped_early() {
    let target = mock();
    let context = brunt();
    let captured = undisturbed(|| interrupted(&context, &at(&target, "/delay/5"), 1));
    let summary = summary(&captured.expect_code(105));
    let requests = count(&summary, "/total/requests");
    assert!(requests >= 50, "{requests}");
    assert_eq!(summary["finish"]["reason"], "stopped_early");
    assert_eq!(count(&summary, "/finish/in_flight"), 0);
    assert_eq!(target.stats().in_flight, 0);
    let shown = context.run(&["show", "record", "--json"]).expect_code(105);
    assert_eq!(crate::stage::summary(&shown)["total"], summary["total"]);
}

#[test]
fn cut() {
    let target = mock();
    let context = brunt();
    let captured = {
        let _alone = alone();
        interrupted(&context, &at(&target, "/delay/50000"), 2)
    };
    let summary = summary(&captured.expect_code(130));
    assert_eq!(summary["finish"]["reason"], "cut");
    assert_eq!(summary["verdict"]["outlook"], "cut");
    let shown = context.run(&["show", "record", "--json"]).expect_code(130);
    assert_eq!(crate::stage::summary(&shown)["total"], summary["total"]);
}

#[test]
fn a_plan_that_does_not_fit_is_refused() {
    let target = mock();
    let brunt = env!("CARGO_BIN_EXE_brunt");
    // How many files brunt has open at start differs by a few.
    let shell = TestContext::new("/bin/sh").filters(|filters| {
        let filters = filters.pattern(r"\d+ (open files are|for brunt)", "[N] $1");
        filters.pattern(r"users: \d+ would", "users: [N] would")
    });
    let script = format!("ulimit -n 100 && exec {brunt} run {} -u 500 -d 1s", at(&target, "/"));
    let captured = shell.run(&["-c", &script]).expect_code(2);
    insta::assert_snapshot!(captured.snapshot());
    assert_eq!(target.stats().requests, 0);
    // Open arrivals are capped instead, and say so.
    let script =
        format!("ulimit -n 100 && exec {brunt} run {} --rate 50 -d 1s --no-record", at(&target, "/"));
    let captured = undisturbed(|| shell.run(&["-c", &script])).expect_code(0);
    assert!(captured.stderr.contains("warning: open arrivals may have "), "{}", captured.stderr);
}
