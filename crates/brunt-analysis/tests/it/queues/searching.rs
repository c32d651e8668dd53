//! A search against a simulated server: what the binary does with a real one, in virtual time.

use super::{Load, Rng, Server, SimSecond};
use brunt_analysis::capacity::{
    Dwell, Goal, LoadUnit, Outcome, Scale, Step, Trial, TrialFigures, TrialResult, next_step, room,
};
use brunt_analysis::stats::{Estimate, Interval, batches};
use brunt_metrics::{Nanos, SparseHistogram};

/// What must hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Promise {
    /// A quantile of response times stays below so many seconds.
    Latency(f64, f64),
    /// The share refused stays below this.
    Refused(f64),
}

/// A search's end, all its trials, and the virtual time that they took.
pub(crate) struct Searched {
    pub(crate) outcome: Outcome,
    pub(crate) trials: Vec<TrialResult>,
    /// For the table; the tests do not look at it.
    #[cfg_attr(test, expect(dead_code, reason = "for the table of the example"))]
    pub(crate) seconds: f64,
}

/// How the tests search: no estimate, an eighth or less of the limit to start with.
pub(crate) fn goal(start: f64, cap: f64) -> Goal {
    Goal {
        unit: LoadUnit::PerSecond,
        start,
        floor: start / 8.0,
        cap,
        width: 0.03,
        max_trials: 12,
        max_time: Nanos::from_secs(4 * 3_600),
        dwell: Dwell {
            shortest: Nanos::from_secs(60),
            longest: Nanos::from_secs(LONGEST),
            settle: Nanos::ZERO,
        },
    }
}

/// The longest trial, in virtual seconds.
pub(crate) const LONGEST: u64 = 600;

/// Looks are taken so many seconds apart.
const LOOK: usize = 20;
/// Doubt is over when this interval leaves the limit out.
const CONFIDENCE: f64 = 0.99;

pub(crate) fn search(server: Server, promise: Promise, goal: &Goal, seed: u64) -> Searched {
    let mut trials: Vec<TrialResult> = Vec::new();
    let mut server = server;
    loop {
        match next_step(goal, &trials) {
            Step::Done(outcome) => {
                let seconds = trials.iter().map(|t| t.took.as_secs_f64()).sum();
                return Searched { outcome, trials, seconds };
            }
            Step::Trial(trial) => {
                let own = Rng(seed.wrapping_mul(1_000_003) + trial.number as u64).0;
                trials.push(hold(server, promise, trial, own));
                if let Some((beyond, factor)) = server.breaks_beyond
                    && trial.load > beyond
                {
                    server.mu *= factor;
                    server.breaks_beyond = None;
                }
            }
        }
    }
}

/// One trial: the load is held until it is clear whether the promise holds.
fn hold(server: Server, promise: Promise, trial: Trial, seed: u64) -> TrialResult {
    let mut load = Load::new(server, trial.load, seed);
    let mut seconds: Vec<SimSecond> = Vec::new();
    loop {
        seconds.push(load.next_second());
        let took = Nanos::from_secs(seconds.len() as u64);
        let over = took >= trial.dwell.longest;
        if !over && (took < trial.dwell.shortest || !seconds.len().is_multiple_of(LOOK)) {
            continue;
        }
        let (value, interval, limit) = measure(&seconds, promise);
        let scale = match promise {
            Promise::Latency(..) => Scale::Inverse,
            Promise::Refused(_) => Scale::Logarithm,
        };
        let clear = interval.is_some_and(|i| !i.contains(limit));
        if over || clear {
            let requests: u64 = seconds.iter().map(|s| s.served + s.refused).sum();
            return TrialResult {
                load: trial.load,
                purpose: trial.purpose,
                took,
                room: value.map(|v| room(v, limit, scale)),
                clear,
                closest: None,
                generator: None,
                figures: TrialFigures { requests, ..TrialFigures::default() },
            };
        }
    }
}

fn measure(seconds: &[SimSecond], promise: Promise) -> (Option<f64>, Option<Interval>, f64) {
    match promise {
        Promise::Latency(q, limit) => {
            let at = |range: std::ops::Range<usize>| {
                let mut merged = SparseHistogram::default();
                seconds[range].iter().for_each(|s| merged.merge(&s.response));
                merged.quantile(q).map(Nanos::as_secs_f64)
            };
            let value = at(0..seconds.len());
            let spread = batches(seconds.len(), 1, at).and_then(|b| Estimate::of_batches(&b));
            let interval = value.zip(spread).map(|(value, e)| Estimate { value, ..e }.interval(CONFIDENCE));
            (value, interval, limit)
        }
        Promise::Refused(limit) => {
            // Refusals come in bursts: by Wilson's interval, which takes them to be independent, doubt would be over too early.
            let share = |range: std::ops::Range<usize>| {
                let (refused, served) = seconds[range]
                    .iter()
                    .fold((0, 0), |(refused, served), s| (refused + s.refused, served + s.served));
                (refused + served > 0).then(|| refused as f64 / (refused + served) as f64)
            };
            let value = share(0..seconds.len());
            let spread = batches(seconds.len(), 1, share).and_then(|b| Estimate::of_batches(&b));
            let interval = value.zip(spread).map(|(value, e)| Estimate { value, ..e }.interval(CONFIDENCE));
            (value, interval, limit)
        }
    }
}
