//! Clients that are always there: timers on their grid, calls that others set off, and the rest.

use super::fleet::Fleet;
use super::triggered::{Call, Triggered};
use crate::random::Random;
use crate::trace::Stretch;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Periods that timers have, in seconds.
const PERIODS_S: [i64; 11] = [10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
/// Cells that a period is cut into to see where in it requests are.
const PHASES: usize = 60;
/// How much more often than by chance two requests must be in the same cell.
const LEAST_STRENGTH: f64 = 4.0;
/// In which share of the cycles there must be one.
const LEAST_CYCLES: f64 = 0.9;
/// How likely the cycle after one that was played is the one that followed it: phases drift slowly.
const GO_ON: f64 = 0.9;
/// Cycles that are kept: the latest.
const KEPT_CYCLES: usize = 512;

/// Whole cycles that were seen: milliseconds since the cycle's begin, endpoint, agent.
pub type Cycle = Vec<(i64, u16, u16)>;

/// A timer: it keeps its phase for ever, whatever the target does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Periodic {
    /// In seconds.
    pub period_s: i64,
    /// How much more often than by chance two requests are at the same place of the period: 1 for no timer at all.
    pub strength: f64,
    /// Where on the clock a cycle begins, in milliseconds: where fewest requests are.
    pub cut_ms: i64,
    /// Cycles that were seen.
    pub cycles: Vec<Cycle>,
}

/// Somebody who is always there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// On a grid: health checks, scrapers, crons.
    Periodic(Periodic),
    /// Set off by other requests: the system under test does it by itself.
    Triggered(Triggered),
    /// Without either.
    Fleet(Fleet),
}

impl Periodic {
    /// The requests of one client, if they keep to a grid.
    pub(super) fn learn(calls: &[Call], observed: &[Stretch]) -> Option<Self> {
        let mut best: Option<(i64, f64, i64)> = None;
        for period_s in PERIODS_S {
            let period = period_s * 1_000;
            let phases = phases(calls, period);
            let pairs: f64 = phases.iter().map(|n| n * (n - 1.0)).sum();
            let n = calls.len() as f64;
            let strength = pairs * PHASES as f64 / (n * (n - 1.0)).max(1.0);
            let better = best.is_none_or(|(_, other, _)| strength > other);
            if strength >= LEAST_STRENGTH && better && filled(calls, period, observed) >= LEAST_CYCLES {
                best = Some((period_s, strength, quietest(&phases, period)));
            }
        }
        let (period_s, strength, cut_ms) = best?;
        let period = period_s * 1_000;
        let mut by_cycle: BTreeMap<i64, Cycle> = BTreeMap::new();
        for (at, endpoint, agent) in calls {
            let (cycle, offset) = ((at - cut_ms).div_euclid(period), (at - cut_ms).rem_euclid(period));
            let agent = u16::try_from(*agent).unwrap_or(u16::MAX);
            by_cycle.entry(cycle).or_default().push((offset, *endpoint, agent));
        }
        let first = by_cycle.keys().next().copied().unwrap_or(0);
        // The first and the last are cut by the log's ends.
        by_cycle.pop_first();
        by_cycle.pop_last();
        let last = by_cycle.keys().next_back().copied().unwrap_or(first);
        let kept = i64::try_from(KEPT_CYCLES).unwrap_or(i64::MAX);
        let cycles: Vec<Cycle> =
            by_cycle.range(last.saturating_sub(kept)..).map(|(_, c)| c.clone()).collect();
        (!cycles.is_empty()).then_some(Self { period_s, strength, cut_ms, cycles })
    }

    pub(super) fn play(&self, stretch: Stretch, random: &mut Random, mut emit: impl FnMut(Call)) {
        let period = self.period_s.max(1) * 1_000;
        let cycle = |at: i64| (at - self.cut_ms).div_euclid(period);
        let mut at = random.below(self.cycles.len());
        for k in cycle(stretch.from_ms)..=cycle(stretch.to_ms) {
            at = if random.unit() < GO_ON { at + 1 } else { random.below(self.cycles.len()) };
            let Some(seen) = self.cycles.get(at % self.cycles.len().max(1)) else { return };
            for (offset, endpoint, agent) in seen {
                let due = k * period + self.cut_ms + offset;
                if stretch.holds(due) {
                    emit((due, *endpoint, usize::from(*agent)));
                }
            }
        }
    }
}

/// How many requests are at each place of a period.
fn phases(calls: &[Call], period_ms: i64) -> [f64; PHASES] {
    let mut phases = [0.0; PHASES];
    for (at, ..) in calls {
        let cell = usize::try_from(at.rem_euclid(period_ms)).unwrap_or(0) * PHASES
            / usize::try_from(period_ms).unwrap_or(usize::MAX);
        phases[cell.min(PHASES - 1)] += 1.0;
    }
    phases
}

/// The share of whole cycles with a request.
fn filled(calls: &[Call], period_ms: i64, observed: &[Stretch]) -> f64 {
    let (mut cycles, mut with) = (0, 0);
    for stretch in observed {
        let whole = stretch.length_ms() / period_ms;
        let mut seen: Vec<i64> = calls
            .iter()
            .filter(|(at, ..)| stretch.holds(*at))
            .map(|(at, ..)| (at - stretch.from_ms) / period_ms)
            .filter(|cycle| *cycle < whole)
            .collect();
        seen.dedup();
        cycles += whole;
        with += seen.len();
    }
    with as f64 / cycles.max(1) as f64
}

/// The middle of the quietest fifth of a period: where a cycle is best cut.
fn quietest(phases: &[f64; PHASES], period_ms: i64) -> i64 {
    let wide = PHASES / 5;
    let around = |i: usize| (0..wide).map(|k| phases[(i + k) % PHASES]).sum::<f64>();
    let least = (0..PHASES).min_by(|a, b| around(*a).total_cmp(&around(*b))).unwrap_or(0);
    let cells = i64::try_from(PHASES).unwrap_or(1);
    let middle = i64::try_from((least + wide / 2) % PHASES).unwrap_or(0);
    middle * period_ms / cells
}
