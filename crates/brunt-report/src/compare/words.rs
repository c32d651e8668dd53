//! Figures and verdicts in words, the same in all outputs.

use brunt_analysis::compare::{
    Comparison, Design, Difference, Metric, MetricComparison, Outcome, Row, SeriesComparison, Unclear,
    Verdict, Weight,
};

/// What there is no value of.
const NONE: &str = "-";

/// A figure of a metric with its unit; `-` where there is none.
pub fn metric_figure(metric: Metric, value: Option<f64>) -> String {
    let Some(value) = value else { return NONE.into() };
    match metric {
        Metric::P50 | Metric::P95 | Metric::P99 => format!("{} ms", three_digits(value)),
        Metric::ErrorRate => format!("{:.2} %", value * 100.0),
        Metric::Throughput => format!("{}/s", three_digits(value)),
    }
}

pub(super) fn three_digits(value: f64) -> String {
    let digits = match value.abs() {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

/// A change with its sign: percent, or of errors percentage points.
pub(super) fn signed(metric: Metric, change: f64) -> String {
    // No minus before what rounds to nothing.
    let points = change * 100.0;
    let points = if points.abs() < 0.005 { 0.0 } else { points };
    match metric {
        Metric::ErrorRate => format!("{points:+.2} pp"),
        Metric::P50 | Metric::P95 | Metric::P99 | Metric::Throughput => format!("{points:+.1} %"),
    }
}

/// A row of a comparison: metric, baseline, candidate, change, interval, what could have been seen, verdict.
pub(crate) fn cells(row: &MetricComparison, primary: Primary) -> [String; 7] {
    let metric = row.metric;
    let change = row.change.map_or(NONE.into(), |c| signed(metric, c.value));
    let interval = row.change.and_then(|c| c.interval);
    let interval =
        interval.map_or(NONE.into(), |i| format!("{} .. {}", signed(metric, i.low), signed(metric, i.high)));
    let seen = row.detectable.map_or(NONE.into(), |d| {
        // Throughput gets worse downwards.
        let d = if metric == Metric::Throughput { -d / (1.0 + d) } else { d };
        signed(metric, d)
    });
    [
        metric.name().into(),
        metric_figure(metric, row.baseline),
        metric_figure(metric, row.candidate),
        change,
        interval,
        seen,
        verdict(row, primary),
    ]
}

/// The heads of these columns.
pub(crate) fn heads(comparison: &Comparison) -> [String; 7] {
    ["", &comparison.baseline, &comparison.candidate, "change", "90 % interval", "could see", "verdict"]
        .map(Into::into)
}

/// Whether a row decides or is looked at beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Primary {
    Decides,
    Explores,
}

fn verdict(row: &MetricComparison, primary: Primary) -> String {
    match (row.verdict, primary) {
        (Verdict::Worse, _) if row.stands => "WORSE".into(),
        (Verdict::Worse, Primary::Decides) => "worse, alone (not with all metrics counted)".into(),
        (Verdict::Worse, Primary::Explores) => "worse, alone (not with all endpoints counted)".into(),
        (Verdict::Better, _) => "better".into(),
        (Verdict::Same, _) => "no difference beyond noise".into(),
        (Verdict::Unclear(why), _) => format!("not enough data{}", short(why)),
    }
}

fn short(why: Unclear) -> String {
    match why {
        Unclear::OneRunEach => ": one run each".into(),
        Unclear::TooFewRuns { have, need } => format!(": {have} of {need} runs"),
        Unclear::TooShort { need_seconds } => format!(": needs {need_seconds} s"),
        Unclear::Noisy { times } if times < 1.05 => ": a little more".into(),
        Unclear::Noisy { times } if times >= 1_000.0 => ": noise".into(),
        Unclear::Noisy { times } => format!(": needs x{times:.1}"),
        Unclear::OneAgainstMany => ": repeat the single run".into(),
        Unclear::NoData => String::new(),
    }
}

/// What the comparison comes to, in a sentence.
pub(crate) fn outcome(comparison: &Comparison) -> String {
    let word = match comparison.outcome {
        Outcome::Invalid => "not valid",
        Outcome::Worse => "REGRESSION",
        Outcome::Inconclusive => "not decided",
        Outcome::NotWorse => "no regression",
    };
    format!("{word}: {}", comparison.reasons.join("; "))
}

/// How the arms were run, in a phrase.
pub(crate) fn design(comparison: &Comparison) -> String {
    let (n, m) = (comparison.baseline_runs, comparison.candidate_runs);
    let runs = |n: usize| if n == 1 { "1 run".to_owned() } else { format!("{n} runs") };
    match comparison.design {
        Design::Concurrent => "both at once, compared in stretches of time".into(),
        Design::Interleaved => format!("{} each in turns, compared pair by pair", runs(n)),
        Design::Separate => format!("{} against {}, compared run by run", runs(m), runs(n)),
    }
}

/// How much worse is tolerated, in a line.
pub(super) fn margins(comparison: &Comparison) -> String {
    let one = |m: &MetricComparison| {
        let unit = if m.metric == Metric::ErrorRate { "pp" } else { "%" };
        let points = format!("{:.2}", m.margin * 100.0);
        let points = points.trim_end_matches('0').trim_end_matches('.');
        format!("{} {points} {unit}", m.metric.name())
    };
    format!("tolerated: {}", comparison.total.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// What differed, a line each.
pub(super) fn differences(all: &[Difference]) -> Vec<String> {
    let line = |d: &Difference| {
        let weight = match d.weight {
            Weight::Question => "not the same question",
            Weight::Note => "note",
        };
        format!("{weight}: {} differs: {} against {}", d.what, cut(&d.baseline), cut(&d.candidate))
    };
    all.iter().map(line).collect()
}

/// Long lists tell nothing in a line.
const MAX_WORDS: usize = 120;

fn cut(words: &str) -> String {
    if words.chars().count() <= MAX_WORDS {
        return words.to_owned();
    }
    let short: String = words.chars().take(MAX_WORDS).collect();
    format!("{short} ...")
}

/// A series' name for a heading.
pub(super) fn series(of: &SeriesComparison) -> String {
    of.series.label()
}

/// The seven columns of a variant, in their order.
pub(super) const COLUMNS: [&str; 7] = [
    "Algorithm",
    "Total Requests",
    "Throughput (req/s)",
    "Avg Latency (ms)",
    "P95 Latency (ms)",
    "Success Rate",
    "Error Rate",
];

/// A row of these columns. `mark` is put behind the best figures.
pub(super) fn variant(row: &Row, mark: &str) -> [String; 7] {
    let plain = |value: Option<f64>| value.map_or(NONE.into(), |v| format!("{v:.2}"));
    let share = |value: Option<f64>| value.map_or(NONE.into(), |v| format!("{:.2}%", v * 100.0));
    let marked = |text: String, best: bool| if best && text != NONE { format!("{text}{mark}") } else { text };
    [
        row.name.clone(),
        row.requests.to_string(),
        marked(plain(row.throughput), row.standing.throughput),
        marked(plain(row.mean_ms), row.standing.mean),
        marked(plain(row.p95_ms), row.standing.p95),
        share(row.error_rate.map(|e| 1.0 - e)),
        marked(share(row.error_rate), row.standing.errors),
    ]
}

/// Which way each column is better.
pub(super) const DIRECTIONS: &str = "Throughput: higher is better. Latency: lower is better. Errors: lower is better, and each is worth a look.";
