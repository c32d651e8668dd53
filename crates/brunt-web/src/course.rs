//! A run's course in points of plain numbers, for charts. A point that stands for several seconds comes from their merged
//! histograms.

use brunt_analysis::{Course, Slice};
use brunt_metrics::{EndpointId, Nanos, Outcome, SparseHistogram};
use serde_json::{Map, Value, json};

/// Whose requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    All,
    Endpoint(EndpointId),
}

/// The columns of a series, in the order of each point's values.
pub(crate) const COLUMNS: [&str; 14] = [
    "t",
    "seconds",
    "due",
    "started",
    "dropped",
    "requests",
    "errors",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "users",
    "in_flight",
    "lag_p99_ms",
    "cpu",
];

/// All points of a course from second `after` on, or all: `{"step":1,"columns":[...],"points":[[...]],"kinds":[{...}]}`.
/// Rates are per second; `kinds` has failed requests per second by kind, for each point.
pub(crate) fn series(course: &Course, of: Of, after: Option<u64>) -> Value {
    let slices = || course.slices.iter().filter(|slice| after.is_none_or(|after| slice.from > after));
    json!({
        "step": course.step, "columns": COLUMNS,
        "points": slices().map(|slice| point(slice, of)).collect::<Vec<_>>(),
        "kinds": slices().map(|slice| kinds(slice, of)).collect::<Vec<_>>(),
    })
}

/// One point, in the order of [`COLUMNS`].
pub(crate) fn point(slice: &Slice, of: Of) -> Value {
    let seconds = slice.seconds.max(1) as f64;
    let rate = |amount: u64| amount as f64 / seconds;
    let (mut requests, mut errors, mut times) = (0, 0, SparseHistogram::default());
    for cell in slice.measured.cells.iter().filter(|cell| holds(of, cell.key.endpoint)) {
        requests += cell.count();
        errors += if cell.key.outcome.is_ok() { 0 } else { cell.count() };
        times.merge(cell.response_times());
    }
    let ms = |q: f64| times.quantile(q).map(Nanos::as_millis_f64).map(rounded);
    let sum = |of: fn(&brunt_metrics::ScenarioSecond) -> u64| -> f64 {
        rounded(rate(slice.measured.scenarios.iter().map(of).sum()))
    };
    let users: f64 = slice.measured.scenarios.iter().map(|s| s.user_time.as_secs_f64()).sum();
    let cpu = slice.host.as_ref().and_then(|h| h.cores_busy.iter().copied().reduce(f64::max));
    json!([
        slice.from,
        slice.seconds,
        sum(|s| s.due),
        sum(|s| s.started),
        sum(|s| s.dropped),
        rounded(rate(requests)),
        rounded(rate(errors)),
        ms(0.5),
        ms(0.95),
        ms(0.99),
        rounded(users / seconds),
        rounded(slice.measured.in_flight_time.as_secs_f64() / seconds),
        slice.measured.lag.quantile(0.99).map(Nanos::as_millis_f64).map(rounded),
        cpu.map(rounded),
    ])
}

/// Failed requests per second by kind.
pub(crate) fn kinds(slice: &Slice, of: Of) -> Value {
    let mut kinds: Map<String, Value> = Map::new();
    for cell in slice.measured.cells.iter().filter(|cell| holds(of, cell.key.endpoint)) {
        if let Outcome::Error(kind) = cell.key.outcome {
            let before = kinds.get(kind.name()).and_then(Value::as_f64).unwrap_or(0.0);
            let now = before + cell.count() as f64 / slice.seconds.max(1) as f64;
            kinds.insert(kind.name().into(), now.into());
        }
    }
    Value::Object(kinds)
}

fn holds(of: Of, endpoint: EndpointId) -> bool {
    match of {
        Of::All => true,
        Of::Endpoint(id) => id == endpoint,
    }
}

/// Four decimals: what a chart shows, and short as text.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
