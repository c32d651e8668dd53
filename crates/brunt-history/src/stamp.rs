//! Whether a record has changed since it was read.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The files of a record that the index is made of.
const FILES: [&str; 5] = ["run.json", "seconds.brunt", "events.jsonl", "summary.json", "labels.json"];

/// The lengths and times of a record's files: as long as it is the same, so is the record.
pub(crate) fn stamp(folder: &Path) -> String {
    let one = |name: &&str| {
        let Ok(about) = fs::metadata(folder.join(name)) else { return "-".to_owned() };
        let since = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        format!("{}@{}", about.len(), since.map_or(0, |s| s.as_nanos()))
    };
    FILES.iter().map(one).collect::<Vec<_>>().join(" ")
}
