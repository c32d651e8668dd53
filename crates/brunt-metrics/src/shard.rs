//! A worker's own recorder: every request is counted here, and once a second it is sealed.
//!
//! A shard belongs to one thread. Recording is a handful of additions: no lock, no channel, no string, and
//! no allocation once the cells and histogram pages of a series exist (`tests/it/alloc.rs` holds it to
//! that). Cells are bounded: past 24 distinct status codes of an endpoint the code is folded to
//! its class, and classes, outcomes and phases are closed sets.

use crate::{
    CellKey, CellSecond, CheckId, CheckSecond, EndpointId, Histogram, Nanos, Outcome, Part, PartSum, Phase,
    Sample, ScenarioId, ScenarioSecond, Second, Status, TallyId, WorkerSecond, tally::TallyCounts,
};

/// Distinct cells an endpoint may have before status codes are folded to classes. A service that answers
/// one request with more than this many kinds of status is telling its life story in them.
const MAX_CODES: usize = 24;

#[derive(Debug)]
struct Cell {
    phase: Phase,
    status: Status,
    outcome: Outcome,
    bytes_out: u64,
    bytes_in: u64,
    retries: u64,
    parts: [PartSum; Part::ALL.len()],
    response: Histogram,
    service: Histogram,
}

impl Cell {
    fn new(phase: Phase, status: Status, outcome: Outcome) -> Self {
        Self {
            phase,
            status,
            outcome,
            bytes_out: 0,
            bytes_in: 0,
            retries: 0,
            parts: Default::default(),
            response: Histogram::default(),
            service: Histogram::default(),
        }
    }

    #[inline]
    fn is(&self, phase: Phase, status: Status, outcome: Outcome) -> bool {
        self.status == status && self.outcome == outcome && self.phase == phase
    }

    #[inline]
    fn record(&mut self, sample: &Sample) {
        self.bytes_out += sample.bytes_out;
        self.bytes_in += sample.bytes_in;
        self.retries += u64::from(sample.retries);
        for (sum, took) in self.parts.iter_mut().zip(sample.parts.0) {
            sum.record(took);
        }
        self.response.record(sample.response());
        self.service.record(sample.service());
    }

    fn seal(&mut self, endpoint: EndpointId) -> CellSecond {
        let key = CellKey { endpoint, phase: self.phase, status: self.status, outcome: self.outcome };
        CellSecond {
            key,
            bytes_out: std::mem::take(&mut self.bytes_out),
            bytes_in: std::mem::take(&mut self.bytes_in),
            retries: std::mem::take(&mut self.retries),
            parts: std::mem::take(&mut self.parts),
            response: self.response.drain(),
            service: self.service.drain(),
        }
    }
}

/// Users or requests that exist now, and their time summed up so far.
#[derive(Clone, Copy, Debug, Default)]
struct Integral {
    now: u64,
    since: Nanos,
    sum: Nanos,
}

impl Integral {
    #[inline]
    fn advance(&mut self, at: Nanos) {
        self.sum = self.sum + Nanos((at - self.since).0.saturating_mul(self.now));
        self.since = self.since.max(at);
    }

    /// One more from `at` on, which may lie before what was last counted.
    #[inline]
    fn enter(&mut self, at: Nanos) {
        self.advance(at);
        self.sum = self.sum + (self.since - at);
        self.now += 1;
    }

    /// One less from `at` on, which may lie before what was last counted.
    #[inline]
    fn leave(&mut self, at: Nanos) {
        self.advance(at);
        if self.now > 0 {
            self.sum = self.sum - (self.since - at);
            self.now -= 1;
        }
    }
}

#[derive(Debug, Default)]
struct ScenarioCounts {
    counts: ScenarioSecond,
    users: Integral,
}

/// One worker's recorder. Sized once, by the workload's tables.
#[derive(Debug)]
pub struct Shard {
    second: u64,
    cells: Vec<Vec<Cell>>,
    /// What stands aside of the requests.
    asides: Vec<Vec<Cell>>,
    tallies: Vec<TallyCounts>,
    scenarios: Vec<ScenarioCounts>,
    checks: Vec<CheckSecond>,
    lag: Histogram,
    requests_started: u64,
    in_flight: Integral,
    worker: WorkerSecond,
}

impl Shard {
    /// A recorder for `worker` and tables of these sizes.
    pub fn new(worker: u32, scenarios: usize, endpoints: usize, checks: usize) -> Self {
        let scenario = |i: usize| ScenarioCounts {
            counts: ScenarioSecond { scenario: ScenarioId(id16(i)), ..ScenarioSecond::default() },
            users: Integral::default(),
        };
        let check = |i: usize| CheckSecond { check: CheckId(id32(i)), ..CheckSecond::default() };
        Self {
            second: 0,
            cells: (0..endpoints).map(|_| Vec::new()).collect(),
            asides: (0..endpoints).map(|_| Vec::new()).collect(),
            tallies: Vec::new(),
            scenarios: (0..scenarios).map(scenario).collect(),
            checks: (0..checks).map(check).collect(),
            lag: Histogram::default(),
            requests_started: 0,
            in_flight: Integral::default(),
            worker: WorkerSecond { worker, ..WorkerSecond::default() },
        }
    }

    /// The same with so many tallies.
    #[must_use]
    pub fn with_tallies(mut self, tallies: usize) -> Self {
        self.tallies.resize_with(tallies, TallyCounts::default);
        self
    }

    /// Notes that a request began at `at`.
    #[inline]
    pub fn request_started(&mut self, at: Nanos) {
        self.requests_started += 1;
        self.in_flight.enter(at);
    }

    /// Counts a request that ended. Each belongs to a [`request_started`](Self::request_started).
    #[inline]
    pub fn record(&mut self, sample: &Sample) {
        self.in_flight.leave(sample.ended);
        record_into(&mut self.cells, sample);
    }

    /// Counts what stands aside of the requests: a group of steps that ended, or a request that brunt broke on
    /// purpose. It is in no count of requests, errors or requests in flight, and belongs to no
    /// [`request_started`](Self::request_started).
    #[inline]
    pub fn record_aside(&mut self, sample: &Sample) {
        record_into(&mut self.asides, sample);
    }

    /// Counts one value of a tally, in the answer to a request due in `phase`.
    #[inline]
    pub fn tally(&mut self, tally: TallyId, phase: Phase, value: &[u8]) {
        self.tallies[usize::from(tally.0)].count(phase, value);
    }

    /// Counts how late an iteration was begun, or a pause ended.
    #[inline]
    pub fn record_lag(&mut self, lag: Nanos) {
        self.lag.record(lag);
    }

    /// Counts one evaluation of a check.
    #[inline]
    pub fn record_check(&mut self, check: CheckId, held: bool) {
        let counts = &mut self.checks[check.0 as usize];
        counts.passed += u64::from(held);
        counts.failed += u64::from(!held);
    }

    /// The counts of a scenario in the current second, to be added to.
    #[inline]
    pub fn scenario(&mut self, scenario: ScenarioId) -> &mut ScenarioSecond {
        &mut self.scenarios[scenario.0 as usize].counts
    }

    /// Notes that a user of `scenario` came into being at `at`.
    pub fn user_added(&mut self, scenario: ScenarioId, at: Nanos) {
        let s = &mut self.scenarios[scenario.0 as usize];
        s.users.enter(at);
        s.counts.users_added += 1;
    }

    /// Notes that a user of `scenario` left at `at`.
    pub fn user_retired(&mut self, scenario: ScenarioId, at: Nanos) {
        let s = &mut self.scenarios[scenario.0 as usize];
        s.users.leave(at);
        s.counts.users_retired += 1;
    }

    /// The worker's own figures in the current second, to be added to.
    pub fn worker(&mut self) -> &mut WorkerSecond {
        &mut self.worker
    }

    /// The second being recorded.
    pub fn current_second(&self) -> u64 {
        self.second
    }

    /// Whether nothing was counted since the last seal, but for users that have left.
    pub fn is_empty(&self) -> bool {
        let counted = |c: &Cell| c.response.count() > 0;
        self.requests_started == 0
            && !self.cells.iter().chain(&self.asides).flatten().any(counted)
            && self.tallies.iter().all(TallyCounts::is_empty)
            && self
                .scenarios
                .iter()
                .all(|s| s.counts == ScenarioSecond { users_retired: s.counts.users_retired, ..s.fresh() })
    }

    /// Seals what was recorded since the last seal as second `self.current_second()` and goes on with the
    /// second that `at` lies in. `at` is the boundary: the integrals are closed there.
    pub fn seal(&mut self, at: Nanos) -> Second {
        self.in_flight.advance(at);
        let mut tallies = Vec::new();
        for (tally, counts) in self.tallies.iter_mut().enumerate() {
            counts.drain(TallyId(id16(tally)), &mut tallies);
        }
        tallies.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        let scenarios = self.scenarios.iter_mut().filter_map(|s| seal_scenario(s, at)).collect();
        let mut checks = Vec::new();
        for check in self.checks.iter_mut().filter(|c| c.passed + c.failed > 0) {
            checks.push(*check);
            *check = CheckSecond { check: check.check, ..CheckSecond::default() };
        }
        let worker = self.worker;
        self.worker = WorkerSecond {
            worker: worker.worker,
            connections: worker.connections,
            ..WorkerSecond::default()
        };
        let index = std::mem::replace(&mut self.second, at.second());
        Second {
            index,
            cells: seal_cells(&mut self.cells),
            asides: seal_cells(&mut self.asides),
            scenarios,
            checks,
            lag: self.lag.drain(),
            requests_started: std::mem::take(&mut self.requests_started),
            in_flight_time: std::mem::take(&mut self.in_flight.sum),
            workers: vec![worker],
            tallies,
        }
    }
}

impl ScenarioCounts {
    fn fresh(&self) -> ScenarioSecond {
        ScenarioSecond { scenario: self.counts.scenario, ..ScenarioSecond::default() }
    }
}

fn seal_scenario(s: &mut ScenarioCounts, at: Nanos) -> Option<ScenarioSecond> {
    s.users.advance(at);
    s.counts.user_time = std::mem::take(&mut s.users.sum);
    let fresh = s.fresh();
    let counts = std::mem::replace(&mut s.counts, fresh);
    (counts != fresh).then_some(counts)
}

#[inline]
fn record_into(cells: &mut [Vec<Cell>], sample: &Sample) {
    let cells = &mut cells[sample.endpoint.0 as usize];
    let (phase, outcome) = (sample.phase, sample.outcome);
    if let Some(cell) = cells.iter_mut().find(|c| c.is(phase, sample.status, outcome)) {
        cell.record(sample);
    } else {
        record_new(cells, sample);
    }
}

fn seal_cells(rows: &mut [Vec<Cell>]) -> Vec<CellSecond> {
    let mut cells = Vec::new();
    for (endpoint, row) in rows.iter_mut().enumerate() {
        let counted = row.iter_mut().filter(|c| c.response.count() > 0);
        cells.extend(counted.map(|c| c.seal(EndpointId(id32(endpoint)))));
    }
    cells.sort_unstable_by_key(|c| c.key);
    cells
}

#[cold]
fn record_new(cells: &mut Vec<Cell>, sample: &Sample) {
    let (phase, outcome) = (sample.phase, sample.outcome);
    let status = if cells.len() < MAX_CODES { sample.status } else { sample.status.folded() };
    if let Some(cell) = cells.iter_mut().find(|c| c.is(phase, status, outcome)) {
        cell.record(sample);
        return;
    }
    let mut cell = Cell::new(phase, status, outcome);
    cell.record(sample);
    cells.push(cell);
}

#[expect(clippy::cast_possible_truncation, reason = "lowering bounds scenarios and tallies below 2^16")]
const fn id16(i: usize) -> u16 {
    i as u16
}

#[expect(clippy::cast_possible_truncation, reason = "lowering bounds endpoints and checks below 2^32")]
const fn id32(i: usize) -> u32 {
    i as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Parts};

    fn sample(status: u16, scheduled: u64, ended: u64) -> Sample {
        Sample {
            endpoint: EndpointId(0),
            phase: Phase::Load,
            scheduled: Nanos(scheduled),
            started: Nanos(scheduled + 1_000),
            ended: Nanos(ended),
            parts: Parts::default(),
            outcome: if status < 400 { Outcome::Ok } else { Outcome::Error(ErrorKind::Status) },
            status: Status::code(status),
            bytes_out: 10,
            bytes_in: 100,
            retries: 0,
        }
    }

    #[test]
    fn a_second_holds_what_was_recorded_and_the_next_starts_empty() {
        let mut shard = Shard::new(3, 1, 1, 1);
        shard.user_added(ScenarioId(0), Nanos(500_000_000));
        for s in [sample(200, 0, 5_000_000), sample(200, 0, 7_000_000), sample(503, 0, 9_000_000)] {
            shard.request_started(s.started);
            shard.record(&s);
        }
        shard.record_check(CheckId(0), true);
        let second = shard.seal(Nanos::SECOND);
        assert_eq!((second.index, second.requests(), second.errors()), (0, 3, 1));
        assert_eq!(second.cells.len(), 2);
        assert_eq!(second.cells[0].bytes_in, 200);
        assert_eq!(second.cells[0].response.max, Nanos(7_000_000));
        assert_eq!(second.cells[0].service.max, Nanos(6_999_000));
        assert_eq!(second.scenarios[0].user_time, Nanos(500_000_000));
        assert_eq!(second.checks[0].passed, 1);
        assert_eq!(second.workers[0].worker, 3);
        let next = shard.seal(Nanos::from_secs(2));
        assert_eq!((next.index, next.requests()), (1, 0));
        assert_eq!(next.scenarios[0].user_time, Nanos::SECOND);
    }

    #[test]
    fn in_flight_time_is_the_sum_of_service_times() {
        let mut shard = Shard::new(0, 1, 1, 0);
        shard.request_started(Nanos(100));
        shard.request_started(Nanos(200));
        let mut s = sample(200, 0, 1_100);
        s.started = Nanos(100);
        shard.record(&s);
        (s.started, s.ended) = (Nanos(200), Nanos(1_700));
        shard.record(&s);
        assert_eq!(shard.seal(Nanos::SECOND).in_flight_time, Nanos(1_000 + 1_500));
    }

    #[test]
    fn in_flight_time_is_exact_whatever_the_order_of_instants() {
        let mut shard = Shard::new(0, 1, 1, 0);
        shard.request_started(Nanos(500));
        shard.request_started(Nanos(200));
        let mut s = sample(200, 0, 1_700);
        shard.record(&s);
        s.ended = Nanos(900);
        shard.record(&s);
        assert_eq!(shard.seal(Nanos::SECOND).in_flight_time, Nanos(1_700 - 500 + 900 - 200));
    }

    #[test]
    fn what_stands_aside_is_no_request() {
        let mut shard = Shard::new(0, 1, 2, 0);
        assert!(shard.is_empty());
        shard.record_aside(&Sample { endpoint: EndpointId(1), ..sample(503, 0, 5_000_000) });
        assert!(!shard.is_empty());
        shard.request_started(Nanos(1_000));
        shard.record(&sample(200, 0, 2_000_000));
        let second = shard.seal(Nanos::SECOND);
        assert_eq!((second.requests(), second.errors(), second.requests_started), (1, 0, 1));
        assert_eq!(second.in_flight_time, Nanos(1_999_000));
        assert_eq!(second.asides.len(), 1);
        assert_eq!((second.asides[0].key.endpoint, second.asides[0].count()), (EndpointId(1), 1));
        assert!(shard.seal(Nanos::from_secs(2)).asides.is_empty());
    }

    #[test]
    fn tallies_are_sealed_by_phase_and_value() {
        let mut shard = Shard::new(0, 1, 1, 0).with_tallies(2);
        for (tally, phase, value) in [
            (1, Phase::Load, "app2"),
            (0, Phase::Load, "MISS"),
            (0, Phase::WarmUp, "MISS"),
            (0, Phase::Load, "HIT"),
            (0, Phase::Load, "HIT"),
        ] {
            shard.tally(TallyId(tally), phase, value.as_bytes());
        }
        assert!(!shard.is_empty());
        let second = shard.seal(Nanos::SECOND);
        let found: Vec<_> = second.tallies.iter().map(|t| (t.tally.0, t.phase, &*t.value, t.count)).collect();
        let expected = [
            (0, Phase::WarmUp, "MISS", 1),
            (0, Phase::Load, "HIT", 2),
            (0, Phase::Load, "MISS", 1),
            (1, Phase::Load, "app2", 1),
        ];
        assert_eq!(found, expected);
        assert!(shard.is_empty() && shard.seal(Nanos::from_secs(2)).tallies.is_empty());
    }

    #[test]
    fn status_codes_fold_past_the_bound_and_nothing_is_lost() {
        let mut shard = Shard::new(0, 1, 1, 0);
        for code in 200..500 {
            shard.record(&sample(code, 0, 1_000_000));
        }
        let second = shard.seal(Nanos::SECOND);
        assert_eq!(second.requests(), 300);
        assert!(second.cells.len() <= MAX_CODES + 3, "{}", second.cells.len());
    }
}
