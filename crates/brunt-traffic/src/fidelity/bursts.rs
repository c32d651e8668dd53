//! Counts in cells of time, and how bursty they are from one second to hours.

use super::distance::{mean, variance};
use crate::trace::Stretch;

/// The scales of the dispersion curve: 2^0 to 2^13 seconds.
pub const SCALES: usize = 14;

/// Counts of whole cells of `width_s` seconds within each observed stretch; times in whole seconds.
pub(super) fn counts(at_ms: &[i64], observed: &[Stretch], width_s: i64) -> Vec<Vec<f64>> {
    observed
        .iter()
        .filter_map(|stretch| {
            let from = stretch.from_ms.div_euclid(1_000);
            let cells = (stretch.to_ms.div_euclid(1_000) - from) / width_s;
            let cells = usize::try_from(cells).ok().filter(|n| *n > 0)?;
            let mut row = vec![0.0; cells];
            let first = at_ms.partition_point(|t| t.div_euclid(1_000) < from);
            for at in &at_ms[first..] {
                let cell = (at.div_euclid(1_000) - from) / width_s;
                match usize::try_from(cell).ok().and_then(|cell| row.get_mut(cell)) {
                    Some(n) => *n += 1.0,
                    None => break,
                }
            }
            Some(row)
        })
        .collect()
}

/// The index of dispersion of counts, variance over mean, at each of the scales 1 s, 2 s, 4 s ... 8,192 s: 1 everywhere for
/// a Poisson process (Cox and Lewis, 1966).
pub fn dispersion_curve(at_ms: &[i64], observed: &[Stretch]) -> [f64; SCALES] {
    std::array::from_fn(|k| {
        let all = counts(at_ms, observed, 1 << k).concat();
        if all.is_empty() { f64::NAN } else { variance(&all) / mean(&all).max(1e-12) }
    })
}

/// The autocorrelation of counts per minute at lags of 1 to 60 minutes, over stretches longer than that.
pub(super) fn autocorrelation(at_ms: &[i64], observed: &[Stretch]) -> [f64; 60] {
    let rows = counts(at_ms, observed, 60);
    let all = rows.concat();
    let middle = mean(&all);
    let (mut sums, mut whole) = ([0.0; 60], 0.0);
    for row in rows.iter().filter(|row| row.len() > 60) {
        let row: Vec<f64> = row.iter().map(|n| n - middle).collect();
        whole += row.iter().map(|x| x * x).sum::<f64>();
        for (lag, sum) in sums.iter_mut().enumerate() {
            *sum += row[lag + 1..].iter().zip(&row).map(|(a, b)| a * b).sum::<f64>();
        }
    }
    sums.map(|sum| sum / whole)
}
