//! CSV files with a row a request, of tools that need no more than their columns explained: Locust's request logger, oha,
//! hey, and our own requests.

use crate::assemble::{FROM_SEND, sampled};
use crate::fold::{Fold, Heading, Sampled};
use crate::notes::Notes;
use crate::number::{Grain, Instant, whole};
use crate::source::Source;
use crate::table::{Row, Table};
use crate::words::{failed, outcome, status};
use crate::{Kind, Results, ResultsError, Tool};
use brunt_metrics::{ErrorKind, Nanos, Outcome, Part, Phase};

const MS: f64 = 1e6;
const S: f64 = 1e9;

/// Reads what Locust's `csv_request_logger.py` writes. Its timestamp is that of sending.
pub(crate) fn read_locust_requests(
    source: Source<'_>,
    name: &str,
    mut notes: Notes,
) -> Result<Results, ResultsError> {
    let kind = Kind::LocustRequests;
    let mut table = Table::open(source, kind);
    let timestamp = table.need(&["timestamp"], &notes)?;
    let method = table.need(&["request_type"], &notes)?;
    let label = table.need(&["name"], &notes)?;
    let took = table.need(&["response_time_ms"], &notes)?;
    let [size, code, error] = ["response_length", "status_code", "exception"].map(|c| table.column(&[c]));
    let mut fold = Fold::default();
    while let Some(row) = table.next(&mut notes) {
        let Some(began) = row.instant(Some(timestamp), &mut notes) else { continue };
        let Some(took) = row.duration(Some(took), MS, &mut notes) else { continue };
        let ended = later(began, took);
        let endpoint = fold.endpoint("(all users)", &row.name(Some(method)), &row.name(Some(label)));
        let mut sampled = Sampled::new(endpoint, ended, took);
        sampled.status = status(&row.text(code));
        let text = row.text(error);
        sampled.outcome =
            if text.is_empty() { outcome(sampled.status, "") } else { failed(sampled.status, &text) };
        sampled.bytes_in = row.count(size, &mut notes).unwrap_or(0);
        fold.detail(endpoint, sampled.outcome, ended, &text);
        fold.request(&sampled, &mut notes, row.at());
    }
    notes.gap(format!("Locust: {FROM_SEND}"));
    notes.gap("how many users there were is not told");
    sampled(fold, &Heading::new(Tool::Locust, name), kind, notes)
}

/// An instant on the source's own clock, of so many seconds.
fn offset(seconds: f64) -> Option<Instant> {
    (0.0..1e9)
        .contains(&seconds)
        .then(|| Instant { ns: i64::try_from(whole(seconds * S)).unwrap_or(0), grain: Grain::Fine })
}

fn undated(tool: Tool, name: &str) -> Heading {
    Heading { dated: false, ..Heading::new(tool, name) }
}

fn later(start: Instant, by: Nanos) -> Instant {
    Instant { ns: start.ns.saturating_add(i64::try_from(by.0).unwrap_or(0)), ..start }
}

/// Reads `oha --output-format csv`: times in seconds, the start since that of the run.
pub(crate) fn read_oha(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let kind = Kind::OhaCsv;
    let mut table = Table::open(source, kind);
    let start = table.need(&["request-start"], &notes)?;
    let took = table.need(&["request-duration"], &notes)?;
    let code = table.need(&["status"], &notes)?;
    let [dns, dialup, size] = ["DNS", "DNS+dialup", "bytes"].map(|c| table.column(&[c]));
    let mut fold = Fold::default();
    let endpoint = fold.endpoint("(all)", "*", "(the one request)");
    while let Some(row) = table.next(&mut notes) {
        let Some(start) = row.number(Some(start), &mut notes).and_then(offset) else { continue };
        let Some(took) = row.duration(Some(took), S, &mut notes) else { continue };
        let mut sampled = Sampled::new(endpoint, later(start, took), took);
        sampled.status = status(&row.text(Some(code)));
        sampled.outcome = outcome(sampled.status, "");
        sampled.bytes_in = row.count(size, &mut notes).unwrap_or(0);
        let dns = row.duration(dns, S, &mut notes).unwrap_or_default();
        let dialup = row.duration(dialup, S, &mut notes).unwrap_or_default();
        sampled.parts[Part::Dns as usize] = dns;
        sampled.parts[Part::Connect as usize] = dialup - dns;
        fold.request(&sampled, &mut notes, row.at());
    }
    notes.gap("oha's CSV has only requests that were answered: failed ones are missing, and the error rate is of statuses alone");
    notes.gap("oha's CSV has neither the address nor the date");
    notes.gap(format!("oha without `-q` and `--latency-correction`: {FROM_SEND}"));
    sampled(fold, &undated(Tool::Oha, name), kind, notes)
}

/// Reads `hey -o csv`: times in seconds to four decimals, `offset` is the start since that of the run.
pub(crate) fn read_hey(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let kind = Kind::HeyCsv;
    let mut table = Table::open(source, kind);
    let took = table.need(&["response-time"], &notes)?;
    let start = table.need(&["offset"], &notes)?;
    let code = table.need(&["status-code"], &notes)?;
    let parts = [
        (Part::Dns, table.column(&["DNS"])),
        (Part::Sending, table.column(&["Request-write"])),
        (Part::Waiting, table.column(&["Response-delay"])),
        (Part::Receiving, table.column(&["Response-read"])),
    ];
    let dialup = table.column(&["DNS+dialup"]);
    let mut fold = Fold::default();
    let endpoint = fold.endpoint("(all)", "*", "(the one request)");
    while let Some(row) = table.next(&mut notes) {
        let Some(start) = row.number(Some(start), &mut notes).and_then(offset) else { continue };
        let Some(took) = row.duration(Some(took), S, &mut notes) else { continue };
        let mut sampled = Sampled::new(endpoint, later(start, took), took);
        sampled.status = status(&row.text(Some(code)));
        sampled.outcome = outcome(sampled.status, "");
        for (part, column) in parts {
            sampled.parts[part as usize] = row.duration(column, S, &mut notes).unwrap_or_default();
        }
        let dialup = row.duration(dialup, S, &mut notes).unwrap_or_default();
        sampled.parts[Part::Connect as usize] = dialup - sampled.parts[Part::Dns as usize];
        fold.request(&sampled, &mut notes, row.at());
    }
    notes.gap("hey's CSV has only requests that were answered: failed ones are missing, and the error rate is of statuses alone");
    notes.gap("hey's times have four decimals of a second: below a millisecond they are coarse");
    notes.gap("hey's CSV has neither the address nor the date");
    notes.gap(format!("hey: {FROM_SEND}"));
    sampled(fold, &undated(Tool::Hey, name), kind, notes)
}

/// Reads our own requests: instants in seconds of run time.
pub(crate) fn read_brunt_requests(
    source: Source<'_>,
    name: &str,
    mut notes: Notes,
) -> Result<Results, ResultsError> {
    let kind = Kind::BruntRequests;
    let mut table = Table::open(source, kind);
    let ended = table.need(&["ended_s"], &notes)?;
    let response = table.need(&["response_ms"], &notes)?;
    let columns = [
        "service_ms",
        "scenario",
        "action",
        "method",
        "name",
        "phase",
        "status",
        "outcome",
        "bytes_out",
        "bytes_in",
        "retries",
    ]
    .map(|c| table.column(&[c]));
    let parts = Part::ALL.map(|p| table.column(&[format!("{}_ms", p.name()).as_str()]));
    let mut fold = Fold::default();
    while let Some(row) = table.next(&mut notes) {
        let Some(ended) = row.number(Some(ended), &mut notes).and_then(offset) else { continue };
        let unsent = !own_outcome(&row.text(columns[7])).is_sent();
        let response = row.duration(Some(response), MS, &mut notes);
        let Some(response) = response.or(unsent.then_some(Nanos::ZERO)) else { continue };
        let mut sampled = own_request(&row, &columns, &mut fold, &mut notes, (ended, response));
        for (part, column) in sampled.parts.iter_mut().zip(parts) {
            *part = row.duration(column, MS, &mut notes).unwrap_or_default();
        }
        fold.request(&sampled, &mut notes, row.at());
    }
    notes
        .gap("the requests' CSV has no date, users, iterations, checks or groups: the run's record has them");
    sampled(fold, &undated(Tool::Brunt, name), kind, notes)
}

fn own_request(
    row: &Row<'_>,
    columns: &[Option<usize>; 11],
    fold: &mut Fold,
    notes: &mut Notes,
    (ended, response): (Instant, Nanos),
) -> Sampled {
    let [service, scenario, action, method, name, phase, code, result, out, into, retries] = *columns;
    let names = [scenario, action, method, name].map(|c| row.name(c));
    let endpoint = fold.endpoint_of_action([&names[0], &names[1], &names[2], &names[3]]);
    let mut sampled = Sampled::new(endpoint, ended, response);
    sampled.service = row.duration(service, MS, notes);
    sampled.status = status(&row.text(code));
    sampled.phase = own_phase(&row.text(phase));
    sampled.outcome = own_outcome(&row.text(result));
    sampled.bytes_out = row.count(out, notes).unwrap_or(0);
    sampled.bytes_in = row.count(into, notes).unwrap_or(0);
    sampled.retries = row.count(retries, notes).unwrap_or(0);
    sampled
}

/// A phase by its name.
pub(crate) fn own_phase(name: &str) -> Phase {
    [Phase::WarmUp, Phase::CoolDown].into_iter().find(|p| p.name() == name).unwrap_or(Phase::Load)
}

/// An outcome by its name; one that a later version wrote is some error.
pub(crate) fn own_outcome(name: &str) -> Outcome {
    if name == "ok" {
        return Outcome::Ok;
    }
    Outcome::Error(ErrorKind::ALL.into_iter().find(|k| k.name() == name).unwrap_or(ErrorKind::Io))
}
