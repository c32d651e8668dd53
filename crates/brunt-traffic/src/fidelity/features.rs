//! What a discriminator looks at: windows of five minutes, and sessions.

use super::discriminator::Described;
use super::distance::{entropy, mean, quantile, variance};
use crate::trace::{Session, Stretch, Trace};
use std::collections::BTreeSet;

const WINDOW_S: usize = 300;
const WINDOW: i64 = 300;
const STRETCH_S: i64 = 6 * 3_600;
/// How many of the most asked endpoints are counted one by one.
const WINDOW_ENDPOINTS: usize = 25;
const SESSION_ENDPOINTS: usize = 30;

/// The features of a window that are no counts of endpoints, in order; counts of endpoints stand between the first 18 and the last 4.
const WINDOW_NAMES: [&str; 22] = [
    "requests",
    "clients",
    "share of the busiest client",
    "share of clients with one request",
    "most in a second",
    "seconds with requests",
    "seconds with several requests",
    "dispersion over seconds",
    "most in a minute",
    "fewest in a minute",
    "dispersion over minutes",
    "entropy of endpoints",
    "distinct endpoints",
    "same endpoint twice running",
    "requests in the same second",
    "median gap",
    "longest gap",
    "gap at 90 %",
    "requests that follow one of the same client",
    "median gap within a client",
    "same second within a client",
    "distinct pairs within a client",
];

const SESSION_NAMES: [&str; 17] = [
    "requests",
    "duration",
    "mean gap",
    "deviation of gaps",
    "shortest gap",
    "longest gap",
    "median gap",
    "gaps below a second",
    "gap repeated",
    "distinct endpoints",
    "entropy of endpoints",
    "first endpoint",
    "last endpoint",
    "second endpoint",
    "third endpoint",
    "same endpoint twice running",
    "distinct pairs",
];

/// The name of a feature of windows, or the position of the endpoint that it counts.
pub(super) fn window_feature(feature: usize) -> Result<&'static str, usize> {
    match feature {
        0..18 => Ok(WINDOW_NAMES[feature]),
        18..43 => Err(feature - 18),
        _ => Ok(WINDOW_NAMES[(feature - WINDOW_ENDPOINTS).min(21)]),
    }
}

/// The name of a feature of sessions, or the position of the endpoint that it counts.
pub(super) fn session_feature(feature: usize) -> Result<&'static str, usize> {
    SESSION_NAMES.get(feature).copied().ok_or(feature.saturating_sub(SESSION_NAMES.len()))
}

fn share(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Counts of the first endpoints, and of all.
fn counted(endpoints: &[u16], kinds: usize) -> Vec<f64> {
    let mut counts = vec![0.0; kinds];
    for endpoint in endpoints {
        counts[usize::from(*endpoint).min(kinds - 1)] += 1.0;
    }
    counts
}

/// Windows of five minutes within the observed time.
pub(super) fn windows(trace: &Trace, observed: &[Stretch], kinds: usize) -> Described {
    let mut described = Described::default();
    for stretch in observed {
        let from_s = stretch.from_ms.div_euclid(1_000);
        let whole = (stretch.to_ms.div_euclid(1_000) - from_s) / WINDOW;
        for i in 0..whole {
            let begin = from_s + i * WINDOW;
            let rows = trace.range(begin * 1_000, (begin + WINDOW) * 1_000);
            let seconds: Vec<i64> =
                trace.at_ms[rows.clone()].iter().map(|t| t.div_euclid(1_000) - begin).collect();
            described.rows.push(window(&seconds, &trace.client[rows.clone()], &trace.endpoint[rows], kinds));
            described.stretch.push(begin.div_euclid(STRETCH_S));
        }
    }
    described
}

fn window(seconds: &[i64], clients: &[u32], endpoints: &[u16], kinds: usize) -> Vec<f64> {
    let n = seconds.len();
    let mut out = vec![n as f64];
    if n == 0 {
        out.resize(18 + WINDOW_ENDPOINTS + 4, 0.0);
        return out;
    }
    let mut by_second = vec![0.0; WINDOW_S];
    for s in seconds {
        by_second[usize::try_from(*s).unwrap_or(0).min(WINDOW_S - 1)] += 1.0;
    }
    let by_minute: Vec<f64> = by_second.chunks(60).map(|m| m.iter().sum()).collect();
    let most = |values: &[f64]| values.iter().copied().fold(f64::MIN, f64::max);
    let gaps = sorted(seconds.windows(2).map(|p| (p[1] - p[0]) as f64).collect());
    let counts = counted(endpoints, kinds);
    let mut ids = clients.to_vec();
    ids.sort_unstable();
    let per_client: Vec<usize> = ids.chunk_by(|a, b| a == b).map(<[u32]>::len).collect();
    let repeated = endpoints.windows(2).filter(|p| p[0] == p[1]).count();
    let several = n > 1;
    out.extend([
        per_client.len() as f64,
        share(per_client.iter().copied().max().unwrap_or(0), n),
        share(per_client.iter().filter(|c| **c == 1).count(), per_client.len()),
        most(&by_second),
        by_second.iter().filter(|c| **c > 0.0).count() as f64,
        by_second.iter().filter(|c| **c > 1.0).count() as f64,
        variance(&by_second) / mean(&by_second),
        most(&by_minute),
        by_minute.iter().copied().fold(f64::MAX, f64::min),
        variance(&by_minute) / mean(&by_minute).max(1e-9),
        entropy(&counts),
        counts.iter().filter(|c| **c > 0.0).count() as f64,
        if several { share(repeated, n - 1) } else { 0.0 },
        if several { share(gaps.iter().filter(|g| **g < 0.5).count(), n - 1) } else { 0.0 },
        if several { quantile(&gaps, 0.5) } else { WINDOW_S as f64 },
        gaps.last().copied().unwrap_or(WINDOW_S as f64),
        if several { quantile(&gaps, 0.9) } else { WINDOW_S as f64 },
    ]);
    out.extend((0..WINDOW_ENDPOINTS).map(|i| counts.get(i).copied().unwrap_or(0.0)));
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|i| (clients[*i], seconds[*i]));
    let pairs: Vec<(usize, usize)> =
        order.windows(2).map(|p| (p[0], p[1])).filter(|(a, b)| clients[*a] == clients[*b]).collect();
    let within = sorted(pairs.iter().map(|(a, b)| (seconds[*b] - seconds[*a]) as f64).collect());
    let kinds_of_pairs: BTreeSet<_> = pairs.iter().map(|(a, b)| (endpoints[*a], endpoints[*b])).collect();
    let none = within.is_empty();
    out.extend([
        share(pairs.len(), n),
        if none { -1.0 } else { quantile(&within, 0.5) },
        if none { -1.0 } else { share(within.iter().filter(|g| **g < 0.5).count(), within.len()) },
        kinds_of_pairs.len() as f64,
    ]);
    out
}

/// Sessions of two requests or more.
pub(super) fn sessions<'a>(of: impl Iterator<Item = &'a Session>, kinds: usize) -> Described {
    let mut described = Described::default();
    for session in of.filter(|s| s.len() >= 2) {
        described.rows.push(session_row(session, kinds));
        described.stretch.push(session.start_ms().div_euclid(1_000 * STRETCH_S));
    }
    described
}

fn session_row(session: &Session, kinds: usize) -> Vec<f64> {
    let n = session.len();
    let gaps: Vec<f64> = session.gaps_s().map(|g| g as f64).collect();
    let ordered = sorted(gaps.clone());
    let counts = counted(&session.endpoint, kinds);
    let e = &session.endpoint;
    let place = |i: usize| e.get(i).map_or(-1.0, |e| f64::from(*e));
    let pairs: BTreeSet<_> = e.windows(2).map(|p| (p[0], p[1])).collect();
    let repeated_gaps = gaps.windows(2).filter(|p| (p[0] - p[1]).abs() < 0.5).count();
    let mut out = vec![
        n as f64,
        gaps.iter().sum(),
        mean(&gaps),
        variance(&gaps).sqrt(),
        ordered[0],
        ordered[ordered.len() - 1],
        quantile(&ordered, 0.5),
        share(gaps.iter().filter(|g| **g < 0.5).count(), gaps.len()),
        if gaps.len() > 1 { share(repeated_gaps, gaps.len() - 1) } else { -1.0 },
        counts.iter().filter(|c| **c > 0.0).count() as f64,
        entropy(&counts),
        place(0),
        place(n - 1),
        place(1),
        place(2),
        share(e.windows(2).filter(|p| p[0] == p[1]).count(), n - 1),
        pairs.len() as f64,
    ];
    out.extend((0..SESSION_ENDPOINTS).map(|i| counts.get(i).copied().unwrap_or(0.0)));
    out
}
