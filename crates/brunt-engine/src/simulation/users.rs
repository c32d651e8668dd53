//! Simulated users: they walk their journeys as native ones do, with logins, faults and batches, and a model answers.
//!
//! They draw as native users draw, so that both send the same requests. Nothing is ever missing: what an answer has no
//! words for is remembered under its own name. No login is over before its user: a model knows no status.

use super::Model;
use crate::context::{Interrupt, VuContext};
use crate::dispatcher::Start;
use crate::journey::{Batch, Errand, Perform, Performed, side_draws, walk};
use crate::vu::{IterationEnd, Vu, VuSource};
use brunt_metrics::{EndpointId, ErrorKind, Nanos, Outcome, Part, Parts, Sample, ScenarioId, Status};
use brunt_workload::{
    Draw, Fault, FaultKind, LoginFor, LoginId, Memory, OnFailure, Request, RequestId, Value, Workload,
};
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// Users whose requests a model answers.
pub struct SimulatedUsers<M> {
    shared: Rc<SharedByUsers<M>>,
}

/// What all users of a worker have in common.
struct SharedByUsers<M> {
    workload: Arc<Workload>,
    model: RefCell<M>,
    started_unix_ms: u64,
    /// Logins that users share, by `LoginId`.
    logins: Vec<Rc<Login>>,
}

impl<M: Model> SimulatedUsers<M> {
    /// Users of `workload`, all answered by `model`, in a run that began at `started_unix_ms`.
    pub fn new(workload: &Arc<Workload>, model: M, started_unix_ms: u64) -> Self {
        let shared = SharedByUsers {
            workload: Arc::clone(workload),
            model: RefCell::new(model),
            started_unix_ms,
            logins: workload.logins.iter().map(|_| Rc::default()).collect(),
        };
        Self { shared: Rc::new(shared) }
    }
}

impl<M: Model + 'static> VuSource for SimulatedUsers<M> {
    type Vu = SimulatedUser<M>;

    fn make(&mut self, _scenario: ScenarioId, user: u64, _ctx: &VuContext) -> Self::Vu {
        let shared = Rc::clone(&self.shared);
        let logins = shared.workload.logins.iter().map(|_| Rc::default()).collect();
        SimulatedUser { shared, memory: RefCell::new(Memory::of_user(user)), logins }
    }
}

/// Walks the steps of its journey; the model answers.
pub struct SimulatedUser<M> {
    shared: Rc<SharedByUsers<M>>,
    memory: RefCell<Memory>,
    /// Its own logins, by `LoginId`.
    logins: Vec<Rc<Login>>,
}

/// How far a login has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LoginStage {
    /// Nobody is at it.
    #[default]
    Open,
    /// Somebody makes it, and waits until this instant for the answer that is due next.
    Making(Nanos),
    /// It has been made.
    Made,
}

/// One login, of one user or of all users of a worker.
#[derive(Debug, Default)]
struct Login {
    stage: Cell<LoginStage>,
    /// How often it failed.
    failures: Cell<u64>,
}

impl<M: Model> Vu for SimulatedUser<M> {
    async fn iterate(&mut self, start: &Start, ctx: &VuContext) -> IterationEnd {
        let shared = Rc::clone(&self.shared);
        walk(&shared.workload, self, start, ctx).await
    }
}

/// A request that is to be performed.
#[derive(Clone, Copy)]
struct Task<'a> {
    id: RequestId,
    due: Nanos,
    /// Since when nothing has kept it from being sent.
    ready: Nanos,
    start: &'a Start,
    draw: Draw,
}

/// A request that the model has answered, as long as its answer is on the way.
#[derive(Clone, Copy)]
struct OnTheWay {
    started: Nanos,
    ends: Nanos,
    outcome: Outcome,
}

impl<M: Model> SimulatedUser<M> {
    fn request(&self, id: RequestId) -> &Request {
        &self.shared.workload.requests[id.0 as usize]
    }

    async fn one(&self, errand: Errand<'_>, draw: Draw, ctx: &VuContext) -> Performed {
        let Errand { id, due, start } = errand;
        let mut task = Task { id, due, ready: due, start, draw };
        if let Some(login) = self.request(id).login {
            if let Err(outcome) = self.log_in(login, &task, ctx).await {
                let now = ctx.now();
                ctx.request_started(now);
                return self.end(&task, OnTheWay { started: now, ends: now, outcome }, ctx);
            }
            task.ready = ctx.now().max(task.ready);
        }
        if let Some(mix) = self.request(id).faults {
            let [mut draw, ..] = side_draws(task.draw);
            let mix = &self.shared.workload.fault_mixes[usize::from(mix.0)];
            if let Some(fault) = mix.chosen(&mut draw) {
                if let Some(done) = self.faulty(fault, &task, ctx).await {
                    return done;
                }
                (task.due, task.ready) = (ctx.now(), ctx.now());
            }
        }
        self.counted(&task, ctx).await
    }

    async fn counted(&self, task: &Task<'_>, ctx: &VuContext) -> Performed {
        let request = self.begin(task, ctx);
        // Cut or not, it ends here: `end` looks which.
        let _ = ctx.sleep_until(request.ends).await;
        self.end(task, request, ctx)
    }

    fn begin(&self, task: &Task<'_>, ctx: &VuContext) -> OnTheWay {
        let started = ctx.now();
        ctx.request_started(started);
        ctx.record_lag(started - task.ready);
        self.asked(task, started, started)
    }

    /// What the model makes of a request that began at `started` and has been sent at `sent`.
    fn asked(&self, task: &Task<'_>, started: Nanos, sent: Nanos) -> OnTheWay {
        self.memory.borrow_mut().unix_ms = self.shared.started_unix_ms + started.0 / 1_000_000;
        let [_, mut draw, _] = side_draws(task.draw);
        let endpoint = self.request(task.id).endpoint;
        let (ends, outcome) = self.shared.model.borrow_mut().answer(endpoint, sent, &mut draw);
        OnTheWay { started, ends, outcome }
    }

    /// Counts an answer that has come, or is awaited no more.
    fn end(&self, task: &Task<'_>, request: OnTheWay, ctx: &VuContext) -> Performed {
        let plan = self.request(task.id);
        let sample = sample(plan.endpoint, task, request, ctx);
        ctx.record(&sample);
        let outcome = sample.outcome;
        for save in plan.saves.iter().filter(|_| outcome.is_ok()) {
            let name = self.shared.workload.slots.get(usize::from(save.slot.0)).cloned();
            self.memory.borrow_mut().set(save.slot, Some(Value::Text(name.unwrap_or_default())));
        }
        let cut = outcome == Outcome::Error(ErrorKind::Cut);
        let goes_on = outcome.is_ok() || (plan.on_failure == OnFailure::Continue && !cut);
        Performed { ended: sample.ended, outcome, status: if outcome.is_ok() { 200 } else { 0 }, goes_on }
    }

    /// Makes a login, unless it has been made or somebody is at it: then it is waited for. As who fails with it, who
    /// has waited for it.
    async fn log_in(&self, id: LoginId, task: &Task<'_>, ctx: &VuContext) -> Result<(), Outcome> {
        let at = usize::from(id.0);
        let plan = &self.shared.workload.logins[at];
        let login = match plan.who {
            LoginFor::EachUser => &self.logins[at],
            LoginFor::EachWorker => &self.shared.logins[at],
        };
        let until = ctx.now() + self.request(task.id).timeout;
        let failures = login.failures.get();
        loop {
            match login.stage.get() {
                LoginStage::Made => return Ok(()),
                LoginStage::Open | LoginStage::Making(_) if login.failures.get() != failures => {
                    return Err(UNSENT);
                }
                LoginStage::Open => break,
                LoginStage::Making(_) if ctx.now() >= until => return Err(UNSENT),
                LoginStage::Making(ends) => {
                    let interrupt = ctx.sleep_until(ends.min(until)).await;
                    // Whoever makes it may come after us at this very instant.
                    ctx.let_others_run().await;
                    if interrupt == Err(Interrupt::Cut) || ctx.is_cut() {
                        return Err(Outcome::Error(ErrorKind::Cut));
                    }
                }
            }
        }
        let [.., mut draws] = side_draws(task.draw);
        let mut due = task.due;
        for id in &plan.requests {
            let step = Task { id: *id, due, ready: due, start: task.start, draw: draws.branch() };
            let request = self.begin(&step, ctx);
            login.stage.set(LoginStage::Making(request.ends));
            let _ = ctx.sleep_until(request.ends).await;
            let done = self.end(&step, request, ctx);
            if !done.goes_on {
                login.stage.set(LoginStage::Open);
                login.failures.set(login.failures.get() + 1);
                return Err(if ctx.is_cut() { Outcome::Error(ErrorKind::Cut) } else { UNSENT });
            }
            due = done.ended;
        }
        login.stage.set(LoginStage::Made);
        Ok(())
    }

    /// Performs a request with a fault. `None` where the proper request is to follow.
    async fn faulty(&self, fault: &Fault, task: &Task<'_>, ctx: &VuContext) -> Option<Performed> {
        match fault.kind {
            FaultKind::Retries(times) => return Some(self.again(fault, times, task, ctx).await),
            FaultKind::Abort | FaultKind::SlowSend(_) | FaultKind::MalformedBody => {
                self.aside(fault, task, ctx).await;
            }
        }
        if !ctx.is_cut() && !self.request(task.id).saves.is_empty() {
            return None;
        }
        let outcome = if ctx.is_cut() { Outcome::Error(ErrorKind::Cut) } else { Outcome::Ok };
        Some(Performed { ended: ctx.now(), outcome, status: 0, goes_on: outcome.is_ok() })
    }

    /// One request that is counted aside.
    async fn aside(&self, fault: &Fault, task: &Task<'_>, ctx: &VuContext) {
        let started = ctx.now();
        let request = match fault.kind {
            // Closed as soon as it is sent.
            FaultKind::Abort => OnTheWay { started, ends: started, outcome: Outcome::Ok },
            FaultKind::SlowSend(over) => self.asked(task, started, started + over),
            FaultKind::MalformedBody | FaultKind::Retries(_) => self.asked(task, started, started),
        };
        let _ = ctx.sleep_until(request.ends).await;
        let endpoint = fault.endpoints.get(usize::from(task.start.scenario.0)).copied();
        let endpoint = endpoint.unwrap_or(self.request(task.id).endpoint);
        ctx.record_aside(&sample(endpoint, task, request, ctx));
    }

    /// The proper request, and copies of it at the same time.
    async fn again(&self, fault: &Fault, times: u16, task: &Task<'_>, ctx: &VuContext) -> Performed {
        let beside = ctx.side_by_side();
        let proper = Cell::new(None);
        let mut all: Vec<Beside<'_>> = Vec::with_capacity(usize::from(times) + 1);
        all.push(Box::pin(async { proper.set(Some(self.counted(task, &beside).await)) }));
        all.extend((0..times).map(|_| -> Beside<'_> { Box::pin(self.aside(fault, task, &beside)) }));
        ctx.all(all).await;
        let ended = ctx.now();
        let cut = Performed { ended, outcome: Outcome::Error(ErrorKind::Cut), status: 0, goes_on: false };
        let performed = proper.take().unwrap_or(cut);
        Performed { ended: performed.ended.max(ended), ..performed }
    }
}

/// One of several things that a user does side by side.
type Beside<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// How a request ends that waited for a login which failed.
const UNSENT: Outcome = Outcome::Error(ErrorKind::Missing);

fn sample(endpoint: EndpointId, task: &Task<'_>, request: OnTheWay, ctx: &VuContext) -> Sample {
    let (started, ended) = (request.started, ctx.now());
    let mut parts = Parts::default();
    parts.set(Part::Waiting, ended - started);
    let outcome = if ctx.is_cut() { Outcome::Error(ErrorKind::Cut) } else { request.outcome };
    Sample {
        endpoint,
        phase: task.start.phase,
        scheduled: task.due,
        started,
        ended,
        parts,
        outcome,
        status: if outcome.is_ok() { Status::code(200) } else { Status::NONE },
        bytes_out: 0,
        bytes_in: 0,
        retries: 0,
    }
}

impl<M: Model> Perform for SimulatedUser<M> {
    async fn perform(&mut self, errand: Errand<'_>, ctx: &VuContext, draw: &mut Draw) -> Performed {
        let draw = draw.branch();
        self.one(errand, draw, ctx).await
    }

    async fn perform_batch(&mut self, batch: Batch<'_>, ctx: &VuContext, draw: &mut Draw) -> Performed {
        let mut draw = draw.branch();
        let draws: Vec<Draw> = batch.requests.iter().map(|_| draw.branch()).collect();
        let (user, beside) = (&*self, ctx.side_by_side());
        let next = Cell::new(0);
        let total = Cell::new(Performed { ended: batch.due, outcome: Outcome::Ok, status: 0, goes_on: true });
        let lanes = (0..usize::from(batch.at_once).min(batch.requests.len())).map(|_| -> Beside<'_> {
            Box::pin(async {
                let mut due = batch.due;
                while let Some((id, draw)) = batch.requests.get(next.get()).zip(draws.get(next.get())) {
                    next.set(next.get() + 1);
                    let errand = Errand { id: *id, due, start: batch.start };
                    let done = user.one(errand, *draw, &beside).await;
                    total.set(total.get().and(done));
                    due = done.ended;
                    if beside.is_cut() {
                        return;
                    }
                }
            })
        });
        ctx.all(lanes.collect()).await;
        total.get()
    }

    fn memory(&mut self) -> &mut Memory {
        self.memory.get_mut()
    }
}
