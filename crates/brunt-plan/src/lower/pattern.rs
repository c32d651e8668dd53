//! JSON paths and regular expressions: read here, so that what is wrong with one is told with its place in the plan.

use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::Span;
use serde_json_path::JsonPath;

/// The longest path or expression: the load generator compiles it once, and it stands in tables.
const MAX_PATTERN: usize = 10_000;

/// A text that holds a pattern: all of it is at `span`.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) span: &'p Span,
    pub(super) text: &'p str,
}

/// Complains about what is no JSON path (RFC 9535).
pub(super) fn json_path(cx: &Cx<'_>, place: Place<'_>) -> Option<String> {
    if is_too_long(cx, place) {
        return None;
    }
    match JsonPath::parse(place.text) {
        Ok(_) => Some(place.text.to_owned()),
        Err(error) => {
            let at = error.position();
            let what = match error.message() {
                "parser error" => "this cannot be read".to_owned(),
                what => what.to_owned(),
            };
            let d = Diagnostic::error(&mark(cx, place, at..place.text.len()), "this is not a JSON path");
            let help = if place.text.starts_with('$') {
                "write e.g. `$.items[0].id` or `$..name`; names with other characters as `$['a name']`"
                    .to_owned()
            } else {
                format!("a JSON path begins with `$`: write `$.{}`", place.text)
            };
            cx.report(d.label(what).help(help));
            None
        }
    }
}

/// Complains about what is no regular expression.
pub(super) fn regex(cx: &Cx<'_>, place: Place<'_>) -> Option<String> {
    if is_too_long(cx, place) {
        return None;
    }
    let parsed = regex_syntax::ParserBuilder::new().utf8(false).build().parse(place.text);
    if let Err(error) = parsed {
        let (range, what) = match &error {
            regex_syntax::Error::Parse(e) => {
                (e.span().start.offset..e.span().end.offset, e.kind().to_string())
            }
            regex_syntax::Error::Translate(e) => {
                (e.span().start.offset..e.span().end.offset, e.kind().to_string())
            }
            other => (0..place.text.len(), other.to_string()),
        };
        let d = Diagnostic::error(&mark(cx, place, range), "this is not a regular expression");
        let d = d.label(what);
        let looks_ahead = ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| place.text.contains(look));
        cx.report(if looks_ahead {
            d.help("looking around is not supported: put what is sought into a group, and the rest around it")
        } else {
            d.help("the syntax is that of RE2; write signs that are meant as such with `\\` before: `\\(`")
        });
        return None;
    }
    // What parses may still be too large.
    if let Err(error) = regex::bytes::Regex::new(place.text) {
        let d = Diagnostic::error(
            &mark(cx, place, 0..place.text.len()),
            "this regular expression cannot be used",
        );
        cx.report(d.label(error.to_string().lines().last().unwrap_or_default()));
        return None;
    }
    Some(place.text.to_owned())
}

fn is_too_long(cx: &Cx<'_>, place: Place<'_>) -> bool {
    let wrong = if place.text.is_empty() {
        Some("this is empty")
    } else if place.text.len() > MAX_PATTERN {
        Some("this is longer than 10,000 characters")
    } else {
        None
    };
    wrong
        .inspect(|what| cx.report(Diagnostic::error(place.span, *what).label("nothing could be found by it")))
        .is_some()
}

fn mark(cx: &Cx<'_>, place: Place<'_>, range: Span) -> Span {
    let end = range.end.max(range.start + 1);
    cx.within_text(place.span, place.text, range.start..end)
}
