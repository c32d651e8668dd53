//! `brunt report` as its users run it.

use crate::stage::brunt;
use brunt_testkit::fixture;
use insta::assert_snapshot;

#[test]
fn a_page_of_any_tools_results() {
    let context = brunt();
    for (file, holds) in [
        ("runs/v1-small", &["id=\"figure-latency\"", "id=\"figure-generator\"", "The plan as it ran"][..]),
        ("runs/v1.1-small", &["id=\"figure-spectrum\"", "<h3>Groups</h3>"]),
        ("results/k6.csv.gz", &["id=\"figure-latency\"", "Results of k6."]),
        (
            "results/locust/total_stats.csv",
            &["id=\"figure-endpoint-bars\"", "The source has no course over time."],
        ),
    ] {
        let captured = context.run(&["report", &fixture(file).display().to_string(), "-o", "out/page.html"]);
        assert_eq!(captured.code, Some(0), "{file}: {}", captured.stderr);
        let page = context.read("out/page.html");
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "{file}");
        for part in holds {
            assert!(page.contains(part), "{file}: {part}");
        }
    }
}

#[test]
fn against_a_baseline_and_by_other_objectives() {
    let context = brunt();
    let (before, after) = (fixture("runs/v1-small"), fixture("runs/v1.1-small"));
    let captured = context.run(&[
        "report",
        &after.display().to_string(),
        "--baseline",
        &before.display().to_string(),
        "--slo",
        "p95 < 1ms",
        "-o",
        "-",
    ]);
    assert_eq!(captured.code, Some(0), "{}", captured.stderr);
    let page = captured.stdout;
    assert!(page.contains("✗ Failed") && page.contains("p95 &lt; 1ms"));
    assert!(page.contains("id=\"figure-compare\"") && page.contains("id=\"figure-compare-facets\""));
}

#[test]
fn what_is_refused() {
    let context = brunt();
    let run = fixture("runs/v1-small").display().to_string();
    context.write("page.html/x", "");
    context.write("notes.txt", "hello");
    let mut all = String::new();
    for words in [
        &["nothing-here"][..],
        &["last"],
        &["notes.txt"],
        &[&run, "--slo", "p95 <"],
        &[&run, "--baseline", "nowhere"],
        &[&run, "-o", "page.html"],
    ] {
        let captured = context.run(&[&["report"], words].concat());
        assert_eq!(captured.code, Some(2), "{words:?}: {}", captured.stderr);
        all += &captured.stderr.replace(&run, "RUN");
        all.push('\n');
    }
    assert_snapshot!(all);
}
