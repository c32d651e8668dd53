//! What a line tells, field by field, before it is a request.
//!
//! Parsers of formats whose fields have names put them here by their meaning; [`Told::row`] makes the request of them, the same way for
//! all: it reads times and numbers, undoes what stood for other characters, takes request lines and addresses of the web apart.

use crate::names::{Field, Named};
use crate::number::{self, Unit};
use crate::row::{Parsed, Row, Span};
use crate::{Malformed, clf, json, time};
use memchr::memchr;

/// How a value stands in its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writing {
    #[default]
    Plain,
    /// With the escapes of JSON.
    Json,
    /// With quotes doubled.
    Doubled,
    /// With `+` for blanks, as IIS writes agents.
    Plus,
}

#[derive(Clone, Copy, Debug, Default)]
struct Value {
    span: Span,
    writing: Writing,
    /// 0 where there is no value, then one more than its rank.
    standing: u8,
}

/// The fields of one line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    values: [Value; Field::COUNT],
    /// What the duration is counted in, where its name says it.
    unit: Option<Unit>,
}

impl Told {
    pub(crate) fn nothing() -> Self {
        Self { values: [Value::default(); Field::COUNT], unit: None }
    }

    /// Puts a value in its place, unless one of a better or the same rank stands there. What says nothing is passed over.
    pub(crate) fn put(&mut self, named: Named, span: Span, writing: Writing, line: &[u8]) {
        let standing = named.rank.saturating_add(1);
        let value = &mut self.values[named.field as usize];
        let better = value.standing == 0 || standing < value.standing;
        if !better || matches!(span.in_line(line), b"" | b"-" | b"null") {
            return;
        }
        *value = Value { span, writing, standing };
        if named.field == Field::Duration {
            self.unit = named.unit;
        }
    }

    /// The request that the fields tell of. `unit` is what a duration without unit is counted in. The line is changed only where there
    /// is a request.
    pub(crate) fn row(&self, line: &mut Vec<u8>, unit: Unit) -> Parsed {
        let (at_us, offset_s) = self.time(line).ok_or(Malformed::Time)?;
        if self.has(Field::Request) + self.has(Field::Target) == 0 {
            return Err(Malformed::Request.into());
        }
        let status = self.raw(Field::Status, line);
        let status = if status.is_empty() { 0 } else { number::status(status).ok_or(Malformed::Status)? };
        let mut row = Row {
            at_us,
            offset_s,
            status,
            bytes: number::whole(self.raw(Field::Bytes, line)),
            duration_us: number::duration_us(self.raw(Field::Duration, line), self.unit.unwrap_or(unit)),
            client: self.text(Field::Client, line),
            forwarded: self.text(Field::Forwarded, line),
            host: self.text(Field::Host, line),
            session: self.text(Field::Session, line),
            agent: self.text(Field::Agent, line),
            referer: self.text(Field::Referer, line),
            method: self.text(Field::Method, line),
            target: self.text(Field::Target, line),
        };
        row.client = without_port(row.client, line);
        self.request(&mut row, line);
        join_query(&mut row, self.text(Field::Query, line), line);
        Ok(row)
    }

    fn has(&self, field: Field) -> usize {
        usize::from(self.values[field as usize].standing > 0)
    }

    fn raw<'a>(&self, field: Field, line: &'a [u8]) -> &'a [u8] {
        self.values[field as usize].span.in_line(line).trim_ascii()
    }

    /// A day and a time of day that stand apart are one moment.
    fn time(&self, line: &[u8]) -> Option<(i64, i32)> {
        let (day, clock) = (self.raw(Field::Date, line), self.raw(Field::Time, line));
        if day.is_empty() {
            return time::any(clock);
        }
        if clock.is_empty() {
            return time::any(day);
        }
        if clock.get(2) != Some(&b':') {
            return time::any(clock);
        }
        let mut both = [b' '; 48];
        both.get_mut(..day.len())?.copy_from_slice(day);
        let end = day.len() + 1 + clock.len();
        both.get_mut(day.len() + 1..end)?.copy_from_slice(clock);
        time::any(&both[..end])
    }

    /// The text of a field, with what stood for other characters undone in its place.
    fn text(&self, field: Field, line: &mut [u8]) -> Span {
        let value = self.values[field as usize];
        let text = value.span.in_line_mut(line);
        match value.writing {
            Writing::Plain => value.span,
            Writing::Json => value.span.first(json::unescape(text)),
            Writing::Doubled => value.span.first(undouble(text)),
            Writing::Plus => {
                for b in text.iter_mut().filter(|b| **b == b'+') {
                    *b = b' ';
                }
                value.span
            }
        }
    }

    /// Takes a request line apart where there is one, and the host off a target that is an address of the web. A log that has targets
    /// but no methods is taken to tell of `GET`.
    fn request(&self, row: &mut Row, line: &mut Vec<u8>) {
        if self.has(Field::Target) == 0 || self.has(Field::Method) == 0 {
            let span = self.text(Field::Request, line);
            let (method, target) = clf::request(span.in_line(line));
            let (method, target) = (Span::of(line, method), Span::of(line, target));
            if self.has(Field::Target) == 0 {
                // Some log the bare path as their request.
                row.target = if span.in_line(line).starts_with(b"/") { span } else { target };
            }
            if self.has(Field::Method) == 0 {
                row.method = method;
            }
        }
        if !row.target.is_empty() && row.method.is_empty() {
            row.method = appended(line, b"GET");
        }
        split_url(row, line);
    }
}

/// What is written behind the end of a line.
fn appended(line: &mut Vec<u8>, text: &[u8]) -> Span {
    let start = line.len();
    line.extend_from_slice(text);
    Span::new(start, line.len())
}

/// Takes scheme and host off a target that is an address of the web. The port that goes without saying is left out; a fragment is none
/// of the server's business.
pub(crate) fn split_url(row: &mut Row, line: &mut Vec<u8>) {
    const SCHEMES: [(&[u8], &[u8]); 2] = [(b"http://", b":80"), (b"https://", b":443")];
    let text = row.target.in_line(line);
    let after = |(scheme, port)| Some((text.strip_prefix(scheme)?, port));
    let Some((rest, port)) = SCHEMES.into_iter().find_map(after) else { return };
    let rest = &rest[..memchr(b'#', rest).unwrap_or(rest.len())];
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?')).unwrap_or(rest.len());
    let (host, target) = rest.split_at(end);
    if row.host.is_empty() {
        row.host = Span::of(line, host.strip_suffix(port).unwrap_or(host));
    }
    if target.starts_with(b"/") {
        row.target = Span::of(line, target);
    } else {
        let rooted = [b"/", target].concat();
        row.target = appended(line, &rooted);
    }
}

/// Puts a query that was told apart behind its target, if it has none. Where it stands one byte behind it, that byte becomes the `?`.
fn join_query(row: &mut Row, query: Span, line: &mut Vec<u8>) {
    let target = row.target.in_line(line);
    let text = query.in_line(line);
    if text.is_empty() || target.is_empty() || memchr(b'?', target).is_some() {
        return;
    }
    if query.start() == row.target.end() + 1 && text[0] != b'?' {
        line[row.target.end()] = b'?';
        row.target = Span::new(row.target.start(), query.end());
        return;
    }
    let (target, text) = (target.to_vec(), text.strip_prefix(b"?").unwrap_or(text).to_vec());
    let start = appended(line, &target).start();
    line.push(b'?');
    line.extend_from_slice(&text);
    row.target = Span::new(start, line.len());
}

/// An address without the port behind it: `10.0.0.1:4711`, `[::1]:4711`.
pub(crate) fn without_port(span: Span, line: &[u8]) -> Span {
    let text = span.in_line(line);
    if let Some(inside) = text.strip_prefix(b"[") {
        return memchr(b']', inside).map_or(span, |end| Span::of(line, &inside[..end]));
    }
    match memchr(b':', text) {
        Some(at) if at + 1 < text.len() && text[at + 1..].iter().all(u8::is_ascii_digit) => span.first(at),
        Some(_) | None => span,
    }
}

/// Makes one of two quotes, in place; gives the new length.
fn undouble(text: &mut [u8]) -> usize {
    let (mut read, mut written) = (0, 0);
    while read < text.len() {
        text[written] = text[read];
        written += 1;
        read += if text[read] == b'"' && text.get(read + 1) == Some(&b'"') { 2 } else { 1 };
    }
    written
}
