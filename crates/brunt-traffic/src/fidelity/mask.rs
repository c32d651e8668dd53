//! Traffic without its bursts: what attacks and crawls add is left out, so that the rest can be judged apart.

use crate::trace::{Stretch, Trace};
use std::collections::BTreeMap;

const CELL_MS: i64 = 600_000;

/// Leaves out the cells of ten minutes in which an endpoint is asked for four times as often as in 98 % of its cells, and more than
/// fifteen times.
pub fn without_bursts(trace: &Trace, observed: &[Stretch]) -> Trace {
    let cells: i64 = observed.iter().map(|s| s.length_ms() / CELL_MS).sum();
    let cells = usize::try_from(cells).unwrap_or(0);
    let mut rows: BTreeMap<u16, BTreeMap<i64, Vec<usize>>> = BTreeMap::new();
    for (i, endpoint) in trace.endpoint.iter().enumerate() {
        rows.entry(*endpoint).or_default().entry(trace.at_ms[i].div_euclid(CELL_MS)).or_default().push(i);
    }
    let mut burst = vec![false; trace.len()];
    for by_cell in rows.values().filter(|c| c.values().map(Vec::len).sum::<usize>() >= 50) {
        let mut counts: Vec<f64> = by_cell.values().map(|rows| rows.len() as f64).collect();
        counts.resize(counts.len().max(cells), 0.0);
        counts.sort_unstable_by(f64::total_cmp);
        let limit = (4.0 * super::distance::quantile(&counts, 0.98)).max(15.0);
        for rows in by_cell.values().filter(|rows| rows.len() as f64 > limit) {
            for i in rows {
                burst[*i] = true;
            }
        }
    }
    trace.filtered(|i| !burst[i])
}
