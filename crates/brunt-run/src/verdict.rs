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
    pub findings: Vec<VerdictReason>,
    /// What became of each objective, in the order in which they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<ObjectiveOutcome>,
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
    /// Ran to plan; an objective that only warns was not met.
    Warned,
    /// Ran to plan, and nothing speaks against it.
    Passed,
}

/// One reason of a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictReason {
    /// A stable name: `generator-lag`, `dropped`, `little`, `objective`.
    pub id: String,
    /// Whether it speaks against the run.
    pub against: bool,
    /// One sentence with its numbers.
    pub text: String,
}

/// What became of one objective. Numbers are in `unit`; what was not measured is `None`, never 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveOutcome {
    /// The objective in its standard form, as `brunt-objective` prints and reads it.
    pub objective: String,
    /// What it is called: its name if it has one, else the part of `objective` before its policies.
    pub name: String,
    /// What it may be taken for.
    pub standing: Standing,
    /// One sentence: `P95 latency 350.2ms exceeds threshold 250ms`.
    pub text: String,
    /// What to know besides: why it was not judged, that it is broken since, what its figures leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The unit of the numbers.
    pub unit: ObjectiveUnit,
    /// The figure that was held against the limit: the whole run's, or that of the worst window or stage.
    pub measured: Option<f64>,
    /// Its two-sided 95 % confidence interval, where the data allow one.
    pub interval: Option<(f64, f64)>,
    /// The limit, in figures: that of a relative limit is known once there is a baseline.
    pub limit: Option<f64>,
    /// By how much it holds, as a share of the limit: 0.1 is 10 % to spare, -0.4 is broken by 40 %. `None` without
    /// a measured figure, without a limit, and at a limit of 0.
    pub margin: Option<f64>,
    /// What the figure is made of: requests, checks, iterations.
    pub samples: u64,
    /// When it was broken; `None` if it never was, or if seconds are not known.
    pub broken: Option<Broken>,
    /// Where it stood worst.
    pub worst: Option<WorstWindow>,
    /// For shares that may not be exceeded: the error budget's burn rate, the share measured over the share
    /// allowed. At 1, the budget of any period lasts exactly that period.
    pub burn: Option<f64>,
    /// The second of the run at whose end the objective asked for the run's end.
    pub aborted_at: Option<u64>,
}

impl ObjectiveOutcome {
    /// Its notes, but for what its sentence says already.
    pub fn further_notes(&self) -> impl Iterator<Item = &String> {
        let why = |note: &str| note.split_once(": ").map(|(_, why)| self.text.ends_with(why));
        self.notes.iter().filter(move |note| !self.text.contains(*note) && why(note) != Some(true))
    }
}

/// What an objective may be taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not met, and it fails the run.
    Failed,
    /// Too little data, figures that cannot be trusted, a run without its end: neither met nor not met.
    NotJudged,
    /// Not met, and it only warns.
    Warned,
    /// Met.
    Passed,
    /// It compares with `~`, or it says that without data it is passed over: shown, never judged.
    Noted,
}

/// The unit of an objective's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveUnit {
    /// Milliseconds.
    Milliseconds,
    /// Percent: 0.5 is half a hundredth.
    Percent,
    /// Events per second.
    PerSecond,
    /// A number of events.
    Count,
}

/// The seconds in which an objective did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// How many.
    pub seconds: u64,
    /// The first, counted from the start of the run.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// The longest row of them without a break.
    pub longest: u64,
}

/// The window in which an objective stood worst.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstWindow {
    /// The figure there.
    pub value: f64,
    /// Its first second, counted from the start of the run.
    pub from: u64,
    /// How many seconds it is long.
    pub seconds: u64,
}
