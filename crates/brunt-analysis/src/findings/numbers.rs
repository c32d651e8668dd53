//! What the detectors need of numbers beyond [`stats`](crate::stats).

use crate::stats::{Z_PER_MAD, inflation, lag1, mad};

pub(super) use crate::stats::{mean, median, quantile};

/// A robust estimate of the standard deviation.
pub(super) fn spread(values: &[f64]) -> Option<f64> {
    mad(values).map(|d| Z_PER_MAD * d)
}

/// How many independent values these are worth as residuals, since neighbours resemble each other.
pub(super) fn effective(rest: &[f64]) -> f64 {
    rest.len() as f64 / inflation(lag1(rest).unwrap_or(0.0))
}

/// A line through points by least squares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) slope: f64,
    pub(super) intercept: f64,
    /// The share of the variance that it explains.
    pub(super) r2: f64,
    /// The standard error of the slope, neighbours' correlation allowed for.
    pub(super) slope_error: f64,
}

/// The line through `(x, y)`; `None` below four points, or if all have one x.
pub(super) fn line(points: &[(f64, f64)]) -> Option<Line> {
    let n = points.len() as f64;
    if points.len() < 4 {
        return None;
    }
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let sxx: f64 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
    let sxy: f64 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    let syy: f64 = points.iter().map(|p| (p.1 - my).powi(2)).sum();
    if sxx <= 0.0 {
        return None;
    }
    let slope = sxy / sxx;
    let intercept = my - slope * mx;
    let rest: Vec<f64> = points.iter().map(|p| p.1 - intercept - slope * p.0).collect();
    let rss: f64 = rest.iter().map(|r| r * r).sum();
    let slope_error = (rss / (effective(&rest) - 2.0).max(1.0) / sxx).sqrt();
    let r2 = if syy > 0.0 { 1.0 - rss / syy } else { 0.0 };
    Some(Line { slope, intercept, r2, slope_error })
}

/// The longest run of neighbours below `n` for which `holds`.
pub(super) fn longest(n: usize, holds: impl Fn(usize) -> bool) -> std::ops::Range<usize> {
    let mut best = 0..0;
    let mut from = 0;
    for at in 0..=n {
        if at == n || !holds(at) {
            if at - from > best.len() {
                best = from..at;
            }
            from = at + 1;
        }
    }
    best
}
