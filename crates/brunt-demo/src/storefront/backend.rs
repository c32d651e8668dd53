//! One backend: its workers, its queue, its cache, its counters.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use serde_json::{Value, json};

use super::config::BackendConfig;
use crate::{queue::Queue, stats::lock};

/// Whether an answer came from the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    Hit,
    Miss,
}

/// One backend.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) name: String,
    config: BackendConfig,
    queue: Mutex<Queue>,
    cache: Mutex<Cache>,
    requests: AtomicU64,
    rejected: AtomicU64,
    in_flight: AtomicU64,
}

/// Which answers it holds. The answers themselves cost nothing to make, so that only their keys are kept.
#[derive(Debug, Default)]
struct Cache {
    epoch: u64,
    entries: usize,
    keys: HashSet<String>,
    /// The keys, the oldest first.
    order: VecDeque<String>,
    hits: u64,
    misses: u64,
}

/// One request at a backend; its drop is its end.
#[derive(Debug)]
pub(super) struct Visit<'a>(&'a Backend);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

impl Backend {
    pub(super) fn new(number: usize, config: BackendConfig, cache_entries: usize) -> Self {
        Self {
            name: format!("backend-{number}"),
            config,
            queue: Mutex::new(Queue::new(config.workers, config.queue)),
            cache: Mutex::new(Cache { entries: cache_entries, ..Cache::default() }),
            requests: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
        }
    }

    /// Counts a request until the result is dropped.
    pub(super) fn enter(&self) -> Visit<'_> {
        self.requests.fetch_add(1, Relaxed);
        self.in_flight.fetch_add(1, Relaxed);
        Visit(self)
    }

    /// When a request that comes at `now`, and takes `work` on an ordinary backend and `extra` on any, is done here.
    /// Nothing if the queue is full.
    pub(super) fn admit(&self, now: Duration, work: Duration, extra: Duration) -> Option<Duration> {
        let end = lock(&self.queue).admit(now, work.mul_f64(self.config.slowdown) + extra);
        if end.is_none() {
            self.rejected.fetch_add(1, Relaxed);
        }
        end
    }

    /// Looks `key` up, and keeps it from now on. `epoch` is that of the cache, or nothing if nothing is found in it.
    pub(super) fn look_up(&self, key: &str, epoch: Option<u64>) -> Lookup {
        lock(&self.cache).look_up(key, epoch)
    }

    pub(super) fn reset(&self) {
        *lock(&self.queue) = Queue::new(self.config.workers, self.config.queue);
        let mut cache = lock(&self.cache);
        *cache = Cache { entries: cache.entries, ..Cache::default() };
        self.requests.store(0, Relaxed);
        self.rejected.store(0, Relaxed);
    }

    pub(super) fn report(&self) -> Value {
        let cache = lock(&self.cache);
        json!({
            "name": self.name,
            "slowdown": self.config.slowdown,
            "workers": self.config.workers,
            "requests": self.requests.load(Relaxed),
            "rejected": self.rejected.load(Relaxed),
            "in_flight": self.in_flight.load(Relaxed),
            "cache_hits": cache.hits,
            "cache_misses": cache.misses,
        })
    }
}

impl Cache {
    fn look_up(&mut self, key: &str, epoch: Option<u64>) -> Lookup {
        let Some(epoch) = epoch else {
            self.misses += 1;
            return Lookup::Miss;
        };
        if self.epoch != epoch {
            self.epoch = epoch;
            self.keys.clear();
            self.order.clear();
        }
        if self.keys.contains(key) {
            self.hits += 1;
            return Lookup::Hit;
        }
        self.misses += 1;
        if self.entries > 0 {
            if self.order.len() >= self.entries
                && let Some(oldest) = self.order.pop_front()
            {
                self.keys.remove(&oldest);
            }
            self.keys.insert(key.to_owned());
            self.order.push_back(key.to_owned());
        }
        Lookup::Miss
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_holds_so_many_and_is_emptied_by_a_new_epoch() {
        let mut cache = Cache { entries: 2, ..Cache::default() };
        let rows = [
            ("a", Some(0), Lookup::Miss),
            ("a", Some(0), Lookup::Hit),
            ("b", Some(0), Lookup::Miss),
            ("c", Some(0), Lookup::Miss),
            ("a", Some(0), Lookup::Miss),
            ("a", None, Lookup::Miss),
            ("a", Some(0), Lookup::Hit),
            ("a", Some(1), Lookup::Miss),
            ("c", Some(1), Lookup::Miss),
        ];
        for (index, (key, epoch, expected)) in rows.into_iter().enumerate() {
            assert_eq!(cache.look_up(key, epoch), expected, "row {index}");
        }
        assert_eq!((cache.hits, cache.misses), (2, 7));
    }

    #[test]
    fn a_slow_backend_takes_longer_for_the_work_but_not_for_the_extra() {
        let ms = Duration::from_millis;
        let config = BackendConfig { slowdown: 3.0, workers: 1, queue: 1 };
        let backend = Backend::new(3, config, 0);
        assert_eq!(backend.admit(ms(0), ms(10), ms(5)), Some(ms(35)));
        assert_eq!(backend.admit(ms(0), ms(10), ms(0)), Some(ms(65)));
        assert_eq!(backend.admit(ms(0), ms(10), ms(0)), None);
        assert_eq!(backend.report()["rejected"], 1);
        backend.reset();
        assert_eq!(backend.admit(ms(0), ms(10), ms(0)), Some(ms(30)));
    }
}
