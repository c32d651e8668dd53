//! Tables of values told apart by commas, semicolons or tabs, with a row of names above: anybody's, k6's and `JMeter`'s.
//!
//! A row is one line: a quoted value that holds the end of a line is not understood.

use crate::Malformed;
use crate::names::{self, Field, Named};
use crate::number::{self, Unit};
use crate::row::{Parsed, Refusal, Span};
use crate::told::{Told, Writing};
use memchr::{memchr, memchr_iter, memchr2};

/// How many columns are looked at.
const MOST_COLUMNS: usize = 256;

/// The metric whose rows are k6's requests.
const K6_REQUEST: &[u8] = b"http_req_duration";

/// Whose table it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    Anybody,
    K6,
    JMeter,
}

/// What the columns of a table are.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    header: Vec<u8>,
    separator: u8,
    maker: Maker,
    columns: Vec<Option<Named>>,
    /// Where k6 says which metric a row is of.
    metric: Option<usize>,
    /// What a duration whose column does not say it is counted in.
    unit: Unit,
}

impl Layout {
    /// Reads a row of names; nothing if no time, or nothing that was asked for, is among them.
    pub(crate) fn of_header(line: &[u8]) -> Option<Self> {
        // Keys of JSON are names too.
        if memchr::memmem::find(line, b"\":").is_some() {
            return None;
        }
        let count = |b: u8| memchr_iter(b, line).count();
        let separator = [b',', b';', b'\t'].into_iter().max_by_key(|b| count(*b))?;
        let header: Vec<Vec<u8>> = values(line, separator)
            .map(|(span, _)| span.in_line(line).trim_ascii().iter().map(|b| names::normal(*b)).collect())
            .collect();
        let has = |name: &[u8]| header.iter().any(|column| column == name);
        let maker = if has(b"metric_name") && has(b"metric_value") {
            Maker::K6
        } else if has(b"timestamp") && has(b"elapsed") && has(b"label") {
            Maker::JMeter
        } else {
            Maker::Anybody
        };
        let columns: Vec<_> = header.iter().map(|name| maker.named(name)).collect();
        let tells = |field| columns.iter().flatten().any(|named| named.field == field);
        let metric = header.iter().position(|name| name == b"metric_name");
        let known =
            (tells(Field::Time) || tells(Field::Date)) && (tells(Field::Target) || tells(Field::Request));
        known.then(|| Self { header: line.to_vec(), separator, maker, columns, metric, unit: Unit::Millis })
    }

    /// The layout of the first of these lines, if most others fit it. A duration without a unit is seconds if it is always written with a
    /// decimal point, and most often below 1; else it is milliseconds.
    pub(crate) fn of(lines: &[&[u8]]) -> Option<Self> {
        let (header, rows) = lines.split_first()?;
        let mut layout = Self::of_header(header)?;
        let fit =
            rows.iter().filter(|row| !matches!(layout.row(&mut row.to_vec()), Err(Refusal::Malformed(_))));
        if fit.count() * 2 < rows.len() {
            return None;
        }
        let column = layout
            .columns
            .iter()
            .position(|c| matches!(c, Some(n) if n.field == Field::Duration && n.unit.is_none()));
        if let (Some(column), Maker::Anybody) = (column, layout.maker) {
            let durations: Vec<&[u8]> = rows
                .iter()
                .filter_map(|row| Some(values(row, layout.separator).nth(column)?.0.in_line(row)))
                .filter(|text| !text.is_empty())
                .collect();
            let below = durations
                .iter()
                .filter(|text| number::duration_us(text, Unit::Seconds).is_some_and(|us| us < 1_000_000));
            if !durations.is_empty()
                && below.count() * 2 > durations.len()
                && durations.iter().all(|text| memchr(b'.', text).is_some())
            {
                layout.unit = Unit::Seconds;
            }
        }
        Some(layout)
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self.maker {
            Maker::Anybody => "CSV",
            Maker::K6 => "k6 CSV",
            Maker::JMeter => "JMeter CSV (JTL)",
        }
    }

    /// Reads one line.
    pub(crate) fn row(&self, line: &mut Vec<u8>) -> Parsed {
        if *line == self.header {
            return Err(Refusal::Aside);
        }
        let mut told = Told::nothing();
        let mut seen = 0;
        for (i, (span, writing)) in values(line, self.separator).take(MOST_COLUMNS).enumerate() {
            seen = i + 1;
            if self.metric == Some(i) && span.in_line(line) != K6_REQUEST {
                return Err(Refusal::Aside);
            }
            let Some(Some(named)) = self.columns.get(i) else { continue };
            // JMeter tells the errors of its own client in the place of a status.
            let no_status = named.field == Field::Status && number::status(span.in_line(line)).is_none();
            if !(self.maker == Maker::JMeter && no_status) {
                told.put(*named, span, writing, line);
            }
        }
        if seen < self.columns.len().min(MOST_COLUMNS) / 2 {
            return Err(Malformed::Format.into());
        }
        told.row(line, self.unit)
    }
}

impl Maker {
    fn named(self, name: &[u8]) -> Option<Named> {
        let only = |field, rank, unit| Some(Named { field, rank, unit });
        match (self, name) {
            (Self::K6, b"metric_value") => only(Field::Duration, 0, Some(Unit::Millis)),
            (Self::K6, b"name") => only(Field::Target, 8, None),
            (Self::JMeter, b"elapsed") => only(Field::Duration, 0, Some(Unit::Millis)),
            (Self::JMeter, b"label") => only(Field::Target, 8, None),
            // The time to the first byte is not what the others tell.
            (Self::JMeter, b"latency") => None,
            (Self::K6 | Self::JMeter | Self::Anybody, _) => names::named(name),
        }
    }
}

/// The values of a line, where they stand and how.
fn values(line: &[u8], separator: u8) -> impl Iterator<Item = (Span, Writing)> {
    let mut at = Some(0);
    std::iter::from_fn(move || {
        let start = at?;
        let rest = line.get(start..)?;
        if rest.first() == Some(&b'"') {
            let (end, writing) = quoted(line, start + 1);
            let behind = memchr(separator, line.get(end..).unwrap_or_default());
            at = behind.map(|more| end + more + 1);
            return Some((Span::new(start + 1, end), writing));
        }
        let end = memchr(separator, rest).map(|more| start + more);
        at = end.map(|end| end + 1);
        Some((Span::new(start, end.unwrap_or(line.len())), Writing::Plain))
    })
}

/// Where the quote is that ends what begins here; two in a row are one that does not.
fn quoted(line: &[u8], start: usize) -> (usize, Writing) {
    let mut writing = Writing::Plain;
    let mut at = start;
    while let Some(more) = memchr2(b'"', b'\\', line.get(at..).unwrap_or_default()) {
        at += more;
        match (line[at], line.get(at + 1)) {
            (b'"', Some(b'"')) => {
                writing = Writing::Doubled;
                at += 2;
            }
            (b'"', _) => return (at, writing),
            // Some escape with a backslash instead.
            (_, Some(b'"')) => at += 2,
            _ => at += 1,
        }
    }
    (line.len(), writing)
}
