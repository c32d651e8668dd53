//! The VU seam carries scripts: stackful coroutines that suspend in the middle of an iteration.
//!
//! A script's stack may hold frames of a foreign engine, so a suspended one must never be dropped: to end it
//! early its operation answers "interrupted", and it unwinds by itself. Here is a VU of that kind, on the
//! simulated clock, driven by the same worker as every other.

use crate::workloads::{header, ms, scenario, workload};
use brunt_engine::{IterationEnd, SimulationOptions, Start, Vu, VuContext, VuSource, simulate_users};
use brunt_metrics::{Nanos, ScenarioId};
use brunt_run::RunEvent;
use brunt_workload::{Arrivals, Stop, Supply};
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// What a script asks of its user. Nothing else crosses between the two.
enum Operation {
    Pause(Nanos),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Go,
    Interrupted,
}

/// How the iterations of all scripts went.
#[derive(Default)]
struct Log {
    finished: u32,
    unwound: u32,
    dropped_suspended: u32,
}

/// Two pauses, asked for from within a nested call, as a callback of a script would.
fn script(yielder: &Yielder<Answer, Operation>, pause: Nanos) -> Result<(), ()> {
    let each = |n: u64| match yielder.suspend(Operation::Pause(Nanos(pause.0 * n))) {
        Answer::Go => Ok(()),
        Answer::Interrupted => Err(()),
    };
    [1, 2].into_iter().try_for_each(each)
}

struct ScriptUser {
    pause: Nanos,
    log: Rc<RefCell<Log>>,
}

impl Vu for ScriptUser {
    async fn iterate(&mut self, _start: &Start, ctx: &VuContext) -> IterationEnd {
        let pause = self.pause;
        let mut coroutine =
            Coroutine::new(move |yielder: &Yielder<Answer, Operation>, _: Answer| script(yielder, pause));
        let mut answer = Answer::Go;
        let result = loop {
            match coroutine.resume(answer) {
                CoroutineResult::Return(result) => break result,
                CoroutineResult::Yield(Operation::Pause(time)) => {
                    let slept = ctx.sleep_until(ctx.now() + time).await;
                    answer = if slept.is_ok() { Answer::Go } else { Answer::Interrupted };
                }
            }
        };
        let mut log = self.log.borrow_mut();
        log.dropped_suspended += u32::from(!coroutine.done());
        match result {
            Ok(()) => log.finished += 1,
            Err(()) => log.unwound += 1,
        }
        IterationEnd { ended: ctx.now(), failed: result.is_err() }
    }
}

struct Scripts(Nanos, Rc<RefCell<Log>>);

impl VuSource for Scripts {
    type Vu = ScriptUser;

    fn make(&mut self, _scenario: ScenarioId, _user: u64, _ctx: &VuContext) -> ScriptUser {
        ScriptUser { pause: self.0, log: Rc::clone(&self.1) }
    }
}

/// Runs 3 users for 1 s with a grace of 1 s; answers (finished, unwound, dropped while suspended), and how
/// many iterations the run counted as completed and as cut.
fn run(pause: Nanos) -> ((u32, u32, u32), (u64, u64)) {
    let stop = Stop { after: Some(ms(1_000)), iterations: None, per_user: None, grace: ms(1_000) };
    let workload = Arc::new(workload(vec![scenario(Arrivals::Closed, Supply::Fixed(3), stop)]));
    let log = Rc::default();
    let options = SimulationOptions { header: header(), at_most: Nanos::from_secs(60) };
    let (mut completed, mut cut) = (0, 0);
    simulate_users(&workload, Scripts(pause, Rc::clone(&log)), options, &mut |event| {
        if let RunEvent::Second(second) = event {
            completed += second.scenarios.iter().map(|s| s.completed).sum::<u64>();
            cut += second.scenarios.iter().map(|s| s.cut).sum::<u64>();
        }
    });
    let log = log.borrow();
    ((log.finished, log.unwound, log.dropped_suspended), (completed, cut))
}

#[test]
fn scripts_suspend_in_the_middle_of_an_iteration() {
    // 30 ms an iteration: the 34th of each user starts at 990 ms and ends within the grace.
    assert_eq!(run(ms(10)), ((102, 0, 0), (102, 0)));
}

#[test]
fn a_script_that_is_cut_unwinds_by_itself() {
    assert_eq!(run(ms(5_000)), ((0, 3, 0), (0, 3)));
}
