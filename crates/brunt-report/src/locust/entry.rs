//! One row of Locust's statistics: what is kept of it, and its figures as Locust's columns have them.

use crate::csv;
use brunt_metrics::{CellSecond, Nanos, SparseHistogram};
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;

/// The percentiles of Locust's columns, in their order (`PERCENTILES_TO_REPORT`).
pub(super) const PERCENTILES: [f64; 11] =
    [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0];

/// Seconds of which the percentiles of a full history are.
pub(super) const WINDOW_SECONDS: u64 = 10;

/// Seconds that are kept apart: a history's rate looks back 12 seconds before the one of the last request.
const KEPT_SECONDS: u64 = 13;

/// Whether a row's last seconds keep their response times, or only their counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recent {
    Counts,
    Times,
}

/// All that was counted of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) requests: u64,
    pub(super) failures: u64,
    bytes_in: u64,
    times: SparseHistogram,
    /// Ascending by second; bounded by [`KEPT_SECONDS`].
    recent: VecDeque<Slice>,
}

/// One second of a row.
#[derive(Clone, Debug, Default)]
struct Slice {
    second: u64,
    requests: u64,
    failures: u64,
    times: SparseHistogram,
}

impl Entry {
    pub(super) fn add(&mut self, second: u64, cell: &CellSecond, recent: Recent) {
        let requests = cell.count();
        let failures = if cell.key.outcome.is_ok() { 0 } else { requests };
        self.requests += requests;
        self.failures += failures;
        self.bytes_in += cell.bytes_in;
        self.times.merge(cell.response_times());
        if self.recent.back().is_none_or(|slice| slice.second != second) {
            self.recent.push_back(Slice { second, ..Slice::default() });
            let old = |slice: &Slice| slice.second + KEPT_SECONDS <= second;
            while self.recent.front().is_some_and(old) {
                self.recent.pop_front();
            }
        }
        if let Some(slice) = self.recent.back_mut() {
            slice.requests += requests;
            slice.failures += failures;
            match recent {
                Recent::Counts => {}
                Recent::Times => slice.times.merge(cell.response_times()),
            }
        }
    }

    /// Requests and failures per second, each the mean over the seconds of `span`; 0 over no seconds.
    pub(super) fn rates(&self, span: &Range<u64>) -> (f64, f64) {
        let length = span.end.saturating_sub(span.start).max(1) as f64;
        let within = || self.recent.iter().filter(|slice| span.contains(&slice.second));
        let requests: u64 = within().map(|slice| slice.requests).sum();
        let failures: u64 = within().map(|slice| slice.failures).sum();
        (requests as f64 / length, failures as f64 / length)
    }

    /// The response times of the last [`WINDOW_SECONDS`] up to and with second `now`.
    fn window(&self, now: u64) -> SparseHistogram {
        let mut sum = SparseHistogram::default();
        for slice in self.recent.iter().filter(|slice| slice.second + WINDOW_SECONDS > now) {
            sum.merge(&slice.times);
        }
        sum
    }

    /// Appends the percentiles since the start.
    pub(super) fn percentiles(&self, row: &mut String) {
        percentile_cells(row, self.requests, &self.times);
    }

    /// Appends the percentiles of the window that ends with second `now`.
    pub(super) fn percentiles_now(&self, row: &mut String, now: u64) {
        percentile_cells(row, self.requests, &self.window(now));
    }

    /// Appends the columns from the count of requests to the average size, which both files have in this order.
    pub(super) fn figures(&self, row: &mut String) {
        if self.requests == 0 {
            row.push_str("0,0,0,0.0,0,0,0,");
            return;
        }
        csv::number(row, self.requests);
        csv::number(row, self.failures);
        if self.times.total == 0 {
            // Requests without a time are written as Locust writes them.
            row.push_str("0,0.0,0,0,");
            csv::number(row, Float(self.bytes_in as f64 / self.requests as f64));
            return;
        }
        let (min, max) = (self.times.min, self.times.max);
        let median = self.times.quantile(0.5).unwrap_or_default();
        let shown = Nanos::from_millis(whole_ms(median));
        if shown < min || shown > max {
            // Rounding left the range of what was measured: the nearer end of it, with its decimals.
            csv::number(row, Float(shown.clamp(min, max).as_millis_f64()));
        } else {
            csv::number(row, whole_ms(median));
        }
        let mean_ms = self.times.sum_ns as f64 / self.times.total as f64 / 1e6;
        for value in [mean_ms, min.as_millis_f64(), max.as_millis_f64()] {
            csv::number(row, Float(value));
        }
        csv::number(row, Float(self.bytes_in as f64 / self.requests as f64));
    }
}

/// Appends the eleven percentiles of `times`: `N/A` in a row without any request so far, else whole
/// milliseconds, 0 if none of its requests is in `times`.
fn percentile_cells(row: &mut String, requests: u64, times: &SparseHistogram) {
    for percentile in PERCENTILES {
        if requests == 0 {
            csv::number(row, "N/A");
        } else {
            csv::number(row, times.quantile(percentile).map_or(0, whole_ms));
        }
    }
}

/// The nearest whole millisecond; half a millisecond counts up.
const fn whole_ms(time: Nanos) -> u64 {
    (time.0.saturating_add(500_000)) / 1_000_000
}

/// A number with a fraction as Python writes it: as short as reads back the same, and never without a point.
pub(super) struct Float(pub(super) f64);

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests;
