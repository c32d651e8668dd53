//! The simulated driver: the same worker, on a clock that jumps, with users whose answers a model makes up.
//!
//! Used by `--simulate`, by the executors' golden tests and by the accuracy suite: an hour at 1,000/s takes
//! seconds, and what comes out is exact.

mod users;

pub use users::{SimulatedUser, SimulatedUsers};

use crate::clock::Clock;
use crate::coordinator::Emitter;
use crate::vu::VuSource;
use crate::worker::{WorkerControl, WorkerReport, WorkerSetup, work};
use brunt_metrics::{EndpointId, Nanos, Outcome};
use brunt_run::{RunEvent, RunHeader, StopReason};
use brunt_workload::{Draw, Workload};
use std::cell::Cell;
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
/// [`VuContext`](crate::VuContext) offers: the clock stands still only while one of those is about to continue.
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
