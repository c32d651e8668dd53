//! Lines of a source that may hold anything, in memory that does not grow with it.

use crate::LogError;
use std::io::{self, BufRead};

/// The longest line that is looked at: what is longer is no request that a server would have taken.
pub(crate) const LONGEST_LINE: usize = 1 << 20;

/// How much of a log is looked at to recognise its format.
const HEAD_LINES: usize = 100;
const HEAD_BYTES: usize = 256 << 10;

/// What some writers on Windows put in front of UTF-8.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Lines, and how many were read.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    from: R,
    /// Read ahead of the lines, with the error that ended it.
    head: Vec<u8>,
    used: usize,
    failed: Option<io::Error>,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) const fn new(from: R) -> Self {
        Self { from, head: Vec::new(), used: 0, failed: None, count: 0, bytes: 0 }
    }

    /// Reads ahead so far as a format is recognised by, up to a whole line. An error is given when the lines have come to it.
    pub(crate) fn head(&mut self) -> &[u8] {
        let mut lines = 0;
        let mut ended = false;
        while lines < HEAD_LINES && self.head.len() < HEAD_BYTES && self.failed.is_none() {
            let part = match self.from.fill_buf() {
                Ok([]) => {
                    ended = true;
                    break;
                }
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            };
            let part = &part[..part.len().min(HEAD_BYTES)];
            lines += memchr::memchr_iter(b'\n', part).count();
            self.head.extend_from_slice(part);
            let taken = part.len();
            self.from.consume(taken);
        }
        match memchr::memrchr(b'\n', &self.head) {
            Some(last) if !ended => &self.head[..=last],
            Some(_) | None => &self.head,
        }
    }

    /// The next line without its end; false at the end of all. Of a line that is longer than one may be only one byte more than that
    /// is kept.
    pub(crate) fn next_into(&mut self, line: &mut Vec<u8>) -> Result<bool, LogError> {
        line.clear();
        let mut any = false;
        loop {
            let part = match self.part() {
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(LogError::of(self.count + 1, error)),
            };
            if part.is_empty() {
                self.count += u64::from(any);
                break;
            }
            any = true;
            let end = memchr::memchr(b'\n', part);
            let taken = end.unwrap_or(part.len());
            let room = (LONGEST_LINE + 1).saturating_sub(line.len());
            line.extend_from_slice(&part[..taken.min(room)]);
            self.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                self.count += 1;
                break;
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if self.count == 1 && line.starts_with(BOM) {
            line.drain(..BOM.len());
        }
        Ok(any)
    }

    /// All that is left, up to so many bytes; `None` if there is more.
    pub(crate) fn rest(&mut self, most: usize) -> Result<Option<Vec<u8>>, LogError> {
        let mut all = Vec::new();
        loop {
            let part = match self.part() {
                Ok([]) => return Ok(Some(all)),
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    let line = memchr::memchr_iter(b'\n', &all).count() as u64 + 1;
                    return Err(LogError::of(line, error));
                }
            };
            if part.len() > most - all.len() {
                return Ok(None);
            }
            all.extend_from_slice(part);
            let taken = part.len();
            self.consume(taken);
        }
    }

    fn part(&mut self) -> io::Result<&[u8]> {
        if self.used < self.head.len() {
            return Ok(&self.head[self.used..]);
        }
        self.failed.take().map_or_else(|| self.from.fill_buf(), Err)
    }

    fn consume(&mut self, amount: usize) {
        self.bytes += amount as u64;
        if self.used < self.head.len() {
            self.used += amount;
            if self.used >= self.head.len() {
                self.head = Vec::new();
                self.used = 0;
            }
        } else {
            self.from.consume(amount);
        }
    }
}
