//! Plans that are right: what they are lowered to.

use crate::fixtures::{lower_with, lowered, plans};
use brunt_plan::{Format, Overrides, Source, demo_plan, lowered_json};
use brunt_workload::{Body, TextPart, Workload};
use std::fmt::Write;

fn workload(name: &str) -> Workload {
    let source = plans("good").into_iter().find(|s| s.name == name).expect("a fixture of this name");
    lowered(&source).unwrap_or_else(|report| panic!("{report}")).workload
}

/// A scenario's executor, in one line.
fn executor(s: &serde_json::Value) -> String {
    format!(
        "{} start {} arrivals {} supply {} stop {}",
        s["name"], s["start"], s["arrivals"], s["supply"], s["stop"]
    )
}

#[test]
fn every_executor_can_be_said() {
    let mut out = String::new();
    for source in plans("good") {
        let lowered = lowered(&source).unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(lowered.warnings.diagnostics, [], "{}", source.name);
        for scenario in lowered_json(&lowered.workload)["scenarios"].as_array().unwrap() {
            writeln!(out, "{}: {}", source.name, executor(scenario)).unwrap();
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn the_three_formats_say_the_same() {
    let yaml = workload("whole.yaml");
    assert_eq!(yaml, workload("whole.json"));
    assert_eq!(yaml, workload("whole.toml"));
}

#[test]
fn a_whole_plan() {
    let workload = workload("whole.yaml");
    insta::assert_snapshot!(serde_json_pretty(&workload));
    let bodies: Vec<String> = workload.requests.iter().map(|r| body(&r.body)).collect();
    insta::assert_snapshot!(bodies.join("\n----\n"));
}

fn serde_json_pretty(workload: &Workload) -> String {
    format!("{:#}", lowered_json(workload))
}

fn body(body: &Body) -> String {
    match body {
        Body::None => "(none)".to_owned(),
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).replace('\r', ""),
        Body::Text(text) => text
            .parts
            .iter()
            .map(|part| match part {
                TextPart::Literal(text) => text.replace('\r', ""),
                TextPart::Dynamic { .. } => format!("<{part:?}>"),
            })
            .collect(),
    }
}

#[test]
fn the_demo_plan_is_right() {
    let source = Source::inline("demo.yaml", Format::Yaml, demo_plan());
    let overrides = Overrides { target: Some("http://127.0.0.1:8123".to_owned()), ..Overrides::default() };
    let lowered = lower_with(&source, &overrides, &|path| std::fs::read(path))
        .unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(lowered.warnings.diagnostics, []);
    let workload = lowered.workload;
    assert_eq!(workload.target.origins[0].port, 8123);
    assert_eq!(workload.planned_duration(), Some(brunt_metrics::Nanos::from_secs(18)));
    let endpoints: Vec<String> = workload
        .endpoints
        .iter()
        .map(|e| format!("{} {} {} {}", e.scenario, e.action, e.method, e.name))
        .collect();
    insta::assert_snapshot!(endpoints.join("\n"));
}

#[test]
fn overrides_win_over_the_plan() {
    let source = Source::inline(
        "p",
        Format::Yaml,
        "seed: 1\nactions: {a: {get: /}}\nscenarios: {s: {users: 1, duration: 1s}}",
    );
    let seed = |overrides: Overrides| {
        let overrides = Overrides { target: Some("http://a".into()), ..overrides };
        lower_with(&source, &overrides, &|path| std::fs::read(path)).unwrap().workload.seed
    };
    assert_eq!(seed(Overrides { default_seed: 7, ..Overrides::default() }), 1);
    assert_eq!(seed(Overrides { seed: Some(9), ..Overrides::default() }), 9);
    let bad = Overrides { target: Some("ftp://x".into()), ..Overrides::default() };
    insta::assert_snapshot!(lower_with(&source, &bad, &|path| std::fs::read(path)).unwrap_err());
}

#[test]
fn no_secret_gets_into_the_record() {
    let text = "
target: https://a
http: {headers: {Authorization: Bearer s3cret, Cookie: s3cret, X-Api-Key: s3cret, accept: '*/*'}, tls: {cert: c.pem, key: k.pem}}
actions: {a: [{post: /, body: s3cret, headers: {x-session-token: s3cret}}]}
scenarios: {s: {users: 1, duration: 1s}}
";
    let source = Source::inline("p", Format::Yaml, text);
    let pem = |_: &std::path::Path| Ok(b"-----BEGIN s3cret".to_vec());
    let json = lowered_json(&lower_with(&source, &Overrides::default(), &pem).unwrap().workload).to_string();
    assert!(!json.contains("s3cret"), "{json}");
    assert!(json.contains("*/*") && json.contains("(hidden)"), "{json}");
}

#[test]
fn objectives_of_every_spelling() {
    let source = plans("good").into_iter().find(|s| s.name == "objectives.yaml").expect("the fixture");
    let lowered = lowered(&source).unwrap_or_else(|report| panic!("{report}"));
    let texts: Vec<String> = lowered.objectives.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(texts.join("\n"));
}
