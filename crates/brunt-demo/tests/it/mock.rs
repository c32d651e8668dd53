//! The behaviours of the mock, on the wire.

use std::{io::Read, time::Duration};

use brunt_demo::{
    Config, Latency, MockConfig,
    mock::{Body, Capacity, Drip, Route, Session, Size, Stall},
    start,
};
use serde_json::{Value, json};

use crate::client::{ask, connect, exchange, mock, now, routes};

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn parse(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("JSON")
}

#[test]
fn the_shop() {
    let shop = mock(MockConfig::shop());
    let mut stream = connect(&shop);
    for (request, status) in [
        ("GET /", 200),
        ("GET /products", 200),
        ("GET /search?q=shoe", 200),
        ("POST /cart\n\n{\"product\":7}", 201),
        ("GET /me", 401),
        ("GET /health", 200),
        ("GET /nothing", 404),
        ("PUT /cart", 405),
        ("HEAD /products", 200),
    ] {
        assert_eq!(exchange(&mut stream, request).status, status, "{request}");
    }
    assert_eq!(parse(&exchange(&mut stream, "GET /products/42").body)["id"], "42");
    assert_eq!(parse(&exchange(&mut stream, "POST /orders").body)["order"], "o-0");
    let login = exchange(&mut stream, "POST /login");
    let cookie =
        login.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie").to_owned();
    assert_eq!(exchange(&mut stream, &format!("GET /me\nCookie: {cookie}")).status, 200);
    assert_eq!(exchange(&mut stream, "GET /me\nCookie: session=0-1").status, 401);
    let stats = shop.stats();
    assert_eq!((stats.requests, stats.connections, stats.in_flight), (14, 1, 0));
    assert_eq!(stats.route("GET /me").map(|route| route.requests), Some(3));
    assert_eq!(stats.route("unmatched").map(|route| route.requests), Some(2));
}

#[test]
fn built_in_paths() {
    let target = mock(MockConfig::default());
    let mut stream = connect(&target);
    for (request, status, length) in [
        ("GET /bytes/0", 200, 0),
        ("GET /bytes/200000", 200, 200_000),
        ("GET /bytes/x", 400, 46),
        ("GET /bytes/99999999999", 400, 46),
        ("GET /status/418", 418, 12),
        ("DELETE /status/204", 204, 0),
        ("GET /status/304", 304, 0),
        ("GET /status/99", 400, 46),
        ("GET /delay/0.5", 200, 2),
        ("GET /delay/-1", 400, 46),
        ("POST /echo\n\nhello", 200, 5),
        ("GET /old", 302, 0),
        ("GET /redirect/0", 200, 10),
        ("GET /gzip", 200, 7_900),
        ("HEAD /bytes/1000", 200, 0),
    ] {
        let answer = exchange(&mut stream, request);
        assert_eq!((answer.status, answer.body.len()), (status, length), "{request}");
    }
    assert_eq!(exchange(&mut stream, "GET /redirect/3").header("location"), Some("/redirect/2"));
    assert_eq!(exchange(&mut stream, "GET /old").header("location"), Some("/"));
    assert_eq!(exchange(&mut stream, "HEAD /bytes/1000").header("content-length"), Some("1000"));
    let shown = parse(&exchange(&mut stream, "GET /headers?a=b\nX-One: 1").body);
    assert_eq!((&shown["headers"]["x-one"], &shown["uri"]), (&json!("1"), &json!("/headers?a=b")));
}

#[test]
fn control_paths_are_not_counted() {
    let target = mock(MockConfig::default());
    assert_eq!(ask(&target, "GET /health").status, 200);
    let stats = parse(&ask(&target, "GET /__stats").body);
    assert_eq!(stats["requests"], 1);
    assert_eq!(ask(&target, "POST /__reset").status, 204);
    assert_eq!(target.stats().requests, 0);
}

#[test]
fn a_delay_is_never_short_and_its_times_are_kept() {
    let config = Config::mock(MockConfig::constant(ms(5))).exact_times();
    let target = start(config).expect("start");
    let mut stream = connect(&target);
    for _ in 0..20 {
        let begin = now();
        assert_eq!(exchange(&mut stream, "GET /").text(), "ok");
        assert!(begin.elapsed() >= ms(5));
    }
    let stats = target.stop();
    assert_eq!(stats.times.len(), 20);
    for (number, served) in (0..).zip(&stats.times) {
        assert_eq!(
            (served.number, served.due_ns - served.arrived_ns, served.status),
            (number, 5_000_000, 200)
        );
        assert!(served.answered_ns >= served.due_ns);
    }
}

#[test]
fn the_same_seed_gives_the_same_answers() {
    let latency = Latency::Uniform { min: ms(0), max: ms(1) };
    let config = |seed| MockConfig {
        seed,
        ..MockConfig::with(vec![Route::get("/x").latency(latency).failures(0.3, 502)])
    };
    let run = |seed| {
        let target = start(Config::mock(config(seed)).exact_times()).expect("start");
        let mut stream = connect(&target);
        let statuses: Vec<u16> = (0..60).map(|_| exchange(&mut stream, "GET /x").status).collect();
        let stats = target.stop();
        let failures = statuses.iter().filter(|status| **status == 502).count() as u64;
        assert_eq!(stats.routes[0].failures, failures);
        let delays: Vec<u64> = stats.times.iter().map(|served| served.due_ns - served.arrived_ns).collect();
        (statuses, delays)
    };
    let first = run(1);
    assert!(first.0.contains(&200) && first.0.contains(&502));
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
}

#[test]
fn a_full_queue_turns_away() {
    let service = Some(Latency::Constant(ms(150)));
    let capacity = Some(Capacity { servers: 1, service, queue: 1, retry_after: ms(1500) });
    let target = mock(MockConfig { capacity, ..MockConfig::with(vec![Route::get("/x")]) });
    let answers: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(|| ask(&target, "GET /x"))).collect();
        clients.into_iter().map(|client| client.join().expect("client")).collect()
    });
    let rejected: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    // One is served and one waits; a slow machine may let the others come late enough to be served.
    assert!(!rejected.is_empty() && rejected.len() <= 2, "{}", rejected.len());
    assert!(rejected.iter().all(|answer| answer.header("retry-after") == Some("2")));
    assert_eq!(target.stats().routes[0].rejected, rejected.len() as u64);
    // Built-in paths have no queue.
    assert_eq!(ask(&target, "GET /health").status, 200);
}

#[test]
fn a_freeze_holds_up_everything() {
    let stall = Some(Stall { every: ms(300), lasts: ms(200) });
    let target = mock(MockConfig { stall, ..MockConfig::default() });
    let mut stream = connect(&target);
    let begin = now();
    assert_eq!(exchange(&mut stream, "GET /health").status, 200);
    // Due at about 310 ms, in the freeze from 300 to 500.
    assert_eq!(exchange(&mut stream, "GET /delay/310").status, 200);
    assert!(begin.elapsed() >= ms(500), "{:?}", begin.elapsed());
    // A reset starts the clock anew: the next freeze is 300 ms away.
    let before = now();
    target.reset();
    let after = now();
    while after.elapsed() < ms(350) {
        std::thread::yield_now();
    }
    assert_eq!(ask(&target, "GET /health").status, 200);
    assert!(before.elapsed() >= ms(500), "{:?}", before.elapsed());
}

#[test]
fn payloads() {
    let target = routes(vec![
        Route::get("/between").body(Body::BytesBetween(Size { min: 10, max: 20 })),
        Route::get("/hello/{name}")
            .body(Body::Text("hello {{name}}, number {{n}}".into()))
            .header("x-kind", "greeting"),
        Route { gzip: true, ..Route::get("/gzip").body(Body::Bytes(5_000)) },
        Route {
            drip: Some(Drip { pieces: 4, every: ms(10) }),
            ..Route::get("/drip").body(Body::Bytes(1_000))
        },
        Route::get("/start").session(Session::Starts),
    ]);
    let mut stream = connect(&target);
    let sizes: Vec<usize> = (0..50).map(|_| exchange(&mut stream, "GET /between").body.len()).collect();
    assert!(sizes.iter().all(|size| (10..=20).contains(size)) && sizes.iter().any(|size| *size != sizes[0]));
    let hello = exchange(&mut stream, "GET /hello/you?x=1");
    assert_eq!((hello.text(), hello.header("X-Kind")), ("hello you, number 0", Some("greeting")));
    let plain = exchange(&mut stream, "GET /gzip");
    assert_eq!((plain.body.len(), plain.header("content-encoding")), (5_000, None));
    let packed = exchange(&mut stream, "GET /gzip\nAccept-Encoding: gzip");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, plain.body);
    let begin = now();
    assert_eq!(exchange(&mut stream, "GET /drip").body.len(), 1_000);
    assert!(begin.elapsed() >= ms(30));
    let begin = now();
    assert_eq!(exchange(&mut stream, "GET /drip/50/30").body.len(), 50);
    assert!(begin.elapsed() >= ms(27));
}
