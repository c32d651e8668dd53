//! Calls that other traffic sets off: a site that calls itself, a webhook, a cron that runs on visits.

use super::law::Law;
use crate::random::Random;
use crate::trace::Trace;
use serde::{Deserialize, Serialize};

/// Seconds since the last call that are told apart.
const SINCE_S: [i64; 8] = [0, 5, 15, 30, 60, 120, 240, 300];
/// Own calls that follow another request within this time count as set off by it.
const AFTER_MS: i64 = 1_999;
/// How much more often than by chance calls must follow other requests.
const LEAST_LIFT: f64 = 1.5;

/// How likely a request sets off a call, by its endpoint and by how long ago the last call was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggered {
    /// How much more often than by chance calls follow other requests.
    pub lift: f64,
    /// Calls set off, by endpoint that does and by time since the last call.
    chances: Vec<Vec<f64>>,
    /// Of those, the share in the same second.
    at_once: f64,
    /// Pauses between calls that nothing set off, in milliseconds.
    pauses_ms: Law,
    /// The agents that call: share, endpoints with how often.
    agents: Vec<(f64, Vec<(u16, u32)>)>,
    /// How likely an agent calls again, per second, by time since its last call.
    hazard: Vec<f64>,
}

fn since_cell(ms: i64) -> usize {
    SINCE_S.partition_point(|edge| *edge * 1_000 <= ms).max(1) - 1
}

/// Where one of these is a call of an agent: time, endpoint, agent.
pub(super) type Call = (i64, u16, usize);

impl Triggered {
    /// Learns from the calls of one address and all other requests; `None` if they do not follow those.
    pub(super) fn learn(calls: &[Call], others: &Trace, observed_ms: i64, endpoints: u16) -> Option<Self> {
        let before = |at: i64| others.at_ms.partition_point(|t| *t <= at).checked_sub(1);
        let lag = |at: i64| before(at).map(|i| (i, at - others.at_ms[i]));
        let close: Vec<Option<(usize, i64)>> =
            calls.iter().map(|(at, ..)| lag(*at).filter(|(_, lag)| *lag <= AFTER_MS)).collect();
        let hits = close.iter().flatten().count() as f64 / calls.len() as f64;
        let mut covered: Vec<i64> =
            others.at_ms.iter().flat_map(|t| [t.div_euclid(1_000), t.div_euclid(1_000) + 1]).collect();
        covered.dedup();
        covered.sort_unstable();
        covered.dedup();
        let chance = covered.len() as f64 * 1_000.0 / observed_ms as f64;
        let lift = hits / chance.max(1e-9);
        if lift < LEAST_LIFT {
            return None;
        }
        let mut fired = vec![0.0; others.len()];
        let mut alone = Vec::new();
        for ((at, ..), close) in calls.iter().zip(&close) {
            match close {
                Some((i, _)) => fired[*i] += 1.0,
                None => alone.push(*at),
            }
        }
        let chances = chances(calls, others, &fired, endpoints);
        let pauses = alone.windows(2).map(|p| p[1] - p[0]).filter(|gap| (0..7_200_000).contains(gap));
        let at_once = close.iter().flatten().filter(|(_, lag)| *lag < 1_000).count() as f64
            / close.iter().flatten().count().max(1) as f64;
        let (agents, hazard) = agents(calls);
        Some(Self {
            lift,
            chances,
            at_once,
            pauses_ms: Law::of(pauses.map(|gap| gap as f64).collect()),
            agents,
            hazard,
        })
    }

    /// How many agents call.
    pub(super) const fn agents(&self) -> usize {
        self.agents.len()
    }

    /// Plays the calls that these requests set off, by time: time, endpoint, agent.
    pub(super) fn play(&self, requests: &[(i64, u16)], random: &mut Random, mut emit: impl FnMut(Call)) {
        let Some((from, _)) = requests.first() else { return };
        let mut last = i64::MIN / 2;
        let mut called: Vec<i64> =
            self.agents.iter().map(|_| from - i64::try_from(random.below(1_000_000)).unwrap_or(0)).collect();
        let pause = |random: &mut Random| {
            #[expect(clippy::cast_possible_truncation, reason = "a pause that was seen")]
            self.pauses_ms.draw(random).map(|ms| (ms as i64).max(1))
        };
        let mut next_alone = pause(random).map(|ms| from + ms);
        for (at, endpoint) in requests {
            while let Some(alone) = next_alone.filter(|t| t < at) {
                last = alone;
                emit(self.call(alone, &mut called, random));
                next_alone = pause(random).map(|ms| alone + ms);
            }
            let row = self.chances.get(usize::from(*endpoint));
            let chance = row.and_then(|row| row.get(since_cell(at - last))).copied().unwrap_or(0.0);
            for _ in 0..random.poisson(chance) {
                last = at + if random.unit() < self.at_once { 0 } else { 1_000 };
                emit(self.call(last, &mut called, random));
            }
        }
    }

    fn call(&self, at: i64, called: &mut [i64], random: &mut Random) -> Call {
        let weights: Vec<f64> = self
            .agents
            .iter()
            .zip(called.iter())
            .map(|((share, _), last)| share * self.hazard.get(since_cell(at - last)).copied().unwrap_or(1.0))
            .collect();
        let agent = weighed(&weights, random);
        called[agent] = at;
        let endpoints = &self.agents[agent].1;
        let counts: Vec<f64> = endpoints.iter().map(|(_, n)| f64::from(*n)).collect();
        let endpoint = endpoints.get(weighed(&counts, random)).map_or(0, |(e, _)| *e);
        (at, endpoint, agent)
    }
}

/// A position, each as often as its weight says.
fn weighed(weights: &[f64], random: &mut Random) -> usize {
    let mut left = random.unit() * weights.iter().sum::<f64>();
    for (i, weight) in weights.iter().enumerate() {
        left -= weight;
        if left <= 0.0 {
            return i;
        }
    }
    weights.len().saturating_sub(1)
}

/// Calls set off per request, by endpoint and time since the last call; drawn towards all endpoints together by twenty requests.
fn chances(calls: &[Call], others: &Trace, fired: &[f64], endpoints: u16) -> Vec<Vec<f64>> {
    let cells = SINCE_S.len();
    let mut set_off = vec![vec![0.0; cells]; usize::from(endpoints)];
    let mut asked = vec![vec![0.5; cells]; usize::from(endpoints)];
    let (mut next, mut last) = (0, i64::MIN / 2);
    for (i, at) in others.at_ms.iter().enumerate() {
        while next < calls.len() && calls[next].0 < *at {
            last = calls[next].0;
            next += 1;
        }
        let (endpoint, cell) = (usize::from(others.endpoint[i]), since_cell(at - last));
        set_off[endpoint][cell] += fired[i];
        asked[endpoint][cell] += 1.0;
    }
    let sum = |of: &[Vec<f64>], cell: usize| of.iter().map(|row| row[cell]).sum::<f64>();
    let pooled: Vec<f64> = (0..cells).map(|cell| sum(&set_off, cell) / sum(&asked, cell)).collect();
    set_off
        .iter()
        .zip(&asked)
        .map(|(set_off, asked)| {
            (0..cells).map(|c| (set_off[c] + 20.0 * pooled[c]) / (asked[c] + 20.0)).collect()
        })
        .collect()
}

type Agents = Vec<(f64, Vec<(u16, u32)>)>;

fn agents(calls: &[Call]) -> (Agents, Vec<f64>) {
    let count = calls.iter().map(|(.., agent)| agent + 1).max().unwrap_or(0);
    let mut agents: Agents = vec![(0.0, Vec::new()); count];
    let mut last: Vec<Option<i64>> = vec![None; count];
    let (mut again, mut waited) = (vec![0.5; SINCE_S.len()], vec![1.0; SINCE_S.len()]);
    for (at, endpoint, agent) in calls {
        let (share, endpoints) = &mut agents[*agent];
        *share += 1.0 / calls.len() as f64;
        match endpoints.iter_mut().find(|(e, _)| e == endpoint) {
            Some((_, n)) => *n += 1,
            None => endpoints.push((*endpoint, 1)),
        }
        if let Some(before) = last[*agent].replace(*at) {
            let gap = at - before;
            again[since_cell(gap)] += 1.0;
            for (cell, wait) in waited.iter_mut().enumerate() {
                let from = SINCE_S[cell];
                let to = SINCE_S.get(cell + 1).copied().unwrap_or(10_000_000);
                *wait += ((gap as f64 / 1_000.0).min(to as f64) - from as f64).max(0.0);
            }
        }
    }
    (agents, again.iter().zip(&waited).map(|(n, seconds)| n / seconds).collect())
}
