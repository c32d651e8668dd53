//! Changing a run while it goes on.
//!
//! A change happens at one instant for all workers, a little ahead of the moment in which it was asked for: up to there the old
//! schedule holds, from there on the new one, and both are functions of global indices, so that the workers' parts still add up to
//! the whole. What was due before is begun as it was due, however late a worker is told.
//!
//! | Change | Schedule | What goes on |
//! |---|---|---|
//! | users | the number goes from what it is to the new one, at the rate given or at once; the last to come is the first to go | who leaves ends its iteration, within its grace |
//! | rate | evenly spaced (or Poisson, if it was) at the new rate until the scenario's end | the users and their cap |
//! | pause | nothing is due; the schedule's clock stands still, its end moves along | iterations that run |
//! | resume | goes on where it stood; pauses of users that ended meanwhile end now | |
//!
//! [`decide`] says purely whether a change can be made, and to which scenarios.

use brunt_metrics::{Nanos, ScenarioId};
use brunt_workload::{Arrivals, FeedEnd, Rate, Scenario, Supply, UserStage, Workload};

/// A change of a scenario's load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steer {
    /// Which scenario.
    pub scenario: ScenarioId,
    /// What changes.
    pub change: Change,
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// So many users, coming or going at this rate; without one, at once.
    Users(u32, Option<Rate>),
    /// So many arrivals; above 0.
    Rate(Rate),
    /// The schedule stands still.
    Pause,
    /// It goes on.
    Resume,
}

/// What somebody asks for: users of closed scenarios, the rate of open ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The scenario's name; all that can be changed so, in proportion, if there is none.
    pub scenario: Option<String>,
    /// Users at once.
    pub users: Option<u32>,
    /// How fast they come or go.
    pub spawn_rate: Option<Rate>,
    /// Arrivals.
    pub rate: Option<Rate>,
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SteerError {
    /// Neither users nor a rate.
    #[error("nothing is to change\n  = help: say how many users, or which rate")]
    Nothing,
    /// Nobody is called so.
    #[error("there is no scenario `{0}`\n  = help: there are {1}")]
    Unknown(String, String),
    /// None of the scenarios has users of its own.
    #[error("no scenario here has a number of users to change: all follow a rate\n  = help: change the rate")]
    NoUsers,
    /// None follows a rate.
    #[error("no scenario here has a rate to change: all have users\n  = help: change the number of users")]
    NoRate,
    /// A load of nothing is a pause.
    #[error("a load of nothing\n  = help: pause the run, or stop it")]
    Zero,
    /// Users that come or go at no rate never do.
    #[error(
        "a spawn rate of nothing: the users would never come or go\n  = help: write e.g. `10/s`, or leave it out: then they do at once"
    )]
    NoSpawnRate,
    /// Fewer users than scenarios: some would have none.
    #[error(
        "{0} are too few for {1} scenarios, each of which needs one\n  = help: ask for more, or name a scenario"
    )]
    TooFew(u64, usize),
    /// Its iterations are counted by their place in the schedule.
    #[error("`{0}` ends after a number of iterations: its rate stays as it is")]
    Counted(String),
    /// Where it ends when there is nobody and nothing left to do, a worker without users is done with it.
    #[error(
        "`{0}` ends with its iterations, its users or its data: its users stay as they are\n  = help: give it a duration"
    )]
    Fleeting(String),
}

/// Whether the number of a closed scenario's users can be changed: it lasts for a time, or until it is stopped, whether or not
/// anybody is there. On each worker the same: those that have no users yet must wait for theirs.
pub(crate) fn lasts(workload: &Workload, scenario: &Scenario) -> bool {
    let counted = scenario.stop.iterations.is_some() || scenario.stop.per_user.is_some();
    let runs_dry = workload.feeds.iter().any(|feed| feed.at_end == FeedEnd::Stop);
    let leaves = scenario.stop.after.is_none() && matches!(scenario.supply, Supply::Ramp { .. });
    !scenario.arrivals.is_open() && !counted && !runs_dry && !leaves
}

/// The changes that are asked for, one a scenario.
pub fn decide(workload: &Workload, asked: &Asked) -> Result<Vec<Steer>, SteerError> {
    let all = (0_u16..).map(ScenarioId).zip(&workload.scenarios);
    let chosen: Vec<(ScenarioId, &Scenario)> =
        all.filter(|(_, s)| asked.scenario.as_ref().is_none_or(|name| *name == s.name)).collect();
    if let (Some(name), true) = (&asked.scenario, chosen.is_empty()) {
        let names: Vec<String> = workload.scenarios.iter().map(|s| format!("`{}`", s.name)).collect();
        return Err(SteerError::Unknown(name.clone(), names.join(", ")));
    }
    let mut out = Vec::new();
    if let Some(users) = asked.users {
        let closed: Vec<_> = chosen.iter().filter(|(_, s)| !s.arrivals.is_open()).collect();
        if closed.is_empty() {
            return Err(SteerError::NoUsers);
        }
        if let Some((_, s)) = closed.iter().find(|(_, s)| !lasts(workload, s)) {
            return Err(SteerError::Fleeting(s.name.clone()));
        }
        if users == 0 {
            return Err(SteerError::Zero);
        }
        if asked.spawn_rate.is_some_and(|rate| rate.count == 0) {
            return Err(SteerError::NoSpawnRate);
        }
        let weights: Vec<u64> = closed.iter().map(|(_, s)| u64::from(s.supply.max_users())).collect();
        for ((id, _), part) in closed.into_iter().zip(parts(u64::from(users), &weights)?) {
            let part = u32::try_from(part).unwrap_or(u32::MAX);
            out.push(Steer { scenario: *id, change: Change::Users(part, asked.spawn_rate) });
        }
    }
    if let Some(rate) = asked.rate {
        let open: Vec<_> = chosen.iter().filter(|(_, s)| has_rate(&s.arrivals)).collect();
        if open.is_empty() {
            return Err(SteerError::NoRate);
        }
        if rate.count == 0 {
            return Err(SteerError::Zero);
        }
        if let Some((_, s)) = open.iter().find(|(_, s)| s.stop.iterations.is_some()) {
            return Err(SteerError::Counted(s.name.clone()));
        }
        // A thousandth of an arrival is fine enough, and the parts add up to the whole.
        let fine =
            Rate { count: rate.count.saturating_mul(1_000), per: Nanos(rate.per.0.saturating_mul(1_000)) };
        let weights: Vec<u64> = open.iter().map(|(_, s)| peak(s)).collect();
        let (counts, per) = match open.len() {
            1 => (vec![rate.count], rate.per),
            _ => (parts(fine.count, &weights)?, fine.per),
        };
        for ((id, _), count) in open.into_iter().zip(counts) {
            out.push(Steer { scenario: *id, change: Change::Rate(Rate { count, per }) });
        }
    }
    if out.is_empty() { Err(SteerError::Nothing) } else { Ok(out) }
}

/// All scenarios, paused or resumed.
pub fn all(workload: &Workload, change: Change) -> Vec<Steer> {
    (0_u16..)
        .map(ScenarioId)
        .zip(&workload.scenarios)
        .map(|(scenario, _)| Steer { scenario, change })
        .collect()
}

/// Whether a schedule has a rate that can be another: bursts and recorded instants have none.
const fn has_rate(arrivals: &Arrivals) -> bool {
    matches!(arrivals, Arrivals::Constant(_) | Arrivals::Ramp(_) | Arrivals::Poisson(_))
}

/// In thousandths of an arrival per second; above 0, so that every scenario has a part.
fn peak(scenario: &Scenario) -> u64 {
    let peak = scenario.arrivals.peak_rate().unwrap_or(0.0) * 1_000.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; saturates")]
    let peak = peak.round() as u64;
    peak.max(1)
}

/// `whole` in parts by weight, none of them 0: what is missing there comes from the largest. Refused if there is too little.
fn parts(whole: u64, weights: &[u64]) -> Result<Vec<u64>, SteerError> {
    let least = u64::try_from(weights.len()).unwrap_or(u64::MAX);
    if whole < least {
        return Err(SteerError::TooFew(whole, weights.len()));
    }
    let mut parts = shares(whole, weights);
    // As long as one part is 0 another has more than 1, since there is enough for all.
    while let Some(none) = parts.iter().position(|part| *part == 0) {
        if let Some(largest) = parts.iter_mut().max() {
            *largest -= 1;
        }
        parts[none] = 1;
    }
    Ok(parts)
}

/// `whole` in parts by weight; they add up to it, and what is left over goes to the first.
fn shares(whole: u64, weights: &[u64]) -> Vec<u64> {
    let total: u128 = weights.iter().map(|w| u128::from(*w)).sum::<u128>().max(1);
    let part = |w: &u64| u64::try_from(u128::from(whole) * u128::from(*w) / total).unwrap_or(u64::MAX);
    let mut parts: Vec<u64> = weights.iter().map(part).collect();
    let left = whole.saturating_sub(parts.iter().sum());
    for part in parts.iter_mut().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        *part += 1;
    }
    parts
}

/// The supply that has `from` users, for so long, and then goes to `to`.
pub(crate) fn toward((from, hold): (u32, Nanos), to: u32, rate: Option<Rate>) -> Supply {
    let change = u64::from(from.abs_diff(to));
    let duration = rate.filter(|r| r.count > 0).map_or(Nanos::ZERO, |rate| rate.instant(change));
    let stages = [(from, hold), (to, duration)];
    let stages = stages.into_iter().map(|(target, duration)| UserStage { target, duration }).collect();
    Supply::Ramp { start: from, stages }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_is_nothing() {
        for (whole, weights, expected) in [
            (10, &[2, 1][..], Some(&[7, 3][..])),
            (10, &[1_000, 1, 1], Some(&[8, 1, 1])),
            (2, &[1, 1_000], Some(&[1, 1])),
            (1, &[1, 1], None),
        ] {
            assert_eq!(parts(whole, weights).ok().as_deref(), expected, "{whole} {weights:?}");
        }
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        for (whole, weights, expected) in [
            (10, &[1, 1][..], &[5, 5][..]),
            (10, &[2, 1], &[7, 3]),
            (1, &[5, 5, 5], &[1, 0, 0]),
            (0, &[3], &[0]),
            (7, &[0, 0], &[1, 1]),
        ] {
            let parts = shares(whole, weights);
            assert_eq!(parts, expected, "{whole} {weights:?}");
        }
    }
}
