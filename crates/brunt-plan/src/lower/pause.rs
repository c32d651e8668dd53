//! Pauses: think times, pacing, `pause` steps.

use crate::decode::{Cx, Fields, int_in};
use crate::diagnostic::Diagnostic;
use crate::fields::{LOG_NORMAL, NORMAL, THINK};
use crate::tree::{Entry, Node, Value};
use brunt_metrics::Nanos;
use brunt_workload::{Pause, PauseTime};

/// Think time: a pause, perhaps not after every iteration.
pub(super) fn think(cx: &Cx<'_>, node: &Node) -> Option<Pause> {
    let time = pause_time(cx, "think", node)?;
    let every = match &node.value {
        Value::Map(entries) => entries.iter().find(|e| e.key == "every").map(|e| &e.value),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => {
            None
        }
    };
    let every =
        every.map_or(Some(1), |n| int_in(cx, "every", n, (1, 1_000_000), "after how many iterations?"))?;
    Some(Pause { time, every: u32::try_from(every).unwrap_or(1) })
}

pub(super) fn pause_time(cx: &Cx<'_>, field: &str, node: &Node) -> Option<PauseTime> {
    if !matches!(node.value, Value::Map(_)) {
        return cx.duration_range(field, node).map(uniform);
    }
    let fields = Fields::of(cx, node, &THINK)?;
    let kinds: Vec<&Entry> = fields.given().filter(|e| e.key != "every").collect();
    let [kind] = kinds.as_slice() else {
        let d = Diagnostic::error(&node.span, format!("{} needs exactly one distribution", cx.name(field)));
        cx.report(d.help("one of `time`, `normal`, `exponential` and `log_normal`"));
        return None;
    };
    if field != "think" && fields.has("every") {
        let (message, label) = match field {
            "pause" => ("a `pause` step has no `every`", "it pauses each time it is reached"),
            _ => ("`pacing` has no `every`", "it holds for every iteration"),
        };
        let d = Diagnostic::error(&fields.key_span("every"), message);
        cx.report(d.label(label).help("use `think` of a user class"));
    }
    match kind.key.as_str() {
        "time" => cx.duration_range("time", fields.get("time")?).map(uniform),
        "exponential" => {
            let mean = fields.positive_duration("exponential", "write no pause at all instead")?;
            Some(PauseTime::Exponential { mean })
        }
        "normal" => {
            let normal = Fields::of(cx, fields.get("normal")?, &NORMAL)?;
            for field in ["mean", "std_dev"] {
                normal.missing(field);
            }
            let (mean, std_dev) = (normal.duration("mean"), normal.duration("std_dev"));
            Some(PauseTime::Normal { mean: mean?, std_dev: std_dev? })
        }
        _ => {
            let log_normal = Fields::of(cx, fields.get("log_normal")?, &LOG_NORMAL)?;
            for field in ["median", "sigma"] {
                log_normal.missing(field);
            }
            let (median, sigma) = (log_normal.duration("median"), log_normal.number("sigma", 5.0));
            Some(PauseTime::LogNormal { median: median?, sigma: sigma? })
        }
    }
}

fn uniform((min, max): (Nanos, Nanos)) -> PauseTime {
    match (min, max) {
        (Nanos::ZERO, Nanos::ZERO) => PauseTime::None,
        (min, max) if min == max => PauseTime::Constant(min),
        (min, max) => PauseTime::Uniform { min, max },
    }
}
