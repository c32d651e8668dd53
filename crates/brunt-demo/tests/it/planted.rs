//! Planted faults, by configuration and by the control endpoint.

use std::{io::ErrorKind, time::Duration};

use brunt_demo::{
    Config, InferenceConfig, MockConfig, Planted, PlantedError, Running, UsersConfig, start, users::Role,
};
use serde_json::json;

use crate::{
    client::{ask, connect, exchange, now},
    inference,
    shop::{fast, parse, shop},
};

pub(crate) fn faults(texts: &[&str]) -> Vec<Planted> {
    texts.iter().map(|text| Planted::parse(text).expect(text)).collect()
}

fn planted(texts: &[&str]) -> Running {
    start(Config::shop(fast()).faults(faults(texts))).expect("start")
}

#[test]
fn the_control_endpoint() {
    let shop = shop(fast());
    let mut stream = connect(&shop);
    let slow =
        json!([{ "slow": { "path": "/search", "extra": "300ms", "share": 0.5 } }, { "cold_cache": {} }]);
    let text = r#"["slow:path=/search,extra=300ms,share=0.5", {"cold_cache": {}}]"#;
    for (request, status, list) in [
        ("GET /__faults".to_owned(), 200, json!([])),
        (format!("PUT /__faults\n\n{text}"), 200, slow.clone()),
        ("GET /__faults".to_owned(), 200, slow.clone()),
        ("PUT /__faults\n\n[\"slwo\"]".to_owned(), 400, slow.clone()),
        ("PUT /__faults\n\n[\"uneven:weights=1/2\"]".to_owned(), 400, slow.clone()),
        ("PUT /__faults".to_owned(), 400, slow.clone()),
        ("POST /__faults\n\n[]".to_owned(), 405, slow.clone()),
        (format!("PUT /__faults\n\n{slow}"), 200, slow.clone()),
        ("DELETE /__faults".to_owned(), 200, json!([])),
    ] {
        assert_eq!(exchange(&mut stream, &request).status, status, "{request}");
        assert_eq!(parse(&exchange(&mut stream, "GET /__faults")), list, "{request}");
    }
    let refused = parse(&exchange(&mut stream, "PUT /__faults\n\n[\"slwo\", \"leak\"]"));
    assert_eq!(refused["problems"].as_array().map(Vec::len), Some(2), "{refused}");
}

#[test]
fn errors_have_their_share_and_no_effect() {
    let shop = planted(&["errors:path=/orders,method=POST,status=502,share=0.25"]);
    let mut stream = connect(&shop);
    let order = "POST /api/orders\n\n{\"product_id\": 7}";
    let statuses: Vec<u16> = (0..400).map(|_| exchange(&mut stream, order).status).collect();
    let failed = statuses.iter().filter(|status| **status == 502).count();
    // Five standard errors of a binomial.
    assert!(failed.abs_diff(100) < 44, "{failed}");
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 400 - failed);
    let stats = shop.stats();
    assert_eq!(stats.planted[0].hits, failed as u64);
    assert_eq!(stats.route("POST /orders").map(|route| route.failures), Some(failed as u64));
    assert_eq!(exchange(&mut stream, "GET /orders").status, 200);
    assert_eq!(parse(&exchange(&mut stream, "GET /products/7"))["in_stock"], 600 + failed);
}

#[test]
fn slow_and_leak_and_lock_take_their_time() {
    let ms = Duration::from_millis;
    let shop = planted(&[
        "slow:path=/search,extra=40ms",
        "leak:path=/users,per_1000=10s",
        "lock:path=/cart,hold=10ms",
    ]);
    let mut stream = connect(&shop);
    let begin = now();
    exchange(&mut stream, "GET /search");
    assert!(begin.elapsed() >= ms(40));
    // 0, 10, 20, 30 ms.
    let begin = now();
    for _ in 0..4 {
        exchange(&mut stream, "GET /users");
    }
    assert!(begin.elapsed() >= ms(60));
    // One at a time, however many ask.
    let begin = now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(ask(&shop, "GET /cart").status, 200));
        }
    });
    assert!(begin.elapsed() >= ms(80));
    let hits: Vec<u64> = shop.stats().planted.iter().map(|planted| planted.hits).collect();
    assert_eq!(hits, [1, 4, 8]);
}

#[test]
fn uneven_balancing_and_a_cold_cache() {
    let shop = planted(&["uneven:weights=8/1/1"]);
    let mut stream = connect(&shop);
    let mut backends = [0, 0, 0];
    for _ in 0..40 {
        let answer = exchange(&mut stream, "GET /users");
        let number: usize = answer
            .header("x-backend")
            .and_then(|name| name.strip_prefix("backend-"))
            .expect("name")
            .parse()
            .expect("number");
        backends[number - 1] += 1;
    }
    assert_eq!(backends, [32, 4, 4]);
    let mut cached = |count| -> Vec<bool> {
        (0..count)
            .map(|_| exchange(&mut stream, "GET /search?q=a").header("x-cache") == Some("hit"))
            .collect()
    };
    assert_eq!(ask(&shop, "DELETE /__faults").status, 200);
    assert_eq!(cached(6), [false, false, false, true, true, true]);
    ask(&shop, "PUT /__faults\n\n[\"cold_cache\"]");
    assert_eq!(cached(6), [false, false, false, true, true, true]);
    ask(&shop, "PUT /__faults\n\n[\"cold_cache:for=1h\"]");
    assert_eq!(cached(6), [false; 6]);
}

#[test]
fn inference_has_them_too() {
    let config = InferenceConfig { cold_start: Duration::from_millis(1), ..inference::fast() };
    let list = faults(&["errors:path=/predict,status=500,share=0.5", "slow:path=/models,extra=20ms"]);
    let server = start(Config::inference(config).faults(list)).expect("start");
    let mut stream = connect(&server);
    let predict = "POST /predict\n\n{\"input\": 1}";
    let failed = (0..40).filter(|_| exchange(&mut stream, predict).status == 500).count();
    assert_eq!(server.stats().planted[0].hits, failed as u64);
    assert!((5..=35).contains(&failed), "{failed}");
    let begin = now();
    exchange(&mut stream, "GET /models");
    assert!(begin.elapsed() >= Duration::from_millis(20));
    exchange(&mut stream, "PUT /__faults\n\n[\"cold_cache\"]");
    let mut cold = || parse(&exchange(&mut stream, predict))["cold_start"].clone();
    assert_eq!([cold(), cold()], [json!(true), json!(false)]);
    assert_eq!(exchange(&mut stream, "PUT /__faults\n\n[\"uneven:weights=1/1\"]").status, 400);
}

#[test]
fn what_a_target_does_not_have_cannot_be_planted() {
    let cold = faults(&["cold_cache"]);
    let uneven = faults(&["uneven:weights=1"]);
    let alone = UsersConfig { role: Role::App(2), ..UsersConfig::default() };
    for config in [
        Config::mock(MockConfig::default()).faults(cold.clone()),
        Config::mock(MockConfig::default()).faults(uneven.clone()),
        Config::users(alone).faults(uneven.clone()),
        Config::faulty().faults(cold.clone()),
        Config::null().faults(cold),
        Config::shop(fast()).faults(faults(&["uneven:weights=1/2"])),
        Config::inference(inference::fast()).faults(uneven),
    ] {
        let error = start(config).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    let error = start(Config::shop(fast()).faults(faults(&["uneven:weights=1/2"]))).expect_err("refused");
    let inner = error.get_ref().expect("an error inside");
    assert!(inner.is::<PlantedError>());
}
