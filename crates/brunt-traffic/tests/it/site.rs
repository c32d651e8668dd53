//! Learning, playing and judging, on logs whose truth is known.
#![expect(clippy::unwrap_used, reason = "the tests' own data")]

use brunt_logs::Log;
use brunt_traffic::anomaly::AnomalySettings;
use brunt_traffic::model::{FitSettings, Source};
use brunt_traffic::site::{LearnSettings, Sent, Site};
use brunt_traffic::synth::{Factors, Wanted, synthesise};
use brunt_traffic::{
    Aspect, Census, Judged, Key, MOST_ENDPOINTS, Observed, Observer, Portrait, Verdict, Vocabulary, likeness,
    replayed, shop_log,
};
use std::fmt::Write as _;

fn observed(log: &str) -> Observed {
    let mut observer = Observer::default();
    let mut log = Log::new(log.as_bytes());
    while let Some(entry) = log.entry().unwrap() {
        observer.take(&entry);
    }
    observer.finish()
}

fn shop(days: u32, seed: u64) -> String {
    let mut text = String::new();
    shop_log(days, seed, |line| writeln!(text, "{line}").unwrap());
    text
}

fn learnt(log: &str) -> Site {
    Site::learn("shop", &observed(log), &LearnSettings::default())
}

fn wanted(site: &Site, hours: i64, factors: Factors) -> Wanted {
    let end = site.learnt.observed.last().unwrap().to_ms;
    Wanted {
        seed: 1,
        // A Monday afternoon.
        start_ms: end.div_euclid(86_400_000) * 86_400_000 + 86_400_000 + 12 * 3_600_000,
        span_ms: hours * 3_600_000,
        factors,
        self_calls: false,
        sources: true,
    }
}

#[test]
fn the_same_log_makes_the_same_model_and_the_same_requests() {
    let log = shop(3, 1);
    let text = |site: &Site| serde_json::to_string(site).unwrap();
    let (one, other) = (learnt(&log), learnt(&log));
    assert!(text(&one) == text(&other), "two models of one log");
    let again = Site::from_json(text(&one).as_bytes()).unwrap();
    assert!(again == one, "a model that was read again");
    let of = |site: &Site| synthesise(site, &wanted(site, 1, Factors::NONE));
    assert!(of(&one) == of(&again), "requests of the model that was read again");
    assert!(!of(&one).requests.is_empty());
}

#[test]
fn the_order_of_lines_makes_no_difference_to_when_things_happened() {
    let log = shop(2, 1);
    let mut lines: Vec<&str> = log.lines().collect();
    let middle = lines.len() / 2;
    lines.rotate_left(middle);
    let rotated = observed(&lines.join("\n"));
    let straight = observed(&log);
    let times = |o: &Observed| o.events.iter().map(|e| e.at_ms).collect::<Vec<_>>();
    assert_eq!(times(&rotated), times(&straight));
}

#[test]
fn what_is_always_there_is_found() {
    let site = learnt(&shop(7, 1));
    let periods: Vec<i64> = site
        .behaviour
        .sources
        .iter()
        .filter_map(|source| match source {
            Source::Periodic(timer) => Some(timer.period_s),
            Source::Fleet(_) | Source::Triggered(_) => None,
        })
        .collect();
    assert_eq!(periods, [60], "the monitor asks every minute");
    let fleets: Vec<u32> = site
        .behaviour
        .sources
        .iter()
        .filter_map(|source| match source {
            Source::Fleet(fleet) => Some(fleet.addresses),
            Source::Periodic(_) | Source::Triggered(_) => None,
        })
        .collect();
    assert_eq!(fleets, [20], "the crawler has twenty addresses");
}

#[test]
fn factors_do_what_they_say() {
    let site = learnt(&shop(7, 1));
    let people = |factors: Factors| {
        let wanted = Wanted { sources: false, ..wanted(&site, 8, factors) };
        synthesise(&site, &wanted).requests
    };
    let plain = people(Factors::NONE);
    let share = |requests: &[brunt_traffic::SyntheticRequest]| {
        requests.iter().filter(|r| r.method == "POST").count() as f64 / requests.len() as f64
    };
    let ratio = |a: usize, b: usize| a as f64 / b as f64;
    let double = people(Factors { rate: 2.0, ..Factors::NONE });
    assert!((1.6..2.4).contains(&ratio(double.len(), plain.len())), "{}", ratio(double.len(), plain.len()));
    let writes = people(Factors { writes: 4.0, ..Factors::NONE });
    assert!(share(&writes) > 1.5 * share(&plain), "{} {}", share(&writes), share(&plain));
    // A day in an hour: as many requests in each second, and what was spread over a day is there.
    let fast = people(Factors { compress: 3.0, ..Factors::NONE });
    assert!((0.5..2.0).contains(&ratio(fast.len(), plain.len())));
    let changed = Factors::IMPROVED.changed();
    assert_eq!(changed.keys().collect::<Vec<_>>(), ["burstiness", "rate", "tail", "writes"]);
}

#[test]
fn times_within_sessions_go_forward() {
    let site = learnt(&shop(3, 2));
    let made = synthesise(&site, &wanted(&site, 4, Factors::NONE));
    let mut last = std::collections::BTreeMap::new();
    for request in &made.requests {
        assert!(request.at_ms < made.span_ms);
        let before = last.insert(request.session, request.at_ms).unwrap_or(0);
        assert!(before <= request.at_ms);
        assert!(request.path.starts_with('/'), "{}", request.path);
    }
}

#[test]
fn another_week_of_the_same_shop_is_alike_and_another_site_is_not() {
    let week = observed(&shop(6, 1));
    let other_week = observed(&shop(6, 2));
    let alike = likeness(&week, &Judged::Log(&other_week), 1);
    let of = |l: &brunt_traffic::Likeness, aspect: Aspect| {
        l.measures.iter().find(|m| m.aspect == aspect).unwrap().clone()
    };
    for aspect in [Aspect::Mix, Aspect::Lengths, Aspect::Gaps, Aspect::Sessions] {
        let measure = of(&alike, aspect);
        assert_eq!(measure.verdict, Verdict::Real, "{measure:?}");
    }
    // Half of the lines of another site: everything differs.
    let mut text = String::new();
    for i in 0..20_000 {
        let at = 1_767_571_200 + i * 20;
        let time = jiff::Timestamp::from_second(at).unwrap().strftime("%d/%b/%Y:%H:%M:%S +0000").to_string();
        writeln!(text, "10.0.0.{} - - [{time}] \"GET /other/{} HTTP/1.1\" 200 1 \"-\" \"x\"", i % 7, i % 3)
            .unwrap();
    }
    let apart = likeness(&week, &Judged::Log(&observed(&text)), 1);
    assert_eq!(apart.verdict, Verdict::Apart);
    assert_eq!(of(&apart, Aspect::Mix).verdict, Verdict::Apart);
    assert!(apart.says().starts_with("not alike in "), "{}", apart.says());
}

#[test]
fn a_model_is_nearer_to_its_log_than_resampled_rows() {
    let log = observed(&shop(6, 3));
    let site = Site::learn("shop", &log, &LearnSettings::default());
    let model = likeness(&log, &Judged::Model(&site, 1), 1);
    let value = |aspect| model.measures.iter().find(|m| m.aspect == aspect).unwrap().value;
    assert!(value(Aspect::Gaps) < 0.1, "{}", value(Aspect::Gaps));
    assert!(value(Aspect::Lengths) < 0.05, "{}", value(Aspect::Lengths));
    assert!(value(Aspect::Mix) < 0.02, "{}", value(Aspect::Mix));
    assert!(value(Aspect::Windows) < 0.8, "{}", value(Aspect::Windows));
}

/// Paths of an API whose templates are known: how many of its pairs of requests are told to be of one endpoint rightly.
#[test]
fn templates_of_a_known_api_are_found() {
    let truth = [
        "/api/users/{}",
        "/api/users/{}/orders",
        "/api/users/{}/orders/{}",
        "/api/products",
        "/api/products/{}",
        "/api/products/{}/reviews",
        "/api/search",
        "/health",
    ];
    let mut text = String::new();
    let mut random = brunt_traffic::Random::new(&[8]);
    let mut rows = Vec::new();
    for i in 0..20_000_i64 {
        let which = random.below(truth.len());
        let mut path = String::new();
        for part in truth[which].split("{}") {
            path.push_str(part);
            if path.len() < truth[which].len() && truth[which].contains("{}") && !path.ends_with("reviews") {
                // Users are numbers, products slugs of uneven popularity, orders UUIDs.
                let n = random.zipf(400, 1.0);
                match (path.as_str(), path.ends_with("orders/")) {
                    (_, true) => write!(path, "{:08x}-1111-4222-8333-{:012x}", n, n * 7).unwrap(),
                    (p, _) if p.ends_with("users/") => write!(path, "{n}").unwrap(),
                    (p, _) if p.ends_with("products/") => write!(path, "fine-thing-{}", word(n)).unwrap(),
                    (_, _) => {}
                }
            }
        }
        let at = jiff::Timestamp::from_second(1_767_571_200 + i)
            .unwrap()
            .strftime("%d/%b/%Y:%H:%M:%S +0000")
            .to_string();
        writeln!(
            text,
            "10.0.{}.{} - - [{at}] \"GET {path} HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"",
            i % 50,
            i % 250
        )
        .unwrap();
        rows.push(which);
    }
    let seen = observed(&text);
    let words = Vocabulary::mine(&seen, MOST_ENDPOINTS, 20, |_| true);
    let mut table = std::collections::BTreeMap::new();
    for (event, which) in seen.events.iter().zip(&rows) {
        *table.entry((words.of_target[event.target as usize], *which)).or_insert(0.0) += 1.0;
    }
    let pairs = |counts: &mut dyn Iterator<Item = f64>| counts.map(|n: f64| n * (n - 1.0) / 2.0).sum::<f64>();
    let by = |place: fn(&(u16, usize)) -> usize| {
        let mut sums = std::collections::BTreeMap::new();
        for (key, n) in &table {
            *sums.entry(place(key)).or_insert(0.0) += n;
        }
        pairs(&mut sums.into_values())
    };
    let both = pairs(&mut table.values().copied());
    let (precision, recall) = (both / by(|k| usize::from(k.0)), both / by(|k| k.1));
    assert!(precision >= 0.95 && recall >= 0.95, "precision {precision}, recall {recall}");
}

/// A word for a number, without digits.
fn word(mut n: u64) -> String {
    let mut out = String::new();
    for _ in 0..4 {
        out.push(char::from(b'a' + u8::try_from(n % 26).unwrap()));
        n /= 26;
    }
    out
}

#[test]
fn small_and_strange_logs_are_learnt_or_say_nothing() {
    let line = |client: &str, path: &str, second: u32| {
        format!(
            "{client} - - [05/Jan/2026:00:00:{second:02} +0000] \"GET {path} HTTP/1.1\" 200 1 \"-\" \"a\"\n"
        )
    };
    let one = line("h", "/", 1);
    let same_client = (0..50).map(|i| line("h", "/x", i)).collect::<Vec<_>>().concat();
    let no_client = (0..50).map(|i| line("-", "/x", i)).collect::<Vec<_>>().concat();
    let garbage = (0..50)
        .map(|i| format!("h - - [05/Jan/2026:00:00:{i:02} +0000] \"\\x16\\x03 {i}\" 400 0 \"-\" \"-\"\n"))
        .collect::<Vec<_>>()
        .concat();
    for (name, log) in
        [("one", one), ("same client", same_client), ("no client", no_client), ("no requests", garbage)]
    {
        let seen = observed(&log);
        let site = Site::learn(name, &seen, &LearnSettings::default());
        let made = synthesise(&site, &wanted(&site, 1, Factors::NONE));
        assert!(made.requests.iter().all(|r| r.method != "-"), "{name}");
        let judged = likeness(&seen, &Judged::Model(&site, 1), 1);
        assert!(!judged.says().is_empty(), "{name}");
        let mut census = Census::default();
        let mut reader = Log::new(log.as_bytes());
        let mut observer = Observer::default();
        while let Some(entry) = reader.entry().unwrap() {
            let kind = observer.take(&entry);
            census.take(&entry, kind);
        }
        let words = Vocabulary::mine(&seen, MOST_ENDPOINTS, 1, |_| true);
        let portrait = Portrait::of(&census, &seen, &words, 1_800_000, &AnomalySettings::default());
        assert_eq!(portrait.requests, census.requests, "{name}");
        assert!(portrait.text(true).contains("requests"), "{name}");
    }
}

/// Whole clients are left out when a log is long: sessions of the others stay whole, and rates are those of all.
#[test]
fn a_long_log_is_thinned_by_clients() {
    let log = shop(4, 1);
    let mut observer = Observer::new(15_000, Key::default());
    let mut reader = Log::new(log.as_bytes());
    while let Some(entry) = reader.entry().unwrap() {
        observer.take(&entry);
    }
    let thin = observer.finish();
    assert!(thin.thinned >= 1 && thin.events.len() <= 15_000);
    assert_eq!(thin.taken, log.lines().count() as u64);
    let site = Site::learn("shop", &thin, &LearnSettings::default());
    let full = learnt(&log);
    let per_day = |site: &Site| {
        site.behaviour
            .classes
            .iter()
            .filter_map(|c| c.arrivals.as_ref())
            .map(brunt_traffic::model::Cascade::per_day)
            .sum::<f64>()
    };
    let ratio = per_day(&site) / per_day(&full);
    assert!((0.75..1.35).contains(&ratio), "{ratio}");
}

#[test]
fn distinct_paths_without_end_stay_few_endpoints() {
    let mut text = String::new();
    for i in 0..60_000_i64 {
        let at = jiff::Timestamp::from_second(1_767_571_200 + i / 10)
            .unwrap()
            .strftime("%d/%b/%Y:%H:%M:%S +0000")
            .to_string();
        writeln!(
            text,
            "10.0.0.{} - - [{at}] \"GET /p/{}-{} HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"",
            i % 200,
            word(i.unsigned_abs()),
            word(i.unsigned_abs() / 7)
        )
        .unwrap();
    }
    let seen = observed(&text);
    let words = Vocabulary::mine(&seen, MOST_ENDPOINTS, 20, |_| true);
    assert_eq!(words.endpoints.names, ["GET /p/{var}", "OTHER"]);
}

#[test]
fn nobody_is_found_again_in_a_model() {
    let mut text = shop(2, 1);
    for i in 0..40 {
        writeln!(
            text,
            "10.9.9.{i} - - [05/Jan/2026:10:00:{i:02} +0000] \"GET /account?email=ada{i}@example.org&token=SECRET{i} HTTP/1.1\" 200 1 \
             \"-\" \"Mozilla/5.0\""
        )
        .unwrap();
    }
    let json = serde_json::to_string(&learnt(&text)).unwrap();
    for private in ["ada", "SECRET", "10.9.9.", "10.200.0.1", "Mozilla"] {
        assert!(!json.contains(private), "{private} is in the model");
    }
}

#[test]
fn bodies_come_from_whoever_knows_them() {
    let mut site = learnt(&shop(2, 1));
    assert_eq!(site.without_body(), 2);
    let sent = Sent { content_type: "application/json".into(), text: "{\"product_id\":7}".into() };
    assert!(site.give_body("POST", "/cart", &sent));
    assert!(!site.give_body("POST", "/nowhere", &sent));
    let made = synthesise(&site, &wanted(&site, 8, Factors::NONE));
    let cart = made.requests.iter().find(|r| r.endpoint == "POST /cart").unwrap();
    assert_eq!(cart.body.as_deref(), Some("{\"product_id\":7}"));
    assert_eq!(cart.headers.get("content-type").map(String::as_str), Some("application/json"));
}

#[test]
fn a_log_is_replayed_as_it_was() {
    let log = shop(1, 1);
    let mut replay = replayed("shop");
    let mut reader = Log::new(log.as_bytes());
    while let Some(entry) = reader.entry().unwrap() {
        replay.take(&entry);
    }
    let made = replay.finish();
    assert_eq!(made.requests.len(), log.lines().count());
    assert_eq!(made.requests[0].at_ms, 0);
    let twice = made.clone().sped_up(2.0);
    assert_eq!(twice.span_ms, made.span_ms.div_ceil(2));
    assert_eq!(twice.factors.get("speed"), Some(&2.0));
}

#[test]
fn fewer_classes_than_sessions_allow() {
    let settings = LearnSettings {
        fit: FitSettings { classes: 1, ..FitSettings::default() },
        ..LearnSettings::default()
    };
    let site = Site::learn("shop", &observed(&shop(2, 1)), &settings);
    let crowd = site.behaviour.classes.iter().filter(|c| c.arrivals.is_some()).count();
    assert_eq!(crowd, 1);
}
