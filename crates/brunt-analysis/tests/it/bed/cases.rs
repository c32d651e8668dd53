//! The faults that are planted into simulated targets, and what must be said of them.

use super::{Dice, Endpoint, Load, Target, World};

/// A world, and the numbers that must be found of it: name, truth.
type Made = (World, Vec<(&'static str, f64)>);

/// A fault, or a healthy control.
pub(crate) struct Case {
    pub name: &'static str,
    /// The ids of which one must come first; empty for a control, of which nothing confident may be said.
    pub expected: &'static [&'static str],
    /// Makes the world of a seed, with the numbers that must be found: name, truth.
    pub make: fn(u64) -> Made,
}

/// Every fault and every control.
pub(crate) const CASES: &[Case] = &[
    Case { name: "healthy, constant rate", expected: &[], make: |seed| plain(open(seed, 150.0, 60.0)) },
    Case { name: "healthy, users in steps", expected: &[], make: |seed| plain(steps(seed, 0.02)) },
    Case { name: "healthy, ramp", expected: &[], make: |seed| plain(ramp(seed, 40.0, 400.0, 60.0)) },
    Case { name: "healthy, noisy machine", expected: &[], make: healthy_noisy },
    Case { name: "healthy, three endpoints", expected: &[], make: healthy_endpoints },
    Case { name: "healthy, balanced and cached", expected: &[], make: healthy_balanced },
    Case { name: "healthy, few requests", expected: &[], make: |seed| plain(open(seed, 8.0, 40.0)) },
    Case { name: "healthy, uneven work", expected: &[], make: healthy_uneven_work },
    Case { name: "healthy, up, level and down", expected: &[], make: healthy_trapeze },
    Case { name: "healthy, users who pause", expected: &[], make: healthy_users },
    Case { name: "healthy, a few errors", expected: &[], make: healthy_errors },
    Case { name: "healthy, spike", expected: &[], make: healthy_spike },
    Case { name: "healthy, cheap resolver", expected: &[], make: healthy_resolver },
    Case { name: "expensive endpoint", expected: &["hot-endpoint"], make: hot_endpoint },
    Case { name: "failing endpoint", expected: &["failing-endpoint"], make: failing_endpoint },
    Case { name: "pool, ramp", expected: &["pool-limit"], make: pool_ramp },
    Case { name: "pool, users in steps", expected: &["pool-limit"], make: pool_steps },
    Case { name: "pool, constant overload", expected: &["saturation", "pool-limit"], make: pool_overload },
    Case { name: "serial section, ramp", expected: &["serial-section"], make: serial_ramp },
    Case { name: "serial section, users in steps", expected: &["serial-section"], make: serial_steps },
    Case { name: "processors, ramp", expected: &["cpu-bound"], make: cpu_ramp },
    Case { name: "error burst", expected: &["error-burst"], make: error_burst },
    Case { name: "pool that refuses with 503", expected: &["error-onset", "pool-limit"], make: shedding },
    Case { name: "errors all the time", expected: &["steady-errors"], make: steady_errors },
    Case { name: "step in latency", expected: &["change-point"], make: step },
    Case { name: "errors that begin and stay", expected: &["change-point"], make: errors_begin },
    Case { name: "disturbance of some seconds", expected: &["anomaly"], make: disturbance },
    Case { name: "speed goes with a gauge", expected: &["resource-driver"], make: driven },
    Case { name: "leak", expected: &["drift"], make: leak },
    Case { name: "periodic stalls", expected: &["periodic-stall"], make: stall },
    Case { name: "long tail", expected: &["long-tail"], make: tail },
    Case { name: "two populations", expected: &["two-populations"], make: bimodal },
    Case { name: "cold start", expected: &["cold-start"], make: cold },
    Case { name: "cache", expected: &["cache-effect"], make: cache },
    Case { name: "uneven balancing", expected: &["uneven-balancing"], make: uneven },
    Case { name: "outage", expected: &["recovery", "outage"], make: outage },
    Case { name: "spike onto a pool", expected: &["recovery", "pool-limit"], make: spike },
    Case { name: "retry storm", expected: &["not-recovered"], make: storm },
    Case { name: "connection churn", expected: &["connection-churn"], make: churn },
    Case { name: "slow resolver", expected: &["dns-cost"], make: resolver },
    Case { name: "SYN repeated", expected: &["network-constant"], make: syn },
    Case { name: "delayed acknowledgement", expected: &["network-constant"], make: ack },
    Case { name: "rate limiter", expected: &["rate-limit"], make: limiter },
    Case { name: "payload", expected: &["payload-effect"], make: payload },
    Case { name: "late generator", expected: &["generator-limited"], make: late },
];

fn plain(world: World) -> Made {
    (world, Vec::new())
}

/// A number of this case and seed, between two.
fn between(seed: u64, from: f64, to: f64) -> f64 {
    from + (to - from) * Dice::new(seed ^ 0x77).uniform()
}

fn healthy() -> Target {
    Target { cv: 0.35, noise: (0.6, 0.03), ..Target::default() }
}

fn world(seed: u64, seconds: f64, load: Load) -> World {
    let endpoints = vec![Endpoint { name: "/items", weight: 1.0, work: 0.02, errors: 0.0 }];
    World { seed, seconds, load, endpoints, target: healthy() }
}

fn open(seed: u64, rate: f64, seconds: f64) -> World {
    world(seed, seconds, Load::Open(vec![(0.0, rate)]))
}

fn ramp(seed: u64, from: f64, to: f64, seconds: f64) -> World {
    world(seed, seconds, Load::Open(vec![(0.0, from), (seconds, to)]))
}

/// Eight steps of users, ten seconds each.
fn steps(seed: u64, think: f64) -> World {
    let users = [1, 2, 4, 6, 8, 12, 16, 24];
    let steps = users.iter().enumerate().map(|(i, n)| (i as f64 * 10.0, *n)).collect();
    world(seed, 80.0, Load::Closed(steps, think))
}

fn healthy_noisy(seed: u64) -> Made {
    let mut world = open(seed, 120.0, 90.0);
    world.target.noise = (0.85, 0.12);
    world.target.cv = 0.6;
    plain(world)
}

fn healthy_endpoints(seed: u64) -> Made {
    let mut world = open(seed, 180.0, 60.0);
    world.endpoints = vec![
        Endpoint { name: "/items", weight: 3.0, work: 0.015, errors: 0.0005 },
        Endpoint { name: "/item", weight: 2.0, work: 0.012, errors: 0.0 },
        Endpoint { name: "/search", weight: 1.0, work: 0.024, errors: 0.0 },
    ];
    plain(world)
}

fn healthy_balanced(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.target.upstreams = vec![("app1", 1.0), ("app2", 1.0), ("app3", 1.0)];
    plain(world)
}

fn healthy_spike(seed: u64) -> Made {
    plain(world(seed, 70.0, Load::Open(spike_of(100.0, 300.0, 30.0, 8.0))))
}

fn healthy_uneven_work(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.target.cv = 1.0;
    plain(world)
}

fn healthy_trapeze(seed: u64) -> Made {
    let rates = vec![(0.0, 10.0), (15.0, 200.0), (65.0, 200.0), (80.0, 10.0)];
    plain(world(seed, 80.0, Load::Open(rates)))
}

fn healthy_users(seed: u64) -> Made {
    plain(world(seed, 60.0, Load::Closed(vec![(0.0, 20)], 0.1)))
}

fn healthy_errors(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.endpoints[0].errors = 0.002;
    plain(world)
}

fn hot_endpoint(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.endpoints = vec![
        Endpoint { name: "/items", weight: 6.0, work: 0.01, errors: 0.0 },
        Endpoint { name: "/item", weight: 3.0, work: 0.012, errors: 0.0 },
        Endpoint { name: "/report", weight: 1.0, work: between(seed, 0.1, 0.2), errors: 0.0 },
    ];
    plain(world)
}

fn failing_endpoint(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.endpoints = vec![
        Endpoint { name: "/items", weight: 3.0, work: 0.015, errors: 0.0 },
        Endpoint { name: "/item", weight: 2.0, work: 0.012, errors: 0.0 },
        Endpoint { name: "/order", weight: 1.0, work: 0.02, errors: between(seed, 0.04, 0.15) },
    ];
    plain(world)
}

fn pool_of(seed: u64) -> usize {
    between(seed, 4.0, 16.0) as usize
}

fn pool_ramp(seed: u64) -> Made {
    let pool = pool_of(seed);
    let limit = pool as f64 / 0.02;
    let mut world = ramp(seed, 0.1 * limit, 1.5 * limit, 60.0);
    world.target.pool = Some(pool);
    (world, vec![("pool size", pool as f64)])
}

fn pool_steps(seed: u64) -> Made {
    let pool = between(seed, 4.0, 10.0) as usize;
    let mut world = steps(seed, 0.0);
    world.target.pool = Some(pool);
    (world, vec![("pool size", pool as f64)])
}

fn pool_overload(seed: u64) -> Made {
    let pool = pool_of(seed);
    let limit = pool as f64 / 0.02;
    let mut world = open(seed, 1.2 * limit, 40.0);
    world.target.pool = Some(pool);
    (world, vec![("capacity", limit)])
}

fn serial_ramp(seed: u64) -> Made {
    let share = between(seed, 0.08, 0.5);
    let limit = 1.0 / (0.02 * share);
    let mut world = ramp(seed, 0.1 * limit, 1.4 * limit, 60.0);
    world.endpoints[0].work = 0.02 * (1.0 - share);
    world.target.lock = Some(0.02 * share);
    (world, vec![("serial share", 100.0 * share)])
}

fn serial_steps(seed: u64) -> Made {
    let share = between(seed, 0.12, 0.5);
    let mut world = steps(seed, 0.0);
    world.endpoints[0].work = 0.02 * (1.0 - share);
    world.target.lock = Some(0.02 * share);
    (world, vec![("serial share", 100.0 * share)])
}

fn cpu_ramp(seed: u64) -> Made {
    let cores = between(seed, 2.0, 8.0) as usize;
    let limit = cores as f64 / 0.02;
    let mut world = ramp(seed, 0.1 * limit, 1.4 * limit, 60.0);
    world.target.pool = Some(cores);
    world.target.cores = Some(cores);
    plain(world)
}

fn error_burst(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    let from = between(seed, 20.0, 40.0).floor();
    world.target.errors = vec![(from, from + 6.0, 0.5, 503)];
    (world, vec![("start", from), ("length", 6.0)])
}

fn shedding(seed: u64) -> Made {
    let pool = pool_of(seed);
    let limit = pool as f64 / 0.02;
    let mut world = ramp(seed, 0.2 * limit, 1.6 * limit, 60.0);
    world.target.pool = Some(pool);
    world.target.sheds = Some(0.05);
    (world, vec![("onset", limit)])
}

fn steady_errors(seed: u64) -> Made {
    // Shares are those of counts that are large enough to tell them to a few per cent.
    let share = between(seed, 0.04, 0.08);
    let mut world = open(seed, 300.0, 60.0);
    world.target.errors = vec![(0.0, 1e9, share, 500)];
    (world, vec![("error rate", 100.0 * share)])
}

fn step(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    let from = between(seed, 22.0, 42.0);
    world.target.step = Some((from, 1.6));
    (world, vec![("start", from), ("factor", 1.6)])
}

fn errors_begin(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    let from = between(seed, 15.0, 40.0).floor();
    world.target.errors = vec![(from, 1e9, 0.2, 500)];
    (world, vec![("start", from)])
}

fn disturbance(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    let from = between(seed, 15.0, 40.0).floor();
    world.target.disturbed = Some((from, from + 7.0, 2.0));
    (world, vec![("start", from)])
}

fn driven(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 120.0);
    world.target.noise = (0.6, 0.12);
    world.target.gauge = Some("disk");
    plain(world)
}

fn leak(seed: u64) -> Made {
    let mut world = open(seed, 120.0, 120.0);
    world.target.leak = between(seed, 0.2, 0.5);
    plain(world)
}

fn stall(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 90.0);
    let (period, pause) = (between(seed, 5.0, 12.0), between(seed + 1, 0.2, 0.5));
    world.target.stall = Some((period, pause));
    (world, vec![("period", period), ("pause", 1000.0 * pause)])
}

fn tail(seed: u64) -> Made {
    let mut world = open(seed, 200.0, 60.0);
    world.target.tail = Some((between(seed, 0.02, 0.05), 0.8));
    plain(world)
}

fn bimodal(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    let share = between(seed, 0.06, 0.25);
    world.target.slow = Some((share, 0.15));
    (world, vec![("slow share", 100.0 * share)])
}

fn cold(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.target.cold = Some((between(seed, 4.0, 8.0), 4.0));
    plain(world)
}

fn cache(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.target.cache = Some((2_000, 0.1));
    (world, vec![("miss costs", 100.0)])
}

fn uneven(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.target.upstreams = vec![("app1", 1.0), ("app2", 1.0), ("app3", between(seed, 1.5, 3.0))];
    plain(world)
}

fn outage(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 70.0);
    let from = between(seed, 25.0, 40.0);
    world.target.pool = Some(4);
    world.target.frozen = vec![(from, from + 5.0)];
    // What piles up in 5 s is worked off at what is left of 200/s.
    (world, vec![])
}

/// A rate with a rectangle on it, nearly.
fn spike_of(base: f64, high: f64, from: f64, lasts: f64) -> Vec<(f64, f64)> {
    let (to, edge) = (from + lasts, 0.2);
    vec![(0.0, base), (from, base), (from + edge, high), (to, high), (to + edge, base)]
}

fn spike(seed: u64) -> Made {
    let from = between(seed, 20.0, 30.0).floor();
    let mut world = world(seed, 90.0, Load::Open(spike_of(100.0, 500.0, from, 8.0)));
    world.target.pool = Some(4);
    // 8 s of 300/s too much are worked off at 100/s.
    (world, vec![("recovery time", 24.0)])
}

fn storm(seed: u64) -> Made {
    let from = between(seed, 20.0, 30.0).floor();
    let mut world = world(seed, 80.0, Load::Open(spike_of(130.0, 400.0, from, 6.0)));
    world.target.pool = Some(4);
    world.target.storm = Some((0.5, 2.0));
    plain(world)
}

fn churn(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.target.churn = Some((0.004, between(seed, 0.008, 0.02)));
    plain(world)
}

/// Names are forgotten as soon, and looking one up takes a fraction of a millisecond.
fn healthy_resolver(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.target.resolver = Some((between(seed, 0.3, 0.6), between(seed, 0.0001, 0.0005)));
    plain(world)
}

/// Names are forgotten soon, and looking one up takes as long as the answer.
fn resolver(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    world.target.resolver = Some((between(seed, 0.3, 0.6), between(seed, 0.01, 0.03)));
    plain(world)
}

fn syn(seed: u64) -> Made {
    let mut world = open(seed, 300.0, 60.0);
    let share = between(seed, 0.03, 0.05);
    world.target.constant = Some((share, 1.0));
    (world, vec![("share", 100.0 * share)])
}

fn ack(seed: u64) -> Made {
    let mut world = open(seed, 200.0, 60.0);
    let share = between(seed, 0.05, 0.3);
    world.endpoints[0].work = 0.004;
    world.target.constant = Some((share, 0.04));
    (world, vec![("share", 100.0 * share)])
}

fn limiter(seed: u64) -> Made {
    let rate = between(seed, 80.0, 160.0);
    let mut world = ramp(seed, 0.4 * rate, 2.5 * rate, 60.0);
    world.target.limiter = Some((rate, 50.0));
    (world, vec![("admitted rate", rate)])
}

fn payload(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 60.0);
    let each = between(seed, 0.5e-6, 1.5e-6);
    world.target.payload = Some((60_000.0, each));
    (world, vec![("bandwidth", 1e-6 / each)])
}

fn late(seed: u64) -> Made {
    let mut world = open(seed, 150.0, 40.0);
    world.target.lag = between(seed, 0.01, 0.05);
    plain(world)
}
