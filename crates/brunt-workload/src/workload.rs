//! The whole of what a run does.

use crate::{
    Arrivals, Check, ClassShares, FaultMix, Feed, IterationIndex, Lanes, Login, Request, Stop, Supply, Tally,
    TargetSettings, UserClass,
};
use brunt_metrics::{EndpointKind, Nanos, Phase, ScenarioId};

/// The most scenarios of a workload: a plan with more is refused.
pub const MAX_SCENARIOS: usize = 256;

/// The most kinds of users in one scenario: which of them a user has begun with is kept in as many bits.
pub const MAX_CLASSES: usize = 64;

/// The most endpoints that are counted apart. Past it, names fold into one `(other)` endpoint of their
/// scenario and the run carries a warning: each endpoint costs a few histogram pages per worker.
pub const MAX_ENDPOINTS: usize = 2_000;

/// Everything a run does. Plain data: equal workloads with equal seeds have equal schedules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workload {
    /// Its name in tables and records.
    pub name: String,
    /// All randomness comes from it.
    pub seed: u64,
    /// What runs, by [`ScenarioId`].
    pub scenarios: Vec<Scenario>,
    /// Where requests are counted, by `EndpointId`.
    pub endpoints: Vec<Endpoint>,
    /// What is sent, by `RequestId`.
    pub requests: Vec<Request>,
    /// What answers are held against, by `CheckId`.
    pub checks: Vec<Check>,
    /// What users take rows from, by `FeedId`.
    pub feeds: Vec<Feed>,
    /// The names that users remember values under, by `SlotId`.
    pub slots: Vec<String>,
    /// By `LoginId`.
    pub logins: Vec<Login>,
    /// By `FaultMixId`.
    pub fault_mixes: Vec<FaultMix>,
    /// What is counted by value in every answer, by `TallyId`.
    pub tallies: Vec<Tally>,
    /// How connections are made.
    pub target: TargetSettings,
}

/// What a series of measurements is named by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The scenario's name.
    pub scenario: String,
    /// The action's name.
    pub action: String,
    /// The method, or `*` in a folded endpoint.
    pub method: String,
    /// The templated name: `/products/{id}`, or `(other)`.
    pub name: String,
    /// What is measured there.
    pub kind: EndpointKind,
    /// Words that it may be selected by, sorted.
    pub tags: Vec<String>,
}

/// One executor with its users and their journeys.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name in tables.
    pub name: String,
    /// When it begins.
    pub start: StartAt,
    /// When iterations are due.
    pub arrivals: Arrivals,
    /// Who runs them.
    pub supply: Supply,
    /// When it is over.
    pub stop: Stop,
    /// The first part of it, measured apart.
    pub warm_up: Nanos,
    /// The last part of it, measured apart.
    pub cool_down: Nanos,
    /// The kinds of users.
    pub classes: Vec<UserClass>,
    /// How users are shared out over the kinds.
    pub class_shares: ClassShares,
}

/// When a scenario begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// That long after the run.
    Offset(Nanos),
    /// That long after another scenario has ended, its last iteration included.
    After {
        /// The scenario waited for; an earlier one in the list.
        scenario: ScenarioId,
        /// The pause between.
        delay: Nanos,
    },
}

impl Scenario {
    /// The position of the class that an iteration belongs to. In a closed scenario users belong to classes; the users
    /// of an open one are a pool, and any of them serves what arrives: there the arrivals do, each class with its exact
    /// share of them.
    pub fn class_of(&self, user: u64, index: IterationIndex) -> usize {
        if self.arrivals.is_open() {
            self.class_shares.rest.exact(index.0)
        } else {
            self.class_shares.class_of(user)
        }
    }

    /// The positions of the classes that a user may ever belong to.
    pub fn classes_of(&self, user: u64) -> std::ops::Range<usize> {
        if self.arrivals.is_open() {
            return 0..self.classes.len();
        }
        let class = self.class_shares.class_of(user);
        class..class + 1
    }

    /// The phase of an instant counted from the scenario's start. Without a planned end there is no cool-down.
    pub fn phase_at(&self, at: Nanos) -> Phase {
        if at < self.warm_up {
            return Phase::WarmUp;
        }
        match self.stop.after {
            Some(end) if self.cool_down > Nanos::ZERO && at >= end - self.cool_down => Phase::CoolDown,
            Some(_) | None => Phase::Load,
        }
    }

    /// The lanes of worker `worker` of `workers` in this scenario. A closed scenario with fewer users than
    /// workers is run by as many workers as it has users: a worker without users could not run its lanes.
    pub fn lanes(&self, worker: u32, workers: u32) -> Lanes {
        Lanes::equal(worker, workers.min(self.supply.max_users()).max(1))
    }
}

impl Workload {
    /// When every scenario is over at the latest, without grace periods; `None` if one has no end in time.
    pub fn planned_duration(&self) -> Option<Nanos> {
        let mut ends: Vec<Option<Nanos>> = Vec::with_capacity(self.scenarios.len());
        for scenario in &self.scenarios {
            let begin = match scenario.start {
                StartAt::Offset(offset) => Some(offset),
                StartAt::After { scenario, delay } => {
                    ends.get(usize::from(scenario.0)).copied().flatten().map(|end| end + delay)
                }
            };
            ends.push(begin.zip(scenario.stop.after).map(|(begin, after)| begin + after));
        }
        ends.into_iter().collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max())
    }

    /// The most users there can be at once, summed over all scenarios that may overlap (all are assumed to).
    pub fn max_users(&self) -> u64 {
        self.scenarios.iter().map(|s| u64::from(s.supply.max_users())).sum()
    }
}
