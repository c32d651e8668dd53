//! k6's `--out csv`: a row a sample.

use super::points::{Point, Points, Tags};
use crate::assemble::sampled;
use crate::fold::Heading;
use crate::notes::{At, Notes};
use crate::number::Grain;
use crate::source::Source;
use crate::table::Table;
use crate::{Kind, Results, ResultsError, Tool};

/// Columns of `--system-tags`' default, and those that k6 adds.
const KNOWN: [&str; 21] = [
    "metric_name",
    "timestamp",
    "metric_value",
    "check",
    "error",
    "error_code",
    "expected_response",
    "group",
    "method",
    "name",
    "proto",
    "scenario",
    "service",
    "status",
    "subproto",
    "tls_version",
    "url",
    "extra_tags",
    "metadata",
    "ip",
    "ocsp_status",
];

/// Reads k6's CSV.
pub(crate) fn read_csv(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let kind = Kind::K6Csv;
    let mut table = Table::open(source, kind);
    let metric = table.need(&["metric_name"], &notes)?;
    let timestamp = table.need(&["timestamp"], &notes)?;
    let value = table.need(&["metric_value"], &notes)?;
    table.unknown(&KNOWN, &mut notes);
    let tag = |table: &Table<'_>, name| table.column(&[name]);
    let tags = [
        "name",
        "url",
        "method",
        "status",
        "scenario",
        "group",
        "check",
        "error",
        "error_code",
        "expected_response",
    ]
    .map(|name| tag(&table, name));
    let mut points = Points::default();
    let mut coarse = false;
    while let Some(row) = table.next(&mut notes) {
        let Some(when) = row.instant(Some(timestamp), &mut notes) else { continue };
        let Some(value) = row.number(Some(value), &mut notes) else { continue };
        coarse |= when.grain == Grain::Seconds;
        let text = |at: usize| row.text(tags[at]);
        let tags = Tags {
            name: text(0),
            url: text(1),
            method: text(2),
            status: text(3),
            scenario: text(4),
            group: text(5),
            check: text(6),
            error: text(7),
            error_code: text(8),
            expected_response: text(9),
        };
        let metric = row.text(Some(metric));
        points.add(&Point { metric: &metric, when, value, tags, at: At::line(row.line) }, &mut notes);
    }
    if coarse {
        notes.gap(
            "k6 wrote times in whole seconds: how long the run lasted is known to about a second; `--out csv=FILE` with \
             `K6_CSV_TIME_FORMAT=unix_milli` is finer",
        );
    }
    finish(points, kind, Heading::new(Tool::K6, name), notes)
}

/// Results of all samples.
pub(super) fn finish(
    points: Points,
    kind: Kind,
    mut heading: Heading,
    mut notes: Notes,
) -> Result<Results, ResultsError> {
    let (fold, targets, [bytes_out, bytes_in]) = points.finish(&mut notes);
    heading.targets = targets;
    let mut results = sampled(fold, &heading, kind, notes)?;
    results.summary.total.bytes_out = bytes_out;
    results.summary.total.bytes_in = bytes_in;
    Ok(results)
}
