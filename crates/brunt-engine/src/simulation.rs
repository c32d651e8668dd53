//! The simulated driver: the same worker, on a clock that jumps, with users whose answers a model makes up.
//!
//! Used by `--simulate`, by the executors' golden tests and by the accuracy suite: an hour at 1,000/s takes
//! seconds, and what comes out is exact.

use crate::clock::Clock;
use crate::context::VuContext;
use crate::coordinator::Emitter;
use crate::dispatcher::Start;
use crate::journey::{Batch, Errand, Perform, Performed, walk};
use crate::vu::{IterationEnd, Vu, VuSource};
use crate::worker::{WorkerControl, WorkerReport, WorkerSetup, work};
use brunt_metrics::{EndpointId, ErrorKind, Nanos, Outcome, Part, Parts, Sample, ScenarioId, Status};
use brunt_run::{RunEvent, RunHeader, StopReason};
use brunt_workload::{Draw, Memory, OnFailure, RequestId, Value, Workload};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// A target that exists only as a rule: when does a request that begins at `started` end, and how?
pub trait Model {
    /// Called once a request, in the order in which they begin.
    fn answer(&mut self, endpoint: EndpointId, started: Nanos, draw: &mut Draw) -> (Nanos, Outcome);
}

impl<F: FnMut(EndpointId, Nanos, &mut Draw) -> (Nanos, Outcome)> Model for F {
    fn answer(&mut self, endpoint: EndpointId, started: Nanos, draw: &mut Draw) -> (Nanos, Outcome) {
        self(endpoint, started, draw)
    }
}

/// How to simulate.
#[derive(Clone, Debug)]
pub struct SimulationOptions {
    /// What the run is called and made of.
    pub header: RunHeader,
    /// Stop after this much simulated time, for workloads without an end in time.
    pub at_most: Nanos,
}

/// A clock that stands still while anything can run, then jumps to its alarm.
struct SimulatedClock {
    now: Cell<Nanos>,
    armed: Cell<Nanos>,
    runnable: Rc<Cell<u32>>,
}

impl Clock for SimulatedClock {
    fn now(&self) -> Nanos {
        self.now.get()
    }

    fn arm(&self, at: Nanos) {
        self.armed.set(self.armed.get().min(at));
    }

    fn poll_alarm(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.runnable.get() > 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.now.set(self.now.get().max(self.armed.replace(Nanos::MAX)));
        Poll::Ready(())
    }

    fn thread_cpu(&self) -> Option<Nanos> {
        None
    }
}

/// Runs `workload` against `model` on simulated time and passes every event to `observe`.
///
/// One worker: N workers produce the same schedule, which `tests/it/lanes.rs` shows. Deterministic: equal
/// workloads, models and options give equal events.
pub fn simulate(
    workload: &Arc<Workload>,
    model: impl Model + 'static,
    options: SimulationOptions,
    observe: &mut dyn FnMut(&RunEvent),
) {
    let users = SimulatedUsers::new(workload, model, options.header.started_unix_ms);
    simulate_users(workload, users, options, observe);
}

/// Runs `workload` on simulated time with users made by `source`, which must await nothing but what their
/// [`VuContext`] offers: the clock stands still only while one of those is about to continue.
pub fn simulate_users(
    workload: &Arc<Workload>,
    source: impl VuSource,
    options: SimulationOptions,
    observe: &mut dyn FnMut(&RunEvent),
) {
    simulate_part(workload, source, (0, 1), options, observe);
}

/// Simulates the part that worker `worker` of `workers` has in a run: the parts of all of them make up the whole.
/// Scenarios that follow another one begin when this worker alone is done with that.
pub fn simulate_part(
    workload: &Arc<Workload>,
    source: impl VuSource,
    (worker, workers): (u32, u32),
    options: SimulationOptions,
    observe: &mut dyn FnMut(&RunEvent),
) {
    let runnable = Rc::new(Cell::new(0));
    let clock = Rc::new(SimulatedClock {
        now: Cell::new(Nanos::ZERO),
        armed: Cell::new(Nanos::MAX),
        runnable: Rc::clone(&runnable),
    });
    let setup = WorkerSetup {
        workload: Arc::clone(workload),
        worker,
        workers,
        clock,
        runnable,
        rows: None,
        tick: Nanos::ZERO,
    };
    let mut emitter = Emitter::new(Arc::clone(workload), options.header, 1);
    emitter.start(observe);
    let (control, words) = unbounded_channel();
    let mut limit = Limit { at_most: options.at_most, stopped: false, control: control.clone() };
    let report = |report: WorkerReport| {
        limit.check(&report);
        for (scenario, at) in emitter.report(0, report, observe) {
            // The receiver lives as long as the worker that reports.
            let _ = control.send(WorkerControl::Begin { scenario, at });
        }
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
    runtime.block_on(work(setup, source, words, report));
    let stopped = limit.stopped;
    if !emitter.is_finished() {
        emitter.lost(0, observe);
        return emitter.finish(StopReason::WorkerLost, observe);
    }
    let reason = if stopped { StopReason::StoppedEarly } else { StopReason::Completed };
    emitter.finish(reason, observe);
}

/// Ends a simulation whose workload has no end.
struct Limit {
    at_most: Nanos,
    stopped: bool,
    control: UnboundedSender<WorkerControl>,
}

impl Limit {
    fn check(&mut self, report: &WorkerReport) {
        if let WorkerReport::Second { second, .. } = report
            && Nanos::from_secs(second.index + 1) >= self.at_most
            && !self.stopped
        {
            self.stopped = true;
            let _ = self.control.send(WorkerControl::Stop);
            let _ = self.control.send(WorkerControl::Cut);
        }
    }
}

/// Users whose requests a model answers.
pub struct SimulatedUsers<M> {
    workload: Arc<Workload>,
    model: Rc<RefCell<M>>,
    started_unix_ms: u64,
}

impl<M: Model> SimulatedUsers<M> {
    /// Users of `workload`, all answered by `model`, in a run that began at `started_unix_ms`.
    pub fn new(workload: &Arc<Workload>, model: M, started_unix_ms: u64) -> Self {
        Self { workload: Arc::clone(workload), model: Rc::new(RefCell::new(model)), started_unix_ms }
    }
}

impl<M: Model + 'static> VuSource for SimulatedUsers<M> {
    type Vu = SimulatedUser<M>;

    fn make(&mut self, _scenario: ScenarioId, user: u64, _ctx: &VuContext) -> Self::Vu {
        SimulatedUser {
            workload: Arc::clone(&self.workload),
            model: Rc::clone(&self.model),
            memory: Memory::of_user(user),
            started_unix_ms: self.started_unix_ms,
        }
    }
}

/// Walks the steps of its journey; the model answers.
pub struct SimulatedUser<M> {
    workload: Arc<Workload>,
    model: Rc<RefCell<M>>,
    memory: Memory,
    started_unix_ms: u64,
}

impl<M: Model> Vu for SimulatedUser<M> {
    async fn iterate(&mut self, start: &Start, ctx: &VuContext) -> IterationEnd {
        let workload = Arc::clone(&self.workload);
        walk(&workload, self, start, ctx).await
    }
}

/// A request that the model has answered, as long as its answer is on the way.
#[derive(Clone, Copy)]
struct OnTheWay {
    id: RequestId,
    started: Nanos,
    ends: Nanos,
    outcome: Outcome,
}

impl<M: Model> SimulatedUser<M> {
    fn begin(&mut self, id: RequestId, ctx: &VuContext, draw: &mut Draw) -> OnTheWay {
        let started = ctx.now();
        self.memory.unix_ms = self.started_unix_ms + started.0 / 1_000_000;
        ctx.request_started(started);
        let endpoint = self.workload.requests[id.0 as usize].endpoint;
        let (ends, outcome) = self.model.borrow_mut().answer(endpoint, started, draw);
        OnTheWay { id, started, ends, outcome }
    }

    /// Counts an answer that has come, or is awaited no more. What an answer has no words for is remembered under
    /// its own name.
    fn end(&mut self, request: OnTheWay, (due, start): (Nanos, &Start), ctx: &VuContext) -> Performed {
        let ended = ctx.now();
        let OnTheWay { id, started, .. } = request;
        let plan = &self.workload.requests[id.0 as usize];
        let mut parts = Parts::default();
        parts.set(Part::Waiting, ended - started);
        let outcome = if ctx.is_cut() { Outcome::Error(ErrorKind::Cut) } else { request.outcome };
        let status = if outcome.is_ok() { Status::code(200) } else { Status::NONE };
        ctx.record(&Sample {
            endpoint: plan.endpoint,
            phase: start.phase,
            scheduled: due,
            started,
            ended,
            parts,
            outcome,
            status,
            bytes_out: 0,
            bytes_in: 0,
            retries: 0,
        });
        for save in plan.saves.iter().filter(|_| outcome.is_ok()) {
            let name = self.workload.slots.get(usize::from(save.slot.0)).cloned();
            self.memory.set(save.slot, Some(Value::Text(name.unwrap_or_default())));
        }
        let goes_on = outcome.is_ok() || plan.on_failure == OnFailure::Continue;
        Performed { ended, outcome, status: if outcome.is_ok() { 200 } else { 0 }, goes_on }
    }
}

impl<M: Model> Perform for SimulatedUser<M> {
    async fn perform(&mut self, errand: Errand<'_>, ctx: &VuContext, draw: &mut Draw) -> Performed {
        ctx.record_lag(ctx.now() - errand.due);
        let request = self.begin(errand.id, ctx, draw);
        // Cut or not, it ends here: `end` looks which.
        let _ = ctx.sleep_until(request.ends).await;
        self.end(request, (errand.due, errand.start), ctx)
    }

    async fn perform_batch(&mut self, batch: Batch<'_>, ctx: &VuContext, draw: &mut Draw) -> Performed {
        let Batch { requests, at_once, due, start } = batch;
        // Once: those that wait for another of the batch are not late.
        ctx.record_lag(ctx.now() - due);
        let mut all = Performed { ended: ctx.now(), outcome: Outcome::Ok, status: 0, goes_on: true };
        let mut waiting = requests.iter();
        let mut under_way: Vec<OnTheWay> = Vec::new();
        loop {
            while under_way.len() < usize::from(at_once)
                && !ctx.is_cut()
                && let Some(id) = waiting.next()
            {
                under_way.push(self.begin(*id, ctx, draw));
            }
            // Of those that end together the first to have begun.
            let first = (0..under_way.len()).min_by_key(|at| under_way[*at].ends);
            let Some(request) = first.map(|at| under_way.remove(at)) else { return all };
            let _ = ctx.sleep_until(request.ends).await;
            let one = self.end(request, (due, start), ctx);
            all = Performed {
                ended: one.ended,
                outcome: if all.goes_on && !one.goes_on { one.outcome } else { all.outcome },
                status: one.status,
                goes_on: all.goes_on && one.goes_on,
            };
        }
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }
}
