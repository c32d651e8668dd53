//! What a log is written in.

use crate::clf;
use crate::row::{Parsed, Refusal, Row};
use std::fmt;

/// What a log is written in.
#[derive(Clone, Debug)]
pub struct Format {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Clf(clf::Layout),
}

impl Default for Format {
    /// The combined format of nginx and Apache.
    fn default() -> Self {
        Self { kind: Kind::Clf(clf::Layout::combined()) }
    }
}

impl Format {
    /// Its name for people: `nginx/Apache combined`, `Caddy JSON`.
    pub const fn name(&self) -> &'static str {
        match &self.kind {
            Kind::Clf(layout) => layout.name(),
        }
    }

    /// The format that most of a log's first lines are of; the combined one where none is known.
    pub(crate) fn recognise(head: &[u8]) -> Self {
        let lines: Vec<&[u8]> = head.split(|b| *b == b'\n').collect();
        clf::Layout::of(&lines).map_or_else(Self::default, |layout| Self { kind: Kind::Clf(layout) })
    }

    /// Reads one line; may change it once it is understood.
    pub(crate) fn row(&mut self, line: &mut Vec<u8>) -> Parsed {
        if line.trim_ascii().is_empty() {
            return Err(Refusal::Aside);
        }
        match &mut self.kind {
            Kind::Clf(layout) => {
                clf::parse(line, *layout).map(|entry| Row::of(line, &entry)).map_err(Refusal::Malformed)
            }
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
