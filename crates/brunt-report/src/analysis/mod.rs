//! What `brunt analyze` found, in each form: text, Markdown, JSON, `JUnit`, GitHub's annotations, a section of a deployment report.
//!
//! All are functions of an [`Analysis`], which holds what was measured, judged and found; nothing is computed here. A figure that
//! is not there is `-` for people and `null` for programs. Text from files and targets loses control characters and is escaped.

mod deployment;
mod github;
mod json;
mod junit;
mod markdown;
mod text;
mod words;

pub use deployment::{DeploymentReport, Rollback};
pub use github::github_annotations;
pub use json::analysis_json;
pub use junit::analysis_junit;
pub use markdown::analysis_markdown;
pub use text::analysis_text;

pub(crate) use words::{ENDPOINTS, confidence, cost, endpoints, evidence, led_by, mark, outlook, totals};

use brunt_analysis::{Finding, Grades, HotSpot};
use brunt_run::{Outlook, Summary, Verdict};

/// One run, analysed.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalysedRun {
    /// What it is called.
    pub name: String,
    /// Whose results they are.
    pub tool: String,
    /// Where they were read from.
    pub files: Vec<String>,
    /// What the source cannot tell, and what was wrong with it.
    pub notes: Vec<String>,
    /// The totals.
    pub summary: Summary,
    /// What it was taken for: health, self-checks, objectives.
    pub verdict: Verdict,
    /// Words beside its figures.
    pub grades: Grades,
    /// Endpoints, those that hurt most first.
    pub hot_spots: Vec<HotSpot>,
    /// What it shows.
    pub findings: Vec<Finding>,
    /// What the findings are made from.
    pub basis: Basis,
}

/// What findings are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The run second by second.
    Seconds,
    /// Totals alone: what needs a course over time could not be looked for.
    Totals,
}

/// All runs that were asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// In the order in which they were read; never empty.
    pub runs: Vec<AnalysedRun>,
    /// What could not be read, of a folder.
    pub unreadable: Vec<UnreadableRun>,
}

/// A run of a folder that could not be read: nothing is known of it, so that all runs together have too little evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRun {
    /// Where it lies.
    pub path: String,
    /// Why it cannot be read: a sentence that names the file.
    pub reason: String,
}

impl Analysis {
    /// The run that a gate should look at: that of the gravest verdict, of several the one with the highest P95.
    pub fn worst(&self) -> Option<&AnalysedRun> {
        let p95 = |run: &AnalysedRun| run.summary.total.response.p95_ms.unwrap_or(0.0);
        self.runs
            .iter()
            .min_by(|a, b| a.verdict.outlook.cmp(&b.verdict.outlook).then_with(|| p95(b).total_cmp(&p95(a))))
    }

    /// The gravest verdict. What could not be read counts as too little evidence.
    pub fn outlook(&self) -> Outlook {
        let unread = (!self.unreadable.is_empty()).then_some(Outlook::NotEnoughEvidence);
        let all = self.runs.iter().map(|run| run.verdict.outlook).chain(unread);
        all.min().unwrap_or(Outlook::NotEnoughEvidence)
    }
}
