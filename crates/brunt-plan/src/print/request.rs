//! What is sent, what is expected, what is kept of answers.

use super::text::{Names, comparison};
use super::{HIDDEN, is_secret_header};
use crate::units::duration_text;
use brunt_workload::{
    Body, Check, CheckRule, Extract, Fault, FaultKind, FaultMix, JsonTest, OnFailure, Pick, Request, Save,
    TextPart,
};
use serde_json::{Map, Value, json};

pub(super) fn request(r: &Request, names: Names<'_>) -> Value {
    let headers: Map<String, Value> = r
        .headers
        .iter()
        .map(|(name, value)| {
            let value = if is_secret_header(name) { HIDDEN.to_owned() } else { names.text(value) };
            (name.clone(), value.into())
        })
        .collect();
    json!({
        "endpoint": r.endpoint.0,
        "origin": r.origin.0,
        "method": r.method,
        "target": names.text(&r.target),
        "headers": headers,
        "body": match &r.body {
            Body::None => Value::Null,
            Body::Bytes(bytes) => json!({ "bytes": bytes.len() }),
            Body::Text(text) => {
                json!({ "generated_parts": text.parts.iter().filter(|p| !is_literal(p)).count() })
            }
        },
        "timeout": duration_text(r.timeout),
        "redirects": r.redirects,
        "checks": r.checks.iter().map(|c| c.0).collect::<Vec<_>>(),
        "saves": r.saves.iter().map(|s| save(s, names)).collect::<Vec<_>>(),
        "on_failure": match r.on_failure {
            OnFailure::End => "end",
            OnFailure::Continue => "continue",
        },
        "login": r.login.map(|l| l.0),
        "faults": r.faults.map(|f| f.0),
    })
}

const fn is_literal(part: &TextPart) -> bool {
    match part {
        TextPart::Literal(_) => true,
        TextPart::Dynamic { .. } => false,
    }
}

fn save(save: &Save, names: Names<'_>) -> Value {
    json!({
        "name": names.slot(save.slot),
        "from": match &save.from {
            Extract::Json(path) => json!({ "json": path }),
            Extract::Regex(regex) => json!({ "regex": regex }),
            Extract::Header { name, regex } => json!({ "header": name, "regex": regex }),
            Extract::Cookie(name) => json!({ "cookie": name }),
            Extract::Status => json!("status"),
            Extract::Body => json!("body"),
        },
        "pick": match save.pick {
            Pick::First => "first",
            Pick::Last => "last",
            Pick::Random => "random",
            Pick::All => "all",
            Pick::Count => "count",
        },
        "default": save.default.as_ref().map(|text| names.remembered(text, save.plain)),
        "check": save.check.0,
    })
}

pub(super) fn check(check: &Check, names: Names<'_>) -> Value {
    let rule = match &check.rule {
        CheckRule::Status(ranges) => json!({ "status": ranges }),
        CheckRule::BodyContains(text) => json!({ "contains": String::from_utf8_lossy(text) }),
        CheckRule::BodyLacks(text) => json!({ "lacks": String::from_utf8_lossy(text) }),
        CheckRule::BodyMatches(regex) => json!({ "matches": regex }),
        CheckRule::Json { path, test } => json!({ "json": path, "test": json_test(test, names) }),
        CheckRule::Saved(slot) => json!({ "saved": names.slot(*slot) }),
        CheckRule::Header { name, contains } => json!({ "header": name, "contains": contains }),
        CheckRule::BodySize { min, max } => json!({ "size": [min, max] }),
        CheckRule::MaxTime(time) => json!({ "max_time": duration_text(*time) }),
    };
    json!({ "name": check.name, "rule": rule })
}

fn json_test(test: &JsonTest, names: Names<'_>) -> String {
    match test {
        JsonTest::Exists => "exists".to_owned(),
        JsonTest::Absent => "absent".to_owned(),
        JsonTest::Compare(op, text) => format!("{} {}", comparison(*op), names.text(text)),
        JsonTest::Count(min, max) if min == max => format!("count {min}"),
        JsonTest::Count(min, u64::MAX) => format!("count {min}.."),
        JsonTest::Count(min, max) => format!("count {min}..{max}"),
    }
}

pub(super) fn fault_mix(mix: &FaultMix) -> Value {
    mix.faults.iter().map(fault).collect()
}

fn fault(fault: &Fault) -> Value {
    let mut out = json!({
        "share": fault.share,
        "endpoints": fault.endpoints.iter().map(|e| e.0).collect::<Vec<_>>(),
    });
    match fault.kind {
        FaultKind::Abort => out["kind"] = "abort".into(),
        FaultKind::SlowSend(over) => {
            out["kind"] = "slow_send".into();
            out["over"] = duration_text(over).into();
        }
        FaultKind::MalformedBody => out["kind"] = "malformed".into(),
        FaultKind::Retries(times) => {
            out["kind"] = "retries".into();
            out["times"] = times.into();
        }
    }
    out
}
