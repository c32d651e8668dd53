//! Any bytes as a plan: no panic, and whatever is refused is refused with a report that renders.
#![no_main]

use brunt_plan::{Overrides, Source, Surroundings, Style, lower};
use std::io;
use std::path::Path;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (format, text) = match bytes.split_first() {
        // JSON is known by its first byte; a first byte that no text begins with stands for TOML, and is dropped.
        Some((b'{' | b'[', _)) => ("plan.json", bytes),
        Some((0x80.., rest)) => ("plan.toml", rest),
        Some(_) | None => ("plan.yaml", bytes),
    };
    let no_files = |path: &Path| {
        Err(io::Error::new(
            io::ErrorKind::NotFound,
            path.display().to_string(),
        ))
    };
    let report = match Source::from_bytes(Path::new(format), text.to_vec()) {
        Ok(source) => match lower(&source, &Overrides::default(), &Surroundings { files: &no_files, env: &|_| None }) {
            Ok(lowered) => lowered.warnings,
            Err(report) => report,
        },
        Err(report) => report,
    };
    assert!(report.diagnostics.is_empty() || !report.render(Style::Plain).is_empty());
});
