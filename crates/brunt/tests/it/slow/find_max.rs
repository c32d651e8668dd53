//! The search for the limit against a real server whose limit is known.

use super::asked_for;
use crate::stage::{alone, at, brunt};
use brunt_demo::{Config, MockConfig, start};
use std::time::Duration;

/// Four places that take 20 ms each serve 200 a second and no more: evenly spaced arrivals wait for nothing below it, and ever
/// longer above it.
const LIMIT: f64 = 200.0;

/// How often a search is made that brunt itself limited.
const ATTEMPTS: usize = 2;

#[test]
fn a_known_capacity_is_found_within_a_tenth() {
    if !asked_for() {
        return;
    }
    let _alone = alone();
    let config = r#"{"routes": [{"path": "/"}], "capacity": {"servers": 4, "service": {"constant": "20ms"}, "queue": 1000}}"#;
    let config = MockConfig::from_json("mock.json", config).expect("the target's configuration");
    let target = start(Config::mock(config)).expect("the target");
    let context = brunt().limit(Duration::from_mins(5));
    let url = at(&target, "/");
    let search = || {
        context.run(&[
            "find-max",
            &url,
            "--slo",
            "p95 < 60ms",
            "--slo",
            "errors < 1%",
            "--trial",
            "9s",
            "--max-time",
            "3m",
            "--json",
        ])
    };
    // A search that says that the generator was the limit did what it must; a quieter moment may tell more.
    let attempts = (0..ATTEMPTS).map(|_| search());
    let Some(captured) = attempts.into_iter().find(|captured| captured.code != Some(98)) else {
        println!("this machine is too busy to search on: {ATTEMPTS} searches were generator-limited");
        return;
    };
    let result: serde_json::Value = serde_json::from_str(&captured.stdout).expect("JSON");
    print!("{}", captured.stdout);
    assert_eq!(captured.code, Some(0), "{}", captured.stderr);
    for which in ["lower", "estimate"] {
        let load = result["outcome"][which].as_f64().expect("a load");
        assert!((load / LIMIT - 1.0).abs() <= 0.1, "{which} {load} instead of {LIMIT}");
    }
}
