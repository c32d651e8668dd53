//! YAML 1.2 with the core schema, from the events of `saphyr-parser`.
//!
//! Aliases are followed by copying, with a bound on all copies together. Tags are refused but `!!str`; merge
//! keys (`<<`) are not part of YAML 1.2 and are keys like any other.

use super::{Keys, too_deep};
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, MAX_DEPTH, MAX_NODES, Node, Span, Value};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use std::collections::HashMap;

pub(super) fn read(text: &str) -> Result<Node, Vec<Diagnostic>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder {
        text,
        bytes: Bytes::of(body, text.len() - body.len()),
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        problems: Vec::new(),
        root: None,
    };
    let mut documents = 0;
    for event in Parser::new_from_str(body) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let at = builder.bytes.at(*error.marker());
                builder.problems.push(
                    Diagnostic::error(&(at..at + 1), format!("this is not YAML: {}", error.info()))
                        .help("check the indentation and the quotes of this line and the one before"),
                );
                break;
            }
        };
        let span = builder.bytes.at(span.start)..builder.bytes.at(span.end);
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                let message = "a plan is one YAML document, and here a second one begins";
                builder
                    .problems
                    .push(Diagnostic::error(&span, message).help("keep each plan in a file of its own"));
                break;
            }
        }
        if let Err(problem) = builder.event(event, span) {
            builder.problems.push(problem);
            break;
        }
    }
    let Builder { root, problems, .. } = builder;
    match root {
        Some(root) if problems.is_empty() => Ok(root),
        Some(_) | None if !problems.is_empty() => Err(problems),
        Some(_) | None => Err(vec![
            Diagnostic::error(&(0..0), "the plan is empty")
                .help("start with `target: https://...`, `actions:` and `scenarios:`"),
        ]),
    }
}

/// From the parser's positions, counted in characters, to bytes.
struct Bytes {
    /// The byte of every character; empty when all characters are one byte.
    starts: Vec<usize>,
    /// Bytes of a byte-order mark before the text.
    offset: usize,
    len: usize,
}

impl Bytes {
    fn of(text: &str, offset: usize) -> Self {
        let starts = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(i, _)| i).collect() };
        Self { starts, offset, len: text.len() }
    }

    fn at(&self, marker: Marker) -> usize {
        let byte = if self.starts.is_empty() {
            marker.index()
        } else {
            self.starts.get(marker.index()).copied().unwrap_or(self.len)
        };
        byte.min(self.len) + self.offset
    }
}

struct Builder<'a> {
    text: &'a str,
    bytes: Bytes,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    problems: Vec<Diagnostic>,
    root: Option<Node>,
}

/// A list or a map that is being read.
struct Open {
    start: usize,
    anchor: usize,
    content: Content,
}

enum Content {
    Seq(Vec<Node>),
    Map { entries: Vec<Entry>, keys: Keys, key: Option<(String, Span)> },
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Scalar(text, style, anchor, tag) => {
                let value = match tag.as_deref() {
                    None => scalar(&text, style),
                    Some(tag) if is_str(tag) => Value::Str(text.into_owned()),
                    Some(_) => return Err(no_tags(&span)),
                };
                self.finish(Node { span, value }, anchor)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(Diagnostic::error(&span, "this alias stands inside of what it names"));
                };
                let (nodes, depth) = node.extent();
                if self.open.len() + depth > MAX_DEPTH {
                    return Err(too_deep(&span));
                }
                let copy = node.clone();
                self.count(nodes, &span)?;
                self.finish(copy, 0)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(Content::Seq(Vec::new()), anchor, tag.as_deref(), &span)
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Map { entries: Vec::new(), keys: Keys::default(), key: None };
                self.begin(content, anchor, tag.as_deref(), &span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let value = match open.content {
                    Content::Seq(items) => Value::Seq(items),
                    Content::Map { entries, .. } => Value::Map(entries),
                };
                let end = span.end.max(open.start);
                self.finish(Node { span: open.start..end, value }, open.anchor)
            }
        }
    }

    fn begin(
        &mut self,
        content: Content,
        anchor: usize,
        tag: Option<&Tag>,
        span: &Span,
    ) -> Result<(), Diagnostic> {
        if tag.is_some() {
            return Err(no_tags(span));
        }
        if self.open.len() + 1 >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.open.push(Open { start: span.start, anchor, content });
        Ok(())
    }

    fn count(&mut self, nodes: usize, span: &Span) -> Result<(), Diagnostic> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        Err(Diagnostic::error(span, format!("the plan has more than {MAX_NODES} values"))
            .label("aliases count as often as they are used"))
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Diagnostic> {
        self.count(1, &node.span)?;
        if anchor > 0 {
            self.count(node.extent().0, &node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|o| &mut o.content) {
            None => self.root = Some(node),
            Some(Content::Seq(items)) => items.push(node),
            Some(Content::Map { entries, keys, key }) => match key.take() {
                None => *key = Some((key_text(&node)?, node.span)),
                Some((name, key_span)) => {
                    let entry = Entry { key: name, key_span, value: node };
                    if let Err(problem) = keys.add(entries, entry, self.text) {
                        self.problems.push(problem);
                    }
                }
            },
        }
        Ok(())
    }
}

fn key_text(node: &Node) -> Result<String, Diagnostic> {
    match &node.value {
        Value::Str(text) => Ok(text.clone()),
        Value::Int(value) => Ok(value.to_string()),
        Value::Float(value) => Ok(value.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null => Ok("null".to_owned()),
        Value::Seq(_) | Value::Map(_) => Err(Diagnostic::error(&node.span, "a key must be text")
            .help("put quotes around values that begin with `{` or `[`")),
    }
}

fn is_str(tag: &Tag) -> bool {
    tag.is_yaml_core_schema() && tag.suffix == "str"
}

fn no_tags(span: &Span) -> Diagnostic {
    Diagnostic::error(span, "YAML tags are not used in plans").help("remove the `!...` before the value")
}

/// The core schema (YAML 1.2.2, 10.3.2): only plain scalars are anything but text.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Str(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    number(text).unwrap_or_else(|| Value::Str(text.to_owned()))
}

fn number(text: &str) -> Option<Value> {
    let radix = |digits: &str, radix| i128::from_str_radix(digits, radix).ok().map(Value::Int);
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    // `inf`, `nan` and `infinity` parse as floats in Rust and are text in YAML.
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || digits == "." {
        return None;
    }
    if let Ok(value) = text.parse() {
        return Some(Value::Int(value));
    }
    text.parse().ok().map(Value::Float)
}
