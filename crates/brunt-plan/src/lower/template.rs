//! Texts with `${...}` in them: read, escaped for the place where they stand, named.

use super::expression::{Kind, Problem, example_of, function_names, parse};
use super::names::Names;
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::{Node, Span};
use brunt_workload::{Escape, FeedId, Pick, Source, Text, TextPart};

/// A text node with its parts; problems are reported.
pub(super) fn template(cx: &Cx<'_>, node: &Node) -> Option<Text> {
    let text = cx.text_of(node, "text")?;
    part_of(cx, node, text, 0)
}

/// As [`template`], for the part of the node's text that begins at `offset`.
pub(super) fn part_of(cx: &Cx<'_>, node: &Node, text: &str, offset: usize) -> Option<Text> {
    match parse(text, cx.names()) {
        Ok(parts) => Some(Text { parts }),
        Err(problems) => {
            for Problem { range, kind } in problems {
                let span = cx.within(node, range.start + offset..range.end + offset);
                cx.report(diagnostic(kind, &span, cx.names()));
            }
            None
        }
    }
}

/// How to write `${` when nothing else is meant.
const PLAIN: &str = "or `$${` for a plain `${`";

fn diagnostic(kind: Kind, span: &Span, names: &Names) -> Diagnostic {
    let columns = |feed: FeedId| names.columns(feed).iter().map(String::as_str);
    match kind {
        Kind::Unclosed => Diagnostic::error(span, "`${` is not closed")
            .label("no `}` follows")
            .help(format!("write e.g. `${{int(1,500)}}`, {PLAIN}")),
        Kind::Form => Diagnostic::error(span, "this is neither a value nor a function")
            .label("a name, or a function with its arguments in parentheses, belongs here")
            .help(format!("write e.g. `${{token}}` or `${{int(1,500)}}`, {PLAIN}")),
        Kind::UnknownFunction(name) => {
            Cx::unknown("function", &name, span, function_names()).label("nothing generates this")
        }
        Kind::UnknownName(name) => {
            let known = names.known();
            let d = Cx::unknown("value", &name, span, known.iter().map(String::as_str));
            let d = d.label("neither a variable, a secret, data, nor a saved value");
            if known.is_empty() {
                d.help(format!("`vars`, `secrets`, `data`, `save` and `set` give values names; {PLAIN}"))
            } else {
                d
            }
        }
        Kind::UnknownColumn(column, feed) => {
            Cx::unknown("column", &column, span, columns(feed)).label("the data does not have it")
        }
        Kind::Data(name, feed) => {
            let column = columns(feed).next().unwrap_or_default();
            Diagnostic::error(span, format!("`{name}` is data: which column of it?"))
                .label("a row is no text")
                .help(format!("write e.g. `${{{name}.{column}}}`"))
        }
        Kind::NoData(name) => Diagnostic::error(span, format!("`{name}` has no columns"))
            .label("only data has")
            .help(format!("write `${{{name}}}`; a part of an answer is saved by a JSON path")),
        Kind::NoCall(function) => Diagnostic::error(span, format!("`{function}` is a function"))
            .label("its parentheses are missing")
            .help(format!("write e.g. `{}`", example_of(function))),
        Kind::NotSaved(function, name) if names.get(&name).is_some() => {
            Diagnostic::error(span, format!("`{name}` is no saved value"))
                .label(format!("`{function}` takes the name of a saved value"))
        }
        Kind::NotSaved(function, name) => {
            let d = Cx::unknown("saved value", &name, span, names.saved());
            let d = d.label(format!("`{function}` takes the name of a saved value"));
            if names.saved().next().is_none() {
                d.help("no step of the plan saves a value: write e.g. `save: {ids: {json: \"$.items[*].id\", pick: all}}`")
            } else {
                d
            }
        }
        Kind::Arguments(name, why) => Diagnostic::error(span, format!("`{name}` {why}"))
            .help(format!("write e.g. `{}`", example_of(name))),
    }
}

/// The text as it must be written where it stands: what is literal at once, the rest when it is rendered.
pub(super) fn escaped(text: Text, escape: Escape) -> Text {
    let part = |part: TextPart| match part {
        TextPart::Literal(text) => TextPart::Literal(escape.of(&text)),
        TextPart::Dynamic { source, .. } => TextPart::Dynamic { source, escape },
    };
    Text { parts: text.parts.into_iter().map(part).collect() }
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

/// The text as a name: `{…}` for what is generated, `{name}` for what has one.
pub(super) fn name_of(cx: &Cx<'_>, text: &Text) -> String {
    let names = cx.names();
    let part = |part: &TextPart| match part {
        TextPart::Literal(text) => text.clone(),
        TextPart::Dynamic { source, .. } => match source {
            Source::Generated(_) | Source::Base64(_) => "{…}".to_owned(),
            Source::Saved { slot, pick: Pick::Count } => format!("{{count({})}}", names.slot_name(*slot)),
            Source::Saved { slot, pick: Pick::First | Pick::Last | Pick::Random | Pick::All } => {
                format!("{{{}}}", names.slot_name(*slot))
            }
            Source::Cell { feed, column } => format!("{{{}}}", names.cell_name(*feed, *column)),
            Source::Secret(secret) => format!("{{{}}}", names.secret_name(secret).unwrap_or("secret")),
        },
    };
    text.parts.iter().map(part).collect()
}
