//! For a pull request.

use super::words::{
    COLUMNS, DIRECTIONS, Primary, cells, design, differences, heads, margins, outcome, series, variant,
};
use crate::markup::in_markdown;
use brunt_analysis::compare::{Comparison, MetricComparison, Outcome, Table, Verdict};
use std::fmt::Write;

/// A comparison as a section in Markdown: the decision first, then the table of all requests; endpoints are folded away unless one
/// got worse.
pub fn comparison_markdown(comparison: &Comparison) -> String {
    let sign = match comparison.outcome {
        Outcome::Worse => "❌",
        Outcome::Invalid | Outcome::Inconclusive => "⚠️",
        Outcome::NotWorse => "✅",
    };
    let mut out = format!(
        "## {sign} {} against {}\n\n{}\n\n",
        in_markdown(&comparison.candidate),
        in_markdown(&comparison.baseline),
        in_markdown(&outcome(comparison))
    );
    out += &table(comparison, &comparison.total, Primary::Decides);
    let _ = writeln!(out, "\n{}; {}.", in_markdown(&design(comparison)), margins(comparison));
    for line in differences(&comparison.differences) {
        let _ = writeln!(out, "- {}", in_markdown(&line));
    }
    if comparison.endpoints.len() > 1 {
        let worse = comparison.endpoints.iter().any(|e| e.metrics.iter().any(is_worse));
        let open = if worse { " open" } else { "" };
        let _ = writeln!(
            out,
            "\n<details{open}><summary>Endpoints (looked at beside: they do not decide)</summary>"
        );
        for endpoint in &comparison.endpoints {
            let _ = writeln!(out, "\n**{}**\n", in_markdown(&series(endpoint)));
            out += &table(comparison, &endpoint.metrics, Primary::Explores);
        }
        out += "\n</details>\n";
    }
    out
}

fn is_worse(metric: &MetricComparison) -> bool {
    metric.verdict == Verdict::Worse && metric.stands
}

fn table(comparison: &Comparison, metrics: &[MetricComparison], primary: Primary) -> String {
    let rows = metrics.iter().map(|m| cells(m, primary));
    lines(&heads(comparison), "|---|--:|--:|--:|--:|--:|---|\n", rows)
}

/// The variants' totals in seven columns, with the best variant named.
pub fn variants_markdown(variants: &Table) -> String {
    let rows = variants.rows.iter().map(|row| variant(row, " *"));
    let mut out = lines(&COLUMNS.map(str::to_owned), "|---|--:|--:|--:|--:|--:|--:|\n", rows);
    if variants.rows.len() > 1 {
        let _ = writeln!(out, "\n\\* best in its column. {DIRECTIONS}");
    }
    for reason in &variants.reasons {
        let _ = writeln!(out, "\n{}", in_markdown(reason));
    }
    out
}

fn lines<const N: usize>(heads: &[String; N], rule: &str, rows: impl Iterator<Item = [String; N]>) -> String {
    let line = |cells: &[String; N]| {
        let cells: Vec<String> = cells.iter().map(|c| in_markdown(c)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut out = line(heads) + rule;
    for row in rows {
        out += &line(&row);
    }
    out
}
