//! One finished request, as plain data.

use crate::{Nanos, Outcome, Phase, Status};
use serde::{Deserialize, Serialize};

/// A scenario of the workload, by its position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScenarioId(pub u16);

/// A named request of the workload (scenario, action, method, templated name), by its position in the
/// workload's table of endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndpointId(pub u32);

/// What is measured at an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointKind {
    /// Requests, and what the target makes of them: the only kind that totals and verdicts are about.
    #[default]
    Request,
    /// Groups of steps, each from its first step to the end of its last.
    Group,
    /// Requests that brunt broke on purpose.
    Injected,
}

/// Something counted by its values, by its position in the workload's table of tallies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TallyId(pub u16);

/// A check of the workload, by its position in the workload's table of checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckId(pub u32);

/// A part of a request's service time, in the order in which they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Waiting for a free connection.
    Blocked = 0,
    /// Resolving the host's name.
    Dns = 1,
    /// Opening the transport connection.
    Connect = 2,
    /// The TLS handshake.
    Tls = 3,
    /// Writing the request.
    Sending = 4,
    /// From the last byte written to the first byte read.
    Waiting = 5,
    /// From the first byte read to the last.
    Receiving = 6,
}

impl Part {
    /// Every part, in order.
    pub const ALL: [Self; 7] =
        [Self::Blocked, Self::Dns, Self::Connect, Self::Tls, Self::Sending, Self::Waiting, Self::Receiving];

    /// The part's name, as tables and files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Receiving => "receiving",
        }
    }
}

/// How long each part of a request took. A part that did not happen (no connect on a kept connection) is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts(pub [Nanos; 7]);

impl Parts {
    /// Sets one part.
    pub const fn set(&mut self, part: Part, took: Nanos) {
        self.0[part as usize] = took;
    }

    /// One part.
    pub const fn get(&self, part: Part) -> Nanos {
        self.0[part as usize]
    }
}

/// One finished request.
///
/// Three instants, three durations: `response = ended - scheduled` (what a user would feel),
/// `service = ended - started` (what the server did), `lag = started - scheduled` (how late brunt was).
/// `scheduled` is not optional, so that coordinated omission cannot be forgotten: in an open model it is
/// the arrival's due instant, in a closed one the instant at which the user became free.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Which request of the workload.
    pub endpoint: EndpointId,
    /// The phase of its scenario at `scheduled`.
    pub phase: Phase,
    /// When it was due.
    pub scheduled: Nanos,
    /// When work on it began.
    pub started: Nanos,
    /// When its last byte came, or it failed.
    pub ended: Nanos,
    /// Where the time between `started` and `ended` went.
    pub parts: Parts,
    /// How it ended.
    pub outcome: Outcome,
    /// The response's status.
    pub status: Status,
    /// Bytes written for it, headers included.
    pub bytes_out: u64,
    /// Bytes read for it, headers included, as they came over the wire (after TLS).
    pub bytes_in: u64,
    /// Times it was sent again after a kept connection turned out to be closed.
    pub retries: u8,
}

impl Sample {
    /// What a user would feel: from the instant it was due to its end.
    pub fn response(&self) -> Nanos {
        self.ended - self.scheduled
    }

    /// What the server did: from the instant it was started to its end.
    pub fn service(&self) -> Nanos {
        self.ended - self.started
    }

    /// How late it was started.
    pub fn lag(&self) -> Nanos {
        self.started - self.scheduled
    }
}
