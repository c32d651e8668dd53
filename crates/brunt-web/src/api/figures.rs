//! Figures and findings of the run, which cost more than a tick: made when they are asked for, and at most every few seconds.

use super::{Answer, App, body};
use crate::Problem;
use axum::extract::{Path, State};
use axum::response::Response;
use brunt_figure::{Asked, Kind, Source, figure};
use brunt_run::Summary;
use serde_json::{Value, json};

/// Points of a figure's lines: a chart on a screen has no more.
const POINTS: usize = 180;

pub(super) async fn found(State(app): State<App>) -> Response {
    let findings = app.board.findings();
    body(&json!({ "findings": findings.as_ref() }))
}

pub(super) async fn one(State(app): State<App>, Path(kind): Path<String>) -> Answer {
    let kind = Kind::of_name(&kind).ok_or_else(|| {
        let names: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
        Problem::missing(format!("there is no figure `{kind}`"))
            .hint(format!("there are {}", names.join(", ")))
    })?;
    let findings = app.board.findings();
    app.board.read(|live| {
        let summary = Summary::of(&live.view)
            .ok_or_else(|| Problem::conflict("nothing has run yet").hint("start a run first"))?;
        let source = Source {
            name: &summary.name,
            summary: &summary,
            course: Some(&live.course),
            findings: &findings,
        };
        let asked = Asked { points: POINTS, ..Asked::default() };
        let figure = figure(kind, &[source], &asked).map_err(|e| Problem::conflict(e.to_string()))?;
        Ok(body(&serde_json::to_value(&figure).unwrap_or(Value::Null)))
    })
}
