//! User classes: how many users are of each, what they do once, again and again, and how long they pause.

use super::auth::{Auth, auth};
use super::journey::{ActionPlan, Actions, check_name};
use super::pause::{pause_time, think};
use super::request::Around;
use super::step::{Inside, steps};
use super::weight::{Weight, weight};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::USER;
use crate::tree::{Entry, Node, Span, Value};
use brunt_workload::{Pause, PauseTime};
use std::cell::Cell;

/// A user class of the plan.
pub(super) struct ClassPlan {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) share: Share,
    /// Sorted.
    pub(super) tags: Vec<String>,
    pub(super) on_start: Option<Once>,
    pub(super) on_stop: Option<Once>,
    pub(super) doing: Doing,
    pub(super) think: Pause,
    pub(super) pacing: PauseTime,
    /// Who their requests come from, if they say so.
    pub(super) auth: Option<Auth>,
    /// Where `think` and `pacing` are named, if they are.
    pub(super) pauses: Vec<(&'static str, Span)>,
    /// Whether any scenario runs it.
    pub(super) used: Cell<bool>,
    /// Whether a closed scenario does.
    pub(super) closed: Cell<bool>,
}

/// How many users are of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    Weight(Weight),
    Count(u32),
}

/// What is done once.
pub(super) enum Once {
    /// An action of the plan, by position.
    Named(usize),
    /// Steps of its own.
    Own(ActionPlan),
}

/// What the users of a class do again and again; actions by position.
pub(super) enum Doing {
    /// Nothing of their own: the scenario must say.
    Unsaid,
    Weighted(Vec<(usize, Weight)>),
    InTurn(Vec<usize>),
}

/// All user classes. A plan without `users` has one, that does everything.
pub(super) fn classes(plan: &Fields<'_, '_>, actions: &Actions, around: &mut Around<'_>) -> Vec<ClassPlan> {
    let cx = plan.cx;
    if !plan.has("users") {
        let all = (0..actions.list.len()).map(|at| (at, Weight::ONE)).collect();
        return vec![ClassPlan {
            name: "user".to_owned(),
            span: plan.span.clone(),
            share: Share::Weight(Weight::ONE),
            tags: Vec::new(),
            on_start: None,
            on_stop: None,
            doing: Doing::Weighted(all),
            think: Pause::NONE,
            pacing: PauseTime::None,
            auth: None,
            pauses: Vec::new(),
            used: Cell::new(true),
            closed: Cell::new(false),
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
    entries.iter().filter_map(|entry| class(cx, entry, actions, around)).collect()
}

fn class(cx: &Cx<'_>, entry: &Entry, actions: &Actions, around: &mut Around<'_>) -> Option<ClassPlan> {
    check_name(cx, "user class", entry);
    let fields = Fields::of(cx, &entry.value, &USER)?;
    let think = fields.get("think").and_then(|node| think(cx, node)).unwrap_or(Pause::NONE);
    let pacing = fields.get("pacing").and_then(|node| pause_time(cx, "pacing", node));
    let pauses = ["think", "pacing"].into_iter().filter(|f| fields.has(f));
    Some(ClassPlan {
        name: entry.key.clone(),
        span: entry.key_span.clone(),
        share: share(&fields),
        tags: around.tags.read(&fields),
        on_start: once(&fields, "on_start", actions, around),
        on_stop: once(&fields, "on_stop", actions, around),
        doing: doing(&fields, actions),
        think,
        pacing: pacing.unwrap_or(PauseTime::None),
        auth: fields.get("auth").and_then(|node| auth(cx, node, around.logins)),
        pauses: pauses.map(|f| (f, fields.key_span(f))).collect(),
        used: Cell::new(false),
        closed: Cell::new(false),
    })
}

fn share(fields: &Fields<'_, '_>) -> Share {
    let weight = fields.get("weight").and_then(|node| weight(fields.cx, "weight", node));
    if !fields.has("count") {
        return Share::Weight(weight.unwrap_or(Weight::ONE));
    }
    if fields.has("weight") {
        let d = Diagnostic::error(&fields.key_span("count"), "`count` cannot be combined with `weight`");
        let d = d.label("is their number fixed, or a share of the rest?");
        fields.cx.report(d.help("keep one of them"));
    }
    let count = fields.int("count", "nobody would be of this kind").and_then(|n| u32::try_from(n).ok());
    Share::Count(count.unwrap_or(1))
}

fn once(fields: &Fields<'_, '_>, field: &str, actions: &Actions, around: &mut Around<'_>) -> Option<Once> {
    let node = fields.get(field)?;
    if let Some(name) = node.as_str() {
        return actions.find(fields.cx, name, &node.span).map(Once::Named);
    }
    if !matches!(node.value, Value::Seq(_) | Value::Map(_)) {
        fields.cx.expected(node, "a list of steps, or an action's name");
        return None;
    }
    let steps = steps(fields.cx, node, around, Inside::ACTION, &format!("`{field}` is empty"));
    Some(Once::Own(ActionPlan::new(field, &fields.key_span(field), Vec::new(), steps)))
}

fn doing(fields: &Fields<'_, '_>, actions: &Actions) -> Doing {
    let cx = fields.cx;
    if fields.has("in_turn") {
        if fields.has("actions") {
            let message = "`in_turn` cannot be combined with `actions`";
            let d = Diagnostic::error(&fields.key_span("in_turn"), message);
            cx.report(d.label("one after the other, or by weights?").help("keep one of them"));
        }
        let names = fields.get("in_turn").map(|node| (node, cx.texts(node, "an action's name")));
        let Some((node, names)) = names else {
            return Doing::InTurn(Vec::new());
        };
        if names.is_empty() && matches!(node.value, Value::Seq(_)) {
            let d = Diagnostic::error(&node.span, "`in_turn` is empty");
            let d = d.label("this user class would have nothing to do");
            cx.report(d.help("write e.g. `in_turn: [browse, buy]`"));
        }
        return Doing::InTurn(names.iter().filter_map(|(name, n)| actions.find(cx, name, &n.span)).collect());
    }
    match fields.get("actions") {
        Some(node) => {
            let example = "give at least one action a weight above 0";
            Doing::Weighted(weighted(
                cx,
                "actions",
                node,
                actions,
                ("this user class would have nothing to do", example),
            ))
        }
        None if fields.has("actions") || fields.has_unknown() => Doing::Weighted(Vec::new()),
        None => Doing::Unsaid,
    }
}

/// Actions with weights, in the field `field`; with why they cannot all be 0, and what to do then.
pub(super) fn weighted(
    cx: &Cx<'_>,
    field: &str,
    node: &Node,
    actions: &Actions,
    (why, help): (&str, &str),
) -> Vec<(usize, Weight)> {
    let (out, given): (Vec<(usize, Weight)>, usize) = match &node.value {
        Value::Map(entries) => {
            let one = |e: &Entry| {
                let (at, weight) = (actions.find(cx, &e.key, &e.key_span), weight(cx, &e.key, &e.value));
                Some((at?, weight?))
            };
            (entries.iter().filter_map(one).collect(), entries.len())
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => {
            let names = cx.texts(node, "an action's name");
            let given = if let Value::Seq(items) = &node.value { items.len() } else { 1 };
            let one = |(name, n): (&str, &Node)| Some((actions.find(cx, name, &n.span)?, Weight::ONE));
            (names.into_iter().filter_map(one).collect(), given)
        }
    };
    if out.len() == given && out.iter().all(|(_, weight)| weight.is_zero()) {
        let message = if given == 0 { format!("`{field}` is empty") } else { "all weights are 0".to_owned() };
        cx.report(Diagnostic::error(&node.span, message).label(why).help(help));
    }
    // Reported once, for the whole plan rather than for each scenario.
    super::weight::whole(cx, &node.span, &out.iter().map(|(_, weight)| *weight).collect::<Vec<_>>());
    out
}
