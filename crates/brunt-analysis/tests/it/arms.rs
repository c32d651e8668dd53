//! Simulated runs with a known truth, for the error rates of comparisons. Shared by the test suite and by the example
//! `comparison_bars`, which prints the tables of `docs/statistics.md`.

use brunt_analysis::Course;
use brunt_analysis::compare::{Arm, Run};
use brunt_metrics::{
    CellKey, CellSecond, EndpointId, ErrorKind, Nanos, Outcome, Phase, ScenarioId, Second, SparseHistogram,
    Status, bucket_index,
};
use brunt_run::{
    Finish, PhaseChange, RunEvent, RunHeader, RunView, ScenarioHeader, SeriesName, StopReason, Summary,
};
use std::collections::{BTreeMap, BinaryHeap};

/// Random numbers from a seed: `SplitMix64` (Steele, Lea & Flood 2014).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        // Mixed once: neighbouring seeds would give the same stream, a step apart.
        Self(Self(seed).bits())
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In 0..1, never 0.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal (Box & Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }
}

/// A first-order autoregressive process, second by second: standard deviation `sd`, correlation time `tau` seconds.
#[derive(Clone, Copy)]
pub(crate) struct Ar1 {
    value: f64,
    keep: f64,
    fresh: f64,
}

impl Ar1 {
    pub(crate) fn new(rng: &mut Rng, sd: f64, tau: f64) -> Self {
        let keep = (-1.0 / tau).exp();
        Self { value: sd * rng.normal(), keep, fresh: sd * (1.0 - keep * keep).sqrt() }
    }

    pub(crate) fn step(&mut self, rng: &mut Rng) -> f64 {
        self.value = self.keep * self.value + self.fresh * rng.normal();
        self.value
    }
}

/// What a target does to requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum World {
    /// Log-normal latencies with 2 % of slow requests, under a common and an own AR(1) factor.
    Noisy {
        /// Of the common factor (tau 50 s).
        common: f64,
        /// Of each arm's own (tau 10 s).
        own: f64,
    },
    /// As `Noisy` without noise of either kind, and a common sine of 30 % over the run.
    Diurnal,
    /// Four servers with log-normal service at 70 % load, each arm its own: waiting makes the correlation.
    Queue,
}

/// How the candidate differs in truth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Truth {
    /// All latencies times this.
    pub(crate) latency: f64,
    /// Those of the slow requests times this, too.
    pub(crate) tail: f64,
    /// The share of failing requests, times this.
    pub(crate) errors: f64,
}

pub(crate) const NO_CHANGE: Truth = Truth { latency: 1.0, tail: 1.0, errors: 1.0 };

/// A run's length and load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) seconds: u64,
    pub(crate) per_second: f64,
    pub(crate) error_rate: f64,
}

pub(crate) const FIVE_MINUTES: Load = Load { seconds: 300, per_second: 100.0, error_rate: 0.001 };

const MEDIAN_MS: f64 = 50.0;
const SIGMA: f64 = 0.5;
const SLOW_SHARE: f64 = 0.02;
const SLOW_FACTOR: f64 = 8.0;
const SERVERS: usize = 4;
const UTILISATION: f64 = 0.7;

/// A simulated run, whole.
pub(crate) struct Simulated {
    pub(crate) name: String,
    pub(crate) course: Course,
    pub(crate) summary: Summary,
}

/// The seconds that one arm sees of a common environment: a factor of all latencies each.
pub(crate) fn environment(world: World, seconds: u64, rng: &mut Rng) -> Vec<f64> {
    let mut common = match world {
        World::Noisy { common, .. } => Ar1::new(rng, common, 50.0),
        World::Diurnal | World::Queue => Ar1::new(rng, 0.0, 50.0),
    };
    let wave = |t: u64| match world {
        World::Diurnal => 0.3 * (std::f64::consts::TAU * t as f64 / seconds as f64).sin(),
        World::Noisy { .. } | World::Queue => 0.0,
    };
    (0..seconds).map(|t| common.step(rng) + wave(t)).map(f64::exp).collect()
}

/// Where and when a run takes place.
#[derive(Clone, Copy)]
struct Place<'a> {
    world: World,
    /// When it begins, in seconds of the wall clock.
    started_s: u64,
    /// A factor of all its latencies: what makes runs differ.
    offset: f64,
    /// A factor each second; as many as the run has seconds.
    environment: &'a [f64],
}

fn run(name: &str, load: Load, truth: Truth, place: Place<'_>, rng: &mut Rng) -> Simulated {
    let Place { world, started_s, offset, environment } = place;
    let own = match world {
        World::Noisy { own, .. } => own,
        World::Diurnal | World::Queue => 0.0,
    };
    let mut noise = Ar1::new(rng, own, 10.0);
    let mut servers = Servers::default();
    let mut events =
        vec![RunEvent::Started(Box::new(header(name, started_s))), phase(Nanos::ZERO, Some(Phase::Load))];
    let mut whole = Second::default();
    for (index, factor) in (0..).zip(environment) {
        let level = factor * noise.step(rng).exp() * offset * truth.latency;
        let (mut ok, mut failed) = (Vec::new(), Vec::new());
        let mut at = rng.exponential(1.0 / load.per_second);
        while at < 1.0 {
            let ms = match world {
                World::Queue => servers.serve(index as f64 + at, load.per_second, truth, rng),
                World::Noisy { .. } | World::Diurnal => level * latency_ms(truth, rng),
            };
            let values = if rng.uniform() < load.error_rate * truth.errors { &mut failed } else { &mut ok };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive time")]
            values.push((ms * 1e6) as u64);
            at += rng.exponential(1.0 / load.per_second);
        }
        let second = second(index, ok, failed);
        whole.merge(&second);
        events.push(RunEvent::Second(Box::new(second)));
    }
    let end = Nanos::from_secs(environment.len() as u64);
    events.push(phase(end, None));
    events.push(RunEvent::Finished(Finish {
        at: end,
        reason: StopReason::Completed,
        in_flight: 0,
        self_checks_failed: Vec::new(),
    }));
    Simulated { name: name.to_owned(), summary: summary(&events, whole), course: Course::from_events(events) }
}

/// The totals. What a view shows while a run goes on costs more than the run itself here, so it gets all seconds as one.
fn summary(events: &[RunEvent], whole: Second) -> Summary {
    let mut view = RunView::default();
    for event in &events[..2] {
        view.apply(event);
    }
    view.apply(&RunEvent::Second(Box::new(whole)));
    for event in &events[events.len() - 2..] {
        view.apply(event);
    }
    Summary::of(&view).expect("it has a header")
}

fn latency_ms(truth: Truth, rng: &mut Rng) -> f64 {
    let body = MEDIAN_MS * (SIGMA * rng.normal()).exp();
    if rng.uniform() < SLOW_SHARE { body * SLOW_FACTOR * truth.tail } else { body }
}

/// First come, first served, over several servers: each is known by when it is free next.
#[derive(Default)]
struct Servers {
    free: BinaryHeap<std::cmp::Reverse<u64>>,
}

impl Servers {
    fn serve(&mut self, now: f64, rate: f64, truth: Truth, rng: &mut Rng) -> f64 {
        self.free.extend((self.free.len()..SERVERS).map(|_| std::cmp::Reverse(0)));
        // A log-normal with sigma 1 has the mean exp(1/2).
        let mean = UTILISATION * SERVERS as f64 / rate;
        let service = mean * (rng.normal() - 0.5).exp() * truth.latency;
        let free = self.free.pop().map_or(0.0, |f| f.0 as f64 / 1e9);
        let end = now.max(free) + service;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive time")]
        self.free.push(std::cmp::Reverse((end * 1e9) as u64));
        (end - now) * 1e3
    }
}

fn second(index: u64, ok: Vec<u64>, failed: Vec<u64>) -> Second {
    let cell = |outcome, status, values: Vec<u64>| {
        let key =
            CellKey { endpoint: EndpointId(0), phase: Phase::Load, status: Status::code(status), outcome };
        let response = histogram(values);
        CellSecond { service: response.clone(), response, ..CellSecond::empty(key) }
    };
    let cells = [cell(Outcome::Ok, 200, ok), cell(Outcome::Error(ErrorKind::Status), 500, failed)];
    let cells: Vec<_> = cells.into_iter().filter(|c| c.count() > 0).collect();
    let requests_started = cells.iter().map(CellSecond::count).sum();
    Second { index, cells, requests_started, ..Second::default() }
}

/// The histogram of some nanoseconds, as a recorder would have made it; made at once, since it is all that simulations do.
fn histogram(mut values: Vec<u64>) -> SparseHistogram {
    values.sort_unstable();
    let mut counts: Vec<(u32, u64)> = Vec::new();
    for ns in &values {
        let index = u32::try_from(bucket_index((ns + 500) / 1_000)).expect("a histogram has 23,552 buckets");
        match counts.last_mut() {
            Some((last, count)) if *last == index => *count += 1,
            Some(_) | None => counts.push((index, 1)),
        }
    }
    SparseHistogram {
        counts,
        total: values.len() as u64,
        sum_ns: values.iter().map(|v| u128::from(*v)).sum(),
        min: values.first().map_or(Nanos::MAX, |v| Nanos(*v)),
        max: values.last().map_or(Nanos::ZERO, |v| Nanos(*v)),
    }
}

fn header(name: &str, started_s: u64) -> RunHeader {
    RunHeader {
        id: name.to_owned(),
        name: "simulated".into(),
        started_unix_ms: (1_700_000_000 + started_s) * 1_000,
        seed: 1,
        targets: vec!["http://127.0.0.1:8080".into()],
        planned_duration: None,
        workers: 1,
        simulated: false,
        scenarios: vec![ScenarioHeader {
            name: "load".into(),
            executor: "poisson".into(),
            open: true,
            max_users: 100,
            curve: Vec::new(),
            curve_step: Nanos::SECOND,
        }],
        endpoints: vec![SeriesName {
            scenario: "load".into(),
            action: "get".into(),
            method: "GET".into(),
            name: "/".into(),
            ..SeriesName::default()
        }],
        checks: Vec::new(),
        tallies: Vec::new(),
        objectives: Vec::new(),
        profile: None,
        labels: BTreeMap::new(),
        environment: BTreeMap::new(),
    }
}

fn phase(at: Nanos, phase: Option<Phase>) -> RunEvent {
    RunEvent::Phase(PhaseChange { at, scenario: ScenarioId(0), phase })
}

/// How a pair of arms is simulated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    /// Both at once, for the load's length.
    Concurrent,
    /// In turns: so many pairs of runs of the load's length, in random order within the pair.
    Interleaved(u64),
    /// So many runs of each, an hour apart, with a factor of this standard deviation for each run.
    Separate(u64, u64, f64),
}

/// Both arms' runs.
pub(crate) fn arms(plan: Plan, world: World, load: Load, truth: Truth, seed: u64) -> [Vec<Simulated>; 2] {
    let rng = &mut Rng::new(seed);
    let truths = [NO_CHANGE, truth];
    let mut out = [Vec::new(), Vec::new()];
    match plan {
        Plan::Concurrent => {
            let common = environment(world, load.seconds, rng);
            let place = Place { world, started_s: 0, offset: 1.0, environment: &common };
            for side in 0..2 {
                out[side].push(run(["a", "b"][side], load, truths[side], place, rng));
            }
        }
        Plan::Interleaved(pairs) => {
            let common = environment(world, load.seconds * 2 * pairs, rng);
            let parts: Vec<&[f64]> = common.chunks(index(load.seconds)).collect();
            for pair in 0..pairs {
                let first = usize::from(rng.uniform() < 0.5);
                for (turn, side) in [(0, first), (1, 1 - first)] {
                    let at = pair * 2 + turn;
                    let place = Place {
                        world,
                        started_s: at * load.seconds,
                        offset: 1.0,
                        environment: parts[index(at)],
                    };
                    out[side].push(run(&format!("{side}-{pair}"), load, truths[side], place, rng));
                }
            }
        }
        Plan::Separate(n, m, sd) => {
            for (side, count) in [n, m].into_iter().enumerate() {
                for i in 0..count {
                    let own = environment(world, load.seconds, rng);
                    let offset = (sd * rng.normal()).exp();
                    let started_s = (side as u64 * n + i) * 3_600;
                    let place = Place { world, started_s, offset, environment: &own };
                    out[side].push(run(&format!("{side}-{i}"), load, truths[side], place, rng));
                }
            }
        }
    }
    out
}

/// Simulated runs as an arm.
pub(crate) fn arm<'a>(name: &str, runs: &'a [Simulated]) -> Arm<'a> {
    let run =
        |r: &'a Simulated| Run { name: &r.name, summary: &r.summary, course: Some(&r.course), plan: None };
    Arm { name: name.to_owned(), runs: runs.iter().map(run).collect() }
}

fn index(n: u64) -> usize {
    usize::try_from(n).expect("a simulation is short")
}
