//! Requests that are made wrongly on purpose: broken off, sent slowly, with a body that does not parse, or again
//! and again.
//!
//! What is wrong is counted aside and never fails an iteration. It is sent instead of the proper request; but where
//! values are saved of the answer the proper one follows, as a user tries again who needs it. A burst of retries goes
//! out beside the proper request, which is counted as usual.
//!
//! Over HTTP/1 an aborted request costs its connection, and each copy of a burst has a connection of its own. Over
//! HTTP/2 an abort resets the stream, copies are streams of the user's connection, and of a request that is sent
//! slowly only the body (or the end of the stream) is held back.

use super::send::Ledger;
use super::{Agent, Lane, Task};
use crate::exchange::Conduct;
use crate::wire::drawn;
use brunt_engine::{Performed, VuContext};
use brunt_metrics::{ErrorKind, Nanos, Outcome, Sample, Status};
use brunt_workload::{Body, Draw, Fault, FaultKind, Request, Scope};
use std::cell::Cell;
use std::sync::Arc;

/// Follows what is left of a body that is malformed: no UTF-8, and no end of any JSON.
const GARBAGE: &[u8] = b"\xff\xfe{\"\x00[";

impl Agent<'_> {
    /// Performs a request with a fault. `None` where the proper request is to follow.
    pub(super) async fn perform_faulty(
        &mut self,
        fault: &Fault,
        task: &Task<'_>,
        ctx: &VuContext,
    ) -> Option<Performed> {
        let settings = &self.network.settings;
        let request = &settings.workload.requests[task.errand.id.0 as usize];
        match fault.kind {
            FaultKind::Abort => self.send_aside(fault, (request, Conduct::Abort), task, ctx).await,
            FaultKind::SlowSend(over) => {
                self.send_aside(fault, (request, Conduct::Slow(over)), task, ctx).await
            }
            FaultKind::MalformedBody => {
                let malformed = self.filled_in(request, task.draw).map(|filled| malformed(&filled));
                let request = malformed.as_ref().unwrap_or(request);
                self.send_aside(fault, (request, Conduct::Proper), task, ctx).await
            }
            FaultKind::Retries(times) => return Some(self.send_again(fault, times, task, ctx).await),
        }
        .into_performed(request, ctx)
    }

    /// Sends one request that is counted aside.
    async fn send_aside(
        &mut self,
        fault: &Fault,
        (request, conduct): (&Request, Conduct),
        task: &Task<'_>,
        ctx: &VuContext,
    ) -> Aside {
        let settings = &self.network.settings;
        let id = task.errand.id;
        let started = ctx.now();
        let mut hop = task.hop(settings, started);
        if !std::ptr::eq(request, hop.request) {
            (hop.request, hop.fixed, hop.fixed_http2) = (request, None, None);
        }
        hop.conduct = conduct;
        if let Conduct::Slow(over) = conduct {
            // What a slow sender is told is the target's word, not that it has been slow.
            hop.deadline = hop.deadline + over;
        }
        let mut ledger = Ledger::default();
        let result = self.send(&hop, &mut ledger, ctx).await;
        let endpoint = fault.endpoints.get(usize::from(task.errand.start.scenario.0)).copied();
        let endpoint = endpoint.unwrap_or(settings.workload.requests[id.0 as usize].endpoint);
        let (ended, status, outcome) = match &result {
            Ok(reply) if reply.status >= 400 => {
                (reply.ended, reply.status, Outcome::Error(ErrorKind::Status))
            }
            Ok(reply) => (reply.ended, reply.status, Outcome::Ok),
            Err(failure) => {
                let outcome = Outcome::Error(failure.kind());
                self.explain(ctx, endpoint, outcome, || failure.to_string());
                (ctx.now(), 0, outcome)
            }
        };
        ctx.record_aside(&Sample {
            endpoint,
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
        Aside { ended, status }
    }

    /// Performs the proper request, and sends copies of it at the same time.
    async fn send_again(&mut self, fault: &Fault, times: u16, task: &Task<'_>, ctx: &VuContext) -> Performed {
        let settings = &self.network.settings;
        let request = &settings.workload.requests[task.errand.id.0 as usize];
        let Some(copy) = self.filled_in(request, task.draw) else {
            return self.perform_counted(task, ctx).await;
        };
        let beside = ctx.side_by_side();
        let (network, person) = (self.network, self.person);
        let proper = Cell::new(None);
        let mut lanes: Vec<Lane> = (0..times).map(|_| Lane::default()).collect();
        let mut all: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + '_>>> =
            Vec::with_capacity(lanes.len() + 1);
        all.push(Box::pin(async { proper.set(Some(self.perform_counted(task, &beside).await)) }));
        for lane in &mut lanes {
            let (copy, beside) = (&copy, &beside);
            all.push(Box::pin(async move {
                let mut agent = Agent { network, person, lane };
                agent.send_aside(fault, (copy, Conduct::Proper), task, beside).await;
            }));
        }
        ctx.all(all).await;
        let performed = proper.take().unwrap_or_else(|| Aside { ended: ctx.now(), status: 0 }.performed(ctx));
        // The user goes on when the last copy has ended: what comes next is due then, and not late.
        Performed { ended: performed.ended.max(ctx.now()), ..performed }
    }

    /// The request as it is sent this time. `None` if something is missing: then it is not sent.
    fn filled_in(&self, request: &Request, draw: Draw) -> Option<Request> {
        let memory = self.person.memory.borrow();
        let scope = Scope { feeds: &self.network.settings.workload.feeds, memory: &memory };
        drawn(request, draw, &scope).ok()
    }
}

/// What came of a request that was counted aside.
struct Aside {
    ended: Nanos,
    status: u16,
}

impl Aside {
    fn into_performed(self, request: &Request, ctx: &VuContext) -> Option<Performed> {
        (ctx.is_cut() || request.saves.is_empty()).then(|| self.performed(ctx))
    }

    /// As the journey is told: whatever came of it, the iteration goes on, unless it is cut.
    fn performed(self, ctx: &VuContext) -> Performed {
        let Self { ended, status } = self;
        let cut = ctx.is_cut();
        let outcome = if cut { Outcome::Error(ErrorKind::Cut) } else { Outcome::Ok };
        Performed { ended, outcome, status, goes_on: !cut }
    }
}

/// The request with the first half of its body and then garbage.
fn malformed(request: &Request) -> Request {
    let whole: &[u8] = match &request.body {
        Body::None => &[],
        Body::Bytes(bytes) => bytes,
        Body::Text(text) => text.as_literal().unwrap_or_default().as_bytes(),
    };
    let mut body = whole[..whole.len() / 2].to_vec();
    body.extend_from_slice(GARBAGE);
    let mut malformed = Request { body: Body::Bytes(Arc::from(body)), ..request.clone() };
    // Of the proper body: this one's own is sent.
    malformed.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    malformed
}
