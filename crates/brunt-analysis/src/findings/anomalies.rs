//! Stretches of seconds that leave the usual level of rate or latency, whatever the cause: start, end and size.
//!
//! Robust z scores with persistence (`stats::anomalies`), within a stretch of constant load, where the usual level means
//! something.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::digits};
use super::{facts::Facts, kind::Kind, numbers, trends};
use crate::stats::{Anomaly, AnomalyRule, anomalies};

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Vec<Draft> {
    let Some(stretch) = facts.longest_stretch() else { return Vec::new() };
    let z = rules.limit(Kind::Anomaly, "z");
    let rule = AnomalyRule { z, ..AnomalyRule::default() };
    let latency = facts.logs(stretch.clone(), |l| l.p95);
    let rate: Vec<(usize, f64)> = stretch.map(|i| (i, facts.points[i].ended)).collect();
    let series = [("p95", latency, Figure::LatencyOverTime), ("rate of answers", rate, Figure::RateOverTime)];
    let found = series.into_iter().filter_map(|(name, values, figure)| {
        let plain: Vec<f64> = values.iter().map(|v| v.1).collect();
        let least = rules.limit(Kind::Anomaly, "change");
        let size = |a: &Anomaly| relative(name, &plain, a);
        let all = anomalies(&plain, rule);
        let worst = all.iter().filter(|a| size(a).is_some_and(|s| s.abs() >= least));
        let worst = worst.max_by(|a, b| a.z.abs().total_cmp(&b.z.abs()))?;
        Some(draft(
            facts,
            (name, figure),
            worst,
            (values[worst.from].0, values[worst.to].0 + 1, size(worst)?),
        ))
    });
    found.collect()
}

/// The extreme against the median, less one.
fn relative(name: &str, values: &[f64], anomaly: &Anomaly) -> Option<f64> {
    let usual = numbers::median(values)?;
    Some(if name == "p95" {
        (anomaly.extreme - usual).exp() - 1.0
    } else {
        anomaly.extreme / usual.max(1e-9) - 1.0
    })
}

fn draft(
    facts: &Facts<'_>,
    (name, figure): (&str, Figure),
    anomaly: &Anomaly,
    (from, to, size): (usize, usize, f64),
) -> Draft {
    let seconds = facts.seconds(&(from..to));
    let times = format!("{}{} %", if size > 0.0 { "+" } else { "" }, digits(100.0 * size));
    let claim =
        format!("{name} is unusual in seconds {} to {}: {times} at its extreme", seconds.from, seconds.to);
    let evidence = Evidence::of(name, figure)
        .within(seconds)
        .number("start", seconds.from as f64, "s")
        .number("end", seconds.to as f64, "s")
        .number("size", 100.0 * size, "%")
        .number("robust z", anomaly.z, "");
    let medians: Vec<f64> = facts.points.iter().filter_map(|p| p.latency.map(|l| l.mean)).collect();
    let usual = numbers::median(&medians).unwrap_or(0.0);
    let cost = if size > 0.0 { trends::excess(facts, from..to, usual) } else { 0.0 };
    Draft::new(Kind::Anomaly, claim).costs(cost, 0.0).sure(Confidence::Medium).evidence(evidence).or_else(
        "chance: one stretch in a long run may look so",
        "repeat: what comes back at the same place has a cause in the plan, what comes at another has one outside",
    )
}
