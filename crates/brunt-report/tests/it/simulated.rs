//! A small run that nobody sent: two scenarios that share a name, errors of several kinds, names that want
//! quoting, a warm-up, a group, a broken request, checks, users that come and go.

use brunt_metrics::{
    CellKey, CellSecond, CheckId, CheckSecond, EndpointId, EndpointKind, ErrorKind, Histogram, Nanos,
    Outcome, Part, Phase, ScenarioId, ScenarioSecond, Second, Status,
};
use brunt_run::{
    ErrorDetail, Finish, PhaseChange, RunEvent, RunHeader, ScenarioHeader, SeriesName, StopReason,
};
use std::collections::BTreeMap;

const OK: Outcome = Outcome::Ok;

/// Scenario, method, name and kind, by endpoint.
const SERIES: [(&str, &str, &str, EndpointKind); 8] = [
    ("browse", "GET", "/items/{id}", EndpointKind::Request),
    ("browse", "POST", "/cart, \"express\"", EndpointKind::Request),
    ("browse", "GET", "/größe/東京", EndpointKind::Request),
    ("buy", "GET", "/items/{id}", EndpointKind::Request),
    ("buy", "POST", "=HYPERLINK(\"http://x\")", EndpointKind::Request),
    ("buy", "GET", "/never", EndpointKind::Request),
    ("buy", "*", "checkout", EndpointKind::Group),
    ("buy", "POST", "/cart, \"express\"", EndpointKind::Injected),
];

fn header() -> RunHeader {
    let scenario = |name: &str| ScenarioHeader {
        name: name.to_owned(),
        executor: "ramping users".to_owned(),
        open: false,
        max_users: 4,
        curve: Vec::new(),
        curve_step: Nanos::SECOND,
    };
    let series = |(scenario, method, name, kind): (&str, &str, &str, EndpointKind)| SeriesName {
        scenario: scenario.to_owned(),
        action: "a".to_owned(),
        method: method.to_owned(),
        name: name.to_owned(),
        kind,
        ..SeriesName::default()
    };
    RunHeader {
        id: "20261125-120000-simulated-0001".to_owned(),
        name: "simulated".to_owned(),
        started_unix_ms: 1_795_608_000_250,
        seed: 1,
        targets: vec!["http://127.0.0.1:8080".to_owned()],
        planned_duration: Some(Nanos::from_secs(16)),
        workers: 1,
        simulated: true,
        scenarios: vec![scenario("browse"), scenario("buy")],
        endpoints: SERIES.into_iter().map(series).collect(),
        checks: ["status is 200", "has a total", "status is 200"]
            .into_iter()
            .zip(0..)
            .map(|(name, at)| (EndpointId(at), name.to_owned()))
            .collect(),
        tallies: Vec::new(),
        objectives: Vec::new(),
        profile: None,
        labels: BTreeMap::new(),
        environment: BTreeMap::new(),
    }
}

fn cell(endpoint: u32, phase: Phase, (status, outcome): (u16, Outcome), times_ms: &[u64]) -> CellSecond {
    let key = CellKey { endpoint: EndpointId(endpoint), phase, status: Status::from_raw(status), outcome };
    let mut cell = CellSecond::empty(key);
    let (mut response, mut service) = (Histogram::default(), Histogram::default());
    for (at, ms) in times_ms.iter().enumerate() {
        response.record(Nanos::from_millis(*ms));
        service.record(Nanos::from_millis(ms - 1));
        if at == 0 {
            cell.parts[Part::Connect as usize].record(Nanos(400_000));
        }
        cell.parts[Part::Waiting as usize].record(Nanos::from_millis(ms - 2));
    }
    (cell.response, cell.service) = (response.drain(), service.drain());
    cell.bytes_out = 80 * times_ms.len() as u64;
    cell.bytes_in = 150 * times_ms.len() as u64;
    cell
}

fn second(index: u64) -> Second {
    let phase = if index < 2 { Phase::WarmUp } else { Phase::Load };
    let slow = 40 + 7 * index;
    let mut cells = vec![
        cell(0, phase, (200, OK), &[4, 5, slow]),
        cell(2, phase, (200, OK), &[9]),
        cell(3, phase, (200, OK), &[6, 8]),
        cell(4, phase, (201, OK), &[30]),
    ];
    if index.is_multiple_of(3) {
        cells.push(cell(0, phase, (0, Outcome::Error(ErrorKind::RequestTimeout)), &[1_000]));
        cells.push(cell(1, phase, (503, Outcome::Error(ErrorKind::Status)), &[12, 12]));
        cells.push(cell(3, phase, (200, Outcome::Error(ErrorKind::Check)), &[7]));
    }
    if index == 7 {
        cells.push(cell(1, phase, (404, Outcome::Error(ErrorKind::Status)), &[3]));
    }
    if (10..13).contains(&index) {
        // Nothing comes back for three seconds.
        cells.clear();
    }
    cells.sort_by_key(|c| c.key);
    let scenario = |id, added, retired| ScenarioSecond {
        scenario: ScenarioId(id),
        due: 4,
        started: 3,
        dropped: u64::from(index == 9),
        completed: 2,
        failed: 1,
        users_added: added,
        users_retired: retired,
        ..ScenarioSecond::default()
    };
    let check = |id, passed, failed| CheckSecond { check: CheckId(id), passed, failed };
    Second {
        index,
        requests_started: cells.iter().map(CellSecond::count).sum(),
        cells,
        asides: vec![
            cell(6, phase, (0, OK), &[90]),
            cell(7, phase, (0, Outcome::Error(ErrorKind::Reset)), &[2]),
        ],
        scenarios: vec![
            scenario(0, u64::from(index < 3), if index == 15 { 3 } else { 0 }),
            scenario(1, u64::from(index == 4), u64::from(index == 14)),
        ],
        checks: vec![check(0, 4, 0), check(1, 1, 1), check(2, 1, 0)],
        ..Second::default()
    }
}

/// The events of the run.
pub(crate) fn simulated() -> Vec<RunEvent> {
    let phase = |at, scenario, phase| {
        RunEvent::Phase(PhaseChange { at: Nanos::from_secs(at), scenario: ScenarioId(scenario), phase })
    };
    let detail = |endpoint, kind, text: &str| {
        let (at, endpoint, text) = (Nanos::from_secs(3), EndpointId(endpoint), text.to_owned());
        RunEvent::ErrorDetail(ErrorDetail { at, endpoint, kind, text })
    };
    let mut events = vec![RunEvent::Started(Box::new(header()))];
    for index in 0..16 {
        match index {
            0 => events.extend([0, 1].map(|s| phase(0, s, Some(Phase::WarmUp)))),
            2 => events.extend([0, 1].map(|s| phase(2, s, Some(Phase::Load)))),
            3 => events.extend([
                detail(7, ErrorKind::Status, "broken on purpose"),
                detail(1, ErrorKind::Status, "503 Service Unavailable"),
                detail(0, ErrorKind::RequestTimeout, "no answer within 1 s, \"host\" said nothing"),
                detail(3, ErrorKind::RequestTimeout, "a later text of the same row"),
                detail(3, ErrorKind::Check, "has a total"),
            ]),
            _ => {}
        }
        events.push(RunEvent::Second(Box::new(second(index))));
    }
    events.extend([0, 1].map(|s| phase(16, s, None)));
    events.push(RunEvent::Finished(Finish {
        at: Nanos::from_millis(15_750),
        reason: StopReason::Completed,
        in_flight: 0,
        self_checks_failed: Vec::new(),
    }));
    events
}
