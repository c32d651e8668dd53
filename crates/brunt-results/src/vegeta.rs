//! vegeta's results as it writes them (gob), as CSV and JSON lines, and its report as JSON (`lib/results.go`, `lib/metrics.go` of
//! <https://github.com/tsenart/vegeta>).
//!
//! Vegeta sends at a rate whatever the target does, but stamps a request when it begins and not when it was due.

use crate::assemble::{Totals, figures, sampled};
use crate::fold::{Fold, Heading, Sampled};
use crate::gob::{GobError, GobReader, Plain};
use crate::lines::{Lines, bad_line};
use crate::notes::{At, Notes};
use crate::number::{Comma, Grain, Instant, MAX_COUNT, counted, instant, whole};
use crate::source::Source;
use crate::table::{Table, sound};
use crate::words::{failed, outcome, status};
use crate::{Kind, Results, ResultsError, Tool};
use brunt_metrics::{ErrorKind, Status};
use brunt_run::LatencyFigures;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

/// The columns of `vegeta encode -to csv`, which writes no names.
const COLUMNS: [&str; 6] = ["timestamp", "code", "latency", "bytes_out", "bytes_in", "error"];
const ATTACK: usize = 7;
const METHOD: usize = 9;
const URL: usize = 10;

const LATE: &str = "vegeta stamps a request when it begins to send it: if it fell behind its rate, that lateness is in no time";

/// One result, from either form.
struct Hit<'a> {
    began: Instant,
    latency_ns: f64,
    code: &'a str,
    error: &'a str,
    bytes: [u64; 2],
    attack: &'a str,
    method: &'a str,
    url: &'a str,
    at: At,
}

fn add(hit: &Hit<'_>, fold: &mut Fold, notes: &mut Notes) {
    let Some(latency) = sound(hit.latency_ns, hit.at, notes) else { return };
    let method = if hit.method.is_empty() { "*" } else { hit.method };
    let url = if hit.url.is_empty() { "(unnamed)" } else { hit.url };
    let endpoint = fold.endpoint(if hit.attack.is_empty() { "attack" } else { hit.attack }, method, url);
    let ns = hit.began.ns.saturating_add(i64::try_from(latency.0).unwrap_or(0));
    let mut sampled = Sampled::new(endpoint, Instant { ns, grain: Grain::Fine }, latency);
    sampled.status = status(hit.code);
    sampled.outcome =
        if hit.error.is_empty() { outcome(sampled.status, "") } else { failed(sampled.status, hit.error) };
    [sampled.bytes_out, sampled.bytes_in] = hit.bytes.map(|n| n.min(MAX_COUNT));
    fold.detail(endpoint, sampled.outcome, sampled.ended, hit.error);
    fold.request(&sampled, notes, hit.at);
}

fn heading(name: &str) -> Heading {
    let mut heading = Heading::new(Tool::Vegeta, name);
    heading.executor = "a rate, as vegeta was told";
    heading.open = true;
    heading
}

/// Reads `vegeta encode -to csv`.
pub(crate) fn read_csv(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let mut table = Table::bare(source, Kind::VegetaCsv, &COLUMNS);
    let mut fold = Fold::default();
    while let Some(row) = table.next(&mut notes) {
        let Some(began) = row.instant(Some(0), &mut notes) else { continue };
        let Some(latency_ns) = row.number(Some(2), &mut notes) else { continue };
        let bytes = [3, 4].map(|column| row.count(Some(column), &mut notes).unwrap_or(0));
        let [code, error, attack, method, url] =
            [1, 5, ATTACK, METHOD, URL].map(|column| row.text(Some(column)));
        let hit = Hit {
            began,
            latency_ns,
            code: &code,
            error: &error,
            bytes,
            attack: &attack,
            method: &method,
            url: &url,
            at: row.at(),
        };
        add(&hit, &mut fold, &mut notes);
    }
    notes.gap(LATE);
    sampled(fold, &heading(name), Kind::VegetaCsv, notes)
}

/// Seconds from the first day of the year 1, from which Go counts, to that of 1970.
const GO_EPOCH: i64 = 62_135_596_800;

/// A result in its binary form, as far as it is read.
#[derive(Default)]
struct Binary {
    attack: String,
    code: u64,
    /// `None` without a time that can be read.
    began: Option<i64>,
    latency_ns: i64,
    bytes: [u64; 2],
    error: String,
    method: String,
    url: String,
}

impl Binary {
    fn take(&mut self, name: &str, value: Plain<'_>) {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        match (name, value) {
            ("Attack", Plain::Bytes(bytes)) => self.attack = text(bytes),
            ("Error", Plain::Bytes(bytes)) => self.error = text(bytes),
            ("Method", Plain::Bytes(bytes)) => self.method = text(bytes),
            ("URL", Plain::Bytes(bytes)) => self.url = text(bytes),
            ("Timestamp", Plain::Bytes(bytes)) => self.began = go_time(bytes),
            ("Code", Plain::Unsigned(code)) => self.code = code,
            ("Latency", Plain::Signed(ns)) => self.latency_ns = ns,
            ("BytesOut", Plain::Unsigned(bytes)) => self.bytes[0] = bytes,
            ("BytesIn", Plain::Unsigned(bytes)) => self.bytes[1] = bytes,
            _ => {}
        }
    }
}

/// What Go's `Time.MarshalBinary` wrote: a version, seconds since the year 1, nanoseconds, the zone. In nanoseconds since 1970.
fn go_time(bytes: &[u8]) -> Option<i64> {
    let (version, rest) = bytes.split_first()?;
    let (seconds, rest) = rest.split_first_chunk::<8>()?;
    let (nanoseconds, _) = rest.split_first_chunk::<4>()?;
    let seconds = i64::from_be_bytes(*seconds).checked_sub(GO_EPOCH)?;
    let within = i64::from(i32::from_be_bytes(*nanoseconds));
    matches!(version, 1 | 2).then_some(())?;
    seconds.checked_mul(1_000_000_000)?.checked_add(within).filter(|ns| *ns > 0)
}

/// Reads what `vegeta attack` writes.
pub(crate) fn read_gob(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let mut gob = GobReader::new(source.into_reader());
    let mut fold = Fold::default();
    for number in 1_u64.. {
        let mut result = Binary::default();
        match gob.next(|name, value| result.take(name, value)) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let why = match error {
                    GobError::Cut => "the file was cut off here".to_owned(),
                    GobError::Broken(why) => format!("the file is damaged here ({why})"),
                    GobError::Io(e) => format!("the file cannot be read on from here ({e})"),
                };
                notes.cut(At::default(), format!("{why}, in result {number}: read up to there"));
                break;
            }
        }
        let Some(ns) = result.began else {
            notes.problem("no instants", At::default(), || {
                format!("result {number} has no time: it is left out")
            });
            continue;
        };
        let hit = Hit {
            began: Instant { ns, grain: Grain::Fine },
            latency_ns: result.latency_ns as f64,
            code: &result.code.to_string(),
            error: &result.error,
            bytes: result.bytes,
            attack: &result.attack,
            method: &result.method,
            url: &result.url,
            at: At::default(),
        };
        add(&hit, &mut fold, &mut notes);
    }
    notes.gap(LATE);
    sampled(fold, &heading(name), Kind::VegetaGob, notes)
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default)]
    attack: Cow<'a, str>,
    code: u16,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    latency: f64,
    #[serde(default)]
    bytes_out: u64,
    #[serde(default)]
    bytes_in: u64,
    #[serde(borrow, default)]
    error: Cow<'a, str>,
    #[serde(borrow, default)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    url: Cow<'a, str>,
}

/// Reads `vegeta encode -to json`.
pub(crate) fn read_json(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let mut lines = Lines::new(source.into_reader());
    let mut fold = Fold::default();
    while let Some((number, text)) = lines.next(&mut notes) {
        let line: Line<'_> = match serde_json::from_slice(text) {
            Ok(line) => line,
            Err(error) => {
                bad_line(&error, number, &mut notes);
                continue;
            }
        };
        let at = At::line(number);
        let Some(began) = instant(&line.timestamp, Comma::IsPoint) else {
            notes.problem("no instants", at, || "a result without a time is left out".to_owned());
            continue;
        };
        let hit = Hit {
            began,
            latency_ns: line.latency,
            code: &line.code.to_string(),
            error: &line.error,
            bytes: [line.bytes_out, line.bytes_in],
            attack: &line.attack,
            method: &line.method,
            url: &line.url,
            at,
        };
        add(&hit, &mut fold, &mut notes);
    }
    notes.gap(LATE);
    sampled(fold, &heading(name), Kind::VegetaJson, notes)
}

/// Reads `vegeta report -type json`.
pub(crate) fn read_report(document: &Value, name: &str, mut notes: Notes) -> Results {
    let number = |path: &str| document.pointer(path).and_then(Value::as_f64);
    let ms = |path: &str| number(path).map(|ns| ns / 1e6);
    let heading = heading(name);
    let mut totals = Totals::new(Kind::VegetaReport, &heading);
    let requests = number("/requests").map_or(0, counted);
    let some = |v: Option<f64>| v.filter(|_| requests > 0);
    let response = LatencyFigures {
        min_ms: some(ms("/latencies/min")),
        mean_ms: some(ms("/latencies/mean")),
        p50_ms: some(ms("/latencies/50th")),
        p90_ms: some(ms("/latencies/90th")),
        p95_ms: some(ms("/latencies/95th")),
        p99_ms: some(ms("/latencies/99th")),
        max_ms: some(ms("/latencies/max")),
        ..LatencyFigures::default()
    };
    let errors =
        number("/success").map_or(0, |success| requests - counted(success * requests as f64).min(requests));
    totals.summary.total = figures(requests, errors, number("/rate"), response);
    totals.lasted((number("/duration").unwrap_or(0.0) + number("/wait").unwrap_or(0.0)) / 1e9);
    let total = &mut totals.summary.total;
    total.bytes_in = number("/bytes_in/total").map_or(0, counted);
    total.bytes_out = number("/bytes_out/total").map_or(0, counted);
    for (code, count) in document.get("status_codes").and_then(Value::as_object).into_iter().flatten() {
        let status = status(code);
        let name = if status == Status::NONE { "none".to_owned() } else { status.to_string() };
        let count = count.as_f64().map_or(0, counted);
        *total.statuses.entry(name).or_default() += count;
        if status.class() >= 4 {
            *total.errors_by_kind.entry(ErrorKind::Status.name().to_owned()).or_default() += count;
        }
    }
    let earliest = document.get("earliest").and_then(Value::as_str);
    let earliest = earliest.and_then(|text| instant(text, Comma::IsPoint)).filter(|i| i.ns > 0);
    totals.summary.started_unix_ms = earliest.map_or(0, |i| whole(i.ns as f64 / 1e6));
    notes.gap("vegeta's report has totals only: no endpoints, no course in time; `vegeta encode -to csv` has all samples");
    notes.gap("vegeta's percentiles are estimates (t-digest)");
    notes.gap(LATE);
    totals.into_results(&heading, notes)
}
