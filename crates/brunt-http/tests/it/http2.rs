//! HTTP/2: a connection a user, or shared ones; streams that fail and connections that end.

use crate::drive::{Plan, ms};
use crate::server;
use brunt_demo::{Config, MockConfig, start};
use brunt_metrics::Part;
use brunt_workload::HttpVersion;

#[test]
fn users_have_their_own_connections_or_share_some() {
    for (shared, users, connections) in [(None, 5, 5), (Some(1), 5, 1), (Some(2), 6, 2), (Some(0), 3, 1)] {
        let target = start(Config::mock(MockConfig::default())).unwrap();
        let plan = Plan::to(&target.url()).get("/delay/2").users(users).times(60).version(HttpVersion::Http2);
        let ran = plan.target(|t| t.shared_connections = shared).run();
        assert_eq!(ran.outcomes(), "0: 60 x 200 ok", "{shared:?}: {}", ran.details());
        assert_eq!((ran.connects(), target.stats().connections), (connections, connections), "{shared:?}");
        assert_eq!(ran.part(Part::Connect).count, connections, "who opened it counts it");
    }
}

/// In the clear, negotiation means HTTP/1.1, whose connections cannot be shared.
#[test]
fn http1_is_not_shared() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let plan = Plan::to(&target.url()).get("/").users(3).times(30).version(HttpVersion::Negotiate);
    let ran = plan.target(|t| t.shared_connections = Some(1)).run();
    assert_eq!(ran.outcomes(), "0: 30 x 200 ok", "{}", ran.details());
    assert_eq!(target.stats().connections, 3);
}

#[test]
fn a_timeout_ends_a_stream_and_not_its_connection() {
    for shared in [None, Some(1)] {
        let server = server::http2(usize::MAX);
        let plan = Plan::to(&server.url).get("/").get("/never").timeout(ms(50)).users(2).times(8);
        let ran = plan.version(HttpVersion::Http2).target(|t| t.shared_connections = shared).run();
        assert_eq!(ran.outcomes(), "0: 8 x 200 ok, 1: 8 x request timeout", "{}", ran.details());
        assert_eq!(server.connections(), if shared.is_some() { 1 } else { 2 });
    }
}

/// A server that ends its connections now and then (GOAWAY): users go on with new ones, and those who share
/// share those as well.
#[test]
fn a_connection_that_the_server_ends_is_replaced() {
    for (shared, users) in [(None, 1), (Some(1), 8), (Some(2), 8)] {
        let server = server::http2(25);
        let plan = Plan::to(&server.url).get("/").users(users).times(400).version(HttpVersion::Http2);
        let ran = plan.target(|t| t.shared_connections = shared).run();
        assert_eq!(ran.outcomes(), "0: 400 x 200 ok", "{shared:?}: {}", ran.details());
        // About the quotient: streams under way when a connection is being ended are still served on it.
        let connections = server.connections();
        assert!((10..=40).contains(&connections), "{shared:?}: {connections} connections");
    }
}

#[test]
fn a_server_that_does_not_speak_it() {
    let target = start(Config::faulty()).unwrap();
    let ran =
        Plan::to(&target.url()).get("/ok").version(HttpVersion::Http2).timeout(ms(2_000)).times(3).run();
    assert!(ran.outcomes().starts_with("0: 3 x "), "{}", ran.outcomes());
    assert!(["0: 3 x protocol", "0: 3 x reset"].contains(&ran.outcomes().as_str()), "{}", ran.outcomes());
    assert_eq!(ran.open, 0, "a handshake that fails leaves no connection counted");
    let silent = server::scripted(|_, _stream| std::thread::park());
    let plan = Plan::to(&silent.url).get("/").version(HttpVersion::Http2).timeout(ms(100)).times(2);
    let ran = plan.run();
    assert_eq!(ran.outcomes(), "0: 2 x request timeout");
}
