//! JSON (RFC 8259). YAML's reader would take most of it, but not tabs everywhere, nor surrogate pairs, and
//! its complaints would speak of YAML.

use super::{Keys, too_deep};
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, MAX_DEPTH, MAX_NODES, Node, Value};

pub(super) fn read(text: &str) -> Result<Node, Vec<Diagnostic>> {
    let offset = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { text, at: offset, nodes: 0, problems: Vec::new() };
    let root = reader.value(1).and_then(|root| reader.end().map(|()| root));
    match root {
        Ok(root) if reader.problems.is_empty() => Ok(root),
        Ok(_) => Err(reader.problems),
        Err(problem) => {
            reader.problems.push(problem);
            Err(reader.problems)
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    nodes: usize,
    /// Those after which reading goes on.
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn problem(&self, message: &str) -> Diagnostic {
        Diagnostic::error(&(self.at..self.at + 1), message)
    }

    fn end(&mut self) -> Result<(), Diagnostic> {
        self.space();
        if self.peek().is_some() { Err(self.problem("expected the end of the plan")) } else { Ok(()) }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Diagnostic> {
        self.space();
        let start = self.at;
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return Err(too_deep(&(start..start + 1)));
        }
        if self.nodes > MAX_NODES {
            return Err(self.problem(&format!("the plan has more than {MAX_NODES} values")));
        }
        let value = match self.peek() {
            None if self.nodes == 1 => return Err(self.problem("the plan is empty")),
            None => return Err(self.problem("the plan ends where a value is expected")),
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Str(self.string()?),
            Some(_) => self.word()?,
        };
        Ok(Node { span: start..self.at, value })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Diagnostic> {
        let start = self.at;
        let mut items = Vec::new();
        while self.more(items.is_empty(), b']', start, "list")? {
            items.push(self.value(depth + 1)?);
        }
        Ok(Value::Seq(items))
    }

    fn map(&mut self, depth: usize) -> Result<Value, Diagnostic> {
        let start = self.at;
        let (mut entries, mut keys, mut first) = (Vec::new(), Keys::default(), true);
        while self.more(first, b'}', start, "map")? {
            first = false;
            let key_start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.problem("expected a key in double quotes"));
            }
            let key = self.string()?;
            let key_span = key_start..self.at;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.problem("expected `:` after the key"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            if let Err(problem) = keys.add(&mut entries, Entry { key, key_span, value }, self.text) {
                self.problems.push(problem);
            }
        }
        Ok(Value::Map(entries))
    }

    /// Goes to the next item of a list or map: `false` at its end.
    fn more(&mut self, first: bool, close: u8, start: usize, what: &str) -> Result<bool, Diagnostic> {
        if first {
            self.at += 1;
        }
        self.space();
        match self.peek() {
            None => Err(Diagnostic::error(&(start..start + 1), format!("the {what} is not closed"))),
            Some(b) if b == close => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !first => {
                let comma = self.at;
                self.at += 1;
                self.space();
                if self.peek() == Some(close) {
                    return Err(Diagnostic::error(&(comma..comma + 1), "a comma with nothing after it")
                        .help("remove the comma"));
                }
                Ok(true)
            }
            Some(_) if first => Ok(true),
            Some(_) => Err(self.problem(&format!("expected `,` or `{}`", char::from(close)))),
        }
    }

    fn string(&mut self) -> Result<String, Diagnostic> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        loop {
            match bytes.get(end) {
                None | Some(b'\n') => {
                    return Err(Diagnostic::error(&(start..start + 1), "the text is not closed")
                        .help("end it with `\"`; write a line break as `\\n`"));
                }
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        end += 1;
        self.at = end;
        let token = self.text.get(start..end).unwrap_or_default();
        serde_json::from_str(token).map_err(|error| {
            let at = start + error.column().saturating_sub(1).min(token.len().saturating_sub(1));
            let reason = error.to_string();
            let reason = reason.split(" at line").next().unwrap_or_default();
            Diagnostic::error(&(at..at + 1), format!("this text is not JSON: {reason}"))
        })
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Value, Diagnostic> {
        let rest = &self.text[self.at..];
        let len =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-._".contains(c)).unwrap_or(rest.len());
        let word = &rest[..len];
        let value = match word {
            "null" => Some(Value::Null),
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => number(word),
        };
        let Some(value) = value else {
            let span = self.at..self.at + len.max(1);
            return Err(Diagnostic::error(&span, "this is not JSON").help("put text between double quotes"));
        };
        self.at += len;
        Ok(value)
    }
}

fn number(word: &str) -> Option<Value> {
    // Also what serde_json's grammar is for: no leading zeros, no `+`, no bare dot.
    let float: f64 = serde_json::from_str(word).ok()?;
    Some(word.parse().map_or(Value::Float(float), Value::Int))
}
