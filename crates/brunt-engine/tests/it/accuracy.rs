//! What must be measured is known: targets whose answers follow a rule, and what that rule says of every
//! request. The simulator must report it exactly, to the precision of a histogram's bucket (0.1 %).

use crate::workloads::{ms, scenario, seconds, workload};
use brunt_metrics::{EndpointId, ErrorKind, Histogram, Nanos, Outcome, Second};
use brunt_workload::{Arrivals, Draw, Rate, Stop, Supply, Workload};

const QUANTILES: [f64; 6] = [0.5, 0.9, 0.95, 0.99, 0.999, 1.0];

fn open(rate: u64, secs: u64, cap: u32) -> Workload {
    let arrivals = Arrivals::Constant(Rate::per_second(rate));
    let supply = Supply::Elastic { initial: 1, cap };
    workload(vec![scenario(arrivals, supply, Stop::after(Nanos::from_secs(secs)))])
}

struct Measured {
    response: Histogram,
    service: Histogram,
    errors: u64,
    dropped: u64,
}

fn measure(seconds: &[Second]) -> Measured {
    let mut m =
        Measured { response: Histogram::default(), service: Histogram::default(), errors: 0, dropped: 0 };
    for second in seconds {
        for cell in &second.cells {
            m.response.add(&cell.response);
            m.service.add(&cell.service);
        }
        m.errors += second.errors();
        m.dropped += second.scenarios.iter().map(|s| s.dropped).sum::<u64>();
    }
    m
}

/// Every quantile of `measured` is that of `truth`, by nearest rank.
fn assert_is(measured: &Histogram, mut truth: Vec<u64>, what: &str) {
    truth.sort_unstable();
    assert_eq!(measured.count(), truth.len() as u64, "{what}: count");
    for q in QUANTILES {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank of a short list")]
        let rank = (q * truth.len() as f64).ceil() as usize;
        let (is, should) = (measured.quantile(q).map_or(0, |v| v.0), truth[rank - 1]);
        let tolerance = should / 1_000 + 1_000;
        assert!(is.abs_diff(should) <= tolerance, "{what}: p{} is {is}, should be {should}", q * 100.0);
    }
}

#[test]
fn a_constant_delay() {
    let model = |_: EndpointId, started: Nanos, _: &mut Draw| (started + ms(5), Outcome::Ok);
    let m = measure(&seconds(open(1_000, 10, 100), model).0);
    assert_is(&m.response, vec![ms(5).0; 10_000], "response");
    assert_is(&m.service, vec![ms(5).0; 10_000], "service");
}

#[test]
fn two_delays() {
    // Every 20th request is slow: known without chance.
    let mut n = 0_u64;
    let model = move |_: EndpointId, started: Nanos, _: &mut Draw| {
        n += 1;
        (started + if n.is_multiple_of(20) { ms(80) } else { ms(4) }, Outcome::Ok)
    };
    let m = measure(&seconds(open(500, 20, 200), model).0);
    let truth = (1..=10_000).map(|i| if i % 20 == 0 { ms(80).0 } else { ms(4).0 }).collect();
    assert_is(&m.response, truth, "response");
}

const FREEZE: (u64, u64) = (4_500, 5_500);

/// Answers after 1 ms; in each 10 s it does nothing from 4.5 s to 5.5 s, and answers then.
fn stalling(_: EndpointId, started: Nanos, _: &mut Draw) -> (Nanos, Outcome) {
    let begins = started.0 / ms(10_000).0 * ms(10_000).0;
    let (from, to) = (begins + ms(FREEZE.0).0, begins + ms(FREEZE.1).0);
    let ready = started + ms(1);
    (if (from..to).contains(&ready.0) { Nanos(to) } else { ready }, Outcome::Ok)
}

/// The case that coordinated omission hides: about 10 % of requests wait, uniformly up to 1 s.
#[test]
fn a_stall_at_a_fixed_rate() {
    let m = measure(&seconds(open(500, 30, 2_000), stalling).0);
    let truth = (0..15_000_u64).map(|i| {
        let due = i * 2_000_000;
        let at = (due + ms(1).0) % ms(10_000).0;
        let waits = (ms(FREEZE.0).0..ms(FREEZE.1).0).contains(&at);
        if waits { ms(FREEZE.1).0 - at + ms(1).0 } else { ms(1).0 }
    });
    let truth: Vec<u64> = truth.collect();
    let waiting = truth.iter().filter(|t| **t > ms(1).0).count();
    assert!((1_490..=1_510).contains(&waiting), "about a tenth waits: {waiting}");
    assert_is(&m.response, truth, "response");
}

/// The same target under few users: the wait shows in the few requests that met it, and only there. That is
/// what a closed load says, and why its runs are labelled as closed.
#[test]
fn a_stall_under_few_users() {
    let closed = scenario(Arrivals::Closed, Supply::Fixed(2), Stop::after(Nanos::from_secs(30)));
    let m = measure(&seconds(workload(vec![closed]), stalling).0);
    let slow = 2.0 * 3.0;
    assert!(m.response.quantile(1.0 - (slow + 1.0) / m.response.count() as f64) == Some(ms(1)));
    // Sent at 4.499 s, it would have been answered at the instant at which the freeze begins.
    assert_eq!(m.response.max(), Some(ms(1_001)));
}

/// With too few users for the stall, response time still counts from when each request was due; the rest is
/// dropped and counted, never silently sent later.
#[test]
fn a_stall_above_the_cap() {
    let m = measure(&seconds(open(500, 10, 50), stalling).0);
    // 500 arrivals fall into the freeze; 50 users take the first. The arrival that is due at the very instant
    // of its end comes before the answers of that instant: the 451st that finds nobody free.
    assert_eq!((m.dropped, m.response.count()), (451, 4_549));
}

/// One server, 10 ms a request, 120/s asked of it: the queue grows by a sixth of every second.
#[test]
fn a_capacity_limit_with_a_queue() {
    let mut free_at = Nanos::ZERO;
    let model = move |_: EndpointId, started: Nanos, _: &mut Draw| {
        free_at = free_at.max(started) + ms(10);
        (free_at, Outcome::Ok)
    };
    let m = measure(&seconds(open(120, 30, 10_000), model).0);
    // Request i is due at i/120 s and leaves at (i + 1) * 10 ms.
    let truth = (0..3_600_u64).map(|i| (i + 1) * ms(10).0 - (i * 1_000_000_000).div_ceil(120)).collect();
    assert_is(&m.response, truth, "response");
}

#[test]
fn errors_are_counted_apart() {
    let mut n = 0_u64;
    let model = move |_: EndpointId, started: Nanos, _: &mut Draw| {
        n += 1;
        let outcome = if n.is_multiple_of(50) { Outcome::Error(ErrorKind::Reset) } else { Outcome::Ok };
        (started + if outcome.is_ok() { ms(9) } else { ms(1) }, outcome)
    };
    let (seconds, _) = seconds(open(100, 10, 50), model);
    let m = measure(&seconds);
    assert_eq!((m.errors, m.response.count()), (20, 1_000));
    let fast = seconds.iter().flat_map(|s| &s.cells).filter(|c| !c.key.outcome.is_ok());
    assert!(fast.map(|c| c.response.max).all(|max| max == ms(1)));
}

/// Little's law holds by construction: time in flight is the sum of service times.
#[test]
fn time_in_flight_is_the_sum_of_service_times() {
    let (seconds, _) = seconds(open(500, 30, 2_000), stalling);
    let in_flight: u128 = seconds.iter().map(|s| u128::from(s.in_flight_time.0)).sum();
    let service: u128 = seconds.iter().flat_map(|s| &s.cells).map(|c| c.service.sum_ns).sum();
    assert_eq!(in_flight, service);
}
