//! A user that speaks HTTP: its requests, what they cost and how they count.
//!
//! `send` follows a request over redirects and retries; `connections` opens, keeps and shares connections; `judge`
//! holds an answer against its checks and remembers what is to be; `logins`, `faults` and `batch` are what their
//! names say.

mod batch;

mod connections;

mod faults;

mod judge;

mod logins;

mod send;

pub(crate) use connections::Counted;

use crate::cookies::Cookies;
use crate::error::Failure;
use crate::exchange::Conduct;
use crate::http2::SharedConnections;
use crate::login::LoginState;
use crate::network::{Network, Settings};
use brunt_engine::{
    Batch, Errand, IterationEnd, Perform, Performed, Start, Vu, VuContext, VuSource, side_draws, walk,
};
use brunt_metrics::{EndpointId, ErrorKind, Nanos, Outcome, Sample, ScenarioId, Status};
use brunt_workload::{Draw, LoginId, Memory, OnFailure, Workload};
use connections::Kept;
use judge::Case;
use logins::Need;
use send::{Hop, Ledger};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// Makes the HTTP users of one worker.
pub struct HttpUsers {
    network: Rc<Network>,
}

impl HttpUsers {
    /// For one worker; to be made on its thread.
    pub fn new(settings: Settings) -> Self {
        Self { network: Rc::new(Network::new(settings)) }
    }
}

impl VuSource for HttpUsers {
    type Vu = HttpUser;

    fn make(&mut self, _scenario: ScenarioId, user: u64, _ctx: &VuContext) -> HttpUser {
        let user = User {
            network: Rc::clone(&self.network),
            person: Person {
                number: user,
                memory: RefCell::new(Memory::of_user(user)),
                cookies: RefCell::default(),
                logins: RefCell::default(),
                known_logins: RefCell::default(),
                shared: OnceCell::new(),
            },
            lane: Lane::default(),
            more_lanes: Vec::new(),
        };
        HttpUser { workload: Arc::clone(&self.network.settings.workload), user }
    }
}

/// One user.
pub struct HttpUser {
    workload: Arc<Workload>,
    user: User,
}

impl Vu for HttpUser {
    async fn iterate(&mut self, start: &Start, ctx: &VuContext) -> IterationEnd {
        walk(&self.workload, &mut self.user, start, ctx).await
    }
}

struct User {
    network: Rc<Network>,
    person: Person,
    lane: Lane,
    /// For what it does side by side. None until it does.
    more_lanes: Vec<Lane>,
}

/// What all that a user does side by side has in common. Borrows are short and never held over an await.
struct Person {
    number: u64,
    memory: RefCell<Memory>,
    cookies: RefCell<Cookies>,
    /// Logins of its own, by `LoginId`.
    logins: RefCell<Vec<Rc<LoginState>>>,
    /// Which generation of a shared login it has, by `LoginId`.
    known_logins: RefCell<Vec<u64>>,
    /// HTTP/2 connections of its own.
    shared: OnceCell<SharedConnections>,
}

/// What one of the things that a user does side by side has for itself.
#[derive(Default)]
struct Lane {
    connections: Vec<Kept>,
    /// A request that changes, or has cookies, is rendered here.
    rendered: Vec<u8>,
    /// The target of such a request.
    target: Vec<u8>,
    /// Where the body begins in what is sent.
    body_at: usize,
    /// The same for HTTP/2.
    message: Option<Box<(http::Request<()>, bytes::Bytes)>>,
}

/// A user at work in one lane.
struct Agent<'a> {
    network: &'a Rc<Network>,
    person: &'a Person,
    lane: &'a mut Lane,
}

/// A request that is to be performed and counted.
struct Task<'a> {
    errand: Errand<'a>,
    /// Since when nothing but brunt itself has kept it from being sent.
    ready: Nanos,
    draw: Draw,
    /// The login that it uses, and which generation of it.
    login: Option<(LoginId, u64)>,
}

impl Task<'_> {
    fn hop<'a>(&self, settings: &'a Settings, now: Nanos) -> Hop<'a> {
        let request = &settings.workload.requests[self.errand.id.0 as usize];
        let wire = &settings.wires[self.errand.id.0 as usize];
        Hop {
            request,
            origin: &settings.workload.target.origins[usize::from(request.origin.0)],
            method: &wire.method,
            fixed: wire.fixed.as_deref(),
            fixed_http2: wire.fixed_http2.as_ref(),
            headers_end: wire.headers_end,
            wants: &wire.wants,
            draw: self.draw,
            deadline: now + request.timeout,
            conduct: Conduct::Proper,
        }
    }

    fn side_draws(&self) -> [Draw; 3] {
        side_draws(self.draw)
    }

    fn login_draws(&self) -> Draw {
        let [.., login] = self.side_draws();
        login
    }
}

impl Perform for User {
    async fn perform(&mut self, errand: Errand<'_>, ctx: &VuContext, draw: &mut Draw) -> Performed {
        // However many its parts take: what comes after it does not depend on them.
        let draw = draw.branch();
        let mut agent = Agent { network: &self.network, person: &self.person, lane: &mut self.lane };
        agent.perform(errand, draw, ctx).await
    }

    async fn perform_batch(&mut self, batch: Batch<'_>, ctx: &VuContext, draw: &mut Draw) -> Performed {
        let draw = draw.branch();
        Box::pin(self.side_by_side(batch, ctx, draw)).await
    }

    fn memory(&mut self) -> &mut Memory {
        self.person.memory.get_mut()
    }
}

impl Agent<'_> {
    async fn perform(&mut self, errand: Errand<'_>, draw: Draw, ctx: &VuContext) -> Performed {
        let network = Rc::clone(self.network);
        let workload = &network.settings.workload;
        let request = &workload.requests[errand.id.0 as usize];
        self.person.memory.borrow_mut().unix_ms = network.settings.unix_ms(ctx.now());
        let mut task = Task { errand, ready: errand.due, draw, login: None };
        if let Some(id) = request.login {
            let generation = if let Some(generation) = self.logged_in(id) {
                generation
            } else {
                let need = Need { id, over: 0, due: errand.due, until: ctx.now() + request.timeout };
                // Boxed, as all that is rare: a user's task is as large as its largest await.
                let generation = match Box::pin(self.log_in(&need, &task, ctx)).await {
                    Ok(generation) => generation,
                    Err(failure) => return self.record_unsent(&task, &failure, ctx),
                };
                // What the login took is not brunt's lateness. The response time begins when the request was due.
                task.ready = ctx.now();
                generation
            };
            task.login = Some((id, generation));
        }
        if let Some(mix) = request.faults {
            let [mut draw, ..] = task.side_draws();
            let fault = workload.fault_mixes[usize::from(mix.0)].chosen(&mut draw);
            if let Some(fault) = fault {
                if let Some(done) = Box::pin(self.perform_faulty(fault, &task, ctx)).await {
                    return done;
                }
                // The proper request that follows is due when the broken one is over.
                task.errand.due = ctx.now();
                task.ready = task.errand.due;
            }
        }
        self.perform_counted(&task, ctx).await
    }

    /// Performs a request as it should be, and counts it.
    async fn perform_counted(&mut self, task: &Task<'_>, ctx: &VuContext) -> Performed {
        let network = Rc::clone(self.network);
        let id = task.errand.id;
        let started = ctx.now();
        ctx.request_started(started);
        ctx.record_lag(started - task.ready);
        let mut ledger = Ledger::default();
        let hop = task.hop(&network.settings, started);
        let mut result = self.send(&hop, &mut ledger, ctx).await;
        if task.login.is_some()
            && let Ok(reply) = &result
            && self.is_over(reply, task)
        {
            result = Box::pin(self.renew(task, &hop, &mut ledger, ctx)).await;
        }
        let (ended, status, outcome) = match result {
            Ok(mut reply) => {
                let [_, draw, _] = task.side_draws();
                let case = Case { id, request: hop.request, service: reply.ended - started, draw };
                let outcome = self.judge(&case, &mut reply, &ledger, ctx);
                (reply.ended, reply.status, outcome)
            }
            Err(failure) => {
                let outcome = Outcome::Error(failure.kind());
                self.explain(ctx, hop.request.endpoint, outcome, || failure.to_string());
                (ctx.now(), 0, outcome)
            }
        };
        self.record(task, Ending { started, ended, status, outcome }, &ledger, ctx)
    }

    fn record(&self, task: &Task<'_>, ending: Ending, ledger: &Ledger, ctx: &VuContext) -> Performed {
        let Ending { started, ended, status, outcome } = ending;
        let request = &self.network.settings.workload.requests[task.errand.id.0 as usize];
        ctx.record(&Sample {
            endpoint: request.endpoint,
            phase: task.errand.start.phase,
            scheduled: task.errand.due,
            started,
            ended,
            parts: ledger.parts,
            outcome,
            status: Status::code(status),
            bytes_out: ledger.bytes_out,
            bytes_in: ledger.bytes_in,
            retries: ledger.retries,
        });
        let cut = outcome == Outcome::Error(ErrorKind::Cut);
        let goes_on = outcome.is_ok() || (request.on_failure == OnFailure::Continue && !cut);
        Performed { ended, outcome, status, goes_on }
    }

    /// Keeps the words of an error, without secrets. All words of a user go through here.
    fn explain(
        &self,
        ctx: &VuContext,
        endpoint: EndpointId,
        outcome: Outcome,
        words: impl FnOnce() -> String,
    ) {
        ctx.detail(endpoint, outcome, || self.network.settings.secrets.hide(&words()));
    }

    /// Counts a request that could not be sent.
    fn record_unsent(&self, task: &Task<'_>, failure: &Failure, ctx: &VuContext) -> Performed {
        let now = ctx.now();
        let request = &self.network.settings.workload.requests[task.errand.id.0 as usize];
        let outcome = Outcome::Error(failure.kind());
        ctx.request_started(now);
        self.explain(ctx, request.endpoint, outcome, || failure.to_string());
        self.record(task, Ending { started: now, ended: now, status: 0, outcome }, &Ledger::default(), ctx)
    }
}

/// How a request ended, and when.
#[derive(Clone, Copy)]
struct Ending {
    started: Nanos,
    ended: Nanos,
    status: u16,
    outcome: Outcome,
}
