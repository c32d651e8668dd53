//! JTLs as CSV (`CSVSaveService.java` of <https://github.com/apache/jmeter>): a row a sample, under names of columns.

use super::{Jtl, MS, finish};
use crate::fold::Fold;
use crate::notes::Notes;
use crate::source::Source;
use crate::table::{Row, Table, first_line, headings};
use crate::{Kind, Results, ResultsError};

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

/// What `JMeter` writes unless it is told otherwise (`jmeter.properties` of 5.6): the order of the columns of a file that does not
/// name them.
pub(crate) const DEFAULT_COLUMNS: [&str; 17] = [
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

/// Reads a JTL as CSV.
pub(crate) fn read_csv(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let kind = Kind::JmeterCsv;
    let is_named = headings(first_line(&source.head)).iter().any(|column| column == "timestamp");
    let mut table = if is_named {
        Table::open(source, kind)
    } else {
        notes.gap("this JTL does not name its columns: they are taken for JMeter's default ones");
        Table::bare(source, kind, &DEFAULT_COLUMNS)
    };
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
    finish(fold, kind, name, notes)
}

fn add(row: &Row<'_>, columns: &Columns, fold: &mut Fold, notes: &mut Notes) {
    let Some(began) = row.instant(Some(columns.timestamp), notes) else { return };
    let Some(elapsed) = row.duration(Some(columns.elapsed), MS, notes) else { return };
    // Transaction controllers have neither a URL nor a type of data.
    let bare = columns.data_type.is_some() && row.text(columns.data_type).trim().is_empty();
    let url = row.text(columns.url);
    let jtl = Jtl {
        at: row.at(),
        began,
        elapsed,
        label: &row.name(Some(columns.label)),
        code: &row.text(columns.code),
        message: &row.text(columns.message),
        failure: &row.text(columns.failure),
        thread: &row.text(columns.thread),
        success: &row.text(columns.success),
        bare: bare && matches!(url.trim(), "" | "null"),
        bytes: row.count(columns.bytes, notes).unwrap_or(0),
        sent: row.count(columns.sent, notes).unwrap_or(0),
        users: row.count(columns.group_threads, notes),
        connect: row.duration(columns.connect, MS, notes).unwrap_or_default(),
        latency: row.duration(columns.latency, MS, notes).unwrap_or_default(),
        samples: row.count(columns.samples, notes).unwrap_or(1),
    };
    jtl.add(fold, notes);
}
