//! The texts of configuration errors.

use brunt_demo::{MockConfig, mock::ConfigError};

fn error(text: &str) -> String {
    MockConfig::from_json("mock.json", text).expect_err("an error").to_string()
}

#[test]
fn errors() {
    let rows = [
        ("not JSON", "{\n  \"routes\": [\n}"),
        ("unknown key", "{\n  \"routes\": [{ \"path\": \"/\", \"latncy\": { \"constant\": \"5ms\" } }]\n}"),
        ("unknown kind", "{ \"routes\": [{ \"path\": \"/\", \"latency\": { \"lognormal\": {} } }] }"),
        ("no unit", "{ \"stall\": { \"every\": \"5\", \"lasts\": \"1s\" } }"),
        ("missing key", "{ \"capacity\": { \"servers\": 4 } }"),
        (
            "values, all at once",
            r#"{
                "routes": [
                    { "path": "products", "method": "get", "status": 99 },
                    { "path": "/a/{x}", "body": { "text": "{{y}}" }, "failures": { "rate": 1.5 } },
                    { "path": "/b", "latency": { "bimodal": { "fast": "1ms", "slow": "2ms", "slow_share": 2 } } },
                    { "path": "/c", "body": { "bytes_between": { "min": 9, "max": 1 } }, "headers": { "a b": "c" } }
                ],
                "capacity": { "servers": 0, "queue": 1 },
                "stall": { "every": "1s", "lasts": "2s" },
                "ramp": { "per_minute": -1 }
            }"#,
        ),
    ];
    let texts: Vec<String> = rows.iter().map(|(name, text)| format!("# {name}\n{}\n", error(text))).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn the_documented_example_is_read() {
    let documentation = include_str!("../../src/mock/mod.rs");
    let example =
        documentation.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let text: String = example.lines().map(|line| line.trim_start_matches("//!")).collect();
    let config = MockConfig::from_json("example.json", &text).expect("the example");
    assert_eq!(config.routes[0].name(), "POST /products/{id}/reviews");
    assert_eq!(config.capacity.and_then(|capacity| capacity.throughput_per_s()), Some(400.0));
}

#[test]
fn a_syntax_error_has_its_place() {
    match MockConfig::from_json("x", "{\n  \"seed\": true }") {
        Err(ConfigError::Syntax(error)) => assert_eq!((error.line, error.column), (2, 14)),
        other => panic!("{other:?}"),
    }
}
