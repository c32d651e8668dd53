//! What a user does: weighted actions made of steps, and the pauses between.

use crate::{Condition, Draw, FeedId, Plain, RequestId, Script, SlotId, Text};
use brunt_metrics::{EndpointId, Nanos};
use std::sync::Arc;

/// A kind of user, with what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct UserClass {
    /// Its name in tables.
    pub name: String,
    /// What it does.
    pub journey: Journey,
}

/// What a user does: one action in each iteration, then a pause.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey {
    /// Done once by each user, as the beginning of its first iteration. One that fails is tried again by the
    /// next.
    pub on_start: Option<Action>,
    /// What may be done; not empty.
    pub actions: Vec<Action>,
    /// Which action an iteration does.
    pub order: ActionOrder,
    /// Done once by each user whose `on_start` is done, when it leaves.
    pub on_stop: Option<Action>,
    /// The pause after an iteration.
    pub think: Pause,
    /// Iterations of a user begin so far apart at least, whatever they take: its throughput is constant. The
    /// pause after an iteration lasts until both this and `think` are over. Open scenarios have no use for it.
    pub pacing: PauseTime,
}

/// Which action an iteration does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionOrder {
    /// Any, as likely as its weight says.
    Weighted(Choice),
    /// One after the other, and again from the first: a user's iteration `k` of this class does action `k mod n`. In an open
    /// scenario too, where users serve several classes: what one of the pool has saved is there for its next.
    InTurn,
}

/// Something a user does: steps in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Its name in tables.
    pub name: String,
    /// In order; a failed request ends the action unless it says otherwise.
    pub steps: Vec<Step>,
    /// Data whose next row an iteration takes before its first step.
    pub feeds: Vec<FeedId>,
}

/// One step of an action.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Sends a request and waits for its answer.
    Request(RequestId),
    /// Sends several requests side by side, as a page load does, and waits for all answers. The step has failed
    /// if one of them has that does not say otherwise.
    Batch {
        /// Begun in this order.
        requests: Vec<RequestId>,
        /// So many at once at most; above 0.
        at_once: u16,
    },
    /// Waits.
    Pause(PauseTime),
    /// Steps whose time as a whole is measured, pauses included.
    Group {
        /// Where: an endpoint of the kind `Group`.
        endpoint: EndpointId,
        /// What belongs to it.
        steps: Vec<Self>,
    },
    /// Does one of two things.
    If {
        /// What decides.
        condition: Condition,
        /// If it holds.
        then: Vec<Self>,
        /// If it does not.
        otherwise: Vec<Self>,
    },
    /// Does something several times.
    Repeat {
        /// At most so often, drawn anew each time that the step is reached; both ends included.
        times: (u32, u32),
        /// Only as long as this holds: asked before each pass.
        while_: Option<Condition>,
        /// What is repeated.
        steps: Vec<Self>,
    },
    /// Does one of several things.
    Choose {
        /// As likely as its weight says.
        choice: Choice,
        /// The alternatives, by position in `choice`.
        branches: Vec<Vec<Self>>,
    },
    /// Remembers a text.
    Set {
        /// Under this name.
        slot: SlotId,
        /// The text; one with something missing is an error as for a request.
        value: Text,
        /// What it is, if it is not another value alone.
        plain: Plain,
    },
    /// Plays the session of a script that the iteration's index names: each turn at its time within the session, or when the one before it
    /// is answered, whichever is later. A request that fails ends it where its failure matters, as anywhere.
    Script(Arc<Script>),
    /// Ends something early, without failing.
    End(EndOf),
}

/// What a step ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOf {
    /// The innermost loop.
    Loop,
    /// The iteration.
    Iteration,
}

/// The most passes of a loop: one that is meant to go on longer is an iteration.
pub const MAX_PASSES: u32 = 100_000;

/// How deep steps may stand in steps.
pub const MAX_STEP_DEPTH: usize = 32;

/// How users are shared out over the classes of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassShares {
    /// Classes with a fixed number of users, as positions and numbers: the scenario's first users are theirs,
    /// in this order.
    pub fixed: Vec<(usize, u32)>,
    /// All other users, by position; a class with a fixed number has weight 0 in it.
    pub rest: Choice,
}

impl ClassShares {
    /// By weights alone.
    pub fn weighted(weights: impl IntoIterator<Item = u32>) -> Self {
        Self { fixed: Vec::new(), rest: Choice::new(weights) }
    }

    /// The position of user `user`'s class.
    pub fn class_of(&self, user: u64) -> usize {
        let mut others = user;
        for (class, count) in &self.fixed {
            match others.checked_sub(u64::from(*count)) {
                Some(left) => others = left,
                None => return *class,
            }
        }
        // No weight at all: whoever comes beyond the fixed ones belongs to the last of them.
        match (self.rest.total(), self.fixed.last()) {
            (0, Some((class, _))) => *class,
            (_, _) => self.rest.exact(others),
        }
    }
}

/// The pause between a user's iterations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pause {
    /// How long.
    pub time: PauseTime,
    /// After every how many iterations; above 0.
    pub every: u32,
}

impl Pause {
    /// No pause.
    pub const NONE: Self = Self { time: PauseTime::None, every: 1 };

    /// The pause after iteration `k` (counted from 0) of a user.
    pub fn after(self, k: u64, draw: &mut Draw) -> Nanos {
        if (k + 1).is_multiple_of(u64::from(self.every.max(1))) { self.time.draw(draw) } else { Nanos::ZERO }
    }
}

/// How long a pause lasts. Draws below zero count as zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PauseTime {
    /// Not at all.
    None,
    /// Always the same.
    Constant(Nanos),
    /// Uniform in `min..=max`.
    Uniform {
        /// The shortest.
        min: Nanos,
        /// The longest.
        max: Nanos,
    },
    /// Normal.
    Normal {
        /// Its mean.
        mean: Nanos,
        /// Its standard deviation.
        std_dev: Nanos,
    },
    /// Exponential: independent of what was before.
    Exponential {
        /// Its mean.
        mean: Nanos,
    },
    /// Log-normal, as think times of people are.
    LogNormal {
        /// Half are shorter.
        median: Nanos,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
}

impl PauseTime {
    /// The length of one pause.
    pub fn draw(self, draw: &mut Draw) -> Nanos {
        match self {
            Self::None => Nanos::ZERO,
            Self::Constant(time) => time,
            Self::Uniform { min, max } => min + Nanos(draw.below((max - min).0.saturating_add(1))),
            Self::Normal { mean, std_dev } => nanos(mean.0 as f64 + std_dev.0 as f64 * draw.normal()),
            Self::Exponential { mean } => nanos(mean.0 as f64 * draw.exponential()),
            Self::LogNormal { median, sigma } => nanos(median.0 as f64 * (sigma * draw.normal()).exp()),
        }
    }

    /// The mean length, for estimates.
    pub fn mean(self) -> Nanos {
        match self {
            Self::None => Nanos::ZERO,
            Self::Constant(time) | Self::Normal { mean: time, .. } | Self::Exponential { mean: time } => time,
            Self::Uniform { min, max } => Nanos(min.0 / 2 + max.0 / 2),
            Self::LogNormal { median, sigma } => nanos(median.0 as f64 * (sigma * sigma / 2.0).exp()),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; below 0 is 0")]
fn nanos(x: f64) -> Nanos {
    Nanos(x.round() as u64)
}

/// A choice between weighted alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Running sums of the weights; the last is their total.
    cumulative: Vec<u64>,
    /// Coprime to the total: steps through all of it before repeating.
    stride: u64,
}

impl Choice {
    /// A choice by `weights`, of which at least one is above 0.
    pub fn new(weights: impl IntoIterator<Item = u32>) -> Self {
        let mut total = 0;
        let cumulative: Vec<u64> = weights
            .into_iter()
            .map(|w| {
                total += u64::from(w);
                total
            })
            .collect();
        // Near total / golden ratio, so that neighbours fall far apart.
        let start = total * 618 / 1_000;
        let stride = (start.max(1)..=total.max(1)).find(|s| gcd(*s, total) == 1).unwrap_or(1);
        Self { cumulative, stride }
    }

    fn total(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    fn at(&self, x: u64) -> usize {
        self.cumulative.partition_point(|sum| *sum <= x).min(self.cumulative.len().saturating_sub(1))
    }

    /// A random alternative, each as likely as its weight says.
    pub fn random(&self, draw: &mut Draw) -> usize {
        if self.cumulative.len() < 2 { 0 } else { self.at(draw.below(self.total())) }
    }

    /// The alternative of index `i`: over any stretch as long as the weights' total, each comes exactly as
    /// often as its weight says, evenly mixed.
    pub fn exact(&self, i: u64) -> usize {
        let total = self.total().max(1);
        let x = u128::from(i % total) * u128::from(self.stride) % u128::from(total);
        self.at(u64::try_from(x).unwrap_or(0))
    }

    /// How many alternatives there are.
    pub fn len(&self) -> usize {
        self.cumulative.len()
    }

    /// Whether there is nothing to choose from.
    pub fn is_empty(&self) -> bool {
        self.cumulative.is_empty()
    }

    /// The weight of alternative `at`.
    pub fn weight(&self, at: usize) -> u64 {
        let below = at.checked_sub(1).map_or(0, |i| self.cumulative[i]);
        self.cumulative[at] - below
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IterationIndex;
    use brunt_metrics::ScenarioId;

    #[test]
    fn fixed_numbers_come_first() {
        let shares = ClassShares { fixed: vec![(2, 2), (0, 1)], rest: Choice::new([0, 1, 0]) };
        assert_eq!((0..6).map(|user| shares.class_of(user)).collect::<Vec<_>>(), [2, 2, 0, 1, 1, 1]);
        let only_fixed = ClassShares { fixed: vec![(1, 1)], rest: Choice::new([0, 0]) };
        assert_eq!((0..3).map(|user| only_fixed.class_of(user)).collect::<Vec<_>>(), [1, 1, 1]);
    }

    #[test]
    fn an_exact_choice_meets_its_weights_in_every_cycle() {
        let weights = [50, 30, 15, 3, 2];
        let choice = Choice::new(weights);
        for start in [0, 7, 1_000_003] {
            let mut counts = [0; 5];
            (start..start + 100).for_each(|i| counts[choice.exact(i)] += 1);
            assert_eq!(counts, weights);
        }
    }

    #[test]
    fn a_random_choice_meets_its_weights_on_average() {
        let choice = Choice::new([1, 0, 3]);
        let mut counts = [0_u32; 3];
        for i in 0..40_000 {
            counts[choice.random(&mut Draw::new(5, ScenarioId(0), IterationIndex(i)))] += 1;
        }
        // Binomial(40,000, 1/4): five standard deviations are 433.
        assert!(counts[1] == 0 && counts[0].abs_diff(10_000) < 433, "{counts:?}");
    }

    #[test]
    fn pauses_have_their_mean() {
        let ms = Nanos::from_millis;
        for time in [
            PauseTime::Constant(ms(10)),
            PauseTime::Uniform { min: ms(5), max: ms(15) },
            PauseTime::Normal { mean: ms(10), std_dev: ms(1) },
            PauseTime::Exponential { mean: ms(10) },
            PauseTime::LogNormal { median: ms(10), sigma: 0.5 },
        ] {
            let n = 50_000;
            let sum: u64 =
                (0..n).map(|i| time.draw(&mut Draw::new(3, ScenarioId(0), IterationIndex(i))).0).sum();
            let ratio = sum as f64 / n as f64 / time.mean().0 as f64;
            assert!((ratio - 1.0).abs() < 0.03, "{time:?}: {ratio}");
        }
    }
}
