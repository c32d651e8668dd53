//! An analysis in each of its forms: a run that failed, with names that try to break out, and totals of another tool.

use brunt_analysis::{
    Bands, Confidence, Cost, Evidence, Figure, Finding, Number, Seconds, Severity, grades, hot_spots,
};
use brunt_report::{
    AnalysedRun, Analysis, Basis, DeploymentReport, Rollback, UnreadableRun, analysis_json, analysis_junit,
    analysis_markdown, analysis_text, github_annotations,
};
use brunt_run::{
    Broken, LatencyFigures, ObjectiveOutcome, ObjectiveUnit, Outlook, RunView, Standing, Summary, Verdict,
};

fn objective(name: &str, standing: Standing, text: &str) -> ObjectiveOutcome {
    ObjectiveOutcome {
        objective: name.into(),
        name: name.into(),
        standing,
        text: text.into(),
        notes: vec!["broken in 3 seconds".into()],
        unit: ObjectiveUnit::Milliseconds,
        measured: Some(350.2),
        interval: Some((340.0, 361.0)),
        limit: Some(250.0),
        margin: Some(-0.4),
        samples: 160,
        broken: Some(Broken { seconds: 3, first: 1, last: 3, longest: 3 }),
        worst: None,
        burn: None,
        aborted_at: None,
    }
}

pub(crate) fn finding() -> Finding {
    Finding {
        id: "pool-limit".into(),
        claim: "behaves like 8.02 servers of 19.9 ms each: look for a pool of 8".into(),
        cost: Cost { time_share: 0.58, error_share: 0.011 },
        severity: Severity::High,
        confidence: Confidence::High,
        evidence: vec![Evidence {
            series: "rate against in flight <b>".into(),
            window: Some(Seconds { from: 20, to: 31 }),
            numbers: vec![
                Number {
                    name: "pool size".into(),
                    value: 8.02,
                    unit: String::new(),
                    interval: Some((7.9, 8.1)),
                },
                Number { name: "capacity".into(), value: 402.0, unit: "/s".into(), interval: None },
            ],
            figure: Figure::RateAgainstInFlight,
        }],
        alternative: "a shared section".into(),
        confirm_by: "double the pool".into(),
        causes: vec!["Connection pool exhaustion".into()],
        advice: vec!["Increase the pool | check it".into()],
        part_of: None,
        reliable: true,
    }
}

/// The golden record, taken as failed.
fn failed() -> AnalysedRun {
    let mut view = RunView::default();
    for event in crate::golden() {
        view.apply(&event);
    }
    let summary = Summary::of(&view).unwrap();
    let objectives = vec![
        objective("p95 < 250ms", Standing::Failed, "P95 latency 350.2ms exceeds threshold 250ms"),
        objective("errors < 0.5%", Standing::Failed, "Error rate 1.2% exceeds threshold 0.5%"),
        objective("rate > 1000/s", Standing::Failed, "Throughput 850.5 req/sec below threshold 1000 req/sec"),
        objective("p99 < 1s, warn", Standing::Warned, "P99 latency 1200ms exceeds threshold 1000ms"),
        objective("p99.9 < 1s", Standing::NotJudged, "P99.9 latency not judged: 160 requests are too few"),
        objective("avg < 1s", Standing::Passed, "Average latency 0.8ms is within threshold 1000ms"),
    ];
    AnalysedRun {
        name: "shop|<script>\u{1b}[31m".into(),
        tool: "brunt".into(),
        files: vec!["brunt-runs/x".into()],
        notes: vec!["a note, 100 % sure".into()],
        grades: grades(&summary.total, &Bands::default()),
        hot_spots: hot_spots(&summary),
        summary,
        verdict: Verdict {
            outlook: Outlook::Failed,
            summary: "failed: P95 latency 350.2ms exceeds threshold 250ms; 2 more failed".into(),
            findings: Vec::new(),
            objectives,
        },
        findings: vec![finding()],
        basis: Basis::Seconds,
    }
}

/// Totals alone, of nothing.
fn empty() -> AnalysedRun {
    let mut run = failed();
    run.name = "empty".into();
    run.summary.total = brunt_run::Figures { response: LatencyFigures::default(), ..Default::default() };
    run.summary.started_unix_ms = 0;
    run.grades = grades(&run.summary.total, &Bands::default());
    run.hot_spots.clear();
    run.findings.clear();
    run.basis = Basis::Totals;
    run.verdict = Verdict {
        outlook: Outlook::NotEnoughEvidence,
        summary: "not enough evidence: no request ended".into(),
        findings: Vec::new(),
        objectives: Vec::new(),
    };
    run
}

fn both() -> Analysis {
    Analysis { runs: vec![empty(), failed()], unreadable: Vec::new() }
}

#[test]
fn as_text() {
    insta::assert_snapshot!(analysis_text(&both()));
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(analysis_markdown(&both()));
}

#[test]
fn as_junit() {
    insta::assert_snapshot!(analysis_junit(&both()));
}

/// What readers of `JUnit`'s XML hold it to (the schema of Ant's and Jenkins' readers): elements, what they must have, and counts that
/// are those of the elements.
#[test]
fn junit_holds_to_its_schema() {
    let reason = "`a&b.csv` is empty".to_owned();
    let unreadable = vec![UnreadableRun { path: "a&b.csv".into(), reason }];
    let xml = analysis_junit(&Analysis { unreadable, ..both() });
    let document = roxmltree::Document::parse(&xml).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let elements = |of: roxmltree::Node<'_, '_>, name: &str| {
        of.descendants().filter(|node| node.tag_name().name() == name).count()
    };
    let kinds = [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")];
    let mut suites = 0;
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        let (must_have, within): (&[&str], &[&str]) = match node.tag_name().name() {
            "testsuites" => (&["name", "time"], &["testsuite"]),
            "testsuite" => (&["name", "time", "hostname"], &["testcase"]),
            "testcase" => (&["classname", "name"], &["failure", "error", "skipped", "system-out"]),
            "failure" | "error" => (&["type", "message"], &[]),
            "skipped" => (&["message"], &[]),
            "system-out" => (&[], &[]),
            other => panic!("`{other}` is in no schema"),
        };
        for name in must_have {
            assert!(node.attribute(*name).is_some_and(|value| !value.is_empty()), "{node:?} lacks {name}");
        }
        for child in node.children().filter(roxmltree::Node::is_element) {
            assert!(within.contains(&child.tag_name().name()), "{child:?} in {node:?}");
        }
        if node.tag_name().name() == "testcase" {
            assert!(node.children().filter(roxmltree::Node::is_element).count() <= 1, "{node:?}");
        }
        if matches!(node.tag_name().name(), "testsuites" | "testsuite") {
            suites += 1;
            for (count, name) in kinds {
                let told: usize = node.attribute(count).unwrap().parse().unwrap();
                assert_eq!(told, elements(node, name), "{count} of {node:?}");
            }
        }
    }
    assert_eq!(suites, 4);
}

/// A run that could not be read keeps the others from passing, and is in every form.
#[test]
fn what_could_not_be_read() {
    let mut passed = failed();
    passed.verdict.outlook = Outlook::Passed;
    passed.verdict.summary = "passed: 160 requests".into();
    passed.verdict.objectives.clear();
    let reason = "`results/<b>.csv` is empty".to_owned();
    let unreadable = vec![UnreadableRun { path: "results/<b>.csv".into(), reason }];
    let all = Analysis { runs: vec![passed], unreadable };
    assert_eq!(all.outlook(), Outlook::NotEnoughEvidence);
    let graver = Analysis { runs: vec![failed()], ..all.clone() };
    assert_eq!(graver.outlook(), Outlook::Failed);
    let text = analysis_text(&all);
    assert!(text.contains("\nnot read, and so not judged\n  `results/<b>.csv` is empty\n"));
    let markdown = analysis_markdown(&all);
    assert!(
        markdown.contains("\n## Not read, and so not judged\n\n- \\`results/&lt;b&gt;.csv\\` is empty"),
        "{markdown}"
    );
    let json: serde_json::Value = serde_json::from_str(&analysis_json(&all)).unwrap();
    assert_eq!(json["analysis"]["outlook"], "not enough evidence");
    assert_eq!(json["analysis"]["summary"]["outlook"], "passed");
    assert_eq!(json["analysis"]["unreadable"][0]["path"], "results/<b>.csv");
    let annotations = github_annotations(&all);
    assert!(annotations.starts_with("::error title=Load test results/<b>.csv::not read: "), "{annotations}");
    let report = DeploymentReport {
        run: &all.runs[0],
        timestamp: "-".into(),
        rollback: Rollback::NotTriggered,
        unreadable: &all.unreadable,
    };
    let section = report.section();
    assert!(section.contains("\n**Status:** ❌ FAILED (not enough evidence)  \n"), "{section}");
    assert!(section.contains("\nNot read: \\`results/&lt;b&gt;.csv\\`"), "{section}");
    let xml = analysis_junit(&all);
    insta::assert_snapshot!(xml[xml.find("<testsuites").unwrap()..]);
}

#[test]
fn as_annotations() {
    insta::assert_snapshot!(github_annotations(&both()));
    let nothing = Analysis { runs: vec![empty()], unreadable: Vec::new() };
    assert_eq!(
        github_annotations(&nothing),
        format!("::warning title=Load test {}::not enough evidence: no request ended\n", empty().name)
    );
}

#[test]
fn as_a_section_of_a_deployment_report() {
    let run = failed();
    let report = |rollback| {
        DeploymentReport { run: &run, timestamp: "2025-01-27 10:30:00".into(), rollback, unreadable: &[] }
            .section()
    };
    assert!(report(Rollback::Triggered).contains("**Auto-rollback Triggered:** Yes  \n"));
    insta::assert_snapshot!(report(Rollback::NotTriggered));
}

/// Whoever reads the section by program finds one of two words, and a reason where no objective is one.
#[test]
fn each_outlook_in_a_report_and_in_junit() {
    let check = |outlook, status: &str, tag: &str, told: bool| {
        let mut run = failed();
        run.verdict.objectives.clear();
        run.verdict.outlook = outlook;
        run.verdict.summary = "why it is so".into();
        let report = DeploymentReport {
            run: &run,
            timestamp: "-".into(),
            rollback: Rollback::NotTriggered,
            unreadable: &[],
        };
        let section = report.section();
        assert!(section.contains(&format!("\n**Status:** {status}  \n")), "{section}");
        assert_eq!(section.contains("\nwhy it is so\n"), told, "{section}");
        assert!(!section.contains("SLO Violations"), "{section}");
        let xml = analysis_junit(&Analysis { runs: vec![run], unreadable: Vec::new() });
        assert!(xml.contains(&format!("name=\"the run is valid\"><{tag}")), "{xml}");
    };
    check(Outlook::Passed, "✅ PASSED", "system-out>", false);
    check(Outlook::Warned, "✅ PASSED", "system-out>", false);
    check(Outlook::Failed, "❌ FAILED", "failure type", true);
    check(Outlook::Invalid, "❌ FAILED (not valid)", "error type", true);
    check(Outlook::Cut, "❌ FAILED (cut)", "error type", true);
    check(Outlook::StoppedEarly, "❌ FAILED (stopped early)", "skipped message", true);
    check(Outlook::NotEnoughEvidence, "❌ FAILED (not enough evidence)", "skipped message", true);
}

#[test]
fn thousands_are_grouped_and_nothing_is_a_dash() {
    let mut run = failed();
    run.summary.total.requests = 15_750;
    run.summary.total.requests_per_second = Some(1_050.3);
    run.summary.total.response.p95_ms = None;
    let report = DeploymentReport {
        run: &run,
        timestamp: "-".into(),
        rollback: Rollback::NotTriggered,
        unreadable: &[],
    }
    .section();
    for row in [
        "| Total Requests | 15,750 | requests |",
        "| Throughput | 1,050.3 | req/sec |",
        "| P95 Latency | - | ms |",
    ] {
        assert!(report.contains(row), "{report}");
    }
}

/// What a gate of one line reads, of several runs from the worst.
#[test]
fn as_json() {
    let json: serde_json::Value = serde_json::from_str(&analysis_json(&both())).unwrap();
    let summary = &json["analysis"]["summary"];
    assert_eq!(summary["run"], failed().name);
    assert_eq!(summary["p95"].as_f64(), failed().summary.total.response.p95_ms);
    assert_eq!(json["analysis"]["outlook"], "failed");
    assert_eq!(json["analysis"]["runs"].as_array().unwrap().len(), 2);
    assert_eq!(json["analysis"]["runs"][0]["summary"]["p95"], serde_json::Value::Null);
    assert_eq!(json["analysis"]["runs"][1]["findings"][0]["id"], "pool-limit");
    assert_eq!(json["analysis"]["runs"][1]["verdict"]["objectives"][0]["standing"], "failed");
}
