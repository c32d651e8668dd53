//! Tags: words by which parts of a plan are selected for a run.
//!
//! A scenario, a user class, an action, a step, a branch, a login and a hook have tags; what stands in something tagged has its tags too. With
//! tags to include, what has none of them is left out; an action of which only some steps have one is kept with
//! these steps. What has a tag to exclude is left out in any case. What users do once (`on_start`, `on_stop`) need
//! not be included: the rest may depend on it.

use super::step::{StepKind, StepPlan};
use crate::decode::{Cx, Fields};
use crate::diagnostic::{Diagnostic, Severity};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Which parts of a plan are run. Both empty: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagFilter {
    /// Only what has one of these.
    pub include: Vec<String>,
    /// Nothing that has one of these.
    pub exclude: Vec<String>,
}

/// How much of something is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Picked {
    /// All but what is excluded.
    All,
    /// What has a tag of its own that is included.
    Tagged,
}

/// The filter with all tags that the plan has.
pub(super) struct Tags<'f> {
    filter: &'f TagFilter,
    known: RefCell<BTreeSet<String>>,
}

/// Tags are words in tables and on command lines.
const MAX_TAG: usize = 50;

impl<'f> Tags<'f> {
    pub(super) const fn new(filter: &'f TagFilter) -> Self {
        Self { filter, known: RefCell::new(BTreeSet::new()) }
    }

    /// The field `tags`, sorted.
    pub(super) fn read(&self, fields: &Fields<'_, '_>) -> Vec<String> {
        let cx = fields.cx;
        let Some(node) = fields.get("tags") else {
            return Vec::new();
        };
        let mut out: Vec<String> = Vec::new();
        for (tag, node) in cx.texts(node, "a tag") {
            let fits = |c: char| !c.is_control() && !c.is_whitespace() && c != ',';
            if tag.is_empty() || tag.chars().count() > MAX_TAG || !tag.chars().all(fits) {
                let d = Diagnostic::error(&node.span, "this cannot be a tag");
                let d = d.label(format!("a word of 1 to {MAX_TAG} characters without commas"));
                cx.report(d.help("write e.g. `tags: [read, web]`"));
                continue;
            }
            out.push(tag.to_owned());
        }
        out.sort();
        out.dedup();
        self.known.borrow_mut().extend(out.iter().cloned());
        out
    }

    /// Whether nothing is left out.
    pub(super) const fn all(&self) -> bool {
        self.filter.include.is_empty() && self.filter.exclude.is_empty()
    }

    pub(super) fn excludes(&self, tags: &[String]) -> bool {
        tags.iter().any(|tag| self.filter.exclude.contains(tag))
    }

    /// What is picked of something with these tags, in which `picked` is picked; nothing if it is excluded.
    pub(super) fn pick(&self, tags: &[String], picked: Picked) -> Option<Picked> {
        if self.excludes(tags) {
            return None;
        }
        let included = self.filter.include.is_empty() || tags.iter().any(|t| self.filter.include.contains(t));
        Some(if included { Picked::All } else { picked })
    }

    /// Whether a hook with these tags is done: one without any always is.
    pub(super) fn picks_hook(&self, tags: &[String]) -> bool {
        tags.is_empty() || self.pick(tags, self.outermost()) == Some(Picked::All)
    }

    /// What is picked of the plan, before any of it has been looked at.
    pub(super) const fn outermost(&self) -> Picked {
        if self.filter.include.is_empty() { Picked::All } else { Picked::Tagged }
    }

    /// What is picked of a step; nothing if it is left out.
    pub(super) fn step(&self, step: &StepPlan, picked: Picked) -> Option<Picked> {
        match self.pick(&step.tags, picked)? {
            Picked::All => Some(Picked::All),
            Picked::Tagged => step.kind.blocks().any(|steps| self.any(steps)).then_some(Picked::Tagged),
        }
    }

    /// Whether one of the steps is picked for its own tags.
    pub(super) fn any(&self, steps: &[StepPlan]) -> bool {
        steps.iter().any(|step| self.step(step, Picked::Tagged).is_some())
    }

    /// Tags that the caller named and the plan does not have are slips.
    pub(super) fn warn_unknown(&self, cx: &Cx<'_>) {
        let known = self.known.borrow();
        for tag in self.filter.include.iter().chain(&self.filter.exclude).filter(|t| !known.contains(*t)) {
            let d = Cx::unknown("tag", tag, &(0..0), known.iter().map(String::as_str));
            cx.report(Diagnostic { span: None, severity: Severity::Warning, ..d });
        }
    }

    /// Nothing is left of the plan.
    pub(super) fn report_nothing_left(&self, cx: &Cx<'_>) {
        let list = |tags: &[String]| tags.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(", ");
        let asked = match (self.filter.include.as_slice(), self.filter.exclude.as_slice()) {
            (include, []) => format!("with {}", list(include)),
            ([], exclude) => format!("without {}", list(exclude)),
            (include, exclude) => format!("with {} and without {}", list(include), list(exclude)),
        };
        let known: Vec<String> = self.known.borrow().iter().cloned().collect();
        let help = if known.is_empty() {
            "the plan has no tags: write e.g. `tags: [read]` into an action".to_owned()
        } else {
            format!("the plan's tags are {}", list(&known))
        };
        cx.report(Diagnostic::nowhere(format!("nothing is left of the plan {asked}")).help(help));
    }
}

impl StepKind {
    /// The steps in it, block by block.
    pub(super) fn blocks(&self) -> Box<dyn Iterator<Item = &[StepPlan]> + '_> {
        match self {
            Self::Request(_) | Self::Pause(_) | Self::Set(_) | Self::End(_) => Box::new(std::iter::empty()),
            Self::Batch { requests: steps, .. } | Self::Group { steps, .. } | Self::Repeat { steps, .. } => {
                Box::new(std::iter::once(steps.as_slice()))
            }
            Self::If { then, otherwise, .. } => Box::new([then.as_slice(), otherwise.as_slice()].into_iter()),
            Self::Choose { branches } => Box::new(branches.iter().map(|(_, steps)| steps.as_slice())),
        }
    }
}

/// Two sorted sets of tags as one.
pub(super) fn union(a: &[String], b: &[String]) -> Vec<String> {
    a.iter().chain(b).cloned().collect::<BTreeSet<_>>().into_iter().collect()
}
