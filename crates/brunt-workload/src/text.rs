//! Text with parts that are known only when it is rendered: what a request says, different each time.

use crate::{Draw, Escape, FeedId, Generator, Missing, Pick, Scope, SlotId, Value};
use std::fmt;

/// A text made of literal and other parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// In order.
    pub parts: Vec<TextPart>,
}

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq)]
pub enum TextPart {
    /// The same every time; written as it must stand.
    Literal(String),
    /// Known when it is rendered.
    Dynamic {
        /// Where it comes from.
        source: Source,
        /// How it is written where it stands.
        escape: Escape,
    },
}

/// Where a part of a text comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Made up.
    Generated(Generator),
    /// Saved by the user.
    Saved {
        /// Under this name.
        slot: SlotId,
        /// Which item, if it is a list.
        pick: Pick,
    },
    /// A cell of the row that the user holds.
    Cell {
        /// Of this data.
        feed: FeedId,
        /// In this column.
        column: u16,
    },
    /// The same every time, and never shown.
    Secret(Secret),
    /// A text in base64 (RFC 4648, section 4), as basic authentication wants it.
    Base64(Text),
}

/// A text that must not be shown: its `Debug` form does not.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes note of a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the wire and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl TextPart {
    /// A generated part, written as it is.
    pub const fn generated(generator: Generator) -> Self {
        Self::Dynamic { source: Source::Generated(generator), escape: Escape::None }
    }
}

impl Text {
    /// A text of one literal part.
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::default() } else { Self { parts: vec![TextPart::Literal(text)] } }
    }

    /// The text itself, when it is the same every time.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TextPart::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Appends the text, with what is generated drawn from `draw` and what is remembered taken from `scope`.
    /// When something is missing, `out` holds what came before it.
    pub fn render(&self, draw: &mut Draw, scope: &Scope<'_>, out: &mut Vec<u8>) -> Result<(), Missing> {
        for part in &self.parts {
            match part {
                TextPart::Literal(text) => out.extend_from_slice(text.as_bytes()),
                TextPart::Dynamic { source, escape } => source.render(*escape, draw, scope, out)?,
            }
        }
        Ok(())
    }
}

impl Source {
    fn render(
        &self,
        escape: Escape,
        draw: &mut Draw,
        scope: &Scope<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Missing> {
        match self {
            Self::Generated(generator) => {
                let mut text = String::new();
                generator.write(draw, scope.memory, &mut text);
                if escape == Escape::JsonValue && generator.is_json() {
                    out.extend_from_slice(text.as_bytes());
                } else {
                    escape.write(&text, out);
                }
            }
            Self::Saved { slot, pick } => match saved(*slot, *pick, draw, scope)? {
                (_, Some(item)) => write_value(item, escape, out),
                (value, None) => out.extend_from_slice(value.len().to_string().as_bytes()),
            },
            Self::Cell { feed, column } => {
                let missing = Missing::Row(*feed);
                let row = scope.memory.row(*feed).ok_or(missing)?;
                let cell = scope.feeds.get(usize::from(feed.0)).and_then(|f| f.cell(row, *column));
                match cell.ok_or(missing)? {
                    crate::Cell::Json(json) if escape == Escape::JsonValue => {
                        out.extend_from_slice(json.as_bytes());
                    }
                    crate::Cell::Json(text) | crate::Cell::Text(text) => escape.write(text, out),
                }
            }
            Self::Secret(secret) => escape.write(secret.expose(), out),
            Self::Base64(text) => {
                let mut inner = Vec::new();
                text.render(draw, scope, &mut inner)?;
                escape.write(&base64(&inner), out);
            }
        }
        Ok(())
    }
}

/// The value picked of what is saved; `None` if it is how many there are.
fn saved<'m>(
    slot: SlotId,
    pick: Pick,
    draw: &mut Draw,
    scope: &Scope<'m>,
) -> Result<(&'m Value, Option<&'m Value>), Missing> {
    let missing = Missing::Value(slot);
    let value = scope.memory.get(slot).ok_or(missing)?;
    if pick == Pick::Count {
        return Ok((value, None));
    }
    Ok((value, Some(pick.of(value, draw).ok_or(missing)?)))
}

fn write_value(value: &Value, escape: Escape, out: &mut Vec<u8>) {
    match (value, escape) {
        (Value::Json(json), Escape::JsonValue) => out.extend_from_slice(json.as_bytes()),
        (Value::List(items), Escape::JsonValue) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_value(item, escape, out);
            }
            out.push(b']');
        }
        (Value::List(items), _) => {
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    escape.write(",", out);
                }
                write_value(item, escape, out);
            }
        }
        (Value::Text(text) | Value::Json(text), _) => escape.write(text, out),
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|i| u32::from(chunk.get(i).copied().unwrap_or(0)));
        let bits = a << 16 | b << 8 | c;
        for i in 0..4 {
            let sextet = (bits >> (18 - 6 * i) & 63) as usize;
            out.push(if i <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cell, Feed, FeedEnd, FeedOrder, FeedPer, IterationIndex, Memory};
    use brunt_metrics::ScenarioId;

    fn rendered(source: Source, escape: Escape, scope: &Scope<'_>) -> Result<String, Missing> {
        let mut out = Vec::new();
        let text = Text { parts: vec![TextPart::Literal("<".into()), TextPart::Dynamic { source, escape }] };
        text.render(&mut Draw::new(1, ScenarioId(0), IterationIndex(0)), scope, &mut out)?;
        Ok(String::from_utf8(out).unwrap().split_off(1))
    }

    #[test]
    fn parts_come_from_where_they_say() {
        let mut memory = Memory::of_user(0);
        let text = |t: &str| Value::Text(t.into());
        memory.set(SlotId(1), Some(text("a b\"")));
        memory.set(SlotId(2), Some(Value::Json("17".into())));
        memory.set(SlotId(3), Some(Value::List(vec![text("x"), Value::Json("2".into())])));
        memory.set(SlotId(4), Some(Value::List(Vec::new())));
        memory.hold_row(FeedId(0), 1);
        let feed = Feed {
            name: "f".into(),
            columns: vec!["a".into(), "b".into()],
            cells: ["1", "2", "3", "4"].map(|t| Cell::Json(t.into())).to_vec(),
            order: FeedOrder::Sequential,
            per: FeedPer::Iteration,
            at_end: FeedEnd::Again,
        };
        let scope = Scope { feeds: &[feed], memory: &memory };
        let slot = |n, pick| Source::Saved { slot: SlotId(n), pick };
        for (source, escape, expected) in [
            (slot(1, Pick::First), Escape::Query, Ok("a%20b%22")),
            (slot(1, Pick::Random), Escape::JsonValue, Ok("\"a b\\\"\"")),
            (slot(2, Pick::First), Escape::JsonValue, Ok("17")),
            (slot(2, Pick::First), Escape::JsonString, Ok("17")),
            (slot(3, Pick::Last), Escape::None, Ok("2")),
            (slot(3, Pick::All), Escape::JsonValue, Ok("[\"x\",2]")),
            (slot(3, Pick::All), Escape::None, Ok("x,2")),
            (slot(3, Pick::Count), Escape::None, Ok("2")),
            (slot(4, Pick::Count), Escape::None, Ok("0")),
            (slot(4, Pick::First), Escape::None, Err(Missing::Value(SlotId(4)))),
            (slot(9, Pick::First), Escape::None, Err(Missing::Value(SlotId(9)))),
            (Source::Cell { feed: FeedId(0), column: 1 }, Escape::None, Ok("4")),
            (Source::Cell { feed: FeedId(1), column: 0 }, Escape::None, Err(Missing::Row(FeedId(1)))),
            (Source::Secret(Secret::new("s3")), Escape::None, Ok("s3")),
            (Source::Base64(Text::literal("user:pass")), Escape::None, Ok("dXNlcjpwYXNz")),
            (Source::Base64(Text::literal("a")), Escape::None, Ok("YQ==")),
        ] {
            let shown = format!("{source:?} {escape:?}");
            assert_eq!(rendered(source, escape, &scope), expected.map(str::to_owned), "{shown}");
        }
        assert_eq!(format!("{:?}", Secret::new("s3")), "(hidden)");
    }
}
