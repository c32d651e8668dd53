//! Reading a log to its end, whatever is in it.

use crate::document::{Document, MOST_BYTES};
use crate::format::Format;
use crate::lines::{LONGEST_LINE, Lines};
use crate::row::{Refusal, Row};
use crate::{Entry, Malformed};
use std::io::{self, BufRead};

/// How many lines that were not understood are kept as examples, and how much of each.
const EXAMPLES: usize = 5;
const EXAMPLE_BYTES: usize = 200;

/// A log cannot be read on. What was read before stands.
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
    /// A packed log ends before its end.
    #[error(
        "line {line}: {source}: the {before} lines before are read; copy the file again, or unpack what there is into a plain file and go on with it",
        before = line.saturating_sub(1)
    )]
    CutOff {
        /// The line that could not be read, from 1.
        line: u64,
        /// What the source said.
        source: io::Error,
    },
    /// A packed log holds what no packer writes.
    #[error("line {line}: {source}: the {before} lines before are read; copy the file again", before = line.saturating_sub(1))]
    Damaged {
        /// The line that could not be read, from 1.
        line: u64,
        /// What the source said.
        source: io::Error,
    },
    /// A log that is one document is larger than what is kept in memory.
    #[error(
        "the log is one document of JSON, larger than {limit_mb} MB, and can be read only as a whole: export fewer requests, leave their content out, or write one object a line"
    )]
    TooLarge {
        /// What may be read, in MB.
        limit_mb: usize,
    },
    /// A log that should be one document is none, or not all of it.
    #[error("line {line}: not a whole document of JSON: {why}: export it again")]
    BadDocument {
        /// The line where it ceases to be one, from 1.
        line: u64,
        /// What is wrong there.
        why: &'static str,
    },
}

impl LogError {
    pub(crate) fn of(line: u64, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::UnexpectedEof {
            Self::CutOff { line, source }
        } else if source.kind() == io::ErrorKind::InvalidData {
            Self::Damaged { line, source }
        } else {
            Self::Io { line, source }
        }
    }
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
    lines: Lines<R>,
    line: Vec<u8>,
    format: Format,
    document: Option<Document>,
    asides: u64,
    skipped: Skipped,
}

impl<R: BufRead> Log<R> {
    /// Reads from here, in the format that the first lines are of. They are read at once; should that fail, [`Log::entry`] says so when
    /// it comes to it.
    pub fn new(from: R) -> Self {
        let mut lines = Lines::new(from);
        let format = Format::recognise(lines.head());
        Self { format, ..Self::with_lines(lines) }
    }

    /// Reads from here, in this format.
    pub fn with_format(from: R, format: Format) -> Self {
        Self { format, ..Self::with_lines(Lines::new(from)) }
    }

    fn with_lines(lines: Lines<R>) -> Self {
        Self {
            lines,
            line: Vec::new(),
            format: Format::default(),
            document: None,
            asides: 0,
            skipped: Skipped::default(),
        }
    }

    /// The next request; `None` at the end. Lines that are none are passed over and counted in [`Log::skipped`]. A line that is not of the
    /// log's format is tried as a combined one, and as JSON, before it is skipped.
    pub fn entry(&mut self) -> Result<Option<Entry<'_>>, LogError> {
        Ok(self.next_row()?.map(|row| row.entry(&self.line)))
    }

    fn next_row(&mut self) -> Result<Option<Row>, LogError> {
        while self.next_line()? {
            if self.line.len() > LONGEST_LINE && self.format.document().is_none() {
                self.skip(Malformed::TooLong);
                continue;
            }
            match self.format.row(&mut self.line) {
                Ok(row) => return Ok(Some(row)),
                Err(Refusal::Aside) => self.asides += 1,
                Err(Refusal::Malformed(why)) => self.skip(why),
            }
        }
        Ok(None)
    }

    fn next_line(&mut self) -> Result<bool, LogError> {
        let Some(shape) = self.format.document() else { return self.lines.next_into(&mut self.line) };
        let document = match &mut self.document {
            Some(document) => document,
            none => {
                let limit_mb = MOST_BYTES >> 20;
                let text = self.lines.rest(MOST_BYTES)?.ok_or(LogError::TooLarge { limit_mb })?;
                none.insert(Document::new(text, shape)?)
            }
        };
        let any = document.next_into(&mut self.line)?;
        self.lines.count += u64::from(any);
        Ok(any)
    }

    /// What the log is written in.
    pub const fn format(&self) -> &Format {
        &self.format
    }

    /// What was not understood so far.
    pub const fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Lines so far that tell of no request, and are not meant to: blank ones, comments, headers, rows of other metrics.
    pub const fn asides(&self) -> u64 {
        self.asides
    }

    /// Lines read so far: each is an entry, skipped, or an aside. In a log that is one document, its entries.
    pub const fn lines(&self) -> u64 {
        self.lines.count
    }

    /// Bytes read so far, after unpacking.
    pub const fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    fn skip(&mut self, why: Malformed) {
        self.skipped.lines += 1;
        if self.skipped.examples.len() < EXAMPLES {
            let shown = self.line[..self.line.len().min(EXAMPLE_BYTES)].escape_ascii().to_string();
            self.skipped.examples.push((self.lines.count, why, shown));
        }
    }
}
