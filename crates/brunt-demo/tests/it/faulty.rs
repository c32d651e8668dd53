//! Each fault, on the wire.

use std::{io::Write, time::Duration};

use brunt_demo::{Config, Running, faulty::faults, start};

use crate::client::{End, ask, connect, exchange, raw, read_answer};

/// Long enough for a byte to come on a busy machine, short enough to wait for one that must not.
const SHORT: Duration = Duration::from_millis(300);

fn target() -> Running {
    start(Config::faulty()).expect("the target starts")
}

/// What each path sends: a beginning, an end, how many bytes in all (if it is worth saying), and how the connection ends.
const ROWS: &[(&str, &str, &str, Option<usize>, End)] = &[
    ("/ok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "\r\n\r\nok", None, End::Open),
    ("/close-each", "HTTP/1.1 200", "Connection: close\r\n\r\nok", None, End::Closed),
    ("/close-each-silent", "HTTP/1.1 200", "Content-Length: 2\r\n\r\nok", None, End::Closed),
    ("/half-closed-idle", "HTTP/1.1 200", "ok", None, End::Closed),
    ("/empty", "", "", Some(0), End::Closed),
    ("/mid-body", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n", "xxx", Some(43 + 1000), End::Closed),
    ("/reset", "", "", Some(0), End::Reset),
    ("/reset-mid-body", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n", "xxx", Some(43 + 1000), End::Reset),
    ("/refuse-body", "HTTP/1.1 413", "Connection: close\r\n\r\n", None, End::Closed),
    ("/never", "", "", Some(0), End::Open),
    ("/endless-headers", "HTTP/1.1 200 OK\r\nX-Bomb: aaa", "Content-Length: 0\r\n\r\n", None, End::Closed),
    ("/garbage-status", "HTTP/1.1 abc", "\r\n\r\n", None, End::Closed),
    ("/bare-lf", "HTTP/1.1 200 OK\n", "\n\nok", None, End::Open),
    ("/cl-too-small", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok but there is more", None, End::Open),
    (
        "/cl-too-large",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n",
        "\r\n\r\nxxxxxxxxxxxxxxxxxxxx",
        None,
        End::Open,
    ),
    (
        "/cl-conflict",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n",
        "okok",
        None,
        End::Closed,
    ),
    ("/cl-negative", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n", "ok", None, End::Closed),
    (
        "/cl-and-te",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "0\r\n\r\n",
        None,
        End::Closed,
    ),
    ("/te-unknown", "HTTP/1.1 200 OK\r\nTransfer-Encoding: banana\r\n", "ok", None, End::Closed),
    (
        "/chunk-bad-size",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "\r\n\r\n",
        None,
        End::Closed,
    ),
    ("/chunk-huge", "HTTP/1.1 200", "\r\n\r\nffffffffffffffff\r\nok\r\n0\r\n\r\n", None, End::Closed),
    ("/no-length", "HTTP/1.1 200 OK\r\n\r\n", "until the end", None, End::Closed),
    ("/http10", "HTTP/1.0 200 OK\r\n\r\n", "until the end", None, End::Closed),
    (
        "/trailers",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
        "0\r\nX-Sum: 42\r\n\r\n",
        None,
        End::Open,
    ),
    ("/continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 ", "\r\n\r\nok", None, End::Open),
    ("/204", "HTTP/1.1 204 No Content\r\n\r\n", "", Some(27), End::Open),
    ("/304", "HTTP/1.1 304", "Content-Length: 1000\r\n\r\n", None, End::Open),
    ("/head", "HTTP/1.1 200", "xxx", Some(41 + 1000), End::Open),
    ("/split", "HTTP/1.1 200", "\r\n\r\nok", None, End::Open),
    ("/switching", "HTTP/1.1 101", "Upgrade: banana\r\n\r\n", None, End::Open),
    ("/two-answers", "HTTP/1.1 200", "\r\n\r\nno", None, End::Open),
    ("/gzip-broken", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n", "ok", None, End::Open),
];

#[test]
fn each_path_does_what_it_says() {
    let target = target();
    std::thread::scope(|scope| {
        for (path, begin, end, size, how) in ROWS {
            let target = &target;
            scope.spawn(move || {
                // A reset needs its time, and the bomb its 10 MB.
                let patience = if *how == End::Open { SHORT } else { Duration::from_secs(5) };
                let (bytes, ended) = raw(target, &format!("GET {path}"), patience, usize::MAX);
                let text = String::from_utf8_lossy(&bytes);
                assert!(text.starts_with(begin), "{path}: {:?}", text.chars().take(200).collect::<String>());
                assert!(
                    text.ends_with(end),
                    "{path}: {:?}",
                    text.chars().rev().take(100).collect::<String>()
                );
                assert_eq!(ended, *how, "{path}");
                assert!(size.is_none_or(|size| size == bytes.len()), "{path}: {}", bytes.len());
                if *path == "/endless-headers" {
                    assert!(bytes.len() > 10 * 1024 * 1024);
                }
            });
        }
    });
    for (path, ..) in ROWS {
        assert_eq!(target.stats().route(path).map(|route| route.requests), Some(1), "{path}");
    }
}

#[test]
fn each_fault_is_tested() {
    let elsewhere = ["/never-headers-end", "/endless", "/garbage"];
    for fault in faults() {
        let tested = ROWS.iter().any(|row| row.0 == fault.path) || elsewhere.contains(&fault.path);
        assert!(tested, "{}", fault.path);
    }
}

#[test]
fn garbage_is_not_http() {
    let (bytes, end) = raw(&target(), "GET /garbage", Duration::from_secs(5), usize::MAX);
    assert_eq!((bytes.len(), end), (512, End::Closed));
    assert!(bytes.iter().all(|byte| !byte.is_ascii()));
}

#[test]
fn what_has_no_end_goes_on() {
    let target = target();
    let (headers, _) = raw(&target, "GET /never-headers-end", Duration::from_secs(5), 60);
    let headers = String::from_utf8(headers).expect("headers");
    assert!(headers.matches("X-Drip: 1\r\n").count() >= 3 && !headers.contains("\r\n\r\n"), "{headers}");
    let (body, _) = raw(&target, "GET /endless", Duration::from_secs(5), 5_000_000);
    assert!(body.len() >= 5_000_000);
    // The client above has gone; the target has not.
    assert_eq!(ask(&target, "GET /ok").status, 200);
}

#[test]
fn connections_are_kept_alive_after_an_answer() {
    let target = target();
    let mut stream = connect(&target);
    for path in ["/ok", "/head", "/204", "/split", "/ok"] {
        let answer = exchange(&mut stream, &format!("GET {path}"));
        assert!(matches!(answer.status, 200 | 204), "{path}");
    }
    assert_eq!(exchange(&mut stream, "GET /unknown").status, 404);
    assert_eq!(target.stats().connections, 1);
}

#[test]
fn pipelined_requests_and_bodies() {
    let target = target();
    let mut stream = connect(&target);
    let sized = "POST /ok HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
    let chunked = "POST /ok HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n";
    stream.write_all(format!("{sized}{chunked}{sized}").as_bytes()).expect("write");
    for _ in 0..3 {
        assert_eq!(read_answer(&mut stream, false).text(), "ok");
    }
}

#[test]
fn head_gets_no_body() {
    let target = target();
    std::thread::scope(|scope| {
        for path in ["/ok", "/head", "/split", "/trailers", "/big/1000", "/endless"] {
            let target = &target;
            scope.spawn(move || {
                let (bytes, _) = raw(target, &format!("HEAD {path}"), SHORT, usize::MAX);
                assert!(bytes.starts_with(b"HTTP/1.1 200") && bytes.ends_with(b"\r\n\r\n"), "{path}");
            });
        }
    });
}

#[test]
fn big_bodies_are_whole() {
    let target = target();
    let answer = ask(&target, "GET /big/10000000");
    assert_eq!((answer.status, answer.body.len()), (200, 10_000_000));
    assert_eq!(ask(&target, "GET /big/300000000").status, 400);
    assert_eq!(ask(&target, "GET /big/x").status, 400);
}
