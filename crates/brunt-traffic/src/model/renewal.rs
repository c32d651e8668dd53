//! A client that is always there and keeps no grid: a feed reader, a poller, a crawler that never leaves.

use super::chain::Backoff;
use super::law::Law;
use crate::random::Random;
use crate::trace::{Stretch, Trace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Gaps in seconds that are told apart: fine around the periods of timers.
const EDGES_S: [i64; 50] = [
    0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 36, 46, 56, 58, 59, 60, 61, 62, 64, 70, 80, 100, 130, 170,
    220, 299, 300, 301, 330, 420, 599, 600, 601, 700, 900, 1_200, 1_790, 1_800, 1_810, 2_400, 3_590, 3_600,
    3_610, 5_400, 7_200, 14_400, 43_200,
];

const NONE: u16 = u16::MAX;

/// Endpoints and gaps, each by the two before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    next: Backoff,
    gap: Backoff,
    gaps_ms: BTreeMap<u16, Law>,
}

#[derive(Clone, Copy)]
struct Past {
    last: [u16; 2],
    gaps: [u16; 2],
}

impl Past {
    const NEW: Self = Self { last: [NONE; 2], gaps: [NONE; 2] };

    fn next_contexts(self) -> [u128; 4] {
        let ([a, b], g) = (self.last, self.gaps[0]);
        [
            super::chain::context(&[a, b, g]),
            super::chain::context(&[a, g]),
            super::chain::context(&[a]),
            super::chain::context(&[]),
        ]
    }

    fn gap_contexts(self) -> [u128; 4] {
        let (a, [g, h]) = (self.last[0], self.gaps);
        [
            super::chain::context(&[a, g, h]),
            super::chain::context(&[g, h]),
            super::chain::context(&[g]),
            super::chain::context(&[]),
        ]
    }
}

impl Renewal {
    /// Learns the rows of one client.
    pub(super) fn learn(rows: &Trace, observed: &[Stretch]) -> Self {
        let (mut next, mut gap) = (Backoff::with_levels(4), Backoff::with_levels(4));
        let mut gaps: BTreeMap<u16, Vec<f64>> = BTreeMap::new();
        let mut past = Past::NEW;
        let mut before: Option<(i64, usize)> = None;
        for (at, endpoint) in rows.at_ms.iter().zip(&rows.endpoint) {
            let stretch = observed.partition_point(|s| s.to_ms <= *at);
            match before {
                Some((last, of)) if of == stretch => {
                    let gap_ms = at - last;
                    let cell = EDGES_S.partition_point(|edge| *edge <= gap_ms.div_euclid(1_000)).max(1) - 1;
                    let cell = u16::try_from(cell).unwrap_or(0);
                    gap.add(&past.gap_contexts(), cell);
                    gaps.entry(cell).or_default().push(gap_ms as f64);
                    past.gaps = [cell, past.gaps[0]];
                }
                Some(_) => past = Past::NEW,
                None => {}
            }
            next.add(&past.next_contexts(), *endpoint);
            past.last = [*endpoint, past.last[0]];
            before = Some((*at, stretch));
        }
        Self { next, gap, gaps_ms: gaps.into_iter().map(|(cell, gaps)| (cell, Law::of(gaps))).collect() }
    }

    /// Plays it over a stretch.
    pub(super) fn play(&self, stretch: Stretch, random: &mut Random, mut emit: impl FnMut(i64, u16)) {
        let mut past = Past::NEW;
        let mut at = stretch.from_ms + i64::try_from(random.below(60_000)).unwrap_or(0);
        while at < stretch.to_ms {
            let Some(endpoint) = self.next.draw(&past.next_contexts(), random) else { return };
            emit(at, endpoint);
            past.last = [endpoint, past.last[0]];
            let Some(cell) = self.gap.draw(&past.gap_contexts(), random) else { return };
            let gap = self.gaps_ms.get(&cell).and_then(|law| law.draw(random)).unwrap_or(60_000.0);
            #[expect(clippy::cast_possible_truncation, reason = "a gap that was seen")]
            let gap = gap as i64;
            at += gap;
            past.gaps = [cell, past.gaps[0]];
        }
    }
}
