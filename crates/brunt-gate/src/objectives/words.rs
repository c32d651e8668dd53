//! Outcomes in words. `P95 latency 350.2ms exceeds threshold 250ms` and its like are a promise: other tools read them.

use brunt_objective::{
    Basis, Comparison, Count, Dimension, Filter, FilterKey, Filters, Flow, Limit, Objective, Point, Share,
    Statistic,
};

/// What is measured, in words: `P95 latency`, `Error rate of action=checkout`.
pub(super) fn subject(objective: &Objective) -> String {
    let filters = &objective.measure.filters;
    let of = |key: FilterKey| {
        let values = filters.on(key).flat_map(|f| f.values.iter().map(String::as_str));
        values.collect::<Vec<_>>().join(" or ")
    };
    let noun = match objective.measure.statistic {
        Statistic::Time { basis, point } => {
            let times = match basis {
                Basis::Response => "latency",
                Basis::Service => "service time",
                Basis::Lag => "lag",
            };
            match point {
                Point::Average => format!("Average {times}"),
                Point::Minimum => format!("Minimum {times}"),
                Point::Maximum => format!("Maximum {times}"),
                Point::Percentile(p) => format!("P{} {times}", p.value()),
            }
        }
        Statistic::Share(Share::Errors) => "Error rate".into(),
        Statistic::Share(Share::Checks) => "Check rate".into(),
        Statistic::Share(Share::Drops) => "Drop rate".into(),
        Statistic::Share(Share::Tally) => {
            format!("Share of {} in {}", of(FilterKey::Value), of(FilterKey::Tally))
        }
        Statistic::Count(Count::Requests) => "Number of requests".into(),
        Statistic::Count(Count::Errors) => "Number of errors".into(),
        Statistic::Count(Count::Iterations) => "Number of iterations".into(),
        Statistic::Count(Count::Drops) => "Number of dropped iterations".into(),
        Statistic::Count(Count::Tally) if filters.has(FilterKey::Value) => {
            format!("Number of {} in {}", of(FilterKey::Value), of(FilterKey::Tally))
        }
        Statistic::Count(Count::Tally) => format!("Number of values in {}", of(FilterKey::Tally)),
        Statistic::Rate(Flow::Requests) => "Throughput".into(),
        Statistic::Rate(Flow::Iterations) => "Iteration rate".into(),
        Statistic::Balance => format!("Imbalance of {}", of(FilterKey::Tally)),
        Statistic::Recovery => "Recovery time".into(),
    };
    let told = |f: &&Filter| f.key != FilterKey::Tally && f.key != FilterKey::Value;
    let rest = Filters(filters.0.iter().filter(told).cloned().collect());
    match rest.to_string() {
        all if all.is_empty() => noun,
        all => format!("{noun} of {}", &all[1..all.len() - 1]),
    }
}

/// The sentence of a figure that is held against a limit.
pub(super) fn sentence(objective: &Objective, measured: f64, limit: f64) -> String {
    let subject = subject(objective);
    let dimension = objective.measure.statistic.dimension();
    let holds = objective.comparison.holds(measured, limit);
    let same = measured.total_cmp(&limit).is_eq();
    let verb = match (objective.comparison, holds) {
        (Comparison::Below | Comparison::AtMost, true) => "is within threshold",
        (Comparison::Below, false) if same => "reaches threshold",
        (Comparison::Below | Comparison::AtMost, false) => "exceeds threshold",
        (Comparison::Above | Comparison::AtLeast, true) => "meets threshold",
        (Comparison::Above, false) if same => "does not exceed threshold",
        (Comparison::Above | Comparison::AtLeast, false) => "below threshold",
        (Comparison::Equal, true) => "equals",
        (Comparison::Equal, false) => "is not",
        (Comparison::Unequal, true) => "differs from",
        (Comparison::Unequal, false) => "must not be",
        (Comparison::About, _) => "beside an expected",
    };
    let unit = unit(objective);
    let measured = figure_beside(dimension, measured, limit);
    let limit = limit_words(objective, Some(limit));
    format!("{subject} {measured}{unit} {verb} {limit}")
}

/// The unit that does not stand with the number.
fn unit(objective: &Objective) -> &'static str {
    match objective.measure.statistic {
        Statistic::Rate(Flow::Requests) => " req/sec",
        Statistic::Rate(Flow::Iterations) => " iterations/sec",
        Statistic::Time { .. }
        | Statistic::Share(_)
        | Statistic::Count(_)
        | Statistic::Balance
        | Statistic::Recovery => "",
    }
}

/// A figure as a limit is told: as short as it is exact. Times from a second on are in seconds.
pub(super) fn figure(dimension: Dimension, value: f64) -> String {
    let number = |value: f64| trimmed(&format!("{value:.4}"));
    match dimension {
        Dimension::Time if value >= 1e3 => format!("{}s", number(value / 1e3)),
        Dimension::Time => format!("{}ms", number(value)),
        Dimension::Share => format!("{}%", number(value)),
        Dimension::Rate | Dimension::Count => number(value),
    }
}

/// A measured figure: one decimal, more below 1, and as many more as tell it from the limit.
fn figure_beside(dimension: Dimension, value: f64, limit: f64) -> String {
    let (unit, scale) = match dimension {
        Dimension::Time if limit >= 1e3 && value >= 1e3 => ("s", 1e3),
        Dimension::Time => ("ms", 1.0),
        Dimension::Share => ("%", 1.0),
        Dimension::Rate | Dimension::Count => ("", 1.0),
    };
    let (value, limit) = (value / scale, limit / scale);
    if dimension == Dimension::Count || value.abs() < f64::EPSILON {
        return format!("{}{unit}", trimmed(&format!("{value:.4}")));
    }
    let seconds = scale > 1.0;
    let least = if value >= 1.0 && !seconds {
        1
    } else if value >= 0.1 {
        2
    } else {
        4
    };
    let told = (least..=6).find(|digits| {
        let text = format!("{value:.digits$}");
        text.parse::<f64>().is_ok_and(|t| t > 0.0 && (t.total_cmp(&limit) == value.total_cmp(&limit)))
    });
    let digits = told.unwrap_or(6);
    let text = format!("{value:.digits$}");
    format!("{}{unit}", if value >= 1.0 && !seconds { text } else { trimmed(&text) })
}

fn trimmed(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// `12 requests`.
pub(super) fn counted(statistic: Statistic, n: u64) -> String {
    let what = match statistic {
        Statistic::Time { basis: Basis::Lag, .. } => "start",
        Statistic::Time { .. }
        | Statistic::Share(Share::Errors)
        | Statistic::Count(Count::Requests | Count::Errors)
        | Statistic::Rate(Flow::Requests) => "request",
        Statistic::Share(Share::Checks) => "check",
        Statistic::Share(Share::Drops)
        | Statistic::Count(Count::Iterations | Count::Drops)
        | Statistic::Rate(Flow::Iterations) => "iteration",
        Statistic::Share(Share::Tally) | Statistic::Count(Count::Tally) | Statistic::Balance => "answer",
        Statistic::Recovery => "second",
    };
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `0:42` for a second of the run.
pub(super) fn clock(second: u64) -> String {
    format!("{}:{:02}", second / 60, second % 60)
}

/// The limit as it is told, in figures as far as they are known.
pub(super) fn limit_words(objective: &Objective, known: Option<f64>) -> String {
    let dimension = objective.measure.statistic.dimension();
    let told = |limit: f64| format!("{}{}", figure(dimension, limit), unit(objective));
    match (&objective.limit, known) {
        (Limit::Absolute(quantity), _) => told(quantity.figure()),
        (Limit::Relative { .. }, Some(limit)) => format!("{} ({})", told(limit), objective.limit),
        (Limit::Relative { .. }, None) => objective.limit.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_objective::parse;

    /// The first three are the mission's, word for word.
    #[test]
    fn sentences() {
        for (objective, measured, expected) in [
            ("p95 < 250ms", 350.2, "P95 latency 350.2ms exceeds threshold 250ms"),
            ("errors < 0.5%", 1.2, "Error rate 1.2% exceeds threshold 0.5%"),
            ("rate > 1000/s", 850.5, "Throughput 850.5 req/sec below threshold 1000 req/sec"),
            ("p95 < 250ms", 120.44, "P95 latency 120.4ms is within threshold 250ms"),
            ("p95 < 250ms", 250.0, "P95 latency 250.0ms reaches threshold 250ms"),
            ("p95 < 250ms", 250.001, "P95 latency 250.001ms exceeds threshold 250ms"),
            ("p95 < 250ms", 249.99, "P95 latency 249.99ms is within threshold 250ms"),
            ("p50 < 1.5s", 0.36, "P50 latency 0.36ms is within threshold 1.5s"),
            ("p99.9 < 20s", 22_345.6, "P99.9 latency 22.35s exceeds threshold 20s"),
            ("errors < 0.5%", 0.0, "Error rate 0% is within threshold 0.5%"),
            ("errors <= 0%", 0.004, "Error rate 0.004% exceeds threshold 0%"),
            ("errors < 0.5%", 0.52, "Error rate 0.52% exceeds threshold 0.5%"),
            ("rate > 1000/s", 1_000.0, "Throughput 1000.0 req/sec does not exceed threshold 1000 req/sec"),
            ("rate >= 1000/s", 1_200.0, "Throughput 1200.0 req/sec meets threshold 1000 req/sec"),
            ("error_count == 0", 3.0, "Number of errors 3 is not 0"),
            (
                "p95{action=checkout} < 250ms",
                99.0,
                "P95 latency of action=checkout 99.0ms is within threshold 250ms",
            ),
            (
                "share{tally=x-cache, value=HIT} > 80%",
                50.0,
                "Share of HIT in x-cache 50.0% below threshold 80%",
            ),
            ("rate ~ 10/s", 8.2, "Throughput 8.2 req/sec beside an expected 10 req/sec"),
        ] {
            let objective = parse(objective).unwrap();
            let Limit::Absolute(limit) = objective.limit else { panic!("absolute") };
            assert_eq!(sentence(&objective, measured, limit.figure()), expected);
        }
    }
}
