//! Locust's way of calling a load: flags with several values, `LOCUST_*` variables, flags that mean nothing here.

use crate::stage::{at, brunt, mock};
use brunt_testkit::TestContext;
use serde_json::Value;

const PLAN: &str = "actions:\n  look: {tags: read, steps: [{get: /echo, name: read}]}\n  buy: {tags: [write, slow], steps: [{get: /echo, name: write}]}\n  \
                    admin: {tags: office, steps: [{get: /echo, name: office}]}\nusers: {A: {in_turn: [look, buy, admin]}, B: {in_turn: [admin, buy, look]}}\n\
                    scenarios: {load: {users: 2, duration: 300ms}}\n";

/// What was planned: users, classes' number, and which endpoints got requests.
fn ran(context: &TestContext, words: &[&str]) -> (u64, Vec<String>) {
    let captured = context.run(&[&["run"], words, &["--no-record", "--json"]].concat());
    let last = captured.stdout.lines().last().unwrap_or_default();
    let summary: Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {}", captured.stderr));
    let asked = |e: &&Value| e["figures"]["requests"].as_u64() > Some(0);
    let endpoints = summary["endpoints"].as_array().expect("endpoints").iter().filter(asked);
    let mut names: Vec<String> = endpoints.map(|e| e["series"]["name"].to_string()).collect();
    names.sort();
    names.dedup();
    (summary["scenarios"][0]["users_max"].as_u64().expect("users"), names)
}

#[test]
fn any_number_of_tags_follow_the_flag() {
    let target = mock();
    let context = brunt();
    context.write("plan.yaml", PLAN);
    let host = target.url();
    for (words, names) in [
        (&["plan.yaml", "--tags", "read", "write"][..], "read write"),
        (&["plan.yaml", "-T", "read,office"], "office read"),
        (&["-f", "plan.yaml", "-T", "read", "slow", "--exclude-tags", "write", "office"], "read"),
        (&["--tags", "read", "office", "plan.yaml"], "office read"),
        (&["-E", "read", "plan.yaml", "A"], "office write"),
    ] {
        let (_, asked) = ran(&context, &[words, &["--host", &host, "--headless"]].concat());
        let expected: Vec<String> = names.split(' ').map(|name| format!("\"{name}\"")).collect();
        assert_eq!(asked, expected, "{words:?}");
    }
    target.stop();
}

/// The command line, then the environment, then the file; and only for those who call it as Locust.
#[test]
fn variables_of_locust() {
    let target = mock();
    let context = brunt()
        .env("LOCUST_HOST", &target.url())
        .env("LOCUST_USERS", "3")
        .env("LOCUST_SPAWN_RATE", "100")
        .env("LOCUST_RUN_TIME", "1s")
        .env("LOCUST_TAGS", "read write")
        .env("LOCUST_LOGFILE", "out/run.log");
    context.write("plan.yaml", PLAN);
    context.write(
        "locust.conf",
        "locustfile = plan.yaml\nusers = 9\ntags = office\nhost = http://127.0.0.1:1\n",
    );
    let (users, names) = ran(&context, &["-f", "plan.yaml"]);
    assert_eq!((users, names.join(" ")), (3, "\"read\" \"write\"".into()));
    let log = context.read("out/run.log");
    assert!(log.contains(" started: http://127.0.0.1:") && log.contains("endpoint"), "{log}");
    let (users, names) = ran(&context, &["locust.conf", "-u", "4", "--tags", "office"]);
    assert_eq!((users, names.join(" ")), (4, "\"office\"".into()));
    // Not called as Locust: the plan is what it says.
    let (_, names) = ran(&context, &["plan.yaml", "--target", &target.url()]);
    assert_eq!(names.len(), 3);
    let captured = context.run(&["run", "-f", "plan.yaml", "-t", "300ms", "--no-record", "--only-summary"]);
    assert!(
        captured.stderr.contains(
            "taken from the environment: LOCUST_HOST, LOCUST_USERS, LOCUST_SPAWN_RATE, LOCUST_RUN_TIME, LOCUST_TAGS, LOCUST_LOGFILE"
        ),
        "{}",
        captured.stderr
    );
    target.stop();
}

#[test]
fn a_variable_that_is_wrong_is_named() {
    let context = brunt().env("LOCUST_USERS", "many");
    context.write("plan.yaml", PLAN);
    let captured = context.run(&["run", "-f", "plan.yaml", "-H", "http://127.0.0.1:1"]);
    assert_eq!(captured.code, Some(2));
    insta::assert_snapshot!(captured.stderr);
}

#[test]
fn flags_that_mean_nothing_here() {
    let context = brunt();
    context.write("plan.yaml", PLAN);
    let mut all = String::new();
    for flag in [
        &["--reset-stats"][..],
        &["--exit-code-on-error", "1"],
        &["--master"],
        &["--worker"],
        &["--processes", "-1"],
        &["--expect-workers", "4"],
        &["--class-picker"],
        &["--equal-weights"],
        &["--show-task-ratio"],
        &["--list"],
        &["--json-file", "x.json"],
    ] {
        let captured = context.run(&[&["run", "-f", "plan.yaml"], flag].concat());
        assert_eq!(captured.code, Some(2), "{flag:?}");
        all += &captured.stderr;
    }
    insta::assert_snapshot!(all);
    // Others need no doing.
    let target = mock();
    let url = at(&target, "");
    let silent = [
        "--print-stats",
        "--skip-log",
        "--autostart",
        "--autoquit",
        "3",
        "-L",
        "INFO",
        "--exit-code-on-error",
        "0",
    ];
    let captured = context
        .run(&[&["run", "-f", "plan.yaml", "-H", &url, "-t", "300ms", "--no-record"], &silent[..]].concat());
    assert!([Some(0), Some(97), Some(98)].contains(&captured.code), "{}", captured.stderr);
    target.stop();
}
