//! Estimates with their uncertainty.

use super::describe::{mean, std_dev};
use super::distribution::{beta_quantile, normal_quantile, t_quantile};
use super::serial::{Batches, inflation};
use serde::{Deserialize, Serialize};

/// From where to where a quantity may lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower limit.
    pub low: f64,
    /// Its upper limit.
    pub high: f64,
}

impl Interval {
    /// Whether a value lies in it; its limits do.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// An estimated quantity whose error follows Student's distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The standard deviation of its error.
    pub error: f64,
    /// Degrees of freedom of `error`.
    pub degrees: f64,
}

impl Estimate {
    /// The mean of values whose neighbours are correlated by `autocorrelation` (0 for independent ones); `None` below two.
    ///
    /// The error is s * sqrt(f / n), s the standard deviation of the n values and f their [`inflation`]; the degrees of freedom are
    /// n - 1. Taking them from the n / f values that these are worth (Zwiers & von Storch 1995) was tried in simulation: it costs a
    /// fifth of the power where correlation is slight, and holds no error rate that this does not.
    pub fn of_mean(values: &[f64], autocorrelation: f64) -> Option<Self> {
        let n = values.len() as f64;
        let error = std_dev(values)? * (inflation(autocorrelation) / n).sqrt();
        Some(Self { value: mean(values)?, error, degrees: n - 1.0 })
    }

    /// The mean of batches.
    pub fn of_batches(batches: &Batches) -> Option<Self> {
        Self::of_mean(&batches.values, batches.autocorrelation)
    }

    /// The two-sided interval that holds the truth with the given confidence: value +- t * error.
    pub fn interval(&self, confidence: f64) -> Interval {
        let reach = t_quantile(0.5 + confidence / 2.0, self.degrees) * self.error;
        Interval { low: self.value - reach, high: self.value + reach }
    }

    /// The chance of a value as high as this, or higher, if the truth were `truth`: a one-sided p-value.
    pub fn p_above(&self, truth: f64) -> f64 {
        match self.value.total_cmp(&truth) {
            _ if self.error > 0.0 => 1.0 - super::t_cdf((self.value - truth) / self.error, self.degrees),
            std::cmp::Ordering::Greater => 0.0,
            std::cmp::Ordering::Equal | std::cmp::Ordering::Less => 1.0,
        }
    }
}

/// Wilson's interval for a share of which `hits` of `n` were seen (Wilson 1927); `None` for `n` = 0.
///
/// With p = hits/n and z the normal quantile: (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). Good at small
/// shares; assumes independent trials.
pub fn wilson(hits: u64, n: u64, confidence: f64) -> Option<Interval> {
    if n == 0 {
        return None;
    }
    let (count, share) = (n as f64, hits.min(n) as f64 / n as f64);
    let z2 = normal_quantile(0.5 + confidence / 2.0).powi(2);
    let middle = share + z2 / (2.0 * count);
    let reach = (z2 * (share * (1.0 - share) / count + z2 / (4.0 * count * count))).sqrt();
    let scale = 1.0 + z2 / count;
    Some(Interval { low: ((middle - reach) / scale).max(0.0), high: ((middle + reach) / scale).min(1.0) })
}

/// The exact interval for a share of which `hits` of `n` were seen (Clopper & Pearson 1934): it holds the truth *at least*
/// with the given confidence. `None` for `n` = 0. Assumes independent trials.
///
/// Its limits are beta quantiles: B(a/2; k, n-k+1) and B(1 - a/2; k+1, n-k), with k the hits and a = 1 - confidence.
pub fn clopper_pearson(hits: u64, n: u64, confidence: f64) -> Option<Interval> {
    if n == 0 {
        return None;
    }
    let (k, count, half) = (hits.min(n) as f64, n as f64, (1.0 - confidence) / 2.0);
    let low = if hits == 0 { 0.0 } else { beta_quantile(half, k, count - k + 1.0) };
    let high = if hits >= n { 1.0 } else { beta_quantile(1.0 - half, k + 1.0, count - k) };
    Some(Interval { low, high })
}

/// Between which limits one more value of the same (normal) population lies, two-sided: mean +- t s sqrt(1 + 1/n), s the
/// standard deviation of the n values and t of n - 1 degrees of freedom (Hahn & Meeker 1991, 4.7). `None` below two values.
pub fn prediction(values: &[f64], confidence: f64) -> Option<Interval> {
    let n = values.len() as f64;
    let estimate =
        Estimate { value: mean(values)?, error: std_dev(values)? * (1.0 + 1.0 / n).sqrt(), degrees: n - 1.0 };
    Some(estimate.interval(confidence))
}

/// The smallest true effect that a one-sided test at level `alpha` finds with probability `power`, to first order:
/// (t(1 - alpha) + t(power)) * error.
pub fn detectable(estimate: &Estimate, alpha: f64, power: f64) -> f64 {
    (t_quantile(1.0 - alpha, estimate.degrees) + t_quantile(power, estimate.degrees)) * estimate.error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(got: Interval, low: f64, high: f64) {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(got.low, low) && close(got.high, high), "{got:?} instead of {low} .. {high}");
    }

    /// By `statsmodels.stats.proportion.proportion_confint` 0.15 (methods "wilson" and "beta").
    #[test]
    fn intervals_of_shares() {
        for (hits, n, w, c) in SHARES {
            check(wilson(hits, n, 0.95).unwrap(), w.0, w.1);
            check(clopper_pearson(hits, n, 0.95).unwrap(), c.0, c.1);
        }
        assert_eq!((wilson(0, 0, 0.9), clopper_pearson(0, 0, 0.9)), (None, None));
    }

    /// Hits, trials, Wilson's limits, Clopper's and Pearson's.
    type Row = (u64, u64, (f64, f64), (f64, f64));

    const SHARES: [Row; 4] = [
        (0, 20, (0.0, 0.161_125_158_052_819_4), (0.0, 0.168_433_470_983_085_34)),
        (
            3,
            50,
            (0.020_614_970_348_973_943, 0.162_170_916_888_381_73),
            (0.012_548_587_835_334_06, 0.165_481_946_603_772_88),
        ),
        (50, 50, (0.928_652_400_866_641_2, 1.0), (0.928_878_263_535_802_4, 1.0)),
        (
            120,
            1000,
            (0.101_299_260_601_309_12, 0.141_609_075_847_712_76),
            (0.100_500_923_748_167_85, 0.141_766_863_792_825_44),
        ),
    ];

    /// By `scipy.stats.ttest_1samp(...).confidence_interval(0.9)`, `SciPy` 1.16.3.
    #[test]
    fn intervals_of_means() {
        let values = [5.1, 4.9, 5.6, 5.8, 6.0, 5.2];
        let estimate = Estimate::of_mean(&values, 0.0).unwrap();
        check(estimate.interval(0.9), 5.077_912_208_293_039, 5.788_754_458_373_628);
        assert!((estimate.p_above(5.0) - 0.028_728_132_634_566_13).abs() < 1e-12);
        // Correlated by 0.5, the same values are worth a third.
        let wide = Estimate::of_mean(&values, 0.5).unwrap();
        assert!((wide.error / estimate.error - 3.0_f64.sqrt()).abs() < 1e-12);
        // One more value: sqrt(1 + n) as uncertain as the mean of n.
        let more = prediction(&values, 0.9).unwrap();
        let (whole, part) = (more.high - more.low, estimate.interval(0.9));
        assert!((whole / (part.high - part.low) - 7.0_f64.sqrt()).abs() < 1e-9);
        assert_eq!(prediction(&[1.0], 0.9), None);
    }

    #[test]
    fn without_spread_a_difference_is_certain() {
        let same = Estimate::of_mean(&[2.0, 2.0, 2.0], 0.0).unwrap();
        assert_eq!((same.p_above(1.0), same.p_above(2.0), same.p_above(3.0)), (0.0, 1.0, 1.0));
        check(same.interval(0.9), 2.0, 2.0);
    }
}
