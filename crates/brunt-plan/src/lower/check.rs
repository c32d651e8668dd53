//! Checks: what answers are held against.

use super::json_check::json_check;
use super::pattern::{Place, regex};
use super::template::template;
use crate::decode::{Cx, Fields, int_in};
use crate::diagnostic::Diagnostic;
use crate::fields::CHECK;
use crate::tree::{Node, Value};
use crate::units::{UnitProblem, duration_text, parse_size};
use brunt_workload::{Check, CheckRule};

/// A check's name shows at most so much of a text that is sought.
const SHOWN: usize = 40;

pub(super) fn checks(cx: &Cx<'_>, node: &Node) -> Vec<Check> {
    let Some(fields) = Fields::of(cx, node, &CHECK) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut add = |name: String, rule| out.push(Check { name, rule });
    if let Some((name, ranges)) = fields.get("status").and_then(|node| status(cx, node)) {
        add(format!("status {name}"), CheckRule::Status(ranges));
    }
    for text in sought(&fields, "contains", "every body contains this") {
        add(format!("contains {}", shown(&text)), CheckRule::BodyContains(text.into_bytes()));
    }
    for text in sought(&fields, "lacks", "every body contains this") {
        add(format!("lacks {}", shown(&text)), CheckRule::BodyLacks(text.into_bytes()));
    }
    let matches =
        fields.get("matches").map(|node| cx.texts(node, "a regular expression")).unwrap_or_default();
    for (text, node) in matches {
        if let Some(text) = regex(cx, Place { span: &node.span, text }) {
            add(format!("matches {}", shown(&text)), CheckRule::BodyMatches(text));
        }
    }
    for entry in fields.get("json").and_then(|node| cx.map_of(node, "JSON paths")).unwrap_or_default() {
        if let Some(Check { name, rule }) = json_check(cx, entry) {
            add(name, rule);
        }
    }
    for entry in fields.get("header").and_then(|node| cx.map_of(node, "headers")).unwrap_or_default() {
        let contains = match &entry.value.value {
            Value::Bool(true) => None,
            Value::Str(_) => match fixed(cx, &entry.value) {
                Some(text) => Some(text),
                None => continue,
            },
            Value::Null
            | Value::Bool(false)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Seq(_)
            | Value::Map(_) => {
                cx.expected(&entry.value, "the text that the header contains, or `true`");
                continue;
            }
        };
        let name = entry.key.to_ascii_lowercase();
        let label = match &contains {
            Some(text) => format!("header {name} contains {}", shown(text)),
            None => format!("header {name}"),
        };
        add(label, CheckRule::Header { name, contains });
    }
    if let Some((min, max)) = fields.get("size").and_then(|node| size(cx, node)) {
        let name = match (min, max) {
            (min, max) if min == max => format!("size {min} B"),
            (0, max) => format!("size up to {max} B"),
            (min, u64::MAX) => format!("size from {min} B"),
            (min, max) => format!("size {min} to {max} B"),
        };
        add(name, CheckRule::BodySize { min, max });
    }
    if let Some(time) = fields.positive_duration("max_time", "no answer is that quick") {
        add(format!("time up to {}", duration_text(time)), CheckRule::MaxTime(time));
    }
    out
}

/// Texts that are sought in bodies.
fn sought(fields: &Fields<'_, '_>, field: &str, why: &str) -> Vec<String> {
    let cx = fields.cx;
    let mut out = Vec::new();
    for (text, node) in fields.get(field).map(|node| cx.texts(node, "text")).unwrap_or_default() {
        if text.is_empty() {
            let d = Diagnostic::error(&node.span, format!("`{field}` is empty")).label(why);
            cx.report(d.help("name a text that tells good answers from bad ones"));
        }
        out.extend(fixed(cx, node));
    }
    out
}

/// A text that is the same every time.
fn fixed(cx: &Cx<'_>, node: &Node) -> Option<String> {
    let text = template(cx, node)?;
    if let Some(text) = text.as_literal() {
        return Some(text.to_owned());
    }
    let d = Diagnostic::error(&node.span, "this text must be the same every time");
    let d = d.label("it is sought as it stands");
    cx.report(d.help("compare parts of a JSON body instead: `json: {\"$.name\": \"== ${people.name}\"}`"));
    None
}

fn shown(text: &str) -> String {
    format!("\"{}\"", clipped(text))
}

/// The text as names of checks have it.
pub(super) fn clipped(text: &str) -> String {
    let clipped: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() { format!("{clipped}…") } else { clipped }
}

pub(super) fn status(cx: &Cx<'_>, node: &Node) -> Option<(String, Vec<(u16, u16)>)> {
    let items =
        if let Value::Seq(items) = &node.value { items.as_slice() } else { std::slice::from_ref(node) };
    let ranges: Vec<Option<(u16, u16)>> = items.iter().map(|item| status_range(cx, item)).collect();
    let ranges: Vec<(u16, u16)> = ranges.into_iter().collect::<Option<_>>()?;
    if ranges.is_empty() {
        cx.report(Diagnostic::error(&node.span, "`status` is empty").label("no answer would be right"));
        return None;
    }
    let names: Vec<String> = ranges.iter().map(|r| status_name(*r)).collect();
    Some((names.join(", "), ranges))
}

fn status_name((min, max): (u16, u16)) -> String {
    if min == max {
        min.to_string()
    } else if min.is_multiple_of(100) && max == min + 99 {
        format!("{}xx", min / 100)
    } else {
        format!("{min} to {max}")
    }
}

/// `200`, `2xx`, `200..299`.
fn status_range(cx: &Cx<'_>, node: &Node) -> Option<(u16, u16)> {
    if matches!(node.value, Value::Int(_)) {
        let status = int_in(cx, "status", node, (100, 599), "statuses go from 100 to 599")?;
        return u16::try_from(status).ok().map(|s| (s, s));
    }
    let text = cx.text_of(node, "a status")?;
    let one = |text: &str| text.trim().parse::<u16>().ok().filter(|s| (100..=599).contains(s));
    let class = text.strip_suffix("xx").and_then(|c| c.parse::<u16>().ok()).filter(|c| (1..=5).contains(c));
    let range = match (class, text.split_once("..")) {
        (Some(class), _) => Some((class * 100, class * 100 + 99)),
        (None, Some((min, max))) => one(min).zip(one(max)).filter(|(min, max)| min <= max),
        (None, None) => one(text).map(|s| (s, s)),
    };
    if range.is_none() {
        let d = Diagnostic::error(&node.span, "this is not a status");
        cx.report(d.help("write e.g. `200`, `2xx`, `200..204` or `[200, 304]`"));
    }
    range
}

/// `2KB`, `1KB..2KB`, `1KB..`, `..2KB`.
fn size(cx: &Cx<'_>, node: &Node) -> Option<(u64, u64)> {
    let parse = |text: &str| -> Result<(u64, u64), UnitProblem> {
        match text.split_once("..") {
            None => parse_size(text).map(|s| (s, s)),
            Some((min, max)) if min.trim().is_empty() => Ok((0, parse_size(max)?)),
            Some((min, max)) if max.trim().is_empty() => Ok((parse_size(min)?, u64::MAX)),
            Some((min, max)) => Ok((parse_size(min)?, parse_size(max)?)),
        }
    };
    let (min, max) = cx.quantity("size", node, "1KB..2KB", parse)?;
    if min > max {
        let d = Diagnostic::error(&node.span, "`size` ends before it begins");
        cx.report(d.label("the first must not be larger than the second"));
        return None;
    }
    Some((min, max))
}
