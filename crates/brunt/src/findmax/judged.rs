//! What a trial says: how far the worst objective is from its limit, whether that is beyond doubt, and where it hurts.

use brunt_analysis::capacity::{Closest, MAX_ROOM, Scale, TrialFigures, room};
use brunt_gate::{Bearing, DROPPED_SHARE, health};
use brunt_metrics::{EndpointId, Nanos, Phase};
use brunt_objective::{Objective, Severity, Share, Statistic};
use brunt_run::{ObjectiveOutcome, RunView, Standing, Which};

/// Without an interval, so much or so little room is beyond doubt.
const PLAIN: std::ops::Range<f64> = 0.5..2.0;
/// An endpoint stands out if it has so much of what broke.
const STANDS_OUT: f64 = 0.5;

/// How a trial stands.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// The worst objective's room; `None` if nothing could be judged.
    pub(super) room: Option<f64>,
    /// Whether it is beyond doubt that all hold, or that one breaks.
    pub(super) clear: bool,
    pub(super) closest: Option<Closest>,
}

/// One objective's room.
struct Room {
    left: f64,
    clear: bool,
    at: usize,
}

/// Reads how the objectives stand; `view` and `outcomes` are of the same instant.
pub(super) fn read(objectives: &[Objective], outcomes: &[ObjectiveOutcome], view: &RunView) -> Reading {
    let judged = objectives.iter().zip(outcomes).enumerate();
    let counts = |o: &Objective| o.severity == Severity::Fail;
    let rooms: Vec<Room> =
        judged.filter(|(_, (o, _))| counts(o)).filter_map(|(at, (o, outcome))| of(at, o, outcome)).collect();
    let broken = rooms.iter().any(|r| r.left < 1.0 && r.clear);
    let held = !rooms.is_empty() && rooms.iter().all(|r| r.left >= 1.0 && r.clear);
    let worst = rooms.iter().min_by(|a, b| a.left.total_cmp(&b.left));
    let mut reading = Reading {
        room: worst.map(|r| r.left),
        clear: broken || held,
        closest: worst.map(|r| Closest {
            objective: objectives[r.at].to_string(),
            endpoint: endpoint(&objectives[r.at], &outcomes[r.at], view),
            text: outcomes[r.at].text.clone(),
        }),
    };
    dropped(view, &mut reading);
    reading
}

fn of(at: usize, objective: &Objective, outcome: &ObjectiveOutcome) -> Option<Room> {
    let (value, limit) = outcome.measured.zip(outcome.limit)?;
    let upper = objective.comparison.is_upper();
    let scale = match (&objective.measure.statistic, upper) {
        (_, false) => Scale::Itself,
        (Statistic::Share(_), true) => Scale::Logarithm,
        (
            Statistic::Time { .. }
            | Statistic::Count(_)
            | Statistic::Rate(_)
            | Statistic::Balance
            | Statistic::Recovery,
            true,
        ) => Scale::Inverse,
    };
    let left = room(value, limit, scale);
    // Room and comparison agree but at the limit itself, where the comparison decides.
    let holds = objective.comparison.holds(value, limit);
    let left = if holds { left.max(1.0) } else { left.min(1.0 - f64::EPSILON) };
    let judged = !matches!(outcome.standing, Standing::NotJudged | Standing::Noted);
    let clear = match outcome.interval {
        Some((low, high)) => low > limit || high < limit,
        None => !PLAIN.contains(&left),
    };
    // An overload that grows has no steady interval, and needs none.
    let clear = judged && (clear || left < PLAIN.start);
    Some(Room { left, clear, at })
}

/// Iterations that found no free user were not delivered, and would have waited longest: the load does not hold.
fn dropped(view: &RunView, reading: &mut Reading) {
    let counts = view.iterations();
    if counts.due == 0 {
        return;
    }
    let share = counts.dropped as f64 / counts.due as f64;
    let left = room(share, DROPPED_SHARE, Scale::Logarithm);
    if left < reading.room.unwrap_or(MAX_ROOM) && left < 1.0 {
        reading.room = Some(left);
        reading.clear = true;
        reading.closest = Some(Closest {
            objective: "drops".into(),
            endpoint: None,
            text: format!("{} of {} iterations found no free user", counts.dropped, counts.due),
        });
    }
}

/// The endpoint with most of what an objective counts against the target, if one stands out.
fn endpoint(objective: &Objective, outcome: &ObjectiveOutcome, view: &RunView) -> Option<String> {
    let endpoints = view.endpoints(Phase::Load);
    if endpoints.len() < 2 {
        return None;
    }
    let limit = Nanos::from_millis(1).0 as f64 * outcome.limit?;
    let against = |id: Option<EndpointId>, errors: u64| match objective.measure.statistic {
        Statistic::Time { .. } => {
            let times = view.response(id, Phase::Load, Which::All).map(|h| h.to_sparse());
            times.map_or(0, |t| t.count_above(nanos(limit)))
        }
        Statistic::Share(Share::Errors) => errors,
        Statistic::Share(Share::Checks | Share::Drops | Share::Tally)
        | Statistic::Count(_)
        | Statistic::Rate(_)
        | Statistic::Balance
        | Statistic::Recovery => 0,
    };
    let counted: Vec<(u64, String)> =
        endpoints.iter().map(|e| (against(e.id, e.errors), e.label())).collect();
    let all: u64 = counted.iter().map(|(n, _)| n).sum();
    let most = counted.into_iter().max_by_key(|(n, _)| *n)?;
    (all > 0 && most.0 as f64 >= STANDS_OUT * all as f64).then_some(most.1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a limit in time is positive, and saturates"
)]
const fn nanos(ns: f64) -> Nanos {
    Nanos(ns as u64)
}

/// Why the trial says nothing about the target, if brunt was the limit.
pub(super) fn generator(view: &RunView) -> Option<String> {
    health(view).into_iter().find(|r| r.bearing == Bearing::Invalidates).map(|r| r.text)
}

pub(super) fn figures(view: &RunView) -> TrialFigures {
    let total = view.total(Phase::Load);
    let times = view.response(None, Phase::Load, Which::All);
    let ms = |q| times.as_ref().and_then(|t| t.quantile(q)).map(Nanos::as_millis_f64);
    TrialFigures {
        requests: total.count,
        achieved: total.rate,
        error_rate: total.error_share(),
        p50_ms: ms(0.5),
        p95_ms: ms(0.95),
        p99_ms: ms(0.99),
    }
}
