//! Any bytes as a log, packed or not, in each format: no panic, and each line is an entry, skipped, or an aside.
#![no_main]

use brunt_logs::{Format, Log, open};
use std::io::BufRead;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(opened) = open(bytes) else { return };
    law(Log::new(opened));
    for format in Format::NAMES.into_iter().filter_map(Format::named) {
        law(Log::with_format(bytes, format));
    }
    // The first line as a format for the others.
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    if let Ok(Ok(format)) = std::str::from_utf8(&bytes[..end]).map(Format::parse_log_format) {
        law(Log::with_format(&bytes[end..], format));
    }
});

fn law(mut log: Log<impl BufRead>) {
    let mut entries = 0;
    while let Ok(Some(_)) = log.entry() {
        entries += 1;
    }
    assert_eq!(log.lines(), entries + log.skipped().lines + log.asides());
}
