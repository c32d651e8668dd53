//! One request as places in its line.
//!
//! Parsers answer with places, not with borrowed text: the log that owns the line lends an [`Entry`] of it afterwards, and no line
//! is parsed twice. A parser may change the line in place (to unescape) or write behind its end (what stands nowhere in it).

use crate::{Entry, Malformed};

/// A piece of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let at = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: at(start), end: at(end) }
    }

    /// Where `part` stands in `line`, of which it is a slice; nothing if it is none.
    pub(crate) fn of(line: &[u8], part: &[u8]) -> Self {
        if part.is_empty() {
            return Self::default();
        }
        let start = part.as_ptr().addr().wrapping_sub(line.as_ptr().addr());
        Self::new(start, start.saturating_add(part.len()))
    }

    pub(crate) fn in_line(self, line: &[u8]) -> &[u8] {
        line.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    pub(crate) fn in_line_mut(self, line: &mut [u8]) -> &mut [u8] {
        line.get_mut(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Its first bytes.
    pub(crate) fn first(self, bytes: usize) -> Self {
        Self::new(self.start as usize, (self.start as usize + bytes).min(self.end as usize))
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    pub(crate) const fn start(self) -> usize {
        self.start as usize
    }

    pub(crate) const fn end(self) -> usize {
        self.end as usize
    }
}

/// What a parser makes of a line.
pub(crate) type Parsed = Result<Row, Refusal>;

/// Why a line is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not meant to be one: blank, a comment, a header, another metric.
    Aside,
    Malformed(Malformed),
}

impl From<Malformed> for Refusal {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

/// A request whose text is places in its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) at_us: i64,
    pub(crate) offset_s: i32,
    pub(crate) client: Span,
    pub(crate) forwarded: Span,
    pub(crate) host: Span,
    pub(crate) session: Span,
    pub(crate) agent: Span,
    pub(crate) referer: Span,
    pub(crate) method: Span,
    pub(crate) target: Span,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
    pub(crate) duration_us: Option<u64>,
}

impl Row {
    /// The row of an entry that borrows from this line.
    pub(crate) fn of(line: &[u8], entry: &Entry<'_>) -> Self {
        let at = |part| Span::of(line, part);
        Self {
            at_us: entry.at_us,
            offset_s: entry.offset_s,
            client: at(entry.client),
            forwarded: at(entry.forwarded),
            host: at(entry.host),
            session: at(entry.session),
            agent: at(entry.agent),
            referer: at(entry.referer),
            method: at(entry.method),
            target: at(entry.target),
            status: entry.status,
            bytes: entry.bytes,
            duration_us: entry.duration_us,
        }
    }

    pub(crate) fn entry(self, line: &[u8]) -> Entry<'_> {
        Entry {
            at_us: self.at_us,
            offset_s: self.offset_s,
            client: self.client.in_line(line),
            forwarded: self.forwarded.in_line(line),
            host: self.host.in_line(line),
            session: self.session.in_line(line),
            agent: self.agent.in_line(line),
            referer: self.referer.in_line(line),
            method: self.method.in_line(line),
            target: self.target.in_line(line),
            status: self.status,
            bytes: self.bytes,
            duration_us: self.duration_us,
        }
    }
}
