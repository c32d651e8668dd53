//! `brunt runs` as its users type it: on golden records under names of their own, and with the history on a server in the
//! slow tests.

use crate::stage::{alone, at, brunt, mock};
use brunt_testkit::{Captured, TestContext, fixture};
use serde_json::{Value, json};
use std::fs;

/// A golden record under another id, begun `days` after the first, with a verdict, a branch and labels.
pub(crate) fn record(context: &TestContext, id: &str, days: u64, change: impl Fn(&mut Value)) {
    let from = fixture("runs/v1.1-small");
    for name in ["seconds.brunt", "events.jsonl", "summary.json"] {
        context.write(&format!("brunt-runs/{id}/{name}"), fs::read(from.join(name)).expect(name));
    }
    let text = fs::read_to_string(from.join("run.json")).expect("the golden record");
    let mut run: Value = serde_json::from_str(&text).expect("JSON");
    run["header"]["id"] = json!(id);
    run["header"]["started_unix_ms"] = json!(1_795_201_262_000_u64 + days * 86_400_000);
    run["header"]["environment"]["git_branch"] = json!("main");
    run["header"]["environment"]["git_commit"] = json!(format!("{days:0>40}"));
    change(&mut run["header"]);
    context.write(&format!("brunt-runs/{id}/run.json"), run.to_string());
}

/// Says of a record that it failed.
fn fail(context: &TestContext, id: &str) {
    let path = format!("brunt-runs/{id}/events.jsonl");
    let events = context.read(&path);
    let failed = events.replace("\"outlook\":\"passed\"", "\"outlook\":\"failed\"");
    assert_ne!(events, failed, "the golden record passed");
    context.write(&path, failed);
}

/// Four runs, of which one failed, one is of a branch, and one has no end.
pub(crate) fn stage(context: &TestContext) {
    record(context, "nightly-1", 0, |_| {});
    record(context, "nightly-2", 1, |header| header["labels"] = json!({"team": "shop", "size": "L"}));
    record(context, "nightly-3", 2, |_| {});
    fail(context, "nightly-3");
    record(context, "feature-1", 3, |header| header["environment"]["git_branch"] = json!("feature/x"));
    record(context, "killed", 4, |_| {});
    let events = context.read("brunt-runs/killed/events.jsonl");
    let without: String =
        events.lines().filter(|l| !l.contains("\"finished\"")).flat_map(|l| [l, "\n"]).collect();
    context.write("brunt-runs/killed/events.jsonl", without);
    fs::remove_file(context.dir().join("brunt-runs/killed/summary.json")).expect("a summary");
}

fn ids(captured: &Captured) -> String {
    let ids = captured.stdout.lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect("each line is JSON");
        row["id"].as_str().expect("an id").to_owned()
    });
    ids.collect::<Vec<_>>().join(" ")
}

/// Which runs come, whatever the history is kept in.
pub(crate) fn check_lists(context: &TestContext) {
    for (arguments, expected) in [
        (&[][..], "killed feature-1 nightly-3 nightly-2 nightly-1"),
        (&["--branch", "main"], "killed nightly-3 nightly-2 nightly-1"),
        (&["--branch", "feature/*"], "feature-1"),
        (&["--commit", "0000000000000000000000000000000000000002"], "nightly-3"),
        (&["--label", "team"], "nightly-2"),
        (&["--label", "team=shop", "--label", "size=L"], "nightly-2"),
        (&["--label", "team=other"], ""),
        (&["--verdict", "failed"], "nightly-3"),
        (&["--verdict", "passed,failed", "-n", "2"], "feature-1 nightly-3"),
        (&["--since", "2026-11-22", "--until", "2026-11-23T12:00Z"], "nightly-3"),
        (&["--name", "SMALL", "--target", "127.0.0.1:8080", "-n", "1", "--reverse"], "nightly-1"),
        (&["--name", "smal"], ""),
        (&["--sort", "requests", "-n", "1"], "feature-1"),
    ] {
        let captured = context.run(&[&["runs", "--json"], arguments].concat()).expect_code(0);
        assert_eq!(ids(&captured), expected, "{arguments:?}");
    }
    let trend =
        context.run(&["runs", "trend", "--json", "--endpoint", "GET /", "--slice", "1s..3s", "-q", "p99.9"]);
    assert_eq!(ids(&trend.expect_code(0)), "nightly-1 nightly-2 nightly-3 feature-1");
}

#[test]
fn lists() {
    let context = brunt();
    stage(&context);
    check_lists(&context);
    let mut seen = vec![context.run(&["runs"]).snapshot()];
    seen.push(context.run(&["runs", "--csv", "-n", "2"]).snapshot());
    seen.push(context.run(&["runs", "--branch", "nowhere"]).snapshot());
    let _ = context.run(&["baseline", "set", "main", "nightly-1", "nightly-2"]).expect_code(0);
    seen.push(context.run(&["runs", "--baseline", "main"]).snapshot());
    seen.push(context.run(&["runs", "--rebuild", "-n", "1"]).snapshot());
    insta::assert_snapshot!(seen.join("\n"));
    let row: Value = serde_json::from_str(context.run(&["runs", "--json", "--label", "team"]).stdout.trim())
        .expect("JSON");
    assert_eq!(row["labels"], json!({"team": "shop", "size": "L"}));
    assert_eq!(
        (&row["baselines"], &row["trust"], &row["branch"]),
        (&json!(["main"]), &json!("sound"), &json!("main"))
    );
}

#[test]
fn trends() {
    let context = brunt();
    stage(&context);
    let mut seen = vec![context.run(&["runs", "trend"]).snapshot()];
    for arguments in [
        &["--quantile", "max", "--endpoint", "/", "--branch", "main", "-n", "2"][..],
        &["--slice", "1s..2s", "--csv"],
        &["nightly-1", "feat", "-o", "trend.svg", "--mark", "p95=3ms"],
        &["--endpoint", "/nowhere"],
        &["killed"],
        &["nightly"],
        &["nobody"],
        &["--quantile", "p101"],
        &["--slice", "9s..3s"],
        &["-o", "trend.gif"],
        &["--since", "yesterday"],
    ] {
        seen.push(context.run(&[&["runs", "trend"], arguments].concat()).snapshot());
    }
    insta::assert_snapshot!(seen.join("\n"));
    let svg = context.read("trend.svg");
    assert!(svg.contains(">nightly-1</text>") && svg.contains("p95 3ms"), "{svg}");
    let plotted = context
        .run(&["plot", "trend", "nightly-3", "nightly-1", "feature-1", "-o", "plot.csv"])
        .expect_code(0);
    insta::assert_snapshot!(plotted.stdout + &context.read("plot.csv"));
}

#[test]
fn labels_come_and_go() {
    let context = brunt();
    stage(&context);
    let mut seen = Vec::new();
    for arguments in [
        &["label", "add", "nightly-1", "team=pay", "note=a b"][..],
        &["label", "add", "nightly-1", "team=cart"],
        &["label", "remove", "nightly-1", "note"],
        &["label", "remove", "nightly-1", "note"],
        &["label", "add", "nightly-1", "team"],
        &["label", "add", "nobody", "a=b"],
        &["--label", "team=cart"],
    ] {
        seen.push(context.run(&[&["runs"], arguments].concat()).snapshot());
    }
    insta::assert_snapshot!(seen.join("\n"));
    // The record stays the truth.
    fs::remove_file(context.dir().join("brunt-runs/history.sqlite")).expect("the history");
    let found = context.run(&["runs", "--json", "--label", "team=cart"]).expect_code(0);
    assert_eq!(ids(&found), "nightly-1");
}

#[test]
fn records_are_removed_with_care() {
    let context = brunt();
    stage(&context);
    context.write("outside/run.json", "{}");
    let _ = context.run(&["baseline", "set", "main", "nightly-1"]).expect_code(0);
    let mut seen = Vec::new();
    for arguments in [
        &["rm", "nightly-2"][..],
        &["rm", "nightly-2", "--dry-run"],
        &["rm", "nightly-1", "--yes"],
        &["rm", "outside", "--yes"],
        &["prune", "--keep", "1", "--dry-run"],
        &["prune", "--keep", "1", "--yes"],
        &["prune", "--older-than", "30d", "--yes", "--name", "other"],
        &["prune", "--older-than", "soon"],
        &["prune"],
        &["rm", "killed", "--yes"],
    ] {
        seen.push(context.run(&[&["runs"], arguments].concat()).snapshot());
    }
    insta::assert_snapshot!(seen.join("\n"));
    assert_eq!(ids(&context.run(&["runs", "--json"])), "feature-1 nightly-1");
    let left = |name: &str| context.dir().join("brunt-runs").join(name).is_dir();
    assert!(left("nightly-1") && left("feature-1") && !left("killed"));
    assert!(context.dir().join("outside/run.json").exists());
}

/// A run is in the history when it has ended, with what it was given and what its surroundings say.
#[test]
fn a_run_is_added_at_its_end() {
    let target = mock();
    let context = brunt();
    let context = context
        .env("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567")
        .env("GITHUB_REF_NAME", "release");
    let url = at(&target, "/");
    let run = ["run", &url, "-n", "300", "-u", "2", "--label", "team=shop", "-q"];
    // Whatever its verdict on this machine.
    let driven = |arguments: &[&str]| {
        let _alone = alone();
        context.run(arguments)
    };
    let _ = driven(&run);
    let index = context.dir().join("brunt-runs/history.sqlite");
    assert!(index.is_file(), "it was made at the end of the run");
    let row: Value = serde_json::from_str(context.run(&["runs", "--json"]).stdout.trim()).expect("one run");
    assert_eq!((&row["requests"], &row["labels"]), (&json!(300), &json!({"team": "shop"})));
    assert_eq!(
        (&row["branch"], &row["commit"]),
        (&json!("release"), &json!("0123456789abcdef0123456789abcdef01234567"))
    );
    // What does not lie in the folder of records is not in its index.
    let _ = driven(&["run", &url, "-n", "300", "-u", "2", "-q", "-o", "elsewhere"]);
    assert!(context.dir().join("elsewhere/summary.json").is_file());
    assert_eq!(context.run(&["runs", "--json"]).stdout.lines().count(), 1);

    for (arguments, part) in [
        (&["--label", "team"][..], "`team` is no label: it has no `=`"),
        (&["--history", "mysql://ann:s3cret@db/x"], "`mysql` is not supported"),
    ] {
        let refused = context.run(&[&["run", &url, "-n", "1"], arguments].concat()).expect_code(2);
        assert!(refused.stderr.contains(part) && !refused.stderr.contains("s3cret"), "{}", refused.stderr);
    }
    let warned = driven(&[
        "run",
        &url,
        "-n",
        "300",
        "-u",
        "2",
        "-q",
        "--history",
        "postgres://ann:s3cret@127.0.0.1:1/x",
    ]);
    assert!(
        warned.code != Some(1) && warned.code != Some(2),
        "the run does not fail for that: {}",
        warned.stderr
    );
    assert!(warned.stderr.contains(
        "warning: the run is not in the history: cannot open the history at `postgres://ann@127.0.0.1:1/x`"
    ));
    assert!(!warned.stderr.contains("s3cret"), "{}", warned.stderr);
    let kept = fs::read_dir(context.dir().join("brunt-runs")).expect("records").filter_map(Result::ok);
    for folder in kept.filter(|entry| entry.path().is_dir()) {
        let text = fs::read_to_string(folder.path().join("run.json")).expect("a record");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

/// Two at once, as CI starts them.
#[test]
fn two_runs_at_once() {
    let target = mock();
    let context = brunt();
    let url = at(&target, "/");
    let run = ["run", &url, "-n", "50", "-u", "1", "-q"];
    let _alone = alone();
    let both = [context.spawn(&run), context.spawn(&run)];
    for captured in both.map(brunt_testkit::Running::wait) {
        assert!(!captured.stderr.contains("history"), "{}", captured.stderr);
    }
    assert_eq!(context.run(&["runs", "--json"]).stdout.lines().count(), 2);
}
