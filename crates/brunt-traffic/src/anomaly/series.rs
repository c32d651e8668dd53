//! The cells of time in which something was counted, and how much of each was observed.

use crate::trace::Stretch;

/// The most cells of one grid: two years of minutes. A longer time is looked at in its coarser cells alone.
pub const MOST_CELLS: usize = 1_100_000;

/// A cell of which less was observed is left out: its count says little.
const LEAST_SEEN: f64 = 0.5;

/// Cells of equal length that were observed, in the order of time; what was not observed has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// How long a cell is, in milliseconds.
    pub cell_ms: i64,
    /// The number of each cell, counted from 1970 UTC; ascending, with gaps.
    pub at: Vec<i64>,
    /// The share of each cell that was observed, from one half to 1.
    pub seen: Vec<f64>,
}

impl Grid {
    /// The cells of these stretches (in the order of time, apart). `None` where there are more than [`MOST_CELLS`].
    pub fn over(stretches: &[Stretch], cell_ms: i64) -> Option<Self> {
        let cell_ms = cell_ms.max(1);
        let mut grid = Self { cell_ms, ..Self::default() };
        for stretch in stretches.iter().filter(|s| s.length_ms() > 0) {
            let (first, last) =
                (stretch.from_ms.div_euclid(cell_ms), (stretch.to_ms - 1).div_euclid(cell_ms));
            let cells = usize::try_from(last - first).unwrap_or(usize::MAX);
            if grid.at.len().saturating_add(cells) >= MOST_CELLS {
                return None;
            }
            for cell in first..=last {
                let piece = stretch.to_ms.min((cell + 1) * cell_ms) - stretch.from_ms.max(cell * cell_ms);
                grid.add(cell, piece as f64 / cell_ms as f64);
            }
        }
        grid.drop_thin();
        Some(grid)
    }

    /// Of samples (milliseconds since 1970, value) in the order of time, each of which stands for `every_ms`; and the sums of the
    /// values by cell. Samples that are no number, and what comes after [`MOST_CELLS`] cells, are left out; below 0 counts as 0.
    pub fn of_samples(samples: &[(i64, f64)], every_ms: i64, cell_ms: i64) -> (Self, Vec<f64>) {
        let cell_ms = cell_ms.max(every_ms).max(1);
        let mut grid = Self { cell_ms, ..Self::default() };
        let share = every_ms.max(1) as f64 / cell_ms as f64;
        for (at_ms, _) in samples.iter().filter(|(_, value)| value.is_finite()) {
            if grid.at.len() >= MOST_CELLS {
                break;
            }
            grid.add(at_ms.div_euclid(cell_ms), share);
        }
        grid.drop_thin();
        let mut values = vec![0.0; grid.at.len()];
        for (at_ms, value) in samples.iter().filter(|(_, value)| value.is_finite()) {
            if let Some(place) = grid.place(*at_ms) {
                values[place] += value.max(0.0);
            }
        }
        (grid, values)
    }

    /// How many of these moments lie in each cell.
    pub fn count(&self, at_ms: impl Iterator<Item = i64>) -> Vec<f64> {
        let mut values = vec![0.0; self.at.len()];
        for at_ms in at_ms {
            if let Some(place) = self.place(at_ms) {
                values[place] += 1.0;
            }
        }
        values
    }

    /// How many cells there are.
    pub const fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// How long was observed, in days.
    pub fn days(&self) -> f64 {
        self.seen.iter().sum::<f64>() * self.cell_ms as f64 / crate::trace::DAY_MS as f64
    }

    fn place(&self, at_ms: i64) -> Option<usize> {
        self.at.binary_search(&at_ms.div_euclid(self.cell_ms)).ok()
    }

    fn add(&mut self, cell: i64, share: f64) {
        match (self.at.last(), self.seen.last_mut()) {
            (Some(last), Some(seen)) if *last == cell => *seen = (*seen + share).min(1.0),
            _ => {
                self.at.push(cell);
                self.seen.push(share.min(1.0));
            }
        }
    }

    fn drop_thin(&mut self) {
        let keep: Vec<bool> = self.seen.iter().map(|seen| *seen >= LEAST_SEEN - 1e-9).collect();
        let mut kept = keep.iter();
        self.at.retain(|_| kept.next().copied().unwrap_or(false));
        self.seen.retain(|seen| *seen >= LEAST_SEEN - 1e-9);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_has_no_cells() {
        let stretches =
            [Stretch { from_ms: 0, to_ms: 150_000 }, Stretch { from_ms: 600_000, to_ms: 660_000 }];
        let grid = Grid::over(&stretches, 60_000);
        let expected = Grid { cell_ms: 60_000, at: vec![0, 1, 2, 10], seen: vec![1.0, 1.0, 0.5, 1.0] };
        assert_eq!(grid, Some(expected));
    }

    #[test]
    fn a_time_too_long_for_its_cells_has_no_grid() {
        let ages = [Stretch { from_ms: 0, to_ms: 60_000 * 2 * 1_100_000 }];
        assert_eq!(Grid::over(&ages, 60_000), None);
        assert!(Grid::over(&ages, 600_000).is_some());
        assert_eq!(Grid::over(&[], 60_000), Some(Grid { cell_ms: 60_000, ..Grid::default() }));
    }

    #[test]
    fn samples_are_added_up_by_cell_and_those_that_are_no_number_left_out() {
        let samples = [(0, 1.0), (300_000, 2.0), (600_000, f64::NAN), (900_000, -3.0), (1_200_000, 4.0)];
        let (grid, values) = Grid::of_samples(&samples, 300_000, 600_000);
        assert_eq!((grid.at, grid.seen, values), (vec![0, 1, 2], vec![1.0, 0.5, 0.5], vec![3.0, 0.0, 4.0]));
    }
}
