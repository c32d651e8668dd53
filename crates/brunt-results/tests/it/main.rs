//! Promises of the crate, as rows of data.
#![expect(clippy::unwrap_used, reason = "a test whose premise fails is to fail")]

mod agree;
mod cut;
mod golden;
mod messy;
mod refused;
mod robust;
mod round_trips;
mod together;

use brunt_results::{Results, ResultsError, read, read_bytes};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A file or folder of `fixtures/results`.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/results").join(name)
}

/// The one run of a fixture.
fn read_fixture(name: &str) -> Results {
    let mut all = read(&[fixture(name)]).unwrap();
    assert_eq!(all.len(), 1, "{name}");
    all.remove(0)
}

/// The run of a text, as a file of that name.
fn read_text(name: &str, text: &str) -> Result<Results, ResultsError> {
    read_bytes(Path::new(name), text.as_bytes())
}

/// A k6 CSV: a header and one row a request of name, second, milliseconds, status and `expected_response`.
fn k6_csv(rows: &[(&str, u64, f64, u16, &str)]) -> String {
    let mut text = "metric_name,timestamp,metric_value,expected_response,method,name,status\n".to_owned();
    for (name, second, ms, status, expected) in rows {
        writeln!(text, "http_req_duration,{second},{ms:.6},{expected},GET,{name},{status}").unwrap();
    }
    text
}
