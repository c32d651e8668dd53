//! `--json` and `--json-file` (`StatsEntry.serialize` in `locust/stats.py`): an object a request name, with its times as counts by rounded
//! millisecond, and its requests and failures by second. There is no total: it is made of all.

use super::csv::{series, users};
use crate::assemble::{FROM_SEND, Totals, figures};
use crate::fold::Heading;
use crate::notes::{At, Notes};
use crate::number::{counted, whole};
use crate::{HistoryPoint, Kind, Percentiles, Results, Tool};
use brunt_metrics::Nanos;
use brunt_run::{EndpointFigures, Figures, LatencyFigures};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Names that are kept.
const MAX_NAMES: usize = 2_000;
/// Seconds that are kept: a week.
const MAX_SECONDS: usize = 7 * 24 * 3_600;

/// One name's statistics, or all together.
#[derive(Debug, Default)]
struct Entry {
    requests: u64,
    failures: u64,
    /// Requests of which there is no time.
    without_time: u64,
    total_ms: Option<f64>,
    min_ms: Option<f64>,
    max_ms: Option<f64>,
    bytes: u64,
    /// Microseconds and how often, so that they have an order.
    times: BTreeMap<u64, u64>,
    /// Requests and failures by second.
    seconds: BTreeMap<u64, [u64; 2]>,
    span: Option<(f64, f64)>,
}

/// Reads the statistics.
pub(crate) fn read_json(document: &Value, name: &str, mut notes: Notes) -> Results {
    let heading = Heading::new(Tool::Locust, name);
    let mut totals = Totals::new(Kind::LocustJson, &heading);
    let mut all = Entry::default();
    let objects: Vec<&Map<String, Value>> =
        document.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let entries: Vec<(&Map<String, Value>, Entry)> = objects.into_iter().map(|o| (o, Entry::of(o))).collect();
    for (_, entry) in &entries {
        all.add(entry);
    }
    let seconds = all.span.map_or(0.0, |(from, to)| (to - from).max(0.0));
    for (object, entry) in entries.iter().take(MAX_NAMES) {
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        let series = series(text("method"), text("name"));
        totals.summary.endpoints.push(EndpointFigures { series, figures: entry.figures(seconds) });
    }
    if entries.len() > MAX_NAMES {
        notes.problem("too many names", At::default(), || {
            format!("{} of {} names are left out of the list", entries.len() - MAX_NAMES, entries.len())
        });
    }
    totals.summary.total = all.figures(seconds);
    totals.lasted(seconds);
    totals.summary.started_unix_ms = all.span.map_or(0, |(from, _)| whole(from * 1e3));
    let first = all.seconds.keys().next().copied().unwrap_or(0);
    totals.history =
        all.seconds.iter().take(MAX_SECONDS).map(|(s, counts)| point(*s - first, *counts)).collect();
    totals.summary.scenarios = vec![users(0, 0.0, &totals.summary.total)];
    notes.gap("Locust's JSON has no samples: its times are rounded to two digits, so that a percentile may be above the maximum");
    notes.gap("statuses, the words of errors and the number of users are not told: `--csv PREFIX` has the latter two");
    notes.gap("the course of the run has counts alone, and no times");
    notes.gap(format!("Locust: {FROM_SEND}"));
    totals.into_results(&heading, notes)
}

fn point(second: u64, [requests, errors]: [u64; 2]) -> HistoryPoint {
    HistoryPoint {
        at: Nanos::from_secs(second),
        endpoint: None,
        users: None,
        requests_per_second: Some(requests as f64),
        errors_per_second: Some(errors as f64),
        requests: None,
        errors: None,
        response: LatencyFigures::default(),
        percentiles: Percentiles::OfTheSecond,
    }
}

impl Entry {
    fn of(object: &Map<String, Value>) -> Self {
        let number = |key: &str| object.get(key).and_then(Value::as_f64).filter(|v| v.is_finite());
        let count = |key: &str| number(key).map_or(0, counted);
        let requests = count("num_requests");
        let mut entry = Self {
            requests,
            failures: count("num_failures").min(requests),
            without_time: count("num_none_requests").min(requests),
            total_ms: number("total_response_time"),
            min_ms: number("min_response_time"),
            max_ms: number("max_response_time"),
            bytes: count("total_content_length"),
            // What was never asked for began and ended at no time.
            span: number("start_time").zip(number("last_request_timestamp")).filter(|_| requests > 0),
            ..Self::default()
        };
        for (ms, count) in counts(object, "response_times") {
            *entry.times.entry(whole(ms * 1e3)).or_default() += count;
        }
        for (at, key) in ["num_reqs_per_sec", "num_fail_per_sec"].into_iter().enumerate() {
            for (second, count) in counts(object, key) {
                entry.seconds.entry(whole(second)).or_default()[at] += count;
            }
        }
        entry
    }

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.without_time += other.without_time;
        self.bytes += other.bytes;
        let both = |a: Option<f64>, b: Option<f64>, f: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(f(a, b)),
            (a, b) => a.or(b),
        };
        self.total_ms = both(self.total_ms, other.total_ms, |a, b| a + b);
        self.min_ms = both(self.min_ms, other.min_ms, f64::min);
        self.max_ms = both(self.max_ms, other.max_ms, f64::max);
        self.span = match (self.span, other.span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        for (time, count) in &other.times {
            *self.times.entry(*time).or_default() += count;
        }
        for (second, counts) in &other.seconds {
            let sum = self.seconds.entry(*second).or_default();
            *sum = [sum[0] + counts[0], sum[1] + counts[1]];
        }
    }

    /// The time that so large a share of the times is not above, by nearest rank.
    fn percentile(&self, share: f64) -> Option<f64> {
        let all: u64 = self.times.values().sum();
        let rank = whole((share * all as f64).ceil()).max(1);
        let mut seen = 0;
        let found = self.times.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        found.map(|(time, _)| *time as f64 / 1e3)
    }

    fn figures(&self, seconds: f64) -> Figures {
        let timed = self.requests - self.without_time.min(self.requests);
        let some = |ms: Option<f64>| ms.filter(|ms| timed > 0 && *ms >= 0.0);
        let response = LatencyFigures {
            min_ms: some(self.min_ms),
            mean_ms: some(self.total_ms.map(|sum| sum / timed.max(1) as f64)),
            std_dev_ms: None,
            p50_ms: some(self.percentile(0.5)),
            p75_ms: some(self.percentile(0.75)),
            p90_ms: some(self.percentile(0.9)),
            p95_ms: some(self.percentile(0.95)),
            p99_ms: some(self.percentile(0.99)),
            p99_9_ms: some(self.percentile(0.999)),
            max_ms: some(self.max_ms),
        };
        let rate = (seconds > 0.0).then(|| self.requests as f64 / seconds);
        let mut figures = figures(self.requests, self.failures, rate, response);
        figures.measured_ms = seconds * 1e3;
        figures.bytes_in = self.bytes;
        figures
    }
}

/// An object of numbers and how often they came.
fn counts<'a>(object: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = (f64, u64)> + 'a {
    let pairs = object.get(key).and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(number, count)| {
        let number = number.parse::<f64>().ok().filter(|n| (0.0..1e11).contains(n))?;
        Some((number, count.as_f64().map(counted)?))
    })
}
