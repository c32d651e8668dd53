//! What every source becomes.

use crate::{Kind, Problem, Tool};
use brunt_metrics::{ErrorKind, Nanos};
use brunt_run::{LatencyFigures, RunEvent, Summary};
use std::path::PathBuf;

/// One run's results, read from the file or files that a tool left.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// Whose they are.
    pub tool: Tool,
    /// What was read, in the order in which it was recognised: the files' kinds, without doubles.
    pub kinds: Vec<Kind>,
    /// The files, or for a record of ours its folder.
    pub files: Vec<PathBuf>,
    /// The totals. `id` is that of a record of ours, else made of the name and the figures: a copy of a file has the same,
    /// another file of its name another. A figure that the source does not have is `None` (in JSON `null`), an unknown map is empty.
    /// `started_unix_ms` is 0 where the source has no wall-clock time, `seed` 0 and `workers` 0 for all tools but ours.
    /// `environment` has `tool`, and `tool_version` where the source says it.
    pub summary: Summary,
    /// The run, event by event, exactly as a live run gives it: the header, the scenarios' phases, one second after
    /// another, the end. `None` where the source holds only totals.
    ///
    /// Of a run of another tool: times count from the instant of sending, so `response` and `service` are the same and
    /// no lag is known; every request is of the load phase; `lag`, `workers` and hosts are empty.
    pub events: Option<Vec<RunEvent>>,
    /// The course of the run where the source has no samples but wrote down figures now and then (Locust's history):
    /// ascending in time, of one instant the total first. Empty where `events` tell more.
    pub history: Vec<HistoryPoint>,
    /// Errors in the source's words, as often as it says, where there are no `events` with their first words. At most
    /// [`MAX_ERRORS`].
    pub errors: Vec<ErrorWords>,
    /// What the tool itself judged (k6's thresholds), in the order of the source.
    pub own_verdicts: Vec<OwnVerdict>,
    /// What this source cannot tell, and how its figures must be taken: a sentence each.
    pub gaps: Vec<String>,
    /// What was wrong with the files and could be passed over, with its place. At most [`MAX_PROBLEMS`] and one that
    /// says how many more there were.
    pub problems: Vec<Problem>,
    /// Where and how the source ends in the middle (it is among the problems, too): a file that was cut off, a record without an end or with
    /// damage. Then the run has no end: `summary.finish` is `None`, and `events` have neither an end nor a verdict.
    pub cut: Option<Problem>,
}

/// The most lines of errors that are kept of one run.
pub const MAX_ERRORS: usize = 1_000;

/// The most problems that are kept of one run.
pub const MAX_PROBLEMS: usize = 100;

impl Results {
    /// A name for tables: that of the run, else of its first file.
    pub fn label(&self) -> String {
        let file =
            || self.files.first().and_then(|f| f.file_name()).map(|n| n.to_string_lossy().into_owned());
        if self.summary.name.is_empty() { file().unwrap_or_default() } else { self.summary.name.clone() }
    }
}

/// Some figures of a run at one instant, as its tool wrote them down.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPoint {
    /// When, since the run's start.
    pub at: Nanos,
    /// Which of the summary's endpoints; `None` for all together.
    pub endpoint: Option<usize>,
    /// Users then; `None` where the source does not say.
    pub users: Option<u64>,
    /// Requests a second, as the tool smoothed them.
    pub requests_per_second: Option<f64>,
    /// Failed requests a second, as the tool smoothed them.
    pub errors_per_second: Option<f64>,
    /// Requests since the start.
    pub requests: Option<u64>,
    /// Failed requests since the start.
    pub errors: Option<u64>,
    /// Response times.
    pub response: LatencyFigures,
    /// What `response`'s percentiles are of.
    pub percentiles: Percentiles,
}

/// An error as a source that has only totals tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorWords {
    /// Which of the summary's endpoints; `None` where the source does not say.
    pub endpoint: Option<usize>,
    /// The nearest kind.
    pub kind: ErrorKind,
    /// The source's words, shortened, without control characters.
    pub text: String,
    /// How often it came.
    pub count: u64,
}

/// What percentiles of a history are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Percentiles {
    /// All requests since the start: they hide what happens later.
    SinceStart,
    /// The requests of about the last ten seconds.
    Recent,
    /// The requests of the point's own second.
    OfTheSecond,
}

/// An expectation that the tool judged by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnVerdict {
    /// The metric, with its filter: `http_req_duration{status:200}`.
    pub metric: String,
    /// The expectation in the tool's words: `p(95)<500`.
    pub expectation: String,
    /// Whether it held.
    pub held: bool,
}
