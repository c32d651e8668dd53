//! A user that speaks HTTP: its requests, what they cost and how they count.
//!
//! `send` follows a request over redirects and retries; `connections` opens, keeps and shares connections.

mod connections;

mod send;

pub(crate) use connections::Counted;

use crate::body;
use crate::checks::holds;
use crate::cookies::Cookies;
use crate::error::Failure;
use crate::exchange::Reply;
use crate::network::{Network, Settings};
use brunt_engine::{Errand, IterationEnd, Perform, Performed, Start, Vu, VuContext, VuSource, walk};
use brunt_metrics::{ErrorKind, Nanos, Outcome, Sample, ScenarioId, Status};
use brunt_workload::{CheckRule, Draw, Request, Workload};
use connections::Kept;
use send::{Hop, Ledger};
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
            number: user,
            connections: Vec::new(),
            cookies: Cookies::default(),
            rendered: Vec::new(),
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
    number: u64,
    connections: Vec<Kept>,
    cookies: Cookies,
    /// A request with generated parts or cookies is rendered here.
    rendered: Vec<u8>,
}

impl Perform for User {
    async fn perform(&mut self, errand: Errand<'_>, ctx: &VuContext, draw: &mut Draw) -> Performed {
        let Errand { id, due, start } = errand;
        let started = ctx.now();
        ctx.request_started(started);
        ctx.record_lag(started - due);
        let mut ledger = Ledger::default();
        let network = Rc::clone(&self.network);
        let workload = &network.settings.workload;
        let request = &workload.requests[id.0 as usize];
        let wire = &network.settings.wires[id.0 as usize];
        let hop = Hop {
            request,
            origin: &workload.target.origins[usize::from(request.origin.0)],
            method: &wire.method,
            fixed: wire.fixed.as_deref(),
            fixed_http2: wire.fixed_http2.as_ref(),
            headers_end: wire.headers_end,
            wants: &wire.wants,
            // However many its parts take: what comes after it does not depend on them.
            draw: draw.branch(),
            deadline: started + request.timeout,
        };
        let result = self.send(&hop, &mut ledger, ctx).await;
        let (ended, status, outcome) = match result {
            Ok(mut reply) => {
                let ended = reply.ended;
                let outcome = judge(&mut reply, request, workload, ended - started, ctx);
                (ended, Status::code(reply.status), outcome)
            }
            Err(failure) => {
                let outcome = Outcome::Error(failure.kind());
                ctx.detail(request.endpoint, outcome, || failure.to_string());
                (ctx.now(), Status::NONE, outcome)
            }
        };
        ctx.record(&Sample {
            endpoint: request.endpoint,
            phase: start.phase,
            scheduled: due,
            started,
            ended,
            parts: ledger.parts,
            outcome,
            status,
            bytes_out: ledger.bytes_out,
            bytes_in: ledger.bytes_in,
            retries: ledger.retries,
        });
        Performed { ended, ok: outcome.is_ok() }
    }
}

/// How a complete response counts, with every check of it recorded.
fn judge(
    reply: &mut Reply,
    request: &Request,
    workload: &Workload,
    service: Nanos,
    ctx: &VuContext,
) -> Outcome {
    let mut outcome = Outcome::Ok;
    let mut status_checked = false;
    let decoded = match decoded_body(reply, workload) {
        Ok(body) => body,
        Err(failure) => {
            outcome = Outcome::Error(failure.kind());
            ctx.detail(request.endpoint, outcome, || failure.to_string());
            Vec::new()
        }
    };
    for id in &request.checks {
        let check = &workload.checks[id.0 as usize];
        status_checked |= matches!(check.rule, CheckRule::Status(_));
        let held = holds(&check.rule, reply, &decoded, service);
        ctx.record_check(*id, held);
        if !held && outcome.is_ok() {
            outcome = Outcome::Error(ErrorKind::Check);
            ctx.detail(request.endpoint, outcome, || {
                format!("check `{}` failed for a response of status {}", check.name, reply.status)
            });
        }
    }
    if outcome.is_ok() && !status_checked && reply.status >= 400 {
        outcome = Outcome::Error(ErrorKind::Status);
        ctx.detail(request.endpoint, outcome, || format!("status {}", reply.status));
    }
    outcome
}

fn decoded_body(reply: &mut Reply, workload: &Workload) -> Result<Vec<u8>, Failure> {
    match (reply.body.take(), &reply.headers) {
        (None, _) => Ok(Vec::new()),
        (Some(body), None) => Ok(body),
        (Some(body), Some(headers)) => body::decode(body, headers, workload.target.max_kept_body),
    }
}
