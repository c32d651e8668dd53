//! The program as its users run it, against targets whose truth is known.
//!
//! `stage` holds what all tests need; start there. `slow` runs only where `RUN_SLOW_TESTS` is set.

mod analyze;
mod compare;
mod doctor;
mod examples;
mod faults;
mod find_max;
mod flags;
mod history;
mod locust;
mod metrics;
mod plans;
mod plot;
mod records;
mod report;
mod slow;
mod stage;
mod targets;
mod texts;
mod traffic;
mod ui;
mod usage;
mod verdicts;
