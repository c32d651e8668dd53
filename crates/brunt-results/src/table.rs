//! CSV files by the names of their columns, as tools write them and as spreadsheets leave them.

use crate::notes::{At, Notes};
use crate::number::{Comma, Duration, Instant, counted, instant, number};
use crate::source::{Source, cut};
use crate::{Kind, ResultsError};
use brunt_metrics::Nanos;
use csv::{ByteRecord, ErrorKind, ReaderBuilder};
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Which character separates fields: the one that the first line has most of.
pub(crate) fn delimiter(first_line: &[u8]) -> u8 {
    let count = |wanted: u8| first_line.split(|b| *b == wanted).count();
    // Of equals the first: a comma, unless another stands there more often.
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|d| count(*d)).unwrap_or(b',')
}

/// The fields of a first line, trimmed and in lower case.
pub(crate) fn headings(first_line: &[u8]) -> Vec<String> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter(first_line))
        .flexible(true)
        .from_reader(first_line);
    let mut record = ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => record.iter().map(|f| String::from_utf8_lossy(f).trim().to_lowercase()).collect(),
        Ok(false) | Err(_) => Vec::new(),
    }
}

/// The first line with something in it.
pub(crate) fn first_line(head: &[u8]) -> &[u8] {
    head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty()).unwrap_or_default()
}

/// A table that is read row by row.
pub(crate) struct Table<'a> {
    csv: csv::Reader<Box<dyn Read + 'a>>,
    columns: Vec<String>,
    kind: Kind,
    comma: Comma,
    record: ByteRecord,
    /// Fields that a row needs.
    needs: usize,
    /// The last byte that was read.
    last: Rc<Cell<u8>>,
    /// The last fields of the last two rows.
    ends: [Vec<u8>; 2],
}

/// Remembers the last byte, which says whether the last row was ended.
struct Watched<R> {
    inner: R,
    last: Rc<Cell<u8>>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        if let Some(byte) = buffer[..length].last() {
            self.last.set(*byte);
        }
        Ok(length)
    }
}

impl<'a> Table<'a> {
    /// A table whose first line names its columns.
    pub(crate) fn open(source: Source<'a>, kind: Kind) -> Self {
        Self::with(source, kind, true)
    }

    /// A table without names: columns are found by their number, from `names`.
    pub(crate) fn bare(source: Source<'a>, kind: Kind, names: &[&str]) -> Self {
        let mut table = Self::with(source, kind, false);
        table.columns = names.iter().map(|n| (*n).to_owned()).collect();
        table
    }

    fn with(source: Source<'a>, kind: Kind, headed: bool) -> Self {
        let first = first_line(&source.head);
        let delimiter = delimiter(first);
        let comma = if delimiter == b',' { Comma::GroupsThousands } else { Comma::IsPoint };
        let found = headings(first);
        let needs = found.len();
        let columns = if headed { found } else { Vec::new() };
        let last = Rc::new(Cell::new(b'\n'));
        let reader: Box<dyn Read + 'a> =
            Box::new(Watched { inner: source.into_reader(), last: Rc::clone(&last) });
        let csv =
            ReaderBuilder::new().has_headers(headed).delimiter(delimiter).flexible(true).from_reader(reader);
        Self { csv, columns, kind, comma, record: ByteRecord::new(), needs, last, ends: Default::default() }
    }

    /// The column of one of these names, of which the first is today's.
    pub(crate) fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.columns.iter().position(|c| c.eq_ignore_ascii_case(name)))
    }

    /// The same of a column that cannot be done without.
    pub(crate) fn need(&self, names: &[&str], notes: &Notes) -> Result<usize, ResultsError> {
        self.column(names).ok_or_else(|| {
            let wanted = names.first().copied().unwrap_or_default();
            ResultsError::Lacking {
                place: notes.place(At::line(1)),
                kind: self.kind,
                missing: format!("the column `{wanted}`"),
                help: near(wanted, &self.columns),
            }
        })
    }

    /// Says which columns nobody asks for, by their names.
    pub(crate) fn unknown(&self, known: &[&str], notes: &mut Notes) {
        let unknown: Vec<&str> = self
            .columns
            .iter()
            .map(String::as_str)
            .filter(|c| !c.is_empty() && !known.iter().any(|k| k.eq_ignore_ascii_case(c)))
            .collect();
        if !unknown.is_empty() {
            let names = crate::words::shown(&unknown.join("`, `"));
            notes.problem("unknown columns", At::line(1), || {
                format!("unknown columns are passed over: `{names}`")
            });
        }
    }

    /// Says that the last row is not ended. One that ends where the row before it goes on was cut off in its last field; what else was
    /// cut off there cannot be told from a tool that ends its files so.
    fn unended(&self, notes: &mut Notes) {
        if matches!(self.last.get(), b'\n' | b'\r') || notes.is_torn() {
            return;
        }
        let at = At::line(self.csv.position().line());
        let [before, last] = &self.ends;
        let is_part = before.len() > last.len() && before.starts_with(last);
        if is_part && (last.is_empty() || !last.iter().all(u8::is_ascii_digit)) {
            notes.cut(at, "the file was cut off here, in the last field of its last row");
        } else {
            notes.problem("no end of line", at, || {
                "the last row has all its fields, but no end of line: if the file was cut off there, what follows is missing".to_owned()
            });
        }
    }

    /// The next row that is whole; `None` at the end, or where the file cannot be read on.
    pub(crate) fn next(&mut self, notes: &mut Notes) -> Option<Row<'_>> {
        loop {
            match self.csv.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => {
                    self.unended(notes);
                    return None;
                }
                Err(error) => {
                    let line = self.csv.position().line();
                    notes.go_on();
                    notes.cut(At::line(line), ended(&error));
                    return None;
                }
            }
            let line = self.record.position().map_or(0, csv::Position::line);
            let (has, needs) = (self.record.len(), self.needs);
            if has >= needs {
                notes.go_on();
                self.ends.swap(0, 1);
                self.ends[1].clear();
                self.ends[1].extend_from_slice(self.record.iter().next_back().unwrap_or_default());
                break;
            }
            if self.record.iter().all(|f| f.trim_ascii().is_empty()) {
                continue;
            }
            notes.go_on();
            let plural = if has == 1 { "" } else { "s" };
            let text = format!("a row of {has} field{plural} where there are {needs} columns");
            notes.torn("short rows", At { line, column: has as u64 }, text);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        Some(Row { record: &self.record, line, comma: self.comma })
    }
}

fn ended(error: &csv::Error) -> String {
    if let ErrorKind::Io(e) = error.kind()
        && cut(e)
    {
        return format!("the compressed file ends here, cut off or damaged ({e}): read up to here");
    }
    format!("the file cannot be read on from here: {error}")
}

/// A word on what was meant.
pub(crate) fn near(wanted: &str, found: &[String]) -> String {
    let like = |c: &&String| strsim::jaro_winkler(&wanted.to_lowercase(), c);
    let best = found.iter().max_by(|a, b| like(a).total_cmp(&like(b))).filter(|c| like(c) > 0.85);
    match best {
        Some(best) => format!("is it `{}`? Rename it to `{wanted}`", crate::words::shown(best)),
        None => format!("it has: {}", crate::words::shown(&found.join(", "))),
    }
}

/// A row.
pub(crate) struct Row<'a> {
    record: &'a ByteRecord,
    pub(crate) line: u64,
    comma: Comma,
}

impl Row<'_> {
    pub(crate) const fn at(&self) -> At {
        At::line(self.line)
    }

    fn at_column(&self, column: usize) -> At {
        At { line: self.line, column: column as u64 + 1 }
    }

    /// A field's text; empty if there is none. What is no UTF-8 is replaced.
    pub(crate) fn text(&self, column: Option<usize>) -> Cow<'_, str> {
        let bytes = column.and_then(|c| self.record.get(c)).unwrap_or_default();
        String::from_utf8_lossy(bytes)
    }

    /// A name: as [`text`](Self::text), without the `'` that keeps a spreadsheet from taking it for a formula.
    pub(crate) fn name(&self, column: Option<usize>) -> Cow<'_, str> {
        let defused =
            |t: &str| t.strip_prefix('\'').is_some_and(|r| r.starts_with(['=', '+', '-', '@', '\t', '\r']));
        match self.text(column) {
            Cow::Borrowed(t) if defused(t) => Cow::Borrowed(&t[1..]),
            Cow::Owned(t) if defused(&t) => Cow::Owned(t[1..].to_owned()),
            text @ (Cow::Borrowed(_) | Cow::Owned(_)) => text,
        }
    }

    /// A field's number; `None` without one, which is a problem unless the field is empty or says so (`N/A`).
    pub(crate) fn number(&self, column: Option<usize>, notes: &mut Notes) -> Option<f64> {
        let column = column?;
        let text = self.text(Some(column));
        let text = text.trim();
        if matches!(text, "" | "N/A" | "-" | "null") {
            return None;
        }
        let Some(found) = number(text, self.comma) else {
            let shown = crate::words::shown(text);
            notes.problem("no numbers", self.at_column(column), || {
                format!("`{shown}` is no number: passed over")
            });
            return None;
        };
        if found.localised {
            let value = found.value;
            notes.problem("numbers as a spreadsheet writes them", self.at_column(column), || {
                format!(
                    "`{text}` is taken for {value}: a spreadsheet wrote this file; the tool's own is safer"
                )
            });
        }
        Some(found.value)
    }

    /// A count.
    pub(crate) fn count(&self, column: Option<usize>, notes: &mut Notes) -> Option<u64> {
        let value = self.number(column, notes)?;
        if value < 0.0 {
            notes.problem("negative counts", self.at_column(column?), || {
                format!("a count of {value} is taken for 0")
            });
        }
        Some(counted(value))
    }

    /// A duration in a unit of so many nanoseconds.
    pub(crate) fn duration(&self, column: Option<usize>, unit_ns: f64, notes: &mut Notes) -> Option<Nanos> {
        let value = self.number(column, notes)?;
        sound(value * unit_ns, self.at_column(column?), notes)
    }

    /// An instant since 1970.
    pub(crate) fn instant(&self, column: Option<usize>, notes: &mut Notes) -> Option<Instant> {
        let text = self.text(column);
        let found = instant(&text, self.comma);
        if found.is_none() {
            let shown = crate::words::shown(&text);
            notes.problem("no instants", self.at_column(column.unwrap_or(0)), || {
                format!("`{shown}` is no time: the row is left out")
            });
        }
        if text.contains(['E', 'e']) && text.contains('+') && found.is_some() {
            notes.problem("rounded instants", self.at_column(column.unwrap_or(0)), || {
                format!("a spreadsheet rounded the time to `{text}`: the course of the run is lost; use the tool's own file")
            });
        }
        found
    }
}

/// A duration in bounds; what is out of them is a problem. `None` for a negative one: taken for 0 it would flatter.
pub(crate) fn sound(nanoseconds: f64, at: At, notes: &mut Notes) -> Option<Nanos> {
    match Duration::of(nanoseconds) {
        Duration::Sound(time) => Some(time),
        Duration::Negative => {
            notes.problem("negative durations", at, || {
                format!("a duration of {} ms is none: it is left out", nanoseconds / 1e6)
            });
            None
        }
        Duration::Clamped(time) => {
            notes.problem("absurd durations", at, || {
                format!("a duration of {} ms is taken for {time}", nanoseconds / 1e6)
            });
            Some(time)
        }
    }
}
