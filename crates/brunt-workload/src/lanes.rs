//! Lanes: which global indices a worker owns.
//!
//! Every schedule is a function of a global index (arrival i, user v, iteration i). Index `i` belongs to
//! lane `i mod LANES`, and each lane to one worker. A worker's k-th index costs O(1) and no scan, so it
//! walks its own part of a schedule without knowing the others', and the parts add up to the whole for any
//! number of workers: threads now, machines later.

use std::sync::Arc;

/// The number of lanes: divisible by 1 to 12, 14 to 16, 18 and 20, so that the usual worker counts divide evenly.
pub const LANES: u64 = 55_440;

/// The lanes of one worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// Ascending. Empty for a worker that owns nothing.
    owned: Owned,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Owned {
    All,
    Some(Arc<[u32]>),
}

impl Lanes {
    /// Every lane: the only worker.
    pub const fn all() -> Self {
        Self { owned: Owned::All }
    }

    /// No lane: a worker that has no part in a schedule.
    pub fn none() -> Self {
        Self { owned: Owned::Some(Arc::from([])) }
    }

    /// The lanes of worker `worker` of `of` equal ones: those that leave `worker` when divided by `of`. A worker
    /// beyond them has none.
    pub fn equal(worker: u32, of: u32) -> Self {
        if worker >= of.max(1) {
            return Self::none();
        }
        if of <= 1 {
            return Self::all();
        }
        #[expect(clippy::cast_possible_truncation, reason = "LANES fits in 32 bits")]
        let lanes = LANES as u32;
        Self { owned: Owned::Some((worker..lanes).step_by(of as usize).collect()) }
    }

    /// Lanes owned per cycle of [`LANES`].
    fn per_cycle(&self) -> u64 {
        match &self.owned {
            Owned::All => LANES,
            Owned::Some(lanes) => lanes.len() as u64,
        }
    }

    /// The `k`-th index that this worker owns, counted from 0; `None` when it owns none.
    pub fn nth(&self, k: u64) -> Option<u64> {
        match &self.owned {
            Owned::All => Some(k),
            Owned::Some(lanes) if lanes.is_empty() => None,
            Owned::Some(lanes) => {
                let c = lanes.len() as u64;
                #[expect(clippy::cast_possible_truncation, reason = "a remainder by a usize length")]
                let lane = lanes[(k % c) as usize];
                (k / c).checked_mul(LANES)?.checked_add(u64::from(lane))
            }
        }
    }

    /// How many of the indices below `end` this worker owns.
    pub fn count_below(&self, end: u64) -> u64 {
        match &self.owned {
            Owned::All => end,
            Owned::Some(lanes) => {
                let rest = end % LANES;
                let partial = lanes.partition_point(|lane| u64::from(*lane) < rest) as u64;
                end / LANES * self.per_cycle() + partial
            }
        }
    }

    /// Whether the worker owns index `i`.
    pub fn owns(&self, i: u64) -> bool {
        self.count_below(i + 1) > self.count_below(i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lanes_partition_every_index(of in 1_u32..40, start in 0_u64..200_000) {
            let workers: Vec<Lanes> = (0..of).map(|w| Lanes::equal(w, of)).collect();
            for i in start..start + 200 {
                prop_assert_eq!(workers.iter().filter(|w| w.owns(i)).count(), 1);
            }
            let counts: Vec<u64> = workers.iter().map(|w| w.count_below(start)).collect();
            prop_assert_eq!(counts.iter().sum::<u64>(), start);
        }

        #[test]
        fn nth_and_count_are_inverse(of in 1_u32..40, k in 0_u64..1_000_000) {
            let lanes = Lanes::equal(of - 1, of);
            let i = lanes.nth(k).unwrap();
            prop_assert!(lanes.owns(i));
            prop_assert_eq!(lanes.count_below(i), k);
        }
    }

    #[test]
    fn a_worker_without_lanes_owns_nothing() {
        assert_eq!(Lanes::none().nth(0), None);
        assert_eq!(Lanes::none().count_below(1_000), 0);
        assert_eq!(Lanes::equal(3, 1), Lanes::none());
        assert_eq!(Lanes::equal(2, 2), Lanes::none());
        assert_eq!(Lanes::equal(3, 2), Lanes::none());
    }
}
