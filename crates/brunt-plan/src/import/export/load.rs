//! The load alone: for k6's options and for `locust.conf`.

use super::{LeftOut, NotExportable};
use crate::lower::Lowered;
use brunt_metrics::Nanos;
use brunt_objective::{
    Basis, Comparison, Count, FilterKey, Flow, Limit, Objective, Point, Severity, Share, Statistic, Window,
};
use brunt_workload::{Arrivals, Rate, RateRamp, Scenario, StartAt, Supply};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// A duration as Go reads it.
fn time(time: Nanos) -> String {
    match (time.0 % 1_000_000_000, time.0 % 1_000_000) {
        (0, _) => format!("{}s", time.0 / 1_000_000_000),
        (_, 0) => format!("{}ms", time.0 / 1_000_000),
        (_, _) => format!("{}ns", time.0),
    }
}

pub(super) fn k6(lowered: &Lowered, left_out: &mut LeftOut) -> Result<String, NotExportable> {
    let workload = &lowered.workload;
    let mut scenarios = Map::new();
    let mut ends: Vec<Nanos> = Vec::new();
    for scenario in &workload.scenarios {
        let start = match scenario.start {
            StartAt::Offset(offset) => offset,
            StartAt::After { scenario: after, delay } => {
                left_out
                    .say(format!("`{}` starts at a planned time, not after another scenario", scenario.name));
                ends.get(usize::from(after.0)).copied().unwrap_or(Nanos::ZERO) + delay
            }
        };
        ends.push(start + scenario.stop.after.unwrap_or(Nanos::ZERO));
        let Some(mut options) = executor(scenario, left_out) else { continue };
        if start > Nanos::ZERO {
            options.insert("startTime".to_owned(), time(start).into());
        }
        if scenario.warm_up > Nanos::ZERO || scenario.cool_down > Nanos::ZERO {
            left_out.say("warm-up and cool-down are not measured apart");
        }
        scenarios.insert(scenario.name.clone(), Value::Object(options));
    }
    if scenarios.is_empty() {
        let what = "the plan's scenarios: bursts and recorded instants".to_owned();
        return Err(NotExportable::NoCounterpart { tool: "k6", what });
    }
    left_out.say("options are no script: what users do is left out");
    let mut options = Map::new();
    options.insert("scenarios".to_owned(), Value::Object(scenarios));
    let thresholds = thresholds(&lowered.objectives, left_out);
    if !thresholds.is_empty() {
        options.insert("thresholds".to_owned(), Value::Object(thresholds));
    }
    if workload.target.tls.insecure {
        options.insert("insecureSkipTLSVerify".to_owned(), true.into());
    }
    if !workload.target.keep_alive {
        options.insert("noConnectionReuse".to_owned(), true.into());
    }
    Ok(format!("{:#}\n", Value::Object(options)))
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn executor(scenario: &Scenario, left_out: &mut LeftOut) -> Option<Map<String, Value>> {
    let stop = scenario.stop;
    let duration = stop.after.map(time);
    let mut options = match (&scenario.arrivals, &scenario.supply) {
        (Arrivals::Closed, supply) => closed(scenario, supply, left_out),
        (Arrivals::Constant(rate), supply) => {
            let users = supply.max_users();
            let mut options = object(json!({
                "executor": "constant-arrival-rate", "rate": rate.count, "timeUnit": time(rate.per),
                "duration": duration.unwrap_or_else(|| "24h".to_owned()),
            }));
            pool(&mut options, supply.users_at(Nanos::ZERO), users);
            if stop.iterations.is_some() {
                left_out.say(format!("`{}` ends by time alone", scenario.name));
            }
            options
        }
        (Arrivals::Ramp(ramp) | Arrivals::Poisson(ramp), supply) => {
            if matches!(scenario.arrivals, Arrivals::Poisson(_)) {
                left_out.say(format!("the arrivals of `{}` are evenly spaced, not Poisson", scenario.name));
            }
            let mut options = ramping_rate(ramp);
            pool(&mut options, supply.users_at(Nanos::ZERO), supply.max_users());
            options
        }
        (Arrivals::Bursts { .. }, _) => {
            left_out.say(format!("`{}` is left out: k6 has no bursts", scenario.name));
            return None;
        }
        (Arrivals::Replay { .. }, _) => {
            left_out.say(format!("`{}` is left out: k6 plays no recorded instants", scenario.name));
            return None;
        }
    };
    let stop_key = if options.get("executor") == Some(&json!("ramping-vus")) {
        "gracefulRampDown"
    } else {
        "gracefulStop"
    };
    options.insert(stop_key.to_owned(), time(stop.grace).into());
    Some(options)
}

fn pool(options: &mut Map<String, Value>, initial: u32, most: u32) {
    options.insert("preAllocatedVUs".to_owned(), initial.max(1).into());
    options.insert("maxVUs".to_owned(), most.max(initial).max(1).into());
}

fn closed(scenario: &Scenario, supply: &Supply, left_out: &mut LeftOut) -> Map<String, Value> {
    let stop = scenario.stop;
    let end = stop.after.unwrap_or(Nanos::ZERO);
    let duration = stop.after.map_or_else(|| "24h".to_owned(), time);
    let users = supply.max_users();
    match (supply, stop.iterations, stop.per_user) {
        (Supply::Ramp { start, stages }, _, _) => {
            let stages: Vec<Value> =
                stages.iter().map(|s| json!({"duration": time(s.duration), "target": s.target})).collect();
            object(json!({"executor": "ramping-vus", "startVUs": start, "stages": stages}))
        }
        (_, Some(iterations), _) => {
            if matches!(supply, Supply::Spawn { .. }) {
                left_out.say(format!("all users of `{}` start at once", scenario.name));
            }
            object(
                json!({"executor": "shared-iterations", "vus": users, "iterations": iterations, "maxDuration": duration}),
            )
        }
        (_, None, Some(each)) => {
            if matches!(supply, Supply::Spawn { .. }) {
                left_out.say(format!("all users of `{}` start at once", scenario.name));
            }
            object(
                json!({"executor": "per-vu-iterations", "vus": users, "iterations": each, "maxDuration": duration}),
            )
        }
        (Supply::Spawn { users, rate }, None, None) => {
            let ramp = rate.instant(u64::from(*users)).min(end);
            let stages = [(ramp, *users), (Nanos(end.0.saturating_sub(ramp.0)), *users)];
            let stages: Vec<Value> =
                stages.iter().map(|(over, to)| json!({"duration": time(*over), "target": to})).collect();
            object(json!({"executor": "ramping-vus", "startVUs": 0, "stages": stages}))
        }
        (Supply::Fixed(_) | Supply::Elastic { .. }, None, None) => {
            object(json!({"executor": "constant-vus", "vus": users, "duration": duration}))
        }
    }
}

/// k6's rates are whole numbers: by the minute they are fine enough.
fn ramping_rate(ramp: &RateRamp) -> Map<String, Value> {
    let per_minute = |rate: f64| Value::from(whole(rate * 60.0));
    let mut at = Nanos::ZERO;
    let (mut stages, mut reached) = (Vec::new(), ramp.rate_at(Nanos::ZERO));
    for stage in ramp.stages() {
        let from = ramp.rate_at(at);
        if whole(from * 60.0) != whole(reached * 60.0) {
            stages.push(json!({"duration": "0s", "target": per_minute(from)}));
        }
        at = at + stage.duration;
        // Just before the end: at it the next stage may have jumped.
        let before = Nanos(at.0.saturating_sub(1));
        reached = ramp.rate_at(before);
        stages.push(json!({"duration": time(stage.duration), "target": per_minute(reached)}));
    }
    object(json!({
        "executor": "ramping-arrival-rate", "startRate": per_minute(ramp.rate_at(Nanos::ZERO)), "timeUnit": "1m",
        "stages": stages,
    }))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are not negative; saturates"
)]
fn whole(x: f64) -> u64 {
    x.round() as u64
}

/// `p95 < 100ms`, `errors < 1%`, where k6 has the same.
fn thresholds(objectives: &[Objective], left_out: &mut LeftOut) -> Map<String, Value> {
    let mut out: Map<String, Value> = Map::new();
    for objective in objectives {
        let Some((metric, expression)) = threshold(objective) else {
            left_out.say(format!("the objective `{objective}` has no threshold that says the same"));
            continue;
        };
        let list = out.entry(metric).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(expression);
        }
    }
    out
}

/// The metric and the assertion of an objective on the whole run. Times are response times here and durations there: k6 has
/// no other.
fn threshold(objective: &Objective) -> Option<(&'static str, Value)> {
    let Objective { measure, comparison, limit: Limit::Absolute(limit), .. } = objective else { return None };
    let plain = objective.window == Window::Run
        && objective.severity == Severity::Fail
        && *comparison != Comparison::About
        && measure.filters.0.iter().all(|f| f.key == FilterKey::Outcome && f.values == ["all"]);
    if !plain {
        return None;
    }
    let percent = |p: f64| (p * 1e6).round() / 1e8;
    let limit = limit.figure();
    let (metric, method, limit) = match measure.statistic {
        Statistic::Time { basis: Basis::Response | Basis::Service, point } => {
            let method = match point {
                Point::Average => "avg".to_owned(),
                Point::Minimum => "min".to_owned(),
                Point::Maximum => "max".to_owned(),
                Point::Percentile(p) => format!("p({})", p.value()),
            };
            ("http_req_duration", method, limit)
        }
        Statistic::Share(Share::Errors) => ("http_req_failed", "rate".to_owned(), percent(limit)),
        Statistic::Share(Share::Checks) => ("checks", "rate".to_owned(), percent(limit)),
        Statistic::Rate(Flow::Requests) => ("http_reqs", "rate".to_owned(), limit),
        Statistic::Rate(Flow::Iterations) => ("iterations", "rate".to_owned(), limit),
        Statistic::Count(Count::Requests) => ("http_reqs", "count".to_owned(), limit),
        Statistic::Count(Count::Iterations) => ("iterations", "count".to_owned(), limit),
        Statistic::Count(Count::Drops) => ("dropped_iterations", "count".to_owned(), limit),
        Statistic::Time { basis: Basis::Lag, .. }
        | Statistic::Share(Share::Drops | Share::Tally)
        | Statistic::Count(Count::Errors | Count::Tally)
        | Statistic::Balance
        | Statistic::Recovery => return None,
    };
    let assertion = format!("{method}{}{limit}", comparison.sign());
    Some(match objective.abort {
        None => (metric, assertion.into()),
        Some(abort) => {
            let delay = crate::units::duration_text(abort.after);
            (metric, json!({"threshold": assertion, "abortOnFail": true, "delayAbortEval": delay}))
        }
    })
}

pub(super) fn locust(lowered: &Lowered, left_out: &mut LeftOut) -> Result<String, NotExportable> {
    let workload = &lowered.workload;
    let refuse = |what: &str| NotExportable::NoCounterpart { tool: "Locust", what: what.to_owned() };
    let [scenario] = workload.scenarios.as_slice() else {
        return Err(refuse("several scenarios"));
    };
    if scenario.arrivals != Arrivals::Closed {
        return Err(refuse("a load that follows a schedule: its users follow the target's speed"));
    }
    let (users, rate) = match &scenario.supply {
        Supply::Fixed(users) => (*users, Rate::per_second(u64::from(*users))),
        Supply::Spawn { users, rate } => (*users, *rate),
        Supply::Ramp { .. } | Supply::Elastic { .. } => {
            return Err(refuse("stages of users: a load shape is a script"));
        }
    };
    if scenario.stop.iterations.is_some() || scenario.stop.per_user.is_some() {
        left_out.say("Locust ends by time, not after so many iterations");
    }
    left_out.say("the settings are no locustfile: what users do is left out");
    if !lowered.objectives.is_empty() {
        left_out.say("objectives are left out");
    }
    let mut out = String::new();
    // Writing to a String cannot fail.
    if let Some(origin) = workload.target.origins.first() {
        let _ = writeln!(out, "host = {}://{}", origin.scheme.name(), origin.authority());
    }
    let _ = writeln!(out, "users = {users}\nspawn-rate = {}", rate.per_second_f64());
    match scenario.stop.after {
        Some(after) => _ = writeln!(out, "run-time = {}s", after.0.div_ceil(1_000_000_000)),
        None => left_out.say("it runs until it is stopped"),
    }
    let _ =
        writeln!(out, "stop-timeout = {}\nheadless = true", scenario.stop.grace.0.div_ceil(1_000_000_000));
    Ok(out)
}
