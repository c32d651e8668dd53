//! What tallies tell: how a balancer spreads requests, and what a cache saves.
//!
//! A second knows how often each value came, not how long its requests took. So the share of each value is exact, and what
//! a cache miss costs is an estimate: the slope of the mean time over the share of misses, second by second.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::digits, draft::percent, draft::time};
use super::{facts::Facts, kind::Kind, numbers};
use crate::stats::chi_square_counts;
use brunt_metrics::{Phase, TALLY_OTHER, TallyId};
use std::collections::BTreeMap;

/// Words that a cache's header begins with, hit or not.
const HITS: [&str; 4] = ["hit", "stale", "revalidated", "updating"];
const MISSES: [&str; 4] = ["miss", "bypass", "expired", "none"];

/// Counts of a tally's values by point.
type Counts = BTreeMap<String, Vec<f64>>;

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Vec<Draft> {
    let tallies = tallies(facts);
    let found = tallies.iter().filter_map(|(id, counts)| {
        let name = facts.course.header.as_ref().and_then(|h| h.tallies.get(usize::from(id.0)));
        let name = name.map_or("tally", String::as_str);
        let cached = counts.keys().filter(|v| is(v, &HITS) || is(v, &MISSES)).count() * 2 >= counts.len();
        if cached { cache(facts, rules, (name, counts)) } else { uneven(rules, (name, counts)) }
    });
    found.collect()
}

fn is(value: &str, words: &[&str]) -> bool {
    let value = value.to_lowercase();
    words.iter().any(|w| value.starts_with(w))
}

fn tallies(facts: &Facts<'_>) -> BTreeMap<TallyId, Counts> {
    let places: BTreeMap<u64, usize> = facts.points.iter().enumerate().map(|(i, p)| (p.at, i)).collect();
    let mut tallies: BTreeMap<TallyId, Counts> = BTreeMap::new();
    for slice in facts.slices() {
        let Some(&at) = places.get(&slice.from) else { continue };
        for tally in slice.measured.tallies.iter().filter(|t| t.phase == Phase::Load) {
            let counts = tallies.entry(tally.tally).or_default();
            let row = counts.entry(tally.value.clone()).or_insert_with(|| vec![0.0; facts.points.len()]);
            row[at] += tally.count as f64;
        }
    }
    tallies
}

fn uneven(rules: &Rules, (name, counts): (&str, &Counts)) -> Option<Draft> {
    let kind = Kind::UnevenBalancing;
    if counts.len() < 2 || counts.contains_key(TALLY_OTHER) {
        return None;
    }
    let sums: Vec<(&String, f64)> = counts.iter().map(|(v, row)| (v, row.iter().sum())).collect();
    let total: f64 = sums.iter().map(|s| s.1).sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]
    let seen: Vec<u64> = sums.iter().map(|s| s.1 as u64).collect();
    let test = chi_square_counts(&seen, &vec![1.0; seen.len()])?;
    // Jain's index of fairness (1984): 1 if all have the same, 1/n if one has all.
    let jain = total.powi(2) / (sums.len() as f64 * sums.iter().map(|s| s.1 * s.1).sum::<f64>());
    if test.p > 0.001 || test.effect < rules.limit(kind, "effect") {
        return None;
    }
    let (most, count) = sums.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let fair = 1.0 / sums.len() as f64;
    let claim = format!(
        "{name} is uneven: {most} takes {} of the requests, {} would be even (Jain's index {}, effect {})",
        percent(count / total),
        percent(fair),
        digits(jain),
        digits(test.effect)
    );
    let mut evidence = Evidence::of(format!("tally {name}"), Figure::Tally)
        .number("chi-square", test.statistic, "")
        .number("p", test.p, "")
        .number("effect w", test.effect, "")
        .number("Jain's index", jain, "");
    for (value, count) in &sums {
        let interval = super::endpoints::share_interval(*count, total);
        evidence = evidence.ranged(&format!("share of {value}"), 100.0 * count / total, "%", interval);
    }
    // What is too much for one: how long each value's requests took is not known.
    let draft = Draft::new(kind, claim).costs((count / total - fair).max(0.0), 0.0).sure(Confidence::High);
    Some(draft.evidence(evidence).or_else(
        "weights that are meant so, or connections that stick to a server",
        "compare with the balancer's own counters; repeat with new connections for each request",
    ))
}

fn cache(facts: &Facts<'_>, rules: &Rules, (name, counts): (&str, &Counts)) -> Option<Draft> {
    let kind = Kind::CacheEffect;
    let sum = |words: &[&str], at: usize| {
        counts.iter().filter(|(v, _)| is(v, words)).map(|(_, row)| row[at]).sum::<f64>()
    };
    let shares: Vec<(usize, f64)> = (0..facts.points.len())
        .filter_map(|i| {
            let (hits, misses) = (sum(&HITS, i), sum(&MISSES, i));
            (hits + misses > 0.0).then(|| (i, misses / (hits + misses)))
        })
        .collect();
    let points: Vec<(f64, f64)> =
        shares.iter().filter_map(|(i, s)| facts.points[*i].latency.map(|l| (*s, l.mean))).collect();
    let line = numbers::line(&points)?;
    let (cost, error) = (line.slope, 1.96 * line.slope_error);
    let (hits, misses): (f64, f64) =
        shares.iter().fold((0.0, 0.0), |(h, m), (i, _)| (h + sum(&HITS, *i), m + sum(&MISSES, *i)));
    let ratio = hits / (hits + misses);
    if misses < 20.0
        || cost - error <= 0.0
        || line.r2 < rules.limit(kind, "r2")
        || cost < rules.limit(kind, "times") * line.intercept
    {
        return None;
    }
    let tenth = (shares.len() / 10).max(3).min(shares.len());
    let at = |part: &[(usize, f64)]| {
        numbers::mean(&part.iter().map(|s| 1.0 - s.1).collect::<Vec<_>>()).unwrap_or(0.0)
    };
    let (first, last) = (at(&shares[..tenth]), at(&shares[shares.len() - tenth..]));
    let claim = format!(
        "the cache answers {} of the requests ({} in the first {} s, {} in the last); a miss costs {} more than a hit, {}",
        percent(ratio),
        percent(first),
        tenth,
        percent(last),
        time(cost),
        time(line.intercept.max(0.0))
    );
    let evidence = Evidence::of(format!("tally {name}"), Figure::Tally)
        .ranged("hit ratio", 100.0 * ratio, "%", super::endpoints::share_interval(hits, hits + misses))
        .ranged("miss costs", cost, "ms", Some((cost - error, cost + error)))
        .number("a hit takes", line.intercept, "ms")
        .number("first hit ratio", 100.0 * first, "%")
        .number("last hit ratio", 100.0 * last, "%")
        .number("r2", line.r2, "");
    let spent = misses * cost / facts.waited.max(1e-9);
    let sure = if line.r2 > 0.6 { Confidence::High } else { Confidence::Medium };
    Some(Draft::new(kind, claim).costs(spent, 0.0).sure(sure).evidence(evidence).or_else(
        "something else that warms up at the same time",
        "run twice without emptying the cache: the second run must have the times of hits from its start",
    ))
}
