//! Run records to files that other tools read.
//!
//! Every export is a function of a run's events, live or from a record
//! ([`brunt_run::Reader`] is an iterator of them), to bytes; so an export of a record equals one made while
//! the run went on. One second is held at a time. Nothing here opens files, asks a clock or draws.
//!
//! - [`write_hlog`]: histograms per second and endpoint, for the tools of `HdrHistogram`;
//! - [`write_seconds_csv`]: a row per second, endpoint and kind of answer, for spreadsheets;
//! - [`write_summary_json`]: the totals;
//! - [`RequestWriter`]: a row per request, from the engine's samples.

mod csv;

mod error;

mod hlog;

mod requests;

mod seconds;

mod summary;

pub use error::ExportError;
pub use hlog::{Timing, write_hlog};
pub use requests::RequestWriter;
pub use seconds::write_seconds_csv;
pub use summary::write_summary_json;
