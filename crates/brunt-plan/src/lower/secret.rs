//! Secrets: texts that are sent and never shown.

use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::SECRET;
use crate::tree::{Entry, Node, Value};
use brunt_workload::{Draw, Escape, IterationIndex, Scope, Secret, Source, Text, TextPart};

/// The longest secret: keys and tokens are a few kilobytes at most, and it is copied into every request.
const MAX_SECRET: usize = 64 << 10;

/// A secret of the plan; what it is never stands in a message.
pub(super) fn secret(cx: &Cx<'_>, entry: &Entry) -> Option<Secret> {
    let node = &entry.value;
    let text = match &node.value {
        Value::Str(text) => text.clone(),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
            let d = Diagnostic::error(&node.span, "a secret is text");
            cx.report(d.help("put it between quotes, or better: write `{env: NAME}`"));
            return None;
        }
        Value::Map(_) => from_elsewhere(cx, node)?,
        Value::Null | Value::Seq(_) => {
            let d = Diagnostic::error(&node.span, format!("expected a secret, found {}", node.found()));
            cx.report(d.help("write e.g. `{env: API_KEY}`, `{file: key.txt}` or a text"));
            return None;
        }
    };
    let wrong = match text.as_str() {
        "" => Some(("is empty", "nothing would be sent")),
        _ if text.len() > MAX_SECRET => Some(("is longer than 64 KiB", "is this the right file?")),
        _ if text.chars().any(char::is_control) => {
            Some(("is more than one line", "or has control characters in it"))
        }
        _ => None,
    };
    if let Some((what, label)) = wrong {
        cx.report(Diagnostic::error(&node.span, format!("the secret `{}` {what}", entry.key)).label(label));
        return None;
    }
    Some(Secret::new(text))
}

fn from_elsewhere(cx: &Cx<'_>, node: &Node) -> Option<String> {
    let fields = Fields::of(cx, node, &SECRET)?;
    let default = fields.text("default");
    if fields.has("env") && fields.has("file") {
        let d = Diagnostic::error(&fields.key_span("file"), "a secret comes from one place");
        cx.report(d.label("`env` says another").help("keep one of them"));
        return None;
    }
    if fields.has("file") {
        if fields.has("default") {
            let d = Diagnostic::error(&fields.key_span("default"), "`default` needs `env`");
            cx.report(d.label("a file is there or it is not").help("remove it"));
        }
        let node = fields.get("file")?;
        let content = cx.file(node)?;
        let Ok(text) = std::str::from_utf8(&content) else {
            cx.report(Diagnostic::error(&node.span, "this file is not UTF-8 text").label("a secret is text"));
            return None;
        };
        return Some(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    if !fields.has("env") {
        fields.missing("env");
        return None;
    }
    let name = fields.text("env")?;
    let value = cx.env(name).or_else(|| default.map(str::to_owned));
    if value.is_none() {
        let span = fields.get("env").map(|n| n.span.clone()).unwrap_or_default();
        let d = Diagnostic::error(&span, format!("the environment variable `{name}` is not set"));
        let help = format!("set it: `{name}=... brunt run ...`; or give a `default` beside `env`");
        cx.report(d.label("the secret comes from it").help(help));
    }
    value
}

/// The text with all that is literal in it as secrets: what stands in a plan's `auth` is never shown.
pub(super) fn hidden(text: Text) -> Text {
    if is_fixed(&text) {
        return of_source(folded(&text));
    }
    let part = |part: TextPart| match part {
        TextPart::Literal(text) => {
            TextPart::Dynamic { source: Source::Secret(Secret::new(text)), escape: Escape::None }
        }
        TextPart::Dynamic { .. } => part,
    };
    Text { parts: text.parts.into_iter().map(part).collect() }
}

/// The text in base64, hidden.
pub(super) fn hidden_base64(text: Text) -> Text {
    let fixed = is_fixed(&text);
    let encoded = of_source(Source::Base64(hidden(text)));
    if fixed { of_source(folded(&encoded)) } else { encoded }
}

/// Whether a text is the same every time.
pub(super) fn is_fixed(text: &Text) -> bool {
    text.parts.iter().all(|part| match part {
        TextPart::Literal(_) | TextPart::Dynamic { source: Source::Secret(_), .. } => true,
        TextPart::Dynamic {
            source: Source::Generated(_) | Source::Saved { .. } | Source::Cell { .. } | Source::Base64(_),
            ..
        } => false,
    })
}

/// A text that is the same every time, as one secret.
fn folded(text: &Text) -> Source {
    let mut out = Vec::new();
    let mut draw = Draw::new(0, brunt_metrics::ScenarioId(0), IterationIndex(0));
    // Only texts of literals and secrets are folded: nothing can be missing.
    let _ = text.render(&mut draw, &Scope::NONE, &mut out);
    Source::Secret(Secret::new(String::from_utf8(out).unwrap_or_default()))
}

fn of_source(source: Source) -> Text {
    Text { parts: vec![TextPart::Dynamic { source, escape: Escape::None }] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent, and that nothing of it is shown.
    #[test]
    fn what_is_hidden_is_still_sent() {
        for (text, expected) in [
            (hidden(Text::literal("s3")), "s3"),
            (hidden_base64(Text::literal("user:pass")), "dXNlcjpwYXNz"),
            (
                hidden(Text {
                    parts: vec![
                        TextPart::Literal("s3".into()),
                        of_source(Source::Secret(Secret::new("x"))).parts[0].clone(),
                    ],
                }),
                "s3x",
            ),
        ] {
            let Source::Secret(sent) = folded(&text) else { panic!("no secret") };
            assert_eq!(sent.expose(), expected);
            let shown = format!("{text:?}");
            assert!(!shown.contains("s3") && !shown.contains("dXN") && text.parts.len() == 1, "{shown}");
        }
    }
}
