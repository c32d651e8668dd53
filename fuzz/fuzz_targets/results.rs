//! Any bytes as another tool's results: no panic, what is refused is refused in words, and what is read holds together.
#![no_main]

use brunt_results::read_bytes;
use std::path::Path;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match read_bytes(Path::new("results"), bytes) {
        Ok(results) => {
            let total = &results.summary.total;
            assert!(total.errors <= total.requests);
            assert!(total.error_rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)));
            assert!(results.summary.to_json().is_ok());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
