//! Checks of JSON bodies: paths with what they find.
//!
//! ```text
//! test  = value | operator value | "exists" | "absent" | "count" range
//! range = number | number ".." [ number ] | ".." number
//! value = number | truth value | text, perhaps in quotes, with `${...}`
//! ```

use super::condition::{SYMBOLS, WORDS};
use super::pattern::{Place, json_path};
use super::request::plain;
use super::template::{name_of, part_of};
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Value};
use brunt_workload::{Check, CheckRule, Comparison, JsonTest, Text};

const EXAMPLE: &str = "write e.g. `\"> 0\"`, `\"count 1..50\"`, `exists`, `absent`, `true` or a text";

/// One entry of a check's `json`.
pub(super) fn json_check(cx: &Cx<'_>, entry: &Entry) -> Option<Check> {
    let path = json_path(cx, Place { span: &entry.key_span, text: &entry.key });
    let (words, test) = test(cx, &entry.value)?;
    let path = path?;
    let name = format!("json {} {words}", super::check::clipped(&path));
    Some(Check { name, rule: CheckRule::Json { path, test } })
}

/// A test, and what it is called.
fn test(cx: &Cx<'_>, node: &Node) -> Option<(String, JsonTest)> {
    let text = match &node.value {
        Value::Str(text) => text.as_str(),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            return compare(cx, Comparison::Equal, "==", node);
        }
        Value::Null => {
            return Some(("== null".to_owned(), JsonTest::Compare(Comparison::Equal, Text::literal("null"))));
        }
        Value::Seq(_) | Value::Map(_) => {
            let d = Diagnostic::error(
                &node.span,
                format!("expected a value or a comparison, found {}", node.found()),
            );
            cx.report(d.help(EXAMPLE));
            return None;
        }
    };
    match text.trim() {
        "exists" => return Some(("exists".to_owned(), JsonTest::Exists)),
        "absent" => return Some(("absent".to_owned(), JsonTest::Absent)),
        _ => {}
    }
    if let Some(range) = after_word(text, "count") {
        return count(cx, node, range);
    }
    let symbol = SYMBOLS
        .iter()
        .find_map(|(symbol, op)| text.trim_start().strip_prefix(symbol).map(|r| (*op, *symbol, r)));
    let word = || WORDS.iter().find_map(|(word, op)| after_word(text, word).map(|rest| (*op, *word, rest)));
    match symbol.or_else(word) {
        Some((op, symbol, rest)) => operand(cx, (op, symbol), node, rest),
        None => operand(cx, (Comparison::Equal, "=="), node, text),
    }
}

/// What follows a word that a text begins with.
fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    text.trim_start().strip_prefix(word).filter(|rest| rest.starts_with(char::is_whitespace))
}

fn compare(cx: &Cx<'_>, op: Comparison, symbol: &str, node: &Node) -> Option<(String, JsonTest)> {
    let text = plain(cx, node)?;
    Some((format!("{symbol} {}", super::check::clipped(&name_of(cx, &text))), JsonTest::Compare(op, text)))
}

/// `rest` is the end of the node's text.
fn operand(
    cx: &Cx<'_>,
    (op, symbol): (Comparison, &str),
    node: &Node,
    rest: &str,
) -> Option<(String, JsonTest)> {
    let whole = node.as_str().unwrap_or_default();
    let trimmed = rest.trim();
    let quoted = ['\'', '"'].iter().find_map(|q| trimmed.strip_prefix(*q).and_then(|t| t.strip_suffix(*q)));
    let value = quoted.unwrap_or(trimmed);
    if value.is_empty() && quoted.is_none() && !whole.trim().is_empty() {
        let d = Diagnostic::error(&node.span, format!("`{symbol}` compares with nothing"));
        cx.report(d.label("a value belongs behind it").help("write `''` for the empty text"));
        return None;
    }
    // The value is the end of the text, but for blanks and a closing quote.
    let behind = rest.len() - rest.trim_end().len() + usize::from(quoted.is_some());
    let at = whole.len() - behind - value.len();
    let text = part_of(cx, node, value, at)?;
    Some((format!("{symbol} {}", super::check::clipped(&name_of(cx, &text))), JsonTest::Compare(op, text)))
}

fn count(cx: &Cx<'_>, node: &Node, range: &str) -> Option<(String, JsonTest)> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = range.trim();
    let bounds = match range.split_once("..") {
        None => number(range).map(|n| (n, n)),
        Some((min, max)) => {
            let min = if min.trim().is_empty() { Some(0) } else { number(min) };
            let max = if max.trim().is_empty() { Some(u64::MAX) } else { number(max) };
            min.zip(max).filter(|(min, max)| min <= max && range != "..")
        }
    };
    let Some((min, max)) = bounds else {
        let d = Diagnostic::error(&node.span, "`count` takes a number or a range");
        cx.report(
            d.label("the smaller one first")
                .help("write e.g. `count 3`, `count 1..50`, `count 1..` or `count ..50`"),
        );
        return None;
    };
    Some((format!("count {range}"), JsonTest::Count(min, max)))
}
