//! Fields of CSV files: quoted as RFC 4180 has it, and safe to open in a spreadsheet.
//!
//! Spreadsheets take a text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula,
//! and names come from plans, scripts and logs that others wrote; such a text gets a `'` in front
//! (<https://owasp.org/www-community/attacks/CSV_Injection>). Rows end with CR LF.

use brunt_metrics::{Nanos, Phase, SparseHistogram, Status};
use brunt_run::{RunHeader, SeriesName};
use std::fmt::{self, Write};

/// Appends a text and a comma.
pub(crate) fn text(row: &mut String, text: &str) {
    let guarded = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = text.contains(['"', ',', '\r', '\n']);
    if quoted {
        row.push('"');
    }
    if guarded {
        row.push('\'');
    }
    for c in text.chars() {
        if c == '"' {
            row.push('"');
        }
        row.push(c);
    }
    if quoted {
        row.push('"');
    }
    row.push(',');
}

/// Appends a number, or nothing, and a comma. Not for texts.
pub(crate) fn number(row: &mut String, value: impl fmt::Display) {
    // Writing to a String cannot fail.
    let _ = write!(row, "{value},");
}

/// Milliseconds, exact: six decimals are nanoseconds.
pub(crate) struct ExactMs(pub(crate) Nanos);

impl fmt::Display for ExactMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0.0 / 1_000_000, self.0.0 % 1_000_000)
    }
}

/// Milliseconds to the microsecond; empty without a value.
pub(crate) struct RoundMs(pub(crate) Option<Nanos>);

impl fmt::Display for RoundMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |time| write!(f, "{:.3}", time.as_millis_f64()))
    }
}

/// Appends mean, p50, p95, p99 and maximum.
pub(crate) fn latency(row: &mut String, times: &SparseHistogram) {
    let max = (times.total > 0).then_some(times.max);
    for time in [times.mean(), times.quantile(0.5), times.quantile(0.95), times.quantile(0.99), max] {
        number(row, RoundMs(time));
    }
}

/// Appends the four names of a series.
pub(crate) fn series(row: &mut String, series: &SeriesName) {
    for name in [&series.scenario, &series.action, &series.method, &series.name] {
        text(row, name);
    }
}

/// Appends phase and status; the status is empty without a response.
pub(crate) fn phase_and_status(row: &mut String, phase: Phase, status: Status) {
    text(row, phase.name());
    if status == Status::NONE {
        row.push(',');
    } else {
        number(row, status);
    }
}

/// Turns the last comma into the end of the row.
pub(crate) fn end(row: &mut String) {
    row.pop();
    row.push_str("\r\n");
}

/// The name of an endpoint, made of its number if the header does not know it.
pub(crate) fn series_of(header: &RunHeader, endpoint: u32) -> SeriesName {
    header.endpoints.get(endpoint as usize).cloned().unwrap_or_else(|| SeriesName {
        scenario: String::new(),
        action: String::new(),
        method: "*".to_owned(),
        name: format!("(endpoint {endpoint})"),
        ..SeriesName::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        for (given, written) in [
            ("plain", "plain,"),
            ("", ","),
            ("a,b", "\"a,b\","),
            ("say \"hi\"", "\"say \"\"hi\"\"\","),
            ("two\nlines", "\"two\nlines\","),
            ("=1+1", "'=1+1,"),
            ("+1", "'+1,"),
            ("-1", "'-1,"),
            ("@SUM(A1)", "'@SUM(A1),"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\","),
            ("a=b", "a=b,"),
        ] {
            let mut row = String::new();
            text(&mut row, given);
            assert_eq!(row, written, "{given:?}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(ExactMs(Nanos(1_234_567_890)).to_string(), "1234.567890");
        assert_eq!(ExactMs(Nanos(5)).to_string(), "0.000005");
        assert_eq!(RoundMs(Some(Nanos(1_234_567))).to_string(), "1.235");
        assert_eq!(RoundMs(None).to_string(), "");
    }
}
