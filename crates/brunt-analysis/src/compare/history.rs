//! When a figure changed over many runs.

use super::metric::Metric;
use crate::stats::{ChangeRule, change_points};
use brunt_run::Summary;

/// The level of a metric became another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryChange {
    /// Which metric.
    pub metric: Metric,
    /// The first run of the new level.
    pub run: usize,
    /// The mean before: milliseconds, a share, or per second.
    pub before: f64,
    /// The mean from there to the next change.
    pub after: f64,
    /// The p-value of Student's test of the two.
    pub p: f64,
}

/// Changes of level over runs in order of time, of all requests together: E-divisive as Apache Otava does it, in windows of 50
/// runs, p below 0.001 and of 5 % or more. Fewer than some eight runs show only great changes. Of runs, which are
/// independent, this may be asked; of seconds it may not.
pub fn history(runs: &[&Summary]) -> Vec<HistoryChange> {
    let mut found = Vec::new();
    for metric in Metric::ALL {
        let (at, values): (Vec<usize>, Vec<f64>) =
            runs.iter().enumerate().filter_map(|(i, s)| Some((i, metric.of(&s.total)?))).unzip();
        let changes = change_points(&values, ChangeRule::default());
        found.extend(changes.iter().map(|c| HistoryChange {
            metric,
            run: at[c.at],
            before: c.before,
            after: c.after,
            p: c.p,
        }));
    }
    found.sort_by_key(|c| c.run);
    found
}
