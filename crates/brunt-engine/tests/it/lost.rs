//! A worker that dies takes nothing with it but itself.

use crate::workloads::{events_of, header, ms, scenario, workload};
use brunt_engine::{
    IterationEnd, Observers, RunOptions, SimulationOptions, Start, Vu, VuContext, VuSource, controller, run,
    simulate_users,
};
use brunt_metrics::{Nanos, ScenarioId};
use brunt_run::{RunEvent, StopReason};
use brunt_workload::{Arrivals, Stop, Supply, Workload};
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dies {
    Never,
    WhenMade,
    InItsIteration,
}

impl Vu for Dies {
    async fn iterate(&mut self, _start: &Start, ctx: &VuContext) -> IterationEnd {
        let slept = ctx.sleep_until(ctx.now() + ms(2)).await;
        assert!(*self != Self::InItsIteration, "this user's script is broken");
        IterationEnd { ended: ctx.now(), failed: slept.is_err() }
    }
}

impl VuSource for Dies {
    type Vu = Self;

    fn make(&mut self, _scenario: ScenarioId, _user: u64, _ctx: &VuContext) -> Self {
        assert!(*self != Self::WhenMade, "no user can be made");
        *self
    }
}

/// Would run for an hour.
fn long() -> Arc<Workload> {
    let stop = Stop { after: Some(Nanos::from_secs(3_600)), iterations: None, per_user: None, grace: ms(50) };
    Arc::new(workload(vec![scenario(Arrivals::Closed, Supply::Fixed(4), stop)]))
}

fn check(events: &[RunEvent], case: usize) {
    let Some(RunEvent::Finished(finish)) = events.last() else { panic!("case {case}: no end") };
    assert_eq!(finish.reason, StopReason::WorkerLost, "case {case}");
    let warned = events.iter().any(|e| matches!(e, RunEvent::Warning(w) if w.text.contains("was lost")));
    assert!(warned, "case {case}");
}

#[test]
fn a_panic_ends_the_run_and_not_the_process() {
    let rows =
        [[Dies::WhenMade, Dies::Never], [Dies::InItsIteration, Dies::Never], [Dies::InItsIteration; 2]];
    for (case, workers) in rows.into_iter().enumerate() {
        let mut events = Vec::new();
        let mut header = header();
        header.workers = 2;
        let options = RunOptions { header, rows: Vec::new(), tick: Nanos::ZERO };
        let observers = Observers { observe: &mut |event| events.push(event.clone()), host: &mut |_| None };
        let sources = |worker: u32| workers[worker as usize];
        let reason = run(&long(), &sources, options, controller().1, observers).expect("workers can start");
        assert_eq!(reason, StopReason::WorkerLost, "case {case}");
        check(&events, case);
    }
}

#[test]
fn a_simulated_user_that_panics_ends_the_simulation() {
    let options = SimulationOptions { header: header(), at_most: Nanos::from_secs(7_200) };
    let events = events_of(|observe| simulate_users(&long(), Dies::InItsIteration, options, observe));
    check(&events, 0);
}
