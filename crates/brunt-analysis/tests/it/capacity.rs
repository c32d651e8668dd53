//! The search for the limit: step by step from told results, and against servers whose limit is known.

use crate::queues::searching::{LONGEST, Promise, Searched, goal, search};
use crate::queues::{Server, limit_mm1, refused_mm1k, response_above_mmc, root, wait_within_md1};
use brunt_analysis::capacity::{
    Dwell, Goal, LoadUnit, Outcome, Purpose, Scale, Step, TrialFigures, TrialResult, hysteresis, next_step,
    room,
};
use brunt_metrics::Nanos;

/// The share by which a search missed the truth; infinite if it found nothing.
fn missed(searched: &Searched, truth: f64) -> f64 {
    match searched.outcome {
        Outcome::Found { estimate, .. } => (estimate / truth - 1.0).abs(),
        Outcome::NoLimit { .. }
        | Outcome::GeneratorLimited { .. }
        | Outcome::NeverHolds { .. }
        | Outcome::Unfinished { .. } => f64::INFINITY,
    }
}

/// Servers with their promise and their limit: the p95 of the response time, or the share refused.
fn servers() -> Vec<(&'static str, Server, Promise, f64)> {
    let p95 = |limit| Promise::Latency(0.95, limit);
    let mmc = Server { at_once: 4, ..Server::mm1(50.0) };
    let md1 = Server { exponential: false, ..Server::mm1(200.0) };
    let shedding = Server { room: Some(10), ..Server::mm1(200.0) };
    let above = |limit: f64| move |load: f64| response_above_mmc(load, 50.0, 4, limit) - 0.05;
    let waits = |load: f64| 0.95 - wait_within_md1(load, 0.005, 0.015);
    vec![
        ("M/M/1", Server::mm1(200.0), p95(0.05), limit_mm1(200.0, 0.95, 0.05)),
        ("M/M/4", mmc, p95(0.08), root(10.0, 199.0, above(0.08))),
        ("M/D/1", md1, p95(0.02), root(10.0, 199.0, waits)),
        (
            "shedding",
            shedding,
            Promise::Refused(0.01),
            root(10.0, 400.0, |l| refused_mm1k(l, 200.0, 10) - 0.01),
        ),
    ]
}

#[test]
fn limits_in_closed_form() {
    // The anchor: mu = 200/s, p95 <= 50 ms.
    assert!((limit_mm1(200.0, 0.95, 0.05) - 140.085_354).abs() < 1e-6);
    // M/M/1 is M/M/c with c = 1; and exp(-(mu - lambda) t).
    let one = response_above_mmc(140.0, 200.0, 1, 0.05);
    assert!((one - (-60.0_f64 * 0.05).exp()).abs() < 1e-9, "{one}");
    // Without a wait, M/D/1's wait is nothing with 1 - rho.
    assert!((wait_within_md1(100.0, 0.005, 0.0) - 0.5).abs() < 1e-12);
    // At rho = 1, M/M/1/K is in each of its K + 1 states alike often.
    assert!((refused_mm1k(200.0, 200.0, 9) - 0.1).abs() < 1e-9);
}

/// The whole table of 100 seeds each is `cargo run --release -p brunt-analysis --example find_max_bars`.
#[test]
fn finds_known_limits() {
    for (name, server, promise, truth) in servers() {
        for seed in 1..=2 {
            let searched = search(server, promise, &goal(20.0, 100_000.0), seed);
            let off = missed(&searched, truth);
            assert!(off <= 0.05, "{name}, seed {seed}: {:?} for {truth}", searched.outcome);
            assert!(searched.trials.len() <= 12, "{name}, seed {seed}: {} trials", searched.trials.len());
        }
    }
}

#[test]
fn a_target_without_a_limit_is_said_to_have_none() {
    let fast = Server::mm1(1e6);
    let searched = search(fast, Promise::Latency(0.95, 0.05), &goal(20.0, 1_000.0), 1);
    assert_eq!(searched.outcome, Outcome::NoLimit { up_to: 1_000.0 });
    // The cap is tried twice: what is claimed has been confirmed.
    assert_eq!(searched.trials.iter().filter(|t| t.load >= 1_000.0).count(), 2);
}

#[test]
fn a_target_that_is_always_too_slow_is_said_to_be() {
    let searched = search(Server::mm1(50.0), Promise::Latency(0.95, 0.02), &goal(80.0, 1e5), 1);
    assert!(matches!(searched.outcome, Outcome::NeverHolds { at: 10.0, .. }), "{:?}", searched.outcome);
}

#[test]
fn what_an_overload_broke_for_good_is_noticed() {
    let fragile = Server { breaks_beyond: Some((150.0, 0.6)), ..Server::mm1(200.0) };
    let searched = search(fragile, Promise::Latency(0.95, 0.05), &goal(25.0, 1e5), 1);
    let (load, before, after) = hysteresis(&searched.trials).expect("a recheck that breaks");
    assert!(load <= 150.0 && before > 1.0 && after < 1.0, "{load} {before} {after}");
    // What is reported is what the target holds now: mu is 120/s.
    let off = missed(&searched, limit_mm1(120.0, 0.95, 0.05));
    assert!(off <= 0.06, "{:?}", searched.trials);
}

#[test]
fn a_noisy_target_is_found_within_its_noise() {
    let noisy = Server { noise: 0.02, ..Server::mm1(200.0) };
    let truth = limit_mm1(200.0, 0.95, 0.05);
    for seed in 1..=2 {
        let searched = search(noisy, Promise::Latency(0.95, 0.05), &goal(20.0, 1e5), seed);
        let off = missed(&searched, truth);
        assert!(off <= 0.08 || matches!(searched.outcome, Outcome::Unfinished { .. }), "{seed}: {off}");
    }
}

/// A goal for searches that are told their results.
fn told(unit: LoadUnit) -> Goal {
    let dwell =
        Dwell { shortest: Nanos::from_secs(5), longest: Nanos::from_secs(10), settle: Nanos::from_secs(3) };
    Goal {
        unit,
        start: 10.0,
        floor: 1.0,
        cap: 1_000.0,
        width: 0.05,
        max_trials: 20,
        max_time: Nanos::from_secs(600),
        dwell,
    }
}

/// Runs a search over told rooms, and writes down what it asked for: `10 climb, 20 climb, ...`.
fn steps(goal: &Goal, answer: impl Fn(f64, usize) -> Result<f64, &'static str>) -> (String, Outcome) {
    let mut trials: Vec<TrialResult> = Vec::new();
    let mut asked = Vec::new();
    loop {
        match next_step(goal, &trials) {
            Step::Done(outcome) => return (asked.join(", "), outcome),
            Step::Trial(trial) => {
                asked.push(format!("{} {}", trial.load, trial.purpose.word()));
                let told = answer(trial.load, trial.number);
                trials.push(TrialResult {
                    load: trial.load,
                    purpose: trial.purpose,
                    took: trial.dwell.longest,
                    room: told.ok(),
                    clear: true,
                    closest: None,
                    generator: told.err().map(Into::into),
                    figures: TrialFigures::default(),
                });
            }
        }
    }
}

#[test]
fn the_way_to_a_limit() {
    // Room falls in a straight line through 1 at 137.
    let line = |load: f64, _| Ok((200.0 - load).max(0.0) / 63.0);
    let (asked, outcome) = steps(&told(LoadUnit::PerSecond), line);
    insta::assert_snapshot!(format!("{asked}\n{outcome:?}"));
}

#[test]
fn users_are_whole() {
    let (asked, outcome) = steps(&told(LoadUnit::Users), |load, _| Ok(7.5 / load));
    assert!(matches!(outcome, Outcome::Found { lower: 7.0, upper: 8.0, .. }), "{asked}: {outcome:?}");
}

#[test]
fn a_generator_that_cannot_follow_is_no_limit_of_the_target() {
    let answer = |load: f64, _| if load > 100.0 { Err("late") } else { Ok(50.0) };
    let (asked, outcome) = steps(&told(LoadUnit::PerSecond), answer);
    let Outcome::GeneratorLimited { at, holds, why } = outcome else { panic!("{asked}: {outcome:?}") };
    assert!(at > 100.0 && at <= 125.0 && holds.is_some_and(|h| h > 80.0) && why == "late", "{asked}");
    // One late trial is a hiccup.
    let once = |load: f64, number| if number == 2 { Err("late") } else { Ok(60.0 / load) };
    let (asked, outcome) = steps(&told(LoadUnit::PerSecond), once);
    assert!(asked.contains("repeat") && matches!(outcome, Outcome::Found { .. }), "{asked}: {outcome:?}");
}

#[test]
fn what_runs_out_is_said() {
    let goal = Goal { max_trials: 4, ..told(LoadUnit::PerSecond) };
    let (_, outcome) = steps(&goal, |load, _| Ok(137.0 / load));
    let why = "4 trials were not enough".into();
    assert_eq!(outcome, Outcome::Unfinished { lower: Some(80.0), upper: Some(160.0), why });
    let goal = Goal { max_time: Nanos::from_secs(25), ..told(LoadUnit::PerSecond) };
    let (_, outcome) = steps(&goal, |load, _| Ok(137.0 / load));
    assert!(matches!(outcome, Outcome::Unfinished { .. }), "{outcome:?}");
}

#[test]
fn after_an_overload_there_is_a_pause() {
    let goal = told(LoadUnit::PerSecond);
    let result = |load, room| TrialResult {
        load,
        purpose: Purpose::Climb,
        took: Nanos::from_secs(LONGEST),
        room: Some(room),
        clear: true,
        closest: None,
        generator: None,
        figures: TrialFigures::default(),
    };
    let Step::Trial(next) = next_step(
        &Goal { max_time: Nanos::from_secs(3_600), ..goal },
        &[result(10.0, 3.0), result(20.0, 0.2)],
    ) else {
        panic!("it is not over")
    };
    assert_eq!((next.purpose, next.load, next.settle), (Purpose::Recheck, 10.0, Nanos::from_secs(3)));
}

#[test]
fn rooms() {
    for (value, limit, scale, expected) in [
        (50.0, 100.0, Scale::Inverse, 2.0),
        (200.0, 100.0, Scale::Inverse, 0.5),
        (0.0, 1.0, Scale::Inverse, 1_000.0),
        (3.0, 0.0, Scale::Inverse, 0.0),
        (50.0, 100.0, Scale::Itself, 0.5),
        (50.0, 0.0, Scale::Itself, 1_000.0),
        (0.01, 0.01, Scale::Logarithm, 1.0),
        (0.01, 0.01 * std::f64::consts::E, Scale::Logarithm, 1.25),
        (0.0, 0.0, Scale::Logarithm, 1_000.0),
        (0.1, 0.0, Scale::Logarithm, 0.0),
    ] {
        let got = room(value, limit, scale);
        assert!((got - expected).abs() < 1e-12, "{value} {limit} {scale:?}: {got}");
    }
}

proptest::proptest! {
    /// Whatever is told, a search ends, stays within its bounds, and claims no more than it saw.
    #[test]
    fn every_search_ends(rooms in proptest::collection::vec(0.0_f64..3.0, 1..30), spoilt in proptest::collection::vec(0_u8..6, 30)) {
        let goal = told(LoadUnit::PerSecond);
        let answer = |load: f64, number: usize| {
            assert!((goal.floor..=goal.cap).contains(&load));
            if spoilt[number % spoilt.len()] == 0 { Err("late") } else { Ok(rooms[number % rooms.len()]) }
        };
        let (asked, outcome) = steps(&goal, answer);
        proptest::prop_assert!(asked.split(", ").count() <= goal.max_trials);
        if let Outcome::Found { lower, upper, estimate, .. } = outcome {
            proptest::prop_assert!(lower < upper && lower <= estimate && estimate <= upper);
        }
    }
}
