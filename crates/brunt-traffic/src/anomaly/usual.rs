//! What is usual: an expected value of each cell, that anomalies among the cells hardly move.

use super::series::Grid;
use crate::trace::HOUR_MS;

/// Days from which on hours of the week are told apart: each has four values then.
const DAYS_OF_WEEKS: f64 = 28.0;

/// Days from which on hours of the day are told apart; with fewer, an hour is held against the hours around it.
const DAYS_OF_HOURS: f64 = 3.0;

/// Hours before and after, of which an hour's expectation is the median where days are too few.
const AROUND: usize = 3;

/// Hours below which there is one expectation for all.
const LEAST_HOURS: usize = 4;

/// The share of the values that is left out at either end.
const TRIM: f64 = 0.25;

/// No hour is expected to have less than this share of the mean hour: quiet hours are quiet by chance too.
const LEAST_SHARE: f64 = 0.1;

/// The expected value of each cell, above 0 where the cell is observed. `offset_ms` is what the clock of the people is ahead of UTC.
pub(super) fn expected(grid: &Grid, values: &[f64], offset_ms: i64) -> Vec<f64> {
    let hours = hours(grid, values, offset_ms);
    let rates: Vec<f64> = hours.iter().map(Block::rate).collect();
    let days = grid.days();
    let (mut by_hour, all) = if hours.len() < LEAST_HOURS {
        let cells: Vec<f64> = values.iter().zip(&grid.seen).map(|(v, seen)| v / seen).collect();
        let one = trimmed_mean(cells);
        (vec![one; hours.len()], one)
    } else if days < DAYS_OF_HOURS {
        let around: Vec<f64> =
            (0..rates.len()).map(|i| median(around(i, rates.len()).map(|j| rates[j]).collect())).collect();
        let all = mean(&around);
        (around, all)
    } else {
        let slots = if days < DAYS_OF_WEEKS { 24 } else { 168 };
        let profile = profile(&hours, &rates, slots);
        (hours.iter().map(|h| profile[h.slot(slots)]).collect(), mean(&profile))
    };
    // A trimmed mean of hours is too low where few hours have most of a day's requests, and 0 where most hours are empty; one of whole
    // days is not. The same is made of what is expected, so that shapes of the week make no difference.
    let got = trimmed_mean(by_day(&hours, |i| hours[i].sum));
    let missing = (got - trimmed_mean(by_day(&hours, |i| by_hour[i] * hours[i].seen))).max(0.0);
    let total: f64 = grid.seen.iter().sum();
    let least = (LEAST_SHARE * (all + missing)).max(1.0 / total.max(1.0));
    for rate in &mut by_hour {
        *rate = (*rate + missing).max(least);
    }
    let mut cells = Vec::with_capacity(grid.len());
    for (block, rate) in hours.iter().zip(&by_hour) {
        cells.extend(grid.seen[block.from..block.to].iter().map(|seen| rate * seen));
    }
    cells
}

/// The cells of one hour, or one cell if it is longer.
struct Block {
    /// Hours since 1970 in the log's time.
    hour: i64,
    from: usize,
    to: usize,
    sum: f64,
    seen: f64,
}

impl Block {
    /// Per whole cell.
    fn rate(&self) -> f64 {
        self.sum / self.seen.max(1e-9)
    }

    fn slot(&self, slots: usize) -> usize {
        let slots = i64::try_from(slots).unwrap_or(24);
        usize::try_from(self.hour.rem_euclid(slots)).unwrap_or(0)
    }
}

fn hours(grid: &Grid, values: &[f64], offset_ms: i64) -> Vec<Block> {
    let mut hours: Vec<Block> = Vec::new();
    for (i, ((at, seen), value)) in grid.at.iter().zip(&grid.seen).zip(values).enumerate() {
        let hour = (at * grid.cell_ms + offset_ms).div_euclid(HOUR_MS);
        match hours.last_mut() {
            Some(last) if last.hour == hour => {
                (last.to, last.sum, last.seen) = (i + 1, last.sum + value, last.seen + seen);
            }
            _ => hours.push(Block { hour, from: i, to: i + 1, sum: *value, seen: *seen }),
        }
    }
    hours
}

/// By slot of the day or the week: the trimmed mean, smoothed a little with its neighbours.
fn profile(hours: &[Block], rates: &[f64], slots: usize) -> Vec<f64> {
    let mut by_slot: Vec<Vec<f64>> = vec![Vec::new(); slots];
    for (hour, rate) in hours.iter().zip(rates) {
        by_slot[hour.slot(slots)].push(*rate);
    }
    let all = trimmed_mean(rates.to_vec());
    let raw: Vec<f64> =
        by_slot.into_iter().map(|slot| if slot.is_empty() { all } else { trimmed_mean(slot) }).collect();
    (0..slots)
        .map(|i| {
            let (before, after) = (raw[(i + slots - 1) % slots], raw[(i + 1) % slots]);
            (before + 2.0 * raw[i] + after) / 4.0
        })
        .collect()
}

/// Per whole cell, by day.
fn by_day(hours: &[Block], sum: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut days: Vec<(i64, f64, f64)> = Vec::new();
    for (i, hour) in hours.iter().enumerate() {
        let day = hour.hour.div_euclid(24);
        match days.last_mut() {
            Some(last) if last.0 == day => (last.1, last.2) = (last.1 + sum(i), last.2 + hour.seen),
            _ => days.push((day, sum(i), hour.seen)),
        }
    }
    // A day that was hardly observed has no say.
    let most = days.iter().map(|d| d.2).fold(0.0, f64::max);
    days.iter().filter(|d| d.2 * 4.0 >= most).map(|d| d.1 / d.2.max(1e-9)).collect()
}

fn around(i: usize, len: usize) -> std::ops::Range<usize> {
    let width = (2 * AROUND + 1).min(len);
    let from = i.saturating_sub(AROUND).min(len - width);
    from..from + width
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The mean of the middle half.
fn trimmed_mean(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a quarter of a length")]
    let cut = (values.len() as f64 * TRIM) as usize;
    mean(&values[cut..values.len() - cut])
}
