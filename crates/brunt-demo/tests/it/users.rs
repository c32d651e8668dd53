//! The users target, on the wire, with its own cache and with a Redis.

use std::time::Duration;

use brunt_demo::{
    Config, Latency, Planted, Running, UsersConfig, start,
    users::{CacheConfig, DatabaseConfig, LatencyConfig, RedisUrl, Role},
};
use serde_json::{Value, json};

use crate::{
    client::{Answer, ask},
    redis::FakeRedis,
};

pub(crate) fn quick() -> UsersConfig {
    UsersConfig { users: 3, latency: LatencyConfig::all(Latency::NONE), ..UsersConfig::default() }
}

fn with_redis(redis: &FakeRedis, role: Role) -> UsersConfig {
    UsersConfig { role, redis: Some(RedisUrl::parse(&redis.url()).expect("URL")), ..quick() }
}

fn target(config: UsersConfig) -> Running {
    start(Config::users(config)).expect("the target starts")
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// Runs the rows (request, status, cache, body) in order.
fn run(running: &Running, rows: &[(&str, u16, Option<&str>, Value)]) {
    for (request, status, cache, body) in rows {
        let answer = ask(running, request);
        let found = (answer.status, answer.header("x-cache"), json_of(&answer));
        assert_eq!(found, (*status, *cache, body.clone()), "{request}");
    }
}

fn life_of_a_user() -> Vec<(&'static str, u16, Option<&'static str>, Value)> {
    let user =
        |id: u64| json!({ "id": id, "name": format!("User {id}"), "email": format!("user{id}@example.com") });
    let ada = json!({ "id": 4, "name": "Ada", "email": "ada@x.example" });
    let eve = json!({ "id": 4, "name": "Eve", "email": "eve@x.example" });
    let taken = json!({ "detail": "Email already registered" });
    let gone = json!({ "detail": "User not found" });
    vec![
        ("GET /users/1", 200, Some("MISS"), user(1)),
        ("GET /api/users/1", 200, Some("HIT"), user(1)),
        ("GET /api/v1/users/1", 200, Some("HIT"), user(1)),
        ("GET /users?limit=2&offset=1", 200, Some("MISS"), json!([user(2), user(3)])),
        ("GET /users/?limit=2&offset=1", 200, Some("HIT"), json!([user(2), user(3)])),
        ("POST /users\n\n{\"name\": \"Ada\", \"email\": \"ada@x.example\"}", 201, None, ada.clone()),
        ("POST /users\n\n{\"name\": \"Bob\", \"email\": \"ADA@x.example\"}", 409, None, taken.clone()),
        ("GET /users?limit=2&offset=2", 200, Some("MISS"), json!([user(3), ada.clone()])),
        ("GET /users?limit=2&offset=1", 200, Some("MISS"), json!([user(2), user(3)])),
        ("GET /users/4", 200, Some("MISS"), ada.clone()),
        ("GET /users/4", 200, Some("HIT"), ada),
        ("PATCH /users/4\n\n{\"name\": \"Eve\", \"email\": \"user1@example.com\"}", 409, None, taken),
        ("PUT /users/4\n\n{\"name\": \"Eve\", \"email\": \"eve@x.example\"}", 200, None, eve.clone()),
        ("GET /users/4", 200, Some("MISS"), eve),
        ("DELETE /users/4", 204, None, Value::Null),
        ("GET /users/4", 404, Some("MISS"), gone.clone()),
        ("GET /users/4", 404, Some("MISS"), gone.clone()),
        ("PATCH /users/4\n\n{\"name\": \"Eve\"}", 404, None, gone.clone()),
        ("DELETE /users/4", 404, None, gone),
        ("GET /users?offset=100", 200, Some("MISS"), json!([])),
    ]
}

#[test]
fn the_life_of_a_user() {
    run(&target(quick()), &life_of_a_user());
}

#[test]
fn the_life_of_a_user_with_redis() {
    for role in [Role::Gateway, Role::App(2)] {
        let redis = FakeRedis::start();
        let running = target(with_redis(&redis, role));
        run(&running, &life_of_a_user());
        let stats = json_of(&ask(&running, "GET /cache/stats"));
        let expected = json!({ "backend": "redis", "errors": 0, "connections": 1, "hits": 4 });
        for (key, value) in expected.as_object().expect("object") {
            assert_eq!(&stats[key], value, "{role:?} {key}");
        }
        assert_eq!((redis.seen("AUTH"), redis.seen("SELECT")), (1, 1));
        assert!(!stats.to_string().contains("secret"), "{stats}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let running = target(UsersConfig { most_users: 3, ..quick() });
    for (request, status, place) in [
        ("POST /users\n\n{\"name\": \"\"}", 422, "/detail/1/loc/1"),
        ("POST /users\n\n{", 422, "/detail/0/loc/1"),
        ("GET /users/me", 422, "/detail/0/loc/1"),
        ("GET /users?limit=0", 422, "/detail/0/ctx"),
        ("POST /users\n\n{\"name\": \"A\", \"email\": \"a@x.example\"}", 507, "/detail"),
        ("DELETE /users", 405, "/error"),
        ("GET /nothing", 404, "/error"),
        ("GET /app4/health", 404, "/error"),
    ] {
        let answer = ask(&running, request);
        assert_eq!(answer.status, status, "{request}");
        let is_there = json_of(&answer).pointer(place).is_some();
        assert_eq!(is_there, !place.ends_with("ctx"), "{request}: {}", answer.text());
    }
}

#[test]
fn the_gateway_takes_turns_and_says_who_answered() {
    let running = target(quick());
    let upstream = |request| ask(&running, request).header("x-upstream").map(str::to_owned);
    let ups: Vec<_> = (0..6).map(|_| upstream("GET /users/1").expect("upstream")).collect();
    assert_eq!(ups, ["app1", "app2", "app3", "app1", "app2", "app3"]);
    for (path, expected) in [
        ("GET /app1/health", Some("app1")),
        ("GET /app3/health", Some("app3")),
        ("GET /health", Some("app1")),
        ("GET /health", Some("app2")),
        ("GET /gateway-health", None),
    ] {
        assert_eq!(upstream(path).as_deref(), expected, "{path}");
    }
    running.reset();
    assert_eq!(upstream("GET /users/1").as_deref(), Some("app1"));
    assert_eq!(json_of(&ask(&running, "GET /__stats"))["apps"][0]["requests"], 1);
}

#[test]
fn one_instance_alone() {
    let running = target(UsersConfig { role: Role::App(2), ..quick() });
    for (request, status) in [
        ("GET /users/1", 200),
        ("GET /health", 200),
        ("GET /app2/health", 200),
        ("GET /app1/health", 404),
        ("GET /gateway-health", 404),
    ] {
        let answer = ask(&running, request);
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(answer.header("x-upstream"), (status == 200).then_some("app2"), "{request}");
    }
    let uneven = Planted::parse("uneven:weights=1/1/1").expect("fault");
    let config = Config::users(UsersConfig { role: Role::App(2), ..quick() }).faults(vec![uneven]);
    assert!(start(config).expect_err("no backends").to_string().contains("no backends"));
}

#[test]
fn instances_with_one_redis_share_their_users() {
    let redis = FakeRedis::start();
    let [first, second] = [1, 2].map(|number| target(with_redis(&redis, Role::App(number))));
    let created = ask(&first, "POST /users\n\n{\"name\": \"Ada\", \"email\": \"ada@x.example\"}");
    assert_eq!((created.status, &json_of(&created)["id"]), (201, &json!(4)));
    let read = |running| {
        let answer = ask(running, "GET /users/4");
        (answer.status, answer.header("x-cache").map(str::to_owned), json_of(&answer)["name"].clone())
    };
    let miss = Some("MISS".to_owned());
    let hit = Some("HIT".to_owned());
    assert_eq!(read(&second), (200, miss.clone(), json!("Ada")));
    assert_eq!(read(&first), (200, hit, json!("Ada")));
    assert_eq!(ask(&first, "PATCH /users/4\n\n{\"name\": \"Eve\"}").status, 200);
    assert_eq!(read(&second), (200, miss, json!("Eve")));
    // A reset of one is a reset of what they share.
    first.reset();
    assert_eq!(read(&first).0, 404);
    assert_eq!(ask(&second, "GET /users").header("x-total-count"), Some("3"));
}

#[test]
fn without_redis_reads_miss_and_errors_are_counted() {
    let redis = FakeRedis::start();
    let address = redis.address();
    let cached = target(with_redis(&redis, Role::Gateway));
    let stored = target(with_redis(&redis, Role::App(1)));
    let cache = |request: &str| ask(&cached, request).header("x-cache").map(str::to_owned);
    assert_eq!(
        ["GET /users/1", "GET /users/1"].map(cache),
        ["MISS", "HIT"].map(|text| Some(text.to_owned()))
    );
    assert_eq!(ask(&stored, "GET /users/1").status, 200);
    drop(redis);
    for _ in 0..3 {
        let answer = ask(&cached, "GET /users/1");
        assert_eq!((answer.status, answer.header("x-cache")), (200, Some("MISS")));
    }
    assert_eq!(json_of(&ask(&cached, "GET /health"))["cache"], "unavailable");
    assert!(json_of(&ask(&cached, "GET /cache/stats"))["errors"].as_u64() >= Some(3));
    for request in
        ["GET /users/1", "GET /health", "POST /users\n\n{\"name\": \"A\", \"email\": \"a@x.example\"}"]
    {
        assert_eq!(ask(&stored, request).status, 503, "{request}");
    }
    // It comes back: at the latest after the pauses so far, which the patience of the client covers.
    let _redis = FakeRedis::at(address);
    let back = (0..1_000_000).any(|_| cache("GET /users/1").as_deref() == Some("HIT"));
    assert!(back);
}

#[test]
fn a_cold_cache_is_emptied_also_in_redis() {
    for with in ["embedded", "redis"] {
        let redis = FakeRedis::start();
        let config = if with == "redis" { with_redis(&redis, Role::Gateway) } else { quick() };
        let running = target(config);
        let cache =
            |request: &str| ask(&running, request).header("x-cache").map(str::to_owned).expect("x-cache");
        assert_eq!([1, 2].map(|_| cache("GET /users/1")), ["MISS", "HIT"], "{with}");
        assert_eq!(ask(&running, "PUT /__faults\n\n[\"cold_cache\"]").status, 200);
        assert_eq!([1, 2].map(|_| cache("GET /users/1")), ["MISS", "HIT"], "{with}");
        ask(&running, "PUT /__faults\n\n[\"cold_cache:for=1h\"]");
        assert_eq!([1, 2].map(|_| cache("GET /users/1")), ["MISS", "MISS"], "{with}");
        ask(&running, "POST /__reset");
        ask(&running, "DELETE /__faults");
        assert_eq!([1, 2].map(|_| cache("GET /users/1")), ["MISS", "HIT"], "{with}");
        if with == "redis" {
            assert_eq!(redis.keys(), ["brunt:users:cache:user:1"]);
        }
    }
}

#[test]
fn planted_faults() {
    let running = target(quick());
    let weights: Vec<_> = {
        ask(&running, "PUT /__faults\n\n[\"uneven:weights=2/1/0\"]");
        (0..3).map(|_| ask(&running, "GET /users/1").header("x-upstream").map(str::to_owned)).collect()
    };
    let count = |name: &str| weights.iter().filter(|found| found.as_deref() == Some(name)).count();
    assert_eq!((count("app1"), count("app2")), (2, 1), "{weights:?}");
    let faults =
        "[\"errors:status=500,path=/users/{id},method=DELETE\", \"errors:status=502,path=/users/2\"]";
    assert_eq!(ask(&running, &format!("PUT /__faults\n\n{faults}")).status, 200);
    for (request, status) in [
        ("DELETE /users/3", 500),
        ("DELETE /api/users/3", 500),
        ("GET /users/3", 200),
        ("GET /users/2", 502),
        ("GET /users", 200),
    ] {
        assert_eq!(ask(&running, request).status, status, "{request}");
    }
    let hits: Vec<u64> = running.stats().planted.iter().map(|planted| planted.hits).collect();
    assert_eq!(hits, [2, 1]);
}

#[test]
fn a_full_pool_turns_away() {
    let database = DatabaseConfig { connections: 1, queue: 0 };
    let long = Latency::Constant(Duration::from_mins(1));
    let latency = LatencyConfig { read: long, ..LatencyConfig::all(Latency::NONE) };
    let running = target(UsersConfig { role: Role::App(1), database, latency, ..quick() });
    let mut busy = crate::client::connect(&running);
    std::io::Write::write_all(&mut busy, b"GET /users/1 HTTP/1.1\r\nHost: test\r\n\r\n").expect("write");
    // Until the read has the connection, writes get it.
    let write = |_| ask(&running, "PATCH /users/2\n\n{}");
    let answer = (0..100_000).map(write).find(|answer| answer.status != 200).expect("a full pool");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert!(running.stats().routes.iter().any(|route| route.rejected > 0));
}

#[test]
fn a_hit_is_faster_than_a_miss() {
    let latency = LatencyConfig {
        read: Latency::Constant(Duration::from_millis(50)),
        ..LatencyConfig::all(Latency::Constant(Duration::from_millis(1)))
    };
    let running = target(UsersConfig { latency, ..quick() });
    let took = || {
        let begin = crate::client::now();
        ask(&running, "GET /users/1");
        begin.elapsed()
    };
    let miss = took();
    let best_hit = (0..20).map(|_| took()).min().expect("hits");
    assert!(best_hit < miss / 2, "{best_hit:?} {miss:?}");
}

#[test]
fn values_end() {
    let cache = CacheConfig { ttl: Duration::from_nanos(1), entries: 10 };
    let running = target(UsersConfig { cache, ..quick() });
    for _ in 0..3 {
        assert_eq!(ask(&running, "GET /users/1").header("x-cache"), Some("MISS"));
    }
}

#[test]
fn it_says_what_it_serves() {
    let about = json_of(&ask(&target(quick()), "GET /"));
    assert_eq!(about["target"], "users");
    assert!(about["routes"].as_array().is_some_and(|routes| routes.len() >= 12));
}
