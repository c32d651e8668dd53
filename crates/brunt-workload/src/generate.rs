//! Values that are made up: numbers, identifiers, names, times. Each is a function of its draws alone.

use crate::{Draw, Memory};
use std::fmt::Write;

/// How a value is made up.
#[derive(Clone, Debug, PartialEq)]
pub enum Generator {
    /// A whole number, uniform in `min..=max`.
    Int {
        /// The smallest.
        min: i64,
        /// The largest; not below `min`.
        max: i64,
    },
    /// A whole number in `min..=max` by Zipf's law: the `k`-th is chosen in proportion to `k^-exponent`, so the
    /// first are popular and the last are rare.
    Zipf(Zipf),
    /// A number, uniform in `min..max`, with so many digits after the point.
    Float {
        /// The smallest.
        min: f64,
        /// The largest.
        max: f64,
        /// Digits after the point, 0 to 9.
        digits: u8,
    },
    /// `true` or `false`.
    Bool {
        /// How likely `true` is: 0 to 1.
        chance: f64,
    },
    /// One of these, each as likely.
    OneOf(Vec<String>),
    /// One of these, as likely as its weight says.
    Weighted(Vec<String>, crate::Choice),
    /// A random (version 4) UUID.
    Uuid,
    /// Characters of an alphabet.
    Chars {
        /// Which characters.
        alphabet: Alphabet,
        /// At least so many.
        min: u32,
        /// At most so many.
        max: u32,
    },
    /// A person's first name.
    FirstName,
    /// A person's last name.
    LastName,
    /// First and last name.
    FullName,
    /// A user name: a first name and a number.
    UserName,
    /// An e-mail address in `example.com` (RFC 2606), nearly always another: it holds 40 random bits.
    Email,
    /// A telephone number of the range kept for fiction (555-0100 to 555-0199).
    Phone,
    /// An English word.
    Word,
    /// So many English words.
    Words {
        /// At least.
        min: u32,
        /// At most.
        max: u32,
    },
    /// An IPv4 address of the ranges kept for documentation (RFC 5737).
    Ipv4,
    /// The present time.
    Time {
        /// How it is written.
        form: TimeForm,
        /// Added to the present, in milliseconds.
        offset_ms: i64,
    },
    /// The user's number in its scenario, from 1.
    User,
    /// The iteration's number of its user, from 1.
    Iteration,
}

/// Characters to draw from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `0-9`
    Digits,
    /// `0-9a-f`
    Hex,
    /// `a-z`
    Letters,
    /// `0-9A-Za-z`
    Alphanumeric,
}

impl Alphabet {
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Digits => b"0123456789",
            Self::Hex => b"0123456789abcdef",
            Self::Letters => b"abcdefghijklmnopqrstuvwxyz",
            Self::Alphanumeric => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        }
    }
}

/// How an instant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// `2026-11-25T09:30:00.123Z` (RFC 3339)
    Rfc3339,
    /// `2026-11-25`
    Date,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
}

/// Zipf's law over a range, with its constants worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zipf {
    min: i64,
    n: f64,
    exponent: f64,
    /// The integral of `x^-exponent` at 1.5, less 1.
    low: f64,
    /// The integral at `n + 0.5`.
    high: f64,
    /// Below this distance a draw is accepted at once.
    near: f64,
}

impl Zipf {
    /// Over `min..=max` with `exponent` above 0.
    pub fn new(min: i64, max: i64, exponent: f64) -> Self {
        let n = (max.saturating_sub(min)).max(0) as f64 + 1.0;
        let mut zipf = Self { min, n, exponent, low: 0.0, high: 0.0, near: 0.0 };
        zipf.low = zipf.integral(1.5) - 1.0;
        zipf.high = zipf.integral(n + 0.5);
        zipf.near = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.density(2.0));
        zipf
    }

    /// The smallest and the largest value, and the exponent.
    #[expect(clippy::cast_possible_truncation, reason = "made from a range of i64")]
    pub fn parameters(&self) -> (i64, i64, f64) {
        (self.min, self.min.saturating_add((self.n - 1.0) as i64), self.exponent)
    }

    fn density(&self, x: f64) -> f64 {
        (-self.exponent * x.ln()).exp()
    }

    /// The integral of `t^-exponent`, in a form that holds for an exponent of 1 too.
    fn integral(&self, x: f64) -> f64 {
        let log = x.ln();
        expm1_over((1.0 - self.exponent) * log) * log
    }

    fn inverse(&self, x: f64) -> f64 {
        let t = (x * (1.0 - self.exponent)).max(-1.0);
        (log1p_over(t) * x).exp()
    }

    /// By rejection-inversion (Hörmann & Derflinger, "Rejection-inversion to generate variates from monotone
    /// discrete distributions", ACM TOMACS 6, 1996): no table, on average fewer than two draws.
    fn draw(&self, draw: &mut Draw) -> i64 {
        loop {
            let u = self.high + draw.unit() * (self.low - self.high);
            let x = self.inverse(u);
            let k = x.round().clamp(1.0, self.n);
            if k - x <= self.near || u >= self.integral(k + 0.5) - self.density(k) {
                #[expect(clippy::cast_possible_truncation, reason = "within a range of i64")]
                return self.min.saturating_add(k as i64 - 1);
            }
        }
    }
}

/// (e^x - 1) / x
fn expm1_over(x: f64) -> f64 {
    if x.abs() > 1e-8 { x.exp_m1() / x } else { 1.0 + x / 2.0 * (1.0 + x / 3.0) }
}

/// ln(1 + x) / x
fn log1p_over(x: f64) -> f64 {
    if x.abs() > 1e-8 { x.ln_1p() / x } else { 1.0 - x / 2.0 }
}

impl Generator {
    /// Appends one value.
    pub fn write(&self, draw: &mut Draw, memory: &Memory, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Int { min, max } => write!(out, "{}", between(*min, *max, draw)),
            Self::Zipf(zipf) => write!(out, "{}", zipf.draw(draw)),
            Self::Float { min, max, digits } => {
                write!(out, "{:.*}", usize::from(*digits), min + (max - min) * draw.unit())
            }
            Self::Bool { chance } => write!(out, "{}", draw.unit() < *chance),
            Self::OneOf(texts) => out.write_str(one_of(texts, draw)),
            Self::Weighted(texts, choice) => {
                out.write_str(texts.get(choice.random(draw)).map_or("", String::as_str))
            }
            Self::Uuid => uuid(draw, out),
            Self::Chars { alphabet, min, max } => {
                chars(alphabet.bytes(), between((*min).into(), (*max).into(), draw), draw, out);
                Ok(())
            }
            Self::FirstName => out.write_str(pick(&FIRST_NAMES, draw)),
            Self::LastName => out.write_str(pick(&LAST_NAMES, draw)),
            Self::FullName => write!(out, "{} {}", pick(&FIRST_NAMES, draw), pick(&LAST_NAMES, draw)),
            Self::UserName => {
                write!(out, "{}{}", pick(&FIRST_NAMES, draw).to_lowercase(), draw.below(1_000_000))
            }
            Self::Email => {
                let name = pick(&FIRST_NAMES, draw).to_lowercase();
                write!(out, "{name}.{:010x}@example.com", draw.bits() >> 24)
            }
            Self::Phone => write!(out, "+1-{}-555-01{:02}", 200 + draw.below(800), draw.below(100)),
            Self::Word => out.write_str(pick(&WORDS, draw)),
            Self::Words { min, max } => {
                for i in 0..between((*min).into(), (*max).into(), draw) {
                    let space = if i == 0 { "" } else { " " };
                    let _ = write!(out, "{space}{}", pick(&WORDS, draw));
                }
                Ok(())
            }
            Self::Ipv4 => {
                let nets = ["192.0.2", "198.51.100", "203.0.113"];
                write!(out, "{}.{}", pick(&nets, draw), 1 + draw.below(254))
            }
            Self::Time { form, offset_ms } => time(*form, memory.unix_ms, *offset_ms, out),
            Self::User => write!(out, "{}", memory.user + 1),
            Self::Iteration => write!(out, "{}", memory.iteration + 1),
        };
    }

    /// Whether its values are JSON values as they stand: numbers and truth values.
    pub const fn is_json(&self) -> bool {
        match self {
            Self::Int { .. }
            | Self::Zipf(_)
            | Self::Float { .. }
            | Self::Bool { .. }
            | Self::User
            | Self::Iteration
            | Self::Time { form: TimeForm::Unix | TimeForm::UnixMs, .. } => true,
            Self::OneOf(_)
            | Self::Weighted(..)
            | Self::Uuid
            | Self::Chars { .. }
            | Self::FirstName
            | Self::LastName
            | Self::FullName
            | Self::UserName
            | Self::Email
            | Self::Phone
            | Self::Word
            | Self::Words { .. }
            | Self::Ipv4
            | Self::Time { form: TimeForm::Rfc3339 | TimeForm::Date, .. } => false,
        }
    }
}

fn between(min: i64, max: i64, draw: &mut Draw) -> i64 {
    min.wrapping_add_unsigned(draw.below(max.abs_diff(min).saturating_add(1)))
}

fn one_of<'t>(texts: &'t [String], draw: &mut Draw) -> &'t str {
    let at = usize::try_from(draw.below(texts.len() as u64)).unwrap_or(0);
    texts.get(at).map_or("", String::as_str)
}

fn pick<'t>(texts: &[&'t str], draw: &mut Draw) -> &'t str {
    let at = usize::try_from(draw.below(texts.len() as u64)).unwrap_or(0);
    texts.get(at).copied().unwrap_or_default()
}

fn uuid(draw: &mut Draw, out: &mut String) -> std::fmt::Result {
    let (a, b) = (draw.bits(), draw.bits());
    write!(
        out,
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        8 | (b >> 60 & 3),
        b >> 48 & 0xfff,
        b & 0xffff_ffff_ffff,
    )
}

fn chars(alphabet: &[u8], count: i64, draw: &mut Draw, out: &mut String) {
    for _ in 0..count {
        let at = usize::try_from(draw.below(alphabet.len() as u64)).unwrap_or(0);
        out.push(char::from(alphabet[at]));
    }
}

fn time(form: TimeForm, unix_ms: u64, offset_ms: i64, out: &mut String) -> std::fmt::Result {
    let at = unix_ms.saturating_add_signed(offset_ms);
    let (days, of_day) = (at / 86_400_000, at % 86_400_000);
    match form {
        TimeForm::Unix => write!(out, "{}", at / 1_000),
        TimeForm::UnixMs => write!(out, "{at}"),
        TimeForm::Date => {
            let (y, m, d) = civil(days);
            write!(out, "{y:04}-{m:02}-{d:02}")
        }
        TimeForm::Rfc3339 => {
            let (y, m, d) = civil(days);
            let (s, ms) = (of_day / 1_000, of_day % 1_000);
            write!(out, "{y:04}-{m:02}-{d:02}T{:02}:{:02}:{:02}.{ms:03}Z", s / 3_600, s / 60 % 60, s % 60)
        }
    }
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`).
const fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

const FIRST_NAMES: [&str; 48] = [
    "Ada", "Alan", "Amara", "Anita", "Barbara", "Carl", "Chen", "Clara", "Dana", "Diego", "Edith", "Elena",
    "Emil", "Farah", "Felix", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jana", "Joan", "Jonas", "Kaito",
    "Karen", "Lena", "Liam", "Lina", "Mara", "Marco", "Mei", "Mila", "Nadia", "Niels", "Noor", "Olga",
    "Omar", "Paul", "Priya", "Rosa", "Samir", "Sofia", "Tariq", "Theo", "Uma", "Vera", "Yara", "Zoe",
];

const LAST_NAMES: [&str; 48] = [
    "Abel", "Adams", "Bauer", "Becker", "Berg", "Castro", "Chen", "Cohen", "Costa", "Diaz", "Dubois",
    "Evans", "Fischer", "Garcia", "Gupta", "Haddad", "Hansen", "Ito", "Ivanov", "Jensen", "Kaya", "Keller",
    "Khan", "Kim", "Kovacs", "Larsen", "Lee", "Lopez", "Meyer", "Moreau", "Nguyen", "Novak", "Okafor",
    "Olsen", "Patel", "Quinn", "Rossi", "Sato", "Schmidt", "Silva", "Singh", "Suzuki", "Tanaka", "Vogel",
    "Wang", "Weber", "Young", "Zhang",
];

const WORDS: [&str; 64] = [
    "amber", "anchor", "apple", "arrow", "autumn", "basket", "beacon", "bridge", "bright", "candle",
    "canvas", "cedar", "circle", "cloud", "coffee", "copper", "cotton", "desert", "dragon", "ember",
    "engine", "falcon", "feather", "forest", "garden", "ginger", "harbor", "hazel", "island", "ivory",
    "jacket", "jungle", "kettle", "ladder", "lantern", "lemon", "linen", "marble", "meadow", "mirror",
    "moon", "mountain", "needle", "ocean", "orange", "paper", "pepper", "pillow", "planet", "quartz",
    "rabbit", "river", "rocket", "saddle", "silver", "spring", "stone", "summer", "teapot", "timber",
    "velvet", "violet", "willow", "winter",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IterationIndex;
    use brunt_metrics::ScenarioId;

    fn drawn(generator: &Generator, index: u64) -> String {
        let mut memory = Memory::of_user(4);
        (memory.iteration, memory.unix_ms) = (6, 1_795_599_000_123);
        let mut out = String::new();
        generator.write(&mut Draw::new(1, ScenarioId(0), IterationIndex(index)), &memory, &mut out);
        out
    }

    #[test]
    fn every_generator_keeps_its_promise() {
        type Row = (Generator, fn(&str) -> bool);
        let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
        let rows: [Row; 18] = [
            (Generator::Int { min: -3, max: 7 }, |t| (-3..=7).contains(&t.parse::<i64>().unwrap())),
            (Generator::Zipf(Zipf::new(10, 20, 1.0)), |t| (10..=20).contains(&t.parse::<i64>().unwrap())),
            (Generator::Float { min: 1.0, max: 2.0, digits: 2 }, |t| {
                t.len() == 4 && ("1.00"..="2.00").contains(&t)
            }),
            (Generator::Bool { chance: 1.0 }, |t| t == "true"),
            (Generator::OneOf(vec!["a".into(), "b".into()]), |t| t == "a" || t == "b"),
            (Generator::Weighted(vec!["a".into(), "b".into()], crate::Choice::new([0, 1])), |t| t == "b"),
            (Generator::Uuid, |t| t.len() == 36 && &t[14..15] == "4" && "89ab".contains(&t[19..20])),
            (Generator::Chars { alphabet: Alphabet::Hex, min: 3, max: 5 }, |t| {
                (3..=5).contains(&t.len()) && t.chars().all(|c| c.is_ascii_hexdigit())
            }),
            (Generator::FullName, |t| t.split(' ').count() == 2),
            (Generator::UserName, |t| t.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())),
            (Generator::Email, |t| t.ends_with("@example.com") && t.len() > 20),
            (Generator::Phone, |t| t.contains("-555-01") && t.len() == 15),
            (Generator::Words { min: 2, max: 3 }, |t| (2..=3).contains(&t.split(' ').count())),
            (Generator::Ipv4, |t| t.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_documentation())),
            (Generator::Time { form: TimeForm::Rfc3339, offset_ms: 0 }, |t| t == "2026-11-25T09:30:00.123Z"),
            (Generator::Time { form: TimeForm::Date, offset_ms: 86_400_000 }, |t| t == "2026-11-26"),
            (Generator::User, |t| t == "5"),
            (Generator::Iteration, |t| t == "7"),
        ];
        for (generator, holds) in rows {
            for i in 0..300 {
                let text = drawn(&generator, i);
                assert!(holds(&text), "{generator:?}: {text}");
                assert!(!generator.is_json() || !number(&text).is_nan() || text == "true", "{text}");
            }
        }
    }

    /// Against the closed form `k^-s / H(n, s)`, within five standard deviations of the binomial count.
    #[test]
    fn zipf_follows_its_law() {
        let n = 200_000_u64;
        for (size, s) in [(1_i64, 1.0), (2, 0.5), (10, 1.0), (1_000, 1.2), (50, 2.5)] {
            let zipf = Generator::Zipf(Zipf::new(1, size, s));
            let mut counts = vec![0_u64; usize::try_from(size).unwrap() + 1];
            (0..n).for_each(|i| counts[drawn(&zipf, i).parse::<usize>().unwrap()] += 1);
            let harmonic: f64 = (1..=size).map(|k| (k as f64).powf(-s)).sum();
            for k in (1..=size).take(10) {
                let p = (k as f64).powf(-s) / harmonic;
                let (expected, sd) = (p * n as f64, (n as f64 * p * (1.0 - p)).sqrt());
                let got = counts[usize::try_from(k).unwrap()] as f64;
                assert!(
                    (got - expected).abs() <= 5.0 * sd + 1e-9,
                    "n {size} s {s} k {k}: {got} of {expected}"
                );
            }
        }
    }
}
