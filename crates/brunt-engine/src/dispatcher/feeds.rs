//! Who holds which row of the workload's data.
//!
//! A row is taken where an iteration is decided to start, and not by the user on its way: so an iteration for
//! which there is no row never starts, and data of n rows that stops at its end makes exactly n iterations.

use super::Slot;
use crate::journey::action_at;
use brunt_metrics::ScenarioId;
use brunt_workload::{
    Action, Draw, FeedCursors, FeedId, FeedPer, IterationIndex, Journey, Lanes, Scenario, Workload,
};
use std::sync::Arc;

/// Data that a start needs has ended: which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended(pub(super) FeedId);

/// The rows that the users of a worker hold.
#[derive(Debug)]
pub(super) struct Rows {
    workload: Arc<Workload>,
    /// By feed: the workers that share it are those that run a scenario which uses it.
    cursors: Vec<FeedCursors>,
    /// By slot. Stays empty without feeds.
    held: Vec<Vec<(FeedId, u32)>>,
}

impl Rows {
    pub(super) fn new(workload: Arc<Workload>, worker: u32, workers: u32) -> Self {
        let feeds = workload.feeds.len();
        let ids = (0_u16..).map(FeedId).take(feeds);
        let cursors = ids.map(|id| FeedCursors::new(feeds, lanes(&workload, id, worker, workers))).collect();
        Self { workload, cursors, held: Vec::new() }
    }

    /// What the user of `slot` holds.
    pub(super) fn of(&self, slot: Slot) -> &[(FeedId, u32)] {
        self.held.get(slot.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether user `v` of a scenario has a row of its own wherever its class needs one. One that has not never
    /// comes.
    pub(super) fn has_place(&self, plan: &Scenario, v: u64) -> bool {
        self.workload.feeds.is_empty() || self.own(plan, v).all(|(_, row)| row.is_some())
    }

    /// The rows that user `v` has for life.
    fn own<'s>(&'s self, plan: &'s Scenario, v: u64) -> impl Iterator<Item = (FeedId, Option<u32>)> + 's {
        let classes = plan.classes.get(plan.classes_of(v)).unwrap_or_default();
        let feeds = classes.iter().flat_map(|class| actions(&class.journey)).flat_map(|action| &action.feeds);
        feeds.filter_map(move |id| {
            let feed = self.workload.feeds.get(usize::from(id.0))?;
            (feed.per == FeedPer::User).then(|| (*id, feed.row_of_user(v, self.workload.seed, *id)))
        })
    }

    /// Gives user `v` in `slot` what its iteration `k` needs, which is the one of number `turn` of its class.
    pub(super) fn give(
        &mut self,
        scenario: ScenarioId,
        slot: Slot,
        (v, k, turn): (u64, u64, u64),
        index: IterationIndex,
    ) -> Result<(), Ended> {
        if self.workload.feeds.is_empty() {
            return Ok(());
        }
        let workload = Arc::clone(&self.workload);
        let plan = &workload.scenarios[usize::from(scenario.0)];
        let class = plan.class_of(v, index);
        let journey = &plan.classes[class].journey;
        let mut draw = Draw::new(workload.seed, scenario, index);
        let action = &journey.actions[action_at(journey, turn, &mut draw)];
        let at = slot.0 as usize;
        if self.held.len() <= at {
            self.held.resize_with(at + 1, Vec::new);
        }
        if k == 0 {
            // The slot's former user's.
            self.held[at].clear();
            let own: Vec<_> = self.own(plan, v).collect();
            for (feed, row) in own {
                self.hold(at, feed, row.ok_or(Ended(feed))?);
            }
        }
        let first = journey.on_start.as_ref().filter(|_| turn == 0);
        let started = first.map_or(&[][..], |action| &action.feeds);
        let fresh = action.feeds.iter().filter(|feed| !started.contains(feed));
        started.iter().chain(fresh).try_for_each(|feed| self.next(at, *feed))
    }

    /// Gives the user of `slot` what its farewell needs beyond what it holds.
    pub(super) fn give_for_farewell(&mut self, slot: Slot, on_stop: &Action) -> Result<(), Ended> {
        let at = slot.0 as usize;
        on_stop.feeds.iter().try_for_each(|feed| {
            let holds = self.of(slot).iter().any(|(held, _)| held == feed);
            if holds { Ok(()) } else { self.next(at, *feed) }
        })
    }

    fn next(&mut self, at: usize, id: FeedId) -> Result<(), Ended> {
        let workload = Arc::clone(&self.workload);
        let (Some(feed), Some(cursor)) =
            (workload.feeds.get(usize::from(id.0)), self.cursors.get_mut(usize::from(id.0)))
        else {
            return Ok(());
        };
        match feed.per {
            FeedPer::User => Ok(()),
            FeedPer::Iteration => {
                let row = cursor.next(&workload.feeds, id, workload.seed).ok_or(Ended(id))?;
                self.hold(at, id, row);
                Ok(())
            }
        }
    }

    fn hold(&mut self, at: usize, feed: FeedId, row: u32) {
        let Some(held) = self.held.get_mut(at) else { return };
        match held.iter_mut().find(|(id, _)| *id == feed) {
            Some(place) => place.1 = row,
            None => held.push((feed, row)),
        }
    }
}

/// Everything that a user of this journey may do.
fn actions(journey: &Journey) -> impl Iterator<Item = &Action> {
    journey.on_start.iter().chain(&journey.actions).chain(&journey.on_stop)
}

/// The rows of `feed` that worker `worker` of `workers` gives. A scenario with fewer users than workers is run by
/// the first of them alone, and they share all rows.
fn lanes(workload: &Workload, feed: FeedId, worker: u32, workers: u32) -> Lanes {
    let uses = |plan: &&Scenario| {
        let mut all = plan.classes.iter().flat_map(|class| actions(&class.journey));
        all.any(|action| action.feeds.contains(&feed))
    };
    let users = workload.scenarios.iter().filter(uses).map(|plan| plan.supply.max_users()).max();
    Lanes::equal(worker, workers.min(users.unwrap_or(1)).max(1))
}
