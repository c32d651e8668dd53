//! For programs.

use crate::ExportError;
use brunt_analysis::compare::{Comparison, Table};
use serde_json::{Value, json};

/// Comparisons and the variants' totals as one JSON object: `outcome` is the worst, `comparisons` one a candidate, `variants` the
/// table. Changes are relative (0.1 is +10 %), of error rates differences of shares; times are milliseconds; what has no
/// value is `null`.
pub fn comparison_json(comparisons: &[Comparison], table: &Table) -> Result<Value, ExportError> {
    let rows: Vec<Value> = table
        .rows
        .iter()
        .enumerate()
        .map(|(i, row)| {
            json!({
                "name": row.name,
                "total_requests": row.requests,
                "throughput_per_second": row.throughput,
                "avg_latency_ms": row.mean_ms,
                "p95_latency_ms": row.p95_ms,
                "success_rate": row.error_rate.map(|e| 1.0 - e),
                "error_rate": row.error_rate,
                "best": table.best == Some(i),
            })
        })
        .collect();
    Ok(json!({
        "outcome": comparisons.iter().map(|c| c.outcome).min(),
        "comparisons": serde_json::to_value(comparisons)?,
        "variants": rows,
        "best": table.best.map(|at| &table.rows[at].name),
        "reasons": table.reasons,
    }))
}
