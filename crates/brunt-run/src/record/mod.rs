//! The run on disk: a folder that describes itself, written as the run happens, readable after `kill -9`.
//!
//! The format, byte by byte, and the rule of compatibility stand in `docs/run-record.md`. A folder holds
//!
//! - `run.json`: versions, the header, the plan as it was lowered; written first, at once or not at all;
//! - `seconds.brunt`: a checksummed frame for each sealed second, in the compact encoding of `second.rs`;
//! - `events.jsonl`: a line for everything else that happened;
//! - `summary.json`: the totals, at the end;
//! - `labels.json`: labels that were given later, if any were.
//!
//! Start with [`Recorder`], a [`Sink`](crate::Sink), and [`Reader`], an iterator of
//! [`RunEvent`](crate::RunEvent)s. Nothing here judges or draws; exports are in `brunt-report`.

mod frame;

mod host;

mod index;

mod labels;

mod line;

mod read;

mod resources;

mod run_id;

#[cfg(test)]
#[path = "../../tests/it/samples.rs"]
mod samples;

mod second;

mod wire;

mod write;

pub use index::{
    FindError, ListError, RunState, RunSummary, RunTotals, find_run, list_runs, run_at, run_folders,
};
pub use labels::{
    LabelError, MAX_LABEL_NAME, MAX_LABEL_VALUE, MAX_LABELS, labels, parse_label, parse_labels, set_labels,
};
pub use read::{Ending, OpenError, Reader, TearReason, Torn};
pub use run_id::new_run_id;
pub use second::{histogram_from_bytes, histogram_to_bytes};
pub use write::{CreateError, NewRecord, RecordProblem, Recorder};

use crate::RunHeader;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of the record's format.
///
/// A reader reads every minor version of its major one, newer ones too: what it does not know it passes
/// over. It refuses a newer major version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FormatVersion {
    /// Changes when old readers would misread.
    pub major: u16,
    /// Changes when something is added that old readers may pass over.
    pub minor: u16,
}

impl FormatVersion {
    /// What this version of brunt writes.
    pub const CURRENT: Self = Self { major: 1, minor: 3 };
}

impl fmt::Display for FormatVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A file of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordFile {
    /// What ran.
    Run,
    /// The sealed seconds.
    Seconds,
    /// Everything else that happened.
    Events,
    /// The totals.
    Summary,
}

impl RecordFile {
    /// The file's name in the record's folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Run => "run.json",
            Self::Seconds => "seconds.brunt",
            Self::Events => "events.jsonl",
            Self::Summary => "summary.json",
        }
    }
}

impl fmt::Display for RecordFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name that a record gives its writer.
const TOOL: &str = "brunt";

/// `run.json`.
#[derive(Debug, Serialize, Deserialize)]
struct RunFile {
    format: FormatVersion,
    tool: Tool,
    header: RunHeader,
    plan: serde_json::Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct Tool {
    name: String,
    version: String,
}
