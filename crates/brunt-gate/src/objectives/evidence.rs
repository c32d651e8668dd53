//! How much a figure is worth: the fewest samples that can show what an objective claims, and intervals.
//!
//! | Figure | Fewest samples | Interval (two-sided, 95 %) |
//! |---|---|---|
//! | a percentile q | ln 0.05 / ln q: with fewer, an upper 95 % limit does not exist (59 for p95, 299 for p99, 2,995 for p99.9) | t over batches |
//! | a share of at most a | ln 0.05 / ln (1 - a): as many successes in a row show it (598 for 0.5 %) | Wilson |
//! | a mean | 5 | t over batches |
//! | a balance over k values | 5 k: the chi-square test's own bound | - |
//! | all others | 1: they are counted, not estimated | - |
//!
//! Fewer samples are enough to fail when the failure is beyond doubt: the one-sided 95 % limit of Clopper and Pearson
//! (1934) for the share of what broke the limit is above the share that may.
//!
//! Batches: the run is cut into 10 to 40 stretches of equal length, each with as many samples as its figure needs; the half
//! width is t(K - 1) s / sqrt(K), widened by sqrt((1 + r) / (1 - r)) for the lag-1 autocorrelation r of the batches, 0 to
//! 0.8 (the procedure of `delivery.md` 6.3). Neighbouring seconds of a run are not independent; batches nearly are.

use super::part::{Part, point_of};
use brunt_objective::{Comparison, Point, Share, Statistic};
use statrs::distribution::{Beta, ChiSquared, ContinuousCDF, StudentsT};

/// What is left to chance.
const ALPHA: f64 = 0.05;

/// The normal deviate of a two-sided 95 % interval.
const Z: f64 = 1.959_964;

/// The fewest samples that make a mean.
const MEAN_SAMPLES: u64 = 5;

/// The most batches; twice as many are never kept.
const MAX_BATCHES: usize = 40;

/// The fewest batches that make an interval.
const MIN_BATCHES: usize = 10;

/// The largest autocorrelation that widening can make good.
const MAX_CORRELATION: f64 = 0.8;

/// The fewest samples with which an objective can be judged, for a limit in the figure's unit.
pub(super) fn fewest(statistic: Statistic, comparison: Comparison, limit: f64) -> u64 {
    match statistic {
        Statistic::Time { point: Point::Percentile(p), .. } => rule_of(p.quantile().max(1.0 - p.quantile())),
        Statistic::Time { point: Point::Average, .. } => MEAN_SAMPLES,
        Statistic::Time { point: Point::Minimum | Point::Maximum, .. } => 1,
        // What brunt dropped is counted, not estimated.
        Statistic::Share(Share::Drops) => 1,
        Statistic::Share(_) => allowed(comparison, limit).map_or(1, |a| rule_of(1.0 - a)),
        Statistic::Balance | Statistic::Count(_) | Statistic::Rate(_) | Statistic::Recovery => 1,
    }
}

/// The share of bad ones that an objective allows, if it is neither none nor all.
fn allowed(comparison: Comparison, limit: f64) -> Option<f64> {
    let share = match comparison {
        Comparison::Below | Comparison::AtMost => limit / 100.0,
        Comparison::Above | Comparison::AtLeast => 1.0 - limit / 100.0,
        Comparison::Equal | Comparison::Unequal | Comparison::About => return None,
    };
    (share > 1e-12 && share < 1.0 - 1e-12).then_some(share)
}

/// As many in a row, each with chance `q`, have the chance `ALPHA` together.
fn rule_of(q: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; saturates")]
    let n = (ALPHA.ln() / q.ln()).ceil() as u64;
    n.max(1)
}

/// Whether too few samples show a failure beyond doubt.
pub(super) fn fails_beyond_doubt(
    statistic: Statistic,
    comparison: Comparison,
    limit: f64,
    part: &Part,
) -> bool {
    let (bad, of, may) = match statistic {
        Statistic::Time { point: Point::Percentile(p), .. } => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative; saturates"
            )]
            let limit = brunt_metrics::Nanos((limit * 1e6).max(0.0).round() as u64);
            let above = part.times.count_above(limit);
            match comparison {
                Comparison::Below | Comparison::AtMost => (above, part.times.total, 1.0 - p.quantile()),
                Comparison::Above | Comparison::AtLeast => {
                    (part.times.total - above, part.times.total, p.quantile())
                }
                Comparison::Equal | Comparison::Unequal | Comparison::About => return false,
            }
        }
        Statistic::Share(_) => {
            let Some(may) = allowed(comparison, limit) else { return false };
            let bad = if comparison.is_upper() { part.hits } else { part.total - part.hits.min(part.total) };
            (bad, part.total, may)
        }
        Statistic::Time { .. }
        | Statistic::Count(_)
        | Statistic::Rate(_)
        | Statistic::Balance
        | Statistic::Recovery => return false,
    };
    lower_limit(bad, of).is_some_and(|lower| lower > may)
}

/// The one-sided lower 95 % limit of a share (Clopper and Pearson).
fn lower_limit(hits: u64, of: u64) -> Option<f64> {
    if hits == 0 || hits > of {
        return None;
    }
    let beta = Beta::new(hits as f64, (of - hits + 1) as f64).ok()?;
    Some(beta.inverse_cdf(ALPHA))
}

/// Wilson's interval of a share, in percent (Wilson 1927): with z for 95 %.
pub(super) fn wilson(hits: u64, of: u64) -> Option<(f64, f64)> {
    if of == 0 || hits > of {
        return None;
    }
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some((100.0 * ((middle - half) / scale).max(0.0), 100.0 * ((middle + half) / scale).min(1.0)))
}

/// The chance of counts at least so uneven if all values are equally likely (Pearson's chi-square test). `None` below two
/// values or where fewer than five are expected of each.
pub(super) fn evenness(part: &Part) -> Option<f64> {
    let k = part.values().len();
    let expected = part.total as f64 / k as f64;
    if k < 2 || expected < 5.0 {
        return None;
    }
    let statistic: f64 = part.values().map(|n| (n as f64 - expected).powi(2) / expected).sum();
    ChiSquared::new((k - 1) as f64).ok().map(|chi| chi.sf(statistic))
}

/// Stretches of a run, as few as are needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Batches {
    parts: Vec<Part>,
    /// Seconds in a full batch; a power of two.
    step: u64,
    /// Seconds in the last one.
    filled: u64,
}

impl Batches {
    /// Adds a second.
    pub(super) fn push(&mut self, second: &Part) {
        self.step = self.step.max(1);
        if self.parts.is_empty() || self.filled == self.step {
            if self.parts.len() == 2 * MAX_BATCHES {
                self.parts = joined(&self.parts, 2);
                self.step *= 2;
            }
            self.parts.push(Part::default());
            self.filled = 0;
        }
        self.filled += 1;
        if let Some(last) = self.parts.last_mut() {
            last.merge(second);
        }
    }

    /// The interval of a percentile or a mean around `figure`, in milliseconds.
    pub(super) fn interval(&self, point: Point, figure: f64) -> Option<(f64, f64)> {
        let needs = match point {
            Point::Percentile(p) => rule_of(p.quantile().max(1.0 - p.quantile())),
            Point::Average => MEAN_SAMPLES,
            // Extremes have no sampling distribution to speak of.
            Point::Minimum | Point::Maximum => return None,
        };
        // What the last, unfinished batch holds would weigh too much.
        let whole =
            if self.filled == self.step { self.parts.len() } else { self.parts.len().saturating_sub(1) };
        let (mut batches, mut width) = (self.parts[..whole].to_vec(), 1);
        while batches.len() > MAX_BATCHES || batches.iter().any(|b| b.times.total < needs) {
            width += 1;
            batches = joined(&self.parts[..whole], width);
            batches.truncate(whole / width);
            if batches.len() < MIN_BATCHES {
                return None;
            }
        }
        if batches.len() < MIN_BATCHES {
            return None;
        }
        let figures: Option<Vec<f64>> = batches.iter().map(|b| point_of(&b.times, point)).collect();
        let half = half_width(&figures?)?;
        Some(((figure - half).max(0.0), figure + half))
    }
}

fn joined(parts: &[Part], width: usize) -> Vec<Part> {
    let join = |parts: &[Part]| {
        let mut sum = Part::default();
        for part in parts {
            sum.merge(part);
        }
        sum
    };
    parts.chunks(width.max(1)).map(join).collect()
}

fn half_width(figures: &[f64]) -> Option<f64> {
    let k = figures.len() as f64;
    let mean = figures.iter().sum::<f64>() / k;
    let squares: f64 = figures.iter().map(|x| (x - mean).powi(2)).sum();
    let products: f64 = figures.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    let r = if squares > 0.0 { (products / squares).clamp(0.0, MAX_CORRELATION) } else { 0.0 };
    let t = StudentsT::new(0.0, 1.0, k - 1.0).ok()?.inverse_cdf(1.0 - ALPHA / 2.0);
    Some(t * (squares / (k - 1.0) / k).sqrt() * ((1.0 + r) / (1.0 - r)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::{Histogram, Nanos};
    use brunt_objective::{Basis, Percentile};

    #[test]
    fn the_fewest_samples_are_the_published_ones() {
        let percentile = |p| {
            let point = Point::Percentile(Percentile::new(p).unwrap());
            Statistic::Time { basis: Basis::Response, point }
        };
        for (statistic, comparison, limit, expected) in [
            (percentile(50.0), Comparison::Below, 1.0, 5),
            (percentile(5.0), Comparison::Below, 1.0, 59),
            (percentile(95.0), Comparison::Below, 1.0, 59),
            (percentile(99.0), Comparison::Below, 1.0, 299),
            (percentile(99.9), Comparison::Below, 1.0, 2_995),
            (Statistic::Share(Share::Errors), Comparison::Below, 0.5, 598),
            (Statistic::Share(Share::Errors), Comparison::Below, 0.1, 2_995),
            (Statistic::Share(Share::Checks), Comparison::Above, 99.0, 299),
            (Statistic::Share(Share::Errors), Comparison::AtMost, 0.0, 1),
            (Statistic::Share(Share::Drops), Comparison::Below, 0.1, 1),
        ] {
            assert_eq!(fewest(statistic, comparison, limit), expected, "{statistic} {limit}");
        }
    }

    /// Wilson: 1 of 10 is 1.79 % to 40.4 % (Newcombe 1998 gives such rows); Clopper and Pearson: 0.05^(1/n) for n of n.
    #[test]
    fn limits_of_shares() {
        let (low, high) = wilson(1, 10).unwrap();
        assert!((low - 1.788).abs() < 0.01 && (high - 40.415).abs() < 0.01, "{low} {high}");
        assert_eq!(wilson(0, 0), None);
        let lower = lower_limit(10, 10).unwrap();
        assert!((lower - 0.05_f64.powf(0.1)).abs() < 1e-6, "{lower}");
        assert_eq!(lower_limit(0, 10), None);
    }

    #[test]
    fn evenness_is_pearsons() {
        let part =
            |counts: &[u64]| Part::of_values(counts.iter().enumerate().map(|(i, n)| (i.to_string(), *n)));
        // chi2 = 2 with 2 degrees of freedom: p = exp(-1).
        let p = evenness(&part(&[110, 100, 90])).unwrap();
        assert!((p - (-1.0_f64).exp()).abs() < 1e-9, "{p}");
        assert_eq!(evenness(&part(&[4, 4])), None);
        assert_eq!(evenness(&part(&[400])), None);
    }

    /// Splitmix: the same numbers everywhere.
    fn uniform(state: &mut u64) -> f64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 300 seconds of 20 exponential times around 50 ms, `swing` of it moving slowly with the second (AR(1), 0.6).
    fn covered(swing: f64, runs: u64) -> f64 {
        // The truth of the mixture, from one very long run.
        let p95 = Percentile::new(95.0).unwrap();
        let simulate = |seed: u64, seconds: u64| {
            let mut state = seed;
            let (mut batches, mut whole, mut level) = (Batches::default(), Histogram::default(), 0.0);
            for _ in 0..seconds {
                let noise: f64 = (0..12).map(|_| uniform(&mut state)).sum::<f64>() - 6.0;
                level = 0.6 * level + 0.8 * noise;
                let mut times = Histogram::default();
                for _ in 0..20 {
                    let ms = 50.0 * (swing * level).exp() * -(1.0 - uniform(&mut state)).ln();
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive")]
                    times.record(Nanos((ms * 1e6) as u64));
                }
                let part = Part { times: times.to_sparse(), ..Part::default() };
                batches.push(&part);
                whole.add(&part.times);
            }
            (point_of(&whole.to_sparse(), Point::Percentile(p95)).unwrap(), batches)
        };
        let truth = simulate(7, 20_000).0;
        let hits = (0..runs).filter(|run| {
            let (figure, batches) = simulate(1_000 + run, 300);
            let (low, high) = batches.interval(Point::Percentile(p95), figure).unwrap();
            low <= truth && truth <= high
        });
        hits.count() as f64 / runs as f64
    }

    #[test]
    fn intervals_cover_what_they_say() {
        for (swing, what) in [(0.0, "independent"), (0.1, "AR(1)")] {
            let share = covered(swing, 150);
            // 95 % nominal; 150 runs have a standard error of 1.8 points.
            assert!((0.90..=0.99).contains(&share), "{what}: {share}");
        }
    }
}
