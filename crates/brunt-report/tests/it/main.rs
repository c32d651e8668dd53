//! Exports of the golden record, read back by the readers of others where there are any.
#![expect(clippy::unwrap_used, reason = "a test whose premise fails is to fail")]

mod csv;
mod hlog;
mod summary;

use brunt_run::{Reader, RunEvent};
use std::path::Path;

/// The events of the golden record.
fn golden() -> Vec<RunEvent> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/runs/v1-small");
    Reader::open(&folder).unwrap().collect()
}
