//! How long a target takes to be as it was, after the load was more than usual.
//!
//! The planned load says when: the load *rises* at the first second that asks for over a tenth more than the run
//! began with, and is *back* in the first second after its peak that asks for at most a tenth of the rise above it. Two cases:
//!
//! * **It falls back.** Time counts from the second in which the load is back.
//! * **It stays up** (a crowd that comes and stays). Time counts from the second in which the load is at its peak.
//!
//! The reference is what came before the rise, if there are at least [`BEFORE`] seconds of load. Without them (a load that begins with
//! nobody) it is how the target settles: the last third of what was looked at. A target that grows worse to the end has not settled, and
//! one that mostly fails in the end has not recovered: neither is a reference. Nor is what mostly failed before the rise already. A
//! crowd that begins with nobody, onto a target that is slow from then on for good, cannot be told from a slow target.
//!
//! The target has *recovered* in the first second from which, over [`HOLD`] seconds together, all of these hold: the p95 of response
//! times is at most a quarter (and never less than 5 ms) above the reference; errors are at most one percentage point above it; and,
//! where the load is what it was, at least four fifths of the requests per second end.

use super::part::{Part, point_of};
use super::sliding::{Both, Sliding};
use brunt_metrics::{Nanos, Outcome, Phase, ScenarioId, Second};
use brunt_objective::{Percentile, Point};
use brunt_run::{PhaseChange, RunHeader};

/// The fewest seconds of load before a rise that can be a reference.
const BEFORE: u64 = 3;
/// Seconds that make a recovery: one good second in a collapse is luck.
const HOLD: usize = 5;
/// The fewest seconds after the peak that show how a target settles.
const SETTLED: usize = 15;
/// A larger share of failures than this is no state that a target settles in.
const FAILING: f64 = 0.5;
/// The most seconds that are kept: an hour after the load was back, nobody waits any more.
const MAX_KEPT: usize = 3_600;

/// Watches for a recovery.
#[derive(Clone, Debug)]
pub(super) struct Recovery {
    course: Option<Course>,
    before: Part,
    errors_before: u64,
    seconds_before: u64,
    recent: Sliding,
    /// One a second from which time counts: the [`HOLD`] seconds that begin with it.
    kept: Vec<Kept>,
}

/// The planned load, in seconds of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Course {
    rises: u64,
    /// From when the time counts.
    from: u64,
    falls_back: bool,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    p95: f64,
    errors: f64,
    rate: f64,
}

/// What is known of the recovery.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Recovered {
    /// After so many milliseconds.
    After(f64),
    /// Not within so many milliseconds.
    NotWithin(f64),
    /// That cannot be said.
    Unknown(String),
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            course: None,
            before: Part::default(),
            errors_before: 0,
            seconds_before: 0,
            recent: Sliding::new(HOLD),
            kept: Vec::new(),
        }
    }
}

impl Recovery {
    /// Learns when scenarios began.
    pub(super) fn plan(&mut self, header: &RunHeader, begins: &[PhaseChange]) {
        self.course = course(&planned(header, begins));
    }

    /// Takes note of a second; `load` is how much of it had load.
    pub(super) fn second(&mut self, second: &Second, load: f64) {
        let Some(course) = self.course.filter(|_| load > 0.0) else { return };
        let mut part = Part { seconds: load, ..Part::default() };
        for cell in second.cells.iter().filter(|c| c.key.phase == Phase::Load) {
            part.times.merge(cell.response_times());
            part.total += cell.count();
            part.hits += if matches!(cell.key.outcome, Outcome::Ok) { 0 } else { cell.count() };
        }
        if second.index < course.rises {
            self.seconds_before += 1;
            self.errors_before += part.hits;
            self.before.merge(&part);
        }
        if second.index >= course.from && self.kept.len() < MAX_KEPT {
            self.recent.push(Both { own: part, other: Part::default() });
            if self.recent.is_full() {
                self.kept.push(Kept::of(&self.recent.sum().own));
            }
        }
    }

    /// What came of it.
    pub(super) fn outcome(&self) -> Recovered {
        let Some(course) = self.course else {
            return Recovered::Unknown(
                "the plan says no course of the load: there is no rise to recover from".into(),
            );
        };
        if self.kept.is_empty() {
            let text = "the run ended before the load was at its peak, or back from it";
            return Recovered::Unknown(text.into());
        }
        let ms = |seconds: usize| seconds as f64 * 1e3;
        let never = Recovered::NotWithin(ms(self.kept.len() + HOLD - 1));
        let reference = if self.seconds_before >= BEFORE {
            let before = Kept::of(&self.before);
            if before.errors > FAILING || !before.p95.is_finite() {
                let text = "it mostly failed before the rise already: that is nothing to recover to";
                return Recovered::Unknown(text.into());
            }
            before
        } else if self.kept.len() < SETTLED {
            let text = format!(
                "{} s after the peak do not show how the target settles: {SETTLED} s do",
                self.kept.len()
            );
            return Recovered::Unknown(text);
        } else {
            let third = self.kept.len() / 3;
            let (middle, last) = self.kept[self.kept.len() - 2 * third..].split_at(third);
            let (middle, last) = (Kept::median(middle), Kept::median(last));
            if last.errors > FAILING || !last.p95.is_finite() {
                return never;
            }
            if !last.is_as_good_as(&middle, false) {
                let text = "it grew worse to the end: nothing shows how the target settles";
                return Recovered::Unknown(text.into());
            }
            last
        };
        // The load is what it was only where it fell back.
        let rated = course.falls_back && self.seconds_before >= BEFORE;
        let good = |k: &Kept| k.is_as_good_as(&reference, rated);
        let after = self.kept.iter().position(good);
        after.map_or(never, |after| Recovered::After(ms(after)))
    }

    /// Seconds that were looked at after the load was back.
    pub(super) fn samples(&self) -> u64 {
        self.kept.len() as u64
    }
}

impl Kept {
    fn of(part: &Part) -> Self {
        let p95 = Percentile::new(95.0).and_then(|p| point_of(&part.times, Point::Percentile(p)));
        Self {
            // A stretch without an answer is as bad as can be.
            p95: p95.unwrap_or(f64::INFINITY),
            errors: if part.total > 0 { part.hits as f64 / part.total as f64 } else { 1.0 },
            rate: if part.seconds > 0.0 { part.total as f64 / part.seconds } else { 0.0 },
        }
    }

    fn median(of: &[Self]) -> Self {
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(f64::INFINITY)
        };
        Self {
            p95: middle(of.iter().map(|k| k.p95).collect()),
            errors: middle(of.iter().map(|k| k.errors).collect()),
            rate: middle(of.iter().map(|k| k.rate).collect()),
        }
    }

    fn is_as_good_as(&self, reference: &Self, rated: bool) -> bool {
        self.p95 <= (reference.p95 * 1.25).max(reference.p95 + 5.0)
            && self.p95.is_finite()
            && self.errors <= reference.errors + 0.01
            && (!rated || self.rate >= 0.8 * reference.rate)
    }
}

/// What is asked for in each second of the run, all scenarios together, from the first that has load.
fn planned(header: &RunHeader, begins: &[PhaseChange]) -> Vec<f64> {
    let mut levels: Vec<f64> = Vec::new();
    for (id, scenario) in (0..).map(ScenarioId).zip(&header.scenarios) {
        let Some(begin) = begins.iter().find(|c| c.scenario == id).map(|c| c.at) else { continue };
        for (i, level) in scenario.curve.iter().enumerate() {
            let from = (begin + Nanos(scenario.curve_step.0.saturating_mul(i as u64))).second();
            let to = (begin + Nanos(scenario.curve_step.0.saturating_mul(i as u64 + 1))).second();
            for second in from..to.max(from + 1).min(from + MAX_KEPT as u64) {
                let at = usize::try_from(second).unwrap_or(usize::MAX);
                if at >= levels.len() && at < 1_000_000 {
                    levels.resize(at + 1, 0.0);
                }
                if let Some(sum) = levels.get_mut(at) {
                    *sum += level;
                }
            }
        }
    }
    levels
}

fn course(levels: &[f64]) -> Option<Course> {
    let first = levels.iter().position(|level| *level > 0.0)?;
    // A crowd that comes one by one begins with nobody.
    let base = if first > 0 || levels.first() == Some(&0.0) { 0.0 } else { levels[first] };
    let (peak_at, peak) = levels
        .iter()
        .copied()
        .enumerate()
        .fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best });
    let rises = levels.iter().position(|level| *level > base * 1.1).unwrap_or(0);
    let back = levels.iter().skip(peak_at).position(|level| *level <= base + 0.1 * (peak - base));
    let falls_back = base > 0.0 && peak > base * 1.1 && back.is_some();
    let from = if falls_back { peak_at + back.unwrap_or(0) } else { peak_at };
    Some(Course { rises: rises as u64, from: from as u64, falls_back })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_course_of_the_planned_load() {
        let told = |levels: &[f64]| course(levels).map(|c| (c.rises, c.from, c.falls_back));
        for (levels, expected) in [
            (&[][..], None),
            (&[10.0, 10.0, 10.0], Some((0, 0, false))),
            (&[0.0, 5.0, 10.0, 10.0], Some((1, 2, false))),
            (&[1.0, 1.0, 1.0, 50.0, 50.0, 25.0, 1.0, 1.0], Some((3, 6, true))),
            (&[50.0, 50.0, 100.0, 100.0], Some((2, 2, false))),
        ] {
            assert_eq!(told(levels), expected, "{levels:?}");
        }
    }
}
