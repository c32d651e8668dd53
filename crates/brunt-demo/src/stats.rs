//! What a target counted: its own side of the story, to compare a measurement with.
//!
//! Counting is one relaxed atomic addition per request on a counter that only one thread writes. Start with [`Stats`].

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::planted::Faults;

/// Whether a target keeps the times of every request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Times {
    /// Count only.
    #[default]
    Off,
    /// Keep a [`Served`] per request, up to [`Served::MOST`] of them. The mock target only.
    Exact,
}

/// A snapshot of a target's counters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Connections accepted.
    pub connections: u64,
    /// Requests answered or begun to be answered, over all routes; control paths are not counted.
    pub requests: u64,
    /// Requests that have arrived and whose answer is not complete (not counted by the faulty and null targets).
    pub in_flight: u64,
    /// The counters of each route, in the order of the configuration; routes never asked for are included.
    pub routes: Vec<RouteStats>,
    /// The times of each request in the order of answering, if [`Times::Exact`] was asked for.
    pub times: Vec<Served>,
    /// The planted faults and what they hit; see [`crate::planted`].
    pub planted: Vec<PlantedStats>,
    /// How long ago the clock of the planted faults began, in milliseconds; nothing while it stands, or without faults.
    pub planted_clock_ms: Option<u64>,
}

impl Stats {
    /// The counters of the route called `name` (for the mock e.g. `GET /products/{id}`, else the path).
    pub fn route(&self, name: &str) -> Option<&RouteStats> {
        self.routes.iter().find(|route| route.name == name)
    }

    /// The same with what `faults` did up to `now`.
    pub(crate) fn with_faults(self, faults: &Faults, now: Instant) -> Self {
        let clock = faults.age(now).map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        Self { planted: faults.stats(), planted_clock_ms: clock, ..self }
    }
}

/// A planted fault and what it hit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlantedStats {
    /// The fault as text.
    pub fault: String,
    /// Requests that it changed. For a pool those that had to wait, for a rate limit and an outage those that were turned
    /// away or held; for a cold cache look-ups that missed, for a stall reads and writes that it held up.
    pub hits: u64,
}

/// The counters of one route.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RouteStats {
    /// The route's name.
    pub name: String,
    /// Requests for the route, including the failed and the rejected ones.
    pub requests: u64,
    /// Requests that failed on purpose, by the route's failure rate or a planted fault.
    pub failures: u64,
    /// Requests that were turned away: the queue was full, or a planted rate limit was exceeded.
    pub rejected: u64,
}

/// What happened to one request of the mock target, as instants since the target's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Served {
    /// The index of the route in [`Stats::routes`].
    pub route: usize,
    /// The request's number within its route, from 0.
    pub number: u64,
    /// When the request's head had been read, in nanoseconds since start.
    pub arrived_ns: u64,
    /// When the answer was due by the configuration, in nanoseconds since start.
    pub due_ns: u64,
    /// When the answer's head was handed to the connection, in nanoseconds since start; `answered - due` is how late
    /// the target itself was.
    pub answered_ns: u64,
    /// The status of the answer.
    pub status: u16,
}

impl Served {
    /// How many are kept at most: a million take 50 MB, which a test machine has.
    pub const MOST: usize = 1_000_000;
}

/// The live counters behind [`Stats`], written by the serving threads.
#[derive(Debug)]
pub(crate) struct Counters {
    names: Vec<String>,
    shards: Vec<Shard>,
    connections: AtomicU64,
    in_flight: AtomicU64,
    times: Option<Mutex<Vec<Served>>>,
}

/// The counters that one thread writes; aligned so that two threads never share a cache line through the struct itself.
#[derive(Debug)]
#[repr(align(128))]
struct Shard(Box<[RouteCounters]>);

#[derive(Debug, Default)]
struct RouteCounters {
    requests: AtomicU64,
    failures: AtomicU64,
    rejected: AtomicU64,
}

impl Counters {
    /// Counters for the routes called `names`, written by `threads` threads.
    pub(crate) fn new(names: Vec<String>, threads: usize, times: Times) -> Self {
        let shard = || Shard(names.iter().map(|_| RouteCounters::default()).collect());
        Self {
            shards: (0..threads.max(1)).map(|_| shard()).collect(),
            names,
            connections: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            times: match times {
                Times::Off => None,
                Times::Exact => Some(Mutex::default()),
            },
        }
    }

    pub(crate) fn add_connection(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_requests(&self, thread: usize, route: usize, count: u64) {
        self.shards[thread].0[route].requests.fetch_add(count, Relaxed);
    }

    pub(crate) fn add_failure(&self, thread: usize, route: usize) {
        self.shards[thread].0[route].failures.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_rejected(&self, thread: usize, route: usize) {
        self.shards[thread].0[route].rejected.fetch_add(1, Relaxed);
    }

    /// One request more in flight; the result counts it.
    pub(crate) fn enter(&self) -> u64 {
        self.in_flight.fetch_add(1, Relaxed) + 1
    }

    pub(crate) fn leave(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    /// Keeps `served` if times were asked for and there is room.
    pub(crate) fn record(&self, served: impl FnOnce() -> Served) {
        if let Some(times) = &self.times {
            let mut times = lock(times);
            if times.len() < Served::MOST {
                times.push(served());
            }
        }
    }

    /// Sets everything but the requests in flight back to zero.
    pub(crate) fn reset(&self) {
        self.connections.store(0, Relaxed);
        for route in self.shards.iter().flat_map(|shard| &shard.0) {
            for counter in [&route.requests, &route.failures, &route.rejected] {
                counter.store(0, Relaxed);
            }
        }
        if let Some(times) = &self.times {
            lock(times).clear();
        }
    }

    pub(crate) fn snapshot(&self) -> Stats {
        let routes: Vec<RouteStats> =
            self.names.iter().enumerate().map(|(i, name)| self.route(i, name)).collect();
        Stats {
            connections: self.connections.load(Relaxed),
            requests: routes.iter().map(|route| route.requests).sum(),
            in_flight: self.in_flight.load(Relaxed),
            routes,
            times: self.times.as_ref().map(|times| lock(times).clone()).unwrap_or_default(),
            planted: Vec::new(),
            planted_clock_ms: None,
        }
    }

    fn route(&self, index: usize, name: &str) -> RouteStats {
        let mut stats = RouteStats { name: name.to_owned(), ..RouteStats::default() };
        for shard in &self.shards {
            let counters = &shard.0[index];
            stats.requests += counters.requests.load(Relaxed);
            stats.failures += counters.failures.load(Relaxed);
            stats.rejected += counters.rejected.load(Relaxed);
        }
        stats
    }
}

/// A `Duration` as whole nanoseconds, saturating after 584 years.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Locks a mutex whose data stays consistent whatever panicked while holding it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_add_up_and_reset_to_zero() {
        let counters = Counters::new(vec!["a".into(), "b".into()], 2, Times::Exact);
        counters.add_requests(0, 0, 2);
        counters.add_requests(1, 0, 3);
        counters.add_requests(1, 1, 1);
        counters.add_failure(0, 1);
        counters.add_rejected(1, 1);
        let served = Served { route: 0, number: 0, arrived_ns: 1, due_ns: 2, answered_ns: 3, status: 200 };
        counters.record(|| served);
        let stats = counters.snapshot();
        assert_eq!(stats.requests, 6);
        assert_eq!(stats.route("a").map(|route| route.requests), Some(5));
        let b = RouteStats { name: "b".into(), requests: 1, failures: 1, rejected: 1 };
        assert_eq!(stats.route("b"), Some(&b));
        assert_eq!(stats.times, [served]);
        counters.reset();
        assert_eq!(counters.snapshot().requests, 0);
        assert!(counters.snapshot().times.is_empty());
    }
}
