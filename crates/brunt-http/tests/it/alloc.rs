//! The hot path allocates nothing, and what is discarded takes no memory: counted by an allocator, not
//! believed.
#![expect(unsafe_code, reason = "a counting allocator cannot be written without it; test only")]

use crate::drive::{Plan, Ran};
use brunt_demo::{Config, start};
use brunt_engine::{IterationEnd, Start, Vu, VuContext, VuSource};
use brunt_http::{HttpUser, HttpUsers};
use brunt_metrics::ScenarioId;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

struct Counting;

fn note(bytes: i64) {
    // A thread that is ending may have no counters any more.
    let _ = LIVE.try_with(|live| {
        live.set(live.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(live.get())));
    });
    if bytes > 0 {
        let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
    }
}

// SAFETY: every call is passed on unchanged to the system's allocator; the counters are plain thread-locals.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size().cast_signed() as i64);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(-(layout.size().cast_signed() as i64));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a worker's thread allocated.
#[derive(Default)]
pub(crate) struct Watch {
    iterations: AtomicU64,
    /// Iterations, after the first thousand, in which anything was allocated.
    allocating: AtomicU64,
    /// Allocations of the thread at the thousandth iteration and at the last.
    warm: AtomicU64,
    last: AtomicU64,
    peak: AtomicI64,
}

impl Watch {
    /// The most that the worker's thread held at once.
    pub(crate) fn peak_bytes(&self) -> i64 {
        self.peak.load(Ordering::SeqCst)
    }
}

/// HTTP users that are watched.
pub(crate) struct Watched {
    users: HttpUsers,
    watch: Arc<Watch>,
}

impl Watched {
    pub(crate) fn run(plan: &Plan) -> (Ran, Arc<Watch>) {
        let (settings, watch) = (plan.settings(), Arc::new(Watch::default()));
        let ran =
            plan.run_with(&|_| Self { users: HttpUsers::new(settings.clone()), watch: Arc::clone(&watch) });
        (ran, watch)
    }
}

impl VuSource for Watched {
    type Vu = WatchedUser;

    fn make(&mut self, scenario: ScenarioId, user: u64, ctx: &VuContext) -> WatchedUser {
        WatchedUser { user: self.users.make(scenario, user, ctx), watch: Arc::clone(&self.watch) }
    }
}

pub(crate) struct WatchedUser {
    user: HttpUser,
    watch: Arc<Watch>,
}

impl Vu for WatchedUser {
    async fn iterate(&mut self, start: &Start, ctx: &VuContext) -> IterationEnd {
        let before = ALLOCATIONS.get();
        let end = self.user.iterate(start, ctx).await;
        let after = ALLOCATIONS.get();
        let done = self.watch.iterations.fetch_add(1, Ordering::SeqCst);
        if done == 1_000 {
            self.watch.warm.store(after, Ordering::SeqCst);
        } else if done > 1_000 && after > before {
            self.watch.allocating.fetch_add(1, Ordering::SeqCst);
        }
        self.watch.last.store(after, Ordering::SeqCst);
        self.watch.peak.store(PEAK.get(), Ordering::SeqCst);
        end
    }
}

#[test]
fn a_fixed_request_on_a_kept_connection_allocates_nothing() {
    let target = start(Config::null()).unwrap();
    let (ran, watch) = Watched::run(&Plan::to(&target.url()).get("/").times(4_000));
    assert_eq!(ran.outcomes(), "0: 4000 x 200 ok");
    assert_eq!(ran.connects(), 1);
    let seconds = ran.total.index + 1;
    let warm = watch.last.load(Ordering::SeqCst) - watch.warm.load(Ordering::SeqCst);
    let allocating = watch.allocating.load(Ordering::SeqCst);
    // Once a second the worker seals what was measured, between two iterations or while one waits; and each
    // latency of a new magnitude opens a page of its histogram, more of them on a busy machine.
    assert!(allocating < 100, "{allocating} of 3,000 iterations allocate");
    assert!(warm < 100 + 100 * seconds, "{warm} allocations in 3,000 requests and {seconds} s");
}
