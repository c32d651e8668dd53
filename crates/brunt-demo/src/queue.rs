//! k servers behind one first-come-first-served queue, as a function of time.
//!
//! Nothing waits here: since the service of a request is known when it arrives, so is its end, and no request has to be
//! held anywhere. Time is a duration since whatever start the owner chose. Start with [`Queue::admit`].

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::Duration,
};

/// The servers and who waits for them.
#[derive(Debug)]
pub(crate) struct Queue {
    /// When each server is free.
    free: BinaryHeap<Reverse<Duration>>,
    /// When those that wait will start; never decreasing, since they start in the order of their arrival.
    starts: VecDeque<Duration>,
    limit: usize,
}

impl Queue {
    /// `servers` servers that are free, with places for `limit` to wait.
    pub(crate) fn new(servers: usize, limit: usize) -> Self {
        let free = (0..servers).map(|_| Reverse(Duration::ZERO)).collect();
        Self { free, starts: VecDeque::new(), limit }
    }

    /// When a request that arrives at `now` and takes `service` is done, or nothing if the queue is full.
    pub(crate) fn admit(&mut self, now: Duration, service: Duration) -> Option<Duration> {
        while self.starts.front().is_some_and(|start| *start <= now) {
            self.starts.pop_front();
        }
        let mut first = self.free.peek_mut()?;
        let start = first.0.max(now);
        if start > now {
            if self.starts.len() >= self.limit {
                return None;
            }
            self.starts.push_back(start);
        }
        first.0 = start + service;
        Some(start + service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn a_queue_serves_in_order_and_turns_away_when_full() {
        let mut queue = Queue::new(2, 2);
        let ends: Vec<_> = [0, 0, 1, 2, 3, 11, 40].map(|at| queue.admit(ms(at), ms(10))).to_vec();
        // Two are served at once, two wait, the fifth is turned away; at 11 both waiting ones have started.
        let expected =
            [Some(ms(10)), Some(ms(10)), Some(ms(20)), Some(ms(20)), None, Some(ms(30)), Some(ms(50))];
        assert_eq!(ends, expected);
    }

    #[test]
    fn the_throughput_of_a_full_queue_is_servers_by_service() {
        let mut queue = Queue::new(3, 1_000_000);
        let last = (0..3_000).filter_map(|_| queue.admit(ms(0), ms(10))).max().expect("some");
        // 3000 requests that arrive together, at 300 per second: the last is done after 10 s.
        assert_eq!(last, ms(10_000));
    }
}
