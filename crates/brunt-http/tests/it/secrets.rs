//! No words about an answer show a secret, whatever a server sends back.

use crate::drive::{Plan, text};
use crate::server::{Scripted, answer, read_request, scripted};
use brunt_workload::{
    Body, CheckRule, Comparison, Escape, Extract, JsonTest, Pick, Secret, Source, Text, TextPart,
};

const KEY: &str = "k3y/of \"mine\"";

fn secret(text: &str) -> Text {
    let source = Source::Secret(Secret::new(text));
    Text { parts: vec![TextPart::Dynamic { source, escape: Escape::None }] }
}

/// Sends back what follows `X-Key: `: as JSON to `/json`, after so many characters that only its beginning is in the
/// excerpt to `/late`, before the needle to `/early`, in a header to `/header`, else as it is.
fn echo() -> Scripted {
    scripted(|_, mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let key = request.lines().find_map(|line| line.strip_prefix("X-Key: ")).unwrap_or_default();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let json = Escape::JsonString.of(key);
            let (headers, body) = match path {
                "/json" => (String::new(), format!("{{\"key\":\"{json}\",\"of\":[\"x{json}\",\"y\"]}}")),
                "/late" => (String::new(), format!("{}{key}", "x".repeat(75))),
                "/early" => (String::new(), format!("{key}, needle")),
                "/header" => (format!("X-Back: <{key}>\r\n"), String::new()),
                _ => (String::new(), key.to_owned()),
            };
            answer(&mut stream, &headers, body.as_bytes());
        }
    })
}

fn plan(url: &str, path: &str) -> Plan {
    let plan = Plan::to(url).get(path);
    plan.with(|r| r.headers.push(("X-Key".into(), secret(&format!("Bearer {KEY}")))))
}

/// No run of four characters of the key is there.
fn shows(words: &str) -> Option<&str> {
    let pieces = (0..=KEY.len() - 4).filter_map(|at| KEY.get(at..at + 4));
    pieces.into_iter().find(|piece| words.contains(piece))
}

#[test]
fn words_of_checks_hide_secrets() {
    let server = echo();
    let compare = |path: &str, text| CheckRule::Json {
        path: path.into(),
        test: JsonTest::Compare(Comparison::Equal, text),
    };
    for (path, rule, words) in [
        ("/", CheckRule::BodyContains(b"other".to_vec()), "\"other\", found \"(hidden)\" (status 200)"),
        ("/late", CheckRule::BodyContains(b"other".to_vec()), "found \"xxx"),
        ("/", CheckRule::BodyMatches("^other".into()), "found \"(hidden)\" (status 200)"),
        ("/early", CheckRule::BodyLacks(b"needle".to_vec()), "found it in \"(hidden), needle\""),
        ("/", CheckRule::BodyLacks(b"of".to_vec()), "found it in a secret"),
        ("/", CheckRule::BodyLacks(b"".to_vec()), "found it in \"(hidden)\""),
        ("/json", compare("$.key", Text::literal("x")), "== \"x\", found \"(hidden)\" (status 200)"),
        ("/json", compare("$.key", Text::literal(KEY)), "== \"(hidden)\", found \"(hidden)\" (status 200)"),
        ("/json", compare("$.of[*]", Text::literal("y")), "found \"x(hidden)\" among 2 values"),
        ("/json", compare("$.no", Text::literal("y")), "found nothing"),
        ("/header", CheckRule::Header { name: "x-back".into(), contains: Some("other".into()) }, "(hidden)>"),
        ("/", CheckRule::Json { path: "$.a".into(), test: JsonTest::Exists }, "\"(hidden)\" (status 200)"),
    ] {
        let ran = plan(&server.url, path).check(rule.clone()).run();
        let details = ran.details();
        // The whole of `Bearer ...` is one secret as well.
        assert!(details.contains(words), "{rule:?}: {details}");
        assert_eq!(shows(&details), None, "{rule:?}: {details}");
    }
}

#[test]
fn words_of_saves_hide_secrets() {
    let server = echo();
    for (path, from) in [
        ("/json", Extract::Json("$.no".into())),
        ("/", Extract::Json("$.no".into())),
        ("/late", Extract::Regex("no".into())),
        ("/header", Extract::Header { name: "x-back".into(), regex: Some("no".into()) }),
    ] {
        let ran = plan(&server.url, path).save("a", from.clone()).run();
        assert_eq!(ran.outcomes(), "0: 1 x 200 check", "{from:?}");
        assert_eq!(shows(&ran.details()), None, "{from:?}: {}", ran.details());
    }
    // Saved, and compared with: the words are the same.
    let save = plan(&server.url, "/json").save_as("a", Extract::Json("$.key".into()), Pick::First, None);
    let rule = CheckRule::Json {
        path: "$".into(),
        test: JsonTest::Compare(Comparison::Equal, text("${a}", Escape::None)),
    };
    let again = save.request("POST", "/json").with(|r| {
        r.headers.push(("X-Key".into(), text("${a}", Escape::None)));
        r.body = Body::Bytes(b"x".as_slice().into());
    });
    let details = again.check(rule).run().details();
    assert!(details.contains("== \"(hidden)\""), "{details}");
    assert_eq!(shows(&details), None, "{details}");
}

/// A server that sends back what it was sent fills no table with it.
#[test]
fn tallied_values_hide_secrets() {
    let server = echo();
    let ran = plan(&server.url, "/header").tally("x-back").times(3).run();
    let counted: Vec<_> = ran.total.tallies.iter().map(|t| (t.value.as_str(), t.count)).collect();
    assert_eq!(counted, [("<(hidden)>", 3)]);
}
