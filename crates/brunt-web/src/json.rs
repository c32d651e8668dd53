//! Figures of a run as the page reads them.

use brunt_metrics::{EndpointKind, Nanos, Phase};
use brunt_run::{EndpointView, LatencyView, RunView};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) fn ms(time: Option<Nanos>) -> Option<f64> {
    time.map(Nanos::as_millis_f64)
}

fn latency(l: &LatencyView) -> Value {
    json!({
        "min_ms": ms(l.min), "mean_ms": ms(l.mean), "p50_ms": ms(l.p50), "p90_ms": ms(l.p90), "p95_ms": ms(l.p95),
        "p99_ms": ms(l.p99), "max_ms": ms(l.max),
    })
}

/// What was counted of some requests since the start of the load.
pub(crate) fn totals(view: &EndpointView) -> Value {
    json!({
        "requests": view.count, "errors": view.errors,
        "error_rate": (view.count > 0).then(|| view.errors as f64 / view.count as f64),
        "requests_per_second": view.rate, "response": latency(&view.response), "bytes_in": view.bytes_in,
        "bytes_out": view.bytes_out, "retries": view.retries,
    })
}

/// A row for each endpoint: totals of the load, and the last ten seconds under `now`.
pub(crate) fn endpoints(view: &RunView) -> Value {
    let window = view.window();
    let seconds = window.seconds.max(1) as f64;
    let now: BTreeMap<_, _> = window.endpoints.iter().map(|e| (e.endpoint, e)).collect();
    let rows: Vec<Value> = view
        .endpoints(Phase::Load)
        .iter()
        .filter_map(|e| Some((e.id?, e)))
        .map(|(id, e)| {
            let mut row = totals(e);
            row["id"] = id.0.into();
            row["name"] = e.series.label().into();
            row["scenario"] = e.series.scenario.clone().into();
            row["action"] = e.series.action.clone().into();
            row["tags"] = json!(e.series.tags);
            row["statuses"] = statuses(e);
            row["now"] = now.get(&id).map_or(Value::Null, |w| {
                json!({
                    "requests_per_second": w.requests as f64 / seconds,
                    "error_rate": (w.requests > 0).then(|| w.errors as f64 / w.requests as f64),
                    "p50_ms": ms(w.response.quantile(0.5)), "p95_ms": ms(w.response.quantile(0.95)),
                    "p99_ms": ms(w.response.quantile(0.99)),
                })
            });
            row
        })
        .collect();
    json!({ "window_s": window.seconds, "rows": rows })
}

fn statuses(view: &EndpointView) -> Value {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for code in &view.codes {
        *all.entry(code.status.to_string()).or_default() += code.count;
    }
    json!(all)
}

/// Failures by kind and status: how often, since when, in which words, and where.
pub(crate) fn failures(view: &RunView) -> Value {
    let total = view.total(Phase::Load).count.max(1) as f64;
    let rows: Vec<Value> = view
        .errors()
        .iter()
        .filter(|e| e.phase == Phase::Load)
        .map(|e| {
            let places = e.endpoints.iter().map(|(id, count)| {
                let words = view.words_at(e.kind, *id).map(|d| d.text.clone());
                json!({ "name": view.series(*id).label(), "count": count, "words": words })
            });
            json!({
                "kind": e.kind.name(), "status": e.status.to_string(), "count": e.count, "of_all": e.count as f64 / total,
                "first_s": e.first, "last_s": e.last, "words": view.words_of(e.kind).map(|d| d.text.clone()),
                "endpoints": places.collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "rows": rows })
}

/// What was sent, beside what the plan says: shares of requests by action, values of tallies, checks, groups.
pub(crate) fn mix(view: &RunView) -> Value {
    let mut actions: BTreeMap<(String, String), u64> = BTreeMap::new();
    let endpoints = view.endpoints(Phase::Load);
    let total: u64 = endpoints.iter().map(|e| e.count).sum();
    for endpoint in &endpoints {
        let key = (endpoint.series.scenario.clone(), endpoint.series.action.clone());
        *actions.entry(key).or_default() += endpoint.count;
    }
    let actions: Vec<Value> = actions
        .into_iter()
        .map(|((scenario, action), requests)| {
            let share = (total > 0).then(|| requests as f64 / total as f64);
            json!({ "scenario": scenario, "action": action, "requests": requests, "share": share })
        })
        .collect();
    let tallies: Vec<Value> = view
        .tallies(Some(Phase::Load))
        .iter()
        .map(|t| {
            let values: Vec<Value> = t
                .values
                .iter()
                .map(|v| json!({ "value": v.value, "count": v.count, "share": t.share(v.count) }))
                .collect();
            json!({ "name": t.name, "total": t.total, "values": values })
        })
        .collect();
    let checks: Vec<Value> = view
        .checks()
        .iter()
        .map(|c| {
            let of = c.endpoint.map(|id| view.series(id).label());
            json!({ "name": c.name, "endpoint": of, "passed": c.passed, "failed": c.failed })
        })
        .collect();
    let groups: Vec<Value> = view
        .asides(EndpointKind::Group, Phase::Load)
        .iter()
        .map(|g| json!({ "name": g.series.label(), "count": g.count, "failed": g.errors, "duration": latency(&g.response) }))
        .collect();
    json!({ "actions": actions, "tallies": tallies, "checks": checks, "groups": groups })
}
