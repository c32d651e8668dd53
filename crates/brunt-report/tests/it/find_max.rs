//! A search for the limit, shown in each way, for each way that it can end.

use brunt_analysis::capacity::{Closest, LoadUnit, Outcome, Purpose, TrialFigures, TrialResult};
use brunt_metrics::Nanos;
use brunt_report::{FindMax, find_max_json, find_max_markdown, find_max_text, trial_line};

fn trial(load: f64, purpose: Purpose, room: f64, p95_ms: f64) -> TrialResult {
    TrialResult {
        load,
        purpose,
        took: Nanos::from_secs(5),
        room: Some(room),
        clear: purpose != Purpose::Confirm,
        closest: Some(Closest {
            objective: "p95 < 60ms".into(),
            endpoint: Some("POST /orders".into()),
            text: format!("P95 latency {p95_ms:.1}ms against 60ms"),
        }),
        generator: None,
        figures: TrialFigures {
            requests: 500,
            achieved: Some(load * 0.99),
            error_rate: Some(0.002),
            p50_ms: Some(p95_ms / 2.0),
            p95_ms: Some(p95_ms),
            p99_ms: Some(p95_ms * 1.5),
        },
    }
}

fn search(outcome: Outcome) -> FindMax {
    let mut late = trial(320.0, Purpose::Climb, 0.5, 130.0);
    late.generator = Some("requests were sent late in 40 % of seconds".into());
    let mut nothing = trial(640.0, Purpose::Climb, 0.0, 0.0);
    (nothing.room, nothing.closest, nothing.figures) = (None, None, TrialFigures::default());
    FindMax {
        target: "shop|<b>:80".into(),
        unit: LoadUnit::PerSecond,
        objectives: vec!["p95 < 60ms".into(), "errors < 1%".into()],
        outcome,
        trials: vec![
            trial(80.0, Purpose::Climb, 2.4, 25.0),
            trial(160.0, Purpose::Climb, 0.3, 200.0),
            trial(80.0, Purpose::Recheck, 0.9, 66.0),
            trial(76.25, Purpose::Confirm, 1.002, 59.9),
            late,
            nothing,
        ],
    }
}

fn found() -> Outcome {
    let closest = trial(80.0, Purpose::Recheck, 0.9, 66.0).closest;
    Outcome::Found { lower: 76.25, upper: 78.5, estimate: 77.1, confirmed: true, short: None, closest }
}

#[test]
fn as_text() {
    insta::assert_snapshot!(find_max_text(&search(found()), true));
}

#[test]
fn as_markdown_with_foreign_names_escaped() {
    insta::assert_snapshot!(find_max_markdown(&search(found())));
}

#[test]
fn as_json() {
    let json: serde_json::Value = serde_json::from_str(&find_max_json(&search(found()))).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["outcome"]["result"], "found");
    assert_eq!(json["outcome"]["lower"], 76.25);
    assert_eq!(json["unit"], "per_second");
    assert_eq!(json["trials"][0]["figures"]["p95_ms"], 25.0);
    assert_eq!(json["trials"][5]["figures"]["p95_ms"], serde_json::Value::Null);
    assert_eq!(json["trials"][5]["room"], serde_json::Value::Null);
}

#[test]
fn every_end_in_a_sentence() {
    let closest = trial(1.0, Purpose::Descend, 0.5, 120.0).closest;
    let ends = [
        Outcome::NoLimit { up_to: 1_000.0 },
        Outcome::GeneratorLimited { at: 40_000.0, holds: Some(32_000.0), why: "late".into() },
        Outcome::GeneratorLimited { at: 10.0, holds: None, why: "late".into() },
        Outcome::NeverHolds { at: 1.0, closest },
        Outcome::Unfinished { lower: Some(80.0), upper: Some(160.0), why: "4 trials were not enough".into() },
        Outcome::Unfinished { lower: Some(80.0), upper: None, why: "stopped by the user".into() },
        Outcome::Unfinished { lower: None, upper: Some(160.0), why: "stopped by the user".into() },
        Outcome::Unfinished { lower: None, upper: None, why: "stopped by the user".into() },
    ];
    let text: Vec<String> = ends.map(|end| search(end).sentences()[0].clone()).into();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn trials_in_a_line() {
    let search = search(found());
    let lines = search.trials.iter().enumerate().map(|(i, t)| trial_line(search.unit, i + 1, t));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}
