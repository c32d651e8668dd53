//! A trace: who asked for which endpoint and when; the one form that fits, baselines and measures of likeness share.

use std::ops::Range;

/// Requests by time, as columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// When, in milliseconds since 1970 UTC, ascending.
    pub at_ms: Vec<i64>,
    /// Who: numbers below [`Trace::clients`].
    pub client: Vec<u32>,
    /// What: positions in a list of endpoints that is kept beside.
    pub endpoint: Vec<u16>,
    /// How many clients there are.
    pub clients: usize,
}

pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// The hour of the day (UTC), from 0.
pub(crate) fn hour_of(at_ms: i64) -> usize {
    usize::try_from(at_ms.div_euclid(HOUR_MS).rem_euclid(24)).unwrap_or(0)
}

/// How long some stretches are together, in milliseconds.
pub(crate) fn total_ms(stretches: &[Stretch]) -> i64 {
    stretches.iter().map(|s| s.length_ms()).sum()
}

/// A pause that ends a session, unless somebody says otherwise: half an hour, as most web analytics have it.
pub const SESSION_GAP_MS: i64 = 1_800_000;

/// A stretch of time in which the log was kept, in milliseconds: from its begin to before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stretch {
    /// Its first moment, since 1970 UTC.
    pub from_ms: i64,
    /// The first moment after it.
    pub to_ms: i64,
}

impl Stretch {
    /// How long it is.
    pub const fn length_ms(self) -> i64 {
        self.to_ms - self.from_ms
    }

    /// Its pieces that lie in one hour (UTC) each, in order.
    pub(crate) fn hours(self) -> impl Iterator<Item = Self> {
        let piece = move |from_ms: i64| {
            let to_ms = self.to_ms.min((from_ms.div_euclid(HOUR_MS) + 1) * HOUR_MS);
            (from_ms < self.to_ms).then_some(Self { from_ms, to_ms })
        };
        std::iter::successors(piece(self.from_ms), move |before| piece(before.to_ms))
    }

    /// How long it is, in hours.
    pub(crate) fn length_h(self) -> f64 {
        self.length_ms() as f64 / HOUR_MS as f64
    }

    /// Whether a moment lies in it.
    pub const fn holds(self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && at_ms < self.to_ms
    }
}

/// The time of these moments (ascending, in milliseconds since 1970 UTC), cut where there is none for longer than `silence_ms`. Ends
/// are a second after the last moment, since a log of whole seconds does not tell more.
pub(crate) fn stretches(at_ms: &[i64], silence_ms: i64) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let (Some(first), Some(last)) = (at_ms.first(), at_ms.last()) else { return stretches };
    let mut from_ms = *first;
    let end = |t: i64| t.div_euclid(1_000) * 1_000 + 1_000;
    for pair in at_ms.windows(2) {
        if pair[1] - pair[0] > silence_ms {
            stretches.push(Stretch { from_ms, to_ms: end(pair[0]) });
            from_ms = pair[1];
        }
    }
    stretches.push(Stretch { from_ms, to_ms: end(*last) });
    stretches
}

/// How long a whole log must be silent for the time to count as not observed.
pub const HOLE_MS: i64 = 900_000;

/// The requests of one client without a long pause between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Who.
    pub client: u32,
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: Vec<i64>,
    /// What, in the same order.
    pub endpoint: Vec<u16>,
}

impl Session {
    /// When it began.
    pub fn start_ms(&self) -> i64 {
        self.at_ms.first().copied().unwrap_or_default()
    }

    /// How many requests it has.
    pub const fn len(&self) -> usize {
        self.at_ms.len()
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.at_ms.is_empty()
    }

    /// The pauses between its requests, in whole seconds as most logs tell them.
    pub fn gaps_s(&self) -> impl Iterator<Item = i64> {
        self.at_ms.windows(2).map(|pair| pair[1].div_euclid(1_000) - pair[0].div_euclid(1_000))
    }
}

impl Trace {
    /// How many requests there are.
    pub const fn len(&self) -> usize {
        self.at_ms.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.at_ms.is_empty()
    }

    /// Of rows in any order; rows of one instant keep theirs. Clients are numbered anew.
    pub fn of(mut rows: Vec<(i64, u64, u16)>) -> Self {
        rows.sort_by_key(|row| row.0);
        let mut ids: Vec<u64> = rows.iter().map(|row| row.1).collect();
        ids.sort_unstable();
        ids.dedup();
        let number = |id: u64| u32::try_from(ids.binary_search(&id).unwrap_or_default()).unwrap_or(u32::MAX);
        Self {
            at_ms: rows.iter().map(|r| r.0).collect(),
            client: rows.iter().map(|r| number(r.1)).collect(),
            endpoint: rows.iter().map(|r| r.2).collect(),
            clients: ids.len(),
        }
    }

    /// The rows between two moments.
    pub fn range(&self, from_ms: i64, to_ms: i64) -> Range<usize> {
        self.at_ms.partition_point(|t| *t < from_ms)..self.at_ms.partition_point(|t| *t < to_ms)
    }

    /// The rows that `keep` keeps; clients keep their numbers.
    #[must_use]
    pub fn filtered(&self, mut keep: impl FnMut(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.len()).filter(|i| keep(*i)).collect();
        Self {
            at_ms: rows.iter().map(|i| self.at_ms[*i]).collect(),
            client: rows.iter().map(|i| self.client[*i]).collect(),
            endpoint: rows.iter().map(|i| self.endpoint[*i]).collect(),
            clients: self.clients,
        }
    }

    /// When the log was kept: it is cut where everything is silent for longer than [`HOLE_MS`]. Ends are a second after the
    /// last request, since a log of whole seconds does not tell more.
    pub fn observed(&self) -> Vec<Stretch> {
        stretches(&self.at_ms, HOLE_MS)
    }

    /// Sessions, by when they began: a pause longer than `gap_ms` ends one.
    pub fn sessions(&self, gap_ms: i64) -> Vec<Session> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|i| (self.client[*i], self.at_ms[*i]));
        let mut sessions: Vec<Session> = Vec::new();
        for i in order {
            let (client, at) = (self.client[i], self.at_ms[i]);
            let goes_on = sessions
                .last()
                .is_some_and(|s| s.client == client && s.at_ms.last().is_some_and(|t| at - t <= gap_ms));
            if !goes_on {
                sessions.push(Session { client, at_ms: Vec::new(), endpoint: Vec::new() });
            }
            if let Some(session) = sessions.last_mut() {
                session.at_ms.push(at);
                session.endpoint.push(self.endpoint[i]);
            }
        }
        sessions.sort_by_key(Session::start_ms);
        sessions
    }

    /// Clients that are there in a quarter of the observed hours or more: monitors, crons, feed readers that never leave.
    pub fn persistent(&self, observed: &[Stretch]) -> Vec<bool> {
        let hours = total_ms(observed) as f64 / HOUR_MS as f64;
        let mut seen: Vec<(u32, i64)> =
            self.client.iter().zip(&self.at_ms).map(|(c, t)| (*c, t.div_euclid(HOUR_MS))).collect();
        seen.sort_unstable();
        seen.dedup();
        let mut count = vec![0_u64; self.clients];
        for (client, _) in seen {
            count[client as usize] += 1;
        }
        count.into_iter().map(|n| n as f64 >= 0.25 * hours).collect()
    }
}
