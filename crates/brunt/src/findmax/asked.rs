//! From the command line to what is searched for.

use crate::args::{FindMaxArgs, RunArgs, SearchBy};
use crate::judge;
use crate::load;
use crate::run::{Refusal, fitted};
use brunt_analysis::capacity::{Dwell, Goal, LoadUnit};
use brunt_metrics::Nanos;
use brunt_objective::Objective;
use brunt_plan::{Lowered, parse_rate_cli};
use brunt_workload::{HeldBy, Hooks, Workload};
use std::sync::Arc;

/// What is searched for, and on what.
pub(super) struct Asked {
    pub(super) workload: Arc<Workload>,
    pub(super) hooks: Hooks,
    pub(super) objectives: Vec<Objective>,
    pub(super) by: HeldBy,
    pub(super) goal: Goal,
    pub(super) warm_up: Nanos,
    pub(super) target: String,
    pub(super) profile: Option<String>,
}

/// Without a plan to tell, a search starts here: little for any service, and a few doublings from much.
const START_RATE: f64 = 20.0;
const START_USERS: f64 = 2.0;
/// With a plan, at this part of what it asks for.
const START_SHARE: f64 = 1.0 / 8.0;
/// The floor below the start.
const FLOOR_SHARE: f64 = 1.0 / 32.0;
/// Enough for most services; beyond it, somebody should have said so.
const CAP_RATE: f64 = 20_000.0;
const CAP_USERS: f64 = 2_000.0;

pub(super) fn asked(args: &mut FindMaxArgs) -> Result<Asked, Refusal> {
    refuse_load_flags(&args.run)?;
    let is_url = args.run.what.as_ref().is_some_and(|what| what.contains("://"));
    if is_url && args.by != Some(SearchBy::Users) {
        args.run.rate = Some("1/s".into());
    }
    let mut lowered = load::workloads(&args.run)?;
    let Some(Lowered { workload, hooks, mut objectives, profile, .. }) =
        lowered.pop().filter(|_| lowered.is_empty())
    else {
        return Err(Refusal::usage("a search is about one profile\n  = help: name one: `--profile heavy`"));
    };
    objectives.extend(judge::objectives(&args.run.slo)?);
    if objectives.is_empty() {
        return Err(Refusal::usage(
            "what must hold? without an objective there is no limit\n  = help: say what users are promised: `--slo 'p95 < 200ms' \
             --slo 'errors < 1%'`",
        ));
    }
    let mut warnings = Vec::new();
    let workload = fitted(workload, &mut warnings)?;
    let by = by(args.by, &workload)?;
    let peak = workload.peak_load(by).filter(|_| !is_url);
    let goal = goal(args, by, peak)?;
    let origins = workload.target.origins.iter().map(|o| format!("{}:{}", o.host, o.port));
    let target = origins.collect::<Vec<_>>().join(", ");
    let warm_up = load::duration("--trial-warm-up", &args.trial_warm_up)?;
    Ok(Asked { workload, hooks, objectives, by, goal, warm_up, target, profile })
}

/// The search decides how much load there is, and for how long.
fn refuse_load_flags(run: &RunArgs) -> Result<(), Refusal> {
    let flags = [
        ("--rate", run.rate.is_some()),
        ("--users", run.users.is_some()),
        ("--duration", run.duration.is_some()),
        ("--requests", run.requests.is_some()),
        ("--spawn-rate", run.spawn_rate.is_some()),
        ("--preset", !run.preset.is_empty()),
        ("--warm-up", run.warm_up.is_some()),
        ("--simulate", run.simulate),
        ("--interactive", run.interactive),
        ("--rows", run.rows.is_some()),
        ("--csv", run.csv.is_some()),
        ("--html", run.html.is_some()),
        ("--results", run.results.is_some()),
        ("--summary-export", run.summary_export.is_some()),
    ];
    match flags.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(Refusal::usage(format!(
            "`{flag}` has no meaning here: the search decides the load, and each trial leaves a record\n  = help: `--start`, \
             `--cap`, `--by users` and `--trial` steer the search; `brunt export` makes files of a record"
        ))),
    }
}

/// What is raised.
fn by(asked: Option<SearchBy>, workload: &Workload) -> Result<HeldBy, Refusal> {
    let has = |by| workload.peak_load(by).is_some_and(|peak| peak > 0.0);
    match asked {
        Some(SearchBy::Rate) | None if has(HeldBy::Rate) => Ok(HeldBy::Rate),
        Some(SearchBy::Users) | None if has(HeldBy::Users) => Ok(HeldBy::Users),
        Some(SearchBy::Rate) => Err(Refusal::usage(
            "no scenario of the plan has a rate that can be raised\n  = help: raise its users: `--by users`, or give a scenario \
             `rate: 10/s`",
        )),
        Some(SearchBy::Users) => Err(Refusal::usage(
            "no scenario of the plan has users of its own\n  = help: raise its rate: `--by rate`, or give a scenario `users: 10`",
        )),
        None => Err(Refusal::usage(
            "nothing in the plan can be raised: it has bursts or recorded instants only\n  = help: give a scenario `rate: 10/s` \
             or `users: 10`",
        )),
    }
}

fn goal(args: &FindMaxArgs, by: HeldBy, peak: Option<f64>) -> Result<Goal, Refusal> {
    let (unit, own_start, own_cap) = match by {
        HeldBy::Rate => (LoadUnit::PerSecond, START_RATE, CAP_RATE),
        HeldBy::Users => (LoadUnit::Users, START_USERS, CAP_USERS),
    };
    let given = |flag: &str, text: &Option<String>| text.as_ref().map(|t| load_of(flag, t, unit)).transpose();
    let least = |load: f64| if unit == LoadUnit::Users { load.floor().max(1.0) } else { load };
    let cap = given("--cap", &args.cap)?;
    let asked_for = given("--start", &args.start)?;
    let start = asked_for.unwrap_or_else(|| {
        let own = peak.map_or(own_start, |peak| least(peak * START_SHARE));
        cap.map_or(own, |cap| own.min(cap))
    });
    let floor = given("--floor", &args.floor)?.unwrap_or_else(|| least(start * FLOOR_SHARE));
    let cap = cap.unwrap_or(own_cap.max(start));
    if !(floor <= start && start <= cap) {
        let text = |load| unit.text(load);
        return Err(Refusal::usage(format!(
            "the floor of {}, the start at {} and the cap of {} are not in this order\n  = help: `--floor 5/s --start 50/s --cap \
             5000/s`",
            text(floor),
            text(start),
            text(cap)
        )));
    }
    let longest = positive("--trial", &args.trial)?;
    let shortest = args.shortest.as_ref().map(|t| positive("--shortest", t)).transpose()?;
    let dwell = Dwell {
        shortest: shortest.unwrap_or(Nanos(longest.0 / 3)).min(longest),
        longest,
        settle: load::duration("--settle", &args.settle)?,
    };
    Ok(Goal {
        unit,
        start,
        floor,
        cap,
        width: width(&args.width)?,
        max_trials: args.max_trials.max(1),
        max_time: positive("--max-time", &args.max_time)?,
        dwell,
    })
}

fn positive(flag: &str, text: &str) -> Result<Nanos, Refusal> {
    let time = load::duration(flag, text)?;
    if time < Nanos::SECOND {
        return Err(Refusal::usage(format!(
            "`{flag} {text}` is too short: a second is the least\n  = help: write e.g. `{flag} 10s`"
        )));
    }
    Ok(time)
}

fn load_of(flag: &str, text: &str, unit: LoadUnit) -> Result<f64, Refusal> {
    let load = match unit {
        LoadUnit::PerSecond => parse_rate_cli(text).ok().map(brunt_workload::Rate::per_second_f64),
        LoadUnit::Users => text.trim().parse::<u32>().ok().map(f64::from),
    };
    load.filter(|load| *load > 0.0).ok_or_else(|| {
        let (what, example) = match unit {
            LoadUnit::PerSecond => ("a rate above 0", "100/s"),
            LoadUnit::Users => ("a number of users above 0", "50"),
        };
        Refusal::usage(format!(
            "`{text}` is not {what} for `{flag}`\n  = help: write e.g. `{flag} {example}`"
        ))
    })
}

/// The narrowest and widest intervals that make sense: below, noise is searched; above, nothing is.
const WIDTHS: std::ops::RangeInclusive<f64> = 0.005..=1.0;

fn width(text: &str) -> Result<f64, Refusal> {
    let number = text.trim().strip_suffix('%').map_or(text, str::trim_end);
    let width = number.trim().parse::<f64>().ok().map(|percent| percent / 100.0);
    width.filter(|w| WIDTHS.contains(w)).ok_or_else(|| {
        Refusal::usage(format!(
            "`--width {text}` is not a share between 0.5 % and 100 %\n  = help: write e.g. `--width 5%`"
        ))
    })
}
