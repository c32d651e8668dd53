//! Stalls that come again and again: their period, and how long each lasts.
//!
//! A stall is a second whose longest answer stands out. Instants of stalls with a period p gather at one phase of p
//! (Rayleigh's test). Seconds are the resolution: a period below
//! four of them cannot be told from a constant disturbance.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::digits, draft::percent, draft::time};
use super::{facts::Facts, kind::Kind, numbers, trends, trends::Pick};
use crate::stats::rayleigh;
use std::ops::Range;

/// The shortest period that seconds can show.
const SHORTEST_PERIOD: f64 = 4.0;

/// A stall: its points, and the longest answer.
#[derive(Clone, Debug)]
struct Stall {
    range: Range<usize>,
    longest: f64,
}

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Option<Draft> {
    // A pause shorter than a twentieth of a second shows in the longest answer alone; where single answers are late for
    // other reasons, a longer one shows in the 95th percentile.
    periodic(facts, rules, ("longest answer", |l| l.max))
        .or_else(|| periodic(facts, rules, ("p95", |l| l.p95)))
}

fn periodic(facts: &Facts<'_>, rules: &Rules, (name, which): (&str, Pick)) -> Option<Draft> {
    let kind = Kind::PeriodicStall;
    let range = 0..facts.points.len();
    let medians: Vec<f64> = facts.logs(range.clone(), |l| l.p50).iter().map(|v| v.1).collect();
    let middle = numbers::median(&medians)?.exp();
    let stalls = find(facts, range, which, rules.limit(kind, "times"));
    if (stalls.len() as f64) < rules.limit(kind, "events") {
        return None;
    }
    let instants: Vec<f64> = stalls.iter().map(|s| facts.points[s.range.start].at as f64).collect();
    let (period, r) = period(&instants)?;
    // So many frequencies are independent: the band of four tenths that is searched, times the time.
    let trials = 1.0 + 0.42 * stalls.len() as f64;
    let p = rayleigh(&instants, period)?.p * trials;
    if r < rules.limit(kind, "concentration") || p > 0.01 {
        return None;
    }
    let lengths: Vec<f64> = stalls.iter().map(|s| s.longest - middle).collect();
    let pause = numbers::median(&lengths)?;
    let spread = numbers::spread(&lengths)?;
    let cost: f64 = stalls.iter().map(|s| trends::excess(facts, s.range.clone(), middle)).sum();
    let claim = format!(
        "about {} every {} s everything stops (n = {}): {} of all waiting",
        time(pause),
        digits(period),
        stalls.len(),
        percent(cost)
    );
    let error = spread / (lengths.len() as f64).sqrt() * 1.96;
    // An instant is known to a second: its error is uniform, and the ends of the train determine the period.
    let period_error = 1.96 * (2.0 / 12.0_f64).sqrt() / (stalls.len() as f64 - 1.0).max(1.0);
    let evidence = Evidence::of(format!("{name} of each second"), Figure::LatencyOverTime)
        .within(facts.seconds(&(stalls[0].range.start..stalls[stalls.len() - 1].range.end)))
        .ranged("period", period, "s", Some((period - period_error, period + period_error)))
        .ranged("pause", pause, "ms", Some((pause - error, pause + error)))
        .number("stalls", stalls.len() as f64, "")
        .number("concentration R", r, "")
        .number("p", p, "");
    let sure = if r > 0.8 && stalls.len() >= 5 { Confidence::High } else { Confidence::Medium };
    Some(Draft::new(kind, claim).costs(cost, 0.0).sure(sure).evidence(evidence).or_else(
        "something on the generator's side or the network that comes as regularly",
        "lay the target's log of garbage collections, scheduled jobs, checkpoints and flushes beside these seconds",
    ))
}

/// Seconds whose longest answer stands out from those around, and is so many times the median; neighbours are one.
fn find(facts: &Facts<'_>, range: Range<usize>, which: Pick, times: f64) -> Vec<Stall> {
    let values = facts.logs(range, which);
    let logs: Vec<f64> = values.iter().map(|v| v.1).collect();
    let (Some(middle), Some(spread)) = (numbers::median(&logs), numbers::spread(&logs)) else {
        return Vec::new();
    };
    let limit = middle + (4.0 * spread).max(times.ln());
    let mut stalls: Vec<Stall> = Vec::new();
    for (at, _) in values.into_iter().filter(|v| v.1 > limit) {
        let longest = facts.points[at].latency.map_or(0.0, |l| l.max);
        match stalls.last_mut() {
            Some(last) if last.range.end >= at => {
                last.range.end = at + 1;
                last.longest = last.longest.max(longest);
            }
            Some(_) | None => stalls.push(Stall { range: at..at + 1, longest }),
        }
    }
    // Beside stalls, small disturbances are none.
    let longest: Vec<f64> = stalls.iter().map(|s| s.longest).collect();
    let large = numbers::quantile(&longest, 0.8).unwrap_or(0.0);
    stalls.retain(|s| s.longest >= 0.4 * large);
    stalls
}

/// Periods that are looked at around the median gap.
const TRIALS: u32 = 121;

/// The period at which the instants gather best, and how well.
fn period(instants: &[f64]) -> Option<(f64, f64)> {
    let gaps: Vec<f64> = instants.windows(2).map(|w| w[1] - w[0]).collect();
    let gap = numbers::median(&gaps).filter(|g| *g >= SHORTEST_PERIOD)?;
    let trials = (0..TRIALS).map(|i| gap * (0.8 + 0.4 * f64::from(i) / f64::from(TRIALS - 1)));
    let (coarse, _) = trials.map(|p| (p, resultant(instants, p))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    // The count of periods from the first is now known: a line through the instants has the period as its slope.
    let counted: Vec<(f64, f64)> =
        instants.iter().map(|t| (((t - instants[0]) / coarse).round(), *t)).collect();
    let period = numbers::line(&counted).map_or(coarse, |l| l.slope);
    Some((period, resultant(instants, period)))
}

fn resultant(instants: &[f64], period: f64) -> f64 {
    rayleigh(instants, period).map_or(0.0, |r| r.resultant)
}
