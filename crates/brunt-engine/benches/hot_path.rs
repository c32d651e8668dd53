//! What a request costs beside its I/O, as ratios to yardsticks of the same run: `cargo bench -p brunt-engine`.
//!
//! * `Shard::record` and all that goes with a request, against incrementing one random counter of an array
//!   as large as a histogram;
//! * `Dispatcher::turn` for an ended iteration that starts the next, and for an arrival, against one push and
//!   pop of a heap with as many entries.
//!
//! Rounds are interleaved and medians printed: the machine may be shared.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and prints"
)]

use brunt_engine::{Action, Dispatcher, Input};
use brunt_metrics::{
    EndpointId, EndpointKind, Nanos, Outcome, Parts, Phase, Sample, ScenarioId, Shard, Status,
};
use brunt_workload::{
    Action as UserAction, ActionOrder, Arrivals, Body, Choice, ClassShares, Endpoint, Journey, OnFailure,
    Origin, OriginId, Pause, PauseTime, Rate, Request, RequestId, Scenario, Scheme, StartAt, Step, Stop,
    Supply, TargetSettings, Text, UserClass, Workload,
};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const ROUNDS: usize = 9;
const CALLS: u64 = 400_000;

fn workload(arrivals: Arrivals, supply: Supply) -> Arc<Workload> {
    let steps = vec![Step::Request(RequestId(0))];
    let journey = Journey {
        on_start: None,
        actions: vec![UserAction { name: "get".into(), steps, feeds: Vec::new() }],
        order: ActionOrder::Weighted(Choice::new([1])),
        on_stop: None,
        think: Pause::NONE,
        pacing: PauseTime::None,
    };
    let scenario = Scenario {
        name: "main".into(),
        start: StartAt::Offset(Nanos::ZERO),
        arrivals,
        supply,
        stop: Stop::after(Nanos::from_secs(1_000_000)),
        warm_up: Nanos::ZERO,
        cool_down: Nanos::ZERO,
        classes: vec![UserClass { name: "user".into(), journey }],
        class_shares: ClassShares::weighted([1]),
    };
    let request = Request {
        endpoint: EndpointId(0),
        origin: OriginId(0),
        method: "GET".into(),
        target: Text::literal("/"),
        headers: Vec::new(),
        body: Body::None,
        timeout: Nanos::SECOND,
        redirects: 0,
        checks: Vec::new(),
        saves: Vec::new(),
        on_failure: OnFailure::End,
        login: None,
        faults: None,
    };
    let endpoint = Endpoint {
        scenario: "main".into(),
        action: "get".into(),
        method: "GET".into(),
        name: "/".into(),
        kind: EndpointKind::Request,
        tags: Vec::new(),
    };
    let origin = Origin { scheme: Scheme::Http, host: "127.0.0.1".into(), port: 1, unix: None };
    Arc::new(Workload {
        name: "bench".into(),
        seed: 1,
        scenarios: vec![scenario],
        endpoints: vec![endpoint],
        requests: vec![request],
        checks: Vec::new(),
        feeds: Vec::new(),
        slots: Vec::new(),
        logins: Vec::new(),
        fault_mixes: Vec::new(),
        tallies: Vec::new(),
        target: TargetSettings { origins: vec![origin], ..TargetSettings::default() },
    })
}

/// Nanoseconds a call.
fn time(mut call: impl FnMut(u64)) -> f64 {
    let begun = Instant::now();
    (0..CALLS).for_each(&mut call);
    begun.elapsed().as_nanos() as f64 / CALLS as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints the medians of both and of their ratio, round by round.
fn compare(name: &str, mut ours: impl FnMut() -> f64, yardstick: &str, mut other: impl FnMut() -> f64) {
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (ours(), other())).collect();
    let ratio = median(rounds.iter().map(|(a, b)| a / b).collect());
    let (a, b) = rounds.into_iter().unzip();
    println!("{name:<34} {:>7.1} ns   {ratio:>5.1} x {yardstick} ({:.1} ns)", median(a), median(b));
}

fn record(shard: &mut Shard, i: u64) {
    let due = Nanos(i * 10_000);
    shard.request_started(due);
    shard.record_lag(Nanos(i % 50_000));
    shard.record(&Sample {
        endpoint: EndpointId(0),
        phase: Phase::Load,
        scheduled: due,
        started: due + Nanos(300),
        ended: due + Nanos(200_000 + (i * 7_919) % 900_000),
        parts: Parts::default(),
        outcome: Outcome::Ok,
        status: Status::code(200),
        bytes_out: 80,
        bytes_in: 300,
        retries: 0,
    });
    shard.scenario(ScenarioId(0)).completed += 1;
}

fn main() {
    let mut shard = Shard::new(0, 1, 1, 0);
    let mut counters = vec![0_u64; 23_552];
    compare(
        "record one request",
        || time(|i| record(&mut shard, i)),
        "one random counter",
        || {
            time(|i| {
                let at = usize::try_from((i * 7_919) % 23_552).unwrap_or(0);
                black_box(&mut counters)[at] += 1;
            })
        },
    );
    let heap = || -> BinaryHeap<Reverse<u64>> { (0..64).map(Reverse).collect() };
    let (mut heap_a, mut heap_b) = (heap(), heap());
    let push_pop = |heap: &mut BinaryHeap<Reverse<u64>>, i: u64| {
        heap.push(Reverse(black_box(i * 7_919 % 1_000)));
        black_box(heap.pop());
    };

    let mut closed = Dispatcher::new(workload(Arrivals::Closed, Supply::Fixed(64)), 0, 1);
    let mut actions = Vec::new();
    closed.turn(Nanos::ZERO, Input::Wake, &mut actions);
    let slot = actions.iter().find_map(|a| if let Action::Start(s) = a { Some(s.slot) } else { None });
    let slot = slot.unwrap_or(brunt_engine::Slot(0));
    let mut now = 0;
    compare(
        "turn: ended, starts the next",
        || {
            time(|_| {
                actions.clear();
                now += 1;
                closed.turn(Nanos(now), Input::Done { slot, ended: Nanos(now) }, &mut actions);
                black_box(&actions);
            })
        },
        "heap push and pop",
        || time(|i| push_pop(&mut heap_a, i)),
    );

    let rate = Arrivals::Constant(Rate::per_second(1_000_000));
    let mut open = Dispatcher::new(workload(rate, Supply::Elastic { initial: 1, cap: 10 }), 0, 1);
    let mut due = 0;
    compare(
        "turn: arrival starts, then ends",
        || {
            time(|_| {
                actions.clear();
                open.turn(Nanos(due), Input::Wake, &mut actions);
                let started =
                    actions.iter().find_map(|a| if let Action::Start(s) = a { Some(s.slot) } else { None });
                if let Some(slot) = started {
                    open.turn(Nanos(due), Input::Done { slot, ended: Nanos(due) }, &mut actions);
                }
                due += 1_000;
            })
        },
        "heap push and pop",
        || time(|i| push_pop(&mut heap_b, i)),
    );
}
