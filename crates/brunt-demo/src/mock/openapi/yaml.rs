//! YAML 1.2 with the core schema as a JSON value, from the events of `saphyr-parser`.
//!
//! Aliases are followed by copying, with a bound on all copies together; merge keys (`<<`) are honoured, since OpenAPI
//! documents in the wild use them. Keys are taken as text, so that the status `200` is a key. What JSON cannot say
//! (`.inf`, `.nan`) stays text.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

use super::super::error::SyntaxError;

/// Nesting of lists and maps; the same as JSON's reader allows.
const DEEPEST: usize = 128;

/// The most values of a document, aliases counted as often as they are used: the largest public API descriptions have
/// some hundred thousand.
const MOST_VALUES: usize = 2_000_000;

pub(super) fn read(file: &str, text: &str) -> Result<Value, SyntaxError> {
    let mut builder = Builder::default();
    let mut documents = 0;
    let fail = |marker: Marker, message: String| error(file, text, marker, message);
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| fail(*error.marker(), format!("this is not YAML: {}", error.info())))?;
        if let Event::DocumentStart(_) = event {
            documents += 1;
        }
        if documents > 1 {
            return Err(fail(span.start, "a second YAML document begins here; keep one per file".to_owned()));
        }
        builder.event(event).map_err(|message| fail(span.start, message))?;
    }
    Ok(builder.root.unwrap_or_default())
}

fn error(file: &str, text: &str, marker: Marker, message: String) -> SyntaxError {
    SyntaxError {
        file: file.to_owned(),
        line: marker.line(),
        column: marker.col() + 1,
        source_line: text.lines().nth(marker.line().saturating_sub(1)).unwrap_or_default().to_owned(),
        message,
        help: None,
    }
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    values: usize,
    root: Option<Value>,
}

/// A list or a map that is being read.
struct Open {
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Value>),
    Map { map: Map<String, Value>, merged: Vec<Value>, key: Option<String> },
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                if let Some(Open { content: Content::Map { key: key @ None, .. }, .. }) = self.open.last_mut()
                {
                    *key = Some(text.into_owned());
                    return Ok(());
                }
                let value = if is_text { Value::from(text.into_owned()) } else { scalar(&text, style) };
                self.finish(value, anchor)
            }
            Event::Alias(anchor) => {
                let Some(value) = self.anchors.get(&anchor).cloned() else {
                    return Err("this alias stands inside of what it names".to_owned());
                };
                let (values, depth) = extent(&value);
                self.count(values)?;
                if self.open.len() + depth > DEEPEST {
                    return Err(too_deep());
                }
                self.finish(value, 0)
            }
            Event::SequenceStart(anchor, _) => self.begin(Content::List(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => {
                self.begin(Content::Map { map: Map::new(), merged: Vec::new(), key: None }, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { anchor, content }) => self.finish(content.value()?, anchor),
                None => Ok(()),
            },
        }
    }

    fn begin(&mut self, content: Content, anchor: usize) -> Result<(), String> {
        if let Some(Open { content: Content::Map { key: None, .. }, .. }) = self.open.last() {
            return Err("a key must be a text, and here is a list or a map".to_owned());
        }
        if self.open.len() >= DEEPEST {
            return Err(too_deep());
        }
        self.open.push(Open { anchor, content });
        Ok(())
    }

    fn count(&mut self, values: usize) -> Result<(), String> {
        self.values = self.values.saturating_add(values);
        if self.values <= MOST_VALUES {
            return Ok(());
        }
        Err(format!(
            "the document has more than {MOST_VALUES} values; aliases count as often as they are used"
        ))
    }

    /// Puts a finished value where it belongs.
    fn finish(&mut self, value: Value, anchor: usize) -> Result<(), String> {
        self.count(1)?;
        if anchor > 0 {
            self.count(extent(&value).0)?;
            self.anchors.insert(anchor, value.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(value),
            Some(Content::List(items)) => items.push(value),
            Some(Content::Map { map, merged, key }) => match key.take() {
                Some(key) if key == "<<" => merged.push(value),
                Some(key) if map.contains_key(&key) => {
                    return Err(format!("the key `{key}` stands here twice"));
                }
                Some(key) => drop(map.insert(key, value)),
                None => return Err("a key must be a text".to_owned()),
            },
        }
        Ok(())
    }
}

impl Content {
    fn value(self) -> Result<Value, String> {
        let (mut map, merged) = match self {
            Self::List(items) => return Ok(Value::Array(items)),
            Self::Map { map, merged, .. } => (map, merged),
        };
        let sources = merged.into_iter().flat_map(|value| match value {
            Value::Array(items) => items,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                vec![value]
            }
        });
        for source in sources {
            let Value::Object(source) = source else {
                return Err("`<<` takes in a map or a list of maps".to_owned());
            };
            for (key, value) in source {
                // What the map says itself wins, then the first source.
                map.entry(key).or_insert(value);
            }
        }
        Ok(Value::Object(map))
    }
}

fn too_deep() -> String {
    format!("lists and maps are nested more than {DEEPEST} deep")
}

/// How many values there are, and how deep they are nested.
fn extent(value: &Value) -> (usize, usize) {
    let inner = |(values, depth): (usize, usize), value: &Value| {
        let (more, deeper) = extent(value);
        (values + more, depth.max(deeper))
    };
    let (values, depth) = match value {
        Value::Array(items) => items.iter().fold((0, 0), inner),
        Value::Object(map) => map.values().fold((0, 0), inner),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return (1, 0),
    };
    (values + 1, depth + 1)
}

/// The value of a scalar without a tag, by the core schema.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        text => number(text).map_or_else(|| Value::from(text), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.trim_start_matches(['-', '+']);
    if digits.is_empty() || text.len() > digits.len() + 1 {
        return None;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return u64::from_str_radix(digits, radix).ok().map(Number::from);
        }
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let whole = unsigned.parse::<i64>().map(Number::from);
        let whole = whole.or_else(|_| unsigned.parse::<u64>().map(Number::from));
        return whole.ok().or_else(|| Number::from_f64(unsigned.parse().ok()?));
    }
    // Rust reads more than YAML does ("inf", "nan"), but all of that has letters.
    let is_float = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'-' | b'+'))
        && digits.bytes().any(|byte| byte.is_ascii_digit());
    is_float.then(|| unsigned.parse().ok().and_then(Number::from_f64)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents() {
        for (text, expected) in [
            ("", "null"),
            ("a: 1\nb: [x, 'y', \"1\"]", r#"{"a":1,"b":["x","y","1"]}"#),
            ("200: ok\n'404': ~", r#"{"200":"ok","404":null}"#),
            ("[1.5, -2, +3, 0x10, 0o17, 1e3, .5]", "[1.5,-2,3,16,15,1000.0,0.5]"),
            ("[1.2.3, 2020-01-01, .inf, '', yes, e5]", r#"["1.2.3","2020-01-01",".inf","","yes","e5"]"#),
            ("[true, FALSE, null, !!str 5]", r#"[true,false,null,"5"]"#),
            ("a: &x {p: 1}\nb: *x", r#"{"a":{"p":1},"b":{"p":1}}"#),
            ("a: &x {p: 1, q: 1}\nb: {<<: *x, q: 2}", r#"{"a":{"p":1,"q":1},"b":{"p":1,"q":2}}"#),
            ("a: |\n  two\n  lines\n", r#"{"a":"two\nlines\n"}"#),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            let value = read("x.yaml", text).expect(text);
            assert_eq!(value.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn errors_have_their_place() {
        let bomb: String = std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned())
            .chain((1..10).map(|n| {
                let alias = vec![format!("*a{}", n - 1); 10].join(", ");
                format!("a{n}: &a{n} [{alias}]\n")
            }))
            .collect();
        let deep = "[".repeat(DEEPEST + 1);
        let rows = [
            ("not YAML", "a: [1\nb: }"),
            ("twice", "a: 1\nb: 2\na: 3"),
            ("two documents", "a: 1\n---\nb: 2"),
            ("map as key", "? {a: 1}\n: b"),
            ("merged text", "<<: x"),
            ("alias bomb", &bomb),
            ("deep", &deep),
        ];
        let shown: Vec<String> = rows
            .iter()
            .map(|(name, text)| {
                let error = read("x.yaml", text).expect_err(name);
                format!("{name}: {}:{}: {}", error.line, error.column, error.message)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }
}
