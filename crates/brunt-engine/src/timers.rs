//! What the users of a worker wait for: pauses and deadlines, in one heap.
//!
//! A deadline (a request's timeout) is set for every request and almost never met, so it must cost nothing:
//! each user has at most one heap entry for deadlines, and when that entry's time comes it is looked up
//! whether the deadline has moved on since. A request sets a number; the heap sees one entry per user and
//! timeout length.

use crate::dispatcher::Slot;
use brunt_metrics::Nanos;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKind {
    /// A pause's end: wake the user.
    Pause,
    /// Look whether the user's deadline is met.
    Deadline,
}

/// One instant that is waited for.
pub(crate) type Timer = (Nanos, TimerKind, Slot);

/// The heap of a worker.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
}

impl Timers {
    pub(crate) fn push(&mut self, timer: Timer) {
        self.heap.push(Reverse(timer));
    }

    /// The earliest instant, or [`Nanos::MAX`].
    pub(crate) fn next(&self) -> Nanos {
        self.heap.peek().map_or(Nanos::MAX, |Reverse((at, ..))| *at)
    }

    /// Takes the earliest entry that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Nanos) -> Option<Timer> {
        if self.next() > now {
            return None;
        }
        self.heap.pop().map(|Reverse(timer)| timer)
    }
}

#[cfg(test)]
impl Timers {
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}
