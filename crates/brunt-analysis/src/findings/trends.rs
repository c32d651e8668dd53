//! What latency does over time at constant load: a cold start, a drift, a step, or nothing.
//!
//! Four models of the logarithm of a latency are fitted to the longest stretch of constant load: a constant, an exponential
//! decay from the start, a line, and one step. What a model gains is `n/2 ln(RSS_0 / RSS_m)`, with n the number of
//! seconds that the correlation of its residuals leaves (an AR(1) process), since seconds beside one another resemble
//! one another. The best model is claimed if it gains enough, and its effect is large enough.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::digits, draft::percent, draft::time};
use super::{facts::Facts, facts::Latency, kind::Kind, numbers};
use std::ops::Range;

/// The fewest seconds on either side of a step.
const SIDE: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Decay { height: f64, tau: f64 },
    Line { slope: f64, error: f64 },
    Step { at: usize, height: f64 },
}

#[derive(Clone, Copy, Debug)]
struct Fit {
    shape: Shape,
    gain: f64,
    rss: f64,
}

/// A figure of a second's latencies.
pub(super) type Pick = fn(&Latency) -> f64;

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Vec<Draft> {
    let Some(stretch) = facts.longest_stretch() else { return Vec::new() };
    let series: [(&str, Pick); 2] = [("p50", |l| l.p50), ("p95", |l| l.p95)];
    for (name, which) in series {
        let values = facts.logs(stretch.clone(), which);
        if let Some(draft) = shaped(facts, rules, (name, &values), &stretch) {
            return vec![draft];
        }
    }
    Vec::new()
}

fn shaped(
    facts: &Facts<'_>,
    rules: &Rules,
    (name, values): (&str, &[(usize, f64)]),
    stretch: &Range<usize>,
) -> Option<Draft> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let fewest = rules.limit(Kind::ChangePoint, "seconds") as usize;
    if values.len() < fewest {
        return None;
    }
    let fit = best(&values.iter().map(|v| v.1).collect::<Vec<_>>())?;
    if fit.gain < rules.limit(Kind::ChangePoint, "gain") {
        return None;
    }
    // What settles after something else is no start.
    let begins = values.first()?.0 * 10 <= facts.points.len();
    match fit.shape {
        Shape::Decay { .. } if !begins => None,
        Shape::Decay { height, tau } => {
            cold(facts, rules, (name, values), (height, tau)).map(|d| d.sure(sure(fit.gain)))
        }
        Shape::Line { slope, error } => {
            drift(facts, rules, (name, values), (slope, error)).map(|d| d.sure(sure(fit.gain)))
        }
        Shape::Step { at, height } if (at as f64) < 0.25 * values.len() as f64 && height < 0.0 && begins => {
            cold(facts, rules, (name, values), (-height, at as f64 / 2.0)).map(|d| d.sure(Confidence::Medium))
        }
        Shape::Step { at, height } => {
            step(facts, rules, (name, values), (at, height, stretch.end)).map(|d| d.sure(sure(fit.gain)))
        }
    }
}

fn sure(gain: f64) -> Confidence {
    if gain >= 16.0 { Confidence::High } else { Confidence::Medium }
}

/// The model that explains most, allowing for the number of its parameters (Schwarz 1978).
fn best(y: &[f64]) -> Option<Fit> {
    let middle = numbers::mean(y)?;
    let flat: f64 = y.iter().map(|v| (v - middle).powi(2)).sum();
    let fits = [decay(y), sloped(y), stepped(y)].into_iter().flatten();
    let gained = fits.map(|(shape, rest)| {
        let rss = rest.iter().map(|r| r * r).sum::<f64>().max(1e-12);
        let worth = numbers::effective(&rest);
        let parameters = if matches!(shape, Shape::Line { .. }) { 1.0 } else { 2.0 };
        Fit { shape, gain: worth / 2.0 * (flat / rss).ln() - parameters / 2.0 * worth.ln(), rss }
    });
    gained.min_by(|a, b| a.rss.total_cmp(&b.rss))
}

/// `a + b exp(-t / tau)` with tau up to an eighth of the time: what is slower is a drift.
fn decay(y: &[f64]) -> Option<(Shape, Vec<f64>)> {
    let most = y.len() as f64 / 8.0;
    let taus = (0..12).map(|i| 1.0 * (most.max(1.5)).powf(f64::from(i) / 11.0));
    let fits = taus.filter_map(|tau| {
        let points: Vec<(f64, f64)> =
            y.iter().enumerate().map(|(t, v)| ((-(t as f64) / tau).exp(), *v)).collect();
        let line = numbers::line(&points)?;
        let rest: Vec<f64> = points.iter().map(|p| p.1 - line.intercept - line.slope * p.0).collect();
        Some((Shape::Decay { height: line.slope, tau }, rest))
    });
    let fit = fits.min_by(|a, b| squares(&a.1).total_cmp(&squares(&b.1)))?;
    matches!(fit.0, Shape::Decay { height, .. } if height > 0.0).then_some(fit)
}

fn sloped(y: &[f64]) -> Option<(Shape, Vec<f64>)> {
    let points: Vec<(f64, f64)> = y.iter().enumerate().map(|(t, v)| (t as f64, *v)).collect();
    let line = numbers::line(&points)?;
    let rest = points.iter().map(|p| p.1 - line.intercept - line.slope * p.0).collect();
    Some((Shape::Line { slope: line.slope, error: line.slope_error }, rest))
}

fn stepped(y: &[f64]) -> Option<(Shape, Vec<f64>)> {
    let fits = (SIDE..y.len().checked_sub(SIDE)?).filter_map(|at| {
        let (before, after) = (numbers::mean(&y[..at])?, numbers::mean(&y[at..])?);
        let rest: Vec<f64> =
            y.iter().enumerate().map(|(i, v)| v - if i < at { before } else { after }).collect();
        Some((Shape::Step { at, height: after - before }, rest))
    });
    fits.min_by(|a, b| squares(&a.1).total_cmp(&squares(&b.1)))
}

fn squares(rest: &[f64]) -> f64 {
    rest.iter().map(|r| r * r).sum()
}

type Series<'s> = (&'s str, &'s [(usize, f64)]);

fn cold(
    facts: &Facts<'_>,
    rules: &Rules,
    (name, values): Series<'_>,
    (height, tau): (f64, f64),
) -> Option<Draft> {
    let factor = height.exp();
    if factor < 1.0 + rules.limit(Kind::ColdStart, "rise") {
        return None;
    }
    // After so long what is left is a tenth above the level that it settles at.
    let lasts = (tau * (height / 1.1_f64.ln()).ln().max(0.5)).ceil();
    let settled: Vec<f64> = values.iter().filter(|v| v.0 as f64 > lasts).map(|v| v.1).collect();
    let level = numbers::median(&settled)?.exp();
    let first = values.first()?.0;
    let range = first
        ..values.iter().position(|v| v.0 as f64 >= first as f64 + lasts).map_or(first + 1, |i| values[i].0);
    let extra = excess(facts, range.clone(), level);
    let begin = values.first()?.1.exp();
    let claim = format!(
        "the first {} s are slower: {name} begins at {} and settles at {}",
        digits(lasts),
        time(begin),
        time(level)
    );
    let evidence = Evidence::of(format!("{name} of all requests"), Figure::LatencyOverTime)
        .within(facts.seconds(&range))
        .number("factor", begin / level, "")
        .number("length", lasts, "s")
        .number("settled", level, "ms");
    Some(Draft::new(Kind::ColdStart, claim).costs(extra, 0.0).evidence(evidence).or_else(
        "the load itself begins with heavier requests",
        "run again at once without a restart: a warm target has no such start",
    ))
}

fn drift(
    facts: &Facts<'_>,
    rules: &Rules,
    (name, values): Series<'_>,
    (slope, error): (f64, f64),
) -> Option<Draft> {
    let (first, last) = (values.first()?.0, values.last()?.0);
    let rise = slope * (last - first) as f64;
    if rise.abs() < (1.0 + rules.limit(Kind::Drift, "rise")).ln() {
        return None;
    }
    let seconds = facts.points[first].seconds;
    let per_minute = |slope: f64| 100.0 * ((slope * 60.0 / seconds).exp() - 1.0);
    let (level, minute) = (
        numbers::median(&values[..SIDE.min(values.len())].iter().map(|v| v.1).collect::<Vec<_>>())?.exp(),
        per_minute(slope),
    );
    let verb = if slope > 0.0 { "rises" } else { "falls" };
    let claim = format!(
        "{name} {verb} at constant load by {} % a minute, by {} in all",
        digits(minute.abs()),
        percent((rise.exp() - 1.0).abs())
    );
    let evidence = Evidence::of(format!("{name} of all requests"), Figure::LatencyOverTime)
        .within(facts.seconds(&(first..last + 1)))
        .ranged(
            "change a minute",
            minute,
            "%",
            Some((per_minute(slope - 1.96 * error), per_minute(slope + 1.96 * error))),
        )
        .number("change in all", 100.0 * (rise.exp() - 1.0), "%");
    let cost = if slope > 0.0 { excess(facts, first..last + 1, level) } else { 0.0 };
    Some(Draft::new(Kind::Drift, claim).costs(cost, 0.0).evidence(evidence).or_else(
        "the data grow with the run, or a neighbour of the target gets busier",
        "run for longer, and watch the target's memory, queues and table sizes: a leak goes on, and ends with a restart",
    ))
}

fn step(
    facts: &Facts<'_>,
    rules: &Rules,
    (name, values): Series<'_>,
    (at, height, end): (usize, f64, usize),
) -> Option<Draft> {
    if height.abs() < (1.0 + rules.limit(Kind::ChangePoint, "rise")).ln() {
        return None;
    }
    let point = values.get(at)?.0;
    let before = numbers::median(&values[..at].iter().map(|v| v.1).collect::<Vec<_>>())?.exp();
    let after = numbers::median(&values[at..].iter().map(|v| v.1).collect::<Vec<_>>())?.exp();
    let second = facts.points[point].at;
    let claim = format!(
        "{name} changes in second {second} from {} to {} and stays there, at constant load",
        time(before),
        time(after)
    );
    let evidence = Evidence::of(format!("{name} of all requests"), Figure::LatencyOverTime)
        .within(facts.seconds(&(point..end)))
        .number("start", second as f64, "s")
        .number("factor", after / before, "")
        .number("before", before, "ms")
        .number("after", after, "ms");
    let cost = if height > 0.0 { excess(facts, point..end, before) } else { 0.0 };
    Some(Draft::new(Kind::ChangePoint, claim).costs(cost, 0.0).evidence(evidence).or_else(
        "a change outside of the target: its neighbours, the network, a job that began",
        "look for what happened at that second: a deployment, a failover, a cache that expired, an autoscaler",
    ))
}

/// The share of all waiting that lies above `level` (milliseconds) in a range.
pub(super) fn excess(facts: &Facts<'_>, range: Range<usize>, level: f64) -> f64 {
    let above = |i: usize| {
        let point = &facts.points[i];
        point.latency.map_or(0.0, |l| (l.mean - level).max(0.0) * point.histogram.total as f64)
    };
    range.map(above).sum::<f64>() / facts.waited.max(1e-9)
}
