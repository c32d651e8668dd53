//! Statistics on runs: what changed, what is wrong, how far it goes.
//!
//! Everything here is a pure function of [`Course`]s, which are made of a run's events, or of plain numbers. It sends
//! nothing, reads no file, and displays nothing.

mod course;

pub mod capacity;

mod findings;

mod grades;

mod hot_spots;

pub mod stats;

pub mod compare;

pub use capacity::{Usl, fit_usl};
pub use course::{Course, MAX_SLICES, Resource, Slice};
pub use findings::{
    Confidence, Cost, Evidence, Figure, Finding, Number, Rules, RulesError, Seconds, Severity, findings,
    findings_of_totals,
};
pub use grades::{Band, Bands, BandsError, Grades, grades};
pub use hot_spots::{HotSpot, Leaders, hot_spots, leaders};
