//! CSV (RFC 4180) with a header row.
//!
//! ```text
//! file   = [ BOM ] header { row }          lines end in LF or CRLF; empty lines are left out
//! row    = field { delimiter field }
//! field  = '"' { char - '"' | '""' } '"'   may hold delimiters and line breaks
//!        | { char - delimiter - '"' }
//! ```
//!
//! Read here rather than by a library because what is wrong must be told with line and column, a quote that is
//! never closed included.

use super::{MAX_CELLS, MAX_COLUMNS, Problems, Table};
use brunt_workload::Cell;

/// A field of a row: its text, and where it begins.
struct Field {
    text: Vec<u8>,
    line: usize,
    column: usize,
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    delimiter: u8,
    line: usize,
    line_start: usize,
}

pub(super) fn table(content: &[u8], delimiter: u8) -> Result<Table, Problems> {
    let bytes = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut reader = Reader { bytes, at: 0, delimiter, line: 1, line_start: 0 };
    let mut problems = Problems::default();
    let Some(header) = reader.row(&mut problems) else {
        problems.add((1, 1), || "the file is empty; its first line must name the columns".to_owned());
        return Err(problems);
    };
    let columns = columns(&header, delimiter, &mut problems);
    let mut cells = Vec::new();
    loop {
        let before = problems.count;
        let Some(row) = reader.row(&mut problems) else { break };
        // A row that could not be read has any number of fields.
        if row.len() != columns.len() && problems.count > before {
            continue;
        }
        if row.len() != columns.len() {
            let place = row.first().map_or((reader.line, 1), |f| (f.line, f.column));
            problems.add(place, || {
                let fields =
                    if row.len() == 1 { "1 field".to_owned() } else { format!("{} fields", row.len()) };
                format!("the row has {fields}, the header has {}", columns.len())
            });
            continue;
        }
        cells.extend(row.into_iter().map(|field| Cell::Text(text(field, &mut problems))));
        if cells.len() > MAX_CELLS {
            // Refused by whoever asked; the rest would only fill the memory.
            break;
        }
    }
    if cells.is_empty() && problems.count == 0 {
        problems.add((reader.line, 1), || "there are no rows below the header".to_owned());
    }
    problems.into_result(Table { columns, cells })
}

fn columns(header: &[Field], delimiter: u8, problems: &mut Problems) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for field in header.iter().take(MAX_COLUMNS + 1) {
        let place = (field.line, field.column);
        let Ok(name) = std::str::from_utf8(&field.text) else {
            problems.add(place, || "this is not UTF-8 text".to_owned());
            out.push(String::new());
            continue;
        };
        let name = name.trim();
        if name.is_empty() {
            problems.add(place, || format!("column {} has no name", out.len() + 1));
        } else if out.iter().any(|other| other == name) {
            problems.add(place, || format!("two columns are named `{}`", name.escape_debug()));
        } else if name.contains(['{', '}', '\n']) {
            problems.add(place, || format!("`{}` cannot be a column's name", name.escape_debug()));
        }
        out.push(name.to_owned());
    }
    if let [only] = out.as_slice()
        && let Some(other) =
            [';', '\t', ',', '|'].iter().find(|c| **c != char::from(delimiter) && only.contains(**c))
    {
        let place = header.first().map_or((1, 1), |f| (f.line, f.column));
        problems
            .add(place, || format!("one column only: is `delimiter: \"{}\"` meant?", other.escape_debug()));
    }
    out
}

fn text(field: Field, problems: &mut Problems) -> String {
    let (line, column) = (field.line, field.column);
    String::from_utf8(field.text).unwrap_or_else(|error| {
        let valid = error.utf8_error().valid_up_to();
        let good = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).chars().count();
        problems.add((line, column + good), || "this is not UTF-8 text".to_owned());
        String::new()
    })
}

impl Reader<'_> {
    /// The next row that is not empty; `None` at the end.
    fn row(&mut self, problems: &mut Problems) -> Option<Vec<Field>> {
        while let Some(rest) = self.bytes.get(self.at..).filter(|rest| !rest.is_empty()) {
            let blank = rest.iter().take_while(|b| **b == b'\r').count();
            if rest.get(blank) == Some(&b'\n') {
                self.at += blank;
                self.newline();
                continue;
            }
            return Some(self.fields(problems));
        }
        None
    }

    fn fields(&mut self, problems: &mut Problems) -> Vec<Field> {
        let mut out = Vec::new();
        loop {
            out.push(self.field(problems));
            match self.bytes.get(self.at) {
                Some(b) if *b == self.delimiter => self.at += 1,
                Some(_) => {
                    self.newline();
                    return out;
                }
                None => return out,
            }
        }
    }

    /// Line and column of where the reader stands.
    fn place(&self) -> (usize, usize) {
        let before = self.bytes.get(self.line_start..self.at).unwrap_or_default();
        (self.line, String::from_utf8_lossy(before).chars().count() + 1)
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line += 1;
        self.line_start = self.at;
    }

    /// One field; stands on the delimiter, the line feed or the end afterwards.
    fn field(&mut self, problems: &mut Problems) -> Field {
        let (line, column) = self.place();
        let mut text = Vec::new();
        if self.bytes.get(self.at) == Some(&b'"') {
            self.at += 1;
            if !self.quoted(&mut text) {
                problems.add((line, column), || "this quote is never closed".to_owned());
                return Field { text, line, column };
            }
            let after = self.place();
            if self.plain().iter().any(|b| *b != b' ') {
                problems.add(after, || {
                    "text follows a closing quote; a quote in quotes is written twice".to_owned()
                });
            }
        } else {
            text.extend_from_slice(self.plain());
        }
        Field { text, line, column }
    }

    /// Up to the closing quote; whether there is one.
    fn quoted(&mut self, text: &mut Vec<u8>) -> bool {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' if self.bytes.get(self.at + 1) == Some(&b'"') => {
                    text.push(b'"');
                    self.at += 2;
                }
                b'"' => {
                    self.at += 1;
                    return true;
                }
                b'\n' => {
                    text.push(b'\n');
                    self.newline();
                }
                byte => {
                    text.push(*byte);
                    self.at += 1;
                }
            }
        }
        false
    }

    /// Up to the delimiter or the line's end.
    fn plain(&mut self) -> &[u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|b| *b == self.delimiter || *b == b'\n').unwrap_or(rest.len());
        self.at += end;
        let text = rest.get(..end).unwrap_or_default();
        let at_line_end = rest.get(end).is_none_or(|b| *b == b'\n');
        if at_line_end { text.strip_suffix(b"\r").unwrap_or(text) } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &[u8], delimiter: u8) -> String {
        match table(text, delimiter) {
            Ok(table) => {
                let rows = table.cells.chunks(table.columns.len());
                let rows: Vec<String> =
                    rows.map(|r| r.iter().map(Cell::as_text).collect::<Vec<_>>().join("|")).collect();
                format!("{} / {}", table.columns.join("|"), rows.join(" / "))
            }
            Err(problems) => {
                let all: Vec<String> =
                    problems.first.iter().map(|p| format!("{}:{} {}", p.line, p.column, p.what)).collect();
                all.join(" / ")
            }
        }
    }

    #[test]
    fn files() {
        for (text, expected) in [
            ("a,b\n1,2\n", "a|b / 1|2"),
            ("\u{feff}a,b\r\n1,2\r\n3,4", "a|b / 1|2 / 3|4"),
            ("a, b \n\"x, \"\"y\"\"\",\"two\nlines\"\n\n", "a|b / x, \"y\"|two\nlines"),
            ("a,b\n,\n", "a|b / |"),
            ("", "1:1 the file is empty; its first line must name the columns"),
            ("\n\n", "1:1 the file is empty; its first line must name the columns"),
            ("a,b\n", "2:1 there are no rows below the header"),
            (
                "a,b\n1\n1,2,3\n\n4,5\n6\n",
                "2:1 the row has 1 field, the header has 2 / 3:1 the row has 3 fields, the header has 2 / 6:1 the row has 1 field, the header has 2",
            ),
            ("a,,a\n1,2,3\n", "1:3 column 2 has no name / 1:4 two columns are named `a`"),
            ("a,b\nx,\"y\nz\n", "2:3 this quote is never closed"),
            ("a,b\n\"x\" y,1\n", "2:4 text follows a closing quote; a quote in quotes is written twice"),
            ("a;b\n1;2\n", "1:1 one column only: is `delimiter: \";\"` meant?"),
        ] {
            assert_eq!(shown(text.as_bytes(), b','), expected, "{text:?}");
        }
        assert_eq!(shown(b"a;b\n1;2,5\n", b';'), "a|b / 1|2,5");
        assert_eq!(shown(b"a,b\nok,x\xffy\n", b','), "2:5 this is not UTF-8 text");
        assert_eq!(shown(b"a,\xff\n1,2\n", b','), "1:3 this is not UTF-8 text");
    }

    #[test]
    fn problems_are_counted_and_not_all_kept() {
        let text = format!("a,b\n{}", "1\n".repeat(100));
        let problems = table(text.as_bytes(), b',').unwrap_err();
        assert_eq!((problems.first.len(), problems.count), (super::super::MAX_TOLD, 100));
    }
}
