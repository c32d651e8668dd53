//! What was observed of a part of a log, to be put together with other parts: logs of many servers or days are read where they are, and learnt from
//! as one.
//!
//! [`Part::merge`] of parts is what an [`Observer`](crate::Observer) makes of all their logs in that order, to the bit, as long as a million
//! distinct targets hold them all. A part holds targets as they were asked for and hashes of clients: it is to be kept as a log is kept. What is learnt from it
//! is not.

use crate::observe::{Client, ClientKind, Event, Key, Observed, kept, position};
use crate::target::Target;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::io::Read;

/// The version of a part that is written and read.
const PART_VERSION: &str = "1.0";

/// A part of a log, observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    #[serde(rename = "brunt_part")]
    version: String,
    /// The hash of nothing: parts whose clients are hashed under another key have another.
    key: u64,
    pub(crate) taken: u64,
    pub(crate) thinned: u32,
    pub(crate) fractions: bool,
    /// Requests by what the log's clock was ahead of UTC, in seconds.
    pub(crate) offsets: BTreeMap<i32, u64>,
    pub(crate) clients: Vec<Who>,
    pub(crate) targets: Vec<Target>,
    pub(crate) events: Vec<Event>,
}

/// A client, by hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Who {
    pub(crate) hash: u64,
    /// Whether the log names clients; one that it does not name asked once.
    pub(crate) known: bool,
    pub(crate) address: u64,
    pub(crate) agent: u64,
    pub(crate) kind: ClientKind,
}

/// Parts cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// It is no such document.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// It is of a version that this program does not know.
    #[error("the part is of version {0}, and this program reads {PART_VERSION}")]
    Version(String),
    /// It names clients or targets that it does not hold.
    #[error("the part contradicts itself: request {0} is of a client or for a target that it does not hold")]
    Inconsistent(usize),
    /// The same client has another hash in each.
    #[error("clients are hashed under another key than in the parts before it")]
    Key,
}

impl Part {
    pub(crate) fn new(key: Key) -> Self {
        Self {
            version: PART_VERSION.into(),
            key: key.hash_one(0_u8),
            taken: 0,
            thinned: 0,
            fractions: false,
            offsets: BTreeMap::new(),
            clients: Vec::new(),
            targets: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Reads one.
    pub fn from_json(from: impl Read) -> Result<Self, PartError> {
        let part: Self = serde_json::from_reader(from)?;
        if part.version != PART_VERSION {
            return Err(PartError::Version(part.version));
        }
        let (clients, targets) = (part.clients.len(), part.targets.len());
        let holds = |e: &Event| (e.client as usize) < clients && (e.target as usize) < targets;
        match part.events.iter().position(|e| !holds(e)) {
            Some(request) => Err(PartError::Inconsistent(request)),
            None => Ok(part),
        }
    }

    /// Requests of it, those left out by thinning included.
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// When the last of its requests was, in milliseconds since 1970 UTC.
    pub fn last_ms(&self) -> Option<i64> {
        self.events.last().map(|e| e.at_ms)
    }

    /// The requests from one moment to before another, in milliseconds since 1970 UTC.
    #[must_use]
    pub fn between(&self, from_ms: i64, to_ms: i64) -> Self {
        let at = |moment| self.events.partition_point(|e| e.at_ms < moment);
        let events = self.events[at(from_ms)..at(to_ms).max(at(from_ms))].to_vec();
        let mut part = Self {
            events,
            taken: 0,
            offsets: self.offsets.clone(),
            clients: self.clients.clone(),
            targets: self.targets.clone(),
            version: self.version.clone(),
            ..*self
        };
        part.taken = (part.events.len() as u64) << part.thinned.min(40);
        part.put_in_order();
        part
    }

    /// Adds what comes after this in the order of the log.
    pub fn merge(mut self, next: Self, most_events: usize) -> Result<Self, PartError> {
        if self.key != next.key {
            return Err(PartError::Key);
        }
        self.taken += next.taken;
        self.fractions |= next.fractions;
        self.thinned = self.thinned.max(next.thinned);
        for (offset, n) in next.offsets {
            *self.offsets.entry(offset).or_default() += n;
        }
        let (clients, targets) = (position(self.clients.len()), position(self.targets.len()));
        self.clients.extend(next.clients);
        self.targets.extend(next.targets);
        self.events.extend(next.events.into_iter().map(|e| Event {
            client: e.client + clients,
            target: e.target + targets,
            ..e
        }));
        self.leave_out();
        self.thin(most_events);
        self.put_in_order();
        Ok(self)
    }

    /// Leaves out every second client until there are no more requests than that.
    pub(crate) fn thin(&mut self, most_events: usize) {
        while self.events.len() > most_events && self.thinned < u64::BITS {
            self.thinned += 1;
            self.leave_out();
        }
    }

    fn leave_out(&mut self) {
        let (clients, thinned) = (&self.clients, self.thinned);
        self.events.retain(|e| kept(clients[e.client as usize].hash, thinned));
    }

    /// By time; clients and targets numbered by their first request, each once, those without any left out.
    pub(crate) fn put_in_order(&mut self) {
        self.events.sort_by_key(|e| e.at_ms);
        let (mut clients, mut targets) = (Vec::new(), Vec::new());
        let (mut of_hash, mut of_target) = (HashMap::new(), HashMap::new());
        let mut target_now = vec![None; self.targets.len()];
        for event in &mut self.events {
            let who = self.clients[event.client as usize];
            let next = position(clients.len());
            event.client = if who.known { *of_hash.entry(who.hash).or_insert(next) } else { next };
            if event.client == next {
                clients.push(who);
            }
            let before = event.target as usize;
            event.target = *target_now[before].get_or_insert_with(|| {
                let target = &self.targets[before];
                *of_target.entry(target).or_insert_with(|| {
                    targets.push(target.clone());
                    position(targets.len() - 1)
                })
            });
        }
        self.clients = clients;
        self.targets = targets;
    }

    /// What is learnt from.
    pub fn observed(self) -> Observed {
        let (mut addresses, mut agents) = (HashMap::new(), HashMap::new());
        let mut numbered = |hash: u64, agent: bool| {
            let known = if agent { &mut agents } else { &mut addresses };
            let next = position(known.len());
            *known.entry(hash).or_insert(next)
        };
        let clients = self
            .clients
            .iter()
            .map(|who| Client {
                address: numbered(who.address, false),
                agent: numbered(who.agent, true),
                kind: who.kind,
            })
            .collect();
        let most = self.offsets.iter().max_by_key(|(offset, n)| (**n, std::cmp::Reverse(**offset)));
        Observed {
            offset_s: most.map_or(0, |(offset, _)| *offset),
            events: self.events,
            clients,
            targets: self.targets,
            taken: self.taken,
            thinned: self.thinned,
            fractions: self.fractions,
        }
    }
}
