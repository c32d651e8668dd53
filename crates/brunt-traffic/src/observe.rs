//! What a log tells, kept small: who asked for what and when, without names of people.
//!
//! [`Observer`] takes entries in the order of the log, any order of time. Clients are kept as hashes under a key that is
//! drawn anew for each process and never written; targets are kept once each. When there are more requests than a
//! fit needs, whole clients are left out, chosen by their hash, so that sessions stay whole: see
//! [`Observer::thinned`].

use crate::target::{Target, clean};
use brunt_logs::Entry;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// How many requests a fit looks at. More would not make it better: every law of the model is learnt from far fewer.
pub const MOST_EVENTS: usize = 4_000_000;

/// How many distinct targets are kept as they are; what comes after is kept by its type alone.
const MOST_TARGETS: usize = 1_000_000;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
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

/// What has been seen.
#[derive(Debug, Default)]
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
    /// Entries without a client: sessions cannot be told from them.
    pub without_client: u64,
    /// Entries earlier than the one before them.
    pub out_of_order: u64,
    /// What the log's clock was ahead of UTC most often, in seconds.
    pub offset_s: i32,
    /// Whether any time had a fraction of a second.
    pub fractions: bool,
}

/// Takes entries.
#[derive(Debug)]
pub struct Observer {
    hasher: RandomState,
    clients: HashMap<u64, u32>,
    addresses: HashMap<u64, u32>,
    agents: HashMap<u64, u32>,
    targets: HashMap<u64, u32>,
    hashes: Vec<u64>,
    offsets: HashMap<i32, u64>,
    last_ms: i64,
    most_events: usize,
    seen: Observed,
}

impl Default for Observer {
    fn default() -> Self {
        Self::new(MOST_EVENTS)
    }
}

impl Observer {
    /// Keeps at most that many requests.
    pub fn new(most_events: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            clients: HashMap::new(),
            addresses: HashMap::new(),
            agents: HashMap::new(),
            targets: HashMap::new(),
            hashes: Vec::new(),
            offsets: HashMap::new(),
            last_ms: i64::MIN,
            most_events: most_events.max(1),
            seen: Observed::default(),
        }
    }

    /// Takes one, and says what kind of client it is of.
    pub fn take(&mut self, entry: &Entry<'_>) -> ClientKind {
        let seen = &mut self.seen;
        seen.taken += 1;
        let at_ms = entry.at_us.div_euclid(1_000);
        seen.fractions |= entry.at_us.rem_euclid(1_000_000) != 0;
        seen.out_of_order += u64::from(at_ms < self.last_ms);
        self.last_ms = at_ms;
        *self.offsets.entry(entry.offset_s).or_default() += 1;
        seen.without_client += u64::from(entry.who().is_empty());
        let hash = self.hasher.hash_one((entry.who(), entry.agent));
        if !kept(hash, seen.thinned) {
            return kind_of(entry.agent);
        }
        let client = self.client(hash, entry);
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
        if self.seen.events.len() > self.most_events {
            self.thin();
        }
        kind
    }

    /// All that was seen, by time.
    pub fn finish(mut self) -> Observed {
        self.seen.events.sort_by_key(|e| e.at_ms);
        let mut offsets: Vec<_> = self.offsets.into_iter().collect();
        offsets.sort_unstable_by_key(|(offset, n)| (std::cmp::Reverse(*n), *offset));
        self.seen.offset_s = offsets.first().map_or(0, |(offset, _)| *offset);
        self.seen
    }

    fn client(&mut self, hash: u64, entry: &Entry<'_>) -> u32 {
        if let Some(known) = self.clients.get(&hash) {
            return *known;
        }
        let address = numbered(&mut self.addresses, self.hasher.hash_one(entry.who()));
        let agent = numbered(&mut self.agents, self.hasher.hash_one(entry.agent));
        let client = position(self.seen.clients.len());
        self.seen.clients.push(Client { address, agent, kind: kind_of(entry.agent) });
        self.hashes.push(hash);
        self.clients.insert(hash, client);
        client
    }

    fn target(&mut self, entry: &Entry<'_>) -> u32 {
        let hash = self.hasher.hash_one((entry.method, entry.target));
        if let Some(known) = self.targets.get(&hash) {
            return *known;
        }
        let mut target = clean(entry.method, entry.target);
        if self.targets.len() >= MOST_TARGETS {
            target.forget_values();
            let hash = self.hasher.hash_one(&target);
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

    /// Leaves out every second client that is left.
    fn thin(&mut self) {
        self.seen.thinned += 1;
        let (hashes, thinned) = (&self.hashes, self.seen.thinned);
        let keep = |client: u32| hashes.get(client as usize).is_some_and(|hash| kept(*hash, thinned));
        self.seen.events.retain(|e| keep(e.client));
    }
}

/// Whether a client is among those that are kept.
const fn kept(hash: u64, thinned: u32) -> bool {
    thinned == 0 || hash.leading_zeros() >= thinned
}

/// The number of something, in order of appearance.
fn numbered(known: &mut HashMap<u64, u32>, hash: u64) -> u32 {
    let next = position(known.len());
    *known.entry(hash).or_insert(next)
}

fn position(n: usize) -> u32 {
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
