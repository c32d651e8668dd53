//! A made-up run: two endpoints of an open scenario, latencies that spread, and what a test adds.

use brunt_metrics::{
    CellKey, CellSecond, CheckId, CheckSecond, EndpointId, EndpointKind, ErrorKind, Histogram, Nanos,
    Outcome, Phase, ScenarioId, ScenarioSecond, Second, SparseHistogram, Status, TallyId, TallySecond,
    WorkerSecond,
};
use brunt_run::{
    ErrorDetail, Finish, HostSecond, Outlook, PhaseChange, RunEvent, RunHeader, RunView, ScenarioHeader,
    SeriesName, StopReason, Verdict, VerdictReason,
};
use std::collections::BTreeMap;

/// What is measured there, its name, and how it ends in a second: outcome, status, how often.
type Aside = (EndpointKind, &'static str, Vec<(Outcome, u16, u64)>);

/// A name, and how often each value comes in a second.
type Tallied = (&'static str, Vec<(&'static str, u64)>);

/// What is special about a run.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) name: &'static str,
    pub(crate) open: bool,
    pub(crate) planned_s: Option<u64>,
    pub(crate) endpoints: Vec<(&'static str, &'static str)>,
    pub(crate) errors: Vec<(ErrorKind, u16, u64)>,
    pub(crate) detail: &'static str,
    pub(crate) lag_us: u64,
    pub(crate) dropped: u64,
    pub(crate) seconds: u64,
    pub(crate) profile: Option<&'static str>,
    pub(crate) objectives: Vec<&'static str>,
    pub(crate) asides: Vec<Aside>,
    pub(crate) tallies: Vec<Tallied>,
}

pub(crate) fn shop() -> Run {
    Run {
        name: "checkout-peak",
        open: true,
        planned_s: Some(600),
        endpoints: vec![("GET", "/search"), ("POST", "/checkout")],
        errors: Vec::new(),
        detail: "",
        lag_us: 20,
        dropped: 0,
        seconds: 30,
        profile: None,
        objectives: Vec::new(),
        asides: Vec::new(),
        tallies: Vec::new(),
    }
}

pub(crate) fn with_errors() -> Run {
    Run {
        errors: vec![(ErrorKind::Status, 503, 4), (ErrorKind::RequestTimeout, 0, 1)],
        detail: "no answer within 10 s",
        ..shop()
    }
}

/// With groups, requests that were broken on purpose, tallies, a profile and objectives.
pub(crate) fn with_all() -> Run {
    use EndpointKind::{Group, Injected};
    let error = |kind| Outcome::Error(kind);
    Run {
        profile: Some("heavy"),
        objectives: vec!["p95 < 200ms", "errors < 5 %", "rate ~ 10/s"],
        asides: vec![
            (Group, "checkout", vec![(Outcome::Ok, 0, 12), (error(ErrorKind::Check), 0, 1)]),
            (Group, "landing page with all its pictures, scripts and styles", vec![(Outcome::Ok, 0, 40)]),
            (Injected, "aborted", vec![(Outcome::Ok, 0, 6), (error(ErrorKind::Reset), 0, 1)]),
            (
                Injected,
                "malformed body",
                vec![(error(ErrorKind::Status), 400, 3), (error(ErrorKind::Status), 422, 1)],
            ),
            (Injected, "repeated", vec![(Outcome::Ok, 200, 9), (error(ErrorKind::Status), 429, 4)]),
        ],
        tallies: vec![
            ("x-cache", vec![("MISS", 27), ("HIT", 117)]),
            (
                "x-upstream",
                vec![("app1", 50), ("app2", 47), ("app3", 46), ("app4", 1), ("a much longer name", 1)],
            ),
            ("x-served-by-the-machine-with-the-long-name", vec![("10.0.0.17:8080", 144)]),
            ("x-never", vec![]),
        ],
        ..with_errors()
    }
}

fn spread(count: u64, base_us: u64) -> SparseHistogram {
    let mut h = Histogram::default();
    for i in 0..count {
        // A tail: the last of a hundred is twenty times the first. In thousandths.
        let part = i * 1_000 / count;
        let tail = (0..20).fold(1_000, |power, _| power * part / 1_000);
        h.record(Nanos(base_us * (1_000 + part + 28 * tail)));
    }
    h.to_sparse()
}

impl Run {
    pub(crate) fn view(&self) -> RunView {
        self.view_after(self.seconds)
    }

    /// The view after so many seconds, the run going on.
    pub(crate) fn view_after(&self, seconds: u64) -> RunView {
        let mut view = RunView::default();
        view.apply(&RunEvent::Started(Box::new(self.header())));
        view.apply(&phase(0, Some(Phase::WarmUp)));
        for index in 0..seconds {
            if index == 2 {
                view.apply(&phase(2, Some(Phase::Load)));
            }
            view.apply(&RunEvent::Second(Box::new(self.second(index))));
            view.apply(&RunEvent::Host(Box::new(HostSecond {
                index,
                open_files: Some(140),
                open_files_limit: Some(1_024),
                ..HostSecond::default()
            })));
        }
        if !self.detail.is_empty() {
            let (endpoint, kind, text) = (EndpointId(1), ErrorKind::RequestTimeout, self.detail.into());
            view.apply(&RunEvent::ErrorDetail(ErrorDetail { at: Nanos::ZERO, endpoint, kind, text }));
        }
        view
    }

    /// The view of the finished run, with a verdict.
    pub(crate) fn finished(&self, outlook: Outlook, words: &str, findings: &[(bool, &str)]) -> RunView {
        let mut view = self.view();
        view.apply(&phase(self.seconds, None));
        let finding = |(against, text): &(bool, &str)| VerdictReason {
            id: "x".into(),
            against: *against,
            text: (*text).into(),
        };
        let findings = findings.iter().map(finding).collect();
        view.apply(&RunEvent::Verdict(Verdict {
            outlook,
            summary: words.into(),
            findings,
            objectives: Vec::new(),
        }));
        let at = Nanos::from_secs(self.seconds);
        let reason = StopReason::Completed;
        view.apply(&RunEvent::Finished(Finish { at, reason, in_flight: 0, self_checks_failed: Vec::new() }));
        view
    }

    fn cells(&self, index: u64) -> Vec<CellSecond> {
        let phase = if index < 2 { Phase::WarmUp } else { Phase::Load };
        let mut cells = Vec::new();
        for (at, _) in (0..).zip(&self.endpoints) {
            let count = 100 / (u64::from(at) + 1) + index % 7;
            let base = 9_000 * (u64::from(at) + 1);
            let key =
                CellKey { endpoint: EndpointId(at), phase, status: Status::code(200), outcome: Outcome::Ok };
            let (response, service) = (spread(count, base + self.lag_us), spread(count, base));
            let (bytes_in, bytes_out) = (count * 1_480, count * 212);
            cells.push(CellSecond { response, service, bytes_in, bytes_out, ..CellSecond::empty(key) });
        }
        for (kind, status, count) in &self.errors {
            let (endpoint, outcome) = (EndpointId(1), Outcome::Error(*kind));
            let key = CellKey { endpoint, phase, status: Status::from_raw(*status), outcome };
            let (response, service) = (spread(*count, 60_000), spread(*count, 60_000));
            cells.push(CellSecond { response, service, ..CellSecond::empty(key) });
        }
        cells
    }

    fn asides(&self, index: u64) -> Vec<CellSecond> {
        let phase = if index < 2 { Phase::WarmUp } else { Phase::Load };
        let first = u32::try_from(self.endpoints.len()).expect("few");
        let mut cells = Vec::new();
        for (at, (kind, _, ends)) in (first..).zip(&self.asides) {
            let base = if *kind == EndpointKind::Group { 420_000 } else { 4_000 };
            for (outcome, status, count) in ends {
                let (endpoint, status) = (EndpointId(at), Status::from_raw(*status));
                let key = CellKey { endpoint, phase, status, outcome: *outcome };
                let (response, service) = (spread(*count, base), spread(*count, base));
                cells.push(CellSecond { response, service, ..CellSecond::empty(key) });
            }
        }
        cells.sort_by_key(|c| c.key);
        cells
    }

    fn tallied(&self, index: u64) -> Vec<TallySecond> {
        let phase = if index < 2 { Phase::WarmUp } else { Phase::Load };
        let values = |(at, (_, values)): (u16, &Tallied)| {
            let one = |(value, count): &(&str, u64)| TallySecond {
                tally: TallyId(at),
                phase,
                value: (*value).into(),
                count: *count,
            };
            values.iter().map(one).collect::<Vec<_>>()
        };
        let mut tallied: Vec<_> = (0..).zip(&self.tallies).flat_map(values).collect();
        tallied.sort_by(|a, b| a.key().cmp(&b.key()));
        tallied
    }

    pub(crate) fn second(&self, index: u64) -> Second {
        let mut cells = self.cells(index);
        cells.sort_by_key(|c| c.key);
        let ended: u64 = cells.iter().map(CellSecond::count).sum();
        let failed: u64 = self.errors.iter().map(|e| e.2).sum();
        let scenario = ScenarioSecond {
            due: ended + self.dropped,
            started: ended,
            dropped: self.dropped,
            completed: ended - failed,
            failed,
            users_added: if index == 0 { 118 } else { 0 },
            user_time: Nanos::from_secs(118),
            ..ScenarioSecond::default()
        };
        let worker = |worker| WorkerSecond {
            worker,
            cpu: Nanos::from_millis(580),
            connections: 60,
            ..WorkerSecond::default()
        };
        Second {
            index,
            scenarios: vec![ScenarioSecond { scenario: ScenarioId(0), ..scenario }],
            checks: vec![CheckSecond { check: CheckId(0), passed: ended - failed, failed }],
            lag: spread(ended, self.lag_us),
            requests_started: ended + if index == 0 { 21 } else { 0 },
            workers: vec![worker(0), worker(1)],
            cells,
            asides: self.asides(index),
            tallies: self.tallied(index),
            ..Second::default()
        }
    }

    fn header(&self) -> RunHeader {
        let series = |(method, name): &(&str, &str)| SeriesName {
            scenario: "shop".into(),
            action: (*name).into(),
            method: (*method).into(),
            name: (*name).into(),
            ..SeriesName::default()
        };
        let aside = |(kind, name, _): &Aside| SeriesName {
            scenario: "shop".into(),
            method: "*".into(),
            name: (*name).into(),
            kind: *kind,
            ..SeriesName::default()
        };
        RunHeader {
            id: "20261120-190102-checkout-peak-7f3a".into(),
            name: self.name.into(),
            started_unix_ms: 1_795_201_262_000,
            seed: 42,
            targets: vec!["https://shop.example".into()],
            planned_duration: self.planned_s.map(Nanos::from_secs),
            workers: 2,
            simulated: false,
            scenarios: vec![ScenarioHeader {
                name: "shop".into(),
                executor: "constant rate 155/s".into(),
                open: self.open,
                max_users: 200,
                curve: vec![155.0],
                curve_step: Nanos::from_secs(600),
            }],
            endpoints: self.endpoints.iter().map(series).chain(self.asides.iter().map(aside)).collect(),
            checks: vec![(EndpointId(1), "status is 200".into())],
            tallies: self.tallies.iter().map(|(name, _)| (*name).into()).collect(),
            objectives: self.objectives.iter().map(|o| (*o).into()).collect(),
            profile: self.profile.map(Into::into),
            labels: BTreeMap::new(),
            environment: BTreeMap::new(),
        }
    }
}

pub(crate) fn phase(at: u64, phase: Option<Phase>) -> RunEvent {
    RunEvent::Phase(PhaseChange { at: Nanos::from_secs(at), scenario: ScenarioId(0), phase })
}
