//! `brunt analyze` as its users run it: on golden records and on files of other tools.

use crate::stage::{at, brunt, judged, mock};
use brunt_testkit::TestContext;
use std::path::Path;

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name).display().to_string()
}

/// Each kind of source, with an objective that it meets and one that it does not: the exit code is the gate.
#[test]
fn a_gate_on_any_tools_results() {
    let context = brunt();
    for (file, met, broken) in [
        ("runs/v1-small", "p95 < 1s", "p95 < 1us"),
        ("results/locust/total_stats.csv", "p95 < 1s", "p95 < 1ms"),
        ("results/k6.csv.gz", "avg < 10s", "avg < 1us"),
        ("results/k6_export.json", "p95 < 10s", "p95 < 1us"),
        ("results/vegeta.csv", "p50 < 10s", "p50 < 1us"),
        ("results/wrk.txt", "p99 < 10s", "p99 < 1us"),
        ("results/made/jmeter.jtl", "max < 1h", "max < 1us"),
        ("results/jmeter.xml", "max < 1h", "max < 1us"),
        ("results/vegeta.gob", "p50 < 10s", "p50 < 1us"),
        ("results/locust.json", "p95 < 10s", "p95 < 1us"),
        ("results/made/oha.json", "p50 < 10s", "p50 < 1us"),
    ] {
        let file = fixture(file);
        for (slo, code) in [(broken, 99), (met, 0)] {
            let captured = context.run(&["analyze", &file, "--slo", slo]);
            let enough = captured.code == Some(code) || (code == 0 && captured.code == Some(97));
            assert!(enough, "{file} {slo}: {:?}\n{}{}", captured.code, captured.stdout, captured.stderr);
        }
    }
}

/// A source without a percentile has no data for it, and no data passes nothing.
#[test]
fn no_data_passes_nothing() {
    let captured = brunt().run(&["analyze", &fixture("results/wrk.txt"), "--slo", "p95 < 10s"]);
    assert_eq!(captured.code, Some(99), "{}", captured.stdout);
}

#[test]
fn all_outputs_of_a_folder() {
    let context = brunt();
    let files = ["--json", "out/r.json", "--markdown", "out/r.md", "--junit", "out/r.xml"];
    let report = ["--deployment-report", "deploy/report.md", "--github"];
    let runs = fixture("runs");
    let many = std::fs::read_dir(&runs).expect("records").count();
    let all = [&["analyze", &runs, "--slo", "p95 < 1s"], &files[..], &report].concat();
    assert_eq!(context.run(&all).code, Some(0));
    let captured = context.run(&all);
    assert!(captured.stdout.contains(&format!("worst of {many} runs")), "{}", captured.stdout);
    assert!(captured.stdout.contains("::notice title=Load test::passed"), "{}", captured.stdout);
    let read = |file: &str| std::fs::read_to_string(context.dir().join(file)).expect(file);
    let json: serde_json::Value = serde_json::from_str(&read("out/r.json")).expect("JSON");
    assert!(json["analysis"]["summary"]["p95"].as_f64().is_some_and(|p95| p95 < 200.0));
    assert_eq!(json["analysis"]["runs"].as_array().map(Vec::len), Some(many));
    assert!(read("out/r.xml").contains("<testcase classname=\"small (v1-small)\" name=\"p95 &lt; 1s\">"));
    assert!(read("out/r.md").starts_with("# Load test analysis\n"));
    // Appended, never overwritten.
    assert_eq!(read("deploy/report.md").matches("## 📊 Load Test Performance Results").count(), 2);
}

#[test]
fn what_cannot_be_read_is_said() {
    let context = brunt();
    let write = |name: &str, text: &[u8]| std::fs::write(context.dir().join(name), text).expect(name);
    write("empty.csv", b"");
    write("foreign.csv", b"when,what\n1,2\n");
    write("binary.bin", &[0xff, 0xfe, 0, 1, 2]);
    write("rules.json", b"{\"nonsense\": 1}");
    write("grades.json", b"{\"p95_ms\": []}");
    write("resources.csv", b"time,cpu\n");
    std::fs::create_dir(context.dir().join("nothing")).expect("a folder");
    let good = fixture("runs/v1-small");
    let rows: [&[&str]; 9] = [
        &["missing"],
        &["empty.csv"],
        &["foreign.csv"],
        &["binary.bin"],
        &["nothing"],
        &[&good, "--slo", "p95 is nice"],
        &[&good, "--rules", "rules.json"],
        &[&good, "--grades", "grades.json"],
        &[&good, "--resources", "resources.csv"],
    ];
    let said = rows.map(|row| {
        let captured = context.run(&[&["analyze"], row].concat());
        assert_eq!(captured.code, Some(2), "{row:?}: {}{}", captured.stdout, captured.stderr);
        let shown = row.join(" ").replace(&good, "[record]");
        format!("$ brunt analyze {shown}\n{}", captured.stderr)
    });
    insta::assert_snapshot!(said.join("\n"));
}

/// Copies a file, or the files of a folder, of the fixtures: paths in what is shown are short then.
fn copy(context: &TestContext, from: &str, to: &str) {
    let from = fixture(from);
    if Path::new(&from).is_file() {
        context.write(to, std::fs::read(&from).expect(&from));
        return;
    }
    for entry in std::fs::read_dir(&from).expect(&from) {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        context.write(&format!("{to}/{name}"), std::fs::read(entry.path()).expect("a file"));
    }
}

/// What is shown of a record and of other tools' files, in full.
#[test]
fn what_each_source_shows() {
    let context = brunt();
    copy(&context, "runs/v1-small", "record");
    copy(&context, "results/locust", "locust");
    copy(&context, "results/k6.csv.gz", "k6.csv.gz");
    copy(&context, "results/made/jmeter.jtl", "jmeter.jtl");
    let slo = ["--slo", "p95 < 250ms", "--slo", "errors < 1%"];
    for (name, input) in [
        ("record", "record"),
        ("locust", "locust/full_stats.csv"),
        ("k6", "k6.csv.gz"),
        ("jmeter", "jmeter.jtl"),
    ] {
        let captured = context.run(&[&["analyze", input], &slo[..]].concat());
        insta::assert_snapshot!(format!("shown_of_{name}"), captured.snapshot());
    }
    for (name, flag) in [("json", "--json"), ("markdown", "--markdown"), ("junit", "--junit")] {
        let input = "locust/full_stats.csv";
        let captured = context.run(&[&["analyze", input, flag, "-"], &slo[..]].concat());
        insta::assert_snapshot!(format!("locust_as_{name}"), captured.snapshot());
    }
}

/// Files that hold little, or not what they should: what is there is judged, what is not is said.
#[test]
fn damaged_and_poor_sources() {
    let context = brunt();
    let text = |name: &str| std::fs::read_to_string(fixture(name)).expect(name);
    let jtl = text("results/made/jmeter.jtl");
    let first = |lines: usize| jtl.lines().take(lines).collect::<Vec<_>>().join("\n") + "\n";
    context.write("header.jtl", first(1));
    context.write("one.jtl", first(2));
    context.write("failed.jtl", jtl.replace(",true,", ",false,"));
    context.write("cut.jtl", &jtl[..jtl.len() / 2]);
    let stats = text("results/locust/total_stats.csv");
    context.write("cut_stats.csv", &stats[..stats.len() - 20]);
    context.write("header_stats.csv", stats.lines().next().unwrap_or_default());
    copy(&context, "runs/v1-small", "torn");
    let seconds = std::fs::read(context.dir().join("torn/seconds.brunt")).expect("seconds");
    context.write("torn/seconds.brunt", &seconds[..seconds.len() / 2]);
    copy(&context, "runs/v1-small", "newer");
    let header = text("runs/v1-small/run.json").replace("\"major\": 1", "\"major\": 9");
    context.write("newer/run.json", header);
    copy(&context, "runs/v1-small/summary.json", "summary.json");
    let summary = text("runs/v1-small/summary.json");
    let mut summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    summary["verdict"]["outlook"] = "invalid".into();
    context.write("invalid.json", summary.to_string());

    let check = |input: &[&str], code: i32, said: &str| {
        let captured = context.run(&[&["analyze"], input].concat());
        let all = format!("{}{}", captured.stdout, captured.stderr);
        assert_eq!(captured.code, Some(code), "{input:?}: {all}");
        assert!(all.contains(said), "{input:?}: {all}");
        assert!(!all.contains("NaN") && !all.contains(" inf"), "{input:?}: {all}");
    };
    let p95 = ["--slo", "p95 < 9s"];
    let errors = ["--slo", "errors < 50%"];
    check(&["header.jtl"], 97, "there is not one request in it");
    check(&[&["header.jtl"], &p95[..]].concat(), 99, "P95 latency: no data");
    check(&["one.jtl"], 0, "Standard deviation                   -");
    check(&[&["one.jtl"], &p95[..]].concat(), 97, "1 request, and 59 are the fewest");
    check(&["failed.jtl"], 99, "no request succeeded");
    check(&["cut.jtl"], 130, "cut.jtl:71:10: the file was cut off here");
    check(&["cut.jtl"], 130, "`--accept-cut` judges what there is of it");
    check(&["cut.jtl", "--slo", "p50 < 9s"], 130, "within threshold 9s: not judged, the run was cut");
    check(&["cut.jtl", "--accept-cut"], 0, "cut.jtl:71:10: the file was cut off here");
    check(&["cut_stats.csv"], 130, "not judged, cut off (the run has no end)");
    check(&[&["cut_stats.csv"], &errors[..]].concat(), 130, "not judged, cut off");
    check(&[&["cut_stats.csv", "--accept-cut"], &errors[..]].concat(), 0, "all objectives are met");
    check(&["header_stats.csv"], 97, "no request ended");
    check(&[&["header_stats.csv"], &p95[..]].concat(), 99, "P95 latency: no data");
    check(&["torn"], 130, "the run has no end");
    check(&["torn", "--accept-cut", "--slo", "p50 < 9s"], 0, "within threshold");
    check(&["newer"], 2, "in format 9.0, and this version reads formats up to 1.x");
    check(&["summary.json"], 0, "nothing speaks against it");
    // A run that was not valid is not made so by asking again.
    check(&["invalid.json"], 98, "Requests");
    check(&[&["invalid.json"], &p95[..]].concat(), 98, "not judged");
    check(&[&["summary.json", "torn"], &p95[..]].concat(), 130, "worst of 2 runs: small (torn) (cut");
}

/// Several kinds in one folder: `summary` is the run of the gravest verdict, of several that with the highest P95, and runs of one
/// name are told apart.
#[test]
fn several_kinds_in_one_folder() {
    let context = brunt();
    for name in
        ["k6.csv.gz", "k6.jsonl.gz", "k6_export.json", "jmeter.jtl", "jmeter.xml", "vegeta.csv", "wrk.txt"]
    {
        copy(&context, &format!("results/{name}"), &format!("all/{name}"));
    }
    copy(&context, "results/locust", "all");
    copy(&context, "runs/v1-small", "all/a");
    copy(&context, "runs/v1-small", "all/b");
    let analysed = |slo: &str| {
        let captured = context.run(&["analyze", "all", "--slo", slo, "--json", "-"]);
        let json: serde_json::Value = serde_json::from_str(&captured.stdout).expect(&captured.stderr);
        let analysis = json["analysis"].clone();
        let runs = analysis["runs"].as_array().expect("runs").clone();
        (captured.code, analysis["summary"].clone(), runs)
    };
    let named = |run: &serde_json::Value| run["name"].as_str().expect("a name").to_owned();
    let (code, worst, runs) = analysed("p50 < 1h, no data passes");
    assert_eq!(code, Some(0));
    let mut names: Vec<String> = runs.iter().map(named).collect();
    assert_eq!(
        names,
        [
            "small (a)",
            "small (b)",
            "full",
            "jmeter (jmeter.jtl)",
            "jmeter (jmeter.xml)",
            "k6 (k6.csv.gz)",
            "k6 (k6.jsonl.gz)",
            "k6_export",
            "total",
            "vegeta",
            "wrk"
        ]
    );
    names.dedup();
    assert_eq!(names.len(), runs.len());
    let p95 = |run: &serde_json::Value| run["summary"]["p95"].as_f64().unwrap_or(0.0);
    let highest = runs.iter().map(p95).fold(0.0, f64::max);
    assert_eq!(worst["p95"].as_f64(), Some(highest), "{worst}");
    // The gravest verdict comes first, whatever its P95.
    let (code, worst, runs) = analysed("errors < 70%");
    assert_eq!(code, Some(99));
    let failed: Vec<_> = runs.iter().filter(|run| run["verdict"]["outlook"] == "failed").map(named).collect();
    assert_eq!(failed, ["jmeter (jmeter.jtl)", "jmeter (jmeter.xml)"]);
    assert_eq!(worst["run"], "jmeter (jmeter.xml)");
}

/// A limit may refer to any run that can be read, of whichever tool.
#[test]
fn a_baseline_of_another_tool() {
    let context = brunt();
    copy(&context, "results/vegeta.csv", "new.csv");
    copy(&context, "results/vegeta.csv", "old/old.csv");
    copy(&context, "results/k6_export.json", "old.json");
    copy(&context, "runs/v1-small", "old/record");
    let check = |baseline: &str, factor: &str, code: i32, said: &str| {
        let slo = format!("p50 < baseline * {factor}");
        let captured = context.run(&["analyze", "new.csv", "--baseline", baseline, "--slo", &slo]);
        let all = format!("{}{}", captured.stdout, captured.stderr);
        assert_eq!(captured.code, Some(code), "{baseline} {factor}: {all}");
        assert!(all.contains(said), "{baseline} {factor}: {all}");
    };
    check("old/old.csv", "1.1", 0, "(baseline * 1.1)");
    check("old/old.csv", "0.9", 99, "(baseline * 0.9)");
    check("old.json", "100", 0, "(baseline * 100)");
    check("old/record", "0.0001", 99, "(baseline * 0.0001)");
    check("old", "1.1", 2, "no baseline `old`: it holds several runs");
    check("nothing.csv", "1.1", 2, "no baseline `nothing.csv`: there are no runs");
    let shown = context.run(&["show", "new.csv"]);
    assert_eq!(shown.code, Some(2));
    assert!(
        shown.stderr.contains("`new.csv` is no run's record; `brunt analyze new.csv`"),
        "{}",
        shown.stderr
    );
}

/// A run in a folder that cannot be read keeps nobody from reading the others, and nothing passes beside it.
#[test]
fn unreadable_runs_of_a_folder() {
    let context = brunt();
    copy(&context, "results/k6_export.json", "all/a.json");
    copy(&context, "runs/v1-small", "all/b");
    let whole = std::fs::read(context.dir().join("all/a.json")).expect("a file");
    context.write("all/cut.json", &whole[..whole.len() / 2]);
    copy(&context, "runs/v1-small", "all/torn");
    context.write("all/torn/run.json", "{");
    let forms = ["--json", "r.json", "--markdown", "r.md", "--junit", "r.xml", "--github"];
    let met = context.run(&[&["analyze", "all", "--slo", "p50 < 9s"], &forms[..]].concat());
    assert_eq!(met.code, Some(97), "{}{}", met.stdout, met.stderr);
    let said = met.stdout.split_once("not read, and so not judged\n").expect("what is said").1;
    insta::assert_snapshot!(said);
    let json: serde_json::Value = serde_json::from_str(&context.read("r.json")).expect("JSON");
    assert_eq!(json["analysis"]["runs"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["analysis"]["unreadable"].as_array().map(Vec::len), Some(2));
    assert!(context.read("r.xml").contains("name=\"the run can be read\"><error"));
    // `brunt judge` does the same, and wants something to judge.
    assert_eq!(context.run(&["judge", "all", "--slo", "p50 < 9s"]).code, Some(97));
    assert_eq!(context.run(&["judge", "all/b", "--slo", "p50 < 9s"]).code, Some(0));
    assert_eq!(context.run(&["judge", "all/a.json", "--slo", "p50 < 1us"]).code, Some(99));
    let bare = context.run(&["judge", "all"]);
    assert_eq!((bare.code, bare.stdout.as_str()), (Some(2), ""));
    assert!(bare.stderr.contains("`a` has no objectives"), "{}", bare.stderr);
    // What is graver stays so, and what is named itself must be readable.
    assert_eq!(context.run(&["analyze", "all", "--slo", "p50 < 1us"]).code, Some(99));
    assert_eq!(context.run(&["analyze", "all/b", "all/cut.json"]).code, Some(2));
    std::fs::remove_file(context.dir().join("all/a.json")).expect("removed");
    std::fs::remove_dir_all(context.dir().join("all/b")).expect("removed");
    let none = context.run(&["analyze", "all"]);
    assert_eq!((none.code, none.stderr.lines().count()), (Some(2), 2), "{}", none.stderr);
}

/// Where objectives are written that `--slo` may name, with what is meant of them.
#[test]
fn objectives_of_files() {
    let context = brunt();
    copy(&context, "results/locust/full_stats.csv", "run_stats.csv");
    context.write("list.yaml", "- p95 < 3ms\n");
    context.write("k6.json", "{\"vus\": 1, \"thresholds\": {\"http_req_duration\": [\"p(95)<3\"]}}");
    context.write(
        "performance.yml",
        "thresholds: {latency: {p95: 200}}\nenvironments:\n  staging: {thresholds: {latency: {p95: 3}}}\n  production: \
         {thresholds: {latency: {p95: 2}}}\n",
    );
    let plan = "actions: {a: [{get: /}]}\nscenarios: {s: {users: 1, duration: 1s}}\n";
    context.write("plan.yaml", format!("{plan}target: http://a\nexpect: [p95 < 3ms]\n"));
    context.write("plain.yaml", format!("{plan}target: http://a\n"));
    let heavy = "profiles: {heavy: {expect: [p95 < 3ms]}, light: {expect: [p95 < 9s]}}\n";
    context.write("profiles.yaml", format!("{plan}target: http://a\n{heavy}"));
    let check = |arguments: &[&str], code: i32, said: &str| {
        let captured = context.run(&[&["analyze", "run_stats.csv", "--slo"], arguments].concat());
        let all = format!("{}{}", captured.stdout, captured.stderr);
        assert_eq!(captured.code, Some(code), "{arguments:?}: {all}");
        assert!(all.contains(said), "{arguments:?}: {all}");
    };
    check(&["list.yaml"], 99, "exceeds threshold 3ms");
    check(&["k6.json"], 99, "exceeds threshold 3ms");
    check(&["performance.yml"], 99, "P95 latency 13.0ms exceeds threshold 3ms");
    check(&["performance.yml", "--env", "production"], 99, "exceeds threshold 2ms");
    check(&["performance.yml", "--expect-env", "production"], 99, "exceeds threshold 2ms");
    check(&["performance.yml", "--env", "nowhere"], 2, "unknown environment `nowhere`");
    check(&["plan.yaml"], 99, "exceeds threshold 3ms");
    check(&["profiles.yaml", "--profile", "heavy"], 99, "exceeds threshold 3ms");
    check(&["profiles.yaml", "--profile", "light"], 0, "within threshold 9s");
    check(&["plain.yaml"], 2, "`plain.yaml` has no objectives");
    check(&["missing.yaml"], 2, "cannot read `missing.yaml`");
}

/// What a program reads on standard output stands there alone.
#[test]
fn one_document_on_standard_output() {
    let context = brunt();
    let input = fixture("results/locust/full_stats.csv");
    let captured = context.run(&["analyze", &input, "--slo", "p95 < 1ms", "--json", "-", "--github"]);
    serde_json::from_str::<serde_json::Value>(&captured.stdout).expect("JSON");
    assert!(captured.stderr.contains("::error title=Load test full::P95 latency"), "{}", captured.stderr);
    let both = context.run(&["analyze", &input, "--json", "-", "--markdown", "-"]);
    assert_eq!(both.code, Some(2), "{}", both.stdout);
    assert!(both.stderr.contains("standard output holds one document"), "{}", both.stderr);
}

/// Standard input, and a pipe that can be read once.
#[test]
fn what_comes_through_a_pipe() {
    let jtl = std::fs::read_to_string(fixture("results/made/jmeter.jtl")).expect("a file");
    let context = brunt().input(&jtl);
    for input in ["-", "/dev/stdin"] {
        let captured = context.run(&["analyze", input, "--slo", "max < 1h"]);
        assert_eq!(captured.code, Some(0), "{}{}", captured.stdout, captured.stderr);
        assert!(captured.stdout.starts_with("stdin (results of JMeter)\n"), "{}", captured.stdout);
    }
    let nothing = brunt().run(&["analyze", "-"]);
    assert_eq!(nothing.code, Some(2), "{}", nothing.stdout);
    assert!(nothing.stderr.contains("`stdin` is empty"), "{}", nothing.stderr);
}

/// A run writes the same reports when it ends; its record stays where it is.
#[test]
fn reports_of_a_run() {
    let context = brunt().env("GITHUB_STEP_SUMMARY", "step.md");
    let target = mock();
    let url = at(&target, "/");
    let load = ["run", &url, "-n", "400", "-u", "2", "-q", "--slo", "p95 < 1us", "--github"];
    let files = ["-o", "deploy/reports/performance_report.md", "--junit", "out/junit.xml"];
    let more = ["--deployment-report", "deploy/deployment_report.md"];
    let captured = judged(&context, &[&load[..], &files, &more].concat());
    assert_eq!(captured.code, Some(99), "{}{}", captured.stdout, captured.stderr);
    assert!(captured.stdout.contains("::error title=Load test "), "{}", captured.stdout);
    assert!(
        captured.stdout.contains("written   deploy/reports/performance_report.md"),
        "{}",
        captured.stdout
    );
    assert!(context.read("deploy/reports/performance_report.md").contains("exceeds threshold 0.001ms"));
    assert!(context.read("out/junit.xml").contains("<failure type=\"objective\""));
    assert!(context.read("deploy/deployment_report.md").starts_with("## 📊 Load Test Performance Results\n"));
    assert!(context.read("deploy/deployment_report.md").contains("\n## ❌ SLO Violations\n"));
    assert!(context.read("step.md").starts_with("# Load test analysis\n"));
    assert!(context.dir().join("brunt-runs").is_dir());
    let analysed = context.run(&["analyze", "last", "--json", "-"]);
    assert_eq!(analysed.code, Some(99), "{}", analysed.stderr);

    let both = context.run(&["run", &url, "-o", "a.md", "--markdown", "b.md"]);
    assert_eq!(both.code, Some(2));
    let json = context.run(&["run", &url, "-o", "a.json"]);
    assert_eq!(json.code, Some(2));
    assert!(json.stderr.contains("`--summary-export a.json` is k6's summary"), "{}", json.stderr);
    let page = judged(&context, &["run", &url, "-n", "400", "-u", "2", "-q", "-o", "out/a.html"]);
    assert_eq!(page.code, Some(0), "{}{}", page.stdout, page.stderr);
    assert!(context.read("out/a.html").starts_with("<!DOCTYPE html>"));
    context.write("taken.xml/x", "");
    let taken = context.run(&["run", &url, "--junit", "taken.xml", "-d", "1s"]);
    assert_eq!(taken.code, Some(2), "{}", taken.stdout);
    assert!(taken.stderr.contains("cannot write `taken.xml`"), "{}", taken.stderr);
}
