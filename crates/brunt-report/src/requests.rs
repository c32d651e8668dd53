//! A row per request, as CSV, from the engine's own samples.

use crate::csv::{self, ExactMs};
use crate::seconds::outcome_name;
use brunt_metrics::{Nanos, Part, Sample};
use brunt_run::SeriesName;
use std::fmt;
use std::io::{self, Write};

/// Writes a row per request.
///
/// Allocates nothing per row once warm, and hands each row to the output with one write: give it a buffered
/// output. It is meant for a thread of its own, off the hot path; when that cannot follow, the engine counts
/// the rows that are lost, it does not wait.
#[derive(Debug)]
pub struct RequestWriter<W> {
    out: W,
    row: String,
}

impl<W: Write> RequestWriter<W> {
    /// A writer to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, row: String::new() }
    }

    /// Writes the names of the columns; once, first. Instants are seconds of run time, durations
    /// milliseconds, both exact to the nanosecond. A part of 0 did not happen.
    pub fn write_header(&mut self) -> io::Result<()> {
        self.row.clear();
        self.row.push_str("scheduled_s,started_s,ended_s,lag_ms,response_ms,service_ms,");
        self.row.push_str("scenario,action,method,name,phase,status,outcome,bytes_out,bytes_in,retries,");
        for part in Part::ALL {
            self.row.push_str(part.name());
            self.row.push_str("_ms,");
        }
        csv::end(&mut self.row);
        self.out.write_all(self.row.as_bytes())
    }

    /// Writes a request, whose endpoint is called `series`.
    pub fn write_sample(&mut self, sample: &Sample, series: &SeriesName) -> io::Result<()> {
        let row = &mut self.row;
        row.clear();
        for instant in [sample.scheduled, sample.started, sample.ended] {
            csv::number(row, ExactSeconds(instant));
        }
        let sent = sample.outcome.is_sent();
        csv::number(row, ExactMs(sample.lag()));
        for duration in [sample.response(), sample.service()] {
            known(row, sent.then_some(duration));
        }
        csv::series(row, series);
        csv::phase_and_status(row, sample.phase, sample.status);
        csv::text(row, outcome_name(sample.outcome));
        for count in [sample.bytes_out, sample.bytes_in, u64::from(sample.retries)] {
            csv::number(row, count);
        }
        for part in sample.parts.0 {
            known(row, sent.then_some(part));
        }
        csv::end(row);
        self.out.write_all(row.as_bytes())
    }

    /// Hands on what the output holds back, and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Appends a time of a request; those that were never sent have none.
fn known(row: &mut String, time: Option<Nanos>) {
    match time {
        Some(time) => csv::number(row, ExactMs(time)),
        None => row.push(','),
    }
}

/// Seconds with nine decimals.
struct ExactSeconds(Nanos);

impl fmt::Display for ExactSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0.0 / 1_000_000_000, self.0.0 % 1_000_000_000)
    }
}
