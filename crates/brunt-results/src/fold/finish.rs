//! From folded samples to the events of a run.

use super::{Building, Extent, Flight, Fold, SECOND, unsigned};
use crate::Tool;
use crate::number::Grain;
use brunt_metrics::{CellSecond, EndpointId, Nanos, Phase, ScenarioId, ScenarioSecond, Second};
use brunt_run::{
    ErrorDetail, Finish, PhaseChange, RunEvent, RunHeader, RunView, ScenarioHeader, StopReason, Summary,
    Warning, WarningKind,
};
use std::collections::{BTreeMap, BTreeSet};

/// Seconds in which nothing happened are told up to so many in a row: in a longer hole nobody loaded anything.
const MAX_HOLE: u64 = 3_600;

/// What a run is called and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    pub(crate) tool: Tool,
    pub(crate) version: Option<String>,
    pub(crate) name: String,
    pub(crate) targets: Vec<String>,
    /// How scenarios were executed, in words.
    pub(crate) executor: &'static str,
    /// Whether load followed a schedule.
    pub(crate) open: bool,
    /// Whether the source has wall-clock times.
    pub(crate) dated: bool,
}

impl Heading {
    pub(crate) fn new(tool: Tool, name: &str) -> Self {
        Self {
            tool,
            version: None,
            name: name.to_owned(),
            targets: Vec::new(),
            executor: "not told by the source",
            open: false,
            dated: true,
        }
    }

    /// What a run's environment says of its tool.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::from([("tool".to_owned(), self.tool.name().to_owned())]);
        if let Some(version) = &self.version {
            environment.insert("tool_version".to_owned(), version.clone());
        }
        environment
    }
}

/// A run whose samples were folded.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) summary: Summary,
    pub(crate) events: Vec<RunEvent>,
}

impl Fold {
    /// The run's events and totals. `None` only if the totals cannot be made, which a header always allows.
    pub(crate) fn finish(self, heading: &Heading) -> Option<Folded> {
        let events = self.into_events(heading);
        let mut view = RunView::default();
        for event in &events {
            view.apply(event);
        }
        Summary::of(&view).map(|summary| Folded { summary, events })
    }

    fn into_events(mut self, heading: &Heading) -> Vec<RunEvent> {
        let clock = self.clock();
        let header = self.header(heading, &clock);
        let mut events = vec![RunEvent::Started(Box::new(header))];
        let mut notes = self.phase_changes(&clock);
        notes.extend(self.error_details(&clock));
        notes.sort_by_key(|(at, _)| *at);
        let mut notes = notes.into_iter().peekable();
        let mut users = Users::default();
        let mut aloft = 0_i64;
        let mut flights = self.settled_flights(&clock);
        for index in self.seconds_told(&clock, &flights) {
            let building = self.seconds.remove(&clock.absolute(index)).unwrap_or_default();
            let flight = flights.remove(&index).unwrap_or_default();
            aloft += flight.whole;
            while let Some((_, event)) = notes.next_if(|(at, _)| at.second() <= index) {
                events.push(event);
            }
            let second = second(building, index, flight, aloft, &mut users);
            events.push(RunEvent::Second(Box::new(second)));
        }
        events.extend(notes.map(|(_, event)| event));
        if self.names.folded {
            events.push(RunEvent::Warning(Warning {
                at: clock.end,
                kind: WarningKind::Folded,
                text: format!(
                    "more names than are told apart ({} endpoints, {} scenarios): the others count as `(other)`; give \
                     requests names without ids",
                    super::names::MAX_ENDPOINTS,
                    super::names::MAX_SCENARIOS
                ),
            }));
        }
        let (at, reason) = (clock.end, StopReason::Completed);
        let finish = Finish { at, reason, in_flight: 0, self_checks_failed: Vec::new() };
        events.push(RunEvent::Finished(finish));
        events
    }

    /// The run's seconds, those without anything too, but for long holes.
    fn seconds_told(&self, clock: &Clock, flights: &BTreeMap<u64, Flight>) -> Vec<u64> {
        let mut busy: BTreeSet<u64> = self.seconds.keys().map(|s| unsigned(s - clock.first)).collect();
        busy.extend(flights.keys());
        busy.extend([0, clock.seconds.saturating_sub(1)].iter().filter(|_| clock.seconds > 0));
        let mut told: Vec<u64> = Vec::with_capacity(busy.len());
        for index in busy {
            let next = told.last().map_or(index, |last| last + 1);
            told.extend(if index - next > MAX_HOLE { index..=index } else { next..=index });
        }
        told
    }

    fn clock(&self) -> Clock {
        let grain = self.grain.unwrap_or_default();
        let Some(extent) = self.extent else {
            return Clock { first: 0, seconds: 0, end: Nanos::ZERO, grain };
        };
        let (first, last) = (extent.from.div_euclid(SECOND), extent.to.div_euclid(SECOND));
        let seconds = unsigned(last - first + 1);
        let end = match grain {
            Grain::Fine => Nanos(unsigned(extent.to - first * SECOND)),
            Grain::Seconds => Nanos::from_secs(seconds),
        };
        Clock { first, seconds, end, grain }
    }

    fn header(&self, heading: &Heading, clock: &Clock) -> RunHeader {
        let most = self.most_users();
        let scenario = |(id, name): (u16, &String)| ScenarioHeader {
            name: name.clone(),
            executor: heading.executor.to_owned(),
            open: heading.open,
            max_users: most.get(&ScenarioId(id)).map_or(0, |n| u32::try_from(*n).unwrap_or(u32::MAX)),
            curve: Vec::new(),
            curve_step: Nanos::SECOND,
        };
        RunHeader {
            id: heading.name.clone(),
            name: heading.name.clone(),
            started_unix_ms: if heading.dated { unsigned(clock.first) * 1_000 } else { 0 },
            seed: 0,
            targets: heading.targets.clone(),
            planned_duration: None,
            workers: 0,
            simulated: false,
            scenarios: (0..).zip(&self.names.scenarios).map(scenario).collect(),
            endpoints: self.names.endpoints.clone(),
            checks: self.names.checks.clone(),
            tallies: Vec::new(),
            objectives: Vec::new(),
            profile: None,
            labels: BTreeMap::new(),
            environment: heading.environment(),
        }
    }

    fn most_users(&self) -> BTreeMap<ScenarioId, u64> {
        let mut most = BTreeMap::new();
        for (id, count) in self.seconds.values().flat_map(|b| &b.users) {
            let entry = most.entry(*id).or_insert(0);
            *entry = (*entry).max(*count);
        }
        most
    }

    fn phase_changes(&self, clock: &Clock) -> Vec<(Nanos, RunEvent)> {
        let mut changes = Vec::new();
        for (scenario, extent) in &self.scenario_extents {
            let (from, to) = clock.load(*extent);
            for (at, phase) in [(from, Some(Phase::Load)), (to, None)] {
                changes.push((at, RunEvent::Phase(PhaseChange { at, scenario: *scenario, phase })));
            }
        }
        changes
    }

    fn error_details(&self, clock: &Clock) -> Vec<(Nanos, RunEvent)> {
        let detail = |((endpoint, kind), (ns, text)): (&(EndpointId, _), &(i64, String))| {
            let at = clock.relative(*ns);
            (
                at,
                RunEvent::ErrorDetail(ErrorDetail {
                    at,
                    endpoint: *endpoint,
                    kind: *kind,
                    text: text.clone(),
                }),
            )
        };
        self.details.iter().map(detail).collect()
    }

    /// Flights by the run's seconds: what began before the first or past the last one, as coarse instants make it seem,
    /// counts there.
    fn settled_flights(&mut self, clock: &Clock) -> BTreeMap<u64, Flight> {
        let last = signed_last(clock.seconds);
        let mut settled: BTreeMap<u64, Flight> = BTreeMap::new();
        for (absolute, flight) in std::mem::take(&mut self.flights) {
            let index = (absolute - clock.first).clamp(0, last);
            let sum = settled.entry(unsigned(index)).or_default();
            sum.started += flight.started;
            sum.partial += flight.partial;
            sum.whole += flight.whole;
        }
        settled
    }
}

/// The run's time against the source's.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// The source's second that is the run's second 0.
    first: i64,
    seconds: u64,
    end: Nanos,
    grain: Grain,
}

impl Clock {
    fn absolute(&self, index: u64) -> i64 {
        self.first.saturating_add(i64::try_from(index).unwrap_or(i64::MAX))
    }

    fn relative(&self, ns: i64) -> Nanos {
        Nanos(unsigned(ns - self.first * SECOND)).min(self.end)
    }

    /// From when to when a scenario loaded. Of whole seconds only their numbers are known: on average what lies between
    /// the first and the last is their difference, so a run in the seconds 5 and 9 is taken to have lasted 4 s.
    fn load(&self, extent: Extent) -> (Nanos, Nanos) {
        let (from, to) = (self.relative(extent.from), self.relative(extent.to));
        match self.grain {
            Grain::Fine => (from, to),
            Grain::Seconds if from.second() == to.second() => (from, (from + Nanos::SECOND).min(self.end)),
            Grain::Seconds => {
                let half = Nanos(Nanos::SECOND.0 / 2);
                (from + half, to + half)
            }
        }
    }
}

fn signed_last(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_sub(1)).unwrap_or(i64::MAX)
}

/// Users as they were last told.
#[derive(Debug, Default)]
struct Users(BTreeMap<ScenarioId, u64>);

fn second(building: Building, index: u64, flight: Flight, aloft: i64, users: &mut Users) -> Second {
    let Building { cells, asides, mut scenarios, checks, users: told, lag } = building;
    for (scenario, count) in told {
        let own = scenarios
            .entry(scenario)
            .or_insert_with(|| ScenarioSecond { scenario, ..ScenarioSecond::default() });
        let before = users.0.insert(scenario, count).unwrap_or(0);
        own.users_added += count.saturating_sub(before);
        own.users_retired += before.saturating_sub(count);
    }
    for (scenario, count) in &users.0 {
        let own = scenarios
            .entry(*scenario)
            .or_insert_with(|| ScenarioSecond { scenario: *scenario, ..ScenarioSecond::default() });
        own.user_time = Nanos::from_secs(*count);
    }
    let whole = unsigned(aloft).saturating_mul(unsigned(SECOND));
    Second {
        index,
        cells: cells.into_values().map(with_service).collect(),
        asides: asides.into_values().map(with_service).collect(),
        scenarios: scenarios.into_values().collect(),
        checks: checks.into_values().collect(),
        lag,
        requests_started: flight.started,
        in_flight_time: Nanos(flight.partial.saturating_add(whole)),
        workers: Vec::new(),
        tallies: Vec::new(),
    }
}

/// Where the source does not tell service from response, they are the same.
fn with_service(mut cell: CellSecond) -> CellSecond {
    if cell.service.total == 0 {
        cell.service = cell.response.clone();
    }
    cell
}
