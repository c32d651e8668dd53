//! Text with generated parts: what a request says, different in each iteration.

use crate::Draw;
use std::io::Write;

/// A text made of literal and generated parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// In order.
    pub parts: Vec<TextPart>,
}

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// The same every time.
    Literal(String),
    /// A whole number, uniform in `min..=max`.
    Int {
        /// The smallest.
        min: u64,
        /// The largest; not below `min`.
        max: u64,
    },
    /// One of these, each as likely.
    OneOf(Vec<String>),
    /// A random (version 4) UUID.
    Uuid,
}

impl Text {
    /// A text without generated parts.
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::default() } else { Self { parts: vec![TextPart::Literal(text)] } }
    }

    /// The text itself, when nothing in it is generated.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TextPart::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Appends the text, with every generated part drawn from `draw`.
    pub fn render(&self, draw: &mut Draw, out: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                TextPart::Literal(text) => out.extend_from_slice(text.as_bytes()),
                TextPart::Int { min, max } => {
                    let value = min + draw.below((max - min).saturating_add(1));
                    // Writing to a Vec cannot fail.
                    let _ = write!(out, "{value}");
                }
                TextPart::OneOf(texts) => {
                    let at = usize::try_from(draw.below(texts.len() as u64)).unwrap_or(0);
                    out.extend_from_slice(texts.get(at).map_or(b"", |t| t.as_bytes()));
                }
                TextPart::Uuid => {
                    let (a, b) = (draw.bits(), draw.bits());
                    let _ = write!(
                        out,
                        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
                        a >> 32,
                        a >> 16 & 0xffff,
                        a & 0xfff,
                        8 | (b >> 60 & 3),
                        b >> 48 & 0xfff,
                        b & 0xffff_ffff_ffff,
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IterationIndex;
    use brunt_metrics::ScenarioId;

    fn rendered(parts: Vec<TextPart>, index: u64) -> String {
        let mut out = Vec::new();
        Text { parts }.render(&mut Draw::new(1, ScenarioId(0), IterationIndex(index)), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn generated_parts_stay_in_their_range() {
        for i in 0..500 {
            let n: u64 = rendered(vec![TextPart::Int { min: 3, max: 7 }], i).parse().unwrap();
            assert!((3..=7).contains(&n));
            let uuid = rendered(vec![TextPart::Uuid], i);
            assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"), "{uuid}");
            assert!("89ab".contains(&uuid[19..20]), "{uuid}");
            let one = rendered(vec![TextPart::OneOf(vec!["a".into(), "b".into()])], i);
            assert!(one == "a" || one == "b");
        }
    }
}
