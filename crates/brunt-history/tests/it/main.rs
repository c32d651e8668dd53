//! The index on both databases: the same rows of tests, over records that were written by the recorder.
//!
//! `rows.rs` has them; `sqlite.rs` runs them in every test run, `postgres.rs` where `RUN_SLOW_TESTS` is set and a PostgreSQL
//! server can be started.
#![expect(clippy::expect_used, clippy::panic, reason = "a test whose premise fails is to fail")]

mod postgres;
mod records;
mod rows;
mod sqlite;
