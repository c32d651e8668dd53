//! Promises of the crate that need files.
#![expect(clippy::unwrap_used, reason = "a test whose premise fails is to fail")]

mod golden;
mod index;
mod samples;
mod size;
mod torn;
