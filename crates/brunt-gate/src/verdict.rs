//! From reasons to a verdict.
//!
//! | Reason | Outlook |
//! |---|---|
//! | the user cut the run, or it has no end, and that is not accepted ([`Unended`](crate::Unended)) | Cut |
//! | generator-limited, a worker lost, a self-check failed | Invalid |
//! | no request of the load phase succeeded; an objective not met | Failed |
//! | more than 0.1 % of an open load's iterations dropped at the users' cap | Invalid |
//! | the user stopped it early | `StoppedEarly` |
//! | no request ended in the load phase; an objective that could not be judged | `NotEnoughEvidence` |
//! | an objective that only warns not met | Warned |
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
//! **Objectives.** On a run that is not valid they are not judged, whatever their figures: neither a pass nor a failure stands
//! on figures that cannot be trusted. A run that lost arrivals, or that was stopped early, can fail an objective, but what
//! it met is not judged: the figures flatter the target, or the rest of the run is missing. A run that was cut is not judged
//! at all. An objective that says so ends a run that breaks it ([`Judge::abort`]): then the run failed, and was not stopped by
//! the user.
//!
//! **Errors.** Without objectives nothing says how many errors are too many: some are told and do not fail
//! the run. None but errors is no service: that fails.

use crate::Bearing::{Fails, Invalidates, Note, TooLittle, Undelivered, Warns};
use crate::reason::percent;
use crate::{Bearing, Judge, Reason, Unended, health, self_checks};
use brunt_metrics::Phase;
use brunt_objective::Severity;
use brunt_run::{
    EndpointView, Finish, MarkKind, ObjectiveOutcome, ObjectiveUnit, Outlook, RunEvent, RunView,
    ScenarioHeader, ScenarioView, Standing, StopReason, Verdict,
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
pub fn conclude(view: &mut RunView, objectives: &Judge, mut finish: Finish) -> (Verdict, Finish) {
    view.apply(&RunEvent::Finished(finish.clone()));
    finish.self_checks_failed.extend(self_checks(view).into_iter().map(|r| r.text));
    let verdict = judge_with(view, objectives);
    view.apply(&RunEvent::Verdict(verdict.clone()));
    view.apply(&RunEvent::Finished(finish.clone()));
    (verdict, finish)
}

/// What the run may be taken for, without objectives. The view should have seen the run's end: a run without one is
/// taken as cut.
pub fn judge(view: &RunView) -> Verdict {
    judge_with(view, &Judge::default())
}

/// What the run may be taken for, with what became of its objectives. The judge should have followed all of the run.
pub fn judge_with(view: &RunView, objectives: &Judge) -> Verdict {
    let mut reasons = health(view);
    reasons.extend(self_checks(view));
    reasons.extend(worker_lost(view));
    reasons.extend(dropped(view));
    reasons.extend(outcomes(view));
    reasons.extend(steered(view));
    let end = End::of(view.finish().map(|f| f.reason), objectives.unended());
    reasons.extend((end == End::Accepted).then(|| Reason::new(Note, "cut", ACCEPTED)));
    reasons.sort_by_key(|r| r.bearing);
    let (objectives, met) = standing(end, &reasons, objectives);
    reasons.extend(met);
    reasons.sort_by_key(|r| r.bearing);
    let outlook = outlook(end, &reasons);
    let summary = summary(view, outlook, &reasons, &objectives);
    let findings = reasons.into_iter().map(Reason::told).collect();
    Verdict { outlook, summary, findings, objectives }
}

/// A run whose load was changed by hand is not what its plan says: its figures are of all of its loads together.
fn steered(view: &RunView) -> Option<Reason> {
    let changes = view.marks().iter().filter(|mark| mark.kind != MarkKind::Note).count();
    let plural = if changes == 1 { "time" } else { "times" };
    let text = format!(
        "the load was changed by hand {changes} {plural}: totals and objectives are over all of it, segments tell its parts apart"
    );
    (changes > 0).then(|| Reason::new(Note, "steered", text))
}

/// What is said where a run without an end is judged all the same.
pub(crate) const ACCEPTED: &str = "the run was cut off, and what there is was accepted as all of it";

/// How a run ended, as far as it bears on the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// In order, or without a worker.
    Ended,
    /// Early, as the user asked.
    Early,
    /// It was cut, or nobody knows.
    Cut,
    /// The same, which does not matter to whoever asks.
    Accepted,
}

impl End {
    /// From why it ended, if it did.
    pub(crate) const fn of(reason: Option<StopReason>, unended: Unended) -> Self {
        match (reason, unended) {
            (Some(StopReason::Completed | StopReason::WorkerLost), _) => Self::Ended,
            (Some(StopReason::StoppedEarly), _) => Self::Early,
            (Some(StopReason::Cut) | None, Unended::Cut) => Self::Cut,
            (Some(StopReason::Cut) | None, Unended::Accepted) => Self::Accepted,
        }
    }
}

/// What became of the objectives, once it is known what the run is worth, and what that means for the run. One that is
/// taken back means nothing: what took it back does.
fn standing(end: End, reasons: &[Reason], objectives: &Judge) -> (Vec<ObjectiveOutcome>, Vec<Reason>) {
    let mut met = Vec::new();
    let mut outcomes = objectives.outcomes();
    let invalid = reasons.first().filter(|r| r.bearing == Invalidates);
    let undelivered = reasons.iter().any(|r| r.bearing == Undelivered);
    for (outcome, objective) in outcomes.iter_mut().zip(objectives.objectives()) {
        let against = matches!(outcome.standing, Standing::Failed | Standing::Warned);
        let counts_up = outcome.unit == ObjectiveUnit::Count && outcome.measured < outcome.limit;
        let why = match (end, invalid) {
            (End::Cut, _) => Some("the run was cut".to_owned()),
            (_, Some(reason)) => Some(format!("the run is not valid: {}", reason.text)),
            (End::Early, None) if !against || counts_up => Some(
                "the run was stopped early: so far it ".to_owned()
                    + if against { "is not met" } else { "holds" },
            ),
            (_, None) if undelivered && !against => {
                Some("arrivals were dropped: the figures flatter the target".to_owned())
            }
            (End::Early | End::Ended | End::Accepted, None) => None,
        };
        if matches!(outcome.standing, Standing::Noted | Standing::NotJudged) && why.is_some() {
            continue;
        }
        let Some(why) = why else {
            met.extend(of_objective(outcome, objective.severity));
            continue;
        };
        outcome.standing = Standing::NotJudged;
        outcome.text = format!("{}: not judged, {why}", outcome.text);
        outcome.notes.push(why);
    }
    (outcomes, met)
}

/// What an outcome means for the run.
fn of_objective(outcome: &ObjectiveOutcome, severity: Severity) -> Option<Reason> {
    let bearing = match outcome.standing {
        Standing::Failed => Fails,
        Standing::Warned => Warns,
        Standing::NotJudged => match severity {
            Severity::Fail => TooLittle,
            Severity::Warn => Note,
        },
        Standing::Passed | Standing::Noted => return None,
    };
    Some(Reason::new(bearing, "objective", outcome.text.clone()))
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

fn outlook(end: End, reasons: &[Reason]) -> Outlook {
    let stopped = match end {
        End::Cut => return Outlook::Cut,
        End::Early => true,
        End::Ended | End::Accepted => false,
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

fn summary(view: &RunView, outlook: Outlook, reasons: &[Reason], objectives: &[ObjectiveOutcome]) -> String {
    let total = view.total(Phase::Load);
    let gravest = reasons.first().map(|r| r.text.as_str()).unwrap_or_default();
    let counts = counts(&total);
    match outlook {
        Outlook::Cut if view.finish().is_none() => {
            format!("not judged, cut off (the run has no end): up to there {counts}")
        }
        Outlook::Cut => format!("cut by the user: what was sealed is {counts}"),
        Outlook::Invalid => match reasons.first().map(|r| r.bearing) {
            Some(Undelivered) => format!("not valid, the load asked for was not delivered: {gravest}"),
            Some(Bearing::Invalidates) if is_generator(reasons) => {
                format!("not valid, generator-limited: {gravest}")
            }
            Some(Invalidates | Fails | TooLittle | Warns | Note) | None => format!("not valid: {gravest}"),
        },
        Outlook::Failed => format!("failed: {gravest}{}", others(reasons, objectives)),
        Outlook::StoppedEarly => format!("stopped early by the user, with results: {counts}"),
        Outlook::NotEnoughEvidence => format!("not enough evidence: {gravest}"),
        Outlook::Warned => format!("passed with a warning: {gravest}"),
        Outlook::Passed => format!("passed: {counts}"),
    }
}

/// What else failed, in short, and whether the run was ended for it.
fn others(reasons: &[Reason], objectives: &[ObjectiveOutcome]) -> String {
    let more = reasons.iter().filter(|r| r.bearing == Fails).count().saturating_sub(1);
    let more = if more > 0 { format!("; {more} more failed") } else { String::new() };
    let aborted = objectives.iter().find_map(|o| o.aborted_at);
    let aborted = aborted.map(|at| format!("; aborted at {}:{:02}", (at + 1) / 60, (at + 1) % 60));
    more + &aborted.unwrap_or_default()
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
        let plural = if total.errors == 1 { "" } else { "s" };
        format!("{} error{plural} ({})", total.errors, percent(total.errors, total.count))
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
        let (id, what) = if total.sent() == 0 {
            ("not-sent", "no request was sent")
        } else if total.responses() == 0 {
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
