//! Anomalies, on logs and series whose truth is known.
#![expect(clippy::unwrap_used, reason = "the tests' own data")]

use brunt_logs::Log;
use brunt_traffic::anomaly::{
    Anomaly, AnomalyKind, AnomalySettings, Grid, MOST_ANOMALIES, Rule, Scope, Scores, Side, alarms, anomalies,
};
use brunt_traffic::{
    Census, Client, ClientKind, Event, MOST_ENDPOINTS, Observed, Observer, Portrait, Random, SESSION_GAP_MS,
    Target, Vocabulary, shop_log,
};
use insta::assert_snapshot;
use proptest::prelude::*;
use std::fmt::Write as _;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// 2026-01-05, a Monday.
const START_MS: i64 = 1_767_571_200_000;

/// What a made log asks for, with a weight each.
const TARGETS: [(&str, &str, f64); 5] = [
    ("GET", "/", 0.4),
    ("GET", "/cart", 0.2),
    ("GET", "/orders", 0.2),
    ("POST", "/login", 0.05),
    ("GET", "/help", 0.15),
];
const LOGIN: u32 = 3;
const PEOPLE: u32 = 400;

/// A log whose every minute is known.
struct Made {
    seen: Observed,
    random: Random,
}

impl Made {
    /// Days of Poisson arrivals, 20 a minute in the mean, three times as many by day as by night.
    fn quiet(days: i64, seed: u64) -> Self {
        let client = |i: u32| Client { address: i, agent: i % 7, kind: ClientKind::People };
        let target = |of: &(&str, &str, f64)| Target { method: of.0.into(), path: of.1.into(), query: None };
        let seen = Observed {
            clients: (0..PEOPLE).map(client).collect(),
            targets: TARGETS.iter().map(target).collect(),
            ..Observed::default()
        };
        let mut made = Self { seen, random: Random::new(&[seed]) };
        for minute in 0..days * 24 * 60 {
            let hour = (minute as f64 / 60.0).rem_euclid(24.0);
            let mean = 20.0 * (1.0 + 0.5 * (std::f64::consts::TAU * (hour - 14.0) / 24.0).cos());
            made.ask(minute, mean);
        }
        made
    }

    /// About so many more requests of people in a minute.
    fn ask(&mut self, minute: i64, mean: f64) {
        for _ in 0..self.random.poisson(mean) {
            let mut at = self.random.unit();
            let mut target = 0;
            while target + 1 < TARGETS.len() && at > TARGETS[target].2 {
                at -= TARGETS[target].2;
                target += 1;
            }
            let client = u32::try_from(self.random.below(PEOPLE as usize)).unwrap();
            self.one(minute, client, u32::try_from(target).unwrap(), 200);
        }
    }

    fn one(&mut self, minute: i64, client: u32, target: u32, status: u16) {
        let within = i64::try_from(self.random.below(60_000)).unwrap();
        let at_ms = START_MS + minute * MINUTE_MS + within;
        self.seen.events.push(Event { at_ms, client, target, bytes: 100, duration_us: 0, status });
    }

    /// Without the requests between two minutes.
    fn without(mut self, from: i64, to: i64) -> Self {
        let (from, to) = (START_MS + from * MINUTE_MS, START_MS + to * MINUTE_MS);
        self.seen.events.retain(|e| !(from..to).contains(&e.at_ms));
        self
    }

    fn anomalies(&mut self, alarms_per_day: f64) -> Vec<Anomaly> {
        self.seen.events.sort_by_key(|e| e.at_ms);
        found(&self.seen, alarms_per_day)
    }
}

fn found(seen: &Observed, alarms_per_day: f64) -> Vec<Anomaly> {
    let words = Vocabulary::mine(seen, MOST_ENDPOINTS, 1, |_| true);
    anomalies(seen, &words, &AnomalySettings { alarms_per_day })
}

/// Minutes since the log began.
fn minutes(a: &Anomaly) -> (i64, i64) {
    let minute = |unix_s: i64| (unix_s * 1_000 - START_MS).div_euclid(MINUTE_MS);
    (minute(a.from_unix_s), minute(a.to_unix_s))
}

fn check(found: &[Anomaly], kind: AnomalyKind, (from, to): (i64, i64), slack: i64) -> Anomaly {
    let those: Vec<&Anomaly> = found.iter().filter(|a| minutes(a).0 < to && minutes(a).1 > from).collect();
    let best = those.iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap();
    let near = |a: i64, b: i64| (a - b).abs() <= slack;
    let (begin, end) = minutes(best);
    assert!(best.kind == kind && near(begin, from) && near(end, to), "{begin} to {end}: {found:#?}");
    (*best).clone()
}

#[test]
fn a_spike_has_its_begin_its_end_and_its_size() {
    for days in [1, 2, 7] {
        let mut made = Made::quiet(days, 1);
        for minute in 900..920 {
            // About 29 a minute are usual at this hour.
            made.ask(minute, 4.0 * 29.0);
        }
        let found = made.anomalies(1.0);
        let spike = check(&found, AnomalyKind::Spike, (900, 920), 1);
        let times = spike.requests as f64 / spike.expected;
        assert!((4.0..6.0).contains(&times), "{days} days: {spike:#?}");
        assert!(spike.clients > 100 && spike.endpoint_count == 5, "{spike:#?}");
        assert!(found.len() <= 1 + usize::try_from(days).unwrap(), "{days} days: {found:#?}");
    }
}

#[test]
fn half_an_hour_without_requests_is_a_drop() {
    for days in [2, 7] {
        let found = Made::quiet(days, 2).without(600, 630).anomalies(1.0);
        let drop = check(&found, AnomalyKind::Drop, (600, 630), 10);
        assert!(drop.expected > 300.0 && drop.peak < 0.2, "{drop:#?}");
    }
}

#[test]
fn what_was_not_observed_is_no_drop() {
    let mut made = Made::quiet(6, 3).without(1_000, 1_000 + 36 * 60).without(6_000, 6_000 + 4 * 60);
    let found = made.anomalies(1.0);
    assert!(found.iter().all(|a| a.kind != AnomalyKind::Drop), "{found:#?}");
    assert!(found.len() <= 4, "{found:#?}");
}

#[test]
fn guessed_passwords_of_one_client_are_an_attack() {
    let mut made = Made::quiet(3, 4);
    made.seen.clients.push(Client { address: PEOPLE, agent: 99, kind: ClientKind::Unknown });
    for i in 0..200 {
        made.one(1_500 + i / 40, PEOPLE, LOGIN, 401);
    }
    let found = made.anomalies(1.0);
    let attack = check(&found, AnomalyKind::Attack, (1_500, 1_505), 1);
    assert_eq!(attack.endpoints, ["POST /login"]);
    assert_eq!((attack.scope, attack.statuses[&401]), (Scope::Endpoints, 200));
    assert!(attack.clients < 20, "{attack:#?}");
    assert_eq!(found.iter().filter(|a| a.kind == AnomalyKind::Attack).count(), 1, "told once: {found:#?}");
}

#[test]
fn an_attack_on_what_nobody_else_asks_for_is_found_too() {
    let mut made = Made::quiet(3, 5);
    made.seen.clients.push(Client { address: PEOPLE, agent: 99, kind: ClientKind::Unknown });
    made.seen.targets.push(Target { method: "POST".into(), path: "/wp-login.php".into(), query: None });
    let target = u32::try_from(TARGETS.len()).unwrap();
    for i in 0..300 {
        made.one(2_000 + i / 100, PEOPLE, target, 404);
    }
    let attack = check(&made.anomalies(1.0), AnomalyKind::Attack, (2_000, 2_003), 1);
    assert_eq!(attack.endpoints, ["POST /wp-login.php"]);
    // Nothing is known of how it is asked for usually: it shows among all requests.
    assert!((300..400).contains(&attack.requests) && attack.scope == Scope::All, "{attack:#?}");
}

#[test]
fn people_who_find_nothing_are_a_spike_and_no_attack() {
    let mut made = Made::quiet(3, 6);
    for minute in 1_500..1_510 {
        for client in 0..60 {
            made.one(minute, client, 4, 404);
        }
    }
    check(&made.anomalies(1.0), AnomalyKind::Spike, (1_500, 1_510), 1);
}

#[test]
fn a_quiet_log_has_no_more_alarms_than_were_promised() {
    let days = 4;
    for alarms_per_day in [1.0, 0.1] {
        let all: usize =
            (0..5).map(|seed| Made::quiet(days, 100 + seed).anomalies(alarms_per_day).len()).sum();
        assert!(all as f64 <= alarms_per_day * 5.0 * days as f64, "{alarms_per_day} a day: {all}");
    }
}

#[test]
fn more_alarms_are_allowed_or_fewer() {
    let mut made = Made::quiet(3, 7);
    for (i, minute) in (300..4_000).step_by(170).enumerate() {
        made.ask(minute, 12.0 * (1 + i) as f64);
    }
    let counts = [100.0, 1e-9].map(|alarms_per_day| made.anomalies(alarms_per_day).len());
    assert!(counts[0] > counts[1] && counts[1] > 0, "{counts:?}");
}

#[test]
fn logs_that_tell_nothing_have_no_anomalies() {
    check_none(&Observed::default());
    let mut one = Made::quiet(1, 1);
    one.seen.events.truncate(1);
    check_none(&one.seen);
    // All at one instant.
    let mut instant = Made::quiet(1, 1);
    for event in &mut instant.seen.events {
        event.at_ms = START_MS;
    }
    check_none(&instant.seen);
    // One a minute, on the minute.
    let mut constant = Made::quiet(1, 1);
    constant.seen.events = (0..3 * 24 * 60)
        .map(|i| Event { at_ms: START_MS + i * MINUTE_MS, ..constant.seen.events[0] })
        .collect();
    check_none(&constant.seen);
    // Two requests, and a thousand years between them.
    constant.seen.events.truncate(2);
    constant.seen.events[1].at_ms += 1_000 * 365 * DAY_MS;
    check_none(&constant.seen);
}

fn check_none(seen: &Observed) {
    assert_eq!(found(seen, 1.0), vec![], "{} requests", seen.events.len());
}

#[test]
fn one_line_with_a_broken_clock_hides_nothing() {
    let mut made = Made::quiet(2, 8);
    for minute in 900..920 {
        made.ask(minute, 116.0);
    }
    let first = Event { at_ms: 0, ..made.seen.events[0] };
    made.seen.events.push(first);
    check(&made.anomalies(1.0), AnomalyKind::Spike, (900, 920), 1);
}

#[test]
fn there_is_a_limit_to_what_is_told() {
    let mut made = Made::quiet(5, 9);
    for minute in (30..7_200).step_by(25) {
        for _ in 0..(60 + minute / 100) {
            made.one(minute, 0, LOGIN, 401);
        }
    }
    assert!(made.anomalies(1.0).len() <= MOST_ANOMALIES);
}

#[test]
fn the_shop_s_reader_of_all_orders_is_told_and_no_address_is() {
    let mut text = String::new();
    shop_log(3, 1, |line| writeln!(text, "{line}").unwrap());
    let (mut observer, mut census) = (Observer::default(), Census::default());
    let mut log = Log::new(text.as_bytes());
    while let Some(entry) = log.entry().unwrap() {
        let kind = observer.take(&entry);
        census.take(&entry, kind);
    }
    let seen = observer.finish();
    let words = Vocabulary::mine(&seen, MOST_ENDPOINTS, 1, |_| true);
    let portrait = Portrait::of(&census, &seen, &words, SESSION_GAP_MS, &AnomalySettings::default());
    let told = portrait.text(true);
    let section = told.split("\n\n").find(|part| part.starts_with("anomalies")).unwrap();
    assert_snapshot!("the_shop", section);
    assert_snapshot!("the_shop_as_data", serde_json::to_string_pretty(&portrait.anomalies).unwrap());
    let addresses = |text: &str| text.matches("10.").count();
    assert_eq!(addresses(section), 0, "{section}");
}

/// The alarms of an hourly series that begins at midnight.
fn of_hours(values: &[f64], open: f64) -> Vec<(Side, i64, i64)> {
    let samples: Vec<(i64, f64)> = (0..).map(|i| i * HOUR_MS).zip(values.iter().copied()).collect();
    let (grid, values) = Grid::of_samples(&samples, HOUR_MS, HOUR_MS);
    let scores = Scores::of(&grid, &values, 0);
    let found = alarms(&grid, &values, &scores, Rule::at(open));
    found.iter().map(|a| (a.side, a.from_ms / HOUR_MS, a.to_ms / HOUR_MS)).collect()
}

/// Fourteen days with a shape, in units that are no counts.
fn daily(unit: f64) -> Vec<f64> {
    let mut random = Random::new(&[11]);
    let shape = |hour: usize| 1.0 + 0.6 * (std::f64::consts::TAU * hour as f64 / 24.0).sin();
    (0..14 * 24).map(|hour| unit * shape(hour) * (1.0 + 0.05 * random.normal())).collect()
}

#[test]
fn a_series_is_held_against_its_hours_of_the_day() {
    for unit in [200.0, 1e4, 1e8] {
        let mut values = daily(unit);
        assert_eq!(of_hours(&values, 5.0), vec![], "{unit}");
        // As much as at noon, but by night; and nothing in an afternoon.
        values[7 * 24 + 18] = 1.6 * unit;
        values[9 * 24 + 6..9 * 24 + 9].fill(0.0);
        let expected = vec![(Side::Above, 7 * 24 + 18, 7 * 24 + 19), (Side::Below, 9 * 24 + 6, 9 * 24 + 9)];
        assert_eq!(of_hours(&values, 5.0), expected, "{unit}");
    }
}

#[test]
fn hours_of_the_week_are_told_apart_after_four_weeks() {
    let mut random = Random::new(&[12]);
    let night = |hour: usize| 1.1 - (std::f64::consts::TAU * hour as f64 / 24.0).cos();
    let day = |hour: usize| night(hour) * if (hour / 24) % 7 >= 5 { 100.0 } else { 300.0 };
    let mut values: Vec<f64> = (0..6 * 7 * 24).map(|hour| random.poisson(day(hour)) as f64).collect();
    assert_eq!(of_hours(&values, 5.0), vec![]);
    let saturday = 3 * 7 * 24 + 5 * 24 + 10;
    values[saturday..saturday + 4].fill(600.0);
    let whole = |hour: usize| i64::try_from(hour).unwrap();
    assert_eq!(of_hours(&values, 5.0), vec![(Side::Above, whole(saturday), whole(saturday + 4))]);
}

#[test]
fn series_that_never_change_have_no_alarms() {
    for values in [vec![], vec![5.0], vec![0.0; 400], vec![5.0; 400], vec![1e12; 400], vec![f64::NAN; 400]] {
        assert_eq!(of_hours(&values, 1.0), vec![], "{values:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn scores_are_finite_and_alarms_lie_within_the_series(
        values in prop::collection::vec(prop_oneof![Just(0.0), 0.0..5.0, 0.0..1e3, 0.0..1e12], 0..300),
        open in 1.0..8.0,
    ) {
        let samples: Vec<(i64, f64)> = (0..).map(|i| i * HOUR_MS).zip(values.iter().copied()).collect();
        let (grid, sums) = Grid::of_samples(&samples, HOUR_MS, HOUR_MS);
        let scores = Scores::of(&grid, &sums, 0);
        prop_assert!(scores.above.iter().chain(&scores.below).all(|s| s.is_finite() && *s >= 0.0));
        let found = alarms(&grid, &sums, &scores, Rule::at(open));
        for alarm in &found {
            prop_assert!(alarm.from_ms >= 0 && alarm.from_ms < alarm.to_ms);
            prop_assert!(alarm.to_ms <= i64::try_from(values.len()).unwrap() * HOUR_MS);
            prop_assert!(alarm.score >= open);
        }
        // A higher threshold finds nothing that a lower one does not.
        let fewer = alarms(&grid, &sums, &scores, Rule::at(open + 1.0));
        for one in &fewer {
            prop_assert!(found.iter().any(|a| a.side == one.side && a.from_ms <= one.from_ms && one.to_ms <= a.to_ms));
        }
    }
}
