use super::*;

fn core(id: u64, total: u64, idle: u64, steal: u64) -> CoreTicks {
    CoreTicks { id, total, idle, steal }
}

fn at(second: u64) -> Readings {
    Readings { at: Nanos::from_secs(second), ..Readings::default() }
}

#[test]
fn counters_become_differences_and_shares() {
    let before = Readings {
        process_cpu: Nanos::from_millis(500),
        cores: vec![core(0, 1_000, 900, 0), core(1, 1_000, 900, 10)],
        pressure_us: Some(7_000_000),
        throttled_us: vec![Some(1_000), None, Some(5)],
        retransmits: Some(40),
        gauges: Gauges { resident_bytes: Some(1), ..Gauges::default() },
        ..at(10)
    };
    let sockets = SocketCounts { in_use: Some(100), in_use6: Some(11), time_wait: Some(5) };
    let gauges =
        Gauges { resident_bytes: Some(4_096), open_files: Some(120), open_files_limit: Some(1_024), sockets };
    let now = Readings {
        process_cpu: Nanos::from_millis(1_700),
        cores: vec![core(0, 1_100, 925, 0), core(1, 1_100, 1_000, 20)],
        pressure_us: Some(7_250_000),
        throttled_us: vec![Some(3_000), Some(9_000), Some(6)],
        retransmits: Some(43),
        gauges,
        ..at(11)
    };
    let expected = HostSecond {
        process_cpu: Some(Nanos::from_millis(1_200)),
        cores_busy: vec![0.75, 0.0],
        steal: Some(0.05),
        cpu_pressure: Some(0.25),
        throttled: Some(Nanos::from_millis(2)),
        resident_bytes: Some(4_096),
        open_files: Some(120),
        open_files_limit: Some(1_024),
        tcp_in_use: Some(111),
        tcp_time_wait: Some(5),
        tcp_retransmits: Some(3),
        ..HostSecond::default()
    };
    assert_eq!(difference(&before, &now), expected);
}

#[test]
fn what_is_not_told_is_none() {
    assert_eq!(difference(&at(1), &at(2)), HostSecond::default());
    let told = Readings {
        process_cpu: Nanos::SECOND,
        cores: vec![core(0, 10, 5, 0)],
        pressure_us: Some(1),
        throttled_us: vec![Some(1)],
        retransmits: Some(1),
        ..at(2)
    };
    let lost = difference(&told, &at(3));
    assert_eq!(lost, HostSecond::default(), "told before, but not now");
    let found = difference(&at(1), &told);
    assert_eq!(found, HostSecond { process_cpu: Some(Nanos::SECOND), ..HostSecond::default() });
}

#[test]
fn cores_are_matched_by_number_and_never_leave_their_range() {
    let rows = [
        ("a core came", vec![core(0, 10, 0, 0)], vec![core(0, 20, 5, 0), core(1, 5, 0, 0)], vec![0.5]),
        ("a core went", vec![core(0, 10, 0, 0), core(1, 10, 0, 0)], vec![core(1, 20, 10, 0)], vec![0.0]),
        ("no tick", vec![core(0, 10, 5, 0)], vec![core(0, 10, 5, 0)], vec![0.0]),
        ("idle time taken back", vec![core(0, 10, 9, 0)], vec![core(0, 20, 5, 0)], vec![1.0]),
        ("total taken back", vec![core(0, 10, 0, 0)], vec![core(0, 5, 0, 0)], vec![0.0]),
        ("all taken, nothing done", vec![core(0, 10, 0, 0)], vec![core(0, 20, 0, 10)], vec![1.0]),
    ];
    for (name, before, now, expected) in rows {
        let second = difference(&Readings { cores: before, ..at(1) }, &Readings { cores: now, ..at(2) });
        assert_eq!(second.cores_busy, expected, "{name}");
    }
}

#[test]
fn shares_are_of_the_time_that_passed() {
    let pressed = |second, us| Readings { pressure_us: Some(us), ..at(second) };
    let rows = [
        (pressed(1, 0), pressed(2, 500_000), Some(0.5)),
        (pressed(1, 0), pressed(3, 500_000), Some(0.25)),
        (pressed(1, 0), pressed(2, 1_000_001), Some(1.0)),
        (pressed(1, 9), pressed(2, 0), Some(0.0)),
        (pressed(1, 0), pressed(1, 9), None),
    ];
    for (before, now, expected) in rows {
        assert_eq!(difference(&before, &now).cpu_pressure, expected, "{before:?} {now:?}");
    }
}
