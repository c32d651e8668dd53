//! Servers whose limit is known, in virtual time: an open Poisson load, one queue, the response times of each second.

pub(crate) mod searching;

use brunt_metrics::{Histogram, Nanos, SparseHistogram};
use std::collections::BinaryHeap;

/// A server, by what it does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    /// Requests that it serves at once.
    pub(crate) at_once: usize,
    /// Requests a second that one place serves.
    pub(crate) mu: f64,
    /// Exponential service times, or constant ones.
    pub(crate) exponential: bool,
    /// Requests that may be in the system; what comes beyond is refused at once.
    pub(crate) room: Option<usize>,
    /// Where its rate falls to after a load beyond this: (load, factor).
    pub(crate) breaks_beyond: Option<(f64, f64)>,
    /// The spread of its speed from trial to trial, as a share.
    pub(crate) noise: f64,
}

impl Server {
    /// M/M/1.
    pub(crate) const fn mm1(mu: f64) -> Self {
        Self { at_once: 1, mu, exponential: true, room: None, breaks_beyond: None, noise: 0.0 }
    }
}

/// Randomness from a seed (Steele, Lea & Flood's `SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    /// Uniform in (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Exponential of the given rate.
    pub(crate) fn exponential(&mut self, rate: f64) -> f64 {
        -self.uniform().ln() / rate
    }

    /// Standard normal (Box & Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// What a second of a trial brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimSecond {
    /// Response times of what was served.
    pub(crate) response: SparseHistogram,
    /// Requests served.
    pub(crate) served: u64,
    /// Requests refused.
    pub(crate) refused: u64,
}

/// A server under a constant load, second by second. It starts idle.
pub(crate) struct Load {
    server: Server,
    rate: f64,
    rng: Rng,
    arrival: f64,
    /// When each place is free, negated: the heap's top is the earliest.
    free: BinaryHeap<std::cmp::Reverse<u64>>,
    /// Departures of what is in the system, where room is limited.
    within: BinaryHeap<std::cmp::Reverse<u64>>,
    second: u64,
}

impl Load {
    pub(crate) fn new(server: Server, rate: f64, seed: u64) -> Self {
        let mut rng = Rng(seed);
        let mut server = server;
        server.mu *= 1.0 + server.noise * rng.normal();
        let free = (0..server.at_once).map(|_| std::cmp::Reverse(0)).collect();
        let arrival = rng.exponential(rate);
        Self { server, rate, rng, arrival, free, within: BinaryHeap::new(), second: 0 }
    }

    /// The next second: all requests that arrived in it, whenever they ended. A second of arrivals is as good a batch as one of
    /// departures.
    pub(crate) fn next_second(&mut self) -> SimSecond {
        let mut histogram = Histogram::default();
        let mut second = SimSecond::default();
        self.second += 1;
        while self.arrival < self.second as f64 {
            let now = nanos(self.arrival);
            self.arrival += self.rng.exponential(self.rate);
            while self.within.peek().is_some_and(|end| end.0 <= now) {
                self.within.pop();
            }
            if self.server.room.is_some_and(|room| self.within.len() >= room) {
                second.refused += 1;
                continue;
            }
            let mean = 1.0 / self.server.mu;
            let took = if self.server.exponential { self.rng.exponential(self.server.mu) } else { mean };
            let start = self.free.pop().map_or(now, |free| free.0.max(now));
            let end = start + nanos(took);
            self.free.push(std::cmp::Reverse(end));
            if self.server.room.is_some() {
                self.within.push(std::cmp::Reverse(end));
            }
            histogram.record(Nanos(end - now));
            second.served += 1;
        }
        second.response = histogram.to_sparse();
        second
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "virtual times are short and positive"
)]
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

/// The load at which `excess` (rising with the load) is 0, by halving.
pub(crate) fn root(mut low: f64, mut high: f64, excess: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if excess(middle) > 0.0 { high = middle } else { low = middle }
    }
    f64::midpoint(low, high)
}

/// The load at which a quantile of the response time is `limit` seconds: M/M/1, whose response time is exponential with
/// rate mu - lambda (Kleinrock 1975, 5.5).
pub(crate) fn limit_mm1(mu: f64, q: f64, limit: f64) -> f64 {
    mu + (1.0 - q).ln() / limit
}

/// P(response > t) of M/M/c: no wait with 1 - C, else a wait that is exponential with rate c mu - lambda, and a service time;
/// C is Erlang's second formula (Kleinrock 1975, 3.5).
pub(crate) fn response_above_mmc(lambda: f64, mu: f64, c: usize, t: f64) -> f64 {
    let offered = lambda / mu;
    let mut erlang_b = 1.0;
    for n in 1..=c {
        erlang_b = offered * erlang_b / (n as f64 + offered * erlang_b);
    }
    let busy = offered / c as f64;
    let waits = erlang_b / (1.0 - busy * (1.0 - erlang_b));
    let drain = c as f64 * mu - lambda;
    let (service, both) = ((-mu * t).exp(), (-drain * t).exp());
    (1.0 - waits) * service + waits * (drain * service - mu * both) / (drain - mu)
}

/// P(wait <= t) of M/D/1 (Erlang 1909): (1 - r) sum over k = 0 ..= floor(t/D) of (l (kD - t))^k / k! * exp(-l (kD - t)).
pub(crate) fn wait_within_md1(lambda: f64, service: f64, t: f64) -> f64 {
    if t < 0.0 {
        return 0.0;
    }
    let (mut sum, mut k, mut factorial) = (0.0, 0_u32, 1.0);
    while f64::from(k) * service <= t {
        let x = lambda * (f64::from(k) * service - t);
        sum += x.powi(k.cast_signed()) / factorial * (-x).exp();
        k += 1;
        factorial *= f64::from(k);
    }
    (1.0 - lambda * service) * sum
}

/// The share that M/M/1 with room for `k` refuses (Kleinrock 1975, 3.6).
pub(crate) fn refused_mm1k(lambda: f64, mu: f64, k: usize) -> f64 {
    let busy = lambda / mu;
    let k = i32::try_from(k).unwrap_or(i32::MAX);
    if (busy - 1.0).abs() < 1e-9 {
        return 1.0 / f64::from(k + 1);
    }
    (1.0 - busy) * busy.powi(k) / (1.0 - busy.powi(k + 1))
}
