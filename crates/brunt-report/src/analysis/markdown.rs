//! Markdown: for a pull request, a wiki, GitHub's job summary.

use super::words::{ENDPOINTS, confidence, cost, endpoints, evidence, led_by, mark, outlook, totals};
use super::{AnalysedRun, Analysis, Basis};
use crate::markup::in_markdown;
use std::fmt::Write as _;

/// Endpoints in a table; all are in the JSON.
const MOST_ENDPOINTS: usize = 50;

/// All runs under a heading each.
pub fn analysis_markdown(analysis: &Analysis) -> String {
    let mut out = String::from("# Load test analysis\n");
    for run in &analysis.runs {
        out.push('\n');
        out += &section(run);
    }
    if !analysis.unreadable.is_empty() {
        out.push_str("\n## Not read, and so not judged\n\n");
        for run in &analysis.unreadable {
            let _ = writeln!(out, "- {}", in_markdown(&run.reason));
        }
    }
    out
}

fn section(run: &AnalysedRun) -> String {
    let mut out = format!("## {}: {}\n\n", in_markdown(&run.name), outlook(run.verdict.outlook));
    let _ = writeln!(out, "{}\n", in_markdown(&run.verdict.summary));
    if !run.verdict.objectives.is_empty() {
        out.push_str("| | Objective | Result |\n|---|---|---|\n");
        for o in &run.verdict.objectives {
            let _ = writeln!(
                out,
                "| {} | {} | {} |",
                mark(o.standing),
                in_markdown(&o.name),
                in_markdown(&o.text)
            );
        }
        out.push('\n');
    }
    out.push_str("| Figure | Value |\n|---|---:|\n");
    for (what, figure) in totals(run) {
        let _ = writeln!(out, "| {what} | {} |", in_markdown(&figure));
    }
    let rows = endpoints(run);
    if !rows.is_empty() {
        let _ =
            writeln!(out, "\n| {} |\n|---|{}", ENDPOINTS.join(" | "), "---:|".repeat(ENDPOINTS.len() - 1));
        for row in rows.iter().take(MOST_ENDPOINTS) {
            let _ = writeln!(out, "| {} |", row.clone().map(|cell| in_markdown(&cell)).join(" | "));
        }
        let leaders = led_by(run);
        if !leaders.is_empty() {
            let _ = writeln!(out, "\n{}", in_markdown(&leaders));
        }
    }
    out += &found(run);
    if !run.notes.is_empty() {
        let _ = writeln!(out, "\nResults of {}:\n", run.tool);
        for note in &run.notes {
            let _ = writeln!(out, "- {}", in_markdown(note));
        }
    }
    out
}

fn found(run: &AnalysedRun) -> String {
    if run.findings.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n### Findings\n\n");
    if run.basis == Basis::Totals {
        out.push_str("From totals alone: the source has no course over time.\n\n");
    }
    for (i, f) in run.findings.iter().enumerate() {
        let costs = cost(f);
        let costs = if costs.is_empty() { String::new() } else { format!(", costs {costs}") };
        let doubt = if f.reliable { "" } else { ", **not reliable: the generator was the limit**" };
        let _ = writeln!(
            out,
            "{}. **{}** ({}, confidence {}{costs}{doubt})",
            i + 1,
            in_markdown(&f.claim),
            in_markdown(&f.id),
            confidence(f.confidence)
        );
        for piece in &f.evidence {
            let _ = writeln!(out, "   - seen in {}", in_markdown(&evidence(piece)));
        }
        let _ = writeln!(out, "   - or else: {}", in_markdown(&f.alternative));
        let _ = writeln!(out, "   - confirm by: {}", in_markdown(&f.confirm_by));
        for line in &f.advice {
            let _ = writeln!(out, "   - try: {}", in_markdown(line));
        }
    }
    out
}
