//! Results of load tests, whatever tool made them, as a run.
//!
//! A file is recognised by what is in it, never by its name, and becomes what a run of ours is: totals always, and where
//! the source has samples the same events that a live run gives, so that all that judges, compares and draws serves for
//! them too. What a source cannot tell is said and never made up.
//!
//! Start with [`read`] and [`Results`]. [`recognise`] says what a file is; [`read_bytes`] does without files. Nothing
//! here judges, draws or knows plans.

mod results;

mod error;

mod kind;

mod read;

pub use error::{Place, Problem, ResultsError};
pub use kind::{Kind, Tool, recognise};
pub use read::{read, read_bytes};
pub use results::{HistoryPoint, MAX_PROBLEMS, OwnVerdict, Percentiles, Results};
