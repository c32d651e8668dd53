//! The body of a response, in one of the media types that it offers.

use serde_json::Value;

use super::{
    super::config::Body,
    document::{Document, Place},
    schema,
};

/// The size of a body that is not text, in bytes.
const BINARY_BYTES: u64 = 1024;

/// The media type and body to answer with, if the response has any.
pub(super) fn body<'a>(document: &mut Document<'a>, response: &Place<'a>) -> Option<(String, Body)> {
    let offered = response.get("content")?.children();
    let is_json_at = offered.iter().position(|(name, _)| is_json(name));
    let (name, media) = offered.into_iter().nth(is_json_at.unwrap_or(0))?;
    let media = document.resolve(&media)?;
    let content_type = if name.contains('*') { "application/json".to_owned() } else { name };
    let value = match written(document, &media) {
        Some(value) => value,
        None => match media.get("schema").or_else(|| media.get("itemSchema")) {
            Some(schema) if is_binary(document, &schema, &content_type) => {
                return Some((content_type, Body::Bytes(BINARY_BYTES)));
            }
            Some(schema) => schema::instance(document, &schema),
            None if is_json(&content_type) => Value::Object(serde_json::Map::new()),
            None if is_text(&content_type) => Value::from(""),
            None => return Some((content_type, Body::Bytes(BINARY_BYTES))),
        },
    };
    let text = if is_json(&content_type) {
        value.to_string()
    } else if essence(&content_type).ends_with("xml") && !value.is_string() {
        xml("root", &value)
    } else {
        plain(&value)
    };
    Some((content_type, Body::Verbatim(text)))
}

/// The example that stands beside a schema.
pub(super) fn written<'a>(document: &mut Document<'a>, media: &Place<'a>) -> Option<Value> {
    if let Some(example) = media.value.get("example") {
        return Some(example.clone());
    }
    let (_, first) = media.get("examples")?.children().into_iter().next()?;
    let example = document.resolve(&first)?;
    // 3.2 calls the value as it is, before any encoding, `dataValue`.
    example.value.get("value").or_else(|| example.value.get("dataValue")).cloned()
}

/// A value in a header or a plain text.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// The media type without its parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(content_type: &str) -> bool {
    let essence = essence(content_type);
    essence == "*/*"
        || essence == "application/*"
        || essence == "application/json"
        || essence.ends_with("+json")
}

fn is_text(content_type: &str) -> bool {
    let essence = essence(content_type);
    essence.starts_with("text/") || essence.ends_with("xml") || essence.ends_with("yaml")
}

/// Whether the body is bytes: by its format (3.0), or because it is a text in a type that is none (3.1).
fn is_binary<'a>(document: &mut Document<'a>, schema: &Place<'a>, content_type: &str) -> bool {
    let Some(schema) = document.resolve(schema) else {
        return false;
    };
    let is_string = schema.text("type") == Some("string");
    schema.text("format") == Some("binary") || is_string && !is_text(content_type) && !is_json(content_type)
}

/// The value as elements, a list as elements of one name.
fn xml(name: &str, value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let inner: String = map.iter().map(|(name, value)| xml(name, value)).collect();
            format!("<{name}>{inner}</{name}>")
        }
        Value::Array(items) => items.iter().map(|item| xml(name, item)).collect(),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            let text = plain(scalar).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            format!("<{name}>{text}</{name}>")
        }
    }
}
