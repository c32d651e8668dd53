//! A tree as YAML, JSON or TOML.

use super::super::write;
use crate::Format;
use crate::diagnostic::{Diagnostic, Report};
use crate::tree::{Entry, Node, Value};
use std::fmt::Write;

/// The widest JSON value that is written in one line.
const ONE_LINE: usize = 96;

pub(in super::super) fn written(root: &Node, to: Format) -> Result<String, Diagnostic> {
    match to {
        Format::Yaml => {
            let nothing = Report {
                name: String::new(),
                text: String::new(),
                added: Vec::new(),
                diagnostics: Vec::new(),
            };
            let yaml = write::yaml(root, &nothing, "");
            // Without the line that tells where it is from: it is the same plan.
            Ok(yaml.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned()))
        }
        Format::Json => {
            let mut out = String::new();
            json(root, 0, &mut out);
            out.push('\n');
            Ok(out)
        }
        Format::Toml => toml(root),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(format!("{value:?}")),
        Value::Str(text) => Some(quoted(text)),
        Value::Seq(_) | Value::Map(_) => None,
    }
}

fn flow(node: &Node) -> String {
    match &node.value {
        Value::Seq(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entry = |e: &Entry| format!("{}: {}", quoted(&e.key), flow(&e.value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        // JSON has neither NaN nor infinity; a plan has no use for them either.
        Value::Float(value) if !value.is_finite() => "null".to_owned(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            scalar(node).unwrap_or_default()
        }
    }
}

fn json(node: &Node, indent: usize, out: &mut String) {
    let line = flow(node);
    if indent > 1 && line.chars().count() + indent * 2 <= ONE_LINE {
        return out.push_str(&line);
    }
    // Writing to a String cannot fail.
    let block =
        |out: &mut String, open: char, close: char, count: usize, item: &dyn Fn(usize, &mut String)| {
            out.push(open);
            for i in 0..count {
                out.push_str(if i == 0 { "\n" } else { ",\n" });
                let _ = write!(out, "{:width$}", "", width = (indent + 1) * 2);
                item(i, out);
            }
            let _ = write!(out, "\n{:width$}{close}", "", width = indent * 2);
        };
    match &node.value {
        Value::Seq(items) if !items.is_empty() => {
            block(out, '[', ']', items.len(), &|i, out| json(&items[i], indent + 1, out));
        }
        Value::Map(entries) if !entries.is_empty() => block(out, '{', '}', entries.len(), &|i, out| {
            out.push_str(&quoted(&entries[i].key));
            out.push_str(": ");
            json(&entries[i].value, indent + 1, out);
        }),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Str(_)
        | Value::Seq(_)
        | Value::Map(_) => out.push_str(&line),
    }
}

fn toml(root: &Node) -> Result<String, Diagnostic> {
    check(root)?;
    let mut out = String::new();
    if let Value::Map(entries) = &root.value {
        table(entries, "", &mut out);
    }
    Ok(out)
}

/// TOML has no `null`, and numbers of 64 bits.
fn check(node: &Node) -> Result<(), Diagnostic> {
    match &node.value {
        Value::Null => {
            Err(Diagnostic::error(&node.span, "TOML has no `null`").help("convert it to JSON or YAML"))
        }
        Value::Int(value) if i64::try_from(*value).is_err() => {
            Err(Diagnostic::error(&node.span, "TOML has no number as large").help("put it between quotes"))
        }
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => Ok(()),
        Value::Seq(items) => items.iter().try_for_each(check),
        Value::Map(entries) => entries.iter().try_for_each(|e| check(&e.value)),
    }
}

fn key(text: &str) -> String {
    let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { text.to_owned() } else { toml_text(text) }
}

/// JSON's escapes are TOML's, but for the one character that TOML wants escaped too.
fn toml_text(text: &str) -> String {
    quoted(text).replace('\u{7f}', "\\u007f")
}

fn inline(node: &Node) -> String {
    match &node.value {
        Value::Str(text) => toml_text(text),
        Value::Float(value) if value.is_nan() => "nan".to_owned(),
        Value::Float(value) if value.is_infinite() => if *value > 0.0 { "inf" } else { "-inf" }.to_owned(),
        Value::Seq(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entry = |e: &Entry| format!("{} = {}", key(&e.key), inline(&e.value));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => scalar(node).unwrap_or_default(),
    }
}

/// Whether a value is written as tables of its own: maps, and lists of maps that are too wide for a line.
fn is_table(entry: &Entry, path: &str) -> bool {
    let wide = || inline(&entry.value).chars().count() > ONE_LINE;
    match &entry.value.value {
        Value::Map(entries) => !entries.is_empty() && (path.is_empty() || wide()),
        Value::Seq(items) => {
            !items.is_empty() && items.iter().all(|i| matches!(i.value, Value::Map(_))) && wide()
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => false,
    }
}

/// What is no table comes first: after a table's head everything belongs to it.
fn table(entries: &[Entry], path: &str, out: &mut String) {
    for entry in entries.iter().filter(|e| !is_table(e, path)) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} = {}", key(&entry.key), inline(&entry.value));
    }
    for entry in entries.iter().filter(|e| is_table(e, path)) {
        let name = if path.is_empty() { key(&entry.key) } else { format!("{path}.{}", key(&entry.key)) };
        match &entry.value.value {
            Value::Map(inner) => {
                let _ = writeln!(out, "\n[{name}]");
                table(inner, &name, out);
            }
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Seq(_) => {
                for item in entry.value.one_or_many() {
                    let _ = writeln!(out, "\n[[{name}]]");
                    if let Value::Map(inner) = &item.value {
                        table(inner, &name, out);
                    }
                }
            }
        }
    }
}
