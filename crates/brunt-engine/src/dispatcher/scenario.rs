//! Where one scenario stands on one worker: how far its schedules are read, who waits.

use super::{Slot, Start, StartKind};
use crate::steering::{Change, lasts, toward};
use brunt_metrics::{Nanos, ScenarioId};
use brunt_workload::{
    Arrival, ArrivalCursor, Arrivals, Draw, FeedId, IterationIndex, Lanes, Pause, PauseTime, Rate, RateRamp,
    Scenario, StartAt, Supply, Transition, Workload,
};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Keeps the draws of think times apart from those of iterations.
const THINK_SEED: u64 = 0x0074_6869_6e6b;

/// Keeps the draws of pacing apart from those of think times.
const PACING_SEED: u64 = 0x7061_6369_6e67;

/// Arrivals of one schedule have lower indices than this power of two: at a million a second, 34 years of them.
const INDEX_BITS: u32 = 50;

/// The longest stretch that a changed Poisson process is made for: what its integers hold, some 13 days.
const LONGEST: Nanos = Nanos((1 << 50) - 1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// For another scenario's end.
    Waiting,
    /// From `begin` on.
    Running,
    /// Nothing starts any more.
    Draining,
    Done,
}

#[derive(Debug)]
pub(super) struct ScenarioState {
    pub(super) id: ScenarioId,
    stage: Stage,
    begin: Nanos,
    /// No iteration that is due at or after this starts.
    end: Option<Nanos>,
    seed: u64,
    lanes: Lanes,
    /// The supply as it was changed last, and when, counted from `begin`; the plan's, until it is changed.
    supply: Option<(Supply, Nanos)>,
    /// Since when the schedule stands still.
    paused: Option<Nanos>,
    /// How often the rate was changed.
    rates: u64,
    transitions: Vec<Transition>,
    followed: usize,
    open: bool,
    /// Whether it goes on with nobody in it.
    lasts: bool,
    cursor: ArrivalCursor,
    /// Iterations of closed users begun.
    taken: u64,
    /// Data that its users need and that has ended: nothing more starts.
    out_of: Option<FeedId>,
    /// Free users of an open scenario, the last freed on top: its connection is the warmest.
    pub(super) idle: Vec<Slot>,
    thinkers: BinaryHeap<Reverse<(Nanos, Slot)>>,
    /// Users that exist.
    pub(super) users: u32,
    /// By the user's rank among those that this worker owns.
    slots: Vec<Slot>,
    /// Users that may still be added on demand, by rank: from the first number to below the second.
    elastic: (u64, u64),
}

impl ScenarioState {
    pub(super) fn new(id: ScenarioId, workload: &Workload, lanes: Lanes) -> Self {
        let (plan, seed) = (&workload.scenarios[usize::from(id.0)], workload.seed);
        let elastic = match plan.supply {
            Supply::Elastic { initial, cap } => {
                (lanes.count_below(u64::from(initial.min(cap))), lanes.count_below(u64::from(cap)))
            }
            Supply::Fixed(_) | Supply::Spawn { .. } | Supply::Ramp { .. } => (0, 0),
        };
        Self {
            id,
            stage: Stage::Waiting,
            begin: Nanos::MAX,
            end: None,
            seed,
            transitions: plan.supply.transitions(&lanes),
            followed: 0,
            open: plan.arrivals.is_open(),
            lasts: lasts(workload, plan),
            cursor: plan.arrivals.cursor(lanes.clone(), seed, id),
            lanes,
            supply: None,
            paused: None,
            rates: 0,
            taken: 0,
            out_of: None,
            idle: Vec::new(),
            thinkers: BinaryHeap::new(),
            users: 0,
            slots: Vec::new(),
            elastic,
        }
    }

    pub(super) fn begin(&mut self, at: Nanos, after: Option<Nanos>) {
        if self.stage == Stage::Waiting {
            self.stage = Stage::Running;
            self.begin = at;
            self.end = after.map(|after| at + after);
        }
    }

    /// The load changes at `at`. What was due before has begun.
    pub(super) fn steer(&mut self, plan: &Scenario, at: Nanos, change: Change) {
        // Where its schedule stands.
        let stands = self.paused.map_or(at, |since| since.min(at));
        if matches!(self.stage, Stage::Draining | Stage::Done) || self.end.is_some_and(|end| end <= stands) {
            return;
        }
        // A scenario that has not begun changes from its beginning on.
        let since = if self.stage == Stage::Running { stands - self.begin.min(stands) } else { Nanos::ZERO };
        match change {
            Change::Users(to, rate) => self.change_users(plan, since, (to, rate)),
            Change::Rate(rate) => self.change_rate(plan, since, rate),
            Change::Pause => {
                self.paused.get_or_insert(at);
            }
            Change::Resume => self.resume(plan, at),
        }
    }

    /// How many users its schedule asks for, so long after its beginning.
    fn users_at(&self, plan: &Scenario, since: Nanos) -> u32 {
        match &self.supply {
            Some((supply, from)) => supply.users_at(since - (*from).min(since)),
            None => plan.supply.users_at(since),
        }
    }

    fn change_users(&mut self, plan: &Scenario, since: Nanos, (to, rate): (u32, Option<Rate>)) {
        if !self.lasts {
            return;
        }
        // As of just before: whoever would come at this very instant is still to come.
        let base = Nanos(since.0.saturating_sub(1));
        let from = if base < since { self.users_at(plan, base) } else { 0 };
        let supply = toward((from, since - base), to, rate);
        let mut transitions = supply.transitions(&self.lanes);
        // Those that are there have come.
        transitions.retain(|t| t.at > Nanos::ZERO || t.user >= u64::from(from));
        for transition in &mut transitions {
            transition.at = transition.at + base;
        }
        self.transitions = transitions;
        self.followed = 0;
        self.supply = Some((supply, base));
    }

    fn change_rate(&mut self, plan: &Scenario, since: Nanos, rate: Rate) {
        let left = self.end.map_or(LONGEST, |end| end - (self.begin + since)).min(LONGEST);
        let arrivals = match &plan.arrivals {
            Arrivals::Constant(_) | Arrivals::Ramp(_) => Arrivals::Constant(rate),
            Arrivals::Poisson(_) => match RateRamp::constant(rate, left) {
                Ok(ramp) => Arrivals::Poisson(ramp),
                Err(_) => return,
            },
            Arrivals::Closed | Arrivals::Bursts { .. } | Arrivals::Replay { .. } => return,
        };
        self.rates += 1;
        // No schedule has so many arrivals before it is changed: names of iterations stay their own, on all workers alike.
        let first = self.rates << INDEX_BITS;
        self.cursor = arrivals.cursor_from((first, since), self.lanes.clone(), self.seed, self.id);
    }

    /// The schedule goes on where it stood.
    fn resume(&mut self, plan: &Scenario, at: Nanos) {
        let Some(since) = self.paused.take() else { return };
        if self.begin < Nanos::MAX {
            // What waited for another scenario, and could have begun meanwhile, begins now.
            let follows = matches!(plan.start, StartAt::After { .. }) && self.begin > since;
            let moved = if follows { at - self.begin.min(at) } else { at - since };
            self.begin = self.begin + moved;
            self.end = self.end.map(|end| end + moved);
        }
    }

    /// Those whose pauses ended while it stood still: when they were to be over, and whose. Nobody is late for what stood
    /// still: they are pushed again with their new time.
    pub(super) fn overdue_thinkers(&mut self, at: Nanos) -> Vec<(Nanos, Slot)> {
        let mut out = Vec::new();
        while let Some(Reverse((until, slot))) = self.thinkers.peek().copied()
            && until < at
        {
            self.thinkers.pop();
            out.push((until, slot));
        }
        out
    }

    pub(super) const fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Nothing that is due at or after `now` starts.
    pub(super) fn stop(&mut self, now: Nanos) {
        self.paused = None;
        if self.stage == Stage::Waiting || (self.stage == Stage::Running && self.begin > now) {
            self.stage = Stage::Running;
            self.begin = now;
            self.followed = self.transitions.len();
        }
        self.end = Some(self.end.map_or(now, |end| end.min(now)));
    }

    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    pub(super) fn has_begun(&self, now: Nanos) -> bool {
        self.stage != Stage::Waiting
            && self.begin <= now
            && (self.stage != Stage::Running || self.paused.is_none_or(|since| self.begin <= since))
    }

    /// The next start or stop of a user that is due, at its absolute instant.
    pub(super) fn take_transition(&mut self, now: Nanos) -> Option<(Nanos, Transition)> {
        if self.stage != Stage::Running || self.is_paused() {
            return None;
        }
        let transition = *self.transitions.get(self.followed)?;
        let at = self.begin + transition.at;
        if at > now || self.end.is_some_and(|end| at >= end) {
            return None;
        }
        self.followed += 1;
        Some((at, transition))
    }

    pub(super) fn push_thinker(&mut self, until: Nanos, slot: Slot) {
        self.thinkers.push(Reverse((until, slot)));
    }

    /// The next user whose pause is over.
    pub(super) fn take_thinker(&mut self, now: Nanos) -> Option<(Nanos, Slot)> {
        let Reverse((until, _)) = *self.thinkers.peek()?;
        if until > now || self.stage != Stage::Running || self.is_paused() {
            return None;
        }
        self.thinkers.pop().map(|Reverse(thinker)| thinker)
    }

    /// The next arrival that is due, with its absolute instant.
    pub(super) fn take_arrival(&mut self, plan: &Scenario, now: Nanos) -> Option<Arrival> {
        let arrival = self.next_arrival(plan).filter(|a| a.due <= now)?;
        self.cursor.advance();
        Some(arrival)
    }

    fn next_arrival(&self, plan: &Scenario) -> Option<Arrival> {
        if self.stage != Stage::Running || self.out_of.is_some() || self.is_paused() {
            return None;
        }
        let arrival = self.cursor.peek().filter(|a| plan.stop.iterations.is_none_or(|n| a.index < n))?;
        let due = self.begin + arrival.due;
        (self.end.is_none_or(|end| due < end)).then_some(Arrival { due, ..arrival })
    }

    /// The user to add when none is free, if the cap allows.
    pub(super) fn next_elastic_user(&mut self) -> Option<u64> {
        let (rank, cap) = self.elastic;
        if rank >= cap {
            return None;
        }
        self.elastic.0 += 1;
        self.lanes.nth(rank)
    }

    pub(super) fn remember(&mut self, v: u64, slot: Slot) {
        let rank = usize::try_from(self.lanes.count_below(v)).unwrap_or(usize::MAX);
        if self.slots.len() <= rank {
            self.slots.resize(rank + 1, Slot(u32::MAX));
        }
        self.slots[rank] = slot;
    }

    pub(super) fn slot_of(&self, v: u64) -> Option<Slot> {
        let rank = usize::try_from(self.lanes.count_below(v)).ok()?;
        self.slots.get(rank).copied().filter(|slot| slot.0 != u32::MAX)
    }

    /// The index of a closed user's next iteration; `None` when there is none for it any more.
    pub(super) fn next_iteration(
        &self,
        plan: &Scenario,
        (v, k): (u64, u64),
        scheduled: Nanos,
    ) -> Option<IterationIndex> {
        let over = self.out_of.is_some() || self.end.is_some_and(|end| scheduled >= end);
        if over || self.stage != Stage::Running || plan.stop.per_user.is_some_and(|n| k >= n) {
            return None;
        }
        let Some(iterations) = plan.stop.iterations else { return Some(IterationIndex::of_user(v, k)) };
        self.lanes.nth(self.taken).filter(|i| *i < iterations).map(IterationIndex::arrival)
    }

    /// The iteration last asked for begins.
    pub(super) const fn take_iteration(&mut self) {
        self.taken += 1;
    }

    /// Data that its users need has ended.
    pub(super) const fn run_out_of(&mut self, feed: FeedId) {
        self.out_of = Some(feed);
    }

    /// Which data, if any has.
    pub(super) const fn out_of(&self) -> Option<FeedId> {
        self.out_of
    }

    pub(super) fn start(
        &self,
        plan: &Scenario,
        (slot, user, k): (Slot, u64, u64),
        index: IterationIndex,
        scheduled: Nanos,
    ) -> Start {
        let phase = plan.phase_at(scheduled - self.begin);
        let kind = StartKind::Iteration;
        Start { kind, slot, scenario: self.id, user, k, turn: k, index, scheduled, phase }
    }

    /// When a closed user's next iteration is due: iteration `k` of user `v` was due at `due` and ended at `ended`.
    pub(super) fn next_due(
        &self,
        plan: &Scenario,
        (v, k): (u64, u64),
        (due, ended): (Nanos, Nanos),
    ) -> Nanos {
        let Some(class) = plan.classes.get(plan.class_shares.class_of(v)) else { return ended };
        let (think, pacing) = (class.journey.think, class.journey.pacing);
        let draw = |salt| Draw::new(self.seed ^ salt, self.id, IterationIndex::of_user(v, k));
        let mut next = ended;
        if think != Pause::NONE {
            next = next + think.after(k, &mut draw(THINK_SEED));
        }
        if pacing != PauseTime::None {
            next = next.max(due + pacing.draw(&mut draw(PACING_SEED)));
        }
        next
    }

    /// When those are cut that leave because nothing more starts.
    pub(super) fn cut_at(&self, plan: &Scenario) -> Nanos {
        self.end.map_or(Nanos::MAX, |end| end + plan.stop.grace)
    }

    /// Since when nothing more starts, seen at `now`.
    pub(super) fn over_since(&self, now: Nanos) -> Nanos {
        self.end.map_or(now, |end| end.min(now))
    }

    /// Whether nothing more will start: its time is over, or all that it had to do has begun.
    pub(super) fn schedule_is_over(&self, now: Nanos, plan: &Scenario) -> bool {
        let timed_out = !self.is_paused() && self.end.is_some_and(|end| now >= end);
        self.stage == Stage::Running && (timed_out || self.nothing_left(plan))
    }

    /// Whether all that it had to do has begun, whatever the time.
    pub(super) fn is_exhausted(&self, plan: &Scenario) -> bool {
        self.stage == Stage::Running && self.nothing_left(plan)
    }

    fn nothing_left(&self, plan: &Scenario) -> bool {
        let limited = |index: Option<u64>| plan.stop.iterations.is_some_and(|n| index.is_none_or(|i| i >= n));
        if self.out_of.is_some() {
            return true;
        }
        if self.is_paused() {
            return false;
        }
        if self.open {
            let next = self.cursor.peek().map(|a| a.index);
            return limited(next) || (self.end.is_none() && next.is_none());
        }
        let nobody = !self.lasts && self.users == 0 && self.followed == self.transitions.len();
        nobody || limited(self.lanes.nth(self.taken))
    }

    /// Lets nothing more start; tells when what runs is to be cut. `None` if it drains already.
    pub(super) fn begin_draining(&mut self, plan: &Scenario) -> Option<Nanos> {
        if self.stage != Stage::Running {
            return None;
        }
        self.stage = Stage::Draining;
        self.thinkers.clear();
        self.idle.clear();
        Some(self.cut_at(plan))
    }

    /// Draining, and the last user has left: done, from now on. True once.
    pub(super) fn finish_if_empty(&mut self) -> bool {
        let finished = self.stage == Stage::Draining && self.users == 0;
        if finished {
            self.stage = Stage::Done;
        }
        finished
    }

    /// When something of it is due next, seen at `now`.
    pub(super) fn next_wake(&self, plan: &Scenario, now: Nanos) -> Nanos {
        if !self.has_begun(now) {
            return if self.stage == Stage::Waiting || self.is_paused() { Nanos::MAX } else { self.begin };
        }
        if self.stage != Stage::Running || self.is_paused() {
            return Nanos::MAX;
        }
        let transition = self.transitions.get(self.followed).map(|t| self.begin + t.at);
        let thinker = self.thinkers.peek().map(|Reverse((until, _))| *until);
        let arrival = self.next_arrival(plan).map(|a| a.due);
        [transition, thinker, arrival, self.end].into_iter().flatten().min().unwrap_or(Nanos::MAX)
    }
}
