//! The names that values are remembered under: gathered from all steps of the plan before any text is read, because
//! a text may use what is saved further down.

use super::journey::is_action;
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Span, Value};
use brunt_workload::{MAX_SLOTS, SlotId};
use std::collections::HashMap;

/// All names under `save` and `set`, in the order of the plan.
#[derive(Debug, Default)]
pub(super) struct Slots {
    names: Vec<String>,
    /// The first place of each.
    spans: Vec<Span>,
    by_name: HashMap<String, SlotId>,
}

/// Fields of a step that hold steps.
const BLOCKS: [&str; 4] = ["steps", "then", "else", "batch"];

impl Slots {
    /// Of the plan's root.
    pub(super) fn of(cx: &Cx<'_>, root: &Node) -> Self {
        let mut slots = Self::default();
        for entry in entries(root.entry("actions")) {
            slots.action(&entry.value);
        }
        for user in entries(root.entry("users")) {
            for field in ["on_start", "on_stop"] {
                user.value.entry(field).into_iter().for_each(|e| slots.block(&e.value));
            }
        }
        for login in entries(root.entry("logins")) {
            slots.action(&login.value);
        }
        if let Some(extra) = slots.spans.get(MAX_SLOTS) {
            let d =
                Diagnostic::error(extra, format!("the plan saves values under more than {MAX_SLOTS} names"));
            cx.report(
                d.label("each costs every user some memory").help("use one name for values of one kind"),
            );
        }
        slots
    }

    /// The position of a name.
    pub(super) fn id(&self, name: &str) -> Option<SlotId> {
        self.by_name.get(name).copied()
    }

    /// All names with their positions, and the first place of each.
    pub(super) fn all(&self) -> Vec<(String, SlotId, Span)> {
        let ids = (0..=u16::MAX).map(SlotId);
        self.names
            .iter()
            .zip(ids)
            .zip(&self.spans)
            .map(|((n, id), span)| (n.clone(), id, span.clone()))
            .collect()
    }

    /// All names, by position.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    fn action(&mut self, node: &Node) {
        match node.entry("steps").filter(|_| is_action(node)) {
            Some(steps) => self.block(&steps.value),
            None => self.block(node),
        }
    }

    fn block(&mut self, node: &Node) {
        for step in node.one_or_many() {
            for field in ["save", "set"] {
                for entry in entries(step.entry(field)) {
                    self.add(entry);
                }
            }
            for inner in BLOCKS.iter().filter_map(|b| step.entry(b)) {
                self.block(&inner.value);
            }
            for branch in step.entry("choose").map(|e| e.value.one_or_many()).unwrap_or_default() {
                branch.entry("steps").into_iter().for_each(|e| self.block(&e.value));
            }
        }
    }

    fn add(&mut self, entry: &Entry) {
        if !self.by_name.contains_key(&entry.key) {
            let id = SlotId(u16::try_from(self.names.len()).unwrap_or(u16::MAX));
            self.by_name.insert(entry.key.clone(), id);
            self.names.push(entry.key.clone());
            self.spans.push(entry.key_span.clone());
        }
    }
}

fn entries(entry: Option<&Entry>) -> &[Entry] {
    match entry.map(|e| &e.value.value) {
        Some(Value::Map(entries)) => entries,
        Some(
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_),
        )
        | None => &[],
    }
}
