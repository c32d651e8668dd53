use super::*;
use crate::{ScenarioHeader, StopReason, WarningKind};
use brunt_metrics::{CellKey, CellSecond, ErrorKind, Outcome, Status};
use proptest::prelude::*;

fn sealed(ms: &[u64]) -> SparseHistogram {
    let mut h = Histogram::default();
    for &v in ms {
        h.record(Nanos::from_millis(v));
    }
    h.to_sparse()
}

fn cell(endpoint: u32, phase: Phase, outcome: Outcome, status: u16, ms: &[u64]) -> CellSecond {
    let key = CellKey { endpoint: EndpointId(endpoint), phase, status: Status::from_raw(status), outcome };
    CellSecond { response: sealed(ms), service: sealed(ms), bytes_in: 100, ..CellSecond::empty(key) }
}

fn ok(endpoint: u32, ms: &[u64]) -> CellSecond {
    cell(endpoint, Phase::Load, Outcome::Ok, 200, ms)
}

fn second(index: u64, cells: Vec<CellSecond>) -> RunEvent {
    let ended: u64 = cells.iter().map(CellSecond::count).sum();
    RunEvent::Second(Box::new(Second { index, cells, requests_started: ended, ..Second::default() }))
}

fn phase(secs: u64, scenario: u16, phase: Option<Phase>) -> RunEvent {
    RunEvent::Phase(PhaseChange { at: Nanos::from_secs(secs), scenario: ScenarioId(scenario), phase })
}

fn finished(at_ms: u64) -> RunEvent {
    RunEvent::Finished(Finish {
        at: Nanos::from_millis(at_ms),
        reason: StopReason::Completed,
        in_flight: 0,
        self_checks_failed: Vec::new(),
    })
}

fn header() -> RunEvent {
    let scenario = |name: &str| ScenarioHeader {
        name: name.into(),
        executor: "constant rate 5/s".into(),
        open: true,
        max_users: 10,
        curve: vec![5.0],
        curve_step: Nanos::SECOND,
    };
    let series = |scenario: &str, name: &str| SeriesName {
        scenario: scenario.into(),
        action: name.into(),
        method: "GET".into(),
        name: name.into(),
        ..SeriesName::default()
    };
    RunEvent::Started(Box::new(RunHeader {
        id: "r".into(),
        name: "r".into(),
        started_unix_ms: 0,
        seed: 1,
        targets: vec!["http://localhost".into()],
        planned_duration: None,
        workers: 1,
        simulated: true,
        scenarios: vec![scenario("a"), scenario("b")],
        endpoints: vec![series("a", "/a"), series("b", "/b")],
        checks: vec![(EndpointId(0), "is json".into())],
        tallies: Vec::new(),
        objectives: Vec::new(),
        profile: None,
        labels: BTreeMap::new(),
        environment: BTreeMap::new(),
    }))
}

fn view_of(events: &[RunEvent]) -> RunView {
    let mut view = RunView::default();
    for e in events {
        view.apply(e);
    }
    view
}

#[test]
fn an_empty_view_has_no_statistics() {
    let view = RunView::default();
    let total = view.total(Phase::Load);
    assert_eq!((total.count, total.rate, total.error_share(), total.response.p99), (0, None, None, None));
    assert_eq!(view.window().request_rate(), None);
    assert_eq!((view.elapsed(), view.in_flight(), view.users()), (Nanos::ZERO, 0, 0));
    assert!(view.endpoints(Phase::Load).is_empty() && view.errors().is_empty() && view.timeline().is_empty());
}

#[test]
fn percentiles_come_from_the_union_and_not_from_percentiles() {
    let quick: Vec<u64> = vec![10; 99];
    let view = view_of(&[second(0, vec![ok(0, &quick), ok(1, &[1_000])])]);
    let total = view.total(Phase::Load);
    assert_eq!(total.response.count, 100);
    assert_eq!(total.response.p50.map(|p| p.0 / 100_000), Some(100));
    assert_eq!(total.response.p99.map(|p| p.0 / 100_000), Some(100));
    assert_eq!(total.response.max, Some(Nanos::from_millis(1_000)));
    assert_eq!(view.endpoints(Phase::Load).iter().map(|e| e.count).collect::<Vec<_>>(), [99, 1]);
}

#[test]
fn rates_divide_by_the_time_in_the_phase_and_not_by_the_plan() {
    let view = view_of(&[
        header(),
        phase(0, 0, Some(Phase::WarmUp)),
        second(0, vec![cell(0, Phase::WarmUp, Outcome::Ok, 200, &[1; 7])]),
        phase(1, 0, Some(Phase::Load)),
        phase(2, 1, Some(Phase::Load)),
        second(1, vec![ok(0, &[1; 10])]),
        second(2, vec![ok(0, &[1; 10]), ok(1, &[1; 30])]),
        phase(3, 0, None),
        second(3, vec![ok(1, &[1; 30])]),
        phase(4, 1, None),
        finished(4_000),
    ]);
    let rate = |id| view.endpoint(EndpointId(id), Phase::Load).and_then(|e| e.rate);
    assert_eq!((rate(0), rate(1)), (Some(10.0), Some(30.0)));
    assert_eq!(view.measured(Phase::Load), Nanos::from_secs(3));
    assert_eq!(view.total(Phase::Load).rate.map(f64::round), Some(27.0));
    assert_eq!(view.total(Phase::WarmUp).rate, Some(7.0));
    assert_eq!(view.total(Phase::CoolDown).count, 0);
    assert_eq!(view.facts().judged, 3);
}

#[test]
fn a_running_phase_is_measured_up_to_the_last_second() {
    let mut view = view_of(&[header(), phase(0, 0, Some(Phase::Load)), second(0, vec![ok(0, &[1; 10])])]);
    assert_eq!(view.total(Phase::Load).rate, Some(10.0));
    view.apply(&finished(500));
    assert_eq!(view.total(Phase::Load).rate, Some(20.0));
}

#[test]
fn without_phase_events_the_seconds_that_had_requests_count() {
    let view =
        view_of(&[second(0, vec![ok(0, &[1; 10])]), second(1, vec![]), second(2, vec![ok(0, &[1; 10])])]);
    assert_eq!(view.total(Phase::Load).rate, Some(10.0));
    assert_eq!(view.facts().judged, 2);
}

/// Groups and broken requests are in their own tables, and in no total, rate, error, window or timeline.
#[test]
fn what_stands_aside_counts_in_nothing_else() {
    let RunEvent::Started(mut header) = header() else { unreachable!("it is a header") };
    for (name, kind) in [("pay", EndpointKind::Group), ("malformed", EndpointKind::Injected)] {
        let (scenario, name) = ("a".to_owned(), name.to_owned());
        header.endpoints.push(SeriesName { scenario, name, kind, ..SeriesName::default() });
    }
    let plain = vec![ok(0, &[10; 5])];
    let broken = Outcome::Error(ErrorKind::Reset);
    let asides = vec![
        cell(2, Phase::WarmUp, Outcome::Ok, 0, &[7]),
        cell(2, Phase::Load, Outcome::Ok, 0, &[50, 70]),
        cell(2, Phase::Load, Outcome::Error(ErrorKind::Check), 0, &[90]),
        cell(3, Phase::Load, Outcome::Error(ErrorKind::Status), 400, &[3; 4]),
        cell(3, Phase::Load, broken, 0, &[3]),
    ];
    let detail = |endpoint, text: &str| {
        let (endpoint, text) = (EndpointId(endpoint), text.to_owned());
        RunEvent::ErrorDetail(ErrorDetail { at: Nanos::ZERO, endpoint, kind: ErrorKind::Reset, text })
    };
    let seconds = |asides: Vec<CellSecond>| {
        let second = Second { cells: plain.clone(), asides, requests_started: 5, ..Second::default() };
        [
            RunEvent::Started(header.clone()),
            phase(0, 0, Some(Phase::Load)),
            RunEvent::Second(Box::new(second)),
            detail(3, "broken by us"),
            detail(0, "reset by peer"),
            finished(1_000),
        ]
    };
    let (with, without) = (view_of(&seconds(asides)), view_of(&seconds(Vec::new())));
    assert_eq!(with.total(Phase::Load), without.total(Phase::Load));
    assert_eq!(with.endpoints(Phase::Load), without.endpoints(Phase::Load));
    assert_eq!(with.total(Phase::WarmUp).count, 0);
    assert_eq!((with.sums(), with.in_flight()), (without.sums(), 0));
    assert_eq!(with.window(), without.window());
    assert_eq!(with.timeline(), without.timeline());
    assert_eq!(with.facts(), without.facts());
    assert_eq!(with.errors(), []);
    assert_eq!(with.words_of(ErrorKind::Reset).map(|d| d.text.as_str()), Some("reset by peer"));
    let told = |kind| {
        let line =
            |e: &EndpointView| (e.label(), e.count, e.errors, e.response.max.map(Nanos::as_millis_f64));
        with.asides(kind, Phase::Load).iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(told(EndpointKind::Group), [("pay".to_owned(), 3, 1, Some(90.0))]);
    assert_eq!(told(EndpointKind::Injected), [("malformed".to_owned(), 5, 5, Some(3.0))]);
    assert_eq!(told(EndpointKind::Request), []);
}

#[test]
fn the_window_forgets_and_the_totals_do_not() {
    let refused = Outcome::Error(ErrorKind::ConnectRefused);
    let mut events = vec![second(0, vec![cell(0, Phase::Load, refused, 0, &[3, 3])])];
    events.extend((1..=10).map(|i| second(i, vec![ok(0, &[10]), ok(1, &[20])])));
    let view = view_of(&events);
    let window = view.window();
    assert_eq!((window.seconds, window.requests, window.errors), (10, 20, 0));
    assert_eq!(window.request_rate(), Some(2.0));
    assert_eq!(
        window.endpoints.iter().map(|e| (e.endpoint.0, e.requests)).collect::<Vec<_>>(),
        [(0, 10), (1, 10)]
    );
    let errors = view.errors();
    assert_eq!(
        (errors[0].kind, errors[0].count, errors[0].first, errors[0].last),
        (ErrorKind::ConnectRefused, 2, 0, 0)
    );
    assert_eq!(view.total(Phase::Load).errors, 2);
    assert_eq!(view.total(Phase::Load).responses(), 20);
}

#[test]
fn users_iterations_and_checks_are_followed() {
    let mut s = Second::default();
    let scenario = ScenarioSecond {
        scenario: ScenarioId(1),
        due: 9,
        started: 8,
        dropped: 1,
        users_added: 5,
        users_retired: 2,
        ..ScenarioSecond::default()
    };
    s.scenarios.push(scenario);
    s.checks.push(CheckSecond { check: CheckId(0), passed: 3, failed: 1 });
    s.requests_started = 4;
    let view = view_of(&[header(), RunEvent::Second(Box::new(s))]);
    assert_eq!((view.users(), view.in_flight()), (3, 4));
    assert_eq!((view.iterations().due, view.iterations().dropped), (9, 1));
    let checks = view.checks();
    assert_eq!((checks[0].name.as_str(), checks[0].passed, checks[0].failed), ("is json", 3, 1));
}

#[test]
fn notes_are_bounded_and_what_is_left_out_is_counted() {
    let warning = RunEvent::Warning(Warning { at: Nanos::ZERO, kind: WarningKind::Plan, text: "w".into() });
    let mut view = RunView::default();
    (0..MAX_NOTES + 5).for_each(|_| view.apply(&warning));
    assert_eq!((view.warnings().len(), view.left_out().warnings), (MAX_NOTES, 5));
}

#[test]
fn unknown_endpoints_and_checks_get_a_name() {
    let mut s = Second { cells: vec![ok(7, &[1])], ..Second::default() };
    s.checks.push(CheckSecond { check: CheckId(3), passed: 1, failed: 0 });
    let view = view_of(&[RunEvent::Second(Box::new(s))]);
    assert_eq!(view.endpoints(Phase::Load)[0].label(), "(endpoint 7)");
    assert_eq!(view.checks()[0].name, "(check 3)");
}

#[test]
fn health_is_counted_only_while_the_load_is_judged() {
    let unhealthy = |index, lag_ms: u64| {
        let worker = WorkerSecond {
            cpu: Nanos::from_millis(950),
            stall_max: Nanos::from_millis(80),
            rows_lost: 2,
            ..WorkerSecond::default()
        };
        let cells = vec![ok(0, &[2])];
        let s =
            Second { index, cells, lag: sealed(&[lag_ms; 100]), workers: vec![worker], ..Second::default() };
        RunEvent::Second(Box::new(s))
    };
    let host = |index| {
        let throttled = Some(Nanos(1));
        RunEvent::Host(Box::new(HostSecond { index, steal: Some(0.2), throttled, ..HostSecond::default() }))
    };
    let view = view_of(&[
        phase(0, 0, Some(Phase::WarmUp)),
        unhealthy(0, 50),
        host(0),
        phase(1, 0, Some(Phase::Load)),
        unhealthy(1, 10),
        host(1),
        unhealthy(2, 20),
        unhealthy(3, 30),
    ]);
    let facts = view.facts();
    assert_eq!((facts.judged, facts.late, facts.stalled, facts.hot), (3, 3, 3, 3));
    assert_eq!((facts.stolen, facts.throttled, facts.rows_lost), (1, 1, 8));
    assert_eq!(facts.lag_growth().map(|g| g.as_millis_f64().round()), Some(20.0));
    assert_eq!(view.host_peaks().steal, Some(0.2));
}

#[test]
fn lag_below_a_twentieth_of_the_service_time_is_not_late() {
    for (lag_ms, service_ms, late) in [(1, 1, 0), (2, 10, 1), (4, 100, 0), (6, 100, 1)] {
        let lag = sealed(&[lag_ms; 100]);
        let s = Second { cells: vec![ok(0, &[service_ms])], lag, ..Second::default() };
        let view = view_of(&[RunEvent::Second(Box::new(s))]);
        assert_eq!(view.facts().late, late, "{lag_ms} ms before {service_ms} ms");
    }
}

/// One late request of a slow second is its maximum, not its p99.
#[test]
fn slow_seconds_are_judged_together() {
    // (seconds, lag values a second, late ones in each of the first seconds) -> late seconds
    for (seconds, values, late, expected) in [
        (10, 20, &[1, 0, 0, 0, 0][..], 0),
        (10, 20, &[1, 1, 0, 0, 0], 5),
        (10, 20, &[1, 0, 0, 0, 0, 2], 5),
        (4, 20, &[20, 20, 20, 20], 0),
        (3, 500, &[5, 6, 0], 1),
    ] {
        let second = |index: u64| {
            let late = late.get(usize::try_from(index).unwrap_or(usize::MAX)).copied().unwrap_or(0);
            let lag: Vec<u64> = (0..values).map(|i| if i < late { 9 } else { 0 }).collect();
            let cells = vec![ok(0, &[2])];
            RunEvent::Second(Box::new(Second { index, cells, lag: sealed(&lag), ..Second::default() }))
        };
        let view = view_of(&(0..seconds).map(second).collect::<Vec<_>>());
        assert_eq!(view.facts().late, expected, "{seconds} seconds of {values}, late {late:?}");
    }
}

/// Users of a run that is over within a second were there.
#[test]
fn the_most_users_of_a_second() {
    for (seconds, most) in
        [(vec![(3, 3)], 3), (vec![(3, 0), (2, 1), (0, 4)], 5), (vec![(1, 0), (0, 1), (0, 0)], 1), (vec![], 0)]
    {
        let sealed = seconds.iter().zip(0..).map(|(&(users_added, users_retired), index)| {
            let scenario = ScenarioSecond { users_added, users_retired, ..ScenarioSecond::default() };
            RunEvent::Second(Box::new(Second { index, scenarios: vec![scenario], ..Second::default() }))
        });
        let view = view_of(&sealed.collect::<Vec<_>>());
        assert_eq!(view.scenarios().map(|(_, s)| s.users_max).max().unwrap_or(0), most, "{seconds:?}");
    }
}

/// 9 answers of 100 ms, and 91 requests that lacked a value: a median of theirs would be 0.
#[test]
fn requests_that_were_never_sent_are_failures_without_times() {
    let missing = Outcome::Error(ErrorKind::Missing);
    let unsent = cell(0, Phase::Load, missing, 0, &[0; 91]);
    let view = view_of(&[second(0, vec![ok(0, &[100; 9]), unsent.clone()])]);
    let total = view.total(Phase::Load);
    assert_eq!((total.count, total.errors, total.response.count), (100, 91, 9));
    for times in [total.response, total.service] {
        assert!(times.min.is_some_and(|min| min >= Nanos::from_millis(99)), "{times:?}");
    }
    let window = view.window();
    assert_eq!((window.requests, window.errors), (100, 91));
    assert!(window.response.min >= Nanos::from_millis(99));
    assert_eq!(view.timeline()[0].response.total, 9);
    let only = view_of(&[second(0, vec![unsent])]);
    assert_eq!(only.total(Phase::Load).response, LatencyView::default());
}

proptest! {
    /// The total is the sum of its endpoints, and of any split of the run into seconds.
    #[test]
    fn the_total_is_the_union_of_the_endpoints(
        rows in prop::collection::vec((0_u32..5, any::<bool>(), prop::collection::vec(1_u64..5_000, 1..8)), 0..40),
    ) {
        let mut view = RunView::default();
        let mut truth = Histogram::default();
        for (index, (endpoint, good, ms)) in (0..).zip(&rows) {
            let c = if *good {
                ok(*endpoint, ms)
            } else {
                cell(*endpoint, Phase::Load, Outcome::Error(ErrorKind::Status), 503, ms)
            };
            truth.add(&c.response);
            view.apply(&second(index, vec![c]));
        }
        let total = view.total(Phase::Load);
        prop_assert_eq!(total.response, LatencyView::of(&truth));
        let endpoints = view.endpoints(Phase::Load);
        prop_assert_eq!(endpoints.iter().map(|e| e.count).sum::<u64>(), total.count);
        prop_assert_eq!(endpoints.iter().map(|e| e.errors).sum::<u64>(), total.errors);
        prop_assert_eq!(total.codes.iter().map(|c| c.count).sum::<u64>(), total.count);
        let mut union = Histogram::default();
        for id in 0..5 {
            if let Some(h) = view.response(Some(EndpointId(id)), Phase::Load, Which::All) {
                union.add(&h.to_sparse());
            }
        }
        prop_assert_eq!(union.to_sparse(), truth.to_sparse());
        prop_assert_eq!(view.in_flight(), 0);
        prop_assert_eq!(view.sums().broken_cells, 0);
    }
}
