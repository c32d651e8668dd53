//! The language printed for editors (JSON Schema 2020-12) and for people (Markdown).
//!
//! Both follow [`PLAN`](crate::PLAN). The schema says what each field may look like; what fields mean together
//! is said by [`lower`](crate::lower) alone.

use crate::fields::{Field, Object, PLAN, Type};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

const DURATION: &str = r"^\s*([0-9.]+\s*(ns|us|µs|ms|s|m|h|d)\s*)+$";
const DURATION_RANGE: &str =
    r"^\s*([0-9.]+\s*(ns|us|µs|ms|s|m|h|d)\s*)+(\.\.\s*([0-9.]+\s*(ns|us|µs|ms|s|m|h|d)\s*)+)?$";
const RATE: &str = r"^\s*[0-9.]+\s*/\s*([0-9.]+\s*)?(ns|us|µs|ms|s|m|h|d)\s*$";

/// The JSON Schema of plans, draft 2020-12.
pub fn json_schema() -> Value {
    let mut objects = BTreeMap::new();
    collect(&PLAN, &mut objects);
    let definitions: Map<String, Value> =
        objects.iter().map(|(name, object)| ((*name).to_owned(), object_schema(object))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "brunt plan",
        "$ref": "#/$defs/plan",
        "$defs": definitions,
    })
}

fn collect(object: &'static Object, into: &mut BTreeMap<&'static str, &'static Object>) {
    if into.insert(object.name, object).is_none() {
        object.fields.iter().for_each(|f| objects_of(&f.ty, &mut |o| collect(o, into)));
    }
}

fn objects_of(ty: &'static Type, visit: &mut dyn FnMut(&'static Object)) {
    match ty {
        Type::Object(object) => visit(object),
        Type::List(inner) | Type::Map(inner) => objects_of(inner, visit),
        Type::OneOf(types) => types.iter().for_each(|t| objects_of(t, visit)),
        Type::Text
        | Type::Template
        | Type::Word(_)
        | Type::Path
        | Type::Bool
        | Type::Int { .. }
        | Type::Number
        | Type::Duration
        | Type::DurationRange
        | Type::Rate
        | Type::SizeRange
        | Type::Any => {}
    }
}

fn object_schema(object: &Object) -> Value {
    let properties: Map<String, Value> =
        object.fields.iter().map(|f| (f.name.to_owned(), field_schema(f))).collect();
    json!({
        "type": "object",
        "description": object.doc,
        "additionalProperties": false,
        "properties": properties,
    })
}

fn field_schema(field: &Field) -> Value {
    let mut schema = type_schema(&field.ty);
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), format!("{} Example: `{}`", field.doc, field.example).into());
    }
    schema
}

fn type_schema(ty: &Type) -> Value {
    match ty {
        Type::Text | Type::Template | Type::Path => json!({ "type": "string" }),
        Type::Word(words) => json!({ "enum": words }),
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Type::Number => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Type::Duration => json!({ "type": "string", "pattern": DURATION }),
        Type::DurationRange => json!({ "type": "string", "pattern": DURATION_RANGE }),
        Type::Rate => json!({ "type": "string", "pattern": RATE }),
        Type::SizeRange => json!({ "type": "string" }),
        Type::Object(object) => json!({ "$ref": format!("#/$defs/{}", object.name) }),
        Type::List(inner) => json!({ "type": "array", "items": type_schema(inner) }),
        Type::Map(inner) => json!({ "type": "object", "additionalProperties": type_schema(inner) }),
        Type::OneOf(types) => json!({ "anyOf": types.iter().map(type_schema).collect::<Vec<_>>() }),
        Type::Any => json!({}),
    }
}

/// The reference page of the plan language, in Markdown.
pub fn reference_markdown() -> String {
    let mut out = String::from(INTRODUCTION);
    let mut order = vec![&PLAN];
    let mut at = 0;
    while let Some(object) = order.get(at).copied() {
        for field in object.fields {
            objects_of(&field.ty, &mut |o| {
                if !order.iter().any(|known| known.name == o.name) {
                    order.push(o);
                }
            });
        }
        at += 1;
    }
    out.push_str(VALUES);
    for (example, doc) in crate::lower::functions() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| `{example}` | {} |", doc.replace('|', "\\|"));
    }
    for object in order {
        let _ = writeln!(out, "\n## `{}`\n\n{}\n", object.name, object.doc);
        out.push_str("| Field | Takes | What it does | Example |\n|---|---|---|---|\n");
        for f in object.fields {
            let row = [format!("`{}`", f.name), words(&f.ty), f.doc.to_owned(), format!("`{}`", f.example)];
            let _ = writeln!(out, "| {} |", row.map(|cell| cell.replace('|', "\\|")).join(" | "));
        }
    }
    out
}

const INTRODUCTION: &str = "\
# The plan language

<!-- Written by `cargo run -p brunt-plan --example reference`; a test compares. -->

A plan is one file in YAML, JSON or TOML: the same fields in each. `brunt check plan.yaml` reports every problem of
it at once, and `brunt schema` prints a JSON Schema for editors.

| Quantity | Written as |
|---|---|
| duration | `500ms`, `2s`, `1m30s`, `1.5h`: units `ns`, `us`, `ms`, `s`, `m`, `h`, `d`; at most 10 days |
| rate | `500/s`, `30/m`, `1/250ms`, `1.5/s`; at most 10,000,000/s |
| size | `200B`, `16KB` (16,000), `1MiB` (1,048,576) |
";

const VALUES: &str = "
## Values in texts

Where a field takes a template, `${...}` stands for a value, drawn or looked up each time that the text is sent; `$${` is a
plain `${`. A value is encoded for its place: in a path as one segment (at its very beginning as a path), in a query, a form
and a JSON text as their rules say. In `json`, a text that is nothing but one `${...}` becomes the value itself: numbers stay
numbers, lists lists; cells of CSV files are texts. What is used before anything has saved it makes the request an error.

| Written | Stands for |
|---|---|
| `${tier}` | a variable of `vars`, anywhere in the plan |
| `${env.NAME}`, `${env.NAME:-default}` | a variable of the environment, anywhere in the plan |
| `${key}` | a secret of `secrets` |
| `${people.email}` | a column of `data` |
| `${token}` | what `save` or `set` has kept; of a list the first |
";

fn words(ty: &Type) -> String {
    match ty {
        Type::Text => "text".to_owned(),
        Type::Template => "text, generated parts allowed".to_owned(),
        Type::Word(words) => words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "),
        Type::Path => "path, from the plan's folder".to_owned(),
        Type::Bool => "`true` or `false`".to_owned(),
        Type::Int { min, max } if *max == u64::MAX => format!("whole number from {min}"),
        Type::Int { min, max } => format!("whole number, {min} to {max}"),
        Type::Number => "number".to_owned(),
        Type::Duration => "duration".to_owned(),
        Type::DurationRange => "duration, or two as `1s..3s`".to_owned(),
        Type::Rate => "rate".to_owned(),
        Type::SizeRange => "size, or two as `1KB..2KB`".to_owned(),
        Type::Object(object) => format!("[{0}](#{0})", object.name),
        Type::List(inner) => format!("list of: {}", words(inner)),
        Type::Map(inner) => format!("map by name of: {}", words(inner)),
        Type::OneOf(types) => types.iter().map(words).collect::<Vec<_>>().join("; or "),
        Type::Any => "any value".to_owned(),
    }
}
