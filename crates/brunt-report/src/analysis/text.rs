//! For a terminal.

use super::words::{self, ENDPOINTS, confidence, cost, endpoints, evidence, led_by, mark, outlook, totals};
use super::{AnalysedRun, Analysis, Basis};
use crate::markup::harmless;
use brunt_analysis::Finding;
use std::fmt::Write as _;

/// Endpoints shown; all are in the JSON.
const MOST_ENDPOINTS: usize = 20;

/// All runs, one after the other, and of several which is the worst.
pub fn analysis_text(analysis: &Analysis) -> String {
    let mut out = analysis.runs.iter().map(run_text).collect::<Vec<_>>().join("\n");
    if !analysis.unreadable.is_empty() {
        out.push_str("\nnot read, and so not judged\n");
        for run in &analysis.unreadable {
            let _ = writeln!(out, "  {}", harmless(&run.reason));
        }
    }
    if analysis.runs.len() > 1
        && let Some(worst) = analysis.worst()
    {
        let _ = writeln!(
            out,
            "\nworst of {} runs{}: {} ({}, p95 {})",
            analysis.runs.len(),
            if analysis.unreadable.is_empty() { "" } else { " that could be read" },
            harmless(&worst.name),
            outlook(worst.verdict.outlook),
            words::ms(worst.summary.total.response.p95_ms)
        );
    }
    out
}

fn run_text(run: &AnalysedRun) -> String {
    let mut out = format!("{} (results of {})\n", harmless(&run.name), run.tool);
    let _ = writeln!(out, "{}", harmless(&run.verdict.summary));
    for outcome in &run.verdict.objectives {
        let _ = writeln!(out, "  {} {}", mark(outcome.standing), harmless(&outcome.text));
        for note in outcome.further_notes() {
            let _ = writeln!(out, "    {}", harmless(note));
        }
    }
    for note in &run.notes {
        let _ = writeln!(out, "  note: {}", harmless(note));
    }
    out.push('\n');
    for (what, figure) in totals(run) {
        let _ = writeln!(out, "{what:<20}{figure:>18}");
    }
    let rows = endpoints(run);
    if !rows.is_empty() {
        let left_out = rows.len().saturating_sub(MOST_ENDPOINTS);
        out.push_str("\nwhere it hurts, by share of time and errors\n");
        out += &table(&rows[..rows.len() - left_out]);
        if left_out > 0 {
            let _ = writeln!(out, "{left_out} more: all are in --json");
        }
        let leaders = led_by(run);
        if !leaders.is_empty() {
            let _ = writeln!(out, "{leaders}");
        }
    }
    out.push('\n');
    out.push_str(match (run.basis, run.findings.is_empty()) {
        (Basis::Seconds, true) => "findings: none\n",
        (Basis::Totals, true) => {
            "findings: none in the totals; the source has no course over time to look at\n"
        }
        (Basis::Seconds, false) => "findings\n",
        (Basis::Totals, false) => "findings, from totals alone: the source has no course over time\n",
    });
    out.extend(run.findings.iter().enumerate().map(|(i, f)| finding(i + 1, f)));
    out
}

fn finding(number: usize, f: &Finding) -> String {
    let costs = cost(f);
    let costs = if costs.is_empty() { String::new() } else { format!("; costs {costs}") };
    let doubt = if f.reliable { "" } else { "; not reliable, the generator was the limit" };
    let part = f.part_of.as_ref().map(|id| format!("; part of {id}")).unwrap_or_default();
    let mut out = format!("{number}. {} [{}]\n", harmless(&f.claim), f.id);
    let _ = writeln!(out, "   confidence {}{costs}{part}{doubt}", confidence(f.confidence));
    for piece in &f.evidence {
        let _ = writeln!(out, "   seen in    {}", evidence(piece));
    }
    let _ = writeln!(out, "   or else    {}", harmless(&f.alternative));
    let _ = writeln!(out, "   confirm by {}", harmless(&f.confirm_by));
    for (what, lines) in [("cause", &f.causes), ("try", &f.advice)] {
        for line in lines {
            let _ = writeln!(out, "   {what:<10} {}", harmless(line));
        }
    }
    out
}

fn table(rows: &[[String; 9]]) -> String {
    let heads = ENDPOINTS.map(str::to_owned);
    let all = || std::iter::once(&heads).chain(rows);
    let widths: Vec<usize> =
        (0..heads.len()).map(|c| all().map(|row| row[c].chars().count()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in all() {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = if column == 0 { "" } else { "  " };
            let _ = match column {
                0 => write!(out, "{gap}{cell:<width$}"),
                _ => write!(out, "{gap}{cell:>width$}"),
            };
        }
        out.push('\n');
    }
    out
}
