//! What follows what, and after how long: chains whose memory is as long as the data carries.
//!
//! Counts by context, from long contexts to none, interpolated by Witten and Bell's rule (1991): a context that has been seen N times with u
//! different outcomes is believed to N / (N + u), and the rest is left to the next shorter one. Counts are all there is to it:
//! two fits add up to the fit of both.

use super::law::Law;
use crate::fidelity::{Foreseen, GAP_EDGES_S, gap_cell};
use crate::random::Random;
use crate::trace::Session;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A context: up to seven numbers behind a leading 1.
pub type Context = u128;

/// Contexts are numbers already: one multiplication spreads them.
#[derive(Clone, Copy, Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "both halves are mixed in")]
    fn write_u128(&mut self, n: u128) {
        let (low, high) = (n as u64, (n >> 64) as u64);
        let wide = u128::from(low ^ 0x9E37_79B9_7F4A_7C15) * u128::from(high ^ 0xD6E8_FEB8_6659_FD93);
        self.0 = (wide as u64) ^ ((wide >> 64) as u64) ^ low.rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Table = HashMap<Context, Row, BuildHasherDefault<Spread>>;

#[derive(Clone, Debug, Default, PartialEq)]
struct Row {
    total: u32,
    /// Outcome and count, by outcome.
    counts: Vec<(u16, u32)>,
}

impl Row {
    fn add(&mut self, outcome: u16, count: u32) {
        self.total = self.total.saturating_add(count);
        match self.counts.binary_search_by_key(&outcome, |(o, _)| *o) {
            Ok(at) => self.counts[at].1 = self.counts[at].1.saturating_add(count),
            Err(at) => self.counts.insert(at, (outcome, count)),
        }
    }

    fn pick(&self, random: &mut Random) -> u16 {
        let mut left = random.below(self.total as usize);
        for (outcome, count) in &self.counts {
            match left.checked_sub(*count as usize) {
                Some(rest) => left = rest,
                None => return *outcome,
            }
        }
        self.counts.last().map_or(0, |(outcome, _)| *outcome)
    }

    /// How far it is believed.
    fn belief(&self) -> f64 {
        let (n, u) = (f64::from(self.total), self.counts.len() as f64);
        n / (n + u)
    }
}

/// Counts of outcomes by context, from the longest contexts to none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backoff {
    levels: Vec<Table>,
}

/// The context that these numbers are, of at most seven.
pub fn context(parts: &[u16]) -> Context {
    parts.iter().fold(1, |all, part| (all << 16) | u128::from(*part))
}

impl Backoff {
    /// Nothing seen yet, of so many lengths of context.
    pub fn with_levels(levels: usize) -> Self {
        Self { levels: vec![Table::default(); levels] }
    }

    /// Takes an outcome that was seen in these contexts, from the longest to the shortest.
    pub fn add(&mut self, contexts: &[Context], outcome: u16) {
        for (table, context) in self.levels.iter_mut().zip(contexts) {
            table.entry(*context).or_default().add(outcome, 1);
        }
    }

    pub(super) fn draw(&self, contexts: &[Context], random: &mut Random) -> Option<u16> {
        let mut shortest = None;
        for (table, context) in self.levels.iter().zip(contexts) {
            let Some(row) = table.get(context) else { continue };
            if random.unit() < row.belief() {
                return Some(row.pick(random));
            }
            shortest = Some(row);
        }
        shortest.map(|row| row.pick(random))
    }

    /// How likely an outcome is of `outcomes` that there are, from above 0 to 1: what the shortest context leaves is shared evenly.
    pub fn chance(&self, contexts: &[Context], outcome: u16, outcomes: usize) -> f64 {
        let mut chance = 1.0 / outcomes as f64;
        for row in self.levels.iter().zip(contexts).rev().filter_map(|(table, context)| table.get(context)) {
            let seen =
                row.counts.binary_search_by_key(&outcome, |(o, _)| *o).map_or(0, |at| row.counts[at].1);
            let belief = row.belief();
            chance = (1.0 - belief) * chance + belief * f64::from(seen) / f64::from(row.total);
        }
        chance
    }

    /// Contexts of all levels.
    pub fn contexts(&self) -> usize {
        self.levels.iter().map(HashMap::len).sum()
    }

    /// Forgets longer contexts than the shortest that were seen less often than that: what one or two people did is theirs.
    fn prune(&mut self, least: u32) {
        let longer = self.levels.len().saturating_sub(2);
        for table in &mut self.levels[..longer] {
            table.retain(|_, row| row.total >= least);
        }
    }
}

/// By level, rows of `[context, [outcome, count, outcome, count, ...]]`, by context.
impl Serialize for Backoff {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let levels: Vec<Vec<(Vec<u16>, Vec<u32>)>> = self
            .levels
            .iter()
            .map(|table| {
                let ordered: BTreeMap<_, _> = table.iter().collect();
                let parts = |mut context: Context| {
                    let mut parts = Vec::new();
                    while context > 1 {
                        #[expect(clippy::cast_possible_truncation, reason = "the lowest 16 bits")]
                        parts.push(context as u16);
                        context >>= 16;
                    }
                    parts.reverse();
                    parts
                };
                ordered
                    .into_iter()
                    .map(|(context, row)| {
                        (parts(*context), row.counts.iter().flat_map(|(o, n)| [u32::from(*o), *n]).collect())
                    })
                    .collect()
            })
            .collect();
        levels.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Backoff {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let levels: Vec<Vec<(Vec<u16>, Vec<u32>)>> = Vec::deserialize(deserializer)?;
        let mut backoff = Self::with_levels(levels.len());
        for (table, rows) in backoff.levels.iter_mut().zip(levels) {
            for (parts, counts) in rows {
                if parts.len() > 7 || !counts.len().is_multiple_of(2) {
                    return Err(D::Error::custom("a context has at most 7 parts, and counts come in pairs"));
                }
                let row = table.entry(context(&parts)).or_default();
                for pair in counts.chunks_exact(2) {
                    let outcome = u16::try_from(pair[0]).map_err(D::Error::custom)?;
                    if pair[1] == 0 {
                        return Err(D::Error::custom("a count is at least 1"));
                    }
                    row.add(outcome, pair[1]);
                }
            }
        }
        Ok(backoff)
    }
}

/// What has not happened yet: before the first request, or no gap.
const NONE: u16 = u16::MAX;

/// The chains of all classes: what comes next given the class, how long the session is, and what came before; and how long it takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    next: Backoff,
    gap: Backoff,
    /// Gaps within each cell of gaps, in milliseconds, by class and cell.
    gaps_ms: BTreeMap<u16, Vec<Law>>,
}

/// A session as steps: milliseconds since its begin, and an endpoint or bundle.
pub type Steps = Vec<(i64, u16)>;

/// Lengths that are told apart: 1, 2, 3, 4, then by doublings from 5.
fn length_cell(n: usize) -> u16 {
    let n = u16::try_from(n).unwrap_or(u16::MAX);
    if n < 5 { n } else { 5 + u16::try_from((n / 5).ilog2()).unwrap_or(0) }
}

/// What is remembered of a session while it goes on.
#[derive(Clone, Copy)]
struct Past {
    class: u16,
    length: usize,
    done: usize,
    last: [u16; 3],
    gaps: [u16; 2],
}

impl Past {
    const fn new(class: u16, length: usize) -> Self {
        Self { class, length, done: 0, last: [NONE; 3], gaps: [NONE; 2] }
    }

    #[expect(clippy::many_single_char_names, reason = "as the formula has them")]
    fn next_contexts(&self) -> [Context; 6] {
        let (z, l, [a, b, c], g) = (self.class, length_cell(self.length), self.last, self.gaps[0]);
        let left = u16::try_from((self.length - 1 - self.done).min(2)).unwrap_or(2);
        [
            context(&[z, l, a, b, c, g]),
            context(&[z, l, a, b, left]),
            context(&[z, a, b, g]),
            context(&[z, a, left]),
            context(&[z, a]),
            context(&[z]),
        ]
    }

    #[expect(clippy::many_single_char_names, reason = "as the formula has them")]
    fn gap_contexts(&self, next: u16) -> [Context; 6] {
        let (z, l, a, [g, h]) = (self.class, length_cell(self.length), self.last[0], self.gaps);
        [
            context(&[z, l, a, next, g, h]),
            context(&[z, l, a, next, g]),
            context(&[z, a, next, g]),
            context(&[z, l, a]),
            context(&[z, next]),
            context(&[z]),
        ]
    }

    fn step(&mut self, token: u16, gap: Option<u16>) {
        if let Some(gap) = gap {
            self.gaps = [gap, self.gaps[0]];
        }
        self.last = [token, self.last[0], self.last[1]];
        self.done += 1;
    }
}

/// Gaps that are being collected.
#[derive(Debug, Default)]
struct Teacher {
    chain: Chain,
    gaps: BTreeMap<u16, Vec<Vec<f64>>>,
}

impl Teacher {
    fn new() -> Self {
        let chain =
            Chain { next: Backoff::with_levels(6), gap: Backoff::with_levels(6), gaps_ms: BTreeMap::new() };
        Self { chain, gaps: BTreeMap::new() }
    }

    /// Takes a session of a class.
    fn add(&mut self, class: u16, session: &Session) {
        let mut past = Past::new(class, session.len());
        for (i, token) in session.endpoint.iter().enumerate() {
            self.chain.next.add(&past.next_contexts(), *token);
            let mut cell = None;
            if i > 0 {
                let gap = session.at_ms[i] - session.at_ms[i - 1];
                let of = gap_cell(gap.div_euclid(1_000));
                self.chain.gap.add(&past.gap_contexts(*token), u16::from(of));
                let cells = self.gaps.entry(class).or_insert_with(|| vec![Vec::new(); GAP_EDGES_S.len() - 1]);
                cells[usize::from(of)].push(gap as f64);
                cell = Some(u16::from(of));
            }
            past.step(*token, cell);
        }
    }

    /// What was learnt; contexts that fewer than `least` requests had are forgotten.
    fn finish(mut self, least: u32) -> Chain {
        self.chain.next.prune(least);
        self.chain.gap.prune(least);
        self.chain.gaps_ms = self
            .gaps
            .into_iter()
            .map(|(class, cells)| (class, cells.into_iter().map(Law::of).collect()))
            .collect();
        self.chain
    }
}

impl Chain {
    /// Of sessions and their classes; contexts that fewer than `least` requests had are forgotten.
    pub fn learn<'a>(sessions: impl Iterator<Item = (u16, &'a Session)>, least: u32) -> Self {
        let mut teacher = Teacher::new();
        sessions.for_each(|(class, session)| teacher.add(class, session));
        teacher.finish(least)
    }

    /// A new session of a class and a length, written over `steps`.
    pub(super) fn play(&self, class: u16, length: usize, random: &mut Random, steps: &mut Steps) {
        steps.clear();
        let mut past = Past::new(class, length);
        let mut at = 0;
        for i in 0..length {
            let Some(token) = self.next.draw(&past.next_contexts(), random) else { return };
            let mut cell = None;
            if i > 0 {
                let of = self.gap.draw(&past.gap_contexts(token), random).unwrap_or(0);
                at += self.gap_ms(class, of, random);
                cell = Some(of);
            }
            steps.push((at, token));
            past.step(token, cell);
        }
    }

    /// How likely each step of a session of a class is, given its length and what came before; there are so many `tokens`.
    pub fn foresee(&self, class: u16, session: &Session, tokens: usize) -> Vec<Foreseen> {
        let mut past = Past::new(class, session.len());
        let mut gaps_s = session.gaps_s();
        let mut foreseen = Vec::with_capacity(session.len());
        for (i, token) in session.endpoint.iter().enumerate() {
            let cell = if i == 0 { None } else { gaps_s.next().map(|gap| u16::from(gap_cell(gap))) };
            foreseen.push(Foreseen {
                token: self.next.chance(&past.next_contexts(), *token, tokens),
                gap: cell
                    .map(|cell| self.gap.chance(&past.gap_contexts(*token), cell, GAP_EDGES_S.len() - 1)),
            });
            past.step(*token, cell);
        }
        foreseen
    }

    /// A gap of a cell, in milliseconds, as the class has them.
    pub fn gap_ms(&self, class: u16, cell: u16, random: &mut Random) -> i64 {
        let law = self.gaps_ms.get(&class).and_then(|cells| cells.get(usize::from(cell)));
        let drawn = law.and_then(|law| law.draw(random));
        #[expect(clippy::cast_possible_truncation, reason = "gaps are below half an hour")]
        drawn.map_or_else(
            || GAP_EDGES_S.get(usize::from(cell)).copied().unwrap_or(0) * 1_000,
            |gap| gap as i64,
        )
    }

    /// Contexts that are kept.
    pub fn contexts(&self) -> usize {
        self.next.contexts() + self.gap.contexts()
    }
}
