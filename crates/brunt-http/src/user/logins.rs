//! Logging in: before the first request that needs it, and again when an answer says that it is over.
//!
//! A login is made by one at a time: by one user of all that share it, or by one of the requests that a user sends
//! side by side. The others wait, and take over what it gave; if it failed, they have failed with it. Faults are
//! not put into its requests.

use super::send::{Hop, Ledger};
use super::{Agent, Task};
use crate::checks::within;
use crate::error::Failure;
use crate::exchange::Reply;
use crate::login::LoginState;
use brunt_engine::{Errand, Interrupt, VuContext};
use brunt_metrics::{Nanos, Part};
use brunt_workload::{Login, LoginFor, LoginId};
use std::pin::pin;
use std::rc::Rc;

/// A login that is needed.
pub(super) struct Need {
    pub(super) id: LoginId,
    /// Made more often than so many times: what it gave before is over.
    pub(super) over: u64,
    /// When its first request is due.
    pub(super) due: Nanos,
    /// How long another's is waited for.
    pub(super) until: Nanos,
}

impl Agent<'_> {
    fn login(&self, id: LoginId) -> (&Login, Rc<LoginState>) {
        let login = &self.network.settings.workload.logins[usize::from(id.0)];
        let state = match login.who {
            LoginFor::EachWorker => Rc::clone(&self.network.logins[usize::from(id.0)]),
            LoginFor::EachUser => {
                let mut own = self.person.logins.borrow_mut();
                let length = own.len().max(usize::from(id.0) + 1);
                own.resize_with(length, Rc::default);
                Rc::clone(&own[usize::from(id.0)])
            }
        };
        (login, state)
    }

    /// Which generation of a login the user has, if it has been made. What it gave is taken over if it is new.
    pub(super) fn logged_in(&self, id: LoginId) -> Option<u64> {
        let (login, state) = self.login(id);
        let generation = state.generation();
        if login.who == LoginFor::EachWorker && generation > 0 {
            let mut known = self.person.known_logins.borrow_mut();
            let length = known.len().max(usize::from(id.0) + 1);
            known.resize(length, 0);
            if known[usize::from(id.0)] < generation {
                known[usize::from(id.0)] = generation;
                let mut memory = self.person.memory.borrow_mut();
                for (slot, value) in login.slots.iter().zip(state.values()) {
                    memory.set(*slot, value);
                }
            }
        }
        (generation > 0).then_some(generation)
    }

    /// Makes the login, unless somebody has meanwhile, and answers how often it has been made.
    pub(super) async fn log_in(
        &mut self,
        need: &Need,
        task: &Task<'_>,
        ctx: &VuContext,
    ) -> Result<u64, Failure> {
        let Need { id, over, mut due, until } = *need;
        let (login, state) = self.login(id);
        let login = login.clone();
        let failed = |reason: String| Failure::Login { name: login.name.clone(), reason };
        let tries = state.tries();
        let making = match ctx.until(until, pin!(state.making.lock())).await {
            Ok(making) => making,
            Err(Interrupt::Cut) => return Err(Failure::Cut),
            Err(Interrupt::Deadline) => {
                return Err(failed(
                    "it was not made within the timeout of the request that waits for it".into(),
                ));
            }
        };
        if let Some(generation) = self.logged_in(id).filter(|generation| *generation > over) {
            return Ok(generation);
        }
        if let Some(reason) = state.failure_since(tries) {
            return Err(failed(reason));
        }
        let mut draws = task.login_draws();
        for request in &login.requests {
            let errand = Errand { id: *request, due, start: task.errand.start };
            let step = Task { errand, ready: due, draw: draws.branch(), login: None };
            let done = self.perform_counted(&step, ctx).await;
            if ctx.is_cut() {
                return Err(Failure::Cut);
            }
            if !done.goes_on {
                let reason = self.why_not(*request, done.status);
                state.failed(&reason);
                return Err(failed(reason));
            }
            due = done.ended;
        }
        let memory = self.person.memory.borrow();
        state.made(login.slots.iter().map(|slot| memory.get(*slot).cloned()).collect());
        drop(memory);
        drop(making);
        // What is shared is in this user's memory already, and taken over once more.
        Ok(self.logged_in(id).unwrap_or(over))
    }

    fn why_not(&self, id: brunt_workload::RequestId, status: u16) -> String {
        let request = &self.network.settings.workload.requests[id.0 as usize];
        let answer =
            if status == 0 { "without an answer".to_owned() } else { format!("with status {status}") };
        let name = self.network.settings.workload.endpoints.get(request.endpoint.0 as usize);
        let name = name.map_or("", |endpoint| endpoint.name.as_str());
        format!("its request `{} {name}` ended {answer} (its own line says why)", request.method)
    }

    /// Whether an answer says that the login of its request is over.
    pub(super) fn is_over(&self, reply: &Reply, task: &Task<'_>) -> bool {
        task.login.is_some_and(|(id, _)| within(&self.login(id).0.refresh_on, reply.status))
    }

    /// Logs in anew, unless somebody has since the request was sent, and sends the request once more.
    pub(super) async fn renew(
        &mut self,
        task: &Task<'_>,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<Reply, Failure> {
        ledger.retries = ledger.retries.saturating_add(1);
        let begun = ctx.now();
        if let Some((id, over)) = task.login {
            let need = Need { id, over, due: begun, until: begun + hop.request.timeout };
            self.log_in(&need, task, ctx).await?;
        }
        let now = ctx.now();
        ledger.add_part(Part::Blocked, now - begun);
        ledger.resent = false;
        let again = Hop { deadline: now + hop.request.timeout, ..*hop };
        self.send(&again, ledger, ctx).await
    }
}
