//! Exports of the golden record, read back by the readers of others where there are any.
#![expect(clippy::unwrap_used, reason = "a test whose premise fails is to fail")]

mod analysis;
mod csv;
mod find_max;
mod hlog;
mod k6;
mod locust;
mod page;
mod simulated;
mod summary;

use brunt_run::{Reader, RunEvent};
use std::path::Path;

/// The events of the golden record.
fn golden() -> Vec<RunEvent> {
    golden_of("v1-small")
}

/// The events of a golden record.
fn golden_of(name: &str) -> Vec<RunEvent> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/runs").join(name);
    Reader::open(&folder).unwrap().collect()
}
