//! For a terminal.

use super::words::{
    COLUMNS, DIRECTIONS, Primary, cells, design, differences, heads, margins, outcome, series, variant,
};
use brunt_analysis::compare::{Comparison, MetricComparison, Table};
use std::fmt::Write;

/// A comparison in lines, without colours. Names come from files: whoever prints them makes control characters harmless.
pub fn comparison_text(comparison: &Comparison) -> String {
    let mut out =
        format!("{} against {}: {}\n", comparison.candidate, comparison.baseline, design(comparison));
    let _ = writeln!(out, "  {}", margins(comparison));
    for line in differences(&comparison.differences) {
        let _ = writeln!(out, "  {line}");
    }
    let mut rows = vec![heads(comparison)];
    let mut titles = Vec::new();
    let mut part = |title: String, metrics: &[MetricComparison], primary: Primary| {
        titles.push((rows.len(), title));
        rows.extend(metrics.iter().map(|m| cells(m, primary)));
    };
    part("all requests".into(), &comparison.total, Primary::Decides);
    for endpoint in &comparison.endpoints {
        part(series(endpoint), &endpoint.metrics, Primary::Explores);
    }
    for (at, line) in aligned(&rows, 6).into_iter().enumerate() {
        let title = titles.iter().find(|(start, _)| *start == at);
        out += &title.map(|(_, title)| format!("{title}\n")).unwrap_or_default();
        let _ = writeln!(out, "  {line}");
    }
    if comparison.endpoints.len() > 1 {
        out += "endpoints are looked at beside, and do not decide\n";
    }
    out + &outcome(comparison) + "\n"
}

/// The variants' totals in seven columns, the best figures marked, and the best variant named with reasons.
pub fn variants_text(table: &Table) -> String {
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.extend(table.rows.iter().map(|row| variant(row, "*")));
    let mut out = String::new();
    for line in aligned(&rows, 7) {
        let _ = writeln!(out, "{line}");
    }
    if table.rows.len() > 1 {
        let _ = writeln!(out, "* best in its column. {DIRECTIONS}");
    }
    for reason in &table.reasons {
        let _ = writeln!(out, "{reason}");
    }
    out
}

/// Cells in columns: the first to the left, the others to the right, those from `left` on to the left again.
fn aligned<const N: usize>(rows: &[[String; N]], left: usize) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cell = |(i, text): (usize, &String)| {
            let width = widths[i];
            if i == 0 || i >= left { format!("{text:<width$}") } else { format!("{text:>width$}") }
        };
        row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
