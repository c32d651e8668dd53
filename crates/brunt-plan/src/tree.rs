//! A plan as a tree in which every key and value knows where it stands in the text.
//!
//! The three formats are read into this one shape; nothing past it knows which format a plan was written in.
//! Serde is not used here: it stops at the first problem, and people want all of them.

use std::ops::Range;

/// A stretch of a source text, in bytes.
pub type Span = Range<usize>;

/// How deep a plan may nest. Plans need about eight levels and JSON bodies some more, but steps may stand in steps
/// 32 deep, at up to four levels each; the limit keeps the recursive walks far from the end of any thread's stack.
pub(crate) const MAX_DEPTH: usize = 160;

/// How many nodes a plan may have, aliases counted as often as they are used. 10,000 actions of ten fields
/// are 200,000; the limit stops texts whose aliases multiply.
pub(crate) const MAX_NODES: usize = 4_000_000;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What the three formats can say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(String),
    Seq(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    /// The items of a list; anything else is a list of itself.
    pub(crate) fn one_or_many(&self) -> &[Self] {
        match &self.value {
            Value::Seq(items) => items,
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Map(_) => std::slice::from_ref(self),
        }
    }

    /// The entry of a map; `None` if there is none, or this is no map.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        if let Value::Map(entries) = &self.value { entries.iter().find(|e| e.key == key) } else { None }
    }

    /// The value of a map's entry.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        let Value::Map(entries) = &mut self.value else { return None };
        entries.iter_mut().find(|e| e.key == key).map(|e| &mut e.value)
    }

    /// Puts an entry into a map, in the place of one of its name. Does nothing to what is no map.
    pub(crate) fn put(&mut self, entry: Entry) {
        let Value::Map(entries) = &mut self.value else { return };
        match entries.iter().position(|e| e.key == entry.key) {
            Some(at) => entries[at] = entry,
            None => entries.push(entry),
        }
    }

    /// Takes an entry out of a map.
    pub(crate) fn take(&mut self, key: &str) -> Option<Entry> {
        let Value::Map(entries) = &mut self.value else { return None };
        let at = entries.iter().position(|e| e.key == key)?;
        Some(entries.remove(at))
    }

    /// The keys of a map, in order; none of what is no map.
    pub(crate) fn keys(&self) -> Vec<&str> {
        if let Value::Map(entries) = &self.value {
            entries.iter().map(|e| e.key.as_str()).collect()
        } else {
            Vec::new()
        }
    }

    /// Whether a map in this map has the key.
    pub(crate) fn has_below(&self, key: &str) -> bool {
        if let Value::Map(entries) = &self.value {
            entries.iter().any(|e| e.value.entry(key).is_some())
        } else {
            false
        }
    }

    /// Moves all places by `by` bytes: the text stands in a larger one.
    pub(crate) fn shift(&mut self, by: usize) {
        let moved = |span: &Span| span.start + by..span.end + by;
        self.span = moved(&self.span);
        match &mut self.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {}
            Value::Seq(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Value::Map(entries) => {
                for entry in entries {
                    entry.key_span = moved(&entry.key_span);
                    entry.value.shift(by);
                }
            }
        }
    }

    /// Puts the whole of it at one place: it stands for what is there.
    pub(crate) fn place(&mut self, span: &Span) {
        self.span = span.clone();
        match &mut self.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {}
            Value::Seq(items) => items.iter_mut().for_each(|item| item.place(span)),
            Value::Map(entries) => {
                for entry in entries {
                    entry.key_span = span.clone();
                    entry.value.place(span);
                }
            }
        }
    }

    /// What it is, for "expected ..., found ...".
    pub(crate) fn found(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Int(value) => format!("the number {value}"),
            Value::Float(value) => format!("the number {value}"),
            Value::Str(_) => "text".to_owned(),
            Value::Seq(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Value::Str(text) = &self.value { Some(text) } else { None }
    }

    /// The nodes in it, itself included, and how deep it nests (1 for a scalar).
    pub(crate) fn extent(&self) -> (usize, usize) {
        let children: Box<dyn Iterator<Item = &Self>> = match &self.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => return (1, 1),
            Value::Seq(items) => Box::new(items.iter()),
            Value::Map(entries) => Box::new(entries.iter().map(|e| &e.value)),
        };
        let (nodes, depth) = children.fold((0, 0), |(nodes, depth), child| {
            let (n, d) = child.extent();
            (nodes + n, depth.max(d))
        });
        (nodes + 1, depth + 1)
    }
}
