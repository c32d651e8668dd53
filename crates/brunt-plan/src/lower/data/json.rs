//! JSON data: a list of objects, a list of single values, or one of these a line (JSON Lines).

use super::{MAX_CELLS, Problems, Table};
use brunt_workload::Cell;
use serde::Deserializer as _;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// The column of values that are no objects.
pub(super) const COLUMN: &str = "value";

/// A file that is one JSON list.
pub(super) fn table(content: &[u8]) -> Result<Table, Problems> {
    let bytes = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut problems = Problems::default();
    let mut rows = Rows::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = reader.deserialize_seq(List { text: bytes, rows: &mut rows, problems: &mut problems });
    if let Err(error) = read.and_then(|()| reader.end()) {
        problems.add((error.line().max(1), error.column().max(1)), || syntax(&error));
    }
    rows.finish(problems)
}

/// Reads a list row by row: it may be far larger than what is kept of it.
struct List<'r> {
    text: &'r [u8],
    rows: &'r mut Rows,
    problems: &'r mut Problems,
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, `[{...}, {...}]`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element::<&RawValue>()? {
            // It is borrowed from the text: the distance of their beginnings is where it stands.
            let at = (row.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
            let value = serde_json::from_str(row.get()).map_err(serde::de::Error::custom)?;
            self.rows.add(value, || place(self.text, at), self.problems);
            if self.rows.cells.len() > MAX_CELLS {
                // Refused by whoever asked; the rest would only fill the memory.
                while list.next_element::<IgnoredAny>()?.is_some() {}
            }
        }
        Ok(())
    }
}

/// A file with a JSON value in each line.
pub(super) fn lines(content: &[u8]) -> Result<Table, Problems> {
    let bytes = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut problems = Problems::default();
    let mut rows = Rows::default();
    for (at, line) in bytes.split(|b| *b == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Value>(line) {
            Ok(row) => rows.add(row, || (at + 1, 1), &mut problems),
            Err(error) => problems.add((at + 1, error.column().max(1)), || syntax(&error)),
        }
        if rows.cells.len() > MAX_CELLS {
            break;
        }
    }
    rows.finish(problems)
}

/// Line and column of a byte.
fn place(text: &[u8], at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or_default();
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1);
    (
        before.split(|b| *b == b'\n').count(),
        String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
    )
}

/// The message without its place, which is told before it.
fn syntax(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

#[derive(Default)]
struct Rows {
    columns: Option<Vec<String>>,
    cells: Vec<Cell>,
}

impl Rows {
    /// Adds a row that stands at `place`; the first decides about the columns.
    fn add(&mut self, row: Value, place: impl Fn() -> (usize, usize), problems: &mut Problems) {
        let mut row = match row {
            Value::Object(row) => row,
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                serde_json::Map::from_iter([(COLUMN.to_owned(), scalar)])
            }
            Value::Array(_) => {
                return problems.add_at(&place, || "the row is a list; expected an object".to_owned());
            }
        };
        let columns = self.columns.get_or_insert_with(|| row.keys().cloned().collect());
        for column in columns.iter() {
            match row.remove(column).map(cell) {
                Some(cell) => self.cells.push(cell),
                None => problems.add_at(&place, || format!("the row has no `{column}`, the first row has")),
            }
        }
        for extra in row.keys() {
            problems
                .add_at(&place, || format!("the row has `{}`, the first row has not", extra.escape_debug()));
        }
    }

    fn finish(self, mut problems: Problems) -> Result<Table, Problems> {
        let columns = self.columns.unwrap_or_default();
        if columns.is_empty() && problems.count == 0 {
            problems.add((1, 1), || "there are no rows".to_owned());
        }
        problems.into_result(Table { columns, cells: self.cells })
    }
}

fn cell(value: Value) -> Cell {
    match value {
        Value::String(text) => Cell::Text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Cell::Json(value.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(read: Result<Table, Problems>) -> String {
        match read {
            Ok(table) => {
                let cell = |cell: &Cell| match cell {
                    Cell::Text(text) => format!("{text:?}"),
                    Cell::Json(json) => json.clone(),
                };
                let rows = table.cells.chunks(table.columns.len());
                let rows: Vec<String> =
                    rows.map(|r| r.iter().map(cell).collect::<Vec<_>>().join("|")).collect();
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
    fn lists() {
        for (text, expected) in [
            (r#"[{"a": "x", "b": 1}, {"b": null, "a": true}]"#, r#"a|b / "x"|1 / true|null"#),
            (r#"[{"a": {"b": [1]}}]"#, r#"a / {"b":[1]}"#),
            (r#"["x", 2]"#, r#"value / "x" / 2"#),
            ("[]", "1:1 there are no rows"),
            ("{}", "1:1 invalid type: map, expected a list, `[{...}, {...}]`"),
            ("[{\"a\": 1},\n {\"a\" 2}]", "2:7 expected `:`"),
            (
                r#"[{"a": 1}, {"b": 2}, {"a": [1, {"b": "c"}]}, [3]]"#,
                "1:12 the row has no `a`, the first row has / 1:12 the row has `b`, the first row has not / \
                 1:46 the row is a list; expected an object",
            ),
        ] {
            assert_eq!(shown(table(text.as_bytes())), expected, "{text}");
        }
    }

    #[test]
    fn one_a_line() {
        for (text, expected) in [
            ("{\"a\": 1}\n\n{\"a\": \"y\"}\n", r#"a / 1 / "y""#),
            ("1\n2", "value / 1 / 2"),
            ("{\"a\": 1}\n{\"a\": }\nx\n", "2:7 expected value / 3:1 expected value"),
            ("", "1:1 there are no rows"),
        ] {
            assert_eq!(shown(lines(text.as_bytes())), expected, "{text}");
        }
    }
}
