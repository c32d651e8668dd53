//! Any bytes as a response, in any split: no panic, no hang, and the split changes nothing.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| brunt_http::fuzz_response(bytes));
