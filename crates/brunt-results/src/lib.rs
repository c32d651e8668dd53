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

mod sniff;

mod source;

mod table;

mod lines;

mod number;

mod words;

mod notes;

mod fold;

mod assemble;

mod gob;

mod brunt;

mod locust;

mod k6;

mod jmeter;

mod vegeta;

mod oha;

mod wrk;

mod rows;

pub use error::{Place, Problem, ResultsError};
pub use kind::{Kind, Tool};
pub use read::{Found, Unreadable, read, read_bytes, read_each, recognise};
pub use results::{ErrorWords, HistoryPoint, MAX_ERRORS, MAX_PROBLEMS, OwnVerdict, Percentiles, Results};
