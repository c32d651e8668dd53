//! JSON data: a list of objects, a list of single values, or one of these a line (JSON Lines).

use super::{Problems, Table};
use brunt_workload::Cell;
use serde_json::Value;

/// The column of values that are no objects.
pub(super) const COLUMN: &str = "value";

/// A file that is one JSON list.
pub(super) fn table(content: &[u8]) -> Result<Table, Problems> {
    let bytes = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut problems = Problems::default();
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Array(rows)) => {
            let mut rows_so_far = Rows::default();
            for (at, row) in rows.into_iter().enumerate() {
                rows_so_far.add(row, &format!("row {}", at + 1), (1, 1), &mut problems);
            }
            rows_so_far.finish(problems)
        }
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            problems.add((1, 1), || "expected a list, `[{...}, {...}]`".to_owned());
            Err(problems)
        }
        Err(error) => {
            problems.add((error.line().max(1), error.column().max(1)), || syntax(&error));
            Err(problems)
        }
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
            Ok(row) => rows.add(row, "the row", (at + 1, 1), &mut problems),
            Err(error) => problems.add((at + 1, error.column().max(1)), || syntax(&error)),
        }
    }
    rows.finish(problems)
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
    /// Adds a row, which messages call `name`; the first decides about the columns.
    fn add(&mut self, row: Value, name: &str, place: (usize, usize), problems: &mut Problems) {
        let mut row = match row {
            Value::Object(row) => row,
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                serde_json::Map::from_iter([(COLUMN.to_owned(), scalar)])
            }
            Value::Array(_) => return problems.add(place, || format!("{name} is a list; expected an object")),
        };
        let columns = self.columns.get_or_insert_with(|| row.keys().cloned().collect());
        for column in columns.iter() {
            match row.remove(column).map(cell) {
                Some(Some(cell)) => self.cells.push(cell),
                Some(None) => problems.add(place, || format!("`{column}` of {name} is neither text nor number")),
                None => problems.add(place, || format!("{name} has no `{column}`, the first row has")),
            }
        }
        for extra in row.keys() {
            problems.add(place, || format!("{name} has `{}`, the first row has not", extra.escape_debug()));
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

fn cell(value: Value) -> Option<Cell> {
    match value {
        Value::String(text) => Some(Cell::Text(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(Cell::Json(value.to_string())),
        Value::Array(_) | Value::Object(_) => None,
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
                let rows: Vec<String> = rows.map(|r| r.iter().map(cell).collect::<Vec<_>>().join("|")).collect();
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
            (r#"["x", 2]"#, r#"value / "x" / 2"#),
            ("[]", "1:1 there are no rows"),
            ("{}", "1:1 expected a list, `[{...}, {...}]`"),
            ("[{\"a\": 1},\n {\"a\" 2}]", "2:7 expected `:`"),
            (
                r#"[{"a": 1}, {"b": 2}, {"a": [1]}, [3]]"#,
                "1:1 row 2 has no `a`, the first row has / 1:1 row 2 has `b`, the first row has not / \
                 1:1 `a` of row 3 is neither text nor number / 1:1 row 4 is a list; expected an object",
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
