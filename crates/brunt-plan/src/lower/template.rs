//! `${...}` in texts: generated parts.
//!
//! ```text
//! text   = { char | "$${" | "${" name "(" [ arg { "," arg } ] ")" "}" }
//! name   = "int" | "choice" | "uuid"
//! arg    = quoted | { char - "," }        trimmed; 'a, b' and "a, b" may hold commas
//! ```

use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::{Node, Span};
use brunt_workload::{Text, TextPart};

const FUNCTIONS: [(&str, &str); 3] =
    [("int", "${int(1,500)}"), ("choice", "${choice(tea,mugs)}"), ("uuid", "${uuid()}")];

/// The most alternatives of one `choice`; more belong into a data file.
const MAX_CHOICES: usize = 1_000;

/// A text node with its generated parts; problems are reported.
pub(super) fn template(cx: &Cx<'_>, node: &Node) -> Option<Text> {
    let text = cx.text_of(node, "text")?;
    part_of(cx, node, text, 0)
}

/// As [`template`], for the part of the node's text that begins at `offset`.
pub(super) fn part_of(cx: &Cx<'_>, node: &Node, text: &str, offset: usize) -> Option<Text> {
    match parse(text) {
        Ok(parts) => Some(Text { parts }),
        Err(problem) => {
            let span = cx.within(node, problem.range.start + offset..problem.range.end + offset);
            let d = match problem.kind {
                Kind::Unclosed => Diagnostic::error(&span, "`${` is not closed")
                    .label("no `}` follows")
                    .help("write e.g. `${int(1,500)}`, or `$${` for a plain `${`"),
                Kind::Form => Diagnostic::error(&span, "this is not a generated part")
                    .label("a function and its arguments in parentheses belong here")
                    .help("write e.g. `${int(1,500)}`, or `$${` for a plain `${`"),
                Kind::Unknown(name) => {
                    let d = Cx::unknown("function", &name, &span, FUNCTIONS.iter().map(|f| f.0));
                    d.label("nothing generates this")
                }
                Kind::Arguments(name, why) => {
                    let example = FUNCTIONS.iter().find(|f| f.0 == name).map_or("", |f| f.1);
                    Diagnostic::error(&span, format!("`{name}` {why}"))
                        .help(format!("write e.g. `{example}`"))
                }
            };
            cx.report(d);
            None
        }
    }
}

/// Changes what is literal in a text, alternatives included: `encode` must leave digits and UUIDs as they are.
pub(super) fn encoded(text: &Text, encode: impl Fn(&str) -> String) -> Text {
    let part = |part: &TextPart| match part {
        TextPart::Literal(text) => TextPart::Literal(encode(text)),
        TextPart::OneOf(texts) => TextPart::OneOf(texts.iter().map(|t| encode(t)).collect()),
        TextPart::Int { .. } | TextPart::Uuid => part.clone(),
    };
    Text { parts: text.parts.iter().map(part).collect() }
}

/// The texts one after the other.
pub(super) fn concat(texts: impl IntoIterator<Item = Text>) -> Text {
    let mut parts: Vec<TextPart> = Vec::new();
    for part in texts.into_iter().flat_map(|t| t.parts) {
        match (parts.last_mut(), part) {
            (Some(TextPart::Literal(before)), TextPart::Literal(more)) => before.push_str(&more),
            (_, TextPart::Literal(text)) if text.is_empty() => {}
            (_, part) => parts.push(part),
        }
    }
    Text { parts }
}

/// The text as a name: `{…}` for what is generated.
pub(super) fn name_of(text: &Text) -> String {
    let part = |part: &TextPart| match part {
        TextPart::Literal(text) => text.clone(),
        TextPart::Int { .. } | TextPart::OneOf(_) | TextPart::Uuid => "{…}".to_owned(),
    };
    text.parts.iter().map(part).collect()
}

struct Problem {
    range: Span,
    kind: Kind,
}

enum Kind {
    Unclosed,
    Form,
    Unknown(String),
    Arguments(&'static str, &'static str),
}

fn parse(text: &str) -> Result<Vec<TextPart>, Problem> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('$').map(|i| at + i) {
        literal.push_str(&text[at..found]);
        let rest = &text[found..];
        if rest.starts_with("$${") {
            literal.push_str("${");
            at = found + 3;
        } else if rest.starts_with("${") {
            let end = closing(rest).ok_or(Problem { range: found..found + 2, kind: Kind::Unclosed })?;
            let range = found..found + end + 1;
            let part = expression(&rest[2..end]).map_err(|kind| Problem { range, kind })?;
            if !literal.is_empty() {
                parts.push(TextPart::Literal(std::mem::take(&mut literal)));
            }
            parts.push(part);
            at = found + end + 1;
        } else {
            literal.push('$');
            at = found + 1;
        }
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        parts.push(TextPart::Literal(literal));
    }
    Ok(parts)
}

/// The position of the `}` that ends a text beginning with `${`; quotes hide it.
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

fn expression(text: &str) -> Result<TextPart, Kind> {
    let text = text.trim();
    let (name, args) = text.strip_suffix(')').and_then(|t| t.split_once('(')).ok_or(Kind::Form)?;
    let args = arguments(args);
    match name.trim() {
        "int" => int(&args),
        "choice" if args.is_empty() => Err(Kind::Arguments("choice", "needs something to choose from")),
        "choice" if args.len() > MAX_CHOICES => {
            Err(Kind::Arguments("choice", "takes 1,000 alternatives at most"))
        }
        "choice" => Ok(TextPart::OneOf(args)),
        "uuid" if args.is_empty() => Ok(TextPart::Uuid),
        "uuid" => Err(Kind::Arguments("uuid", "takes no arguments")),
        name => Err(Kind::Unknown(name.to_owned())),
    }
}

fn int(args: &[String]) -> Result<TextPart, Kind> {
    let wrong = |why| Kind::Arguments("int", why);
    let [min, max] = args else {
        return Err(wrong("takes two numbers, the smallest and the largest"));
    };
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong("takes whole numbers from 0"));
    let (min, max) = (number(min)?, number(max)?);
    if min > max {
        return Err(wrong("takes the smallest number first"));
    }
    Ok(TextPart::Int { min, max })
}

fn arguments(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(q) => {
                current.push(c);
                if c == q {
                    quote = None;
                }
            }
            None if c == ',' => out.push(std::mem::take(&mut current)),
            None => {
                if c == '\'' || c == '"' {
                    quote = Some(c);
                }
                current.push(c);
            }
        }
    }
    if !out.is_empty() || !current.trim().is_empty() {
        out.push(current);
    }
    out.iter().map(|arg| unquoted(arg.trim()).to_owned()).collect()
}

fn unquoted(arg: &str) -> &str {
    for quote in ['\'', '"'] {
        if let Some(inner) = arg.strip_prefix(quote).and_then(|a| a.strip_suffix(quote)) {
            return inner;
        }
    }
    arg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let lit = |t: &str| TextPart::Literal(t.into());
        let one_of = |t: &[&str]| TextPart::OneOf(t.iter().map(|t| (*t).to_owned()).collect());
        for (text, expected) in [
            ("", vec![]),
            ("a$b$", vec![lit("a$b$")]),
            ("$${x}", vec![lit("${x}")]),
            ("/p/${int(1,500)}/x", vec![lit("/p/"), TextPart::Int { min: 1, max: 500 }, lit("/x")]),
            ("${uuid()}${ int( 2 , 2 ) }", vec![TextPart::Uuid, TextPart::Int { min: 2, max: 2 }]),
            ("${choice(a, 'b, c',\"}\")}", vec![one_of(&["a", "b, c", "}"])]),
            ("${choice(,)}", vec![one_of(&["", ""])]),
        ] {
            assert_eq!(parse(text).ok(), Some(expected), "{text}");
        }
        for text in [
            "${",
            "${int(1,2)",
            "${int}",
            "${int(5,1)}",
            "${int(1)}",
            "${int(-1,2)}",
            "${uuid(1)}",
            "${choice()}",
            "${x()}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
