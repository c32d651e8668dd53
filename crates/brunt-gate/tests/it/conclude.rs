//! The words of verdicts, and the end of a run.

use crate::runs::{Run, healthy};
use brunt_gate::{Judge, conclude, judge};
use brunt_metrics::{ErrorKind, Nanos};
use brunt_run::{Outlook, RunEvent, RunView, StopReason};

fn words(change: impl FnOnce(&mut Run)) -> String {
    let mut run = healthy();
    change(&mut run);
    let verdict = judge(&run.view());
    let findings = verdict.findings.iter().map(|f| format!("\n  {}: {}", f.id, f.text));
    findings.fold(verdict.summary.clone(), |text, finding| text + &finding)
}

#[test]
fn words_of_the_verdicts() {
    let all = [
        words(|_| ()),
        words(|r| (r.seconds, r.ok) = (1, 1)),
        words(|r| r.reason = Some(StopReason::Cut)),
        words(|r| r.reason = None),
        words(|r| r.reason = Some(StopReason::StoppedEarly)),
        words(|r| r.ok = 0),
        words(|r| {
            (r.ok, r.errors) = (0, vec![(ErrorKind::ConnectRefused, 0, 10)]);
            r.detail = "127.0.0.1:9: connection refused";
        }),
        words(|r| {
            (r.ok, r.errors) = (0, vec![(ErrorKind::Status, 503, 9), (ErrorKind::RequestTimeout, 0, 1)]);
        }),
        words(|r| r.errors = vec![(ErrorKind::Status, 503, 2), (ErrorKind::Reset, 0, 1)]),
        words(|r| (r.disturbed, r.lag_us) = (4, 5_000)),
        words(|r| (r.disturbed, r.cpu_ms, r.lag_growth_us) = (10, 990, 9_000)),
        words(|r| (r.disturbed, r.cpu_ms) = (10, 990)),
        words(|r| (r.disturbed, r.stall_ms) = (10, 120)),
        words(|r| {
            r.errors = vec![(ErrorKind::LocalLimit, 0, 1)];
            r.detail = "Too many open files (os error 24)";
        }),
        words(|r| r.dropped = 4),
        words(|r| r.reason = Some(StopReason::WorkerLost)),
        words(|r| r.fault = |s| s.in_flight_time = Nanos(1)),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn conclude_judges_and_fills_in_the_finish() {
    let run = Run { fault: |s| s.requests_started += 1, ..healthy() };
    let mut view = RunView::default();
    run.events().iter().filter(|e| !matches!(e, RunEvent::Finished(_))).for_each(|e| view.apply(e));
    let (verdict, finish) = conclude(&mut view, &Judge::default(), run.finish().unwrap());
    assert_eq!(verdict.outlook, Outlook::Invalid);
    assert_eq!(finish.self_checks_failed.len(), 1, "{finish:?}");
    assert_eq!(view.verdict(), Some(&verdict));
    assert_eq!(view.finish(), Some(&finish));
}

/// Requests that were never sent have no times, which breaks no sum.
#[test]
fn what_was_never_sent_breaks_no_sum() {
    for (ok, outlook, summary) in [
        (100, Outlook::Passed, "passed: 1010 requests in 10.0 s (101.0/s), 10 errors (0.99 %)"),
        (0, Outlook::Failed, "failed: no request was sent: 10 x missing value"),
    ] {
        let run = Run { ok, errors: vec![(ErrorKind::Missing, 0, 1)], ..healthy() };
        let verdict = judge(&run.view());
        assert_eq!((verdict.outlook, verdict.summary.as_str()), (outlook, summary), "{verdict:?}");
    }
}

#[test]
fn a_watcher_may_judge_at_any_time() {
    let mut view = RunView::default();
    assert_eq!(judge(&view).outlook, Outlook::Cut);
    for event in healthy().events() {
        view.apply(&event);
        let _ = judge(&view);
    }
    assert_eq!(judge(&view).outlook, Outlook::Passed);
}
