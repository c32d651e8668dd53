//! When answers are due: the queue, the freezes and the ramp, as functions of time.
//!
//! Nothing here waits. [`Schedule::plan`] says when a request that arrives now is to be answered; [`Queue`] and [`Rhythm`]
//! are pure, with time as a duration since the start of the clock.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::config::{Capacity, MockConfig, Ramp};
use crate::{
    freeze::Rhythm,
    latency::{LONGEST_DRAW, Latency},
    planted::Effect,
    queue::Queue,
    random::Draws,
    stats::{lock, nanos},
};

/// The timing of one mock server, shared by its threads and connections.
#[derive(Debug)]
pub(crate) struct Schedule {
    epoch: Instant,
    /// Nanoseconds from `epoch` to the start of the clock, plus one; 0 while the clock stands.
    clock: AtomicU64,
    stalls: Option<Rhythm>,
    ramp: Option<Ramp>,
    capacity: Option<(Capacity, Mutex<Queue>)>,
}

/// A request as the schedule sees it.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    /// The latency of its route.
    pub(super) latency: Latency,
    pub(super) draws: Draws,
    /// How many requests are in flight with it.
    pub(super) in_flight: u64,
    /// What planted faults do to it.
    pub(super) effect: &'a Effect,
}

/// What to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Answer it at this instant.
    Answer(Instant),
    /// Turn it away at this instant; the client may come back after so long.
    Reject(Instant, Duration),
}

impl Schedule {
    pub(super) fn new(config: &MockConfig, epoch: Instant) -> Self {
        Self {
            epoch,
            clock: AtomicU64::new(0),
            stalls: config.stall.map(|stall| Rhythm { every: stall.every, lasts: stall.lasts }),
            ramp: config.ramp,
            capacity: config.capacity.map(|capacity| (capacity, Mutex::new(queue(capacity)))),
        }
    }

    /// Starts the clock if it stands.
    pub(super) fn begin(&self, now: Instant) {
        if self.clock.load(Relaxed) == 0 {
            // Whoever is first sets it; the others agree.
            let _ = self.clock.compare_exchange(0, self.since_epoch(now) + 1, Relaxed, Relaxed);
        }
    }

    /// Starts the clock anew and empties the queue.
    pub(super) fn reset(&self, now: Instant) {
        self.clock.store(self.since_epoch(now) + 1, Relaxed);
        if let Some((capacity, waiting)) = &self.capacity {
            *lock(waiting) = queue(*capacity);
        }
    }

    pub(crate) fn has_stalls(&self) -> bool {
        self.stalls.is_some()
    }

    /// The end of the freeze that `now` lies in, if it lies in one.
    pub(crate) fn frozen_until(&self, now: Instant) -> Option<Instant> {
        let stalls = self.stalls?;
        let start = self.start()?;
        Some(start + stalls.end(now.saturating_duration_since(start))?)
    }

    /// `at`, or the end of the freeze that it lies in.
    pub(super) fn release(&self, at: Instant) -> Instant {
        self.frozen_until(at).unwrap_or(at)
    }

    /// When a request that arrives `now` is answered.
    pub(super) fn plan(&self, now: Instant, arrival: &Arrival<'_>) -> Plan {
        let &Arrival { latency, draws, in_flight, effect } = arrival;
        let factor = self.ramp.map_or(1.0, |ramp| ramp_factor(ramp, self.clock_time(now), in_flight));
        let stretched = |latency: Latency| {
            let drawn = latency.draw(draws);
            // Without a ramp the nanoseconds stay as they were drawn.
            let drawn = if factor > 1.0 {
                let seconds = (drawn.as_secs_f64() * factor).min(LONGEST_DRAW.as_secs_f64());
                Duration::from_secs_f64(seconds)
            } else {
                drawn
            };
            effect.stretched(drawn) + effect.extra
        };
        let Some((capacity, queue)) = &self.capacity else {
            return Plan::Answer(self.release(now + stretched(latency)));
        };
        let service = stretched(capacity.service.unwrap_or(latency));
        match lock(queue).admit(now.saturating_duration_since(self.epoch), service) {
            Some(end) => Plan::Answer(self.release(self.epoch + end)),
            None => Plan::Reject(self.release(now), capacity.retry_after),
        }
    }

    /// Nanoseconds from the server's start to `at`.
    pub(super) fn since_epoch(&self, at: Instant) -> u64 {
        nanos(at.saturating_duration_since(self.epoch))
    }

    fn start(&self) -> Option<Instant> {
        let nanos = self.clock.load(Relaxed).checked_sub(1)?;
        Some(self.epoch + Duration::from_nanos(nanos))
    }

    fn clock_time(&self, now: Instant) -> Duration {
        self.start().map_or(Duration::ZERO, |start| now.saturating_duration_since(start))
    }
}

fn queue(capacity: Capacity) -> Queue {
    Queue::new(capacity.servers, capacity.queue)
}

fn ramp_factor(ramp: Ramp, since_start: Duration, in_flight: u64) -> f64 {
    let minutes = since_start.as_secs_f64() / 60.0;
    (1.0 + ramp.per_minute * minutes) * (1.0 + ramp.per_in_flight * in_flight.saturating_sub(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::now, mock::Stall};

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    fn arrival(effect: &Effect, latency: Duration, in_flight: u64) -> Arrival<'_> {
        Arrival { latency: Latency::Constant(latency), draws: Draws::new(0, 0, 0), in_flight, effect }
    }

    fn capacity(servers: usize, queue: usize) -> Capacity {
        let service = Some(Latency::Constant(ms(10)));
        Capacity { servers, service, queue, retry_after: ms(1000) }
    }

    #[test]
    fn the_throughput_is_servers_by_service() {
        assert_eq!(capacity(3, 10).throughput_per_s(), Some(300.0));
    }

    #[test]
    fn the_mean_wait_of_a_stall_is_the_integral_over_arrivals() {
        let stall = Stall { every: ms(100), lasts: ms(30) };
        let stalls = Rhythm { every: stall.every, lasts: stall.lasts };
        let waits = (0..100_000_u64).map(|step| {
            let at = ms(100) + Duration::from_micros(step);
            stalls.end(at).map_or(Duration::ZERO, |end| end.saturating_sub(at))
        });
        let mean = waits.sum::<Duration>() / 100_000;
        assert!(mean.abs_diff(stall.mean_wait()) < Duration::from_micros(1), "{mean:?}");
    }

    #[test]
    fn an_answer_due_in_a_freeze_waits_for_its_end() {
        let epoch = now();
        let stall = Some(Stall { every: ms(100), lasts: ms(30) });
        let schedule = Schedule::new(&MockConfig { stall, ..MockConfig::default() }, epoch);
        let plan = |at, latency| schedule.plan(epoch + ms(at), &arrival(&Effect::default(), ms(latency), 1));
        // The clock stands until the first request.
        assert_eq!(plan(110, 5), Plan::Answer(epoch + ms(115)));
        schedule.begin(epoch + ms(50));
        schedule.begin(epoch + ms(70));
        assert_eq!(plan(140, 5), Plan::Answer(epoch + ms(145)));
        assert_eq!(plan(140, 15), Plan::Answer(epoch + ms(180)));
        assert_eq!(plan(140, 50), Plan::Answer(epoch + ms(190)));
    }

    #[test]
    fn a_ramp_stretches_latency_and_service_alike() {
        let epoch = now();
        let ramp = Some(Ramp { per_minute: 1.0, per_in_flight: 0.5 });
        for capacity in [None, Some(capacity(1, 10))] {
            let schedule = Schedule::new(&MockConfig { capacity, ramp, ..MockConfig::default() }, epoch);
            schedule.begin(epoch);
            let minute = epoch + Duration::from_mins(1);
            let mut effect = Effect::default();
            let plan = schedule.plan(minute, &arrival(&effect, ms(10), 3));
            // Twice by the minute, twice by the two others in flight.
            assert_eq!(plan, Plan::Answer(minute + ms(40)), "{capacity:?}");
            // A minute later three times, but doubled by a fault that adds 5 ms as well.
            (effect.factor, effect.extra) = (2.0, ms(5));
            let plan = schedule.plan(minute + minute.duration_since(epoch), &arrival(&effect, ms(10), 1));
            assert_eq!(plan, Plan::Answer(epoch + Duration::from_mins(2) + ms(65)), "{capacity:?}");
        }
    }

    #[test]
    fn ramps() {
        let ramp = Ramp { per_minute: 0.5, per_in_flight: 0.1 };
        for (seconds, in_flight, expected) in
            [(0, 1, 1.0), (60, 1, 1.5), (120, 1, 2.0), (0, 11, 2.0), (60, 11, 3.0)]
        {
            let factor = ramp_factor(ramp, Duration::from_secs(seconds), in_flight);
            assert!((factor - expected).abs() < 1e-12, "{seconds} {in_flight}: {factor}");
        }
    }
}
