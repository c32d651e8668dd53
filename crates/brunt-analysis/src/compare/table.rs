//! Any number of variants beside each other, and the best of them.

use super::arm::Arm;
use super::metric::{Direction, Metric};
use crate::stats::median;
use brunt_run::Summary;

/// The figures of a variant. Of several runs: requests are summed, all else is the median of the runs' figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// Requests that ended, of all runs.
    pub requests: u64,
    /// Requests a second.
    pub throughput: Option<f64>,
    /// The mean response time in milliseconds.
    pub mean_ms: Option<f64>,
    /// The 95th percentile of the response time in milliseconds.
    pub p95_ms: Option<f64>,
    /// The share of requests that failed.
    pub error_rate: Option<f64>,
    /// How it stands in each column.
    pub standing: Standing,
}

/// In which columns a variant is the best, or as good as the best.
#[expect(clippy::struct_excessive_bools, reason = "one for each column, each independent of the others")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Most requests a second.
    pub throughput: bool,
    /// Least mean response time.
    pub mean: bool,
    /// Least p95.
    pub p95: bool,
    /// Fewest errors.
    pub errors: bool,
}

/// Variants beside each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// In the order given.
    pub rows: Vec<Row>,
    /// The best balance of throughput, latency and errors; `None` below two rows or if none stands out.
    pub best: Option<usize>,
    /// Why, or why there is none: sentences.
    pub reasons: Vec<String>,
}

/// Error rates above the least by more than this exclude a variant from being the best: errors are cheap to produce
/// fast.
const ERRORS_APART: f64 = 0.001;
/// Figures that differ by less count as equal.
const EQUAL: f64 = 0.01;

/// The table of some variants. It counts no noise: whether a difference is more than that is said by `compare`.
pub fn table(arms: &[Arm<'_>]) -> Table {
    let mut rows: Vec<Row> = arms.iter().map(row).collect();
    mark(&mut rows);
    let (best, mut reasons) = best(&rows);
    if rows.len() > 1 && arms.iter().any(|arm| arm.runs.len() == 1) {
        reasons.push(
            "a variant with one run may owe its place to chance: how much runs differ is not in this table"
                .into(),
        );
    }
    Table { rows, best, reasons }
}

fn row(arm: &Arm<'_>) -> Row {
    let middle = |value: &dyn Fn(&Summary) -> Option<f64>| {
        median(&arm.runs.iter().filter_map(|r| value(r.summary)).collect::<Vec<_>>())
    };
    Row {
        name: arm.name.clone(),
        requests: arm.runs.iter().map(|r| r.summary.total.requests).sum(),
        throughput: middle(&|s| s.total.requests_per_second),
        mean_ms: middle(&|s| s.total.response.mean_ms),
        p95_ms: middle(&|s| s.total.response.p95_ms),
        error_rate: middle(&|s| s.total.error_rate),
        standing: Standing::default(),
    }
}

fn mark(rows: &mut [Row]) {
    if rows.len() < 2 {
        return;
    }
    let extreme = |value: &dyn Fn(&Row) -> Option<f64>, direction: Direction| {
        let values = rows.iter().filter_map(value);
        match direction {
            Direction::Lower => values.min_by(f64::total_cmp),
            Direction::Higher => values.max_by(f64::total_cmp),
        }
    };
    let throughput = extreme(&|r| r.throughput, Direction::Higher);
    let mean = extreme(&|r| r.mean_ms, Direction::Lower);
    let p95 = extreme(&|r| r.p95_ms, Direction::Lower);
    let errors = extreme(&|r| r.error_rate, Direction::Lower);
    let near = |value: Option<f64>, best: Option<f64>| {
        value.zip(best).is_some_and(|(v, b)| (v - b).abs() <= EQUAL * b.abs().max(v.abs()))
    };
    for row in rows {
        row.standing = Standing {
            throughput: near(row.throughput, throughput),
            mean: near(row.mean_ms, mean),
            p95: near(row.p95_ms, p95),
            errors: row.error_rate.zip(errors).is_some_and(|(v, b)| v - b <= ERRORS_APART),
        };
    }
}

/// The balance: among those whose errors are as few as the fewest, the least sum of log mean, log p95 and minus log throughput,
/// each relative to the best: the geometric mean of three ratios.
fn best(rows: &[Row]) -> (Option<usize>, Vec<String>) {
    if rows.len() < 2 {
        return (None, Vec::new());
    }
    let score = |r: &Row| {
        let positive = |v: f64| (v > 0.0).then(|| v.ln());
        Some(positive(r.mean_ms?)? + positive(r.p95_ms?)? - positive(r.throughput?)?)
    };
    let fit = rows.iter().enumerate().filter(|(_, r)| r.standing.errors);
    let mut scored: Vec<(f64, usize)> = fit.filter_map(|(i, r)| Some((score(r)?, i))).collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut reasons = Vec::new();
    for row in rows.iter().filter(|r| !r.standing.errors) {
        let share = row.error_rate.map_or("no".into(), |e| format!("{:.2} %", e * 100.0));
        reasons.push(format!("{} has {share} errors: investigate these before its speed counts", row.name));
    }
    let Some(&(least, at)) = scored.first() else { return (None, reasons) };
    if scored.get(1).is_some_and(|(second, _)| second - least < EQUAL) {
        reasons.insert(0, "none stands out: the best ones differ by less than 1 %".into());
        return (None, reasons);
    }
    reasons.insert(0, praise(&rows[at]));
    (Some(at), reasons)
}

fn praise(row: &Row) -> String {
    let Standing { throughput, mean, p95, errors } = row.standing;
    let columns = [
        (throughput, "highest throughput"),
        (mean, "lowest average latency"),
        (p95, "lowest P95"),
        (errors, "fewest errors"),
    ];
    let words: Vec<&str> = columns.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    format!("{} has the best balance of throughput, latency and errors ({})", row.name, words.join(", "))
}

impl Row {
    /// Its value of a metric, where the table has it.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::P50 | Metric::P99 => None,
            Metric::P95 => self.p95_ms,
            Metric::ErrorRate => self.error_rate,
            Metric::Throughput => self.throughput,
        }
    }
}
