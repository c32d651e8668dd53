//! Why an export failed.

use std::io;

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The events do not begin with the run's header, so that nothing has a name.
    #[error("the run has no header, so that its endpoints have no names; export it from its record")]
    NoHeader,
    /// The output could not be written.
    #[error("cannot write the export: {0}")]
    Io(#[from] io::Error),
    /// A histogram could not be serialised.
    #[error("cannot serialise the histogram of `{tag}` in second {second}: {reason}")]
    Histogram {
        /// Whose.
        tag: String,
        /// When.
        second: u64,
        /// Why.
        reason: String,
    },
    /// The totals could not be written as JSON.
    #[error("cannot write the totals as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
