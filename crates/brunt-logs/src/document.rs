//! Logs that are one document of JSON, not lines: HTTP archives, whose requests are in `log.entries`, and arrays of objects, as clouds
//! give them for download.
//!
//! A document is held in memory while its entries are read one by one, up to [`MOST_BYTES`].

use crate::lines::BOM;
use crate::{LogError, json};
use memchr::memchr_iter;

/// The largest document that is read: some hours of a browser with what it was answered.
pub(crate) const MOST_BYTES: usize = 256 << 20;

/// Where in a document the entries are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `{"log": {"entries": [...]}}`
    Archive,
    /// `[{...}, ...]`
    Array,
}

impl Shape {
    /// What a log begins like; nothing if not like a document.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let begins = |tokens: &[&[u8]]| {
            tokens.iter().try_fold(head, |rest, token| rest.trim_ascii_start().strip_prefix(*token)).is_some()
        };
        if begins(&[b"{", b"\"log\"", b":", b"{"]) {
            Some(Self::Archive)
        } else if begins(&[b"[", b"{", b"\""]) {
            Some(Self::Array)
        } else {
            None
        }
    }
}

/// A document, and how far it is read.
#[derive(Debug)]
pub(crate) struct Document {
    text: Vec<u8>,
    /// Where the next entry, or the end of them, is expected.
    at: usize,
}

impl Document {
    pub(crate) fn new(text: Vec<u8>, shape: Shape) -> Result<Self, LogError> {
        let begin = if text.starts_with(BOM) { BOM.len() } else { 0 };
        let begin = begin + text[begin..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let entries = match shape {
            Shape::Archive => {
                json::find(&text, begin, b"log").and_then(|log| json::find(&text, log, b"entries"))
            }
            Shape::Array => Some(begin),
        };
        match entries.filter(|at| text.get(*at) == Some(&b'[')) {
            Some(at) => Ok(Self { at: at + 1, text }),
            None => Err(LogError::BadDocument { line: 1, why: "there are no `entries` in a `log`" }),
        }
    }

    /// Copies the next entry; false at their end.
    pub(crate) fn next_into(&mut self, line: &mut Vec<u8>) -> Result<bool, LogError> {
        line.clear();
        self.blanks();
        if self.text.get(self.at) == Some(&b']') {
            return Ok(false);
        }
        let Some(end) = json::walk(&self.text, self.at, &mut |_, _| {}) else {
            let line = memchr_iter(b'\n', &self.text[..self.at.min(self.text.len())]).count() as u64 + 1;
            return Err(LogError::BadDocument { line, why: "the entry that begins here is not whole" });
        };
        line.extend_from_slice(&self.text[self.at..end]);
        self.at = end;
        self.blanks();
        if self.text.get(self.at) == Some(&b',') {
            self.at += 1;
        }
        Ok(true)
    }

    fn blanks(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}
