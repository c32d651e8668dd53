//! Variables: `${name}` of the plan's `vars`, `${env.NAME}` of the environment. All other `${...}` are left to templates.

use super::Layers;
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Span, Value};

impl Layers<'_> {
    /// Puts variables and the environment into the tree.
    /// Answers which they are.
    pub(super) fn variables(&mut self) -> Vec<(String, Span)> {
        let vars = match self.root.take("vars") {
            Some(Entry { value: Node { value: Value::Map(entries), .. }, .. }) => entries,
            Some(other) => {
                let d = Diagnostic::error(
                    &other.value.span,
                    format!("expected a map of variables, found {}", other.value.found()),
                );
                self.error(d.help("write e.g. `vars: {tier: gold}`"));
                Vec::new()
            }
            None => Vec::new(),
        };
        let vars = self.resolved(vars);
        let Value::Map(mut entries) = std::mem::replace(&mut self.root.value, Value::Null) else {
            return Vec::new();
        };
        for entry in &mut entries {
            if !["profiles", "environments", "environment", "preset"].contains(&entry.key.as_str()) {
                self.substitute(&mut entry.value, &vars);
            }
        }
        self.root.value = Value::Map(entries);
        vars.into_iter().map(|entry| (entry.key, entry.key_span)).collect()
    }

    /// Variables with those in them put in: each after those that it uses.
    fn resolved(&mut self, vars: Vec<Entry>) -> Vec<Entry> {
        let names: Vec<String> = vars.iter().map(|v| v.key.clone()).collect();
        let (mut done, mut left): (Vec<Entry>, Vec<Entry>) = (Vec::new(), vars);
        while !left.is_empty() {
            let known: Vec<&str> = done.iter().map(|v| v.key.as_str()).collect();
            let waits = |v: &Entry| names.iter().any(|n| !known.contains(&n.as_str()) && uses(&v.value, n));
            let (ready, waiting): (Vec<Entry>, Vec<Entry>) = left.into_iter().partition(|v| !waits(v));
            if ready.is_empty() {
                for entry in &waiting {
                    let d = Diagnostic::error(
                        &entry.value.span,
                        format!("the variable `{}` needs itself", entry.key),
                    );
                    self.error(
                        d.label("by itself, or through others").help("give one of them a value of its own"),
                    );
                }
                done.extend(
                    waiting.into_iter().map(|e| Entry { value: Node { value: Value::Null, ..e.value }, ..e }),
                );
                return done;
            }
            for mut entry in ready {
                self.substitute(&mut entry.value, &done);
                done.push(entry);
            }
            left = waiting;
        }
        done
    }

    pub(super) fn substitute(&mut self, node: &mut Node, vars: &[Entry]) {
        match &mut node.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
            Value::Seq(items) => items.iter_mut().for_each(|item| self.substitute(item, vars)),
            Value::Map(entries) => {
                for entry in entries {
                    self.substitute(&mut entry.value, vars);
                }
            }
            Value::Str(text) if text.contains("${") => {
                let whole = text.strip_prefix("${").and_then(|t| t.strip_suffix('}')).map(str::trim);
                if let Some(var) = whole.and_then(|name| vars.iter().find(|v| v.key == name)) {
                    node.value = var.value.value.clone();
                    return;
                }
                let replaced = self.replaced(text, &node.span, vars);
                *text = replaced;
            }
            Value::Str(_) => {}
        }
    }

    /// `text` with each `${name}` of a variable and each `${env.NAME}` replaced; all else is left to templates.
    fn replaced(&mut self, text: &str, span: &Span, vars: &[Entry]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let escaped = rest[..at].ends_with('$');
            let inner = rest[at + 2..].split_once('}').map(|(inner, _)| inner);
            let value = match inner {
                Some(inner) if !escaped => self.value_of(inner.trim(), span, vars),
                Some(_) | None => None,
            };
            let (keep, next) = match (&value, inner) {
                (Some(_), Some(inner)) => (at, at + 2 + inner.len() + 1),
                (Some(_) | None, _) => (at + 2, at + 2),
            };
            out.push_str(&rest[..keep]);
            out.push_str(value.as_deref().unwrap_or_default());
            rest = &rest[next..];
        }
        out.push_str(rest);
        out
    }

    fn value_of(&mut self, name: &str, span: &Span, vars: &[Entry]) -> Option<String> {
        if let Some(name) = name.strip_prefix("env.") {
            let (name, default) = match name.split_once(":-") {
                Some((name, default)) => (name.trim(), Some(default)),
                None => (name, None),
            };
            let value = (self.env)(name).or_else(|| default.map(str::to_owned));
            if value.is_none() {
                let d = Diagnostic::error(span, format!("the environment variable `{name}` is not set"));
                let d = d.label("its value belongs here");
                self.error(d.help(format!("set it, or give a default: `${{env.{name}:-...}}`")));
            }
            return Some(value.unwrap_or_default());
        }
        let var = vars.iter().find(|v| v.key == name)?;
        match &var.value.value {
            Value::Str(text) => Some(text.clone()),
            Value::Int(value) => Some(value.to_string()),
            Value::Float(value) => Some(value.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null => Some(String::new()),
            Value::Seq(_) | Value::Map(_) => {
                let d = Diagnostic::error(span, format!("the variable `{name}` is {}", var.value.found()));
                self.error(
                    d.label("it cannot be a part of a text").help("use it alone: `${...}` and nothing else"),
                );
                Some(String::new())
            }
        }
    }
}

/// Whether a text in it uses the variable.
fn uses(node: &Node, name: &str) -> bool {
    match &node.value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => false,
        Value::Str(text) => {
            let parts = text.split("${").skip(1);
            parts.filter_map(|part| part.split_once('}')).any(|(inner, _)| inner.trim() == name)
        }
        Value::Seq(items) => items.iter().any(|item| uses(item, name)),
        Value::Map(entries) => entries.iter().any(|entry| uses(&entry.value, name)),
    }
}
