//! Actions: what users can do, by name.

use super::class::{ClassPlan, Doing, Once};
use super::request::Around;
use super::step::{Inside, StepKind, StepPlan, is_kind, steps};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::ACTION;
use crate::tree::{Entry, Node, Span, Value};
use std::cell::Cell;
use std::collections::HashMap;

/// An action of the plan, lowered but for its place in a scenario.
pub(super) struct ActionPlan {
    pub(super) name: String,
    span: Span,
    /// Sorted.
    pub(super) tags: Vec<String>,
    pub(super) steps: Vec<StepPlan>,
    /// Whether any scenario runs it.
    pub(super) used: Cell<bool>,
}

/// All actions, in the order of the plan, found by name.
#[derive(Default)]
pub(super) struct Actions {
    pub(super) list: Vec<ActionPlan>,
    by_name: HashMap<String, usize>,
}

impl ActionPlan {
    pub(super) fn new(name: &str, span: &Span, tags: Vec<String>, steps: Vec<StepPlan>) -> Self {
        Self { name: name.to_owned(), span: span.clone(), tags, steps, used: Cell::new(false) }
    }
}

impl Actions {
    /// The position of the action that is named at `span`; complains if there is none.
    pub(super) fn find(&self, cx: &Cx<'_>, name: &str, span: &Span) -> Option<usize> {
        let at = self.by_name.get(name).copied();
        if at.is_none() {
            let known = self.list.iter().map(|a| a.name.as_str());
            cx.report(Cx::unknown("action", name, span, known).label("`actions` does not have it"));
        }
        at
    }
}

/// All actions of the plan.
pub(super) fn actions(plan: &Fields<'_, '_>, around: &mut Around<'_>) -> Actions {
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
    for entry in entries {
        check_name(cx, "action", entry);
        let (tags, steps) = action(cx, entry, around);
        out.by_name.insert(entry.key.clone(), out.list.len());
        out.list.push(ActionPlan::new(&entry.key, &entry.key_span, tags, steps));
    }
    out
}

/// Whether a map is an action with tags, rather than a single step.
pub(super) fn is_action(node: &Node) -> bool {
    let keys = node.keys();
    keys.iter().any(|k| ["steps", "tags"].contains(k)) && !keys.iter().any(|k| is_kind(k) || *k == "while")
}

fn action(cx: &Cx<'_>, entry: &Entry, around: &mut Around<'_>) -> (Vec<String>, Vec<StepPlan>) {
    let empty = format!("the action `{}` has no steps", entry.key);
    if !is_action(&entry.value) {
        return (Vec::new(), steps(cx, &entry.value, around, Inside::ACTION, &empty));
    }
    let Some(fields) = Fields::of(cx, &entry.value, &ACTION) else {
        return (Vec::new(), Vec::new());
    };
    fields.missing("steps");
    let tags = around.tags.read(&fields);
    let steps = fields.get("steps").map(|node| steps(cx, node, around, Inside::ACTION, &empty));
    (tags, steps.unwrap_or_default())
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

/// What is described and never run is a slip, or left over; and so are pauses that nobody makes.
pub(super) fn warn_unused(cx: &Cx<'_>, actions: &Actions, classes: &[ClassPlan]) {
    if cx.has_errors() {
        return;
    }
    let idle: Vec<bool> = owners(actions, classes.iter().filter(|c| !c.used.get()));
    let owned: Vec<bool> = owners(actions, classes.iter());
    for (at, action) in actions.list.iter().enumerate().filter(|(_, a)| !a.used.get()) {
        // One that only an unused class does is not told apart from the class.
        if idle[at] {
            continue;
        }
        let d = Diagnostic::warning(&action.span, format!("the action `{}` is never run", action.name));
        cx.report(d.label(if owned[at] {
            "every scenario has a `mix` without it"
        } else {
            "no user class has it among its `actions`"
        }));
    }
    for class in classes.iter().filter(|c| !c.used.get()) {
        let d = Diagnostic::warning(&class.span, format!("the user class `{}` is never run", class.name));
        cx.report(d.label("no scenario's `run` names it"));
    }
    for class in classes.iter().filter(|c| c.used.get() && !c.closed.get()) {
        for (field, span) in &class.pauses {
            let d = Diagnostic::warning(span, format!("{} is of no use here", cx.name(field)));
            let d = d.label("where a schedule says when iterations begin, users do not pause between them");
            cx.report(d.help("a `pause` within an action is made everywhere"));
        }
    }
}

/// By action, whether one of `classes` does it.
fn owners<'c>(actions: &Actions, classes: impl Iterator<Item = &'c ClassPlan>) -> Vec<bool> {
    let mut out = vec![false; actions.list.len()];
    for class in classes {
        let doing: Vec<usize> = match &class.doing {
            Doing::Unsaid => Vec::new(),
            Doing::Weighted(actions) => actions.iter().map(|(at, _)| *at).collect(),
            Doing::InTurn(actions) => actions.clone(),
        };
        for at in doing {
            out[at] = true;
        }
        for once in [&class.on_start, &class.on_stop].into_iter().flatten() {
            match once {
                Once::Named(at) => out[*at] = true,
                Once::Own(_) => {}
            }
        }
    }
    out
}

/// Whether any of the steps is a group, so that groups need rows of their own.
pub(super) fn has_groups(steps: &[StepPlan]) -> bool {
    steps.iter().any(|s| matches!(s.kind, StepKind::Group { .. }) || s.kind.blocks().any(has_groups))
}
