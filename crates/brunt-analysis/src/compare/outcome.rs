//! What a comparison says, as data.

use super::conditions::Difference;
use super::design::Design;
use super::judge::{Change, Verdict};
use super::metric::Metric;
use brunt_run::SeriesName;
use serde::{Deserialize, Serialize};

/// What a comparison comes to, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A run must not be judged by: its generator was the limit, or it was cut.
    Invalid,
    /// A primary metric got worse, all primary metrics taken together.
    Worse,
    /// Neither.
    Inconclusive,
    /// No primary metric got worse by as much as its margin.
    NotWorse,
}

/// Two arms compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The side that is compared with.
    pub baseline: String,
    /// How many runs it has.
    pub baseline_runs: usize,
    /// The side that is judged.
    pub candidate: String,
    /// How many runs it has.
    pub candidate_runs: usize,
    /// How they were run.
    pub design: Design,
    /// How the question differed between them.
    pub differences: Vec<Difference>,
    /// Runs that must not be judged by, with the reason.
    pub unfit: Vec<(String, String)>,
    /// What it comes to.
    pub outcome: Outcome,
    /// Why: one sentence each, the most important first.
    pub reasons: Vec<String>,
    /// All requests together, in the order of [`Metric::ALL`].
    pub total: Vec<MetricComparison>,
    /// Each series that both sides have, in the baseline's order. Exploratory: they do not decide.
    pub endpoints: Vec<SeriesComparison>,
}

/// A series, compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesComparison {
    /// Its name.
    pub series: SeriesName,
    /// In the order of [`Metric::ALL`].
    pub metrics: Vec<MetricComparison>,
}

/// A metric, compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricComparison {
    /// Which.
    pub metric: Metric,
    /// The baseline's value: milliseconds, a share, or per second; of several runs the median of theirs.
    pub baseline: Option<f64>,
    /// The candidate's.
    pub candidate: Option<f64>,
    /// How much it changed; `None` if a side has no value.
    pub change: Option<Change>,
    /// The smallest change for the worse that would have been shown with a chance of `power`: relative, of errors in shares.
    pub detectable: Option<f64>,
    /// How much worse is tolerated.
    pub margin: f64,
    /// What may be said.
    pub verdict: Verdict,
    /// The one-sided p-value of a change for the worse; `None` without a verdict.
    pub p_worse: Option<f64>,
    /// Whether a change (for the worse or the better) stands when all series are taken together (false discovery rate), or,
    /// of a primary metric, when all primary ones are (Holm).
    pub stands: bool,
}
