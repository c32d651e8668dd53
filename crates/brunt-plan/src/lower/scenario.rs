//! Scenarios: when they run, in which phases, and who takes part.

use super::auth::Auth;
use super::class::ClassPlan;
use super::class::Once;
use super::executor::executor;
use super::faults::FaultMixes;
use super::journey::{Actions, check_name, has_groups};
use super::login::LoginPlan;
use super::order::in_order;
use super::running::{Stage, check_counts, mark_used, mix, refuse_counts, run, too_many};
use super::tables::{For, Tables};
use super::tags::Tags;
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::SCENARIO;
use crate::tree::{Entry, Span};
use brunt_metrics::Nanos;
use brunt_workload::{MAX_SCENARIOS, Scenario, StartAt, Stop};
use std::collections::HashMap;

/// The most requests of a workload: every scenario has its own of each action that it runs.
const MAX_REQUESTS: usize = 1_000_000;

/// What scenarios are made of.
#[derive(Clone, Copy)]
pub(super) struct Cast<'p> {
    pub(super) actions: &'p Actions,
    pub(super) classes: &'p [ClassPlan],
    pub(super) tags: &'p Tags<'p>,
    /// The names that values are saved under.
    pub(super) slots: &'p [String],
    pub(super) logins: &'p [LoginPlan],
    /// Who requests come from where neither they nor their users say.
    pub(super) auth: Option<&'p Auth>,
    pub(super) faults: &'p FaultMixes,
}

/// A scenario before its place in the list is known.
pub(super) struct Draft<'n> {
    pub(super) drafted: Drafted,
    pub(super) name: &'n str,
    /// The scenario to wait for, with where that is said.
    pub(super) after: Option<(&'n str, Span)>,
    pub(super) delay: Nanos,
    /// From the run's start, of one that waits for none.
    pub(super) offset: Nanos,
}

pub(super) enum Drafted {
    Ready(Box<Scenario>),
    /// Complained about.
    Broken,
    /// By its tags.
    LeftOut,
}

pub(super) fn scenarios(plan: &Fields<'_, '_>, cast: Cast<'_>) -> Option<(Vec<Scenario>, Tables)> {
    let cx = plan.cx;
    let Some(node) = plan.get("scenarios") else {
        plan.missing("scenarios");
        return None;
    };
    let entries = cx.map_of(node, "scenarios")?;
    if entries.is_empty() {
        let d = Diagnostic::error(&node.span, "`scenarios` is empty").label("nothing would run");
        cx.report(d.help("write e.g. `scenarios: {load: {users: 10, duration: 1m}}`"));
    }
    if let Some(extra) = entries.get(MAX_SCENARIOS) {
        let message = format!("the plan has {} scenarios", entries.len());
        let d = Diagnostic::error(&extra.key_span, message).label(format!("{MAX_SCENARIOS} are the most"));
        cx.report(d.help("one scenario may have many stages, and many kinds of users"));
        return None;
    }
    let mut tables = Tables::of(entries.len(), kinds(cast), cast.slots);
    let mut drafts = Vec::new();
    for entry in entries {
        drafts.push(draft(cx, entry, cast, &mut tables));
    }
    if tables.requests() > MAX_REQUESTS {
        let d = Diagnostic::error(&node.span, format!("the plan has more than {MAX_REQUESTS} requests"));
        let d = d.label("every scenario has its own of each action that it runs");
        cx.report(d.help("let each scenario run fewer kinds of users: `run: [...]`"));
        return None;
    }
    let some = !drafts.is_empty();
    let scenarios = in_order(cx, drafts)?;
    cast.tags.warn_unknown(cx);
    if scenarios.is_empty() && some {
        cast.tags.report_nothing_left(cx);
    }
    Some((scenarios, tables))
}

/// Kinds of endpoints that the plan may need.
fn kinds(cast: Cast<'_>) -> usize {
    let once = cast.classes.iter().flat_map(|c| [&c.on_start, &c.on_stop]).flatten();
    let own = once.map(|once| match once {
        Once::Named(_) => &[],
        Once::Own(action) => action.steps.as_slice(),
    });
    let actions = cast.actions.list.iter().map(|a| a.steps.as_slice());
    let groups = usize::from(actions.chain(own).any(has_groups));
    1 + groups + usize::from(!cast.faults.is_empty())
}

fn draft<'n>(cx: &Cx<'_>, entry: &'n Entry, cast: Cast<'_>, tables: &mut Tables) -> Draft<'n> {
    check_name(cx, "scenario", entry);
    let mut draft = Draft {
        drafted: Drafted::Broken,
        name: &entry.key,
        after: None,
        delay: Nanos::ZERO,
        offset: Nanos::ZERO,
    };
    let Some(s) = Fields::of(cx, &entry.value, &SCENARIO) else {
        return draft;
    };
    draft.after =
        s.text("after").map(|name| (name, s.get("after").map(|n| n.span.clone()).unwrap_or_default()));
    draft.delay = s.duration("delay").unwrap_or_default();
    draft.offset = s.duration("start").unwrap_or_default();
    starts_once(&s);
    let row = executor(&s, &entry.key_span);
    let (warm_up, cool_down) = phases(&s, row.as_ref().map(|r| &r.2));
    let own_tags = cast.tags.read(&s);
    let running = run(&s, cast.classes);
    too_many(&s, &running);
    let mix = mix(&s, cast.actions);
    mark_used(cx, &running, mix.as_deref(), cast.actions);
    let Some((arrivals, supply, stop)) = row else {
        return draft;
    };
    if arrivals.is_open() {
        refuse_counts(cx, &entry.key, &running);
    } else {
        for r in &running {
            r.class.closed.set(true);
        }
        check_counts(cx, &entry.key, &supply, &running);
    }
    if tables.requests() > MAX_REQUESTS {
        return draft;
    }
    let instantiated = cast.tags.pick(&own_tags, cast.tags.outermost()).and_then(|picked| {
        let Cast { tags, logins, auth, .. } = cast;
        let of = For { scenario: &entry.key, scenario_tags: &own_tags, tags, picked, logins, auth };
        let stage = Stage {
            cx,
            span: &entry.key_span,
            of,
            actions: cast.actions,
            tables,
            known: HashMap::new(),
            auth: None,
            auths: Vec::new(),
        };
        stage.classes(&running, mix.as_deref())
    });
    let Some((classes, class_shares)) = instantiated else {
        draft.drafted = Drafted::LeftOut;
        return draft;
    };
    draft.drafted = Drafted::Ready(Box::new(Scenario {
        name: entry.key.clone(),
        start: StartAt::Offset(draft.offset),
        arrivals,
        supply,
        stop,
        warm_up,
        cool_down,
        classes,
        class_shares,
    }));
    draft
}

/// `start` and `after` exclude each other, and `delay` belongs to `after`.
fn starts_once(s: &Fields<'_, '_>) {
    if s.has("start") && s.has("after") {
        let d = Diagnostic::error(&s.key_span("start"), "`start` cannot be combined with `after`");
        let d = d.label("counted from the run's start");
        s.cx.report(d.help("write `delay: ...` to count from the end of `after`"));
    }
    if s.has("delay") && !s.has("after") {
        let d = Diagnostic::error(&s.key_span("delay"), "`delay` needs `after`");
        let d = d.label("after which scenario?");
        s.cx.report(d.help("write `start: ...` to count from the run's start"));
    }
}

/// Warm-up and cool-down; `stop` is that of a scenario that could be lowered.
fn phases(s: &Fields<'_, '_>, stop: Option<&Stop>) -> (Nanos, Nanos) {
    let warm_up = s.duration("warm_up").unwrap_or_default();
    let cool_down = s.duration("cool_down").unwrap_or_default();
    let last = if s.has("cool_down") { "cool_down" } else { "warm_up" };
    match stop.map(|stop| stop.after) {
        Some(None) if cool_down > Nanos::ZERO => {
            let d = Diagnostic::error(&s.key_span("cool_down"), "`cool_down` needs an end in time");
            s.cx.report(d.label("nobody knows when it would begin").help("add e.g. `duration: 1m`"));
        }
        Some(Some(end)) if warm_up + cool_down >= end && warm_up + cool_down > Nanos::ZERO => {
            let length = crate::units::duration_text(end);
            let d = Diagnostic::error(
                &s.key_span(last),
                format!("warm-up and cool-down take all of the scenario's {length}"),
            );
            s.cx.report(
                d.label("nothing is left to measure").help("shorten them, or let the scenario last longer"),
            );
        }
        Some(_) | None => {}
    }
    (warm_up, cool_down)
}
