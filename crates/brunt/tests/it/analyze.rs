//! `brunt analyze` as its users run it: on golden records and on files of other tools.

use crate::stage::brunt;
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
    let all = [&["analyze", &runs, "--slo", "p95 < 1s"], &files[..], &report].concat();
    assert_eq!(context.run(&all).code, Some(0));
    let captured = context.run(&all);
    assert!(captured.stdout.contains("worst of 2 runs"), "{}", captured.stdout);
    assert!(captured.stdout.contains("::notice title=Load test::passed"), "{}", captured.stdout);
    let read = |file: &str| std::fs::read_to_string(context.dir().join(file)).expect(file);
    let json: serde_json::Value = serde_json::from_str(&read("out/r.json")).expect("JSON");
    assert!(json["analysis"]["summary"]["p95"].as_f64().is_some_and(|p95| p95 < 200.0));
    assert_eq!(json["analysis"]["runs"].as_array().map(Vec::len), Some(2));
    assert!(read("out/r.xml").contains("<testcase classname=\"small\" name=\"p95 &lt; 1s\">"));
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
