//! The dispatcher: what must happen next, decided purely.
//!
//! One dispatcher serves one worker. It is given instants and what happened, and answers with actions; it
//! never reads a clock, never waits, and two dispatchers given the same inputs give the same actions. The
//! driver around it (real or simulated) applies the actions and calls again at [`Dispatcher::next_wake`].
//!
//! A scenario is a row of arrivals x supply x stop. What the dispatcher keeps of it is only where it stands:
//! how far the schedules are read, and what each of its users is doing.
//!
//! | a user is | iteration ends | its time comes | supply says stop | scenario ends | grace is over |
//! |---|---|---|---|---|---|
//! | idle (open) | – | starts an arrival | parts | parts | – |
//! | thinking (closed) | – | starts or parts | parts | parts | – |
//! | running | idle, thinking, starts or parts | – | leaving | leaving | – |
//! | leaving | parts | – | leaving | leaving | cut |
//! | parting | retires | – | parting | parting | cut |
//! | cut | retires | – | cut | cut | cut |
//!
//! To part is to take leave: a user whose class does something at the end, and that has begun an iteration, is
//! given a last start, its farewell, and retires when that has ended; any other retires at once. A farewell is
//! neither due nor started in any count, and it has what is left of the grace: when there is nothing left, or the
//! run is cut, there is none.
//!
//! An iteration starts only if its data has a row for it. When data that stops has ended, so has the scenario, on
//! this worker: nothing more starts, and what runs goes on to its end.

mod feeds;
mod grace;
mod scenario;
mod served;
mod steer;

use crate::steering::Steer;
use brunt_metrics::{Nanos, Phase, ScenarioId};
use brunt_workload::{FeedId, IterationIndex, StartAt, Workload};
use feeds::{Ended, Rows};
use scenario::ScenarioState;
use served::Served;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

/// A user of this worker, by its place in the worker's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

/// What the driver tells the dispatcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Time has passed.
    Wake,
    /// The iteration of a user ended at `ended`, not later than now.
    Done {
        /// Whose.
        slot: Slot,
        /// When.
        ended: Nanos,
    },
    /// A scenario that waited for another begins at `at`.
    Begin {
        /// Which.
        scenario: ScenarioId,
        /// When.
        at: Nanos,
    },
    /// A scenario's load changes at `at`, which lies ahead or has just passed.
    Steer {
        /// When.
        at: Nanos,
        /// What.
        steer: Steer,
    },
    /// No iteration starts any more; those that run have their grace.
    Stop,
    /// Iterations that run are cut.
    Cut,
}

/// What the driver must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A user comes into being.
    AddUser {
        /// Its place in the worker's table.
        slot: Slot,
        /// Whose.
        scenario: ScenarioId,
        /// Its index among all users of the scenario.
        user: u64,
    },
    /// A user, idle until now, runs an iteration, or takes leave.
    Start(Start),
    /// A user, idle until now, leaves. Its slot may be used again.
    Retire {
        /// Which.
        slot: Slot,
    },
    /// A running iteration must end at once.
    Cut {
        /// Whose.
        slot: Slot,
    },
    /// An arrival found no free user below the cap.
    Drop {
        /// Of which scenario.
        scenario: ScenarioId,
    },
    /// All users of the scenario have left and none will come.
    ScenarioDone {
        /// Which.
        scenario: ScenarioId,
        /// The data that had no more rows for it here, if that is why.
        out_of: Option<FeedId>,
    },
}

/// An iteration to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// What is to be done.
    pub kind: StartKind,
    /// Who runs it.
    pub slot: Slot,
    /// Of which scenario.
    pub scenario: ScenarioId,
    /// The user's index among all users of the scenario.
    pub user: u64,
    /// How many iterations the user has run before.
    pub k: u64,
    /// How many of them were of the same class: what "in turn" counts.
    pub turn: u64,
    /// Its name for all time: all randomness of the iteration comes from it.
    pub index: IterationIndex,
    /// When it is due.
    pub scheduled: Nanos,
    /// The phase it is due in.
    pub phase: Phase,
}

/// What a user is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartKind {
    /// One iteration.
    Iteration,
    /// What its class does at the end. Nothing follows, and it is counted as no iteration.
    Farewell,
}

/// Whether leaving users may take leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewells {
    Given,
    /// The run is cut.
    Withheld,
}

/// What must happen next. See the module's text.
#[derive(Debug)]
pub struct Dispatcher {
    workload: Arc<Workload>,
    scenarios: Vec<ScenarioState>,
    users: Vec<User>,
    vacant: Vec<Slot>,
    rows: Rows,
    served: Served,
    farewells: Farewells,
    /// Changes to come, in the order in which they happen.
    steers: VecDeque<(Nanos, Steer)>,
    /// Leaving users, by when they are cut. An entry whose user has left since is passed over.
    cuts: BinaryHeap<Reverse<(Nanos, Slot)>>,
    next_wake: Nanos,
    /// The instant of the turn under way.
    now: Nanos,
}

/// A user of this worker.
#[derive(Clone, Copy, Debug)]
struct User {
    scenario: ScenarioId,
    v: u64,
    /// Iterations begun.
    k: u64,
    /// When the last of them was due.
    due: Nanos,
    doing: Doing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Vacant,
    Idle,
    Thinking { until: Nanos },
    Running,
    Leaving { cut_at: Nanos },
    Parting { cut_at: Nanos },
    Cut,
}

impl Dispatcher {
    /// The dispatcher of worker `worker` of `workers`.
    pub fn new(workload: Arc<Workload>, worker: u32, workers: u32) -> Self {
        let scenarios = (0_u16..)
            .zip(&workload.scenarios)
            .map(|(id, s)| ScenarioState::new(ScenarioId(id), &workload, s.lanes(worker, workers)))
            .collect();
        let rows = Rows::new(Arc::clone(&workload), worker, workers);
        let served = Served::new(&workload);
        let mut dispatcher = Self {
            workload,
            scenarios,
            users: Vec::new(),
            vacant: Vec::new(),
            rows,
            served,
            farewells: Farewells::Given,
            steers: VecDeque::new(),
            cuts: BinaryHeap::new(),
            next_wake: Nanos::ZERO,
            now: Nanos::ZERO,
        };
        for (state, plan) in dispatcher.scenarios.iter_mut().zip(&dispatcher.workload.scenarios) {
            if let StartAt::Offset(offset) = plan.start {
                state.begin(offset, plan.stop.after);
            }
        }
        dispatcher
    }

    /// Applies `input` at `now` and appends what must happen. Allocates nothing once the tables of users
    /// have their size.
    pub fn turn(&mut self, now: Nanos, input: Input, out: &mut Vec<Action>) {
        self.now = now;
        match input {
            Input::Wake => self.wake(now, out),
            Input::Done { slot, ended } => {
                // What follows it is due from `ended` on: as the schedule is then.
                if self.steers.front().is_some_and(|(at, _)| *at <= ended) {
                    self.wake(now, out);
                }
                self.done(now, slot, ended, out);
            }
            Input::Begin { scenario, at } => {
                let id = usize::from(scenario.0);
                self.scenarios[id].begin(at, self.workload.scenarios[id].stop.after);
                self.wake(now, out);
            }
            Input::Steer { at, steer } => {
                self.steers.push_back((at, steer));
                self.wake(now, out);
            }
            Input::Stop => {
                for s in &mut self.scenarios {
                    s.stop(now);
                }
                self.wake(now, out);
                self.shorten_grace(now);
            }
            Input::Cut => {
                self.farewells = Farewells::Withheld;
                for s in &mut self.scenarios {
                    s.stop(now);
                }
                self.wake(now, out);
                self.cut_until(Nanos::MAX, out);
            }
        }
    }

    /// When [`Input::Wake`] is wanted next; [`Nanos::MAX`] when only an ended iteration or a begin can change
    /// anything.
    pub const fn next_wake(&self) -> Nanos {
        self.next_wake
    }

    /// Whether every scenario is done.
    pub fn is_finished(&self) -> bool {
        self.scenarios.iter().all(ScenarioState::is_done)
    }

    /// The rows of data that a user holds: as of its last start.
    pub fn rows(&self, slot: Slot) -> &[(FeedId, u32)] {
        self.rows.of(slot)
    }

    fn wake(&mut self, now: Nanos, out: &mut Vec<Action>) {
        self.steer_until(now, out);
        self.follow_schedules(now, out);
        self.cut_until(now, out);
        let steered = self.steers.front().map_or(Nanos::MAX, |(at, _)| *at);
        let cut = self.cuts.peek().map_or(Nanos::MAX, |Reverse((cut_at, _))| *cut_at);
        let workload = Arc::clone(&self.workload);
        let scenarios = self.scenarios.iter().zip(&workload.scenarios);
        let next = scenarios.map(|(s, plan)| s.next_wake(plan, now)).min().unwrap_or(Nanos::MAX);
        self.next_wake = next.min(steered).min(cut);
    }

    /// Begins what is due by `now`, and ends what is over.
    fn follow_schedules(&mut self, now: Nanos, out: &mut Vec<Action>) {
        let workload = Arc::clone(&self.workload);
        for (id, plan) in workload.scenarios.iter().enumerate() {
            if !self.scenarios[id].has_begun(now) {
                continue;
            }
            self.follow_supply(id, now, out);
            self.start_thinkers(id, now, out);
            self.start_arrivals(id, now, out);
            if self.scenarios[id].schedule_is_over(now, plan) {
                self.drain(id, out);
            }
            let s = &mut self.scenarios[id];
            if s.finish_if_empty() {
                out.push(Action::ScenarioDone { scenario: s.id, out_of: s.out_of() });
            }
        }
    }

    fn done(&mut self, now: Nanos, slot: Slot, ended: Nanos, out: &mut Vec<Action>) {
        let user = &mut self.users[slot.0 as usize];
        let id = usize::from(user.scenario.0);
        match user.doing {
            Doing::Leaving { cut_at } => {
                self.part(slot, ended, cut_at, out);
                self.finish_after_leaving(id, out);
            }
            Doing::Parting { .. } | Doing::Cut => {
                self.retire(slot, out);
                self.finish_after_leaving(id, out);
            }
            Doing::Running if self.scenarios[id].is_open() => {
                user.doing = Doing::Idle;
                self.scenarios[id].idle.push(slot);
            }
            Doing::Running => self.think(now, slot, ended, out),
            Doing::Vacant | Doing::Idle | Doing::Thinking { .. } => {
                unreachable!("only a running user's iteration can end")
            }
        }
    }

    /// A closed user's iteration ended: it thinks, starts again or leaves.
    fn think(&mut self, now: Nanos, slot: Slot, ended: Nanos, out: &mut Vec<Action>) {
        let user = &mut self.users[slot.0 as usize];
        let id = usize::from(user.scenario.0);
        let plan = &self.workload.scenarios[id];
        let k = user.k.saturating_sub(1);
        let until = if plan.stop.per_user.is_some_and(|n| user.k >= n) {
            // There is no next one to think before.
            ended
        } else {
            self.scenarios[id].next_due(plan, (user.v, k), (user.due, ended))
        };
        let paused = self.scenarios[id].is_paused();
        if until > now || paused {
            user.doing = Doing::Thinking { until };
            self.scenarios[id].push_thinker(until, slot);
            if !paused {
                self.next_wake = self.next_wake.min(until);
            }
        } else {
            self.start_or_part(slot, until, out);
            self.finish_after_leaving(id, out);
        }
    }

    /// Starts a closed user's next iteration, or lets it leave if the scenario has none for it.
    fn start_or_part(&mut self, slot: Slot, scheduled: Nanos, out: &mut Vec<Action>) {
        let User { scenario, v, k, .. } = self.users[slot.0 as usize];
        let id = usize::from(scenario.0);
        let plan = &self.workload.scenarios[id];
        if let Some(index) = self.scenarios[id].next_iteration(plan, (v, k), scheduled) {
            let turn = self.times_served(slot, index);
            match self.rows.give(scenario, slot, (v, k, turn), index) {
                Ok(()) => {
                    self.scenarios[id].take_iteration();
                    return self.start(slot, index, scheduled, out);
                }
                Err(Ended(feed)) => self.scenarios[id].run_out_of(feed),
            }
        }
        let cut_at = self.scenarios[id].cut_at(plan);
        self.part(slot, scheduled, cut_at, out);
    }

    fn start(&mut self, slot: Slot, index: IterationIndex, scheduled: Nanos, out: &mut Vec<Action>) {
        let user = &mut self.users[slot.0 as usize];
        let id = usize::from(user.scenario.0);
        let plan = &self.workload.scenarios[id];
        let class = plan.class_of(user.v, index);
        let turn = self.served.times(plan, (slot, user.k), class);
        self.served.begin(slot, class);
        let start = self.scenarios[id].start(plan, (slot, user.v, user.k), index, scheduled);
        out.push(Action::Start(Start { turn, ..start }));
        user.doing = Doing::Running;
        user.k += 1;
        user.due = scheduled;
    }

    /// How many iterations of the class of `index` the user of `slot` has begun.
    fn times_served(&self, slot: Slot, index: IterationIndex) -> u64 {
        let User { scenario, v, k, .. } = self.users[slot.0 as usize];
        let plan = &self.workload.scenarios[usize::from(scenario.0)];
        self.served.times(plan, (slot, k), plan.class_of(v, index))
    }

    fn follow_supply(&mut self, id: usize, now: Nanos, out: &mut Vec<Action>) {
        while let Some((at, transition)) = self.scenarios[id].take_transition(now) {
            match transition.change {
                // Who has no row of its own and needs one does not come.
                brunt_workload::Change::Start if !self.has_place(id, transition.user) => {}
                brunt_workload::Change::Start => {
                    let slot = self.add_user(id, transition.user, out);
                    if self.scenarios[id].is_open() {
                        self.scenarios[id].idle.push(slot);
                    } else {
                        self.start_or_part(slot, at, out);
                    }
                }
                brunt_workload::Change::Stop => self.dismiss(id, transition.user, at, out),
            }
        }
    }

    fn start_thinkers(&mut self, id: usize, now: Nanos, out: &mut Vec<Action>) {
        while let Some((until, slot)) = self.scenarios[id].take_thinker(now) {
            if self.users[slot.0 as usize].doing == (Doing::Thinking { until })
                && usize::from(self.users[slot.0 as usize].scenario.0) == id
            {
                self.start_or_part(slot, until, out);
            }
        }
    }

    fn start_arrivals(&mut self, id: usize, now: Nanos, out: &mut Vec<Action>) {
        let workload = Arc::clone(&self.workload);
        let plan = &workload.scenarios[id];
        while let Some(arrival) = self.scenarios[id].take_arrival(plan, now) {
            let slot = match self.scenarios[id].idle.pop() {
                Some(slot) => Some(slot),
                None => self.next_elastic_user(id).map(|v| self.add_user(id, v, out)),
            };
            let scenario = self.scenarios[id].id;
            let Some(slot) = slot else {
                out.push(Action::Drop { scenario });
                continue;
            };
            let User { v, k, .. } = self.users[slot.0 as usize];
            let index = IterationIndex::arrival(arrival.index);
            let turn = self.times_served(slot, index);
            match self.rows.give(scenario, slot, (v, k, turn), index) {
                Ok(()) => self.start(slot, index, arrival.due, out),
                Err(Ended(feed)) => {
                    self.scenarios[id].run_out_of(feed);
                    self.scenarios[id].idle.push(slot);
                }
            }
        }
    }

    /// The user to add when none is free, if the cap allows.
    fn next_elastic_user(&mut self, id: usize) -> Option<u64> {
        loop {
            let v = self.scenarios[id].next_elastic_user()?;
            if self.has_place(id, v) {
                return Some(v);
            }
        }
    }

    fn has_place(&self, id: usize, v: u64) -> bool {
        self.rows.has_place(&self.workload.scenarios[id], v)
    }

    fn add_user(&mut self, id: usize, v: u64, out: &mut Vec<Action>) -> Slot {
        let s = &mut self.scenarios[id];
        s.users += 1;
        let user = User { scenario: s.id, v, k: 0, due: Nanos::ZERO, doing: Doing::Idle };
        let slot = if let Some(slot) = self.vacant.pop() {
            self.users[slot.0 as usize] = user;
            slot
        } else {
            self.users.push(user);
            Slot(u32::try_from(self.users.len() - 1).unwrap_or(u32::MAX))
        };
        s.remember(v, slot);
        self.served.arrive(slot);
        out.push(Action::AddUser { slot, scenario: user.scenario, user: v });
        slot
    }

    fn retire(&mut self, slot: Slot, out: &mut Vec<Action>) {
        let user = &mut self.users[slot.0 as usize];
        user.doing = Doing::Vacant;
        self.scenarios[usize::from(user.scenario.0)].users -= 1;
        self.vacant.push(slot);
        out.push(Action::Retire { slot });
    }

    /// The supply has no more place for user `v`: it leaves at once, or after its iteration.
    fn dismiss(&mut self, id: usize, v: u64, at: Nanos, out: &mut Vec<Action>) {
        let is_it = |u: &User| usize::from(u.scenario.0) == id && u.v == v && u.doing != Doing::Vacant;
        let slot = self.scenarios[id].slot_of(v).filter(|s| is_it(&self.users[s.0 as usize]));
        let Some(slot) = slot else { return };
        let grace = self.workload.scenarios[id].stop.grace;
        self.leave(slot, at, at + grace, out);
    }

    /// A user leaves at `at`: after its iteration, if it runs one.
    fn leave(&mut self, slot: Slot, at: Nanos, cut_at: Nanos, out: &mut Vec<Action>) {
        let user = &mut self.users[slot.0 as usize];
        match user.doing {
            Doing::Idle => {
                let idle = &mut self.scenarios[usize::from(user.scenario.0)].idle;
                idle.retain(|s| *s != slot);
                self.part(slot, at, cut_at, out);
            }
            Doing::Thinking { .. } => self.part(slot, at, cut_at, out),
            Doing::Running => {
                user.doing = Doing::Leaving { cut_at };
                self.watch_grace(slot, cut_at);
            }
            Doing::Vacant | Doing::Leaving { .. } | Doing::Parting { .. } | Doing::Cut => {}
        }
    }

    fn watch_grace(&mut self, slot: Slot, cut_at: Nanos) {
        self.cuts.push(Reverse((cut_at, slot)));
        self.next_wake = self.next_wake.min(cut_at);
    }

    /// A user that runs nothing leaves at `at`: it takes leave, if it has reason to and time until `cut_at`, or
    /// retires.
    fn part(&mut self, slot: Slot, at: Nanos, cut_at: Nanos, out: &mut Vec<Action>) {
        if cut_at <= self.now || !self.takes_leave(slot) {
            return self.retire(slot, out);
        }
        let user = &mut self.users[slot.0 as usize];
        let id = usize::from(user.scenario.0);
        let (plan, index) = (&self.workload.scenarios[id], IterationIndex::of_user(user.v, user.k));
        let start = self.scenarios[id].start(plan, (slot, user.v, user.k), index, at);
        user.doing = Doing::Parting { cut_at };
        self.watch_grace(slot, cut_at);
        out.push(Action::Start(Start { kind: StartKind::Farewell, ..start }));
    }

    fn takes_leave(&mut self, slot: Slot) -> bool {
        let User { scenario, v, k, .. } = self.users[slot.0 as usize];
        let plan = &self.workload.scenarios[usize::from(scenario.0)];
        // A class that the user never served has nothing to take leave of.
        let served = plan.classes_of(v).filter(|class| self.served.times(plan, (slot, k), *class) > 0);
        let mut on_stops = served.filter_map(|class| plan.classes[class].journey.on_stop.as_ref()).peekable();
        self.farewells == Farewells::Given
            && k > 0
            && on_stops.peek().is_some()
            && on_stops.all(|on_stop| self.rows.give_for_farewell(slot, on_stop).is_ok())
    }

    /// The scenario's schedule is over: everyone leaves.
    fn drain(&mut self, id: usize, out: &mut Vec<Action>) {
        let plan = &self.workload.scenarios[id];
        let Some(cut_at) = self.scenarios[id].begin_draining(plan) else { return };
        let at = self.scenarios[id].over_since(self.now);
        for i in 0..self.users.len() {
            if usize::from(self.users[i].scenario.0) == id {
                self.leave(Slot(u32::try_from(i).unwrap_or(u32::MAX)), at, cut_at, out);
            }
        }
    }

    fn finish_after_leaving(&mut self, id: usize, out: &mut Vec<Action>) {
        if self.scenarios[id].is_exhausted(&self.workload.scenarios[id]) {
            self.drain(id, out);
        }
        let s = &mut self.scenarios[id];
        if s.finish_if_empty() {
            out.push(Action::ScenarioDone { scenario: s.id, out_of: s.out_of() });
        }
    }
}

#[cfg(test)]
mod tests;
