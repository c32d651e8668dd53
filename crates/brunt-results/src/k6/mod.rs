//! Results of k6 (<https://k6.io>): samples as CSV or JSON lines, and the three forms of its summary.
//!
//! The formats stand in its source: `internal/output/csv`, `internal/output/json`, `internal/js/summary*.go` of
//! <https://github.com/grafana/k6>.

mod csv;

mod json;

mod points;

mod summary;

pub(crate) use csv::read_csv;
pub(crate) use json::read_json;
pub(crate) use summary::read_summary;
