//! Redirects and cookies.

use crate::drive::{Plan, ms};
use crate::server::{read_request, scripted};
use brunt_demo::{Bind, Config, MockConfig, start};
use brunt_workload::{Body, CheckRule, Generator, Redirects, Text, TextPart};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[test]
fn redirects_are_followed_to_a_limit() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    for (path, limit, outcomes, detail) in [
        ("/redirect/3", 10, "0: 1 x 200 ok", ""),
        ("/redirect/3", 3, "0: 1 x 200 ok", ""),
        ("/redirect/3", 2, "0: 1 x redirect", "more than 2 redirects"),
        ("/redirect/3", 0, "0: 1 x 302 ok", ""),
        ("/old", 1, "0: 1 x 200 ok", ""),
    ] {
        let ran = Plan::to(&target.url()).get(path).with(|r| r.redirects = limit).run();
        assert_eq!(ran.outcomes(), outcomes, "{path} {limit}");
        assert_eq!(ran.details(), detail);
        assert_eq!(ran.connects(), 1, "a chain stays on its connection");
    }
}

/// One server under two names: whom a redirect leads to is told by its name.
#[test]
fn redirects_to_other_hosts_can_be_the_answer() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let port = target.url().rsplit(':').next().unwrap().to_owned();
    for (location, redirects, outcomes, asked) in [
        ("/end", Redirects::OwnHosts, "0: 1 x 200 ok", 2),
        ("http://127.0.0.1:PORT/status/200", Redirects::OwnHosts, "0: 1 x 200 ok", 1),
        ("http://localhost:PORT/status/200", Redirects::OwnHosts, "0: 1 x 302 ok", 1),
        ("http://localhost:PORT/status/200", Redirects::Anywhere, "0: 1 x 200 ok", 1),
    ] {
        let location = location.replace("PORT", &port);
        let (server, seen) = redirecting(302, location.clone());
        let mut plan = Plan::to(&server.url).get("/begin");
        plan.target.redirects = redirects;
        let ran = plan.run();
        assert_eq!(ran.outcomes(), outcomes, "{location} {redirects:?}: {}", ran.details());
        assert_eq!(seen.lock().unwrap().len(), asked, "{location} {redirects:?}");
    }
}

#[test]
fn redirects_follow_over_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let bind = Bind::Unix(folder.path().join("s"));
    let target = start(Config::mock(MockConfig::default()).bind(bind)).unwrap();
    let ran = Plan::to(&target.url()).get("/redirect/2").run();
    assert_eq!(ran.outcomes(), "0: 1 x 200 ok", "{}", ran.details());
}

/// A server that redirects everything to `/end` with a status, and keeps what it was asked.
fn redirecting(status: u16, location: String) -> (crate::server::Scripted, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&asked);
    let server = scripted(move |_, mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let head = if request.contains("/end ") {
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned()
            } else {
                format!("HTTP/1.1 {status} x\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
            };
            keep.lock().unwrap().push(request);
            let _ = stream.write_all(head.as_bytes());
        }
    });
    (server, asked)
}

#[test]
fn what_is_asked_after_a_redirect() {
    for (status, first, second) in [
        (301, "POST /begin", "GET /end"),
        (302, "POST /begin", "GET /end"),
        (303, "POST /begin", "GET /end"),
        (307, "POST /begin", "POST /end"),
        (308, "POST /begin", "POST /end"),
    ] {
        let (server, asked) = redirecting(status, "/end".into());
        let generated = vec![TextPart::generated(Generator::Uuid), TextPart::Literal(" text".into())];
        let plan = Plan::to(&server.url).request("POST", "/begin").header("Authorization", "secret");
        let ran = plan.with(|r| r.body = Body::Text(Text { parts: generated })).run();
        assert_eq!(ran.outcomes(), "0: 1 x 200 ok", "{}", ran.details());
        let asked = asked.lock().unwrap();
        assert!(asked[0].starts_with(first) && asked[1].starts_with(second), "{status}: {asked:?}");
        assert!(asked[1].contains("secret"), "the same origin gets the credentials");
        let body = |request: &str| request.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        if second.starts_with("POST") {
            assert_eq!(body(&asked[0]), body(&asked[1]), "what was generated stays the same");
            assert!(asked[1].ends_with(" text"));
        } else {
            assert_eq!(body(&asked[1]).unwrap(), "");
            assert!(!asked[1].to_lowercase().contains("content-length"));
        }
    }
}

#[test]
fn another_origin_gets_no_credentials() {
    let (end, asked_there) = redirecting(302, "/end".into());
    let (server, _) = redirecting(307, format!("{}/end", end.url));
    let plan = Plan::to(&server.url).get("/begin").header("Authorization", "secret").header("X-Kept", "yes");
    let ran = plan.times(3).run();
    assert_eq!(ran.outcomes(), "0: 3 x 200 ok", "{}", ran.details());
    assert_eq!(ran.connects(), 2, "both connections are kept");
    let asked = asked_there.lock().unwrap();
    assert!(asked.iter().all(|r| r.contains("X-Kept") && !r.contains("secret")), "{asked:?}");
    assert!(asked[0].contains(&format!("Host: {}", end.url.trim_start_matches("http://"))));
}

#[test]
fn redirects_that_lead_nowhere() {
    for (location, kind, detail) in [
        ("ftp://x/", "redirect", "a redirect to `ftp:` cannot be followed"),
        ("http://[", "redirect", "cannot follow the location `http://[`: invalid IPv6 address"),
        ("http://127.0.0.1:1/end", "connect refused", "cannot connect to 127.0.0.1:1"),
        ("/begin", "redirect", "more than 10 redirects"),
    ] {
        let (server, _) = redirecting(302, location.into());
        let ran = Plan::to(&server.url).get("/begin").run();
        assert_eq!(ran.outcomes(), format!("0: 1 x {kind}"));
        assert!(ran.details().starts_with(detail), "{}", ran.details());
    }
}

#[test]
fn each_user_has_its_cookies() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let plan = Plan::to(&target.url()).get("/me").with(|r| r.checks.clear());
    assert_eq!(plan.run().outcomes(), "0: 1 x 401 status");
    let plan = Plan::to(&target.url()).request("POST", "/login").get("/me").pause(ms(1));
    let ran =
        plan.get("/headers").check(CheckRule::BodyContains(b"session=".to_vec())).users(3).times(12).run();
    assert_eq!(ran.outcomes(), "0: 12 x 200 ok, 1: 12 x 200 ok, 2: 12 x 200 ok", "{}", ran.details());
}
