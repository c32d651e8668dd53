//! The run for Prometheus, in its text format (version 0.0.4).

use super::App;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use brunt_metrics::{Nanos, Phase};
use brunt_run::RunView;
use http::{HeaderValue, header};
use std::fmt::Write as _;

pub(super) async fn metrics(State(app): State<App>) -> Response {
    let text = app.board.read(|live| text(&live.view));
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn text(view: &RunView) -> String {
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, help: &str, rows: Vec<(String, f64)>| {
        let _ = writeln!(out, "# HELP brunt_{name} {help}\n# TYPE brunt_{name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(out, "brunt_{name}{labels} {value}");
        }
    };
    let endpoints = view.endpoints(Phase::Load);
    let labels = |e: &brunt_run::EndpointView, more: &str| {
        format!("{{scenario=\"{}\",endpoint=\"{}\"{more}}}", quoted(&e.series.scenario), quoted(&e.label()))
    };
    let of_each = |value: &dyn Fn(&brunt_run::EndpointView) -> f64| {
        endpoints.iter().map(|e| (labels(e, ""), value(e))).collect::<Vec<_>>()
    };
    family("requests_total", "counter", "Requests of the load that ended.", of_each(&|e| e.count as f64));
    family("request_errors_total", "counter", "Of these, those that failed.", of_each(&|e| e.errors as f64));
    let seconds = |time: Option<Nanos>| time.map(Nanos::as_secs_f64);
    let mut quantiles = Vec::new();
    for e in &endpoints {
        for (q, time) in [("0.5", e.response.p50), ("0.95", e.response.p95), ("0.99", e.response.p99)] {
            quantiles.extend(seconds(time).map(|t| (labels(e, &format!(",quantile=\"{q}\"")), t)));
        }
    }
    family(
        "response_seconds",
        "gauge",
        "Response times since the start of the load, from the instant a request was due.",
        quantiles,
    );
    let mut users = Vec::new();
    for (id, scenario) in view.scenarios() {
        let header = view.header().and_then(|h| h.scenarios.get(usize::from(id.0)));
        let name = header.map_or("?", |s| s.name.as_str());
        users.push((format!("{{scenario=\"{}\"}}", quoted(name)), scenario.users as f64));
    }
    family("users", "gauge", "Users that exist.", users);
    family("in_flight", "gauge", "Requests under way.", vec![(String::new(), view.in_flight() as f64)]);
    let lag = seconds(view.window().lag.quantile(0.99)).map(|t| (String::new(), t));
    family(
        "lag_p99_seconds",
        "gauge",
        "How late requests were started in the last ten seconds.",
        lag.into_iter().collect(),
    );
    let dropped = view.iterations().dropped as f64;
    family("dropped_total", "counter", "Arrivals that found no free user.", vec![(String::new(), dropped)]);
    out
}

/// A label's value.
fn quoted(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    plain.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
