//! When iterations are due: arrival processes as functions of the arrival's index.
//!
//! Each process answers "when is arrival `i` due?" in integer nanoseconds from the scenario's start, without
//! knowing what came before; [`Arrivals::cursor`] walks the arrivals that a worker's [`Lanes`] own. A ramp
//! whose stages all have one rate is exactly the constant process of that rate.

use crate::{Draw, IterationIndex, Lanes, Rate};
use brunt_metrics::{Nanos, ScenarioId};
use std::sync::Arc;

/// When the next iteration is due: the first of the three choices that make an executor.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// When a user is free. The load follows the target's speed.
    Closed,
    /// Arrival `i` at `ceil(i * per / count)`: evenly spaced.
    Constant(Rate),
    /// Arrival `i` at the least instant by which the integral of the rate reaches `i`.
    Ramp(RateRamp),
    /// Independent arrivals at the ramp's rate: gaps are exponential, the count of any second is Poisson.
    Poisson(RateRamp),
    /// `size` arrivals at once, then a pause.
    Bursts {
        /// Arrivals of one burst; above 0.
        size: u64,
        /// The gap between two bursts.
        pause: BurstPause,
    },
    /// Recorded instants, played `speed` times as fast.
    Replay {
        /// Ascending, counted from the start of the recording.
        instants: Arc<[Nanos]>,
        /// Recorded time per played time, as a fraction: (2, 1) plays twice as fast. Neither is 0.
        speed: (u64, u64),
    },
}

/// The gap between the starts of two bursts: between `min` and `max`, `(min + max) / 2` on average.
///
/// Burst `j` starts at `j * (min + max) / 2` plus a jitter of up to `(max - min) / 2` drawn for `j`. So every
/// gap lies within `min..=max` and every burst's start is known without its predecessors; the gaps'
/// distribution is triangular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurstPause {
    /// The shortest gap.
    pub min: Nanos,
    /// The longest gap; above 0.
    pub max: Nanos,
}

impl BurstPause {
    fn start(self, seed: u64, scenario: ScenarioId, burst: u64) -> Nanos {
        let grid = u128::from(burst) * (u128::from(self.min.0) + u128::from(self.max.0)) / 2;
        let mut draw = Draw::new(seed ^ BURST_SEED, scenario, IterationIndex::arrival(burst));
        let jitter = draw.below((self.max - self.min).0 / 2 + 1);
        Nanos(u64::try_from(grid).unwrap_or(u64::MAX)) + Nanos(jitter)
    }
}

/// Keeps the draws of schedules apart from those of iterations.
const BURST_SEED: u64 = 0x0062_7572_7374;
const POISSON_SEED: u64 = 0x0070_6f69_7373;

/// One stage of a [`RateRamp`]: the rate goes linearly from `from` to `to`, both in events per the ramp's
/// `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateStage {
    /// The rate at its beginning.
    pub from: u64,
    /// The rate at its end.
    pub to: u64,
    /// Above 0: a jump is a difference between one stage's `to` and the next one's `from`.
    pub duration: Nanos,
}

/// A rate that changes linearly in stages, in exact integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateRamp {
    per: Nanos,
    stages: Vec<RateStage>,
    /// Twice `per` times the events due before each stage, and after the last.
    sums: Vec<u128>,
    starts: Vec<Nanos>,
}

/// Why a ramp cannot be computed exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rate and duration are too large to be scheduled exactly")]
pub struct RampTooLarge;

/// So that every product of the integral fits in 128 bits: 2 * duration * rate * duration.
const DURATION_BITS: u32 = 50;
const RATE_BITS: u32 = 25;

impl RateRamp {
    /// A ramp that starts at rate `start` and reaches each stage's rate after its duration; a stage of no
    /// duration is a jump.
    pub fn new(start: Rate, stages: &[(Rate, Nanos)]) -> Result<Self, RampTooLarge> {
        let per = stages.iter().try_fold(start.per.0, |per, (rate, _)| lcm(per, rate.per.0))?;
        let scaled = |rate: Rate| {
            let count = rate.count.checked_mul(per / rate.per.0).ok_or(RampTooLarge)?;
            if count >> RATE_BITS == 0 { Ok(count) } else { Err(RampTooLarge) }
        };
        let mut ramp = Self { per: Nanos(per), stages: Vec::new(), sums: vec![0], starts: vec![Nanos::ZERO] };
        let mut from = scaled(start)?;
        for &(rate, duration) in stages {
            let to = scaled(rate)?;
            if duration.0 >> DURATION_BITS != 0 {
                return Err(RampTooLarge);
            }
            if duration > Nanos::ZERO {
                ramp.push(RateStage { from, to, duration });
            }
            from = to;
        }
        Ok(ramp)
    }

    /// One rate for `duration`.
    pub fn constant(rate: Rate, duration: Nanos) -> Result<Self, RampTooLarge> {
        Self::new(rate, &[(rate, duration)])
    }

    fn push(&mut self, stage: RateStage) {
        let area = u128::from(stage.from + stage.to) * u128::from(stage.duration.0);
        let (sum, start) = (self.sums[self.stages.len()], self.starts[self.stages.len()]);
        self.sums.push(sum + area);
        self.starts.push(start + stage.duration);
        self.stages.push(stage);
    }

    /// How long all stages take.
    pub fn duration(&self) -> Nanos {
        self.starts[self.stages.len()]
    }

    /// The stages, without the jumps between them.
    pub fn stages(&self) -> &[RateStage] {
        &self.stages
    }

    /// The rate at `at`, in events per second.
    pub fn rate_at(&self, at: Nanos) -> f64 {
        let stage = self.starts.partition_point(|s| *s <= at).saturating_sub(1);
        let Some(s) = self.stages.get(stage) else { return 0.0 };
        let done = (at - self.starts[stage]).0 as f64 / s.duration.0 as f64;
        (s.from as f64 + (s.to as f64 - s.from as f64) * done) / self.per.as_secs_f64()
    }

    /// The highest rate that the ramp reaches, in events per second.
    pub fn peak(&self) -> f64 {
        let peak = self.stages.iter().map(|s| s.from.max(s.to)).max().unwrap_or(0);
        peak as f64 / self.per.as_secs_f64()
    }

    /// `at`, or the end of the stages of rate zero that it lies in.
    fn busy_from(&self, at: Nanos) -> Nanos {
        let stage = self.starts.partition_point(|s| *s <= at).saturating_sub(1);
        let quiet = self.stages.iter().skip(stage).take_while(|s| s.from == 0 && s.to == 0).count();
        if quiet == 0 { at } else { self.starts[stage + quiet] }
    }

    /// The expected number of events before `at`.
    fn events_before(&self, at: Nanos) -> f64 {
        let stage = self.starts.partition_point(|s| *s <= at).saturating_sub(1);
        let before = self.sums[stage.min(self.stages.len())] as f64;
        let inside = self.stages.get(stage).map_or(0.0, |s| {
            let x = (at - self.starts[stage]).0 as f64;
            let slope = (s.to as f64 - s.from as f64) / s.duration.0 as f64;
            (2.0 * s.from as f64 + slope * x) * x
        });
        (before + inside) / (2.0 * self.per.0 as f64)
    }

    /// When event `i` is due; `None` past the ramp's last event.
    pub fn instant(&self, i: u64) -> Option<Nanos> {
        let wanted = u128::from(i) * 2 * u128::from(self.per.0);
        let total = self.sums[self.stages.len()];
        if wanted >= total {
            return None;
        }
        // The last stage that begins with no more than the wanted events, and has some of its own.
        let stage = self.sums.partition_point(|sum| *sum <= wanted).checked_sub(1)?;
        let offset = self.stages[stage].reach(wanted - self.sums[stage]);
        Some(self.starts[stage] + Nanos(offset))
    }
}

impl RateStage {
    /// Twice the area under the rate from 0 to `x`, times the duration.
    fn area(&self, x: u64) -> u128 {
        let x = u128::from(x);
        let d = u128::from(self.duration.0);
        let base = 2 * d * u128::from(self.from) * x;
        let change = u128::from(self.from.abs_diff(self.to)) * x * x;
        if self.to >= self.from { base + change } else { base - change }
    }

    /// The least `x` in `0..=duration` whose doubled area reaches `wanted`: a guess in floating point, then
    /// fixed up in integers, so that every machine agrees.
    fn reach(&self, wanted: u128) -> u64 {
        let target = wanted * u128::from(self.duration.0);
        let mut low = 0; // area(low) < target, or low = 0
        let mut high = self.duration.0; // area(high) >= target
        let guess = self.guess(wanted);
        let mut step = 1;
        let mut probe = guess.min(high);
        if self.area(probe) >= target {
            high = probe;
            while high > 0 {
                probe = high.saturating_sub(step);
                if self.area(probe) < target {
                    low = probe;
                    break;
                }
                high = probe;
                step *= 2;
            }
        } else {
            low = probe;
            while low < high {
                probe = low.saturating_add(step).min(high);
                if self.area(probe) >= target {
                    high = probe;
                    break;
                }
                low = probe;
                step *= 2;
            }
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.area(middle) >= target {
                high = middle;
            } else {
                low = middle;
            }
        }
        if self.area(low) >= target { low } else { high }
    }

    fn guess(&self, wanted: u128) -> u64 {
        let (from, to, d) = (self.from as f64, self.to as f64, self.duration.0 as f64);
        let half = wanted as f64 / 2.0;
        let slope = (to - from) / d;
        let x = if self.from == self.to {
            half / from
        } else {
            // The root of slope/2 x^2 + from x = half, in the form that does not cancel.
            2.0 * half / (from + (from * from + 2.0 * slope * half).max(0.0).sqrt())
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative; saturates"
        )]
        let guess = x as u64;
        guess
    }
}

fn lcm(a: u64, b: u64) -> Result<u64, RampTooLarge> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).checked_mul(b).filter(|l| l >> DURATION_BITS == 0 && *l > 0).ok_or(RampTooLarge)
}

/// The width of a Poisson bin. Arrivals are drawn bin by bin so that the process can be read from any
/// point; within a bin they are uniform, which is exact where the rate is constant over 10 ms.
const POISSON_BIN: Nanos = Nanos::from_millis(10);

/// A Poisson process, bin by bin: `N_b` ~ Poisson(expected events of bin b), each at a uniform instant.
#[derive(Clone, Debug)]
struct PoissonBins {
    bin: u64,
    /// Arrivals in the bins before `bin`.
    before: u64,
    /// Instants of the current bin, ascending.
    instants: Vec<Nanos>,
}

impl PoissonBins {
    fn start(ramp: &RateRamp, seed: u64, scenario: ScenarioId) -> Self {
        let mut bins = Self { bin: 0, before: 0, instants: Vec::new() };
        bins.fill(ramp, seed, scenario);
        bins
    }

    fn fill(&mut self, ramp: &RateRamp, seed: u64, scenario: ScenarioId) {
        let begin = Nanos(self.bin.saturating_mul(POISSON_BIN.0));
        let end = (begin + POISSON_BIN).min(ramp.duration());
        let expected = ramp.events_before(end) - ramp.events_before(begin);
        let mut draw = Draw::new(seed ^ POISSON_SEED, scenario, IterationIndex::arrival(self.bin));
        let count = draw.poisson(expected);
        self.instants.clear();
        self.instants.extend((0..count).map(|_| begin + Nanos(draw.below((end - begin).0))));
        self.instants.sort_unstable();
    }

    /// Moves on to the bin that holds arrival `i`; `None` past the ramp's end.
    fn instant(&mut self, i: u64, ramp: &RateRamp, seed: u64, scenario: ScenarioId) -> Option<Nanos> {
        loop {
            let at = usize::try_from(i.checked_sub(self.before)?).ok()?;
            if let Some(instant) = self.instants.get(at) {
                return Some(*instant);
            }
            self.step(ramp, seed, scenario)?;
        }
    }

    /// Goes on to the next bin; `None` past the ramp's end. Hours without arrivals are passed over at once: the
    /// bins between would be empty.
    fn step(&mut self, ramp: &RateRamp, seed: u64, scenario: ScenarioId) -> Option<()> {
        self.before += self.instants.len() as u64;
        let begin = Nanos((self.bin + 1).saturating_mul(POISSON_BIN.0));
        self.bin = ramp.busy_from(begin).0 / POISSON_BIN.0;
        if Nanos(self.bin.saturating_mul(POISSON_BIN.0)) >= ramp.duration() {
            // Counted above: asked again, it must not be counted twice.
            self.instants.clear();
            return None;
        }
        self.fill(ramp, seed, scenario);
        Some(())
    }
}

/// One arrival of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    /// When it is due, counted from the scenario's start.
    pub due: Nanos,
    /// Its index in the whole schedule.
    pub index: u64,
}

/// A walk over the arrivals that one worker owns, in order.
#[derive(Clone, Debug)]
pub struct ArrivalCursor {
    arrivals: Arrivals,
    lanes: Lanes,
    seed: u64,
    scenario: ScenarioId,
    /// The index of its first arrival, and when that part of the schedule begins.
    from: (u64, Nanos),
    k: u64,
    bins: Option<PoissonBins>,
    next: Option<Arrival>,
}

impl Arrivals {
    /// The arrivals that `lanes` own, from the first. Nothing for [`Arrivals::Closed`].
    pub fn cursor(&self, lanes: Lanes, seed: u64, scenario: ScenarioId) -> ArrivalCursor {
        self.cursor_from((0, Nanos::ZERO), lanes, seed, scenario)
    }

    /// The same, where this schedule follows another one: its first arrival has this index and is due no sooner than this, counted
    /// from the scenario's start. Indices of the one before must all be lower.
    pub fn cursor_from(
        &self,
        from: (u64, Nanos),
        lanes: Lanes,
        seed: u64,
        scenario: ScenarioId,
    ) -> ArrivalCursor {
        // What follows is drawn anew.
        let seed = seed.wrapping_add(from.0);
        let bins = match self {
            Self::Poisson(ramp) => Some(PoissonBins::start(ramp, seed, scenario)),
            Self::Closed | Self::Constant(_) | Self::Ramp(_) | Self::Bursts { .. } | Self::Replay { .. } => {
                None
            }
        };
        let k = lanes.count_below(from.0);
        let mut cursor =
            ArrivalCursor { arrivals: self.clone(), lanes, seed, scenario, from, k, bins, next: None };
        cursor.next = cursor.compute();
        cursor
    }

    /// Whether iterations are due by a schedule rather than when a user is free.
    pub const fn is_open(&self) -> bool {
        !matches!(self, Self::Closed)
    }

    /// The arrival rate at `at`, in iterations per second; `None` where the schedule has none to tell.
    pub fn rate_at(&self, at: Nanos) -> Option<f64> {
        match self {
            Self::Closed | Self::Replay { .. } => None,
            Self::Constant(rate) => Some(rate.per_second_f64()),
            Self::Ramp(ramp) | Self::Poisson(ramp) => Some(ramp.rate_at(at)),
            Self::Bursts { size, pause } => {
                Some(*size as f64 * 2.0 / (pause.min.as_secs_f64() + pause.max.as_secs_f64()))
            }
        }
    }

    /// The highest mean rate that the schedule reaches, in iterations per second; for a replay, its mean.
    pub fn peak_rate(&self) -> Option<f64> {
        match self {
            Self::Closed => None,
            Self::Ramp(ramp) | Self::Poisson(ramp) => Some(ramp.peak()),
            Self::Constant(_) | Self::Bursts { .. } => self.rate_at(Nanos::ZERO),
            Self::Replay { instants, speed } => {
                let last = instants.last().copied().unwrap_or_default().as_secs_f64();
                Some(instants.len() as f64 * speed.0 as f64 / speed.1 as f64 / last.max(1e-3))
            }
        }
    }
}

impl ArrivalCursor {
    /// The next arrival that this worker owns, without taking it; `None` when the schedule is over.
    pub const fn peek(&self) -> Option<Arrival> {
        self.next
    }

    /// Goes on to the next arrival.
    pub fn advance(&mut self) {
        self.k += 1;
        self.next = self.compute();
    }

    fn compute(&mut self) -> Option<Arrival> {
        let whole = self.lanes.nth(self.k)?;
        let index = whole.checked_sub(self.from.0)?;
        let due = match &self.arrivals {
            Arrivals::Closed => None,
            Arrivals::Constant(rate) => Some(rate.instant(index)).filter(|t| *t < Nanos::MAX),
            Arrivals::Ramp(ramp) => ramp.instant(index),
            Arrivals::Poisson(ramp) => {
                self.bins.as_mut().and_then(|b| b.instant(index, ramp, self.seed, self.scenario))
            }
            Arrivals::Bursts { size, pause } => {
                Some(pause.start(self.seed, self.scenario, index / (*size).max(1)))
            }
            Arrivals::Replay { instants, speed } => usize::try_from(index)
                .ok()
                .and_then(|i| instants.get(i))
                .map(|t| Rate { count: speed.0, per: Nanos(speed.1) }.instant(t.0)),
        }?;
        Some(Arrival { due: self.from.1 + due, index: whole })
    }
}

#[cfg(test)]
mod tests;
