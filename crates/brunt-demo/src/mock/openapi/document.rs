//! An OpenAPI document as a tree whose places have names, with its references.

use serde_json::Value;

use super::{
    super::error::{ConfigError, Problem, SyntaxError},
    yaml,
};

/// The longest document, in bytes; the largest public ones have about 12 MB.
const LONGEST: usize = 32 << 20;

/// Problems beyond this many are counted and not shown.
const MOST_PROBLEMS: usize = 50;

/// References that lead to references.
const MOST_HOPS: usize = 32;

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    pub(super) value: &'a Value,
    /// Its JSON pointer.
    pub(super) at: String,
}

impl<'a> Place<'a> {
    /// The value under `key`, if this is an object that has it.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(Self { value, at: format!("{}/{}", self.at, key.replace('~', "~0").replace('/', "~1")) })
    }

    /// The entries, if this is an object, or the items, if it is a list.
    pub(super) fn children(&self) -> Vec<(String, Self)> {
        match self.value {
            Value::Object(map) => {
                map.keys().filter_map(|key| self.get(key).map(|place| (key.clone(), place))).collect()
            }
            Value::Array(items) => {
                let item = |(index, value): (usize, &'a Value)| {
                    (index.to_string(), Self { value, at: format!("{}/{index}", self.at) })
                };
                items.iter().enumerate().map(item).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }
}

/// The document, and what was found wrong with it.
#[derive(Debug)]
pub(super) struct Document<'a> {
    file: &'a str,
    root: &'a Value,
    problems: Vec<Problem>,
    /// Problems that are not kept.
    more: usize,
}

impl<'a> Document<'a> {
    pub(super) fn new(file: &'a str, root: &'a Value) -> Self {
        Self { file, root, problems: Vec::new(), more: 0 }
    }

    pub(super) fn root(&self) -> Place<'a> {
        Place { value: self.root, at: String::new() }
    }

    pub(super) fn problem(&mut self, at: &str, message: impl Into<String>) {
        let problem = Problem { at: format!("{}#{at}", self.file), message: message.into() };
        // A schema that many operations use is wrong once.
        if self.problems.contains(&problem) {
            return;
        }
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }

    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        if self.more > 0 {
            let message = format!("there are about {} problems more", self.more);
            self.problems.push(Problem { at: self.file.to_owned(), message });
        }
        Err(ConfigError::Invalid(self.problems))
    }

    /// Where the reference of `place` leads, if it is one and leads anywhere; the problem is noted.
    pub(super) fn target(&mut self, place: &Place<'a>) -> Option<Place<'a>> {
        let found = place.value.get("$ref")?;
        let Some(reference) = found.as_str() else {
            self.problem(&place.at, format!("`$ref` is {found} and not a text"));
            return None;
        };
        let Some(pointer) = reference.strip_prefix('#') else {
            let message =
                format!("`{reference}` refers to another document; bundle them into one file before");
            self.problem(&place.at, message);
            return None;
        };
        let pointer = unescaped(pointer);
        let Some(value) = self.root.pointer(&pointer) else {
            self.problem(&place.at, format!("`{reference}` refers to nothing in this document"));
            return None;
        };
        Some(Place { value, at: pointer })
    }

    /// `place`, or where its references lead in the end.
    pub(super) fn resolve(&mut self, place: &Place<'a>) -> Option<Place<'a>> {
        let mut here = place.clone();
        for _ in 0..MOST_HOPS {
            if here.value.get("$ref").is_none() {
                return Some(here);
            }
            here = self.target(&here)?;
        }
        self.problem(&place.at, "the references go round in circles");
        None
    }
}

/// A pointer in a URL fragment with its percent-encoding undone.
fn unescaped(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(b'%');
            rest = after;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads JSON if the text begins with a brace, YAML otherwise.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Value, ConfigError> {
    let whole = |message: String| Err(ConfigError::Invalid(vec![Problem { at: file.to_owned(), message }]));
    if bytes.len() > LONGEST {
        return whole(format!("the document has {} bytes, and {LONGEST} is the limit", bytes.len()));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = 1 + memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count();
            return whole(format!("line {line} is not UTF-8; save the document as UTF-8"));
        }
    };
    let read = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| SyntaxError::new(file, text, &error))
    } else {
        yaml::read(file, text)
    };
    read.map_err(ConfigError::Syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_unescaped() {
        for (pointer, expected) in
            [("/a/b", "/a/b"), ("/a%20b", "/a b"), ("/%zz%", "/%zz%"), ("/%c3%a9", "/é"), ("", "")]
        {
            assert_eq!(unescaped(pointer), expected, "{pointer}");
        }
    }
}
