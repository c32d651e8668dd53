//! Connections kept, closed and lost.

use crate::drive::{Plan, ms};
use crate::server::{answer, read_request, scripted};
use brunt_demo::{Config, MockConfig, start};

#[test]
fn a_user_keeps_its_connection() {
    for (keep_alive, users, requests, connections) in [(true, 1, 20, 1), (true, 4, 80, 4), (false, 1, 20, 20)]
    {
        let target = start(Config::mock(MockConfig::default())).unwrap();
        let plan = Plan::to(&target.url()).get("/").times(requests).users(users);
        let ran = plan.target(|t| t.keep_alive = keep_alive).run();
        assert_eq!(ran.outcomes(), format!("0: {requests} x 200 ok"));
        assert_eq!((ran.connects(), target.stats().connections), (connections, connections));
        assert_eq!(ran.retries(), 0);
        assert_eq!(ran.open, 0);
    }
}

/// A connection found closed before a request is simply replaced: no retry, also not for POST.
#[test]
fn a_connection_closed_while_idle_is_replaced() {
    let target = start(Config::faulty()).unwrap();
    for method in ["GET", "POST"] {
        let plan = Plan::to(&target.url()).request(method, "/half-closed-idle").pause(ms(150));
        let ran = plan.times(3).run();
        assert_eq!(ran.outcomes(), "0: 3 x 200 ok", "{method}: {}", ran.details());
        assert_eq!((ran.connects(), ran.retries()), (3, 0));
    }
}

/// A server that closes a kept connection just when the next request comes: only a request that may be sent
/// twice is sent again, once, and that is counted.
#[test]
fn a_lost_race_for_a_kept_connection() {
    for (method, outcomes, retries) in [
        ("GET", "0: 4 x 200 ok", 2),
        ("PUT", "0: 4 x 200 ok", 2),
        ("DELETE", "0: 4 x 200 ok", 2),
        ("POST", "0: 2 x reset, 0: 2 x 200 ok", 0),
        ("PATCH", "0: 2 x reset, 0: 2 x 200 ok", 0),
    ] {
        // Connections answer one request and fail the second; the last one answers two.
        let server = scripted(move |number, mut stream| {
            let answers = if number == 2 { 2 } else { 1 };
            for _ in 0..answers {
                read_request(&mut stream);
                answer(&mut stream, "", b"ok");
            }
            read_request(&mut stream);
        });
        let ran = Plan::to(&server.url).request(method, "/").times(4).run();
        assert_eq!(ran.outcomes(), outcomes, "{method}: {}", ran.details());
        assert_eq!(ran.retries(), retries, "{method}");
        assert_eq!(ran.open, 0);
    }
}

/// A retry that fails as well is the end of it.
#[test]
fn a_request_is_sent_twice_at_most() {
    let server = scripted(|number, mut stream| {
        read_request(&mut stream);
        if number == 0 {
            answer(&mut stream, "", b"ok");
            read_request(&mut stream);
        }
    });
    let ran = Plan::to(&server.url).get("/").times(2).run();
    assert_eq!(ran.outcomes(), "0: 1 x reset, 0: 1 x 200 ok");
    assert_eq!((ran.retries(), server.connections()), (1, 2));
}

/// An answer that comes before the request has been sent leaves a connection on which the rest of the request
/// is still due: it must not carry another.
#[test]
fn an_early_answer_ends_the_connection() {
    let server = scripted(|_, mut stream| {
        let mut some = [0; 1_000];
        let _ = std::io::Read::read(&mut stream, &mut some);
        answer(&mut stream, "", b"enough");
        // Open, and never reading on, until the client closes: the test's end at the latest.
        std::thread::park();
    });
    let large = "x".repeat(20_000_000);
    let ran = Plan::to(&server.url).request("POST", "/").body(&large).times(2).run();
    assert_eq!(ran.outcomes(), "0: 2 x 200 ok", "{}", ran.details());
    assert_eq!(ran.connects(), 2);
    let (out, _) = ran.bytes();
    assert!(out < 40_000_000, "only what was written is counted: {out}");
}

#[test]
fn a_server_that_refuses_a_body_is_heard() {
    let target = start(Config::faulty()).unwrap();
    let ran = Plan::to(&target.url()).request("POST", "/refuse-body").body("x").times(3).run();
    // The close may overtake the answer: a reset then, never a hang or a lost request.
    assert!(ran.outcomes().contains("413 status") || ran.outcomes().contains("reset"), "{}", ran.outcomes());
    assert_eq!(ran.connects(), 3);
}
