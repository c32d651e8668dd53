//! Each kind of planted fault on each target, as a client sees it.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use brunt_demo::{
    Config, Latency, MockConfig, Running, Stats,
    mock::{Capacity, Route},
    start,
};
use serde_json::json;

use crate::{
    client::{Answer, End, PATIENCE, address, ask, connect, exchange, now, raw},
    inference,
    planted::faults,
    secure::block_on,
    shop::{fast, parse},
    users,
};

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

/// `GET /x` and `GET /y` at once.
fn plain() -> MockConfig {
    MockConfig::with(vec![Route::get("/x"), Route::get("/y"), Route::get("/health")])
}

/// A mock with faults.
fn mock(config: MockConfig, texts: &[&str]) -> Running {
    start(Config::mock(config).exact_times().faults(faults(texts))).expect("start")
}

const PREDICT: &str = "POST /predict\n\n{\"input\": 1}";

/// Every target that takes faults, with a request that does work and takes no time, and the path of it.
fn targets() -> [(Config, &'static str, &'static str); 5] {
    [
        (Config::mock(plain()), "GET /x", "/x"),
        (Config::mock(MockConfig::recording()), "GET /x", "/x"),
        (Config::shop(fast()), "GET /users", "/users"),
        (Config::users(users::quick()), "GET /users/1", "/users/{id}"),
        (Config::inference(inference::fast()), PREDICT, "/predict"),
    ]
}

/// Starts each target with the faults `texts`, in which PATH stands for its own, and lets `check` look at it, at all of
/// them at the same time.
fn each(texts: &[&str], check: impl Fn(&Running, &str) + Sync) {
    std::thread::scope(|scope| {
        for (config, request, path) in targets() {
            let check = &check;
            scope.spawn(move || {
                let texts: Vec<String> = texts.iter().map(|text| text.replace("PATH", path)).collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                check(&start(config.faults(faults(&texts))).expect("start"), request);
            });
        }
    });
}

fn hits(stats: &Stats) -> Vec<u64> {
    stats.planted.iter().map(|planted| planted.hits).collect()
}

fn took(begin: Instant, least: Duration) -> bool {
    begin.elapsed() >= least
}

/// The answers to `request` of `count` clients that ask at the same time.
fn together(running: &Running, request: &str, count: usize) -> Vec<Answer> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..count).map(|_| scope.spawn(|| ask(running, request))).collect();
        clients.into_iter().map(|client| client.join().expect("client")).collect()
    })
}

/// How long each request of a mock was to take, by its own account.
fn planned(running: Running) -> Vec<Duration> {
    running
        .stop()
        .times
        .iter()
        .map(|served| Duration::from_nanos(served.due_ns - served.arrived_ns))
        .collect()
}

#[test]
fn the_control_endpoint_of_the_mock() {
    let running = mock(plain(), &["errors:status=502,path=/x"]);
    let mut stream = connect(&running);
    assert_eq!(exchange(&mut stream, "GET /x").status, 502);
    assert_eq!(exchange(&mut stream, "GET /y").status, 200);
    let list = json!([{ "errors": { "path": "/x", "status": 502 } }]);
    assert_eq!(parse(&exchange(&mut stream, "GET /__faults")), list);
    let put = "PUT /__faults\n\n[\"errors:status=418,share=0.5,to=1h\", {\"close\": {\"path\": \"/y\"}}]";
    assert_eq!(exchange(&mut stream, put).status, 200);
    let statuses: Vec<u16> = (0..40).map(|_| exchange(&mut stream, "GET /x").status).collect();
    assert!(statuses.contains(&418) && statuses.contains(&200), "{statuses:?}");
    // Without a path, neither health checks nor what is built in.
    assert!((0..40).all(|_| exchange(&mut stream, "GET /health").status == 200));
    assert!((0..40).all(|_| exchange(&mut stream, "GET /bytes/1").status == 200));
    for (request, status) in [("PUT /__faults\n\n[\"slwo\"]", 400), ("POST /__faults", 405)] {
        assert_eq!(exchange(&mut stream, request).status, status, "{request}");
    }
    let refused = parse(&exchange(&mut stream, "PUT /__faults\n\n[\"cold_cache\", \"uneven:weights=1/1\"]"));
    let problems = refused["problems"].as_array().expect("problems");
    assert_eq!(problems.len(), 2);
    for (problem, others) in problems.iter().zip(["`shop`, `users` and `inference`", "`shop` has"]) {
        let text = problem.as_str().expect("a sentence");
        assert!(text.contains(others) && text.contains("takes slow, tail"), "{text}");
    }
    let stats = parse(&exchange(&mut stream, "GET /__stats"));
    assert_eq!(stats["planted"][0]["fault"], "errors:status=418,share=0.5,to=3600s");
    assert_eq!(exchange(&mut stream, "DELETE /__faults").status, 200);
    assert_eq!((exchange(&mut stream, "GET /x").status, exchange(&mut stream, "GET /y").status), (200, 200));
    // Control paths are no requests, and faults no failures of the configuration.
    let stats = running.stats();
    assert_eq!(stats.requests, 2 + 40 * 3 + 2);
    let failures = 1 + statuses.iter().filter(|status| **status == 418).count() as u64;
    assert_eq!(stats.route("GET /x").map(|route| route.failures), Some(failures));
}

#[test]
fn a_built_in_path_of_the_mock_is_hit_by_its_name() {
    let running =
        mock(MockConfig::default(), &["errors:status=500,path=/bytes/*", "slow:path=/delay/{ms},factor=8"]);
    let mut stream = connect(&running);
    assert_eq!(exchange(&mut stream, "GET /bytes/10").status, 500);
    let begin = now();
    assert_eq!(exchange(&mut stream, "GET /delay/5").status, 200);
    assert!(took(begin, ms(40)));
    assert_eq!(hits(&running.stats()), [1, 1]);
}

#[test]
fn the_clock_begins_with_the_first_request() {
    each(&["errors:status=500,from=1h"], |running, request| {
        let mut stream = connect(running);
        exchange(&mut stream, "GET /__stats");
        exchange(&mut stream, "GET /__faults");
        assert_eq!(running.stats().planted_clock_ms, None, "{request}");
        assert!(exchange(&mut stream, request).status < 300, "{request}");
        assert!(running.stats().planted_clock_ms.is_some(), "{request}");
        running.reset();
        assert_eq!(running.stats().planted_clock_ms, None, "{request}");
    });
}

#[test]
fn work_takes_longer_by_a_time_and_by_a_factor() {
    let config = || MockConfig::with(vec![Route::get("/x").latency(Latency::Constant(ms(4)))]);
    for (texts, expected) in [
        (&["slow:factor=3"][..], [12, 12]),
        (&["slow:extra=5ms,factor=2"], [13, 13]),
        (&["slow:factor=2,from=1h"], [4, 4]),
        (&["slow:factor=2,to=1h"], [8, 8]),
        (&["leak:per_1000=2s"], [4, 6]),
        (&["bimodal:mode=3ms,share=0.5"], [4, 4]),
    ] {
        let running = mock(config(), texts);
        let mut stream = connect(&running);
        for _ in 0..2 {
            exchange(&mut stream, "GET /x");
        }
        assert_eq!(planned(running), expected.map(ms), "{texts:?}");
    }
    // One server: what is added keeps it busy.
    let capacity = Some(Capacity { servers: 1, service: None, queue: 9, retry_after: ms(1) });
    let running = mock(MockConfig { capacity, ..config() }, &["slow:extra=6ms"]);
    let begin = now();
    together(&running, "GET /x", 3);
    assert!(took(begin, ms(30)));
}

#[test]
fn the_factor_stretches_every_target() {
    let constant = Latency::Constant(ms(5));
    let shop =
        brunt_demo::ShopConfig { latency: brunt_demo::storefront::LatencyConfig::all(constant), ..fast() };
    let users = brunt_demo::UsersConfig {
        latency: brunt_demo::users::LatencyConfig::all(constant),
        ..users::quick()
    };
    let inference = brunt_demo::InferenceConfig { base: ms(5), ..inference::fast() };
    for (config, request, usual_ms) in [
        (Config::shop(shop), "GET /users", 5),
        (Config::users(users), "GET /users/1", 15),
        (Config::inference(inference), PREDICT, 5),
    ] {
        let running = start(config.faults(faults(&["slow:factor=4"]))).expect("start");
        let begin = now();
        assert_eq!(ask(&running, request).status, 200, "{request}");
        assert!(took(begin, ms(4 * usual_ms)), "{request}");
    }
}

#[test]
fn a_second_mode_and_a_tail() {
    let running = mock(plain(), &["bimodal:path=/x,mode=7ms,share=0.5", "tail:path=/y,mean=1ms,share=0.5"]);
    let mut stream = connect(&running);
    for request in ["GET /x", "GET /y"] {
        for _ in 0..30 {
            assert_eq!(exchange(&mut stream, request).status, 200);
        }
    }
    let hits = hits(&running.stats());
    let planned = planned(running);
    let (x, y) = planned.split_at(30);
    assert!(x.iter().all(|time| time.is_zero() || *time == ms(7)), "{x:?}");
    assert_eq!(x.iter().filter(|time| **time == ms(7)).count() as u64, hits[0]);
    let mut long: Vec<_> = y.iter().filter(|time| !time.is_zero()).collect();
    assert_eq!(long.len() as u64, hits[1]);
    assert!(hits.iter().all(|hits| (5..=25).contains(hits)), "{hits:?}");
    long.dedup();
    assert_eq!(long.len() as u64, hits[1], "each of another length");
    each(&["bimodal:mode=15ms,share=0.99999"], |running, request| {
        let begin = now();
        assert!(ask(running, request).status < 300);
        assert!(took(begin, ms(15)), "{request}");
    });
}

#[test]
fn a_pool_serves_so_many_at_once() {
    // Two places for eight: four rounds.
    each(&["pool:path=PATH,size=2", "bimodal:path=PATH,mode=12ms,share=0.99999"], |running, request| {
        let begin = now();
        assert!(together(running, request, 8).iter().all(|answer| answer.status < 300), "{request}");
        assert!(took(begin, ms(48)), "{request}");
        assert!(hits(&running.stats())[0] <= 6, "{request}");
    });
}

#[test]
fn a_pool_whose_queue_is_full_turns_away() {
    each(&["pool:size=1,queue=1", "bimodal:mode=150ms,share=0.99999"], |running, request| {
        let answers = together(running, request, 4);
        let rejected: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
        // One is served and one waits; a slow machine may let the others come late enough to be served.
        assert!(!rejected.is_empty() && rejected.len() <= 2, "{request}: {}", rejected.len());
        assert!(rejected.iter().all(|answer| answer.header("retry-after") == Some("1")));
        assert!(rejected.iter().all(|answer| parse(answer)["error"] == "pool_full"));
    });
}

#[test]
fn above_a_rate_limit_it_is_429() {
    each(&["rate_limit:rate=2/h,burst=3"], |running, request| {
        let mut stream = connect(running);
        let answers: Vec<Answer> = (0..5).map(|_| exchange(&mut stream, request)).collect();
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200, 200, 200, 429, 429], "{request}");
        // Half an hour from the first on, less what has passed.
        let retry: u64 =
            answers[4].header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
        assert!((1_700..=1_800).contains(&retry), "{retry}");
        assert_eq!(parse(&answers[4])["error"], "rate_limited");
        let stats = running.stats();
        assert_eq!(hits(&stats), [2], "{request}");
    });
    let shop = start(Config::shop(fast()).faults(faults(&["rate_limit:rate=1/h,burst=1"]))).expect("start");
    let statuses = [(); 2].map(|()| ask(&shop, "GET /users").status);
    assert_eq!(statuses, [200, 429]);
    assert_eq!(shop.stats().route("GET /users").map(|route| route.rejected), Some(1));
    // A rate limit says nothing of health checks.
    assert_eq!(ask(&shop, "GET /health").status, 200);
}

#[test]
fn an_outage_holds_what_comes_and_lets_it_go_one_by_one() {
    each(&["outage:from=0s,to=30ms,drain=100/s"], |running, request| {
        let begin = now();
        assert!(together(running, request, 4).iter().all(|answer| answer.status < 300), "{request}");
        // At 30, 40, 50, 60 ms from the first.
        let held = hits(&running.stats())[0];
        assert!(took(begin, ms(20 + 10 * held)), "{request}: {held}");
    });
}

#[test]
fn a_stall_freezes_the_whole_target() {
    // Due in the freeze from 60 to 110 ms, or later.
    each(&["stall:every=60ms,for=50ms", "bimodal:mode=65ms,share=0.99999"], |running, request| {
        let mut stream = connect(running);
        let begin = now();
        exchange(&mut stream, request);
        assert!(took(begin, ms(110)), "{request}: {:?}", begin.elapsed());
    });
}

#[test]
fn connections_end_after_an_answer() {
    each(&["close:path=PATH"], |running, request| {
        let head = request.split('\n').next().expect("a line");
        let length = if head.starts_with("POST") { "\r\nContent-Length: 0" } else { "" };
        let line = format!("{head} HTTP/1.1{length}\r\nX-Rest: of");
        let (bytes, end) = raw(running, &line, PATIENCE, usize::MAX);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(text.contains("connection: close"), "{text}");
        assert_eq!((end, hits(&running.stats())), (End::Closed, vec![1]), "{request}");
    });
    let running = mock(plain(), &["close:path=/x"]);
    let mut stream = connect(&running);
    for request in ["GET /y", "GET /y", "GET /x"] {
        assert_eq!(exchange(&mut stream, request).status, 200);
    }
    assert_eq!(running.stats().connections, 1);
}

#[test]
fn connections_end_in_http2_too() {
    let running = mock(plain(), &["close:path=/x"]);
    block_on(async {
        let tcp = tokio::net::TcpStream::connect(address(&running)).await.expect("connect");
        let (sender, connection) = h2::client::handshake(tcp).await.expect("handshake");
        let ended = tokio::spawn(connection);
        let request =
            |path: &str| http::Request::get(format!("http://localhost{path}")).body(()).expect("one");
        let mut sender = sender.ready().await.expect("ready");
        for path in ["/y", "/x"] {
            let (response, _) = sender.send_request(request(path), true).expect("send");
            assert_eq!(response.await.expect("response").status(), 200, "{path}");
            if path == "/y" {
                sender = sender.ready().await.expect("it goes on");
            }
        }
        // The client's side ends in order, by the server's GOAWAY, though the client would go on.
        let ended = tokio::time::timeout(PATIENCE, ended).await.expect("in time").expect("joined");
        assert!(ended.is_ok(), "{ended:?}");
    });
}

#[test]
fn several_threads_share_one_pool_and_one_limit() {
    let threads = NonZeroUsize::new(2).expect("2");
    let texts = ["pool:size=1", "bimodal:mode=6ms,share=0.99999", "rate_limit:rate=1/h,burst=8"];
    let running = start(Config::mock(plain()).threads(threads).faults(faults(&texts))).expect("start");
    let begin = now();
    let answers = together(&running, "GET /x", 10);
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(served, 8);
    assert!(took(begin, ms(48)));
}
