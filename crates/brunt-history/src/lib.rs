//! An index of runs: which there are, how they ended, and how their response times went from run to run.
//!
//! The record of a run stays the truth. The index is made of records, by one function ([`Entry::read`]) whether a run is
//! added at its end or found later, so that it can be thrown away and made again at any time. It is a file in the folder of
//! records (SQLite), or tables of a server that several share (PostgreSQL): the same statements, but for two types of
//! columns and how the making of tables is locked.
//!
//! Of each endpoint the index keeps histograms, of the whole run and of at most [`MAX_SLICES`] slices of it, so that the
//! trend of any quantile is made of merged histograms and never of averaged percentiles.
//!
//! ```no_run
//! use brunt_history::{Filter, History, Place, TrendOf};
//! # fn main() -> Result<(), brunt_history::HistoryError> {
//! let history = History::open(&Place::of(None, "brunt-runs".as_ref())?)?;
//! history.refresh()?; // takes up what was missed; cheap when nothing was
//! let newest = history.runs(&Filter { branch: Some("main".into()), limit: Some(20), ..Filter::default() })?;
//! let trend = history.trend(&Filter::default(), &TrendOf::quantile(0.95))?;
//! # Ok(()) }
//! ```
//!
//! All functions of [`History`] block, on a small runtime of its own: within another runtime call them where blocking is
//! allowed (tokio's `spawn_blocking`), also the last drop. A [`History`] may be shared between threads.
//!
//! It judges nothing, draws nothing and starts no run.

mod endpoints;

mod entry;

mod error;

mod filter;

mod history;

mod place;

mod query;

mod row;

mod schema;

mod stamp;

mod store;

mod trend;

pub use entry::{BRANCH, COMMIT, Entry, MAX_SLICES};
pub use error::HistoryError;
pub use filter::{Filter, Order, SortBy};
pub use history::{History, Refreshed};
pub use place::{FILE, Place};
pub use row::{Row, State, Trust};
pub use trend::{Covered, Trend, TrendOf, TrendPoint};
