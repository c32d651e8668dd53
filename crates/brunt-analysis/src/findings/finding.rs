//! A finding as plain data: what is claimed, on what evidence, and what would confirm or refute it.

use serde::{Deserialize, Serialize};

/// Something that a run shows about its target (or about the generator), with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable name: `pool-limit`, `periodic-stall`; of a team's own rule, the name that the rules file gives.
    pub id: String,
    /// One sentence with its numbers.
    pub claim: String,
    /// What users lose by it. Findings are ranked by it.
    pub cost: Cost,
    /// How grave it is: follows from the cost.
    pub severity: Severity,
    /// How sure it is, given the evidence.
    pub confidence: Confidence,
    /// What it rests on; never empty.
    pub evidence: Vec<Evidence>,
    /// What else could look like this.
    pub alternative: String,
    /// What to do to confirm or refute it.
    pub confirm_by: String,
    /// What such a thing is mostly caused by, from the rules file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to try, from the rules file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// The id of a finding above it of which this one is a consequence or another view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// Whether it may be relied on: false for all findings about the target when the generator was the limit.
    pub reliable: bool,
}

/// What users lose by something, over the judged part of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// The share of all the time that users waited, 0 to 1, that would be saved without it, as far as the run can
    /// tell.
    pub time_share: f64,
    /// The share of requests, 0 to 1, that failed because of it.
    pub error_share: f64,
}

impl Cost {
    /// By which findings are ranked: a failed request weighs as much as all its time.
    pub fn weight(&self) -> f64 {
        (self.time_share + self.error_share).min(1.0)
    }
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Costs users little.
    Low,
    /// Users notice.
    Medium,
    /// A good part of what users wait for, or fail by.
    High,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A hint: the data allow it.
    Low,
    /// The data speak for it, the alternative is not excluded.
    Medium,
    /// Its test is passed clearly, and the alternative fits worse.
    High,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was looked at: `p95 of all requests`, `GET /items`, `tally upstream`.
    pub series: String,
    /// Where in the run, in whole seconds; `None` if it is about no time in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Seconds>,
    /// The numbers.
    pub numbers: Vec<Number>,
    /// Which kind of figure shows it.
    pub figure: Figure,
}

/// A stretch of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seconds {
    /// The first second, counted from the run's start.
    pub from: u64,
    /// The first second after it.
    pub to: u64,
}

/// A number with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// What it is: `pool size`, `period`.
    pub name: String,
    /// Its value, in `unit`.
    pub value: f64,
    /// Its unit: `ms`, `s`, `/s`, `%`; empty for a count or a ratio.
    pub unit: String,
    /// The 95 % interval, where the method has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
}

/// A kind of figure: what shows a piece of evidence best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Latency percentiles over time.
    LatencyOverTime,
    /// Rates over time: asked for, begun, answered.
    RateOverTime,
    /// Errors by class over time.
    ErrorsOverTime,
    /// Latency percentiles against the rate.
    LatencyAgainstRate,
    /// Rate against requests in flight.
    RateAgainstInFlight,
    /// The histogram of latencies.
    Distribution,
    /// The table of endpoints.
    Endpoints,
    /// The parts of the requests' time.
    Parts,
    /// Counts of a tally's values.
    Tally,
    /// Figures of the target and its surroundings over time.
    Resources,
    /// The generator's own figures over time.
    Generator,
}
