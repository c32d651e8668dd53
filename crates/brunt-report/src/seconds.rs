//! A row per second, endpoint, phase, status and outcome, as CSV.

use crate::{ExportError, csv};
use brunt_metrics::{CellSecond, Outcome};
use brunt_run::{RunEvent, RunHeader};
use std::io::Write;

/// The columns. Times are milliseconds; `unix_ms` is the beginning of the second.
const HEADER: &str = "second,unix_ms,scenario,action,method,name,phase,status,outcome,count,bytes_out,\
    bytes_in,retries,response_mean_ms,response_p50_ms,response_p95_ms,response_p99_ms,response_max_ms,\
    service_mean_ms,service_p50_ms,service_p95_ms,service_p99_ms,service_max_ms\r\n";

/// Writes the seconds of `events` as CSV: a header, then a row for every second and every combination of
/// endpoint, phase, status and outcome that had requests in it, in the record's order.
///
/// The percentiles are those of the row's own requests; those of several rows cannot be computed from them
/// (that is what the record and [`write_hlog`](crate::write_hlog) are for). Counts and bytes can be added.
pub fn write_seconds_csv(
    events: impl IntoIterator<Item = RunEvent>,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let mut header: Option<Box<RunHeader>> = None;
    let mut row = String::new();
    out.write_all(HEADER.as_bytes())?;
    for event in events {
        match event {
            RunEvent::Started(started) => header = Some(started),
            RunEvent::Second(second) => {
                let header = header.as_deref().ok_or(ExportError::NoHeader)?;
                for cell in &second.cells {
                    row.clear();
                    write_cell(&mut row, header, second.index, cell);
                    out.write_all(row.as_bytes())?;
                }
            }
            RunEvent::Phase(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::ErrorDetail(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_)
            | RunEvent::Finished(_) => {}
        }
    }
    Ok(())
}

fn write_cell(row: &mut String, header: &RunHeader, second: u64, cell: &CellSecond) {
    csv::number(row, second);
    csv::number(row, header.started_unix_ms.saturating_add(second.saturating_mul(1_000)));
    csv::series(row, &csv::series_of(header, cell.key.endpoint.0));
    csv::phase_and_status(row, cell.key.phase, cell.key.status);
    csv::text(row, outcome_name(cell.key.outcome));
    for count in [cell.count(), cell.bytes_out, cell.bytes_in, cell.retries] {
        csv::number(row, count);
    }
    csv::latency(row, cell.response_times());
    csv::latency(row, cell.service_times());
    csv::end(row);
}

/// `ok`, or the kind of error.
pub(crate) const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Error(kind) => kind.name(),
    }
}
