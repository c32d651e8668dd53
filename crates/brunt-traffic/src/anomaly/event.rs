//! What an anomaly is told as: its kind, its size, and who is in it.

use super::detect::Side;
use super::log::{LEAST_EXCESS, Outbreak, Watched};
use crate::observe::ClientKind;
use serde::Serialize;
use std::collections::BTreeMap;

/// Endpoints that an anomaly names, those with the most requests too many or too few first.
const NAMED: usize = 5;

/// With a share smaller than this, an endpoint is not named for an anomaly of all requests.
const NAMED_SHARE: f64 = 0.1;

/// What few addresses ask for with success and without changing anything is an attack if it is so often: less is a reader with a bad client.
const FLOOD: usize = 100;

/// So many addresses are few...
const FEW: usize = 5;
/// ... if they have this share of the requests.
const MOST_OF: f64 = 0.8;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AnomalyKind {
    /// Far more requests than usual.
    Spike,
    /// Far fewer: an outage, a client that is gone, or a stretch in which the log was not kept.
    Drop,
    /// A spike of requests that are mostly refused (400 to 499, but not 404 and 410); or that a few addresses made, with mostly 400 to 499 as
    /// the answer, or of a few targets and to change something, or of a few targets and a hundred or more: guessed passwords, a scanner, a
    /// flood, a client gone wrong.
    Attack,
}

impl AnomalyKind {
    /// All of them, the gravest first.
    pub(super) const ALL: [Self; 3] = [Self::Attack, Self::Spike, Self::Drop];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spike => "spike",
            Self::Drop => "drop",
            Self::Attack => "attack",
        }
    }
}

/// Which requests stand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All of them; no endpoint explains it.
    All,
    /// Those of people; no endpoint explains it.
    People,
    /// Those that failed, with a status of 400 or more.
    Failed,
    /// Those of some endpoints.
    Endpoints,
}

/// A stretch of time in which a log is not as usual.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Anomaly {
    /// What happened.
    pub kind: AnomalyKind,
    /// Its begin, seconds since 1970 UTC; whole minutes.
    pub from_unix_s: i64,
    /// Its end: the first moment after it.
    pub to_unix_s: i64,
    /// Which requests stand out.
    pub scope: Scope,
    /// The endpoints that stand out, at most five, the most first; where the scope is another, those with a tenth of its requests or more.
    pub endpoints: Vec<String>,
    /// How many endpoints these are, the unnamed included.
    pub endpoint_count: usize,
    /// Requests of these endpoints, or of the scope, in that time.
    pub requests: u64,
    /// How many were to be expected.
    pub expected: f64,
    /// How many times as many as expected, where it is most unusual.
    pub peak: f64,
    /// Clients (addresses with agents) of these requests.
    pub clients: u64,
    /// These requests by status.
    pub statuses: BTreeMap<u16, u64>,
    /// -log10 of the probability of the most unusual cell. More is more sure; beyond 10 or so it is a rank rather than a probability.
    pub score: f64,
}

/// Anomalies of outbreaks: those of endpoints are joined by kind where they overlap, others are told where endpoints do not
/// explain them.
pub(super) fn told(log: &Watched<'_>, outbreaks: Vec<Outbreak>) -> Vec<Anomaly> {
    let kinds = outbreaks.into_iter().map(|o| (kind(log, &o), o));
    let large =
        |(kind, o): &(AnomalyKind, Outbreak)| *kind == AnomalyKind::Attack || o.excess() >= LEAST_EXCESS;
    let (of_endpoints, mut of_groups): (Vec<_>, Vec<_>) =
        kinds.filter(large).partition(|(_, o)| o.scope == Scope::Endpoints);
    let mut groups = joined(of_endpoints);
    of_groups.sort_by_key(|(_, o)| (o.scope, o.from_ms));
    for (kind, outbreak) in of_groups {
        if !explained(&outbreak, &groups) {
            groups.push((kind, vec![outbreak]));
        }
    }
    groups.into_iter().map(|(kind, outbreaks)| anomaly(log, kind, outbreaks)).collect()
}

/// By kind, those that overlap together.
fn joined(mut found: Vec<(AnomalyKind, Outbreak)>) -> Vec<(AnomalyKind, Vec<Outbreak>)> {
    found.sort_by_key(|(kind, o)| (*kind, o.from_ms, o.endpoint));
    let mut groups: Vec<(AnomalyKind, Vec<Outbreak>)> = Vec::new();
    for (kind, outbreak) in found {
        match groups.last_mut() {
            Some((of, group))
                if *of == kind && group.iter().any(|o| o.near(outbreak.from_ms, outbreak.to_ms)) =>
            {
                group.push(outbreak);
            }
            _ => groups.push((kind, vec![outbreak])),
        }
    }
    groups
}

/// Whether what is told already, at the same time and on the same side, makes half of it.
fn explained(outbreak: &Outbreak, groups: &[(AnomalyKind, Vec<Outbreak>)]) -> bool {
    let those = groups.iter().flat_map(|(_, group)| group);
    let excess: f64 = those
        .filter(|o| o.side == outbreak.side && o.near(outbreak.from_ms, outbreak.to_ms))
        .map(Outbreak::excess)
        .sum();
    excess * 2.0 >= outbreak.excess()
}

fn kind(log: &Watched<'_>, outbreak: &Outbreak) -> AnomalyKind {
    match outbreak.side {
        Side::Below => AnomalyKind::Drop,
        Side::Above if is_attack(log, &outbreak.rows) => AnomalyKind::Attack,
        Side::Above => AnomalyKind::Spike,
    }
}

fn is_attack(log: &Watched<'_>, rows: &[u32]) -> bool {
    let events = || rows.iter().map(|row| &log.observed.events[*row as usize]);
    let share = |n: usize| n as f64 / rows.len().max(1) as f64;
    let client = |client: u32| &log.observed.clients[client as usize];
    let refused = events().filter(|e| matches!(e.status, 400..=403 | 405..=409 | 411..=499)).count();
    let lost = events().filter(|e| matches!(e.status, 400..=499)).count();
    let bots = events().filter(|e| client(e.client).kind == ClientKind::Bot).count();
    let method = |target: u32| log.observed.targets[target as usize].method.as_ref();
    let changing = events().filter(|e| !matches!(method(e.target), "GET" | "HEAD" | "OPTIONS")).count();
    let few = few_share(events().map(|e| client(e.client).address)) >= MOST_OF;
    let hammered = few_share(events().map(|e| e.target)) >= MOST_OF && share(bots) < 0.5;
    let flood = share(changing) >= 0.5 || rows.len() >= FLOOD;
    share(refused) >= 0.5 || few && (share(lost) >= 0.5 || hammered && flood)
}

/// The share that the few most frequent ones have.
fn few_share(of: impl Iterator<Item = u32>) -> f64 {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for one in of {
        *counts.entry(one).or_default() += 1;
    }
    let mut counts: Vec<u64> = counts.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts.iter().take(FEW).sum::<u64>() as f64 / counts.iter().sum::<u64>().max(1) as f64
}

/// The endpoints with a large part of these requests, the largest first.
fn prominent(log: &Watched<'_>, rows: &[u32]) -> Vec<u16> {
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(log.endpoint(*row)).or_default() += 1;
    }
    let mut counts: Vec<(u16, usize)> = counts.into_iter().collect();
    counts.retain(|(_, n)| *n as f64 >= NAMED_SHARE * rows.len() as f64);
    counts.sort_by_key(|(of, n)| (std::cmp::Reverse(*n), *of));
    counts.into_iter().map(|(of, _)| of).collect()
}

/// Of outbreaks at the same time, one or more.
fn anomaly(log: &Watched<'_>, kind: AnomalyKind, mut outbreaks: Vec<Outbreak>) -> Anomaly {
    outbreaks.sort_by(|a, b| b.excess().total_cmp(&a.excess()).then(a.endpoint.cmp(&b.endpoint)));
    let factor = f64::from(2_u32.saturating_pow(log.observed.thinned));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let of_all = |n: f64| (n * factor) as u64;
    let (mut clients, mut statuses) = (Vec::new(), BTreeMap::new());
    for event in outbreaks.iter().flat_map(|o| &o.rows).map(|row| &log.observed.events[*row as usize]) {
        clients.push(event.client);
        *statuses.entry(event.status).or_default() += of_all(1.0);
    }
    clients.sort_unstable();
    clients.dedup();
    let names = match outbreaks[0].scope {
        Scope::Endpoints => outbreaks.iter().filter_map(|o| o.endpoint).collect(),
        Scope::All | Scope::People | Scope::Failed => prominent(log, &outbreaks[0].rows),
    };
    Anomaly {
        kind,
        from_unix_s: outbreaks.iter().map(|o| o.from_ms).min().unwrap_or_default().div_euclid(1_000),
        to_unix_s: outbreaks.iter().map(|o| o.to_ms).max().unwrap_or_default().div_euclid(1_000),
        scope: outbreaks[0].scope,
        endpoints: names
            .iter()
            .take(NAMED)
            .map(|of| log.words.endpoints.names[usize::from(*of)].clone())
            .collect(),
        endpoint_count: names.len(),
        requests: of_all(outbreaks.iter().map(|o| o.requests).sum()),
        expected: outbreaks.iter().map(|o| o.expected).sum::<f64>() * factor,
        peak: outbreaks[0].peak,
        clients: of_all(clients.len() as f64),
        statuses,
        score: outbreaks.iter().map(|o| o.score).fold(0.0, f64::max),
    }
}
