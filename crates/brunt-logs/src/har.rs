//! HTTP archives (HAR 1.2), which browsers and proxies save: one document of JSON, in which `log.entries` are the requests.
//!
//! The document is held in memory while its entries are read one by one, up to [`MOST_BYTES`].

use crate::lines::BOM;
use crate::names::{Field, Named};
use crate::number::Unit;
use crate::row::{Parsed, Span};
use crate::told::Told;
use crate::{LogError, Malformed, json};
use memchr::memchr_iter;

/// The largest document that is read: some hours of a browser with what it was answered.
pub(crate) const MOST_BYTES: usize = 256 << 20;

/// Whether a log begins like an archive: an object whose first key is `log`, of an object.
pub(crate) fn is_one(head: &[u8]) -> bool {
    let next = |text: &[u8], wanted: &[u8]| text.trim_ascii_start().strip_prefix(wanted).map(<[u8]>::to_vec);
    [&b"{"[..], b"\"log\"", b":", b"{"]
        .iter()
        .try_fold(head[..head.len().min(1 << 10)].to_vec(), |rest, wanted| next(&rest, wanted))
        .is_some()
}

/// A document, and how far it is read.
#[derive(Debug)]
pub(crate) struct Document {
    text: Vec<u8>,
    /// Where the next entry, or the end of them, is expected.
    at: usize,
}

impl Document {
    pub(crate) fn new(text: Vec<u8>) -> Result<Self, LogError> {
        let begin = if text.starts_with(BOM) { BOM.len() } else { 0 };
        let entries = json::find(&text, begin, b"log").and_then(|log| json::find(&text, log, b"entries"));
        match entries.filter(|at| text[*at] == b'[') {
            Some(at) => Ok(Self { at: at + 1, text }),
            None => Err(LogError::NotHar { line: 1, why: "there are no `entries` in a `log`" }),
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
            return Err(LogError::NotHar { line, why: "the entry that begins here is not whole" });
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

/// Reads one entry.
pub(crate) fn parse(line: &mut Vec<u8>) -> Parsed {
    let mut told = Told::nothing();
    let mut header = Span::default();
    json::walk(line, 0, &mut |path, value| {
        let text = value.span.in_line(line);
        let (field, rank) = match path {
            b"starteddatetime" => (Field::Time, 0),
            b"time" => (Field::Duration, 0),
            b"request.method" => (Field::Method, 0),
            b"request.url" => (Field::Target, 0),
            b"response.status" => (Field::Status, 0),
            b"response.content.size" => (Field::Bytes, 0),
            b"response.bodysize" if !text.starts_with(b"-") => (Field::Bytes, 1),
            b"request.headers.name" => {
                header = value.span;
                return;
            }
            b"request.headers.value" => match header.in_line(line).to_ascii_lowercase().as_slice() {
                b"user-agent" => (Field::Agent, 0),
                b"referer" => (Field::Referer, 0),
                b"x-forwarded-for" => (Field::Forwarded, 0),
                _ => return,
            },
            _ => return,
        };
        told.put(Named { field, rank, unit: None }, value.span, value.writing(), line);
    })
    .ok_or(Malformed::Json)?;
    told.row(line, Unit::Millis)
}
