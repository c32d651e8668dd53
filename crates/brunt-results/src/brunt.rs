//! What runs of ours leave: the record's folder, its summary alone, and the seconds as CSV.

use crate::assemble::{Totals, figures, of_events};
use crate::fold::Heading;
use crate::notes::{At, Notes};
use crate::number::whole;
use crate::rows::{own_outcome, own_phase};
use crate::source::Source;
use crate::table::Table;
use crate::words::status;
use crate::{HistoryPoint, Kind, Percentiles, Results, ResultsError, Tool};
use brunt_metrics::{Nanos, Outcome, Phase, Status};
use brunt_run::{EndpointFigures, Figures, LatencyFigures, Reader, RunEvent, RunView, SeriesName, Summary};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads a record, as far as it is whole.
pub(crate) fn read_record(folder: &Path) -> Result<Results, ResultsError> {
    let mut reader = Reader::open(folder)?;
    let mut notes = Notes::new(folder);
    let mut view = RunView::default();
    let mut events: Vec<RunEvent> = Vec::new();
    for event in reader.by_ref() {
        view.apply(&event);
        events.push(event);
    }
    let ending = reader.ending().clone();
    for torn in &ending.torn {
        notes.problem("torn", At::default(), || torn.to_string());
    }
    if !ending.finished {
        let text =
            "the run did not end in order, or still runs: its figures are those up to its last whole second";
        notes.cut(At::default(), text);
    } else if !ending.torn.is_empty() {
        let text = "the record is damaged: what was measured behind the damage is lost, so it counts as a run without an end";
        notes.cut(At::default(), text);
        // The end that is told is behind the damage.
        events.retain(|event| !matches!(event, RunEvent::Finished(_) | RunEvent::Verdict(_)));
        view = RunView::default();
        for event in &events {
            view.apply(event);
        }
    }
    let mut heading = Heading::new(Tool::Brunt, &reader.header().name);
    heading.version = Some(reader.tool_version().to_owned());
    let summary = match Summary::of(&view) {
        Some(summary) => Some(summary),
        None => reader.summary()?,
    };
    let Some(mut summary) = summary else { return Err(ResultsError::Nothing { folder: folder.to_owned() }) };
    name_tool(&mut summary, &heading);
    Ok(of_events(summary, events, &heading, Kind::BruntRecord, notes))
}

fn name_tool(summary: &mut Summary, heading: &Heading) {
    for (key, value) in heading.environment() {
        summary.environment.entry(key).or_insert(value);
    }
}

/// Reads a `summary.json` that lies alone.
pub(crate) fn read_summary(text: &str, notes: Notes) -> Result<Results, ResultsError> {
    let summary = Summary::from_json(text)
        .map_err(|source| ResultsError::Summary { path: notes.file().to_owned(), source })?;
    let heading = Heading::new(Tool::Brunt, &summary.name);
    let mut totals = Totals::new(Kind::BruntSummary, &heading);
    let (id, finish, started) = (summary.id.clone(), summary.finish.clone(), summary.requests_started);
    totals.summary = summary;
    name_tool(&mut totals.summary, &heading);
    let mut notes = notes;
    notes.gap("a summary has totals only: the record's folder has every second");
    let mut results = totals.into_results(&heading, notes);
    (results.summary.id, results.summary.finish, results.summary.requests_started) = (id, finish, started);
    Ok(results)
}

/// Rows of one endpoint, added up.
#[derive(Debug, Default)]
struct Sum {
    figures: Figures,
    response: Times,
    service: Times,
}

/// What can be added up of rows' times: percentiles cannot.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    count: u64,
    sum_ms: f64,
    max_ms: f64,
}

impl Times {
    fn add(&mut self, count: u64, mean_ms: Option<f64>, max_ms: Option<f64>) {
        // Requests that were never sent have no times.
        let Some(mean_ms) = mean_ms else { return };
        self.count += count;
        self.sum_ms += mean_ms * count as f64;
        self.max_ms = self.max_ms.max(max_ms.unwrap_or(0.0));
    }

    fn figures(&self) -> LatencyFigures {
        let some = |v: f64| (self.count > 0).then_some(v);
        LatencyFigures {
            mean_ms: some(self.sum_ms / self.count.max(1) as f64),
            max_ms: some(self.max_ms),
            ..LatencyFigures::default()
        }
    }
}

/// One row.
struct Cell {
    second: u64,
    series: SeriesName,
    phase: Phase,
    status: Status,
    outcome: Outcome,
    counts: [u64; 4],
    response: [Option<f64>; 2],
    service: [Option<f64>; 2],
}

/// The most endpoints of such a file, as in a run.
const MAX_ROWS: usize = 2_000;
/// The most seconds: a week.
const MAX_SECONDS: u64 = 7 * 24 * 3_600;

/// Reads the CSV with a row a second, endpoint and kind of answer.
pub(crate) fn read_seconds(
    source: Source<'_>,
    name: &str,
    mut notes: Notes,
) -> Result<Results, ResultsError> {
    let kind = Kind::BruntSeconds;
    let mut table = Table::open(source, kind);
    let second = table.need(&["second"], &notes)?;
    let unix_ms = table.need(&["unix_ms"], &notes)?;
    let count = table.need(&["count"], &notes)?;
    let names = ["scenario", "action", "method", "name"].map(|c| table.column(&[c]));
    let texts = ["phase", "status", "outcome"].map(|c| table.column(&[c]));
    let counts = ["bytes_out", "bytes_in", "retries"].map(|c| table.column(&[c]));
    let times = ["response_mean_ms", "response_max_ms", "service_mean_ms", "service_max_ms"]
        .map(|c| table.column(&[c]));
    let mut sums = Sums::default();
    while let Some(row) = table.next(&mut notes) {
        let Some(second) = row.count(Some(second), &mut notes).filter(|s| *s < MAX_SECONDS) else { continue };
        let Some(count) = row.count(Some(count), &mut notes) else { continue };
        if let Some(at) = row.number(Some(unix_ms), &mut notes) {
            sums.started_unix_ms.get_or_insert(whole(at).saturating_sub(second * 1_000));
        }
        let [scenario, action, method, name] = names.map(|c| row.name(c).into_owned());
        let [phase, code, outcome] = texts.map(|c| row.text(c));
        let [out, into, retries] = counts.map(|c| row.count(c, &mut notes).unwrap_or(0));
        let [mean, max, service_mean, service_max] = times.map(|c| row.number(c, &mut notes));
        sums.add(&Cell {
            second,
            series: SeriesName { scenario, action, method, name, ..SeriesName::default() },
            phase: own_phase(&phase),
            status: status(&code),
            outcome: own_outcome(&outcome),
            counts: [count, out, into, retries],
            response: [mean, max],
            service: [service_mean, service_max],
        });
    }
    notes.gap("percentiles of rows cannot be joined: those of the run are in its record and its summary");
    notes.gap("this file has no users, iterations, checks or groups");
    Ok(sums.into_results(name, notes))
}

#[derive(Debug, Default)]
struct Sums {
    started_unix_ms: Option<u64>,
    series: Vec<SeriesName>,
    by_endpoint: BTreeMap<SeriesName, Sum>,
    total: Sum,
    seconds: BTreeMap<u64, (u64, u64, Times)>,
    apart: [(u64, u64); 3],
}

impl Sums {
    fn add(&mut self, cell: &Cell) {
        let failed = if cell.outcome.is_ok() { 0 } else { cell.counts[0] };
        let apart = &mut self.apart[cell.phase as usize];
        *apart = (apart.0 + cell.counts[0], apart.1 + failed);
        if cell.phase != Phase::Load {
            return;
        }
        let point = self.seconds.entry(cell.second).or_default();
        point.0 += cell.counts[0];
        point.1 += failed;
        point.2.add(cell.counts[0], cell.response[0], cell.response[1]);
        self.total.add(cell, failed);
        if !self.by_endpoint.contains_key(&cell.series) {
            if self.series.len() >= MAX_ROWS {
                return;
            }
            self.series.push(cell.series.clone());
        }
        self.by_endpoint.entry(cell.series.clone()).or_default().add(cell, failed);
    }

    fn into_results(mut self, name: &str, notes: Notes) -> Results {
        let heading = Heading::new(Tool::Brunt, name);
        let mut totals = Totals::new(Kind::BruntSeconds, &heading);
        let first = self.seconds.keys().next().copied().unwrap_or(0);
        let length = self.seconds.keys().last().map_or(0, |last| last + 1 - first) as f64;
        totals.summary.total = self.total.figures(length);
        totals.lasted(length);
        totals.summary.started_unix_ms = self.started_unix_ms.unwrap_or(0);
        let [warm_up, _, cool_down] = self.apart;
        totals.summary.apart.warm_up_requests = warm_up.0;
        totals.summary.apart.warm_up_errors = warm_up.1;
        totals.summary.apart.cool_down_requests = cool_down.0;
        totals.summary.apart.cool_down_errors = cool_down.1;
        for series in std::mem::take(&mut self.series) {
            let figures = self.by_endpoint.remove(&series).unwrap_or_default().figures(length);
            totals.summary.endpoints.push(EndpointFigures { series, figures });
        }
        let point = |(second, (requests, errors, times)): (&u64, &(u64, u64, Times))| HistoryPoint {
            at: Nanos::from_secs(*second),
            endpoint: None,
            users: None,
            requests_per_second: Some(*requests as f64),
            errors_per_second: Some(*errors as f64),
            requests: None,
            errors: None,
            response: times.figures(),
            percentiles: Percentiles::OfTheSecond,
        };
        totals.history = self.seconds.iter().map(point).collect();
        totals.into_results(&heading, notes)
    }
}

impl Sum {
    fn add(&mut self, cell: &Cell, failed: u64) {
        let [count, out, into, retries] = cell.counts;
        let f = &mut self.figures;
        f.requests += count;
        f.errors += failed;
        f.bytes_out += out;
        f.bytes_in += into;
        f.retries += retries;
        if let Outcome::Error(kind) = cell.outcome {
            *f.errors_by_kind.entry(kind.name().to_owned()).or_default() += count;
        }
        let status = if cell.status == Status::NONE { "none".to_owned() } else { cell.status.to_string() };
        *f.statuses.entry(status).or_default() += count;
        self.response.add(count, cell.response[0], cell.response[1]);
        self.service.add(count, cell.service[0], cell.service[1]);
    }

    fn figures(&self, seconds: f64) -> Figures {
        let own = &self.figures;
        let rate = (seconds > 0.0).then(|| own.requests as f64 / seconds);
        let base = figures(own.requests, own.errors, rate, self.response.figures());
        Figures {
            measured_ms: seconds * 1e3,
            service: self.service.figures(),
            errors_by_kind: own.errors_by_kind.clone(),
            statuses: own.statuses.clone(),
            bytes_out: own.bytes_out,
            bytes_in: own.bytes_in,
            retries: own.retries,
            ..base
        }
    }
}
