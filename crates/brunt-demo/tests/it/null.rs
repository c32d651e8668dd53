//! The null target: honest where it matters.

use std::{io::Write, num::NonZeroUsize};

use brunt_demo::{Config, start};

use crate::client::{End, PATIENCE, ask, connect, exchange, raw, read_answer};

#[test]
fn bodies_by_path() {
    let target = start(Config::null()).expect("start");
    let mut stream = connect(&target);
    for (path, size) in
        [("/", 2), ("/1k", 1024), ("/16k?x=y", 16 * 1024), ("/1m", 1024 * 1024), ("/other", 2)]
    {
        assert_eq!(exchange(&mut stream, &format!("GET {path}")).body.len(), size, "{path}");
    }
    assert_eq!(exchange(&mut stream, "HEAD /1m").header("content-length"), Some("1048576"));
    assert_eq!(exchange(&mut stream, "POST /\n\nhello").text(), "ok");
    let stats = target.stop();
    assert_eq!((stats.requests, stats.connections), (7, 1));
    assert_eq!(stats.route("/1m").map(|route| route.requests), Some(2));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let target = start(Config::null()).expect("start");
    let mut stream = connect(&target);
    let body = "x".repeat(200_000);
    let post = format!("POST /1k HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let text = format!("{}{post}GET /16k HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100));
    stream.write_all(text.as_bytes()).expect("write");
    for _ in 0..100 {
        assert_eq!(read_answer(&mut stream, false).text(), "ok");
    }
    assert_eq!(read_answer(&mut stream, false).body.len(), 1024);
    assert_eq!(read_answer(&mut stream, false).body.len(), 16 * 1024);
}

#[test]
fn the_connection_ends_when_asked_to() {
    let target = start(Config::null()).expect("start");
    let (bytes, end) = raw(&target, "GET / HTTP/1.1\r\nConnection: close\r\nX: y", PATIENCE, usize::MAX);
    assert!(bytes.ends_with(b"ok"));
    assert_eq!(end, End::Closed);
    assert_eq!(ask(&target, "POST /\nTransfer-Encoding: chunked").status, 411);
    assert_eq!(ask(&target, &format!("GET /\nX: {}", "a".repeat(70_000))).status, 431);
}

#[test]
fn several_threads_share_the_port() {
    let target = start(Config::null().threads(NonZeroUsize::new(2).expect("2"))).expect("start");
    for _ in 0..40 {
        assert_eq!(ask(&target, "GET /").text(), "ok");
    }
    let stats = target.stop();
    assert_eq!((stats.requests, stats.connections), (40, 40));
}
