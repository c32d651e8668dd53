//! When sessions begin: the day's shape, and burstiness across scales.
//!
//! The count of a day is halved twelve times, down to 21 seconds; each half takes a random share around what the day's shape says. How far
//! shares scatter is one number a level, the intra-class correlation of a beta-binomial law, from two sums. That is the
//! multiplicative cascade of Riedi, Crouse, Ribeiro and Baraniuk (1999), made discrete and seasonal.

use crate::random::Random;
use crate::trace::{Stretch, hour_of};
use serde::{Deserialize, Serialize};

const LEVELS: usize = 12;
const DAY_S: i64 = 86_400;
const HOUR_S: i64 = 3_600;

/// The law of begins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cascade {
    /// Begins per hour, by hour of the day (UTC).
    pub hours: Vec<f64>,
    /// What each weekday has of the mean, from Thursday (1970-01-01 was one).
    pub weekdays: Vec<f64>,
    /// How much days differ beyond chance: the squared coefficient of variation.
    pub day_dispersion: f64,
    /// How much halves differ beyond chance, from half days to 21 seconds: 0 as by chance, 1 all in one half.
    pub scatter: Vec<f64>,
}

/// Hours of each hour of the day that were observed.
pub(crate) fn exposure(observed: &[Stretch]) -> [f64; 24] {
    let mut hours = [0.0; 24];
    for piece in observed.iter().flat_map(|s| s.hours()) {
        hours[hour_of(piece.from_ms)] += piece.length_h();
    }
    hours
}

fn weekday_of(day: i64) -> usize {
    usize::try_from(day.rem_euclid(7)).unwrap_or(0)
}

/// Expected begins from midnight to each second, for a shape in begins per hour.
struct Shape {
    by_hour: [f64; 25],
}

impl Shape {
    fn of(hours: &[f64]) -> Self {
        let mut by_hour = [0.0; 25];
        for h in 0..24 {
            by_hour[h + 1] = by_hour[h] + hours.get(h).copied().unwrap_or(0.0);
        }
        Self { by_hour }
    }

    fn until(&self, second: f64) -> f64 {
        let hour = (second / HOUR_S as f64).clamp(0.0, 24.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 23")]
        let below = (hour as usize).min(23);
        self.by_hour[below] + (hour - below as f64) * (self.by_hour[below + 1] - self.by_hour[below])
    }

    /// The share of the first half, of cell `i` of `2^level`.
    fn first_half(&self, level: usize, i: usize) -> f64 {
        let width = DAY_S as f64 / f64::from(1_u32 << (level + 1));
        let at = |edge: usize| self.until(edge as f64 * width);
        let (a, b, c) = (at(2 * i), at(2 * i + 1), at(2 * i + 2));
        if c - a > 1e-12 { (b - a) / (c - a) } else { 0.5 }
    }
}

/// The days that have any observed time.
fn days(observed: &[Stretch]) -> std::ops::Range<i64> {
    let first = observed.first().map_or(0, |s| s.from_ms.div_euclid(DAY_S * 1_000));
    let last = observed.last().map_or(0, |s| (s.to_ms - 1).div_euclid(DAY_S * 1_000) + 1);
    first..last
}

/// The parts of a day that were observed, in seconds since its midnight.
fn parts(observed: &[Stretch], day: i64) -> Vec<(f64, f64)> {
    let midnight = day * DAY_S * 1_000;
    let within = |at: i64| (at - midnight).clamp(0, DAY_S * 1_000) as f64 / 1_000.0;
    observed.iter().map(|s| (within(s.from_ms), within(s.to_ms))).filter(|(a, b)| b > a).collect()
}

impl Cascade {
    /// Learns from begins, ascending, in milliseconds since 1970 UTC.
    pub(super) fn learn(begins_ms: &[i64], observed: &[Stretch]) -> Self {
        let hours = hours(begins_ms, observed);
        let shape = Shape::of(&hours);
        let weekdays = weekdays(begins_ms, observed, &shape);
        let mut sums = [(0.0, 0.0); LEVELS];
        let (mut seen, mut expected) = (Vec::new(), Vec::new());
        for day in days(observed) {
            let parts = parts(observed, day);
            let kept: f64 = parts.iter().map(|(a, b)| b - a).sum();
            let midnight = day * DAY_S * 1_000;
            let rows = begins_ms.partition_point(|t| *t < midnight)
                ..begins_ms.partition_point(|t| *t < midnight + DAY_S * 1_000);
            let seconds: Vec<f64> =
                begins_ms[rows].iter().map(|t| (t - midnight).div_euclid(1_000) as f64).collect();
            if kept > 0.5 * DAY_S as f64 {
                let of_shape: f64 = parts.iter().map(|(a, b)| shape.until(*b) - shape.until(*a)).sum();
                seen.push(seconds.len() as f64);
                expected.push(of_shape * weekdays[weekday_of(day)]);
            }
            for (level, sums) in sums.iter_mut().enumerate() {
                scatter_of(level, &seconds, &parts, &shape, sums);
            }
        }
        let scatter = sums.iter().map(|(a, b): &(f64, f64)| (a / b.max(1e-9)).clamp(0.0, 0.98)).collect();
        Self { day_dispersion: dispersion(&seen, &expected), hours, weekdays, scatter }
    }

    /// Draws the begins of a day: milliseconds since 1970 UTC, ascending. `rate` multiplies how many there are.
    pub(super) fn begins(&self, day: i64, rate: f64, random: &mut Random) -> Vec<i64> {
        let shape = Shape::of(&self.hours);
        let mut mean =
            shape.until(DAY_S as f64) * rate * self.weekdays.get(weekday_of(day)).copied().unwrap_or(1.0);
        if self.day_dispersion > 1e-6 {
            mean *= random.gamma(1.0 / self.day_dispersion, self.day_dispersion);
        }
        let mut counts = vec![random.poisson(mean)];
        for level in 0..LEVELS {
            let scatter = self.scatter.get(level).copied().unwrap_or(0.0);
            let mut halves = vec![0; 2 * counts.len()];
            for (i, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let mut share = shape.first_half(level, i);
                if scatter > 1e-4 {
                    let weight = 1.0 / scatter - 1.0;
                    share = random.beta((share * weight).max(1e-3), ((1.0 - share) * weight).max(1e-3));
                }
                halves[2 * i] = random.binomial(*count, share);
                halves[2 * i + 1] = count - halves[2 * i];
            }
            counts = halves;
        }
        let width_ms = (DAY_S * 1_000) as f64 / counts.len() as f64;
        let mut begins = Vec::new();
        for (i, count) in counts.into_iter().enumerate() {
            for _ in 0..count {
                #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a day")]
                begins.push(day * DAY_S * 1_000 + ((i as f64 + random.unit()) * width_ms) as i64);
            }
        }
        begins.sort_unstable();
        begins
    }

    /// Begins of a mean day.
    pub fn per_day(&self) -> f64 {
        self.hours.iter().sum()
    }
}

/// The day's shape, drawn towards a flat one by two hours' worth of it, and smoothed where there is little.
fn hours(begins_ms: &[i64], observed: &[Stretch]) -> Vec<f64> {
    let exposure = exposure(observed);
    let mut counts = [0.0; 24];
    for at in begins_ms {
        counts[hour_of(*at)] += 1.0;
    }
    let flat = begins_ms.len() as f64 / exposure.iter().sum::<f64>().max(1e-9);
    let hours: Vec<f64> = (0..24).map(|h| (counts[h] + 2.0 * flat) / (exposure[h] + 2.0)).collect();
    if begins_ms.len() >= 2_000 {
        return hours;
    }
    (0..24).map(|h| 0.25 * hours[(h + 23) % 24] + 0.5 * hours[h] + 0.25 * hours[(h + 1) % 24]).collect()
}

/// What weekdays have of what the shape says, drawn towards 1 by the worth of two mean days.
fn weekdays(begins_ms: &[i64], observed: &[Stretch], shape: &Shape) -> Vec<f64> {
    let (mut seen, mut expected) = ([0.0; 7], [0.0; 7]);
    for day in days(observed) {
        let of_shape: f64 = parts(observed, day).iter().map(|(a, b)| shape.until(*b) - shape.until(*a)).sum();
        expected[weekday_of(day)] += of_shape;
    }
    for at in begins_ms {
        seen[weekday_of(at.div_euclid(DAY_S * 1_000))] += 1.0;
    }
    let two_days = 2.0 * shape.until(DAY_S as f64);
    (0..7).map(|d| (seen[d] + two_days) / (expected[d] + two_days).max(1e-9)).collect()
}

/// Squared scatter beyond chance over squared expectation.
fn dispersion(seen: &[f64], expected: &[f64]) -> f64 {
    if seen.len() <= 2 {
        return 0.0;
    }
    let factor = seen.iter().sum::<f64>() / expected.iter().sum::<f64>().max(1e-9);
    let pairs = || seen.iter().zip(expected).map(|(n, e)| (*n, e * factor));
    let above: f64 = pairs().map(|(n, e)| (n - e).powi(2) - e).sum();
    let below: f64 = pairs().map(|(_, e)| e * e).sum();
    (above / below.max(1e-9)).max(0.0)
}

/// Adds a day's part of the two sums of one level: pairs of halves that were observed whole.
fn scatter_of(level: usize, seconds: &[f64], parts: &[(f64, f64)], shape: &Shape, sums: &mut (f64, f64)) {
    let width = DAY_S as f64 / f64::from(1_u32 << level);
    let mut at = 0;
    while at < seconds.len() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cell of the day")]
        let cell = (seconds[at] / width) as usize;
        let (from, to) = (cell as f64 * width, (cell + 1) as f64 * width);
        let end = at + seconds[at..].partition_point(|s| *s < to);
        let first = seconds[at..end].partition_point(|s| *s < from + width / 2.0) as f64;
        let n = (end - at) as f64;
        if n > 1.0 && parts.iter().any(|(a, b)| *a <= from && to <= *b) {
            let p = shape.first_half(level, cell);
            sums.0 += (first - n * p).powi(2) - n * p * (1.0 - p);
            sums.1 += n * (n - 1.0) * p * (1.0 - p);
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::Cascade;
    use crate::random::Random;
    use crate::trace::Stretch;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn what_it_draws_teaches_it_again() {
        let law = Cascade {
            hours: (0..24).map(|h| if (8..20).contains(&h) { 400.0 } else { 100.0 }).collect(),
            weekdays: vec![1.0; 7],
            day_dispersion: 0.04,
            scatter: (0..12).map(|level| 0.01 + 0.02 * f64::from(level)).collect(),
        };
        let mut begins = Vec::new();
        for day in 0..200 {
            begins.extend(law.begins(day, 1.0, &mut Random::new(&[9, u64::try_from(day).unwrap_or(0)])));
        }
        let again = Cascade::learn(&begins, &[Stretch { from_ms: 0, to_ms: 200 * DAY_MS }]);
        for (a, b) in law.hours.iter().zip(&again.hours) {
            assert!((a / b - 1.0).abs() < 0.1, "{a} {b}");
        }
        for (a, b) in law.scatter.iter().zip(&again.scatter) {
            assert!((a - b).abs() < 0.02, "{a} {b}");
        }
        assert!((again.day_dispersion - 0.04).abs() < 0.02, "{}", again.day_dispersion);
    }
}
