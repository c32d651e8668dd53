//! What each target says of itself.

use brunt_demo::{Config, MockConfig, Target, mock::Route, names, start};
use serde_json::Value;

use crate::client::{ask, mock};

/// The target's name and the paths of its routes, as `path` describes them.
fn described(config: Config, path: &str) -> (String, Vec<String>) {
    let running = start(config).expect("start");
    let answer = ask(&running, &format!("GET {path}"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert!(answer.text().ends_with("}\n"), "a prompt comes on a line of its own");
    let about: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert!(about["about"].as_str().is_some_and(|text| text.len() > 10), "{about}");
    let lines = |list: &str| about[list].as_array().expect("a list").clone();
    assert!(!lines("control").is_empty());
    let path = |line: &Value| format!("{} {}", line["method"], line["path"]).replace('"', "");
    (about["target"].as_str().expect("a name").to_owned(), lines("routes").iter().map(path).collect())
}

#[test]
fn every_target_says_what_it_serves() {
    for (name, _) in names() {
        // The default mock is a shop with a start page of its own.
        let config = if *name == "mock" {
            Config::mock(MockConfig::with(vec![Route::get("/a")]))
        } else {
            Config::new(Target::named(name).expect(name))
        };
        // What a benchmark asks of the null target stays as it is.
        let path = if *name == "null" { "/__about" } else { "/" };
        let (target, routes) = described(config, path);
        assert_eq!((&target[..], routes.len() >= 4), (*name, true), "{routes:?}");
    }
}

#[test]
fn a_mock_describes_whatever_it_is_made_of() {
    let api = r#"{"openapi": "3.0.3", "info": {"title": "a", "version": "1"}, "paths": {"/pets/{id}": {"get":
        {"responses": {"200": {"description": "one"}}}}}}"#;
    let routes = r#"{"routes": [{"method": "POST", "path": "/orders", "latency": {"constant": "5ms"}}]}"#;
    for (config, expected) in [
        (MockConfig::from_openapi("api.json", api.as_bytes()).expect("api"), "GET /pets/{id}"),
        (MockConfig::from_json("mock.json", routes).expect("routes"), "POST /orders"),
        (MockConfig::recording(), "any /*"),
    ] {
        let (_, routes) = described(Config::mock(config), "/");
        assert_eq!(routes.first().map(String::as_str), Some(expected));
    }
    let running = mock(MockConfig::from_json("mock.json", routes).expect("routes"));
    let text = ask(&running, "GET /\nAccept: text/plain");
    let line = text.text().lines().find(|line| line.contains("/orders"));
    assert_eq!(line, Some("POST   /orders                 200 after 5ms"));
    assert_eq!(ask(&running, "HEAD /").header("content-type"), Some("application/json"));
    assert_eq!(ask(&running, "POST /").status, 405);
}

#[test]
fn a_route_of_its_own_comes_first_and_a_recorder_keeps_the_question() {
    let own = mock(MockConfig::with(vec![Route::get("/").status(204)]));
    assert_eq!(ask(&own, "GET /").status, 204);
    let recording = mock(MockConfig::recording());
    assert_eq!(ask(&recording, "GET /").status, 200);
    let kept: Value = serde_json::from_slice(&ask(&recording, "GET /__requests").body).expect("JSON");
    assert_eq!(kept["requests"][0]["path"], "/");
}

#[test]
fn the_null_target_answers_everything_else_as_before() {
    let running = start(Config::null()).expect("start");
    for (path, body) in [("/", "ok"), ("/__abouts", "ok"), ("/__stats", "ok")] {
        assert_eq!(ask(&running, &format!("GET {path}")).text(), body, "{path}");
    }
    let length = ask(&running, "HEAD /__about?x=y").header("content-length").map(str::to_owned);
    assert_eq!(length, Some(ask(&running, "GET /__about").body.len().to_string()));
    assert_eq!(running.stop().route("/__about").map(|route| route.requests), Some(2));
}
