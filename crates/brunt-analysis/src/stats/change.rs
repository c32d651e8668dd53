//! When a series changed its level, and where it left it for a moment.

use super::describe::{mean, robust_z, variance};
use super::distribution::t_cdf;

/// A level that became another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangePoint {
    /// The first element of the new level.
    pub at: usize,
    /// The mean from the change before to this one.
    pub before: f64,
    /// The mean from this one to the next.
    pub after: f64,
    /// The two-sided p-value of Student's test of the two stretches.
    pub p: f64,
}

impl ChangePoint {
    /// The relative change: after / before - 1. Infinite from a level of zero.
    pub fn relative(&self) -> f64 {
        self.after / self.before - 1.0
    }
}

/// What counts as a change of level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangeRule {
    /// How many neighbours are looked at together.
    pub window: usize,
    /// The p-value that a change must be below.
    pub p: f64,
    /// The least relative change, of the greater of the two levels over the smaller: 0.05.
    pub magnitude: f64,
}

impl Default for ChangeRule {
    /// As Otava: 50 values, p below 0.001, 5 %.
    fn default() -> Self {
        Self { window: 50, p: 0.001, magnitude: 0.05 }
    }
}

/// The changes of level of a series of independent values: E-divisive (Matteson & James 2014) as Apache Otava (before: Hunter;
/// Fleming et al. 2023) does it. In half-overlapping windows, the split with the greatest energy distance is tried by
/// Student's t test at ten times the p-value; then the weakest points are merged away until all are below `rule.p` and at
/// least `rule.magnitude`.
///
/// Deterministic. Seconds of a run are correlated and make more changes than there are: give it batches.
pub fn change_points(series: &[f64], rule: ChangeRule) -> Vec<ChangePoint> {
    let mut found = Vec::new();
    let (window, mut start) = (rule.window.max(4), 0);
    while start < series.len() {
        let end = (start + window).min(series.len());
        let mut inside = Vec::new();
        split(series, start..end, (rule.p * 10.0).min(0.5), &mut inside);
        inside.sort_unstable();
        start = (start + window / 2).max(inside.last().copied().unwrap_or(0));
        found.extend(inside);
    }
    found.sort_unstable();
    found.dedup();
    merge(series, found, rule)
}

fn split(series: &[f64], range: std::ops::Range<usize>, p: f64, found: &mut Vec<usize>) {
    let Some(at) = best_split(&series[range.clone()]).map(|i| range.start + i) else { return };
    if student(&series[range.start..at], &series[at..range.end]).is_none_or(|seen| seen >= p) {
        return;
    }
    found.push(at);
    split(series, range.start..at, p, found);
    split(series, at..range.end, p, found);
}

/// The split with the greatest energy distance between both sides; `None` below four values.
///
/// q(k) = k(n-k)/n * (2 E|X-Y| - E|X-X'| - E|Y-Y'|), X before and Y from k on, from sums that are kept up as k moves.
fn best_split(values: &[f64]) -> Option<usize> {
    let n = values.len();
    let to = |x: f64, those: &[f64]| those.iter().map(|v| (v - x).abs()).sum::<f64>();
    let (mut left, mut right, mut between) = (0.0, 0.0, 0.0);
    for (i, x) in values.iter().enumerate() {
        right += to(*x, &values[i + 1..]);
    }
    let mut best: Option<(f64, usize)> = None;
    for k in 1..n.saturating_sub(1) {
        // The element k - 1 moves from the right to the left.
        let (to_left, to_right) = (to(values[k - 1], &values[..k - 1]), to(values[k - 1], &values[k..]));
        left += to_left;
        right -= to_right;
        between += to_right - to_left;
        if k < 2 {
            continue;
        }
        let (l, r) = (k as f64, (n - k) as f64);
        let distance = 2.0 * between / (l * r) - 2.0 * left / (l * (l - 1.0)) - 2.0 * right / (r * (r - 1.0));
        let q = l * r / (l + r) * distance;
        if best.is_none_or(|(most, _)| q > most) {
            best = Some((q, k));
        }
    }
    best.map(|(_, k)| k)
}

/// The two-sided p-value of Student's test with one pooled variance; `None` below two values on a side.
fn student(a: &[f64], b: &[f64]) -> Option<f64> {
    let (na, nb) = (a.len() as f64, b.len() as f64);
    let degrees = na + nb - 2.0;
    let pooled = ((na - 1.0) * variance(a)? + (nb - 1.0) * variance(b)?) / degrees;
    let difference = (mean(b)? - mean(a)?).abs();
    let error = (pooled * (1.0 / na + 1.0 / nb)).sqrt();
    if error > 0.0 {
        return Some((2.0 * t_cdf(-difference / error, degrees)).min(1.0));
    }
    Some(if difference > 0.0 { 0.0 } else { 1.0 })
}

fn merge(series: &[f64], mut at: Vec<usize>, rule: ChangeRule) -> Vec<ChangePoint> {
    loop {
        let points = described(series, &at);
        let weakest = points.iter().enumerate().max_by(|a, b| a.1.p.total_cmp(&b.1.p));
        let weakest = weakest.filter(|(_, c)| c.p >= rule.p).or_else(|| {
            let least = points.iter().enumerate().min_by(|a, b| size(a.1).total_cmp(&size(b.1)));
            least.filter(|(_, c)| size(c) < rule.magnitude)
        });
        match weakest {
            Some((index, _)) => drop(at.remove(index)),
            None => return points,
        }
    }
}

fn described(series: &[f64], at: &[usize]) -> Vec<ChangePoint> {
    let edge = |i: usize| at.get(i).copied().unwrap_or(series.len());
    let point = |(i, here): (usize, &usize)| {
        let (before, after) =
            (&series[if i == 0 { 0 } else { at[i - 1] }..*here], &series[*here..edge(i + 1)]);
        ChangePoint {
            at: *here,
            before: mean(before).unwrap_or_default(),
            after: mean(after).unwrap_or_default(),
            // A stretch of one value says nothing.
            p: student(before, after).unwrap_or(1.0),
        }
    };
    at.iter().enumerate().map(point).collect()
}

/// The greater level over the smaller, less one; infinite where one is zero or the sign changes.
fn size(change: &ChangePoint) -> f64 {
    let (a, b) = (change.before.abs(), change.after.abs());
    let (small, great) = if a < b { (a, b) } else { (b, a) };
    if small > 0.0 && change.before * change.after > 0.0 { great / small - 1.0 } else { f64::INFINITY }
}

/// A stretch of a series away from its usual level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anomaly {
    /// Its first element.
    pub from: usize,
    /// Its last element.
    pub to: usize,
    /// The value farthest from the median.
    pub extreme: f64,
    /// Its robust z.
    pub z: f64,
}

/// What counts as away from the usual level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnomalyRule {
    /// The least robust z, in either direction.
    pub z: f64,
    /// Of how many neighbours...
    pub of: usize,
    /// ... so many must be beyond, on the same side.
    pub least: usize,
}

impl Default for AnomalyRule {
    /// 3.5 (Iglewicz & Hoaglin 1993), three of five.
    fn default() -> Self {
        Self { z: 3.5, of: 5, least: 3 }
    }
}

/// The stretches of a series that leave its usual level and stay away. None where more than half of the values are equal.
pub fn anomalies(series: &[f64], rule: AnomalyRule) -> Vec<Anomaly> {
    let Some(z) = robust_z(series) else { return Vec::new() };
    let mut found = [1.0, -1.0].map(|side| stretches(series, &z, side, rule)).concat();
    found.sort_by_key(|a| a.from);
    found
}

fn stretches(series: &[f64], z: &[f64], side: f64, rule: AnomalyRule) -> Vec<Anomaly> {
    let beyond = |i: usize| z[i] * side >= rule.z;
    let mut found: Vec<Anomaly> = Vec::new();
    for start in 0..series.len() {
        let window = start..(start + rule.of).min(series.len());
        let mut those = window.filter(|i| beyond(*i));
        let Some(from) = those.next().filter(|i| *i == start) else { continue };
        let rest: Vec<usize> = those.collect();
        if 1 + rest.len() < rule.least.max(1) {
            continue;
        }
        let to = rest.last().copied().unwrap_or(from);
        match found.last_mut() {
            Some(last) if from <= last.to + 1 => last.to = last.to.max(to),
            Some(_) | None => found.push(Anomaly { from, to, extreme: series[from], z: z[from] }),
        }
    }
    for anomaly in &mut found {
        for i in anomaly.from..=anomaly.to {
            if z[i] * side > anomaly.z * side {
                (anomaly.extreme, anomaly.z) = (series[i], z[i]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::quantile;

    /// Values around a level, from a fixed low-discrepancy sequence turned normal.
    fn noisy(levels: &[(f64, usize)]) -> Vec<f64> {
        let noise =
            |i: usize| crate::stats::normal_quantile((0.5 + i as f64 * 0.754_877_666_246_693).fract());
        let levels = levels.iter().flat_map(|(level, n)| std::iter::repeat_n(*level, *n));
        levels.enumerate().map(|(i, level)| level * (1.0 + 0.02 * noise(i))).collect()
    }

    fn check(levels: &[(f64, usize)], expected: &[usize]) {
        let found: Vec<usize> =
            change_points(&noisy(levels), ChangeRule::default()).iter().map(|c| c.at).collect();
        let near =
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 1);
        assert!(near, "{levels:?}: {found:?} instead of {expected:?}");
    }

    #[test]
    fn levels_are_told_apart() {
        check(&[(100.0, 200)], &[]);
        check(&[(100.0, 60), (110.0, 60)], &[60]);
        check(&[(100.0, 60), (110.0, 50), (90.0, 100)], &[60, 110]);
        // Below the magnitude that matters.
        check(&[(100.0, 100), (102.0, 100)], &[]);
        check(&[(100.0, 3)], &[]);
        check(&[], &[]);
    }

    #[test]
    fn a_change_says_its_levels() {
        let found = change_points(&noisy(&[(100.0, 60), (120.0, 60)]), ChangeRule::default());
        assert!(
            found.len() == 1 && (found[0].relative() - 0.2).abs() < 0.01 && found[0].p < 1e-9,
            "{found:?}"
        );
    }

    #[test]
    fn the_split_is_the_one_of_the_definition() {
        let values = noisy(&[(10.0, 9), (11.0, 6)]);
        let mean_distance = |a: &[f64], b: &[f64]| {
            let all: f64 = a.iter().flat_map(|x| b.iter().map(move |y| (x - y).abs())).sum();
            let pairs = a.len() * if std::ptr::eq(a, b) { a.len() - 1 } else { b.len() };
            all / pairs as f64
        };
        let q = |k: usize| {
            let (l, r) = values.split_at(k);
            let n = values.len() as f64;
            let distance = 2.0 * mean_distance(l, r) - mean_distance(l, l) - mean_distance(r, r);
            (l.len() as f64) * (r.len() as f64) / n * distance
        };
        let best = (2..values.len() - 1).max_by(|a, b| q(*a).total_cmp(&q(*b)));
        assert_eq!(best_split(&values), best);
    }

    #[test]
    fn bursts_are_found_and_single_spikes_are_not() {
        let mut series = noisy(&[(100.0, 100)]);
        series[20] = 150.0;
        assert_eq!(anomalies(&series, AnomalyRule::default()), vec![]);
        for (at, value) in
            [(50, 140.0), (51, 160.0), (53, 145.0), (54, 150.0), (80, 50.0), (81, 50.0), (82, 50.0)]
        {
            series[at] = value;
        }
        let found: Vec<_> =
            anomalies(&series, AnomalyRule::default()).iter().map(|a| (a.from, a.to, a.extreme)).collect();
        assert_eq!(found, vec![(50, 54, 160.0), (80, 82, 50.0)]);
        assert!(quantile(&series, 0.5).is_some_and(|m| (m - 100.0).abs() < 1.0));
    }
}
