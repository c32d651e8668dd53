use super::*;
use crate::worker::WorkerSetup;
use brunt_metrics::{Parts, Status};
use brunt_workload::{Endpoint, Tally, TargetSettings, Workload};
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
    worker_of(now, workload(), None)
}

fn workload() -> Workload {
    Workload {
        name: "test".into(),
        seed: 1,
        scenarios: Vec::new(),
        endpoints: Vec::new(),
        requests: Vec::new(),
        checks: Vec::new(),
        feeds: Vec::new(),
        slots: Vec::new(),
        logins: Vec::new(),
        fault_mixes: Vec::new(),
        tallies: Vec::new(),
        target: TargetSettings::default(),
    }
}

fn worker_of(now: &Rc<Cell<Nanos>>, workload: Workload, rows: Option<RowTap>) -> Rc<Shared> {
    let setup = WorkerSetup {
        workload: Arc::new(workload),
        worker: 0,
        workers: 1,
        clock: Rc::new(HandClock(Rc::clone(now))),
        runnable: Rc::default(),
        rows,
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

/// An operation that has a deadline may sleep: it goes on when its sleep is over, and is given up at its deadline.
#[test]
fn an_operation_with_a_deadline_may_sleep() {
    let second = |n| Nanos::from_secs(n);
    for (sleep, deadline, expected) in
        [(1, 10, Ok(second(1))), (10, 1, Err(Interrupt::Deadline)), (3, 3, Ok(second(3)))]
    {
        for beside in [false, true] {
            let now = Rc::new(Cell::new(Nanos::ZERO));
            let shared = worker(&now);
            let user = Rc::new(User { deadline: Cell::new(Nanos::MAX), ..User::default() });
            shared.users.borrow_mut().push(Rc::clone(&user));
            let ctx = VuContext::new(Rc::clone(&shared), Slot(0), user);
            let ctx = if beside { ctx.side_by_side() } else { ctx };
            let operation = pin!(async {
                let _ = ctx.sleep_until(second(sleep)).await;
                ctx.now()
            });
            let mut waiting = pin!(ctx.until(second(deadline), operation));
            let mut cx = Context::from_waker(Waker::noop());
            let mut ended = Poll::Pending;
            for at in 0..=10 {
                now.set(second(at));
                shared.fire_timers(now.get());
                ended = waiting.as_mut().poll(&mut cx);
                if ended.is_ready() {
                    break;
                }
            }
            assert_eq!(ended, Poll::Ready(expected), "{sleep} {deadline} {beside}");
        }
    }
}

/// Groups and requests that were broken on purpose are counted beside the requests; of the two, groups have no rows.
#[test]
fn what_stands_aside_and_what_is_tallied_is_sealed_apart() {
    use EndpointKind::{Group, Injected, Request};
    let endpoint = |kind| Endpoint {
        scenario: "main".into(),
        action: "get".into(),
        method: "*".into(),
        name: "x".into(),
        kind,
        tags: Vec::new(),
    };
    let tally = |name: &str| Tally { name: name.into(), header: name.into() };
    let workload = Workload {
        endpoints: [Request, Group, Injected].map(endpoint).into(),
        tallies: ["x-cache", "x-upstream"].map(tally).into(),
        ..workload()
    };
    let (sender, chunks) = std::sync::mpsc::sync_channel(1);
    let shared = worker_of(&Rc::default(), workload, Some(RowTap::new(sender, 1)));
    let user = Rc::new(User { phase: Cell::new(Phase::WarmUp), ..User::default() });
    let ctx = VuContext::new(Rc::clone(&shared), Slot(0), user);
    let sample = |endpoint| Sample {
        endpoint: EndpointId(endpoint),
        phase: Phase::WarmUp,
        scheduled: Nanos::ZERO,
        started: Nanos::ZERO,
        ended: Nanos::from_millis(10),
        parts: Parts::default(),
        outcome: Outcome::Ok,
        status: Status::code(200),
        bytes_out: 1,
        bytes_in: 1,
        retries: 0,
    };
    ctx.request_started(Nanos::ZERO);
    ctx.record(&sample(0));
    ctx.record_aside(&sample(1));
    ctx.record_aside(&sample(2));
    ctx.tally(TallyId(0), "HIT");
    ctx.tally(TallyId(0), b"HIT");
    ctx.tally(TallyId(1), "app1");
    let second = shared.shard.borrow_mut().seal(Nanos::SECOND);
    assert_eq!((second.requests(), second.requests_started), (1, 1));
    assert_eq!(second.in_flight_time, Nanos::from_millis(10));
    assert_eq!(second.asides.iter().map(|c| c.key.endpoint.0).collect::<Vec<_>>(), [1, 2]);
    let tallied: Vec<_> = second.tallies.iter().map(|t| (t.tally.0, t.phase, &*t.value, t.count)).collect();
    assert_eq!(tallied, [(0, Phase::WarmUp, "HIT", 2), (1, Phase::WarmUp, "app1", 1)]);
    shared.rows.borrow_mut().as_mut().unwrap().flush();
    let rows = chunks.try_recv().unwrap();
    assert_eq!(rows.iter().map(|s| s.endpoint.0).collect::<Vec<_>>(), [0, 2]);
}
