//! What users save of answers and use in requests; checks of what is in a body.

use crate::drive::{Plan, slot, text};
use crate::server::{Scripted, answer, read_request, scripted};
use Comparison::{AtLeast, Contains, Equal, Greater, Less, StartsWith};
use brunt_workload::{
    Body, CheckRule, Comparison, Escape, Extract, HttpVersion, JsonTest, OnFailure, Pick, Plain, Secret,
    Source, Text, TextPart,
};
use std::io::Write;
use std::sync::{Arc, Mutex};

const PAGE: &str = r#"{"token":"t 1","total":12.5,"items":[{"id":1},{"id":2},{"id":3}],"none":null,"empty":[],
    "ok":true,"name":"Ann","html":"<i value=\"x9\">","big":12345678901234567}"#;

/// Answers `/page` with [`PAGE`], a header and a cookie; `/moved` redirects there and sets another cookie; all else
/// with what it was asked. Keeps what it was asked.
fn server() -> (Scripted, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&asked);
    let server = scripted(move |_, mut stream| {
        while let Some(request) = read_request(&mut stream) {
            keep.lock().unwrap().push(request.clone());
            if request.starts_with("GET /moved") {
                let head = "HTTP/1.1 302 x\r\nLocation: /page\r\nSet-Cookie: on_the_way=w1; Path=/\r\n";
                let _ = stream.write_all(format!("{head}Content-Length: 0\r\n\r\n").as_bytes());
            } else if request.starts_with("GET /page") {
                let headers = "Content-Type: text/html\r\nX-Next: /orders/77?x\r\nX-Cache: hit\r\nSet-Cookie: sid=s3; Path=/\r\n";
                answer(&mut stream, headers, PAGE.as_bytes());
            } else {
                answer(&mut stream, "", b"plain");
            }
        }
    });
    (server, asked)
}

fn json(path: &str) -> Extract {
    Extract::Json(path.into())
}

fn regex(regex: &str) -> Extract {
    Extract::Regex(regex.into())
}

fn header(name: &str, regex: Option<&str>) -> Extract {
    Extract::Header { name: name.into(), regex: regex.map(Into::into) }
}

#[test]
fn what_is_saved_is_used() {
    let (first, all) = (Pick::First, Pick::All);
    for (from, pick, path, use_, expected) in [
        (json("$.token"), first, "/page", "/use/${a}?q=1", "GET /use/t%201?q=1 "),
        (json("$.total"), first, "/page", "/use/${a}", "GET /use/12.5 "),
        (json("$.big"), first, "/page", "/use/${a}", "GET /use/12345678901234567 "),
        (json("$.items[*].id"), all, "/page", "/use/${a:all}", "GET /use/1,2,3 "),
        (json("$.items[*].id"), all, "/page", "/use/${a:last}", "GET /use/3 "),
        (json("$.items"), Pick::Count, "/page", "/use/${a}", "GET /use/3 "),
        (json("$.nothing"), Pick::Count, "/page", "/use/${a}", "GET /use/0 "),
        (json("$.items[*].id"), Pick::Last, "/page", "/use/${a}", "GET /use/3 "),
        (regex("\"id\":(\\d)"), first, "/page", "/use/${a}", "GET /use/1 "),
        (regex("\"id\":(\\d)"), Pick::Last, "/page", "/use/${a}", "GET /use/3 "),
        (regex("(?i)ANN"), first, "/page", "/use/${a}", "GET /use/Ann "),
        (header("x-next", None), first, "/page", "/use${a}", "GET /use/orders/77?x "),
        (header("x-next", Some("/(\\d+)")), first, "/page", "/use/${a}", "GET /use/77 "),
        (Extract::Cookie("sid".into()), first, "/page", "/use/${a}", "GET /use/s3 "),
        (Extract::Cookie("on_the_way".into()), first, "/moved", "/use/${a}", "GET /use/w1 "),
        (Extract::Status, first, "/page", "/use/${a}", "GET /use/200 "),
        (Extract::Body, first, "/plain", "/use/${a}", "GET /use/plain "),
    ] {
        let (server, asked) = server();
        let plan = Plan::to(&server.url).get(path).save_as("a", from.clone(), pick, None).get(use_);
        let ran = plan.run();
        assert_eq!(ran.outcomes(), "0: 1 x 200 ok, 1: 1 x 200 ok", "{from:?}: {}", ran.details());
        assert_eq!(ran.checks(), [(1, 0)]);
        let asked = asked.lock().unwrap();
        assert!(asked.last().unwrap().starts_with(expected), "{from:?}: {asked:?}");
    }
}

#[test]
fn a_saved_value_in_every_place() {
    let (server, asked) = server();
    let plan = Plan::to(&server.url).get("/page").save("a", json("$.token")).save("b", json("$.total"));
    let plan = plan.request("POST", "/use?t=").with(|r| {
        r.target = text("/use?t=${a}", Escape::Query);
        r.headers.push(("X-T".into(), text("<${a}>", Escape::None)));
        r.body = Body::Text(text("{\"t\":${a},\"n\":${b}}", Escape::JsonValue));
    });
    assert_eq!(plan.run().outcomes(), "0: 1 x 200 ok, 1: 1 x 200 ok");
    let asked = asked.lock().unwrap();
    let used = asked.last().unwrap();
    assert!(used.starts_with("POST /use?t=t%201 ") && used.contains("X-T: <t 1>\r\n"), "{used}");
    assert!(
        used.ends_with("{\"t\":\"t 1\",\"n\":12.5}") && used.contains("Content-Length: 20\r\n"),
        "{used}"
    );
    assert!(used.contains("Cookie: sid=s3\r\n"), "{used}");
}

#[test]
fn saved_lists_are_picked_from() {
    for pick in [Pick::Random, Pick::All] {
        let (server, asked) = server();
        let use_ = if pick == Pick::All { "/use/${a:random}" } else { "/use/${a}" };
        let plan = Plan::to(&server.url).get("/page").save_as("a", regex("\"id\":(\\d)"), pick, None);
        assert_eq!(plan.get(use_).times(60).run().outcomes(), "0: 60 x 200 ok, 1: 60 x 200 ok");
        let asked = asked.lock().unwrap();
        for id in 1..=3 {
            let used = asked.iter().filter(|r| r.starts_with(&format!("GET /use/{id} "))).count();
            assert!((5..=40).contains(&used), "{pick:?}: {id} was used {used} times");
        }
    }
}

/// A number of the plan is one in JSON, and as text what it looks like.
#[test]
fn numbers_of_the_plan_stay_numbers() {
    for (plain, written, body) in [
        (Plain::Json, "1", r#"{"a":1,"b":1,"t":"1"}"#),
        (Plain::Json, "true", r#"{"a":true,"b":true,"t":"true"}"#),
        (Plain::Json, "null", r#"{"a":null,"b":null,"t":"null"}"#),
        (Plain::Text, "1", r#"{"a":"1","b":"1","t":"1"}"#),
    ] {
        let (server, asked) = server();
        let plan = Plan::to(&server.url).get("/page");
        let plan = plan.save_as("a", json("$.nothing"), Pick::First, Some(written)).plain(plain);
        let plan = plan.set("b", written, plain).request("POST", "/use").with(|r| {
            let mut parts = text("{\"a\":${a},\"b\":${b},\"t\":", Escape::JsonValue).parts;
            parts.extend(text("\"${a}\"}", Escape::JsonString).parts);
            r.body = Body::Text(Text { parts });
        });
        assert_eq!(plan.run().outcomes(), "0: 1 x 200 ok, 1: 1 x 200 ok");
        let asked = asked.lock().unwrap();
        assert!(asked.last().unwrap().ends_with(body), "{asked:?}");
    }
}

#[test]
fn what_is_missing_is_said_and_not_sent() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let server = if version == HttpVersion::Http1 { server().0 } else { crate::server::http2(100) };
        let ran = Plan::to(&server.url).get("/${token}").get("/after").version(version).run();
        assert_eq!(ran.outcomes(), "0: 1 x missing value");
        assert_eq!(ran.details(), "value `token` was not saved before it was used");
        assert_eq!((ran.connects(), ran.bytes()), (0, (0, 0)));
        let plan = Plan::to(&server.url).get("/${token}").with(|r| r.on_failure = OnFailure::Continue);
        let ran = plan.get("/after").version(version).run();
        assert_eq!(ran.outcomes(), "0: 1 x missing value, 1: 1 x 200 ok", "{version:?}");
    }
}

#[test]
fn saves_that_find_nothing() {
    let long = "x".repeat(70_000);
    let body = format!("{{\"long\":\"{long}\"}}");
    let server = scripted(move |_, mut stream| {
        while let Some(request) = read_request(&mut stream) {
            answer(
                &mut stream,
                "X-A: b\r\n",
                if request.contains("/long") { body.as_bytes() } else { b"{}" },
            );
        }
    });
    for (path, from, default, outcome, detail) in [
        (
            "/",
            json("$.a"),
            None,
            "check",
            "value `a` was not found: `$.a` finds nothing in \"{}\" (status 200)",
        ),
        ("/", json("$.a"), Some("none"), "ok", ""),
        (
            "/",
            regex("a(b)"),
            None,
            "check",
            "value `a` was not found: `a(b)` matches nothing in \"{}\" (status 200)",
        ),
        (
            "/",
            header("x-b", None),
            None,
            "check",
            "value `a` was not found: there is no header `x-b` (status 200)",
        ),
        (
            "/",
            header("x-a", Some("c")),
            None,
            "check",
            "value `a` was not found: `c` matches nothing in the header `x-a`, which is [\"b\"] (status 200)",
        ),
        (
            "/",
            Extract::Cookie("c".into()),
            None,
            "check",
            "value `a` was not found: the answer sets no cookie `c` (status 200)",
        ),
        (
            "/long",
            json("$.long"),
            Some("x"),
            "check",
            "value `a` is too long to be saved: 70000 bytes of at most 65536 (1048576 for a list)",
        ),
    ] {
        let ran = Plan::to(&server.url).get(path).save_as("a", from.clone(), Pick::First, default).run();
        assert_eq!(ran.outcomes(), format!("0: 1 x 200 {outcome}"), "{from:?}");
        assert_eq!(ran.details(), detail, "{from:?}");
        assert_eq!(ran.checks(), [if outcome == "ok" { (1, 0) } else { (0, 1) }]);
    }
}

/// A request that failed otherwise saves nothing, and says only why it failed.
#[test]
fn failed_requests_save_nothing() {
    let (server, _) = server();
    let plan = Plan::to(&server.url).get("/page").check(CheckRule::Status(vec![(201, 201)]));
    let plan = plan.save("a", json("$.token")).with(|r| r.on_failure = OnFailure::Continue).get("/${a}");
    let ran = plan.run();
    assert_eq!(ran.outcomes(), "0: 1 x 200 check, 1: 1 x missing value");
    assert!(
        ran.details().starts_with("check `check 0` failed: expected status 201, found 200;"),
        "{}",
        ran.details()
    );
}

#[test]
fn checks_of_bodies() {
    let (server, _) = server();
    let is = |op, text: &str| JsonTest::Compare(op, Text::literal(text));
    let path = |path: &str, test| CheckRule::Json { path: path.into(), test };
    for (rule, words) in [
        (path("$.ok", JsonTest::Exists), ""),
        (path("$.none", JsonTest::Exists), ""),
        (path("$.err", JsonTest::Absent), ""),
        (path("$.ok", JsonTest::Absent), "expected no `$.ok`, found true (status 200)"),
        (path("$.err", JsonTest::Exists), "expected `$.err`, found nothing (status 200)"),
        (path("$.items", JsonTest::Count(3, 3)), ""),
        (path("$.items[*]", JsonTest::Count(1, 50)), ""),
        (path("$.items[?@.id > 1]", JsonTest::Count(2, 2)), ""),
        (
            path("$.empty", JsonTest::Count(1, u64::MAX)),
            "expected at least 1 of `$.empty`, found 0 (status 200)",
        ),
        (path("$.ok", is(Equal, "true")), ""),
        (path("$.name", is(Equal, "Ann")), ""),
        (path("$.name", is(StartsWith, "A")), ""),
        (path("$.name", is(Contains, "b")), "expected `$.name` contains \"b\", found \"Ann\" (status 200)"),
        (path("$.total", is(Greater, "9")), ""),
        (path("$.total", is(Equal, "12.50")), ""),
        (path("$.total", is(Less, "3")), "expected `$.total` < \"3\", found 12.5 (status 200)"),
        (path("$.items[*].id", is(AtLeast, "1")), ""),
        (
            path("$.items[*].id", is(Less, "3")),
            "expected `$.items[*].id` < \"3\", found 3 among 3 values (status 200)",
        ),
        (path("$.err", is(Equal, "x")), "expected `$.err` == \"x\", found nothing (status 200)"),
        (CheckRule::BodyLacks(b"error".to_vec()), ""),
        (CheckRule::BodyMatches("\"total\":\\d+".into()), ""),
    ] {
        let ran = Plan::to(&server.url).get("/page").check(rule.clone()).run();
        let words = if words.is_empty() { String::new() } else { format!("check `check 0` failed: {words}") };
        assert_eq!(ran.details(), words, "{rule:?}");
        assert_eq!(ran.outcomes(), if words.is_empty() { "0: 1 x 200 ok" } else { "0: 1 x 200 check" });
    }
    for (rule, words) in [
        (CheckRule::BodyLacks(b"lai".to_vec()), "expected a body without \"lai\", found it in \"plain\""),
        (
            CheckRule::BodyMatches("^x".into()),
            "expected a body that matches `^x`, found \"plain\" (status 200)",
        ),
        (
            CheckRule::BodySize { min: 9, max: u64::MAX },
            "expected a body of at least 9 bytes, found 5 (status 200)",
        ),
        (
            CheckRule::Header { name: "x-a".into(), contains: Some("b".into()) },
            "expected a header `x-a` with \"b\", found none (status 200)",
        ),
        (CheckRule::Saved(slot("a")), "expected value `a` to be saved, found nothing (status 200)"),
        (
            path("$.a", JsonTest::Exists),
            "expected `$.a`, found a body that is not JSON (expected value at line 1 column 1) \"plain\" (status 200)",
        ),
    ] {
        let ran = Plan::to(&server.url).get("/else").check(rule.clone()).run();
        assert_eq!(ran.details(), format!("check `check 0` failed: {words}"), "{rule:?}");
    }
}

/// A check may compare with what was saved; and with a secret, which is not shown.
#[test]
fn comparisons_are_rendered() {
    let (server, _) = server();
    let compare =
        |text| CheckRule::Json { path: "$.name".into(), test: JsonTest::Compare(Comparison::Equal, text) };
    let plan = Plan::to(&server.url).get("/page").save("a", json("$.name")).get("/page");
    let plan = plan.check(compare(text("${a}", Escape::None)));
    assert_eq!(plan.run().outcomes(), "0: 1 x 200 ok, 1: 1 x 200 ok");
    let secret = TextPart::Dynamic { source: Source::Secret(Secret::new("hush")), escape: Escape::None };
    let ran = Plan::to(&server.url).get("/page").check(compare(Text { parts: vec![secret] })).run();
    let words = "check `check 0` failed: expected `$.name` == (a secret), found another value (status 200)";
    assert_eq!(ran.details(), words);
    let ran = Plan::to(&server.url).get("/page").check(compare(text("${b}", Escape::None))).run();
    assert!(ran.details().contains("a text of which value `b` was not saved"), "{}", ran.details());
}

#[test]
fn tallies_count_values() {
    let (server, _) = server();
    let ran = Plan::to(&server.url).get("/page").get("/else").tally("x-cache").times(5).run();
    let counted: Vec<_> = ran.total.tallies.iter().map(|t| (t.value.as_str(), t.count)).collect();
    assert_eq!(counted, [("hit", 5)]);
}
