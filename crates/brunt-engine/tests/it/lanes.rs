//! N workers produce exactly the schedule of one: every start of every iteration and every farewell, over random
//! workloads; and what users do in them, request by request.
//!
//! The workers are driven here by hand, each on its own, as threads and machines are: they share nothing but
//! the workload. Every iteration takes the same time, so that closed schedules can be compared as well.

use crate::workloads::{action, get, header, ms, ramp, request, scenario, stages, workload};
use brunt_engine::{
    Action, Change, Dispatcher, Input, SimulatedUsers, SimulationOptions, Slot, Start, StartKind, Steer,
    simulate_part, worker_count,
};
use brunt_metrics::{EndpointId, Nanos, Outcome, ScenarioId};
use brunt_workload::{
    ActionOrder, Arrivals, BurstPause, Cell, Choice, ClassShares, Condition, Draw, Feed, FeedEnd, FeedId,
    FeedOrder, FeedPer, Pause, PauseTime, Rate, RequestId, Scenario, StartAt, Step, Stop, Supply, Workload,
};
use proptest::prelude::*;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::sync::Arc;

/// What is comparable of a start: which iteration, due when. In a closed scenario also whose, and whether it is a
/// farewell: which users of a pool come into being, and so leave, is the workers' own affair.
type Started = (u16, u64, Nanos, Option<(u64, u64, bool)>);

fn starts(workload: &Arc<Workload>, part: (u32, u32), service: Nanos, steers: &[Steered]) -> Vec<Started> {
    let mut out = Vec::new();
    drive(workload, part, (service, steers), |_, start, _| {
        let plan = &workload.scenarios[usize::from(start.scenario.0)];
        let shared = plan.arrivals.is_open() || plan.stop.iterations.is_some();
        let farewell = start.kind == StartKind::Farewell;
        if shared && farewell {
            return;
        }
        // Who takes a shared iteration, and when, is the workers' own affair.
        let scheduled = if plan.arrivals.is_open() || !shared { start.scheduled } else { Nanos::ZERO };
        let whose = (!shared).then_some((start.user, start.k, farewell));
        out.push((start.scenario.0, start.index.0, scheduled, whose));
    });
    out
}

/// A change, and when it happens.
pub(crate) type Steered = (Nanos, Steer);

/// Runs a worker to its end and hands on every start, and when it was made. What follows a scenario begins when this worker
/// is done with it.
pub(crate) fn drive(
    workload: &Arc<Workload>,
    (worker, workers): (u32, u32),
    (service, steers): (Nanos, &[Steered]),
    mut started: impl FnMut(&Dispatcher, &Start, Nanos),
) {
    let mut dispatcher = Dispatcher::new(Arc::clone(workload), worker, workers);
    let (mut steers, mut begins) = (steers.iter(), Vec::new());
    let mut actions = Vec::new();
    let mut busy: BinaryHeap<Reverse<(Nanos, Slot)>> = BinaryHeap::new();
    let mut now = Nanos::ZERO;
    while !dispatcher.is_finished() {
        let done = busy.peek().map_or(Nanos::MAX, |Reverse((at, _))| *at);
        let input = if let Some(&(at, steer)) = steers.next() {
            // Told before anything begins, as long before it happens as can be.
            Input::Steer { at, steer }
        } else if let Some(scenario) = begins.pop() {
            Input::Begin { scenario, at: now }
        } else {
            let next = dispatcher.next_wake().min(done);
            assert!(next < Nanos::MAX, "an unfinished dispatcher must wait for something");
            now = now.max(next);
            match busy.peek() {
                Some(&Reverse((ended, slot))) if ended <= now => {
                    busy.pop();
                    Input::Done { slot, ended }
                }
                _ => Input::Wake,
            }
        };
        dispatcher.turn(now, input, &mut actions);
        for action in actions.drain(..) {
            if let Action::ScenarioDone { scenario: done, .. } = action {
                let follows = |s: &Scenario| s.start == StartAt::After { scenario: done, delay: Nanos::ZERO };
                let all = (0_u16..).map(ScenarioId).zip(&workload.scenarios);
                begins.extend(all.filter(|(_, s)| follows(s)).map(|(id, _)| id));
            }
            let Action::Start(start) = action else { continue };
            busy.push(Reverse((start.scheduled.max(now) + service, start.slot)));
            started(&dispatcher, &start, now);
        }
    }
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
        (users, 0_u64..300, 0_u32..9).prop_map(move |(supply, pacing, count)| {
            let mut s = scenario(Arrivals::Closed, supply, stop(Some(ms(2_000))));
            s.classes.push(s.classes[0].clone());
            s.class_shares = ClassShares { fixed: vec![(1, count)], rest: Choice::new([2, 0]) };
            s.classes[0].journey.pacing = PauseTime::Exponential { mean: ms(pacing) };
            s.classes[1].journey.pacing = PauseTime::Uniform { min: ms(pacing), max: ms(2 * pacing) };
            s.classes[1].journey.on_stop = Some(action("stop", vec![get()]));
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
        let starts = |worker, workers| starts(&workload, (worker, workers), ms(service), &[]);
        let mut one = starts(0, 1);
        let mut all: Vec<Started> = (0..workers).flat_map(|worker| starts(worker, workers)).collect();
        one.sort_unstable();
        all.sort_unstable();
        prop_assert_eq!(one, all);
    }

    /// However a run is changed while it goes on: the workers' parts still add up to the whole.
    #[test]
    fn n_workers_are_steered_as_one_would(
        scenarios in prop::collection::vec(any_scenario(), 1..4), workers in 2_u32..17, service in 1_u64..120,
        steers in prop::collection::vec(any_steer(), 1..6),
    ) {
        let mut steers: Vec<Steered> = steers
            .into_iter()
            .map(|(at, scenario, change)| (at, scenario % scenarios.len(), change))
            .chain((0..scenarios.len()).map(|scenario| (ms(2_500), scenario, Change::Resume)))
            .map(|(at, scenario, change)| {
                (at, Steer { scenario: ScenarioId(u16::try_from(scenario).unwrap()), change })
            })
            .collect();
        steers.sort_by_key(|(at, _)| *at);
        let workload = Arc::new(workload(scenarios));
        let starts = |worker, workers| starts(&workload, (worker, workers), ms(service), &steers);
        let mut one = starts(0, 1);
        let mut all: Vec<Started> = (0..workers).flat_map(|worker| starts(worker, workers)).collect();
        one.sort_unstable();
        all.sort_unstable();
        prop_assert_eq!(one, all);
    }

    #[test]
    fn n_workers_send_what_one_would(
        scenarios in prop::collection::vec(any_walk(), 1..3), workers in 2_u32..9, service in 1_u64..120,
    ) {
        let mut workload = workload(scenarios);
        let endpoint = workload.endpoints[0].clone();
        workload.endpoints = vec![endpoint; 4];
        workload.requests = (0..4).map(|at| request(EndpointId(at))).collect();
        let workload = Arc::new(workload);
        let sent = |worker, workers| sent(&workload, (worker, workers), ms(service));
        let mut one = sent(0, 1);
        let mut all: Vec<(Nanos, u32)> = (0..workers).flat_map(|worker| sent(worker, workers)).collect();
        one.sort_unstable();
        all.sort_unstable();
        prop_assert!(!one.is_empty());
        prop_assert_eq!(one, all);
    }

    /// Whoever runs the iterations, and on however many workers: each row is given once, and then all is over.
    #[test]
    fn n_workers_give_every_row_once(
        rows in 1_usize..200, workers in 1_u32..9, users in 1_u32..20, shuffled in any::<bool>(),
        arrivals in prop_oneof![Just(Arrivals::Closed), Just(Arrivals::Constant(Rate::per_second(50)))],
    ) {
        let stop = Stop { after: None, iterations: None, per_user: None, grace: ms(500) };
        let supply = if arrivals.is_open() {
            Supply::Elastic { initial: 1, cap: 5_000 }
        } else {
            Supply::Fixed(users)
        };
        let mut s = scenario(arrivals, supply, stop);
        s.classes[0].journey.actions[0].feeds.push(FeedId(0));
        let mut workload = workload(vec![s]);
        workload.feeds.push(Feed {
            name: "people".into(),
            columns: vec!["id".into()],
            cells: vec![Cell::Text(String::new()); rows],
            order: if shuffled { FeedOrder::Shuffled } else { FeedOrder::Sequential },
            per: FeedPer::Iteration,
            at_end: FeedEnd::Stop,
        });
        let workload = Arc::new(workload);
        let mut given = Vec::new();
        for worker in 0..workers {
            drive(&workload, (worker, workers), (ms(30), &[]), |dispatcher, start, _| {
                given.extend(dispatcher.rows(start.slot).iter().map(|(_, row)| *row));
            });
        }
        given.sort_unstable();
        prop_assert_eq!(given, (0..u32::try_from(rows).unwrap()).collect::<Vec<_>>());
    }
}

/// When, which scenario, and what: to scenarios of every kind, whether or not they have what is changed.
fn any_steer() -> impl Strategy<Value = (Nanos, usize, Change)> {
    let rate = (1_u64..100).prop_map(Rate::per_second);
    let change = prop_oneof![
        (0_u32..25, prop::option::of(rate.clone())).prop_map(|(users, rate)| Change::Users(users, rate)),
        rate.prop_map(Change::Rate),
        Just(Change::Pause),
        Just(Change::Resume),
    ];
    ((0_u64..2_400).prop_map(ms), 0_usize..4, change)
}

/// Closed users, or arrivals that find a user free, with journeys of every shape that chance can have.
fn any_walk() -> impl Strategy<Value = Scenario> {
    let step = |n: u32| Step::Request(RequestId(n));
    let uniform = |t| Step::Pause(PauseTime::Uniform { min: Nanos::ZERO, max: ms(t) });
    let shape = (1_u32..4, 0_u32..4, 1_u64..90, any::<bool>());
    (shape, 1_u32..9, any::<bool>()).prop_map(move |((least, more, pause, in_turn), users, open)| {
        let looped = Step::Repeat {
            times: (least, least + more),
            while_: Some(Condition::Chance(0.9)),
            steps: vec![step(1), uniform(pause)],
        };
        let choose = Step::Choose {
            choice: Choice::new([3, 1]),
            branches: vec![vec![step(2)], vec![Step::Batch { requests: vec![RequestId(3); 3], at_once: 2 }]],
        };
        let mut s = scenario(Arrivals::Closed, Supply::Fixed(users), Stop::after(ms(1_500)));
        let journey = &mut s.classes[0].journey;
        journey.actions = vec![action("a", vec![looped]), action("b", vec![choose, uniform(pause)])];
        // In turn goes by a user's own count: in an open scenario it is chance who serves an arrival.
        journey.order =
            if in_turn && !open { ActionOrder::InTurn } else { ActionOrder::Weighted(Choice::new([1, 2])) };
        if open {
            s.arrivals = Arrivals::Constant(Rate::per_second(u64::from(users)));
            s.supply = Supply::Elastic { initial: 1, cap: 5_000 };
        } else {
            journey.on_start = Some(action("start", vec![step(0), uniform(pause)]));
            journey.on_stop = Some(action("stop", vec![uniform(pause), step(0)]));
        }
        s
    })
}

/// Every request that a worker sends: when, and which.
fn sent(workload: &Arc<Workload>, part: (u32, u32), service: Nanos) -> Vec<(Nanos, u32)> {
    let sent = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&sent);
    let model = move |endpoint: EndpointId, started: Nanos, _: &mut Draw| {
        log.borrow_mut().push((started, endpoint.0));
        (started + service, Outcome::Ok)
    };
    let options = SimulationOptions { header: header(), at_most: Nanos::from_secs(600) };
    simulate_part(workload, SimulatedUsers::new(workload, model, 0), part, options, &mut |_| {});
    sent.take()
}

/// 40,000 users that begin an iteration each 10 s make 4,000 a second.
#[test]
fn pacing_needs_fewer_workers() {
    let stop = Stop { after: Some(ms(2_000)), iterations: None, per_user: None, grace: ms(500) };
    let mut s = scenario(Arrivals::Closed, Supply::Fixed(40_000), stop);
    s.classes[0].journey.pacing = PauseTime::Constant(ms(10_000));
    assert_eq!(worker_count(&workload(vec![s]), 64, None).workers, 1);
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

/// Arrivals belong to classes, whoever serves them: each class has its exact share.
#[test]
fn open_arrivals_are_shared_out_by_class() {
    let step = |at| Step::Request(RequestId(at));
    let mut s = scenario(
        Arrivals::Constant(Rate::per_second(40)),
        Supply::Elastic { initial: 1, cap: 5_000 },
        Stop::after(ms(10_000)),
    );
    s.classes.push(s.classes[0].clone());
    for (class, at) in [(0, 0), (1, 1)] {
        let journey = &mut s.classes[class].journey;
        journey.actions = vec![action("a", vec![step(at)])];
        journey.order = ActionOrder::Weighted(Choice::new([1]));
        journey.on_start = Some(action("start", vec![step(at + 2)]));
        journey.on_stop = Some(action("stop", vec![step(at + 2)]));
    }
    s.class_shares = ClassShares::weighted([3, 1]);
    let mut workload = workload(vec![s]);
    let endpoint = workload.endpoints[0].clone();
    workload.endpoints = vec![endpoint; 4];
    workload.requests = (0..4).map(|at| request(EndpointId(at))).collect();
    let workload = Arc::new(workload);
    for workers in [1, 3] {
        let mut counts = [0_u32; 4];
        for worker in 0..workers {
            for (_, at) in sent(&workload, (worker, workers), ms(30)) {
                counts[at as usize] += 1;
            }
        }
        assert_eq!(counts[..2], [300, 100], "{workers} workers");
        // Each user does it once at the start and once at the end, for every class whose arrivals it serves.
        assert!(counts[2..].iter().all(|n| *n > 0 && n % 2 == 0), "{counts:?}");
    }
}
