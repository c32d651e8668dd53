//! From reasons to a verdict.
//!
//! | Reason | Outlook |
//! |---|---|
//! | the user cut the run, or it has no end | Cut |
//! | generator-limited, a worker lost, a self-check failed | Invalid |
//! | no request of the load phase succeeded (later: an objective not met) | Failed |
//! | more than 0.1 % of an open load's iterations dropped at the users' cap | Invalid |
//! | the user stopped it early | `StoppedEarly` |
//! | no request ended in the load phase | `NotEnoughEvidence` |
//! | otherwise | Passed |
//!
//! The first row that applies is the verdict; all reasons are told. Two decisions need their grounds:
//!
//! **Dropped iterations.** An open load that loses arrivals is not the load that was asked for, whoever is to
//! blame: mostly a target so slow that the users' cap is used up. What is dropped are the arrivals that
//! would have waited longest, so the figures flatter the target. Hence a failure stands (it would only be
//! worse) and comes first, but a pass does not: the run is not valid as a measurement at that rate, and the
//! sentence says which limit it was. It is not called generator-limited unless lag or processors say so.
//!
//! **Errors.** Without objectives nothing says how many errors are too many: some are told and do not fail
//! the run. None but errors is no service: that fails.

use crate::Bearing::{Fails, Invalidates, Note, TooLittle, Undelivered, Warns};
use crate::reason::percent;
use crate::{Bearing, Reason, health, self_checks};
use brunt_metrics::Phase;
use brunt_run::{
    EndpointView, Finish, Outlook, RunEvent, RunView, ScenarioHeader, ScenarioView, StopReason, Verdict,
};
use std::fmt::Write as _;

/// The share of an open scenario's iterations that may be dropped.
pub const DROPPED_SHARE: f64 = 0.001;

/// Below this many requests a p99 is the maximum by another name: said, not held against the run.
pub const FEW_REQUESTS: u64 = 100;

/// How many kinds of error a sentence names.
const KINDS_NAMED: usize = 3;

/// Judges a run at its end. `view` takes note of `finish`; the answer is the verdict and the same `finish`
/// with the self-checks that failed, to be sent on in this order.
pub fn conclude(view: &mut RunView, mut finish: Finish) -> (Verdict, Finish) {
    view.apply(&RunEvent::Finished(finish.clone()));
    finish.self_checks_failed.extend(self_checks(view).into_iter().map(|r| r.text));
    let verdict = judge(view);
    view.apply(&RunEvent::Verdict(verdict.clone()));
    view.apply(&RunEvent::Finished(finish.clone()));
    (verdict, finish)
}

/// What the run may be taken for. The view should have seen the run's end: a run without one is taken as cut.
pub fn judge(view: &RunView) -> Verdict {
    let mut reasons = health(view);
    reasons.extend(self_checks(view));
    reasons.extend(worker_lost(view));
    reasons.extend(dropped(view));
    reasons.extend(outcomes(view));
    reasons.sort_by_key(|r| r.bearing);
    let outlook = outlook(view, &reasons);
    let summary = summary(view, outlook, &reasons);
    let findings = reasons.into_iter().map(Reason::told).collect();
    Verdict { outlook, summary, findings, objectives: Vec::new() }
}

/// The exit code of the program for a verdict.
pub const fn exit_code(outlook: Outlook) -> u8 {
    match outlook {
        Outlook::Passed | Outlook::Warned => 0,
        Outlook::NotEnoughEvidence => 97,
        Outlook::Invalid => 98,
        Outlook::Failed => 99,
        Outlook::StoppedEarly => 105,
        Outlook::Cut => 130,
    }
}

fn outlook(view: &RunView, reasons: &[Reason]) -> Outlook {
    let stopped = match view.finish().map(|f| f.reason) {
        None | Some(StopReason::Cut) => return Outlook::Cut,
        Some(StopReason::StoppedEarly) => true,
        Some(StopReason::Completed | StopReason::WorkerLost) => false,
    };
    let gravest = reasons.iter().map(|r| r.bearing).min().unwrap_or(Note);
    match gravest {
        Invalidates | Undelivered => Outlook::Invalid,
        Fails => Outlook::Failed,
        TooLittle | Warns | Note if stopped => Outlook::StoppedEarly,
        TooLittle => Outlook::NotEnoughEvidence,
        Warns => Outlook::Warned,
        Note => Outlook::Passed,
    }
}

fn summary(view: &RunView, outlook: Outlook, reasons: &[Reason]) -> String {
    let total = view.total(Phase::Load);
    let gravest = reasons.first().map(|r| r.text.as_str()).unwrap_or_default();
    let counts = counts(&total);
    match outlook {
        Outlook::Cut if view.finish().is_none() => format!("the run has no end: what was sealed is {counts}"),
        Outlook::Cut => format!("cut by the user: what was sealed is {counts}"),
        Outlook::Invalid => match reasons.first().map(|r| r.bearing) {
            Some(Undelivered) => format!("not valid, the load asked for was not delivered: {gravest}"),
            Some(Bearing::Invalidates) if is_generator(reasons) => {
                format!("not valid, generator-limited: {gravest}")
            }
            Some(Invalidates | Fails | TooLittle | Warns | Note) | None => format!("not valid: {gravest}"),
        },
        Outlook::Failed => format!("failed: {gravest}"),
        Outlook::StoppedEarly => format!("stopped early by the user, with results: {counts}"),
        Outlook::NotEnoughEvidence => format!("not enough evidence: {gravest}"),
        Outlook::Warned => format!("passed with a warning: {gravest}"),
        Outlook::Passed => format!("passed: {counts}"),
    }
}

fn is_generator(reasons: &[Reason]) -> bool {
    let first = reasons.first();
    first.is_some_and(|r| r.id.starts_with("generator-") || r.id == "local-limit")
}

fn counts(total: &EndpointView) -> String {
    let plural = if total.count == 1 { "" } else { "s" };
    let rate = total.rate.map(|r| format!(" in {}", format_seconds(total, r))).unwrap_or_default();
    let errors = if total.errors == 0 {
        "no errors".into()
    } else {
        format!("{} errors ({})", total.errors, percent(total.errors, total.count))
    };
    format!("{} request{plural}{rate}, {errors}", total.count)
}

fn format_seconds(total: &EndpointView, rate: f64) -> String {
    format!("{} ({rate:.1}/s)", total.duration)
}

fn worker_lost(view: &RunView) -> Option<Reason> {
    let lost = view.finish().is_some_and(|f| f.reason == StopReason::WorkerLost);
    lost.then(|| {
        let text = "a worker was lost: its part of the load and of the figures is missing";
        Reason::new(Invalidates, "worker-lost", text)
    })
}

/// One reason a scenario that dropped more than it may; what is dropped below that is a note.
fn dropped(view: &RunView) -> Vec<Reason> {
    let dropped = view.scenarios().filter(|(_, s)| s.counts.dropped > 0);
    dropped
        .map(|(id, s)| {
            let header = view.header().and_then(|h| h.scenarios.get(usize::from(id.0)));
            let share = s.counts.dropped as f64 / s.counts.due.max(1) as f64;
            let bearing = if share > DROPPED_SHARE { Undelivered } else { Note };
            Reason::new(bearing, "dropped", dropped_text(header, s))
        })
        .collect()
}

fn dropped_text(header: Option<&ScenarioHeader>, scenario: &ScenarioView) -> String {
    let c = &scenario.counts;
    let (name, cap) = header.map_or(("a scenario".into(), String::new()), |h| {
        (format!("`{}`", h.name), format!(" of {}", h.max_users))
    });
    format!(
        "{name} could not begin {} of {} iterations ({}): all users up to the cap{cap} were busy, waiting for \
         the target; raise `max_users` or ask for a lower rate",
        c.dropped,
        c.due,
        percent(c.dropped, c.due),
    )
}

/// What became of the load phase's requests.
fn outcomes(view: &RunView) -> Vec<Reason> {
    let total = view.total(Phase::Load);
    if total.count == 0 {
        let text = match view.total(Phase::WarmUp).count + view.total(Phase::CoolDown).count {
            0 => "no request ended".into(),
            apart => format!("no request ended in the load phase ({apart} did in warm-up or cool-down)"),
        };
        return vec![Reason::new(TooLittle, "no-requests", text)];
    }
    let kinds = error_kinds(view);
    if total.errors == total.count {
        let (id, what) = if total.responses() == 0 {
            ("no-response", "no request got a response")
        } else {
            ("no-success", "no request succeeded")
        };
        let text = format!("{what}: {kinds}{}", commonest_detail(view));
        return vec![Reason::new(Fails, id, text)];
    }
    let mut notes = Vec::new();
    if total.errors > 0 {
        let text = format!("{} of requests failed: {kinds}", percent(total.errors, total.count));
        notes.push(Reason::new(Note, "errors", text));
    }
    if total.count < FEW_REQUESTS {
        let text = format!("with fewer than {FEW_REQUESTS} requests a p99 is the maximum by another name");
        notes.push(Reason::new(Note, "few-requests", text));
    }
    notes
}

/// `412 x 503, 9 x request timeout, 3 more`.
fn error_kinds(view: &RunView) -> String {
    let errors: Vec<_> = view.errors().into_iter().filter(|e| e.phase == Phase::Load).collect();
    let named = errors.iter().take(KINDS_NAMED).map(|e| {
        let what = if e.kind == brunt_metrics::ErrorKind::Status {
            e.status.to_string()
        } else {
            e.kind.to_string()
        };
        format!("{} x {what}", e.count)
    });
    let mut text = named.collect::<Vec<_>>().join(", ");
    let more: u64 = errors.iter().skip(KINDS_NAMED).map(|e| e.count).sum();
    if more > 0 {
        let _ = write!(text, ", {more} more");
    }
    text
}

/// The words that came with the most frequent kind of error.
fn commonest_detail(view: &RunView) -> String {
    let commonest = view.errors().into_iter().find(|e| e.phase == Phase::Load).map(|e| e.kind);
    let detail = commonest.and_then(|kind| view.words_of(kind));
    detail.map(|d| format!(" ({})", d.text)).unwrap_or_default()
}
