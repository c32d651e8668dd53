//! Crawlers, feed readers and pollers that are always there, from one address or from hundreds, and keep no grid.
//!
//! What matters of a fleet is the fleet: its addresses share the work, which comes evenly or in waves, not by chance. So when sessions begin
//! is learnt of all of them together: the gap to the next by the two before it and by the pace of the last eight. Which kind of session it is goes by
//! the one before, and its address is one that was there lately or a new one. What happens within a session the
//! chain tells, as of all others.

use super::chain::{Backoff, context};
use super::law::Law;
use crate::random::Random;
use crate::trace::{HOUR_MS, Session, Stretch};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Gaps in seconds that are told apart: fine around the periods of timers.
const EDGES_S: [i64; 50] = [
    0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 36, 46, 56, 58, 59, 60, 61, 62, 64, 70, 80, 100, 130, 170,
    220, 299, 300, 301, 330, 420, 599, 600, 601, 700, 900, 1_200, 1_790, 1_800, 1_810, 2_400, 3_590, 3_600,
    3_610, 5_400, 7_200, 14_400, 43_200,
];

const NONE: u16 = u16::MAX;

/// How many gaps tell how busy a fleet is at the moment.
const PACE: usize = 8;

/// What is played before a stretch begins, to come into it as one comes into a house that is lived in.
const LEAD_MS: i64 = 6 * HOUR_MS;

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
    /// How many times as often as was learnt it comes.
    pub pace: f64,
    /// What lies at least between two sessions of an address.
    pause_ms: i64,
    gap: Backoff,
    gaps_ms: BTreeMap<u16, Law>,
    class: Backoff,
    who: Backoff,
}

/// The begin of a session that a fleet makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) at_ms: i64,
    pub(super) class: u16,
    /// From 0.
    pub(super) address: u32,
}

#[derive(Clone, Default)]
struct Past {
    class: Option<u16>,
    gaps: [Option<u16>; 2],
    pace: VecDeque<i64>,
    /// Addresses, the latest first, with the end of their last session.
    known: Vec<(u32, i64)>,
}

impl Past {
    /// After a time in which nothing was observed.
    fn anew(self) -> Self {
        Self { known: self.known, ..Self::default() }
    }

    fn waited(&mut self, gap_ms: i64) -> u16 {
        let cell = EDGES_S.partition_point(|edge| *edge <= gap_ms.div_euclid(1_000)).max(1) - 1;
        let cell = u16::try_from(cell).unwrap_or(0);
        self.gaps = [Some(cell), self.gaps[0]];
        self.pace.push_back(gap_ms);
        if self.pace.len() > PACE {
            self.pace.pop_front();
        }
        cell
    }

    /// The octave of how long the last gaps took.
    fn slow(&self) -> u16 {
        if self.pace.len() < PACE {
            return NONE;
        }
        let seconds = self.pace.iter().sum::<i64>() / 1_000;
        u16::try_from(seconds.max(1).ilog2()).unwrap_or(0)
    }

    fn gap_contexts(&self) -> [u128; 4] {
        let ([g, h], s) = (self.gaps.map(|g| g.unwrap_or(NONE)), self.slow());
        [context(&[g, h, s]), context(&[g, s]), context(&[s]), context(&[])]
    }

    /// Who could begin a session now, the latest first: positions in `known`. Who is still in one cannot.
    fn free(&self, at_ms: i64, pause_ms: i64) -> Vec<usize> {
        (0..self.known.len()).filter(|i| self.known[*i].1 + pause_ms < at_ms).collect()
    }

    fn who_contexts(&self, class: u16, free: usize) -> [u128; 4] {
        let seen = u16::try_from(free.max(1).ilog2()).unwrap_or(0);
        let gap = self.gaps[0].unwrap_or(NONE);
        [context(&[class, seen, gap]), context(&[class, seen]), context(&[seen]), context(&[])]
    }

    fn class_contexts(&self) -> [u128; 3] {
        let (z, g) = (self.class.unwrap_or(NONE), self.gaps[0].unwrap_or(NONE));
        [context(&[z, g]), context(&[z]), context(&[])]
    }

    fn came(&mut self, place: Option<usize>, address: u32, end_ms: i64, class: u16) {
        if let Some(place) = place {
            self.known.remove(place);
        }
        self.known.insert(0, (address, end_ms));
        self.known.truncate(REMEMBERED);
        self.class = Some(class);
    }
}

impl Fleet {
    /// Learns the sessions of one agent, by their begin, with the class of each; `pause_ms` is what lies between two of one address.
    pub(super) fn learn(sessions: &[(&Session, u16)], observed: &[Stretch], pause_ms: i64) -> Self {
        let (mut gap, mut class, mut who) =
            (Backoff::with_levels(4), Backoff::with_levels(3), Backoff::with_levels(4));
        let mut gaps: BTreeMap<u16, Vec<f64>> = BTreeMap::new();
        let mut addresses: Vec<u32> = Vec::new();
        let mut past = Past::default();
        let mut before: Option<(i64, usize)> = None;
        for (session, kind) in sessions {
            let at = session.start_ms();
            let stretch = observed.partition_point(|s| s.to_ms <= at);
            match before {
                Some((last, of)) if of == stretch => {
                    let contexts = past.gap_contexts();
                    let cell = past.waited(at - last);
                    gap.add(&contexts, cell);
                    gaps.entry(cell).or_default().push((at - last) as f64);
                }
                Some(_) => past = past.anew(),
                None => {}
            }
            class.add(&past.class_contexts(), *kind);
            let free = past.free(at, pause_ms);
            let rank = free.iter().position(|i| past.known[*i].0 == session.client);
            let octave = rank.map_or(NEW, |rank| u16::try_from((rank + 1).ilog2()).unwrap_or(0));
            who.add(&past.who_contexts(*kind, free.len()), octave);
            let end = session.at_ms.last().copied().unwrap_or(at);
            past.came(rank.map(|rank| free[rank]), session.client, end, *kind);
            addresses.push(session.client);
            before = Some((at, stretch));
        }
        addresses.sort_unstable();
        addresses.dedup();
        Self {
            addresses: u32::try_from(addresses.len()).unwrap_or(u32::MAX),
            pace: 1.0,
            pause_ms,
            gap,
            gaps_ms: gaps.into_iter().map(|(cell, gaps)| (cell, Law::of(gaps))).collect(),
            class,
            who,
        }
    }

    /// Plays it over stretches, `rate` times as fast; `begin` plays a session and says when it ends.
    pub(super) fn play(
        &self,
        stretches: &[Stretch],
        rate: f64,
        random: &mut Random,
        mut begin: impl FnMut(Begin) -> i64,
    ) {
        let rate = rate * self.pace;
        let mut past = Past::default();
        let mut addresses = 0;
        for stretch in stretches {
            past = past.anew();
            // It has been there before: by the begin of the stretch it is anywhere in its course.
            let mut at = stretch.from_ms - LEAD_MS;
            while at < stretch.to_ms {
                let Some(class) = self.class.draw(&past.class_contexts(), random) else { return };
                let free = past.free(at, self.pause_ms);
                let octave = self.who.draw(&past.who_contexts(class, free.len()), random).unwrap_or(NEW);
                let rank = rank(octave, free.len(), addresses < self.addresses, random);
                let place = rank.map(|rank| free[rank]);
                let address = place.map_or_else(
                    || {
                        addresses += 1;
                        addresses - 1
                    },
                    |place| past.known[place].0,
                );
                let end = begin(Begin { at_ms: at, class, address });
                past.came(place, address, end, class);
                let Some(gap) = self.wait(&mut past, random) else { return };
                at += scaled(gap, 1.0 / rate);
            }
        }
    }

    fn wait(&self, past: &mut Past, random: &mut Random) -> Option<i64> {
        let cell = self.gap.draw(&past.gap_contexts(), random)?;
        let gap = self.gaps_ms.get(&cell).and_then(|law| law.draw(random)).unwrap_or(60_000.0);
        #[expect(clippy::cast_possible_truncation, reason = "a gap that was seen")]
        let gap = gap as i64;
        past.waited(gap);
        Some(gap)
    }
}

fn scaled(gap_ms: i64, factor: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a part of a gap that was seen")]
    let scaled = (gap_ms as f64 * factor) as i64;
    scaled
}

/// Which of the known addresses comes, the latest being 0; `None` for a new one, while there are any, or where nobody
/// is free.
fn rank(octave: u16, known: usize, more: bool, random: &mut Random) -> Option<usize> {
    if known == 0 || (octave == NEW && more) {
        return None;
    }
    if octave == NEW {
        return Some(known - 1);
    }
    let (from, to) = ((1_usize << octave) - 1, ((2_usize << octave) - 1).min(known));
    if from < known {
        return Some(from + random.below(to - from));
    }
    (!more).then_some(known - 1)
}
