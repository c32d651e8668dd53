//! Reading a log to its end, whatever is in it.

use crate::{Entry, Malformed, clf};
use std::io::{self, BufRead};

/// The longest line that is looked at: what is longer is no request that a server would have taken.
const LONGEST_LINE: usize = 1 << 20;

/// How many lines that were not understood are kept as examples, and how much of each.
const EXAMPLES: usize = 5;
const EXAMPLE_BYTES: usize = 200;

/// A log cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// What it is read from failed.
    #[error("line {line}: {source}")]
    Io {
        /// The line that could not be read, from 1.
        line: u64,
        /// What the source said.
        source: io::Error,
    },
}

/// What was not understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many lines.
    pub lines: u64,
    /// The first of them: their numbers from 1, why, and how they begin, with everything but printable ASCII escaped.
    pub examples: Vec<(u64, Malformed, String)>,
}

/// A log that is read entry by entry.
#[derive(Debug)]
pub struct Log<R> {
    from: R,
    line: Vec<u8>,
    lines: u64,
    bytes: u64,
    skipped: Skipped,
}

impl<R: BufRead> Log<R> {
    /// Reads from here.
    pub fn new(from: R) -> Self {
        Self { from, line: Vec::new(), lines: 0, bytes: 0, skipped: Skipped::default() }
    }

    /// The next request; `None` at the end. Lines that are none are passed over and counted in [`Log::skipped`].
    pub fn entry(&mut self) -> Result<Option<Entry<'_>>, LogError> {
        loop {
            if !self.fill()? {
                return Ok(None);
            }
            if self.line.is_empty() {
                continue;
            }
            let why = if self.line.len() > LONGEST_LINE {
                Malformed::TooLong
            } else {
                match clf::parse(&self.line) {
                    // Parsed once more below: the borrow checker does not see that this one is not kept.
                    Ok(_) => break,
                    Err(why) => why,
                }
            };
            self.skip(why);
        }
        Ok(clf::parse(&self.line).ok())
    }

    /// What was not understood so far.
    pub const fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Lines read so far.
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// Bytes read so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn skip(&mut self, why: Malformed) {
        self.skipped.lines += 1;
        if self.skipped.examples.len() < EXAMPLES {
            let shown = self.line[..self.line.len().min(EXAMPLE_BYTES)].escape_ascii().to_string();
            self.skipped.examples.push((self.lines, why, shown));
        }
    }

    /// The next line without its end; what is longer than a line may be is read over, not kept.
    fn fill(&mut self) -> Result<bool, LogError> {
        self.line.clear();
        let mut any = false;
        loop {
            let part =
                self.from.fill_buf().map_err(|source| LogError::Io { line: self.lines + 1, source })?;
            if part.is_empty() {
                self.lines += u64::from(any);
                break;
            }
            any = true;
            let end = memchr::memchr(b'\n', part);
            let taken = end.unwrap_or(part.len());
            let room = (LONGEST_LINE + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..taken.min(room)]);
            let used = taken + usize::from(end.is_some());
            self.from.consume(used);
            self.bytes += used as u64;
            if end.is_some() {
                self.lines += 1;
                break;
            }
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(any)
    }
}
