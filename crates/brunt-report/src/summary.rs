//! The totals of a run as JSON.

use crate::ExportError;
use brunt_run::{RunEvent, RunView, Summary};
use std::io::Write;

/// Writes the totals of `events` as JSON, the format of `summary.json`. Made from the seconds, not from a
/// summary that was written earlier: it is there for unfinished and torn records too.
pub fn write_summary_json(
    events: impl IntoIterator<Item = RunEvent>,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let mut view = RunView::default();
    events.into_iter().for_each(|event| view.apply(&event));
    let summary = Summary::of(&view).ok_or(ExportError::NoHeader)?;
    out.write_all(summary.to_json()?.as_bytes())?;
    Ok(())
}
