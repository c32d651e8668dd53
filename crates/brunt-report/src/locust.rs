//! Locust's four CSV files, for whatever reads those: byte for byte Locust's columns, order, quoting and line
//! ends (`StatsCSVFileWriter` in `locust/stats.py` of <https://github.com/locustio/locust>, version 2.47).
//!
//! What is in them:
//!
//! - **Rows** are Locust's: one a name and method, so that endpoints of several scenarios or actions that share
//!   both are one row, sorted by name and then method; then the total, `Aggregated` without a type. Requests of
//!   warm-up and cool-down are in none of them, as in every total of a run; the history has lines for those
//!   seconds too. Groups of steps and requests that brunt broke on purpose are in none either.
//! - **Response times** run from the instant a request was due to its end, as everywhere in brunt; Locust
//!   measures from the instant it sends. They differ when the generator or the target cannot keep up, and that
//!   is when it matters.
//! - **Percentiles** are right: by nearest rank, from the histogram, to the nearest millisecond. Locust rounds
//!   times to two digits first. So `100%` is never more than half a millisecond above `Max Response Time`.
//! - **`Requests/s`** of the totals is over the time from the beginning of the load to the end of the second of
//!   the last request; in the history it is the mean over the ten seconds that end two seconds before that of
//!   the last request, or over as many of these as there were (0 in the first three): Locust's rule. All rows
//!   are divided by the same time.
//! - **Percentiles of the history** are since the start; with [`LocustHistory::Full`] of the last ten seconds:
//!   Locust's rule again. `0` stands there for a row that had requests, but none in those seconds. (Locust has
//!   `0` in a row's first line or two as well; here they have their value.)
//! - **`Average Content Size`** counts headers too: that is what is measured.
//! - **`Timestamp`** is the end of a second, **`User Count`** as [`UserCount`] has it. The first line of a
//!   history is the beginning, with nothing counted.
//! - **Failures** say the kind of error; with the status, or with the first text of its kind. `First Seen` and
//!   `Last Seen` are the beginnings of seconds.
//! - **Exceptions** are errors of Locust's own test code. A plan has no code that could throw, so this file
//!   has only its header. What is wrong with a run is in its warnings and verdict.
//!
//! Names that a spreadsheet would take for a formula get a `'` in front, as in every CSV file of brunt. Locust
//! does not do that: a reader that joins by name sees the `'` in such names, which begin with `=`, `+`, `-` or
//! `@`. Those of paths and URLs do not.

mod entry;

mod failures;

use crate::{ExportError, UserCount, csv};
use brunt_metrics::{EndpointId, EndpointKind, Nanos, Phase, Second};
use brunt_run::{RunEvent, RunHeader};
use entry::{Entry, Float, Recent};
use failures::Failures;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

/// The columns of `PREFIX_stats.csv`.
const STATS: &str = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,\
    Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,\
    99%,99.9%,99.99%,100%\r\n";

/// The columns of `PREFIX_stats_history.csv`.
const HISTORY: &str = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,\
    99.9%,99.99%,100%,Total Request Count,Total Failure Count,Total Median Response Time,\
    Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size\r\n";

/// The columns of `PREFIX_failures.csv`.
const FAILURES: &str = "Method,Name,Error,Occurrences,First Seen,Last Seen\r\n";

/// The columns of `PREFIX_exceptions.csv`.
const EXCEPTIONS: &str = "Count,Message,Traceback,Nodes\r\n";

/// What the lines of a history are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LocustHistory {
    /// Each second only the total, percentiles since the start.
    #[default]
    Aggregated,
    /// Each second every row, percentiles of the last ten seconds: Locust's `--csv-full-history`.
    Full,
}

/// The files that are written whole, from what was counted so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocustFile {
    /// `PREFIX_stats.csv`: a line a row that had a request, then the total.
    Stats,
    /// `PREFIX_failures.csv`: a line for each error of each row. Locust's lines have no order; these have that
    /// of the rows.
    Failures,
    /// `PREFIX_exceptions.csv`: its header. See the module's text.
    Exceptions,
}

/// Where Locust's four files go.
#[derive(Debug)]
pub struct LocustFiles<W> {
    /// `PREFIX_stats.csv`.
    pub stats: W,
    /// `PREFIX_stats_history.csv`.
    pub history: W,
    /// `PREFIX_failures.csv`.
    pub failures: W,
    /// `PREFIX_exceptions.csv`.
    pub exceptions: W,
}

/// Writes Locust's four files of the run that `events` are.
pub fn write_locust_csv<W: Write>(
    events: impl IntoIterator<Item = RunEvent>,
    rows: LocustHistory,
    files: LocustFiles<W>,
) -> Result<(), ExportError> {
    let LocustFiles { mut stats, history, mut failures, mut exceptions } = files;
    let mut locust = LocustCsv::new(history, rows);
    for event in events {
        locust.event(&event)?;
    }
    if locust.header.is_none() {
        return Err(ExportError::NoHeader);
    }
    locust.write(LocustFile::Stats, &mut stats)?;
    locust.write(LocustFile::Failures, &mut failures)?;
    locust.write(LocustFile::Exceptions, &mut exceptions)?;
    for mut out in [stats, failures, exceptions, locust.finish()?] {
        out.flush()?;
    }
    Ok(())
}

/// Locust's files while a run goes on: the history is written line by line, the other files whole, whenever
/// asked, from what was counted so far.
///
/// Locust writes each of them every second; after the last event they are what [`write_locust_csv`] makes of the
/// run's record. Memory: a histogram a row, with [`LocustHistory::Full`] thirteen short ones more.
#[derive(Debug)]
pub struct LocustCsv<W> {
    history: W,
    rows: LocustHistory,
    header: Option<Box<RunHeader>>,
    users: UserCount,
    clock: Clock,
    total: Entry,
    entries: Vec<Entry>,
    /// Which of `entries` a name and method have, in the order of Locust's rows.
    names: BTreeMap<(String, String), usize>,
    /// Which of `entries` an endpoint belongs to.
    of_endpoint: BTreeMap<EndpointId, usize>,
    failures: Failures,
    row: String,
}

/// What rates are over.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    /// When the load began.
    start: Option<Nanos>,
    /// The second of the last request.
    last: Option<u64>,
    finished: Option<Nanos>,
}

impl Clock {
    fn add(&mut self, second: u64) {
        self.last = Some(second);
        self.start.get_or_insert(Nanos::from_secs(second));
    }

    /// Seconds from the beginning of the load to the last request; 0 before it.
    fn length(&self) -> f64 {
        let (Some(start), Some(last)) = (self.start, self.last) else {
            return 0.0;
        };
        let end = Nanos::from_secs(last + 1);
        let cut = self.finished.filter(|at| at.second() == last).unwrap_or(end);
        (cut - start).as_secs_f64()
    }

    /// The seconds that a rate of the history is over.
    fn recent(&self) -> Range<u64> {
        let (Some(start), Some(last)) = (self.start, self.last) else {
            return 0..0;
        };
        last.saturating_sub(12).max(start.second())..last.saturating_sub(2)
    }
}

impl<W: Write> LocustCsv<W> {
    /// The files of a run, its history to `history`.
    pub fn new(history: W, rows: LocustHistory) -> Self {
        Self {
            history,
            rows,
            header: None,
            users: UserCount::default(),
            clock: Clock::default(),
            total: Entry::default(),
            entries: Vec::new(),
            names: BTreeMap::new(),
            of_endpoint: BTreeMap::new(),
            failures: Failures::default(),
            row: String::new(),
        }
    }

    /// Takes note of what happened next. Each second writes its lines to the history and flushes it.
    pub fn event(&mut self, event: &RunEvent) -> Result<(), ExportError> {
        match event {
            RunEvent::Started(header) => {
                self.header = Some(header.clone());
                self.history.write_all(HISTORY.as_bytes())?;
                self.write_history(None)?;
            }
            RunEvent::Phase(change) => {
                if change.phase == Some(Phase::Load) {
                    self.clock.start.get_or_insert(change.at);
                }
            }
            RunEvent::Second(second) => {
                self.add(second)?;
                self.write_history(Some(second.index))?;
            }
            RunEvent::ErrorDetail(detail) => {
                let header = self.header.as_deref().ok_or(ExportError::NoHeader)?;
                if header.kind(detail.endpoint) == EndpointKind::Request && !detail.text.is_empty() {
                    let entry = self.entry_of(detail.endpoint)?;
                    self.failures.describe(entry, detail.kind, &detail.text);
                }
            }
            RunEvent::Finished(finish) => self.clock.finished = Some(finish.at),
            RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_) => {}
        }
        Ok(())
    }

    fn add(&mut self, second: &Second) -> Result<(), ExportError> {
        let recent = match self.rows {
            LocustHistory::Aggregated => Recent::Counts,
            LocustHistory::Full => Recent::Times,
        };
        self.users.add(second);
        for cell in second.cells.iter().filter(|cell| cell.key.phase == Phase::Load) {
            let at = self.entry_of(cell.key.endpoint)?;
            self.clock.add(second.index);
            self.entries[at].add(second.index, cell, recent);
            self.total.add(second.index, cell, recent);
            self.failures.add(second.index, at, cell);
        }
        Ok(())
    }

    /// Which row an endpoint belongs to.
    fn entry_of(&mut self, endpoint: EndpointId) -> Result<usize, ExportError> {
        if let Some(&at) = self.of_endpoint.get(&endpoint) {
            return Ok(at);
        }
        let header = self.header.as_deref().ok_or(ExportError::NoHeader)?;
        let series = csv::series_of(header, endpoint.0);
        let next = self.entries.len();
        let at = *self.names.entry((series.name, series.method)).or_insert(next);
        if at == next {
            self.entries.push(Entry::default());
        }
        self.of_endpoint.insert(endpoint, at);
        Ok(at)
    }

    /// Writes the lines of a second, or that of the beginning.
    fn write_history(&mut self, second: Option<u64>) -> Result<(), ExportError> {
        let started_ms = self.header.as_deref().ok_or(ExportError::NoHeader)?.started_unix_ms;
        let passed = second.map_or(0, |index| index + 1);
        let at = unix_seconds(started_ms, passed);
        let span = self.clock.recent();
        let mut row = std::mem::take(&mut self.row);
        let write = |method: &str, name: &str, entry: &Entry| -> io::Result<()> {
            row.clear();
            csv::number(&mut row, at);
            csv::number(&mut row, self.users.last());
            csv::text(&mut row, method);
            csv::text(&mut row, name);
            let (requests, failures) = entry.rates(&span);
            csv::number(&mut row, format_args!("{requests:.6}"));
            csv::number(&mut row, format_args!("{failures:.6}"));
            match self.rows {
                LocustHistory::Aggregated => entry.percentiles(&mut row),
                LocustHistory::Full => entry.percentiles_now(&mut row, passed.saturating_sub(1)),
            }
            entry.figures(&mut row);
            csv::end(&mut row);
            self.history.write_all(row.as_bytes())
        };
        let rows = match self.rows {
            LocustHistory::Aggregated => None,
            LocustHistory::Full => Some(seen(&self.names, &self.entries)),
        };
        write_rows(rows.into_iter().flatten(), &self.total, write)?;
        self.history.flush()?;
        self.row = row;
        Ok(())
    }

    /// Writes a file as of now, with its header.
    pub fn write(&self, file: LocustFile, out: &mut impl Write) -> io::Result<()> {
        match file {
            LocustFile::Stats => self.write_stats(out),
            LocustFile::Failures => self.write_failures(out),
            LocustFile::Exceptions => out.write_all(EXCEPTIONS.as_bytes()),
        }
    }

    fn write_stats(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(STATS.as_bytes())?;
        let length = self.clock.length();
        let rate = |count: u64| Float(if length > 0.0 { count as f64 / length } else { 0.0 });
        let mut row = String::new();
        write_rows(seen(&self.names, &self.entries), &self.total, |method, name, entry| {
            row.clear();
            csv::text(&mut row, method);
            csv::text(&mut row, name);
            entry.figures(&mut row);
            csv::number(&mut row, rate(entry.requests));
            csv::number(&mut row, rate(entry.failures));
            entry.percentiles(&mut row);
            csv::end(&mut row);
            out.write_all(row.as_bytes())
        })
    }

    fn write_failures(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(FAILURES.as_bytes())?;
        let started_ms = self.header.as_deref().map_or(0, |header| header.started_unix_ms);
        let mut of_entry: BTreeMap<usize, Vec<failures::Line>> = BTreeMap::new();
        for line in self.failures.lines() {
            of_entry.entry(line.entry).or_default().push(line);
        }
        let mut row = String::new();
        for ((name, method), at) in &self.names {
            for line in of_entry.get(at).into_iter().flatten() {
                row.clear();
                csv::text(&mut row, method);
                csv::text(&mut row, name);
                csv::text(&mut row, &line.error);
                csv::number(&mut row, line.count);
                csv::text(&mut row, &date(unix_seconds(started_ms, line.first)));
                csv::text(&mut row, &date(unix_seconds(started_ms, line.last)));
                csv::end(&mut row);
                out.write_all(row.as_bytes())?;
            }
        }
        Ok(())
    }

    /// Hands on what the history holds back, and gives it back.
    pub fn finish(mut self) -> io::Result<W> {
        self.history.flush()?;
        Ok(self.history)
    }
}

/// The rows that had a request: method, name and figures, in Locust's order.
fn seen<'a>(
    names: &'a BTreeMap<(String, String), usize>,
    entries: &'a [Entry],
) -> impl Iterator<Item = (&'a str, &'a str, &'a Entry)> {
    let row = |((name, method), at): (&'a (String, String), &'a usize)| {
        entries.get(*at).map(|entry| (method.as_str(), name.as_str(), entry))
    };
    names.iter().filter_map(row).filter(|(_, _, entry)| entry.requests > 0)
}

/// Writes each row, then the total.
fn write_rows<'a>(
    rows: impl Iterator<Item = (&'a str, &'a str, &'a Entry)>,
    total: &'a Entry,
    mut write: impl FnMut(&str, &str, &Entry) -> io::Result<()>,
) -> io::Result<()> {
    for (method, name, entry) in rows {
        write(method, name, entry)?;
    }
    write("", "Aggregated", total)
}

/// Whole seconds since 1970, `passed` seconds into the run.
const fn unix_seconds(started_ms: u64, passed: u64) -> u64 {
    started_ms.saturating_add(passed.saturating_mul(1_000)) / 1_000
}

/// `2026-11-20T19:01:02Z`.
fn date(unix_seconds: u64) -> String {
    let at = i64::try_from(unix_seconds).ok().and_then(|s| Timestamp::from_second(s).ok());
    at.unwrap_or(Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
