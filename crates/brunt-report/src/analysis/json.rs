//! For programs. `analysis.summary` is flat, for a gate of one line; `analysis.runs` has everything.

use super::words::outlook;
use super::{AnalysedRun, Analysis, Basis, UnreadableRun};
use brunt_analysis::leaders;
use serde_json::{Value, json};

/// The version of this form: fields may be added within it.
const VERSION: u32 = 1;

/// The analysis as one object, documented in `docs/analyze.md`. Times are milliseconds, shares 0 to 1; what is not known is `null`.
pub fn analysis_json(analysis: &Analysis) -> String {
    let summary = analysis.worst().map_or(Value::Null, summary);
    let runs: Vec<Value> = analysis.runs.iter().map(run).collect();
    let unreadable = |u: &UnreadableRun| json!({"path": u.path, "reason": u.reason});
    let unreadable: Vec<Value> = analysis.unreadable.iter().map(unreadable).collect();
    let all = json!({
        "version": VERSION,
        "analysis": {
            "outlook": outlook(analysis.outlook()),
            "summary": summary,
            "runs": runs,
            "unreadable": unreadable,
        },
    });
    serde_json::to_string_pretty(&all).unwrap_or_default()
}

fn summary(run: &AnalysedRun) -> Value {
    let total = &run.summary.total;
    let r = &total.response;
    json!({
        "run": run.name,
        "outlook": outlook(run.verdict.outlook),
        "total_requests": total.requests,
        "failures": total.errors,
        "error_rate": total.error_rate,
        "success_rate": total.error_rate.map(|share| 1.0 - share),
        "rps": total.requests_per_second,
        "mean": r.mean_ms,
        "std": r.std_dev_ms,
        "min": r.min_ms,
        "p50": r.p50_ms,
        "p95": r.p95_ms,
        "p99": r.p99_ms,
        "max": r.max_ms,
        "grades": run.grades,
    })
}

fn run(run: &AnalysedRun) -> Value {
    let basis = match run.basis {
        Basis::Seconds => "seconds",
        Basis::Totals => "totals",
    };
    json!({
        "name": run.name,
        "tool": run.tool,
        "files": run.files,
        "notes": run.notes,
        "summary": summary(run),
        "verdict": run.verdict,
        "hot_spots": run.hot_spots,
        "leaders": leaders(&run.hot_spots),
        "findings": run.findings,
        "findings_from": basis,
        "totals": run.summary,
    })
}
