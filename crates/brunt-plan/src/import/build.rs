//! Pieces of plan trees, each at the place in the foreign file that it comes from.

use crate::tree::{Entry, Node, Span, Value};

/// A map under construction; all that is put into it stands at one place unless it brings its own.
pub(super) struct Map {
    span: Span,
    entries: Vec<Entry>,
}

impl Map {
    pub(super) const fn at(span: Span) -> Self {
        Self { span, entries: Vec::new() }
    }

    /// Puts a value under `key`.
    pub(super) fn put(&mut self, key: &str, value: impl Into<Piece>) -> &mut Self {
        let value = value.into().at(&self.span);
        let key_span = value.span.clone();
        self.entries.push(Entry { key: key.to_owned(), key_span, value });
        self
    }

    /// Puts a value under `key`, if there is one.
    pub(super) fn put_some(&mut self, key: &str, value: Option<impl Into<Piece>>) -> &mut Self {
        if let Some(value) = value {
            self.put(key, value);
        }
        self
    }

    /// Where it stands.
    pub(super) const fn span(&self) -> &Span {
        &self.span
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn node(self) -> Node {
        Node { span: self.span, value: Value::Map(self.entries) }
    }
}

/// A value that takes the place it is put at, or has its own.
pub(super) enum Piece {
    Value(Value),
    Node(Node),
    List(Vec<Self>),
}

impl Piece {
    pub(super) fn at(self, span: &Span) -> Node {
        match self {
            Self::Value(value) => Node { span: span.clone(), value },
            Self::Node(node) => node,
            Self::List(items) => {
                let items = items.into_iter().map(|item| item.at(span)).collect();
                Node { span: span.clone(), value: Value::Seq(items) }
            }
        }
    }
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self::Value(Value::Str(text.to_owned()))
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::Value(Value::Str(text))
    }
}

impl From<u64> for Piece {
    fn from(value: u64) -> Self {
        Self::Value(Value::Int(value.into()))
    }
}

impl From<f64> for Piece {
    fn from(value: f64) -> Self {
        Self::Value(Value::Float(value))
    }
}

impl From<bool> for Piece {
    fn from(value: bool) -> Self {
        Self::Value(Value::Bool(value))
    }
}

impl From<Node> for Piece {
    fn from(node: Node) -> Self {
        Self::Node(node)
    }
}

impl From<Map> for Piece {
    fn from(map: Map) -> Self {
        Self::Node(map.node())
    }
}

impl<T: Into<Piece>> From<Vec<T>> for Piece {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// A text at its own place.
pub(super) fn text_at(span: &Span, text: impl Into<String>) -> Node {
    Node { span: span.clone(), value: Value::Str(text.into()) }
}
