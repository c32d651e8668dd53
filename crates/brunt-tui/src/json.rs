//! What `--json` prints: one object a second, and a last one with the totals.
//!
//! Durations end in `_ms`. What was not measured is `null`, never 0. Fields are only ever added; a change
//! that breaks readers raises [`JSON_VERSION`].

use crate::plain::phase;
use brunt_metrics::{Histogram, Nanos, Outcome, Phase};
use brunt_run::{ObjectiveOutcome, ResourceView, RunView, Summary};
use serde_json::{Map, Value, json};

/// The version of the objects, in their field `version`.
pub const JSON_VERSION: u32 = 1;

/// The last second of the run: `{"type":"tick","second":12,"requests":612,...}`. `None` before the first.
pub fn json_tick(view: &RunView) -> Option<Value> {
    let second = view.last_second()?;
    let mut response = Histogram::default();
    let mut kinds: Map<String, Value> = Map::new();
    for cell in &second.cells {
        response.add(cell.response_times());
        if let Outcome::Error(kind) = cell.key.outcome {
            let before = kinds.get(kind.name()).and_then(Value::as_u64).unwrap_or(0);
            kinds.insert(kind.name().into(), (before + cell.count()).into());
        }
    }
    let scenarios = || second.scenarios.iter();
    let ms = |nanos: Option<Nanos>| nanos.map(Nanos::as_millis_f64);
    Some(json!({
        "type": "tick",
        "version": JSON_VERSION,
        "second": second.index,
        "phase": phase(view).map(Phase::name),
        "requests": second.requests(),
        "errors": second.errors(),
        "errors_by_kind": kinds,
        "due": scenarios().map(|s| s.due).sum::<u64>(),
        "started": scenarios().map(|s| s.started).sum::<u64>(),
        "dropped": scenarios().map(|s| s.dropped).sum::<u64>(),
        "users": view.users(),
        "in_flight": view.in_flight(),
        "p50_ms": ms(response.quantile(0.50)),
        "p95_ms": ms(response.quantile(0.95)),
        "p99_ms": ms(response.quantile(0.99)),
        "max_ms": ms(response.max()),
        "lag_p99_ms": ms(second.lag.quantile(0.99)),
        "objectives": objectives(view),
        "resources": resources(view, second.index),
    }))
}

/// How objectives stand: what they are called, their standing, figure and limit.
fn objectives(view: &RunView) -> Vec<Value> {
    let told = |o: &ObjectiveOutcome| {
        json!({
            "name": o.name, "standing": o.standing, "unit": o.unit, "measured": o.measured, "limit": o.limit,
            "samples": o.samples,
        })
    };
    view.objectives().iter().map(told).collect()
}

/// What was seen beside the load: values are told a second after the one they are of, so the last one stands here unless
/// its source has gone silent.
fn resources(view: &RunView, now: u64) -> Vec<Value> {
    let told = |r: &ResourceView| {
        let (second, value) = r.last.filter(|(at, _)| at + r.series.every >= now).unzip();
        json!({
            "source": r.series.source, "name": r.series.name, "unit": r.series.unit, "second": second, "value": value,
        })
    };
    view.resources().iter().map(told).collect()
}

/// The totals: `{"type":"summary", ...}` with the fields of the record's `summary.json`. `None` if the run
/// never began, or a figure has no place in JSON.
pub fn json_summary(view: &RunView) -> Option<Value> {
    let summary = serde_json::to_value(Summary::of(view)?).ok()?;
    let mut object = Map::new();
    object.insert("type".into(), "summary".into());
    object.insert("version".into(), JSON_VERSION.into());
    if let Value::Object(fields) = summary {
        object.extend(fields);
    }
    Some(Value::Object(object))
}
