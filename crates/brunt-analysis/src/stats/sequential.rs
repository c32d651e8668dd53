//! Looking continuously without being fooled: e-processes.
//!
//! An e-process starts at 1 and, as long as nothing is wrong, has an expectation of at most 1 at any instant that one may stop
//! at. So it exceeds 1/alpha at any time with a probability of at most alpha (Ville 1939): one may look each second, and
//! stop when one likes. See Ramdas, Grunwald, Vovk & Shafer (2023), "Game-theoretic statistics and safe anytime-valid inference".

use super::serial::{CAUTION, inflation};

/// The odds ratios that are bet on: how many times more likely a candidate's request fails.
const ODDS: [f64; 7] = [1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0];
/// Bets on differences of log latency, in units of 1/(their scale). The least ones are for differences so
/// great that they are more than the others dare.
const STAKES: [f64; 8] = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// Watches whether errors fall to the candidate more than its share of requests explains.
///
/// Given an error, and if both fail alike, it is the candidate's with probability `pi = n_c/(n_c + n_b)`, its share of the slice's
/// requests. Against odds ratio r it would be p = pi r/(pi r + 1 - pi). The e-value is the mean over r of
/// product((p/pi)^c ((1 - p)/(1 - pi))^b), c and b the errors of candidate and baseline. Exact for independent errors;
/// `dispersion` (variance over mean of the baseline's error counts, 1 if independent) tempers it for bursts.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorWatch {
    logs: [f64; ODDS.len()],
    dispersion: f64,
    highest: f64,
}

/// Requests and errors of one arm in a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that ended.
    pub requests: u64,
    /// Of these, those that failed.
    pub errors: u64,
}

impl ErrorWatch {
    /// A watch that has seen nothing. A dispersion below 1 is taken as 1.
    pub fn new(dispersion: f64) -> Self {
        Self { logs: [0.0; ODDS.len()], dispersion: dispersion.max(1.0), highest: 1.0 }
    }

    /// Takes in a slice of both arms, and answers the e-value now.
    pub fn add(&mut self, baseline: Tally, candidate: Tally) -> f64 {
        let all = baseline.requests + candidate.requests;
        if baseline.requests > 0 && candidate.requests > 0 {
            let share = candidate.requests as f64 / all as f64;
            for (log, odds) in self.logs.iter_mut().zip(ODDS) {
                let bet = share * odds / (share * odds + 1.0 - share);
                let gain = candidate.errors as f64 * (bet / share).ln()
                    + baseline.errors as f64 * ((1.0 - bet) / (1.0 - share)).ln();
                *log += gain / self.dispersion;
            }
        }
        let now = mean_exp(&self.logs);
        self.highest = self.highest.max(now);
        now
    }

    /// The highest e-value so far: its inverse is an always-valid p-value.
    pub fn highest(&self) -> f64 {
        self.highest
    }
}

/// Watches whether differences of log latency (candidate less baseline, one a slice) lie above a margin.
///
/// M = mean over stakes s of product(exp(s d - f s^2 d^2 / 2)), d the difference less the margin over `scale`. With f = 1 it is
/// an e-process as long as d is symmetric around 0 or below given the past (de la Pena 1999). Slices that resemble their neighbours
/// are not: f is the [`inflation`] by the autocorrelation of the slices before, taken with [`CAUTION`] of its error, so that the
/// quadratic part is that of their sum. This is no proof but a correction of the first order; what it holds is simulated in
/// `docs/statistics.md`. `scale` is a typical size of d, fixed beforehand; it changes power and not validity. Both arms
/// must be thinned to the same number of requests, or d is not symmetric.
///
/// Differences that only grow, as of a target beyond its capacity, are taken for correlation and raise no alarm in useful time.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyWatch {
    logs: [f64; STAKES.len()],
    margin: f64,
    scale: f64,
    highest: f64,
    past: Neighbours,
}

impl LatencyWatch {
    /// A watch for differences above `margin` (in logarithms: 0.1 for some 10 %). A scale that is not above 0 is taken as 1.
    pub fn new(margin: f64, scale: f64) -> Self {
        let scale = if scale > 0.0 { scale } else { 1.0 };
        Self { logs: [0.0; STAKES.len()], margin, scale, highest: 1.0, past: Neighbours::default() }
    }

    /// Takes in the next difference, and answers the e-value now.
    pub fn add(&mut self, difference: f64) -> f64 {
        let d = (difference - self.margin) / self.scale;
        let factor = inflation(self.past.autocorrelation());
        self.past.add(d);
        for (log, stake) in self.logs.iter_mut().zip(STAKES) {
            *log += stake.mul_add(d, -factor * (stake * d).powi(2) / 2.0);
        }
        let now = mean_exp(&self.logs);
        self.highest = self.highest.max(now);
        now
    }

    /// The highest e-value so far: its inverse is an always-valid p-value.
    pub fn highest(&self) -> f64 {
        self.highest
    }
}

/// Until so many slices are known, neighbours are taken to be correlated by [`UNKNOWN`].
const KNOWN: f64 = 10.0;
/// What is assumed of slices that are too few to tell.
const UNKNOWN: f64 = 0.5;

/// The sums from which the correlation of neighbours follows, without keeping the values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Neighbours {
    count: f64,
    sum: f64,
    squares: f64,
    products: f64,
    first: f64,
    last: f64,
}

impl Neighbours {
    fn add(&mut self, value: f64) {
        if self.count < 1.0 {
            self.first = value;
        } else {
            self.products += self.last * value;
        }
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
        self.last = value;
    }

    /// As [`lag1`](super::lag1), and [`CAUTION`] of its error.
    fn autocorrelation(&self) -> f64 {
        let n = self.count;
        if n < KNOWN {
            return UNKNOWN;
        }
        let mean = self.sum / n;
        let spread = self.squares - n * mean * mean;
        let together =
            self.products - mean * (2.0 * self.sum - self.first - self.last) + (n - 1.0) * mean * mean;
        if spread <= 0.0 {
            return UNKNOWN;
        }
        let raw = together / spread;
        raw + (1.0 + 4.0 * raw) / n + CAUTION / n.sqrt()
    }
}

fn mean_exp(logs: &[f64]) -> f64 {
    logs.iter().map(|l| l.exp()).sum::<f64>() / logs.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_error_of_the_candidate_is_worth_what_the_definition_says() {
        let mut watch = ErrorWatch::new(1.0);
        let now = watch.add(Tally { requests: 100, errors: 0 }, Tally { requests: 100, errors: 1 });
        // pi = 1/2: p/pi = 2r/(r + 1).
        let expected: f64 = ODDS.iter().map(|r| 2.0 * r / (r + 1.0)).sum::<f64>() / ODDS.len() as f64;
        assert!((now - expected).abs() < 1e-12);
        let back = watch.add(Tally { requests: 100, errors: 5 }, Tally { requests: 100, errors: 0 });
        assert!(back < 1.0 && (watch.highest() - expected).abs() < 1e-12);
    }

    /// The law that makes it valid: whatever the share, the expected factor of one error is 1.
    #[test]
    fn an_error_is_a_fair_bet() {
        for (b, c) in [(95, 5), (50, 50), (3, 997)] {
            let value = |errors: (u64, u64)| {
                let slice = |requests, errors| Tally { requests, errors };
                ErrorWatch::new(1.0).add(slice(b, errors.0), slice(c, errors.1))
            };
            let share = c as f64 / (b + c) as f64;
            let expected = share * value((0, 1)) + (1.0 - share) * value((1, 0));
            assert!((expected - 1.0).abs() < 1e-12, "{b} {c}: {expected}");
        }
    }

    /// For d = +-x with equal chance the expected factor is cosh(s x) exp(-(s x)^2 / 2) <= 1.
    #[test]
    fn a_symmetric_difference_is_no_more_than_a_fair_bet() {
        for x in [0.01, 0.1, 0.5, 1.0, 3.0] {
            let value = |d| LatencyWatch::new(0.0, 1.0).add(d);
            assert!(f64::midpoint(value(x), value(-x)) <= 1.0 + 1e-12, "{x}");
        }
        let mut watch = LatencyWatch::new(0.0, 0.1);
        let alarm = (1..100).find(|i| watch.add(if i % 2 == 0 { 0.02 } else { 0.08 }) >= 20.0);
        assert!(alarm.is_some_and(|n| n < 50), "{alarm:?}");
    }

    #[test]
    fn the_correlation_from_sums_is_that_of_the_values() {
        let values: Vec<f64> = (0..40).map(|i| (f64::from(i) * 0.7).sin() + f64::from(i % 3)).collect();
        let mut past = Neighbours::default();
        for value in &values {
            past.add(*value);
        }
        let expected = crate::stats::lag1(&values).unwrap() + CAUTION / 40.0_f64.sqrt();
        assert!((past.autocorrelation() - expected).abs() < 1e-12);
    }

    #[test]
    fn an_arm_without_requests_changes_nothing() {
        let mut watch = ErrorWatch::new(0.0);
        assert_eq!(
            watch.add(Tally::default(), Tally { requests: 10, errors: 10 }).to_bits(),
            1.0_f64.to_bits()
        );
    }
}
