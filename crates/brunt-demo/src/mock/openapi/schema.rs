//! A value that fits a schema, as far as a schema can be followed without solving it.
//!
//! What the author wrote comes first: `example`, `examples`, `const`, `default`, the first of `enum`. Else the value is
//! made: all properties but the write-only ones, one item per list (or `minItems`), `allOf` merged with the first of
//! `oneOf` and of `anyOf`, numbers within their limits, texts by their `format` and length. A schema that contains itself
//! is cut where it begins again: the property is left out, the list is empty. `pattern`, `not`, `uniqueItems` and
//! conditions are not looked at.

use serde_json::{Map, Number, Value, json};

use super::document::{Document, Place};

/// The most values of one instance: schemas that use each other a few times over would grow beyond any bound.
const MOST_VALUES: usize = 10_000;

/// The most items of one list.
const MOST_ITEMS: usize = 100;

/// The longest text that `minLength` can demand.
const LONGEST_TEXT: usize = 10_000;

/// A value for `schema`; null if it allows everything or nothing.
pub(super) fn instance<'a>(document: &mut Document<'a>, schema: &Place<'a>) -> Value {
    let mut maker = Maker { document, open: Vec::new(), left: MOST_VALUES };
    maker.value(schema).unwrap_or_default()
}

struct Maker<'d, 'a> {
    document: &'d mut Document<'a>,
    /// The references that are being followed.
    open: Vec<String>,
    left: usize,
}

impl<'a> Maker<'_, 'a> {
    /// Nothing if the schema says nothing, begins again within itself, or the instance is large enough.
    fn value(&mut self, schema: &Place<'a>) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        match schema.value {
            Value::Bool(_) => return None,
            Value::Object(_) => {}
            other @ (Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                self.document
                    .problem(&schema.at, format!("a schema is an object, and this is {}", kind(other)));
                return None;
            }
        }
        if let Some(value) = written(schema.value) {
            return Some(value);
        }
        if schema.value.get("$ref").is_some() {
            let target = self.document.target(schema)?;
            if self.open.contains(&target.at) {
                return None;
            }
            self.open.push(target.at.clone());
            let value = self.value(&target);
            self.open.pop();
            return value;
        }
        self.composed(schema)
    }

    /// What the schema itself says, with the parts it is composed of.
    fn composed(&mut self, schema: &Place<'a>) -> Option<Value> {
        let mut parts = vec![self.own(schema)];
        for part in schema.get("allOf").iter().flat_map(Place::children) {
            parts.push(self.value(&part.1));
        }
        for key in ["oneOf", "anyOf"] {
            let options = schema.get(key).map(|options| options.children()).unwrap_or_default();
            parts.push(
                options.into_iter().find_map(|(_, option)| self.value(&option).filter(|v| !v.is_null())),
            );
        }
        parts.into_iter().flatten().reduce(merged)
    }

    fn own(&mut self, schema: &Place<'a>) -> Option<Value> {
        Some(match type_of(schema.value)? {
            "object" => self.object(schema),
            "array" => self.list(schema),
            "string" => Value::from(text(schema.value)),
            "integer" => integer(schema.value),
            "number" => number(schema.value),
            "boolean" => Value::Bool(true),
            "null" => Value::Null,
            other => {
                self.document.problem(
                    &schema.at,
                    format!(
                        "`type` is `{other}`; write object, array, string, integer, number, boolean or null"
                    ),
                );
                return None;
            }
        })
    }

    fn object(&mut self, schema: &Place<'a>) -> Value {
        let mut map = Map::new();
        for (name, property) in schema.get("properties").iter().flat_map(Place::children) {
            if property.value.get("writeOnly") != Some(&Value::Bool(true))
                && let Some(value) = self.value(&property)
            {
                map.insert(name, value);
            }
        }
        if map.is_empty()
            && let Some(more) = schema.get("additionalProperties").filter(|more| more.value.is_object())
            && let Some(value) = self.value(&more)
        {
            map.insert("key".to_owned(), value);
        }
        Value::Object(map)
    }

    fn list(&mut self, schema: &Place<'a>) -> Value {
        let size = |key| schema.value.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let mut list: Vec<Value> = Vec::new();
        for (_, item) in schema.get("prefixItems").iter().flat_map(Place::children) {
            list.push(self.value(&item).unwrap_or_default());
        }
        let wanted =
            size("minItems").unwrap_or(0).max(1).min(size("maxItems").unwrap_or(MOST_ITEMS)).min(MOST_ITEMS);
        if let Some(items) = schema.get("items") {
            while list.len() < wanted
                && let Some(item) = self.value(&items)
            {
                list.push(item);
            }
        }
        Value::Array(list)
    }
}

/// The value that the author wrote.
fn written(schema: &Value) -> Option<Value> {
    let first = |key: &str| schema.get(key)?.as_array()?.first();
    let value = schema.get("example").or_else(|| first("examples")).or_else(|| schema.get("const"));
    value.or_else(|| schema.get("default")).or_else(|| first("enum")).cloned()
}

/// Objects are merged, of anything else the first stays.
fn merged(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut first), Value::Object(second)) => {
            first.extend(second);
            Value::Object(first)
        }
        (first, _) => first,
    }
}

/// The type that is meant, also where it is not said.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => return Some(name),
        Some(Value::Array(names)) => {
            let mut names = names.iter().filter_map(Value::as_str);
            let first = names.next()?;
            return if first == "null" { names.next().or(Some(first)) } else { Some(first) };
        }
        Some(_) | None => {}
    }
    let has = |keys: &[&str]| keys.iter().any(|key| schema.get(key).is_some());
    if has(&["properties", "additionalProperties"]) {
        Some("object")
    } else if has(&["items", "prefixItems"]) {
        Some("array")
    } else if has(&["format", "minLength", "maxLength", "pattern"]) {
        Some("string")
    } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
        Some("number")
    } else {
        None
    }
}

/// A limit and whether it is itself left out: `exclusiveMinimum` is a number in OpenAPI 3.1 and a flag in 3.0.
fn limit(schema: &Value, inclusive: &str, exclusive: &str) -> (Option<f64>, bool) {
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    match number(exclusive) {
        Some(limit) => (Some(limit), true),
        None => (number(inclusive), schema.get(exclusive) == Some(&Value::Bool(true))),
    }
}

/// A number within the limits that is near to `usual`, at least `step` off a limit that is excluded.
fn within(schema: &Value, usual: f64, step: f64) -> f64 {
    let (low, low_out) = limit(schema, "minimum", "exclusiveMinimum");
    let (high, high_out) = limit(schema, "maximum", "exclusiveMaximum");
    let low = low.map(|low| if low_out { low + step } else { low });
    let high = high.map(|high| if high_out { high - step } else { high });
    let value = match (low, high) {
        (Some(low), Some(high)) if low > high => f64::midpoint(low, high),
        (low, high) => usual.min(high.unwrap_or(f64::MAX)).max(low.unwrap_or(f64::MIN)),
    };
    match schema.get("multipleOf").and_then(Value::as_f64) {
        Some(unit) if unit > 0.0 => {
            let above = (value / unit).ceil() * unit;
            if high.is_some_and(|high| above > high) { (value / unit).floor() * unit } else { above }
        }
        Some(_) | None => value,
    }
}

fn integer(schema: &Value) -> Value {
    let value = within(schema, 1.0, 1.0);
    // Truncation towards the inside of the limits is all that a fraction here can need.
    let whole = if value < 0.0 { value.floor() } else { value.ceil() };
    format!("{whole:.0}").parse::<i64>().map_or_else(|_| number_value(whole), Value::from)
}

fn number(schema: &Value) -> Value {
    number_value(within(schema, 1.5, 0.5))
}

fn number_value(value: f64) -> Value {
    Number::from_f64(value).map_or(json!(0), Value::Number)
}

fn text(schema: &Value) -> String {
    let by_format = match schema.get("format").and_then(Value::as_str).unwrap_or_default() {
        "date-time" => "2024-01-15T09:30:00Z",
        "date" => "2024-01-15",
        "time" => "09:30:00Z",
        "duration" => "PT5M",
        "uuid" => "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "email" | "idn-email" => "user@example.com",
        "uri" | "url" | "iri" | "uri-reference" => "https://example.com/",
        "hostname" | "idn-hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "byte" => "dGV4dA==",
        "json-pointer" => "/a",
        _ => "text",
    };
    let size = |key| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let shortest = size("minLength").unwrap_or(0).min(LONGEST_TEXT);
    let longest = size("maxLength").unwrap_or(LONGEST_TEXT).max(shortest);
    by_format
        .chars()
        .chain(std::iter::repeat_n('x', LONGEST_TEXT))
        .take(shortest.max(by_format.len()).min(longest))
        .collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
