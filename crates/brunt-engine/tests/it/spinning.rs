//! A loop that waits for nothing keeps nobody else from running, and ends when it is cut.

use crate::workloads::{action, get, header, ms, scenario, workload};
use brunt_engine::{
    Batch, Errand, IterationEnd, Observers, Perform, Performed, RunOptions, Start, Vu, VuContext, VuSource,
    controller, run, walk,
};
use brunt_metrics::{Nanos, Outcome, ScenarioId, ScenarioSecond};
use brunt_run::RunEvent;
use brunt_workload::{Arrivals, Draw, MAX_PASSES, Memory, Step, Stop, Supply, Workload};
use std::sync::Arc;

/// Its requests are answered at once, as by a port that is refused.
struct Hasty {
    workload: Arc<Workload>,
    memory: Memory,
}

impl Perform for Hasty {
    async fn perform(&mut self, _errand: Errand<'_>, ctx: &VuContext, _draw: &mut Draw) -> Performed {
        Performed { ended: ctx.now(), outcome: Outcome::Ok, status: 200, goes_on: true }
    }

    async fn perform_batch(&mut self, _batch: Batch<'_>, ctx: &VuContext, _draw: &mut Draw) -> Performed {
        Performed { ended: ctx.now(), outcome: Outcome::Ok, status: 200, goes_on: true }
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }
}

impl Vu for Hasty {
    async fn iterate(&mut self, start: &Start, ctx: &VuContext) -> IterationEnd {
        let workload = Arc::clone(&self.workload);
        walk(&workload, self, start, ctx).await
    }
}

struct HastyUsers(Arc<Workload>);

impl VuSource for HastyUsers {
    type Vu = Hasty;

    fn make(&mut self, _scenario: ScenarioId, user: u64, _ctx: &VuContext) -> Hasty {
        Hasty { workload: Arc::clone(&self.0), memory: Memory::of_user(user) }
    }
}

#[test]
fn endless_loops_are_cut() {
    for inner in [vec![], vec![get()]] {
        let stop = Stop { after: Some(ms(20)), iterations: None, per_user: None, grace: Nanos::ZERO };
        let mut spinning = scenario(Arrivals::Closed, Supply::Fixed(2), stop);
        let forever = |steps| Step::Repeat { times: (MAX_PASSES, MAX_PASSES), while_: None, steps };
        spinning.classes[0].journey.actions = vec![action("spin", vec![forever(vec![forever(inner)])])];
        let workload = Arc::new(workload(vec![spinning]));
        let mut counts = ScenarioSecond::default();
        let observe = &mut |event: &RunEvent| {
            if let RunEvent::Second(second) = event {
                second.scenarios.iter().for_each(|c| counts.merge(c));
            }
        };
        let options = RunOptions { header: header(), rows: Vec::new(), tick: Nanos::ZERO };
        let observers = Observers { observe, host: &mut |_| None };
        let source = |_| HastyUsers(Arc::clone(&workload));
        run(&workload, &source, options, controller().1, observers).expect("workers can start");
        assert_eq!((counts.started, counts.cut), (2, 2));
    }
}
