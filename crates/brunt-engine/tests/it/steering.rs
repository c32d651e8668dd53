//! What a change does to a run that goes on: a row a change, with what starts second by second, how late the latest start
//! is, and when all is over. `lanes.rs` has that the workers' parts add up; `crates/brunt/tests/it/ui.rs` real runs.

use crate::lanes::{Steered, drive};
use crate::workloads::{ms, ramp, scenario, stages, workload};
use brunt_engine::{Asked, Change, StartKind, Steer, decide};
use brunt_metrics::{Nanos, ScenarioId};
use brunt_workload::{Arrivals, BurstPause, Pause, PauseTime, Rate, Scenario, StartAt, Stop, Supply};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

/// What it is called, what runs, and which changes at which millisecond.
type Row = (&'static str, Vec<Scenario>, Vec<(u64, Change)>);

/// Each iteration takes 100 ms.
fn outline(name: &str, scenarios: Vec<Scenario>, changes: &[(u64, Change)]) -> String {
    // What follows another scenario stands behind it.
    let last = ScenarioId(u16::from(scenarios.len() > 1));
    let steers: Vec<Steered> =
        changes.iter().map(|(at, change)| (ms(*at), Steer { scenario: last, change: *change })).collect();
    let workload = Arc::new(workload(scenarios));
    let (mut seconds, mut latest, mut end) = (Vec::new(), Nanos::ZERO, Nanos::ZERO);
    let open = workload.scenarios[usize::from(last.0)].arrivals.is_open();
    let (mut begun, mut users) = (BTreeSet::new(), BTreeSet::new());
    drive(&workload, (0, 1), (ms(100), &steers), |_, start, now| {
        end = now;
        if start.scenario != last || start.kind == StartKind::Farewell {
            return;
        }
        latest = latest.max(now - start.scheduled.min(now));
        // A user that comes again begins anew; an arrival is there once.
        assert!(begun.insert(start.index) || !open, "{name}: {:?} begins twice", start.index);
        users.insert(start.user);
        let second = usize::try_from(now.second()).expect("few seconds");
        if seconds.len() <= second {
            seconds.resize(second + 1, 0);
        }
        seconds[second] += 1;
    });
    let seconds: Vec<String> = seconds.iter().map(u32::to_string).collect();
    format!(
        "{name:<42} users {:>2} latest start {:>3} ms last {:>5.2} s  [{}]\n",
        users.len(),
        latest.0 / 1_000_000,
        end.as_secs_f64(),
        seconds.join(" ")
    )
}

#[test]
fn golden() {
    let closed = |supply| scenario(Arrivals::Closed, supply, Stop::after(ms(4_000)));
    let open = |arrivals| scenario(arrivals, Supply::Elastic { initial: 1, cap: 99 }, Stop::after(ms(4_000)));
    let constant = |rate| open(Arrivals::Constant(Rate::per_second(rate)));
    let users = |to| Change::Users(to, None);
    let slowly = |to, rate| Change::Users(to, Some(Rate::per_second(rate)));
    let rate = |to| Change::Rate(Rate::per_second(to));
    let (pause, resume) = (Change::Pause, Change::Resume);
    let mut thinking = closed(Supply::Fixed(4));
    thinking.classes[0].journey.think = Pause { time: PauseTime::Constant(ms(400)), every: 1 };
    let mut after = constant(10);
    after.start = StartAt::After { scenario: ScenarioId(0), delay: Nanos::ZERO };
    let first = scenario(Arrivals::Closed, Supply::Fixed(1), Stop::after(ms(1_000)));
    let ramped = closed(Supply::Ramp { start: 0, stages: stages(&[(10, 2_000), (0, 2_000)]) });
    let bursts = open(Arrivals::Bursts { size: 5, pause: BurstPause { min: ms(500), max: ms(500) } });
    let counted = scenario(
        Arrivals::Closed,
        Supply::Fixed(2),
        Stop { after: None, iterations: Some(40), per_user: None, grace: ms(500) },
    );
    let rows: Vec<Row> = vec![
        ("nothing changes", vec![closed(Supply::Fixed(4))], vec![]),
        ("more users at once", vec![closed(Supply::Fixed(4))], vec![(2_000, users(9))]),
        ("more users, two a second", vec![closed(Supply::Fixed(4))], vec![(1_000, slowly(9, 2))]),
        ("fewer users", vec![closed(Supply::Fixed(4))], vec![(2_000, users(1))]),
        ("up and down again", vec![closed(Supply::Fixed(4))], vec![(1_000, users(8)), (3_000, users(4))]),
        ("none, then some", vec![closed(Supply::Fixed(4))], vec![(1_000, users(0)), (2_000, users(3))]),
        ("before it reached its number", vec![ramped.clone()], vec![(1_000, users(2))]),
        ("while it falls", vec![ramped], vec![(3_000, users(8))]),
        ("counted iterations keep their users", vec![counted], vec![(1_000, users(4))]),
        ("more arrivals", vec![constant(10)], vec![(2_000, rate(40))]),
        ("fewer arrivals", vec![constant(40)], vec![(1_500, rate(10))]),
        ("out of a ramp", vec![open(Arrivals::Ramp(ramp(0, &[(40, 4_000)])))], vec![(2_000, rate(5))]),
        (
            "chance stays chance",
            vec![open(Arrivals::Poisson(ramp(20, &[(20, 4_000)])))],
            vec![(2_000, rate(80))],
        ),
        ("bursts have no rate", vec![bursts], vec![(1_000, rate(40))]),
        ("users' pause", vec![closed(Supply::Fixed(4))], vec![(1_000, pause), (3_000, resume)]),
        ("while they think", vec![thinking], vec![(1_000, pause), (3_000, resume)]),
        ("arrivals' pause", vec![constant(10)], vec![(1_000, pause), (3_000, resume)]),
        (
            "paused twice",
            vec![constant(10)],
            vec![(1_000, pause), (1_500, pause), (2_000, resume), (2_500, resume)],
        ),
        (
            "changed while paused",
            vec![constant(10)],
            vec![(1_000, pause), (1_500, rate(40)), (2_000, resume)],
        ),
        (
            "more users while paused",
            vec![closed(Supply::Fixed(4))],
            vec![(1_000, pause), (1_500, users(8)), (2_000, resume)],
        ),
        ("what follows", vec![first.clone(), after.clone()], vec![(2_000, rate(40))]),
        ("what follows, changed before", vec![first.clone(), after.clone()], vec![(500, rate(40))]),
        ("what follows, paused before", vec![first, after], vec![(500, pause), (2_500, resume)]),
        ("a pause longer than what is left", vec![constant(10)], vec![(3_500, pause), (5_000, resume)]),
        ("after its end", vec![constant(10)], vec![(4_000, rate(40))]),
    ];
    let got: String = rows.into_iter().map(|(name, s, changes)| outline(name, s, &changes)).collect();
    insta::assert_snapshot!(got);
}

/// What somebody asks for, and what becomes of it.
#[test]
fn what_is_asked_for() {
    let named = |name: &str, mut s: Scenario| {
        s.name = name.into();
        s
    };
    let closed =
        |name, users| named(name, scenario(Arrivals::Closed, Supply::Fixed(users), Stop::after(ms(9_000))));
    let open = |name, rate| {
        let arrivals = Arrivals::Constant(Rate::per_second(rate));
        named(name, scenario(arrivals, Supply::Elastic { initial: 1, cap: 99 }, Stop::after(ms(9_000))))
    };
    let mut counted = open("counted", 5);
    counted.stop.iterations = Some(9);
    let both = workload(vec![closed("a", 3), closed("b", 1), open("c", 10), open("d", 30)]);
    let users = workload(vec![closed("a", 3)]);
    let rates = workload(vec![open("c", 10)]);
    let counted = workload(vec![counted]);
    let mut each = closed("each", 3);
    each.stop = Stop { after: None, iterations: None, per_user: Some(3), grace: ms(500) };
    let each = workload(vec![each]);
    let asked = Asked::default();
    let some = |n| Asked { users: Some(n), ..Asked::default() };
    let rate = |n| Asked { rate: Some(Rate::per_second(n)), ..Asked::default() };
    let of = |name: &str, asked: Asked| Asked { scenario: Some(name.into()), ..asked };
    let mut got = String::new();
    for (name, workload, asked) in [
        ("users in proportion", &both, some(10)),
        ("users of one", &both, of("b", some(10))),
        ("rates in proportion", &both, rate(100)),
        ("a rate of one", &both, of("d", rate(100))),
        ("users of what has a rate", &both, of("c", some(10))),
        ("a rate of what has users", &both, of("a", rate(10))),
        ("no users to change", &rates, some(1)),
        ("no rate to change", &users, rate(1)),
        ("nobody of that name", &both, of("x", some(1))),
        ("nothing", &both, asked),
        ("no users", &both, some(0)),
        ("no arrivals", &both, rate(0)),
        ("fewer users than scenarios", &both, some(1)),
        ("one user for each", &both, some(2)),
        ("users that never come", &both, Asked { spawn_rate: Some(Rate::per_second(0)), ..some(10) }),
        ("the rate of what is counted", &counted, rate(9)),
        ("the users of what is counted", &each, some(9)),
    ] {
        let answer = match decide(workload, &asked) {
            Ok(steers) => steers
                .iter()
                .map(|steer| match steer.change {
                    Change::Users(n, _) => format!("{} users of {}", n, steer.scenario.0),
                    Change::Rate(rate) => {
                        format!("{} per second of {}", rate.per_second_f64(), steer.scenario.0)
                    }
                    Change::Pause | Change::Resume => "?".to_owned(),
                })
                .collect::<Vec<_>>()
                .join(", "),
            Err(error) => error.to_string(),
        };
        let _ = writeln!(got, "{name}: {answer}");
    }
    insta::assert_snapshot!(got);
}
