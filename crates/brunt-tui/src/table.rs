//! Tables that fit: columns that have no room move into a further table with the same names at the left.

use crate::Style;
use crate::style::{Line, Tone};
use crate::text::{fit_middle, left, right, width};

/// The narrowest that the column of names gets before columns move away.
const NAME_MIN: usize = 16;
/// The widest: longer names lose their middle.
const NAME_MAX: usize = 48;
/// Before each column.
const GAP: usize = 2;

/// Names at the left, numbers to the right of them.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    name: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Column {
    head: String,
    cells: Vec<String>,
}

#[derive(Clone, Debug)]
struct Row {
    name: String,
    tone: Tone,
}

impl Table {
    pub(crate) fn new(name: &str, heads: &[&str]) -> Self {
        let column = |head: &&str| Column { head: (*head).into(), cells: Vec::new() };
        Self { name: name.into(), columns: heads.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Adds a row with one cell a column.
    pub(crate) fn row(&mut self, tone: Tone, name: String, cells: Vec<String>) {
        self.rows.push(Row { name, tone });
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.cells.push(cell);
        }
    }

    /// The lines of as many tables as it takes, an empty line between them.
    pub(crate) fn render(&self, columns: usize, style: Style) -> Vec<String> {
        let longest = self.rows.iter().map(|r| width(&r.name)).chain([width(&self.name)]).max().unwrap_or(0);
        let name_min = longest.min(NAME_MIN);
        let mut lines = Vec::new();
        let mut rest = self.columns.as_slice();
        while !rest.is_empty() {
            let mut used = name_min;
            let fits = rest.iter().take_while(|column| {
                used += GAP + column.width();
                used <= columns
            });
            // A screen too narrow for one column still gets it, cut.
            let fits = fits.count().max(1);
            let (shown, further) = rest.split_at(fits);
            rest = further;
            let numbers: usize = shown.iter().map(|c| GAP + c.width()).sum();
            let names = columns.saturating_sub(numbers).clamp(name_min, longest.min(NAME_MAX).max(name_min));
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(self.line(None, shown, names, style).render(columns, style));
            for at in 0..self.rows.len() {
                lines.push(self.line(Some(at), shown, names, style).render(columns, style));
            }
        }
        lines
    }

    fn line(&self, row: Option<usize>, shown: &[Column], names: usize, style: Style) -> Line {
        let (name, tone) = match row.and_then(|at| self.rows.get(at)) {
            Some(row) => (row.name.as_str(), row.tone),
            None => (self.name.as_str(), Tone::Label),
        };
        let mut text = left(&fit_middle(name, names, style.ellipsis()), names);
        for column in shown {
            let cell = row.map_or(Some(&column.head), |at| column.cells.get(at));
            text += &" ".repeat(GAP);
            text += &right(cell.map_or("", String::as_str), column.width());
        }
        Line::new(tone, text)
    }
}

impl Column {
    fn width(&self) -> usize {
        self.cells.iter().map(|c| width(c)).chain([width(&self.head)]).max().unwrap_or(0)
    }
}
