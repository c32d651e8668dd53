//! Where a run stands, as the page is told: once when it opens, and each second.

use crate::board::Live;
use crate::course::{Of, kinds, point};
use crate::json::{ms, totals};
use brunt_gate::{Bearing, health};
use brunt_metrics::Phase;
use brunt_run::{ObjectiveOutcome, RunView};
use serde_json::{Value, json};

/// What a page shows at its top, and all that does not fit into a second's tick.
pub(crate) fn status(live: &Live) -> Value {
    json!({
        "stage": live.stage, "generation": live.generation, "problem": problem(live), "run": run(&live.view),
        "elapsed_s": live.view.elapsed().as_secs_f64(), "now": now(&live.view), "total": total(&live.view),
        "objectives": objectives(&live.view), "generator": generator(&live.view), "scenarios": scenarios(&live.view),
        "verdict": verdict(&live.view), "phases": phases(&live.view), "marks": marks(&live.view),
        "segments": segments(&live.view), "resources": live.view.resources().len(),
    })
}

/// A second: what changed, and the points that came or grew since `after`.
pub(crate) fn tick(live: &Live, after: Option<u64>) -> Value {
    let slices = live.course.slices.iter();
    // The last that a page has may have grown since.
    let new: Vec<_> = slices.filter(|s| after.is_none_or(|after| s.from >= after)).collect();
    let mut tick = status(live);
    tick["step"] = live.course.step.into();
    tick["points"] = new.iter().map(|s| point(s, Of::All)).collect();
    tick["kinds"] = new.iter().map(|s| kinds(s, Of::All)).collect();
    tick["second"] = live.view.seconds().into();
    tick
}

fn problem(live: &Live) -> Value {
    live.problem.as_ref().map_or(
        Value::Null,
        |p| json!({ "status": p.status, "title": p.title, "detail": p.detail, "hint": p.hint }),
    )
}

fn run(view: &RunView) -> Value {
    let Some(header) = view.header() else { return Value::Null };
    let scenarios: Vec<Value> = header
        .scenarios
        .iter()
        .map(|s| json!({ "name": s.name, "executor": s.executor, "open": s.open, "max_users": s.max_users }))
        .collect();
    json!({
        "id": header.id, "name": header.name, "started_unix_ms": header.started_unix_ms, "targets": header.targets,
        "planned_s": header.planned_duration.map(|d| d.as_secs_f64() + view.stood_still().as_secs_f64()), "profile": header.profile,
        "scenarios": scenarios, "seed": header.seed, "workers": header.workers,
    })
}

fn scenarios(view: &RunView) -> Vec<Value> {
    view.scenarios()
        .map(|(id, s)| {
            json!({ "id": id.0, "users": s.users, "phase": s.phase.map(Phase::name), "due": s.counts.due,
                "started": s.counts.started, "dropped": s.counts.dropped })
        })
        .collect()
}

/// The last ten seconds.
fn now(view: &RunView) -> Value {
    let window = view.window();
    json!({
        "seconds": window.seconds, "requests_per_second": window.request_rate(), "due_per_second": window.due_rate(),
        "started_per_second": window.started_rate(), "error_rate": window.error_share(),
        "p50_ms": ms(window.response.quantile(0.5)), "p95_ms": ms(window.response.quantile(0.95)),
        "p99_ms": ms(window.response.quantile(0.99)), "users": view.users(), "in_flight": view.in_flight(),
    })
}

fn total(view: &RunView) -> Value {
    totals(&view.total(Phase::Load))
}

fn objectives(view: &RunView) -> Vec<Value> {
    let judged = view.verdict().map(|v| v.objectives.as_slice()).filter(|o| !o.is_empty());
    judged.unwrap_or_else(|| view.objectives()).iter().map(objective).collect()
}

fn objective(o: &ObjectiveOutcome) -> Value {
    json!({
        "name": o.name, "objective": o.objective, "standing": o.standing, "text": o.text, "unit": o.unit,
        "measured": o.measured, "limit": o.limit, "margin": o.margin, "samples": o.samples, "burn": o.burn,
        "interval": o.interval, "broken_s": o.broken.map(|b| b.seconds), "notes": o.further_notes().collect::<Vec<_>>(),
    })
}

/// Whether the generator is the limit, and why.
fn generator(view: &RunView) -> Value {
    let reasons = health(view);
    let is_limit = reasons.iter().any(|r| r.bearing == Bearing::Invalidates);
    let worth_telling = reasons.iter().filter(|r| r.bearing != Bearing::Note).map(|r| r.text.clone());
    let notes = reasons.iter().filter(|r| r.bearing == Bearing::Note).map(|r| r.text.clone());
    json!({
        "ok": !is_limit, "late_now": view.window().is_late(), "against": worth_telling.collect::<Vec<_>>(),
        "notes": notes.collect::<Vec<_>>(), "busiest_worker": view.window().busiest_worker,
        "lag_p99_ms": ms(view.window().lag.quantile(0.99)),
    })
}

fn verdict(view: &RunView) -> Value {
    view.verdict()
        .map_or(Value::Null, |v| json!({ "outlook": v.outlook, "summary": v.summary, "reasons": v.findings }))
}

fn phases(view: &RunView) -> Vec<Value> {
    view.phases()
        .iter()
        .map(|c| json!({ "at_s": c.at.as_secs_f64(), "scenario": c.scenario.0, "phase": c.phase.map(Phase::name) }))
        .collect()
}

/// What was done from outside.
fn marks(view: &RunView) -> Vec<Value> {
    view.marks()
        .iter()
        .map(|m| json!({ "at_s": m.at.as_secs_f64(), "kind": m.kind, "text": m.text }))
        .collect()
}

/// Between changes of the load.
fn segments(view: &RunView) -> Vec<Value> {
    let rate = |amount: u64, seconds: u64| (seconds > 0).then(|| amount as f64 / seconds as f64);
    view.segments()
        .iter()
        .map(|s| {
            json!({
                "after": s.mark.as_ref().map(|m| m.text.clone()), "from_s": s.from, "seconds": s.seconds, "requests": s.requests,
                "requests_per_second": rate(s.requests, s.seconds), "error_rate": rate(s.errors, s.requests),
                "p50_ms": ms(s.response.p50), "p95_ms": ms(s.response.p95), "p99_ms": ms(s.response.p99),
            })
        })
        .collect()
}

/// The log: what happened, in order of time, with a level that it can be filtered by.
pub(crate) fn log(live: &Live) -> Value {
    let view = &live.view;
    let mut lines: Vec<(f64, &str, String)> = Vec::new();
    if let Some(header) = view.header() {
        lines.push((0.0, "info", format!("{} started: {}", header.id, header.targets.join(", "))));
    }
    for change in view.phases() {
        let header = view.header().and_then(|h| h.scenarios.get(usize::from(change.scenario.0)));
        let name = header.map_or("?", |s| s.name.as_str());
        let what = change.phase.map_or("ended".to_owned(), |p| format!("in {}", p.name()));
        lines.push((change.at.as_secs_f64(), "info", format!("`{name}` {what}")));
    }
    for warning in view.warnings() {
        lines.push((warning.at.as_secs_f64(), "warning", warning.text.clone()));
    }
    for detail in view.error_details() {
        let place = view.series(detail.endpoint).label();
        lines.push((
            detail.at.as_secs_f64(),
            "error",
            format!("first {} at {place}: {}", detail.kind.name(), detail.text),
        ));
    }
    for mark in view.marks() {
        lines.push((mark.at.as_secs_f64(), "action", mark.text.clone()));
    }
    for (at, text) in &live.said {
        lines.push((*at, "action", text.clone()));
    }
    if let Some(verdict) = view.verdict() {
        lines.push((view.elapsed().as_secs_f64(), "info", verdict.summary.clone()));
    }
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    let lines: Vec<Value> = lines
        .into_iter()
        .map(|(at, level, text)| json!({ "at_s": at, "level": level, "text": text }))
        .collect();
    let left_out = view.left_out();
    json!({ "lines": lines, "left_out": left_out.warnings + left_out.details + left_out.phases })
}
