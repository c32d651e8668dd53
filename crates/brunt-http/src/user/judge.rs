//! How an answer counts: its checks, its tallies, what is remembered of it.

use super::Agent;
use super::send::Ledger;
use crate::answer::Answer;
use crate::body;
use crate::checks::Grounds;
use crate::error::Failure;
use crate::exchange::Reply;
use crate::saves;
use brunt_engine::VuContext;
use brunt_metrics::{ErrorKind, Nanos, Outcome, TallyId};
use brunt_workload::{CheckRule, Draw, Missing, Request, RequestId, Scope, Workload};

/// An answer that is to be judged.
pub(super) struct Case<'a> {
    pub(super) id: RequestId,
    pub(super) request: &'a Request,
    pub(super) service: Nanos,
    /// For what is drawn of the answer.
    pub(super) draw: Draw,
}

impl Agent<'_> {
    /// How a complete response counts, with every check of it recorded and its values saved.
    pub(super) fn judge(
        &self,
        case: &Case<'_>,
        reply: &mut Reply,
        ledger: &Ledger,
        ctx: &VuContext,
    ) -> Outcome {
        let workload = &self.network.settings.workload;
        self.tally(reply, ctx);
        let mut outcome = Outcome::Ok;
        let decoded = match decoded_body(reply, workload) {
            Ok(body) => body,
            Err(failure) => {
                outcome = Outcome::Error(failure.kind());
                self.explain(ctx, case.request.endpoint, outcome, || failure.to_string());
                Vec::new()
            }
        };
        let answer =
            Answer::new(reply, &decoded, &ledger.cookies, case.service, &self.network.settings.secrets);
        let mut draws = case.draw;
        outcome = self.check(case, &answer, (draws.branch(), outcome), ctx);
        if outcome.is_ok() && !case.request.saves.is_empty() {
            outcome = self.save(case, &answer, draws, ctx);
        }
        outcome
    }

    fn tally(&self, reply: &Reply, ctx: &VuContext) {
        let Some(headers) = reply.headers.as_deref() else { return };
        let settings = &self.network.settings;
        for (id, tally) in (0..).zip(&settings.workload.tallies) {
            if let Some(value) = headers.get(&tally.header) {
                ctx.tally(TallyId(id), settings.secrets.hidden(value.as_bytes()));
            }
        }
    }

    /// Every check is evaluated and counted; the first thing that is wrong is the outcome.
    fn check(
        &self,
        case: &Case<'_>,
        answer: &Answer<'_>,
        (mut draws, mut outcome): (Draw, Outcome),
        ctx: &VuContext,
    ) -> Outcome {
        let settings = &self.network.settings;
        let workload = &settings.workload;
        let memory = self.person.memory.borrow();
        let scope = Scope { feeds: &workload.feeds, memory: &memory };
        let mut status_checked = false;
        for id in &case.request.checks {
            let check = &workload.checks[id.0 as usize];
            let pattern = &settings.patterns.checks[id.0 as usize];
            status_checked |= matches!(check.rule, CheckRule::Status(_));
            let grounds =
                Grounds { rule: &check.rule, pattern, scope, slots: &workload.slots, draw: draws.branch() };
            let held = grounds.holds(answer);
            ctx.record_check(*id, held);
            if !held && outcome.is_ok() {
                outcome = Outcome::Error(ErrorKind::Check);
                self.explain(ctx, case.request.endpoint, outcome, || {
                    format!("check `{}` failed: {}", check.name, grounds.words(answer))
                });
            }
        }
        if outcome.is_ok() && !status_checked && answer.status >= 400 {
            outcome = Outcome::Error(ErrorKind::Status);
            self.explain(ctx, case.request.endpoint, outcome, || format!("status {}", answer.status));
        }
        outcome
    }

    fn save(&self, case: &Case<'_>, answer: &Answer<'_>, mut draws: Draw, ctx: &VuContext) -> Outcome {
        let settings = &self.network.settings;
        let workload = &settings.workload;
        let mut outcome = Outcome::Ok;
        let mut memory = self.person.memory.borrow_mut();
        for (save, pattern) in case.request.saves.iter().zip(&settings.patterns.saves[case.id.0 as usize]) {
            let scope = Scope { feeds: &workload.feeds, memory: &memory };
            let value = saves::value_of(save, pattern, answer, &mut draws.branch(), &scope);
            ctx.record_check(save.check, value.is_ok());
            match value {
                Ok(value) => memory.set(save.slot, Some(value)),
                Err(lack) => {
                    outcome = Outcome::Error(ErrorKind::Check);
                    self.explain(ctx, case.request.endpoint, outcome, || {
                        let name = slot_name(workload, save.slot);
                        lack.words(name, |missing| missing_words(workload, missing))
                    });
                }
            }
        }
        outcome
    }
}

fn slot_name(workload: &Workload, slot: brunt_workload::SlotId) -> &str {
    workload.slots.get(usize::from(slot.0)).map_or("", String::as_str)
}

/// What is missing, in words.
pub(super) fn missing_words(workload: &Workload, missing: Missing) -> String {
    match missing {
        Missing::Value(slot) => {
            format!("value `{}` was not saved before it was used", slot_name(workload, slot))
        }
        Missing::Row(feed) => {
            let name = workload.feeds.get(usize::from(feed.0)).map_or("", |feed| feed.name.as_str());
            format!("data `{name}` gave the user no row before it was used")
        }
    }
}

fn decoded_body(reply: &mut Reply, workload: &Workload) -> Result<Vec<u8>, Failure> {
    match (reply.body.take(), &reply.headers) {
        (None, _) => Ok(Vec::new()),
        (Some(body), None) => Ok(body),
        (Some(body), Some(headers)) => body::decode(body, headers, workload.target.max_kept_body),
    }
}
