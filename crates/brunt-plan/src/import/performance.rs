//! Performance configurations as YAML: thresholds, the same by environment, and which paths get which share of load.
//!
//! ```yaml
//! thresholds: {latency: {p50: 100, p95: 250, p99: 400}, error_rate: 0.5, throughput: 1000}
//! environments: {staging: {thresholds: {...}}, production: {thresholds: {...}}}
//! load_test: {endpoints: {/api/users: 0.25, /api/orders: 0.30}}
//! ```
//!
//! Latencies are milliseconds, `error_rate` is percent, `throughput` requests a second. The load is that of the preset
//! `sustained` unless the command line says otherwise; the environment is `ENVIRONMENT`, by default `staging`.
//! `API_KEY` and `AUTH_TOKEN` are sent with each request if they are set.

use super::build::{Map, text_at};
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Value};

const TOP: [&str; 5] = ["thresholds", "environments", "load_test", "staging", "production"];

pub(super) fn looks_like(root: &Node) -> bool {
    let thresholds = |node: &Node| {
        let keys = ["latency", "error_rate", "throughput"];
        node.entry("thresholds").is_some_and(|t| keys.iter().any(|key| t.value.entry(key).is_some()))
    };
    let nested = |key: &str| {
        root.entry(key).is_some_and(|e| match &e.value.value {
            Value::Map(entries) => entries.iter().any(|e| thresholds(&e.value)),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Seq(_) => false,
        })
    };
    let endpoints = root.entry("load_test").is_some_and(|e| e.value.entry("endpoints").is_some());
    thresholds(root) || endpoints || nested("environments")
}

pub(super) fn plan(root: &Node, problems: &mut Vec<Diagnostic>) -> Node {
    let mut plan = Map::at(root.span.clone());
    unknown(root, "configuration", &TOP, problems);
    plan.put("name", "performance").put("auth", "env if set").put("preset", "sustained");
    let mut actions = Map::at(root.span.clone());
    let mut weights = Map::at(root.span.clone());
    let load_test = root.entry("load_test").map(|e| &e.value);
    if let Some(node) = load_test {
        unknown(node, "`load_test`", &["endpoints"], problems);
    }
    if let Some(Value::Map(entries)) =
        load_test.and_then(|node| node.entry("endpoints")).map(|e| &e.value.value)
    {
        for entry in entries {
            let mut step = Map::at(entry.key_span.clone());
            step.put("get", text_at(&entry.key_span, entry.key.clone()));
            actions.put(&entry.key, vec![step]);
            weights.put(&entry.key, entry.value.clone());
        }
    } else {
        let mut step = Map::at(root.span.clone());
        step.put("get", "/");
        actions.put("/", vec![step]);
        weights.put("/", 1_u64);
    }
    plan.put("actions", actions);
    let mut class = Map::at(root.span.clone());
    class.put("actions", weights);
    let mut users = Map::at(root.span.clone());
    users.put("user", class);
    plan.put("users", users);
    let base = root.entry("thresholds").map(|e| &e.value);
    if let Some(list) = base.map(|node| expectations(None, node, problems)).filter(|list| !list.is_empty()) {
        plan.put("expect", list);
    }
    environments(root, base, &mut plan, problems);
    plan.node()
}

fn unknown(node: &Node, what: &str, known: &[&str], problems: &mut Vec<Diagnostic>) {
    for key in node.keys().into_iter().filter(|key| !known.contains(key)) {
        if let Some(entry) = node.entry(key) {
            let d = Cx::unknown(&format!("key of the {what}"), key, &entry.key_span, known.iter().copied());
            problems.push(d);
        }
    }
}

/// Environments stand under `environments`, or at the top by their names.
fn environments(root: &Node, base: Option<&Node>, plan: &mut Map, problems: &mut Vec<Diagnostic>) {
    let mut out = Map::at(root.span.clone());
    let nested = match root.entry("environments").map(|e| &e.value.value) {
        Some(Value::Map(entries)) => entries.iter().collect(),
        Some(_) | None => Vec::new(),
    };
    let top: Vec<&Entry> = ["staging", "production"].iter().filter_map(|name| root.entry(name)).collect();
    let mut names = Vec::new();
    for entry in nested.into_iter().chain(top) {
        unknown(&entry.value, "environment", &["thresholds", "target"], problems);
        let mut overlay = Map::at(entry.key_span.clone());
        if let Some(thresholds) = entry.value.entry("thresholds") {
            overlay.put("expect", expectations(base, &thresholds.value, problems));
        }
        if let Some(target) = entry.value.entry("target") {
            overlay.put("target", target.value.clone());
        }
        names.push(entry.key.as_str());
        out.put(&entry.key, overlay);
    }
    if out.is_empty() {
        return;
    }
    if names.contains(&"staging") {
        plan.put("environment", "${env.ENVIRONMENT:-staging}");
    }
    plan.put("environments", out);
}

/// Thresholds as expectations; what an environment does not say is the base's.
fn expectations(base: Option<&Node>, node: &Node, problems: &mut Vec<Diagnostic>) -> Vec<Node> {
    unknown(node, "`thresholds`", &["latency", "error_rate", "throughput"], problems);
    let mut out = Vec::new();
    let value = |path: &[&str]| {
        let find = |node: &Node| {
            let mut at = Some(node.clone());
            for key in path {
                at = at.and_then(|n| n.entry(key).map(|e| e.value.clone()));
            }
            at
        };
        find(node).or_else(|| base.and_then(find))
    };
    let mut percentiles: Vec<String> = Vec::new();
    for source in [Some(node), base].into_iter().flatten() {
        for key in source.entry("latency").map(|e| e.value.keys()).unwrap_or_default() {
            if !percentiles.iter().any(|known| known == key) {
                percentiles.push(key.to_owned());
            }
        }
    }
    for name in &percentiles {
        if let Some(limit) = value(&["latency", name]) {
            out.extend(expectation(&limit, |n| format!("{name} < {n}ms"), problems));
        }
    }
    for (key, text) in [("error_rate", "errors < {}%"), ("throughput", "rate > {}/s")] {
        if let Some(limit) = value(&[key]) {
            out.extend(expectation(&limit, |n| text.replace("{}", n), problems));
        }
    }
    out
}

fn expectation(limit: &Node, text: impl Fn(&str) -> String, problems: &mut Vec<Diagnostic>) -> Option<Node> {
    let number = match limit.value {
        Value::Int(n) => n.to_string(),
        Value::Float(n) => n.to_string(),
        Value::Null | Value::Bool(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => {
            problems
                .push(Diagnostic::error(&limit.span, format!("expected a number, found {}", limit.found())));
            return None;
        }
    };
    Some(text_at(&limit.span, text(&number)))
}
