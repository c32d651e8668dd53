//! Locust's read-only paths, for what was made to read Locust's page.

use super::{Answer, App, blocking, body};
use crate::board::Stage;
use crate::json::ms;
use crate::{Board, Problem};
use axum::extract::{Path, State};
use axum::response::Response;
use brunt_metrics::Phase;
use brunt_run::{EndpointView, RunView};
use http::{HeaderValue, header};
use serde_json::{Value, json};

/// `/stats/requests`: the fields of Locust 2.47 that something outside of its own page could want.
pub(super) async fn requests(State(app): State<App>) -> Response {
    body(&app.board.read(|live| {
        let view = &live.view;
        let seconds = view.window().seconds.max(1) as f64;
        let mut stats: Vec<Value> =
            view.endpoints(Phase::Load).iter().filter(|e| e.count > 0).map(|e| row(view, e, seconds)).collect();
        let total = view.total(Phase::Load);
        let mut aggregated = row(view, &total, seconds);
        aggregated["name"] = "Aggregated".into();
        aggregated["method"] = Value::Null;
        aggregated["current_rps"] = view.window().request_rate().unwrap_or(0.0).into();
        aggregated["current_fail_per_sec"] = (view.window().errors as f64 / seconds).into();
        stats.push(aggregated);
        let errors: Vec<Value> = view
            .errors()
            .iter()
            .filter(|e| e.phase == Phase::Load)
            .flat_map(|e| e.endpoints.iter().map(move |(id, count)| (e, *id, *count)))
            .map(|(e, id, count)| {
                let series = view.series(id);
                json!({ "method": series.method, "name": series.name, "error": e.kind.name(), "occurrences": count })
            })
            .collect();
        json!({
            "stats": stats, "errors": errors, "state": state(live.stage), "user_count": view.users(),
            "total_rps": view.window().request_rate().unwrap_or(0.0), "fail_ratio": total.error_share().unwrap_or(0.0),
            "current_response_time_percentiles": {
                "response_time_percentile_0.5": ms(view.window().response.quantile(0.5)),
                "response_time_percentile_0.95": ms(view.window().response.quantile(0.95)),
            },
        })
    }))
}

fn row(view: &RunView, e: &EndpointView, seconds: f64) -> Value {
    let now = e.id.and_then(|id| view.window().endpoints.iter().find(|w| w.endpoint == id));
    json!({
        "method": e.series.method, "name": e.series.name, "safe_name": escaped(&e.series.name), "num_requests": e.count,
        "num_failures": e.errors, "avg_response_time": ms(e.response.mean), "min_response_time": ms(e.response.min),
        "max_response_time": ms(e.response.max), "median_response_time": ms(e.response.p50),
        "response_time_percentile_0.95": ms(e.response.p95), "response_time_percentile_0.99": ms(e.response.p99),
        "current_rps": now.map_or(0.0, |w| w.requests as f64 / seconds),
        "current_fail_per_sec": now.map_or(0.0, |w| w.errors as f64 / seconds), "total_rps": e.rate,
        "avg_content_length": e.bytes_in.checked_div(e.count),
    })
}

/// Locust's page put this one into markup.
fn escaped(name: &str) -> String {
    name.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#x27;")
}

/// The word that Locust has for it.
const fn state(stage: Stage) -> &'static str {
    match stage {
        Stage::Idle => "ready",
        Stage::Starting => "spawning",
        Stage::Running | Stage::Paused => "running",
        Stage::Stopping => "stopping",
        Stage::Ended => "stopped",
    }
}

/// `/stats/requests/csv`, `/stats/failures/csv`, `/exceptions/csv` of the run that ended last.
/// The path that Locust has for these.
pub(super) async fn exceptions(state: State<App>) -> Answer {
    csv(state, Path("exceptions".to_owned())).await
}

pub(super) async fn csv(State(app): State<App>, Path(file): Path<String>) -> Answer {
    let name = match file.as_str() {
        "requests" => "stats.csv",
        "failures" => "failures.csv",
        "exceptions" => "exceptions.csv",
        _ => {
            return Err(
                Problem::missing("there is no such file").hint("there are requests, failures and exceptions")
            );
        }
    };
    let id = of_board(&app.board)
        .ok_or_else(|| Problem::conflict("nothing has run yet").hint("start a run first"))?;
    let download = blocking(&app, move |desk| desk.file(&id, name)).await?;
    let mut response = Response::new(axum::body::Body::from(download.bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    Ok(response)
}

fn of_board(board: &Board) -> Option<String> {
    board.read(|live| live.view.header().map(|h| h.id.clone()))
}
