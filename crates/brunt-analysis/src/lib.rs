//! Statistics on runs: what changed, what is wrong, how far it goes.
//!
//! Everything here is a pure function of [`Course`]s, which are made of a run's events, or of plain numbers. It sends
//! nothing, reads no file, and displays nothing.

mod course;

mod findings;

pub mod stats;

pub mod compare;

pub use course::{Course, MAX_SLICES, Resource, Slice};
pub use findings::{Confidence, Cost, Evidence, Figure, Finding, Number, Rules, Seconds, Severity, findings};
