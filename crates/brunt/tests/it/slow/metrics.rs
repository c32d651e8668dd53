//! Metrics beside the load from real servers: Debian's Prometheus, which scrapes a demo target, and redis-server, which dies.

use super::asked_for;
use crate::stage::{alone, brunt};
use brunt_demo::{Config, InferenceConfig, start};
use brunt_testkit::TestContext;
use serde_json::Value;
use std::env;
use std::net::{Ipv4Addr, TcpListener};

/// What the test is made of beside brunt.
const PARTS: [&str; 2] = ["prometheus", "redis-server"];

const PASSWORD: &str = "t3st-0nly";

fn missing() -> Vec<&'static str> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    PARTS.into_iter().filter(|part| !folders.iter().any(|folder| folder.join(part).is_file())).collect()
}

/// Ports that nobody listens on, below those that systems give to outgoing connections.
fn free_ports() -> (String, String) {
    let first = 11_000 + u16::try_from(std::process::id() % 8_000).expect("it is below 8,000");
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let mut ports = (first..first + 1_000).filter(free).map(|port| port.to_string());
    ports.next().zip(ports.next()).unwrap_or_else(|| panic!("1,000 ports from {first} are taken"))
}

fn figure<'a>(summary: &'a Value, source: &str, name: &str) -> &'a Value {
    let all = summary["resources"].as_array().expect("there are figures");
    let found = all.iter().find(|r| r["source"] == source && r["name"] == name);
    found.unwrap_or_else(|| panic!("no {source} {name} in {:#}", summary["resources"]))
}

fn plan(model: &str, prometheus_port: &str, redis_port: &str) -> String {
    format!(
        "target: {model}\nactions: {{a: [{{post: /predict, json: {{model: resnet50, input: [1]}}}}]}}\n\
         scenarios: {{s: {{rate: 30/s, duration: 15s}}}}\nsecrets: {{redis: {PASSWORD}}}\nmetrics:\n  \
         prom:\n    prometheus: http://127.0.0.1:{prometheus_port}\n    queries:\n      \
         up: {{query: sum(up), unit: count}}\n      rate: {{query: 'sum(rate(inference_requests_total[5s]))', unit: /s}}\n  \
         page: {{page: '{model}/metrics', select: inference_requests_total}}\n  \
         cache: {{redis: '127.0.0.1:{redis_port}', password: '${{redis}}'}}\n"
    )
}

#[test]
fn prometheus_and_redis_that_are_real() {
    if !asked_for() {
        return;
    }
    let missing = missing();
    if !missing.is_empty() {
        println!("skipped: {} not installed: apt-get install {}", missing.join(", "), missing.join(" "));
        return;
    }
    let model = start(Config::inference(InferenceConfig::default())).expect("a free port");
    let (prometheus_port, redis_port) = free_ports();
    let watcher = TestContext::new("prometheus");
    let scraped = model.url().replace("http://", "");
    watcher.write(
        "prometheus.yml",
        format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: model, static_configs: [{{targets: ['{scraped}']}}]}}]\n"
        ),
    );
    let listen = format!("--web.listen-address=127.0.0.1:{prometheus_port}");
    let watching = watcher.spawn(&["--config.file=prometheus.yml", "--storage.tsdb.path=data", &listen]);
    watching.wait_for_error_line(|line| line.contains("ready to receive web requests").then_some(()));
    let cache = TestContext::new("redis-server");
    let arguments = ["--port", &redis_port, "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", ""];
    let caching = cache.spawn(&arguments);
    caching.wait_for_line(|line| line.contains("eady to accept connections").then_some(()));

    let context = brunt();
    context.write("plan.yaml", plan(&model.url(), &prometheus_port, &redis_port));
    let ran = {
        let _alone = alone();
        let running = context.spawn(&["run", "plan.yaml", "-o", "rec", "--progress-interval", "1s"]);
        running.wait_for_error_line(|line| line.starts_with("t=8s ").then_some(()));
        caching.kill();
        running.wait()
    };
    watching.interrupt();
    let _ = watching.wait();
    let _ = caching.wait();
    model.stop();
    check(&context, &ran.stderr);
}

/// What of each server must be in the record, and what was told.
fn check(context: &TestContext, told: &str) {
    let summary: Value = serde_json::from_str(&context.read("rec/summary.json")).expect("JSON");
    let value = |source: &str, name: &str, which: &str| {
        let found = &figure(&summary, source, name)[which];
        found.as_f64().unwrap_or_else(|| panic!("no {which} of {source} {name}: {:#}", summary["resources"]))
    };
    assert!((value("prom", "up", "last") - 1.0).abs() < 1e-9);
    // What Prometheus says of the target's rate is what was asked of it; so is what the page says itself.
    for (source, name) in [("prom", "rate"), ("page", "inference_requests_total{status=\"200\"}")] {
        let rate = value(source, name, "max");
        assert!((15.0..60.0).contains(&rate), "{source} {name}: {rate}");
    }
    assert!(value("cache", "memory", "min") > 100_000.0 && value("cache", "clients", "last") >= 1.0);
    let (seen, all) = (
        value("cache", "memory", "samples"),
        value("page", "inference_requests_total{status=\"200\"}", "samples"),
    );
    assert!(
        seen >= 2.0 && seen + 2.0 <= all,
        "{seen} samples of a server that died half way, {all} of one that did not"
    );
    let warnings = |source: &str| told.matches(&format!("warning: metrics of `{source}`: ")).count();
    assert_eq!((warnings("cache"), warnings("page")), (1, 0), "{told}");
    assert!(!told.contains(PASSWORD) && !context.read("rec/run.json").contains(PASSWORD));
}
