//! Runs that have ended: a list, and how they went from one to the next, from the history of runs.

use crate::args::{HistoryArgs, WhereArgs};
use crate::baseline::Baselines;
use crate::history;
use crate::run::RUNS;
use crate::runs::{state, steps};
use brunt_figure::{Unit, trend};
use brunt_history::{Filter, History, Order, Row, SortBy, TrendOf};
use brunt_metrics::Nanos;
use brunt_web::{Problem, RunRow};
use serde_json::Value;
use std::path::Path;

/// The newest runs that are listed.
const MOST_RUNS: u64 = 500;
/// The newest runs of a trend.
const MOST_POINTS: u64 = 60;

fn opened(args: &HistoryArgs) -> Result<History, Problem> {
    let places = WhereArgs { runs: RUNS.into(), history: args.clone() };
    history::opened(&places)
        .map_err(|e| Problem::conflict("the history of runs cannot be read").detail(e.to_string()))
}

/// The newest first.
pub(super) fn runs(args: &HistoryArgs) -> Result<Vec<RunRow>, Problem> {
    let filter = Filter {
        limit: Some(MOST_RUNS),
        sort: SortBy::Started,
        order: Order::Descending,
        ..Filter::default()
    };
    let rows = opened(args)?.runs(&filter).map_err(|e| Problem::conflict(e.to_string()))?;
    let marks = Baselines::load(Path::new(RUNS)).map(|b| b.marks()).unwrap_or_default();
    let row = |row: Row| RunRow {
        state: state(&row).to_owned(),
        elapsed_s: row.elapsed.map(Nanos::as_secs_f64),
        requests: row.requests,
        errors: row.errors,
        p95_ms: row.p95.map(Nanos::as_millis_f64),
        baselines: marks.get(&row.id).cloned().unwrap_or_default(),
        branch: row.branch,
        labels: row
            .labels
            .iter()
            .map(|(k, v)| if v.is_empty() { k.clone() } else { format!("{k}={v}") })
            .collect(),
        id: row.id,
        name: row.name,
        started_unix_ms: row.started_unix_ms,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The 95th percentile of the runs of this name, as a figure.
pub(super) fn course(args: &HistoryArgs, name: &str) -> Result<Value, Problem> {
    let filter = Filter {
        name: Some(name.to_owned()),
        limit: Some(MOST_POINTS),
        sort: SortBy::Started,
        order: Order::Descending,
        ..Filter::default()
    };
    let of = TrendOf { quantile: 0.95, endpoint: None, seconds: None };
    let mut trend_of = opened(args)?.trend(&filter, &of).map_err(|e| Problem::conflict(e.to_string()))?;
    // A star in a name stands for itself here, in a filter for anything.
    trend_of.points.retain(|point| point.row.name == name);
    if trend_of.points.len() < 2 {
        return Err(Problem::conflict(format!("`{name}` has fewer than two runs to follow")));
    }
    let figure =
        trend(&format!("p95 of `{name}` from run to run"), Unit::Milliseconds, &steps(&trend_of), &[]);
    Ok(serde_json::to_value(figure).unwrap_or(Value::Null))
}
