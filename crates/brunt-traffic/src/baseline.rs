//! What others do, to compare with: rows of the log drawn by hour, chains of first order, whole sessions pasted.

use crate::model::{exposure, spread_clusters};
use crate::random::Random;
use crate::trace::{SESSION_GAP_MS, Session, Stretch, Trace, hour_of};
use std::collections::BTreeMap;

/// A way of making traffic that is known from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// Rows of the same hour of the day, at uniform times: bootstrap resampling.
    Rows,
    /// One chain of first order with normal think times, as `Markov4JMeter` has it.
    Chain,
    /// Eight clusters of such chains, as WESSBAS has them.
    Chains,
    /// Whole sessions, as they were, at Poisson times: it copies people.
    Sessions,
}

impl Baseline {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rows, Self::Chain, Self::Chains, Self::Sessions];

    /// What it is, in a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows of the hour, resampled",
            Self::Chain => "one chain of first order",
            Self::Chains => "eight clusters of chains",
            Self::Sessions => "whole sessions, pasted",
        }
    }

    /// Learns from a trace of so many endpoints and makes another for these stretches.
    pub fn make(
        self,
        (trace, kinds): (&Trace, usize),
        observed: &[Stretch],
        stretches: &[Stretch],
        random: &mut Random,
    ) -> Trace {
        let exposure = exposure(observed);
        match self {
            Self::Rows => rows(trace, &exposure, stretches, random),
            Self::Sessions => pasted(trace, &exposure, stretches, random),
            Self::Chain => chains((trace, kinds), &exposure, 1, stretches, random),
            Self::Chains => chains((trace, kinds), &exposure, 8, stretches, random),
        }
    }
}

/// Poisson times at a rate by hour of the day.
fn poisson(rate: &[f64; 24], stretches: &[Stretch], random: &mut Random) -> Vec<i64> {
    let mut times = Vec::new();
    for piece in stretches.iter().flat_map(|s| s.hours()) {
        for _ in 0..random.poisson(rate[hour_of(piece.from_ms)] * piece.length_h()) {
            let span = usize::try_from(piece.length_ms()).unwrap_or(0);
            times.push(piece.from_ms + i64::try_from(random.below(span)).unwrap_or(0));
        }
    }
    times.sort_unstable();
    times
}

fn rates(counts: [f64; 24], exposure: &[f64; 24]) -> [f64; 24] {
    std::array::from_fn(|h| if exposure[h] > 0.0 { counts[h] / exposure[h] } else { 0.0 })
}

fn whole(at_ms: i64) -> i64 {
    at_ms.div_euclid(1_000) * 1_000
}

fn rows(trace: &Trace, exposure: &[f64; 24], stretches: &[Stretch], random: &mut Random) -> Trace {
    let mut by_hour: Vec<Vec<usize>> = vec![Vec::new(); 24];
    trace.at_ms.iter().enumerate().for_each(|(i, at)| by_hour[hour_of(*at)].push(i));
    let rate = rates(std::array::from_fn(|h| by_hour[h].len() as f64), exposure);
    let times = poisson(&rate, stretches, random);
    let drawn = times.into_iter().filter_map(|at| {
        let row = *random.pick(&by_hour[hour_of(at)])?;
        Some((whole(at), u64::from(trace.client[row]), trace.endpoint[row]))
    });
    Trace::of(drawn.collect())
}

fn pasted(trace: &Trace, exposure: &[f64; 24], stretches: &[Stretch], random: &mut Random) -> Trace {
    let sessions = trace.sessions(SESSION_GAP_MS);
    let mut by_hour: Vec<Vec<&Session>> = vec![Vec::new(); 24];
    for s in &sessions {
        by_hour[hour_of(s.start_ms())].push(s);
    }
    let rate = rates(std::array::from_fn(|h| by_hour[h].len() as f64), exposure);
    let mut out = Vec::new();
    for (client, at) in poisson(&rate, stretches, random).into_iter().enumerate() {
        let Some(session) = random.pick(&by_hour[hour_of(at)]) else { continue };
        let first = session.start_ms();
        let moved = session
            .at_ms
            .iter()
            .zip(&session.endpoint)
            .map(|(t, e)| (whole(at + t - first), client as u64, *e));
        out.extend(moved.filter(|(t, ..)| stretches.iter().any(|s| s.holds(*t))));
    }
    Trace::of(out)
}

/// Counts of what follows what, with the mean and the scatter of the time between.
#[derive(Default)]
struct Links {
    to: BTreeMap<u16, (f64, f64, f64)>,
    total: f64,
}

fn chains(
    (trace, kinds): (&Trace, usize),
    exposure: &[f64; 24],
    clusters: usize,
    stretches: &[Stretch],
    random: &mut Random,
) -> Trace {
    let edge = u16::try_from(kinds).unwrap_or(u16::MAX);
    let sessions = trace.sessions(SESSION_GAP_MS);
    let cluster = if clusters > 1 {
        spread_clusters(&sessions, kinds, clusters, random)
    } else {
        vec![0; sessions.len()]
    };
    let end = stretches.last().map_or(0, |s| s.to_ms);
    let (mut out, mut client) = (Vec::new(), 0_u64);
    for k in 0..clusters {
        let own = || sessions.iter().zip(&cluster).filter(|(_, c)| **c == k).map(|(s, _)| s);
        let mut counts = [0.0; 24];
        let mut links: BTreeMap<u16, Links> = BTreeMap::new();
        for session in own() {
            counts[hour_of(session.start_ms())] += 1.0;
            let mut from = edge;
            for (i, to) in session.endpoint.iter().copied().chain([edge]).enumerate() {
                let gap =
                    if i > 0 && to != edge { (session.at_ms[i] - session.at_ms[i - 1]) as f64 } else { 0.0 };
                let link = links.entry(from).or_default();
                link.total += 1.0;
                let seen = link.to.entry(to).or_default();
                *seen = (seen.0 + 1.0, seen.1 + gap, seen.2 + gap * gap);
                from = to;
            }
        }
        for begin in poisson(&rates(counts, exposure), stretches, random) {
            client += 1;
            let (mut at, mut from) = (begin, edge);
            for _ in 0..20_000 {
                let Some((to, gap)) = links.get(&from).and_then(|link| step(link, random)) else { break };
                if to == edge || at > end {
                    break;
                }
                at += if from == edge { 0 } else { gap };
                if stretches.iter().any(|s| s.holds(at)) {
                    out.push((whole(at), client, to));
                }
                from = to;
            }
        }
    }
    Trace::of(out)
}

fn step(link: &Links, random: &mut Random) -> Option<(u16, i64)> {
    let mut left = random.unit() * link.total;
    for (to, (n, sum, squares)) in &link.to {
        left -= n;
        if left <= 0.0 {
            let mean = sum / n;
            let deviation = (squares / n - mean * mean).max(0.0).sqrt();
            #[expect(clippy::cast_possible_truncation, reason = "a pause within a session")]
            let gap = (mean + deviation * random.normal()).max(0.0) as i64;
            return Some((*to, gap));
        }
    }
    None
}
