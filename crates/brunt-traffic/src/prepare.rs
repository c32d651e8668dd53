//! From what was observed to traces: endpoints are mined from the part that is learnt from, and named alike in both.

use crate::observe::Observed;
use crate::template::{Endpoints, Miner, Templates};
use crate::trace::Trace;
use std::collections::BTreeMap;

/// Endpoints that are told apart, and which one each target belongs to.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// What paths became.
    pub templates: Templates,
    /// By position.
    pub endpoints: Endpoints,
    /// The endpoint of each target, by the target's position.
    pub of_target: Vec<u16>,
}

/// How many endpoints are told apart at most; what is asked for less often is `OTHER`.
pub const MOST_ENDPOINTS: usize = 120;

impl Vocabulary {
    /// Mined from the requests that `learnt` says yes to, by their position; all targets are named by it. `most` endpoints are told
    /// apart, and what fewer than `least_clients` asked for is a variable where there are many of its kind.
    pub fn mine(
        observed: &Observed,
        most: usize,
        least_clients: usize,
        learnt: impl Fn(usize) -> bool,
    ) -> Self {
        let mut counts = vec![0_u64; observed.targets.len()];
        let mut asked: Vec<(u32, u32)> = Vec::new();
        for (i, event) in observed.events.iter().enumerate() {
            if learnt(i) {
                counts[event.target as usize] += 1;
                asked.push((event.target, event.client));
            }
        }
        asked.sort_unstable();
        asked.dedup();
        let mut clients = vec![0; observed.targets.len()];
        for (target, _) in &asked {
            clients[*target as usize] += 1;
        }
        let mut miner = Miner::default();
        for (i, target) in observed.targets.iter().enumerate().filter(|(i, _)| counts[*i] > 0) {
            miner.add(&target.path, counts[i], clients[i]);
        }
        let templates = miner.solve(least_clients);
        let names: Vec<String> = observed.targets.iter().map(|target| templates.endpoint(target)).collect();
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for (name, count) in names.iter().zip(&counts).filter(|(_, count)| **count > 0) {
            *counted.entry(name.clone()).or_default() += count;
        }
        let endpoints = Endpoints::top(&counted, most);
        let of_target = names.iter().map(|name| endpoints.position(name)).collect();
        Self { templates, endpoints, of_target }
    }

    /// The trace of all requests; clients are those of what was observed.
    pub fn trace(&self, observed: &Observed) -> Trace {
        Trace {
            at_ms: observed.events.iter().map(|e| e.at_ms).collect(),
            client: observed.events.iter().map(|e| e.client).collect(),
            endpoint: observed.events.iter().map(|e| self.of_target[e.target as usize]).collect(),
            clients: observed.clients.len(),
        }
    }
}
