//! The cockpit as browsers, programs and attackers meet it. What a person sees of it is looked at by the browser's tests.

use crate::stage::{alone, brunt, mock};
use brunt_testkit::{Running, TestContext};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A page that is served.
struct Page<'a> {
    running: Running<'a>,
    /// `127.0.0.1:8089`
    address: String,
    /// What stands behind `#token=`.
    token: Option<String>,
}

/// What a server answered.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

const CHANGE: [(&str, &str); 2] = [("x-brunt", "1"), ("content-type", "application/json")];

impl<'a> Page<'a> {
    fn open(context: &'a TestContext, arguments: &[&str]) -> Self {
        let running = context.spawn(&[arguments, &["--web-port", "0"]].concat());
        let url = running.wait_for_line(|line| line.strip_prefix("brunt is at ").map(str::to_owned));
        let rest = url.split_once("://").expect("a URL").1;
        let (address, fragment) = rest.split_once('/').expect("a path");
        let token = fragment.strip_prefix("#token=").map(str::to_owned);
        Self { running, address: address.to_owned(), token }
    }

    /// Sends exactly this, and reads the answer to its end.
    fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("the page listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        let mut text =
            format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        write!(stream, "{text}\r\n{body}").expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        let body = if head.to_lowercase().contains("transfer-encoding: chunked") {
            unchunked(body)
        } else {
            body.to_owned()
        };
        Answer { status, head: head.to_lowercase(), body }
    }

    fn get(&self, path: &str) -> Answer {
        let bearer = self.token.as_ref().map(|t| format!("Bearer {t}"));
        let mut headers = vec![("host", self.address.as_str())];
        headers.extend(bearer.as_deref().map(|b| ("authorization", b)));
        self.raw("GET", path, &headers, "")
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let bearer = self.token.as_ref().map(|t| format!("Bearer {t}"));
        let mut headers = vec![("host", self.address.as_str()), CHANGE[0], CHANGE[1]];
        headers.extend(bearer.as_deref().map(|b| ("authorization", b)));
        self.raw("POST", path, &headers, &body.to_string())
    }

    /// Asks for the status until it is as wanted.
    fn wait(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..400 {
            let status = self.get("/api/v1/status").json();
            if wanted(&status) {
                return status;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!("it never came: {}", self.get("/api/v1/status").body);
    }

    fn start(&self, form: &Value) -> Value {
        let answer = self.post("/api/v1/start", form);
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.wait(|status| status["stage"] == "running" && status["elapsed_s"].as_f64() >= Some(1.0))
    }

    fn end(self) {
        self.running.interrupt();
        let captured = self.running.wait();
        assert_eq!(captured.code, Some(0), "{}", captured.stderr);
    }
}

fn unchunked(mut text: &str) -> String {
    let mut out = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).expect("a chunk's size");
        if size == 0 {
            break;
        }
        out += &rest[..size];
        text = &rest[size + 2..];
    }
    out
}

/// Sends it, and holds the answer to what every answer must be.
fn meets(page: &Page<'_>, ask: (&str, &str), headers: &[(&str, &str)], body: &str, expected: u16) {
    let (method, path) = ask;
    let answer = page.raw(method, path, headers, body);
    assert_eq!(answer.status, expected, "{method} {path} {headers:?}: {}", answer.body);
    assert!(!answer.head.contains("access-control-allow"), "{method} {path}: {}", answer.head);
    for header in [
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    ] {
        assert!(answer.head.contains(header), "{method} {path}: {header} is missing in {}", answer.head);
    }
    if expected >= 400 {
        assert!(answer.json()["title"].is_string(), "{}", answer.body);
    }
}

const STATUS: (&str, &str) = ("GET", "/api/v1/status");
const START: (&str, &str) = ("POST", "/api/v1/start");
const DEMO: &str = r#"{"demo":true}"#;

/// Strangers' names for this machine, and strangers' pages in the browser of somebody who tests.
#[test]
fn other_names_and_other_sites_are_refused() {
    let context = brunt();
    let page = Page::open(&context, &["ui"]);
    let host = ("host", page.address.as_str());
    let port = page.address.rsplit(':').next().unwrap();
    let (local, rebound) = (format!("localhost:{port}"), format!("evil.example:{port}"));
    let origin = format!("http://{}", page.address);
    let change = |more: &[(&'static str, &'static str)]| [&[host], &CHANGE[..], more].concat();
    // What is allowed, so that the rest is refused for its own reason.
    meets(&page, ("GET", "/"), &[host], "", 200);
    meets(&page, STATUS, &[("host", &local)], "", 200);
    let own = [host, CHANGE[0], CHANGE[1], ("origin", &origin), ("sec-fetch-site", "same-origin")];
    meets(&page, ("POST", "/api/v1/preview"), &own, r#"{"host":"http://127.0.0.1:1"}"#, 200);
    // DNS rebinding.
    for ask in [STATUS, ("GET", "/"), START] {
        meets(&page, ask, &[("host", &rebound), CHANGE[0], CHANGE[1]], DEMO, 421);
        meets(&page, ask, &[CHANGE[0], CHANGE[1]], DEMO, 421);
    }
    for foreign in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        meets(&page, START, &change(&[foreign]), DEMO, 403);
        meets(&page, STATUS, &[host, foreign], "", 403);
        meets(&page, ("GET", "/api/v1/events"), &[host, foreign], "", 403);
    }
    // What asks first gets no leave.
    let preflight = [host, ("origin", "http://evil.example"), ("access-control-request-method", "POST")];
    meets(&page, ("OPTIONS", "/api/v1/start"), &preflight, "", 403);
    // What a form can send, to Locust's own path too.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        meets(&page, START, &[host, ("content-type", kind), CHANGE[0]], DEMO, 403);
        meets(&page, ("POST", "/swarm"), &[host, ("content-type", kind)], "user_count=1", 403);
    }
    meets(&page, START, &[host, CHANGE[1]], DEMO, 403);
    assert_eq!(page.get("/api/v1/status").json()["stage"], "idle", "nothing was started by any of these");
    page.end();
}

#[test]
fn load_files_and_forms_stay_where_they_belong() {
    let context = brunt();
    let page = Page::open(&context, &["ui"]);
    let head = [("host", page.address.as_str()), CHANGE[0], CHANGE[1]];
    for (path, body, expected) in [
        // Load where it may not go.
        ("/api/v1/start", r#"{"host":"http://example.com"}"#, 403),
        ("/api/v1/start", r#"{"host":"http://example.com","confirm":"example.org"}"#, 403),
        ("/api/v1/check", r#"{"host":"http://8.8.8.8"}"#, 403),
        ("/api/v1/preview", r#"{"host":"http://example.com","confirm":"example.com"}"#, 200),
        ("/api/v1/start", r#"{"host":"http://127.0.0.1@example.com"}"#, 422),
        // A file of this machine, read as objectives.
        ("/api/v1/preview", r#"{"host":"http://127.0.0.1:1","objectives":["/etc/passwd"]}"#, 422),
        // What nobody knows.
        ("/api/v1/start", r#"{"hots":"http://127.0.0.1:1"}"#, 422),
        ("/api/v1/start", "{", 422),
        ("/api/v1/act", r#"{"act":"stop"}"#, 409),
        ("/api/v1/act", r#"{"act":"reboot"}"#, 422),
    ] {
        meets(&page, ("POST", path), &head, body, expected);
    }
    for path in [
        "/api/v1/runs/..%2f..%2fetc/files/passwd",
        "/api/v1/runs/x/files/..%2frun.json",
        "/api/v1/runs/../../etc/files/passwd",
        "/api/v1/compare?a=..%2f..&b=x",
        "/api/v1/nothing",
    ] {
        meets(&page, ("GET", path), &head, "", 404);
    }
    assert_eq!(page.raw("POST", "/api/v1/start", &head, &" ".repeat(100_000)).status, 413);
    assert_eq!(page.get("/api/v1/status").json()["stage"], "idle", "nothing was started by any of these");
    page.end();
}

/// Runs are those of the folder of records. On the command line a word may be a file or a folder as well: not here.
#[test]
fn only_recorded_runs_can_be_named() {
    let context = brunt();
    context.write("credentials", "hunter2-secret: 1\n");
    context.write("elsewhere/run.json", "{\"hunter2-secret\":1}");
    let page = Page::open(&context, &["ui", "--web-readonly"]);
    for path in [
        "compare?a=credentials&b=x",
        "compare?a=x&b=credentials",
        "compare?a=elsewhere&b=credentials",
        "runs/credentials/files/report.html",
        "runs/elsewhere/files/plan.json",
    ] {
        let answer = page.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(!answer.body.contains("hunter2"), "{path}: {}", answer.body);
    }
    page.end();
}

#[test]
fn off_this_machine_a_token_is_needed() {
    let context = brunt();
    let page = Page::open(&context, &["ui", "--web-host", "0.0.0.0"]);
    let token = page.token.clone().expect("a token is made");
    assert!(token.len() >= 32, "{token}");
    let host = ("host", page.address.as_str());
    let ask =
        |headers: &[(&str, &str)]| page.raw("GET", "/api/v1/status", &[&[host], headers].concat(), "").status;
    assert_eq!(page.raw("GET", "/", &[host], "").status, 200, "the page can ask for the token");
    assert_eq!(ask(&[]), 401);
    assert_eq!(ask(&[("authorization", "Bearer wrong-wrong-wrong-wrong")]), 401);
    assert_eq!(page.raw("GET", "/metrics", &[host], "").status, 401);
    let start = page.raw("POST", "/api/v1/start", &[host, CHANGE[0], CHANGE[1]], r#"{"demo":true}"#);
    assert_eq!(start.status, 401);
    let wrong = page.raw("POST", "/api/v1/session", &[host, CHANGE[0], CHANGE[1]], r#"{"token":"wrong"}"#);
    assert_eq!(wrong.status, 401);
    let given = json!({ "token": token }).to_string();
    let session = page.raw("POST", "/api/v1/session", &[host, CHANGE[0], CHANGE[1]], &given);
    assert_eq!(session.status, 200, "{}", session.body);
    let cookie = session.head.lines().find_map(|l| l.strip_prefix("set-cookie: ")).expect("a cookie");
    assert!(cookie.contains("httponly") && cookie.contains("samesite=strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    assert_eq!(ask(&[("cookie", pair)]), 200);
    assert_eq!(ask(&[("authorization", &format!("Bearer {token}"))]), 200);
    page.end();

    let short = context.run(&["ui", "--web-token", "short", "--web-port", "0"]);
    assert_eq!(short.code, Some(2), "{}", short.stderr);
    assert!(short.stderr.contains("too short"), "{}", short.stderr);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = context.run(&["ui", "--web-port", &port]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("`--web-port 0` takes a free one"), "{}", refused.stderr);
}

#[test]
fn a_page_for_reading_changes_nothing() {
    let context = brunt();
    let page = Page::open(&context, &["ui", "--web-readonly"]);
    for (path, body) in [
        ("/api/v1/start", json!({ "demo": true })),
        ("/api/v1/act", json!({ "act": "stop" })),
        ("/api/v1/runs/x/baseline", json!({ "name": "main" })),
    ] {
        assert_eq!(page.post(path, &body).status, 403, "{path}");
    }
    assert_eq!(page.get("/api/v1/status").json()["read_only"], true);
    page.end();
}

#[test]
fn a_run_from_the_page_and_all_that_is_known_of_it() {
    let target = mock();
    let context = brunt();
    let page = Page::open(&context, &["ui"]);
    let _alone = alone();
    let form = json!({ "host": format!("{}/status/200", target.url()), "users": 2, "run_time": "60s", "objectives": ["p95 < 5s"] });
    let preview = page.post("/api/v1/preview", &form).json();
    assert_eq!(
        (preview["planned_s"].as_f64(), preview["scenarios"][0][3][0].as_f64()),
        (Some(60.0), Some(2.0)),
        "{preview}"
    );
    assert!(page.post("/api/v1/check", &form).json()["text"].as_str().unwrap().contains("takes connections"));
    let status = page.start(&form);
    assert_eq!(status["objectives"][0]["objective"], "p95 < 5s");
    assert_eq!(page.post("/api/v1/start", &form).status, 409, "one at a time");
    // All that is asked for while it runs.
    let series = page.get("/api/v1/series").json();
    assert_eq!(series["columns"].as_array().unwrap().len(), series["points"][0].as_array().unwrap().len());
    assert!(series["points"][0][5].as_f64() > Some(0.0), "{series}");
    let rows = page.get("/api/v1/endpoints").json();
    assert_eq!(rows["rows"][0]["name"], "GET /status/200");
    let own = page.get("/api/v1/series?endpoint=0").json();
    assert_eq!(own["points"][0][5], series["points"][0][5]);
    assert_eq!(page.get("/api/v1/series?endpoint=x").status, 422);
    for path in
        ["failures", "mix", "log", "findings", "figures/latency", "figures/heat", "reference", "runs", "plan"]
    {
        assert_eq!(page.get(&format!("/api/v1/{path}")).status, 200, "{path}");
    }
    assert_eq!(page.get("/api/v1/figures/none").status, 404);
    let locust = page.get("/stats/requests").json();
    assert_eq!(
        (locust["state"].as_str(), locust["stats"][0]["method"].as_str()),
        (Some("running"), Some("GET"))
    );
    assert!(page.get("/metrics").body.contains("brunt_requests_total{scenario="));
    assert_eq!(page.get("/healthz").body, "ok\n");
    page.end();
    target.stop();
}

/// Each change is marked, takes effect, and parts the statistics; the verdict says that it was no run of its plan.
#[test]
fn a_run_is_steered() {
    let target = mock();
    let context = brunt();
    let page = Page::open(&context, &["ui"]);
    let _alone = alone();
    let act = |body: Value| page.post("/api/v1/act", &body);
    let users = |status: &Value| status["now"]["users"].as_f64();
    assert_eq!(act(json!({ "act": "pause" })).status, 409, "there is nothing to pause");
    let form = json!({ "host": format!("{}/delay/5", target.url()), "users": 2, "run_time": "60s" });
    page.start(&form);
    page.wait(|status| status["elapsed_s"].as_f64() >= Some(3.0));
    for (body, expected) in [
        (json!({ "act": "edit", "users": 6 }), 200),
        (json!({ "act": "edit" }), 422),
        (json!({ "act": "edit", "rate": "50/s" }), 422),
        (json!({ "act": "edit", "users": 6, "scenario": "none" }), 422),
        (json!({ "act": "edit", "users": 0 }), 422),
        (json!({ "act": "edit", "users": 4_000_000_000_u64 }), 422),
        (json!({ "act": "annotate", "text": "the cache was <b>cleared</b>" }), 200),
        (json!({ "act": "annotate", "text": " " }), 422),
        (json!({ "act": "resume" }), 409),
    ] {
        let answer = act(body.clone());
        assert_eq!(answer.status, expected, "{body}: {}", answer.body);
    }
    page.wait(|status| users(status) == Some(6.0) && status["segments"][1]["seconds"].as_u64() >= Some(3));
    assert_eq!(act(json!({ "act": "pause" })).status, 200);
    let paused = page.wait(|status| status["stage"] == "paused" && status["now"]["in_flight"] == 0);
    assert!(paused["elapsed_s"].as_f64() > Some(0.0), "{paused}");
    assert_eq!(act(json!({ "act": "resume" })).status, 200);
    page.wait(|status| status["segments"].as_array().is_some_and(|s| s.len() >= 4));
    assert_eq!(act(json!({ "act": "stop" })).status, 200);
    let ended = page.wait(|status| status["stage"] == "ended");
    let kinds: Vec<&str> =
        ended["marks"].as_array().unwrap().iter().map(|m| m["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["steered", "note", "paused", "resumed"], "{ended}");
    let load = |at: usize| ended["segments"][at]["requests_per_second"].as_f64().unwrap();
    // Three times the users; the second of the change is among those before it.
    assert!(load(1) > 1.3 * load(0), "{ended}");
    let parts: u64 =
        ended["segments"].as_array().unwrap().iter().map(|s| s["requests"].as_u64().unwrap()).sum();
    assert_eq!(Some(parts), ended["total"]["requests"].as_u64());
    let reasons = ended["verdict"]["reasons"].as_array().unwrap();
    assert!(reasons.iter().any(|reason| reason["id"] == "steered"), "{ended}");
    page.end();
    target.stop();
}

/// The rate of a run that follows one.
#[test]
fn a_rate_is_steered() {
    let target = mock();
    let context = brunt();
    let page = Page::open(&context, &["ui"]);
    let _alone = alone();
    let form = json!({ "host": format!("{}/status/200", target.url()), "rate": "20/s", "run_time": "60s" });
    page.start(&form);
    let act = |body: Value| page.post("/api/v1/act", &body);
    assert_eq!(act(json!({ "act": "edit", "rate": "100/s" })).status, 200);
    assert_eq!(act(json!({ "act": "edit", "users": 3 })).status, 422, "its users follow its rate");
    page.wait(|status| status["segments"][1]["seconds"].as_u64() >= Some(3));
    act(json!({ "act": "stop" }));
    let ended = page.wait(|status| status["stage"] == "ended");
    let achieved = ended["segments"][1]["requests_per_second"].as_f64().unwrap();
    // The last second may be a part of one.
    assert!((60.0..=101.0).contains(&achieved), "{ended}");
    page.end();
    target.stop();
}

#[test]
fn what_stays_after_the_run() {
    let target = mock();
    let context = brunt();
    let page = Page::open(&context, &["ui"]);
    let _alone = alone();
    let form = json!({ "host": format!("{}/status/200", target.url()), "users": 2, "run_time": "60s" });
    page.start(&form);
    assert_eq!(page.post("/api/v1/act", &json!({ "act": "stop" })).status, 200);
    let ended = page.wait(|status| status["stage"] == "ended");
    assert!(["stopped_early", "invalid"].contains(&ended["verdict"]["outlook"].as_str().unwrap()), "{ended}");
    let id = ended["run"]["id"].as_str().unwrap().to_owned();
    let listed = page.get("/api/v1/runs").json();
    assert_eq!(listed["runs"][0]["id"], id.as_str(), "{listed}");
    let offer = page.get("/api/v1/plan").json();
    let names = offer["files"].as_array().unwrap();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let file = page.get(&format!("/api/v1/runs/{id}/files/{}", name.as_str().unwrap()));
        assert!(
            file.status == 200 && !file.body.is_empty(),
            "{name}: {} {}",
            file.status,
            &file.body[..file.body.len().min(300)]
        );
    }
    assert!(page.get(&format!("/api/v1/runs/{id}/files/report.html")).head.contains("sandbox"));
    assert!(page.get("/stats/requests/csv").body.starts_with("Type,Name,Request Count"));
    assert!(page.get("/stats/failures/csv").body.starts_with("Method,Name,Error"));
    // Another one, against the first.
    page.start(&form);
    let reference = page.get("/api/v1/reference").json();
    assert_eq!(reference["id"], id.as_str());
    page.post("/api/v1/act", &json!({ "act": "stop" }));
    let second = page.wait(|status| status["stage"] == "ended")["run"]["id"].as_str().unwrap().to_owned();
    let compared = page.get(&format!("/api/v1/compare?a={id}&b={second}"));
    assert_eq!(compared.status, 200, "{}", compared.body);
    assert!(compared.json()["figures"].as_array().unwrap().len() >= 2);
    assert_eq!(page.get(&format!("/api/v1/compare?a={id}&b={id}")).status, 422);
    let kept = page.post(&format!("/api/v1/runs/{id}/baseline"), &json!({ "name": "main" }));
    assert_eq!(kept.status, 200, "{}", kept.body);
    let listed = page.get("/api/v1/runs").json();
    assert!(
        listed["runs"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["id"] == id.as_str() && r["baselines"][0] == "main"),
        "{listed}"
    );
    page.end();
    target.stop();
}

#[test]
fn ticks_resume_where_a_browser_left() {
    let target = mock();
    let context = brunt();
    let page = Page::open(&context, &["ui"]);
    let _alone = alone();
    page.start(&json!({ "host": target.url(), "users": 1, "run_time": "60s" }));
    let first = ticks(&page, None, 2);
    assert_eq!(first[0].1["points"][0][0], 0, "all there is comes first");
    let (id, last) = &first[1];
    let resumed = ticks(&page, Some(id), 1);
    let from = resumed[0].1["points"][0][0].as_u64().unwrap();
    assert_eq!(
        Some(from),
        last["points"].as_array().unwrap().last().unwrap()[0].as_u64(),
        "the last may have grown, none is missing"
    );
    // An id of another run is none.
    assert_eq!(ticks(&page, Some("77-3"), 1)[0].1["points"][0][0], 0);
    page.post("/api/v1/act", &json!({ "act": "cut" }));
    page.wait(|status| status["stage"] == "ended");
    page.end();
    target.stop();
}

/// Reads some ticks: their ids and what they hold.
fn ticks(page: &Page<'_>, after: Option<&str>, most: usize) -> Vec<(String, Value)> {
    let mut stream = TcpStream::connect(&page.address).expect("the page listens");
    let resume = after.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
    write!(stream, "GET /api/v1/events HTTP/1.1\r\nhost: {}\r\n{resume}\r\n", page.address)
        .expect("it reads");
    let (mut out, mut id) = (Vec::new(), String::new());
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if let Some(found) = line.strip_prefix("id: ") {
            found.clone_into(&mut id);
            if let Some(tick) = out.last_mut() {
                let tick: &mut (String, Value) = tick;
                if tick.0.is_empty() {
                    tick.0 = std::mem::take(&mut id);
                }
            }
        } else if let Some(data) = line.strip_prefix("data: ") {
            out.push((std::mem::take(&mut id), serde_json::from_str(data).expect("JSON")));
        }
        if out.len() == most && out.iter().all(|(id, _)| !id.is_empty()) {
            break;
        }
    }
    out
}

#[test]
fn beside_a_run() {
    let target = mock();
    let context = brunt();
    context.write(
        "plan.yaml",
        "name: beside\nactions:\n  look: [{ get: /status/200 }]\nscenarios:\n  main: { users: 1, duration: 3s }\n",
    );
    let _alone = alone();
    let arguments =
        ["run", "plan.yaml", "--target", &target.url(), "--ui", "--autoquit", "1s", "--slo", "rate < 1/s"];
    // What is looked at beside the load: this very process.
    let beside = format!("process:{}", std::process::id());
    let page = Page::open(&context, &[&arguments[..], &["--metrics", &beside]].concat());
    let ended = page.wait(|status| status["stage"] == "ended");
    assert_eq!(ended["run"]["name"], "beside");
    assert!(ended["resources"].as_u64() > Some(1), "{ended}");
    let figure = page.get("/api/v1/figures/resources");
    assert!(figure.status == 200 && figure.body.contains("memory"), "{}", figure.body);
    assert_eq!(page.get("/api/v1/plan").json()["plan"], "plan.yaml");
    // Load may go where the plan's goes, and nowhere else.
    assert_eq!(page.post("/api/v1/check", &json!({ "host": target.url() })).status, 200);
    assert_eq!(page.post("/api/v1/check", &json!({ "host": "http://localhost:1" })).status, 403);
    let captured = page.running.wait();
    assert!(
        [Some(99), Some(98), Some(97)].contains(&captured.code),
        "{:?} {}",
        captured.code,
        captured.stderr
    );
    assert!(captured.stdout.contains("record    "), "{}", captured.stdout);
    let refused = context.run(&["run", "plan.yaml", "--ui", "--headless"]);
    assert_eq!(refused.code, Some(2));
    target.stop();
}

#[test]
fn over_tls() {
    let context = brunt();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    context.write("cert.pem", made.cert.pem());
    context.write("key.pem", made.signing_key.serialize_pem());
    let page = Page::open(&context, &["ui", "--web-cert", "cert.pem", "--web-key", "key.pem"]);
    let port = page.address.rsplit(':').next().unwrap();
    let url = format!("https://localhost:{port}/healthz");
    let fetched =
        context.run(&["run", &url, "-n", "3", "-u", "1", "--cacert", "cert.pem", "--no-record", "--json"]);
    let last: Value = serde_json::from_str(fetched.stdout.lines().last().expect("a summary")).expect("JSON");
    assert_eq!(
        (last["total"]["requests"].as_u64(), last["total"]["errors"].as_u64()),
        (Some(3), Some(0)),
        "{}",
        fetched.stderr
    );
    page.end();
    context.write("empty.pem", "");
    let refused = context.run(&["ui", "--web-cert", "empty.pem", "--web-key", "key.pem", "--web-port", "0"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("cannot use `empty.pem`"), "{}", refused.stderr);
}

/// Two runs of one start; whoever ends the first means both.
#[test]
fn a_stop_ends_the_runs_to_come_too() {
    let (context, target) = (brunt(), mock());
    context.write(
        "two.yaml",
        format!(
            "target: {}\nactions: {{look: [get: /status/200, pause: 50ms]}}\nusers: {{v: {{actions: look}}}}\n\
             scenarios: {{a: {{users: 1, duration: 30s}}}}\nprofiles: {{one: {{}}, two: {{}}}}\n",
            target.url()
        ),
    );
    let running = context.spawn(&[
        "run",
        "two.yaml",
        "--profile",
        "all",
        "--no-record",
        "--tick",
        "1s",
        "--progress-interval",
        "1s",
    ]);
    running.wait_for_error_line(|line| line.contains("t=1s").then_some(()));
    running.interrupt();
    let ended = running.wait();
    assert!(!ended.stderr.contains("two"), "{}", ended.stderr);
    assert!(ended.stderr.contains("one"), "{}", ended.stderr);
}
