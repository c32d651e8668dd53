//! `JMeter`'s results (JTL) as CSV: a row a sample (`CSVSaveService.java` of <https://github.com/apache/jmeter>).
//!
//! `timeStamp` is the sample's start, as `JMeter`'s shipped `jmeter.properties` have it (`sampleresult.timestamp.start=true`).
//! `elapsed` goes from before the connection to the end of the answer. A row of a transaction controller sums up
//! samples that have rows of their own: it is a group here.

use crate::assemble::{FROM_SEND, sampled};
use crate::fold::{Dated, Fold, Heading, Sampled};
use crate::notes::Notes;
use crate::number::Instant;
use crate::source::Source;
use crate::table::{Row, Table};
use crate::words::{failed, status};
use crate::{Kind, Results, ResultsError, Tool};
use brunt_metrics::{Nanos, Part};

const MS: f64 = 1e6;

const KNOWN: [&str; 22] = [
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "threadName",
    "dataType",
    "success",
    "failureMessage",
    "bytes",
    "sentBytes",
    "grpThreads",
    "allThreads",
    "URL",
    "Latency",
    "IdleTime",
    "Connect",
    "Filename",
    "Encoding",
    "SampleCount",
    "ErrorCount",
    "Hostname",
];

struct Columns {
    timestamp: usize,
    elapsed: usize,
    label: usize,
    code: Option<usize>,
    message: Option<usize>,
    thread: Option<usize>,
    success: Option<usize>,
    failure: Option<usize>,
    data_type: Option<usize>,
    url: Option<usize>,
    bytes: Option<usize>,
    sent: Option<usize>,
    group_threads: Option<usize>,
    latency: Option<usize>,
    connect: Option<usize>,
    samples: Option<usize>,
}

/// Reads a JTL.
pub(crate) fn read_jmeter(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let kind = Kind::JmeterCsv;
    let mut table = Table::open(source, kind);
    let columns = Columns {
        timestamp: table.need(&["timeStamp"], &notes)?,
        elapsed: table.need(&["elapsed"], &notes)?,
        label: table.need(&["label"], &notes)?,
        code: table.column(&["responseCode"]),
        message: table.column(&["responseMessage"]),
        thread: table.column(&["threadName"]),
        success: table.column(&["success"]),
        failure: table.column(&["failureMessage"]),
        data_type: table.column(&["dataType"]),
        url: table.column(&["URL"]),
        bytes: table.column(&["bytes"]),
        sent: table.column(&["sentBytes"]),
        group_threads: table.column(&["grpThreads"]),
        latency: table.column(&["Latency"]),
        connect: table.column(&["Connect"]),
        samples: table.column(&["SampleCount"]),
    };
    table.unknown(&KNOWN, &mut notes);
    if columns.success.is_none() {
        notes.gap("this JTL has no column `success`: what failed is told from the response codes");
    }
    let mut fold = Fold::default();
    while let Some(row) = table.next(&mut notes) {
        add(&row, &columns, &mut fold, &mut notes);
    }
    notes.gap(format!("JMeter: {FROM_SEND}"));
    notes.gap("JMeter's time goes from before the connection to the end of the answer; it says nothing of DNS and TLS apart");
    sampled(fold, &Heading::new(Tool::Jmeter, name), kind, notes)
}

fn add(row: &Row<'_>, columns: &Columns, fold: &mut Fold, notes: &mut Notes) {
    let at = row.at();
    let Some(began) = row.instant(Some(columns.timestamp), notes) else { return };
    let Some(elapsed) = row.duration(Some(columns.elapsed), MS, notes) else { return };
    let ended =
        Instant { ns: began.ns.saturating_add(i64::try_from(elapsed.0).unwrap_or(0)), grain: began.grain };
    let thread = row.text(columns.thread);
    let scenario = thread_group(&thread);
    let label = row.name(Some(columns.label));
    if row.count(columns.samples, notes).is_some_and(|n| n > 1) {
        notes.problem("rows that sum up samples", at, || {
            "a row stands for several samples (statistical mode) and counts as one: set `mode=Standard` and run again".to_owned()
        });
    }
    if is_transaction(row, columns) {
        let group = fold.group(scenario, &label);
        fold.passage(group, Dated { instant: ended, at }, elapsed, notes);
        return;
    }
    let status = status(&row.text(columns.code));
    let message = row.text(columns.failure);
    let message = if message.is_empty() { row.text(columns.message) } else { message };
    let passed = match row.text(columns.success).trim().to_ascii_lowercase().as_str() {
        "true" | "1" => true,
        "false" | "0" => false,
        _ => (2..4).contains(&status.class()),
    };
    let endpoint = fold.endpoint(scenario, "*", &label);
    let mut sampled = Sampled::new(endpoint, ended, elapsed);
    sampled.status = status;
    if !passed {
        let code = row.text(columns.code);
        // Without an answer the code is a sentence: `Non HTTP response code: java.net.ConnectException`.
        sampled.outcome = failed(status, &format!("{code} {message}").replace("Non HTTP response", ""));
        fold.detail(endpoint, sampled.outcome, ended, &message);
    }
    sampled.bytes_in = row.count(columns.bytes, notes).unwrap_or(0);
    sampled.bytes_out = row.count(columns.sent, notes).unwrap_or(0);
    sampled.parts = parts(row, columns, elapsed, notes);
    fold.request(&sampled, notes, at);
    if let Some(users) = row.count(columns.group_threads, notes) {
        let scenario = fold.scenario(scenario);
        fold.users(scenario, users, Dated { instant: began, at }, notes);
    }
}

/// `Latency` goes from the start to the first byte, with connecting in it; what follows is the rest of the answer.
fn parts(row: &Row<'_>, columns: &Columns, elapsed: Nanos, notes: &mut Notes) -> [Nanos; Part::ALL.len()] {
    let connect = row.duration(columns.connect, MS, notes).unwrap_or_default();
    let mut parts = [Nanos::ZERO; Part::ALL.len()];
    parts[Part::Connect as usize] = connect;
    if let Some(latency) = row.duration(columns.latency, MS, notes).filter(|l| *l > Nanos::ZERO) {
        parts[Part::Waiting as usize] = latency - connect;
        parts[Part::Receiving as usize] = elapsed - latency;
    }
    parts
}

/// Transaction controllers say how many samples they sum up and have neither a URL nor a type of data.
fn is_transaction(row: &Row<'_>, columns: &Columns) -> bool {
    let bare = columns.data_type.is_some() && row.text(columns.data_type).trim().is_empty();
    let no_url = matches!(row.text(columns.url).trim(), "" | "null");
    bare && no_url && row.text(columns.message).starts_with("Number of samples in transaction")
}

/// `Thread Group 1-3` is the third thread of the first start of `Thread Group`.
fn thread_group(thread: &str) -> &str {
    let thread = thread.trim();
    let numbers = |tail: &str| {
        tail.split_once('-').is_some_and(|(a, b)| {
            [a, b].iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    match thread.rsplit_once(' ') {
        Some((group, tail)) if numbers(tail) => group,
        _ if thread.is_empty() => "Thread Group",
        _ => thread,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::{ErrorKind, Outcome};

    #[test]
    fn thread_groups() {
        for (thread, group) in [
            ("Thread Group 1-3", "Thread Group"),
            ("Buyers 2-15", "Buyers"),
            ("setUp", "setUp"),
            ("", "Thread Group"),
            ("Ultimate Group 1-", "Ultimate Group 1-"),
        ] {
            assert_eq!(thread_group(thread), group, "{thread:?}");
        }
        assert_eq!(
            failed(status("200"), " Test failed: text expected to contain /x/"),
            Outcome::Error(ErrorKind::Check)
        );
    }
}
