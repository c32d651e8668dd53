use super::*;
use brunt_metrics::{CellKey, CellSecond, ErrorKind, Outcome, Status};

/// Expected values are those that Locust 2.47 gave for the same requests.
#[test]
fn rates_of_the_history_look_back_as_locust_does() {
    let every = |seconds: std::ops::RangeInclusive<u64>, count: fn(u64) -> (u64, u64)| -> Vec<_> {
        seconds.map(|s| (s, count(s).0, count(s).1)).collect()
    };
    for (start, requests, rates) in [
        (0, vec![], (0.0, 0.0)),
        (0, vec![(0, 5, 0)], (0.0, 0.0)),
        (0, vec![(0, 5, 1), (1, 7, 0), (2, 3, 0)], (0.0, 0.0)),
        (0, vec![(0, 5, 1), (1, 7, 0), (2, 3, 0), (3, 4, 2)], (5.0, 1.0)),
        (0, every(0..=19, |s| (s, 0)), (11.5, 0.0)),
        (5, every(5..=11, |s| (2 * s, s)), (13.0, 6.5)),
        (0, vec![(0, 100, 10), (1, 1, 0), (30, 1, 1)], (0.0, 0.0)),
        (3, every(3..=15, |_| (1, 0)), (1.0, 0.0)),
        (0, every(0..=12, |_| (10, 1)), (10.0, 1.0)),
    ] {
        let mut clock = Clock { start: Some(Nanos::from_secs(start)), ..Clock::default() };
        let mut entry = Entry::default();
        for &(second, count, failed) in &requests {
            clock.add(second);
            for (count, outcome) in
                [(count - failed, Outcome::Ok), (failed, Outcome::Error(ErrorKind::Status))]
            {
                let mut cell = CellSecond::empty(CellKey {
                    endpoint: EndpointId(0),
                    phase: Phase::Load,
                    status: Status::NONE,
                    outcome,
                });
                cell.response.total = count;
                entry.add(second, &cell, Recent::Counts);
            }
        }
        assert_eq!(entry.rates(&clock.recent()), rates, "{start} {requests:?}");
    }
}

/// Requests that were never sent count, and have no times.
#[test]
fn rows_of_what_was_never_sent() {
    let missing = Outcome::Error(ErrorKind::Missing);
    for (outcomes, expected) in [
        (vec![], "0,0,0,0.0,0,0,0,"),
        (vec![missing], "1,1,0,0.0,0,0,0.0,"),
        (vec![Outcome::Ok, missing], "2,1,5,5.0,5.0,5.0,0.0,"),
    ] {
        let mut entry = Entry::default();
        for outcome in outcomes {
            let (endpoint, status) = (EndpointId(0), Status::NONE);
            let mut cell = CellSecond::empty(CellKey { endpoint, phase: Phase::Load, status, outcome });
            let mut times = brunt_metrics::Histogram::default();
            times.record(Nanos::from_millis(if outcome.is_sent() { 5 } else { 0 }));
            cell.response = times.drain();
            entry.add(0, &cell, Recent::Counts);
        }
        let mut row = String::new();
        entry.figures(&mut row);
        assert_eq!(row, expected);
    }
}

#[test]
fn the_time_that_totals_divide_by() {
    let ms = |ms| Some(Nanos::from_millis(ms));
    for (start, last, finished, seconds) in [
        (None, None, None, 0.0),
        (ms(0), None, None, 0.0),
        (ms(0), Some(0), None, 1.0),
        (ms(1_000), Some(4), None, 4.0),
        (ms(1_500), Some(4), None, 3.5),
        // The run ended within the second of the last request, or long after it.
        (ms(1_000), Some(4), ms(4_250), 3.25),
        (ms(1_000), Some(4), ms(9_000), 4.0),
    ] {
        let clock = Clock { start, last, finished };
        assert!((clock.length() - seconds).abs() < 1e-9, "{clock:?}");
    }
}

#[test]
fn dates() {
    for (started_ms, passed, date_) in [
        (0, 0, "1970-01-01T00:00:00Z"),
        (1_795_201_262_000, 0, "2026-11-20T19:01:02Z"),
        (1_795_201_262_999, 1, "2026-11-20T19:01:03Z"),
    ] {
        assert_eq!(date(unix_seconds(started_ms, passed)), date_);
    }
}
