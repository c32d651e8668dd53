//! What a log holds, in one pass and in memory that does not grow with it: counts by hour, method, status and kind of client.

use crate::observe::ClientKind;
use crate::trace::{HOLE_MS, HOUR_MS};
use brunt_logs::Entry;
use serde::Serialize;
use std::collections::BTreeMap;

const TEN_MINUTES_MS: i64 = 600_000;

/// The most cells of ten minutes that are kept: fifty years. What lies further apart is a broken clock, and counted as such.
const MOST_CELLS: usize = 2_700_000;

/// Counts of a log.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Census {
    /// Requests.
    pub requests: u64,
    /// Bytes of the answers.
    pub bytes: u64,
    /// Requests whose line was no request that could be sent.
    pub no_request: u64,
    /// Requests whose client the log does not tell.
    pub without_client: u64,
    /// Requests earlier than the line before them.
    pub out_of_order: u64,
    /// Requests too far from all others in time to be counted by it.
    pub out_of_time: u64,
    /// By method.
    pub methods: BTreeMap<String, u64>,
    /// By status.
    pub statuses: BTreeMap<u16, u64>,
    /// By what agents say that they are.
    pub kinds: BTreeMap<ClientKind, u64>,
    /// By cell of ten minutes, counted from 1970 UTC.
    #[serde(skip)]
    pub cells: BTreeMap<i64, u64>,
    /// By what the log's clock was ahead of UTC, in seconds.
    pub offsets: BTreeMap<i32, u64>,
    /// Response times in milliseconds, in cells of a twentieth of an octave: cell and count.
    #[serde(skip)]
    pub took: BTreeMap<i32, u64>,
    #[serde(skip)]
    last_ms: Option<i64>,
}

/// Methods that are counted by name; there are not many more, and a log may hold anything.
const MOST_METHODS: usize = 40;

/// Cells of an octave of response times.
const CELLS_OF_OCTAVE: f64 = 20.0;

impl Census {
    /// Takes one request, of a client of that kind.
    pub fn take(&mut self, entry: &Entry<'_>, kind: ClientKind) {
        let at_ms = entry.at_us.div_euclid(1_000);
        self.requests += 1;
        self.bytes = self.bytes.saturating_add(entry.bytes);
        self.no_request += u64::from(entry.method.is_empty() || !entry.target.starts_with(b"/"));
        self.without_client += u64::from(entry.who().is_empty());
        self.out_of_order += u64::from(self.last_ms.is_some_and(|last| at_ms < last));
        self.last_ms = Some(at_ms);
        let method = String::from_utf8_lossy(entry.method);
        let method = if method.is_empty() { "-" } else { &*method };
        let room = self.methods.len() < MOST_METHODS;
        match self.methods.get_mut(method) {
            Some(n) => *n += 1,
            None if room => {
                self.methods.insert(method.to_owned(), 1);
            }
            None => *self.methods.entry("(other)".to_owned()).or_default() += 1,
        }
        *self.statuses.entry(entry.status).or_default() += 1;
        *self.kinds.entry(kind).or_default() += 1;
        *self.offsets.entry(entry.offset_s).or_default() += 1;
        let cell = at_ms.div_euclid(TEN_MINUTES_MS);
        let room = self.cells.len() < MOST_CELLS;
        match self.cells.get_mut(&cell) {
            Some(n) => *n += 1,
            None if room => {
                self.cells.insert(cell, 1);
            }
            None => self.out_of_time += 1,
        }
        if let Some(us) = entry.duration_us {
            #[expect(clippy::cast_possible_truncation, reason = "a logarithm")]
            let cell = ((us.max(1) as f64 / 1_000.0).log2() * CELLS_OF_OCTAVE).floor() as i32;
            *self.took.entry(cell).or_default() += 1;
        }
    }

    /// What the log's clock was ahead of UTC most often, in seconds.
    pub fn offset_s(&self) -> i32 {
        self.offsets.iter().max_by_key(|(_, n)| **n).map_or(0, |(offset, _)| *offset)
    }

    /// A response time below which this share is, in milliseconds; to a twentieth of an octave (3.5 %). `None` without any.
    pub fn took_ms(&self, share: f64) -> Option<f64> {
        let total: u64 = self.took.values().sum();
        let mut left = share * total as f64;
        for (cell, n) in &self.took {
            left -= *n as f64;
            if left <= 0.0 {
                return Some(((f64::from(*cell) + 0.5) / CELLS_OF_OCTAVE).exp2());
            }
        }
        None
    }

    /// Hours with their requests, from the first to the last; hours without any are in it with 0, those in which the whole log is
    /// silent for longer than a quarter of an hour at both ends too: see [`Census::observed_hours`].
    pub fn hours(&self) -> Vec<(i64, u64)> {
        let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
        for (cell, n) in &self.cells {
            *hours.entry(cell * TEN_MINUTES_MS / HOUR_MS).or_default() += n;
        }
        hours.into_iter().collect()
    }

    /// How long the log was kept, in hours: stretches in which nobody came for more than twenty minutes are not counted.
    pub fn observed_hours(&self) -> f64 {
        let cells: Vec<i64> = self.cells.keys().copied().collect();
        let holes = HOLE_MS / TEN_MINUTES_MS + 1;
        let gaps: i64 =
            cells.windows(2).map(|p| p[1] - p[0]).map(|gap| if gap > holes { 1 } else { gap }).sum();
        (gaps + 1) as f64 / 6.0
    }

    /// Mean requests per observed hour, by hour of the day in the log's own time.
    pub fn by_hour_of_day(&self) -> [f64; 24] {
        self.profile(|hour| hour.rem_euclid(24))
    }

    /// The same by day of the week, from Monday, per hour.
    pub fn by_weekday(&self) -> [f64; 7] {
        // 1970-01-01 was a Thursday.
        self.profile(|hour| (hour.div_euclid(24) + 3).rem_euclid(7))
    }

    fn profile<const N: usize>(&self, place: impl Fn(i64) -> i64) -> [f64; N] {
        let (mut sums, mut cells) = ([0.0; N], [0.0; N]);
        let offset = i64::from(self.offset_s()) * 1_000;
        for (cell, n) in &self.cells {
            let hour = (cell * TEN_MINUTES_MS + offset).div_euclid(HOUR_MS);
            let at = usize::try_from(place(hour)).unwrap_or(0).min(N - 1);
            sums[at] += *n as f64;
            cells[at] += 1.0;
        }
        // Cells without a request between others were observed too: they are counted by the whole.
        let seen: f64 = cells.iter().sum();
        let all = self.observed_hours() * 6.0;
        std::array::from_fn(|i| {
            if cells[i] > 0.0 { sums[i] / (cells[i] * (all / seen).max(1.0)) * 6.0 } else { 0.0 }
        })
    }

    /// The busiest hours, the busiest first: hours since 1970 UTC with their requests.
    pub fn peak_hours(&self, most: usize) -> Vec<(i64, u64)> {
        let mut hours = self.hours();
        hours.sort_by_key(|(hour, n)| (std::cmp::Reverse(*n), *hour));
        hours.truncate(most);
        hours
    }
}
