//! A log as the requests that it holds, to be played as they came.

use crate::synthetic::{SYNTHETIC_VERSION, Synthetic, SyntheticRequest};
use crate::target::{Target, clean};
use crate::template::Miner;
use crate::trace::SESSION_GAP_MS;
use brunt_logs::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

/// Requests that are played at most: each takes some hundred bytes.
const MOST: usize = 5_000_000;

/// Takes a log.
#[derive(Debug)]
pub struct Replay {
    name: String,
    hasher: RandomState,
    rows: Vec<(i64, u64, u32)>,
    targets: Vec<Target>,
    known: HashMap<Target, u32>,
}

/// Begins to take a log of this name.
pub fn replayed(name: &str) -> Replay {
    Replay {
        name: name.to_owned(),
        hasher: RandomState::new(),
        rows: Vec::new(),
        targets: Vec::new(),
        known: HashMap::new(),
    }
}

impl Replay {
    /// Takes one request; what is none that could be sent is passed over, and so is what comes after five million.
    pub fn take(&mut self, entry: &Entry<'_>) {
        let target = clean(entry.method, entry.target);
        if !target.is_request() || self.rows.len() >= MOST {
            return;
        }
        let next = u32::try_from(self.targets.len()).unwrap_or(u32::MAX);
        let at = *self.known.entry(target).or_insert_with_key(|target| {
            self.targets.push(target.clone());
            next
        });
        // Without a client each request is on its own.
        let client = if entry.who().is_empty() {
            self.rows.len() as u64
        } else {
            self.hasher.hash_one((entry.who(), entry.agent))
        };
        self.rows.push((entry.at_us.div_euclid(1_000), client, at));
    }

    /// All that was taken, from the first request on.
    pub fn finish(mut self) -> Synthetic {
        self.rows.sort_by_key(|row| row.0);
        let mut miner = Miner::default();
        for (_, _, target) in &self.rows {
            miner.add(&self.targets[*target as usize].path, 1, 1);
        }
        let templates = miner.solve(1);
        let names: Vec<String> = self.targets.iter().map(|target| templates.endpoint(target)).collect();
        let start = self.rows.first().map_or(0, |row| row.0);
        let mut sessions: HashMap<u64, (u32, i64)> = HashMap::new();
        let mut count = 0;
        let requests: Vec<SyntheticRequest> = self
            .rows
            .iter()
            .map(|(at, client, target)| {
                let session = sessions.entry(*client).or_insert((u32::MAX, i64::MIN / 2));
                if at - session.1 > SESSION_GAP_MS {
                    session.0 = count;
                    count += 1;
                }
                session.1 = *at;
                let of = &self.targets[*target as usize];
                let query = of.query.as_ref().map(|q| format!("?{q}")).unwrap_or_default();
                SyntheticRequest {
                    at_ms: u64::try_from(at - start).unwrap_or(0),
                    session: session.0,
                    together: false,
                    method: of.method.to_string(),
                    path: format!("{}{query}", of.path),
                    endpoint: names[*target as usize].clone(),
                    headers: BTreeMap::new(),
                    body: None,
                }
            })
            .collect();
        Synthetic {
            brunt_synthetic: SYNTHETIC_VERSION.into(),
            model: self.name,
            seed: 0,
            start_unix_s: start.div_euclid(1_000),
            span_ms: requests.last().map_or(0, |r| r.at_ms + 1_000),
            factors: BTreeMap::new(),
            requests,
        }
    }
}
