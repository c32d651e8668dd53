//! Every flag of `brunt run URL`, by its effect at the target or in the figures.

use crate::stage::{Wire, alone, at, brunt, count, figures, judged, mock, summary};
use brunt_demo::{Alpn, Bind, Certificates, ClientAuth, Config, MockConfig, Running, TlsConfig, start};
use brunt_testkit::{Captured, Filters, TestContext};
use std::fmt::Write as _;

#[test]
fn requests_on_the_wire() {
    let wire = Wire::new();
    let context = brunt();
    context.write("body.json", "{\"from\":\"a file\"}");
    let url = format!("{}/path?q=1", wire.url());
    let with_space = format!("{}/a b/\u{e9}?q=x y#fragment", wire.url());
    let elsewhere = format!("shop.invalid:80:127.0.0.1:{}", wire.port());
    let mut text = String::new();
    for arguments in [
        &[&url[..]][..],
        &[wire.url()],
        &[&with_space],
        &[&url, "-X", "delete"],
        &[&url, "--method", "PURGE"],
        &[&url, "-H", "Accept: text/html", "-H", "x-trace:1"],
        &[&url, "-H", "host: other.test"],
        &[&url, "--body", "hello"],
        &[&url, "--body", "a=1", "-H", "content-type: application/x-www-form-urlencoded"],
        &[&url, "-X", "PUT", "--body-file", "body.json"],
        &["http://shop.invalid/x", "--connect-to", &elsewhere],
        &[&url, "--no-keepalive"],
    ] {
        let run = ["run", "-n", "1", "--quiet", "--no-record"];
        let _ = context.run(&[&run[..], arguments].concat());
        let sent = wire.take().join("\n");
        let sent = sent.replace(concat!("brunt/", env!("CARGO_PKG_VERSION")), "brunt/[VERSION]");
        let shown = arguments.join(" ").replace(wire.port(), "[PORT]");
        let _ = writeln!(text, "$ brunt run -n 1 {shown}\n{}\n", sent.replace(wire.port(), "[PORT]"));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_seed_decides() {
    let wire = Wire::new();
    let url = format!("{}/items/${{int(1,1000000)}}", wire.url());
    let paths = |seed: &str| {
        let _alone = alone();
        let run = ["run", &url, "-n", "20", "-u", "1", "--seed", seed, "--quiet", "--no-record"];
        let _ = brunt().run(&run);
        let first = |request: &String| request.lines().next().map(str::to_owned);
        wire.take().iter().map(first).collect::<Vec<_>>()
    };
    let (one, again, other) = (paths("1"), paths("1"), paths("2"));
    assert_eq!(one.len(), 20);
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[test]
fn how_much_and_how_long() {
    let target = mock();
    let url = at(&target, "/");
    let slow = at(&target, "/delay/20");
    let context = brunt();
    let run = |arguments: &[&str]| figures(&context, arguments);

    let by_number = run(&[&url, "-n", "7"]);
    assert_eq!(count(&by_number, "/total/requests"), 7);
    assert_eq!(target.stats().requests, 7);

    let users = run(&[&slow, "-u", "3", "-d", "500ms"]);
    assert_eq!(users["scenarios"][0]["executor"], "3 users");
    let elapsed = users["elapsed_ms"].as_f64().expect("a time");
    assert!((500.0..10_000.0).contains(&elapsed), "{elapsed}");

    let rate = run(&[&url, "--rate", "6000/m", "-d", "1", "--workers", "2"]);
    assert_eq!(count(&rate, "/scenarios/0/due"), 100);
    assert_eq!(count(&rate, "/workers"), 2);
    assert_eq!(rate["scenarios"][0]["open"], true);

    let ticked = run(&[&url, "--rate", "200", "-d", "500ms", "--tick", "50ms"]);
    assert_eq!(count(&ticked, "/scenarios/0/due"), 100);

    let spawned = run(&[&slow, "-u", "5", "--spawn-rate", "10", "-d", "1s"]);
    // Users begin at 0, 100, .. 400 ms, so that of 5 user-seconds one is missing.
    let user_seconds = spawned["scenarios"][0]["user_seconds"].as_f64().expect("a time");
    assert!((3.9..4.9).contains(&user_seconds), "{user_seconds}");

    let thinking = run(&[&url, "-u", "1", "-d", "1s", "--think", "300ms"]);
    assert!((2..=4).contains(&count(&thinking, "/total/requests")), "{}", thinking["total"]);

    let warmed = run(&[&url, "--rate", "100", "-d", "1s", "--warm-up", "500ms"]);
    assert_eq!(count(&warmed, "/apart/warm_up_requests"), 50);
    assert_eq!(count(&warmed, "/total/requests"), 50);
}

#[test]
fn timeouts_and_redirects() {
    let target = mock();
    let context = brunt();
    let late = figures(&context, &[&at(&target, "/delay/60000"), "-n", "2", "--timeout", "100ms"]);
    assert_eq!(count(&late, "/total/errors_by_kind/request timeout"), 2);
    for (flags, statuses, errors) in [
        (&[][..], r#"{"200":1}"#, "{}"),
        (&["--redirects", "0"], r#"{"302":1}"#, "{}"),
        (&["--redirects", "2"], r#"{"none":1}"#, r#"{"redirect":1}"#),
    ] {
        let url = at(&target, "/redirect/3");
        let summary = figures(&context, &[&[&url[..], "-n", "1"], flags].concat());
        let total = &summary["total"];
        assert_eq!(
            format!("{} {}", total["statuses"], total["errors_by_kind"]),
            format!("{statuses} {errors}")
        );
    }
}

/// Connections of a run at `target`, without the one that asked whether it is there.
fn connections(target: &Running, arguments: &[&str]) -> u64 {
    target.reset();
    let summary = figures(&brunt(), arguments);
    assert_eq!(count(&summary, "/total/errors"), 0, "{}", summary["total"]);
    assert_eq!(count(&summary, "/total/requests"), 20);
    target.stats().connections - 1
}

#[test]
fn connections_are_kept_or_shared_or_not() {
    let target = mock();
    let url = at(&target, "/delay/5");
    let run = [&url[..], "-u", "4", "-n", "20", "--workers", "1"];
    for (flags, expected) in [
        (&[][..], 4),
        (&["--no-keepalive"], 20),
        (&["--http2"], 4),
        (&["--http2", "--shared-connections", "1"], 1),
        (&["--http2", "--shared-connections", "2"], 2),
    ] {
        assert_eq!(connections(&target, &[&run[..], flags].concat()), expected, "{flags:?}");
    }
}

/// A mock over TLS, and its certificates as files of `context`.
fn secure(context: &TestContext, tls: TlsConfig) -> Running {
    let running = start(Config::mock(MockConfig::default()).tls(tls)).expect("a free port");
    let Certificates { ca_pem, client_cert_pem, client_key_pem } =
        running.certificates().expect("it has TLS");
    context.write("ca.pem", ca_pem);
    context.write("client.pem", client_cert_pem);
    context.write("client.key", client_key_pem);
    running
}

#[test]
fn tls_flags() {
    let context = brunt();
    let with_client = ["--cacert", "ca.pem", "--cert", "client.pem", "--key", "client.key"];
    let http2_only = TlsConfig { alpn: Alpn::Http2, ..TlsConfig::default() };
    let client_auth = TlsConfig { client_auth: ClientAuth::Required, ..TlsConfig::default() };
    let rows = [
        (TlsConfig::default(), &["--insecure"][..], "{\"200\":2} {}"),
        (TlsConfig::default(), &["--cacert", "ca.pem"], "{\"200\":2} {}"),
        (http2_only, &["--cacert", "ca.pem", "--http2"], "{\"200\":2} {}"),
        (client_auth, &with_client, "{\"200\":2} {}"),
    ];
    for (tls, flags, expected) in rows {
        let target = secure(&context, tls);
        let summary = figures(&context, &[&[&at(&target, "/")[..], "-n", "2", "-u", "1"], flags].concat());
        let total = &summary["total"];
        let found = format!("{} {}", total["statuses"], total["errors_by_kind"]);
        assert_eq!(found, expected, "{tls:?} {flags:?}: {}", summary["verdict"]);
    }
}

#[test]
fn a_certificate_that_is_not_trusted_is_not_ready() {
    let context =
        brunt().filters(|filters| filters.pattern("ready after [0-9.]+ [num]?s", "ready after [TIME]"));
    let target = secure(&context, TlsConfig::default());
    let captured = context.run(&["run", &at(&target, "/"), "-n", "2"]).expect_code(3);
    insta::assert_snapshot!(captured.snapshot());
}

#[test]
fn a_client_certificate_that_is_missing_is_told() {
    let context = brunt();
    let tls = TlsConfig { client_auth: ClientAuth::Required, ..TlsConfig::default() };
    let target = secure(&context, tls);
    // TLS 1.3: the client is done before the server looks for a certificate, so that it is ready, but not served.
    let summary = figures(&context, &[&at(&target, "/"), "-n", "2", "-u", "1", "--cacert", "ca.pem"]);
    assert_eq!(count(&summary, "/total/errors"), 2);
    let told = summary["verdict"]["findings"].to_string();
    assert!(told.to_lowercase().contains("certificate"), "{told}");
}

#[test]
fn a_unix_socket() {
    let context = brunt();
    let socket = context.dir().join("target.sock");
    let target = start(Config::mock(MockConfig::default()).bind(Bind::Unix(socket.clone())));
    let target = target.expect("a free path");
    let summary = figures(&context, &[&format!("http+unix://{}:/delay/1", socket.display()), "-n", "5"]);
    assert_eq!(count(&summary, "/total/requests"), 5);
    assert_eq!(target.stats().requests, 5);
    assert_eq!(summary["targets"][0], format!("unix:{}", socket.display()));
}

#[test]
fn rows_of_requests() {
    let target = mock();
    let url = at(&target, "/");
    let context = brunt();
    let _ = figures(&context, &[&url, "-n", "50", "--rows", "all.csv"]);
    let all = context.read("all.csv");
    assert_eq!(all.lines().count(), 51);
    let columns = all.lines().next().expect("a header").split(',').count();
    assert!(all.lines().all(|line| line.split(',').count() == columns), "{all}");
    assert!(all.lines().skip(1).all(|line| line.contains("load,request,GET,/,load,200,ok")), "{all}");
    let _ = figures(&context, &[&url, "-n", "50", "-u", "1", "--rows", "some.csv", "--rows-every", "10"]);
    assert_eq!(context.read("some.csv").lines().count(), 6);
}

#[test]
fn what_is_printed_where() {
    let target = mock();
    let url = at(&target, "/");
    let context = brunt();
    let quiet = judged(&context, &["run", &url, "-n", "200", "--quiet", "-o", "quiet"]).expect_code(0);
    assert_eq!(quiet.stderr, "");
    assert!(quiet.stdout.starts_with("passed: 200 requests in "), "{}", quiet.stdout);
    assert_eq!(quiet.stdout.lines().last(), Some("record    quiet"));

    let json = {
        let _alone = alone();
        context.run(&["run", &url, "--rate", "50", "-d", "1500ms", "--json", "-o", "json"])
    };
    let lines: Vec<serde_json::Value> =
        json.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let ticks: Vec<_> = lines.iter().filter(|line| line["type"] == "tick").collect();
    assert_eq!(ticks.len() + 1, lines.len());
    let requests: u64 = ticks.iter().map(|tick| count(tick, "/requests")).sum();
    assert_eq!((requests, count(&summary(&json), "/total/requests")), (75, 75));
    assert_eq!(summary(&json)["name"], url.trim_start_matches("http://").trim_end_matches('/'));

    for folder in ["quiet", "json"] {
        let mut names: Vec<_> = std::fs::read_dir(context.dir().join(folder)).expect("the record").collect();
        names.sort_by_key(|entry| entry.as_ref().expect("an entry").file_name());
        let names = names.into_iter().map(|e| e.expect("an entry").file_name().display().to_string());
        assert_eq!(names.collect::<Vec<_>>(), ["events.jsonl", "run.json", "seconds.brunt", "summary.json"]);
    }
    assert!(!context.dir().join("brunt-runs").exists());
    let _ = figures(&context, &[&url, "-n", "1"]);
    assert!(!context.dir().join("brunt-runs").exists(), "--no-record");
    let default = judged(&context, &["run", &url, "-n", "200"]).expect_code(0);
    let record = default.stdout.lines().last().and_then(|line| line.strip_prefix("record    "));
    let record = record.expect("the record's folder is printed last");
    assert!(record.starts_with("brunt-runs/") && context.dir().join(record).is_dir(), "{record}");
}

/// What was printed, without the findings that are about the machine: those have their own lines, or several.
fn without_the_machine(text: &str) -> String {
    let mut about_the_machine = false;
    let keep = |line: &&str| {
        let goes_on = line.starts_with("    ");
        if !goes_on {
            about_the_machine = line.starts_with("  - ") && !line.starts_with("  - the target runs");
        }
        !about_the_machine
    };
    text.lines().filter(keep).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_whole_output_of_a_run() {
    let target = mock();
    let context = brunt().filters(Filters::measured);
    let run = ["run", &at(&target, "/status/404"), "-n", "200", "-u", "2", "--color", "never"];
    let failed = judged(&context, &run).expect_code(99);
    let run = ["run", &at(&target, "/echo"), "--body", "x", "-d", "1s", "--rate", "200"];
    let passed = judged(&context, &run).expect_code(0);
    let line = passed.stderr.lines().next().unwrap_or_default().to_owned();
    assert!(line.starts_with("t=1s phase=load rate=") && line.contains(" starts=200/200 users="), "{line}");
    let shown = |mut captured: Captured| {
        captured.stderr.clear();
        captured.stdout = without_the_machine(&captured.stdout);
        captured.snapshot()
    };
    insta::assert_snapshot!(format!("{}\n{}", shown(failed), shown(passed)));
}
