//! The shop and its load balancer, on the wire.

use std::{collections::BTreeMap, time::Duration};

use brunt_demo::{
    Config, Latency, Running, ShopConfig, start,
    storefront::{BackendConfig, LatencyConfig},
};
use serde_json::{Value, json};

use crate::client::{Answer, ask, connect, exchange, now};

const NO_TIME: Latency = Latency::Constant(Duration::ZERO);

/// The default shop, but at once.
pub(crate) fn fast() -> ShopConfig {
    ShopConfig { latency: LatencyConfig::all(NO_TIME), ..ShopConfig::default() }
}

pub(crate) fn shop(config: ShopConfig) -> Running {
    start(Config::shop(config)).expect("the shop starts")
}

pub(crate) fn parse(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[test]
fn every_path_answers_with_and_without_api() {
    let shop = shop(fast());
    let mut stream = connect(&shop);
    let rows = [
        ("GET", "/products", "", 200),
        ("GET", "/products?page=2&category=shoes", "", 200),
        ("GET", "/products?page=0", "", 400),
        ("GET", "/products/7", "", 200),
        ("GET", "/products/101", "", 404),
        ("GET", "/products/x", "", 404),
        ("GET", "/search?q=red+boot", "", 200),
        ("GET", "/search", "", 200),
        ("GET", "/cart", "", 200),
        ("POST", "/cart", r#"{"product_id": 7, "quantity": 2}"#, 201),
        ("POST", "/cart/items", r#"{"product_id": "7"}"#, 201),
        ("POST", "/cart", "", 400),
        ("POST", "/cart", "{", 400),
        ("POST", "/cart", r#"{"product_id": 700}"#, 404),
        ("POST", "/cart", r#"{"product_id": 7, "quantity": 0}"#, 400),
        ("DELETE", "/cart", "", 204),
        ("POST", "/orders", r#"{"items": [{"product_id": 1}, {"product_id": 2, "quantity": 3}]}"#, 201),
        ("POST", "/orders", r#"{"items": [{}]}"#, 400),
        ("POST", "/orders", r#"{"items": 7}"#, 400),
        ("POST", "/orders", "", 400),
        ("GET", "/orders/o-1", "", 200),
        ("GET", "/orders/99", "", 404),
        ("GET", "/orders", "", 200),
        ("GET", "/users", "", 200),
        ("GET", "/analytics", "", 200),
        ("GET", "/health", "", 200),
        ("GET", "/nothing", "", 404),
        ("PUT", "/orders", "", 405),
        ("HEAD", "/products", "", 200),
    ];
    for prefix in ["", "/api"] {
        for (method, path, body, status) in rows {
            let request = format!("{method} {prefix}{path}\n\n{body}");
            let answer = exchange(&mut stream, &request);
            assert_eq!(answer.status, status, "{request}");
            if status >= 400 {
                let value = parse(&answer);
                assert!(value["error"].is_string() && value["message"].is_string(), "{request}: {value}");
            }
        }
    }
    assert_eq!(ask(&shop, "GET /apiproducts").status, 404);
    let stats = shop.stats();
    assert_eq!(stats.route("GET /products/{id}").map(|route| route.requests), Some(6));
    assert_eq!(stats.route("unmatched").map(|route| route.requests), Some(5));
}

#[test]
fn it_says_what_it_serves() {
    let shop = shop(fast());
    let about = parse(&ask(&shop, "GET /"));
    assert_eq!(about["target"], "shop");
    for route in about["routes"].as_array().expect("routes") {
        let path = route["path"].as_str().expect("path").replace("{id}", "1");
        let request = format!("{} {path}", route["method"].as_str().expect("method"));
        let answer = ask(&shop, &request);
        assert!(![404, 405].contains(&answer.status) || path == "/orders/1", "{request}: {}", answer.status);
    }
    let text = ask(&shop, "GET /\nAccept: text/plain");
    assert!(text.text().contains("GET    /products/{id}"), "{}", text.text());
}

#[test]
fn a_customer_from_browsing_to_the_order() {
    let shop = shop(fast());
    let mut stream = connect(&shop);
    let found = parse(&exchange(&mut stream, "GET /search?q=kite"));
    let id = found["products"][0]["id"].as_u64().expect("an id");
    let add = format!("POST /cart\n\n{{\"product_id\": {id}, \"quantity\": 2}}");
    let cart = exchange(&mut stream, &add);
    let cookie =
        cart.header("set-cookie").and_then(|text| text.split(';').next()).expect("cookie").to_owned();
    let again = exchange(&mut stream, &add.replacen('\n', &format!("\nCookie: a=b; {cookie}\n"), 1));
    assert_eq!(again.header("set-cookie"), None);
    let shown = parse(&exchange(&mut stream, &format!("GET /cart\nCookie: {cookie}")));
    assert_eq!(shown["items"], json!([{ "product_id": id, "quantity": 4 }]));
    assert_eq!(parse(&exchange(&mut stream, "GET /cart"))["items"], json!([]));
    let order = exchange(&mut stream, &format!("POST /orders\nCookie: {cookie}"));
    assert_eq!((order.status, order.header("location")), (201, Some("/orders/o-1")));
    assert_eq!(parse(&order)["total_cents"], shown["total_cents"]);
    assert_eq!(parse(&exchange(&mut stream, "GET /orders/o-1")), parse(&order));
    // The cart is empty now.
    assert_eq!(exchange(&mut stream, &format!("POST /orders\nCookie: {cookie}")).status, 400);
    assert_eq!(parse(&exchange(&mut stream, &format!("GET /products/{id}")))["in_stock"], 996);
}

#[test]
fn a_cart_belongs_to_whoever_is_named() {
    let shop = shop(fast());
    let mut stream = connect(&shop);
    for (add, show) in [
        ("POST /cart\nx-user-id: 5\n\n{\"product_id\": 1}", "GET /cart\nx-user-id: 5"),
        ("POST /cart\n\n{\"product_id\": 1, \"user_id\": 6}", "GET /cart\nx-user-id: 6"),
        ("POST /cart\n\n{\"product_id\": 1, \"cart_id\": \"c9\"}", "GET /cart?cart_id=c9"),
    ] {
        let added = exchange(&mut stream, add);
        assert_eq!((added.status, added.header("set-cookie")), (201, None), "{add}");
        assert_eq!(parse(&exchange(&mut stream, show)), parse(&added), "{show}");
    }
    let long = format!("GET /cart?cart_id={}", "x".repeat(101));
    assert_eq!(exchange(&mut stream, &long).status, 400);
}

#[test]
fn stock_runs_out_once_and_is_back_after_a_reset() {
    let shop = shop(ShopConfig { stock_of: BTreeMap::from([(7, 15)]), ..fast() });
    let order = "POST /orders\n\n{\"product_id\": 7}";
    let refusals: Vec<Answer> = std::thread::scope(|scope| {
        let client = || {
            let mut stream = connect(&shop);
            (0..10).map(|_| exchange(&mut stream, order)).collect::<Vec<_>>()
        };
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
        let answers = clients.into_iter().flat_map(|client| client.join().expect("client"));
        answers.filter(|answer| answer.status != 201).collect()
    });
    // Forty orders for fifteen.
    assert_eq!(refusals.len(), 25);
    for refusal in &refusals {
        let value = parse(refusal);
        assert_eq!(
            (refusal.status, &value["error"], &value["in_stock"]),
            (409, &json!("out_of_stock"), &json!(0))
        );
    }
    let stats = parse(&ask(&shop, "GET /__stats"));
    assert_eq!(stats["orders"], json!({ "placed": 15, "out_of_stock": 25 }));
    assert_eq!(ask(&shop, "POST /__reset").status, 204);
    assert_eq!(ask(&shop, order).status, 201);
    assert_eq!(parse(&ask(&shop, "GET /products/7"))["in_stock"], 14);
}

#[test]
fn round_robin_and_a_cache_per_backend() {
    let shop = shop(fast());
    let mut stream = connect(&shop);
    let seen: Vec<(String, String)> = (0..9)
        .map(|_| {
            let answer = exchange(&mut stream, "GET /products/7");
            assert_eq!(answer.header("x-backend"), answer.header("x-upstream"));
            let header = |name| answer.header(name).expect(name).to_owned();
            (header("x-backend"), header("x-cache"))
        })
        .collect();
    let expected =
        (0..9).map(|n| (format!("backend-{}", n % 3 + 1), if n < 3 { "miss" } else { "hit" }.to_owned()));
    assert_eq!(seen, expected.collect::<Vec<_>>());
    let stats = parse(&ask(&shop, "GET /__stats"));
    for backend in stats["backends"].as_array().expect("backends") {
        assert_eq!((&backend["requests"], &backend["cache_hits"]), (&json!(3), &json!(2)), "{backend}");
    }
}

#[test]
fn a_backend_takes_its_slowdown_and_turns_away_when_full() {
    let latency = LatencyConfig::all(Latency::Constant(Duration::from_millis(4)));
    let slow = shop(ShopConfig { latency, ..ShopConfig::default() });
    let mut stream = connect(&slow);
    for least_ms in [4, 6, 12] {
        let begin = now();
        assert_eq!(exchange(&mut stream, "GET /users").status, 200);
        assert!(begin.elapsed() >= Duration::from_millis(least_ms), "{least_ms}");
    }
    let latency = LatencyConfig::all(Latency::Constant(Duration::from_millis(200)));
    let backends = vec![BackendConfig { workers: 1, queue: 1, ..BackendConfig::default() }];
    let small = shop(ShopConfig { latency, backends, ..ShopConfig::default() });
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(|| ask(&small, "GET /users"))).collect();
        clients.into_iter().map(|client| client.join().expect("client")).collect()
    });
    let rejected: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    // One is served and one waits; a slow machine may let the others come late enough to be served.
    assert!(!rejected.is_empty() && rejected.len() <= 2, "{}", rejected.len());
    assert!(rejected.iter().all(|answer| answer.header("retry-after") == Some("1")));
    assert_eq!(small.stats().route("GET /users").map(|route| route.rejected), Some(rejected.len() as u64));
}
