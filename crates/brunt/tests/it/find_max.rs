//! `brunt find-max` as its users run it.

use crate::stage::{alone, at, brunt, mock};
use brunt_testkit::{Filters, TestContext};

fn context() -> TestContext {
    brunt().filters(Filters::measured)
}

/// A cap that the target holds with ease: every trial has its record, and the index says the same as the screen.
#[test]
fn a_target_without_a_limit_up_to_the_cap() {
    let _alone = alone();
    let target = mock();
    let context = context();
    let url = at(&target, "/");
    let search =
        ["find-max", &url, "--slo", "p95 < 20s", "--start", "100/s", "--cap", "200/s", "--trial", "1s"];
    let captured =
        context.run(&[&search[..], &["--trial-warm-up", "0s", "--json", "--output", "search"]].concat());
    assert_eq!(captured.code, Some(0), "{}", captured.stderr);
    let shown: serde_json::Value = serde_json::from_str(&captured.stdout).expect("JSON");
    assert_eq!(shown["outcome"]["result"], "no_limit", "{}", captured.stdout);
    let index = std::fs::read_to_string(context.dir().join("search/find-max.json")).expect("the index");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&index).expect("JSON"), shown);
    let trials = shown["trials"].as_array().map_or(0, Vec::len);
    let records =
        (1..=trials).filter(|n| context.dir().join(format!("search/trial-{n:02}/run.json")).is_file());
    assert!(trials >= 2 && records.count() == trials, "{trials} trials");
    assert_eq!(context.run(&["show", "search/trial-01"]).code, Some(0));
}

/// A file that `--output` names is the result; records go where they go without it.
#[test]
fn a_report_as_output() {
    let _alone = alone();
    let target = mock();
    let context = context();
    let url = at(&target, "/");
    let search = ["find-max", &url, "--slo", "p95 < 20s", "--start", "100/s", "--cap", "100/s", "-q"];
    let search = [&search[..], &["--trial", "1s", "--trial-warm-up", "0s"]].concat();
    for (output, beginning) in [("deploy/limit.md", "#"), ("limit.JSON", "{")] {
        let captured = context.run(&[&search[..], &["-o", output]].concat());
        assert_eq!(captured.code, Some(0), "{}", captured.stderr);
        assert!(captured.stdout.contains(&format!("written   {output}")), "{}", captured.stdout);
        assert!(captured.stdout.contains("records   brunt-runs/"), "{}", captured.stdout);
        assert!(context.read(output).starts_with(beginning), "{}", context.read(output));
    }
    context.write("taken.md/x", "");
    let taken = context.run(&[&search[..], &["--markdown", "taken.md"]].concat());
    assert_eq!(taken.code, Some(2), "{}", taken.stderr);
}

#[test]
fn what_never_holds_is_said() {
    let _alone = alone();
    let target = mock();
    let url = at(&target, "/delay/20");
    let search =
        ["find-max", &url, "--slo", "avg < 5ms", "--start", "80/s", "--floor", "60/s", "--trial", "1s", "-q"];
    let captured =
        context().run(&[&search[..], &["--trial-warm-up", "0s", "--settle", "0s", "--no-record"]].concat());
    assert_eq!(captured.code, Some(99), "{}{}", captured.stdout, captured.stderr);
    assert!(captured.stdout.starts_with("Does not hold even at 60/s: "), "{}", captured.stdout);
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let context = context();
    std::fs::write(
        context.dir().join("bursts.yaml"),
        "target: http://127.0.0.1:9\nactions: {a: [get: /]}\nusers: {u: {actions: a}}\nscenarios:\n  s: {run: u, bursts: {size: 10, \
         pause: 1s}, duration: 5s}\n",
    )
    .expect("a plan");
    let url = "http://127.0.0.1:9/";
    let rows: [&[&str]; 11] = [
        &[url],
        &[url, "--slo", "p95 < 1s", "-o", "limit.html"],
        &[url, "--slo", "p95 < 1s", "-o", "limit.md", "--markdown", "other.md"],
        &[url, "--slo", "p95 < 1s", "--rate", "5/s"],
        &[url, "--slo", "p95 < 1s", "--start", "fast"],
        &[url, "--slo", "p95 < 1s", "--by", "users", "--start", "1.5"],
        &[url, "--slo", "p95 < 1s", "--start", "100/s", "--cap", "10/s"],
        &[url, "--slo", "p95 < 1s", "--width", "0"],
        &[url, "--slo", "p95 < 1s", "--trial", "10ms"],
        &[url, "--slo", "p95 is nice"],
        &["bursts.yaml", "--slo", "p95 < 1s"],
    ];
    let said = rows.map(|row| {
        let captured = context.run(&[&["find-max"], row].concat());
        assert_eq!(captured.code, Some(2), "{row:?}: {}{}", captured.stdout, captured.stderr);
        format!("$ brunt find-max {}\n{}", row.join(" "), captured.stderr)
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn nobody_there() {
    let captured = context().run(&["find-max", "http://127.0.0.1:9/", "--slo", "p95 < 1s", "--wait", "0s"]);
    assert_eq!(captured.code, Some(3), "{}", captured.stderr);
}
