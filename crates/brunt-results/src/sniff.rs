//! Tells what a file is from its beginning.
//!
//! CSV files are told by their columns, JSON by its keys, text by its first words. What resembles something known, and
//! what is known and not read, is said so.

use crate::table::{first_line, headings};
use crate::{Kind, ResultsError};
use serde_json::Value;
use std::path::Path;

/// What the beginning says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// It is this.
    Is(Kind),
    /// It is one JSON document: only the whole of it tells.
    Document,
}

/// The columns that tell a CSV file; the first row that fits decides.
const TABLES: [(Kind, &[&str]); 11] = [
    (Kind::K6Csv, &["metric_name", "timestamp", "metric_value"]),
    (Kind::LocustHistory, &["timestamp", "user count", "name"]),
    (Kind::LocustStats, &["name", "request count", "failure count"]),
    (Kind::LocustStats, &["name", "# requests", "# failures"]),
    (Kind::LocustFailures, &["method", "name", "error", "occurrences"]),
    (Kind::LocustExceptions, &["count", "message", "traceback"]),
    (Kind::LocustRequests, &["request_type", "name", "response_time_ms"]),
    (Kind::JmeterCsv, &["timestamp", "elapsed", "label"]),
    (Kind::BruntRequests, &["scheduled_s", "ended_s", "response_ms"]),
    (Kind::BruntSeconds, &["second", "unix_ms", "response_p50_ms"]),
    (Kind::OhaCsv, &["request-start", "request-duration", "status"]),
];

/// As above; its columns are told apart from oha's by their names.
const HEY: &[&str] = &["response-time", "offset", "status-code"];

/// Beginnings of texts that are known and not read: what they are, and what to do.
const UNREAD: [(&str, &str, &str); 8] = [
    ("<?xml", "XML, and no JMeter JTL", "give the tool's CSV or JSON"),
    (
        "<!doctype html",
        "a page (HTML)",
        "give the tool's CSV or JSON: for Locust `--csv PREFIX`, for k6 `--out csv=FILE`",
    ),
    (
        "<html",
        "a page (HTML)",
        "give the tool's CSV or JSON: for Locust `--csv PREFIX`, for k6 `--out csv=FILE`",
    ),
    (
        "#[histogram log",
        "an HdrHistogram log",
        "it has no errors and no statuses; give the tool's own results",
    ),
    (
        "\"starttimestamp\",\"interval_length\"",
        "an HdrHistogram log",
        "it has no errors and no statuses; give the tool's own results",
    ),
    (
        "requests      [total",
        "vegeta's report as text",
        "use `vegeta report -type json`, or better `vegeta encode -to csv`",
    ),
    ("summary:", "hey's or oha's report as text", "use `hey -o csv`, or `oha --output-format json`"),
    (
        "this is apachebench",
        "ApacheBench's text",
        "use a tool that keeps its samples: `hey -o csv`, `oha --output-format csv`",
    ),
];

/// So far from its beginning an XML file's first element stands, behind its declaration and comments.
const DECLARATIONS: usize = 4 * 1024;

/// Beginnings of binary files that people take for results.
const BINARY: [(&[u8], &str, &str); 5] = [
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    (
        b"PK\x03\x04",
        "a zip archive or a workbook",
        "unpack it, or save the sheet as CSV; brunt reads plain files and gzip",
    ),
    (b"%PDF", "a PDF", "give the tool's CSV or JSON"),
    (b"SQLite format 3", "an SQLite database", "for oha, use `oha --output-format csv`"),
];

/// What a file is that begins with `head`.
pub(crate) fn look(path: &Path, head: &[u8]) -> Result<Look, ResultsError> {
    let first = first_line(head);
    if first.is_empty() && !head.starts_with(b"\0") {
        return Err(ResultsError::Empty { path: path.to_owned() });
    }
    if is_vegeta_gob(head) {
        return Ok(Look::Is(Kind::VegetaGob));
    }
    refuse_binary(path, head)?;
    match first.first() {
        Some(b'{') => return Ok(look_at_object(first)),
        Some(b'[') => return Ok(Look::Document),
        _ => {}
    }
    let text = String::from_utf8_lossy(first).to_lowercase();
    if text.starts_with("running ") && text.contains(" test @ ") {
        return Ok(Look::Is(Kind::WrkText));
    }
    let tag = "<testresults";
    let beginning = &head[..head.len().min(DECLARATIONS)];
    if text.starts_with(tag)
        || (text.starts_with("<?xml") && String::from_utf8_lossy(beginning).to_lowercase().contains(tag))
    {
        return Ok(Look::Is(Kind::JmeterXml));
    }
    if let Some((_, what, help)) = UNREAD.iter().find(|(begins, _, _)| text.starts_with(begins)) {
        return Err(unread(path, what, help));
    }
    look_at_table(path, first)
}

/// Whether it is what vegeta writes: a gob stream begins with the type's definition, and so with its fields' names.
fn is_vegeta_gob(head: &[u8]) -> bool {
    let begins = &head[..head.len().min(400)];
    let has = |word: &[u8]| begins.windows(word.len()).any(|w| w == word);
    has(b"BytesOut") && has(b"Latency") && begins.iter().any(|b| *b == 0 || *b >= 0x80)
}

fn refuse_binary(path: &Path, head: &[u8]) -> Result<(), ResultsError> {
    if let Some((_, what, help)) = BINARY.iter().find(|(begins, _, _)| head.starts_with(begins)) {
        return Err(unread(path, what, help));
    }
    if head.iter().take(400).any(|b| *b == 0) {
        return Err(unread(path, "a binary file", &known()));
    }
    Ok(())
}

/// One line of JSON lines, or the beginning of a document.
fn look_at_object(first: &[u8]) -> Look {
    let Ok(Value::Object(line)) = serde_json::from_slice(first) else { return Look::Document };
    let has = |key: &str| line.contains_key(key);
    if has("metric") && has("data") && line.get("type").is_some_and(|t| t == "Metric" || t == "Point") {
        return Look::Is(Kind::K6Json);
    }
    if has("code") && has("timestamp") && has("latency") {
        return Look::Is(Kind::VegetaJson);
    }
    Look::Document
}

fn look_at_table(path: &Path, first: &[u8]) -> Result<Look, ResultsError> {
    let columns = headings(first);
    let has_all = |wanted: &[&str]| wanted.iter().all(|w| columns.iter().any(|c| c == w));
    if let Some((kind, _)) = TABLES.iter().find(|(_, wanted)| has_all(wanted)) {
        return Ok(Look::Is(*kind));
    }
    if has_all(HEY) {
        return Ok(Look::Is(Kind::HeyCsv));
    }
    let digits = |at: usize, least: usize, most: usize| {
        columns
            .get(at)
            .is_some_and(|c| (least..=most).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_digit()))
    };
    if columns.len() >= 6 && digits(0, 16, 19) && digits(1, 1, 3) && digits(2, 1, 19) {
        return Ok(Look::Is(Kind::VegetaCsv));
    }
    if columns.len() >= 8 && digits(0, 13, 13) && digits(1, 1, 9) {
        let says = |at: usize| columns.get(at).is_some_and(|c| c == "true" || c == "false");
        if columns.len() == crate::jmeter::DEFAULT_COLUMNS.len() && says(7) {
            return Ok(Look::Is(Kind::JmeterCsv));
        }
        let help = "its columns are not JMeter's default ones: run again with `jmeter.save.saveservice.print_field_names=true`, or put the line of column names in front";
        return Err(unread(path, "JMeter's results without column names", help));
    }
    let shown = crate::words::shown(&String::from_utf8_lossy(first));
    let first_line: String = shown.chars().take(80).collect();
    let help = resembles(&columns).unwrap_or_else(known);
    Err(ResultsError::Unknown { path: path.to_owned(), first_line, help })
}

/// What a header resembles that lacks something or has it misspelt.
fn resembles(columns: &[String]) -> Option<String> {
    let found = |wanted: &[&str]| wanted.iter().filter(|w| columns.iter().any(|c| c == *w)).count();
    let (kind, wanted) = TABLES
        .iter()
        .chain([&(Kind::HeyCsv, HEY)])
        .map(|(kind, wanted)| (*kind, *wanted))
        .filter(|(_, wanted)| 2 * found(wanted) >= wanted.len())
        .max_by(|a, b| (found(a.1) * b.1.len()).cmp(&(found(b.1) * a.1.len())))?;
    let missing: Vec<&str> = wanted.iter().copied().filter(|w| !columns.iter().any(|c| c == w)).collect();
    let hints: Vec<String> = missing
        .iter()
        .map(|m| format!("it lacks the column `{m}`: {}", crate::table::near(m, columns)))
        .collect();
    Some(format!("it resembles a {kind}, but {}", hints.join("; ")))
}

/// The kinds that are known, in words.
pub(crate) fn known() -> String {
    "known are a brunt record's folder, Locust's CSV files and JSON, k6's CSV, JSON lines and summaries, JMeter's JTL, \
     vegeta's results and report, oha's JSON and CSV, hey's CSV, and what wrk and wrk2 print"
        .to_owned()
}

/// What a whole JSON document is.
pub(crate) fn look_at_document(path: &Path, document: &Value) -> Result<Kind, ResultsError> {
    let has = |key: &str| document.get(key).is_some();
    let inner = |outer: &str, key: &str| document.get(outer).is_some_and(|o| o.get(key).is_some());
    if has("format") && has("total") && has("endpoints") && inner("format", "major") {
        return Ok(Kind::BruntSummary);
    }
    if inner("results", "metrics") {
        return Ok(Kind::K6MachineSummary);
    }
    if let Some(metrics) = document.get("metrics").and_then(Value::as_object) {
        let valued = metrics.values().any(|m| m.get("values").is_some());
        let flat =
            metrics.values().any(|m| ["count", "value", "avg", "rate"].iter().any(|k| m.get(k).is_some()));
        if valued || flat || (metrics.is_empty() && has("root_group")) {
            return Ok(if valued { Kind::K6Summary } else { Kind::K6SummaryExport });
        }
    }
    if has("latencies") && has("status_codes") {
        return Ok(Kind::VegetaReport);
    }
    if has("summary") && (has("statusCodeDistribution") || has("latencyPercentiles")) {
        return Ok(Kind::OhaJson);
    }
    // One line alone looks like a document.
    if has("code") && has("timestamp") && has("latency") {
        return Ok(Kind::VegetaJson);
    }
    for (key, what, help) in [
        ("aggregate", "Artillery's report", "run the same plan with brunt"),
        ("DurationHistogram", "Fortio's report", "run the same load with brunt"),
        ("log", "a recording (HAR)", "that is no result but a plan: `brunt run FILE` takes it"),
    ] {
        if has(key) {
            return Err(unread(path, what, help));
        }
    }
    if document.get(0).is_some_and(|first| first.get("response_times").is_some()) {
        return Ok(Kind::LocustJson);
    }
    let keys = document.as_object().map(|o| o.keys().take(8).cloned().collect::<Vec<_>>().join(", "));
    let first_line = crate::words::shown(&keys.map_or_else(|| "[...".to_owned(), |k| format!("{{ {k}")));
    Err(ResultsError::Unknown { path: path.to_owned(), first_line, help: known() })
}

fn unread(path: &Path, what: &'static str, help: &str) -> ResultsError {
    ResultsError::Unread { path: path.to_owned(), what, help: help.to_owned() }
}
