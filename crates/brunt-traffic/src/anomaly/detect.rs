//! From counts to alarms: how unlikely each cell is, and the stretches in which cells are too unlikely.

use super::series::Grid;
use super::tail::Law;
use super::usual::expected;
use crate::trace::HOUR_MS;

/// With fewer cells nothing is usual yet, and nothing is an alarm.
const LEAST_CELLS: usize = 20;

/// The share of all cells that has no say in the dispersion: those farthest off...
const OUTLIERS: f64 = 0.01;
/// ... or this share of those that are not empty, where that is less.
const OUTLIERS_OF_BUSY: f64 = 0.2;

/// The least dispersion: values of a great mean stray by a tenth of it, whatever a quiet log says.
const LEAST_DISPERSION: f64 = 0.01;

/// The tail that scores are corrected by: so large a share of all cells...
const TAIL: f64 = 0.02;
/// ... or so long a time where that is more, so that an hour of a short log does not become usual...
const TAIL_MS: i64 = 2 * HOUR_MS;
/// ... but no more than this share of all cells...
const MOST_TAIL: f64 = 0.1;
/// ... and this one of those that are not empty...
const TAIL_OF_BUSY: f64 = 0.2;
/// ... and so many cells at least.
const LEAST_TAIL: usize = 10;

/// How much heavier than it should be a tail is taken to be where fewer cells than this are not empty: what is asked for in a few minutes
/// of a log only. A choice, fitted to nothing.
const TAIL_OF_FEW: f64 = 6.0;
const FEW_BUSY: usize = 2 * LEAST_TAIL;

/// More than usual, or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// More.
    Above,
    /// Less.
    Below,
}

/// How unlikely each cell of a series is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// What each cell was expected to have.
    pub expected: Vec<f64>,
    /// -log10 of the probability of so much or more, 0 where it is not far above what is expected.
    pub above: Vec<f64>,
    /// The same for so little or less.
    pub below: Vec<f64>,
}

impl Scores {
    /// Of the values of the cells of a grid, as many of them. `offset_ms` is what the clock by which people live is ahead of UTC. A
    /// series of fewer than 20 cells has scores of 0.
    ///
    /// A value v with expectation e is taken for negative binomial with the variance e + a e^2. The dispersion a is a mean over
    /// all cells but those farthest off. Series with heavier tails than that are corrected: scores are
    /// such that about as many cells as should be are as unlikely as they say.
    pub fn of(grid: &Grid, values: &[f64], offset_ms: i64) -> Self {
        let n = grid.len().min(values.len());
        if n < LEAST_CELLS || n < grid.len() {
            return Self { expected: values.to_vec(), above: vec![0.0; n], below: vec![0.0; n] };
        }
        let expected = expected(grid, values, offset_ms);
        let dispersion = dispersion(values, &expected);
        let busy = values.iter().filter(|v| **v > 0.0).count();
        let tail = tail_of(grid, busy);
        let score = |side: Side| {
            let cells = values.iter().zip(&expected);
            corrected(cells.map(|(v, e)| score(side, *v, Law { mean: *e, dispersion })).collect(), tail, busy)
        };
        let (above, below) = (score(Side::Above), score(Side::Below));
        Self { expected, above, below }
    }

    /// Those of one side.
    pub fn side(&self, side: Side) -> &[f64] {
        match side {
            Side::Above => &self.above,
            Side::Below => &self.below,
        }
    }
}

/// Near what is expected the score is 0: it decides nothing there, and would take time.
fn score(side: Side, value: f64, law: Law) -> f64 {
    let spread = (law.mean + law.dispersion * law.mean * law.mean).sqrt();
    match side {
        Side::Above if value > law.mean + spread => law.at_least(value),
        Side::Below if value < (law.mean - spread).max(0.7 * law.mean) => law.at_most(value),
        Side::Above | Side::Below => 0.0,
    }
}

/// a of the variance e + a e^2: sum of (v - e)^2 - e over sum of e^2, without the cells farthest off.
fn dispersion(values: &[f64], expected: &[f64]) -> f64 {
    let mut cells: Vec<(f64, f64)> = values.iter().zip(expected).map(|(v, e)| (*v, *e)).collect();
    let busy = cells.iter().filter(|(v, _)| *v > 0.0).count() as f64;
    let far = |(v, e): &(f64, f64)| (v - e).abs() / (e + e * e).sqrt();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let out = (OUTLIERS * cells.len() as f64).min(OUTLIERS_OF_BUSY * busy) as usize;
    let kept = cells.len() - out;
    if out > 0 {
        cells.select_nth_unstable_by(kept, |a, b| far(a).total_cmp(&far(b)));
        cells.truncate(kept);
    }
    let over: f64 = cells.iter().map(|(v, e)| (v - e).powi(2) - e).sum();
    let squares: f64 = cells.iter().map(|(_, e)| e * e).sum();
    (over / squares.max(f64::MIN_POSITIVE)).max(LEAST_DISPERSION)
}

/// How many cells the tail has at most.
fn tail_of(grid: &Grid, busy: usize) -> usize {
    let all = grid.len() as f64;
    let long = TAIL_MS as f64 / grid.cell_ms as f64;
    let tail = (TAIL * all).max(long).min(MOST_TAIL * all).min(TAIL_OF_BUSY * busy as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let tail = tail as usize;
    tail.max(LEAST_TAIL)
}

/// Scores of which as many are great as should be. Above a bound that some cells exceed, the scores of a right model fall off
/// exponentially, with a median excess of log10(2); where their median is greater, excesses are divided by as much. (Peaks over a threshold with
/// shape 0; compare Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017.) A median, so that anomalies among them
/// have little say.
fn corrected(mut scores: Vec<f64>, most: usize, busy: usize) -> Vec<f64> {
    let mut scored: Vec<f64> = scores.iter().copied().filter(|score| *score > 0.0).collect();
    let falling = |a: &f64, b: &f64| b.total_cmp(a);
    let (tail, bound, factor) = if scored.len() > most {
        let (above, bound, _) = scored.select_nth_unstable_by(most, falling);
        let middle = *above.select_nth_unstable_by(most / 2, falling).1;
        (most, *bound, ((middle - *bound) / 2_f64.log10()).max(1.0))
    } else if busy < FEW_BUSY {
        (LEAST_TAIL, 0.0, TAIL_OF_FEW)
    } else {
        // Fewer cells than should be are far off: the tail is no heavy one.
        return scores;
    };
    // What the bound should be exceeded by: so large a share of all cells.
    let base = bound.min((scores.len() as f64 / tail as f64).log10());
    for score in &mut scores {
        *score = if *score > bound { base + (*score - bound) / factor } else { score.min(base) };
    }
    scores
}

/// When an alarm begins and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// The score that one cell of an alarm has at least.
    pub open: f64,
    /// The score that all of its cells have.
    pub close: f64,
}

impl Rule {
    /// That opens at a score and closes at half of it.
    pub const fn at(open: f64) -> Self {
        Self { open, close: open / 2.0 }
    }

    /// For so many alarms a day at most if all scores are right, of `tests_per_day` cells that are looked at on a day.
    pub fn allowing(alarms_per_day: f64, tests_per_day: f64) -> Self {
        Self::at((tests_per_day.max(1.0) / alarms_per_day.max(1e-9)).log10().max(1.0))
    }
}

/// A stretch of cells away from what is usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alarm {
    /// More than usual, or less.
    pub side: Side,
    /// Its first moment, in milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// The first moment after it.
    pub to_ms: i64,
    /// The greatest score of its cells.
    pub score: f64,
    /// How many times as much as expected the cell of that score has.
    pub peak: f64,
}

/// The alarms of a series, by side and time.
pub fn alarms(grid: &Grid, values: &[f64], scores: &Scores, rule: Rule) -> Vec<Alarm> {
    [Side::Above, Side::Below].into_iter().flat_map(|side| runs(grid, values, scores, (side, rule))).collect()
}

fn runs(grid: &Grid, values: &[f64], scores: &Scores, (side, rule): (Side, Rule)) -> Vec<Alarm> {
    let mut found: Vec<Alarm> = Vec::new();
    let of = scores.side(side);
    let mut before: Option<i64> = None;
    for (i, score) in of.iter().enumerate().filter(|(_, score)| **score >= rule.close) {
        let (from_ms, to_ms) = (grid.at[i] * grid.cell_ms, (grid.at[i] + 1) * grid.cell_ms);
        let peak = values[i] / scores.expected[i];
        match found.last_mut() {
            Some(last) if before == Some(from_ms) => {
                last.to_ms = to_ms;
                if *score > last.score {
                    (last.score, last.peak) = (*score, peak);
                }
            }
            _ => found.push(Alarm { side, from_ms, to_ms, score: *score, peak }),
        }
        before = Some(to_ms);
    }
    found.retain(|alarm| alarm.score >= rule.open);
    found
}
