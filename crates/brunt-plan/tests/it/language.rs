//! The language's description: schema and reference.

use crate::fixtures::{folder, lower_with};
use brunt_plan::{Format, Object, Overrides, PLAN, Source, Type, json_schema, reference_markdown};

/// `cargo run -p brunt-plan --example reference` writes it anew.
#[test]
fn the_reference_page_is_up_to_date() {
    let page = std::fs::read_to_string(folder("").join("../../docs/plan-reference.md")).unwrap();
    assert!(page == reference_markdown(), "run `cargo run -p brunt-plan --example reference`");
}

fn objects(object: &'static Object, out: &mut Vec<&'static Object>) {
    fn walk(ty: &'static Type, out: &mut Vec<&'static Object>) {
        match ty {
            Type::Object(object) => objects(object, out),
            Type::List(inner) | Type::Map(inner) => walk(inner, out),
            Type::OneOf(types) => types.iter().for_each(|t| walk(t, out)),
            Type::Text
            | Type::Template
            | Type::Word(_)
            | Type::Path
            | Type::Bool
            | Type::Int { .. }
            | Type::Number
            | Type::Duration
            | Type::DurationRange
            | Type::Rate
            | Type::SizeRange
            | Type::Any => {}
        }
    }
    if !out.iter().any(|o| o.name == object.name) {
        out.push(object);
        object.fields.iter().for_each(|f| walk(&f.ty, out));
    }
}

#[test]
fn every_example_is_of_its_own_field() {
    let mut all = Vec::new();
    objects(&PLAN, &mut all);
    assert!(all.len() >= 14);
    for field in all.iter().flat_map(|o| o.fields) {
        assert!(field.example.starts_with(&format!("{}: ", field.name)), "{}", field.example);
        let source = Source::inline("p", Format::Yaml, field.example);
        let report = lower_with(&source, &Overrides::default(), &|path| std::fs::read(path)).unwrap_err();
        let unreadable = report.diagnostics.iter().any(|d| d.message.contains("YAML"));
        assert!(!unreadable, "{}", field.example);
    }
}

/// A plan with `field` in an object of this name.
fn plan_with(object: &str, field: &str) -> String {
    let around = |before: &str, after: &str| format!("{before}{field}{after}");
    match object {
        "plan" => field.to_owned(),
        "hooks" => around("hooks: {", "}"),
        "hook" => around("hooks: {setup: {", "}}"),
        "source" => around("metrics: {m: {", "}}"),
        "query" => around("metrics: {m: {prometheus: 'http://a', queries: {q: {", "}}}}"),
        "ready" => around("hooks: {ready: {", "}}"),
        "secret" => around("secrets: {k: {", "}}"),
        "table" => around("data: {d: {", "}}"),
        "save" => around("actions: {a: [{get: /, save: {x: {", "}}}]}"),
        "auth" => around("auth: {", "}"),
        "basic_auth" => around("auth: {basic: {", "}}"),
        "login" => around("logins: {l: {", "}}"),
        "faults" => around("faults: {", "}"),
        "slow_send" => around("faults: {slow_send: {", "}}"),
        "retry_burst" => around("faults: {retries: {", "}}"),
        "http" => around("http: {", "}"),
        "tls" => around("http: {tls: {", "}}"),
        "step" => around("actions: {a: [{", "}]}"),
        "action" => {
            if field.starts_with("steps") {
                around("actions: {a: {", "}}")
            } else {
                around("actions: {a: {", ", steps: [{get: /}]}}")
            }
        }
        "branch" => around("actions: {a: [{choose: [{", "}]}]}"),
        "condition" => around("actions: {a: [{if: {", "}, then: [{get: /}]}]}"),
        "part" => around("actions: {a: [{post: /, multipart: {x: {", "}}}]}"),
        "check" => around("actions: {a: [{get: /, check: {", "}}]}"),
        "user" => around("users: {u: {", "}}"),
        "think" => around("users: {u: {think: {", "}}}"),
        "normal" => around("users: {u: {think: {normal: {", "}}}}"),
        "log_normal" => around("users: {u: {think: {log_normal: {", "}}}}"),
        "scenario" => around("scenarios: {s: {", "}}"),
        "stage" => around("scenarios: {s: {stages: [{", "}]}}"),
        "slo" => around("slo: {", "}"),
        "bursts" => around("scenarios: {s: {bursts: {", "}}}"),
        "replay" => around("scenarios: {s: {replay: {", "}}}"),
        other => panic!("where does a `{other}` stand in a plan?"),
    }
}

/// A field that is described but never read would be accepted and ignored: a value that fits no field must be
/// complained about, whatever the field.
#[test]
fn every_field_is_read() {
    let mut all = Vec::new();
    objects(&PLAN, &mut all);
    for (object, field) in all.iter().flat_map(|o| o.fields.iter().map(move |f| (o, f))) {
        if matches!(field.ty, Type::Any) {
            continue;
        }
        let marked = format!("{}: {{zzz: [{{zzz: {{}}}}]}}", field.name);
        let mut text = plan_with(object.name, &marked);
        // What belongs to a step of a kind stands beside it.
        let beside = match field.name {
            "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "request" | "pause"
            | "group" | "if" | "repeat" | "choose" | "batch" | "set" | "end" | "run" => "",
            "then" | "else" => ", if: x",
            "while" | "steps" => ", repeat: 2",
            "at_once" => ", batch: [{get: /}]",
            _ => ", get: 'http://a/'",
        };
        if ["step", "hook", "ready"].contains(&object.name) {
            text = plan_with(object.name, &format!("{marked}{beside}"));
        }
        let of = match field.name {
            "select" | "auth" | "headers" => ", page: 'http://a/'",
            "queries" => ", prometheus: 'http://a/'",
            "user" | "password" => ", redis: 'a:1'",
            "every" | "timeout" => ", process: x",
            _ => "",
        };
        if object.name == "source" {
            text = plan_with("source", &format!("{marked}{of}"));
        }
        if object.name == "query" && field.name != "query" {
            text = plan_with("query", &format!("{marked}, query: up"));
        }
        if (object.name, field.name) == ("think", "every") {
            text = plan_with("think", &format!("{marked}, time: 1s"));
        }
        let at = text.find(&marked).unwrap();
        let report = lower_with(&Source::inline("p", Format::Yaml, text), &Overrides::default(), &|path| {
            std::fs::read(path)
        })
        .unwrap_err();
        let inside = |start: usize| (at..at + marked.len()).contains(&start);
        let found = report.diagnostics.iter().any(|d| d.span.as_ref().is_some_and(|s| inside(s.start)));
        assert!(found, "`{}` of `{}` is never read:\n{report}", field.name, object.name);
    }
}

#[test]
fn the_schema_knows_every_object() {
    let schema = json_schema();
    let mut all = Vec::new();
    objects(&PLAN, &mut all);
    for object in all {
        let fields = schema["$defs"][object.name]["properties"].as_object().unwrap();
        assert_eq!(fields.len(), object.fields.len(), "{}", object.name);
        assert_eq!(schema["$defs"][object.name]["additionalProperties"], false);
    }
    insta::assert_snapshot!(format!("{:#}", schema["$defs"]["stage"]));
}
