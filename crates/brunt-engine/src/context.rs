//! What a VU may touch of its worker.

use crate::clock::Clock;
use crate::dispatcher::{Action, Dispatcher, Input, Slot, Start, StartKind};
use crate::rows::RowTap;
use crate::timers::{TimerKind, Timers};
use crate::vu::IterationEnd;
use brunt_metrics::{
    CheckId, EndpointId, EndpointKind, ErrorKind, Nanos, Outcome, Phase, Sample, ScenarioId, Shard, TallyId,
};
use brunt_run::{ErrorDetail, MAX_DETAIL};
use brunt_workload::FeedId;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Why an awaited operation ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// Its deadline passed.
    Deadline,
    /// The iteration is cut.
    Cut,
}

/// A worker's state, shared by the tasks of its thread. Borrows are short and never held over an await.
pub(crate) struct Shared {
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) dispatcher: RefCell<Dispatcher>,
    pub(crate) shard: RefCell<Shard>,
    /// What is measured at each endpoint.
    pub(crate) kinds: Box<[EndpointKind]>,
    pub(crate) timers: RefCell<Timers>,
    pub(crate) users: RefCell<Vec<Rc<User>>>,
    /// What turns have asked of the driver.
    pub(crate) pending: RefCell<Vec<ForDriver>>,
    pub(crate) details: RefCell<Details>,
    pub(crate) rows: RefCell<Option<RowTap>>,
    /// Users that have been woken and not yet polled: the simulated clock stands still meanwhile.
    pub(crate) runnable: Rc<Cell<u32>>,
    /// Wakes the driver when a turn of a user's leaves it something to do.
    pub(crate) driver: RefCell<Option<Waker>>,
    /// Whether a user's task has panicked: its iteration would never end, so the worker is given up.
    pub(crate) broken: Cell<bool>,
}

/// What only the driver can do for a turn.
pub(crate) enum ForDriver {
    /// Spawn a user's task. With its own pair: until the driver comes, the slot may have been used again.
    Spawn { slot: Slot, scenario: ScenarioId, index: u64, user: Rc<User> },
    /// Report that a scenario has no users here any more, and which data it ran out of, if it did.
    ScenarioDone(ScenarioId, Option<FeedId>),
}

/// What the worker and a user's task tell each other.
#[derive(Debug, Default)]
pub(crate) struct User {
    scenario: ScenarioId,
    start: Cell<Option<Start>>,
    /// The phase that its last iteration was due in.
    phase: Cell<Phase>,
    retired: Cell<bool>,
    /// Its task runs no more. A timer that is left of it must not count it as runnable for ever.
    gone: Cell<bool>,
    cut: Cell<bool>,
    /// What its class does at the start has been done.
    /// By class: whether it has done what the class does at the start.
    arrived: Cell<u64>,
    /// When the operation under way is to be given up; [`Nanos::MAX`] while none has a deadline.
    deadline: Cell<Nanos>,
    /// When the heap looks at the deadline next; 0 while it has no entry. An entry of another instant is stale.
    watched: Cell<Nanos>,
    waker: RefCell<Option<Waker>>,
    runnable: Cell<bool>,
}

/// First errors of each kind and endpoint, in words.
#[derive(Debug, Default)]
pub(crate) struct Details {
    /// One bit a kind, by endpoint.
    seen: Vec<u32>,
    fresh: Vec<ErrorDetail>,
    total: usize,
}

/// Past this many distinct errors of a worker their words are dropped; they are still counted by kind.
const MAX_DETAILS: usize = 100;

impl Details {
    pub(crate) fn for_endpoints(endpoints: usize) -> Self {
        Self { seen: vec![0; endpoints], ..Self::default() }
    }

    pub(crate) fn take(&mut self) -> Vec<ErrorDetail> {
        std::mem::take(&mut self.fresh)
    }
}

impl User {
    fn wake(&self, runnable: &Cell<u32>) {
        if self.gone.get() {
            return;
        }
        if !self.runnable.replace(true) {
            runnable.set(runnable.get() + 1);
        }
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }
}

impl Shared {
    /// Tells the dispatcher something and does what it answers. New users are left in `pending` for the
    /// driver, which alone can spawn them.
    pub(crate) fn turn(&self, now: Nanos, input: Input, actions: &mut Vec<Action>) {
        self.dispatcher.borrow_mut().turn(now, input, actions);
        for action in actions.drain(..) {
            self.apply(now, action);
        }
    }

    fn apply(&self, now: Nanos, action: Action) {
        match action {
            Action::Start(start) => {
                if start.kind == StartKind::Iteration {
                    let mut shard = self.shard.borrow_mut();
                    let counts = shard.scenario(start.scenario);
                    counts.due += 1;
                    counts.started += 1;
                }
                self.with_user(start.slot, |user| {
                    user.start.set(Some(start));
                    user.wake(&self.runnable);
                });
            }
            Action::Retire { slot } => self.with_user(slot, |user| {
                self.shard.borrow_mut().user_retired(user.scenario, now);
                user.retired.set(true);
                user.wake(&self.runnable);
            }),
            Action::Cut { slot } => self.with_user(slot, |user| {
                user.cut.set(true);
                user.wake(&self.runnable);
            }),
            Action::Drop { scenario } => {
                let mut shard = self.shard.borrow_mut();
                let counts = shard.scenario(scenario);
                counts.due += 1;
                counts.dropped += 1;
            }
            Action::AddUser { slot, scenario, user: index } => {
                self.shard.borrow_mut().user_added(scenario, now);
                let mut users = self.users.borrow_mut();
                let at = slot.0 as usize;
                if users.len() <= at {
                    users.resize_with(at + 1, Rc::default);
                }
                // The slot's former user keeps its own half of the old pair until its task has ended.
                users[at] = Rc::new(User { scenario, deadline: Cell::new(Nanos::MAX), ..User::default() });
                let user = Rc::clone(&users[at]);
                drop(users);
                self.leave_to_driver(ForDriver::Spawn { slot, scenario, index, user });
            }
            Action::ScenarioDone { scenario, out_of } => {
                self.leave_to_driver(ForDriver::ScenarioDone(scenario, out_of));
            }
        }
    }

    fn leave_to_driver(&self, job: ForDriver) {
        self.pending.borrow_mut().push(job);
        self.wake_driver();
    }

    pub(crate) fn wake_driver(&self) {
        if let Some(driver) = self.driver.borrow().as_ref() {
            driver.wake_by_ref();
        }
    }

    fn with_user(&self, slot: Slot, f: impl FnOnce(&User)) {
        if let Some(user) = self.users.borrow().get(slot.0 as usize) {
            f(user);
        }
    }

    /// Wakes whoever waited for an instant up to `now`.
    pub(crate) fn fire_timers(&self, now: Nanos) {
        while let Some((at, kind, slot)) = self.pop_timer(now) {
            self.with_user(slot, |user| match kind {
                TimerKind::Pause => user.wake(&self.runnable),
                // Superseded by an earlier one, or of the slot's former user: kept, it would be pushed on for ever.
                TimerKind::Deadline if user.watched.get() != at => {}
                TimerKind::Deadline => {
                    user.watched.set(Nanos::ZERO);
                    let deadline = user.deadline.get();
                    if deadline <= now {
                        user.wake(&self.runnable);
                    } else if deadline < Nanos::MAX {
                        user.watched.set(deadline);
                        self.timers.borrow_mut().push((deadline, TimerKind::Deadline, slot));
                    }
                }
            });
        }
    }

    fn pop_timer(&self, now: Nanos) -> Option<crate::timers::Timer> {
        self.timers.borrow_mut().pop_due(now)
    }
}

/// One bit a class: a scenario has at most [`MAX_CLASSES`](brunt_workload::MAX_CLASSES).
const fn class_bit(class: usize) -> u64 {
    1 << (class % brunt_workload::MAX_CLASSES)
}

/// A user's view of its worker: time, pauses, deadlines, recording. Cheap to clone.
#[derive(Clone)]
pub struct VuContext {
    pub(crate) shared: Rc<Shared>,
    pub(crate) user: Rc<User>,
    pub(crate) slot: Slot,
    deadlines: Deadlines,
}

/// Whether a user's deadline is the one of all that it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deadlines {
    /// It does one thing at a time.
    One,
    /// It does several things side by side: the user's deadline is the earliest of theirs.
    Earliest,
}

impl VuContext {
    pub(crate) const fn new(shared: Rc<Shared>, slot: Slot, user: Rc<User>) -> Self {
        Self { shared, user, slot, deadlines: Deadlines::One }
    }

    /// A view under which several operations of the user may run [`until`](Self::until) deadlines of their own.
    /// To be driven by [`all`](Self::all).
    #[must_use]
    pub fn side_by_side(&self) -> Self {
        Self { deadlines: Deadlines::Earliest, ..self.clone() }
    }

    /// Runs `operations`, which must use a view of [`side_by_side`](Self::side_by_side), until all have ended. Each
    /// is polled whenever one of them is woken: they share the user's one waker and its one deadline.
    pub async fn all(&self, mut operations: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>) {
        poll_fn(|cx| {
            // Each that goes on sets its own again.
            self.user.deadline.set(Nanos::MAX);
            operations.retain_mut(|operation| operation.as_mut().poll(cx).is_pending());
            if operations.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.user.deadline.set(Nanos::MAX);
    }

    /// The present instant of the run.
    #[inline]
    pub fn now(&self) -> Nanos {
        self.shared.clock.now()
    }

    /// Notes that a request begins at `at`; each must end in a [`record`](Self::record).
    #[inline]
    pub fn request_started(&self, at: Nanos) {
        self.shared.shard.borrow_mut().request_started(at);
    }

    /// Counts a request that ended.
    #[inline]
    pub fn record(&self, sample: &Sample) {
        self.shared.shard.borrow_mut().record(sample);
        if let Some(rows) = self.shared.rows.borrow_mut().as_mut() {
            rows.push(sample);
        }
    }

    /// Counts what stands aside of the requests and of all that is said of them: a group of steps that ended, or a
    /// request that brunt broke on purpose, at an endpoint of that kind. Without
    /// [`request_started`](Self::request_started). Such requests have a row like others, groups have none.
    #[inline]
    pub fn record_aside(&self, sample: &Sample) {
        self.shared.shard.borrow_mut().record_aside(sample);
        match self.shared.kinds.get(sample.endpoint.0 as usize) {
            Some(EndpointKind::Group) => {}
            Some(EndpointKind::Request | EndpointKind::Injected) | None => {
                if let Some(rows) = self.shared.rows.borrow_mut().as_mut() {
                    rows.push(sample);
                }
            }
        }
    }

    /// Counts one value of a tally, as an answer had it, in the phase of the user's iteration. Allocates nothing once
    /// the value has been seen; see [`brunt_metrics::MAX_TALLY_VALUES`] for how many are told apart.
    #[inline]
    pub fn tally(&self, tally: TallyId, value: impl AsRef<[u8]>) {
        self.shared.shard.borrow_mut().tally(tally, self.user.phase.get(), value.as_ref());
    }

    /// Counts how late something that was due was begun.
    #[inline]
    pub fn record_lag(&self, lag: Nanos) {
        self.shared.shard.borrow_mut().record_lag(lag);
    }

    /// Counts one evaluation of a check.
    #[inline]
    pub fn record_check(&self, check: CheckId, held: bool) {
        self.shared.shard.borrow_mut().record_check(check, held);
    }

    /// Keeps the words of an error if it is the first of its kind at its endpoint.
    pub fn detail(&self, endpoint: EndpointId, outcome: Outcome, text: impl FnOnce() -> String) {
        let Outcome::Error(kind) = outcome else { return };
        let mut details = self.shared.details.borrow_mut();
        let bit = 1 << kind as u32;
        let known = details.seen.get(endpoint.0 as usize).is_none_or(|seen| seen & bit != 0);
        if known || details.total >= MAX_DETAILS || kind == ErrorKind::Cut {
            return;
        }
        details.seen[endpoint.0 as usize] |= bit;
        details.total += 1;
        let at = self.now();
        details.fresh.push(ErrorDetail { at, endpoint, kind, text: bounded(&text()) });
    }

    /// Notes that a connection was opened (`opened`) or closed.
    pub fn connections_changed(&self, opened: bool) {
        let mut shard = self.shared.shard.borrow_mut();
        let worker = shard.worker();
        if opened {
            worker.connections += 1;
            worker.connects += 1;
        } else {
            worker.connections = worker.connections.saturating_sub(1);
        }
    }

    /// Waits until `at`. Ends early only if the iteration is cut.
    pub async fn sleep_until(&self, at: Nanos) -> Result<(), Interrupt> {
        let mut queued = false;
        poll_fn(|cx| {
            self.polled(cx);
            if self.user.cut.get() {
                return Poll::Ready(Err(Interrupt::Cut));
            }
            if self.now() >= at {
                return Poll::Ready(Ok(()));
            }
            if !queued {
                queued = true;
                self.shared.timers.borrow_mut().push((at, TimerKind::Pause, self.slot));
                self.shared.clock.arm(at);
            }
            Poll::Pending
        })
        .await
    }

    /// Runs `operation` until `deadline` at the latest, or until the iteration is cut. When it is
    /// interrupted it is left half done, for the caller to drop with whatever it holds. Not to be nested.
    ///
    /// Takes it pinned (`pin!`), so that a user's task has room for it once, not twice.
    pub async fn until<T>(
        &self,
        deadline: Nanos,
        mut operation: Pin<&mut impl Future<Output = T>>,
    ) -> Result<T, Interrupt> {
        if self.deadlines == Deadlines::Earliest {
            return self.until_one_of(deadline, operation).await;
        }
        self.user.deadline.set(deadline);
        let result = poll_fn(|cx| {
            self.polled(cx);
            if let Poll::Ready(value) = operation.as_mut().poll(cx) {
                return Poll::Ready(Ok(value));
            }
            if self.user.cut.get() {
                return Poll::Ready(Err(Interrupt::Cut));
            }
            let watched = self.user.watched.get();
            if watched == Nanos::ZERO || watched > deadline {
                if self.now() >= deadline {
                    return Poll::Ready(Err(Interrupt::Deadline));
                }
                self.user.watched.set(deadline);
                self.shared.timers.borrow_mut().push((deadline, TimerKind::Deadline, self.slot));
                self.shared.clock.arm(deadline);
            }
            Poll::Pending
        })
        .await;
        self.user.deadline.set(Nanos::MAX);
        result
    }

    /// [`until`](Self::until) for operations side by side. One that is woken by another's deadline finds its own
    /// still to come, and sets it again.
    async fn until_one_of<T>(
        &self,
        deadline: Nanos,
        mut operation: Pin<&mut impl Future<Output = T>>,
    ) -> Result<T, Interrupt> {
        poll_fn(|cx| {
            self.polled(cx);
            if let Poll::Ready(value) = operation.as_mut().poll(cx) {
                return Poll::Ready(Ok(value));
            }
            if self.user.cut.get() {
                return Poll::Ready(Err(Interrupt::Cut));
            }
            if self.now() >= deadline {
                return Poll::Ready(Err(Interrupt::Deadline));
            }
            self.user.deadline.set(self.user.deadline.get().min(deadline));
            let watched = self.user.watched.get();
            if watched == Nanos::ZERO || watched > deadline {
                self.user.watched.set(deadline);
                self.shared.timers.borrow_mut().push((deadline, TimerKind::Deadline, self.slot));
                self.shared.clock.arm(deadline);
            }
            Poll::Pending
        })
        .await
    }

    /// Lets the worker's other tasks run, without time passing on a simulated clock.
    pub(crate) async fn let_others_run(&self) {
        let mut waited = false;
        poll_fn(|cx| {
            self.polled(cx);
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            self.user.wake(&self.shared.runnable);
            Poll::Pending
        })
        .await;
    }

    /// Whether the iteration is cut: what it awaits is interrupted, and it must end.
    #[inline]
    pub fn is_cut(&self) -> bool {
        self.user.cut.get()
    }

    /// Whether the user has done what this class does at the start.
    pub(crate) fn has_arrived(&self, class: usize) -> bool {
        self.user.arrived.get() & class_bit(class) != 0
    }

    pub(crate) fn arrive(&self, class: usize) {
        self.user.arrived.set(self.user.arrived.get() | class_bit(class));
    }

    /// The rows of data that the user holds.
    pub(crate) fn rows(&self, mut hold: impl FnMut(FeedId, u32)) {
        for (feed, row) in self.shared.dispatcher.borrow().rows(self.slot) {
            hold(*feed, *row);
        }
    }

    /// The user's next iteration; `None` when it must leave.
    pub(crate) async fn next_start(&self) -> Option<Start> {
        poll_fn(|cx| {
            self.polled(cx);
            match self.user.start.take() {
                Some(start) => {
                    self.user.phase.set(start.phase);
                    Poll::Ready(Some(start))
                }
                None if self.user.retired.get() => {
                    self.user.gone.set(true);
                    Poll::Ready(None)
                }
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Reports the end of an iteration. The dispatcher's answer may be this user's next start.
    pub(crate) fn finish(&self, start: &Start, end: IterationEnd, actions: &mut Vec<Action>) {
        if start.kind == StartKind::Iteration {
            let mut shard = self.shared.shard.borrow_mut();
            let counts = shard.scenario(start.scenario);
            if self.user.cut.get() {
                counts.cut += 1;
            } else if end.failed {
                counts.failed += 1;
            } else {
                counts.completed += 1;
            }
        }
        let before = self.shared.dispatcher.borrow().next_wake();
        let input = Input::Done { slot: self.slot, ended: end.ended };
        self.shared.turn(self.now().max(end.ended), input, actions);
        let next = self.shared.dispatcher.borrow().next_wake();
        if next < before {
            self.shared.clock.arm(next);
        }
    }

    /// Notes that the user's task runs, and who wakes it.
    fn polled(&self, cx: &Context<'_>) {
        if self.user.runnable.replace(false) {
            self.shared.runnable.set(self.shared.runnable.get().saturating_sub(1));
        }
        let mut waker = self.user.waker.borrow_mut();
        if waker.as_ref().is_none_or(|w| !w.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
    }
}

/// At most [`MAX_DETAIL`] bytes, without control characters: error texts may quote what a server sent.
fn bounded(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut out = String::new();
    for c in clean {
        if out.len() + c.len_utf8() > MAX_DETAIL {
            break;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests;
