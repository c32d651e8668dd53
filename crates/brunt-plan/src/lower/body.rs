//! Bodies: raw, JSON, form, multipart and file, each rendered to bytes, or to a text with generated parts.

use super::request::{pairs, plain};
use super::template::{concat, escaped, template};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::PART;
use crate::tree::{Entry, Node, Value};
use brunt_workload::{Body, Draw, Escape, Generator, IterationIndex, Source, Text, TextPart};
use std::path::Path;
use std::sync::Arc;

/// The fields that give a body; a request has one of them at most.
const KINDS: [&str; 5] = ["body", "json", "form", "multipart", "body_file"];

pub(super) struct RenderedBody {
    pub(super) body: Body,
    /// The header's value, unless the request gives its own.
    pub(super) content_type: Option<String>,
}

/// `None` when something about it was complained about.
pub(super) fn body(step: &Fields<'_, '_>, seed: u64) -> Option<RenderedBody> {
    let cx = step.cx;
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| step.has(kind)).collect();
    if let [first, others @ ..] = given.as_slice() {
        for other in others {
            let message = format!("{} cannot be combined with {}", cx.name(other), cx.name(first));
            cx.report(Diagnostic::error(&step.key_span(other), message).label("a request has one body"));
        }
    }
    let Some(kind) = given.first() else {
        return Some(RenderedBody { body: Body::None, content_type: None });
    };
    let node = step.get(kind)?;
    let (body, content_type) = match *kind {
        "body" => (of_text(template(cx, node)?), None),
        "json" => {
            let mut texts = Vec::new();
            json(cx, node, &mut texts)?;
            (of_text(concat(texts)), Some("application/json".to_owned()))
        }
        "form" => {
            let form = pairs(cx, node, "form fields", Escape::Form)?;
            (of_text(form), Some("application/x-www-form-urlencoded".to_owned()))
        }
        "multipart" => {
            let (body, boundary) = multipart(cx, node, seed)?;
            (body, Some(format!("multipart/form-data; boundary={boundary}")))
        }
        _ => (Body::Bytes(cx.file(node)?), None),
    };
    Some(RenderedBody { body, content_type })
}

fn of_text(text: Text) -> Body {
    match text.as_literal() {
        Some(literal) => Body::Bytes(Arc::from(literal.as_bytes())),
        None => Body::Text(text),
    }
}

/// A value's JSON as one text.
pub(super) fn json_text(cx: &Cx<'_>, node: &Node) -> Option<Text> {
    let mut texts = Vec::new();
    json(cx, node, &mut texts)?;
    Some(concat(texts))
}

/// Appends a value's JSON.
fn json(cx: &Cx<'_>, node: &Node, out: &mut Vec<Text>) -> Option<()> {
    let mut literal = |text: &str| out.push(Text::literal(text));
    match &node.value {
        Value::Null => literal("null"),
        Value::Bool(value) => literal(if *value { "true" } else { "false" }),
        Value::Int(value) => literal(&value.to_string()),
        Value::Float(value) => {
            let Some(number) = serde_json::Number::from_f64(*value) else {
                let d = Diagnostic::error(&node.span, "JSON has no such number");
                cx.report(d.label("neither NaN nor infinity"));
                return None;
            };
            literal(&number.to_string());
        }
        Value::Str(_) => {
            let text = template(cx, node)?;
            if matches!(text.parts.as_slice(), [TextPart::Dynamic { .. }]) {
                out.push(escaped(text, Escape::JsonValue));
            } else {
                out.push(concat([
                    Text::literal("\""),
                    escaped(text, Escape::JsonString),
                    Text::literal("\""),
                ]));
            }
        }
        Value::Seq(items) => {
            literal("[");
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(Text::literal(","));
                }
                json(cx, item, out)?;
            }
            out.push(Text::literal("]"));
        }
        Value::Map(entries) => {
            literal("{");
            for (i, entry) in entries.iter().enumerate() {
                if entry.key.contains("${") {
                    let d = Diagnostic::warning(&entry.key_span, "keys of JSON are sent as they are");
                    cx.report(
                        d.label("`${...}` is not replaced here")
                            .help("write the body as text: `body: '{...}'`"),
                    );
                }
                let comma = if i > 0 { "," } else { "" };
                out.push(Text::literal(format!("{comma}\"{}\":", Escape::JsonString.of(&entry.key))));
                json(cx, &entry.value, out)?;
            }
            out.push(Text::literal("}"));
        }
    }
    Some(())
}

/// A part's header block and content.
struct Part {
    head: String,
    content: Content,
}

enum Content {
    Text(Text),
    File(Arc<[u8]>),
}

/// RFC 7578: the body and its boundary.
fn multipart(cx: &Cx<'_>, node: &Node, seed: u64) -> Option<(Body, String)> {
    let entries = cx.map_of(node, "form fields")?;
    let parts: Vec<Option<Part>> = entries.iter().map(|e| part(cx, e)).collect();
    let parts: Vec<Part> = parts.into_iter().collect::<Option<_>>()?;
    let boundary = boundary(&parts, seed);
    let heads = |part: &Part| format!("--{boundary}\r\n{}\r\n\r\n", part.head);
    let end = format!("--{boundary}--\r\n");
    let generated = |p: &Part| matches!(&p.content, Content::Text(text) if text.as_literal().is_none());
    if !parts.iter().any(generated) {
        let mut bytes = Vec::new();
        for part in &parts {
            bytes.extend_from_slice(heads(part).as_bytes());
            match &part.content {
                Content::Text(text) => {
                    bytes.extend_from_slice(text.as_literal().unwrap_or_default().as_bytes());
                }
                Content::File(content) => bytes.extend_from_slice(content),
            }
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(end.as_bytes());
        return Some((Body::Bytes(Arc::from(bytes)), boundary));
    }
    let mut texts = Vec::new();
    for (part, entry) in parts.iter().zip(entries) {
        texts.push(Text::literal(heads(part)));
        match &part.content {
            Content::Text(text) => texts.push(text.clone()),
            Content::File(content) => {
                let Ok(content) = std::str::from_utf8(content) else {
                    let d = Diagnostic::error(
                        &entry.key_span,
                        "a binary file cannot stand beside generated parts",
                    );
                    let d = d.label("this file is not UTF-8 text");
                    cx.report(
                        d.help("write the other fields without `${...}`, or send the file as `body_file`"),
                    );
                    return None;
                };
                texts.push(Text::literal(content));
            }
        }
        texts.push(Text::literal("\r\n"));
    }
    texts.push(Text::literal(end));
    Some((of_text(concat(texts)), boundary))
}

fn part(cx: &Cx<'_>, entry: &Entry) -> Option<Part> {
    let name = quoted(&entry.key);
    if !matches!(entry.value.value, Value::Map(_)) {
        let content = Content::Text(plain(cx, &entry.value)?);
        return Some(Part { head: format!("Content-Disposition: form-data; name=\"{name}\""), content });
    }
    let fields = Fields::of(cx, &entry.value, &PART)?;
    if !fields.has("file") {
        fields.missing("file");
    }
    let own = fields
        .text("file")
        .and_then(|path| Path::new(path).file_name())
        .map(|n| n.to_string_lossy().into_owned());
    let filename = quoted(fields.text("filename").unwrap_or(own.as_deref().unwrap_or("file")));
    let content_type = fields.text("content_type").unwrap_or("application/octet-stream");
    if content_type.chars().any(char::is_control) {
        let span = fields.get("content_type").map(|n| n.span.clone()).unwrap_or_default();
        cx.report(
            Diagnostic::error(&span, "a media type is one line")
                .help("write e.g. `content_type: image/jpeg`"),
        );
    }
    let content = Content::File(fields.file("file")?);
    let disposition = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"");
    Some(Part { head: format!("{disposition}\r\nContent-Type: {content_type}"), content })
}

/// As browsers write names in multipart bodies (HTML, 4.10.21.8).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// A line that no part contains, the same for the same seed and parts.
fn boundary(parts: &[Part], seed: u64) -> String {
    let size: usize = parts.iter().map(|p| p.head.len()).sum();
    let mut draw = Draw::new(seed, brunt_metrics::ScenarioId(0), IterationIndex(size as u64));
    loop {
        let boundary = format!("brunt-{:016x}", draw.bits());
        let contains = |bytes: &[u8]| bytes.windows(boundary.len()).any(|w| w == boundary.as_bytes());
        let clash = parts.iter().any(|part| match &part.content {
            Content::File(content) => contains(content),
            Content::Text(text) => text.parts.iter().any(|p| match p {
                TextPart::Literal(text) => contains(text.as_bytes()),
                TextPart::Dynamic { source: Source::Generated(Generator::OneOf(texts)), .. } => {
                    texts.iter().any(|t| contains(t.as_bytes()))
                }
                TextPart::Dynamic { .. } => false,
            }),
        });
        if !clash {
            return boundary;
        }
    }
}
