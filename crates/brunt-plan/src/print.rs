//! A workload as JSON, for the record of a run: what was run, after every default and override.
//!
//! No secrets: values of headers that usually carry one, certificates' keys and bodies are not in it.

use crate::units::{duration_text, rate_text};
use brunt_metrics::Nanos;
use brunt_workload::{
    Arrivals, Body, Check, CheckRule, Choice, HttpVersion, Pause, PauseTime, RateRamp, RateStage, Request,
    Scenario, StartAt, Step, Supply, TargetSettings, Text, TextPart, UserClass, Workload,
};
use serde_json::{Map, Value, json};

/// What stands in a secret's place.
pub(crate) const HIDDEN: &str = "(hidden)";

/// Words that mark a header as secret wherever they stand in its name.
const SECRET_WORDS: [&str; 9] =
    ["authorization", "cookie", "api-key", "apikey", "token", "secret", "password", "session", "signature"];

/// Whether a header of this name usually carries a secret.
pub(crate) fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// The whole workload. Ids are positions in the lists; durations and rates are text as in plans.
pub fn lowered_json(workload: &Workload) -> Value {
    let endpoints: Vec<Value> = workload
        .endpoints
        .iter()
        .map(|e| json!({ "scenario": e.scenario, "action": e.action, "method": e.method, "name": e.name }))
        .collect();
    json!({
        "name": workload.name,
        "seed": workload.seed,
        "target": target(&workload.target),
        "scenarios": workload.scenarios.iter().map(scenario).collect::<Vec<_>>(),
        "endpoints": endpoints,
        "requests": workload.requests.iter().map(request).collect::<Vec<_>>(),
        "checks": workload.checks.iter().map(check).collect::<Vec<_>>(),
    })
}

fn target(t: &TargetSettings) -> Value {
    let origin = |o: &brunt_workload::Origin| match &o.unix {
        Some(path) => format!("http+unix://{}", path.display()),
        None => format!("{}://{}", o.scheme.name(), o.authority()),
    };
    let connect_to = |c: &brunt_workload::ConnectTo| {
        let port = |p: Option<u16>| p.map(|p| p.to_string()).unwrap_or_default();
        let host = |h: &Option<String>| h.clone().unwrap_or_default();
        format!("{}:{}:{}:{}", host(&c.host), port(c.port), host(&c.to_host), port(c.to_port))
    };
    json!({
        "origins": t.origins.iter().map(origin).collect::<Vec<_>>(),
        "version": match t.version {
            HttpVersion::Http1 => "1.1",
            HttpVersion::Http2 => "2",
            HttpVersion::Negotiate => "auto",
        },
        "keep_alive": t.keep_alive,
        "connect_timeout": duration_text(t.connect_timeout),
        "connect_to": t.connect_to.iter().map(connect_to).collect::<Vec<_>>(),
        "shared_connections": t.shared_connections,
        "tls": {
            "insecure": t.tls.insecure,
            "ca": t.tls.ca_pem.as_ref().map(|pem| format!("({} bytes of PEM)", pem.len())),
            "identity": t.tls.identity_pem.as_ref().map(|_| HIDDEN),
        },
        "max_kept_body": t.max_kept_body,
    })
}

fn scenario(s: &Scenario) -> Value {
    json!({
        "name": s.name,
        "start": match &s.start {
            StartAt::Offset(offset) => json!({ "offset": duration_text(*offset) }),
            StartAt::After { scenario, delay } => json!({ "after": scenario.0, "delay": duration_text(*delay) }),
        },
        "arrivals": arrivals(&s.arrivals),
        "supply": supply(&s.supply),
        "stop": {
            "after": s.stop.after.map(duration_text),
            "iterations": s.stop.iterations,
            "per_user": s.stop.per_user,
            "grace": duration_text(s.stop.grace),
        },
        "warm_up": duration_text(s.warm_up),
        "cool_down": duration_text(s.cool_down),
        "classes": s.classes.iter().enumerate().map(|(i, c)| class(c, weight(&s.class_choice, i))).collect::<Vec<_>>(),
    })
}

fn weight(choice: &Choice, at: usize) -> u64 {
    if at < choice.len() { choice.weight(at) } else { 0 }
}

fn arrivals(a: &Arrivals) -> Value {
    match a {
        Arrivals::Closed => json!("closed"),
        Arrivals::Constant(rate) => json!({ "constant": rate_text(*rate) }),
        Arrivals::Ramp(r) => json!({ "ramp": ramp(r) }),
        Arrivals::Poisson(r) => json!({ "poisson": ramp(r) }),
        Arrivals::Bursts { size, pause } => {
            json!({ "bursts": { "size": size, "pause": range(pause.min, pause.max) } })
        }
        Arrivals::Replay { instants, speed } => json!({
            "replay": {
                "instants": instants.len(),
                "length": duration_text(instants.last().copied().unwrap_or_default()),
                "speed": [speed.0, speed.1],
            }
        }),
    }
}

fn ramp(ramp: &RateRamp) -> Vec<Value> {
    let scale = scale_of(ramp);
    let stage = |stage: &RateStage| {
        json!({
            "from_per_second": stage.from as f64 * scale,
            "to_per_second": stage.to as f64 * scale,
            "over": duration_text(stage.duration),
        })
    };
    ramp.stages().iter().map(stage).collect()
}

/// Events per second for one event per the ramp's unit.
fn scale_of(ramp: &RateRamp) -> f64 {
    let most = ramp.stages().iter().map(|s| s.from.max(s.to)).max().unwrap_or(0);
    if most == 0 { 0.0 } else { ramp.peak() / most as f64 }
}

fn supply(s: &Supply) -> Value {
    match s {
        Supply::Fixed(users) => json!({ "fixed": users }),
        Supply::Spawn { users, rate } => json!({ "spawn": { "users": users, "rate": rate_text(*rate) } }),
        Supply::Ramp { start, stages } => {
            let stages: Vec<Value> =
                stages.iter().map(|s| json!({ "to": s.target, "over": duration_text(s.duration) })).collect();
            json!({ "ramp": { "start": start, "stages": stages } })
        }
        Supply::Elastic { initial, cap } => json!({ "elastic": { "initial": initial, "cap": cap } }),
    }
}

fn class(class: &UserClass, weight_of_class: u64) -> Value {
    let journey = &class.journey;
    let step = |step: &Step| match step {
        Step::Request(id) => json!({ "request": id.0 }),
        Step::Pause(time) => json!({ "pause": pause_time(time) }),
    };
    let actions: Vec<Value> = journey
        .actions
        .iter()
        .enumerate()
        .map(|(i, a)| {
            let steps: Vec<Value> = a.steps.iter().map(step).collect();
            json!({ "name": a.name, "weight": weight(&journey.choice, i), "steps": steps })
        })
        .collect();
    json!({ "name": class.name, "weight": weight_of_class, "think": pause(&journey.think), "actions": actions })
}

fn pause(pause: &Pause) -> Value {
    match pause.every {
        1 => pause_time(&pause.time),
        every => json!({ "time": pause_time(&pause.time), "every": every }),
    }
}

fn pause_time(time: &PauseTime) -> Value {
    match time {
        PauseTime::None => Value::Null,
        PauseTime::Constant(time) => json!(duration_text(*time)),
        PauseTime::Uniform { min, max } => json!(range(*min, *max)),
        PauseTime::Normal { mean, std_dev } => {
            json!({ "normal": { "mean": duration_text(*mean), "std_dev": duration_text(*std_dev) } })
        }
        PauseTime::Exponential { mean } => json!({ "exponential": duration_text(*mean) }),
        PauseTime::LogNormal { median, sigma } => {
            json!({ "log_normal": { "median": duration_text(*median), "sigma": sigma } })
        }
    }
}

fn range(min: Nanos, max: Nanos) -> String {
    if min == max { duration_text(min) } else { format!("{}..{}", duration_text(min), duration_text(max)) }
}

fn request(r: &Request) -> Value {
    let headers: Map<String, Value> = r
        .headers
        .iter()
        .map(|(name, value)| {
            let value = if is_secret_header(name) { HIDDEN.to_owned() } else { text(value) };
            (name.clone(), value.into())
        })
        .collect();
    json!({
        "endpoint": r.endpoint.0,
        "origin": r.origin.0,
        "method": r.method,
        "target": text(&r.target),
        "headers": headers,
        "body": match &r.body {
            Body::None => Value::Null,
            Body::Bytes(bytes) => json!({ "bytes": bytes.len() }),
            Body::Text(text) => json!({ "generated_parts": text.parts.iter().filter(|p| !is_literal(p)).count() }),
        },
        "timeout": duration_text(r.timeout),
        "redirects": r.redirects,
        "checks": r.checks.iter().map(|c| c.0).collect::<Vec<_>>(),
    })
}

const fn is_literal(part: &TextPart) -> bool {
    match part {
        TextPart::Literal(_) => true,
        TextPart::Int { .. } | TextPart::OneOf(_) | TextPart::Uuid => false,
    }
}

/// A text as a plan writes it.
fn text(text: &Text) -> String {
    let part = |part: &TextPart| match part {
        TextPart::Literal(text) => text.replace("${", "$${"),
        TextPart::Int { min, max } => format!("${{int({min},{max})}}"),
        TextPart::OneOf(texts) => format!("${{choice({})}}", texts.join(",")),
        TextPart::Uuid => "${uuid()}".to_owned(),
    };
    text.parts.iter().map(part).collect()
}

fn check(check: &Check) -> Value {
    let rule = match &check.rule {
        CheckRule::Status(ranges) => json!({ "status": ranges }),
        CheckRule::BodyContains(text) => json!({ "contains": String::from_utf8_lossy(text) }),
        CheckRule::Header { name, contains } => json!({ "header": name, "contains": contains }),
        CheckRule::BodySize { min, max } => json!({ "size": [min, max] }),
        CheckRule::MaxTime(time) => json!({ "max_time": duration_text(*time) }),
    };
    json!({ "name": check.name, "rule": rule })
}
