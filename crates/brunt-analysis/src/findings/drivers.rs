//! What latency goes with: the size of answers, and figures of the target that were sampled beside the load.
//!
//! A correlation is no cause. What is common to both through the load is taken out first (partial correlation), a
//! resource may lead by some seconds, and its claim stays a hint unless it is near its limit as well.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::digits, draft::percent};
use super::{facts::Facts, kind::Kind, numbers};
use crate::Resource;
use brunt_metrics::{EndpointId, Phase};
use std::collections::BTreeMap;

/// By how many seconds a resource may lead.
const LEADS: u64 = 3;

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Vec<Draft> {
    payload(facts, rules).into_iter().chain(resource(facts, rules)).collect()
}

/// The slope of the mean time over the mean size, second by second within one endpoint.
fn payload(facts: &Facts<'_>, rules: &Rules) -> Option<Draft> {
    let kind = Kind::PayloadEffect;
    let mut rows: BTreeMap<EndpointId, Vec<(f64, f64, f64)>> = BTreeMap::new();
    for slice in facts.slices() {
        let mut of: BTreeMap<EndpointId, (f64, f64, f64)> = BTreeMap::new();
        let good = |c: &&brunt_metrics::CellSecond| c.key.phase == Phase::Load && c.key.outcome.is_ok();
        for cell in slice.measured.cells.iter().filter(good) {
            let sums = of.entry(cell.key.endpoint).or_default();
            sums.0 += cell.count() as f64;
            sums.1 += cell.bytes_in as f64;
            sums.2 += cell.service.sum_ns as f64 / 1e6;
        }
        for (endpoint, (n, bytes, time)) in of.into_iter().filter(|(_, s)| s.0 >= 5.0) {
            rows.entry(endpoint).or_default().push((bytes / n, time / n, n));
        }
    }
    let found = rows.into_iter().filter_map(|(endpoint, rows)| {
        let points: Vec<(f64, f64)> = rows.iter().map(|r| (r.0, r.1)).collect();
        let sizes: Vec<f64> = points.iter().map(|p| p.0).collect();
        let (low, high) = (numbers::quantile(&sizes, 0.1)?, numbers::quantile(&sizes, 0.9)?);
        let line = numbers::line(&points).filter(|_| points.len() >= 15 && high > 1.2 * low)?;
        let sure = line.slope > 4.0 * line.slope_error && line.r2 >= rules.limit(kind, "r2");
        let time: f64 = rows.iter().map(|r| r.2 * r.0 * line.slope).sum();
        sure.then_some((endpoint, line, time / facts.waited.max(1e-9), (low, high)))
    });
    let (endpoint, line, cost, (low, high)) = found.max_by(|a, b| a.2.total_cmp(&b.2))?;
    let bandwidth = 1e-3 / line.slope;
    let error = 1.96 * line.slope_error / line.slope;
    let name = facts.name(endpoint);
    let claim = format!(
        "{name} takes longer the larger its answers are: {} MB/s, {} of its seconds' variation",
        digits(bandwidth),
        percent(line.r2)
    );
    let evidence = Evidence::of(name, Figure::Distribution)
        .ranged(
            "bandwidth",
            bandwidth,
            "MB/s",
            Some((bandwidth / (1.0 + error), bandwidth / (1.0 - error).max(0.01))),
        )
        .number("r2", line.r2, "")
        .number("mean size, low seconds", low, "bytes")
        .number("mean size, high seconds", high, "bytes")
        .number("time without a body", line.intercept, "ms");
    let sure = if line.r2 > 0.7 { Confidence::High } else { Confidence::Medium };
    Some(Draft::new(kind, claim).costs(cost, 0.0).sure(sure).evidence(evidence).or_else(
        "large answers take more work to make, not to send",
        "compare waiting and receiving: sending large answers lengthens the latter; try compression",
    ))
}

fn resource(facts: &Facts<'_>, rules: &Rules) -> Option<Draft> {
    let kind = Kind::ResourceDriver;
    let ranked = facts.course.resources.iter().filter_map(|r| {
        let best = (0..=LEADS).filter_map(|lead| partial(facts, r, lead).map(|c| (c, lead)));
        best.max_by(|a, b| a.0.r.abs().total_cmp(&b.0.r.abs())).map(|b| (r, b.0, b.1))
    });
    let (resource, found, lead) = ranked.max_by(|a, b| a.1.r.abs().total_cmp(&b.1.r.abs()))?;
    // Fisher's z of a correlation, with as many values as neighbours leave; four leads were tried.
    let z = found.r.atanh().abs() * (found.worth - 4.0).max(0.0).sqrt();
    if found.r.powi(2) < rules.limit(kind, "r2") || z < 4.0 {
        return None;
    }
    let share = resource.to_percent().map(|scale| scale * found.highest);
    let near = share.is_some_and(|share| share >= rules.limit(kind, "percent"))
        && (resource.unit == "%" || resource.id.is_some());
    let claim = format!(
        "{} explains {} of what latency varies by beyond the load{}",
        resource.name,
        percent(found.r.powi(2)),
        if near { ", and comes near its limit" } else { "; it is not known to be near its limit" }
    );
    let evidence = Evidence::of(resource.name.clone(), Figure::Resources)
        .number("partial correlation", found.r, "")
        .number("leads by", lead as f64, "s")
        .number("highest", found.highest, &resource.unit);
    let sure = if near { Confidence::Medium } else { Confidence::Low };
    Some(Draft::new(kind, claim).costs(0.0, 0.0).sure(sure).evidence(evidence).or_else(
        "both follow something else that was not measured: a correlation is no cause",
        "change this resource alone (its limit, its share) and repeat",
    ))
}

struct Partial {
    r: f64,
    worth: f64,
    highest: f64,
}

/// The correlation of the logarithm of the mean time with a resource, both less what the load explains.
fn partial(facts: &Facts<'_>, resource: &Resource, lead: u64) -> Option<Partial> {
    let values: BTreeMap<u64, f64> = resource.values.iter().map(|(t, v)| (t.second(), *v)).collect();
    let rows: Vec<(f64, f64, f64)> = facts
        .points
        .iter()
        .enumerate()
        .filter_map(|(i, p)| {
            let value = values.get(&(p.at + 1).saturating_sub(lead))?;
            Some((facts.level(i), p.latency?.mean.max(0.001).ln(), *value))
        })
        .collect();
    if rows.len() < 20 {
        return None;
    }
    let rest = |y: fn(&(f64, f64, f64)) -> f64| {
        let points: Vec<(f64, f64)> = rows.iter().map(|r| (r.0, y(r))).collect();
        let line = numbers::line(&points);
        let expected = |x: f64| line.map_or(0.0, |l| l.intercept + l.slope * x);
        points.iter().map(|p| p.1 - expected(p.0)).collect::<Vec<f64>>()
    };
    let (slow, busy) = (rest(|r| r.1), rest(|r| r.2));
    let pairs: Vec<(f64, f64)> = busy.iter().copied().zip(slow.iter().copied()).collect();
    let line = numbers::line(&pairs)?;
    let highest = rows.iter().map(|r| r.2).fold(f64::NEG_INFINITY, f64::max);
    Some(Partial {
        r: line.r2.max(0.0).sqrt() * line.slope.signum(),
        worth: numbers::effective(&slow),
        highest,
    })
}
