//! N workers produce exactly the schedule of one: every start of every iteration, over random workloads.
//!
//! The workers are driven here by hand, each on its own, as threads and machines are: they share nothing but
//! the workload. Every iteration takes the same time, so that closed schedules can be compared as well.

use crate::workloads::{ms, ramp, scenario, stages, workload};
use brunt_engine::{Action, Dispatcher, Input, Slot, worker_count};
use brunt_metrics::Nanos;
use brunt_workload::{Arrivals, BurstPause, Pause, PauseTime, Rate, Scenario, Stop, Supply, Workload};
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// What is comparable of a start: which iteration, due when. In a closed scenario also whose.
type Started = (u16, u64, Nanos, Option<(u64, u64)>);

fn starts(workload: &Arc<Workload>, worker: u32, workers: u32, service: Nanos) -> Vec<Started> {
    let mut dispatcher = Dispatcher::new(Arc::clone(workload), worker, workers);
    let (mut out, mut actions) = (Vec::new(), Vec::new());
    let mut busy: BinaryHeap<Reverse<(Nanos, Slot)>> = BinaryHeap::new();
    let mut now = Nanos::ZERO;
    while !dispatcher.is_finished() {
        let done = busy.peek().map_or(Nanos::MAX, |Reverse((at, _))| *at);
        let next = dispatcher.next_wake().min(done);
        assert!(next < Nanos::MAX, "an unfinished dispatcher must wait for something");
        now = now.max(next);
        let input = match busy.peek() {
            Some(&Reverse((ended, slot))) if ended <= now => {
                busy.pop();
                Input::Done { slot, ended }
            }
            _ => Input::Wake,
        };
        dispatcher.turn(now, input, &mut actions);
        for action in actions.drain(..) {
            let Action::Start(start) = action else { continue };
            busy.push(Reverse((start.scheduled.max(now) + service, start.slot)));
            let plan = &workload.scenarios[usize::from(start.scenario.0)];
            let shared = plan.arrivals.is_open() || plan.stop.iterations.is_some();
            // Who takes a shared iteration, and when, is the workers' own affair.
            let scheduled = if plan.arrivals.is_open() || !shared { start.scheduled } else { Nanos::ZERO };
            out.push((
                start.scenario.0,
                start.index.0,
                scheduled,
                (!shared).then_some((start.user, start.k)),
            ));
        }
    }
    out
}

fn any_scenario() -> impl Strategy<Value = Scenario> {
    let stop = |after: Option<Nanos>| Stop { after, iterations: None, per_user: None, grace: ms(500) };
    let open = prop_oneof![
        (1_u64..200).prop_map(|r| Arrivals::Constant(Rate::per_second(r))),
        (0_u64..100, 1_u64..100, 1_u64..2_000).prop_map(|(a, b, t)| Arrivals::Ramp(ramp(a, &[(b, t)]))),
        (1_u64..100, 1_u64..100).prop_map(|(a, b)| Arrivals::Poisson(ramp(a, &[(b, 2_000)]))),
        (1_u64..9, 20_u64..300).prop_map(|(size, t)| Arrivals::Bursts {
            size,
            pause: BurstPause { min: ms(t), max: ms(2 * t) },
        }),
    ];
    let users = prop_oneof![
        (1_u32..20).prop_map(Supply::Fixed),
        (1_u32..20, 1_u64..30).prop_map(|(users, r)| Supply::Spawn { users, rate: Rate::per_second(r) }),
        (1_u32..9, 0_u32..20, 0_u32..20).prop_map(|(start, up, down)| Supply::Ramp {
            start,
            stages: stages(&[(up, 700), (up, 300), (down, 900)]),
        }),
    ];
    prop_oneof![
        open.prop_map(move |a| scenario(
            a,
            Supply::Elastic { initial: 1, cap: 5_000 },
            stop(Some(ms(2_000)))
        )),
        (users.clone(), 0_u64..300).prop_map(move |(supply, think)| {
            let mut s = scenario(Arrivals::Closed, supply, stop(Some(ms(2_000))));
            s.classes[0].journey.think = Pause { time: PauseTime::Exponential { mean: ms(think) }, every: 2 };
            s
        }),
        (1_u32..9, 1_u64..9).prop_map(|(n, k)| {
            let stop = Stop { after: None, iterations: None, per_user: Some(k), grace: ms(500) };
            scenario(Arrivals::Closed, Supply::Fixed(n), stop)
        }),
        (1_u32..9, 1_u64..99).prop_map(|(n, i)| {
            let stop = Stop { after: None, iterations: Some(i), per_user: None, grace: ms(500) };
            scenario(Arrivals::Closed, Supply::Fixed(n), stop)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn n_workers_start_what_one_would(
        scenarios in prop::collection::vec(any_scenario(), 1..4), workers in 2_u32..17, service in 1_u64..120,
    ) {
        let workload = Arc::new(workload(scenarios));
        let mut one = starts(&workload, 0, 1, ms(service));
        let mut all: Vec<Started> =
            (0..workers).flat_map(|w| starts(&workload, w, workers, ms(service))).collect();
        one.sort_unstable();
        all.sort_unstable();
        prop_assert_eq!(one, all);
    }
}

/// A pause after every tenth iteration is a tenth of a pause: 40,000 users with 1 s every tenth iteration make up
/// to 400,000 iterations a second.
#[test]
fn rare_pauses_need_more_workers() {
    let stop = Stop { after: Some(ms(2_000)), iterations: None, per_user: None, grace: ms(500) };
    for (every, workers) in [(1, 1), (10, 10)] {
        let mut s = scenario(Arrivals::Closed, Supply::Fixed(40_000), stop);
        s.classes[0].journey.think = Pause { time: PauseTime::Constant(ms(1_000)), every };
        assert_eq!(worker_count(&workload(vec![s]), 64, None).workers, workers, "{every}");
    }
}
