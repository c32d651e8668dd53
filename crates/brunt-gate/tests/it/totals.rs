//! What totals alone may be taken for: what they say of their run comes first, then objectives.

use crate::runs::healthy;
use brunt_gate::{Unended, exit_code, judge_totals};
use brunt_objective::parse;
use brunt_run::{Figures, LatencyFigures, Outlook, Standing, Summary, Verdict};

fn summary(stored: Option<Outlook>, total: Figures) -> Summary {
    let mut summary = Summary::of(&healthy().view()).expect("a summary");
    summary.total = total;
    summary.verdict = stored.map(|outlook| Verdict {
        outlook,
        summary: "as it was".into(),
        findings: Vec::new(),
        objectives: Vec::new(),
    });
    summary
}

fn figures(requests: u64, errors: u64) -> Figures {
    let share = (requests > 0).then(|| errors as f64 / requests as f64);
    let some = |ms| (requests > 0).then_some(ms);
    let response = LatencyFigures { p95_ms: some(100.0), p99_ms: some(200.0), ..LatencyFigures::default() };
    Figures { requests, errors, error_rate: share, response, ..Figures::default() }
}

#[test]
fn decisions() {
    let check = |stored, total: Figures, texts: &[&str], (code, text): (u8, &str)| {
        let objectives: Vec<_> = texts.iter().map(|t| parse(t).expect(t)).collect();
        let verdict = judge_totals(&objectives, &summary(stored, total), None, Unended::Cut);
        let got = (exit_code(verdict.outlook), verdict.summary.as_str());
        assert!(got.0 == code && got.1.starts_with(text), "{stored:?} {texts:?}: {got:?}");
        verdict
    };
    let some = figures(1_000, 1);
    check(None, some.clone(), &[], (0, "passed: 1000 requests, no objective was given"));
    check(None, figures(1, 0), &[], (0, "passed: 1 request, no"));
    check(None, some.clone(), &["p95 < 250ms"], (0, "passed: 1000 requests, all objectives are met"));
    check(None, some.clone(), &["p95 < 50ms, warn"], (0, "passed with a warning: P95 latency 100.0ms"));
    check(None, some.clone(), &["p95 < 50ms"], (99, "failed: P95 latency 100.0ms exceeds threshold 50ms"));
    let two = &["p95 < 50ms", "p99 < 50ms"];
    let verdict = check(None, some.clone(), two, (99, "failed: P95 latency 100.0ms exceeds"));
    assert!(verdict.summary.ends_with("; 1 more failed"), "{}", verdict.summary);
    check(None, some.clone(), &["p95 < 250ms over 1m"], (97, "not enough evidence: P95 latency"));
    check(None, some.clone(), &["p95 < 250ms over 1m", "p99 < 50ms"], (99, "failed: P99 latency"));
    check(None, figures(0, 0), &[], (97, "not enough evidence: no request ended"));
    check(None, figures(0, 0), &["p95 < 250ms"], (99, "failed: P95 latency: no data"));
    check(None, figures(9, 9), &[], (99, "failed: no request succeeded"));
    check(None, figures(9, 9), &["errors < 1%"], (99, "failed: no request succeeded; 1 more failed"));
    // What the totals say of their run: alone it stands, and what is asked of the figures cannot mend it.
    for (stored, code) in [(Outlook::Passed, 0), (Outlook::Failed, 99), (Outlook::Invalid, 98)] {
        check(Some(stored), some.clone(), &[], (code, "as it was"));
    }
    check(Some(Outlook::Failed), some.clone(), &["p95 < 250ms"], (0, "passed"));
    for (stored, code) in [(Outlook::Invalid, 98), (Outlook::Cut, 130)] {
        for text in ["p95 < 250ms", "p95 < 50ms"] {
            let verdict = check(Some(stored), some.clone(), &[text], (code, "as it was"));
            assert_eq!(verdict.objectives[0].standing, Standing::NotJudged, "{stored:?} {text}");
        }
    }
    let verdict = check(Some(Outlook::StoppedEarly), some.clone(), &["p95 < 250ms"], (105, "as it was"));
    assert_eq!(verdict.objectives[0].standing, Standing::NotJudged);
    check(Some(Outlook::StoppedEarly), some, &["p95 < 50ms"], (99, "failed: P95 latency"));
}

/// Totals of a run without an end are judged only if that is accepted; what a user cut counts as such.
#[test]
fn without_an_end() {
    let objectives = ["p95 < 250ms", "p95 < 50ms"].map(|t| vec![parse(t).expect(t)]);
    let cut = |stored| Summary { finish: None, ..summary(stored, figures(1_000, 1)) };
    for stored in [None, Some(Outlook::Cut)] {
        for (objectives, code) in objectives.iter().zip([0, 99]) {
            let refused = judge_totals(objectives, &cut(stored), None, Unended::Cut);
            assert_eq!(exit_code(refused.outlook), 130);
            assert_eq!(refused.objectives[0].standing, Standing::NotJudged);
            let accepted = judge_totals(objectives, &cut(stored), None, Unended::Accepted);
            assert_eq!(exit_code(accepted.outlook), code);
            assert!(accepted.findings.iter().any(|f| f.id == "cut" && !f.against), "{accepted:?}");
        }
        assert_eq!(judge_totals(&[], &cut(stored), None, Unended::Accepted).outlook, Outlook::Passed);
    }
}
