//! Slow drift: how steep, and whether it is there at all.

use super::describe::{median, quantile};
use super::distribution::{normal_cdf, normal_quantile};
use super::interval::Interval;
use super::serial::{inflation, lag1};

/// The most points that all pairs are formed of; beyond, every second, third, ... point is taken.
const MAX_POINTS: usize = 1_200;

/// A robust straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// How much y rises when x does by one.
    pub slope: f64,
    /// y at x = 0.
    pub intercept: f64,
    /// The slope's 95 % interval, which assumes independent deviations from the line.
    pub interval: Interval,
}

/// The line whose slope is the median of all pairs' slopes (Theil 1950; Sen 1968), through the median residual. A quarter of
/// the points may be anything. `None` below three points or if all have one x.
///
/// The interval's limits are order statistics of the N slopes, C = z sqrt(n(n - 1)(2n + 5)/18) ranks apart (Sen 1968).
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Slope> {
    let points = thinned(points);
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (i, a) in points.iter().enumerate() {
        slopes.extend(
            points[i + 1..].iter().filter(|b| (b.0 - a.0).abs() > 0.0).map(|b| (b.1 - a.1) / (b.0 - a.0)),
        );
    }
    if points.len() < 3 {
        return None;
    }
    let slope = median(&slopes)?;
    let residuals: Vec<f64> = points.iter().map(|(x, y)| slope.mul_add(-x, *y)).collect();
    let n = points.len() as f64;
    let apart =
        normal_quantile(0.975) * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt() / slopes.len() as f64;
    let limit = |q: f64| quantile(&slopes, q);
    let interval = Interval { low: limit(0.5 - apart / 2.0)?, high: limit(0.5 + apart / 2.0)? };
    Some(Slope { slope, intercept: median(&residuals)?, interval })
}

/// Whether values rise or fall with time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MonotoneTrend {
    /// Pairs that rise less pairs that fall, over all pairs: -1 to 1.
    pub tau: f64,
    /// The statistic in standard deviations, autocorrelation allowed for.
    pub z: f64,
    /// The two-sided p-value of `z`.
    pub p: f64,
    /// The correlation of neighbours, with the trend taken out.
    pub autocorrelation: f64,
}

/// Mann's test (1945) of evenly spaced values against a trend in either direction, corrected for autocorrelation as Yue &
/// Wang (2004) do: the variance of S grows by the [`inflation`] of the series less its Theil-Sen line. `None` below ten values.
///
/// S = sum over pairs of sign(later - earlier), var(S) = (n(n-1)(2n+5) - sum t(t-1)(2t+5)) / 18 with t the sizes of ties,
/// z = (S -+ 1)/sqrt(var).
pub fn mann_kendall(values: &[f64]) -> Option<MonotoneTrend> {
    if values.len() < 10 {
        return None;
    }
    let points: Vec<(f64, f64)> = values.iter().enumerate().map(|(i, v)| (i as f64, *v)).collect();
    let points = thinned(&points);
    let line = theil_sen(&points)?;
    let residuals: Vec<f64> = points.iter().map(|(x, y)| y - line.slope * x).collect();
    let autocorrelation = lag1(&residuals).unwrap_or(0.0);
    let n = points.len() as f64;
    let mut s = 0.0;
    for (i, earlier) in points.iter().enumerate() {
        let sign = |later: &(f64, f64)| f64::from(later.1 > earlier.1) - f64::from(later.1 < earlier.1);
        s += points[i + 1..].iter().map(sign).sum::<f64>();
    }
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties(&points)) / 18.0 * inflation(autocorrelation);
    let z = if variance > 0.0 && s != 0.0 { (s - s.signum()) / variance.sqrt() } else { 0.0 };
    let p = (2.0 * normal_cdf(-z.abs())).min(1.0);
    Some(MonotoneTrend { tau: s / (n * (n - 1.0) / 2.0), z, p, autocorrelation })
}

fn ties(points: &[(f64, f64)]) -> f64 {
    let mut sorted: Vec<f64> = points.iter().map(|p| p.1).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let group = |g: &[f64]| {
        let t = g.len() as f64;
        t * (t - 1.0) * (2.0 * t + 5.0)
    };
    sorted.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(group).sum()
}

fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let every = points.len().div_ceil(MAX_POINTS).max(1);
    points.iter().step_by(every).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: [f64; 12] = [5.0, 5.2, 4.9, 5.5, 5.6, 5.4, 5.9, 5.9, 6.3, 6.0, 6.4, 6.6];

    fn close(got: f64, expected: f64, within: f64) {
        assert!((got - expected).abs() < within, "{got} instead of {expected}");
    }

    fn numbered(values: &[f64]) -> Vec<(f64, f64)> {
        values.iter().enumerate().map(|(i, v)| (i as f64, *v)).collect()
    }

    /// Slope by `scipy.stats.theilslopes` 1.16.3; S and its variance by `pymannkendall.original_test` 1.4.3.
    #[test]
    fn as_the_references() {
        let line = theil_sen(&numbered(&SERIES)).unwrap();
        close(line.slope, 0.144_155_844_155_844_15, 1e-12);
        close(line.interval.low, 0.111_111_111_111_111_1, 0.01);
        close(line.interval.high, 0.175_000_000_000_000_04, 0.01);
        let trend = mann_kendall(&SERIES).unwrap();
        close(trend.tau, 0.833_333_333_333_333_4, 1e-12);
        close(trend.z * inflation(trend.autocorrelation).sqrt(), 3.711_654_341_766_742, 1e-9);
    }

    #[test]
    fn outliers_do_not_bend_the_line() {
        let mut points: Vec<(f64, f64)> = (0..40).map(|i| (f64::from(i), 3.0 + 0.5 * f64::from(i))).collect();
        for at in [3, 17, 30, 31, 39] {
            points[at].1 = 1e6;
        }
        let line = theil_sen(&points).unwrap();
        close(line.slope, 0.5, 1e-9);
        close(line.intercept, 3.0, 1e-9);
    }

    #[test]
    fn few_or_equal_values_have_no_trend() {
        assert_eq!(theil_sen(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]), None);
        assert_eq!(theil_sen(&[(1.0, 2.0), (2.0, 3.0)]), None);
        assert_eq!(mann_kendall(&[1.0; 9]), None);
        assert_eq!(mann_kendall(&[1.0; 30]).map(|t| (t.z, t.p)), Some((0.0, 1.0)));
    }
}
