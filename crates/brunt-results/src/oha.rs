//! oha's JSON (`schema.json` of <https://github.com/hatoo/oha>): times in seconds.

use crate::assemble::{FROM_SEND, Totals, figures};
use crate::fold::Heading;
use crate::notes::Notes;
use crate::number::counted;
use crate::results::MAX_ERRORS;
use crate::words::{kind_of, shown, status};
use crate::{ErrorWords, Kind, Results, Tool};
use brunt_metrics::{ErrorKind, Status};
use brunt_run::{LatencyFigures, PartFigures};
use serde_json::Value;

/// What oha calls requests that were in flight when it stopped: they are not in its own rate of success either.
const CUT: &str = "aborted due to deadline";

/// Reads oha's JSON.
pub(crate) fn read_oha_json(document: &Value, name: &str, mut notes: Notes) -> Results {
    let number = |path: &str| document.pointer(path).and_then(Value::as_f64);
    let ms = |path: &str| number(path).map(|s| s * 1e3);
    let heading = Heading::new(Tool::Oha, name);
    let mut totals = Totals::new(Kind::OhaJson, &heading);
    let counts = |key: &str| -> Vec<(String, u64)> {
        let map = document.get(key).and_then(Value::as_object);
        map.into_iter().flatten().map(|(k, v)| (k.clone(), v.as_f64().map_or(0, counted))).collect()
    };
    let (statuses, errors) = (counts("statusCodeDistribution"), counts("errorDistribution"));
    let answered: u64 = statuses.iter().map(|(_, n)| n).sum();
    let broken: u64 = errors.iter().filter(|(text, _)| text != CUT).map(|(_, n)| n).sum();
    let cut: u64 = errors.iter().filter(|(text, _)| text == CUT).map(|(_, n)| n).sum();
    let bad: u64 = statuses.iter().filter(|(code, _)| status(code).class() >= 4).map(|(_, n)| n).sum();
    let requests = answered + broken;
    let some = |v: Option<f64>| v.filter(|_| answered > 0);
    let response = LatencyFigures {
        min_ms: some(ms("/summary/fastest")),
        mean_ms: some(ms("/summary/average")),
        std_dev_ms: None,
        p50_ms: some(ms("/latencyPercentiles/p50")),
        p75_ms: some(ms("/latencyPercentiles/p75")),
        p90_ms: some(ms("/latencyPercentiles/p90")),
        p95_ms: some(ms("/latencyPercentiles/p95")),
        p99_ms: some(ms("/latencyPercentiles/p99")),
        p99_9_ms: some(ms("/latencyPercentiles/p99.9")),
        max_ms: some(ms("/summary/slowest")),
    };
    let seconds = number("/summary/total").unwrap_or(0.0).max(0.0);
    let rate = (seconds > 0.0).then(|| requests as f64 / seconds);
    totals.summary.total = figures(requests, bad + broken, rate, response);
    totals.lasted(seconds);
    let total = &mut totals.summary.total;
    total.bytes_in = number("/summary/totalData").map_or(0, counted);
    for (code, count) in &statuses {
        let status = status(code);
        let name = if status == Status::NONE { "none".to_owned() } else { status.to_string() };
        *total.statuses.entry(name).or_default() += count;
    }
    if bad > 0 {
        total.errors_by_kind.insert(ErrorKind::Status.name().to_owned(), bad);
    }
    for (text, count) in errors.iter().filter(|(text, _)| text != CUT).take(MAX_ERRORS) {
        let kind = kind_of(text).unwrap_or(ErrorKind::Io);
        *total.errors_by_kind.entry(kind.name().to_owned()).or_default() += count;
        *total.statuses.entry("none".to_owned()).or_default() += count;
        totals.errors.push(ErrorWords { endpoint: None, kind, text: shown(text), count: *count });
    }
    for (path, part) in [("DNSDialup", "connect"), ("DNSLookup", "dns")] {
        let (mean, max) = (ms(&format!("/details/{path}/average")), ms(&format!("/details/{path}/slowest")));
        if let (Some(mean_ms), Some(max_ms)) = (mean, max) {
            let figures = PartFigures { count: answered, mean_ms, max_ms };
            totals.summary.total.parts.insert(part.to_owned(), figures);
        }
    }
    notes.gap("oha's JSON has totals only: no course in time beyond its histogram; `oha --output-format csv` has all samples");
    if cut > 0 {
        notes.gap(format!("{cut} requests that were in flight when oha stopped are in no figure"));
    }
    notes.gap("oha's times are those of answered requests");
    notes.gap(format!("oha without `-q` and `--latency-correction`: {FROM_SEND}"));
    totals.into_results(&heading, notes)
}
