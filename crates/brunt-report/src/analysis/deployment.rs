//! The section that a deployment report gets for a load test, to be appended to the file.

use super::words::{grouped, grouped_tenths, or_dash, outlook, unjudged, untold};
use super::{AnalysedRun, UnreadableRun};
use crate::markup::in_markdown;
use brunt_run::{Outlook, Standing};
use std::fmt::Write as _;

/// Whether a rollback was triggered because of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rollback {
    /// Not by this run.
    #[default]
    NotTriggered,
    /// It was.
    Triggered,
}

/// A section of a deployment report.
#[derive(Clone, Debug)]
pub struct DeploymentReport<'a> {
    /// The run that it is about.
    pub run: &'a AnalysedRun,
    /// When the run began, as `2025-01-27 10:30:00`; `-` where it is not known.
    pub timestamp: String,
    /// What came of it.
    pub rollback: Rollback,
    /// Runs beside it that could not be read.
    pub unreadable: &'a [UnreadableRun],
}

impl DeploymentReport<'_> {
    /// The section in Markdown, with a blank line before it.
    pub fn section(&self) -> String {
        let run = self.run;
        // Whoever reads this by program looks for one of two words; what did not pass has its reason behind it.
        let outlook_of_all = match self.unreadable {
            [] => run.verdict.outlook,
            [..] => run.verdict.outlook.min(Outlook::NotEnoughEvidence),
        };
        let status = match outlook_of_all {
            Outlook::Passed | Outlook::Warned => "✅ PASSED".to_owned(),
            Outlook::Failed => "❌ FAILED".to_owned(),
            other
            @ (Outlook::Invalid | Outlook::Cut | Outlook::NotEnoughEvidence | Outlook::StoppedEarly) => {
                format!("❌ FAILED ({})", outlook(other))
            }
        };
        let triggered = match self.rollback {
            Rollback::Triggered => "Yes",
            Rollback::NotTriggered => "No",
        };
        let mut out = String::from("\n## 📊 Load Test Performance Results\n\n");
        let _ = writeln!(out, "**Timestamp:** {}  ", self.timestamp);
        let _ = writeln!(out, "**Status:** {status}  ");
        let _ = writeln!(out, "**Auto-rollback Triggered:** {triggered}  \n");
        out.push_str("### Performance Metrics\n\n| Metric | Value | Unit |\n|--------|-------|------|\n");
        let total = &run.summary.total;
        let tenths = |value| or_dash(value, grouped_tenths);
        let seconds = (total.measured_ms > 0.0).then_some(total.measured_ms / 1_000.0);
        let rows = [
            ("Total Requests", grouped(total.requests), "requests"),
            ("Duration", tenths(seconds), "seconds"),
            ("Throughput", tenths(total.requests_per_second), "req/sec"),
            ("Error Rate", or_dash(total.error_rate, |share| format!("{:.2}", share * 100.0)), "%"),
            ("P50 Latency", tenths(total.response.p50_ms), "ms"),
            ("P95 Latency", tenths(total.response.p95_ms), "ms"),
            ("P99 Latency", tenths(total.response.p99_ms), "ms"),
        ];
        for (metric, value, unit) in rows {
            let _ = writeln!(out, "| {metric} | {value} | {unit} |");
        }
        let broken: Vec<_> =
            run.verdict.objectives.iter().filter(|o| o.standing == Standing::Failed).collect();
        if !broken.is_empty() {
            out.push_str("\n## ❌ SLO Violations\n\n");
            for outcome in broken {
                let _ = writeln!(out, "- {}", in_markdown(&outcome.text));
            }
        }
        for run in self.unreadable {
            let _ = writeln!(out, "\nNot read: {}", in_markdown(&run.reason));
        }
        // Violations say why, unless nothing that was promised is the reason.
        if untold(run) || unjudged(run) {
            let _ = writeln!(out, "\n{}", in_markdown(&run.verdict.summary));
        }
        out
    }
}
