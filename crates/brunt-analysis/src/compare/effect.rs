//! The effect on one metric, by the design of the comparison.

use super::design::MIN_PAIRS;
use super::judge::{Effect, More, Unclear};
use super::metric::Metric;
use super::window::{Stretches, differences};
use crate::stats::{Estimate, Interval, binomial_cdf, lag1, mean, std_dev, welch, wilson};

/// The least number of runs of one side for the t limits of a single further run.
pub(super) const MIN_FOR_ONE: usize = 5;
/// The least number of runs on each side for a comparison of both spreads.
pub(super) const MIN_EACH: usize = 3;

/// Requests and errors of an arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) errors: u64,
}

/// The effect of arms that ran at once.
pub(super) fn concurrent(
    a: &Stretches,
    b: &Stretches,
    metric: Metric,
    alpha: f64,
) -> Result<Effect, Unclear> {
    let batches = differences(a, b, metric)?;
    let harm: Vec<f64> = batches.values.iter().map(|d| d * metric.sign()).collect();
    let estimate = Estimate::of_mean(&harm, batches.autocorrelation).ok_or(Unclear::NoData)?;
    let counts = |s: &Stretches| {
        let (requests, errors) = s.counts();
        Counts { requests, errors }
    };
    Ok(bounded(Effect::of(estimate), metric, counts(a), counts(b), alpha))
}

/// The effect of runs in turns, from the scaled values of each pair.
pub(super) fn interleaved(pairs: &[(f64, f64)], metric: Metric) -> Result<Effect, Unclear> {
    let harm: Vec<f64> = pairs.iter().map(|(a, b)| (b - a) * metric.sign()).collect();
    if harm.len() < MIN_PAIRS {
        return Err(Unclear::TooFewRuns { have: harm.len(), need: MIN_PAIRS });
    }
    let autocorrelation = lag1(&harm).unwrap_or(0.0);
    Estimate::of_mean(&harm, autocorrelation).map(Effect::of).ok_or(Unclear::NoData)
}

/// The effect of separate runs, from each run's scaled value.
pub(super) fn separate(a: &[f64], b: &[f64], metric: Metric) -> Result<Effect, Unclear> {
    let sign = metric.sign();
    let mut more = More::Helps;
    let estimate = match (a.len(), b.len()) {
        (0, _) | (_, 0) => return Err(Unclear::NoData),
        (1, 1) => return Err(Unclear::OneRunEach),
        (1, many) | (many, 1) if many < MIN_FOR_ONE => {
            return Err(Unclear::TooFewRuns { have: many, need: MIN_FOR_ONE });
        }
        (1, _) | (_, 1) => {
            more = More::IsNoHelp;
            if a.len() == 1 { one_more(b, a[0], -sign) } else { one_more(a, b[0], sign) }
        }
        (n, m) if n.min(m) < MIN_EACH => {
            return Err(Unclear::TooFewRuns { have: n.min(m), need: MIN_EACH });
        }
        _ => welch(a, b).map(|e| Estimate { value: e.value * sign, ..e }),
    };
    estimate.map(|e| Effect { more, ..Effect::of(e) }).ok_or(Unclear::NoData)
}

/// The difference of one more run to the mean of several, with the error by which a further run is predicted.
fn one_more(many: &[f64], one: f64, sign: f64) -> Option<Estimate> {
    let n = many.len() as f64;
    let error = std_dev(many)? * (1.0 + 1.0 / n).sqrt();
    Some(Estimate { value: (one - mean(many)?) * sign, error, degrees: n - 1.0 })
}

/// Errors are few, and where none happened stretches and runs have no spread at all: their interval is at least that of
/// the counts, as if each request failed by itself.
///
/// The interval of the difference is Newcombe's (1998, method 10) of Wilson's intervals; the chance is that of the candidate's
/// share of all errors (conditional binomial, exact).
pub(super) fn bounded(effect: Effect, metric: Metric, a: Counts, b: Counts, alpha: f64) -> Effect {
    if metric != Metric::ErrorRate {
        return effect;
    }
    let confidence = 1.0 - 2.0 * alpha;
    let limits = |c: Counts| wilson(c.errors, c.requests, confidence);
    let (Some(before), Some(after)) = (limits(a), limits(b)) else { return effect };
    let rate = |c: Counts| c.errors as f64 / c.requests as f64;
    let (was, is) = (rate(a), rate(b));
    let low = is - was - f64::hypot(is - after.low, before.high - was);
    let high = is - was + f64::hypot(after.high - is, was - before.low);
    let share = b.requests as f64 / (a.requests + b.requests) as f64;
    let p_at_least = match b.errors {
        0 => 1.0,
        errors => 1.0 - binomial_cdf(errors - 1, a.errors + errors, share),
    };
    Effect { at_least: Some(Interval { low, high }), p_at_least, ..effect }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn designs_of_separate_runs() {
        let runs = |n: usize| (0..n).map(|i| 1.0 + 0.01 * (i % 3) as f64).collect::<Vec<_>>();
        for (n, m, expected) in [
            (0, 3, Err(Unclear::NoData)),
            (1, 1, Err(Unclear::OneRunEach)),
            (4, 1, Err(Unclear::TooFewRuns { have: 4, need: 5 })),
            (1, 2, Err(Unclear::TooFewRuns { have: 2, need: 5 })),
            (5, 1, Ok(4.0)),
            (1, 9, Ok(8.0)),
            (2, 9, Err(Unclear::TooFewRuns { have: 2, need: 3 })),
        ] {
            let got = separate(&runs(n), &runs(m), Metric::P95).map(|e| e.estimate.degrees);
            assert_eq!(got, expected, "{n} against {m}");
        }
        assert!(separate(&runs(3), &runs(3), Metric::P95).is_ok());
    }

    #[test]
    fn one_run_against_many_is_the_same_from_both_sides() {
        let many = [1.0, 1.1, 0.9, 1.05, 0.95];
        let (a, b) = (separate(&many, &[1.4], Metric::P95), separate(&[1.4], &many, Metric::P95));
        let (a, b) = (a.unwrap().estimate, b.unwrap().estimate);
        assert!((a.value + b.value).abs() < 1e-12 && (a.error - b.error).abs() < 1e-12 && a.value > 0.0);
    }

    #[test]
    fn no_errors_at_all_are_no_certainty() {
        let none = Effect::of(Estimate { value: 0.0, error: 0.0, degrees: 20.0 });
        let counts = |requests, errors| Counts { requests, errors };
        let few = bounded(none, Metric::ErrorRate, counts(300, 0), counts(300, 0), 0.05).at_least.unwrap();
        assert!(few.high > 0.008 && few.low < -0.008, "{few:?}");
        let many =
            bounded(none, Metric::ErrorRate, counts(30_000, 0), counts(30_000, 0), 0.05).at_least.unwrap();
        assert!(many.high < 0.0001, "{many:?}");
        // One error against none says nothing: p = 1/2. Ten against none do.
        let p = |errors| {
            bounded(none, Metric::ErrorRate, counts(1_000, 0), counts(1_000, errors), 0.05).p_at_least
        };
        assert!((p(1) - 0.5).abs() < 1e-9 && (p(10) - 0.5_f64.powi(10)).abs() < 1e-9);
        assert_eq!(bounded(none, Metric::P95, counts(1, 0), counts(1, 0), 0.05), none);
    }
}
