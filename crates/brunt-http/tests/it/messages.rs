//! What is sent, as the target sees it.

use crate::drive::Plan;
use crate::server::{answer, read_request, scripted};
use brunt_demo::{Config, MockConfig, start};
use brunt_workload::{Body, CheckRule, Generator, HttpVersion, Text, TextPart};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

#[test]
fn bodies_arrive_as_they_are() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let contains = |text: &str| CheckRule::BodyContains(text.as_bytes().to_vec());
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        for method in ["POST", "PUT", "PATCH"] {
            let plan = Plan::to(&target.url())
                .request(method, "/echo")
                .header("Content-Type", "text/x")
                .body("a body");
            let plan = plan.check(contains("a body")).check(CheckRule::BodySize { min: 6, max: 6 });
            let type_kept =
                CheckRule::Header { name: "content-type".into(), contains: Some("text/x".into()) };
            let ran = plan.check(type_kept).version(version).times(2).run();
            assert_eq!(ran.outcomes(), "0: 2 x 200 ok", "{method} {version:?}: {}", ran.details());
        }
        let large = "0123456789".repeat(300_000);
        let plan = Plan::to(&target.url()).request("POST", "/echo").body(&large).version(version);
        let ran = plan.check(CheckRule::BodySize { min: 3_000_000, max: 3_000_000 }).times(2).run();
        assert_eq!(ran.outcomes(), "0: 2 x 200 ok", "{version:?}: {}", ran.details());
        let (out, read) = ran.bytes();
        assert!(out > 6_000_000 && read > 6_000_000, "{out} {read}");
    }
}

#[test]
fn answers_without_bodies() {
    let faulty = start(Config::faulty()).unwrap();
    let empty = || CheckRule::BodySize { min: 0, max: 0 };
    for (method, path, outcomes) in [
        ("HEAD", "/head", "0: 3 x 200 ok"),
        ("HEAD", "/trailers", "0: 3 x 200 ok"),
        ("GET", "/204", "0: 3 x 204 ok"),
        ("GET", "/304", "0: 3 x 304 ok"),
    ] {
        let ran = Plan::to(&faulty.url()).request(method, path).check(empty()).times(3).run();
        assert_eq!(ran.outcomes(), outcomes, "{method} {path}: {}", ran.details());
        assert_eq!(ran.connects(), 1, "{method} {path}");
    }
    let mock = start(Config::mock(MockConfig::default())).unwrap();
    let plan = Plan::to(&mock.url()).request("HEAD", "/bytes/500").check(empty()).get("/").times(3);
    let ran = plan.version(HttpVersion::Http2).run();
    assert_eq!(ran.outcomes(), "0: 3 x 200 ok, 1: 3 x 200 ok", "{}", ran.details());
}

/// Generated parts differ from request to request and from step to step, and are the same for one seed.
#[test]
fn generated_parts() {
    let asked = || {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&asked);
        let server = scripted(move |_, mut stream| {
            while let Some(request) = read_request(&mut stream) {
                let mut words = request.split_whitespace();
                let target = words.nth(1).unwrap_or_default().to_owned();
                let body = request.split_once("\r\n\r\n").unwrap().1.to_owned();
                let length = format!("Content-Length: {}\r\n", body.len());
                assert!(request.contains(&length) && request.contains("X-Id: "), "{request}");
                keep.lock().unwrap().push((target, body));
                answer(&mut stream, "", b"");
            }
        });
        let number = || TextPart::generated(Generator::Int { min: 0, max: i64::MAX });
        let path = || Text {
            parts: vec![TextPart::Literal("/".into()), number(), TextPart::Literal("/".into()), number()],
        };
        let change = |r: &mut brunt_workload::Request| {
            r.target = path();
            r.headers.push(("X-Id".into(), Text { parts: vec![TextPart::generated(Generator::Uuid)] }));
            r.body = Body::Text(Text { parts: vec![number()] });
        };
        let plan = Plan::to(&server.url).request("POST", "").with(change).request("POST", "").with(change);
        assert_eq!(plan.times(10).run().outcomes(), "0: 10 x 200 ok, 1: 10 x 200 ok");
        let mut asked = asked.lock().unwrap();
        std::mem::take(&mut *asked)
    };
    let first = asked();
    let numbers: BTreeSet<&str> =
        first.iter().flat_map(|(target, body)| target.split('/').skip(1).chain([body.as_str()])).collect();
    assert_eq!(numbers.len(), 60, "20 requests of three numbers each, all different");
    assert_eq!(first, asked());
}

#[test]
fn a_host_of_ones_own() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let says = |text: &str| CheckRule::BodyContains(text.as_bytes().to_vec());
    let plan =
        Plan::to(&target.url()).get("/headers").header("Host", "shop.example").check(says("shop.example"));
    assert_eq!(plan.run().outcomes(), "0: 1 x 200 ok");
    let plan =
        Plan::to(&target.url()).get("/headers").check(says("brunt/")).check(says("\"accept\":\"*/*\""));
    let ran = plan.run();
    assert_eq!(ran.outcomes(), "0: 1 x 200 ok", "{:?}", ran.checks());
}
