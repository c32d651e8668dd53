//! What users do: classes, actions, steps, conditions.

use super::load::{pause, pause_time};
use super::text::{Names, condition};
use brunt_workload::{Action, ActionOrder, Choice, EndOf, Journey, Scenario, Step, UserClass};
use serde_json::{Value, json};

pub(super) fn classes(scenario: &Scenario, names: Names<'_>) -> Vec<Value> {
    let shares = &scenario.class_shares;
    let count = |at: usize| shares.fixed.iter().find(|(class, _)| *class == at).map(|(_, count)| *count);
    let one = |(at, class)| class_json(class, count(at), weight(&shares.rest, at), names);
    scenario.classes.iter().enumerate().map(one).collect()
}

fn weight(choice: &Choice, at: usize) -> u64 {
    if at < choice.len() { choice.weight(at) } else { 0 }
}

fn class_json(class: &UserClass, count: Option<u32>, weight_of_class: u64, names: Names<'_>) -> Value {
    let journey = &class.journey;
    let mut out = json!({
        "name": class.name,
        "think": pause(&journey.think),
        "pacing": pause_time(&journey.pacing),
        "on_start": journey.on_start.as_ref().map(|a| action(a, names)),
        "on_stop": journey.on_stop.as_ref().map(|a| action(a, names)),
    });
    match count {
        Some(count) => out["count"] = count.into(),
        None => out["weight"] = weight_of_class.into(),
    }
    let (key, actions) = actions(journey, names);
    out[key] = actions.into();
    out
}

fn actions(journey: &Journey, names: Names<'_>) -> (&'static str, Vec<Value>) {
    let all = journey.actions.iter().map(|a| action(a, names));
    match &journey.order {
        ActionOrder::InTurn => ("in_turn", all.collect()),
        ActionOrder::Weighted(choice) => {
            let weighted = |(at, mut action): (usize, Value)| {
                action["weight"] = weight(choice, at).into();
                action
            };
            ("actions", all.enumerate().map(weighted).collect())
        }
    }
}

fn action(action: &Action, names: Names<'_>) -> Value {
    let feeds: Vec<u16> = action.feeds.iter().map(|f| f.0).collect();
    json!({ "name": action.name, "steps": steps(&action.steps, names), "feeds": feeds })
}

fn steps(steps: &[Step], names: Names<'_>) -> Vec<Value> {
    steps.iter().map(|s| step(s, names)).collect()
}

fn step(step: &Step, names: Names<'_>) -> Value {
    match step {
        Step::Request(id) => json!({ "request": id.0 }),
        Step::Pause(time) => json!({ "pause": pause_time(time) }),
        Step::Batch { requests, at_once } => {
            json!({ "batch": requests.iter().map(|r| r.0).collect::<Vec<_>>(), "at_once": at_once })
        }
        Step::Group { endpoint, steps: inner } => {
            json!({ "group": endpoint.0, "steps": steps(inner, names) })
        }
        Step::If { condition: c, then, otherwise } => {
            json!({ "if": condition(c, names), "then": steps(then, names), "else": steps(otherwise, names) })
        }
        Step::Repeat { times: (min, max), while_, steps: inner } => {
            let times = if min == max { json!(max) } else { json!(format!("{min}..{max}")) };
            let condition = while_.as_ref().map(|c| condition(c, names));
            json!({ "repeat": times, "while": condition, "steps": steps(inner, names) })
        }
        Step::Choose { choice, branches } => {
            let branch = |(at, inner): (usize, &Vec<Step>)| json!({ "weight": weight(choice, at), "steps": steps(inner, names) });
            json!({ "choose": branches.iter().enumerate().map(branch).collect::<Vec<_>>() })
        }
        Step::Set { slot, value, plain } => {
            let mut set = serde_json::Map::new();
            set.insert(names.slot(*slot), names.remembered(value, *plain));
            json!({ "set": set })
        }
        Step::Script(script) => {
            json!({ "script": { "sessions": script.sessions(), "requests": script.len() } })
        }
        Step::End(EndOf::Loop) => json!({ "end": "loop" }),
        Step::End(EndOf::Iteration) => json!({ "end": "iteration" }),
    }
}
