//! The decision table: what a run is taken for, and for which reasons.

use crate::runs::{Run, healthy};
use brunt_gate::{exit_code, judge};
use brunt_metrics::{
    CellKey, CellSecond, EndpointId, ErrorKind, Histogram, Nanos, Outcome, Phase, Second, Status,
};
use brunt_run::{HostSecond, StopReason};

/// What `change` makes of a healthy run: outlook, exit code, and the findings that speak against it; those
/// that do not stand in brackets.
#[track_caller]
fn check(change: impl FnOnce(&mut Run), expected: &str) {
    let mut run = healthy();
    change(&mut run);
    let verdict = judge(&run.view());
    let mut got = format!("{:?} {}", verdict.outlook, exit_code(verdict.outlook));
    for finding in &verdict.findings {
        let (before, after) = if finding.against { (" ", "") } else { (" [", "]") };
        got.extend([before, &finding.id, after]);
    }
    assert_eq!(got, expected, "{}\n{:#?}", verdict.summary, verdict.findings);
}

#[test]
fn a_run_with_nothing_against_it_passes() {
    check(|_| (), "Passed 0");
    check(|r| r.in_flight = 3, "Passed 0");
    check(|r| (r.seconds, r.ok) = (1, 5), "Passed 0 [few-requests]");
    check(|r| (r.seconds, r.ok) = (1, 1), "Passed 0 [few-requests]");
}

#[test]
fn the_users_word_comes_first() {
    check(|r| r.reason = Some(StopReason::Cut), "Cut 130");
    check(|r| r.reason = None, "Cut 130");
    check(|r| r.reason = Some(StopReason::StoppedEarly), "StoppedEarly 105");
    check(|r| (r.reason, r.ok) = (Some(StopReason::StoppedEarly), 0), "StoppedEarly 105 no-requests");
}

#[test]
fn too_little_is_not_a_pass() {
    check(|r| r.ok = 0, "NotEnoughEvidence 97 no-requests");
    check(|r| r.seconds = 0, "NotEnoughEvidence 97 no-requests");
    check(|r| r.phase = Phase::WarmUp, "NotEnoughEvidence 97 no-requests");
}

/// Neither what brunt broke on purpose nor a failed group speaks for or against a run.
#[test]
fn what_stands_aside_is_not_judged() {
    let aside = |second: &mut Second| {
        let outcome = Outcome::Error(ErrorKind::Reset);
        let key = |endpoint| CellKey { endpoint, phase: Phase::Load, status: Status::NONE, outcome };
        let cell = |endpoint: u32| {
            let mut took = Histogram::default();
            (0..500).for_each(|_| took.record(Nanos::from_secs(9)));
            let (response, service) = (took.to_sparse(), took.to_sparse());
            CellSecond { response, service, ..CellSecond::empty(key(EndpointId(endpoint))) }
        };
        second.asides = vec![cell(1), cell(2)];
    };
    check(|r| r.fault = aside, "Passed 0");
    check(|r| (r.ok, r.fault) = (0, aside), "NotEnoughEvidence 97 no-requests");
    check(|r| (r.errors, r.fault) = (vec![(ErrorKind::Reset, 0, 1)], aside), "Passed 0 [errors]");
}

#[test]
fn errors_fail_a_run_only_when_nothing_else_came() {
    let refused = || vec![(ErrorKind::ConnectRefused, 0, 10)];
    let some = || vec![(ErrorKind::Status, 503, 1)];
    check(|r| r.errors = some(), "Passed 0 [errors]");
    check(|r| r.errors = refused(), "Passed 0 [errors]");
    check(|r| (r.ok, r.errors) = (0, refused()), "Failed 99 no-response");
    check(|r| (r.ok, r.errors) = (0, vec![(ErrorKind::Status, 503, 10)]), "Failed 99 no-success");
    check(
        |r| (r.ok, r.errors, r.reason) = (0, refused(), Some(StopReason::StoppedEarly)),
        "Failed 99 no-response",
    );
    check(|r| (r.ok, r.errors, r.reason) = (0, refused(), Some(StopReason::Cut)), "Cut 130 no-response");
}

#[test]
fn lag_makes_a_run_generator_limited() {
    let late = |seconds, lag_us| move |r: &mut Run| (r.disturbed, r.lag_us) = (seconds, lag_us);
    check(late(10, 900), "Passed 0");
    check(late(10, 1_500), "Invalid 98 generator-lag");
    check(late(2, 1_500), "Passed 0");
    check(late(3, 1_500), "Invalid 98 generator-lag");
    // Three late seconds of a hundred are less than 5 %, six are more.
    check(|r| (r.seconds, r.disturbed, r.lag_us) = (100, 3, 9_000), "Passed 0");
    check(|r| (r.seconds, r.disturbed, r.lag_us) = (100, 6, 9_000), "Invalid 98 generator-lag");
    // 5 % of a slow target's 200 ms are 10 ms.
    check(|r| (r.service_ms, r.disturbed, r.lag_us) = (200, 10, 9_000), "Passed 0");
    check(|r| (r.service_ms, r.disturbed, r.lag_us) = (200, 10, 11_000), "Invalid 98 generator-lag");
    // A few requests: late if most of them are.
    check(
        |r| (r.ok, r.seconds, r.disturbed, r.lag_us) = (5, 10, 6, 9_000),
        "Invalid 98 generator-lag [few-requests]",
    );
    check(|r| (r.ok, r.seconds, r.disturbed, r.lag_us) = (5, 10, 4, 9_000), "Passed 0 [few-requests]");
    // Not while the load is not judged.
    check(
        |r| (r.phase, r.disturbed, r.lag_us) = (Phase::WarmUp, 10, 9_000),
        "NotEnoughEvidence 97 no-requests",
    );
    check(
        |r| (r.disturbed, r.lag_us, r.reason) = (10, 9_000, Some(StopReason::StoppedEarly)),
        "Invalid 98 generator-lag",
    );
}

#[test]
fn a_busy_processor_is_a_limit_only_when_lag_grows() {
    check(|r| (r.disturbed, r.cpu_ms) = (10, 990), "Passed 0 [generator-cpu]");
    check(|r| (r.disturbed, r.cpu_ms) = (1, 990), "Passed 0");
    // 60 to 600 ms of lag beside 2 s of service: growing, though only its end is late.
    check(
        |r| (r.service_ms, r.disturbed, r.cpu_ms, r.lag_growth_us) = (2_000, 10, 990, 9_000),
        "Invalid 98 generator-cpu",
    );
    check(
        |r| (r.disturbed, r.cpu_ms, r.lag_growth_us) = (10, 990, 9_000),
        "Invalid 98 generator-lag generator-cpu",
    );
}

#[test]
fn stalls_and_local_limits_are_ours() {
    check(|r| (r.disturbed, r.stall_ms) = (10, 15), "Passed 0");
    check(|r| (r.disturbed, r.stall_ms) = (10, 25), "Invalid 98 generator-stall");
    check(|r| (r.disturbed, r.stall_ms) = (2, 400), "Passed 0");
    check(|r| r.errors = vec![(ErrorKind::LocalLimit, 0, 1)], "Invalid 98 local-limit [errors]");
    check(
        |r| (r.ok, r.errors) = (0, vec![(ErrorKind::LocalLimit, 0, 9)]),
        "Invalid 98 local-limit no-response",
    );
    check(|r| r.rows_lost = 4, "Passed 0 [rows-lost]");
}

#[test]
fn causes_from_outside_are_named() {
    let host = |host| move |r: &mut Run| (r.disturbed, r.lag_us, r.host) = (10, 5_000, host);
    let empty = HostSecond::default;
    check(host(HostSecond { steal: Some(0.3), ..empty() }), "Invalid 98 generator-lag [cause-steal]");
    check(
        host(HostSecond { throttled: Some(Nanos(9)), cpu_pressure: Some(0.9), ..empty() }),
        "Invalid 98 generator-lag [cause-throttled] [cause-pressure]",
    );
    check(
        |r| {
            (r.disturbed, r.host) = (10, HostSecond { target_is_local: true, ..HostSecond::default() });
        },
        "Passed 0 [target-is-local]",
    );
    let files = HostSecond { open_files: Some(950), open_files_limit: Some(1_000), ..empty() };
    check(|r| (r.disturbed, r.host) = (10, files), "Passed 0 [open-files]");
}

#[test]
fn a_load_that_was_not_delivered_is_not_valid_but_a_failure_stands() {
    check(|r| r.dropped = 1, "Invalid 98 dropped");
    check(|r| (r.ok, r.dropped) = (1_000, 1), "Passed 0 [dropped]");
    check(|r| (r.dropped, r.reason) = (5, Some(StopReason::StoppedEarly)), "Invalid 98 dropped");
    let refused = || vec![(ErrorKind::RequestTimeout, 0, 10)];
    check(|r| (r.ok, r.errors, r.dropped) = (0, refused(), 50), "Failed 99 no-response dropped");
    check(|r| (r.ok, r.dropped) = (0, 50), "Invalid 98 dropped no-requests");
    check(|r| (r.dropped, r.disturbed, r.lag_us) = (5, 10, 5_000), "Invalid 98 generator-lag dropped");
}

#[test]
fn figures_that_do_not_agree_are_not_valid() {
    check(|r| r.reason = Some(StopReason::WorkerLost), "Invalid 98 worker-lost");
    check(|r| r.fault = |s| s.in_flight_time = Nanos(s.in_flight_time.0 * 103 / 100), "Invalid 98 little");
    check(|r| r.fault = |s| s.in_flight_time = Nanos(s.in_flight_time.0 * 97 / 100), "Invalid 98 little");
    check(|r| r.fault = |s| s.in_flight_time = Nanos(s.in_flight_time.0 * 101 / 100), "Passed 0");
    check(|r| r.fault = |s| s.scenarios[0].due += 1, "Invalid 98 conservation-iterations");
    check(|r| r.fault = |s| s.scenarios[0].completed -= 1, "Invalid 98 conservation-iterations");
    check(|r| r.fault = |s| s.requests_started += 1, "Invalid 98 conservation-requests");
    check(|r| r.fault = |s| s.cells[0].response.counts[0].1 += 1, "Invalid 98 sums order");
    check(|r| r.fault = |s| s.cells[0].service.sum_ns *= 2, "Invalid 98 little order");
    // What a cut leaves behind may be less than what was begun, never more.
    let cut = |r: &mut Run| r.reason = Some(StopReason::Cut);
    check(|r| (cut(r), r.fault = |s| s.scenarios[0].completed -= 1).1, "Cut 130");
    check(|r| (cut(r), r.fault = |s| s.scenarios[0].completed += 1).1, "Cut 130 conservation-iterations");
}
