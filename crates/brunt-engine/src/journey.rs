//! Walking a journey: which action an iteration does, its steps in order, what is due when.
//!
//! Native and simulated users walk the same way; they differ in how a request is performed. `steps` takes the
//! steps themselves.

mod steps;

use crate::context::VuContext;
use crate::dispatcher::{Start, StartKind};
use crate::vu::IterationEnd;
use brunt_metrics::{Nanos, Outcome};
use brunt_workload::{ActionOrder, Draw, Journey, Memory, Missing, RequestId, Scenario, Workload};
use steps::{Passage, Walker};

/// Performs the requests of a journey.
pub trait Perform {
    /// Sends the errand's request, waits for its answer, records it and remembers what is to be saved of it. One
    /// that cannot be made, for something is missing, is recorded as well.
    fn perform(
        &mut self,
        errand: Errand<'_>,
        ctx: &VuContext,
        draw: &mut Draw,
    ) -> impl Future<Output = Performed>;

    /// Sends a batch: `requests` in order, `at_once` of them side by side, all of them due at `due`. Ended when the
    /// last has; its outcome is that of the first failure that matters, if there is one.
    fn perform_batch(
        &mut self,
        batch: Batch<'_>,
        ctx: &VuContext,
        draw: &mut Draw,
    ) -> impl Future<Output = Performed>;

    /// What the user remembers. Its number, its count of iterations and its rows are set by [`walk`]; the time of
    /// the last request by whoever performs.
    fn memory(&mut self) -> &mut Memory;
}

/// A request that is due.
#[derive(Clone, Copy, Debug)]
pub struct Errand<'a> {
    /// Which request of the workload.
    pub id: RequestId,
    /// When it is due.
    pub due: Nanos,
    /// The iteration that it is part of.
    pub start: &'a Start,
}

/// Requests that are due together.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Which requests of the workload.
    pub requests: &'a [RequestId],
    /// How many may be under way at a time; above 0.
    pub at_once: u16,
    /// When they are due.
    pub due: Nanos,
    /// The iteration that they are part of.
    pub start: &'a Start,
}

/// How a request went, or a batch: then `status` is that of the last to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Performed {
    /// When the user goes on: when it has ended, and all that was sent beside it.
    pub ended: Nanos,
    /// Whether it succeeded, checks and saves included, and if not, why.
    pub outcome: Outcome,
    /// The answer's status; 0 if none came.
    pub status: u16,
    /// Whether the iteration goes on: it succeeded, or its failure was declared not to matter.
    pub goes_on: bool,
}

impl Performed {
    /// What a batch came to when one more of its requests has ended.
    #[must_use]
    pub fn and(self, done: Self) -> Self {
        Self {
            ended: self.ended.max(done.ended),
            outcome: if self.goes_on && !done.goes_on { done.outcome } else { self.outcome },
            status: done.status,
            goes_on: self.goes_on && done.goes_on,
        }
    }
}

/// Draws beside those of a request's own text: which fault, what of the answer, what the login says. Whether they are
/// used makes no difference to what is sent.
pub const fn side_draws(mut draw: Draw) -> [Draw; 3] {
    [draw.branch(), draw.branch(), draw.branch()]
}

/// Keeps the draws of `on_start` apart from those of the iteration that it begins.
const ON_START_SEED: u64 = 0x0073_7461_7274;

/// Keeps the draws of `on_stop` apart from those of the iterations before it.
const ON_STOP_SEED: u64 = 0x0073_746f_7021;

/// Runs one iteration of a user, or its farewell.
///
/// An iteration is the class's `on_start`, until it has succeeded once, and then one action. Each step is due
/// when the one before it has ended; a request that failed ends the iteration, unless its failure was declared
/// not to matter. A farewell is the class's `on_stop`, for a user whose `on_start` has succeeded or that has
/// none.
pub async fn walk(
    workload: &Workload,
    performer: &mut impl Perform,
    start: &Start,
    ctx: &VuContext,
) -> IterationEnd {
    let plan = &workload.scenarios[usize::from(start.scenario.0)];
    let memory = performer.memory();
    (memory.user, memory.iteration) = (start.user, start.k);
    if !workload.feeds.is_empty() {
        ctx.rows(|feed, row| memory.hold_row(feed, row));
    }
    match start.kind {
        StartKind::Iteration => iterate(workload, performer, (start, ctx), plan).await,
        StartKind::Farewell => say_farewell(workload, performer, (start, ctx), plan).await,
    }
}

async fn iterate(
    workload: &Workload,
    performer: &mut impl Perform,
    (start, ctx): (&Start, &VuContext),
    plan: &Scenario,
) -> IterationEnd {
    let class = plan.class_of(start.user, start.index);
    let journey = &plan.classes[class].journey;
    let arriving = journey.on_start.as_ref().filter(|_| !ctx.has_arrived(class));
    let mut draw = Draw::new(workload.seed, start.scenario, start.index);
    let then = &journey.actions[action_at(journey, start.turn, &mut draw)];
    let mut walker = Walker::new(workload, performer, (start, ctx), draw);
    let mut passage = Passage::Through;
    if let Some(first) = arriving {
        walker.draw = Draw::new(workload.seed ^ ON_START_SEED, start.scenario, start.index);
        passage = walker.take(first).await;
        walker.draw = draw;
    }
    if passage != Passage::Failed {
        ctx.arrive(class);
    }
    if passage == Passage::Through {
        passage = walker.take(then).await;
    }
    IterationEnd { ended: walker.due, failed: passage == Passage::Failed }
}

/// What each class does at the end whose beginning the user has done.
async fn say_farewell(
    workload: &Workload,
    performer: &mut impl Perform,
    (start, ctx): (&Start, &VuContext),
    plan: &Scenario,
) -> IterationEnd {
    let draw = Draw::new(workload.seed ^ ON_STOP_SEED, start.scenario, start.index);
    let mut walker = Walker::new(workload, performer, (start, ctx), draw);
    let mut failed = false;
    for class in plan.classes_of(start.user).filter(|class| ctx.has_arrived(*class)) {
        if let Some(action) = &plan.classes[class].journey.on_stop {
            failed |= walker.take(action).await == Passage::Failed;
        }
        if ctx.is_cut() {
            break;
        }
    }
    IterationEnd { ended: walker.due, failed }
}

/// Which action a user's iteration does that is the one of number `turn` of its class: by position. The first draw of an iteration, if there is a choice.
pub(crate) fn action_at(journey: &Journey, turn: u64, draw: &mut Draw) -> usize {
    match &journey.order {
        ActionOrder::Weighted(choice) => choice.random(draw),
        ActionOrder::InTurn => usize::try_from(turn % (journey.actions.len() as u64).max(1)).unwrap_or(0),
    }
}

/// What was missing, in words.
pub fn missing_in_words(workload: &Workload, missing: Missing) -> String {
    let nth = |names: &mut dyn Iterator<Item = &String>, at: u16| {
        names.nth(usize::from(at)).map_or("?", String::as_str).to_owned()
    };
    match missing {
        Missing::Value(slot) => {
            let name = nth(&mut workload.slots.iter(), slot.0);
            format!("`{name}` has no value: nothing saved it before it was used")
        }
        Missing::Row(feed) => {
            let name = nth(&mut workload.feeds.iter().map(|f| &f.name), feed.0);
            format!("the user holds no row of `{name}`")
        }
    }
}
