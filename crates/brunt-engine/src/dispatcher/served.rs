//! How often each user has served each class.
//!
//! In a closed scenario a user belongs to one class, and the count is that of its iterations. The users of an open one are a pool
//! that serves every class: there each class counts by itself, so that its actions come in turn and its beginning once, whatever
//! else the user did between.

use super::Slot;
use brunt_workload::{Scenario, Workload};

/// The counts of a worker's users. Holds nothing unless an open scenario has several classes.
#[derive(Clone, Debug, Default)]
pub(super) struct Served {
    /// The most classes of an open scenario; 0 if none has several.
    width: usize,
    /// By slot, then by class.
    counts: Vec<u32>,
}

impl Served {
    pub(super) fn new(workload: &Workload) -> Self {
        let pools = workload.scenarios.iter().filter(|s| s.arrivals.is_open());
        let most = pools.map(|s| s.classes.len()).max().unwrap_or(0);
        Self { width: if most > 1 { most } else { 0 }, counts: Vec::new() }
    }

    /// A user comes to a slot: the counts of the one before it are forgotten.
    pub(super) fn arrive(&mut self, slot: Slot) {
        let from = slot.0 as usize * self.width;
        self.counts.resize(self.counts.len().max(from + self.width), 0);
        self.counts[from..from + self.width].fill(0);
    }

    /// How many iterations of `class` the user of `slot`, which has begun `k` in all, has begun.
    pub(super) fn times(&self, plan: &Scenario, (slot, k): (Slot, u64), class: usize) -> u64 {
        if self.width == 0 || !plan.arrivals.is_open() {
            return k;
        }
        self.counts.get(slot.0 as usize * self.width + class).copied().map_or(0, u64::from)
    }

    /// The user of `slot` begins an iteration of `class`.
    pub(super) fn begin(&mut self, slot: Slot, class: usize) {
        if self.width > 0
            && let Some(count) = self.counts.get_mut(slot.0 as usize * self.width + class)
        {
            *count = count.saturating_add(1);
        }
    }
}
