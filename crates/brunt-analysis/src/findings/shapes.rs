//! The shape of the distribution of latencies: two populations, network constants, a long tail.
//!
//! Only calm seconds are looked at, in which the median is near its usual level: a distribution of different loads is a
//! mixture of them and says nothing. Each endpoint is looked at alone, since two endpoints are two populations anyway.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::percent, draft::time};
use super::{endpoints::share_interval, facts::Facts, kind::Kind, numbers};
use brunt_metrics::{EndpointId, Histogram, Nanos, Part, Phase, SparseHistogram, bucket_bounds_us};
use std::collections::BTreeMap;

/// Bins per factor of e: each is 5 % wide.
const BINS: f64 = 20.0;

/// The calm seconds of an endpoint.
struct Calm {
    endpoint: EndpointId,
    histogram: SparseHistogram,
    /// By thirds of the run.
    thirds: [SparseHistogram; 3],
    /// Their points.
    points: Vec<usize>,
}

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Vec<Draft> {
    let calm = calm(facts);
    let constant = constants(facts, rules, &calm);
    let modes = calm.iter().filter_map(|c| two(facts, rules, c));
    let modes = modes.max_by(|a, b| a.cost.weight().total_cmp(&b.cost.weight()));
    let tail = tail(facts, rules, &calm);
    [constant, modes, tail].into_iter().flatten().collect()
}

/// Endpoints with enough requests in seconds whose median is usual.
fn calm(facts: &Facts<'_>) -> Vec<Calm> {
    let medians: Vec<f64> = facts.points.iter().filter_map(|p| p.latency.map(|l| l.p50)).collect();
    let Some(usual) = numbers::quantile(&medians, 0.3) else { return Vec::new() };
    let at: Vec<usize> = (0..facts.points.len())
        .filter(|i| facts.points[*i].latency.is_some_and(|l| l.p50 < 1.6 * usual))
        .collect();
    let places: BTreeMap<u64, usize> = at.iter().map(|i| (facts.points[*i].at, *i)).collect();
    let mut thirds: BTreeMap<EndpointId, [Histogram; 3]> = BTreeMap::new();
    for slice in facts.slices() {
        let Some(&point) = places.get(&slice.from) else { continue };
        let third = (3 * point / facts.points.len()).min(2);
        let good = |c: &&brunt_metrics::CellSecond| c.key.phase == Phase::Load && c.key.outcome.is_ok();
        for cell in slice.measured.cells.iter().filter(good) {
            thirds.entry(cell.key.endpoint).or_default()[third].add(&cell.response);
        }
    }
    let gathered = thirds.into_iter().map(|(endpoint, parts)| {
        let thirds = parts.map(|p| p.to_sparse());
        let mut histogram = SparseHistogram::default();
        for third in &thirds {
            histogram.merge(third);
        }
        Calm { endpoint, histogram, thirds, points: at.clone() }
    });
    gathered.filter(|c| c.histogram.total >= 300).collect()
}

/// Counts by logarithmic bins, smoothed by a triangle of five.
fn bins(histogram: &SparseHistogram) -> (i64, Vec<f64>) {
    let place = |bucket: u32| {
        let (low, high) = bucket_bounds_us(bucket as usize);
        let middle = f64::midpoint(low as f64, high as f64).max(1.0);
        #[expect(clippy::cast_possible_truncation, reason = "a logarithm of an hour is small")]
        let bin = (middle.ln() * BINS).floor() as i64;
        bin
    };
    let first = histogram.counts.first().map_or(0, |c| place(c.0)) - 3;
    let last = histogram.counts.last().map_or(0, |c| place(c.0)) + 3;
    let size = usize::try_from(last - first + 1).unwrap_or(1);
    let mut counts = vec![0.0; size];
    for (bucket, count) in &histogram.counts {
        if let Ok(at) = usize::try_from(place(*bucket) - first) {
            counts[at] += *count as f64;
        }
    }
    let get = |i: usize, by: i64| {
        i64::try_from(i).ok().and_then(|i| usize::try_from(i + by).ok()).and_then(|i| counts.get(i)).copied()
    };
    let weights = [(-2, 1.0), (-1, 2.0), (0, 3.0), (1, 2.0), (2, 1.0)];
    let smooth = |i: usize| weights.iter().map(|(by, w)| w * get(i, *by).unwrap_or(0.0)).sum::<f64>() / 9.0;
    (first, (0..size).map(smooth).collect())
}

/// Two modes with a valley between them.
#[derive(Clone, Copy, Debug)]
struct Modes {
    /// Milliseconds.
    low: f64,
    high: f64,
    valley: f64,
}

/// The deepest valley between two modes; `None` if there is none that is deep and sure enough.
fn modes(histogram: &SparseHistogram, depth: f64) -> Option<Modes> {
    let (first, counts) = bins(histogram);
    let value = |at: usize| (((first as f64) + at as f64 + 0.5) / BINS).exp() / 1_000.0;
    let peak = |range: std::ops::Range<usize>| range.max_by(|a, b| counts[*a].total_cmp(&counts[*b]));
    let mut best: Option<(f64, Modes)> = None;
    for valley in 3..counts.len().saturating_sub(3) {
        let (Some(low), Some(high)) = (peak(0..valley), peak(valley + 1..counts.len())) else { continue };
        let lower = counts[low].min(counts[high]);
        // Counts are Poisson; smoothing over five bins adds up some six of them.
        let sure = (lower - counts[valley]) * 6.0 / ((lower + counts[valley]) * 6.0).max(1.0).sqrt();
        let deep = counts[valley] <= depth * lower;
        let clear = lower - counts[valley];
        if deep && sure > 5.0 && best.is_none_or(|b| clear > b.0) {
            best = Some((clear, Modes { low: value(low), high: value(high), valley: value(valley) }));
        }
    }
    best.map(|b| b.1)
}

fn above(histogram: &SparseHistogram, ms: f64) -> f64 {
    histogram.count_above(from_ms(ms)) as f64
}

fn from_ms(ms: f64) -> Nanos {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a latency in nanoseconds")]
    let ns = (ms * 1e6) as u64;
    Nanos(ns)
}

fn two(facts: &Facts<'_>, rules: &Rules, calm: &Calm) -> Option<Draft> {
    let kind = Kind::TwoPopulations;
    let found = modes(&calm.histogram, rules.limit(kind, "valley"))?;
    let (total, slow) = (calm.histogram.total as f64, above(&calm.histogram, found.valley));
    let share = slow / total;
    let apart = found.high / found.low >= rules.limit(kind, "times");
    let counted = share.min(1.0 - share) >= rules.limit(kind, "share") && slow.min(total - slow) >= 30.0;
    // The share must be the same all the time: otherwise something happened in between.
    let shares = calm.thirds.iter().filter(|t| t.total > 50).map(|t| above(t, found.valley) / t.total as f64);
    let shares: Vec<f64> = shares.collect();
    let (least, most) =
        (shares.iter().copied().fold(1.0, f64::min), shares.iter().copied().fold(0.0, f64::max));
    if !apart || !counted || shares.len() < 2 || most > 2.0 * least + 0.01 {
        return None;
    }
    let name = facts.name(calm.endpoint);
    let claim = format!(
        "{name} has two populations: {} at {}, {} at {}",
        percent(1.0 - share),
        time(found.low),
        percent(share),
        time(found.high)
    );
    let evidence = Evidence::of(name, Figure::Distribution)
        .ranged("slow share", 100.0 * share, "%", share_interval(slow, total))
        .number("fast mode", found.low, "ms")
        .number("slow mode", found.high, "ms")
        .number("valley", found.valley, "ms");
    let cost = slow * (found.high - found.low) / facts.waited.max(1e-9);
    let draft = Draft::new(kind, claim).costs(cost, 0.0).sure(Confidence::High).evidence(evidence);
    Some(draft.or_else(
        "requests of two kinds under one name: give them names of their own",
        "tally a header that tells servers, cache states or versions apart, and compare their shares with these",
    ))
}

/// Waits that networks and time-outs are made of, in milliseconds, and what they are known for.
const CONSTANTS: [(f64, &str); 9] = [
    (40.0, "a delayed acknowledgement (40 ms) against Nagle's algorithm"),
    (200.0, "a retransmission time-out (200 ms): a lost packet"),
    (1_000.0, "a repeated SYN (1 s): a full accept queue or a lost packet"),
    (3_000.0, "a SYN repeated twice (3 s)"),
    (7_000.0, "a SYN repeated three times (7 s)"),
    (5_000.0, "a time-out of 5 s, as DNS resolvers have"),
    (10_000.0, "a time-out of 10 s"),
    (30_000.0, "a time-out of 30 s"),
    (60_000.0, "a time-out of 60 s"),
];

/// Mass just above a constant, much more than just below it and further up.
fn constants(facts: &Facts<'_>, rules: &Rules, calm: &[Calm]) -> Option<Draft> {
    let mut all = SparseHistogram::default();
    for one in calm {
        all.merge(&one.histogram);
    }
    let total = all.total as f64;
    let p50 = all.quantile(0.5)?.as_millis_f64();
    let p90 = all.quantile(0.9)?.as_millis_f64();
    let kind = Kind::NetworkConstant;
    let found = CONSTANTS.iter().filter_map(|&(constant, known)| {
        if constant < 2.5 * p50 {
            return None;
        }
        // What the request itself takes comes on top.
        let width = 0.03 * constant + 2.0 * p50.max(p90.min(0.15 * constant));
        let mass = |from: f64, to: f64| above(&all, from) - above(&all, to);
        let here = mass(0.995 * constant, constant + width);
        let beside = mass(0.995 * constant - width, 0.99 * constant)
            .max(mass(constant + width, constant + 2.0 * width));
        let excess = here - beside;
        let enough = excess >= rules.limit(kind, "share") * total && excess >= rules.limit(kind, "requests");
        (enough && here > 4.0 * beside + 3.0 * beside.sqrt()).then_some((constant, known, excess))
    });
    let (constant, known, excess) = found.max_by(|a, b| (a.0 * a.2).total_cmp(&(b.0 * b.2)))?;
    let connect = longest_connect(facts);
    let phase = if connect >= 0.97 * constant { ", in the connect phase" } else { "" };
    let claim = format!(
        "{} of the requests take just over {}{phase}: {known}",
        percent(excess / total),
        time(constant)
    );
    let evidence = Evidence::of("all requests", Figure::Distribution)
        .ranged("share", 100.0 * excess / total, "%", share_interval(excess, total))
        .number("constant", constant, "ms")
        .number("longest connect", connect, "ms")
        .number("requests", excess, "");
    let cost = excess * constant / facts.waited.max(1e-9);
    let sure = if phase.is_empty() { Confidence::Medium } else { Confidence::High };
    Some(Draft::new(kind, claim).costs(cost, 0.0).sure(sure).evidence(evidence).or_else(
        "a pause or a time-out of the target's own that happens to be as long",
        "count retransmissions and overflows of listen queues (`nstat -az TcpRetransSegs TcpExtListenOverflows`) on both \
         sides during a run",
    ))
}

fn longest_connect(facts: &Facts<'_>) -> f64 {
    let cells = facts.slices().flat_map(|s| &s.measured.cells);
    cells.map(|c| c.parts[Part::Connect as usize].max.as_millis_f64()).fold(0.0, f64::max)
}

/// Few requests that take many times as long as the others, at any time.
fn tail(facts: &Facts<'_>, rules: &Rules, calm: &[Calm]) -> Option<Draft> {
    let kind = Kind::LongTail;
    let worst = calm.iter().filter(|c| c.histogram.total >= 1_000).filter_map(|c| {
        let ms = |q: f64| c.histogram.quantile(q).map(Nanos::as_millis_f64);
        let (p50, p95, p99, p999) = (ms(0.5)?, ms(0.95)?, ms(0.99)?, ms(0.999)?);
        let long = p99 / p95 >= rules.limit(kind, "p99_over_p95")
            || (c.histogram.total >= 5_000 && p999 / p50 >= rules.limit(kind, "p999_over_p50"));
        long.then_some((c, [p50, p95, p99, p999]))
    });
    let (calm, [p50, p95, p99, p999]) =
        worst.max_by(|a, b| (a.1[3] / a.1[0]).total_cmp(&(b.1[3] / b.1[0])))?;
    let limit = 4.0 * p50;
    let slow: Vec<f64> = calm.points.iter().map(|i| above(&facts.points[*i].histogram, limit)).collect();
    let total: f64 = slow.iter().sum();
    let mut sorted = slow.clone();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let crowded: f64 = sorted.iter().take(sorted.len().div_ceil(10)).sum();
    if total < 10.0 || crowded > 0.6 * total {
        return None;
    }
    let histogram = &calm.histogram;
    let n = histogram.total as f64;
    let beyond: f64 = histogram
        .counts
        .iter()
        .map(|(b, c)| {
            (
                f64::midpoint(bucket_bounds_us(*b as usize).0 as f64, bucket_bounds_us(*b as usize).1 as f64)
                    / 1e3,
                *c as f64,
            )
        })
        .filter(|(ms, _)| *ms > limit)
        .map(|(ms, c)| (ms - p50) * c)
        .sum();
    let name = facts.name(calm.endpoint);
    let claim = format!(
        "{name} has a long tail: p50 {}, p95 {}, p99 {}, p99.9 {}; the slowest {} take {} of all waiting",
        time(p50),
        time(p95),
        time(p99),
        time(p999),
        percent(above(histogram, limit) / n),
        percent(beyond / facts.waited.max(1e-9))
    );
    let evidence = Evidence::of(name, Figure::Distribution)
        .number("p50", p50, "ms")
        .number("p95", p95, "ms")
        .number("p99", p99, "ms")
        .number("p99.9", p999, "ms")
        .number("p99 over p95", p99 / p95, "");
    let draft = Draft::new(kind, claim).costs(beyond / facts.waited.max(1e-9), 0.0).sure(Confidence::High);
    Some(draft.evidence(evidence).or_else(
        "a few requests ask for much more than the others",
        "look at single slow requests (`brunt run --rows`): what do they have in common?",
    ))
}
