//! `brunt plot` as its users run it: on golden records and on files of other tools.

use crate::stage::brunt;
use brunt_testkit::fixture;
use insta::assert_snapshot;

/// Every figure that each source can give, into files of each form.
#[test]
fn figures_of_any_tools_results() {
    let context = brunt();
    for (file, kind, output, begins) in [
        ("runs/v1.1-small", "latency", "out/latency.svg", "<svg xmlns"),
        ("runs/v1.1-small", "heat", "heat.csv", "response time (ms),"),
        ("runs/v1.1-small", "box", "box.json", "{\n  \"kind\": \"box\""),
        ("results/k6.csv.gz", "facets", "facets.svg", "<svg xmlns"),
        ("results/k6.csv.gz", "errors", "errors.svg", "<svg xmlns"),
        ("results/k6.csv.gz", "matrix", "matrix.svg", "<svg xmlns"),
        ("results/k6_export.json", "endpoint-bars", "k6.svg", "<svg xmlns"),
        ("results/locust/total_stats.csv", "box", "locust.csv", "endpoint,fastest (ms),"),
        ("results/locust/total_stats.csv", "endpoint-bars", "bars.svg", "<svg xmlns"),
    ] {
        let captured = context.run(&["plot", kind, &fixture(file).display().to_string(), "-o", output]);
        assert_eq!(captured.code, Some(0), "{file} {kind}: {}", captured.stderr);
        let written = context.read(output);
        assert!(written.starts_with(begins), "{file} {kind}: {}", &written[..80]);
    }
    let png = context.run(&["plot", "rate", &fixture("runs/v1-small").display().to_string(), "-o", "r.png"]);
    assert_eq!(png.code, Some(0), "{}", png.stderr);
    assert_eq!(std::fs::read(context.dir().join("r.png")).expect("a file")[..4], *b"\x89PNG");
}

#[test]
fn several_runs_and_all_figures() {
    let context = brunt();
    let (one, other) = (fixture("runs/v1-small"), fixture("runs/v1.1-small"));
    let sides = [format!("before={}", one.display()), format!("after={}", other.display())];
    let captured = context.run(&["plot", "compare", &sides[0], &sides[1], "-o", "-"]);
    assert!(captured.stdout.contains(">before</text>") && captured.stdout.contains(">after</text>"));
    let captured = context.run(&["plot", "all", &other.display().to_string(), "-o", "all"]);
    assert_eq!(captured.code, Some(0));
    assert_snapshot!(captured.stderr);
    let files = std::fs::read_dir(context.dir().join("all")).expect("a folder").count();
    assert_eq!(captured.stdout.matches("written   ").count(), files);
}

#[test]
fn what_is_refused() {
    let context = brunt();
    let run = fixture("runs/v1-small").display().to_string();
    let locust = fixture("results/locust/total_stats.csv").display().to_string();
    let mut all = String::new();
    for words in [
        &["latncy", "last"][..],
        &["latency"],
        &["latency", &run, "-o", "x.gif"],
        &["compare", &run],
        &["heat", &locust],
        &["generator", &locust],
        &["throughput", &run, "--endpoint", "/nowhere"],
        &["latency", &run, "--limit", "fast"],
        &["latency", &run, "--points", "1"],
    ] {
        let captured = context.run(&[&["plot"], words].concat());
        assert_eq!(captured.code, Some(2), "{words:?}");
        all += &captured.stderr.replace(&run, "RUN").replace(&locust, "LOCUST");
        all += "\n";
    }
    assert_snapshot!(all);
    assert_snapshot!(context.run(&["plot"]).stdout);
}
