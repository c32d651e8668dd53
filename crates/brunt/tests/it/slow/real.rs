//! The users suite against a system of real parts: nginx as the gateway, redis-server as the cache.
//!
//! `examples/users/real/start.sh` starts it, as a user would. Left out where a program is missing, but not in CI, which
//! installs them.

use super::asked_for;
use crate::stage::{brunt, count, summary, undisturbed};
use brunt_testkit::{Running, TestContext};
use serde_json::Value;
use std::env;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/users");
const SYSTEM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/users/real/start.sh");

/// What the system is made of beside brunt.
const PARTS: [&str; 2] = ["nginx", "redis-server"];

/// The gateway, Redis, three instances.
const PORTS: [&str; 5] = ["GATEWAY_PORT", "REDIS_PORT", "APP1_PORT", "APP2_PORT", "APP3_PORT"];

/// How far from a third the share of an instance may be. The balancer shares out exactly; the health checks, of which each
/// asks one instance, are drawn: some tens of 400 requests.
const UNEVEN: f64 = 0.05;

/// The longest that Redis may take for a word.
const REDIS_LIMIT: Duration = Duration::from_secs(10);

/// Which parts are missing: looked for where `start.sh` looks for them.
fn missing() -> Vec<&'static str> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).chain([Path::new("/usr/sbin").to_path_buf()]).collect();
    PARTS.into_iter().filter(|part| !folders.iter().any(|folder| folder.join(part).is_file())).collect()
}

/// Ports that nobody listens on. Below those that systems give to outgoing connections, of which other tests make many.
fn free_ports() -> Vec<u16> {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("it is below 10,000");
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let ports: Vec<u16> = (first..first + 1_000).filter(free).take(PORTS.len()).collect();
    assert_eq!(ports.len(), PORTS.len(), "1,000 ports from {first} are taken");
    ports
}

/// The system, which ends with this.
struct System<'a>(Option<Running<'a>>);

impl<'a> System<'a> {
    fn start(script: &'a TestContext) -> (Self, String) {
        let system = Self(Some(script.spawn(&[SYSTEM])));
        let running = system.0.as_ref().expect("it was just started");
        let url = running.wait_for_line(|line| line.strip_prefix("users is at ").map(str::to_owned));
        (system, url)
    }

    fn end(&mut self) {
        if let Some(running) = self.0.take() {
            // Killed, it would leave its children behind.
            running.interrupt();
            let _ = running.wait();
        }
    }
}

impl Drop for System<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// What Redis says of itself: the number after `name:` in `INFO stats`.
fn redis_stat(port: u16, name: &str) -> u64 {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("redis-server listens");
    stream.set_read_timeout(Some(REDIS_LIMIT)).expect("a limit above zero");
    stream.write_all(b"INFO stats\r\nQUIT\r\n").expect("redis-server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("redis-server answers, and ends at QUIT");
    let value = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or_else(|| panic!("no {name} in {answer}"))
}

/// The values of a tally with how often each came, in the order of the values.
fn tally(summary: &Value, name: &str) -> Vec<(String, u64)> {
    let tallies = summary["tallies"].as_array().unwrap_or_else(|| panic!("no tallies in {summary:#}"));
    let tally = tallies.iter().find(|t| t["name"] == name).unwrap_or_else(|| panic!("{name}: {tallies:?}"));
    let values = tally["values"].as_array().expect("a list");
    let mut counts: Vec<(String, u64)> = values
        .iter()
        .map(|v| (v["value"].as_str().unwrap_or_default().to_owned(), count(v, "/count")))
        .collect();
    counts.sort();
    counts
}

#[test]
fn the_users_suite_against_nginx_and_redis() {
    if !asked_for() {
        return;
    }
    let missing = missing();
    if !missing.is_empty() {
        let help = format!("{} not installed: apt-get install {}", missing.join(", "), missing.join(" "));
        assert!(env::var_os("CI").is_none(), "{help}");
        println!("skipped: {help}");
        return;
    }
    let ports = free_ports();
    let script = TestContext::new("bash").env("BRUNT", env!("CARGO_BIN_EXE_brunt"));
    let script = PORTS.iter().zip(&ports).fold(script, |s, (name, port)| s.env(name, &port.to_string()));
    let (mut system, url) = System::start(&script);

    let context = brunt();
    let plan = format!("{SUITE}/plan.yaml");
    let load = ["run", &plan, "--target", &url, "-u", "20", "-r", "20", "-d", "10s", "--json", "--no-record"];
    let summary = summary(&undisturbed(|| context.run(&load)).expect_code(0));
    let hits = redis_stat(ports[1], "keyspace_hits");
    system.end();

    let (upstream, cache) = (tally(&summary, "upstream"), tally(&summary, "cache"));
    let requests = count(&summary, "/total/requests");
    println!("{requests} requests, {upstream:?}, {cache:?}, {hits} hits by Redis' own count");
    assert_eq!(count(&summary, "/total/errors"), 0, "{:#}", summary["total"]);
    let names: Vec<&str> = upstream.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["app1", "app2", "app3"]);
    let answered: u64 = upstream.iter().map(|(_, n)| n).sum();
    for (name, n) in &upstream {
        let share = *n as f64 / answered as f64;
        assert!((share - 1.0 / 3.0).abs() < UNEVEN, "{name} answered {n} of {answered}");
    }
    let cached = |what: &str| cache.iter().find(|(value, _)| value == what).map_or(0, |(_, n)| *n);
    assert!(cached("HIT") > 0 && cached("MISS") > 0, "{cache:?}");
    assert!(hits >= cached("HIT"), "{hits} hits in Redis, {} seen in answers", cached("HIT"));
    for (name, port) in PORTS.iter().zip(ports) {
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(), "{name} {port}: still served");
    }
}
