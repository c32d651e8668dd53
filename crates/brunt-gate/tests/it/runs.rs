//! Runs made of numbers: every second alike, but for what a test changes.

use brunt_metrics::{
    CellKey, CellSecond, EndpointId, ErrorKind, Histogram, Nanos, Outcome, Phase, ScenarioId, ScenarioSecond,
    Second, SparseHistogram, Status, WorkerSecond,
};
use brunt_run::{
    ErrorDetail, Finish, HostSecond, PhaseChange, RunEvent, RunHeader, RunView, ScenarioHeader, SeriesName,
    StopReason,
};
use std::collections::BTreeMap;

/// A run of one open scenario and one endpoint.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) seconds: u64,
    /// Requests per second that succeed, each in `service_ms`.
    pub(crate) ok: u64,
    pub(crate) service_ms: u64,
    /// Requests per second that fail.
    pub(crate) errors: Vec<(ErrorKind, u16, u64)>,
    pub(crate) detail: &'static str,
    /// Iterations per second that find no user.
    pub(crate) dropped: u64,
    pub(crate) phase: Phase,
    /// How many of the seconds are disturbed, from the first on, and how.
    pub(crate) disturbed: u64,
    pub(crate) lag_us: u64,
    /// Added to the lag with each second.
    pub(crate) lag_growth_us: u64,
    pub(crate) cpu_ms: u64,
    pub(crate) stall_ms: u64,
    pub(crate) rows_lost: u64,
    pub(crate) host: HostSecond,
    pub(crate) reason: Option<StopReason>,
    pub(crate) in_flight: u64,
    /// Changes a second's figures last, for faults.
    pub(crate) fault: fn(&mut Second),
}

/// Ten seconds of 100 requests each, nothing wrong.
pub(crate) fn healthy() -> Run {
    Run {
        seconds: 10,
        ok: 100,
        service_ms: 10,
        errors: Vec::new(),
        detail: "",
        dropped: 0,
        phase: Phase::Load,
        disturbed: 0,
        lag_us: 0,
        lag_growth_us: 0,
        cpu_ms: 0,
        stall_ms: 0,
        rows_lost: 0,
        host: HostSecond::default(),
        reason: Some(StopReason::Completed),
        in_flight: 0,
        fault: |_| (),
    }
}

fn sealed(count: u64, value: Nanos) -> SparseHistogram {
    let mut h = Histogram::default();
    (0..count).for_each(|_| h.record(value));
    h.to_sparse()
}

impl Run {
    pub(crate) fn view(&self) -> RunView {
        let mut view = RunView::default();
        self.events().iter().for_each(|event| view.apply(event));
        view
    }

    pub(crate) fn events(&self) -> Vec<RunEvent> {
        let phase = |at, phase| RunEvent::Phase(PhaseChange { at, scenario: ScenarioId(0), phase });
        let mut events = vec![RunEvent::Started(Box::new(header())), phase(Nanos::ZERO, Some(self.phase))];
        let kind = self.errors.first().map_or(ErrorKind::Io, |e| e.0);
        if !self.detail.is_empty() {
            let text = self.detail.into();
            events.push(RunEvent::ErrorDetail(ErrorDetail {
                at: Nanos::ZERO,
                endpoint: EndpointId(0),
                kind,
                text,
            }));
        }
        for index in 0..self.seconds {
            events.push(RunEvent::Second(Box::new(self.second(index))));
            if index < self.disturbed {
                events.push(RunEvent::Host(Box::new(HostSecond { index, ..self.host.clone() })));
            }
        }
        let end = Nanos::from_secs(self.seconds);
        events.push(phase(end, None));
        events.extend(self.finish().map(RunEvent::Finished));
        events
    }

    pub(crate) fn finish(&self) -> Option<Finish> {
        let at = Nanos::from_secs(self.seconds);
        let in_flight = self.in_flight;
        self.reason.map(|reason| Finish { at, reason, in_flight, self_checks_failed: Vec::new() })
    }

    fn second(&self, index: u64) -> Second {
        let disturbed = index < self.disturbed;
        let service = Nanos::from_millis(self.service_ms);
        let mut cells = Vec::new();
        let succeeded = (self.ok > 0).then_some((Outcome::Ok, 200, self.ok));
        let failed = self.errors.iter().map(|(kind, status, n)| (Outcome::Error(*kind), *status, *n));
        for (outcome, status, count) in succeeded.into_iter().chain(failed) {
            let (endpoint, status) = (EndpointId(0), Status::from_raw(status));
            let key = CellKey { endpoint, phase: self.phase, status, outcome };
            let (response, service) = (sealed(count, service), sealed(count, service));
            cells.push(CellSecond { response, service, ..CellSecond::empty(key) });
        }
        cells.sort_by_key(|c| c.key);
        let ended: u64 = cells.iter().map(CellSecond::count).sum();
        let lag = if disturbed { self.lag_us + index * self.lag_growth_us } else { 50 };
        let worker = WorkerSecond {
            cpu: Nanos::from_millis(if disturbed { self.cpu_ms } else { 100 }),
            stall_max: Nanos::from_millis(if disturbed { self.stall_ms } else { 0 }),
            rows_lost: self.rows_lost,
            ..WorkerSecond::default()
        };
        let mut second = Second {
            index,
            scenarios: vec![ScenarioSecond {
                due: ended + self.dropped,
                started: ended,
                dropped: self.dropped,
                completed: self.ok,
                failed: ended - self.ok,
                ..ScenarioSecond::default()
            }],
            lag: sealed(ended, Nanos(lag * 1_000)),
            requests_started: ended + if index == 0 { self.in_flight } else { 0 },
            in_flight_time: Nanos(service.0 * ended),
            workers: vec![worker],
            cells,
            ..Second::default()
        };
        (self.fault)(&mut second);
        second
    }
}

fn header() -> RunHeader {
    RunHeader {
        id: "20261120-190102-shop-7f3a".into(),
        name: "shop".into(),
        started_unix_ms: 1_795_201_262_000,
        seed: 42,
        targets: vec!["http://shop.test".into()],
        planned_duration: Some(Nanos::from_secs(10)),
        workers: 1,
        simulated: false,
        scenarios: vec![ScenarioHeader {
            name: "browse".into(),
            executor: "constant rate 100/s".into(),
            open: true,
            max_users: 50,
            curve: vec![100.0],
            curve_step: Nanos::from_secs(10),
        }],
        endpoints: vec![SeriesName {
            scenario: "browse".into(),
            action: "search".into(),
            method: "GET".into(),
            name: "/search".into(),
            ..SeriesName::default()
        }],
        checks: Vec::new(),
        tallies: Vec::new(),
        objectives: Vec::new(),
        profile: None,
        labels: BTreeMap::new(),
        environment: BTreeMap::new(),
    }
}
