//! Logs of every kind, good and bad.
#![expect(clippy::unwrap_used, reason = "a test that unwraps what is not there has failed")]

mod bad;
mod clf;
mod formats;
mod packed;
