//! Other tools' files: which plans they become, and what is said of broken ones.

use brunt_metrics::ScenarioId;
use brunt_plan::{
    Correlate, ExportTo, Foreign, Format, Hosts, ImportOptions, Imported, NotExportable, Overrides, Report,
    SecretValues, Source, Style, Surroundings, convert_plan, export, import_with, lower, lower_foreign,
    lowered_json, recognise,
};
use brunt_workload::{Body, Draw, IterationIndex, Scope, Text};
use proptest::prelude::*;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/imports")
}

fn file(name: &str) -> Source {
    let text = std::fs::read_to_string(folder().join(name)).expect("a fixture of this name");
    Source { name: name.to_owned(), text, format: Format::of_path(Path::new(name)), folder: folder() }
}

/// Each fixture and what it is.
const FILES: [(&str, Foreign); 6] = [
    ("targets.txt", Foreign::Vegeta),
    ("targets.jsonl", Foreign::Vegeta),
    ("commands.sh", Foreign::Curl),
    ("recording.har", Foreign::Har),
    ("library.openapi.yaml", Foreign::OpenApi),
    ("library.postman_collection.json", Foreign::Postman),
];

fn imported(source: &Source, options: ImportOptions) -> Result<Imported, Report> {
    let foreign = recognise(source).expect("a file of another tool");
    import_with(foreign, source, &options)
}

fn yaml(source: &Source, options: ImportOptions) -> String {
    imported(source, options).unwrap_or_else(|report| panic!("{report}")).to_yaml()
}

fn text(name: &str, text: &str) -> Source {
    Source::inline(name, Format::Yaml, text)
}

/// Every environment variable is set.
fn lowered(imported: Imported) -> Result<brunt_plan::Lowered, Report> {
    let files = |path: &Path| std::fs::read(path);
    let env = |name: &str| Some(format!("env-{}", name.to_ascii_lowercase()));
    imported.lower(&Overrides::default(), &Surroundings { files: &files, env: &env })
}

#[test]
fn each_is_recognised() {
    for (name, foreign) in FILES {
        assert_eq!(recognise(&file(name)), Some(foreign), "{name}");
    }
    for (content, foreign) in [
        ("GET https://a/\n", Some(Foreign::Vegeta)),
        ("# x\n\nPOST http://a:1/b c\n", Some(Foreign::Vegeta)),
        ("$ curl -v https://a", Some(Foreign::Curl)),
        ("/usr/bin/curl \\\n https://a", Some(Foreign::Curl)),
        ("curly: 1", None),
        ("GET: 1", None),
        ("", None),
        ("actions: {a: {get: /}}", None),
    ] {
        assert_eq!(recognise(&text("x", content)), foreign, "{content}");
    }
}

#[test]
fn each_becomes_a_plan() {
    for (name, _) in FILES {
        let plan = yaml(&file(name), ImportOptions::default());
        insta::assert_snapshot!(name, plan);
    }
}

#[test]
fn the_plans_are_right() {
    for (name, _) in FILES {
        let imported =
            imported(&file(name), ImportOptions::default()).unwrap_or_else(|report| panic!("{report}"));
        let written = Source {
            name: "plan.yaml".into(),
            text: imported.to_yaml(),
            format: Format::Yaml,
            folder: folder(),
        };
        let direct = lowered(imported).unwrap_or_else(|report| panic!("{report}"));
        let files = |path: &Path| std::fs::read(path);
        let env = |name: &str| Some(format!("env-{}", name.to_ascii_lowercase()));
        let again = lower(&written, &Overrides::default(), &Surroundings { files: &files, env: &env })
            .unwrap_or_else(|report| panic!("{report}\n{}", written.text));
        assert_eq!(direct.workload, again.workload, "{name}");
    }
}

#[test]
fn what_is_left_out_is_told() {
    let mut out = String::new();
    for (name, _) in FILES {
        let imported = imported(&file(name), ImportOptions::default()).expect("a plan");
        out.push_str(&imported.warnings.render(Style::Plain));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn secrets_stay_out_unless_kept() {
    for (name, _) in FILES {
        let plan = yaml(&file(name), ImportOptions::default());
        for secret in ["5f2c8e", "eyJhbGciOi", "pa55word", "hunter2", "k-0815", "tok-88aa77bb66", "s3sam0pen"]
        {
            assert!(!plan.contains(secret), "{name}: {secret}\n{plan}");
        }
    }
    let keep = ImportOptions { secrets: SecretValues::Keep, ..ImportOptions::default() };
    let plan = yaml(&file("commands.sh"), keep);
    assert!(plan.contains("pa55word") && plan.contains("eyJhbGciOi"), "{plan}");
}

/// What a collection keeps in variables and uses where only secrets stand is one, whatever its name: it is sent, and
/// stands neither in a plan that is written down nor in the record.
#[test]
fn secrets_in_variables_of_a_collection() {
    let collection = text(
        "c.json",
        r#"{"info": {"name": "T", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
            "item": [
              {"name": "a", "request": {"method": "GET", "url": "{{base}}/x", "header": [{"key": "X-Api-Key", "value": "{{desk}}"}]}},
              {"name": "b", "request": {"method": "POST", "url": "{{base}}/y",
                "auth": {"type": "basic", "basic": [{"key": "username", "value": "u"}, {"key": "password", "value": "{{pw}}"}]},
                "body": {"mode": "raw", "raw": "{\"password\":\"{{other}}\"}", "options": {"raw": {"language": "json"}}}}}],
            "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{jwt}}"}]},
            "variable": [{"key": "base", "value": "http://t.example"}, {"key": "jwt", "value": "plain-1"},
              {"key": "desk", "value": "plain-2"}, {"key": "pw", "value": "plain-3"}, {"key": "other", "value": "plain-4"}]}"#,
    );
    let written = yaml(&collection, ImportOptions::default());
    assert!(!written.contains("plain-"), "{written}");
    assert!(written.contains("jwt: \"${env.JWT}\""), "{written}");
    let keep = ImportOptions { secrets: SecretValues::Keep, ..ImportOptions::default() };
    let imported = imported(&collection, keep).unwrap_or_else(|report| panic!("{report}"));
    let workload = lowered(imported).unwrap_or_else(|report| panic!("{report}")).workload;
    let rendered = |text: &Text| {
        let mut out = Vec::new();
        let mut draw = Draw::new(1, ScenarioId(0), IterationIndex::arrival(0));
        text.render(&mut draw, &Scope::NONE, &mut out).expect("nothing is missing");
        String::from_utf8(out).expect("text")
    };
    let mut sent = Vec::new();
    for request in &workload.requests {
        sent.extend(request.headers.iter().map(|(_, value)| rendered(value)));
        if let Body::Text(body) = &request.body {
            sent.push(rendered(body));
        }
    }
    sent.retain(|text| text != "application/json");
    // The third is u:plain-3.
    assert_eq!(sent, ["plain-2", "Bearer plain-1", "Basic dTpwbGFpbi0z", "{\"password\":\"plain-4\"}"]);
    let shown = format!("{} {workload:?}", lowered_json(&workload));
    assert!(!shown.contains("plain-"), "{shown}");
}

#[test]
fn recordings_without_correlation_and_with_all_hosts() {
    let options = ImportOptions { correlate: Correlate::No, hosts: Hosts::All, ..ImportOptions::default() };
    let plan = yaml(&file("recording.har"), options);
    assert!(!plan.contains("save:") && plan.contains("https://stats.example/hit"), "{plan}");
    assert!(plan.contains("/api/orders/6fa459ea-ee8a-3ca4-894e-db77e160355e"), "{plan}");
    // What is not correlated is a secret still.
    assert!(!plan.contains("tok-88aa77bb66"), "{plan}");
}

/// Actions that say their own request, journeys that the file defines, and what is wrong with either.
#[test]
fn benchmarks_with_journeys_of_their_own() {
    let config = |actions: &str, journeys: &str| {
        text(
            "bench.json",
            &format!(
                r#"{{"base_url": "http://localhost:8080", "algorithms": ["rl", "round-robin"],
 "scenarios": [{{"name": "mixed", "duration_minutes": 1, "concurrent_users": 2, "traffic_mix": {{"wish": 0.75, "quick": 0.25}}}}],
 "user_profiles": {{"default": {{"actions": [{actions}]}}}},
 "journeys": {journeys}}}"#
            ),
        )
    };
    let own = r#"{"name": "wishlist", "weight": 5, "path": "/api/wishlist"},
   {"name": "wish_for", "weight": 1, "method": "POST", "path": "/api/wishlist", "body": {"product_id": 7}}"#;
    let good = config(
        own,
        r#"{"wish": ["wishlist", "wish_for", "search_products"], "quick": {"wishlist": 3, "browse_products": 1}}"#,
    );
    let mut out = yaml(&good, ImportOptions::default());
    let broken = [
        config(
            r#"{"name": "a", "method": "POST"}, {"name": "b", "path": "/b", "method": "STEAL"}"#,
            r#"{"wish": ["b", "wishlst"], "quick": 5}"#,
        ),
        config(own, r#"{"wish": [3], "quick": {"wishlist": 0}}"#),
    ];
    for source in broken {
        let report = imported(&source, ImportOptions::default()).and_then(lowered).expect_err(&source.text);
        out.push_str(&report.render(Style::Plain));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn broken_files_are_explained() {
    let mut out = String::new();
    let inline = [
        text("empty.har", "{\"log\": {\"entries\": []}}"),
        text("list.har", "{\"log\": {\"entries\": 5}}"),
        text("targets.txt", "GET https://a/\nAccept\nX: \n\nnonsense\nPOST /x\n"),
        text(
            "targets.jsonl",
            "{\"method\": \"GET\", \"url\": \"https://a/\"}\n{\"method\": 1, \"bdy\": \"\"}\n{\n{\"method\": \"PUT\", \"url\": \"https://a/\", \"body\": \"gIE=\"}\n{\"method\": \"PUT\", \"url\": \"https://a/\", \"body\": \"*\"}\n",
        ),
        text(
            "curl.sh",
            "curl https://a --retries 3 -Ü\ncurl -H nocolon -d @- https://a\ncurl -X\ncurl $(url)\ncurl 'https://a\n",
        ),
        text(
            "curl.sh",
            "curl -m never -F x -F a=<f -F b=1 -F b=2 -d x https://a\ncurl -d a -d @f -G --data-urlencode n@f https://b\n",
        ),
        text("swagger.yaml", "swagger: '2.0'\ninfo: {title: x}\npaths: {}\n"),
        text(
            "openapi.yaml",
            "openapi: 3.0.3\ninfo: {title: x}\npaths:\n  a: {}\n  /a/{b}: {get: {parameters: [{in: query}, {$ref: other.yaml}], security: [{no: []}]}}\ncomponents: {securitySchemes: {}}\n",
        ),
        text("openapi.yaml", "openapi: 3.0.3\ninfo: {title: x}\npaths: {}\n"),
        text(
            "v1.json",
            "{\"info\": {\"schema\": \"https://schema.getpostman.com/json/collection/v1.0.0/\"}, \"item\": []}",
        ),
        text(
            "v2.json",
            "{\"info\": {\"schema\": \"https://schema.getpostman.com/json/collection/v2.1.0/\"}, \"item\": [{\"name\": \"a\"}, {\"name\": \"b\", \"request\": {\"method\": \"GET\"}}]}",
        ),
    ];
    for source in std::iter::once(file("broken.har")).chain(inline) {
        let report = imported(&source, ImportOptions::default()).expect_err(&source.text);
        out.push_str(&report.render(Style::Plain));
    }
    insta::assert_snapshot!(out);
}

static GOOD: LazyLock<Vec<Source>> = LazyLock::new(|| FILES.iter().map(|(name, _)| file(name)).collect());

/// Whatever the text, each reader answers.
fn survive(source: &Source) {
    let _ = recognise(source);
    for (foreign, _, _) in Foreign::ALL {
        match import_with(foreign, source, &ImportOptions::default()) {
            Ok(imported) => {
                let _ = imported.to_yaml();
                let _ = lowered(imported);
            }
            Err(report) => {
                assert!(report.has_errors(), "{foreign:?}");
                let _ = report.to_string();
            }
        }
    }
}

const PIECES: [&str; 26] = [
    "", "0", "-1", "null", "[]", "{}", "\"", "'", "\\", "${", "${env.", "$${env.", "}", "$'", "$(", "`",
    "\n", "\r\n", " ", "%", "é", "日本", "://", "@", "-d", "{{x}}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn arbitrary_text(text in "[-a-cHXdu0-9:/{}\\[\\],.\"'$&*!|>%@#=\\n \\\\é]{0,120}") {
        survive(&Source::inline("p", Format::Yaml, format!("curl {text}")));
        survive(&Source::inline("p", Format::Yaml, format!("GET http://{text}")));
        survive(&Source::inline("p", Format::Yaml, text));
    }

    #[test]
    fn mutated_files(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, 0_usize..PIECES.len()), 1..5),
    ) {
        let mut source = GOOD[which.index(GOOD.len())].clone();
        for (at, cut, piece) in edits {
            let mut text: Vec<char> = source.text.chars().collect();
            let start = at.index(text.len().max(1)).min(text.len());
            let end = (start + cut).min(text.len());
            text.splice(start..end, PIECES[piece].chars());
            source.text = text.into_iter().collect();
        }
        survive(&source);
    }
}

/// A recording of ten megabytes: the work grows with it, not with its square.
#[test]
fn a_large_recording() {
    let entry = |i: usize| {
        format!(
            "{{\"startedDateTime\": \"2026-11-25T09:{:02}:{:02}.000Z\", \"time\": 10, \"request\": {{\"method\": \"GET\", \"url\": \"https://shop.example/api/items/{i}?after=item-{:08}\", \"headers\": []}}, \
             \"response\": {{\"status\": 200, \"headers\": [], \"content\": {{\"mimeType\": \"application/json\", \"text\": \"{{\\\"id\\\": \\\"item-{i:08}\\\", \\\"filler\\\": \\\"{}\\\"}}\"}}}}}}",
            i / 60 % 60,
            i % 60,
            i.saturating_sub(1),
            "x".repeat(600)
        )
    };
    let entries: Vec<String> = (0..10_000).map(entry).collect();
    let text = format!("{{\"log\": {{\"entries\": [{}]}}}}", entries.join(",\n"));
    assert!(text.len() > 8 << 20);
    let imported = import_with(
        Foreign::Har,
        &Source::inline("large.har", Format::Json, text),
        &ImportOptions::default(),
    )
    .unwrap_or_else(|report| panic!("{report}"));
    assert!(imported.notes.len() > 3_000, "{}", imported.notes.len());
}

/// A plan lowered with every environment variable set.
fn plan(text: &str) -> brunt_plan::Lowered {
    let source = Source { folder: folder(), ..Source::inline("plan.yaml", Format::Yaml, text) };
    let files = |path: &Path| std::fs::read(path);
    let env = |name: &str| Some(format!("s3cret-{name}"));
    lower(&source, &Overrides::default(), &Surroundings { files: &files, env: &env })
        .unwrap_or_else(|report| panic!("{report}"))
}

const REQUESTS: &str = "
target: https://shop.example
seed: 7
http: {redirects: 3, timeout: 2500ms, tls: {insecure: true}, connect_to: ['shop.example:443:127.0.0.1:8443']}
actions:
  browse: [{get: '/products/${int(1,500)}', query: {q: \"it's\"}, headers: {accept: text/html}}, {pause: 1s}]
  buy: [{post: /orders, json: {sku: '${choice(a,b)}', id: '${uuid()}'}, check: {status: 2xx}}, {head: /}, {delete: /x}]
scenarios: {s: {users: 5, spawn_rate: 2/s, duration: 1m}}
";

#[test]
fn plans_become_requests_of_others() {
    let mut out = String::new();
    let read_only =
        REQUESTS.replace("post: /orders, json: {sku: '${choice(a,b)}', id: '${uuid()}'}", "get: /orders");
    for (text, to) in [
        (REQUESTS, ExportTo::Curl),
        (REQUESTS, ExportTo::Vegeta { targets: 6 }),
        (read_only.as_str(), ExportTo::Vegeta { targets: 0 }),
    ] {
        let exported = export(&plan(text), to).expect("requests");
        writeln!(out, "{to:?}\n{}{:#?}", exported.text, exported.left_out).expect("the test's own data");
        // What is written is read again.
        let again = Source::inline("again", Format::Yaml, exported.text);
        let foreign = recognise(&again).expect("the other tool's file");
        let imported = import_with(foreign, &again, &ImportOptions::default())
            .unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(imported.warnings.diagnostics, []);
    }
    insta::assert_snapshot!(out);
}

#[test]
fn plans_become_loads_of_others() {
    let mut out = String::new();
    for (load, to) in [
        ("{users: 5, duration: 1m}", ExportTo::K6),
        ("{users: 5, spawn_rate: 2/s, duration: 1m, warm_up: 5s}", ExportTo::K6),
        ("{users: 5, iterations: 100, duration: 1m}", ExportTo::K6),
        ("{users: 5, iterations_per_user: 10, duration: 1m, start: 10s}", ExportTo::K6),
        ("{stages: [{to: 50, over: 30s}, {hold: 1m}, {to: 0, over: 10s}]}", ExportTo::K6),
        ("{rate: 50/s, duration: 1m, max_users: 100}", ExportTo::K6),
        ("{rate: 10/s, stages: [{to: 50/s, over: 30s}, {to: 5/s}, {hold: 1m}]}", ExportTo::K6),
        ("{rate: 50/s, poisson: true, duration: 1500ms}", ExportTo::K6),
        ("{bursts: {size: 10, pause: 1s}, duration: 1m}", ExportTo::K6),
        ("{users: 5, spawn_rate: 2/s, duration: 90s}", ExportTo::Locust),
        ("{users: 5, iterations: 100, duration: 1m}", ExportTo::Locust),
        ("{rate: 50/s, duration: 1m}", ExportTo::Locust),
    ] {
        let text = format!(
            "target: http://127.0.0.1:8080\nactions: {{a: {{get: /}}}}\nexpect: ['p95 < 100ms', 'errors < 1%', 'rate ~ 10/s']\nscenarios: {{s: {load}}}\n"
        );
        writeln!(out, "----- {to:?} {load}").expect("the test's own data");
        match export(&plan(&text), to) {
            Ok(exported) => {
                writeln!(out, "{}{:#?}", exported.text, exported.left_out).expect("the test's own data");
                let name = if to == ExportTo::Locust { "locust.conf" } else { "options.json" };
                let again = Source::inline(name, Format::Yaml, exported.text);
                let foreign = recognise(&again).expect("the other tool's file");
                import_with(foreign, &again, &ImportOptions::default())
                    .unwrap_or_else(|report| panic!("{report}"));
            }
            Err(error @ (NotExportable::NoCounterpart { .. } | NotExportable::NoRequests)) => {
                writeln!(out, "{error}").expect("the test's own data");
            }
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn secrets_are_not_exported() {
    let text = "
target: https://shop.example
secrets: {key: '${env.API_KEY}'}
auth: {basic: {user: ada, password: '${key}'}}
actions: {a: [{get: /, headers: {x-key: '${key}'}, save: {id: $.id}}, {get: '/x/${id}'}]}
scenarios: {s: {users: 1, duration: 1s}}
";
    let exported = export(&plan(text), ExportTo::Curl).expect("requests");
    assert!(!exported.text.contains("s3cret") && exported.text.contains("SECRET"), "{}", exported.text);
    assert!(exported.text.contains("/x/{id}"), "{}", exported.text);
}

/// Each spelling of a plan is the same plan.
#[test]
fn plans_are_spelled_anew() {
    for (name, _) in FILES {
        let imported =
            imported(&file(name), ImportOptions::default()).unwrap_or_else(|report| panic!("{report}"));
        let yaml = Source::inline("p.yaml", Format::Yaml, imported.to_yaml());
        let plain = convert_plan(&yaml, Format::Yaml).unwrap_or_else(|report| panic!("{report}"));
        for format in [Format::Json, Format::Toml, Format::Yaml] {
            let written = convert_plan(&yaml, format).unwrap_or_else(|report| panic!("{report}"));
            let again = convert_plan(&Source::inline("p", format, written.clone()), Format::Json);
            let again = again.unwrap_or_else(|report| panic!("{report}\n{written}"));
            let straight = convert_plan(&yaml, Format::Json).unwrap_or_else(|report| panic!("{report}"));
            // TOML sorts tables behind all else; what they say is the same.
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
            assert_eq!(value(&again), value(&straight), "{name} {format:?}\n{written}");
        }
        assert!(!plain.starts_with('#'), "{plain}");
        assert_eq!(Some(imported.to_json()), convert_plan(&yaml, Format::Json).ok());
    }
    let null = Source::inline("p.yaml", Format::Yaml, "profiles: {a: {seed: null}}");
    insta::assert_snapshot!(convert_plan(&null, Format::Toml).expect_err("no null"));
}

/// What is wrong with a file and what is wrong with the plan that it makes are told together, what follows from either
/// only once; a slip does not make another tool's file of it.
#[test]
fn all_problems_come_in_one_round() {
    let files = [
        (
            "slips.json",
            r#"{"scenarios": {"a": {"executor": "constant-vus", "vuss": 3, "vus": 5, "duration": "10 parsecs"},
  "b": {"executor": "constant-arival-rate"}, "c": {"executor": "ramping-vus", "stages": [{"duration": "1s", "target": -4}]}},
 "maxRedirect": 4, "thresholds": {"http_req_duration": ["p(95)<"]}}"#,
        ),
        ("near.json", r#"{"vuss": 3, "duraton": "1s"}"#),
        (
            "wrapped.json",
            r#"{"options": {"scenaros": {"a": {"executor": "constant-vus", "vus": 1, "duration": "1s"}}}}"#,
        ),
        ("locust.conf", "users = none\nspawn-rate = 2\nrun-time = 1parsec\nhots = http://x\n"),
    ];
    let mut out = String::new();
    for (name, text) in files {
        let source = self::text(name, text);
        let foreign = recognise(&source).unwrap_or_else(|| panic!("{name} is not recognised"));
        let surroundings = Surroundings { files: &|path| std::fs::read(path), env: &|_| None };
        let options = ImportOptions::default();
        let lowered = lower_foreign((foreign, &options), &source, &Overrides::default(), &surroundings);
        write!(out, "{}", lowered.expect_err(name)).expect("text");
    }
    insta::assert_snapshot!(out);
}
