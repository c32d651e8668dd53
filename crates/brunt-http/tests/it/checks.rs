//! Checks, and the bodies they read.

use crate::drive::Plan;
use crate::server::{answer, read_request, scripted};
use brunt_demo::{Config, MockConfig, start};
use brunt_metrics::Nanos;
use brunt_workload::CheckRule;
use std::io::Write;

#[test]
fn checks_of_each_kind() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let contains = |text: &str| CheckRule::BodyContains(text.as_bytes().to_vec());
    let header = |name: &str, text: Option<&str>| CheckRule::Header {
        name: name.into(),
        contains: text.map(Into::into),
    };
    let size = |min, max| CheckRule::BodySize { min, max };
    let status = |low, high| CheckRule::Status(vec![(low, high)]);
    for (path, rule, outcomes) in [
        ("/delay/0", contains("ok"), "0: 1 x 200 ok"),
        ("/delay/0", contains(""), "0: 1 x 200 ok"),
        ("/delay/0", contains("no"), "0: 1 x 200 check"),
        ("/delay/0", status(200, 200), "0: 1 x 200 ok"),
        ("/delay/0", status(201, 299), "0: 1 x 200 check"),
        // A check of the status is the only judge of it.
        ("/status/404", status(404, 404), "0: 1 x 404 ok"),
        ("/status/404", contains("Not Found"), "0: 1 x 404 status"),
        ("/delay/0", header("content-length", None), "0: 1 x 200 ok"),
        ("/delay/0", header("content-length", Some("2")), "0: 1 x 200 ok"),
        ("/delay/0", header("content-length", Some("3")), "0: 1 x 200 check"),
        ("/delay/0", header("x-none", None), "0: 1 x 200 check"),
        ("/bytes/1000", size(1_000, 1_000), "0: 1 x 200 ok"),
        ("/bytes/1000", size(0, 999), "0: 1 x 200 check"),
        ("/delay/0", CheckRule::MaxTime(Nanos::from_secs(3)), "0: 1 x 200 ok"),
        ("/delay/30", CheckRule::MaxTime(Nanos::from_millis(20)), "0: 1 x 200 check"),
    ] {
        let label = format!("{path} {rule:?}");
        let ran = Plan::to(&target.url()).get(path).check(rule).run();
        assert_eq!(ran.outcomes(), outcomes, "{label}");
        let held = u64::from(!outcomes.contains("check"));
        assert_eq!(ran.checks(), [(held, 1 - held)], "{label}");
    }
}

#[test]
fn every_check_is_evaluated_and_the_first_that_fails_is_told() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let no = |n: u16| CheckRule::Status(vec![(n, n)]);
    let plan = Plan::to(&target.url()).get("/").check(no(200)).check(no(201)).check(no(202)).check(no(200));
    let ran = plan.times(2).run();
    assert_eq!(ran.outcomes(), "0: 2 x 200 check");
    assert_eq!(ran.checks(), [(2, 0), (0, 2), (0, 2), (2, 0)]);
    assert_eq!(ran.details(), "check `check 1` failed: expected status 201, found 200");
}

#[test]
fn bodies_are_decoded_within_a_limit() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let compresses = || CheckRule::BodyContains(b"compresses well".to_vec());
    let gzip = |limit| {
        let plan = Plan::to(&target.url()).get("/gzip").header("Accept-Encoding", "gzip").check(compresses());
        plan.target(|t| t.max_kept_body = limit).run()
    };
    let ran = gzip(1 << 20);
    assert_eq!(ran.outcomes(), "0: 1 x 200 ok", "{}", ran.details());
    assert!(ran.bytes().1 < 2_000, "it came compressed");
    // Small as sent, large as meant: a bomb.
    let ran = gzip(2_000);
    assert_eq!(ran.outcomes(), "0: 1 x 200 too large");
    assert_eq!(ran.details(), "a body larger than the 2000 bytes that are kept for checks");
    let plan = Plan::to(&target.url()).get("/bytes/100000").check(compresses());
    let ran = plan.target(|t| t.max_kept_body = 50_000).times(2).run();
    assert_eq!(ran.outcomes(), "0: 2 x too large");
    let faulty = start(Config::faulty()).unwrap();
    let ran = Plan::to(&faulty.url()).get("/gzip-broken").check(compresses()).run();
    assert_eq!(ran.outcomes(), "0: 1 x 200 decode");
    assert_eq!(ran.details(), "cannot decode the body (gzip): unexpected end of file");
}

/// A megabyte of zeros, gzipped twice, is some hundred bytes.
#[test]
fn a_bomb_within_a_bomb() {
    let zip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let bomb = zip(&zip(&vec![0; 10_000_000]));
    assert!(bomb.len() < 1_000, "{}", bomb.len());
    let server = scripted(move |_, mut stream| {
        while read_request(&mut stream).is_some() {
            answer(&mut stream, "Content-Encoding: gzip, gzip\r\n", &bomb);
        }
    });
    let plan = Plan::to(&server.url).get("/").check(CheckRule::BodyContains(b"x".to_vec()));
    let ran = plan.target(|t| t.max_kept_body = 100_000).run();
    assert_eq!(ran.outcomes(), "0: 1 x 200 too large", "{}", ran.details());
}
