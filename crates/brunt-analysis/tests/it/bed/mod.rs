//! Simulated targets with a known truth: a small discrete-event simulator that yields courses.
//!
//! Requests come by a schedule (open, Poisson) or from users who wait for their answers (closed). Each passes, in order, a
//! rate limiter, a lock, a pool of servers, and its own work; the whole target can freeze, slow down or break. Everything
//! random comes from the seed. First come, first served throughout, so that the order of arrival is the order of service.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds and shares of a simulation are small and not negative"
)]

pub(crate) mod cases;
pub(crate) mod score;
pub(crate) mod sealing;

use sealing::{Made, course};

use brunt_analysis::Course;
use brunt_metrics::{ErrorKind, Outcome, Status};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};

/// A run to simulate.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub seed: u64,
    /// Seconds of load.
    pub seconds: f64,
    pub load: Load,
    pub endpoints: Vec<Endpoint>,
    pub target: Target,
}

/// How load comes.
#[derive(Clone, Debug)]
pub(crate) enum Load {
    /// Instants and rates, linear in between.
    Open(Vec<(f64, f64)>),
    /// From which second on there are how many users, and how long they pause.
    Closed(Vec<(f64, usize)>, f64),
}

/// A kind of request.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub name: &'static str,
    /// How often it comes, beside the others.
    pub weight: f64,
    /// Mean work, in seconds.
    pub work: f64,
    /// The share of its requests that fail.
    pub errors: f64,
}

/// A target with its faults. Times in seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// Coefficient of variation of the work.
    pub cv: f64,
    /// AR(1) of the logarithm of the speed, second by second: coefficient and standard deviation.
    pub noise: (f64, f64),
    pub pool: Option<usize>,
    /// Each request holds the lock for so long.
    pub lock: Option<f64>,
    /// Period, pause.
    pub stall: Option<(f64, f64)>,
    /// From, to: nothing happens.
    pub frozen: Vec<(f64, f64)>,
    /// Growth of the work, a minute.
    pub leak: f64,
    /// From then on work takes so many times as long.
    pub step: Option<(f64, f64)>,
    /// Admitted rate, burst.
    pub limiter: Option<(f64, f64)>,
    /// Factor on the work at the start, time constant of its decay.
    pub cold: Option<(f64, f64)>,
    /// Keys, the work of a miss.
    pub cache: Option<(usize, f64)>,
    /// Share, extra work.
    pub slow: Option<(f64, f64)>,
    /// Share, index of a Pareto law by which the work is multiplied.
    pub tail: Option<(f64, f64)>,
    /// From, to, share, status.
    pub errors: Vec<(f64, f64, f64, u16)>,
    /// Requests that would wait longer are refused with 503.
    pub sheds: Option<f64>,
    /// Waiting longer than this makes callers repeat: the work is so many times as much.
    pub storm: Option<(f64, f64)>,
    /// Every request opens a connection: connect, TLS.
    pub churn: Option<(f64, f64)>,
    /// Share of requests that look a name up first, and how long that takes.
    pub resolver: Option<(f64, f64)>,
    /// Names and weights of servers behind a balancer.
    pub upstreams: Vec<(&'static str, f64)>,
    /// Share of requests whose connect takes this much longer.
    pub(crate) constant: Option<(f64, f64)>,
    /// Mean size of an answer, and seconds a byte.
    pub payload: Option<(f64, f64)>,
    /// The processor time of a request, of so many cores: their use is sampled.
    pub cores: Option<usize>,
    /// From, to, factor: work takes so many times as long in between.
    pub disturbed: Option<(f64, f64, f64)>,
    /// A gauge that is sampled and goes with the speed.
    pub gauge: Option<&'static str>,
    /// How late requests are sent.
    pub lag: f64,
}

/// Randomness: splitmix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.word() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Lognormal with this mean and coefficient of variation.
    fn work(&mut self, mean: f64, cv: f64) -> f64 {
        let variance = (1.0 + cv * cv).ln();
        mean * (variance.sqrt() * self.normal() - variance / 2.0).exp()
    }

    fn pick(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.uniform() * weights.clone().sum::<f64>();
        for (index, weight) in weights.enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        0
    }
}

/// The course of a run against the target.
pub(crate) fn simulate(world: &World) -> Course {
    let mut server = Server::new(world);
    let mut dice = Dice::new(world.seed ^ 0xA5A5);
    let made = match &world.load {
        Load::Open(points) => {
            arrivals(points, world.seconds, &mut dice).into_iter().map(|at| server.serve(at)).collect()
        }
        Load::Closed(steps, think) => closed(&mut server, (steps, *think), world.seconds, &mut dice),
    };
    course(world, &made, (&server.busy, &server.speeds))
}

/// A Poisson process by the rates of `points`: thinned from the highest (Lewis, Shedler 1979).
fn arrivals(points: &[(f64, f64)], seconds: f64, dice: &mut Dice) -> Vec<f64> {
    let most = points.iter().map(|p| p.1).fold(0.0, f64::max);
    let (mut at, mut out) = (0.0, Vec::new());
    loop {
        at += dice.exponential(1.0 / most);
        if at >= seconds {
            return out;
        }
        if dice.uniform() * most < rate_at(points, at) {
            out.push(at);
        }
    }
}

fn rate_at(points: &[(f64, f64)], at: f64) -> f64 {
    let after = points.iter().position(|p| p.0 > at);
    match after {
        None => points[points.len() - 1].1,
        Some(0) => points[0].1,
        Some(i) => {
            let ((t0, r0), (t1, r1)) = (points[i - 1], points[i]);
            r0 + (r1 - r0) * (at - t0) / (t1 - t0)
        }
    }
}

fn closed(
    server: &mut Server<'_>,
    (steps, think): (&[(f64, usize)], f64),
    seconds: f64,
    dice: &mut Dice,
) -> Vec<Made> {
    let mut free = BinaryHeap::new();
    let mut known = 0;
    for &(from, users) in steps {
        for _ in known..users {
            free.push(Reverse(Instant(from + dice.exponential(think.max(0.001)))));
        }
        known = known.max(users);
    }
    let mut made = Vec::new();
    while let Some(Reverse(Instant(at))) = free.pop() {
        if at >= seconds {
            break;
        }
        let one = server.serve(at);
        let pause = if think > 0.0 { dice.exponential(think) } else { 0.0 };
        free.push(Reverse(Instant(one.ended + pause)));
        made.push(one);
    }
    made
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Instant(f64);

impl Eq for Instant {}

impl PartialOrd for Instant {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Instant {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

struct Server<'a> {
    world: &'a World,
    dice: Dice,
    /// When each server of the pool is free, on the clock of work.
    pool: BinaryHeap<Reverse<Instant>>,
    lock: f64,
    /// Ascending, disjoint.
    frozen: VecDeque<(f64, f64)>,
    speeds: Vec<f64>,
    tokens: (f64, f64),
    cached: HashSet<usize>,
    /// Seconds of work begun in each second.
    busy: Vec<f64>,
}

impl<'a> Server<'a> {
    fn new(world: &'a World) -> Self {
        let target = &world.target;
        let mut dice = Dice::new(world.seed);
        let mut frozen = target.frozen.clone();
        if let Some((period, pause)) = target.stall {
            let first = period * (0.3 + 0.6 * dice.uniform());
            let stalls = (0..).map(|k| first + period * f64::from(k)).take_while(|at| *at < world.seconds);
            frozen.extend(stalls.map(|at| (at, at + pause)));
        }
        frozen.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (phi, deviation) = target.noise;
        let mut level = 0.0;
        let speeds = (0..world.seconds as usize + 600).map(|_| {
            level = phi * level + deviation * (1.0 - phi * phi).sqrt() * dice.normal();
            f64::exp(level)
        });
        let speeds = speeds.collect();
        let pool = (0..target.pool.unwrap_or(0)).map(|_| Reverse(Instant(0.0))).collect();
        let tokens = (target.limiter.map_or(0.0, |l| l.1), 0.0);
        let busy = vec![0.0; world.seconds as usize + 1];
        Self {
            world,
            dice,
            pool,
            lock: 0.0,
            frozen: frozen.into(),
            speeds,
            tokens,
            cached: HashSet::new(),
            busy,
        }
    }

    /// The clock of work: it stands still while the target is frozen.
    fn work_clock(&self, at: f64) -> f64 {
        at - self.frozen.iter().map(|(from, to)| (at.min(*to) - from).max(0.0)).sum::<f64>()
    }

    fn wall_clock(&self, work: f64) -> f64 {
        let mut at = work;
        for (from, to) in &self.frozen {
            if at > *from {
                at += to - from;
            }
        }
        at
    }

    /// Serves the request that comes at `due`. Requests must come in order.
    fn serve(&mut self, due: f64) -> Made {
        let target = &self.world.target;
        let index = self.dice.pick(self.world.endpoints.iter().map(|e| e.weight));
        let endpoint = &self.world.endpoints[index];
        let at = due + target.lag * self.dice.uniform() * 2.0;
        let mut made = Made { endpoint: index, due, started: at, ended: at, ..Made::default() };
        if let Some((rate, burst)) = target.limiter
            && !self.admitted(at, rate, burst)
        {
            return made.failed(at + self.dice.work(0.001, 0.1), 429);
        }
        let broken = target.errors.iter().find(|(from, to, ..)| (*from..*to).contains(&at));
        if let Some(&(_, _, share, status)) = broken
            && self.dice.uniform() < share
        {
            return made.failed(at + self.dice.work(endpoint.work / 2.0, target.cv), status);
        }
        if self.dice.uniform() < endpoint.errors {
            return made.failed(at + self.dice.work(endpoint.work, target.cv), 500);
        }
        let begin = self.work_clock(at) + self.connect(&mut made);
        let work = self.work(at, endpoint.work, &mut made);
        let locked = target.lock.map_or(begin, |hold| {
            self.lock = self.lock.max(begin) + self.dice.work(hold, target.cv);
            self.lock
        });
        let Some(ended) = self.pooled(locked, work) else {
            return made.failed(at + self.dice.work(0.001, 0.1), 503);
        };
        made.ended = self.wall_clock(ended);
        if let Some(busy) = self.busy.get_mut(at as usize) {
            *busy += work;
        }
        made
    }

    fn admitted(&mut self, at: f64, rate: f64, burst: f64) -> bool {
        let (tokens, since) = self.tokens;
        let tokens = (tokens + (at - since) * rate).min(burst);
        self.tokens = if tokens >= 1.0 { (tokens - 1.0, at) } else { (tokens, at) };
        tokens >= 1.0
    }

    fn connect(&mut self, made: &mut Made) -> f64 {
        let target = &self.world.target;
        if let Some((share, extra)) = target.constant
            && self.dice.uniform() < share
        {
            made.connect = extra + self.dice.work(0.002, 0.5);
        } else if let Some((connect, tls)) = target.churn {
            made.connect = self.dice.work(connect, 0.2);
            made.tls = self.dice.work(tls, 0.2);
        }
        if let Some((share, mean)) = target.resolver
            && self.dice.uniform() < share
        {
            made.dns = self.dice.work(mean, 0.4);
        }
        made.dns + made.connect + made.tls
    }

    fn work(&mut self, at: f64, mean: f64, made: &mut Made) -> f64 {
        let target = &self.world.target;
        let mut factor = self.speeds[at as usize] * (1.0 + target.leak * at / 60.0);
        factor *= target.step.map_or(1.0, |(from, factor)| if at >= from { factor } else { 1.0 });
        factor *=
            target.disturbed.map_or(1.0, |(from, to, f)| if (from..to).contains(&at) { f } else { 1.0 });
        factor *= target.cold.map_or(1.0, |(factor, decay)| 1.0 + (factor - 1.0) * (-at / decay).exp());
        if let Some((share, index)) = target.tail
            && self.dice.uniform() < share
        {
            factor *= self.dice.uniform().powf(-1.0 / index).min(100.0);
        }
        let mut work = self.dice.work(mean, target.cv) * factor;
        if let Some((share, extra)) = target.slow
            && self.dice.uniform() < share
        {
            work += self.dice.work(extra, target.cv);
        }
        if let Some((keys, miss)) = target.cache {
            // Zipf-like: the square of a uniform number prefers low keys.
            let key = (self.dice.uniform().powi(2) * keys as f64) as usize;
            made.hit = Some(!self.cached.insert(key));
            work += if made.hit == Some(true) { 0.0 } else { self.dice.work(miss, target.cv) };
        }
        if !target.upstreams.is_empty() {
            made.upstream = Some(self.dice.pick(target.upstreams.iter().map(|u| u.1)));
        }
        made.bytes = 500;
        if let Some((mean, each)) = target.payload {
            // The sizes of the hour: some seconds have large answers.
            let mood = 1.0 + 0.8 * (at * 0.7).sin();
            let bytes = self.dice.work(mean * mood, 0.8);
            made.bytes = bytes as u64;
            work += bytes * each;
        }
        work
    }

    /// When the pool is done with it; `None` if it is refused.
    fn pooled(&mut self, begin: f64, work: f64) -> Option<f64> {
        let target = &self.world.target;
        let Some(Reverse(Instant(free))) = self.pool.peek().copied() else { return Some(begin + work) };
        let wait = (free - begin).max(0.0);
        if target.sheds.is_some_and(|most| wait > most) {
            return None;
        }
        let factor = target.storm.map_or(1.0, |(limit, factor)| if wait > limit { factor } else { 1.0 });
        self.pool.pop();
        let ended = begin + wait + work * factor;
        self.pool.push(Reverse(Instant(ended)));
        Some(ended)
    }
}

impl Made {
    fn failed(mut self, ended: f64, status: u16) -> Self {
        self.ended = ended;
        self.status = Status::code(status);
        self.outcome = Outcome::Error(ErrorKind::Status);
        self
    }
}
