//! The log of a shop that does not exist: for a start without one, and as something whose truth is known.
//!
//! People browse, search and sometimes buy, more in the evening and at week ends; a monitor asks every minute; a crawler goes through the products; and
//! once in three days somebody reads all orders, twice a second.

use crate::random::Random;

/// 2026-01-05 00:00:00 UTC, a Monday.
const START_S: i64 = 1_767_571_200;
const DAY_S: i64 = 86_400;

/// How busy each hour of the day is, against the mean.
const HOURS: [f64; 24] = [
    0.4, 0.25, 0.15, 0.12, 0.12, 0.2, 0.4, 0.7, 0.9, 1.0, 1.05, 1.1, 1.2, 1.1, 1.0, 1.0, 1.1, 1.3, 1.6, 1.9,
    2.0, 1.8, 1.3, 0.8,
];
/// Visits of a mean hour.
const VISITS: f64 = 60.0;
const PRODUCTS: u64 = 100;

const WORDS: [&str; 10] = ["boot", "shirt", "jacket", "shoe", "bag", "watch", "scarf", "hat", "belt", "sock"];

const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";

struct Line {
    at_s: i64,
    client: String,
    request: String,
    status: u16,
    bytes: u64,
    agent: &'static str,
}

/// Writes the lines of so many days, by time, in the combined format. The same seed makes the same log.
pub fn shop_log(days: u32, seed: u64, mut write: impl FnMut(&str)) {
    for day in 0..i64::from(days) {
        let mut lines = Vec::new();
        let mut random = Random::new(&[seed, day.cast_unsigned()]);
        people(day, &mut random, &mut lines);
        machines(day, &mut random, &mut lines);
        // What a visit leaves behind after midnight belongs to the next day: it is left out, as a cut log would.
        lines.retain(|line| line.at_s < START_S + (day + 1) * DAY_S);
        lines.sort_by_key(|line| line.at_s);
        for line in lines {
            write(&line.text());
        }
    }
}

fn people(day: i64, random: &mut Random, lines: &mut Vec<Line>) {
    let weekend = if day.rem_euclid(7) >= 5 { 1.4 } else { 1.0 };
    for (hour, busy) in HOURS.iter().enumerate() {
        let hour = i64::try_from(hour).unwrap_or(0);
        // Hours differ beyond chance, as they do.
        let mean = VISITS * busy * weekend * random.gamma(8.0, 1.0 / 8.0);
        for _ in 0..random.poisson(mean) {
            let mut at = (START_S + day * DAY_S + hour * 3_600) as f64 + random.unit() * 3_600.0;
            let client = format!("10.{}.{}.{}", random.below(40), random.below(256), random.below(256));
            let mut ask = |at: f64, request: String, status: u16, bytes: u64| {
                #[expect(clippy::cast_possible_truncation, reason = "seconds")]
                let at_s = at as i64;
                lines.push(Line { at_s, client: client.clone(), request, status, bytes, agent: BROWSER });
            };
            for (request, bytes) in [
                ("GET /products?page=1", 5_120),
                ("GET /cart", 90),
                ("GET /users", 900),
                ("GET /analytics", 400),
            ] {
                ask(at + random.unit(), request.into(), 200, bytes);
            }
            let mut buys = false;
            while random.unit() < 0.75 {
                at += random.exponential(25.0) + 2.0;
                let product = random.zipf(PRODUCTS, 0.9);
                match random.below(10) {
                    0..=2 => ask(
                        at,
                        format!("GET /search?q={}", random.pick(&WORDS).unwrap_or(&"boot")),
                        200,
                        9_000,
                    ),
                    3 => ask(at, format!("GET /products?page={}", 1 + random.below(5)), 200, 7_000),
                    _ => {
                        ask(at, format!("GET /products/{product}"), 200, 8_000);
                        if random.unit() < 0.15 {
                            buys = true;
                            at += random.exponential(15.0);
                            ask(at, "POST /cart".into(), 201, 300);
                        }
                    }
                }
            }
            if buys && random.unit() < 0.5 {
                at += random.exponential(40.0) + 5.0;
                ask(at, "GET /cart".into(), 200, 300);
                at += random.exponential(60.0) + 10.0;
                let status = if random.unit() < 0.03 { 502 } else { 201 };
                ask(at, "POST /orders".into(), status, 500);
            }
        }
    }
}

fn machines(day: i64, random: &mut Random, lines: &mut Vec<Line>) {
    let midnight = START_S + day * DAY_S;
    let line = |at_s: i64, client: &str, request: String, status: u16, bytes: u64, agent: &'static str| {
        Line { at_s, client: client.to_owned(), request, status, bytes, agent }
    };
    for minute in 0..1_440 {
        lines.push(line(
            midnight + minute * 60 + 7,
            "10.200.0.1",
            "GET /health".into(),
            200,
            2,
            "UptimeMonitor/2.0",
        ));
    }
    let mut at = 0.0;
    while at < DAY_S as f64 {
        at += random.exponential(90.0);
        let client = format!("10.201.0.{}", 1 + random.below(20));
        let agent = "Mozilla/5.0 (compatible; ExampleBot/1.0; +http://bot.example.com)";
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
        let at_s = midnight + at as i64;
        let product = 1 + random.below(usize::try_from(PRODUCTS).unwrap_or(1));
        lines.push(line(at_s, &client, format!("GET /products/{product}"), 200, 8_000, agent));
    }
    if day.rem_euclid(3) == 1 {
        let begin = midnight + i64::try_from(random.below(80_000)).unwrap_or(0);
        for i in 0..1_800 {
            let client = format!("10.202.0.{}", i % 5);
            lines.push(line(begin + i / 2, &client, "GET /orders".into(), 200, 900, "python-requests/2.31"));
        }
    }
}

impl Line {
    fn text(&self) -> String {
        let time = jiff::Timestamp::from_second(self.at_s)
            .map_or_else(|_| String::new(), |t| t.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string());
        format!(
            "{} - - [{time}] \"{} HTTP/1.1\" {} {} \"-\" \"{}\"",
            self.client, self.request, self.status, self.bytes, self.agent
        )
    }
}
