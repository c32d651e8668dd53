//! How long an answer takes: distributions with a known mean and known quantiles.
//!
//! For: drawing a delay per request, and knowing the truth that a measurement of these delays must find.
//! Not for: waiting, and not for what happens between requests (queues, stalls: see
//! [`crate::mock`]). Start with [`Latency`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    duration_text,
    random::{Draws, Purpose},
};

/// No draw is longer than this: the unbounded tails end here, so that a test ends too.
pub const LONGEST_DRAW: Duration = Duration::from_mins(1);

/// The distribution of a delay.
///
/// Draws lie in `[0, LONGEST_DRAW]`. [`Latency::mean`] and [`Latency::quantile`] give the closed forms; they do not
/// account for the cut at [`LONGEST_DRAW`], which is only visible in distributions with delays of many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Latency {
    /// Always the same.
    Constant(#[serde(with = "duration_text")] Duration),
    /// Every value in `[min, max]` alike.
    Uniform {
        /// The shortest delay.
        #[serde(with = "duration_text")]
        min: Duration,
        /// The longest delay.
        #[serde(with = "duration_text")]
        max: Duration,
    },
    /// A normal distribution; what falls below zero becomes zero.
    Normal {
        /// The mean before clamping.
        #[serde(with = "duration_text")]
        mean: Duration,
        /// The standard deviation before clamping.
        #[serde(with = "duration_text")]
        deviation: Duration,
    },
    /// An exponential distribution.
    Exponential {
        /// The mean.
        #[serde(with = "duration_text")]
        mean: Duration,
    },
    /// A log-normal distribution: the usual shape of real services.
    LogNormal {
        /// The median.
        #[serde(with = "duration_text")]
        median: Duration,
        /// The standard deviation of the logarithm (no unit); 0.3 is a narrow service, 1 a wild one.
        sigma: f64,
    },
    /// Either of two values, as with a cache that hits or misses.
    Bimodal {
        /// The usual delay.
        #[serde(with = "duration_text")]
        fast: Duration,
        /// The delay of the slow share.
        #[serde(with = "duration_text")]
        slow: Duration,
        /// The share of slow answers, 0 to 1.
        slow_share: f64,
    },
}

impl Latency {
    /// No delay at all.
    pub const NONE: Self = Self::Constant(Duration::ZERO);

    /// The delay of the request that `draws` belongs to.
    pub(crate) fn draw(&self, draws: Draws) -> Duration {
        let seconds = match *self {
            Self::Constant(delay) => return delay.min(LONGEST_DRAW),
            Self::Uniform { min, max } => {
                let (min, max) = (min.as_secs_f64(), max.as_secs_f64());
                min + (max - min) * draws.uniform(Purpose::Latency)
            }
            Self::Normal { mean, deviation } => mean.as_secs_f64() + deviation.as_secs_f64() * draws.normal(),
            Self::Exponential { mean } => -mean.as_secs_f64() * draws.uniform(Purpose::Latency).ln(),
            Self::LogNormal { median, sigma } => median.as_secs_f64() * (sigma * draws.normal()).exp(),
            Self::Bimodal { fast, slow, slow_share } => {
                return if draws.uniform(Purpose::Latency) < slow_share { slow } else { fast }
                    .min(LONGEST_DRAW);
            }
        };
        clamp(seconds)
    }

    /// In words: `12ms (log-normal, sigma 0.5)`.
    pub(crate) fn describe(&self) -> String {
        let print = duration_text::print;
        match *self {
            Self::Constant(delay) => print(delay),
            Self::Uniform { min, max } => format!("{} to {} (uniform)", print(min), print(max)),
            Self::Normal { mean, deviation } => format!("{} ± {} (normal)", print(mean), print(deviation)),
            Self::Exponential { mean } => format!("{} on average (exponential)", print(mean)),
            Self::LogNormal { median, sigma } => format!("{} (log-normal, sigma {sigma})", print(median)),
            Self::Bimodal { fast, slow, slow_share } => {
                format!("{}, or {} in a share of {slow_share}", print(fast), print(slow))
            }
        }
    }

    /// The mean delay in closed form.
    ///
    /// With mean m, deviation s, φ and Φ the standard normal's density and distribution function: the clamped normal has
    /// `m Φ(m/s) + s φ(m/s)`, the log-normal `median exp(sigma²/2)`, the bimodal `fast (1-p) + slow p`. Exact but for
    /// the clamped normal, whose Φ is good to 1e-7.
    pub fn mean(&self) -> Duration {
        let seconds = match *self {
            Self::Constant(delay) => return delay,
            Self::Uniform { min, max } => return (min + max) / 2,
            Self::Exponential { mean } => return mean,
            Self::Normal { mean, deviation } => {
                let (m, s) = (mean.as_secs_f64(), deviation.as_secs_f64());
                if s == 0.0 { m } else { m * normal_distribution(m / s) + s * normal_density(m / s) }
            }
            Self::LogNormal { median, sigma } => median.as_secs_f64() * (sigma * sigma / 2.0).exp(),
            Self::Bimodal { fast, slow, slow_share } => {
                fast.as_secs_f64() * (1.0 - slow_share) + slow.as_secs_f64() * slow_share
            }
        };
        Duration::from_secs_f64(seconds.clamp(0.0, MANY_SECONDS))
    }

    /// The delay that a share `p` of the answers does not exceed, for `p` in `(0, 1)`; `p` outside is moved inside.
    ///
    /// The normal and log-normal are good to about 1e-3 of their spread for `p` up to 0.9999, the others are exact.
    pub fn quantile(&self, p: f64) -> Duration {
        let p = p.clamp(1e-9, 1.0 - 1e-9);
        let seconds = match *self {
            Self::Constant(delay) => return delay,
            Self::Uniform { min, max } => {
                let (min, max) = (min.as_secs_f64(), max.as_secs_f64());
                min + (max - min) * p
            }
            Self::Normal { mean, deviation } => {
                mean.as_secs_f64() + deviation.as_secs_f64() * normal_quantile(p)
            }
            Self::Exponential { mean } => -mean.as_secs_f64() * (1.0 - p).ln(),
            Self::LogNormal { median, sigma } => median.as_secs_f64() * (sigma * normal_quantile(p)).exp(),
            Self::Bimodal { fast, slow, slow_share } => {
                let (low, low_share, high) =
                    if fast <= slow { (fast, 1.0 - slow_share, slow) } else { (slow, slow_share, fast) };
                return if p <= low_share { low } else { high };
            }
        };
        Duration::from_secs_f64(seconds.clamp(0.0, MANY_SECONDS))
    }

    /// What is wrong with the parameters, one sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        match *self {
            Self::Constant(_) | Self::Exponential { .. } | Self::Normal { .. } => {}
            Self::Uniform { min, max } => {
                if min > max {
                    problems.push("`min` is greater than `max`".to_owned());
                }
            }
            Self::LogNormal { sigma, .. } => {
                if !(0.0..=5.0).contains(&sigma) {
                    problems.push(format!("`sigma` is {sigma}, which is not between 0 and 5"));
                }
            }
            Self::Bimodal { slow_share, .. } => {
                if !(0.0..=1.0).contains(&slow_share) {
                    problems
                        .push(format!("`slow_share` is {slow_share}, which is not a share between 0 and 1"));
                }
            }
        }
        problems
    }
}

/// Far beyond any delay, yet safe to make a `Duration` of.
const MANY_SECONDS: f64 = 1e9;

fn clamp(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, LONGEST_DRAW.as_secs_f64()))
}

fn normal_density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

/// Φ, by formula 7.1.26 of Abramowitz and Stegun, "Handbook of Mathematical Functions"; absolute error below 1.5e-7.
fn normal_distribution(x: f64) -> f64 {
    const A: [f64; 5] = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429];
    let y = x.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * y);
    let series = t * (A[0] + t * (A[1] + t * (A[2] + t * (A[3] + t * A[4]))));
    let upper_tail = series * (-y * y).exp() / 2.0;
    if x < 0.0 { upper_tail } else { 1.0 - upper_tail }
}

/// The inverse of Φ by bisection: slow and plain, for truths and not for the serving path.
fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    // 60 halvings of an interval of 20 leave less than an f64 can tell apart.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal_distribution(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: u64 = 40_000;

    fn ms(value: f64) -> Duration {
        Duration::from_secs_f64(value / 1e3)
    }

    fn all() -> [Latency; 7] {
        [
            Latency::Constant(ms(5.0)),
            Latency::Uniform { min: ms(1.0), max: ms(9.0) },
            Latency::Normal { mean: ms(10.0), deviation: ms(2.0) },
            Latency::Normal { mean: ms(1.0), deviation: ms(2.0) },
            Latency::Exponential { mean: ms(5.0) },
            Latency::LogNormal { median: ms(12.0), sigma: 0.5 },
            Latency::Bimodal { fast: ms(2.0), slow: ms(80.0), slow_share: 0.05 },
        ]
    }

    fn draws_of(latency: Latency) -> Vec<f64> {
        let mut draws: Vec<f64> =
            (0..COUNT).map(|number| latency.draw(Draws::new(11, 0, number)).as_secs_f64()).collect();
        draws.sort_by(f64::total_cmp);
        draws
    }

    #[test]
    fn drawn_means_are_the_closed_forms() {
        for latency in all() {
            let draws = draws_of(latency);
            let n = draws.len() as f64;
            let mean = draws.iter().sum::<f64>() / n;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            let truth = latency.mean().as_secs_f64();
            let five_errors = 5.0 * (variance / n).sqrt() + 1e-9;
            assert!((mean - truth).abs() < five_errors, "{latency:?}: {mean} is not {truth}");
        }
    }

    #[test]
    fn drawn_quantiles_are_the_closed_forms() {
        for latency in all() {
            let draws = draws_of(latency);
            for p in [0.1, 0.5, 0.9, 0.99] {
                let truth = latency.quantile(p).as_secs_f64();
                let below = draws.iter().filter(|x| **x <= truth + 1e-9).count() as f64 / draws.len() as f64;
                // At an atom (constant, bimodal, the clamped zero) more than p may lie at or below.
                assert!(below > p - 0.01, "{latency:?} p{p}: {below}");
                let strictly =
                    draws.iter().filter(|x| **x < truth - 1e-9).count() as f64 / draws.len() as f64;
                assert!(strictly < p + 0.01, "{latency:?} p{p}: {strictly}");
            }
        }
    }

    #[test]
    fn the_normal_matches_its_table() {
        // Abramowitz and Stegun, table 26.1 and 26.5.
        for (x, p) in
            [(0.0, 0.5), (1.0, 0.841_344_7), (-1.0, 0.158_655_3), (1.959_964, 0.975), (2.326_348, 0.99)]
        {
            assert!((normal_distribution(x) - p).abs() < 1e-6, "{x}");
            assert!((normal_quantile(p) - x).abs() < 1e-5, "{p}");
        }
    }

    #[test]
    fn draws_are_cut() {
        let endless = Latency::Exponential { mean: Duration::from_hours(1) };
        assert!((0..100).all(|n| endless.draw(Draws::new(0, 0, n)) <= LONGEST_DRAW));
    }
}
