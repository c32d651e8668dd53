//! From the tree of a plan to a workload: where all validation lives.
//!
//! Actions and user classes are lowered once; each scenario then instantiates what its classes use, because
//! every series of measurements is named by its scenario. A problem never stops the work: everything that can
//! still be looked at is, so that one reading tells all.

mod body;

mod check;

mod executor;

mod journey;

mod replay;

mod request;

mod scenario;

mod tables;

mod target;

mod template;

use crate::Source;
use crate::decode::{Cx, Fields, Voice};
use crate::diagnostic::{Diagnostic, Report, Severity};
use crate::fields::PLAN;
use crate::read::read;
use crate::tree::Node;
use brunt_workload::Workload;
use std::io;
use std::path::Path;

pub use executor::DEFAULT_MAX_USERS;

pub(crate) use target::parse_url;

/// Reads a file that a plan names: certificates, bodies, recorded instants.
pub type Loader<'a> = dyn Fn(&Path) -> io::Result<Vec<u8>> + 'a;

/// What the caller sets over, or under, what the plan says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Instead of the plan's `target`.
    pub target: Option<String>,
    /// Instead of the plan's `seed`.
    pub seed: Option<u64>,
    /// The seed of a plan that gives none.
    pub default_seed: u64,
}

/// A workload, and what may not be as meant.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// What to run.
    pub workload: Workload,
    /// Warnings only; empty when there is nothing to say.
    pub warnings: Report,
}

/// Reads and validates a plan. An `Err` holds every problem that was found.
pub fn lower(source: &Source, overrides: &Overrides, loader: &Loader<'_>) -> Result<Lowered, Report> {
    match read(source) {
        Ok(root) => {
            let reading = Reading { root: &root, source, voice: Voice::Plan, problems: Vec::new() };
            lower_tree(reading, overrides, loader)
        }
        Err(diagnostics) => Err(report(source, diagnostics)),
    }
}

fn report(source: &Source, diagnostics: Vec<Diagnostic>) -> Report {
    Report { name: source.name.clone(), text: source.text.clone(), diagnostics }
}

/// A tree with the source it was read from, and what was found on the way.
pub(crate) struct Reading<'a> {
    pub(crate) root: &'a Node,
    pub(crate) source: &'a Source,
    pub(crate) voice: Voice,
    pub(crate) problems: Vec<Diagnostic>,
}

pub(crate) fn lower_tree(
    reading: Reading<'_>,
    overrides: &Overrides,
    loader: &Loader<'_>,
) -> Result<Lowered, Report> {
    let source = reading.source;
    let cx = Cx::new(reading.voice, &source.text, &source.folder, loader);
    reading.problems.into_iter().for_each(|problem| cx.report(problem));
    let workload = Fields::of(&cx, reading.root, &PLAN).and_then(|plan| workload(&plan, overrides));
    let failed = cx.has_errors();
    let found = report(source, cx.into_problems());
    match workload {
        Some(workload) if !failed => Ok(Lowered { workload, warnings: found }),
        Some(_) | None => Err(found),
    }
}

fn workload(plan: &Fields<'_, '_>, overrides: &Overrides) -> Option<Workload> {
    let cx = plan.cx;
    let name = plan.text("name").unwrap_or("plan").to_owned();
    let planned_seed = plan.int("seed", "seeds are whole numbers from 0");
    let seed = overrides.seed.or(planned_seed).unwrap_or(overrides.default_seed);
    let http = target::http(plan);
    let mut targets = target::Targets::of(plan, overrides.target.as_deref());
    let actions = journey::actions(plan, &http, &mut targets, seed);
    let classes = journey::classes(plan, &actions);
    let scenarios = scenario::scenarios(plan, &actions, &classes);
    journey::warn_unused(cx, plan, &actions, &classes);
    let (scenarios, tables) = scenarios?;
    tables.warn_folded(cx, &plan.key_span("actions"));
    let mut settings = http.settings;
    settings.origins = targets.into_origins();
    let (endpoints, requests, checks) = tables.into_parts();
    Some(Workload { name, seed, scenarios, endpoints, requests, checks, target: settings })
}

impl Report {
    /// Whether anything in it keeps the plan from running.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}
