//! From an estimate to one of four verdicts.

use super::metric::{Metric, Rules};
use crate::stats::{Estimate, Interval, detectable};
use serde::{Deserialize, Serialize};

/// What may be said of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It got worse, and a change as great as the margin is not excluded.
    Worse,
    /// It got better, and by more than the margin for all that is known.
    Better,
    /// A change for the worse as great as the margin is excluded, and nothing beyond noise speaks for a greater gain.
    Same,
    /// The data do not decide.
    Unclear(Unclear),
}

/// Why data do not decide.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unclear {
    /// One run on each side, at different times: how much runs differ from each other is not known.
    OneRunEach,
    /// Too few runs for the spread between them.
    TooFewRuns {
        /// Runs of the smaller side that has more than one, or of the only one.
        have: usize,
        /// Runs that side needs at least.
        need: usize,
    },
    /// Too short, or too few requests, for ten stretches of time.
    TooShort {
        /// The least length in seconds, at this rate of requests.
        need_seconds: u64,
    },
    /// Both "no change" and "as much worse as the margin" remain possible.
    Noisy {
        /// About how many times as much data would decide, if all goes on like this.
        times: f64,
    },
    /// One run against several, and what these differ by hides the change: more runs of the single one would tell.
    OneAgainstMany,
    /// One side has no value.
    NoData,
}

/// A change, as people read it: relative (0.1 for 10 % more), of error rates the difference of the shares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The estimate.
    pub value: f64,
    /// Where the truth lies with a confidence of 1 - 2 alpha; `None` if nothing says how much noise there is.
    pub interval: Option<Interval>,
}

/// What is known of a change, as harm: positive is worse, on the scale on which changes add up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Effect {
    /// The estimate and its error.
    pub(super) estimate: Estimate,
    /// A wider interval where the estimate's own would claim too much.
    pub(super) at_least: Option<Interval>,
    /// The chance of as much harm or more without any, where the estimate's own would claim too much.
    pub(super) p_at_least: f64,
    /// What more data would do to the error.
    pub(super) more: More,
}

/// What more data of the same kind would do to an estimate's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    /// It falls with the root of their amount.
    Helps,
    /// Nothing: it is that of a single run.
    IsNoHelp,
}

/// An effect, judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Judged {
    pub(super) harm: Interval,
    pub(super) verdict: Verdict,
    pub(super) p_worse: f64,
    pub(super) p_better: f64,
    /// As harm.
    pub(super) detectable: f64,
}

impl Effect {
    pub(super) const fn of(estimate: Estimate) -> Self {
        Self { estimate, at_least: None, p_at_least: 0.0, more: More::Helps }
    }

    /// The three-way rule, with margin d and the limits L, U of the harm: no difference if U < d and not L <= -d with U < 0;
    /// worse if L > 0 and U >= d; better if U < 0 and L <= -d; else unclear.
    ///
    /// Each limit is wrong with chance alpha, so that without a change "worse" has at most this chance, and with a change as
    /// great as the margin "no difference" (or better) has.
    pub(super) fn judged(&self, metric: Metric, rules: &Rules) -> Judged {
        let own = self.estimate.interval(1.0 - 2.0 * rules.alpha);
        let wide = self.at_least.unwrap_or(own);
        let harm = Interval { low: own.low.min(wide.low), high: own.high.max(wide.high) };
        let margin = rules.margins.harm(metric);
        let detectable =
            detectable(&self.estimate, rules.alpha, rules.power).max(harm.high - self.estimate.value);
        let verdict = if harm.high < margin {
            if harm.high < 0.0 && harm.low <= -margin { Verdict::Better } else { Verdict::Same }
        } else if harm.low > 0.0 {
            Verdict::Worse
        } else {
            // Where counts of nothing are the limit, it falls with the amount itself.
            let power = if wide == own { 2 } else { 1 };
            Verdict::Unclear(match self.more {
                More::Helps => Unclear::Noisy { times: (detectable / margin).powi(power).clamp(1.0, 1e6) },
                More::IsNoHelp => Unclear::OneAgainstMany,
            })
        };
        let p_worse = self.estimate.p_above(0.0).max(self.p_at_least);
        let p_better = Estimate { value: -self.estimate.value, ..self.estimate }.p_above(0.0);
        Judged { harm, verdict, p_worse, p_better, detectable }
    }
}

/// Harm as a change of the metric.
pub(super) fn change(metric: Metric, value: f64, harm: Interval) -> Change {
    let read = |harm: f64| metric.readable(metric.sign() * harm);
    let (a, b) = (read(harm.low), read(harm.high));
    Change { value: read(value), interval: Some(Interval { low: a.min(b), high: a.max(b) }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An estimate whose 90 % interval is value +- reach.
    fn effect(value: f64, reach: f64) -> Effect {
        let degrees = 20.0;
        let t = crate::stats::t_quantile(0.95, degrees);
        Effect::of(Estimate { value, error: reach / t, degrees })
    }

    fn check(metric: Metric, value: f64, reach: f64, expected: &str) {
        let judged = effect(value, reach).judged(metric, &Rules::default());
        let word = match judged.verdict {
            Verdict::Worse => "worse",
            Verdict::Better => "better",
            Verdict::Same => "same",
            Verdict::Unclear(_) => "unclear",
        };
        assert_eq!(word, expected, "{metric:?} {value} +- {reach}");
    }

    #[test]
    fn the_decision_table() {
        // The margin of p95 is ln 1.1 = 0.0953 of harm.
        for (value, reach, expected) in [
            (0.0, 0.05, "same"),
            (0.0, 0.2, "unclear"),
            (0.3, 0.1, "worse"),
            (0.3, 0.4, "unclear"),
            // Slower for certain, and for certain within tolerance.
            (0.05, 0.03, "same"),
            // Slower for certain, perhaps beyond tolerance.
            (0.08, 0.05, "worse"),
            (-0.3, 0.1, "better"),
            (-0.05, 0.03, "same"),
            (-0.1, 0.15, "same"),
            (-0.1, 0.3, "unclear"),
            (0.0, 0.0, "same"),
            (0.2, 0.0, "worse"),
            (-0.2, 0.0, "better"),
        ] {
            check(Metric::P95, value, reach, expected);
        }
        // The margin of p99 is twice as wide, that of errors 0.1 points.
        check(Metric::P99, 0.1, 0.05, "same");
        check(Metric::ErrorRate, 0.0005, 0.0004, "same");
        check(Metric::ErrorRate, 0.002, 0.001, "worse");
    }

    #[test]
    fn harm_of_throughput_is_less_of_it() {
        let change = change(Metric::Throughput, 0.2, Interval { low: 0.1, high: 0.3 });
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        let interval = change.interval.unwrap();
        assert!(close(change.value, (-0.2_f64).exp() - 1.0) && close(interval.low, (-0.3_f64).exp() - 1.0));
        assert!(close(interval.high, (-0.1_f64).exp() - 1.0));
    }

    #[test]
    fn noise_says_how_much_more_data_it_takes() {
        let judged = effect(0.0, 0.2).judged(Metric::P95, &Rules::default());
        let Verdict::Unclear(Unclear::Noisy { times }) = judged.verdict else { panic!("{judged:?}") };
        assert!((times - (judged.detectable / 1.1_f64.ln()).powi(2)).abs() < 1e-9 && times > 4.0, "{times}");
    }
}
