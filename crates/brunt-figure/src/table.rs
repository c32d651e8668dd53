//! A figure's numbers as rows: the table beneath it, and CSV.

use crate::{Axis, Bars, BoxMark, Cells, Dot, Figure, Line, Marks, Panel, Scale, Unit};

/// The numbers of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The names of the columns, with units.
    pub columns: Vec<String>,
    /// The rows, as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

/// A value in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A name.
    Name(String),
    /// A number in a unit.
    Number(f64, Unit),
    /// Nothing was measured.
    Nothing,
}

impl Value {
    fn of(value: Option<f64>, unit: Unit) -> Self {
        value.map_or(Self::Nothing, |v| Self::Number(v, unit))
    }

    /// As people read it.
    pub fn show(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Number(value, unit) => unit.show(*value),
            Self::Nothing => "-".into(),
        }
    }

    /// As programs read it: the number alone, nothing where nothing was measured.
    fn plain(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Number(value, _) => {
                // Six digits are more than any figure here has.
                let text = format!("{value:.6}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Self::Nothing => String::new(),
        }
    }
}

impl Table {
    /// The numbers of a figure.
    pub fn of(figure: &Figure) -> Self {
        let parts: Vec<Self> = figure.panels.iter().map(of_panel).collect();
        let several = figure.panels.len() > 1;
        let mut columns: Vec<String> = Vec::new();
        if several {
            columns.push("panel".into());
        }
        for column in parts.iter().flat_map(|part| &part.columns) {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        let mut rows = Vec::new();
        for (part, panel) in parts.iter().zip(&figure.panels) {
            let places: Vec<Option<usize>> =
                part.columns.iter().map(|c| columns.iter().position(|o| o == c)).collect();
            for own in &part.rows {
                let mut row = vec![Value::Nothing; columns.len()];
                if several && let Some(first) = row.first_mut() {
                    *first = Value::Name(panel.title.clone());
                }
                for (value, place) in own.iter().zip(&places) {
                    if let Some(cell) = place.and_then(|at| row.get_mut(at)) {
                        cell.clone_from(value);
                    }
                }
                rows.push(row);
            }
        }
        Self { columns, rows }
    }

    /// As CSV (RFC 4180), the first row the columns' names. A name that a spreadsheet would take for a formula has a `'`
    /// before it.
    pub fn csv(&self) -> String {
        let head = self.columns.iter().map(|c| field(c)).collect::<Vec<_>>().join(",");
        let row = |row: &Vec<Value>| {
            let cells = row.iter().map(|value| match value {
                Value::Name(name) => field(name),
                Value::Number(..) | Value::Nothing => value.plain(),
            });
            cells.collect::<Vec<_>>().join(",")
        };
        let rows = self.rows.iter().map(row);
        std::iter::once(head).chain(rows).map(|line| line + "\r\n").collect()
    }
}

fn field(text: &str) -> String {
    let text = crate::text::clean(text);
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn headed(label: &str, unit: Unit) -> String {
    match unit.heading() {
        "" => label.to_owned(),
        unit => format!("{label} ({unit})"),
    }
}

fn of_panel(panel: &Panel) -> Table {
    match &panel.marks {
        Marks::Lines(lines) => of_lines(panel, lines),
        Marks::Bars(bars) => of_bars(panel, bars),
        Marks::Boxes(boxes) => of_boxes(panel, boxes),
        Marks::Cells(cells) => of_cells(panel, cells),
        Marks::Dots(dots) => of_dots(panel, dots),
    }
}

fn of_axis(axis: &Axis) -> String {
    headed(&axis.label, axis.unit)
}

fn names(axis: &Axis) -> &[String] {
    match &axis.scale {
        Scale::Names(names) => names,
        Scale::Linear | Scale::Log | Scale::Time | Scale::Tail => &[],
    }
}

/// A place on an axis: its name, where it has names.
pub(crate) fn along(axis: &Axis, value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place among names")]
    let name = names(axis).get(value.max(0.0) as usize);
    name.map_or(Value::Number(value, axis.unit), |name| Value::Name(name.clone()))
}

fn of_lines(panel: &Panel, lines: &[Line]) -> Table {
    let y = &panel.y;
    let heads = lines.iter().map(|l| headed(if l.name.is_empty() { &y.label } else { &l.name }, y.unit));
    let columns = std::iter::once(of_axis(&panel.x)).chain(heads).collect();
    let mut at: Vec<f64> = lines.iter().flat_map(|l| l.spots.iter().map(|s| s.x)).collect();
    at.sort_by(f64::total_cmp);
    at.dedup();
    let row = |x: f64| {
        let values = lines.iter().map(|l| {
            let place = l.spots.partition_point(|s| s.x < x);
            let spot = l.spots.get(place).filter(|s| s.x <= x);
            Value::of(spot.and_then(|s| s.y), y.unit)
        });
        std::iter::once(along(&panel.x, x)).chain(values).collect()
    };
    Table { columns, rows: at.into_iter().map(row).collect() }
}

fn of_bars(panel: &Panel, bars: &[Bars]) -> Table {
    let heading = |name: &str| match name {
        "" => of_axis(&panel.x),
        name => format!("{name}: {}", of_axis(&panel.x)),
    };
    let columns =
        std::iter::once(panel.y.label.clone()).chain(bars.iter().map(|b| heading(&b.name))).collect();
    let row = |(at, name): (usize, &String)| {
        let values = bars.iter().map(|b| Value::of(b.values.get(at).copied().flatten(), panel.x.unit));
        std::iter::once(Value::Name(name.clone())).chain(values).collect()
    };
    Table { columns, rows: names(&panel.y).iter().enumerate().map(row).collect() }
}

fn of_boxes(panel: &Panel, boxes: &[BoxMark]) -> Table {
    let heads = ["fastest", "p5", "p25", "p50", "p75", "p95", "p99", "slowest"];
    let heads = heads.iter().map(|h| headed(h, panel.x.unit));
    let columns = std::iter::once(panel.y.label.clone()).chain(heads).collect();
    let row = |(name, b): (&String, &BoxMark)| {
        let (quartiles, whiskers, extremes) = (b.quartiles, b.whiskers, b.extremes);
        let values =
            [extremes.0, whiskers.0, quartiles.0, b.median, quartiles.1, whiskers.1, b.p99, extremes.1];
        let values = values.map(|v| Value::of(v, panel.x.unit));
        std::iter::once(Value::Name(name.clone())).chain(values).collect()
    };
    Table { columns, rows: names(&panel.y).iter().zip(boxes).map(row).collect() }
}

fn of_dots(panel: &Panel, dots: &[Dot]) -> Table {
    let row = |dot: &Dot| {
        vec![
            Value::Name(dot.name.clone()),
            Value::Number(dot.x, panel.x.unit),
            Value::Number(dot.y, panel.y.unit),
        ]
    };
    let columns = vec!["stretch".into(), of_axis(&panel.x), of_axis(&panel.y)];
    Table { columns, rows: dots.iter().map(row).collect() }
}

/// A row for each cell that has a value: a table of thousands of empty ones tells nobody anything.
fn of_cells(panel: &Panel, cells: &Cells) -> Table {
    let columns = vec![of_axis(&panel.y), of_axis(&panel.x), headed(&cells.label, cells.unit)];
    let edge = |axis: &Axis, edges: &[f64], at: usize| match &axis.scale {
        Scale::Names(names) => Value::Name(names.get(at).cloned().unwrap_or_default()),
        Scale::Linear | Scale::Log | Scale::Time | Scale::Tail => {
            Value::of(edges.get(at).copied(), axis.unit)
        }
    };
    let across = cells.columns.len().saturating_sub(1).max(1);
    let rows = cells.values.iter().enumerate().filter_map(|(i, value)| {
        let value = Value::Number((*value)?, cells.unit);
        Some(vec![edge(&panel.y, &cells.rows, i / across), edge(&panel.x, &cells.columns, i % across), value])
    });
    Table { columns, rows: rows.collect() }
}
