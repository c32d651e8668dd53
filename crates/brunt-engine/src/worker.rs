//! A worker: one thread, one dispatcher, one shard, and the tasks of its users.
//!
//! The driver below is the thin shell around the dispatcher: it waits for the earliest of what is due, lets
//! the dispatcher decide, spawns new users and seals seconds. Real and simulated runs use this same code;
//! they differ in the clock they hand in and in what their users do.

use crate::clock::Clock;
use crate::context::{Details, ForDriver, Shared, VuContext};
use crate::dispatcher::{Action, Dispatcher, Input};
use crate::rows::RowTap;
use crate::steering::Steer;
use crate::timers::Timers;
use crate::vu::{Vu, VuSource};
use brunt_metrics::{Nanos, ScenarioId, Second, Shard};
use brunt_run::ErrorDetail;
use brunt_workload::{FeedId, Workload};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::LocalSet;

/// What a worker is told while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkerControl {
    /// A scenario that waited for another begins.
    Begin { scenario: ScenarioId, at: Nanos },
    /// A scenario's load changes.
    Steer { at: Nanos, steer: Steer },
    /// Nothing starts any more.
    Stop,
    /// What runs is cut.
    Cut,
}

/// What a worker tells.
#[derive(Debug)]
pub(crate) enum WorkerReport {
    /// A second of its own.
    Second { second: Box<Second>, details: Vec<ErrorDetail> },
    /// It has no users of a scenario any more and will get none; which data had no more rows for it, if that is why.
    ScenarioDone { scenario: ScenarioId, at: Nanos, out_of: Option<FeedId> },
    /// Its last second is sealed.
    Finished { at: Nanos },
}

/// What makes one worker different from another.
pub(crate) struct WorkerSetup {
    pub(crate) workload: Arc<Workload>,
    pub(crate) worker: u32,
    pub(crate) workers: u32,
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) runnable: Rc<Cell<u32>>,
    pub(crate) rows: Option<RowTap>,
    /// Wake for what is due no sooner than this after the last time.
    pub(crate) tick: Nanos,
}

impl WorkerSetup {
    pub(crate) fn shared(self) -> Rc<Shared> {
        let (w, endpoints) = (&self.workload, self.workload.endpoints.len());
        let shard = Shard::new(self.worker, w.scenarios.len(), endpoints, w.checks.len());
        let shard = shard.with_tallies(w.tallies.len());
        let kinds = w.endpoints.iter().map(|e| e.kind).collect();
        let dispatcher = Dispatcher::new(Arc::clone(&self.workload), self.worker, self.workers);
        Rc::new(Shared {
            clock: self.clock,
            dispatcher: RefCell::new(dispatcher),
            shard: RefCell::new(shard),
            kinds,
            timers: RefCell::new(Timers::default()),
            users: RefCell::new(Vec::new()),
            pending: RefCell::new(Vec::new()),
            details: RefCell::new(Details::for_endpoints(endpoints)),
            rows: RefCell::new(self.rows),
            runnable: self.runnable,
            driver: RefCell::new(None),
            broken: Cell::new(false),
        })
    }
}

/// Runs a worker to its end. `report` is called on the worker's thread and must not block. Without a
/// [`WorkerReport::Finished`] as its last report the worker was lost.
pub(crate) async fn work<S: VuSource>(
    setup: WorkerSetup,
    mut source: S,
    mut control: UnboundedReceiver<WorkerControl>,
    mut report: impl FnMut(WorkerReport),
) {
    let tick = setup.tick;
    let shared = setup.shared();
    // Until the run begins, time stands at zero: the alarm for zero goes off when it does.
    shared.clock.arm(Nanos::ZERO);
    poll_fn(|cx| shared.clock.poll_alarm(cx)).await;
    let tasks = LocalSet::new();
    tasks.run_until(drive(&shared, &tasks, tick, (&mut source, &mut control, &mut report))).await;
}

async fn drive<S: VuSource>(
    shared: &Rc<Shared>,
    tasks: &LocalSet,
    tick: Nanos,
    (source, control, report): (&mut S, &mut UnboundedReceiver<WorkerControl>, &mut impl FnMut(WorkerReport)),
) {
    let mut last_wake = Nanos::ZERO;
    let mut actions = Vec::new();
    let mut seconds = Seconds { cpu_before: shared.clock.thread_cpu().unwrap_or_default() };
    loop {
        let now = shared.clock.now();
        note_stall(shared, now, last_wake + tick);
        let boundary = Nanos::from_secs(shared.shard.borrow().current_second() + 1);
        if now >= boundary {
            // First of all, so that what is due at the boundary belongs to the second that begins there.
            seconds.seal(shared, boundary, report);
            continue;
        }
        while let Ok(word) = control.try_recv() {
            shared.turn(now, input_of(word), &mut actions);
        }
        shared.fire_timers(now);
        if shared.dispatcher.borrow().next_wake() <= now {
            shared.turn(now, Input::Wake, &mut actions);
            last_wake = now;
        }
        settle(shared, tasks, source, now, report);
        if shared.broken.get() {
            seconds.seal(shared, now, report);
            return;
        }
        if shared.dispatcher.borrow().is_finished() {
            // A run that ends on a boundary has no further second.
            if now > Nanos::from_secs(now.second()) || !shared.shard.borrow().is_empty() {
                seconds.seal(shared, now, report);
            }
            report(WorkerReport::Finished { at: now });
            return;
        }
        let due = shared.dispatcher.borrow().next_wake();
        let due = if due == Nanos::MAX { due } else { due.max(last_wake + tick) };
        shared.clock.arm(due.min(shared.timers.borrow().next()).min(boundary));
        wait(shared, control, &mut actions).await;
    }
}

const fn input_of(word: WorkerControl) -> Input {
    match word {
        WorkerControl::Begin { scenario, at } => Input::Begin { scenario, at },
        WorkerControl::Steer { at, steer } => Input::Steer { at, steer },
        WorkerControl::Stop => Input::Stop,
        WorkerControl::Cut => Input::Cut,
    }
}

/// Does what only the driver can: spawn new users, pass on that a scenario is done.
fn settle<S: VuSource>(
    shared: &Rc<Shared>,
    tasks: &LocalSet,
    source: &mut S,
    now: Nanos,
    report: &mut impl FnMut(WorkerReport),
) {
    let mut pending = std::mem::take(&mut *shared.pending.borrow_mut());
    for job in pending.drain(..) {
        match job {
            ForDriver::Spawn { slot, scenario, index, user } => {
                let ctx = VuContext::new(Rc::clone(shared), slot, user);
                let vu = source.make(scenario, index, &ctx);
                tasks.spawn_local(live(vu, ctx));
            }
            ForDriver::ScenarioDone(scenario, out_of) => {
                report(WorkerReport::ScenarioDone { scenario, at: now, out_of });
            }
        }
    }
    *shared.pending.borrow_mut() = pending;
}

/// The life of a user: iterations until it must leave.
async fn live<V: Vu>(mut vu: V, ctx: VuContext) {
    let _broken = BrokenByPanic(Rc::clone(&ctx.shared));
    let mut actions = Vec::new();
    let mut iterations: u32 = 0;
    while let Some(start) = ctx.next_start().await {
        let end = vu.iterate(&start, &ctx).await;
        ctx.finish(&start, end, &mut actions);
        iterations = iterations.wrapping_add(1);
        if iterations.is_multiple_of(YIELD_EVERY) {
            tokio::task::yield_now().await;
        }
    }
}

/// tokio keeps a task's panic to itself, and a user that has panicked never ends its iteration: without this
/// the run would wait for it for ever.
struct BrokenByPanic(Rc<Shared>);

impl Drop for BrokenByPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.set(true);
            self.0.wake_driver();
        }
    }
}

/// Iterations that never wait (a refused port) would keep the thread from everything else: after this many a
/// user lets the others run.
const YIELD_EVERY: u32 = 16;

/// Until the alarm, a control word, or a user's turn that left the driver something to do.
async fn wait(
    shared: &Rc<Shared>,
    control: &mut UnboundedReceiver<WorkerControl>,
    actions: &mut Vec<Action>,
) {
    let word = poll_fn(|cx| {
        let mut driver = shared.driver.borrow_mut();
        if driver.as_ref().is_none_or(|w| !w.will_wake(cx.waker())) {
            *driver = Some(cx.waker().clone());
        }
        drop(driver);
        if shared.broken.get() || !shared.pending.borrow().is_empty() {
            return Poll::Ready(None);
        }
        if let Poll::Ready(Some(word)) = control.poll_recv(cx) {
            return Poll::Ready(Some(word));
        }
        shared.clock.poll_alarm(cx).map(|()| None)
    })
    .await;
    if let Some(word) = word {
        shared.turn(shared.clock.now(), input_of(word), actions);
    }
}

/// How late the loop came to what was due. Nothing is dispatched before `not_before`: that is no lateness.
fn note_stall(shared: &Shared, now: Nanos, not_before: Nanos) {
    let dispatch = shared.dispatcher.borrow().next_wake().max(not_before);
    let due = dispatch.min(shared.timers.borrow().next());
    if due < now {
        let mut shard = shared.shard.borrow_mut();
        let worker = shard.worker();
        worker.stall_max = worker.stall_max.max(now - due);
    }
}

/// The worker's own figures from second to second.
struct Seconds {
    cpu_before: Nanos,
}

impl Seconds {
    fn seal(&mut self, shared: &Shared, at: Nanos, report: &mut impl FnMut(WorkerReport)) {
        let cpu = shared.clock.thread_cpu().unwrap_or_default();
        let mut shard = shared.shard.borrow_mut();
        let worker = shard.worker();
        worker.cpu = cpu - self.cpu_before;
        self.cpu_before = cpu;
        if let Some(rows) = shared.rows.borrow_mut().as_mut() {
            rows.flush();
            worker.rows_lost = rows.take_lost();
        }
        let second = Box::new(shard.seal(at));
        drop(shard);
        report(WorkerReport::Second { second, details: shared.details.borrow_mut().take() });
    }
}
