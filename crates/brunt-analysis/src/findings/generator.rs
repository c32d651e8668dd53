//! Was the generator the limit? Asked first: if it was, what is said about the target is not reliable.
//!
//! The verdict of the run answers it where there is one; otherwise the facts of its health do, by the same kind of rule.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::percent, facts::Facts, kind::Kind};
use brunt_metrics::{ErrorKind, Outcome};
use brunt_run::{RunEvent, RunView};

/// The reasons of a verdict that speak about the generator.
const REASONS: [&str; 4] = ["generator-lag", "generator-cpu", "generator-stall", "local-limit"];

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Option<Draft> {
    let said = facts.course.verdict.iter().flat_map(|v| &v.findings);
    let mut claims: Vec<String> =
        said.filter(|r| r.against && REASONS.contains(&r.id.as_str())).map(|r| r.text.clone()).collect();
    let view = replayed(facts);
    let health = view.facts();
    let judged = health.judged.max(1) as f64;
    let (late, stalled) = (health.late as f64 / judged, health.stalled as f64 / judged);
    let local = local_limits(facts);
    let share = rules.limit(Kind::GeneratorLimited, "seconds_share");
    if claims.is_empty() && facts.course.verdict.is_none() {
        if late > share && health.late >= 3 {
            claims.push(format!(
                "requests were sent late in {} of seconds (lag p99 up to {})",
                percent(late),
                health.lag_p99_max
            ));
        }
        if stalled > share && health.stalled >= 3 {
            claims.push(format!("the generator's event loop stalled in {} of seconds", percent(stalled)));
        }
        if local > 0 {
            claims.push(format!(
                "{local} requests failed because the generator had no port or descriptor left"
            ));
        }
    }
    let claim = claims.first()?;
    let evidence = Evidence::of("the generator", Figure::Generator)
        .number("late seconds", 100.0 * late, "%")
        .number("highest lag p99", health.lag_p99_max.as_millis_f64(), "ms")
        .number("highest trustworthy rate", health.healthy_requests_max as f64, "/s");
    let draft = Draft::new(Kind::GeneratorLimited, format!("the generator was the limit: {claim}"));
    let draft = draft.costs(1.0, 0.0).sure(Confidence::High).evidence(evidence).or_else(
        "the machine was disturbed by something else for a while",
        "repeat with more workers, on a quieter machine or at a lower rate: what remains is the target's",
    );
    Some(draft)
}

fn local_limits(facts: &Facts<'_>) -> u64 {
    let cells = facts.course.slices.iter().flat_map(|s| &s.measured.cells);
    cells
        .filter(|c| c.key.outcome == Outcome::Error(ErrorKind::LocalLimit))
        .map(brunt_metrics::CellSecond::count)
        .sum()
}

/// The course as a view, for the facts of its health.
fn replayed(facts: &Facts<'_>) -> RunView {
    let course = facts.course;
    let mut view = RunView::default();
    if let Some(header) = &course.header {
        view.apply(&RunEvent::Started(Box::new(header.clone())));
    }
    let mut phases = course.phases.iter().peekable();
    for slice in &course.slices {
        while let Some(change) = phases.next_if(|p| p.at.second() <= slice.from) {
            view.apply(&RunEvent::Phase(*change));
        }
        view.apply(&RunEvent::Second(Box::new(slice.measured.clone())));
    }
    view
}
