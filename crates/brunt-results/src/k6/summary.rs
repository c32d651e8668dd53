//! k6's summary in its three forms: `handleSummary(data)`, the older `--summary-export`, and the machine-readable one.
//!
//! They differ in where the values stand, in the name of a rate's share (`rate`, `value`), and in what `true` means for a
//! threshold: in the older export it means that the threshold *failed* (`js/summary-wrapper.js`, `oldJSONSummary`).

use crate::assemble::{FROM_SEND, Totals, figures};
use crate::fold::Heading;
use crate::notes::{At, Notes};
use crate::number::{counted, instant, whole};
use crate::words::shown;
use crate::{Kind, OwnVerdict, Results, Tool};
use brunt_metrics::EndpointKind;
use brunt_run::{CheckFigures, GroupFigures, LatencyFigures, PartFigures, ScenarioFigures, SeriesName};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Groups within groups that are followed: k6's own path has no limit, our stack has.
const MAX_DEPTH: usize = 64;

/// A metric's values by their names.
type Values = BTreeMap<String, f64>;

/// Parts of a request's time, by the metric that has them.
const PARTS: [(&str, &str); 6] = [
    ("http_req_blocked", "blocked"),
    ("http_req_connecting", "connect"),
    ("http_req_tls_handshaking", "tls"),
    ("http_req_sending", "sending"),
    ("http_req_waiting", "waiting"),
    ("http_req_receiving", "receiving"),
];

/// Reads a summary of a form that is known already.
pub(crate) fn read_summary(document: &Value, kind: Kind, name: &str, mut notes: Notes) -> Results {
    let metrics = metrics(document, kind);
    let mut heading = Heading::new(Tool::K6, name);
    heading.version = document.pointer("/metadata/k6Version").and_then(Value::as_str).map(shown);
    let mut totals = Totals::new(kind, &heading);
    let requests = count(&metrics, "http_reqs");
    if requests.is_none() {
        notes.problem("no requests", At::default(), || {
            "it has no `http_reqs`: k6 sent no HTTP request".to_owned()
        });
    }
    let requests = requests.unwrap_or(0);
    let rate = value(&metrics, "http_reqs", "rate");
    let duration = duration(document, requests, rate);
    let share = ["rate", "value"].iter().find_map(|v| value(&metrics, "http_req_failed", v));
    let errors = ["passes", "matches"]
        .iter()
        .find_map(|v| value(&metrics, "http_req_failed", v))
        .map(counted)
        .or_else(|| share.map(|s| counted(s * requests as f64)))
        .unwrap_or(0);
    let response = metrics.get("http_req_duration").map(latency).unwrap_or_default();
    let rate = rate.or_else(|| duration.filter(|d| *d > 0.0).map(|d| requests as f64 / d));
    totals.summary.total = figures(requests, errors.min(requests), rate, response);
    if let Some(seconds) = duration {
        totals.lasted(seconds);
    }
    totals.summary.total.bytes_in = count(&metrics, "data_received").unwrap_or(0);
    totals.summary.total.bytes_out = count(&metrics, "data_sent").unwrap_or(0);
    totals.summary.total.parts = parts(&metrics, requests);
    totals.summary.scenarios = vec![scenario(&metrics, requests, errors)];
    totals.summary.dropped = count(&metrics, "dropped_iterations").unwrap_or(0);
    totals.summary.started_unix_ms = started(document, duration);
    if let Some(root) = document.get("root_group") {
        group(root, "", MAX_DEPTH, &mut totals.summary.checks);
    }
    if let Some(list) = document.pointer("/results/checks/results").and_then(Value::as_array) {
        totals.summary.checks = list.iter().filter_map(|c| check(c, None, "")).collect();
    }
    totals.summary.groups = groups(&metrics);
    totals.own_verdicts = thresholds(document, kind);
    say_gaps(kind, &mut notes);
    totals.into_results(&heading, notes)
}

fn say_gaps(kind: Kind, notes: &mut Notes) {
    if kind == Kind::K6MachineSummary {
        notes.gap("k6's machine-readable summary does not say how its thresholds ended");
    }
    notes.gap(
        "k6's summary has totals only: no endpoints, no course in time, no distribution beyond the percentiles in it; \
         `--out csv=FILE` has all samples",
    );
    notes.gap("k6's percentiles are interpolated between samples");
    notes.gap(format!("k6: {FROM_SEND}"));
    notes.gap("which statuses and errors came is not told");
}

/// Every metric with its values, from whatever place the form keeps them in.
fn metrics(document: &Value, kind: Kind) -> BTreeMap<String, Values> {
    let numbers = |values: &Map<String, Value>| -> Values {
        values.iter().filter_map(|(k, v)| v.as_f64().map(|v| (k.clone(), v))).collect()
    };
    let of =
        |metric: &Value| metric.get("values").unwrap_or(metric).as_object().map(numbers).unwrap_or_default();
    if kind == Kind::K6MachineSummary {
        let list = document.pointer("/results/metrics").and_then(Value::as_array);
        let named = |m: &Value| m.get("name").and_then(Value::as_str).map(|n| (n.to_owned(), of(m)));
        return list.into_iter().flatten().filter_map(named).collect();
    }
    let map = document.get("metrics").and_then(Value::as_object);
    map.into_iter().flatten().map(|(name, metric)| (name.clone(), of(metric))).collect()
}

fn value(metrics: &BTreeMap<String, Values>, metric: &str, name: &str) -> Option<f64> {
    metrics.get(metric)?.get(name).copied().filter(|v| v.is_finite())
}

fn count(metrics: &BTreeMap<String, Values>, metric: &str) -> Option<u64> {
    value(metrics, metric, "count").map(counted)
}

/// How long the run lasted, in seconds.
fn duration(document: &Value, requests: u64, rate: Option<f64>) -> Option<f64> {
    let told = document.pointer("/state/testRunDurationMs").and_then(Value::as_f64).map(|ms| ms / 1e3);
    let told = told.or_else(|| document.pointer("/config/duration").and_then(Value::as_f64));
    told.or_else(|| rate.filter(|r| *r > 0.0).map(|r| requests as f64 / r)).filter(|d| *d > 0.0)
}

fn started(document: &Value, duration: Option<f64>) -> u64 {
    let end = document.pointer("/metadata/generatedAt").and_then(Value::as_str);
    let end = end.and_then(|text| instant(text, crate::number::Comma::IsPoint));
    end.map_or(0, |end| whole((end.ns as f64 / 1e6 - duration.unwrap_or(0.0) * 1e3).max(0.0)))
}

fn latency(values: &Values) -> LatencyFigures {
    let get = |name: &str| values.get(name).copied().filter(|v| v.is_finite());
    LatencyFigures {
        min_ms: get("min"),
        mean_ms: get("avg"),
        std_dev_ms: None,
        p50_ms: get("med").or_else(|| get("p(50)")),
        p75_ms: get("p(75)"),
        p90_ms: get("p(90)"),
        p95_ms: get("p(95)"),
        p99_ms: get("p(99)"),
        p99_9_ms: get("p(99.9)"),
        max_ms: get("max"),
    }
}

/// In k6 every request has every part, also those that took no time.
fn parts(metrics: &BTreeMap<String, Values>, requests: u64) -> BTreeMap<String, PartFigures> {
    let part = |(metric, name): &(&str, &str)| {
        let (mean_ms, max_ms) = (value(metrics, metric, "avg")?, value(metrics, metric, "max")?);
        Some(((*name).to_owned(), PartFigures { count: requests, mean_ms, max_ms }))
    };
    PARTS.iter().filter_map(part).filter(|(_, p)| p.max_ms > 0.0).collect()
}

fn scenario(metrics: &BTreeMap<String, Values>, requests: u64, errors: u64) -> ScenarioFigures {
    let completed = count(metrics, "iterations").unwrap_or(0);
    let dropped = count(metrics, "dropped_iterations").unwrap_or(0);
    let users = value(metrics, "vus", "max").or_else(|| value(metrics, "vus_max", "max")).map_or(0, counted);
    ScenarioFigures {
        name: "(all scenarios)".to_owned(),
        executor: "not told by the source".to_owned(),
        open: false,
        due: completed + dropped,
        started: completed,
        dropped,
        completed,
        failed: 0,
        cut: 0,
        users_max: users,
        user_seconds: 0.0,
        requests,
        errors,
    }
}

/// The duration of all groups together, as the summary has it.
fn groups(metrics: &BTreeMap<String, Values>) -> Vec<GroupFigures> {
    let Some(values) = metrics.get("group_duration") else { return Vec::new() };
    let series = SeriesName {
        method: "*".to_owned(),
        name: "(all groups)".to_owned(),
        kind: EndpointKind::Group,
        ..SeriesName::default()
    };
    let count = values.get("count").copied().map_or(0, counted);
    vec![GroupFigures { series, count, failed: 0, duration: latency(values) }]
}

/// Checks of a group and of those within, listed or by name.
fn group(node: &Value, path: &str, depth: usize, checks: &mut Vec<CheckFigures>) {
    for entry in entries(node.get("checks")) {
        checks.extend(check(entry, None, path));
    }
    if depth == 0 {
        return;
    }
    for child in entries(node.get("groups")) {
        let name = child.get("name").and_then(Value::as_str).unwrap_or_default();
        let path = if path.is_empty() { shown(name) } else { format!("{path}::{}", shown(name)) };
        group(child, &path, depth - 1, checks);
    }
}

fn entries(list: Option<&Value>) -> Box<dyn Iterator<Item = &Value> + '_> {
    match list {
        Some(Value::Array(items)) => Box::new(items.iter()),
        Some(Value::Object(items)) => Box::new(items.values()),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            Box::new(std::iter::empty())
        }
    }
}

fn check(entry: &Value, series: Option<SeriesName>, group: &str) -> Option<CheckFigures> {
    let name = entry.get("name").and_then(Value::as_str)?;
    let count = |key: &str| entry.get(key).and_then(Value::as_f64).map_or(0, counted);
    let in_group = (!group.is_empty()).then(|| SeriesName {
        method: "*".to_owned(),
        name: group.to_owned(),
        kind: EndpointKind::Group,
        ..SeriesName::default()
    });
    Some(CheckFigures {
        check: shown(name),
        series: series.or(in_group),
        passed: count("passes"),
        failed: count("fails"),
    })
}

/// What k6 judged. See the module's text for what `true` means where.
fn thresholds(document: &Value, kind: Kind) -> Vec<OwnVerdict> {
    let mut verdicts = Vec::new();
    let mut add = |metric: &str, map: Option<&Value>| {
        for (expectation, result) in map.and_then(Value::as_object).into_iter().flatten() {
            let held = match result {
                Value::Bool(crossed) if kind == Kind::K6SummaryExport => Some(!crossed),
                Value::Bool(ok) => Some(*ok),
                Value::Object(object) => object.get("ok").and_then(Value::as_bool),
                Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
            };
            let (metric, expectation) = (shown(metric), shown(expectation));
            verdicts.extend(held.map(|held| OwnVerdict { metric, expectation, held }));
        }
    };
    for (name, metric) in document.get("metrics").and_then(Value::as_object).into_iter().flatten() {
        add(name, metric.get("thresholds"));
    }
    for metric in entries(document.pointer("/results/metrics")) {
        add(metric.get("name").and_then(Value::as_str).unwrap_or_default(), metric.get("thresholds"));
    }
    verdicts
}
