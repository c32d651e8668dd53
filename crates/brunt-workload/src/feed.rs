//! Data that users take rows from.
//!
//! Which row comes next is a function of a counter alone. A worker counts its own: it owns the rows of its
//! lanes, so the rows of all workers partition the data, and no two users of a run are given one row before all
//! have been given. What a user holds for life depends on its number alone.

use crate::{Draw, IterationIndex, Lanes};
use brunt_metrics::ScenarioId;

/// Data of the workload, by its position in [`Workload::feeds`](crate::Workload::feeds).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId(pub u16);

/// A table of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its name in plans.
    pub name: String,
    /// The columns' names.
    pub columns: Vec<String>,
    /// All cells, row after row; a multiple of the columns. At least one row.
    pub cells: Vec<Cell>,
    /// Which row comes next.
    pub order: FeedOrder,
    /// When a user is given a row.
    pub per: FeedPer,
    /// What happens when all rows have been given.
    pub at_end: FeedEnd,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A JSON value that is no string: its text as JSON.
    Json(String),
}

impl Cell {
    /// Its text.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Json(text) => text,
        }
    }
}

/// Which row comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeedOrder {
    /// As they stand in the data.
    #[default]
    Sequential,
    /// In a random order, another in each pass, each row once a pass.
    Shuffled,
    /// Any row each time; the data never ends.
    Random,
}

/// When a user is given a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeedPer {
    /// Each iteration that uses the data takes the next row.
    #[default]
    Iteration,
    /// Each user has a row of its own for life: user `v` the `v`-th of the order.
    User,
}

/// What happens when all rows have been given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeedEnd {
    /// The data begins again.
    #[default]
    Again,
    /// The scenario ends: nothing more is started in it.
    Stop,
}

/// Keeps a feed's shuffles apart from all other draws.
const SHUFFLE_SEED: u64 = 0x6665_6564_7368_7566;

impl Feed {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.cells.len() / self.columns.len().max(1)
    }

    /// A cell of row `row`.
    pub fn cell(&self, row: u32, column: u16) -> Option<&Cell> {
        self.cells.get(row as usize * self.columns.len() + usize::from(column))
    }

    /// The row at place `index` of the order, counted over all passes; `None` when the data has ended.
    /// `seed` is the workload's, `feed` this feed's place.
    pub fn row_at(&self, index: u64, seed: u64, feed: FeedId) -> Option<u32> {
        let rows = self.rows() as u64;
        if rows == 0 {
            return None;
        }
        let (pass, place) = (index / rows, index % rows);
        let draw = |i: u64| Draw::new(seed ^ SHUFFLE_SEED, ScenarioId(feed.0), IterationIndex(i));
        let row = match self.order {
            FeedOrder::Random => draw(index).below(rows),
            FeedOrder::Sequential | FeedOrder::Shuffled if pass > 0 && self.at_end == FeedEnd::Stop => {
                return None;
            }
            FeedOrder::Sequential => place,
            FeedOrder::Shuffled => permuted(place, rows, &draw(pass)),
        };
        u32::try_from(row).ok()
    }

    /// The row of user `user`, for feeds whose users keep theirs.
    pub fn row_of_user(&self, user: u64, seed: u64, feed: FeedId) -> Option<u32> {
        self.row_at(user, seed, feed)
    }
}

/// Place `place` of a random permutation of `0..n`: a Feistel network over the next power of four, walked
/// until it falls into the range (cycle walking; Black & Rogaway, "Ciphers with arbitrary finite domains",
/// CT-RSA 2002). Needs no table, so any place can be asked for.
fn permuted(place: u64, n: u64, key: &Draw) -> u64 {
    let half_bits = (64 - n.saturating_sub(1).leading_zeros()).div_ceil(2).max(1);
    let mask = (1_u64 << half_bits) - 1;
    let mut x = place;
    loop {
        let (mut left, mut right) = (x >> half_bits, x & mask);
        let mut rounds = *key;
        for _ in 0..4 {
            let round_key = rounds.bits();
            let mixed = Draw::new(round_key, ScenarioId(0), IterationIndex(right)).bits() & mask;
            (left, right) = (right, left ^ mixed);
        }
        x = left << half_bits | right;
        if x < n {
            return x;
        }
    }
}

/// How far a worker has come in each feed.
#[derive(Clone, Debug)]
pub struct FeedCursors {
    next: Vec<u64>,
    lanes: Lanes,
}

impl FeedCursors {
    /// At the beginning of `feeds` feeds, for a worker that owns `lanes` of all rows.
    pub fn new(feeds: usize, lanes: Lanes) -> Self {
        Self { next: vec![0; feeds], lanes }
    }

    /// The next row of `feed`; `None` when this worker's part of it has ended.
    pub fn next(&mut self, feeds: &[Feed], feed: FeedId, seed: u64) -> Option<u32> {
        let at = usize::from(feed.0);
        let (next, feed_data) = (self.next.get_mut(at)?, feeds.get(at)?);
        let index = self.lanes.nth(*next)?;
        *next += 1;
        feed_data.row_at(index, seed, feed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(rows: usize, order: FeedOrder, at_end: FeedEnd) -> Feed {
        let cells = (0..rows).map(|i| Cell::Text(i.to_string())).collect();
        Feed { name: "f".into(), columns: vec!["c".into()], cells, order, per: FeedPer::Iteration, at_end }
    }

    #[test]
    fn a_pass_gives_every_row_once() {
        for rows in [1_usize, 2, 3, 7, 64, 1_000] {
            for order in [FeedOrder::Sequential, FeedOrder::Shuffled] {
                let feed = feed(rows, order, FeedEnd::Again);
                for pass in 0..3_u64 {
                    let n = rows as u64;
                    let mut given: Vec<u32> =
                        (pass * n..(pass + 1) * n).filter_map(|i| feed.row_at(i, 5, FeedId(0))).collect();
                    given.sort_unstable();
                    assert_eq!(
                        given,
                        (0..u32::try_from(rows).unwrap()).collect::<Vec<_>>(),
                        "{rows} {order:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn passes_are_shuffled_differently() {
        let feed = feed(100, FeedOrder::Shuffled, FeedEnd::Again);
        let pass =
            |p: u64| (p * 100..p * 100 + 100).map(|i| feed.row_at(i, 5, FeedId(0))).collect::<Vec<_>>();
        assert_ne!(pass(0), pass(1));
        assert!(pass(0).windows(2).filter(|w| w[0] < w[1]).count() < 70, "hardly shuffled");
    }

    #[test]
    fn workers_share_the_rows_out() {
        for (order, workers) in [(FeedOrder::Sequential, 2), (FeedOrder::Shuffled, 3)] {
            let feeds = [feed(50, order, FeedEnd::Stop)];
            let mut given = Vec::new();
            for worker in 0..workers {
                let mut cursors = FeedCursors::new(1, Lanes::equal(worker, workers));
                while let Some(row) = cursors.next(&feeds, FeedId(0), 9) {
                    given.push(row);
                }
                assert_eq!(cursors.next(&feeds, FeedId(0), 9), None, "ended for good");
            }
            given.sort_unstable();
            assert_eq!(given, (0..50).collect::<Vec<_>>());
        }
    }
}
