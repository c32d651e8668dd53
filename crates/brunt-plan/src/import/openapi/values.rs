//! Values made up after schemas: examples where there are some, else generated ones.

use super::super::build::text_at;
use super::super::call::{identifier, plain};
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Span, Value};

/// How deep values nest: schemas may contain themselves.
const MAX_DEPTH: usize = 8;

/// The most steps from reference to reference: some go in circles.
const MAX_REFERENCES: usize = 32;

/// The most values of one body: schemas that name each other multiply.
const MAX_VALUES: usize = 2_000;

pub(super) struct Values<'n, 'p> {
    root: &'n Node,
    pub(super) problems: &'p mut Vec<Diagnostic>,
    made: usize,
    /// The schemas that are being made values of: one within itself is left out.
    open: Vec<Span>,
}

/// A scalar as text.
pub(super) fn plain_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null | Value::Seq(_) | Value::Map(_) => None,
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(value.to_string()),
        Value::Str(text) => Some(text.clone()),
    }
}

/// Whether the description says what the value is.
pub(super) fn has_example(parameter: &Node, values: &Values<'_, '_>) -> bool {
    let own = |node: &Node| ["example", "examples", "default"].iter().any(|key| node.entry(key).is_some());
    own(parameter) || parameter.entry("schema").is_some_and(|s| values.follow(&s.value).is_some_and(own))
}

/// What lists in a form become.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// Several values of one name.
    Stay,
    /// A JSON text.
    AsJson,
}

/// Maps in a form are JSON texts.
pub(super) fn flat(mut node: Node, lists: Lists) -> Node {
    if let Value::Map(entries) = &mut node.value {
        for entry in entries {
            let is_scalar = |item: &Node| !matches!(item.value, Value::Map(_) | Value::Seq(_) | Value::Null);
            let stays = match &entry.value.value {
                Value::Seq(items) => lists == Lists::Stay && items.iter().all(is_scalar),
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::Str(_)
                | Value::Map(_) => is_scalar(&entry.value),
            };
            if !stays {
                let span = entry.value.span.clone();
                entry.value = text_at(&span, json(&entry.value));
            }
        }
    }
    node
}

fn json(node: &Node) -> String {
    match &node.value {
        Value::Str(text) => serde_json::Value::from(text.as_str()).to_string(),
        Value::Seq(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let entry = |e: &Entry| format!("{}:{}", serde_json::Value::from(e.key.as_str()), json(&e.value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            plain_text(node).unwrap_or_else(|| "null".to_owned())
        }
    }
}

impl<'n, 'p> Values<'n, 'p> {
    pub(super) const fn new(root: &'n Node, problems: &'p mut Vec<Diagnostic>) -> Self {
        Self { root, problems, made: 0, open: Vec::new() }
    }

    /// What a `$ref` leads to, if it is in this file.
    fn follow<'s>(&self, node: &'s Node) -> Option<&'s Node>
    where
        'n: 's,
    {
        let mut node = node;
        for _ in 0..MAX_REFERENCES {
            let Some(reference) = node.entry("$ref").and_then(|e| e.value.as_str()) else {
                return Some(node);
            };
            let mut at = self.root;
            for part in reference.strip_prefix("#/")?.split('/') {
                let key = part.replace("~1", "/").replace("~0", "~");
                at = match &at.value {
                    Value::Seq(items) => items.get(key.parse::<usize>().ok()?)?,
                    Value::Null
                    | Value::Bool(_)
                    | Value::Int(_)
                    | Value::Float(_)
                    | Value::Str(_)
                    | Value::Map(_) => &at.entry(&key)?.value,
                };
            }
            node = at;
        }
        None
    }

    /// As [`Self::follow`], with a complaint about what leads nowhere.
    pub(super) fn resolved<'s>(&mut self, node: &'s Node) -> &'s Node
    where
        'n: 's,
    {
        if let Some(found) = self.follow(node) {
            return found;
        }
        let span = node.entry("$ref").map_or(node.span.clone(), |e| e.value.span.clone());
        let d = Diagnostic::error(&span, "this reference leads nowhere");
        self.problems.push(
            d.label("only references into this file are followed").help("bundle the files into one first"),
        );
        node
    }

    /// The value of a parameter, as a template.
    pub(super) fn parameter(&mut self, name: &str, parameter: &Node) -> String {
        let content = parameter.entry("content").and_then(|e| match &e.value.value {
            Value::Map(media) => media.first().map(|m| &m.value),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Seq(_) => None,
        });
        let holder = content.unwrap_or(parameter);
        if let Some(example) = self.example(holder) {
            return plain(&plain_text(&example).unwrap_or_else(|| json(&example)));
        }
        let Some(schema) = holder.entry("schema") else { return "${word()}".to_owned() };
        self.made = 0;
        let value = self.schema(name, &schema.value, 0);
        match &value.value {
            // Lists are comma-separated, as the styles `simple` and `form` have it.
            Value::Seq(items) => items.iter().filter_map(plain_text).collect::<Vec<_>>().join(","),
            Value::Map(_) => json(&value),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
                plain_text(&value).unwrap_or_default()
            }
        }
    }

    /// The value of a body's media type.
    pub(super) fn media(&mut self, media: &Node) -> Option<Node> {
        self.made = 0;
        if let Some(mut example) = self.example(media) {
            super::super::call::each_text(&mut example, &mut |text| *text = plain(text));
            return Some(example);
        }
        let schema = &media.entry("schema")?.value;
        Some(self.schema("value", schema, 0))
    }

    /// `example`, or the first of `examples`.
    fn example(&mut self, node: &Node) -> Option<Node> {
        if let Some(example) = node.entry("example") {
            return Some(example.value.clone());
        }
        match &node.entry("examples")?.value.value {
            Value::Map(entries) => {
                let first = self.resolved(&entries.first()?.value);
                first.entry("value").map(|e| e.value.clone())
            }
            Value::Seq(items) => items.first().cloned(),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => None,
        }
    }

    /// A value after `schema`, for something called `name`.
    fn schema(&mut self, name: &str, schema: &Node, depth: usize) -> Node {
        let span = schema.span.clone();
        let schema = self.resolved(schema);
        self.made += 1;
        if depth > MAX_DEPTH || self.made > MAX_VALUES || self.open.contains(&schema.span) {
            return Node { span, value: Value::Null };
        }
        self.open.push(schema.span.clone());
        let value = self.value(name, schema, depth);
        self.open.pop();
        Node { span, value: value.value }
    }

    fn value(&mut self, name: &str, schema: &Node, depth: usize) -> Node {
        let span = schema.span.clone();
        let kind = kind(schema);
        let properties = schema.entry("properties").is_some();
        for key in ["oneOf", "anyOf"] {
            if let Some(first) = schema.entry(key).and_then(|e| e.value.one_or_many().first())
                && !properties
            {
                return self.schema(name, first, depth + 1);
            }
        }
        if kind == Some("object") || properties || schema.entry("allOf").is_some() {
            if let Some(example) = literal(schema) {
                return example;
            }
            let mut entries = Vec::new();
            let other = self.properties(schema, depth, &mut entries);
            return other.filter(|_| entries.is_empty()).unwrap_or(Node { span, value: Value::Map(entries) });
        }
        if kind == Some("array") {
            return literal(schema).unwrap_or_else(|| self.list(name, schema, depth));
        }
        let value = leaf(name, schema, kind);
        Node { span, value }
    }

    /// The properties of a schema and of all that it is made of. A part that is no object is its value.
    fn properties(&mut self, schema: &Node, depth: usize, out: &mut Vec<Entry>) -> Option<Node> {
        let mut other = None;
        if depth > MAX_DEPTH {
            return None;
        }
        for part in schema.entry("allOf").map(|e| e.value.one_or_many()).unwrap_or_default() {
            let part = self.resolved(part);
            if part.entry("properties").is_some()
                || part.entry("allOf").is_some()
                || kind(part) == Some("object")
            {
                self.properties(part, depth + 1, out);
            } else if kind(part).is_some() {
                other = Some(self.schema("value", part, depth + 1));
            }
        }
        let Some(Value::Map(properties)) = schema.entry("properties").map(|e| &e.value.value) else {
            return other;
        };
        for property in properties {
            let target = self.resolved(&property.value);
            let flagged = |key: &str| target.entry(key).is_some_and(|e| e.value.value == Value::Bool(true));
            if flagged("readOnly") || out.iter().any(|e| e.key == property.key) {
                continue;
            }
            let value = self.schema(&property.key, &property.value, depth + 1);
            let required = schema.entry("required").is_some_and(|r| {
                r.value.one_or_many().iter().any(|n| n.as_str() == Some(property.key.as_str()))
            });
            // Where a schema contains itself, the inner one is left out.
            if value.value != Value::Null || required {
                out.push(Entry { key: property.key.clone(), key_span: property.key_span.clone(), value });
            }
        }
        other
    }

    fn list(&mut self, name: &str, schema: &Node, depth: usize) -> Node {
        let count = integer(schema, "minItems").unwrap_or(1).clamp(1, 3);
        let items = match schema.entry("items") {
            Some(item) => (0..count).map(|_| self.schema(name, &item.value, depth + 1)).collect::<Vec<_>>(),
            None => Vec::new(),
        };
        let items = items.into_iter().filter(|n| n.value != Value::Null).collect();
        Node { span: schema.span.clone(), value: Value::Seq(items) }
    }
}

/// The schema's type; in 3.1 it may be several, of which `null` is none.
fn kind(schema: &Node) -> Option<&str> {
    let types = schema.entry("type")?.value.one_or_many();
    types.iter().filter_map(Node::as_str).find(|t| *t != "null")
}

fn integer(schema: &Node, key: &str) -> Option<i64> {
    match schema.entry(key)?.value.value {
        Value::Int(value) => i64::try_from(value).ok(),
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        Value::Float(value) => Some(value as i64),
        Value::Null | Value::Bool(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => None,
    }
}

/// What the schema itself says the value is.
fn literal(schema: &Node) -> Option<Node> {
    let entry = ["const", "example", "default"].iter().find_map(|key| schema.entry(key));
    let found = entry.map(|e| &e.value).or_else(|| match &schema.entry("examples")?.value.value {
        Value::Seq(items) => items.first(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Map(_) => {
            None
        }
    });
    let mut node = found?.clone();
    super::super::call::each_text(&mut node, &mut |text| *text = plain(text));
    Some(node)
}

/// A scalar.
fn leaf(name: &str, schema: &Node, kind: Option<&str>) -> Value {
    if let Some(constant) = schema.entry("const").and(literal(schema)) {
        return constant.value;
    }
    if let Some(choices) = schema.entry("enum").map(|e| e.value.one_or_many()).filter(|c| !c.is_empty()) {
        return choice(choices);
    }
    let format = schema.entry("format").and_then(|e| e.value.as_str()).unwrap_or_default();
    let bounded = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
    let is_bounded = bounded.iter().any(|key| schema.entry(key).is_some());
    match kind {
        Some("boolean") => Value::Str("${bool()}".to_owned()),
        Some("integer") if !is_bounded => {
            literal(schema).map_or_else(|| Value::Str("${int(1,100)}".to_owned()), |n| n.value)
        }
        Some("integer") => {
            let above = |key: &str, inclusive: &str, by: i64| {
                integer(schema, inclusive).or_else(|| integer(schema, key).map(|v| v.saturating_add(by)))
            };
            let min = above("exclusiveMinimum", "minimum", 1);
            let max = above("exclusiveMaximum", "maximum", -1);
            let (min, max) = range(min, max, 100);
            Value::Str(format!("${{int({min},{max})}}"))
        }
        Some("number") => literal(schema).filter(|_| !is_bounded).map_or_else(
            || {
                let (min, max) = range(integer(schema, "minimum"), integer(schema, "maximum"), 100);
                Value::Str(format!("${{float({min},{max},2)}}"))
            },
            |n| n.value,
        ),
        Some("null") => Value::Null,
        _ => Value::Str(string(name, schema, format)),
    }
}

fn range(min: Option<i64>, max: Option<i64>, width: i64) -> (i64, i64) {
    let low = min.unwrap_or_else(|| max.map_or(1, |max| max.saturating_sub(width).max(1).min(max)));
    (low, max.unwrap_or_else(|| low.saturating_add(width)).max(low))
}

/// One of several, with the same chance. Numbers stay numbers, so only the first of them is used.
fn choice(choices: &[Node]) -> Value {
    let texts: Option<Vec<&str>> =
        choices.iter().filter(|c| c.value != Value::Null).map(Node::as_str).collect();
    let Some(texts) = texts.filter(|t| !t.is_empty()) else {
        return choices.first().map_or(Value::Null, |c| c.value.clone());
    };
    if let [only] = texts.as_slice() {
        return Value::Str(plain(only));
    }
    let quotable = |t: &&str| !t.contains(['\'', '"', '\n', '$']);
    let quoted = |t: &&str| {
        let bare = !t.is_empty()
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-. ".contains(&b))
            && t.trim() == *t;
        if bare { (*t).to_owned() } else { format!("'{t}'") }
    };
    let texts: Vec<String> = texts.iter().filter(|t| quotable(t)).map(quoted).take(1_000).collect();
    if texts.is_empty() {
        return choices.first().and_then(Node::as_str).map_or(Value::Null, |t| Value::Str(plain(t)));
    }
    Value::Str(format!("${{choice({})}}", texts.join(",")))
}

fn string(name: &str, schema: &Node, format: &str) -> String {
    let by_format = match format {
        "uuid" => "${uuid()}",
        "date" => "${date()}",
        "date-time" => "${now()}",
        "email" | "idn-email" => "${email()}",
        "ipv4" => "${ipv4()}",
        "uri" | "url" | "uri-reference" => "https://example.com/${word()}",
        "hostname" => "${word()}.example.com",
        "password" => "${chars(12)}",
        _ => "",
    };
    if !by_format.is_empty() {
        return by_format.to_owned();
    }
    if let Some(text) = literal(schema).as_ref().and_then(plain_text) {
        return text;
    }
    let bounds = (integer(schema, "minLength"), integer(schema, "maxLength"));
    if let (Some(_), _) | (_, Some(0..=12)) = bounds {
        let (min, max) = range(bounds.0, bounds.1, 8);
        let (min, max) = (min.clamp(0, 1_000), max.clamp(1, 1_000));
        return if min == max {
            format!("${{letters({max})}}")
        } else {
            format!("${{letters({},{max})}}", min.max(1))
        };
    }
    match identifier(name).as_str() {
        "email" | "mail" | "email_address" => "${email()}",
        "phone" | "phone_number" | "mobile" => "${phone()}",
        "first_name" | "given_name" => "${first_name()}",
        "last_name" | "family_name" | "surname" => "${last_name()}",
        "user_name" | "username" | "login" => "${user_name()}",
        "name" | "full_name" => "${name()}",
        "description" | "text" | "comment" | "note" | "title" | "message" => "${words(3,8)}",
        _ => "${word()}",
    }
    .to_owned()
}
