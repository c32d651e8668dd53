//! The scripts, played by the tools they are for against a target that writes down what reaches it.
//!
//! Runs only where `RUN_SLOW_TESTS` is set, and prints figures:
//! `RUN_SLOW_TESTS=1 LOCUST=/path/of/venv cargo test -p brunt-traffic --test it played -- --nocapture`.
//! `LOCUST` is a virtual environment or the program, `K6` the program; else they are looked for on `PATH`. Where k6 is
//! missing, node plays its script with `k6_shim.mjs`, which shows what the script does but not that k6 takes it. What is
//! missing altogether is said and left out.

use super::target::{SLOW, Seen, Target};
use super::{document, request};
use brunt_testkit::{Captured, TestContext};
use brunt_traffic::{Export, ExportOptions, Synthetic, SyntheticRequest, write_export};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How late the middle request may be: a tenth of what a person notices, and many times what either tool needs.
const MEDIAN_LATE_MS: f64 = 100.0;

/// One tool at a time, for their instants to mean something.
static ALONE: Mutex<()> = Mutex::new(());

#[expect(clippy::print_stdout, reason = "who runs the tests is told what was left out, and the figures")]
fn say(text: &str) {
    println!("{text}");
}

/// Whether the slow tests are asked for; says so if not.
fn asked_for(what: &str) -> bool {
    let asked = env::var_os("RUN_SLOW_TESTS").is_some();
    if !asked {
        say(&format!("skipped: set RUN_SLOW_TESTS to play the exported script with {what}"));
    }
    asked
}

/// A program: what a variable names (itself or a virtual environment), else one on `PATH`.
fn program(variable: Option<&str>, name: &str) -> Option<PathBuf> {
    let named = variable.and_then(env::var_os).map(PathBuf::from);
    let named = named.map(|path| if path.is_dir() { path.join("bin").join(name) } else { path });
    let path = env::var_os("PATH").unwrap_or_default();
    named.or_else(|| env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()))
}

/// 200 requests: 36 visitors, one who waits for a slow answer, one who is led elsewhere, one with hostile texts.
fn schedule() -> Synthetic {
    let mut requests = Vec::new();
    // Knuth's MMIX generator: any would do that is the same everywhere.
    let mut state = 7_u64;
    let mut drawn = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for visitor in 0..36 {
        let mut at_ms = drawn(8_000);
        for step in ["page", "style", "image", "list", "item"] {
            let mut sent = request(at_ms, visitor, &format!("GET /{step}/{visitor}?step={step}"));
            sent.endpoint = format!("/{step}/{{id}}");
            sent.together = ["style", "image"].contains(&step);
            requests.push(sent);
            at_ms += if ["page", "style"].contains(&step) { 15 } else { 100 + drawn(1_200) };
        }
    }
    requests.extend(
        [(1_000, "/slow"), (1_100, "/after"), (1_200, "/after"), (3_000, "/after")]
            .map(|(at_ms, path)| request(at_ms, 36, &format!("GET {path}"))),
    );
    requests.extend([request(2_000, 37, "GET /moved"), request(2_500, 37, "GET /stayed")]);
    let paths = [
        "/a\"b'c\\d",
        "/new\nline\r\n\ttab",
        "/</script><!--",
        "/größe/日本/😀?q=é&r=\u{2028}",
        "@evil.example/",
        "/half%2/%zz/%20#fragment",
        "/{{target}}/`${x}`|^",
    ];
    for (nth, path) in (0..).zip(paths) {
        let mut get = request(500 + 600 * nth, 38, "GET /");
        path.clone_into(&mut get.path);
        path.clone_into(&mut get.endpoint);
        let post = SyntheticRequest {
            at_ms: get.at_ms + 300,
            method: "POST".to_owned(),
            body: Some(format!("\0{path}")),
            ..get.clone()
        };
        requests.extend([get, post]);
    }
    requests.sort_by_key(|request| request.at_ms);
    let mut steps: BTreeMap<u32, u32> = BTreeMap::new();
    for request in &mut requests {
        let step = steps.entry(request.session).or_default();
        request.headers.insert("x-session".to_owned(), request.session.to_string());
        request.headers.insert("x-step".to_owned(), step.to_string());
        *step += 1;
    }
    assert_eq!(requests.len(), 200);
    document(requests)
}

/// A folder with a script and its schedule.
fn folder(context: &TestContext, synthetic: &Synthetic, export: Export, target: &str) {
    let options = ExportOptions { target: target.to_owned(), ..ExportOptions::default() };
    for file in [Some(export), export.companion()].into_iter().flatten() {
        let mut text = Vec::new();
        write_export(synthetic, file, &options, &mut text).expect("a Vec takes everything");
        context.write(file.file_name(), String::from_utf8(text).expect("all formats are text"));
    }
}

/// Where requests go and what they say, by vegeta's targets, which are written by another hand than the scripts.
fn paths(synthetic: &Synthetic) -> Vec<String> {
    let mut text = Vec::new();
    let options = ExportOptions { target: String::new(), ..ExportOptions::default() };
    write_export(synthetic, Export::Vegeta, &options, &mut text).expect("a Vec takes everything");
    let targets = serde_json::Deserializer::from_slice(&text).into_iter::<Value>();
    targets.map(|target| target.expect("JSON")["url"].as_str().expect("a text").to_owned()).collect()
}

fn key(headers: &BTreeMap<String, String>) -> (&str, &str) {
    let value = |name: &str| headers.get(name).map_or("", String::as_str);
    (value("x-session"), value("x-step"))
}

/// Each request with how it arrived. Panics unless each arrived once, as it was meant, and nothing else did.
fn matched<'a>(synthetic: &'a Synthetic, seen: &'a [Seen]) -> Vec<(&'a SyntheticRequest, &'a Seen)> {
    let strange: Vec<_> = seen.iter().filter(|seen| seen.path == "/elsewhere").collect();
    assert!(strange.is_empty(), "a redirect was followed: {strange:?}");
    let by_key: BTreeMap<_, _> = seen.iter().map(|seen| (key(&seen.headers), seen)).collect();
    assert_eq!((by_key.len(), seen.len()), (synthetic.requests.len(), synthetic.requests.len()));
    let pairs = synthetic.requests.iter().zip(paths(synthetic));
    pairs
        .map(|(request, path)| {
            let seen = by_key[&key(&request.headers)];
            assert_eq!(
                (&seen.method, &seen.path, seen.body.as_str()),
                (&request.method, &path, request.body.as_deref().unwrap_or_default())
            );
            (request, seen)
        })
        .collect()
}

/// Panics if a request came before the answer to what leaves before it of its session.
fn check_order(matched: &[(&SyntheticRequest, &Seen)]) {
    let mut sessions: BTreeMap<u32, Vec<Vec<&Seen>>> = BTreeMap::new();
    for (request, seen) in matched {
        let groups = sessions.entry(request.session).or_default();
        match groups.last_mut().filter(|_| request.together) {
            Some(group) => group.push(seen),
            None => groups.push(vec![seen]),
        }
    }
    for groups in sessions.values() {
        for pair in groups.windows(2) {
            let answered = pair[0].iter().map(|seen| seen.answered_ms).fold(0.0, f64::max);
            let arrived = pair[1].iter().map(|seen| seen.arrived_ms).fold(f64::INFINITY, f64::min);
            assert!(arrived >= answered, "sent before the answer came: {pair:?}");
        }
    }
}

/// How late requests came, against the one that came earliest for its time; sorted. Left out are those that wait for a slow
/// answer, and those that leave with another, for which tools differ.
fn lateness(matched: &[(&SyntheticRequest, &Seen)]) -> Vec<f64> {
    let own = matched.iter().filter(|(request, _)| !request.together && request.session != 36);
    let mut late: Vec<f64> = own.map(|(request, seen)| seen.arrived_ms - request.at_ms as f64).collect();
    late.sort_by(f64::total_cmp);
    let zero = late[0];
    late.into_iter().map(|late| late - zero).collect()
}

/// The whole check of what reached the target.
fn check(tool: &str, synthetic: &Synthetic, seen: &[Seen]) {
    let matched = matched(synthetic, seen);
    check_order(&matched);
    let slow = matched.iter().filter(|(request, _)| request.session == 36).map(|(_, seen)| seen.arrived_ms);
    let slow: Vec<f64> = slow.collect();
    assert!(slow[1] - slow[0] >= SLOW.as_secs_f64() * 990.0, "{slow:?}");
    let late = lateness(&matched);
    let last = late.len() - 1;
    let (median, p95, max) = (late[last / 2], late[last * 19 / 20], late[last]);
    say(&format!(
        "{tool}: {} of {} requests; late by {median:.1} ms (median), {p95:.1} ms (p95), {max:.1} ms (maximum)",
        matched.len(),
        synthetic.requests.len()
    ));
    assert!(median < MEDIAN_LATE_MS, "late by {median} ms");
}

/// A session's cookies are its own.
fn check_cookies(seen: &[Seen]) {
    for seen in seen {
        let (session, step) = key(&seen.headers);
        let cookie = seen.headers.get("cookie").map(String::as_str);
        let own = format!("session={session}");
        // Those that leave together with the first may or may not know its answer's cookie.
        let expected = if ["0", "1", "2"].contains(&step) {
            cookie.is_none_or(|c| c == own)
        } else {
            cookie == Some(&own)
        };
        assert!(expected, "{cookie:?} in {seen:?}");
    }
}

fn endpoints(synthetic: &Synthetic) -> BTreeSet<&str> {
    synthetic.requests.iter().map(|request| request.endpoint.as_str()).collect()
}

fn played(locust: &Path, processes: &[&str]) -> (Captured, Synthetic, Vec<Seen>) {
    let (target, synthetic) = (Target::start(), schedule());
    let context = TestContext::new(locust);
    // Another host than the one that is played against: `-H` counts.
    folder(&context, &synthetic, Export::Locust, "http://127.0.0.1:1");
    let fixed = ["-f", "locustfile.py", "--headless", "-u", "1", "-r", "1", "-H", &target.url, "--json"];
    let captured = context.run(&[&fixed, processes].concat()).expect_code(0);
    (captured, synthetic, target.seen())
}

#[test]
fn locust_plays_the_schedule() {
    if !asked_for("Locust") {
        return;
    }
    let Some(locust) = program(Some("LOCUST"), "locust") else {
        say("skipped: no locust on PATH and no LOCUST; pip install locust");
        return;
    };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, processes) in [("locust", &[][..]), ("locust, 2 workers", &["--processes", "2"])] {
        let (captured, synthetic, seen) = played(&locust, processes);
        check(name, &synthetic, &seen);
        check_cookies(&seen);
        let json = &captured.stdout
            [captured.stdout.find("[\n").or(captured.stdout.find("[{")).expect("--json prints it")..];
        let stats: Vec<Value> =
            serde_json::Deserializer::from_str(json).into_iter().next().expect("a value").expect("JSON");
        let names: BTreeSet<&str> = stats.iter().filter_map(|stat| stat["name"].as_str()).collect();
        assert_eq!(names, endpoints(&synthetic));
    }
}

#[test]
fn k6_plays_the_schedule() {
    if !asked_for("k6") {
        return;
    }
    let Some(k6) = program(Some("K6"), "k6") else {
        say("skipped: no k6 on PATH and no K6; its script is played by node with a shim");
        return;
    };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (target, synthetic) = (Target::start(), schedule());
    let context = TestContext::new(k6).env("TARGET", &target.url);
    folder(&context, &synthetic, Export::K6, "http://127.0.0.1:1");
    let _ = context.run(&["run", "--quiet", "--no-usage-report", "scenario.js"]).expect_code(0);
    check("k6", &synthetic, &target.seen());
    check_cookies(&target.seen());
}

#[test]
fn node_plays_the_script_for_k6() {
    if !asked_for("node and a shim of k6") {
        return;
    }
    let Some(node) = program(None, "node") else {
        say("skipped: no node on PATH; apt-get install nodejs");
        return;
    };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (target, synthetic) = (Target::start(), schedule());
    let context = TestContext::new(node).env("TARGET", &target.url);
    folder(&context, &synthetic, Export::K6, "http://127.0.0.1:1");
    let shim = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/export/k6_shim.mjs");
    let captured = context.run(&[&shim.display().to_string(), "scenario.js"]).expect_code(0);
    check("node with a shim of k6", &synthetic, &target.seen());
    let tally: Value =
        serde_json::from_str(captured.stdout.lines().last().unwrap_or_default()).expect("JSON");
    let names: BTreeSet<&str> =
        tally["names"].as_object().expect("names").keys().map(String::as_str).collect();
    assert_eq!(names, endpoints(&synthetic));
    assert_eq!((tally["requests"].as_u64(), tally["failed"].as_u64()), (Some(200), Some(0)));
}
