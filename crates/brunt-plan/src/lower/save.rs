//! What is kept of answers.
//!
//! ```text
//! save   = { name: what }
//! what   = "$" ...                  a JSON path
//!        | "status" | "body"
//!        | map                      see the reference
//! ```

use super::pattern::{Place, json_path, regex};
use super::request::remembered;
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::SAVE;
use crate::tree::{Entry, Node, Value};
use brunt_metrics::CheckId;
use brunt_workload::{Extract, Pick, Plain, Save, Text};

/// Fields that say where a value is found.
const PLACES: [&str; 5] = ["json", "regex", "header", "cookie", "from"];

const EXAMPLE: &str = "write e.g. `token: $.token`, `id: {header: location}` or `code: status`";

/// The field `save` of a request. The tables give each its check.
pub(super) fn saves(cx: &Cx<'_>, node: &Node) -> Vec<Save> {
    let entries = cx.map_of(node, "what is kept, by name").unwrap_or_default();
    if entries.is_empty() && matches!(node.value, Value::Map(_)) {
        cx.report(
            Diagnostic::error(&node.span, "`save` is empty").label("nothing would be kept").help(EXAMPLE),
        );
    }
    entries.iter().filter_map(|entry| save(cx, entry)).collect()
}

fn save(cx: &Cx<'_>, entry: &Entry) -> Option<Save> {
    let slot = cx.names().slot(&entry.key);
    let (from, pick, (default, plain)) = match &entry.value.value {
        Value::Str(text) => (of_text(cx, &entry.value, text)?, Pick::First, (None, Plain::Text)),
        Value::Map(_) => of_map(cx, &entry.value)?,
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Seq(_) => {
            let message = format!("expected a JSON path or a map, found {}", entry.value.found());
            cx.report(Diagnostic::error(&entry.value.span, message).help(EXAMPLE));
            return None;
        }
    };
    Some(Save { slot: slot?, from, pick, default, plain, check: CheckId(0) })
}

fn of_text(cx: &Cx<'_>, node: &Node, text: &str) -> Option<Extract> {
    match text {
        "status" => Some(Extract::Status),
        "body" => Some(Extract::Body),
        _ if text.starts_with('$') => json_path(cx, Place { span: &node.span, text }).map(Extract::Json),
        _ => {
            let d = Diagnostic::error(&node.span, "this is neither a JSON path nor `status` nor `body`");
            let help = if ["json", "regex", "header", "cookie"].contains(&text) {
                format!("write a map: `{{{text}: ...}}`")
            } else {
                EXAMPLE.to_owned()
            };
            cx.report(d.label("a JSON path begins with `$`").help(help));
            None
        }
    }
}

/// A default, and what it is.
type Default = (Option<Text>, Plain);

fn of_map(cx: &Cx<'_>, node: &Node) -> Option<(Extract, Pick, Default)> {
    let fields = Fields::of(cx, node, &SAVE)?;
    let default = fields.get("default").map(|node| remembered(cx, node));
    let pick = fields.get("pick").map_or(Some(Pick::First), |node| pick(cx, node));
    let mut given: Vec<&Entry> = fields.given().filter(|e| PLACES.contains(&e.key.as_str())).collect();
    if fields.has("header") {
        given.retain(|e| e.key != "regex");
    }
    given.sort_by_key(|e| e.key_span.start);
    let from = match given.as_slice() {
        [] => {
            if !fields.has_unknown() {
                let d = Diagnostic::error(&node.span, "this says nothing to keep");
                cx.report(
                    d.label("of what part of the answer?")
                        .help("give one of `json`, `regex`, `header`, `cookie` and `from`"),
                );
            }
            None
        }
        [one] => place(&fields, &one.key),
        [first, second, ..] => {
            let message = format!("`{}` cannot be combined with `{}`", second.key, first.key);
            let d = Diagnostic::error(&second.key_span, message).label("a value comes from one place");
            cx.report(d.help("give the other a name of its own"));
            None
        }
    };
    let default = match default {
        Some(None) => return None,
        Some(Some((default, plain))) => (Some(default), plain),
        None => (None, Plain::Text),
    };
    Some((from?, pick?, default))
}

fn place(fields: &Fields<'_, '_>, field: &str) -> Option<Extract> {
    let cx = fields.cx;
    let regex = |node: &Node| {
        let text = cx.text_of(node, "a regular expression")?;
        regex(cx, Place { span: &node.span, text })
    };
    let node = fields.get(field)?;
    match field {
        "json" => {
            let text = cx.text_of(node, "a JSON path")?;
            json_path(cx, Place { span: &node.span, text }).map(Extract::Json)
        }
        "regex" => regex(node).map(Extract::Regex),
        "header" => {
            let name = cx.text_of(node, "a header's name")?;
            let name = super::target::header_name(cx, &node.span, name)?;
            match fields.get("regex").map(regex) {
                Some(None) => None,
                Some(regex) => Some(Extract::Header { name, regex }),
                None => Some(Extract::Header { name, regex: None }),
            }
        }
        "cookie" => {
            let name = cx.text_of(node, "a cookie's name")?;
            if name.is_empty()
                || name.chars().any(|c| c.is_whitespace() || c.is_control() || "=;,".contains(c))
            {
                let d = Diagnostic::error(&node.span, "this cannot be a cookie's name");
                cx.report(d.help("write e.g. `cookie: session`"));
                return None;
            }
            Some(Extract::Cookie(name.to_owned()))
        }
        _ => match cx.text_of(node, "`status` or `body`")? {
            "status" => Some(Extract::Status),
            "body" => Some(Extract::Body),
            other => {
                cx.report(Cx::unknown("part of an answer", other, &node.span, ["status", "body"]));
                None
            }
        },
    }
}

fn pick(cx: &Cx<'_>, node: &Node) -> Option<Pick> {
    match cx.text_of(node, "a word")? {
        "first" => Some(Pick::First),
        "last" => Some(Pick::Last),
        "random" => Some(Pick::Random),
        "all" => Some(Pick::All),
        other => {
            cx.report(Cx::unknown("`pick`", other, &node.span, ["first", "last", "random", "all"]));
            None
        }
    }
}
