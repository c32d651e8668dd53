//! What is asked of an endpoint: paths and queries.
//!
//! A whole target that many clients asked for is public and kept, unless it looks like a secret. All others are made: of parts that look
//! alike, as many distinct ones, and as unevenly asked for (Zipf's law), so that caches behave as in reality.

use crate::random::Random;
use crate::target::{Shape, Target};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Targets of an endpoint that are kept as they were, at most.
const MOST_KEPT: usize = 100;

/// What is asked of an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// Targets that many clients asked for, the most asked for first.
    pub kept: Vec<Kept>,
    /// What stands for the parts of a path that are no words, in order.
    pub slots: Vec<Slot>,
    /// Names of parameters that come together, with the share of each set; what follows `?` is made of one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<(Vec<String>, f64)>,
    /// What parameters hold, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Param>,
}

/// A target that is kept as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Path and query.
    pub target: String,
    /// Its share of what is asked of its endpoint.
    pub share: f64,
}

/// A part of a path that is no word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// What it looks like.
    pub shape: Shape,
    /// Distinct values.
    pub distinct: u64,
    /// How unevenly they are asked for: the exponent of Zipf's law, 0 for evenly.
    pub zipf: f64,
    /// How long they are, on average.
    pub length: u32,
}

/// What a parameter holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// Values that many clients gave, with their shares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<(String, f64)>,
    /// The others.
    pub made: Slot,
}

/// What was kept of real values, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// So many clients must have asked for a value to keep it.
    pub least_clients: usize,
    /// Targets that were kept as they were.
    pub kept: u64,
    /// Targets that are only made up.
    pub made: u64,
    /// Targets that many asked for and that were still not kept, for they look like secrets.
    pub secret: u64,
}

/// Names of parameters whose values are nobody else's, in lower case: parts of the name are enough.
const SECRET_NAMES: [&str; 14] = [
    "token",
    "password",
    "passwd",
    "secret",
    "apikey",
    "api_key",
    "auth",
    "session",
    "sid",
    "signature",
    "sig",
    "credential",
    "email",
    "phone",
];

/// Whether a part looks like something that belongs to somebody.
fn is_private(text: &str) -> bool {
    match Shape::of(text) {
        Shape::Email | Shape::Token | Shape::Uuid | Shape::Hex => true,
        Shape::Int => text.len() >= 9,
        Shape::Date | Shape::Number | Shape::Word => text.starts_with("eyJ") || text.len() > 200,
    }
}

fn is_secret(target: &Target) -> bool {
    let pairs = || target.query.iter().flat_map(|q| q.split('&'));
    target.path.split('/').any(is_private)
        || pairs().any(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = name.to_ascii_lowercase();
            !value.is_empty() && (SECRET_NAMES.iter().any(|s| name.contains(s)) || is_private(value))
        })
}

impl Values {
    /// Learns from the targets of an endpoint, each with how often and by how many clients it was asked for.
    pub(super) fn learn(
        name: &str,
        asked: &[(&Target, usize, usize)],
        least_clients: usize,
        privacy: &mut Privacy,
    ) -> Self {
        let total: usize = asked.iter().map(|(_, count, _)| count).sum();
        let mut by_count: Vec<_> = asked.iter().collect();
        by_count.sort_by_key(|(target, count, _)| (std::cmp::Reverse(*count), &target.path, &target.query));
        let (mut kept, mut rest) = (Vec::new(), Vec::new());
        for (target, count, clients) in by_count {
            // A template without variables is its own value, and known from the template already.
            let plain = !name.contains('{') && target.query.is_none();
            let many = *clients >= least_clients.max(1);
            let secret = many && !plain && is_secret(target);
            privacy.secret += u64::from(secret);
            if (plain || many && !secret) && kept.len() < MOST_KEPT {
                kept.push(Kept { target: whole(target), share: *count as f64 / total as f64 });
                privacy.kept += 1;
            } else {
                rest.push((*target, *count, *clients));
                privacy.made += 1;
            }
        }
        let made = if rest.is_empty() { asked.to_vec() } else { rest };
        Self {
            kept,
            slots: slots(name, &made),
            queries: queries(&made),
            params: params(&made, least_clients),
        }
    }

    /// Makes a target of an endpoint. `flat` divides how unevenly values are asked for: above 1, the tail is asked for more.
    pub fn make(&self, name: &str, flat: f64, random: &mut Random) -> String {
        let mut left = random.unit();
        if flat > 1.0 {
            // Shares closer to each other, as if popularity were less steep.
            let weights: Vec<f64> = self.kept.iter().map(|k| k.share.powf(1.0 / flat)).collect();
            let all: f64 = self.kept.iter().map(|k| k.share).sum();
            let sum: f64 = weights.iter().sum();
            for (kept, weight) in self.kept.iter().zip(weights) {
                left -= all * weight / sum;
                if left < 0.0 {
                    return kept.target.clone();
                }
            }
        } else {
            for kept in &self.kept {
                left -= kept.share;
                if left < 0.0 {
                    return kept.target.clone();
                }
            }
        }
        let template = name.split_once(' ').map_or("/", |(_, path)| path);
        let (template, asks) = template.strip_suffix('?').map_or((template, false), |t| (t, true));
        let mut out = String::new();
        let mut slots = self.slots.iter();
        for part in template.split('/').skip(1) {
            out.push('/');
            match part.split_once('}') {
                Some((_, suffix)) if part.starts_with('{') => {
                    let slot = slots.next().cloned().unwrap_or_default();
                    out.push_str(&slot.make(name, flat, random));
                    out.push_str(suffix);
                }
                Some(_) | None => out.push_str(part),
            }
        }
        if out.is_empty() {
            out.push('/');
        }
        if asks {
            out.push('?');
            self.query(flat, random, &mut out);
        }
        out
    }

    fn query(&self, flat: f64, random: &mut Random, out: &mut String) {
        let mut left = random.unit();
        let mut chosen: &[String] = self.queries.first().map_or(&[], |(names, _)| names);
        for (names, share) in &self.queries {
            left -= share;
            if left < 0.0 {
                chosen = names;
                break;
            }
        }
        for (i, name) in chosen.iter().enumerate() {
            if i > 0 {
                out.push('&');
            }
            out.push_str(name);
            if let Some(param) = self.params.get(name) {
                out.push('=');
                out.push_str(&param.make(name, flat, random));
            }
        }
    }
}

impl Param {
    fn make(&self, name: &str, flat: f64, random: &mut Random) -> String {
        let mut left = random.unit();
        for (value, share) in &self.kept {
            left -= share;
            if left < 0.0 {
                return value.clone();
            }
        }
        self.made.make(name, flat, random)
    }
}

impl Default for Slot {
    fn default() -> Self {
        Self { shape: Shape::Word, distinct: 100, zipf: 1.0, length: 8 }
    }
}

impl Slot {
    fn learn(counts: &BTreeMap<String, usize>) -> Self {
        let mut shapes: BTreeMap<Shape, usize> = BTreeMap::new();
        for (value, count) in counts {
            *shapes.entry(Shape::of(value)).or_default() += count;
        }
        let shape = shapes.iter().max_by_key(|(_, n)| **n).map_or(Shape::Word, |(shape, _)| *shape);
        let total: usize = counts.values().sum();
        let length: usize = counts.iter().map(|(value, count)| value.len() * count).sum();
        let mut ordered: Vec<usize> = counts.values().copied().collect();
        ordered.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            shape,
            distinct: counts.len().max(1) as u64,
            zipf: zipf(&ordered),
            length: u32::try_from((length / total.max(1)).clamp(1, 64)).unwrap_or(8),
        }
    }

    /// A value: the rank is drawn by Zipf's law, and the rank makes the value, so that the same rank is the same value.
    fn make(&self, of: &str, flat: f64, random: &mut Random) -> String {
        let rank = draw_rank(self.distinct, self.zipf / flat.max(1e-9), random);
        let words: Vec<u64> = of.bytes().map(u64::from).chain([rank]).collect();
        let mut value = Random::new(&words);
        let n = self.length as usize;
        let text = |alphabet: &[u8], n: usize, value: &mut Random| -> String {
            (0..n).map(|_| char::from(value.pick(alphabet).copied().unwrap_or(b'x'))).collect()
        };
        match self.shape {
            Shape::Int => {
                // As many digits, none of them a leading zero.
                let first = text(b"123456789", 1, &mut value);
                first + &text(b"0123456789", n.saturating_sub(1), &mut value)
            }
            Shape::Uuid => {
                let hex = text(b"0123456789abcdef", 32, &mut value);
                format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
            }
            Shape::Hex => text(b"0123456789abcdef", n.max(16), &mut value),
            Shape::Date => {
                let (month, day) = (1 + value.below(12), 1 + value.below(28));
                format!("{}-{month:02}-{day:02}", 2_020 + value.below(6))
            }
            Shape::Number => format!("{}.{}", value.below(1_000), value.below(100)),
            Shape::Email => format!("{}@example.com", text(b"abcdefghijklmnopqrstuvwxyz", 8, &mut value)),
            Shape::Token => {
                let letters = |value: &mut Random| text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm", 2, value);
                let mut token = String::new();
                while token.len() < n.max(20) {
                    token.push_str(&letters(&mut value));
                    token.push_str(&text(b"0123456789", 1, &mut value));
                }
                token
            }
            Shape::Word => word(n, &mut value),
        }
    }
}

/// Something that can be read, of about that length.
fn word(n: usize, value: &mut Random) -> String {
    const SYLLABLES: [&str; 24] = [
        "ba", "co", "di", "fe", "ga", "ho", "ki", "lu", "ma", "ne", "po", "ra", "sa", "ti", "vo", "we", "al",
        "en", "in", "or", "un", "est", "ton", "ver",
    ];
    let mut out = String::new();
    while out.len() < n {
        if out.len() > 6 && n - out.len() > 4 && value.below(4) == 0 {
            out.push('-');
        }
        out.push_str(value.pick(&SYLLABLES).copied().unwrap_or("a"));
    }
    out.truncate(n.max(1));
    out
}

fn whole(target: &Target) -> String {
    target.query.as_ref().map_or_else(|| target.path.to_string(), |query| format!("{}?{query}", target.path))
}

/// The variable parts of the targets of a template.
fn slots(name: &str, asked: &[(&Target, usize, usize)]) -> Vec<Slot> {
    let template = name.split_once(' ').map_or("/", |(_, path)| path);
    let template = template.strip_suffix('?').unwrap_or(template);
    let mut slots = Vec::new();
    for (place, part) in template.split('/').skip(1).enumerate().filter(|(_, part)| part.starts_with('{')) {
        let suffix = part.split_once('}').map_or("", |(_, suffix)| suffix);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (target, count, _) in asked {
            if let Some(value) = target.path.split('/').nth(place + 1) {
                let value = value.strip_suffix(suffix).unwrap_or(value);
                *counts.entry(value.to_owned()).or_default() += count;
            }
        }
        slots.push(Slot::learn(&counts));
    }
    slots
}

/// Sets of parameters that come together, in the order of their first appearance within a query; at most fifty.
fn queries(asked: &[(&Target, usize, usize)]) -> Vec<(Vec<String>, f64)> {
    let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut total = 0;
    for (target, count, _) in asked {
        let Some(query) = &target.query else { continue };
        let names = query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| is_name(name));
        *counts.entry(names.map(str::to_owned).collect()).or_default() += count;
        total += count;
    }
    let mut sets: Vec<_> = counts.into_iter().map(|(names, n)| (names, n as f64 / total as f64)).collect();
    sets.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sets.truncate(50);
    sets
}

/// Whether something is a name of a parameter rather than a value that stands alone.
fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len()) && matches!(Shape::of(text), Shape::Word) && !is_private(text)
}

fn params(asked: &[(&Target, usize, usize)], least_clients: usize) -> BTreeMap<String, Param> {
    let mut seen: BTreeMap<String, BTreeMap<String, (usize, usize)>> = BTreeMap::new();
    for (target, count, clients) in asked {
        for pair in target.query.iter().flat_map(|q| q.split('&')) {
            let Some((name, value)) = pair.split_once('=').filter(|(name, _)| is_name(name)) else {
                continue;
            };
            let of = seen.entry(name.to_owned()).or_default().entry(value.to_owned()).or_default();
            // One client that asks for two targets is counted twice at most where it gave the same value: the largest count stands.
            *of = (of.0 + count, of.1.max(*clients));
        }
    }
    seen.into_iter()
        .map(|(name, values)| {
            let lower = name.to_ascii_lowercase();
            let secret = SECRET_NAMES.iter().any(|s| lower.contains(s));
            let total: usize = values.values().map(|(count, _)| count).sum();
            let public =
                |value: &str, clients: usize| !secret && clients >= least_clients && !is_private(value);
            let kept: Vec<_> = values
                .iter()
                .filter(|(value, (_, clients))| public(value, *clients))
                .map(|(value, (count, _))| (value.clone(), *count as f64 / total as f64))
                .collect();
            let made = values
                .into_iter()
                .filter(|(value, (_, clients))| !public(value, *clients))
                .map(|(value, (count, _))| (value, count))
                .collect();
            (name, Param { kept, made: Slot::learn(&made) })
        })
        .collect()
}

/// The exponent of Zipf's law for counts in falling order, by maximum likelihood, between 0 and 3.
fn zipf(counts: &[usize]) -> f64 {
    if counts.len() < 2 {
        return 0.0;
    }
    let total: f64 = counts.iter().map(|n| *n as f64).sum();
    let logs: Vec<f64> = (1..=counts.len()).map(|rank| (rank as f64).ln()).collect();
    let seen: f64 = counts.iter().zip(&logs).map(|(n, log)| *n as f64 * log).sum::<f64>() / total;
    // The mean logarithm of the rank falls as the exponent grows.
    let expected = |s: f64| {
        let (mut above, mut below) = (0.0, 0.0);
        for log in &logs {
            let weight = (-s * log).exp();
            above += weight * log;
            below += weight;
        }
        above / below
    };
    let (mut low, mut high) = (0.0, 3.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if expected(middle) > seen {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// A rank from 1 to `n`, by Zipf's law (rejection-inversion, Hörmann and Derflinger, 1996, as `rand_distr` has it).
fn draw_rank(n: u64, s: f64, random: &mut Random) -> u64 {
    random.zipf(n.max(1), s.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::{Privacy, Slot, Values, zipf};
    use crate::random::Random;
    use crate::target::{Shape, clean};

    #[test]
    fn the_exponent_of_a_drawn_law_is_found_again() {
        for s in [0.5, 1.0, 1.5] {
            let mut random = Random::new(&[5]);
            let mut counts = vec![0; 1_000];
            for _ in 0..100_000 {
                counts[usize::try_from(random.zipf(1_000, s)).unwrap_or(1) - 1] += 1;
            }
            counts.sort_unstable_by(|a, b| b.cmp(a));
            assert!((zipf(&counts) - s).abs() < 0.05, "{s}: {}", zipf(&counts));
        }
    }

    #[test]
    fn what_few_asked_for_is_made_and_what_looks_secret_too() {
        let of = |text: &str| clean(b"GET", text.as_bytes());
        let targets = [
            (of("/p/red-shoes"), 50, 40),
            (of("/p/ada-lovelace"), 3, 1),
            (of("/p/x?token=abc"), 90, 60),
            (of("/p/ada@example.org"), 90, 60),
        ];
        let asked: Vec<_> = targets.iter().map(|(t, n, c)| (t, *n, *c)).collect();
        let mut privacy = Privacy::default();
        let values = Values::learn("GET /p/{var}", &asked, 20, &mut privacy);
        assert_eq!(values.kept.iter().map(|k| k.target.as_str()).collect::<Vec<_>>(), ["/p/red-shoes"]);
        assert_eq!((privacy.kept, privacy.made, privacy.secret), (1, 3, 2));
        let mut random = Random::new(&[1]);
        for _ in 0..200 {
            let made = values.make("GET /p/{var}", 1.0, &mut random);
            assert!(!made.contains("ada") && !made.contains("abc"), "{made}");
        }
    }

    #[test]
    fn values_look_like_the_real_ones() {
        for shape in
            [Shape::Int, Shape::Uuid, Shape::Hex, Shape::Date, Shape::Number, Shape::Email, Shape::Token]
        {
            let slot = Slot { shape, distinct: 50, zipf: 1.0, length: 6 };
            for seed in 0..50 {
                let made = slot.make("x", 1.0, &mut Random::new(&[seed]));
                let seen = Shape::of(&made);
                // Digits alone are hexadecimal too; a long hexadecimal word is a token to nobody.
                assert!(seen == shape || (shape == Shape::Hex && seen == Shape::Int), "{shape:?} {made}");
            }
        }
    }
}
