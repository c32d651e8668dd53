//! What `brunt logs` tells of a log: as data, and as text for people.

use crate::anomaly::{self, Anomaly, AnomalySettings};
use crate::census::Census;
use crate::observe::{ClientKind, Observed};
use crate::prepare::Vocabulary;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A log, told.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Portrait {
    /// Requests, sessions and clients.
    pub requests: u64,
    /// Requests of one client without a pause of half an hour. Of a thinned log, as many as there would be of all clients.
    pub sessions: u64,
    /// Addresses with an agent; of a thinned log likewise.
    pub clients: u64,
    /// The first request, seconds since 1970 UTC.
    pub first_unix_s: i64,
    /// The last.
    pub last_unix_s: i64,
    /// How long the log was kept, in hours; silent stretches are not counted.
    pub observed_hours: f64,
    /// What the log's clock was ahead of UTC, in seconds.
    pub offset_s: i32,
    /// Bytes of the answers.
    pub bytes: u64,
    /// Mean requests per hour, by hour of the day in the log's time.
    pub by_hour: Vec<f64>,
    /// The same by weekday, from Monday.
    pub by_weekday: Vec<f64>,
    /// The busiest hours: begin in seconds since 1970 UTC, requests.
    pub peak_hours: Vec<(i64, u64)>,
    /// By method.
    pub methods: BTreeMap<String, u64>,
    /// By status.
    pub statuses: BTreeMap<u16, u64>,
    /// By what agents say that they are.
    pub kinds: BTreeMap<ClientKind, u64>,
    /// Response times in milliseconds: p50, p95, p99; if the log tells them.
    pub took_ms: Option<[f64; 3]>,
    /// What is asked for most.
    pub endpoints: Vec<EndpointLine>,
    /// How many endpoints there are.
    pub endpoint_count: usize,
    /// When the log was not as usual, by begin: see [`anomaly::anomalies`].
    pub anomalies: Vec<Anomaly>,
    /// What to beware of.
    pub notes: Vec<String>,
}

/// One endpoint of a portrait.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EndpointLine {
    /// Method and template.
    pub name: String,
    /// Its share of all requests.
    pub share: f64,
    /// The share of its answers with a status of 400 or more.
    pub errors: f64,
    /// Distinct targets.
    pub targets: u64,
    /// The response time below which 95 % are, in milliseconds; if the log tells.
    pub p95_ms: Option<f64>,
}

const PEAKS: usize = 5;
/// Endpoints that are listed.
const LISTED: usize = 20;
/// Fewer addresses than this with half of all requests are proxies rather than people.
const FEW_ADDRESSES: usize = 20;

impl Portrait {
    /// Of a log that was read to its end; `gap_ms` ends a session.
    pub fn of(
        census: &Census,
        observed: &Observed,
        words: &Vocabulary,
        gap_ms: i64,
        anomalies: &AnomalySettings,
    ) -> Self {
        let trace = words.trace(observed);
        let factor = u64::from(2_u32.saturating_pow(observed.thinned));
        let told = |share: f64| census.took_ms(share);
        Self {
            requests: census.requests,
            sessions: trace.sessions(gap_ms).len() as u64 * factor,
            clients: observed.clients.len() as u64 * factor,
            first_unix_s: observed.events.first().map_or(0, |e| e.at_ms.div_euclid(1_000)),
            last_unix_s: observed.events.last().map_or(0, |e| e.at_ms.div_euclid(1_000)),
            observed_hours: census.observed_hours(),
            offset_s: census.offset_s(),
            bytes: census.bytes,
            by_hour: census.by_hour_of_day().to_vec(),
            by_weekday: census.by_weekday().to_vec(),
            peak_hours: census.peak_hours(PEAKS).into_iter().map(|(hour, n)| (hour * 3_600, n)).collect(),
            methods: census.methods.clone(),
            statuses: census.statuses.clone(),
            kinds: census.kinds.clone(),
            took_ms: told(0.5).zip(told(0.95)).zip(told(0.99)).map(|((a, b), c)| [a, b, c]),
            endpoints: endpoints(observed, words),
            endpoint_count: words.endpoints.names.len() - 1,
            anomalies: anomaly::anomalies(observed, words, anomalies),
            notes: notes(census, observed),
        }
    }

    /// As text, at most `width` columns wide where names allow.
    pub fn text(&self, ascii: bool) -> String {
        let mut out = String::new();
        let mut line = |name: &str, text: String| {
            let _ = writeln!(out, "{name:<10} {text}");
        };
        line("span", format!("{} to {}", self.moment(self.first_unix_s), self.moment(self.last_unix_s)));
        line(
            "kept",
            format!(
                "{:.1} h of {:.1} h",
                self.observed_hours,
                (self.last_unix_s - self.first_unix_s) as f64 / 3_600.0
            ),
        );
        let per_hour = self.requests as f64 / self.observed_hours.max(1e-9);
        line("requests", format!("{} ({per_hour:.1} an hour)", grouped(self.requests)));
        line("sessions", format!("{} of {} clients", grouped(self.sessions), grouped(self.clients)));
        line("answers", format!("{} bytes", grouped(self.bytes)));
        if let Some([p50, p95, p99]) = self.took_ms {
            line("took", format!("p50 {p50:.3} ms, p95 {p95:.3} ms, p99 {p99:.3} ms"));
        }
        line(
            "clients",
            shares(self.kinds.iter().map(|(k, n)| (format!("{k:?}").to_lowercase(), *n)), self.requests),
        );
        line("methods", shares(self.methods.iter().map(|(m, n)| (m.clone(), *n)), self.requests));
        line("statuses", shares(self.statuses.iter().map(|(s, n)| (s.to_string(), *n)), self.requests));
        let _ = writeln!(out, "\nby hour of the day, requests an hour ({})", zone(self.offset_s));
        out.push_str(&bars(&self.by_hour, |i| format!("{i:02}:00"), ascii));
        let _ = writeln!(out, "\nby day of the week, requests an hour");
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        out.push_str(&bars(&self.by_weekday, |i| days[i.min(6)].to_owned(), ascii));
        let _ = writeln!(out, "\nbusiest hours");
        for (at, n) in &self.peak_hours {
            let _ = writeln!(out, "  {}  {}", self.moment(*at), grouped(*n));
        }
        let _ = writeln!(
            out,
            "\nendpoints ({} in all)\n  share   errors  targets  p95 ms  endpoint",
            self.endpoint_count
        );
        for e in &self.endpoints {
            let p95 = e.p95_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
            let _ = writeln!(
                out,
                "  {:>5.1}%  {:>5.1}%  {:>7}  {p95:>6}  {}",
                e.share * 100.0,
                e.errors * 100.0,
                e.targets,
                e.name
            );
        }
        out.push('\n');
        out.push_str(&anomaly::lines(&self.anomalies, |unix_s| self.moment(unix_s)));
        if !self.notes.is_empty() {
            out.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(out, "note: {note}");
        }
        out
    }

    fn moment(&self, unix_s: i64) -> String {
        let local = unix_s + i64::from(self.offset_s);
        jiff::Timestamp::from_second(local)
            .map_or_else(|_| unix_s.to_string(), |t| t.strftime("%a %Y-%m-%d %H:%M:%S").to_string())
    }
}

fn zone(offset_s: i32) -> String {
    let (sign, minutes) = (if offset_s < 0 { '-' } else { '+' }, offset_s.unsigned_abs() / 60);
    format!("the log's time, UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// With a thin space's worth of order: 144,072.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Shares in falling order, the least left out.
fn shares(of: impl Iterator<Item = (String, u64)>, total: u64) -> String {
    let mut all: Vec<(String, u64)> = of.collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let shown = all.iter().take(8).map(|(name, n)| {
        let name: String = name.chars().filter(|c| !c.is_control()).take(20).collect();
        format!("{name} {:.1}%", 100.0 * *n as f64 / total.max(1) as f64)
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn bars(values: &[f64], name: impl Fn(usize) -> String, ascii: bool) -> String {
    const WIDTH: f64 = 50.0;
    let most = values.iter().copied().fold(0.0, f64::max).max(1e-9);
    let mark = if ascii { "#" } else { "█" };
    let mut out = String::new();
    for (i, value) in values.iter().enumerate() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 50")]
        let n = (value / most * WIDTH).round() as usize;
        let line = format!("  {:<6}{value:>9.1}  {}", name(i), mark.repeat(n));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn endpoints(observed: &Observed, words: &Vocabulary) -> Vec<EndpointLine> {
    let kinds = words.endpoints.names.len();
    let mut lines: Vec<EndpointLine> = words
        .endpoints
        .names
        .iter()
        .map(|name| EndpointLine { name: name.clone(), ..Default::default() })
        .collect();
    let total = observed.events.len().max(1) as f64;
    let mut took: Vec<Vec<u32>> = vec![Vec::new(); kinds];
    let mut counts = vec![0.0; kinds];
    for event in &observed.events {
        let of = usize::from(words.of_target[event.target as usize]);
        counts[of] += 1.0;
        lines[of].errors += f64::from(u8::from(event.status >= 400));
        if event.duration_us > 0 {
            took[of].push(event.duration_us);
        }
    }
    for of in &words.of_target {
        lines[usize::from(*of)].targets += 1;
    }
    for ((line, count), took) in lines.iter_mut().zip(&counts).zip(&mut took) {
        line.share = count / total;
        line.errors /= count.max(1.0);
        if !took.is_empty() {
            let at = (took.len() * 95 / 100).min(took.len() - 1);
            line.p95_ms = Some(f64::from(*took.select_nth_unstable(at).1) / 1_000.0);
        }
    }
    lines.retain(|line| line.share > 0.0);
    lines.sort_by(|a, b| b.share.total_cmp(&a.share));
    lines.truncate(LISTED);
    lines
}

/// What a reader must know before believing the rest.
fn notes(census: &Census, observed: &Observed) -> Vec<String> {
    let mut notes = Vec::new();
    let total = census.requests.max(1);
    let share = |n: u64| format!("{} ({:.1} %)", grouped(n), 100.0 * n as f64 / total as f64);
    if census.without_client == census.requests && census.requests > 0 {
        notes
            .push("the log tells no client: there are no sessions to learn, arrivals and shares only".into());
    } else if census.without_client > 0 {
        notes.push(format!("{} requests tell no client", share(census.without_client)));
    }
    if census.out_of_order > 0 {
        notes.push(format!(
            "{} requests are earlier than the line before them: servers log when an answer is complete",
            share(census.out_of_order)
        ));
    }
    if census.no_request > 0 {
        notes.push(format!("{} request lines are no request that could be sent", share(census.no_request)));
    }
    if census.offsets.len() > 1 {
        notes.push(
            "the log's offset from UTC changes: hours of the day are those of the most frequent one".into(),
        );
    }
    if census.out_of_time > 0 {
        notes.push(format!("{} requests are from another time than the others", share(census.out_of_time)));
    }
    if observed.thinned > 0 {
        notes.push(format!(
            "sessions and endpoints are told from one client of {}: the log is long",
            2_u32.saturating_pow(observed.thinned)
        ));
    }
    let mut by_address: BTreeMap<u32, u64> = BTreeMap::new();
    for event in &observed.events {
        *by_address.entry(observed.clients[event.client as usize].address).or_default() += 1;
    }
    let mut counts: Vec<u64> = by_address.values().copied().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let busiest: u64 = counts.iter().take(FEW_ADDRESSES).sum();
    if counts.len() > FEW_ADDRESSES && busiest * 2 > observed.events.len() as u64 {
        notes.push(format!(
            "{FEW_ADDRESSES} addresses of {} have {:.0} % of the requests: monitors or crawlers, or proxies that stand before the people",
            counts.len(),
            100.0 * busiest as f64 / observed.events.len() as f64
        ));
    }
    if one_minute(census) {
        notes.push("all times are at the same minute of their hours: they have been rewritten, and tell nothing of arrivals".into());
    }
    notes
}

/// Whether all requests of many hours are in the same ten minutes of their hours.
fn one_minute(census: &Census) -> bool {
    let mut places: Vec<i64> = census.cells.keys().map(|cell| cell.rem_euclid(6)).collect();
    places.sort_unstable();
    places.dedup();
    census.cells.len() >= 12 && places.len() == 1
}
