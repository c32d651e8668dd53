//! Scenarios: when they run, in which phases, and who takes part.

use super::executor::executor;
use super::journey::{Actions, ClassPlan, check_name};
use super::tables::Tables;
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::SCENARIO;
use crate::tree::{Entry, Span, Value};
use brunt_metrics::{Nanos, ScenarioId};
use brunt_workload::{Action, Choice, Journey, MAX_SCENARIOS, Scenario, StartAt, Stop, UserClass};
use std::collections::HashMap;

/// The most requests of a workload: every scenario has its own of each action that it runs.
const MAX_REQUESTS: usize = 1_000_000;

/// A scenario before its place in the list is known.
struct Draft<'n> {
    scenario: Option<Scenario>,
    name: &'n str,
    /// The scenario to wait for, with where that is said.
    after: Option<(&'n str, Span)>,
    delay: Nanos,
}

pub(super) fn scenarios(
    plan: &Fields<'_, '_>,
    actions: &Actions,
    classes: &[ClassPlan],
) -> Option<(Vec<Scenario>, Tables)> {
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
    let mut tables = Tables::of(entries.len());
    let mut drafts = Vec::new();
    for entry in entries {
        drafts.push(draft(cx, entry, actions, classes, &mut tables));
    }
    if tables.requests() > MAX_REQUESTS {
        let d = Diagnostic::error(&node.span, format!("the plan has more than {MAX_REQUESTS} requests"));
        let d = d.label("every scenario has its own of each action that it runs");
        cx.report(d.help("let each scenario run fewer kinds of users: `run: [...]`"));
        return None;
    }
    in_order(cx, drafts).map(|scenarios| (scenarios, tables))
}

fn draft<'n>(
    cx: &Cx<'_>,
    entry: &'n Entry,
    actions: &Actions,
    classes: &[ClassPlan],
    tables: &mut Tables,
) -> Draft<'n> {
    check_name(cx, "scenario", entry);
    let mut draft = Draft { scenario: None, name: &entry.key, after: None, delay: Nanos::ZERO };
    let Some(s) = Fields::of(cx, &entry.value, &SCENARIO) else {
        return draft;
    };
    draft.after =
        s.text("after").map(|name| (name, s.get("after").map(|n| n.span.clone()).unwrap_or_default()));
    draft.delay = s.duration("delay").unwrap_or_default();
    let offset = s.duration("start").unwrap_or_default();
    for (field, other) in [("start", s.has("after")), ("delay", !s.has("after") && s.has("delay"))] {
        if other && s.has(field) {
            let d = Diagnostic::error(
                &s.key_span(field),
                match field {
                    "start" => "`start` cannot be combined with `after`",
                    _ => "`delay` needs `after`",
                },
            );
            cx.report(match field {
                "start" => d
                    .label("counted from the run's start")
                    .help("write `delay: ...` to count from the end of `after`"),
                _ => {
                    d.label("after which scenario?").help("write `start: ...` to count from the run's start")
                }
            });
        }
    }
    let row = executor(&s, &entry.key_span);
    let (warm_up, cool_down) = phases(&s, row.as_ref().map(|r| &r.2));
    let running = run(&s, classes);
    let Some((arrivals, supply, stop)) = row else {
        return draft;
    };
    if tables.requests() > MAX_REQUESTS {
        return draft;
    }
    let (classes, class_choice) = instantiate(&entry.key, &running, actions, tables);
    draft.scenario = Some(Scenario {
        name: entry.key.clone(),
        start: StartAt::Offset(offset),
        arrivals,
        supply,
        stop,
        warm_up,
        cool_down,
        classes,
        class_choice,
    });
    draft
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

/// The classes that take part.
fn run<'c>(s: &Fields<'_, '_>, classes: &'c [ClassPlan]) -> Vec<&'c ClassPlan> {
    let Some(node) = s.get("run") else {
        for class in classes {
            class.used.set(true);
        }
        let all: Vec<&ClassPlan> = classes.iter().collect();
        weightless(s, &all);
        return all;
    };
    let names = s.cx.texts(node, "a user class");
    if matches!(&node.value, Value::Seq(items) if items.is_empty()) {
        let d = Diagnostic::error(&node.span, "`run` is empty").label("nobody would run this scenario");
        s.cx.report(d.help("remove it to run all kinds of users"));
    }
    let mut out: Vec<&ClassPlan> = Vec::new();
    for (name, node) in &names {
        match classes.iter().find(|c| c.name == *name) {
            Some(class) if out.iter().any(|c| c.name == class.name) => {
                s.cx.report(
                    Diagnostic::error(&node.span, format!("`{name}` is given twice"))
                        .help("use `weight` to have more of them"),
                );
            }
            Some(class) => {
                class.used.set(true);
                out.push(class);
            }
            None => {
                let known = classes.iter().map(|c| c.name.as_str());
                s.cx.report(
                    Cx::unknown("user class", name, &node.span, known).label("`users` does not have it"),
                );
            }
        }
    }
    if out.len() == names.len() {
        weightless(s, &out);
    }
    out
}

fn weightless(s: &Fields<'_, '_>, classes: &[&ClassPlan]) {
    if !classes.is_empty() && classes.iter().all(|c| c.weight == 0) {
        let span = if s.has("run") { s.key_span("run") } else { s.span.start..s.span.start };
        let d = Diagnostic::error(&span, "all user classes of this scenario have weight 0");
        s.cx.report(d.label("nobody would run it").help("give at least one a `weight` above 0"));
    }
}

fn instantiate(
    scenario: &str,
    running: &[&ClassPlan],
    actions: &Actions,
    tables: &mut Tables,
) -> (Vec<UserClass>, Choice) {
    // Two classes that do the same action share its requests.
    let mut known: HashMap<usize, Action> = HashMap::new();
    let mut classes = Vec::new();
    for class in running {
        let mut doing = Vec::new();
        for (at, _) in &class.actions {
            let action = known.entry(*at).or_insert_with(|| tables.action(scenario, &actions.list[*at]));
            doing.push(action.clone());
        }
        let choice = Choice::new(class.actions.iter().map(|(_, weight)| *weight));
        let journey = Journey { actions: doing, choice, think: class.think };
        classes.push(UserClass { name: class.name.clone(), journey });
    }
    (classes, Choice::new(running.iter().map(|c| c.weight)))
}

/// Scenarios after those that they wait for, else in the order of the plan.
fn in_order(cx: &Cx<'_>, drafts: Vec<Draft<'_>>) -> Option<Vec<Scenario>> {
    let names: Vec<&str> = drafts.iter().map(|d| d.name).collect();
    let mut waits: Vec<Option<usize>> = Vec::new();
    for draft in &drafts {
        let at = draft.after.as_ref().map(|(name, span)| {
            let at = names.iter().position(|n| n == name);
            if at.is_none() {
                let others = names.iter().copied().filter(|n| *n != draft.name);
                cx.report(Cx::unknown("scenario", name, span, others).label("`scenarios` does not have it"));
            }
            at
        });
        waits.push(at.flatten());
    }
    report_cycles(cx, &drafts, &waits);
    let mut ids: Vec<Option<ScenarioId>> = vec![None; drafts.len()];
    let mut out = Vec::new();
    let mut left: Vec<Option<Draft<'_>>> = drafts.into_iter().map(Some).collect();
    while out.len() < left.len() {
        // The first that waits for nothing, or for one that is placed already.
        let ready =
            (0..left.len()).find(|i| left[*i].is_some() && waits[*i].is_none_or(|w| ids[w].is_some()))?;
        let draft = left[ready].take()?;
        let mut scenario = draft.scenario?;
        if let Some(scenario_id) = waits[ready].and_then(|w| ids[w]) {
            scenario.start = StartAt::After { scenario: scenario_id, delay: draft.delay };
        }
        ids[ready] = u16::try_from(out.len()).ok().map(ScenarioId);
        out.push(scenario);
    }
    Some(out)
}

fn report_cycles(cx: &Cx<'_>, drafts: &[Draft<'_>], waits: &[Option<usize>]) {
    for start in 0..drafts.len() {
        let mut path = vec![start];
        let mut at = waits[start];
        while let Some(next) = at.filter(|next| !path.contains(next)) {
            path.push(next);
            at = waits[next];
        }
        // A cycle is told once, at its first scenario.
        if at == Some(start)
            && path.iter().all(|p| *p >= start)
            && let Some((_, span)) = &drafts[start].after
        {
            path.push(start);
            let names: Vec<String> = path.iter().map(|p| format!("`{}`", drafts[*p].name)).collect();
            let d = Diagnostic::error(span, "scenarios wait for each other");
            cx.report(d.label(names.join(" after ")).help("let one of them start by itself"));
        }
    }
}
