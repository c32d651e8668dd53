//! What a log tells, kept small: who asked for what and when, without names of people.
//!
//! [`Observer`] takes entries in the order of the log, any order of time. Clients are kept as hashes; what is learnt holds none of them. When there
//! are more requests than a fit needs, whole clients are left out, chosen by their hash, so that sessions stay whole: see
//! [`Observed::thinned`]. [`Part`] is what was observed of a part of a log, to be put together with others.

use crate::part::{Part, Who};
use crate::target::{Target, clean};
use brunt_logs::Entry;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use std::collections::HashMap;
use std::hash::BuildHasher;

/// How many requests a fit looks at. More would not make it better: every law of the model is learnt from far fewer.
pub const MOST_EVENTS: usize = 4_000_000;

/// What clients are hashed under. Whoever knows it can try addresses until one fits a hash; the default one is known to everybody, and of use
/// where no hash is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key(pub [u8; 16]);

impl BuildHasher for Key {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_key(&self.0)
    }
}

/// How many distinct targets are kept as they are; what comes after is kept by its type alone.
const MOST_TARGETS: usize = 1_000_000;

/// How many distinct agents are remembered with what they are; more are looked at anew each time.
const MOST_AGENTS: usize = 100_000;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// The position of its client.
    pub client: u32,
    /// The position of its target.
    pub target: u32,
    /// Bytes of the answer, at most 4 GB.
    pub bytes: u32,
    /// How long the answer took, in microseconds; 0 where nothing is known.
    pub duration_us: u32,
    /// The status; 0 where nothing is known.
    pub status: u16,
}

/// Who asks: an address with an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// A number that all clients of the same address share.
    pub address: u32,
    /// A number that all clients with the same agent share.
    pub agent: u32,
    /// What its agent says that it is.
    pub kind: ClientKind,
}

/// What an agent says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// A browser, or an app of people.
    People,
    /// A crawler, a feed reader, a monitor, a scanner: something that says so.
    Bot,
    /// A library or a command line: `curl`, `python-requests`.
    Program,
    /// It says nothing.
    Unknown,
}

/// What has been seen. Clients, addresses, agents and targets are numbered by their first request in time, and those without any are not there.
#[derive(Debug, Default, PartialEq)]
pub struct Observed {
    /// The requests, by time; those of one instant in the order of the log.
    pub events: Vec<Event>,
    /// By position.
    pub clients: Vec<Client>,
    /// By position.
    pub targets: Vec<Target>,
    /// Entries that were taken, those left out by thinning included.
    pub taken: u64,
    /// Of 2 to this power clients one is kept.
    pub thinned: u32,
    /// What the log's clock was ahead of UTC most often, in seconds.
    pub offset_s: i32,
    /// Whether any time had a fraction of a second.
    pub fractions: bool,
}

/// Takes entries.
#[derive(Debug)]
pub struct Observer {
    key: Key,
    clients: HashMap<u64, u32>,
    targets: HashMap<u64, u32>,
    /// What agents say that they are, by their hash: there are far fewer than clients.
    kinds: HashMap<u64, ClientKind>,
    most_events: usize,
    seen: Part,
}

impl Default for Observer {
    fn default() -> Self {
        Self::new(MOST_EVENTS, Key::default())
    }
}

impl Observer {
    /// Keeps at most that many requests, and clients as hashes under a key.
    pub fn new(most_events: usize, key: Key) -> Self {
        Self {
            key,
            clients: HashMap::new(),
            targets: HashMap::new(),
            kinds: HashMap::new(),
            most_events: most_events.max(1),
            seen: Part::new(key),
        }
    }

    /// Takes one, and says what kind of client it is of.
    pub fn take(&mut self, entry: &Entry<'_>) -> ClientKind {
        let seen = &mut self.seen;
        seen.taken += 1;
        let at_ms = entry.at_us.div_euclid(1_000);
        seen.fractions |= entry.at_us.rem_euclid(1_000_000) != 0;
        *seen.offsets.entry(entry.offset_s).or_default() += 1;
        // Where nobody is named, each request is on its own.
        let known = !entry.who().is_empty();
        let hash = if known {
            self.key.hash_one((entry.who(), entry.agent))
        } else {
            self.key.hash_one((entry.at_us, entry.target, entry.agent))
        };
        if !kept(hash, seen.thinned) {
            return self.kind(self.key.hash_one(entry.agent), entry.agent);
        }
        let client = self.client(hash, known, entry);
        let kind = self.seen.clients[client as usize].kind;
        let target = self.target(entry);
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        self.seen.events.push(Event {
            at_ms,
            client,
            target,
            bytes: small(entry.bytes),
            duration_us: entry.duration_us.map_or(0, |us| small(us).max(1)),
            status: entry.status,
        });
        self.seen.thin(self.most_events);
        kind
    }

    /// All that was seen, by time.
    pub fn finish(self) -> Observed {
        self.part().observed()
    }

    /// The same, to be written down and put together with other parts.
    pub fn part(mut self) -> Part {
        self.seen.put_in_order();
        self.seen
    }

    fn client(&mut self, hash: u64, known: bool, entry: &Entry<'_>) -> u32 {
        if let Some(client) = self.clients.get(&hash) {
            return *client;
        }
        let client = position(self.seen.clients.len());
        let (address, agent) = (self.key.hash_one(entry.who()), self.key.hash_one(entry.agent));
        let kind = self.kind(agent, entry.agent);
        self.seen.clients.push(Who { hash, known, address, agent, kind });
        self.clients.insert(hash, client);
        client
    }

    fn kind(&mut self, hash: u64, agent: &[u8]) -> ClientKind {
        if let Some(kind) = self.kinds.get(&hash) {
            return *kind;
        }
        let kind = kind_of(agent);
        if self.kinds.len() < MOST_AGENTS {
            self.kinds.insert(hash, kind);
        }
        kind
    }

    fn target(&mut self, entry: &Entry<'_>) -> u32 {
        let hash = self.key.hash_one((entry.method, entry.target));
        if let Some(known) = self.targets.get(&hash) {
            return *known;
        }
        let mut target = clean(entry.method, entry.target);
        if self.targets.len() >= MOST_TARGETS {
            target.forget_values();
            let hash = self.key.hash_one(&target);
            let next = position(self.seen.targets.len());
            let known = *self.targets.entry(hash).or_insert(next);
            if known == next {
                self.seen.targets.push(target);
            }
            return known;
        }
        let next = position(self.seen.targets.len());
        self.targets.insert(hash, next);
        self.seen.targets.push(target);
        next
    }
}

/// Whether a client is among those that are kept.
pub(crate) const fn kept(hash: u64, thinned: u32) -> bool {
    thinned == 0 || hash.leading_zeros() >= thinned
}

pub(crate) fn position(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Words by which agents say what they are, lower case; found anywhere in the agent.
const BOTS: [&[u8]; 27] = [
    b"bot",
    b"crawl",
    b"spider",
    b"slurp",
    b"feed",
    b"rss",
    b"monitor",
    b"uptime",
    b"pingdom",
    b"health",
    b"probe",
    b"scan",
    b"archiver",
    b"preview",
    b"facebookexternalhit",
    b"wordpress",
    b"check",
    b"validator",
    b"nagios",
    b"zabbix",
    b"datadog",
    b"newrelic",
    b"prometheus",
    b"kube-probe",
    b"elb-",
    b"qwantify",
    b"reader",
];
const PROGRAMS: [&[u8]; 14] = [
    b"curl", b"wget", b"python", b"java/", b"okhttp", b"go-http", b"axios", b"node", b"ruby", b"perl",
    b"php", b"libwww", b"postman", b"httpie",
];

fn kind_of(agent: &[u8]) -> ClientKind {
    if agent.is_empty() {
        return ClientKind::Unknown;
    }
    let agent = agent.to_ascii_lowercase();
    let says = |words: &[&[u8]]| words.iter().any(|w| agent.windows(w.len()).any(|part| part == *w));
    if says(&BOTS) {
        ClientKind::Bot
    } else if says(&PROGRAMS) {
        ClientKind::Program
    } else if agent.starts_with(b"mozilla/") || agent.starts_with(b"opera/") {
        ClientKind::People
    } else {
        ClientKind::Unknown
    }
}
