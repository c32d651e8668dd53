//! What happens in a run, as one closed enum.

use crate::{ResourceSecond, ResourceSeries, Verdict};
use brunt_metrics::{EndpointId, EndpointKind, ErrorKind, Nanos, Phase, ScenarioId, Second};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that happened in a run. Events come in the order of this list, seconds ascending.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// First, once: what is about to run.
    Started(Box<RunHeader>),
    /// A scenario entered a phase, or ended.
    Phase(PhaseChange),
    /// A second is complete: all workers' parts of it are merged.
    Second(Box<Second>),
    /// What the machine looked like at the end of a second.
    Host(Box<HostSecond>),
    /// A figure of the target or its surroundings was told for the first time; bounded by [`MAX_RESOURCES`](crate::MAX_RESOURCES).
    ResourceSeries(ResourceSeries),
    /// What was seen of the target and its surroundings in a second; behind the second, and before the next.
    Resources(Box<ResourceSecond>),
    /// A kind of error was seen at an endpoint for the first time; bounded in number and length.
    ErrorDetail(ErrorDetail),
    /// Something that people should know.
    Warning(Warning),
    /// Something that was done to the run from outside: a change of its load, a note.
    Mark(Mark),
    /// What the run may be taken for.
    Verdict(Verdict),
    /// Last, once.
    Finished(Finish),
}

/// An observer of runs.
pub trait Sink {
    /// Takes note of an event. Must not block for long: seconds keep coming.
    fn event(&mut self, event: &RunEvent);
}

/// What a run is, known before its first request. No secrets: headers and bodies are not in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunHeader {
    /// Unique among the runs of a folder: `20261120-190102-checkout-7f3a`.
    pub id: String,
    /// The workload's name.
    pub name: String,
    /// When the run began, in milliseconds since 1970-01-01T00:00Z. The only wall-clock time of a run.
    pub started_unix_ms: u64,
    /// Everything random in the run comes from it.
    pub seed: u64,
    /// Where the load goes, one base URL an origin, without credentials.
    pub targets: Vec<String>,
    /// When all scenarios are over at the latest; `None` if one has no end in time.
    pub planned_duration: Option<Nanos>,
    /// How many workers produce the load.
    pub workers: u32,
    /// Whether nothing is sent and answers are made up by a model.
    pub simulated: bool,
    /// By `ScenarioId`.
    pub scenarios: Vec<ScenarioHeader>,
    /// By `EndpointId`.
    pub endpoints: Vec<SeriesName>,
    /// The checks' names, by `CheckId`, with their endpoint.
    pub checks: Vec<(EndpointId, String)>,
    /// The tallies' names, by `TallyId`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tallies: Vec<String>,
    /// What the plan expects of the target, in its own words. Kept with the run; nothing here judges by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<String>,
    /// The profile of the plan that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Words that its user gave it to be found by, name to value; those given later are in the record's folder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Versions and host facts, for whoever repeats the run: name to value.
    pub environment: BTreeMap<String, String>,
}

impl RunHeader {
    /// What is measured at an endpoint; requests if the header does not know it.
    pub fn kind(&self, endpoint: EndpointId) -> EndpointKind {
        self.endpoints.get(endpoint.0 as usize).map(|series| series.kind).unwrap_or_default()
    }
}

/// A scenario as views need it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioHeader {
    /// Its name.
    pub name: String,
    /// Its executor in words: `constant rate 500/s`.
    pub executor: String,
    /// Whether its load follows a schedule (open) or the target's speed (closed).
    pub open: bool,
    /// The most users it may have.
    pub max_users: u32,
    /// What the schedule asks for in each second of the scenario, as far as the schedule alone says:
    /// iterations per second in an open scenario, users in a closed one. At most [`MAX_CURVE`] points, evenly
    /// spaced over the scenario's length.
    pub curve: Vec<f64>,
    /// The time between two points of `curve`.
    pub curve_step: Nanos,
}

/// The most points of a scenario's planned curve.
pub const MAX_CURVE: usize = 1_000;

/// The name of a series: what is measured apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeriesName {
    /// The scenario.
    pub scenario: String,
    /// The action.
    pub action: String,
    /// The method, or `*`.
    pub method: String,
    /// The templated name.
    pub name: String,
    /// What is measured there.
    #[serde(default, skip_serializing_if = "is_request")]
    pub kind: EndpointKind,
    /// Words that it may be selected by, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// Left out where it is written: all series of a record of version 1.0 are requests.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
fn is_request(kind: &EndpointKind) -> bool {
    *kind == EndpointKind::Request
}

impl SeriesName {
    /// A name for tables: `POST /checkout`, or only the name where the method is `*`.
    pub fn label(&self) -> String {
        if self.method == "*" || self.method.is_empty() {
            return self.name.clone();
        }
        format!("{} {}", self.method, self.name)
    }
}

/// A scenario entered a phase, or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseChange {
    /// When.
    pub at: Nanos,
    /// Which scenario.
    pub scenario: ScenarioId,
    /// The phase that begins; `None` at its end.
    pub phase: Option<Phase>,
}

/// What the machine that produces the load looked like at the end of a second. `None` where the system does
/// not tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostSecond {
    /// The second that ended.
    pub index: u64,
    /// Processor time of the whole process in that second, all threads.
    pub process_cpu: Option<Nanos>,
    /// The share of each core's time that was used, by anyone: 0 to 1.
    pub cores_busy: Vec<f64>,
    /// The share of time that a hypervisor took from this machine: 0 to 1.
    pub steal: Option<f64>,
    /// The share of time in which some task waited for a processor (Linux pressure stall information).
    pub cpu_pressure: Option<f64>,
    /// Time for which a control group's quota stopped the process in that second.
    pub throttled: Option<Nanos>,
    /// Memory resident, in bytes.
    pub resident_bytes: Option<u64>,
    /// File descriptors open.
    pub open_files: Option<u64>,
    /// File descriptors allowed.
    pub open_files_limit: Option<u64>,
    /// TCP sockets of this machine in use.
    pub tcp_in_use: Option<u64>,
    /// TCP sockets of this machine that wait out their last minute.
    pub tcp_time_wait: Option<u64>,
    /// Ephemeral ports that this machine may use per destination.
    pub ephemeral_ports: Option<u64>,
    /// TCP segments sent again by this machine in that second.
    pub tcp_retransmits: Option<u64>,
    /// Whether the target is this same machine, so that both share its processors.
    pub target_is_local: bool,
}

/// The first error of its kind at an endpoint, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// When it was seen.
    pub at: Nanos,
    /// Where.
    pub endpoint: EndpointId,
    /// Its kind.
    pub kind: ErrorKind,
    /// At most [`MAX_DETAIL`] bytes, control characters replaced.
    pub text: String,
}

/// The longest text of an [`ErrorDetail`], in bytes.
pub const MAX_DETAIL: usize = 200;

/// Something that people should know about a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// When.
    pub at: Nanos,
    /// What it is about.
    pub kind: WarningKind,
    /// One sentence, with what to do.
    pub text: String,
}

/// What a [`Warning`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// The generator's health.
    Generator,
    /// The plan asks for something that needs explaining.
    Plan,
    /// A scenario ended because its data ran out of rows.
    DataEnded,
    /// Arrivals were dropped at the users' cap.
    Dropped,
    /// Series were folded into `(other)`.
    Folded,
    /// Something could not be written.
    Record,
    /// A source of figures beside the load stopped answering, or answers again.
    Resource,
    /// A self-check of the figures did not hold.
    SelfCheck,
}

/// Something that was done to a run from outside while it went on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// When it took effect.
    pub at: Nanos,
    /// What it is.
    pub kind: MarkKind,
    /// Whose load was changed; `None` if it is of no single scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<ScenarioId>,
    /// What the load was before: users, or iterations per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// What it is from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// In words: at most [`MAX_DETAIL`] bytes, control characters replaced.
    pub text: String,
}

/// What a [`Mark`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// The load was changed.
    Steered,
    /// The schedule stands still.
    Paused,
    /// It goes on.
    Resumed,
    /// Somebody's note.
    Note,
}

impl Mark {
    /// A mark of the whole run; its text is made fit to be kept.
    pub fn of(at: Nanos, kind: MarkKind, text: &str) -> Self {
        let mut kept = String::new();
        for c in text.trim().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }) {
            if kept.len() + c.len_utf8() > MAX_DETAIL {
                break;
            }
            kept.push(c);
        }
        Self { at, kind, scenario: None, from: None, to: None, text: kept }
    }
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finish {
    /// When.
    pub at: Nanos,
    /// Why.
    pub reason: StopReason,
    /// Requests still in flight when the run ended (0 unless it was cut without waiting).
    pub in_flight: u64,
    /// Scheduled instants of self-checks that did not hold, in words; empty when all did.
    pub self_checks_failed: Vec<String>,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All scenarios ran to their end.
    Completed,
    /// The user asked for an early end; iterations in flight were given their grace.
    StoppedEarly,
    /// The user asked a second time; iterations in flight were cut.
    Cut,
    /// A worker was lost.
    WorkerLost,
}
