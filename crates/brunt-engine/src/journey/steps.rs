//! Taking the steps of an action: requests, pauses, and the steps that stand in steps.
//!
//! Steps form a tree. It is walked with a stack of its own and not by calling itself: a user's task keeps what it
//! needs across every wait, and a future that holds itself would need a heap allocation for each level. Steps at
//! the top cost nothing for it: the frame under way is a local, and the stack is empty until a step stands in
//! another.

use super::{Batch, Errand, Perform, missing_in_words};
use crate::context::VuContext;
use crate::dispatcher::Start;
use brunt_metrics::{EndpointId, ErrorKind, Nanos, Outcome, Parts, Sample, Status};
use brunt_workload::{
    Action, Cell, Condition, Draw, EndOf, LastAnswer, MAX_PASSES, Missing, PauseTime, Pick, Plain, RequestId,
    Scope, Script, SlotId, Source, Step, Text, TextPart, Value, Workload,
};

/// How an action was gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// To its end.
    Through,
    /// A step said that it is the end of the iteration.
    Ended,
    /// A step failed, or the iteration is cut.
    Failed,
}

/// Requests of a turn that are under way at a time: as many as browsers open connections to one host.
const AT_ONCE: u16 = 6;

/// Passes of a loop may never wait (nothing in it does, or its port is refused): after this many, the worker's
/// other users are let run.
const YIELD_EVERY: u32 = 16;

/// Steps in order, and how far they are taken.
struct Frame<'w> {
    steps: &'w [Step],
    next: usize,
    role: Role<'w>,
}

/// What is to be done when the steps of a frame have been taken.
enum Role<'w> {
    /// Nothing: an action's own steps, or a branch's.
    Branch,
    /// Its time as a whole is measured, from this instant on.
    Group(EndpointId, Nanos),
    /// They are taken again: so often, as long as this holds.
    Loop(u32, Option<&'w Condition>),
}

impl<'w> Frame<'w> {
    const fn new(steps: &'w [Step], role: Role<'w>) -> Self {
        Self { steps, next: 0, role }
    }

    fn advance(&mut self) -> Option<&'w Step> {
        let step = self.steps.get(self.next);
        self.next += 1;
        step
    }
}

/// A user on its way through an iteration.
pub(super) struct Walker<'w, P> {
    workload: &'w Workload,
    performer: &'w mut P,
    start: &'w Start,
    ctx: &'w VuContext,
    pub(super) draw: Draw,
    /// When the next step is due: the end of the one before it.
    pub(super) due: Nanos,
    last: LastAnswer,
    passes: u32,
}

impl<'w, P: Perform> Walker<'w, P> {
    pub(super) const fn new(
        workload: &'w Workload,
        performer: &'w mut P,
        (start, ctx): (&'w Start, &'w VuContext),
        draw: Draw,
    ) -> Self {
        let due = start.scheduled;
        Self { workload, performer, start, ctx, draw, due, last: LastAnswer::NONE, passes: 0 }
    }

    /// Takes the steps of `action`. Groups that are open when it ends early end with it.
    pub(super) async fn take(&mut self, action: &'w Action) -> Passage {
        let mut frame = Frame::new(&action.steps, Role::Branch);
        let mut outer: Vec<Frame<'w>> = Vec::new();
        loop {
            let Some(step) = frame.advance() else {
                if self.next_pass(&mut frame) {
                    if let Err(outcome) = self.let_others_run().await {
                        return self.fail(&frame, &outer, outcome);
                    }
                } else {
                    self.close(&frame, Outcome::Ok);
                    let Some(next) = outer.pop() else { return Passage::Through };
                    frame = next;
                }
                continue;
            };
            let went = match step {
                Step::Request(id) => self.request(*id).await,
                Step::Batch { requests, at_once } => self.batch(requests, *at_once).await,
                Step::Pause(time) => self.pause(*time).await,
                Step::Script(script) => self.script(script).await,
                Step::Set { slot, value, plain } => {
                    self.set(*slot, (value, *plain)).map_err(|missing| self.lacks(*slot, missing, action))
                }
                Step::Group { .. } | Step::If { .. } | Step::Repeat { .. } | Step::Choose { .. } => {
                    if let Some(inner) = self.enter(step) {
                        outer.push(std::mem::replace(&mut frame, inner));
                    }
                    Ok(())
                }
                Step::End(EndOf::Iteration) => {
                    self.close_all(&frame, &outer, Outcome::Ok);
                    return Passage::Ended;
                }
                Step::End(EndOf::Loop) => {
                    let Some(next) = self.leave_loop(frame, &mut outer) else { return Passage::Through };
                    frame = next;
                    Ok(())
                }
            };
            if let Err(outcome) = went {
                return self.fail(&frame, &outer, outcome);
            }
        }
    }

    async fn request(&mut self, id: RequestId) -> Result<(), Outcome> {
        let errand = Errand { id, due: self.due, start: self.start };
        let performed = self.performer.perform(errand, self.ctx, &mut self.draw).await;
        self.performed(performed)
    }

    async fn batch(&mut self, requests: &'w [RequestId], at_once: u16) -> Result<(), Outcome> {
        let batch = Batch { requests, at_once: at_once.max(1), due: self.due, start: self.start };
        let performed = self.performer.perform_batch(batch, self.ctx, &mut self.draw).await;
        self.performed(performed)
    }

    async fn script(&mut self, script: &'w Script) -> Result<(), Outcome> {
        let begin = self.due;
        for turn in script.turns(self.start.index.0) {
            let due = begin + turn.after;
            if due > self.due {
                if self.ctx.sleep_until(due).await.is_err() {
                    return Err(self.cut());
                }
                self.due = due;
            }
            match turn.requests {
                [one] => self.request(*one).await?,
                several => self.batch(several, AT_ONCE).await?,
            }
        }
        Ok(())
    }

    fn performed(&mut self, performed: super::Performed) -> Result<(), Outcome> {
        self.due = performed.ended;
        self.last = LastAnswer { ok: performed.outcome.is_ok(), status: performed.status };
        if self.ctx.is_cut() {
            return Err(Outcome::Error(ErrorKind::Cut));
        }
        if performed.goes_on { Ok(()) } else { Err(performed.outcome) }
    }

    async fn pause(&mut self, time: PauseTime) -> Result<(), Outcome> {
        let until = self.due + time.draw(&mut self.draw);
        if self.ctx.sleep_until(until).await.is_err() {
            return Err(self.cut());
        }
        self.due = until;
        Ok(())
    }

    /// The end of an iteration that is cut while no request is under way.
    fn cut(&mut self) -> Outcome {
        self.due = self.ctx.now();
        Outcome::Error(ErrorKind::Cut)
    }

    async fn let_others_run(&mut self) -> Result<(), Outcome> {
        self.passes = self.passes.wrapping_add(1);
        if self.passes.is_multiple_of(YIELD_EVERY) {
            self.ctx.let_others_run().await;
        }
        if self.ctx.is_cut() { Err(self.cut()) } else { Ok(()) }
    }

    fn set(&mut self, slot: SlotId, (value, plain): (&Text, Plain)) -> Result<(), Missing> {
        let memory = self.performer.memory();
        let scope = Scope { feeds: &self.workload.feeds, memory };
        let value = evaluate((value, plain), &mut self.draw.branch(), &scope)?;
        memory.set(slot, Some(value));
        Ok(())
    }

    /// Nothing is sent, so nothing is counted but the iteration, as failed; the words are kept where the action
    /// is measured first.
    #[cold]
    fn lacks(&self, slot: SlotId, missing: Missing, action: &Action) -> Outcome {
        let outcome = Outcome::Error(ErrorKind::Missing);
        if let Some(endpoint) = first_endpoint(&action.steps, self.workload) {
            let name = self.workload.slots.get(usize::from(slot.0)).map_or("?", String::as_str);
            self.ctx.detail(endpoint, outcome, || {
                format!("`{name}` was not set: {}", missing_in_words(self.workload, missing))
            });
        }
        outcome
    }

    /// The frame of a step that has steps of its own; `None` if none of them is to be taken.
    fn enter(&mut self, step: &'w Step) -> Option<Frame<'w>> {
        let (steps, role) = match step {
            Step::Group { endpoint, steps } => (steps, Role::Group(*endpoint, self.due)),
            Step::If { condition, then, otherwise } => {
                (if self.holds(condition) { then } else { otherwise }, Role::Branch)
            }
            Step::Repeat { times: (least, most), while_, steps } => {
                let more = u64::from(most.saturating_sub(*least)) + 1;
                let extra = if more > 1 { self.draw.below(more) } else { 0 };
                let times = u32::try_from(u64::from(*least) + extra).unwrap_or(u32::MAX).min(MAX_PASSES);
                // Stands behind its last step, where loops decide whether there is a pass to come.
                let role = Role::Loop(times, while_.as_ref());
                return Some(Frame { next: steps.len(), ..Frame::new(steps, role) });
            }
            Step::Choose { choice, branches } => (branches.get(choice.random(&mut self.draw))?, Role::Branch),
            Step::Request(_)
            | Step::Batch { .. }
            | Step::Pause(_)
            | Step::Script(_)
            | Step::Set { .. }
            | Step::End(_) => {
                return None;
            }
        };
        Some(Frame::new(steps, role))
    }

    fn holds(&mut self, condition: &Condition) -> bool {
        let scope = Scope { feeds: &self.workload.feeds, memory: self.performer.memory() };
        condition.holds(&mut self.draw, &scope, self.last)
    }

    /// Begins the next pass of a loop, if `frame` is one that has one.
    fn next_pass(&mut self, frame: &mut Frame<'w>) -> bool {
        let Role::Loop(left, while_) = &mut frame.role else { return false };
        if *left == 0 || while_.is_some_and(|condition| !self.holds(condition)) {
            return false;
        }
        *left -= 1;
        frame.next = 0;
        true
    }

    /// What follows the innermost loop. Without one, nothing does.
    fn leave_loop(&self, mut frame: Frame<'w>, outer: &mut Vec<Frame<'w>>) -> Option<Frame<'w>> {
        while !matches!(frame.role, Role::Loop(..)) {
            self.close(&frame, Outcome::Ok);
            frame = outer.pop()?;
        }
        outer.pop()
    }

    #[cold]
    fn fail(&self, frame: &Frame<'w>, outer: &[Frame<'w>], outcome: Outcome) -> Passage {
        self.close_all(frame, outer, outcome);
        Passage::Failed
    }

    fn close_all(&self, frame: &Frame<'w>, outer: &[Frame<'w>], outcome: Outcome) {
        self.close(frame, outcome);
        outer.iter().rev().for_each(|frame| self.close(frame, outcome));
    }

    /// Measures a group that has ended.
    fn close(&self, frame: &Frame<'w>, outcome: Outcome) {
        let Role::Group(endpoint, since) = frame.role else { return };
        self.ctx.record_aside(&Sample {
            endpoint,
            phase: self.start.phase,
            scheduled: since,
            started: since,
            ended: self.due,
            parts: Parts::default(),
            outcome,
            status: Status::NONE,
            bytes_out: 0,
            bytes_in: 0,
            retries: 0,
        });
    }
}

/// The value of a text. One that is nothing but another value stays what that is: a number, a list.
fn evaluate((text, plain): (&Text, Plain), draw: &mut Draw, scope: &Scope<'_>) -> Result<Value, Missing> {
    if let [TextPart::Dynamic { source: Source::Saved { slot, pick }, .. }] = text.parts.as_slice() {
        let missing = Missing::Value(*slot);
        let value = scope.memory.get(*slot).ok_or(missing)?;
        return match pick {
            Pick::Count => Ok(Value::Json(value.len().to_string())),
            Pick::First | Pick::Last | Pick::Random | Pick::All => {
                pick.of(value, draw).cloned().ok_or(missing)
            }
        };
    }
    let mut out = Vec::new();
    text.render(draw, scope, &mut out)?;
    let out = String::from_utf8_lossy(&out).into_owned();
    Ok(if is_json(text, scope) { Plain::Json } else { plain }.value(out))
}

fn is_json(text: &Text, scope: &Scope<'_>) -> bool {
    let [TextPart::Dynamic { source, .. }] = text.parts.as_slice() else { return false };
    match source {
        Source::Generated(generator) => generator.is_json(),
        Source::Cell { feed, column } => {
            let row = scope.memory.row(*feed);
            let feed = scope.feeds.get(usize::from(feed.0));
            let cell = row.zip(feed).and_then(|(row, feed)| feed.cell(row, *column));
            matches!(cell, Some(Cell::Json(_)))
        }
        Source::Saved { .. } | Source::Secret(_) | Source::Base64(_) => false,
    }
}

fn first_endpoint(steps: &[Step], workload: &Workload) -> Option<EndpointId> {
    let of = |id: &RequestId| workload.requests.get(id.0 as usize).map(|request| request.endpoint);
    steps.iter().find_map(|step| match step {
        Step::Request(id) => of(id),
        Step::Batch { requests, .. } => requests.first().and_then(of),
        Step::Group { endpoint, .. } => Some(*endpoint),
        Step::If { then, otherwise, .. } => {
            first_endpoint(then, workload).or_else(|| first_endpoint(otherwise, workload))
        }
        Step::Repeat { steps, .. } => first_endpoint(steps, workload),
        Step::Choose { branches, .. } => branches.iter().find_map(|steps| first_endpoint(steps, workload)),
        Step::Script(script) => script.first().as_ref().and_then(of),
        Step::Pause(_) | Step::Set { .. } | Step::End(_) => None,
    })
}
