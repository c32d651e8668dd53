//! What was seen of the target and its surroundings beside the load, as data.
//!
//! A [`ResourceSeries`] says once what a figure is; a [`ResourceSecond`] holds the values of one second. What a source
//! did not tell in a second is not in it: a gap, never 0. Nothing here samples (that is `brunt-probe`) or judges.

use serde::{Deserialize, Serialize};

/// A series of a run, by its position in the run's table of series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceId(pub u16);

/// The most series of a run: what comes beyond is left out, with a warning. A page of them is more than anyone reads; a
/// `/metrics` page may have 100,000.
pub const MAX_RESOURCES: usize = 256;

/// What a figure is, known when its first value is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceSeries {
    /// Its position: series come with ascending ids, from 0.
    pub id: ResourceId,
    /// Where it comes from, as the plan or the command line names it; without secrets.
    pub source: String,
    /// What it is: `cpu`, `memory`, `inference_queue_size{model="a"}`.
    pub name: String,
    /// The unit of its values.
    pub unit: ResourceUnit,
    /// What it tells of, as far as that is known.
    pub kind: ResourceKind,
    /// What it can at most be, where the source says so: the cores of a quota, the bytes of a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// The seconds between two values: what lies between is no gap.
    #[serde(default = "each", skip_serializing_if = "is_each")]
    pub every: u64,
}

/// A value each second.
const fn each() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
const fn is_each(every: &u64) -> bool {
    *every == 1
}

impl ResourceSeries {
    /// Source and name: `nginx cpu`.
    pub fn label(&self) -> String {
        format!("{} {}", self.source, self.name)
    }
}

/// The unit of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceUnit {
    /// Processors kept busy: processor time over time.
    Cores,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// A share, 0 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// Events a second.
    PerSecond,
    /// A number of things.
    Count,
    /// What the source does not tell.
    #[default]
    None,
}

impl ResourceUnit {
    /// Its sign behind a number; empty where a number stands alone.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Cores => "cores",
            Self::Bytes => "B",
            Self::BytesPerSecond => "B/s",
            Self::Seconds => "s",
            Self::PerSecond => "/s",
            Self::Share | Self::Count | Self::None => "",
        }
    }
}

/// What a figure tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// Processor use.
    Cpu,
    /// Time for which a quota held processes back.
    Throttled,
    /// Memory that is in use.
    Memory,
    /// What waits: requests, tasks, messages.
    Queue,
    /// How long something takes.
    Latency,
    /// Anything else.
    #[default]
    Other,
}

/// What was seen in a second: at its end, or over it where the unit is one of rates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceSecond {
    /// The second.
    pub index: u64,
    /// Values that were told, ascending by series; finite.
    pub values: Vec<(ResourceId, f64)>,
}
