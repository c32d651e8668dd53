//! What some seconds say about a measure. Parts are added up over seconds; a figure comes from the sum, never from figures.

use super::selection::Selection;
use brunt_metrics::{CellKey, CellSecond, ErrorKind, Outcome, Second, SparseHistogram};
use brunt_objective::{Basis, Count, Flow, Point, Share, Statistic};
use std::collections::BTreeMap;

/// What some seconds say about a measure.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// Times, of measures of time.
    pub(super) times: SparseHistogram,
    /// What is counted.
    pub(super) hits: u64,
    /// The whole of which it is a share.
    pub(super) total: u64,
    /// Seconds of load: what rates divide by.
    pub(super) seconds: f64,
    /// How often each value came, for a balance.
    pub(super) by_value: BTreeMap<String, u64>,
}

impl Part {
    /// What a second says; `load` is how much of it had load.
    pub(super) fn of(statistic: Statistic, selection: &Selection, second: &Second, load: f64) -> Self {
        let mut part = Self { seconds: load, ..Self::default() };
        match statistic {
            Statistic::Time { basis: Basis::Lag, .. } => {
                if load > 0.0 {
                    part.times.merge(&second.lag);
                }
            }
            Statistic::Time { .. }
            | Statistic::Share(Share::Errors)
            | Statistic::Count(Count::Requests | Count::Errors)
            | Statistic::Rate(Flow::Requests) => part.add_cells(statistic, selection, second),
            Statistic::Share(Share::Checks) => {
                for check in second.checks.iter().filter(|c| selection.check(c.check)) {
                    part.hits += check.passed;
                    part.total += check.passed + check.failed;
                }
            }
            Statistic::Share(Share::Drops)
            | Statistic::Count(Count::Iterations | Count::Drops)
            | Statistic::Rate(Flow::Iterations) => part.add_iterations(statistic, selection, second),
            Statistic::Share(Share::Tally) | Statistic::Count(Count::Tally) | Statistic::Balance => {
                part.add_tallies(statistic, selection, second);
            }
            // Looked at by itself: it is about the order of seconds.
            Statistic::Recovery => {}
        }
        part
    }

    fn add_cells(&mut self, statistic: Statistic, selection: &Selection, second: &Second) {
        let cells = if selection.groups { &second.asides } else { &second.cells };
        for cell in cells.iter().filter(|c| selection.series(c.key)) {
            let through = selection.ending(cell.key);
            let count = cell.count();
            match statistic {
                Statistic::Time { basis, .. } => {
                    if through && (selection.says_endings() || selection.groups || is_timed(cell.key)) {
                        self.times.merge(times(cell, basis));
                    }
                }
                // Of all requests, those that failed, and failed in the way that filters say.
                Statistic::Share(_) => {
                    self.total += count;
                    self.hits += if through && !cell.key.outcome.is_ok() { count } else { 0 };
                }
                Statistic::Count(Count::Errors) => {
                    self.total += count;
                    self.hits += if through && !cell.key.outcome.is_ok() { count } else { 0 };
                }
                Statistic::Count(_) | Statistic::Rate(_) => {
                    self.total += count;
                    self.hits += if through { count } else { 0 };
                }
                Statistic::Balance | Statistic::Recovery => {}
            }
        }
    }

    fn add_iterations(&mut self, statistic: Statistic, selection: &Selection, second: &Second) {
        for s in second.scenarios.iter().filter(|s| selection.scenario(s.scenario)) {
            let ended = s.completed + s.failed;
            let (hits, total) = match statistic {
                Statistic::Share(_) | Statistic::Count(Count::Drops) => (s.dropped, s.due),
                Statistic::Time { .. }
                | Statistic::Count(_)
                | Statistic::Rate(_)
                | Statistic::Balance
                | Statistic::Recovery => (ended, ended),
            };
            self.hits += hits;
            self.total += total;
        }
    }

    fn add_tallies(&mut self, statistic: Statistic, selection: &Selection, second: &Second) {
        for t in second.tallies.iter().filter(|t| selection.tally(t.tally, t.phase)) {
            self.total += t.count;
            self.hits += if selection.tally_value(&t.value) { t.count } else { 0 };
            if statistic == Statistic::Balance {
                *self.by_value.entry(t.value.clone()).or_default() += t.count;
            }
        }
    }

    /// How often each value of a tally came.
    pub(super) fn of_values(values: impl IntoIterator<Item = (String, u64)>) -> Self {
        let by_value: BTreeMap<String, u64> = values.into_iter().collect();
        let total = by_value.values().sum();
        Self { total, hits: total, by_value, ..Self::default() }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.times.total > 0 {
            self.times.merge(&other.times);
        }
        self.hits += other.hits;
        self.total += other.total;
        self.seconds += other.seconds;
        for (value, count) in &other.by_value {
            match self.by_value.get_mut(value) {
                Some(sum) => *sum += count,
                None => _ = self.by_value.insert(value.clone(), *count),
            }
        }
    }

    /// What the figure is made of: requests, checks, iterations.
    pub(super) const fn samples(&self, statistic: Statistic) -> u64 {
        match statistic {
            Statistic::Time { .. } => self.times.total,
            Statistic::Share(_)
            | Statistic::Count(_)
            | Statistic::Rate(_)
            | Statistic::Balance
            | Statistic::Recovery => self.total,
        }
    }

    /// The figure: milliseconds, percent, events per second, events. `None` without data.
    pub(super) fn figure(&self, statistic: Statistic) -> Option<f64> {
        match statistic {
            Statistic::Time { point, .. } => point_of(&self.times, point),
            Statistic::Share(_) => share(self.hits, self.total).map(|s| 100.0 * s),
            Statistic::Count(_) => (self.seconds > 0.0 || self.total > 0).then_some(self.hits as f64),
            Statistic::Rate(_) => {
                (self.seconds > 0.0 && self.total > 0).then(|| self.hits as f64 / self.seconds)
            }
            Statistic::Balance => self.imbalance().map(|i| 100.0 * i),
            Statistic::Recovery => None,
        }
    }

    /// By how much the value that is farthest from an equal share is off, as a share of that: the maximum of
    /// `|n_i / (n / k) - 1|` over the k values that came. `None` without any.
    fn imbalance(&self) -> Option<f64> {
        let equal = self.total as f64 / self.by_value.len() as f64;
        (self.total > 0)
            .then(|| self.by_value.values().map(|n| (*n as f64 / equal - 1.0).abs()).fold(0.0, f64::max))
    }

    /// Each value's count.
    pub(super) fn values(&self) -> impl ExactSizeIterator<Item = u64> {
        self.by_value.values().copied()
    }
}

/// Requests whose times are measured unless filters say otherwise: those that succeeded, and those that ran into a
/// timeout, which took at least as long as they say. Other failures would make a target that fails fast look fast.
const fn is_timed(key: CellKey) -> bool {
    match key.outcome {
        Outcome::Ok | Outcome::Error(ErrorKind::RequestTimeout | ErrorKind::ConnectTimeout) => true,
        Outcome::Error(
            ErrorKind::Dns
            | ErrorKind::ConnectRefused
            | ErrorKind::Connect
            | ErrorKind::LocalLimit
            | ErrorKind::Tls
            | ErrorKind::Reset
            | ErrorKind::Protocol
            | ErrorKind::TooLarge
            | ErrorKind::Redirect
            | ErrorKind::Status
            | ErrorKind::Check
            | ErrorKind::Cut
            | ErrorKind::Io
            | ErrorKind::Decode
            | ErrorKind::Missing,
        ) => false,
    }
}

fn times(cell: &CellSecond, basis: Basis) -> &SparseHistogram {
    match basis {
        Basis::Service => cell.service_times(),
        Basis::Response | Basis::Lag => cell.response_times(),
    }
}

/// A point of the distribution, in milliseconds.
pub(super) fn point_of(times: &SparseHistogram, point: Point) -> Option<f64> {
    if times.total == 0 {
        return None;
    }
    let time = match point {
        Point::Average => times.mean()?,
        Point::Minimum => times.min,
        Point::Maximum => times.max,
        Point::Percentile(p) => times.quantile(p.quantile())?,
    };
    Some(time.as_millis_f64())
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
