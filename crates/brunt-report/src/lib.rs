//! Run records to files that other tools read.
//!
//! Every export is a function of a run's events, live or from a record
//! ([`brunt_run::Reader`] is an iterator of them), to bytes; so an export of a record equals one made while
//! the run went on. One second is held at a time. Nothing here opens files, asks a clock or draws.
//!
//! - [`write_hlog`]: histograms per second and endpoint, for the tools of `HdrHistogram`;
//! - [`write_seconds_csv`]: a row per second, endpoint and kind of answer, for spreadsheets;
//! - [`write_summary_json`]: the totals;
//! - [`write_locust_csv`]: Locust's four CSV files; [`LocustCsv`] writes them while a run goes on;
//! - [`report_html`]: a run as one page, decision first, with its figures;
//! - [`write_k6_summary`]: k6's end-of-test summary, as its `--summary-export` has it;
//! - [`analysis_text`] and its neighbours: what an analysis found, also for CI servers;
//! - [`find_max_text`] and its neighbours: the search for the limit;
//! - [`RequestWriter`]: a row per request, from the engine's samples.

mod analysis;

mod compare;

mod csv;

mod error;

mod find_max;

mod hlog;

mod k6;

mod page;

mod locust;

mod markup;

mod requests;

mod seconds;

mod summary;

mod users;

pub use analysis::{
    AnalysedRun, Analysis, Basis, DeploymentReport, Rollback, UnreadableRun, analysis_json, analysis_junit,
    analysis_markdown, analysis_text, github_annotations,
};
pub use compare::{
    comparison_json, comparison_markdown, comparison_text, metric_figure, variants_markdown, variants_text,
};
pub use error::ExportError;
pub use find_max::{FindMax, find_max_json, find_max_markdown, find_max_text, trial_line};
pub use hlog::{Timing, write_hlog};
pub use k6::{write_k6_summary, write_k6_summary_of};
pub use locust::{LocustCsv, LocustFile, LocustFiles, LocustHistory, write_locust_csv};
pub use page::{Page, report_html};
pub use requests::RequestWriter;
pub use seconds::write_seconds_csv;
pub use summary::write_summary_json;
pub use users::UserCount;
