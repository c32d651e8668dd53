//! Clients that are always there and keep no grid: crawlers and feed readers, from one address or from hundreds.
//!
//! What matters of a fleet is the fleet: its addresses share the work. So gaps and endpoints are learnt of all requests of an agent
//! together, and beside them which address is next: the one before, one that was there lately, or a new one.

use super::chain::{Backoff, context};
use super::law::Law;
use crate::random::Random;
use crate::trace::{Stretch, Trace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::VecDeque;

/// Gaps in seconds that are told apart: fine around the periods of timers.
const EDGES_S: [i64; 50] = [
    0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 36, 46, 56, 58, 59, 60, 61, 62, 64, 70, 80, 100, 130, 170, 220,
    299, 300, 301, 330, 420, 599, 600, 601, 700, 900, 1_200, 1_790, 1_800, 1_810, 2_400, 3_590, 3_600, 3_610,
    5_400, 7_200, 14_400, 43_200,
];

const NONE: u16 = u16::MAX;

/// How many gaps tell how busy a fleet is at the moment.
const PACE: usize = 8;

/// Addresses that are remembered; who was there longer ago counts as new.
const REMEMBERED: usize = 512;

/// The cell of a new address; a known one has the octave of how many others were there since.
const NEW: u16 = 15;

/// One agent with all its addresses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Addresses that were seen.
    pub addresses: u32,
    next: Backoff,
    gap: Backoff,
    gaps_ms: BTreeMap<u16, Law>,
    who: Backoff,
}

#[derive(Clone)]
struct Past {
    last: u16,
    gaps: [u16; 2],
    pace: VecDeque<i64>,
    /// Addresses, the latest first, with what each asked for last.
    known: Vec<(u32, u16)>,
}

impl Past {
    fn new() -> Self {
        Self { last: NONE, gaps: [NONE; 2], pace: VecDeque::new(), known: Vec::new() }
    }

    fn waited(&mut self, gap_ms: i64) -> u16 {
        let cell = gap_cell(gap_ms);
        self.gaps = [cell, self.gaps[0]];
        self.pace.push_back(gap_ms);
        if self.pace.len() > PACE {
            self.pace.pop_front();
        }
        cell
    }

    /// The octave of how long the last requests took.
    fn slow(&self) -> u16 {
        if self.pace.len() < PACE {
            return NONE;
        }
        let seconds = self.pace.iter().sum::<i64>() / 1_000;
        u16::try_from(seconds.max(1).ilog2()).unwrap_or(0)
    }

    fn gap_contexts(&self) -> [u128; 4] {
        let ([g, h], s) = (self.gaps, self.slow());
        [context(&[g, h, s]), context(&[g, s]), context(&[s]), context(&[])]
    }

    fn who_contexts(&self) -> [u128; 3] {
        let seen = u16::try_from(self.known.len().max(1).ilog2()).unwrap_or(0);
        [context(&[self.gaps[0], seen]), context(&[seen]), context(&[])]
    }

    fn next_contexts(&self, own: u16) -> [u128; 5] {
        let (a, g) = (self.last, self.gaps[0]);
        [context(&[own, a, g]), context(&[own, a]), context(&[own, g]), context(&[own]), context(&[])]
    }

    fn asked(&mut self, place: Option<usize>, address: u32, endpoint: u16) {
        if let Some(place) = place {
            self.known.remove(place);
        }
        self.known.insert(0, (address, endpoint));
        self.known.truncate(REMEMBERED);
        self.last = endpoint;
    }
}

fn gap_cell(gap_ms: i64) -> u16 {
    let cell = EDGES_S.partition_point(|edge| *edge <= gap_ms.div_euclid(1_000)).max(1) - 1;
    u16::try_from(cell).unwrap_or(0)
}

impl Fleet {
    /// Learns the rows of one agent; clients are its addresses.
    pub(super) fn learn(rows: &Trace, observed: &[Stretch]) -> Self {
        let (mut next, mut gap) = (Backoff::with_levels(5), Backoff::with_levels(4));
        let mut who = Backoff::with_levels(3);
        let mut gaps: BTreeMap<u16, Vec<f64>> = BTreeMap::new();
        let mut past = Past::new();
        let mut before: Option<(i64, usize)> = None;
        for ((at, endpoint), client) in rows.at_ms.iter().zip(&rows.endpoint).zip(&rows.client) {
            let stretch = observed.partition_point(|s| s.to_ms <= *at);
            match before {
                Some((last, of)) if of == stretch => {
                    let contexts = past.gap_contexts();
                    let cell = past.waited(at - last);
                    gap.add(&contexts, cell);
                    gaps.entry(cell).or_default().push((at - last) as f64);
                }
                Some(_) => {
                    let known = std::mem::take(&mut past.known);
                    past = Past { known, ..Past::new() };
                }
                None => {}
            }
            let place = past.known.iter().position(|(address, _)| address == client);
            let octave = place.map_or(NEW, |place| u16::try_from((place + 1).ilog2()).unwrap_or(0));
            who.add(&past.who_contexts(), octave);
            let own = place.map_or(NONE, |place| past.known[place].1);
            next.add(&past.next_contexts(own), *endpoint);
            past.asked(place, *client, *endpoint);
            before = Some((*at, stretch));
        }
        Self {
            addresses: u32::try_from(rows.clients).unwrap_or(u32::MAX),
            next,
            gap,
            gaps_ms: gaps.into_iter().map(|(cell, gaps)| (cell, Law::of(gaps))).collect(),
            who,
        }
    }

    /// Plays it over stretches: time, endpoint, address from 0.
    pub(super) fn play(
        &self,
        stretches: &[Stretch],
        random: &mut Random,
        mut emit: impl FnMut(i64, u16, usize),
    ) {
        let mut past = Past::new();
        let mut addresses = 0;
        for stretch in stretches {
            let mut at = stretch.from_ms + i64::try_from(random.below(60_000)).unwrap_or(0);
            past = Past { known: past.known, ..Past::new() };
            while at < stretch.to_ms {
                let octave = self.who.draw(&past.who_contexts(), random).unwrap_or(NEW);
                let place = place(octave, past.known.len(), addresses < self.addresses, random);
                let (address, own) = place.map_or_else(
                    || {
                        addresses += 1;
                        (addresses - 1, NONE)
                    },
                    |place| past.known[place],
                );
                let Some(endpoint) = self.next.draw(&past.next_contexts(own), random) else { return };
                emit(at, endpoint, address as usize);
                past.asked(place, address, endpoint);
                let Some(cell) = self.gap.draw(&past.gap_contexts(), random) else { return };
                let gap = self.gaps_ms.get(&cell).and_then(|law| law.draw(random)).unwrap_or(60_000.0);
                #[expect(clippy::cast_possible_truncation, reason = "a gap that was seen")]
                let gap = gap as i64;
                past.waited(gap);
                at += gap;
            }
        }
    }
}

/// Which of the known addresses comes, the latest being 0; `None` for a new one, while there are any.
fn place(octave: u16, known: usize, more: bool, random: &mut Random) -> Option<usize> {
    if known == 0 || (octave == NEW && more) {
        return None;
    }
    if octave == NEW {
        return Some(known - 1);
    }
    let (from, to) = ((1_usize << octave) - 1, ((2_usize << octave) - 1).min(known));
    if from >= known { if more { None } else { Some(known - 1) } } else { Some(from + random.below(to - from)) }
}
