//! What planted faults do to one request, and the waiting before it is served.
//!
//! Start with [`Effect`]: it is decided at once, and [`Effect::admit`] waits for what it says.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{api::Reply, connection::After, delay::Timer, latency::LONGEST_DRAW};

/// What becomes of one request.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    /// It is turned away at once, and nothing of what follows applies.
    pub(crate) refusal: Option<Refusal>,
    /// It waits until this instant, for a lock or the end of an outage; only then is it served.
    pub(crate) passes_at: Option<Instant>,
    /// It is served when it has a place in each of these, and keeps them until its answer is there.
    pub(super) places: Vec<Arc<Places>>,
    /// Its work takes so many times as long.
    pub(crate) factor: f64,
    /// Its work takes so much longer.
    pub(crate) extra: Duration,
    /// It is not answered before this time is over.
    pub(crate) mode: Duration,
    /// It is answered by this status after its time, and does nothing else.
    pub(crate) error: Option<StatusCode>,
    /// What becomes of its connection.
    pub(crate) after: After,
}

impl Default for Effect {
    /// Nothing.
    fn default() -> Self {
        Self {
            refusal: None,
            passes_at: None,
            places: Vec::new(),
            factor: 1.0,
            extra: Duration::ZERO,
            mode: Duration::ZERO,
            error: None,
            after: After::KeepAlive,
        }
    }
}

impl Effect {
    /// How long work takes that usually takes `usual`, without what is added once ([`Effect::extra`]).
    pub(crate) fn stretched(&self, usual: Duration) -> Duration {
        stretched(usual, self.factor)
    }

    /// Whether it may have to wait before it is served.
    pub(crate) fn waits(&self) -> bool {
        self.passes_at.is_some() || !self.places.is_empty()
    }

    /// Waits until the request may be served; what comes out is to be kept until its answer is there.
    pub(crate) async fn admit(&self, timer: &Timer) -> Result<Vec<OwnedSemaphorePermit>, Refusal> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        if let Some(passes_at) = self.passes_at {
            timer.until(passes_at).await;
        }
        let mut permits = Vec::new();
        for places in &self.places {
            permits.push(places.take().await?);
        }
        Ok(permits)
    }
}

/// `factor` times `usual`, which stays as it is to the nanosecond where the factor is 1.
pub(crate) fn stretched(usual: Duration, factor: f64) -> Duration {
    if factor.to_bits() == 1.0_f64.to_bits() {
        return usual;
    }
    Duration::from_secs_f64((usual.as_secs_f64() * factor).min(LONGEST_DRAW.as_secs_f64()))
}

/// A request that is turned away by a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    /// When it is worth to come back.
    pub(super) retry_after: Duration,
}

impl Refusal {
    pub(crate) fn reply(self) -> Reply {
        // Whole seconds, rounded up: who comes back then is served.
        let seconds = self.retry_after.as_secs() + u64::from(self.retry_after.subsec_nanos() > 0);
        Reply::error(self.status, self.code, self.message).named("retry-after", &seconds.max(1).to_string())
    }
}

/// The places of a planted pool.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// How many may wait.
    queue: Option<usize>,
    /// Counts those that waited or were turned away.
    hits: Arc<AtomicU64>,
}

/// One that waits; its drop is the end of that.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Places {
    pub(super) fn new(size: usize, queue: Option<usize>, hits: Arc<AtomicU64>) -> Self {
        Self { free: Arc::new(Semaphore::new(size)), waiting: AtomicUsize::new(0), queue, hits }
    }

    /// Takes a place, in the order of arrival.
    async fn take(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(permit);
        }
        self.hits.fetch_add(1, Relaxed);
        let before = self.waiting.fetch_add(1, Relaxed);
        let _waiting = Waiting(&self.waiting);
        let full = Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "pool_full",
            message: "turned away on purpose: the queue of a planted pool is full",
            retry_after: Duration::from_secs(1),
        };
        if self.queue.is_some_and(|queue| before >= queue) {
            return Err(full);
        }
        // Nobody closes it.
        Arc::clone(&self.free).acquire_owned().await.map_err(|_| full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls `future` once; it must not be ready.
    async fn begin<F: Future>(future: F) {
        tokio::select! {
            biased;
            _ = future => panic!("there was a place"),
            () = std::future::ready(()) => {}
        }
    }

    #[test]
    fn places_are_given_out_and_come_back() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        runtime.block_on(async {
            let hits = Arc::new(AtomicU64::new(0));
            let places = Places::new(1, Some(1), Arc::clone(&hits));
            let held = places.take().await.expect("the place");
            {
                let mut waiting = Box::pin(places.take());
                begin(&mut waiting).await;
                let refusal = places.take().await.expect_err("one waits already");
                assert_eq!(refusal.status, StatusCode::SERVICE_UNAVAILABLE);
                drop(held);
                assert!(waiting.await.is_ok(), "it was first");
            }
            // Who gives up is no longer in the queue, and a place that was given back is free.
            let held = places.take().await.expect("the place");
            for _ in 0..3 {
                begin(places.take()).await;
            }
            drop(held);
            assert!(places.take().await.is_ok());
            assert_eq!((places.waiting.load(Relaxed), hits.load(Relaxed)), (0, 5));
        });
    }

    #[test]
    fn who_comes_back_when_told_is_served() {
        let refusal = |millis| Refusal {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "a",
            message: "b",
            retry_after: Duration::from_millis(millis),
        };
        for (millis, seconds) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2"), (59_999, "60")] {
            let reply = refusal(millis).reply();
            assert_eq!(
                reply.headers.get("retry-after").map(http::HeaderValue::as_bytes),
                Some(seconds.as_bytes())
            );
        }
    }
}
