//! From the tree of a plan to a workload: where all validation lives.
//!
//! Actions and user classes are lowered once; each scenario then instantiates what its classes use, because
//! every series of measurements is named by its scenario. A problem never stops the work: everything that can
//! still be looked at is, so that one reading tells all.

mod body;

mod check;

mod executor;

mod hooks;

mod journey;

mod names;

mod expression;

mod secret;

mod data;

mod pattern;

mod json_check;

mod save;

mod auth;

mod login;

mod faults;

mod tally;

mod unsaved;

mod class;

mod step;

mod condition;

mod pause;

mod weight;

mod slots;

mod tags;

mod feeds;

mod replay;

mod request;

mod scenario;

mod running;

mod order;

mod metrics;

mod tables;

mod target;

mod template;

use crate::Source;
use crate::decode::{Cx, Fields, Voice};
use crate::diagnostic::{Diagnostic, Report, Severity};
use crate::fields::PLAN;
use crate::objective::objectives;
use crate::overlay::{Environment, LoadOverride, Prepared, prepare};
use crate::read::read;
use crate::tree::Node;
use brunt_objective::Objective;
use brunt_workload::{Hooks, MetricSource, Workload};
use std::io;
use std::path::Path;

pub use executor::DEFAULT_MAX_USERS;
pub use tags::TagFilter;

pub(crate) use expression::reference as functions;
pub(crate) use names::Names;
pub(crate) use target::parse_url;

/// Reads a file that a plan names: certificates, bodies, recorded instants.
pub type Loader<'a> = dyn Fn(&Path) -> io::Result<Vec<u8>> + 'a;

/// Where files and the environment come from.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Reads files.
    pub files: &'a Loader<'a>,
    /// Reads environment variables.
    pub env: &'a Environment<'a>,
}

/// What the caller sets over, or under, what the plan says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The environment to lay over the plan.
    pub environment: Option<String>,
    /// The profile to lay over the plan.
    pub profile: Option<String>,
    /// A preset in place of the plan's scenarios.
    pub preset: Option<String>,
    /// Load in place of the plan's own.
    pub load: LoadOverride,
    /// Variables, or values at paths of keys, in place of the plan's own.
    pub set: Vec<(String, String)>,
    /// Instead of the plan's `target`.
    pub target: Option<String>,
    /// Instead of the plan's `seed`.
    pub seed: Option<u64>,
    /// The seed of a plan that gives none.
    pub default_seed: u64,
    /// Which parts of the plan are run.
    pub tags: TagFilter,
    /// What is watched beside the load, besides what the plan says: sources in their short form.
    pub metrics: Vec<String>,
}

/// A workload, and what may not be as meant.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// What to run.
    pub workload: Workload,
    /// What is done around it.
    pub hooks: Hooks,
    /// What is watched beside it.
    pub metrics: Vec<MetricSource>,
    /// What it is held to.
    pub objectives: Vec<Objective>,
    /// The profile that was laid over the plan.
    pub profile: Option<String>,
    /// The environment that was.
    pub environment: Option<String>,
    /// Warnings only; empty when there is nothing to say.
    pub warnings: Report,
}

/// Reads and validates a plan. An `Err` holds every problem that was found.
pub fn lower(
    source: &Source,
    overrides: &Overrides,
    surroundings: &Surroundings<'_>,
) -> Result<Lowered, Report> {
    match read(source) {
        Ok(root) => {
            let reading = Reading { root, source, voice: Voice::Plan, problems: Vec::new() };
            lower_tree(reading, overrides, surroundings)
        }
        Err(diagnostics) => Err(Report::of(source, diagnostics)),
    }
}

/// A tree with the source it was read from, and what was found on the way.
pub(crate) struct Reading<'a> {
    pub(crate) root: Node,
    pub(crate) source: &'a Source,
    pub(crate) voice: Voice,
    pub(crate) problems: Vec<Diagnostic>,
}

pub(crate) fn lower_tree(
    reading: Reading<'_>,
    overrides: &Overrides,
    surroundings: &Surroundings<'_>,
) -> Result<Lowered, Report> {
    let prepared = prepare(reading.source, reading.root, overrides, surroundings.env);
    let source = &prepared.source;
    if prepared.undecided {
        return Err(Report { added: prepared.added, ..Report::of(source, prepared.problems) });
    }
    let cx = Cx::new(reading.voice, &source.text, &source.folder, surroundings);
    reading.problems.into_iter().chain(prepared.problems).for_each(|problem| cx.report(problem));
    let lowered = Fields::of(&cx, &prepared.root, &PLAN).map(|plan| {
        cx.set_names(Names::of(&plan, &prepared.vars, &prepared.root));
        let target = overrides.target.as_deref().or_else(|| plan.get("target").and_then(Node::as_str));
        let tags = tags::Tags::new(&overrides.tags);
        let hooks = hooks::hooks(&plan, target, &tags);
        let around = (hooks, metrics::sources(&plan));
        (workload(&plan, overrides, &tags), around, objectives(&plan))
    });
    let failed = cx.has_errors();
    let warnings = Report { added: prepared.added, ..Report::of(source, cx.into_problems()) };
    match lowered {
        Some((Some(workload), (hooks, metrics), objectives)) if !failed => {
            let Prepared { profile, environment, .. } = prepared;
            Ok(Lowered { workload, hooks, metrics, objectives, profile, environment, warnings })
        }
        Some(_) | None => Err(warnings),
    }
}

fn workload(plan: &Fields<'_, '_>, overrides: &Overrides, tags: &tags::Tags<'_>) -> Option<Workload> {
    let cx = plan.cx;
    let name = plan.text("name").unwrap_or("plan").to_owned();
    let planned_seed = plan.int("seed", "seeds are whole numbers from 0");
    let seed = overrides.seed.or(planned_seed).unwrap_or(overrides.default_seed);
    let http = target::http(plan);
    let mut targets = target::Targets::of(plan, overrides.target.as_deref());
    let logins = login::names(plan);
    let mut around = request::Around {
        http: &http,
        targets: &mut targets,
        seed,
        slots: cx.names().slots(),
        tags,
        logins: &logins,
        faults: faults::FaultMixes::default(),
        all_faults: None,
    };
    let login_plans = login::logins(plan, &mut around);
    around.all_faults = plan.get("faults").and_then(|node| around.faults.read(cx, node));
    let auth = plan.get("auth").and_then(|node| auth::auth(cx, node, &logins));
    let actions = journey::actions(plan, &mut around);
    let classes = class::classes(plan, &actions, &mut around);
    let faults = around.faults;
    let cast = scenario::Cast {
        actions: &actions,
        classes: &classes,
        tags,
        slots: cx.names().slots().names(),
        logins: &login_plans,
        auth: auth.as_ref(),
        faults: &faults,
    };
    let scenarios = scenario::scenarios(plan, cast);
    // What one profile leaves out, another may use.
    if !plan.has("profiles") {
        journey::warn_unused(cx, &actions, &classes);
    }
    let tallies = tally::tallies(plan);
    let (scenarios, mut tables) = scenarios?;
    let fault_mixes = faults.into_table(&mut tables, &scenarios);
    data::check_rows(cx, &scenarios);
    if tags.all() && !plan.has("profiles") {
        data::warn_unused(cx, &scenarios);
    }
    tables.warn_folded(cx, &plan.key_span("actions"));
    let mut settings = http.settings;
    settings.origins = targets.into_origins();
    let tables::Parts { endpoints, requests, checks, logins, slots } = tables.into_parts();
    if tags.all() && !plan.has("profiles") {
        login::warn_unused(cx, &login_plans, &logins);
    }
    if tags.all() {
        unsaved::warn(cx, &scenarios, unsaved::Sent { requests: &requests, logins: &logins });
    }
    Some(Workload {
        name,
        seed,
        scenarios,
        endpoints,
        requests,
        checks,
        feeds: cx.names().take_feeds(),
        slots,
        logins,
        fault_mixes,
        tallies,
        target: settings,
    })
}

impl Report {
    /// Whether anything in it keeps the plan from running.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}
