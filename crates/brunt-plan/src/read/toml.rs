//! TOML 1, from the spanned tables of the `toml` crate, which reports all syntax errors of a text at once.

use super::too_deep;
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, MAX_DEPTH, Node, Span, Value};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

pub(super) fn read(text: &str) -> Result<Node, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<Diagnostic> = errors
        .iter()
        .map(|error| {
            Diagnostic::error(
                &error.span().unwrap_or(0..0),
                error.message().lines().next().unwrap_or_default(),
            )
        })
        .collect();
    if problems.is_empty() {
        let root = map(table.get_ref(), table.span(), 1, &mut problems);
        if problems.is_empty() {
            return Ok(root);
        }
    }
    Err(problems)
}

fn map(table: &DeTable<'_>, span: Span, depth: usize, problems: &mut Vec<Diagnostic>) -> Node {
    if depth > MAX_DEPTH {
        problems.push(too_deep(&span));
        return Node { span, value: Value::Null };
    }
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            value: node(value, depth + 1, problems),
        })
        .collect();
    // The table is sorted by key; a plan's order is that of its text.
    entries.sort_by_key(|e| e.key_span.start);
    Node { span, value: Value::Map(entries) }
}

fn node(value: &Spanned<DeValue<'_>>, depth: usize, problems: &mut Vec<Diagnostic>) -> Node {
    let span = value.span();
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Str(text.to_string()),
        DeValue::Integer(integer) => int(integer),
        DeValue::Float(float) => float_value(float.as_str()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(_) => {
            problems.push(
                Diagnostic::error(&span, "dates are not used in plans").help("put text between quotes"),
            );
            Value::Null
        }
        DeValue::Array(items) if depth > MAX_DEPTH && !items.is_empty() => {
            problems.push(too_deep(&span));
            Value::Null
        }
        DeValue::Array(items) => Value::Seq(items.iter().map(|i| node(i, depth + 1, problems)).collect()),
        DeValue::Table(table) => return map(table, span, depth, problems),
    };
    Node { span, value }
}

fn int(integer: &DeInteger<'_>) -> Value {
    i128::from_str_radix(integer.as_str(), integer.radix())
        .map_or_else(|_| float_value(integer.as_str()), Value::Int)
}

fn float_value(text: &str) -> Value {
    Value::Float(text.parse().unwrap_or(f64::NAN))
}
