use super::*;
use crate::worker::WorkerSetup;
use brunt_workload::{TargetSettings, Workload};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

/// Stands where the test puts it.
struct HandClock(Rc<Cell<Nanos>>);

impl Clock for HandClock {
    fn now(&self) -> Nanos {
        self.0.get()
    }

    fn arm(&self, _at: Nanos) {}

    fn poll_alarm(&self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn thread_cpu(&self) -> Option<Nanos> {
        None
    }
}

fn worker(now: &Rc<Cell<Nanos>>) -> Rc<Shared> {
    let workload = Workload {
        name: "test".into(),
        seed: 1,
        scenarios: Vec::new(),
        endpoints: Vec::new(),
        requests: Vec::new(),
        checks: Vec::new(),
        target: TargetSettings::default(),
    };
    let setup = WorkerSetup {
        workload: Arc::new(workload),
        worker: 0,
        workers: 1,
        clock: Rc::new(HandClock(Rc::clone(now))),
        runnable: Rc::default(),
        rows: None,
        tick: Nanos::ZERO,
    };
    setup.shared()
}

/// Ten simulated minutes of requests of 10 ms, each second one with a short timeout: an entry that an earlier
/// one has superseded must not outlive its own instant.
#[test]
fn deadlines_of_different_lengths_do_not_pile_up() {
    let now = Rc::new(Cell::new(Nanos::ZERO));
    let shared = worker(&now);
    let user = Rc::new(User { deadline: Cell::new(Nanos::MAX), ..User::default() });
    shared.users.borrow_mut().push(Rc::clone(&user));
    let ctx = VuContext::new(Rc::clone(&shared), Slot(0), user);
    let mut cx = Context::from_waker(Waker::noop());
    let mut most = 0;
    for i in 0..60_000_u64 {
        let timeout = if i.is_multiple_of(2) { 60 } else { 1 };
        let mut polls = 0;
        let operation = pin!(poll_fn(|_| {
            polls += 1;
            if polls > 1 { Poll::Ready(()) } else { Poll::Pending }
        }));
        let mut request = pin!(ctx.until(now.get() + Nanos::from_secs(timeout), operation));
        assert!(request.as_mut().poll(&mut cx).is_pending());
        now.set(now.get() + Nanos::from_millis(10));
        shared.fire_timers(now.get());
        assert!(request.as_mut().poll(&mut cx).is_ready());
        most = most.max(shared.timers.borrow().len());
    }
    // One a second, each for a minute at most.
    assert!(most <= 64, "{most} entries");
}
