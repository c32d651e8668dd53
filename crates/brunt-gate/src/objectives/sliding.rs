//! The last seconds, summed, without adding all of them up each second.
//!
//! Two stacks make a queue whose sum is known: the older seconds with the sum from each to the newest of them, and the
//! newer ones with one sum. Each second is merged at most twice after it came, however long the window
//! (the classic two-stack queue; see Tangwongsan, Hirzel, Schneider: Low-Latency Sliding-Window Aggregation, DEBS 2017).

use super::part::Part;

/// What a second says about a measure, and about the one that its limit refers to.
#[derive(Clone, Debug, Default)]
pub(super) struct Both {
    pub(super) own: Part,
    pub(super) other: Part,
}

impl Both {
    pub(super) fn merge(&mut self, more: &Self) {
        self.own.merge(&more.own);
        self.other.merge(&more.other);
    }
}

/// The last `length` seconds.
#[derive(Clone, Debug)]
pub(super) struct Sliding {
    length: usize,
    /// Each the sum of itself and all that came after it, up to the newest of them; the oldest last.
    older: Vec<Both>,
    newer: Vec<Both>,
    newer_sum: Both,
}

impl Sliding {
    pub(super) fn new(length: usize) -> Self {
        Self { length: length.max(1), older: Vec::new(), newer: Vec::new(), newer_sum: Both::default() }
    }

    /// Adds a second, and forgets the oldest if there are more than the window is long.
    pub(super) fn push(&mut self, second: Both) {
        if self.older.len() + self.newer.len() == self.length {
            if self.older.is_empty() {
                let mut sum = Both::default();
                while let Some(mut part) = self.newer.pop() {
                    part.merge(&sum);
                    sum = part.clone();
                    self.older.push(part);
                }
                self.newer_sum = Both::default();
            }
            self.older.pop();
        }
        self.newer_sum.merge(&second);
        self.newer.push(second);
    }

    /// Forgets everything: what comes next does not follow on what was.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.length);
    }

    /// How many seconds it holds.
    pub(super) fn seconds(&self) -> usize {
        self.older.len() + self.newer.len()
    }

    /// Whether it holds as many seconds as it is long.
    pub(super) fn is_full(&self) -> bool {
        self.seconds() == self.length
    }

    /// Their sum.
    pub(super) fn sum(&self) -> Both {
        let mut sum = self.older.last().cloned().unwrap_or_default();
        sum.merge(&self.newer_sum);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_the_sum_of_its_last_seconds() {
        for length in 1..8 {
            let mut window = Sliding::new(length);
            for i in 1..40_u64 {
                let own = Part { hits: i * i, ..Part::default() };
                window.push(Both { own, other: Part::default() });
                let from = (i + 1).saturating_sub(length as u64).max(1);
                assert_eq!(window.sum().own.hits, (from..=i).map(|n| n * n).sum::<u64>(), "{length} {i}");
                assert_eq!(window.seconds(), length.min(usize::try_from(i).unwrap_or(0)));
            }
        }
    }
}
