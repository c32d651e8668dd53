//! One second of a run, sealed: what is stored, sent, merged and shown.

use crate::{
    CheckId, EndpointId, Nanos, Outcome, Part, Phase, ScenarioId, SparseHistogram, Status, TallySecond, tally,
};

/// What tells the cells of a second apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// The named request; scenario, action, method and name hang on it.
    pub endpoint: EndpointId,
    /// The phase in which it was due.
    pub phase: Phase,
    /// The response's status, folded to its class past the bound on distinct codes.
    pub status: Status,
    /// How it ended.
    pub outcome: Outcome,
}

/// Sum, count and maximum of one part of the requests' time; requests without the part are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartSum {
    /// Requests that had the part.
    pub count: u64,
    /// The exact sum.
    pub sum: Nanos,
    /// The exact maximum.
    pub max: Nanos,
}

impl PartSum {
    /// Counts one request's part; a part of no length did not happen.
    #[inline]
    pub fn record(&mut self, took: Nanos) {
        if took > Nanos::ZERO {
            self.count += 1;
            self.sum = self.sum + took;
            self.max = self.max.max(took);
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum = self.sum + other.sum;
        self.max = self.max.max(other.max);
    }

    /// The mean over the requests that had the part.
    pub fn mean(&self) -> Option<Nanos> {
        self.sum.0.checked_div(self.count).map(Nanos)
    }
}

/// The times of nothing.
static NO_TIMES: SparseHistogram =
    SparseHistogram { counts: Vec::new(), total: 0, sum_ns: 0, min: Nanos::MAX, max: Nanos::ZERO };

/// All requests of one key that ended in one second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellSecond {
    /// What they have in common.
    pub key: CellKey,
    /// Bytes written.
    pub bytes_out: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Times that one was sent again on a new connection.
    pub retries: u64,
    /// The parts of their time, in the order of [`Part::ALL`].
    pub parts: [PartSum; Part::ALL.len()],
    /// From due to ended, one value a request. See [`response_times`](Self::response_times).
    pub response: SparseHistogram,
    /// From started to ended, one value a request. See [`service_times`](Self::service_times).
    pub service: SparseHistogram,
}

impl CellSecond {
    /// A cell that has counted nothing.
    pub fn empty(key: CellKey) -> Self {
        Self {
            key,
            bytes_out: 0,
            bytes_in: 0,
            retries: 0,
            parts: Default::default(),
            response: SparseHistogram::default(),
            service: SparseHistogram::default(),
        }
    }

    /// Requests counted.
    pub fn count(&self) -> u64 {
        self.response.total
    }

    /// Their times from due to ended, as distributions take them: none of requests that were never sent.
    pub fn response_times(&self) -> &SparseHistogram {
        if self.key.outcome.is_sent() { &self.response } else { &NO_TIMES }
    }

    /// The same from started to ended.
    pub fn service_times(&self) -> &SparseHistogram {
        if self.key.outcome.is_sent() { &self.service } else { &NO_TIMES }
    }

    /// Adds a cell of the same key.
    pub fn merge(&mut self, other: &Self) {
        self.bytes_out += other.bytes_out;
        self.bytes_in += other.bytes_in;
        self.retries += other.retries;
        for (mine, theirs) in self.parts.iter_mut().zip(&other.parts) {
            mine.merge(theirs);
        }
        self.response.merge(&other.response);
        self.service.merge(&other.service);
    }
}

/// What a scenario's schedule asked for in one second, and what became of it.
///
/// Over a whole run `due = started + dropped` and `started = completed + failed + cut`; within a second
/// iterations are still in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScenarioSecond {
    /// Which scenario.
    pub scenario: ScenarioId,
    /// Iterations that the schedule asked for.
    pub due: u64,
    /// Iterations begun.
    pub started: u64,
    /// Iterations that found no free user below the cap.
    pub dropped: u64,
    /// Iterations that ended with all requests passed.
    pub completed: u64,
    /// Iterations that ended with a failed request.
    pub failed: u64,
    /// Iterations ended by the end of the grace period or by the user.
    pub cut: u64,
    /// Sum over users of the time for which each existed: divided by the second, the mean number of users.
    pub user_time: Nanos,
    /// Users added in this second.
    pub users_added: u64,
    /// Users retired in this second.
    pub users_retired: u64,
}

impl ScenarioSecond {
    /// Adds the same scenario's counts.
    pub fn merge(&mut self, other: &Self) {
        self.due += other.due;
        self.started += other.started;
        self.dropped += other.dropped;
        self.completed += other.completed;
        self.failed += other.failed;
        self.cut += other.cut;
        self.user_time = self.user_time + other.user_time;
        self.users_added += other.users_added;
        self.users_retired += other.users_retired;
    }
}

/// How often a check held in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckSecond {
    /// Which check.
    pub check: CheckId,
    /// Responses for which it held.
    pub passed: u64,
    /// Responses for which it did not.
    pub failed: u64,
}

/// How one worker fared in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerSecond {
    /// Which worker.
    pub worker: u32,
    /// Processor time that its thread used.
    pub cpu: Nanos,
    /// The longest time by which its event loop came late to a timer.
    pub stall_max: Nanos,
    /// Connections open at the end of the second.
    pub connections: u64,
    /// Connections opened in this second.
    pub connects: u64,
    /// Per-request rows that could not be handed on in time.
    pub rows_lost: u64,
}

/// One second of a run. The sum of seconds is a second: [`merge`](Self::merge) is associative and
/// commutative, over workers, machines and time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Which second of the run; after merging over time, the latest.
    pub index: u64,
    /// One cell a key, ascending by key: the requests, and nothing else.
    pub cells: Vec<CellSecond>,
    /// The same of what stands aside: groups of steps, and requests that brunt broke on purpose. In no count of
    /// requests, errors or requests in flight.
    pub asides: Vec<CellSecond>,
    /// One entry a scenario that had anything, ascending.
    pub scenarios: Vec<ScenarioSecond>,
    /// One entry a check that was evaluated, ascending.
    pub checks: Vec<CheckSecond>,
    /// How late requests were started (`started - scheduled` of each iteration's first request, and of
    /// every timed pause's end).
    pub lag: SparseHistogram,
    /// Requests begun.
    pub requests_started: u64,
    /// Requests in flight, integrated over the second: divided by its length, the mean number in flight.
    pub in_flight_time: Nanos,
    /// One entry a worker, ascending.
    pub workers: Vec<WorkerSecond>,
    /// One entry a tally, phase and value that came, ascending.
    pub tallies: Vec<TallySecond>,
}

impl Second {
    /// Adds `other`.
    pub fn merge(&mut self, other: &Self) {
        self.index = self.index.max(other.index);
        merge_sorted(&mut self.cells, &other.cells, |c| c.key, CellSecond::merge);
        merge_sorted(&mut self.asides, &other.asides, |c| c.key, CellSecond::merge);
        tally::merge(&mut self.tallies, &other.tallies);
        merge_sorted(&mut self.scenarios, &other.scenarios, |s| s.scenario, ScenarioSecond::merge);
        merge_sorted(
            &mut self.checks,
            &other.checks,
            |c| c.check,
            |a, b| {
                a.passed += b.passed;
                a.failed += b.failed;
            },
        );
        self.lag.merge(&other.lag);
        self.requests_started += other.requests_started;
        self.in_flight_time = self.in_flight_time + other.in_flight_time;
        merge_sorted(
            &mut self.workers,
            &other.workers,
            |w| w.worker,
            |a, b| {
                a.cpu = a.cpu + b.cpu;
                a.stall_max = a.stall_max.max(b.stall_max);
                a.connections = a.connections.max(b.connections);
                a.connects += b.connects;
                a.rows_lost += b.rows_lost;
            },
        );
    }

    /// Requests that ended; asides are none.
    pub fn requests(&self) -> u64 {
        self.cells.iter().map(CellSecond::count).sum()
    }

    /// Requests that ended in an error.
    pub fn errors(&self) -> u64 {
        self.cells.iter().filter(|c| !c.key.outcome.is_ok()).map(CellSecond::count).sum()
    }
}

/// Merges two ascending lists; entries of one key are combined.
fn merge_sorted<T: Clone, K: Ord>(
    mine: &mut Vec<T>,
    theirs: &[T],
    key: impl Fn(&T) -> K,
    combine: impl Fn(&mut T, &T),
) {
    for entry in theirs {
        match mine.binary_search_by_key(&key(entry), &key) {
            Ok(at) => combine(&mut mine[at], entry),
            Err(at) => mine.insert(at, entry.clone()),
        }
    }
}
