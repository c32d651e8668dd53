//! Logs of every kind, good and bad.

mod clf;
mod packed;
