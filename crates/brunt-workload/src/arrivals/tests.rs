use super::*;
use proptest::prelude::*;

const S: ScenarioId = ScenarioId(0);

fn all(arrivals: &Arrivals, lanes: Lanes, end: Nanos) -> Vec<Arrival> {
    let mut cursor = arrivals.cursor(lanes, 42, S);
    let mut out = Vec::new();
    while let Some(arrival) = cursor.peek().filter(|a| a.due < end) {
        out.push(arrival);
        cursor.advance();
    }
    out
}

fn secs(s: u64) -> Nanos {
    Nanos::from_secs(s)
}

fn ramp(start: u64, stages: &[(u64, u64)]) -> RateRamp {
    let stages: Vec<_> =
        stages.iter().map(|(r, ms)| (Rate::per_second(*r), Nanos::from_millis(*ms))).collect();
    RateRamp::new(Rate::per_second(start), &stages).unwrap()
}

/// (process, length, arrivals per second)
#[test]
fn arrivals_per_second() {
    let replay = |speed| Arrivals::Replay { instants: [0, 400, 1_900].map(Nanos::from_millis).into(), speed };
    let burst = BurstPause { min: secs(1), max: secs(1) };
    let rows: Vec<(Arrivals, u64, Vec<usize>)> = vec![
        (Arrivals::Constant(Rate::per_second(3)), 3, vec![3, 3, 3]),
        (Arrivals::Constant(Rate { count: 5, per: secs(2) }), 4, vec![3, 2, 3, 2]),
        (Arrivals::Constant(Rate::ZERO), 2, vec![0, 0]),
        (Arrivals::Ramp(ramp(0, &[(10, 2_000)])), 3, vec![3, 7, 0]),
        (Arrivals::Ramp(ramp(10, &[(10, 1_000), (20, 0), (20, 1_000), (0, 1_000)])), 4, vec![10, 20, 10, 0]),
        (Arrivals::Ramp(ramp(0, &[(0, 1_000), (4, 0), (4, 1_000)])), 2, vec![0, 4]),
        (Arrivals::Bursts { size: 4, pause: burst }, 3, vec![4, 4, 4]),
        (replay((1, 1)), 2, vec![2, 1]),
        (replay((2, 1)), 2, vec![3, 0]),
        (replay((1, 2)), 4, vec![2, 0, 0, 1]),
        (Arrivals::Closed, 1, vec![0]),
    ];
    for (arrivals, length, expected) in rows {
        let got = all(&arrivals, Lanes::all(), secs(length));
        let counts: Vec<usize> =
            (0..length).map(|s| got.iter().filter(|a| a.due.second() == s).count()).collect();
        assert_eq!(counts, expected, "{arrivals:?}");
    }
}

#[test]
fn a_rate_never_drifts() {
    // One k6 period of 1/1,500,000 s truncated to nanoseconds drifts by 0.1 %; here arrival i is exact.
    let rate = Rate::per_second(1_500_000);
    assert_eq!(rate.events_before(secs(60)), 90_000_000);
    assert_eq!(rate.instant(90_000_000), secs(60));
    let day = RateRamp::new(rate, &[(rate, secs(86_400))]).unwrap();
    assert_eq!(day.instant(1_500_000 * 86_399), Some(secs(86_399)));
}

#[test]
fn too_large_is_refused_not_wrapped() {
    let huge = Rate { count: u64::MAX / 2, per: Nanos(1) };
    assert_eq!(RateRamp::constant(huge, secs(1)), Err(RampTooLarge));
    assert_eq!(RateRamp::constant(Rate::per_second(1), Nanos(u64::MAX)), Err(RampTooLarge));
}

#[test]
fn poisson_has_the_mean_and_dispersion_of_poisson() {
    let arrivals = Arrivals::Poisson(ramp(200, &[(200, 600_000)]));
    let got = all(&arrivals, Lanes::all(), secs(600));
    let mut counts = vec![0_f64; 600];
    for arrival in &got {
        counts[usize::try_from(arrival.due.second()).unwrap()] += 1.0;
    }
    let mean = counts.iter().sum::<f64>() / 600.0;
    let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / 599.0;
    // Mean of 600 Poisson(200) counts: standard error 0.58. Index of dispersion: sqrt(2 / 599) = 0.058.
    assert!((mean - 200.0).abs() < 2.9, "{mean}");
    assert!((variance / mean - 1.0).abs() < 0.29, "{}", variance / mean);
    assert!(got.windows(2).all(|w| w[0].due <= w[1].due && w[0].index + 1 == w[1].index));
}

/// Ten days of nothing are passed over at once; what follows is where it belongs.
#[test]
fn a_long_silence_costs_nothing() {
    let day = 86_400_000;
    let silent = ramp(0, &[(0, 10 * day), (100, 0), (100, 1_000), (0, 0), (0, 10 * day)]);
    let got = all(&Arrivals::Poisson(silent.clone()), Lanes::all(), Nanos::MAX);
    assert!((50..200).contains(&got.len()), "{}", got.len());
    assert!(got.iter().all(|a| a.due.second() == 864_000));
    let mut bins = PoissonBins::start(&silent, 42, S);
    let mut steps = 0;
    while bins.step(&silent, 42, S).is_some() {
        steps += 1;
    }
    assert!(steps < 110, "{steps} bins");
}

#[test]
fn gaps_between_bursts_stay_in_their_bounds() {
    let pause = BurstPause { min: Nanos::from_millis(500), max: Nanos::from_millis(2_000) };
    let got = all(&Arrivals::Bursts { size: 1, pause }, Lanes::all(), secs(2_000));
    let gaps: Vec<Nanos> = got.windows(2).map(|w| w[1].due - w[0].due).collect();
    assert!(gaps.iter().all(|g| (pause.min..=pause.max).contains(g)));
    let mean = gaps.iter().map(|g| g.as_secs_f64()).sum::<f64>() / gaps.len() as f64;
    assert!((mean - 1.25).abs() < 0.01, "{mean}");
}

fn any_arrivals() -> impl Strategy<Value = Arrivals> {
    let stages = || prop::collection::vec((0_u64..400, 0_u64..4_000), 1..5);
    prop_oneof![
        (0_u64..900, 1_u64..3_000)
            .prop_map(|(count, ms)| Arrivals::Constant(Rate { count, per: Nanos::from_millis(ms) })),
        (0_u64..400, stages()).prop_map(|(start, stages)| Arrivals::Ramp(ramp(start, &stages))),
        (0_u64..400, stages()).prop_map(|(start, stages)| Arrivals::Poisson(ramp(start, &stages))),
        (1_u64..20, 1_u64..500, 0_u64..800).prop_map(|(size, min, more)| Arrivals::Bursts {
            size,
            pause: BurstPause { min: Nanos::from_millis(min), max: Nanos::from_millis(min + more) },
        }),
        (prop::collection::vec(0_u64..5_000_000_000, 0..200), 1_u64..5, 1_u64..5).prop_map(
            |(mut t, a, b)| {
                t.sort_unstable();
                Arrivals::Replay { instants: t.into_iter().map(Nanos).collect(), speed: (a, b) }
            }
        ),
    ]
}

proptest! {
    #[test]
    fn workers_together_have_the_schedule_of_one(arrivals in any_arrivals(), of in 1_u32..12) {
        let end = Nanos::from_millis(6_500);
        let mut parts: Vec<Arrival> =
            (0..of).flat_map(|w| all(&arrivals, Lanes::equal(w, of), end)).collect();
        parts.sort_unstable_by_key(|a| a.index);
        prop_assert_eq!(parts, all(&arrivals, Lanes::all(), end));
    }

    #[test]
    fn a_ramp_counts_its_integral(start in 0_u64..2_000, stages in prop::collection::vec((0_u64..2_000, 0_u64..5_000), 1..6)) {
        let ramp = ramp(start, &stages);
        let twice_events: u64 = {
            let mut from = start;
            stages.iter().map(|(to, ms)| { let area = (from + to) * ms; from = *to; area }).sum()
        };
        let counted = all(&Arrivals::Ramp(ramp.clone()), Lanes::all(), Nanos::MAX).len() as u64;
        prop_assert_eq!(counted, twice_events.div_ceil(2_000));
        prop_assert!(ramp.instant(counted).is_none());
    }

    #[test]
    fn each_instant_is_the_least_that_reaches_its_event(from in 0_u64..5_000, to in 0_u64..5_000, ms in 1_u64..100_000, share in 0.0_f64..1.0) {
        let stage = RateStage { from, to, duration: Nanos::from_millis(ms) };
        let total = u128::from(from + to) * u128::from(stage.duration.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a total")]
        let wanted = (total as f64 * share) as u128;
        let x = stage.reach(wanted);
        let target = wanted * u128::from(stage.duration.0);
        prop_assert!(stage.area(x) >= target);
        prop_assert!(x == 0 || stage.area(x - 1) < target);
    }

    #[test]
    fn a_level_ramp_is_the_constant_rate(count in 1_u64..3_000, ms in 1_u64..2_000) {
        let rate = Rate { count, per: Nanos::from_millis(ms) };
        let level = Arrivals::Ramp(RateRamp::constant(rate, secs(3)).unwrap());
        prop_assert_eq!(
            all(&level, Lanes::all(), secs(3)), all(&Arrivals::Constant(rate), Lanes::all(), secs(3)),
        );
    }
}
