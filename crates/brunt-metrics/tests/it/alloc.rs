//! Recording allocates nothing once a series is warm: counted by an allocator, not believed.
#![expect(unsafe_code, reason = "a counting allocator cannot be written without it; test only")]

use brunt_metrics::{
    CheckId, EndpointId, Nanos, Outcome, Parts, Phase, Sample, ScenarioId, Shard, Status, TallyId,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on unchanged to the system's allocator; the counter is a plain thread-local.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn record(shard: &mut Shard, i: u64) {
    let due = Nanos(i * 1_000);
    shard.scenario(ScenarioId(0)).started += 1;
    shard.request_started(due);
    shard.record_lag(Nanos(i % 50));
    shard.record_check(CheckId(0), true);
    tally(shard, i);
    let sample = Sample {
        endpoint: EndpointId(0),
        phase: Phase::Load,
        scheduled: due,
        started: due + Nanos(i % 50),
        ended: due + Nanos(1_000_000 + (i * 7_919) % 900_000),
        parts: Parts::default(),
        outcome: Outcome::Ok,
        status: Status::code(200),
        bytes_out: 80,
        bytes_in: 300,
        retries: 0,
    };
    shard.record(&sample);
    shard.record_aside(&sample);
}

/// Values that are known, that must be cleaned first, and that are past the bound.
fn tally(shard: &mut Shard, i: u64) {
    shard.tally(TallyId(0), Phase::Load, if i.is_multiple_of(5) { b"MISS" } else { b"HIT" });
    shard.tally(TallyId(0), Phase::Load, b"line\nbreak");
    let mut id = *b"id-0000";
    id[3..].copy_from_slice(&[b'0' + i.to_le_bytes()[0] % 64; 4]);
    shard.tally(TallyId(1), Phase::Load, &id);
}

#[test]
fn recording_allocates_nothing_once_warm() {
    let mut shard = Shard::new(0, 1, 1, 1).with_tallies(2);
    (0..10_000).for_each(|i| record(&mut shard, i));
    shard.seal(Nanos::SECOND);
    let before = ALLOCATIONS.with(Cell::get);
    (0..100_000).for_each(|i| record(&mut shard, i));
    assert_eq!(ALLOCATIONS.with(Cell::get) - before, 0);
}
