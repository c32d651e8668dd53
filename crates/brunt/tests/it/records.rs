//! Records: after any end, listed, shown and exported.

use crate::stage::{alone, at, brunt, count, judged, mock, summary};
use brunt_testkit::TestContext;
use std::fs::{self, OpenOptions};
use std::path::Path;

/// A finished run in the folder `record`, and what it printed.
fn finished(context: &TestContext) -> String {
    let target = mock();
    let load = ["--rate", "100", "-d", "1200ms", "-H", "authorization: s3cret"];
    let url = at(&target, "/delay/2");
    let run = [&["run", &url], &load[..]].concat();
    let captured = judged(context, &run).expect_code(0);
    let folder = captured.stdout.lines().last().and_then(|line| line.strip_prefix("record    "));
    let folder = folder.expect("the folder is printed last");
    fs::rename(context.dir().join(folder), context.dir().join("record")).expect("the record is there");
    captured.stdout
}

#[test]
fn a_record_shows_what_the_run_showed() {
    let context = brunt();
    let live = finished(&context);
    let table: String =
        live.lines().filter(|line| !line.starts_with("record  ")).flat_map(|l| [l, "\n"]).collect();
    let shown = context.run(&["show", "record"]).expect_code(0);
    assert_eq!(shown.stdout, table);
    assert_eq!(shown.stderr, "");

    let replayed = context.run(&["show", "record", "--replay"]).expect_code(0);
    assert_eq!(replayed.stdout, table);
    assert!(replayed.stderr.starts_with("t=1s phase=load rate=100/s"), "{}", replayed.stderr);

    let json = context.run(&["show", "record", "--json"]).expect_code(0);
    assert_eq!(json.stdout.lines().count(), 3, "{}", json.stdout);
    let written: serde_json::Value =
        serde_json::from_str(&context.read("record/summary.json")).expect("JSON");
    let shown = summary(&json);
    for part in ["total", "endpoints", "scenarios", "lag", "verdict", "finish"] {
        assert_eq!(shown[part], written[part], "{part}");
    }
}

#[test]
fn exports() {
    let context = brunt();
    let _ = finished(&context);
    let hlog = context.run(&["export", "record", "--to", "hlog"]).expect_code(0).stdout;
    assert!(hlog.contains("#[Histogram log format version 1.3]\n"), "{hlog}");
    assert_eq!(hlog.lines().filter(|line| line.contains(",HIST")).count(), 2, "{hlog}");
    let service = context.run(&["export", "record", "--to", "hlog-service"]).expect_code(0).stdout;
    assert_ne!(service, hlog);
    let csv = context.run(&["export", "record", "--to", "csv"]).expect_code(0).stdout;
    let columns: Vec<&str> = csv.lines().next().expect("a header").split(',').collect();
    let at = columns.iter().position(|c| *c == "count").expect("a column of counts");
    let requests: u64 = csv
        .lines()
        .skip(1)
        .map(|l| l.split(',').nth(at).and_then(|n| n.parse::<u64>().ok()).expect("a count"))
        .sum();
    assert_eq!(requests, 120, "{csv}");
    let json = context.run(&["export", "record", "--to", "json", "-o", "totals.json"]).expect_code(0);
    assert_eq!(json.stdout, "");
    let totals: serde_json::Value = serde_json::from_str(&context.read("totals.json")).expect("JSON");
    assert_eq!(count(&totals, "/total/requests"), 120);
    let nowhere = context.run(&["export", "record", "--to", "csv", "-o", "missing/x.csv"]).expect_code(2);
    insta::assert_snapshot!(nowhere.snapshot());
}

/// A run without an end is judged only if that is accepted.
fn no_end_no_verdict(context: &TestContext, run: &str) {
    let slo = ["--slo", "p50 < 9s"];
    let judged = context.run(&[&["judge", run], &slo[..]].concat()).expect_code(130);
    assert!(
        judged.stderr.contains("help: what was cut off is not judged; `--accept-cut`"),
        "{}",
        judged.stderr
    );
    assert!(judged.stdout.contains("within threshold 9s: not judged, the run was cut"), "{}", judged.stdout);
    let accepted = context.run(&[&["judge", run, "--accept-cut"], &slo[..]].concat());
    // A run that was made here may say that this machine disturbed it; a golden one does not.
    let code = if accepted.stdout.contains("generator-limited") { 98 } else { 0 };
    let accepted = accepted.expect_code(code);
    assert!(accepted.stdout.contains("what there is was accepted as all of it"), "{}", accepted.stdout);
}

/// What is behind damage must not pass for the end of what is before it.
#[test]
fn a_damaged_record_has_no_end() {
    let context = brunt();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/runs/v1.1-small");
    for name in ["run.json", "events.jsonl", "seconds.brunt"] {
        let bytes = fs::read(fixture.join(name)).expect(name);
        let keep = if name == "seconds.brunt" { bytes.len() * 2 / 3 } else { bytes.len() };
        context.write(&format!("brunt-runs/torn/{name}"), &bytes[..keep]);
    }
    let shown = context.run(&["show", "torn"]).expect_code(130);
    assert!(shown.stderr.contains("the record is damaged"), "{}", shown.stderr);
    no_end_no_verdict(&context, "torn");
}

#[test]
fn after_kill_9_what_was_sealed_is_there() {
    let context = brunt();
    let target = mock();
    {
        let _alone = alone();
        let load = ["--rate", "100", "-d", "60s", "--progress-interval", "1s", "-o", "brunt-runs/killed"];
        let running = context.spawn(&[&["run", &at(&target, "/")], &load[..]].concat());
        running.wait_for_error_line(|line| line.starts_with("t=2s ").then_some(()));
        running.kill();
        assert_eq!(running.wait().code, None);
    }
    let shown = context.run(&["show", "killed", "--json"]).expect_code(130);
    let totals = summary(&shown);
    let sealed = count(&totals, "/total/requests");
    assert!((198..=220).contains(&sealed), "two seconds were sealed: {sealed}");
    assert_eq!(totals["finish"], serde_json::Value::Null);
    let unfinished = context.run(&["show", "killed"]).expect_code(130);
    insta::assert_snapshot!(unfinished.stderr, @"warning: the run has no end in the record: it was killed, or it still runs");
    assert!(unfinished.stdout.contains("GET /"), "{}", unfinished.stdout);
    assert_eq!(context.run(&["export", "killed", "--to", "csv"]).expect_code(0).stderr, "");
    no_end_no_verdict(&context, "killed");

    // A tail that was torn while it was written: what is left ends within the second second or just before it.
    let seconds = context.dir().join("brunt-runs/killed/seconds.brunt");
    let length = fs::metadata(&seconds).expect("the seconds").len();
    let file = OpenOptions::new().write(true).open(&seconds).expect("the seconds");
    file.set_len(length * 6 / 10).expect("it can be shortened");
    let torn = context.run(&["show", "killed", "--json"]).expect_code(130);
    let left = count(&summary(&torn), "/total/requests");
    assert!(left < sealed && left >= 95, "{left} of {sealed}");
    no_end_no_verdict(&context, "killed");
    let warnings: Vec<&str> = torn.stderr.lines().collect();
    assert_eq!(warnings.len(), 2, "{}", torn.stderr);
    assert!(warnings[0].contains("seconds.brunt"), "{}", torn.stderr);

    let listed = context.run(&["runs"]).expect_code(0);
    let line = listed.stdout.lines().nth(1).expect("the run is listed");
    assert!(line.starts_with("killed  unfinished"), "{line}");
}

#[test]
fn runs_are_listed_and_found() {
    let context = brunt();
    let target = mock();
    let url = at(&target, "/");
    let none = context.run(&["runs"]).expect_code(0);
    insta::assert_snapshot!(none.snapshot(), @r"
    exit: 0
    --- stderr
    no runs in `brunt-runs`
    ");
    {
        let _alone = alone();
        for folder in ["brunt-runs/alpha", "brunt-runs/beta"] {
            let _ = context.run(&["run", &url, "-n", "5", "-q", "-o", folder]);
        }
    }
    context.write("brunt-runs/gamma/run.json", "{}");
    context.write("brunt-runs/notes.txt", "not a run");
    let listed = context.run(&["runs"]).expect_code(0);
    let mut names: Vec<_> =
        listed.stdout.lines().skip(1).filter_map(|l| l.split_whitespace().next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["alpha", "beta", "gamma"], "{}", listed.stdout);
    assert!(listed.stdout.contains("broken: "), "{}", listed.stdout);
    for line in context.run(&["runs", "--json"]).expect_code(0).stdout.lines() {
        let run: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        assert!(run["id"].is_string());
    }
    for name in ["last", "alph", "brunt-runs/beta"] {
        let shown = context.run(&["show", name, "--json"]);
        assert_eq!(count(&summary(&shown), "/total/requests"), 5, "{name}");
    }
    let mut text = String::new();
    for name in ["delta", "gamma"] {
        text.push_str(&context.run(&["show", name]).expect_code(2).snapshot());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_reader_that_had_enough_is_no_error() {
    let context = brunt();
    let _ = finished(&context);
    let shell = TestContext::new("/bin/sh");
    let (brunt, record) = (env!("CARGO_BIN_EXE_brunt"), context.dir().join("record"));
    for arguments in ["show", "export --to csv", "export --to hlog", "export --to json"] {
        // The reader is gone before the first byte.
        let script = format!("{{ {brunt} {arguments} {}; echo $? >&2; }} | :", record.display());
        assert_eq!(shell.run(&["-c", &script]).stderr, "0\n", "{arguments}");
    }
}
