//! Samples in any order become the seconds of a run.
//!
//! Memory grows with the run's seconds and its names, both bounded, and not with its samples. Start with
//! [`Fold::request`]; [`Fold::finish`] gives the events.

mod finish;

mod names;

pub(crate) use finish::{Folded, Heading};

use crate::notes::{At, Notes};
use crate::number::{Grain, Instant};
use crate::words::shown;
use brunt_metrics::{
    CellKey, CellSecond, CheckId, CheckSecond, EndpointId, EndpointKind, ErrorKind, Nanos, Outcome, Part,
    Phase, ScenarioId, ScenarioSecond, SparseHistogram, Status, bucket_index,
};
use names::Names;
use std::collections::{BTreeMap, BTreeSet};

/// The longest run that is read, in seconds: a week. What lies further from the first sample is not of the same run.
const MAX_SPAN: i64 = 7 * 24 * 3_600;
/// Samples are written when they end, and those of long requests late: up to so many seconds back are no clock's jump.
const UNORDERED: i64 = 60;
/// Statuses of an endpoint that are counted apart, as in a run of ours; further ones fold into their class.
const MAX_STATUSES: usize = 24;
/// First words of errors that are kept.
const MAX_DETAILS: usize = 1_000;

/// Seconds in which nothing happened that are worth a word: ten minutes, longer than tests pause and requests last.
const LONG_HOLE: u64 = 600;

const SECOND: i64 = 1_000_000_000;

/// One finished request of another tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sampled {
    pub(crate) endpoint: EndpointId,
    pub(crate) ended: Instant,
    pub(crate) response: Nanos,
    /// Where the source tells it from `response`.
    pub(crate) service: Option<Nanos>,
    pub(crate) phase: Phase,
    pub(crate) status: Status,
    pub(crate) outcome: Outcome,
    pub(crate) bytes_out: u64,
    pub(crate) bytes_in: u64,
    pub(crate) retries: u64,
    pub(crate) parts: [Nanos; Part::ALL.len()],
}

/// An instant, and where it stands in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dated {
    pub(crate) instant: Instant,
    pub(crate) at: At,
}

impl Sampled {
    /// A request of the load phase of which only this is known.
    pub(crate) fn new(endpoint: EndpointId, ended: Instant, response: Nanos) -> Self {
        Self {
            endpoint,
            ended,
            response,
            service: None,
            phase: Phase::Load,
            status: Status::NONE,
            outcome: Outcome::Ok,
            bytes_out: 0,
            bytes_in: 0,
            retries: 0,
            parts: Default::default(),
        }
    }
}

/// A second while it is filled.
#[derive(Debug, Default)]
struct Building {
    cells: BTreeMap<CellKey, CellSecond>,
    asides: BTreeMap<CellKey, CellSecond>,
    scenarios: BTreeMap<ScenarioId, ScenarioSecond>,
    checks: BTreeMap<CheckId, CheckSecond>,
    users: BTreeMap<ScenarioId, u64>,
    lag: SparseHistogram,
}

/// Requests in flight in a second.
#[derive(Clone, Copy, Debug, Default)]
struct Flight {
    started: u64,
    /// Time in flight of requests that began or ended in the second.
    partial: u64,
    /// Requests that are in flight from this second's beginning for whole seconds: differences to the second before.
    whole: i64,
}

/// From the first to the last thing that happened to something.
#[derive(Clone, Copy, Debug)]
struct Extent {
    from: i64,
    to: i64,
}

impl Extent {
    fn widen(&mut self, from: i64, to: i64) {
        self.from = self.from.min(from);
        self.to = self.to.max(to);
    }
}

/// Samples of a run, folded into its seconds.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    names: Names,
    seconds: BTreeMap<i64, Building>,
    flights: BTreeMap<i64, Flight>,
    statuses: BTreeMap<EndpointId, BTreeSet<Status>>,
    details: BTreeMap<(EndpointId, ErrorKind), (i64, String)>,
    anchor: Option<i64>,
    latest: i64,
    extent: Option<Extent>,
    scenario_extents: BTreeMap<ScenarioId, Extent>,
    grain: Option<Grain>,
    requests: u64,
}

impl Fold {
    /// The endpoint of a request name.
    pub(crate) fn endpoint(&mut self, scenario: &str, method: &str, name: &str) -> EndpointId {
        self.names.endpoint([scenario, name, method, name], EndpointKind::Request)
    }

    /// The endpoint whose action is called otherwise than itself.
    pub(crate) fn endpoint_of_action(&mut self, names: [&str; 4]) -> EndpointId {
        self.names.endpoint(names, EndpointKind::Request)
    }

    /// Where a group of steps is measured.
    pub(crate) fn group(&mut self, scenario: &str, name: &str) -> EndpointId {
        self.names.endpoint([scenario, name, "*", name], EndpointKind::Group)
    }

    /// The scenario of a name.
    pub(crate) fn scenario(&mut self, name: &str) -> ScenarioId {
        self.names.scenario(name)
    }

    /// The check of a name, at an endpoint.
    pub(crate) fn check(&mut self, endpoint: EndpointId, name: &str) -> CheckId {
        self.names.check(endpoint, name)
    }

    /// The only scenario; `None` if there are more, or none.
    pub(crate) fn only_scenario(&self) -> Option<ScenarioId> {
        (self.names.scenarios.len() == 1).then_some(ScenarioId(0))
    }

    /// Requests counted.
    pub(crate) const fn requests(&self) -> u64 {
        self.requests
    }

    /// The longest time in which nothing happened, and after how many seconds of the run it began; `None` below [`LONG_HOLE`].
    pub(crate) fn hole(&self) -> Option<(u64, u64)> {
        let first = *self.seconds.keys().next()?;
        let pairs = self.seconds.keys().zip(self.seconds.keys().skip(1));
        let holes = pairs.map(|(a, b)| (unsigned(b - a - 1), unsigned(a + 1 - first)));
        holes.max_by_key(|(length, _)| *length).filter(|(length, _)| *length >= LONG_HOLE)
    }

    /// Whether anything was named: a request, or a group of them.
    pub(crate) fn has_names(&self) -> bool {
        !self.names.endpoints.is_empty()
    }

    /// Counts a request.
    pub(crate) fn request(&mut self, sampled: &Sampled, notes: &mut Notes, at: At) {
        let ended = Dated { instant: sampled.ended, at };
        let scenario = self.names.scenario_of(sampled.endpoint);
        let Some(second) = self.second(ended, sampled.response, Some(scenario), notes) else {
            return;
        };
        self.requests += 1;
        let status = self.bounded_status(sampled.endpoint, sampled.status);
        let (endpoint, phase, outcome) = (sampled.endpoint, sampled.phase, sampled.outcome);
        let key = CellKey { endpoint, phase, status, outcome };
        let building = self.seconds.entry(second).or_default();
        let cell = building.cells.entry(key).or_insert_with(|| CellSecond::empty(key));
        cell.bytes_out += sampled.bytes_out;
        cell.bytes_in += sampled.bytes_in;
        cell.retries += sampled.retries;
        for (sum, part) in cell.parts.iter_mut().zip(sampled.parts) {
            sum.record(part);
        }
        record(&mut cell.response, sampled.response);
        if let Some(service) = sampled.service {
            record(&mut cell.service, service);
            record(&mut building.lag, sampled.response - service);
        }
        self.fly(sampled, second);
    }

    fn fly(&mut self, sampled: &Sampled, second: i64) {
        let took = signed(sampled.service.unwrap_or(sampled.response).0);
        let end = match sampled.ended.grain {
            Grain::Fine => sampled.ended.ns,
            Grain::Seconds => (second + 1) * SECOND - 1,
        };
        let start = end - took;
        let (first, last) = (start.div_euclid(SECOND), end.div_euclid(SECOND));
        self.flights.entry(first).or_default().started += 1;
        if first == last {
            self.flights.entry(first).or_default().partial += unsigned(took);
            return;
        }
        let flight = self.flights.entry(first).or_default();
        flight.partial += unsigned((first + 1) * SECOND - start);
        self.flights.entry(first + 1).or_default().whole += 1;
        let flight = self.flights.entry(last).or_default();
        flight.partial += unsigned(end - last * SECOND);
        flight.whole -= 1;
    }

    /// Counts a passage through a group of steps.
    pub(crate) fn passage(&mut self, group: EndpointId, ended: Dated, took: Nanos, notes: &mut Notes) {
        let scenario = self.names.scenario_of(group);
        let Some(second) = self.second(ended, took, Some(scenario), notes) else { return };
        let key = CellKey { endpoint: group, phase: Phase::Load, status: Status::NONE, outcome: Outcome::Ok };
        let asides = &mut self.seconds.entry(second).or_default().asides;
        record(&mut asides.entry(key).or_insert_with(|| CellSecond::empty(key)).response, took);
    }

    /// What a scenario did in a second, to add to.
    pub(crate) fn scenario_second(
        &mut self,
        scenario: ScenarioId,
        when: Dated,
        notes: &mut Notes,
    ) -> Option<&mut ScenarioSecond> {
        let second = self.second(when, Nanos::ZERO, Some(scenario), notes)?;
        let scenarios = &mut self.seconds.entry(second).or_default().scenarios;
        Some(
            scenarios
                .entry(scenario)
                .or_insert_with(|| ScenarioSecond { scenario, ..ScenarioSecond::default() }),
        )
    }

    /// Counts whether a check held.
    pub(crate) fn checked(&mut self, check: CheckId, counts: [u64; 2], when: Dated, notes: &mut Notes) {
        let Some(second) = self.second(when, Nanos::ZERO, None, notes) else { return };
        let checks = &mut self.seconds.entry(second).or_default().checks;
        let entry = checks.entry(check).or_insert_with(|| CheckSecond { check, ..CheckSecond::default() });
        entry.passed += counts[0];
        entry.failed += counts[1];
    }

    /// Notes how many users a scenario had; the most of a second counts.
    pub(crate) fn users(&mut self, scenario: ScenarioId, count: u64, when: Dated, notes: &mut Notes) {
        let Some(second) = self.second(when, Nanos::ZERO, None, notes) else { return };
        let users = self.seconds.entry(second).or_default().users.entry(scenario).or_default();
        *users = (*users).max(count);
    }

    /// Keeps the first words of an error.
    pub(crate) fn detail(&mut self, endpoint: EndpointId, outcome: Outcome, when: Instant, text: &str) {
        let Outcome::Error(kind) = outcome else { return };
        if text.is_empty()
            || self.details.len() >= MAX_DETAILS
            || self.details.contains_key(&(endpoint, kind))
        {
            return;
        }
        self.details.insert((endpoint, kind), (when.ns, shown(text)));
    }

    /// The second of an instant, with all that spans over seconds brought up to date; `None` if it cannot be of this run.
    fn second(
        &mut self,
        when: Dated,
        took: Nanos,
        scenario: Option<ScenarioId>,
        notes: &mut Notes,
    ) -> Option<i64> {
        let Dated { instant: when, at } = when;
        let second = when.ns.div_euclid(SECOND);
        let anchor = *self.anchor.get_or_insert(second);
        if (second - anchor).abs() > MAX_SPAN {
            notes.problem("instants far from the others", at, || {
                let days = (second - anchor).abs() / 86_400;
                format!("this sample is {days} days away from the first: it is left out")
            });
            return None;
        }
        if self.latest > second + UNORDERED && self.extent.is_some() {
            let back = self.latest - second;
            notes.problem("samples back in time", at, || {
                format!(
                    "this sample is {back} s older than one before it: it counts in its own second, but was a clock set \
                     back, or are these two runs?"
                )
            });
        }
        self.latest = if self.extent.is_some() { self.latest.max(second) } else { second };
        let (from, to) = match when.grain {
            Grain::Fine => (when.ns - signed(took.0), when.ns),
            Grain::Seconds => (second * SECOND, second * SECOND),
        };
        self.extent.get_or_insert(Extent { from, to }).widen(from, to);
        if let Some(id) = scenario {
            self.scenario_extents.entry(id).or_insert(Extent { from, to }).widen(from, to);
        }
        // One coarse instant makes the run's ends coarse.
        self.grain = Some(match self.grain {
            Some(Grain::Seconds) => Grain::Seconds,
            Some(Grain::Fine) | None => when.grain,
        });
        Some(second)
    }

    fn bounded_status(&mut self, endpoint: EndpointId, status: Status) -> Status {
        let known = self.statuses.entry(endpoint).or_default();
        if known.contains(&status) {
            return status;
        }
        if known.len() >= MAX_STATUSES {
            return status.folded();
        }
        known.insert(status);
        status
    }
}

/// Counts a value.
fn record(histogram: &mut SparseHistogram, value: Nanos) {
    #[expect(clippy::cast_possible_truncation, reason = "an index is below 23,552")]
    let index = bucket_index(value.0.saturating_add(500) / 1_000) as u32;
    match histogram.counts.binary_search_by_key(&index, |(bucket, _)| *bucket) {
        Ok(found) => histogram.counts[found].1 += 1,
        Err(place) => histogram.counts.insert(place, (index, 1)),
    }
    histogram.total += 1;
    histogram.sum_ns += u128::from(value.0);
    histogram.min = histogram.min.min(value);
    histogram.max = histogram.max.max(value);
}

fn signed(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}

fn unsigned(ns: i64) -> u64 {
    u64::try_from(ns).unwrap_or(0)
}
