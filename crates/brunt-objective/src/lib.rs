//! Objectives: what a service promises, as data and as text.
//!
//! An objective is a statistic of some requests, held against a limit: `p95{action=checkout} < 250ms`. This crate has
//! its data, its grammar and its standard form. It judges nothing and knows no run: that is `brunt-gate`. Plans, the
//! command line and other tools' files all speak through it, so that one text means one thing.
//!
//! Start with [`Objective`]; [`parse`] reads one (its grammar stands there), `Display` prints it, and
//! [`k6::threshold`] reads k6's.

mod objective;

mod quantity;

mod statistic;

mod filter;

mod problem;

mod scan;

mod parse;

pub mod k6;

pub use filter::{Filter, FilterKey, Filters, Match, NO_STATUS};
pub use objective::{
    Abort, Change, Comparison, Limit, MAX_WINDOW, Measure, NoData, Objective, Reference, Severity, Window,
};
pub use parse::parse;
pub use problem::Problem;
pub use quantity::{Quantity, duration, duration_text};
pub use statistic::{Basis, Count, Dimension, Flow, Percentile, Point, Share, Statistic};
