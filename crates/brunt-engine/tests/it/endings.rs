//! However a run ends, nothing of it is lost: every iteration is accounted for, every user leaves, every
//! scenario ends once.

use crate::workloads::{action, events, get, ms, ramp, scenario, stages, workload};
use brunt_engine::{Action, Dispatcher, Input, Slot};
use brunt_metrics::{Nanos, Outcome, ScenarioId, ScenarioSecond};
use brunt_run::RunEvent;
use brunt_workload::{
    Arrivals, Cell, Feed, FeedEnd, FeedId, FeedOrder, FeedPer, Pause, PauseTime, Rate, Scenario, StartAt,
    Stop, Supply, Workload,
};
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

fn any_supply() -> impl Strategy<Value = Supply> {
    let curve = prop::collection::vec((0_u32..9, prop_oneof![Just(0), 0_u64..900]), 0..4);
    prop_oneof![
        (0_u32..9).prop_map(Supply::Fixed),
        (1_u32..9, 1_u64..20).prop_map(|(users, r)| Supply::Spawn { users, rate: Rate::per_second(r) }),
        (0_u32..6, curve).prop_map(|(start, s)| Supply::Ramp { start, stages: stages(&s) }),
        (0_u32..4, 1_u32..9).prop_map(|(initial, cap)| Supply::Elastic { initial, cap }),
    ]
}

fn any_scenario() -> impl Strategy<Value = Scenario> {
    let arrivals = prop_oneof![
        Just(Arrivals::Closed),
        (0_u64..60).prop_map(|r| Arrivals::Constant(Rate::per_second(r))),
        (0_u64..60, 0_u64..60).prop_map(|(a, b)| Arrivals::Ramp(ramp(a, &[(b, 1_500)]))),
        (0_u64..60, 0_u64..60).prop_map(|(a, b)| Arrivals::Poisson(ramp(a, &[(b, 1_500)]))),
    ];
    // (a farewell, pacing, the feed that it uses)
    let life = (any::<bool>(), 0_u64..300, prop::option::of(0_u16..2));
    let limits = (0_u64..2_500, prop::option::of(0_u64..30), prop::option::of(0_u64..5), 0_u64..400);
    (arrivals, any_supply(), limits, (0_u64..200, 0_u64..900), life).prop_map(
        |(arrivals, supply, (after, iterations, per_user, grace), (think, offset), life)| {
            let stop = Stop { after: Some(ms(after)), iterations, per_user, grace: ms(grace) };
            let mut s = scenario(arrivals, supply, stop);
            s.start = StartAt::Offset(ms(offset));
            let journey = &mut s.classes[0].journey;
            journey.think = Pause { time: PauseTime::Constant(ms(think)), every: 2 };
            let (farewell, pacing, feed) = life;
            journey.on_stop = farewell.then(|| action("stop", vec![get()]));
            journey.pacing = PauseTime::Constant(ms(pacing));
            journey.actions[0].feeds.extend(feed.map(FeedId));
            s
        },
    )
}

fn feed(rows: usize, per: FeedPer) -> Feed {
    Feed {
        name: "people".into(),
        columns: vec!["id".into()],
        cells: vec![Cell::Text(String::new()); rows],
        order: FeedOrder::Shuffled,
        per,
        at_end: FeedEnd::Stop,
    }
}

/// Each scenario but the first may wait for the one before it.
fn any_workload() -> impl Strategy<Value = Workload> {
    prop::collection::vec((any_scenario(), any::<bool>()), 1..4).prop_map(|rows| {
        let follow = |(id, (mut s, waits)): (u16, (Scenario, bool))| {
            if let (true, Some(before)) = (waits, id.checked_sub(1)) {
                s.start = StartAt::After { scenario: ScenarioId(before), delay: ms(100) };
            }
            s
        };
        let mut workload = workload((0_u16..).zip(rows).map(follow).collect());
        workload.feeds = vec![feed(20, FeedPer::Iteration), feed(3, FeedPer::User)];
        workload
    })
}

/// What a user may do next, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Idle,
    Running { cut: bool },
}

/// Holds the dispatcher to what its driver relies on.
#[derive(Default)]
struct Watch {
    users: BTreeMap<Slot, Seen>,
    done: Vec<ScenarioId>,
    busy: BinaryHeap<Reverse<(Nanos, Slot)>>,
}

impl Watch {
    fn take(&mut self, now: Nanos, action: Action, service: Nanos) {
        match action {
            Action::AddUser { slot, .. } => {
                assert_eq!(self.users.insert(slot, Seen::Idle), None, "a slot is used twice");
            }
            Action::Start(start) => {
                let before = self.users.insert(start.slot, Seen::Running { cut: false });
                assert_eq!(before, Some(Seen::Idle), "started while it runs, or without being there");
                assert!(start.scheduled <= now, "started before it is due");
                self.busy.push(Reverse((now + service, start.slot)));
            }
            Action::Retire { slot } => {
                assert_eq!(self.users.remove(&slot), Some(Seen::Idle), "retired while it runs");
            }
            Action::Cut { slot } => {
                let before = self.users.insert(slot, Seen::Running { cut: true });
                assert_eq!(before, Some(Seen::Running { cut: false }), "cut twice, or while idle");
                self.busy.retain(|Reverse((_, busy))| *busy != slot);
                self.busy.push(Reverse((now, slot)));
            }
            Action::Drop { .. } => {}
            Action::ScenarioDone { scenario, .. } => {
                assert!(!self.done.contains(&scenario), "a scenario ends once");
                self.done.push(scenario);
            }
        }
    }
}

/// Drives one worker to its end. `words` are sent at their instants.
fn drive(workload: &Arc<Workload>, lanes: (u32, u32), service: Nanos, mut words: Vec<(Nanos, Input)>) {
    let mut dispatcher = Dispatcher::new(Arc::clone(workload), lanes.0, lanes.1);
    let (mut watch, mut actions, mut now) = (Watch::default(), Vec::new(), Nanos::ZERO);
    let mut turns = 0;
    while !dispatcher.is_finished() {
        turns += 1;
        assert!(turns < 200_000, "it goes on for ever");
        let ended = watch.busy.peek().map_or(Nanos::MAX, |Reverse((at, _))| *at);
        let word = words.iter().map(|(at, _)| *at).min().unwrap_or(Nanos::MAX);
        let next = dispatcher.next_wake().min(ended).min(word);
        assert!(next < Nanos::MAX, "an unfinished dispatcher must wait for something");
        now = now.max(next);
        let input = if word <= now {
            let first = words.iter().position(|(at, _)| *at == word).expect("the least is one of them");
            words.remove(first).1
        } else if let Some(Reverse((at, slot))) = watch.busy.peek().copied().filter(|b| b.0.0 <= now) {
            watch.busy.pop();
            watch.users.insert(slot, Seen::Idle);
            Input::Done { slot, ended: at }
        } else {
            Input::Wake
        };
        dispatcher.turn(now, input, &mut actions);
        for action in std::mem::take(&mut actions) {
            if let Action::ScenarioDone { scenario, .. } = action {
                let waits =
                    |s: &Scenario| matches!(s.start, StartAt::After { scenario: w, .. } if w == scenario);
                let followers = (0_u16..).map(ScenarioId).zip(&workload.scenarios).filter(|(_, s)| waits(s));
                let at = now + ms(100);
                words.extend(followers.map(|(scenario, _)| (at, Input::Begin { scenario, at })));
            }
            watch.take(now, action, service);
        }
    }
    assert!(watch.users.is_empty(), "all users have left");
    assert_eq!(watch.done.len(), workload.scenarios.len(), "every scenario has ended");
}

/// The counts of each scenario over a whole simulated run that is stopped and cut at `at_most`.
fn totals(workload: Workload, service: u64, at_most: Nanos) -> Vec<ScenarioSecond> {
    let mut totals = vec![ScenarioSecond::default(); workload.scenarios.len()];
    let model = move |_, started, draw: &mut brunt_workload::Draw| {
        (started + ms(1 + draw.below(service)), Outcome::Ok)
    };
    for event in events(workload, model, at_most) {
        let RunEvent::Second(second) = event else { continue };
        for counts in &second.scenarios {
            totals[usize::from(counts.scenario.0)].merge(counts);
        }
    }
    totals
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn no_user_is_lost_however_the_run_ends(
        workload in any_workload(), service in 0_u64..700, workers in 1_u32..4,
        stop in prop::option::of(0_u64..3_000), cut in prop::option::of(0_u64..3_000),
    ) {
        let workload = Arc::new(workload);
        let mut words: Vec<_> = stop.map(|t| (ms(t), Input::Stop)).into_iter().collect();
        words.extend(cut.map(|t| (ms(t), Input::Cut)));
        for worker in 0..workers {
            drive(&workload, (worker, workers), ms(service.max(1)), words.clone());
        }
    }

    #[test]
    fn every_iteration_is_accounted_for(
        workload in any_workload(), service in 1_u64..700, at_most in 0_u64..6,
    ) {
        for c in totals(workload, service, Nanos::from_secs(at_most)) {
            prop_assert_eq!(c.due, c.started + c.dropped);
            prop_assert_eq!(c.started, c.completed + c.failed + c.cut);
        }
    }
}

#[test]
fn users_without_an_iteration_leave_and_keep_none_waiting() {
    let stop = |iterations, per_user| Stop { after: None, iterations, per_user, grace: ms(100) };
    // (stop, users added, iterations)
    for (stop, users, started) in [(stop(Some(3), None), 10, 3), (stop(None, Some(0)), 10, 0)] {
        let rows = vec![
            scenario(Arrivals::Closed, Supply::Fixed(10), stop),
            // Its users take the slots of those that have left.
            scenario(Arrivals::Closed, Supply::Fixed(5), Stop { per_user: Some(2), ..stop }),
        ];
        let c = totals(workload(rows), 50, Nanos::from_secs(60))[0];
        assert_eq!(
            (c.users_added, c.users_retired, c.started, c.completed),
            (users, users, started, started)
        );
    }
}

/// The first scenario's users are cut in the middle of 10 s; the second one runs on past the instants at which
/// they would have been woken.
#[test]
fn what_a_cut_user_waited_for_holds_nobody_up() {
    let stop =
        |after, grace| Stop { after: Some(ms(after)), iterations: None, per_user: None, grace: ms(grace) };
    let short = scenario(Arrivals::Closed, Supply::Fixed(2), stop(1_000, 500));
    let mut long = scenario(Arrivals::Constant(Rate::per_second(1)), Supply::Fixed(1), stop(20_000, 500));
    long.start = StartAt::Offset(ms(5_000));
    let model = |_, started: Nanos, _: &mut brunt_workload::Draw| {
        (started + if started < ms(1_000) { ms(10_000) } else { ms(10) }, Outcome::Ok)
    };
    let events = events(workload(vec![short, long]), model, Nanos::from_secs(60));
    let Some(RunEvent::Finished(finish)) = events.last() else { panic!("no end") };
    assert_eq!((finish.at, finish.in_flight), (ms(25_000), 0));
}

/// (warm-up, cool-down, length): the phases in the order in which they are told. Those of one instant, too.
#[test]
fn phases_come_in_their_order_and_the_end_last() {
    use brunt_metrics::Phase::{CoolDown, Load, WarmUp};
    let rows = [
        // A run without a second has nothing to be in a phase.
        (0, 0, 0, vec![None]),
        (0, 0, 1_500, vec![Some(Load), None]),
        (1_000, 1_000, 2_000, vec![Some(WarmUp), Some(Load), Some(CoolDown), None]),
        (1_500, 0, 1_500, vec![Some(WarmUp), Some(Load), None]),
    ];
    for (warm_up, cool_down, length, expected) in rows {
        let stop = Stop { after: Some(ms(length)), iterations: None, per_user: None, grace: ms(0) };
        let mut s = scenario(Arrivals::Closed, Supply::Fixed(1), stop);
        (s.warm_up, s.cool_down) = (ms(warm_up), ms(cool_down));
        let model = |_, started: Nanos, _: &mut brunt_workload::Draw| (started + ms(10), Outcome::Ok);
        let told: Vec<_> = events(workload(vec![s]), model, Nanos::from_secs(60))
            .into_iter()
            .filter_map(|e| if let RunEvent::Phase(change) = e { Some(change.phase) } else { None })
            .collect();
        assert_eq!(told, expected, "{warm_up} {cool_down} {length}");
    }
}

/// A scenario that ends with its data says so, once, however many users and whatever it was to last.
#[test]
fn data_that_ends_a_scenario_is_named() {
    let limited = |after| Stop { after, iterations: None, per_user: None, grace: ms(100) };
    let open = scenario(
        Arrivals::Constant(Rate::per_second(10)),
        Supply::Elastic { initial: 1, cap: 9 },
        limited(None),
    );
    let closed = scenario(Arrivals::Closed, Supply::Fixed(3), limited(Some(ms(60_000))));
    for (mut s, rows, words) in [
        (
            open.clone(),
            20,
            vec![
                "`s` ended after 20 iterations, 2.0 s into the run: its data `people` ran out of rows (`at_end: stop`)",
            ],
        ),
        (
            closed,
            9,
            vec![
                "`s` ended after 9 iterations, 0.3 s into the run, not after its 60 s: its data `people` ran out of rows (`at_end: stop`)",
            ],
        ),
        (Scenario { stop: limited(Some(ms(1_000))), ..open }, 20, vec![]),
    ] {
        s.name = "s".into();
        s.classes[0].journey.actions[0].feeds.push(FeedId(0));
        let mut workload = workload(vec![s]);
        workload.feeds = vec![feed(rows, FeedPer::Iteration)];
        let model = |_, started: Nanos, _: &mut brunt_workload::Draw| (started + ms(100), Outcome::Ok);
        let said: Vec<String> = events(workload, model, Nanos::from_secs(100))
            .into_iter()
            .filter_map(
                |event| if let RunEvent::Warning(warning) = event { Some(warning.text) } else { None },
            )
            .collect();
        assert_eq!(said, words);
    }
}
