//! Every executor is a row of arrivals x supply x stop: here is what each row does, second by second.

use crate::workloads::{ms, ramp, scenario, seconds, stages, workload};
use brunt_metrics::{EndpointId, Nanos, Outcome, Second};
use brunt_workload::{Arrivals, BurstPause, Draw, Pause, PauseTime, Rate, Scenario, Stop, Supply, Workload};
use std::fmt::Write;

/// Each request takes `service` and succeeds.
fn taking(service: Nanos) -> impl FnMut(EndpointId, Nanos, &mut Draw) -> (Nanos, Outcome) {
    move |_, started, _| (started + service, Outcome::Ok)
}

fn sum(seconds: &[Second], f: impl Fn(&Second) -> u64) -> u64 {
    seconds.iter().map(f).sum()
}

/// `started`, `dropped` (of `due`), `cut`, the end, and what was started in each second (less what was dropped).
fn outline(name: &str, workload: Workload, service: Nanos) -> String {
    let (seconds, end) = seconds(workload, taking(service));
    let started = |s: &Second| s.scenarios.iter().map(|c| c.started).sum::<u64>();
    let dropped = |s: &Second| s.scenarios.iter().map(|c| c.dropped).sum::<u64>();
    let cut = |s: &Second| s.scenarios.iter().map(|c| c.cut).sum::<u64>();
    let users = |s: &Second| s.scenarios.iter().map(|c| c.users_added).sum::<u64>();
    let mut row = format!(
        "{name:<26} started {:>4} dropped {:>3} cut {} users {:>3} end {:>6.2} s  [",
        sum(&seconds, started),
        sum(&seconds, dropped),
        sum(&seconds, cut),
        sum(&seconds, users),
        end.as_secs_f64(),
    );
    for (i, second) in seconds.iter().enumerate() {
        let _ = write!(row, "{}{}", if i == 0 { "" } else { " " }, started(second));
        if dropped(second) > 0 {
            let _ = write!(row, "(-{})", dropped(second));
        }
    }
    row + "]\n"
}

fn stop(after: Option<u64>, iterations: Option<u64>, per_user: Option<u64>) -> Stop {
    Stop { after: after.map(ms), iterations, per_user, grace: ms(2_000) }
}

fn thinking(mut scenario: Scenario, time: PauseTime, every: u32) -> Scenario {
    scenario.classes[0].journey.think = Pause { time, every };
    scenario
}

#[test]
fn golden() {
    let elastic = |initial, cap| Supply::Elastic { initial, cap };
    let constant = |rate| Arrivals::Constant(Rate::per_second(rate));
    let until = |t| stop(Some(t), None, None);
    let burst = BurstPause { min: ms(500), max: ms(500) };
    let recorded = Arrivals::Replay { instants: [0, 100, 1_500, 1_600, 2_900].map(ms).into(), speed: (1, 1) };
    let twice = Arrivals::Replay { instants: [0, 100, 1_500, 1_600, 2_900].map(ms).into(), speed: (2, 1) };
    let closed = |supply, stop| scenario(Arrivals::Closed, supply, stop);
    let rows: Vec<(&str, u64, Scenario)> = vec![
        ("constant users", 100, closed(Supply::Fixed(4), until(3_000))),
        ("constant users, thinking", 100, {
            thinking(closed(Supply::Fixed(4), until(3_000)), PauseTime::Constant(ms(400)), 1)
        }),
        ("a pause after every third", 100, {
            thinking(closed(Supply::Fixed(1), until(3_000)), PauseTime::Constant(ms(700)), 3)
        }),
        ("ramping users", 50, {
            closed(Supply::Ramp { start: 0, stages: stages(&[(10, 3_000)]) }, until(3_000))
        }),
        ("users up, level and down", 100, {
            let curve = stages(&[(10, 1_000), (10, 1_000), (0, 1_000)]);
            closed(Supply::Ramp { start: 0, stages: curve }, until(3_000))
        }),
        ("users jump", 100, {
            let curve = stages(&[(1, 1_000), (8, 0), (8, 1_000), (2, 0), (2, 1_000)]);
            closed(Supply::Ramp { start: 1, stages: curve }, until(3_000))
        }),
        ("spawn rate", 100, { closed(Supply::Spawn { users: 6, rate: Rate::per_second(3) }, until(3_000)) }),
        ("shared iterations", 100, closed(Supply::Fixed(2), stop(None, Some(7), None))),
        ("shared, out of time", 600, closed(Supply::Fixed(2), stop(Some(1_000), Some(70), None))),
        ("per-user iterations", 100, closed(Supply::Fixed(3), stop(None, None, Some(4)))),
        ("constant rate", 100, scenario(constant(10), elastic(1, 20), until(3_000))),
        ("constant rate, capped", 600, scenario(constant(10), elastic(1, 4), until(3_000))),
        ("constant rate, fixed users", 600, scenario(constant(10), Supply::Fixed(4), until(3_000))),
        ("constant rate, n requests", 100, {
            scenario(constant(10), elastic(1, 20), stop(None, Some(15), None))
        }),
        ("ramping rate", 100, {
            let rate = ramp(0, &[(20, 2_000), (20, 1_000), (5, 0), (5, 1_000)]);
            scenario(Arrivals::Ramp(rate), elastic(1, 99), until(4_000))
        }),
        ("poisson", 100, {
            scenario(Arrivals::Poisson(ramp(20, &[(20, 4_000)])), elastic(1, 99), until(4_000))
        }),
        ("bursts", 100, {
            scenario(Arrivals::Bursts { size: 5, pause: burst }, elastic(1, 99), until(2_000))
        }),
        ("replay", 100, scenario(recorded, elastic(1, 9), stop(None, None, None))),
        ("replay, twice as fast", 100, scenario(twice, elastic(1, 9), stop(None, None, None))),
        ("grace is over", 10_000, closed(Supply::Fixed(3), until(1_000))),
    ];
    let got: String = rows.into_iter().map(|(name, t, s)| outline(name, workload(vec![s]), ms(t))).collect();
    insta::assert_snapshot!(got);
}
