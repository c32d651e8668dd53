//! Clients that are always there: timers on their grid, calls that others set off, and the rest.

use super::renewal::Renewal;
use super::triggered::{Call, Triggered};
use crate::random::Random;
use crate::trace::{Stretch, Trace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Periods that timers have, in seconds.
const PERIODS_S: [i64; 11] = [10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
/// How sharply requests must keep to the grid: the length of their mean direction on the circle (Rayleigh).
const LEAST_STRENGTH: f64 = 0.8;
/// In which share of the cycles there must be one.
const LEAST_CYCLES: f64 = 0.9;
const KEPT_CYCLES: usize = 256;

/// Whole cycles that were seen: milliseconds since the cycle's begin, endpoint, agent.
pub type Cycle = Vec<(i64, u16, u16)>;

/// A timer: it keeps its phase for ever, whatever the target does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Periodic {
    /// In seconds.
    pub period_s: i64,
    /// How sharply it keeps to its grid, 0 to 1.
    pub strength: f64,
    /// Where on the clock a cycle begins, in milliseconds: opposite to where most requests are.
    pub cut_ms: i64,
    /// Cycles that were seen.
    pub cycles: Vec<Cycle>,
}

/// One address that is always there, with all its agents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Source {
    /// On a grid: health checks, scrapers, crons.
    Periodic(Periodic),
    /// Set off by other requests: the system under test does it by itself.
    Triggered(Triggered),
    /// Without either.
    Renewal(Renewal),
}

/// The rows of one address: time, endpoint, agent; by time.
pub(super) fn learn(
    calls: &[Call],
    agents: usize,
    others: &Trace,
    observed: &[Stretch],
    endpoints: u16,
) -> Vec<Source> {
    if let Some(timer) = Periodic::learn(calls, observed) {
        return vec![Source::Periodic(timer)];
    }
    let observed_ms = observed.iter().map(|s| s.length_ms()).sum();
    if agents > 1
        && let Some(set_off) = Triggered::learn(calls, others, observed_ms, endpoints)
    {
        return vec![Source::Triggered(set_off)];
    }
    let last = observed.last().map_or(0, |s| s.to_ms);
    (0..agents)
        .filter_map(|agent| {
            let own = calls.iter().filter(|(.., a)| *a == agent);
            let trace = Trace::of(own.map(|(at, endpoint, _)| (*at, 0, *endpoint)).collect());
            // Who was gone hours before the end is taken to be gone.
            let there = trace.at_ms.last().is_some_and(|t| last - t < 6 * 3_600_000);
            there.then(|| Source::Renewal(Renewal::learn(&trace, observed)))
        })
        .collect()
}

impl Periodic {
    fn learn(calls: &[Call], observed: &[Stretch]) -> Option<Self> {
        let mut best = None;
        for period_s in PERIODS_S {
            let period = period_s * 1_000;
            let (mut cycles, mut with) = (0, 0);
            for stretch in observed {
                let whole = stretch.length_ms() / period;
                let mut seen: Vec<i64> = calls
                    .iter()
                    .filter(|(at, ..)| stretch.holds(*at))
                    .map(|(at, ..)| (at - stretch.from_ms) / period)
                    .filter(|cycle| *cycle < whole)
                    .collect();
                seen.dedup();
                cycles += whole;
                with += seen.len();
            }
            let (strength, angle) = direction(calls, period);
            if cycles > 0 && with as f64 >= LEAST_CYCLES * cycles as f64 && strength >= LEAST_STRENGTH {
                best = Some((period_s, strength, angle));
            }
        }
        let (period_s, strength, angle) = best?;
        let period = period_s * 1_000;
        #[expect(clippy::cast_possible_truncation, reason = "a place within the period")]
        let cut_ms = ((angle / std::f64::consts::TAU + 0.5) * period as f64) as i64;
        let mut by_cycle: BTreeMap<i64, Cycle> = BTreeMap::new();
        for (at, endpoint, agent) in calls {
            let (cycle, offset) = ((at - cut_ms).div_euclid(period), (at - cut_ms).rem_euclid(period));
            let agent = u16::try_from(*agent).unwrap_or(u16::MAX);
            by_cycle.entry(cycle).or_default().push((offset, *endpoint, agent));
        }
        let step = by_cycle.len().div_ceil(KEPT_CYCLES).max(1);
        let cycles = by_cycle.into_values().step_by(step).collect();
        Some(Self { period_s, strength, cut_ms: cut_ms.rem_euclid(period), cycles })
    }

    pub(super) fn play(&self, stretch: Stretch, random: &mut Random, mut emit: impl FnMut(Call)) {
        let period = self.period_s.max(1) * 1_000;
        let cycle = |at: i64| (at - self.cut_ms).div_euclid(period);
        for k in cycle(stretch.from_ms)..=cycle(stretch.to_ms) {
            let Some(seen) = random.pick(&self.cycles) else { return };
            for (offset, endpoint, agent) in seen {
                let at = k * period + self.cut_ms + offset;
                if stretch.holds(at) {
                    emit((at, *endpoint, usize::from(*agent)));
                }
            }
        }
    }
}

/// The mean direction of times on a circle of a period: its length, and its angle.
fn direction(calls: &[Call], period_ms: i64) -> (f64, f64) {
    let (mut x, mut y) = (0.0, 0.0);
    for (at, ..) in calls {
        let angle = std::f64::consts::TAU * at.rem_euclid(period_ms) as f64 / period_ms as f64;
        x += angle.cos();
        y += angle.sin();
    }
    let n = calls.len().max(1) as f64;
    (x.hypot(y) / n, y.atan2(x))
}
