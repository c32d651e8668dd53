//! The search for the highest load that holds: which trial comes next, and when it is over.
//!
//! After RFC 9971 (`MLRsearch`), adapted to objectives in place of loss ratios: a geometric climb until something breaks, a
//! second look at the last load that held (does it still, after an overload?), then trials between what holds and what breaks,
//! placed just below and just above the load at which the measured rooms point, until the two are within the goal's width. What
//! holds is confirmed by a second trial. The result is the relevant lower bound: the highest load that held with no lower one
//! breaking.
//!
//! [`next_step`] is a pure function of the goal and of all trials so far: it keeps nothing, sends nothing, and may be asked again
//! after an interruption.

use super::trial::{Goal, Outcome, Purpose, Step, Trial, TrialResult};
use brunt_metrics::Nanos;

/// The climb's factor.
const CLIMB: f64 = 2.0;
/// The climb's factor while the worst objective is [`FAR`] from its limit.
const LONG_CLIMB: f64 = 4.0;
/// With so much room, four times the load is no reckless step.
const FAR: f64 = 8.0;
/// Trials are placed so far on either side of where the limit is thought to be, as a share of the goal's width. Two of them
/// make a bracket of 0.9 widths.
const ASIDE: f64 = 0.45;
/// A trial this close to an end of the bracket, as a share of its logarithm, would tell nothing new.
const NEAR_END: f64 = 0.04;
/// Room counts up to here when a limit is located: far from it, room says little about where it is.
const ROOM_COUNTED: f64 = 2.5;
/// Where trials or time run out, an interval up to so many widths wide is still a result, and said to be wider.
const WIDER: f64 = 4.0;
/// Trials within this factor of the bracket are asked where the limit is.
const NEIGHBOURS: f64 = 1.15;
/// The bracket between what held and where the generator was the limit is not narrowed further than this.
const GENERATOR_WIDTH: f64 = 0.25;
/// A load is taken to be beyond the generator after so many trials that it spoilt.
const SPOILT: usize = 2;
/// So much less room at the same load after an overload is no noise.
const HYSTERESIS: f64 = 0.8;

/// All valid trials of one load together.
#[derive(Clone, Copy, Debug)]
struct Level {
    load: f64,
    /// The geometric mean of the rooms, weighted by time.
    room: f64,
    trials: usize,
    seconds: f64,
    /// Whether any of its trials was beyond doubt.
    clear: bool,
    holds: bool,
}

/// What is known: what holds, and what does not.
#[derive(Clone, Debug)]
struct Known {
    levels: Vec<Level>,
    /// The highest load that holds with no lower one breaking.
    lower: Option<Level>,
    /// The lowest load that breaks.
    upper: Option<Level>,
    /// The lowest load that the generator spoilt, and why.
    generator: Option<(f64, String)>,
}

/// What to do after these trials, in the order in which they were made.
pub fn next_step(goal: &Goal, trials: &[TrialResult]) -> Step {
    let known = known(trials);
    let wanted = match choose(goal, trials, &known) {
        Ok(wanted) => wanted,
        Err(outcome) => return Step::Done(outcome),
    };
    let spent = trials.iter().fold(Nanos::ZERO, |sum, t| sum + t.took);
    let why = if trials.len() >= goal.max_trials {
        format!("{} trials were not enough", goal.max_trials)
    } else if spent >= goal.max_time {
        format!("{} in trials were not enough", goal.max_time)
    } else {
        return Step::Trial(trial(goal, trials, wanted));
    };
    Step::Done(exhausted(goal, trials, &known, why))
}

/// Trials or time ran out: what is known all the same.
fn exhausted(goal: &Goal, trials: &[TrialResult], known: &Known, why: String) -> Outcome {
    match (known.lower, known.upper) {
        (Some(lower), Some(upper)) if upper.load <= lower.load * (1.0 + WIDER * goal.width) => {
            found(trials, known, (lower, upper), Some(why))
        }
        (lower, upper) => {
            Outcome::Unfinished { lower: lower.map(|l| l.load), upper: upper.map(|l| l.load), why }
        }
    }
}

fn found(
    trials: &[TrialResult],
    known: &Known,
    (lower, upper): (Level, Level),
    short: Option<String>,
) -> Outcome {
    Outcome::Found {
        lower: lower.load,
        upper: upper.load,
        estimate: locate(known, lower, upper),
        confirmed: lower.trials > 1,
        short,
        closest: closest(trials, upper.load),
    }
}

/// Whether a load that had held no longer did after an overload, and what it held before: (load, room before, room after).
pub fn hysteresis(trials: &[TrialResult]) -> Option<(f64, f64, f64)> {
    let at = trials.iter().position(|t| t.purpose == Purpose::Recheck)?;
    let after = &trials[at];
    let before = trials[..at].iter().find(|t| t.load.total_cmp(&after.load).is_eq())?;
    let (had, has) = (before.room?, after.room.unwrap_or(0.0));
    (has < 1.0 && has < HYSTERESIS * had).then_some((after.load, had, has))
}

fn trial(goal: &Goal, trials: &[TrialResult], (load, purpose): (f64, Purpose)) -> Trial {
    let overloaded = trials.last().is_some_and(|t| t.room.is_none_or(|room| room < 1.0));
    let settle = if overloaded { goal.dwell.settle } else { Nanos::ZERO };
    let mut dwell = goal.dwell;
    // What is confirmed is confirmed over the whole length.
    if purpose == Purpose::Confirm {
        dwell.shortest = dwell.longest;
    }
    Trial { number: trials.len() + 1, load, purpose, dwell, settle }
}

fn known(trials: &[TrialResult]) -> Known {
    let mut levels: Vec<Level> = Vec::new();
    for trial in trials.iter().filter(|t| t.generator.is_none()) {
        let seconds = trial.took.as_secs_f64().max(1.0);
        let log_room = trial.room.unwrap_or(0.0).max(1e-3).ln();
        match levels.binary_search_by(|l| l.load.total_cmp(&trial.load)) {
            Ok(at) => {
                let level = &mut levels[at];
                let sum = level.room.ln() * level.seconds + log_room * seconds;
                level.seconds += seconds;
                level.room = (sum / level.seconds).exp();
                level.holds = level.room >= 1.0;
                level.clear |= trial.clear;
                level.trials += 1;
            }
            Err(at) => {
                let (load, room, clear) = (trial.load, log_room.exp(), trial.clear);
                levels.insert(at, Level { load, room, trials: 1, seconds, clear, holds: room >= 1.0 });
            }
        }
    }
    decide_doubtful(&mut levels);
    let upper = levels.iter().find(|l| !l.holds).copied();
    let below = |l: &&Level| upper.is_none_or(|u| l.load < u.load);
    let lower = levels.iter().filter(below).rfind(|l| l.holds).copied();
    let generator = beyond_generator(trials, lower.map_or(0.0, |l| l.load));
    Known { levels, lower, upper, generator }
}

/// Loads whose own trials leave a doubt are decided by their neighbours too: by the straight line through the rooms near
/// them. So one unlucky trial does not throw the search back to a load far away.
fn decide_doubtful(levels: &mut [Level]) {
    let decided: Vec<bool> = levels
        .iter()
        .map(|level| {
            let own = level.room >= 1.0;
            if level.clear {
                return own;
            }
            let near = levels.iter().filter(|l| (l.load / level.load).ln().abs() <= NEIGHBOURS.ln());
            line(near).map_or(own, |fit| fit.at(level.load) >= 1.0)
        })
        .collect();
    for (level, holds) in levels.iter_mut().zip(decided) {
        level.holds = holds;
    }
}

/// The lowest load above `held` that the generator spoilt time and again.
fn beyond_generator(trials: &[TrialResult], held: f64) -> Option<(f64, String)> {
    let spoilt = trials.iter().filter(|t| t.generator.is_some() && t.load > held);
    let often = spoilt.filter(|t| {
        let same = trials.iter().filter(|o| o.load.total_cmp(&t.load).is_eq());
        same.filter(|o| o.generator.is_some()).count() >= SPOILT
    });
    let lowest = often.min_by(|a, b| a.load.total_cmp(&b.load))?;
    Some((lowest.load, lowest.generator.clone().unwrap_or_default()))
}

/// The next load and what for, or the end.
fn choose(goal: &Goal, trials: &[TrialResult], known: &Known) -> Result<(f64, Purpose), Outcome> {
    let round = |load: f64| goal.unit.round(load).clamp(goal.floor, goal.cap);
    let Some(last) = trials.last() else {
        return Ok((round(goal.start), Purpose::Climb));
    };
    if last.generator.is_some() && known.generator.as_ref().is_none_or(|(at, _)| last.load < *at) {
        return Ok((last.load, Purpose::Repeat));
    }
    let generator = known.generator.as_ref().filter(|(at, _)| known.upper.is_none_or(|u| *at < u.load));
    match (known.lower, known.upper, generator) {
        (lower, _, Some((at, why))) => {
            below_generator(goal, lower, *at, why).map(|l| (round(l), Purpose::Narrow))
        }
        (None, None, None) => Ok((round(goal.start), Purpose::Climb)),
        (None, Some(upper), None) if upper.load <= goal.floor * 1.000_1 => {
            Err(Outcome::NeverHolds { at: upper.load, closest: closest(trials, upper.load) })
        }
        (None, Some(upper), None) => Ok((round(upper.load / CLIMB), Purpose::Descend)),
        (Some(lower), None, None) if lower.load >= goal.cap * 0.999_9 => match lower.trials {
            1 => Ok((lower.load, Purpose::Confirm)),
            _ => Err(Outcome::NoLimit { up_to: lower.load }),
        },
        (Some(lower), None, None) => {
            let factor = if lower.room >= FAR { LONG_CLIMB } else { CLIMB };
            Ok((round(lower.load * factor), Purpose::Climb))
        }
        (Some(lower), Some(upper), None) => between(goal, trials, known, (lower, upper)),
    }
}

/// The generator could not follow at `at`: half way down to what holds, or the end.
fn below_generator(goal: &Goal, lower: Option<Level>, at: f64, why: &str) -> Result<f64, Outcome> {
    let end = |holds| Outcome::GeneratorLimited { at, holds, why: why.into() };
    match lower {
        Some(l) if at <= l.load * (1.0 + GENERATOR_WIDTH) => Err(end(Some(l.load))),
        Some(l) => Ok((l.load * at).sqrt()),
        None if at <= goal.floor * 1.000_1 => Err(end(None)),
        None => Ok(at / CLIMB),
    }
}

fn between(
    goal: &Goal,
    trials: &[TrialResult],
    known: &Known,
    (lower, upper): (Level, Level),
) -> Result<(f64, Purpose), Outcome> {
    let rechecked = trials.iter().any(|t| t.purpose == Purpose::Recheck);
    let climbed = trials.last().is_some_and(|t| t.purpose == Purpose::Climb);
    if !rechecked && climbed && lower.trials == 1 {
        return Ok((lower.load, Purpose::Recheck));
    }
    let step = goal.unit.round(lower.load * (1.0 + goal.width)) - lower.load;
    let users_meet = goal.unit == super::LoadUnit::Users && upper.load - lower.load <= step.max(1.0);
    if upper.load <= lower.load * (1.0 + goal.width) || users_meet {
        if lower.trials == 1 {
            return Ok((lower.load, Purpose::Confirm));
        }
        return Err(found(trials, known, (lower, upper), None));
    }
    let load = goal.unit.round(place(goal, known, (lower, upper), narrowed_badly(trials)));
    // Rounded onto an end of the bracket, it would be tried for ever.
    let inside = load > lower.load && load < upper.load;
    Ok((if inside { load } else { goal.unit.round((lower.load * upper.load).sqrt()) }, Purpose::Narrow))
}

/// Whether the last two trials between the ends left most of the bracket: then where the rooms point is not to be trusted.
fn narrowed_badly(trials: &[TrialResult]) -> bool {
    let width = |t: &[TrialResult]| {
        let known = known(t);
        known.lower.zip(known.upper).map(|(l, u)| (u.load / l.load).ln())
    };
    let narrowing = trials.iter().rev().take_while(|t| t.purpose == Purpose::Narrow).count();
    if narrowing < 2 {
        return false;
    }
    match (width(&trials[..trials.len() - 2]), width(trials)) {
        (Some(before), Some(now)) => now > before / 2.0,
        (Some(_) | None, _) => false,
    }
}

/// The load of the next trial between the ends.
fn place(goal: &Goal, known: &Known, (lower, upper): (Level, Level), halve: bool) -> f64 {
    let middle = (lower.load * upper.load).sqrt();
    // Far too little and far too much: neither says where between them the limit is.
    let blind = lower.room >= ROOM_COUNTED && upper.room <= 1.0 / ROOM_COUNTED;
    if halve || blind {
        return middle;
    }
    let at = locate(known, lower, upper);
    let aside = (1.0 + goal.width).powf(ASIDE);
    let (below, above) = (at / aside, at * aside);
    let span = (upper.load / lower.load).ln();
    let inside =
        |load: f64| (load / lower.load).ln() > NEAR_END * span && (upper.load / load).ln() > NEAR_END * span;
    match (inside(below), inside(above)) {
        (true, _) => below,
        (false, true) => above,
        (false, false) => middle,
    }
}

/// Where the limit most likely is, between the ends: where the line through the rooms of the loads near them crosses 1.
fn locate(known: &Known, lower: Level, upper: Level) -> f64 {
    let near = |l: &&Level| l.load >= lower.load / NEIGHBOURS && l.load <= upper.load * NEIGHBOURS;
    match line(known.levels.iter().filter(near)) {
        Some(fit) => fit.crossing().clamp(lower.load, upper.load),
        None => (lower.load * upper.load).sqrt(),
    }
}

/// Room as a straight line of the load, falling.
#[derive(Clone, Copy, Debug)]
struct Line {
    load: f64,
    room: f64,
    slope: f64,
}

impl Line {
    fn at(&self, load: f64) -> f64 {
        self.room + self.slope * (load - self.load)
    }

    fn crossing(&self) -> f64 {
        self.load + (1.0 - self.room) / self.slope
    }
}

/// Least squares, each load weighted by the time it was held. `None` unless the line falls.
fn line<'a>(levels: impl Iterator<Item = &'a Level>) -> Option<Line> {
    let levels: Vec<&Level> = levels.collect();
    let weight: f64 = levels.iter().map(|l| l.seconds).sum();
    let mean = |f: &dyn Fn(&Level) -> f64| levels.iter().map(|l| f(l) * l.seconds).sum::<f64>() / weight;
    let counted = |l: &Level| l.room.min(ROOM_COUNTED);
    let (load, room) = (mean(&|l| l.load), mean(&counted));
    let covariance = mean(&|l| (l.load - load) * (counted(l) - room));
    let variance = mean(&|l| (l.load - load).powi(2));
    let slope = covariance / variance;
    (slope.is_finite() && slope < 0.0).then_some(Line { load, room, slope })
}

/// What broke at a load.
fn closest(trials: &[TrialResult], load: f64) -> Option<super::Closest> {
    let at =
        trials.iter().rev().filter(|t| t.load.total_cmp(&load).is_eq() && t.room.is_none_or(|r| r < 1.0));
    { at }.find_map(|t| t.closest.clone())
}
