//! Values: what `${...}` stands for, where it comes from, and how it is written where it stands.

use crate::fixtures::{lower_with, lowered, plans};
use brunt_metrics::{EndpointKind, ScenarioId};
use brunt_plan::{Format, Lowered, Overrides, Report, Source, Surroundings, lower, lowered_json};
use brunt_workload::{
    Body, Draw, FeedId, IterationIndex, Memory, Request, Scope, SlotId, Text, Value, Workload,
};
use std::fmt::Write;

fn values() -> Workload {
    let source = plans("good").into_iter().find(|s| s.name == "values.yaml").expect("the fixture");
    lowered(&source).unwrap_or_else(|report| panic!("{report}")).workload
}

fn of(text: &str) -> Result<Lowered, Report> {
    lowered(&Source::inline("p", Format::Yaml, text))
}

/// A plan with one request; `fields` are its own.
fn request_with(top: &str, fields: &str) -> String {
    format!(
        "target: http://a.test/base\n{top}\nactions: {{a: [{{{fields}}}]}}\nscenarios: {{s: {{users: 1, duration: 1s}}}}\n"
    )
}

/// A user that remembers a text, a number and a list, and holds the first row of all data.
fn memory(workload: &Workload) -> Memory {
    let mut memory = Memory::of_user(0);
    for (at, name) in workload.slots.iter().enumerate() {
        let value = match name.as_str() {
            "number" => Value::Json("7".into()),
            "list" => Value::List(vec![Value::Json("1".into()), Value::Text("b c".into())]),
            "path" => Value::Text("/next?page=2&q=a b".into()),
            _ => Value::Text("a/b \"c\"&d".into()),
        };
        memory.set(SlotId(u16::try_from(at).expect("the test's own data")), Some(value));
    }
    (0..workload.feeds.len())
        .for_each(|at| memory.hold_row(FeedId(u16::try_from(at).expect("the test's own data")), 0));
    memory
}

fn rendered(workload: &Workload, text: &Text) -> String {
    let memory = memory(workload);
    let scope = Scope { feeds: &workload.feeds, memory: &memory };
    let mut out = Vec::new();
    let mut draw = Draw::new(1, ScenarioId(0), IterationIndex(0));
    text.render(&mut draw, &scope, &mut out).expect("everything is remembered");
    String::from_utf8(out).expect("the test's own data")
}

/// The request's line, headers and body as they are sent.
fn sent(workload: &Workload, request: &Request) -> String {
    let mut out = format!("{} {}", request.method, rendered(workload, &request.target));
    for (name, value) in &request.headers {
        write!(out, " | {name}: {}", rendered(workload, value)).expect("the test's own data");
    }
    match &request.body {
        Body::None => {}
        Body::Bytes(bytes) => {
            write!(out, " | {}", String::from_utf8_lossy(bytes)).expect("the test's own data");
        }
        Body::Text(text) => write!(out, " | {}", rendered(workload, text)).expect("the test's own data"),
    }
    out
}

const SAVES: &str = "save: {x: $.x, number: $.n, list: {json: $.l, pick: all}, path: $.p}";

#[test]
fn values_are_written_for_their_place() {
    let top = "data: {d: {rows: [{text: 'a/b c', n: 2.5}]}}\nsecrets: {key: 'k/&'}";
    for (fields, expected) in [
        (
            "get: '/p/${x}/${d.text}/${key}?a=1&b=${x}'",
            "GET /base/p/a%2Fb%20%22c%22%26d/a%2Fb%20c/k%2F%26?a=1&b=a/b%20%22c%22%26d",
        ),
        ("get: '/p/${choice(a/b c)}'", "GET /base/p/a/b%20c"),
        ("get: '${path}'", "GET /next?page=2&q=a%20b"),
        ("get: '${d.text}'", "GET /basea/b%20c"),
        ("get: '/', query: {q: '${x}', n: '${count(list)}'}", "GET /base/?q=a/b%20%22c%22%26d&n=2"),
        (
            "post: '/', form: {q: '${x}'}",
            "POST /base/ | content-type: application/x-www-form-urlencoded | q=a%2Fb+%22c%22%26d",
        ),
        (
            "post: '/', json: {a: '${x}', b: '<${x}>', c: '${number}', d: '${all(list)}', e: '${d.n}', f: 'n ${d.n}', g: '${key}', h: '${int(3,3)}'}",
            r#"POST /base/ | content-type: application/json | {"a":"a/b \"c\"&d","b":"<a/b \"c\"&d>","c":7,"d":[1,"b c"],"e":2.5,"f":"n 2.5","g":"k/&","h":3}"#,
        ),
        (
            "post: '/', body: '${x}', headers: {h: '${x} ${last(list)}'}",
            "POST /base/ | h: a/b \"c\"&d b c | a/b \"c\"&d",
        ),
        ("get: '/', headers: {h: '$${x}'}", "GET /base/ | h: ${x}"),
        (
            "get: '/', auth: {basic: {user: user, password: pass}}",
            "GET /base/ | Authorization: Basic dXNlcjpwYXNz",
        ),
        (
            "get: '/', auth: {basic: {user: '${x}', password: '${key}'}}",
            "GET /base/ | Authorization: Basic YS9iICJjIiZkOmsvJg==",
        ),
        ("get: '/?a=1', auth: {api_key: '${key}', query: 'k'}", "GET /base/?a=1&k=k/%26"),
        ("get: '/', auth: {bearer: t}, headers: {authorization: own}", "GET /base/ | authorization: own"),
    ] {
        let plan = request_with(top, &format!("{fields}, {SAVES}"));
        let workload = of(&plan).unwrap_or_else(|report| panic!("{report}")).workload;
        assert_eq!(sent(&workload, &workload.requests[0]), expected, "{fields}");
    }
}

#[test]
fn names_of_requests_say_what_stands_in_them() {
    let top = "data: {d: {rows: [{text: a}]}}\nsecrets: {key: k3y}";
    let plan = request_with(
        top,
        &format!("get: '/${{x}}/${{d.text}}/${{uuid()}}/${{count(list)}}/${{key}}?q=1', {SAVES}"),
    );
    let workload = of(&plan).expect("the test's own data").workload;
    assert_eq!(workload.endpoints[0].name, "/{x}/{d.text}/{…}/{count(list)}/{key}");
}

#[test]
fn all_values_of_a_plan() {
    let workload = values();
    insta::assert_snapshot!(format!("{:#}", lowered_json(&workload)));
    let mut out = String::new();
    for request in &workload.requests {
        let endpoint = &workload.endpoints[usize::try_from(request.endpoint.0).expect("the test's own data")];
        let login = request.login.map(|l| workload.logins[usize::from(l.0)].name.as_str());
        writeln!(
            out,
            "{} {}: {}",
            endpoint.scenario,
            endpoint.action,
            sent(&workload, request).replace("s3cret", "S3CRET")
        )
        .expect("the test's own data");
        writeln!(
            out,
            "    login {login:?} faults {:?} origin {}",
            request.faults.map(|f| f.0),
            request.origin.0
        )
        .expect("the test's own data");
    }
    insta::assert_snapshot!(out);
}

/// Neither in the record nor in what panics and logs would show.
#[test]
fn no_secret_is_shown() {
    let workload = values();
    for shown in [format!("{:#}", lowered_json(&workload)), format!("{workload:#?}")] {
        assert!(
            !shown.contains("s3cret"),
            "{}",
            shown.lines().find(|l| l.contains("s3cret")).expect("the test's own data")
        );
        assert!(!shown.contains("dXNl") && shown.contains("(hidden)"));
    }
    let env = |name: &str| ["AUTH_TOKEN", "API_KEY"].contains(&name).then(|| format!("s3cret-{name}"));
    let source = Source::inline("p", Format::Yaml, request_with("auth: env", "get: /"));
    let files = |path: &std::path::Path| std::fs::read(path);
    let surroundings = Surroundings { files: &files, env: &env };
    let workload =
        lower(&source, &Overrides::default(), &surroundings).expect("the test's own data").workload;
    assert_eq!(
        sent(&workload, &workload.requests[0]),
        "GET /base/ | Authorization: Bearer s3cret-AUTH_TOKEN | X-API-Key: s3cret-API_KEY"
    );
    assert!(!format!("{workload:?} {:#}", lowered_json(&workload)).contains("s3cret"));
    // A plan that is wrong shows its own lines, and nothing of what comes from elsewhere.
    let wrong = request_with(
        "secrets: {key: '${env.FIXTURE_TOKEN}'}",
        "get: '/${kez}', headers: {a: '${key}'}, check: {contains: '${key}'}",
    );
    let report = of(&wrong).unwrap_err().to_string();
    assert!(!report.contains("s3cret"), "{report}");
}

/// Users of different classes that do the same action do not send the same.
#[test]
fn auth_goes_to_those_that_it_is_for() {
    let plan = "target: http://a.test\nauth: {bearer: all}\n\
        actions: {a: [{get: /}, {get: 'http://b.test/'}, {get: /none, auth: none}, {get: 'http://b.test/own', auth: {bearer: own}}]}\n\
        users: {plain: {actions: a}, other: {actions: a}, own: {actions: a, auth: {bearer: class}}}\n\
        scenarios: {s: {users: 3, duration: 1s}}\n";
    let workload = of(plan).expect("the test's own data").workload;
    let all: Vec<String> = workload.requests.iter().map(|r| sent(&workload, r)).collect();
    assert_eq!(
        all,
        [
            "GET / | Authorization: Bearer all",
            "GET /",
            "GET /none",
            "GET /own | Authorization: Bearer own",
            "GET / | Authorization: Bearer class",
            "GET /",
            "GET /none",
            "GET /own | Authorization: Bearer own",
        ],
        "`plain` and `other` share their requests; nobody else's host is told the plan's token"
    );
}

#[test]
fn logins_and_faults_belong_to_scenarios() {
    let workload = values();
    let logins: Vec<(&str, Vec<&str>)> = workload
        .logins
        .iter()
        .map(|l| {
            let of = |r: &brunt_workload::RequestId| {
                let request = &workload.requests[usize::try_from(r.0).expect("the test's own data")];
                assert!(request.login.is_none() && request.faults.is_none(), "a login needs no login");
                workload.endpoints[usize::try_from(request.endpoint.0).expect("the test's own data")]
                    .scenario
                    .as_str()
            };
            (l.name.as_str(), l.requests.iter().map(of).collect())
        })
        .collect();
    assert_eq!(logins, [("api", vec!["peak"]), ("office", vec!["peak"]), ("api", vec!["late"])]);
    for mix in &workload.fault_mixes {
        for fault in &mix.faults {
            assert_eq!(fault.endpoints.len(), workload.scenarios.len());
            for (id, scenario) in fault.endpoints.iter().zip(&workload.scenarios) {
                let endpoint = &workload.endpoints[usize::try_from(id.0).expect("the test's own data")];
                assert_eq!(endpoint.kind, EndpointKind::Injected);
                assert_eq!((&endpoint.scenario, endpoint.name.as_str()), (&scenario.name, fault.kind.name()));
            }
        }
    }
}

/// What an action uses, by itself or by the logins of its requests.
#[test]
fn actions_take_the_rows_that_they_need() {
    let workload = values();
    let class = |name: &str| {
        workload.scenarios[0].classes.iter().find(|c| c.name == name).expect("the test's own data")
    };
    let feeds = |class: &str, action: usize| -> Vec<&str> {
        let action = &workload.scenarios[0]
            .classes
            .iter()
            .find(|c| c.name == class)
            .expect("the test's own data")
            .journey
            .actions[action];
        action.feeds.iter().map(|f| workload.feeds[usize::from(f.0)].name.as_str()).collect()
    };
    assert_eq!(class("shopper").journey.actions.len(), 2);
    assert_eq!(feeds("shopper", 0), ["people", "words"]);
    assert_eq!(feeds("clerk", 0), ["people", "items", "stock", "tiny"]);
}

#[test]
fn too_much_data_is_refused() {
    let large = |_: &std::path::Path| Ok(vec![b'\n'; (256 << 20) + 1]);
    let source = Source::inline("p", Format::Yaml, request_with("data: {d: big.csv}", "get: '/${d.x}'"));
    insta::assert_snapshot!(lower_with(&source, &Overrides::default(), &large).unwrap_err());
    let cells = |_: &std::path::Path| {
        let mut text = b"a,b,c,d,e\n".to_vec();
        (0..=1_000_000).for_each(|_| text.extend_from_slice(b",,,,\n"));
        Ok(text)
    };
    insta::assert_snapshot!(lower_with(&source, &Overrides::default(), &cells).unwrap_err());
}

/// What is no text in the plan is none when it is remembered; what is between quotes is text, whatever it looks like.
#[test]
fn numbers_that_are_remembered_are_numbers() {
    for (written, remembered) in [
        ("2", "2"),
        ("1.5", "1.5"),
        ("true", "true"),
        ("null", "null"),
        ("\"2\"", "\"2\""),
        ("two", "\"two\""),
        ("\"a ${a} b\"", "\"a ${a} b\""),
    ] {
        // A default of null is no default, and refused.
        let default = if written == "null" { "7" } else { written };
        let saved =
            format!("get: /x, save: {{a: {{json: $.a, default: 7}}, b: {{json: $.b, default: {default}}}}}");
        let plan = request_with(
            "",
            &format!("{saved}}}, {{set: {{q: {written}}}}}, {{get: \"/${{a}}/${{b}}/${{q}}\""),
        );
        let workload = of(&plan).unwrap_or_else(|report| panic!("{report}")).workload;
        let json = lowered_json(&workload);
        let steps = &json["scenarios"][0]["classes"][0]["actions"][0]["steps"];
        assert_eq!(steps[1]["set"]["q"].to_string(), remembered, "{json:#}");
        let default = workload.requests.iter().flat_map(|r| &r.saves).find(|s| s.slot == SlotId(1));
        let default = default.map(|s| s.plain);
        assert_eq!(default == Some(brunt_workload::Plain::Json), !remembered.starts_with('"'), "{written}");
    }
}
