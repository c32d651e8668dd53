//! Every way in which the faulty target breaks HTTP: what comes of it, and that the next request works.

use crate::alloc::Watched;
use crate::drive::{Plan, ms};
use brunt_demo::{Config, faulty, start};
use brunt_metrics::Nanos;

/// The outcome of three requests by one user with a timeout of 300 ms, the connections they took and the
/// retries.
const FAULTS: &[(&str, &str, u64, u64)] = &[
    ("/ok", "0: 3 x 200 ok", 1, 0),
    ("/close-each", "0: 3 x 200 ok", 3, 0),
    // The next request comes before the close.
    ("/half-closed-idle", "0: 3 x 200 ok", 3, 2),
    ("/empty", "0: 3 x reset", 3, 0),
    ("/mid-body", "0: 3 x reset", 3, 0),
    ("/reset", "0: 3 x reset", 3, 0),
    ("/reset-mid-body", "0: 3 x reset", 3, 0),
    ("/refuse-body", "0: 3 x 413 status", 3, 0),
    ("/never", "0: 3 x request timeout", 3, 0),
    ("/never-headers-end", "0: 3 x request timeout", 3, 0),
    ("/endless-headers", "0: 3 x too large", 3, 0),
    ("/garbage", "0: 3 x protocol", 3, 0),
    ("/garbage-status", "0: 3 x protocol", 3, 0),
    ("/bare-lf", "0: 3 x 200 ok", 1, 0),
    ("/cl-too-small", "0: 3 x 200 ok", 3, 0),
    ("/cl-too-large", "0: 3 x request timeout", 3, 0),
    ("/cl-conflict", "0: 3 x protocol", 3, 0),
    ("/cl-negative", "0: 3 x protocol", 3, 0),
    ("/cl-and-te", "0: 3 x 200 ok", 3, 0),
    ("/te-unknown", "0: 3 x 200 ok", 3, 0),
    ("/chunk-bad-size", "0: 3 x protocol", 3, 0),
    ("/chunk-huge", "0: 3 x protocol", 3, 0),
    ("/no-length", "0: 3 x 200 ok", 3, 0),
    ("/http10", "0: 3 x 200 ok", 3, 0),
    ("/trailers", "0: 3 x 200 ok", 1, 0),
    ("/continue", "0: 3 x 200 ok", 1, 0),
    ("/204", "0: 3 x 204 ok", 1, 0),
    ("/304", "0: 3 x 304 ok", 1, 0),
    ("/head", "0: 3 x 200 ok", 1, 0),
    ("/split", "0: 3 x 200 ok", 1, 0),
    ("/switching", "0: 3 x 101 ok", 3, 0),
    ("/two-answers", "0: 3 x 200 ok", 3, 0),
    ("/gzip-broken", "0: 3 x 200 ok", 1, 0),
    ("/big/100000", "0: 3 x 200 ok", 1, 0),
    ("/no-such-path", "0: 3 x 404 status", 1, 0),
];

/// Their number of connections depends on what arrives first, the close or the next request; or how they end
/// depends on the machine's speed.
const RACES: [&str; 2] = ["/close-each-silent", "/endless"];

#[test]
fn every_fault_has_its_outcome() {
    let target = start(Config::faulty()).unwrap();
    for fault in faulty::faults() {
        let known = RACES.contains(&fault.path) || FAULTS.iter().any(|row| row.0 == fault.path);
        assert!(known, "{} has no row here", fault.path);
    }
    for (path, outcomes, connects, retries) in FAULTS {
        let ran = Plan::to(&target.url()).get(path).timeout(ms(300)).times(3).run();
        assert_eq!(ran.outcomes(), *outcomes, "{path}: {}", ran.details());
        // Bytes after a response and the next request race: whoever wins, no answer is mistaken for another.
        let excess = ["/cl-too-small", "/two-answers"].contains(path);
        assert!(ran.connects() == *connects || excess, "{path}: {} connections", ran.connects());
        assert!(ran.retries() == *retries || excess, "{path}: {} retries", ran.retries());
        assert_eq!(ran.open, 0, "{path}: all are closed in the end");
        assert!(ran.service_max() < Nanos::from_secs(3), "{path} took {}", ran.service_max());
    }
}

#[test]
fn a_connection_that_is_closed_silently_costs_a_retry_at_most() {
    let target = start(Config::faulty()).unwrap();
    let ran = Plan::to(&target.url()).get("/close-each-silent").times(50).run();
    assert_eq!(ran.outcomes(), "0: 50 x 200 ok", "{}", ran.details());
    assert_eq!(ran.connects(), 50);
    assert!(ran.retries() <= 49);
}

#[test]
fn an_endless_body_ends_with_the_timeout_and_is_counted() {
    let target = start(Config::faulty()).unwrap();
    let ran = Plan::to(&target.url()).get("/endless").timeout(ms(50)).run();
    // The target itself gives up after 200 MB.
    assert!(
        ["0: 1 x request timeout", "0: 1 x reset"].contains(&ran.outcomes().as_str()),
        "{}",
        ran.outcomes()
    );
    let (out, read) = ran.bytes();
    assert!(out > 50, "{out} bytes sent");
    assert!(read > 100_000, "what was read counts even if the request failed: {read}");
}

/// Whatever the size of what comes, a worker needs no more memory than its one buffer and a few heads.
#[test]
fn what_is_discarded_takes_no_memory() {
    let target = start(Config::faulty()).unwrap();
    for (path, outcomes) in
        [("/big/100000000", "0: 1 x 200 ok"), ("/endless-headers", "0: 1 x too large"), ("/endless", "")]
    {
        let plan =
            Plan::to(&target.url()).get(path).timeout(if path == "/endless" { ms(50) } else { ms(9_000) });
        let (ran, watch) = Watched::run(&plan);
        assert!(ran.outcomes() == outcomes || path == "/endless", "{path}: {}", ran.outcomes());
        assert!(watch.peak_bytes() < 2_000_000, "{path} took {} bytes", watch.peak_bytes());
        assert!(path != "/big/100000000" || ran.bytes().1 > 100_000_000);
    }
}
