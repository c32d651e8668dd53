//! Actions, user classes, think times: what users do.

use super::request::{Around, METHODS, RequestPlan, first_span, is_request_field, request};
use super::target::{Http, Targets};
use crate::decode::{Cx, Fields, int_in};
use crate::diagnostic::Diagnostic;
use crate::fields::{LOG_NORMAL, MAX_WEIGHT, NORMAL, STEP, THINK, USER};
use crate::tree::{Entry, Node, Span, Value};
use brunt_metrics::Nanos;
use brunt_workload::{Pause, PauseTime};
use std::cell::Cell;
use std::collections::HashMap;

/// An action of the plan, lowered but for its place in a scenario.
pub(super) struct ActionPlan {
    pub(super) name: String,
    span: Span,
    pub(super) steps: Vec<StepPlan>,
    /// Whether any class does it.
    used: Cell<bool>,
}

pub(super) enum StepPlan {
    Request(Box<RequestPlan>),
    Pause(PauseTime),
}

/// All actions, in the order of the plan, found by name.
#[derive(Default)]
pub(super) struct Actions {
    pub(super) list: Vec<ActionPlan>,
    by_name: HashMap<String, usize>,
}

/// A user class of the plan.
pub(super) struct ClassPlan {
    pub(super) name: String,
    span: Span,
    pub(super) weight: u32,
    pub(super) think: Pause,
    /// Positions in [`Actions`], with weights.
    pub(super) actions: Vec<(usize, u32)>,
    /// Whether any scenario runs it.
    pub(super) used: Cell<bool>,
}

pub(super) fn actions(plan: &Fields<'_, '_>, http: &Http, targets: &mut Targets, seed: u64) -> Actions {
    let cx = plan.cx;
    let mut out = Actions::default();
    let Some(node) = plan.get("actions") else {
        plan.missing("actions");
        return out;
    };
    let entries = cx.map_of(node, "actions").unwrap_or_default();
    if entries.is_empty() && matches!(node.value, Value::Map(_)) {
        let d = Diagnostic::error(&node.span, "`actions` is empty").label("users would have nothing to do");
        cx.report(d.help("write e.g. `browse: [{get: /}]`"));
    }
    let mut around = Around { http, targets, seed };
    for entry in entries {
        check_name(cx, "action", entry);
        let nodes = match &entry.value.value {
            // One step needs no list.
            Value::Map(_) => Some(std::slice::from_ref(&entry.value)),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Seq(_) => cx.list_of(&entry.value, "steps"),
        };
        if nodes.is_some_and(<[Node]>::is_empty) {
            let d = Diagnostic::error(&entry.value.span, format!("the action `{}` has no steps", entry.key));
            cx.report(d.label("nothing would be sent").help("write e.g. `- get: /`"));
        }
        let steps = nodes.unwrap_or_default().iter().filter_map(|n| step(cx, n, &mut around)).collect();
        out.by_name.insert(entry.key.clone(), out.list.len());
        out.list.push(ActionPlan {
            name: entry.key.clone(),
            span: entry.key_span.clone(),
            steps,
            used: Cell::new(false),
        });
    }
    out
}

/// Names end up in tables and records.
const MAX_NAME: usize = 100;

pub(super) fn check_name(cx: &Cx<'_>, what: &str, entry: &Entry) {
    let name = &entry.key;
    if name.trim().is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let d = Diagnostic::error(&entry.key_span, format!("this cannot be the name of a {what}"));
        cx.report(d.label(format!("one line of 1 to {MAX_NAME} characters")));
    }
}

fn step(cx: &Cx<'_>, node: &Node, around: &mut Around<'_>) -> Option<StepPlan> {
    let fields = Fields::of(cx, node, &STEP)?;
    let methods: Vec<&Entry> = fields.given().filter(|e| METHODS.contains(&e.key.as_str())).collect();
    if let Some(pause) = fields.get("pause") {
        let others: Vec<&Entry> = fields.given().filter(|e| is_request_field(&e.key)).collect();
        if !others.is_empty() {
            let d = Diagnostic::error(&first_span(&others), "a pause is a step of its own");
            cx.report(d.label("this belongs to a request").help("begin a new step with `- pause: ...`"));
        }
        return pause_time(cx, "pause", pause).map(StepPlan::Pause);
    }
    match methods.as_slice() {
        [] if fields.has("pause") || fields.has_unknown() => None,
        [] => {
            let d = Diagnostic::error(&node.span, "this step does nothing")
                .label("neither a request nor a pause");
            cx.report(d.help("write e.g. `get: /products` or `pause: 1s`"));
            None
        }
        [method] => request(&fields, method, around).map(|r| StepPlan::Request(Box::new(r))),
        [_, second, ..] => {
            let d = Diagnostic::error(&second.key_span, "a step sends one request");
            cx.report(d.label("a second one").help(format!("begin a new step with `- {}: ...`", second.key)));
            None
        }
    }
}

pub(super) fn classes(plan: &Fields<'_, '_>, actions: &Actions) -> Vec<ClassPlan> {
    let cx = plan.cx;
    if !plan.has("users") {
        let all = (0..actions.list.len()).map(|at| (at, 1)).collect();
        actions.list.iter().for_each(|a| a.used.set(true));
        let (name, span) = ("user".to_owned(), plan.span.clone());
        return vec![ClassPlan {
            name,
            span,
            weight: 1,
            think: Pause::NONE,
            actions: all,
            used: Cell::new(true),
        }];
    }
    let Some(node) = plan.get("users") else {
        return Vec::new();
    };
    if matches!(node.value, Value::Int(_)) {
        let d =
            Diagnostic::error(&node.span, "`users` at the top names kinds of users").label("not how many");
        cx.report(
            d.help("put the number of users into a scenario: `scenarios: {load: {users: 10, duration: 1m}}`"),
        );
        return Vec::new();
    }
    let entries = cx.map_of(node, "user classes").unwrap_or_default();
    if entries.is_empty() && matches!(node.value, Value::Map(_)) {
        let d = Diagnostic::error(&node.span, "`users` is empty").label("nobody would run the scenarios");
        cx.report(d.help("remove it, or write e.g. `shopper: {actions: {browse: 1}}`"));
    }
    entries.iter().filter_map(|entry| class(cx, entry, actions)).collect()
}

fn class(cx: &Cx<'_>, entry: &Entry, actions: &Actions) -> Option<ClassPlan> {
    check_name(cx, "user class", entry);
    let fields = Fields::of(cx, &entry.value, &USER)?;
    let weight = fields.int("weight", "weights are counted from 0").unwrap_or(1);
    let think = fields.get("think").and_then(|node| think(cx, node)).unwrap_or(Pause::NONE);
    let actions = match fields.get("actions") {
        Some(node) => weighted(cx, node, actions),
        None if fields.has("actions") || fields.has_unknown() => Vec::new(),
        None => {
            let d = Diagnostic::error(
                &entry.key_span,
                format!("the user class `{}` has no `actions`", entry.key),
            );
            cx.report(
                d.label("it would have nothing to do").help("write e.g. `actions: {browse: 5, buy: 1}`"),
            );
            Vec::new()
        }
    };
    Some(ClassPlan {
        name: entry.key.clone(),
        span: entry.key_span.clone(),
        weight: u32::try_from(weight).unwrap_or(0),
        think,
        actions,
        used: Cell::new(false),
    })
}

fn weighted(cx: &Cx<'_>, node: &Node, actions: &Actions) -> Vec<(usize, u32)> {
    let find = |name: &str, span: &Span| {
        let at = actions.by_name.get(name).copied();
        if let Some(at) = at {
            actions.list[at].used.set(true);
        } else {
            let known = actions.list.iter().map(|a| a.name.as_str());
            cx.report(Cx::unknown("action", name, span, known).label("`actions` does not have it"));
        }
        at
    };
    let (out, given): (Vec<(usize, u32)>, usize) = match &node.value {
        Value::Map(entries) => {
            let weight =
                |e: &Entry| int_in(cx, &e.key, &e.value, (0, MAX_WEIGHT), "weights are counted from 0");
            let one = |e: &Entry| {
                let (at, weight) = (find(&e.key, &e.key_span), weight(e));
                Some((at?, u32::try_from(weight?).ok()?))
            };
            (entries.iter().filter_map(one).collect(), entries.len())
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => {
            let names = cx.texts(node, "an action's name");
            let given = if let Value::Seq(items) = &node.value { items.len() } else { 1 };
            (names.into_iter().filter_map(|(name, n)| Some((find(name, &n.span)?, 1))).collect(), given)
        }
    };
    if out.len() == given && out.iter().all(|(_, weight)| *weight == 0) {
        let message = if given == 0 { "`actions` is empty" } else { "all weights are 0" };
        let d = Diagnostic::error(&node.span, message).label("this user class would have nothing to do");
        cx.report(d.help("give at least one action a weight above 0"));
    }
    out
}

/// Think time: a pause, perhaps not after every iteration.
fn think(cx: &Cx<'_>, node: &Node) -> Option<Pause> {
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

fn pause_time(cx: &Cx<'_>, field: &str, node: &Node) -> Option<PauseTime> {
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
    if field == "pause" && fields.has("every") {
        let d = Diagnostic::error(&fields.key_span("every"), "a `pause` step has no `every`");
        cx.report(d.label("it pauses each time it is reached").help("use `think` of a user class"));
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

/// What is described and never run is a slip, or left over.
pub(super) fn warn_unused(cx: &Cx<'_>, plan: &Fields<'_, '_>, actions: &Actions, classes: &[ClassPlan]) {
    if !plan.has("users") || cx.has_errors() {
        return;
    }
    for action in actions.list.iter().filter(|a| !a.used.get()) {
        let d = Diagnostic::warning(&action.span, format!("the action `{}` is never run", action.name));
        cx.report(d.label("no user class has it among its `actions`"));
    }
    for class in classes.iter().filter(|c| !c.used.get()) {
        let d = Diagnostic::warning(&class.span, format!("the user class `{}` is never run", class.name));
        cx.report(d.label("no scenario's `run` names it"));
    }
}
