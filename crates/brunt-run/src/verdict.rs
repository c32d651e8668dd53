//! What a run may be taken for: the plain data of a verdict. Judging is not done here.

use serde::{Deserialize, Serialize};

/// What a run may be taken for, with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The verdict itself.
    pub outlook: Outlook,
    /// One sentence.
    pub summary: String,
    /// The reasons, most important first.
    pub findings: Vec<Finding>,
}

/// The verdict itself, in the order of precedence: the first that applies is the run's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// Cut by the user: only what was sealed counts.
    Cut,
    /// The figures cannot be trusted: the generator was the limit, a worker was lost, a self-check failed.
    Invalid,
    /// An objective was not met.
    Failed,
    /// Stopped early by the user, with results.
    StoppedEarly,
    /// Too few requests to claim anything.
    NotEnoughEvidence,
    /// Ran to plan, and nothing speaks against it.
    Passed,
}

/// One reason of a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable name: `generator-lag`, `dropped`, `little`.
    pub id: String,
    /// Whether it speaks against the run.
    pub against: bool,
    /// One sentence with its numbers.
    pub text: String,
}
