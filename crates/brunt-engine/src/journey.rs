//! Walking a journey: which action an iteration does, its steps in order, what is due when.
//!
//! Native and simulated users walk the same way; they differ in how a request is performed.

use crate::context::VuContext;
use crate::dispatcher::Start;
use crate::vu::IterationEnd;
use brunt_metrics::Nanos;
use brunt_workload::{Draw, RequestId, Step, Workload};

/// Performs the requests of a journey.
pub trait Perform {
    /// Sends the errand's request, waits for its answer and records it.
    fn perform(
        &mut self,
        errand: Errand<'_>,
        ctx: &VuContext,
        draw: &mut Draw,
    ) -> impl Future<Output = Performed>;
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

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Performed {
    /// When it ended.
    pub ended: Nanos,
    /// Whether it succeeded.
    pub ok: bool,
}

/// Runs one iteration: chooses an action of the user's class and takes its steps in order. A step is due when
/// the one before it has ended; a failed request ends the iteration.
pub async fn walk(
    workload: &Workload,
    performer: &mut impl Perform,
    start: &Start,
    ctx: &VuContext,
) -> IterationEnd {
    let plan = &workload.scenarios[usize::from(start.scenario.0)];
    let mut draw = Draw::new(workload.seed, start.scenario, start.index);
    let mut due = start.scheduled;
    let class = &plan.classes[plan.class_choice.exact(start.user)];
    let action = &class.journey.actions[class.journey.choice.random(&mut draw)];
    for step in &action.steps {
        match step {
            Step::Pause(time) => {
                due = due + time.draw(&mut draw);
                if ctx.sleep_until(due).await.is_err() {
                    return IterationEnd { ended: ctx.now(), failed: true };
                }
            }
            Step::Request(id) => {
                let performed = performer.perform(Errand { id: *id, due, start }, ctx, &mut draw).await;
                due = performed.ended;
                if !performed.ok {
                    return IterationEnd { ended: due, failed: true };
                }
            }
        }
    }
    IterationEnd { ended: due, failed: false }
}
