//! The GPU server, on the wire.

use std::{collections::BTreeMap, time::Duration};

use brunt_demo::{Config, InferenceConfig, Running, inference::ModelConfig, start};
use serde_json::{Value, json};

use crate::client::{Answer, PATIENCE, ask, connect, exchange, now};

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

/// A server of which nothing takes time.
pub(crate) fn fast() -> InferenceConfig {
    let at_once = |name: &str, memory_mb| ModelConfig {
        memory_mb,
        load_time: Duration::ZERO,
        ..ModelConfig::new(name)
    };
    InferenceConfig {
        base: Duration::ZERO,
        per_item: Duration::ZERO,
        cold_start: Duration::ZERO,
        gpu_memory_mb: 1_000,
        models: vec![
            ModelConfig { loaded: true, ..at_once("a", 400) },
            at_once("b", 400),
            at_once("big", 700),
            at_once("huge", 2_000),
        ],
        ..InferenceConfig::default()
    }
}

fn server(config: InferenceConfig) -> Running {
    start(Config::inference(config)).expect("the server starts")
}

fn parse(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// The value of a metric.
fn metric(running: &Running, name: &str) -> f64 {
    let page = ask(running, "GET /metrics");
    let line = page.text().lines().find_map(|line| line.strip_prefix(name)).expect(name);
    line.trim().parse().expect("a number")
}

/// The answers of `count` clients that ask at the same time.
fn together(running: &Running, count: usize) -> Vec<Answer> {
    let request = "POST /predict\n\n{\"input\": 1}";
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..count).map(|_| scope.spawn(|| ask(running, request))).collect();
        clients.into_iter().map(|client| client.join().expect("client")).collect()
    })
}

#[test]
fn one_after_the_other() {
    let server = server(fast());
    let mut stream = connect(&server);
    let rows = [
        ("GET /", 200, ""),
        ("GET /health", 200, ""),
        ("GET /models", 200, ""),
        ("POST /predict\n\n{\"input\": [1, 2]}", 200, ""),
        ("POST /inference\n\n{\"inputs\": \"text\", \"model\": \"a\"}", 200, ""),
        ("POST /v1/inference\n\n{\"input\": null}", 200, ""),
        ("POST /predict\n\n{}", 400, "no_input"),
        ("POST /predict", 400, "no_input"),
        ("POST /predict\n\n{", 400, "bad_json"),
        ("POST /predict\n\n{\"input\": 1, \"model\": \"c\"}", 404, "unknown_model"),
        ("POST /predict\n\n{\"input\": 1, \"model\": 7}", 404, "unknown_model"),
        ("POST /predict\n\n{\"input\": 1, \"model\": \"b\"}", 409, "model_not_loaded"),
        ("POST /models/load\n\n{\"model\": \"huge\"}", 507, "insufficient_gpu_memory"),
        ("POST /models/load\n\n{\"model\": \"big\"}", 507, "insufficient_gpu_memory"),
        ("POST /models/load\n\n{\"model_name\": \"b\"}", 200, ""),
        ("POST /models/load\n\n{\"name\": \"b\"}", 200, ""),
        ("POST /predict\n\n{\"input\": 1, \"model\": \"b\"}", 200, ""),
        ("POST /models/load\n\n{\"model\": \"c\"}", 404, "unknown_model"),
        ("POST /models/load", 200, ""),
        ("POST /models/unload\n\n{\"model\": \"a\"}", 200, ""),
        ("POST /models/unload\n\n{\"model\": \"a\"}", 409, "model_not_loaded"),
        ("POST /predict\n\n{\"input\": 1, \"model\": \"a\"}", 409, "model_not_loaded"),
        ("POST /predict\n\n{\"input\": 1}", 200, ""),
        ("POST /models/unload\n\n{\"model\": \"b\"}", 200, ""),
        ("POST /models/load\n\n{\"model\": \"big\"}", 200, ""),
        ("GET /predict", 405, "method_not_allowed"),
        ("GET /nothing", 404, "not_found"),
    ];
    for (request, status, error) in rows {
        let answer = exchange(&mut stream, request);
        assert_eq!(answer.status, status, "{request}");
        if !error.is_empty() {
            assert_eq!(parse(&answer)["error"], error, "{request}");
        }
    }
    let models = parse(&exchange(&mut stream, "GET /models"));
    assert_eq!(models["gpu_memory_mb"], json!({ "total": 1_000, "used": 700 }));
    assert_eq!(models["models"][2], json!({ "name": "big", "state": "loaded", "memory_mb": 700 }));
    // What was asked under any of the three paths counts.
    assert!(
        (metric(&server, "inference_requests_total{status=\"200\"}") - 5.0).abs() < 0.5,
        "{}",
        metric(&server, "inference_requests_total{status=\"200\"}")
    );
    assert!(
        (metric(&server, "inference_latency_seconds_count{model=\"b\"}") - 2.0).abs() < 0.5,
        "{}",
        metric(&server, "inference_latency_seconds_count{model=\"b\"}")
    );
    assert!(
        (metric(&server, "model_loaded{model=\"big\"}") - 1.0).abs() < 0.5,
        "{}",
        metric(&server, "model_loaded{model=\"big\"}")
    );
    assert!(
        (metric(&server, "gpu_memory_used_bytes") - f64::from(700 << 20)).abs() < 0.5,
        "{}",
        metric(&server, "gpu_memory_used_bytes")
    );
    let page = ask(&server, "GET /metrics");
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(ask(&server, "POST /__reset").status, 204);
    assert_eq!(parse(&ask(&server, "GET /health"))["models_loaded"], json!(["a"]));
}

#[test]
fn the_first_inference_after_loading_is_cold_and_outputs_depend_on_the_input_only() {
    let server = server(InferenceConfig { cold_start: ms(50), base: ms(5), ..fast() });
    let mut stream = connect(&server);
    let mut seen = Vec::new();
    for request in [
        "POST /predict\n\n{\"input\": 1}",
        "POST /predict\n\n{\"input\": 1}",
        "POST /models/unload",
        "POST /models/load",
        "POST /predict\n\n{\"input\": 1}",
        "POST /predict\n\n{\"input\": 2}",
    ] {
        let begin = now();
        let value = parse(&exchange(&mut stream, request));
        if request.contains("predict") {
            let cold = value["cold_start"] == true;
            assert!(begin.elapsed() >= if cold { ms(55) } else { ms(5) });
            seen.push((cold, value["output"].clone()));
        }
    }
    assert_eq!(seen.iter().map(|(cold, _)| *cold).collect::<Vec<_>>(), [true, false, true, false]);
    assert!(seen[0].1 == seen[1].1 && seen[1].1 == seen[2].1 && seen[2].1 != seen[3].1);
}

#[test]
fn those_that_wait_share_batches() {
    let server = server(InferenceConfig { cold_start: ms(300), max_batch: 4, ..fast() });
    let answers = together(&server, 13);
    assert!(answers.iter().all(|answer| answer.status == 200));
    let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
    for answer in &answers {
        *sizes.entry(parse(answer)["batch_size"].as_u64().expect("size")).or_default() += 1;
    }
    assert!(sizes.keys().all(|size| *size <= 4), "{sizes:?}");
    // Those that come in the cold start of the first: at least one batch is full, whatever the machine does.
    assert!(sizes.contains_key(&4), "{sizes:?}");
    let batches: u64 = sizes.iter().map(|(size, answers)| answers / size).sum();
    let stats = parse(&ask(&server, "GET /__stats"));
    assert_eq!((&stats["batches"], &stats["batched_requests"]), (&json!(batches), &json!(13.0)));
}

#[test]
fn it_sheds_load_and_recovers() {
    let config =
        InferenceConfig { cold_start: ms(300), queue: 3, max_batch: 2, retry_after: ms(1_500), ..fast() };
    let server = server(config);
    let answers = together(&server, 12);
    let rejected: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    // At most a batch of two and three that wait; on a slow machine more find a free place.
    assert!(!rejected.is_empty() && rejected.len() <= 9, "{}", rejected.len());
    assert!(answers.iter().all(|answer| [200, 503].contains(&answer.status)));
    for answer in &rejected {
        assert_eq!(
            (parse(answer)["error"].as_str(), answer.header("retry-after")),
            (Some("overloaded"), Some("2"))
        );
    }
    assert_eq!(ask(&server, "POST /predict\n\n{\"input\": 1}").status, 200);
    assert!(
        (metric(&server, "inference_queue_size") - 0.0).abs() < 0.5,
        "{}",
        metric(&server, "inference_queue_size")
    );
    assert!(
        (metric(&server, "inference_requests_total{status=\"503\"}") - rejected.len() as f64).abs() < 0.5,
        "{}",
        metric(&server, "inference_requests_total{status=\"503\"}")
    );
    assert_eq!(
        server.stats().route("POST /predict").map(|route| route.rejected),
        Some(rejected.len() as u64)
    );
}

#[test]
fn a_model_that_is_loading_is_not_there_yet() {
    let mut config = fast();
    config.models[1].load_time = ms(400);
    let server = server(config);
    let begin = now();
    std::thread::scope(|scope| {
        let load = scope.spawn(|| ask(&server, "POST /models/load\n\n{\"model\": \"b\"}"));
        while parse(&ask(&server, "GET /models"))["models"][1]["state"] == "unloaded" {
            assert!(begin.elapsed() < PATIENCE, "loading does not begin");
        }
        let early = ask(&server, "POST /predict\n\n{\"input\": 1, \"model\": \"b\"}");
        // A machine that slept through the loading finds the model there.
        let expected = if early.status == 503 { json!("model_loading") } else { Value::Null };
        assert_eq!(parse(&early)["error"], expected);
        assert_eq!(load.join().expect("load").status, 200);
        assert!(begin.elapsed() >= ms(400));
    });
    assert_eq!(ask(&server, "POST /predict\n\n{\"input\": 1, \"model\": \"b\"}").status, 200);
}
