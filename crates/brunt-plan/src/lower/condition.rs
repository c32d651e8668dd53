//! Conditions: what `if` and `while` decide by.
//!
//! ```text
//! condition = text | map
//! text      = operand [ operator operand ]
//! operator  = "==" | "!=" | "<=" | "<" | ">=" | ">"     anywhere outside of quotes and `${...}`
//!           | "contains" | "starts_with"                between blanks
//! operand   = "'" { char } "'" | '"' { char } '"' | { char }     trimmed; with `${...}` as in all texts
//! map       = one of `status`, `ok`, `saved`, `chance`, `not`, `all`, `any`
//! ```

use super::check::status;
use super::request::{Around, plain};
use super::template::part_of;
use super::weight::share;
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::CONDITION;
use crate::tree::{Entry, Node, Span, Value};
use brunt_workload::{Comparison, Condition, Text};

/// Longer ones first: `<=` begins with `<`.
pub(super) const SYMBOLS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

pub(super) const WORDS: [(&str, Comparison); 2] =
    [("contains", Comparison::Contains), ("starts_with", Comparison::StartsWith)];

const EXAMPLE: &str = "write e.g. `${stock} > 0`, or a map like `{status: 404}`";

/// A condition; problems are reported.
pub(super) fn condition(cx: &Cx<'_>, node: &Node, around: &Around<'_>) -> Option<Condition> {
    match &node.value {
        Value::Str(text) => of_text(cx, node, text),
        Value::Map(_) => of_map(cx, node, around),
        // What a variable of the plan may stand for.
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => plain(cx, node).map(Condition::True),
        Value::Null | Value::Seq(_) => {
            let d = Diagnostic::error(&node.span, format!("expected a condition, found {}", node.found()));
            cx.report(d.help(EXAMPLE));
            None
        }
    }
}

fn of_map(cx: &Cx<'_>, node: &Node, around: &Around<'_>) -> Option<Condition> {
    let fields = Fields::of(cx, node, &CONDITION)?;
    let given: Vec<&Entry> = fields.given().collect();
    let [entry] = given.as_slice() else {
        if given.is_empty() && fields.has_unknown() {
            return None;
        }
        let second = given.get(1).map_or_else(|| node.span.clone(), |e| e.key_span.clone());
        let d = Diagnostic::error(&second, "a condition is exactly one thing");
        cx.report(d.help("combine several by `all: [...]` or `any: [...]`"));
        return None;
    };
    let value = fields.get(&entry.key)?;
    match entry.key.as_str() {
        "status" => status(cx, value).map(|(_, ranges)| Condition::LastStatus(ranges)),
        "ok" => fields
            .bool("ok")
            .map(|ok| if ok { Condition::LastOk } else { Condition::Not(Box::new(Condition::LastOk)) }),
        "saved" => {
            let name = fields.text("saved")?;
            let slot = around.slots.id(name);
            if slot.is_none() {
                let known = around.slots.names().iter().map(String::as_str);
                let d = Cx::unknown("saved value", name, &value.span, known);
                cx.report(d.label("no step has it under `save` or `set`"));
            }
            slot.map(Condition::Saved)
        }
        "chance" => share(cx, "chance", value).map(Condition::Chance),
        "not" => condition(cx, value, around).map(|c| Condition::Not(Box::new(c))),
        "all" => several(cx, "all", value, around).map(Condition::All),
        _ => several(cx, "any", value, around).map(Condition::Any),
    }
}

fn several(cx: &Cx<'_>, field: &str, node: &Node, around: &Around<'_>) -> Option<Vec<Condition>> {
    let nodes = cx.list_of(node, "conditions")?;
    if nodes.is_empty() {
        cx.report(Diagnostic::error(&node.span, format!("`{field}` is empty")).label("nothing to decide by"));
        return None;
    }
    let all: Vec<Option<Condition>> = nodes.iter().map(|n| condition(cx, n, around)).collect();
    all.into_iter().collect()
}

/// What is wrong with the text of a condition, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    range: Span,
    message: &'static str,
    help: &'static str,
}

/// A text taken apart: where its operands stand, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    left: Span,
    right: Option<(Comparison, Span)>,
}

fn of_text(cx: &Cx<'_>, node: &Node, text: &str) -> Option<Condition> {
    let parts = match parse(text) {
        Ok(parts) => parts,
        Err(problem) => {
            let d = Diagnostic::error(&cx.within(node, problem.range), problem.message);
            cx.report(d.help(problem.help));
            return None;
        }
    };
    let operand = |range: Span| -> Option<Text> { part_of(cx, node, &text[range.clone()], range.start) };
    let left = operand(parts.left);
    match parts.right {
        None => {
            let left = left?;
            if left.as_literal().is_some() && !cx.has_parts(node) {
                let d = Diagnostic::warning(&node.span, "this condition says the same each time");
                let d = d.label("there is no value in it");
                cx.report(
                    d.help("write `${name}` for the value of a name, or a comparison like `${stock} > 0`"),
                );
            }
            Some(Condition::True(left))
        }
        Some((op, range)) => {
            let right = operand(range);
            Some(Condition::Compare { left: left?, op, right: right? })
        }
    }
}

fn parse(text: &str) -> Result<Parts, Problem> {
    let all = 0..text.len();
    if text.trim().is_empty() {
        return Err(Problem { range: all, message: "the condition is empty", help: EXAMPLE });
    }
    let Some((op, symbol)) = operator(text, 0)? else {
        return Ok(Parts { left: operand(text, all)?, right: None });
    };
    if let Some((_, second)) = operator(text, symbol.end)? {
        return Err(Problem {
            range: second,
            message: "a condition compares two things",
            help: "combine several by `all: [...]` or `any: [...]`; put a text with such signs between quotes",
        });
    }
    let (left, right) = (0..symbol.start, symbol.end..text.len());
    for side in [&left, &right] {
        if text[side.clone()].trim().is_empty() {
            return Err(Problem {
                range: symbol,
                message: "there is nothing on one side of this comparison",
                help: "write the empty text as `''`",
            });
        }
    }
    Ok(Parts { left: operand(text, left)?, right: Some((op, operand(text, right)?)) })
}

/// The first operator from byte `from` on, with its place.
fn operator(text: &str, from: usize) -> Result<Option<(Comparison, Span)>, Problem> {
    let mut at = from;
    let mut begins_operand = true;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("${") {
            // An unclosed one is the template's to complain about.
            at = closing(rest).map_or(text.len(), |end| at + end + 1);
            begins_operand = false;
            continue;
        }
        if begins_operand && (c == '\'' || c == '"') {
            let Some(end) = rest[1..].find(c) else {
                return Err(Problem {
                    range: at..at + 1,
                    message: "this quote is not closed",
                    help: "put a text with quotes between quotes of the other kind",
                });
            };
            at += end + 2;
            begins_operand = false;
            continue;
        }
        if let Some((symbol, op)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
            return Ok(Some((*op, at..at + symbol.len())));
        }
        for (wrong, help) in [
            ("=", "write `==`"),
            ("&&", "combine several by `all: [...]`"),
            ("||", "combine several by `any: [...]`"),
        ] {
            if rest.starts_with(wrong) {
                let range = at..at + wrong.len();
                return Err(Problem { range, message: "this is no comparison", help });
            }
        }
        if let Some((word, op)) = WORDS.iter().find(|(word, _)| stands_alone(text, at, word)) {
            return Ok(Some((*op, at..at + word.len())));
        }
        begins_operand &= c.is_whitespace();
        at += c.len_utf8();
    }
    Ok(None)
}

/// Whether `word` stands at `at` between blanks or ends.
fn stands_alone(text: &str, at: usize, word: &str) -> bool {
    let before = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '}');
    text[at..]
        .strip_prefix(word)
        .is_some_and(|rest| before && rest.chars().next().is_none_or(char::is_whitespace))
}

/// The `}` that ends a text beginning with `${`; quotes hide it.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '}' => return Some(i),
            None => {}
        }
    }
    None
}

/// Where the operand in `range` stands, without blanks around it and its quotes.
fn operand(text: &str, range: Span) -> Result<Span, Problem> {
    let slice = &text[range.clone()];
    let start = range.start + slice.len() - slice.trim_start().len();
    let trimmed = slice.trim();
    let inner = start..start + trimmed.len();
    match trimmed.chars().next() {
        Some(quote @ ('\'' | '"')) if trimmed.len() > 1 && trimmed.ends_with(quote) => {
            Ok(inner.start + 1..inner.end - 1)
        }
        Some('\'' | '"') => Err(Problem {
            range: inner,
            message: "text stands behind this quoted one",
            help: "put all of it between quotes",
        }),
        Some(_) | None => Ok(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, left, right) in [
            ("${a}", "${a}", None),
            (" ${a} ", "${a}", None),
            ("${a} == 5", "${a}", Some((Comparison::Equal, "5"))),
            ("${a}<=5", "${a}", Some((Comparison::AtMost, "5"))),
            ("${choice('<',\"}\")} > ''", "${choice('<',\"}\")}", Some((Comparison::Greater, ""))),
            ("'a > b' != \"c'd\"", "a > b", Some((Comparison::NotEqual, "c'd"))),
            ("it's sold contains sold", "it's sold", Some((Comparison::Contains, "sold"))),
            ("${x}${y} starts_with ab c", "${x}${y}", Some((Comparison::StartsWith, "ab c"))),
            ("it_contains >= 1", "it_contains", Some((Comparison::AtLeast, "1"))),
            ("é < ü", "é", Some((Comparison::Less, "ü"))),
        ] {
            let parts = parse(text).unwrap();
            let right_found = parts.right.map(|(op, range)| (op, &text[range]));
            assert_eq!((&text[parts.left], right_found), (left, right), "{text}");
        }
        for (text, range) in [
            ("", 0..0),
            ("${a} == ", 5..7),
            ("> 5", 0..1),
            ("${a} > 5 > 3", 9..10),
            ("${a} = 5", 5..6),
            ("${a} && ${b}", 5..7),
            ("'a > 5", 0..1),
            ("'a' b > 5", 0..5),
        ] {
            assert_eq!(parse(text).map_err(|p| p.range), Err(range), "{text}");
        }
    }
}
