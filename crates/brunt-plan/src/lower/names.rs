//! The names that `${...}` may use: secrets, data with their columns, saved values. Gathered before any text is read,
//! because a text may use what is saved further down.

use super::data::{self, FeedPlan};
use super::secret::secret;
use super::slots::Slots;
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Span, Value};
use brunt_workload::{Feed, FeedId, Secret, SlotId};
use std::collections::BTreeMap;

/// The most feeds of a plan: each has its cursor in every worker.
const MAX_FEEDS: usize = 100;

/// The longest name: it stands in tables and records.
const MAX_NAME: usize = 100;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Secret(Secret),
    Data(FeedId),
    Saved(SlotId),
    /// Something that was complained about.
    Broken,
    /// A variable of the plan: put in before, so that it never stands in a text here.
    Variable,
}

/// Where a name was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whence {
    Vars,
    Secrets,
    Data,
    Saved,
}

impl Whence {
    /// What it gives, for messages.
    const fn what(self) -> &'static str {
        match self {
            Self::Vars => "a variable",
            Self::Secrets => "a secret",
            Self::Data => "data",
            Self::Saved => "a saved value",
        }
    }
}

#[derive(Debug)]
struct Entered {
    given: Given,
    whence: Whence,
    span: Span,
}

/// All names of a plan.
#[derive(Debug, Default)]
pub(crate) struct Names {
    all: BTreeMap<String, Entered>,
    feeds: Vec<FeedPlan>,
    slots: Slots,
}

impl Names {
    /// Those of the whole plan; `vars` are its variables.
    pub(super) fn of(plan: &Fields<'_, '_>, vars: &[(String, Span)], root: &crate::tree::Node) -> Self {
        let cx = plan.cx;
        let mut names = Self { slots: Slots::of(cx, root), ..Self::default() };
        for (name, span) in vars {
            names.enter(cx, name, span, (Given::Variable, Whence::Vars));
        }
        for entry in section(plan, "secrets", "secrets") {
            let given = secret(cx, entry).map_or(Given::Broken, Given::Secret);
            names.enter(cx, &entry.key, &entry.key_span, (given, Whence::Secrets));
        }
        let data = section(plan, "data", "data by name");
        for entry in data.iter().take(MAX_FEEDS) {
            let given = names.feed(cx, entry);
            names.enter(cx, &entry.key, &entry.key_span, (given, Whence::Data));
        }
        if let Some(extra) = data.get(MAX_FEEDS) {
            let d = Diagnostic::error(
                &extra.key_span,
                format!("the plan has more than {MAX_FEEDS} kinds of data"),
            );
            cx.report(d.help("put columns that belong together into one file"));
        }
        let saved: Vec<(String, SlotId, Span)> = names.slots.all();
        for (name, slot, span) in saved {
            names.enter(cx, &name, &span, (Given::Saved(slot), Whence::Saved));
        }
        names
    }

    fn feed(&mut self, cx: &Cx<'_>, entry: &Entry) -> Given {
        match (data::feed(cx, entry), u16::try_from(self.feeds.len())) {
            (Some(feed), Ok(id)) => {
                self.feeds.push(feed);
                Given::Data(FeedId(id))
            }
            (_, _) => Given::Broken,
        }
    }

    fn enter(&mut self, cx: &Cx<'_>, name: &str, span: &Span, (given, whence): (Given, Whence)) {
        let first = |c: char| c.is_alphabetic() || c == '_';
        let rest = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let fits = name.starts_with(first) && name.chars().all(rest) && name.chars().count() <= MAX_NAME;
        if !fits || name == "env" {
            let d = Diagnostic::error(
                span,
                format!("`{}` cannot be the name of {}", name.escape_debug(), whence.what()),
            );
            cx.report(if name == "env" {
                d.label("`${env.NAME}` is the environment")
            } else {
                d.label("a letter or `_`, then letters, digits, `_` and `-`")
                    .help("`${...}` has to tell it from other things")
            });
        }
        if let Some(other) = self.all.get(name) {
            let line = cx.line_of(&other.span);
            let d = Diagnostic::error(span, format!("the name `{name}` is given to two things"));
            let d = d.label(format!("{} here, {} in line {line}", whence.what(), other.whence.what()));
            cx.report(d.help("nobody could tell which `${...}` means: rename one of them"));
            return;
        }
        self.all.insert(name.to_owned(), Entered { given, whence, span: span.clone() });
    }

    /// What a name stands for.
    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        self.all.get(name).map(|e| &e.given)
    }

    /// Where a name is given.
    pub(super) fn span_of(&self, name: &str) -> Span {
        self.all.get(name).map(|e| e.span.clone()).unwrap_or_default()
    }

    /// Names that may be meant by one that is not known: data with its columns.
    pub(super) fn known(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (name, entered) in &self.all {
            match &entered.given {
                Given::Data(id) => {
                    out.extend(self.columns(*id).iter().map(|column| format!("{name}.{column}")));
                }
                Given::Secret(_) | Given::Saved(_) | Given::Broken | Given::Variable => {
                    out.push(name.clone());
                }
            }
        }
        out
    }

    /// The names of saved values.
    pub(super) fn saved(&self) -> impl Iterator<Item = &str> {
        self.slots.names().iter().map(String::as_str)
    }

    /// The columns of data.
    pub(super) fn columns(&self, feed: FeedId) -> &[String] {
        self.feeds.get(usize::from(feed.0)).map_or(&[], |f| &f.feed.columns)
    }

    /// The position of a saved value's name.
    pub(super) fn slot(&self, name: &str) -> Option<SlotId> {
        self.slots.id(name)
    }

    /// The names under which values are saved.
    pub(super) const fn slots(&self) -> &Slots {
        &self.slots
    }

    /// A saved value's name.
    pub(super) fn slot_name(&self, slot: SlotId) -> &str {
        self.slots.names().get(usize::from(slot.0)).map_or("", String::as_str)
    }

    /// A cell as `${...}` names it.
    pub(super) fn cell_name(&self, feed: FeedId, column: u16) -> String {
        let name = self.feeds.get(usize::from(feed.0)).map_or("", |f| f.feed.name.as_str());
        let column = self.columns(feed).get(usize::from(column)).map_or("", String::as_str);
        format!("{name}.{column}")
    }

    /// The name of a secret.
    pub(super) fn secret_name(&self, secret: &Secret) -> Option<&str> {
        let is_it = |e: &Entered| matches!(&e.given, Given::Secret(known) if known == secret);
        self.all.iter().find(|(_, e)| is_it(e)).map(|(name, _)| name.as_str())
    }

    /// All data, with where it is named.
    pub(super) fn feeds(&self) -> &[FeedPlan] {
        &self.feeds
    }

    /// All data with its rows, which are gone from here afterwards: they may be large.
    pub(super) fn take_feeds(&self) -> Vec<Feed> {
        self.feeds.iter().map(FeedPlan::take).collect()
    }
}

/// The entries of a map of the plan.
fn section<'n>(plan: &Fields<'n, '_>, field: &str, what: &str) -> &'n [Entry] {
    let entries = plan.get(field).and_then(|node| plan.cx.map_of(node, what)).unwrap_or_default();
    if let Some(node) = plan.get(field).filter(|node| node.value == Value::Map(Vec::new())) {
        let d = Diagnostic::warning(&node.span, format!("`{field}` is empty"));
        plan.cx.report(d.help("remove it"));
    }
    entries
}
