//! A verdict on totals alone, for sources without a course over time.
//!
//! Nothing is known of the generator's health, so what the totals say of it themselves holds: a run that was not valid stays so,
//! whatever is asked of its figures. Start with [`judge_totals`].

use crate::verdict::{ACCEPTED, End};
use crate::{BaselineFigures, Bearing, Reason, Unended, judge_summary};
use brunt_objective::Objective;
use brunt_run::{ObjectiveOutcome, Outlook, Standing, Summary, Verdict};

/// What totals may be taken for. Without objectives it is the verdict that stands in them, if one does. Totals of a run without an end are taken
/// for `unended`.
pub fn judge_totals(
    objectives: &[Objective],
    summary: &Summary,
    baseline: Option<&BaselineFigures>,
    unended: Unended,
) -> Verdict {
    let end = End::of(summary.finish.as_ref().map(|f| f.reason), unended);
    let stored = summary.verdict.as_ref().filter(|v| end != End::Accepted || v.outlook != Outlook::Cut);
    if let Some(stored) = stored.filter(|_| objectives.is_empty()) {
        return stored.clone();
    }
    let mut outcomes = judge_summary(objectives, summary, baseline);
    let (outlook, text) = match stored {
        Some(stored) => match stored.outlook {
            Outlook::Cut | Outlook::Invalid => {
                for outcome in &mut outcomes {
                    take_back(outcome, &stored.summary);
                }
                (stored.outlook, stored.summary.clone())
            }
            Outlook::StoppedEarly => {
                for outcome in outcomes.iter_mut().filter(|o| o.standing == Standing::Passed) {
                    take_back(outcome, &stored.summary);
                }
                failed(summary, &outcomes).unwrap_or_else(|| (stored.outlook, stored.summary.clone()))
            }
            Outlook::Failed | Outlook::NotEnoughEvidence | Outlook::Warned | Outlook::Passed => {
                ended(summary, &outcomes)
            }
        },
        None if end == End::Cut => {
            for outcome in &mut outcomes {
                take_back(outcome, "cut off");
            }
            let requests = counted(summary.total.requests);
            (Outlook::Cut, format!("not judged, cut off (the run has no end): up to there {requests}"))
        }
        None => ended(summary, &outcomes),
    };
    let accepted = (end == End::Accepted).then(|| Reason::new(Bearing::Note, "cut", ACCEPTED).told());
    Verdict { outlook, summary: text, findings: accepted.into_iter().collect(), objectives: outcomes }
}

fn take_back(outcome: &mut ObjectiveOutcome, why: &str) {
    if !matches!(outcome.standing, Standing::Noted | Standing::NotJudged) {
        outcome.standing = Standing::NotJudged;
        outcome.text = format!("{}: not judged, the run is {why}", outcome.text);
    }
}

/// The gravest that a run in order can come to.
fn ended(summary: &Summary, outcomes: &[ObjectiveOutcome]) -> (Outlook, String) {
    let first = |standing| outcomes.iter().find(|o| o.standing == standing).map(|o| o.text.as_str());
    let requests = summary.total.requests;
    if let Some(failed) = failed(summary, outcomes) {
        failed
    } else if requests == 0 {
        (Outlook::NotEnoughEvidence, "not enough evidence: no request ended".into())
    } else if let Some(text) = first(Standing::NotJudged) {
        (Outlook::NotEnoughEvidence, format!("not enough evidence: {text}"))
    } else if let Some(text) = first(Standing::Warned) {
        (Outlook::Warned, format!("passed with a warning: {text}"))
    } else {
        let what = if outcomes.is_empty() { "no objective was given" } else { "all objectives are met" };
        (Outlook::Passed, format!("passed: {}, {what}", counted(requests)))
    }
}

fn counted(requests: u64) -> String {
    format!("{requests} request{}", if requests == 1 { "" } else { "s" })
}

fn failed(summary: &Summary, outcomes: &[ObjectiveOutcome]) -> Option<(Outlook, String)> {
    let total = &summary.total;
    let none = (total.requests > 0 && total.errors == total.requests).then_some("no request succeeded");
    let broken = outcomes.iter().filter(|o| o.standing == Standing::Failed).map(|o| o.text.as_str());
    let mut reasons = none.into_iter().chain(broken);
    let first = reasons.next()?;
    let more = match reasons.count() {
        0 => String::new(),
        more => format!("; {more} more failed"),
    };
    Some((Outlook::Failed, format!("failed: {first}{more}")))
}
