//! Known targets, and whether brunt finds what they do.

use super::asked_for;
use crate::stage::{at, brunt, count, summary, undisturbed};
use brunt_demo::{Config, MockConfig, Running, start};
use serde_json::Value;
use std::fmt::Write as _;

/// What the path from brunt to the target's clock and back may add to the median.
const PATH_P50: f64 = 0.6;
/// The same for the 95th percentile: one wake-up behind another thread of the same core.
const PATH_P95: f64 = 3.0;
/// The same for the 99th percentile: a scheduler's time slice or two.
const PATH_P99: f64 = 8.0;

/// A bucket's width, relative.
const BUCKET: f64 = 0.001;

/// Truth and measurement, line by line.
#[derive(Default)]
struct Findings {
    table: String,
    wrong: Vec<String>,
}

impl Findings {
    fn new() -> Self {
        let mut findings = Self::default();
        let head = ["case", "what", "truth", "measured", "from", "to"];
        let _ = writeln!(
            findings.table,
            "{:<34} {:<18} {:>10} {:>10} {:>10} {:>10}",
            head[0], head[1], head[2], head[3], head[4], head[5]
        );
        findings
    }

    /// Notes a value that is known to be `truth` and must be measured within `range`.
    fn within(&mut self, (case, what): (&str, &str), truth: f64, measured: f64, range: (f64, f64)) {
        let (from, to) = range;
        let fine = (from..=to).contains(&measured);
        let mark = if fine { "" } else { "  WRONG" };
        let line =
            format!("{case:<34} {what:<18} {truth:>10.3} {measured:>10.3} {from:>10.3} {to:>10.3}{mark}");
        let _ = writeln!(self.table, "{line}");
        if !fine {
            self.wrong.push(line);
        }
    }

    /// Notes a count that must be exact.
    fn exactly(&mut self, case: &str, what: &str, truth: u64, measured: u64) {
        let truth = truth as f64;
        self.within((case, what), truth, measured as f64, (truth, truth));
    }

    /// Notes p50, p95 and p99 of response times in milliseconds against those of `truth`.
    fn percentiles(&mut self, case: &str, summary: &Value, mut truth: Vec<f64>, relative: f64) {
        truth.sort_by(f64::total_cmp);
        for (name, p, path) in [("p50", 0.50, PATH_P50), ("p95", 0.95, PATH_P95), ("p99", 0.99, PATH_P99)] {
            let value = rank(&truth, p * truth.len() as f64);
            let range = (value * (1.0 - relative), value * (1.0 + relative) + path);
            self.within((case, &format!("{name} ms")), value, time(summary, "response", name), range);
        }
    }

    /// The same where the truth is a distribution of which `n` values were drawn.
    fn quantiles(&mut self, case: &str, summary: &Value, n: u64, quantile: impl Fn(f64) -> f64) {
        let n = n as f64;
        for (name, p, path) in [("p50", 0.50, PATH_P50), ("p95", 0.95, PATH_P95), ("p99", 0.99, PATH_P99)] {
            let error = 4.0 * (n * p * (1.0 - p)).sqrt() / n;
            let (low, high) = (quantile((p - error).max(0.0)), quantile((p + error).min(1.0 - 1e-6)));
            let range = (low * (1.0 - BUCKET), high * (1.0 + BUCKET) + path);
            self.within((case, &format!("{name} ms")), quantile(p), time(summary, "response", name), range);
        }
    }

    /// Notes the share of `k` in `n` against a probability: four binomial deviations.
    fn share(&mut self, case: &str, what: &str, p: f64, (k, n): (u64, u64)) {
        let error = 4.0 * (p * (1.0 - p) / n as f64).sqrt();
        self.within((case, what), p, k as f64 / n as f64, (p - error, p + error));
    }
}

/// By nearest rank, from sorted values.
fn rank(sorted: &[f64], position: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank of a list")]
    let rank = (position.ceil() as usize).clamp(1, sorted.len());
    sorted[rank - 1]
}

/// A time of the totals in milliseconds.
fn time(summary: &Value, timing: &str, name: &str) -> f64 {
    let value = summary["total"][timing][format!("{name}_ms")].as_f64();
    value.unwrap_or_else(|| panic!("no {name} of {timing} in {}", summary["total"]))
}

/// A mock that keeps the times of all requests.
fn target(json: &str) -> Running {
    let config = MockConfig::from_json("mock.json", json).expect("it is valid");
    start(Config::mock(config).exact_times()).expect("a free port")
}

/// Loads `target` from its beginning; again if the machine disturbed brunt.
fn drive(target: &Running, load: &[&str]) -> Value {
    let context = brunt();
    let url = at(target, "/");
    summary(&undisturbed(|| {
        target.reset();
        context.run(&[&["run", "--json", "--no-record", &url], load].concat())
    }))
}

/// What the target took for each answer, in milliseconds, by its own clock.
fn served(target: &Running) -> Vec<f64> {
    target.stats().times.iter().map(|t| (t.answered_ns - t.arrived_ns) as f64 / 1e6).collect()
}

/// The instants of `n` arrivals at a constant rate, in milliseconds.
fn arrivals(per_second: f64, n: u32) -> impl Iterator<Item = f64> {
    (0..n).map(move |i| f64::from(i) * 1_000.0 / per_second)
}

#[test]
fn accuracy() {
    if !asked_for() {
        return;
    }
    let mut findings = Findings::new();
    constant(&mut findings);
    bimodal(&mut findings);
    stall(&mut findings);
    overload(&mut findings);
    queue(&mut findings);
    errors(&mut findings);
    slow_bodies(&mut findings);
    resets(&mut findings);
    println!("{}", findings.table);
    assert!(findings.wrong.is_empty(), "\n{}", findings.wrong.join("\n"));
}

fn constant(findings: &mut Findings) {
    let case = "constant 5 ms, 500/s";
    let target = target(r#"{"routes": [{"path": "/", "latency": {"constant": "5ms"}}]}"#);
    let summary = drive(&target, &["--rate", "500", "-d", "8s"]);
    findings.exactly(case, "requests", 4_000, count(&summary, "/total/requests"));
    findings.percentiles(case, &summary, vec![5.0; 4_000], BUCKET);
    findings.percentiles("  by the target's clock", &summary, served(&target), BUCKET);
}

fn bimodal(findings: &mut Findings) {
    let case = "5 ms, 80 ms in 10 %, 500/s";
    let json = r#"{"routes": [{"path": "/", "latency": {"bimodal":
        {"fast": "5ms", "slow": "80ms", "slow_share": 0.1}}}]}"#;
    let target = target(json);
    let summary = drive(&target, &["--rate", "500", "-d", "8s"]);
    findings.exactly(case, "requests", 4_000, count(&summary, "/total/requests"));
    findings.quantiles(case, &summary, 4_000, |p| if p <= 0.9 { 5.0 } else { 80.0 });
    findings.percentiles("  by the target's clock", &summary, served(&target), BUCKET);
    // p90 and the mean know the share: with a share s of slow ones the mean is 5 + 75 s.
    let mean = summary["total"]["response"]["mean_ms"].as_f64().expect("a mean");
    let error = 4.0 * 75.0 * (0.1_f64 * 0.9 / 4_000.0).sqrt();
    findings.within((case, "mean ms"), 12.5, mean, (12.5 - error, 12.5 + error + PATH_P50));
}

/// The stall of the issue: frozen for 1 s every 10 s, at 500/s. The load phase lasts from 5 s to 35 s and so sees three
/// freezes: exactly a tenth of the arrivals, each waiting until its freeze is over.
fn stall(findings: &mut Findings) {
    let case = "stall 1 s in 10 s, 500/s";
    let json = r#"{"routes": [{"path": "/", "latency": {"constant": "1ms"}}], "stall": {"every": "10s", "lasts": "1s"}}"#;
    let target = target(json);
    let summary = drive(&target, &["--rate", "500", "-d", "35s", "--warm-up", "5s"]);
    let response = |at: f64| {
        let into = at % 10_000.0;
        // What arrives in the freeze is read at its end, and takes its time from then.
        if at >= 10_000.0 && into < 1_000.0 { 1_000.0 - into + 1.0 } else { 1.0 }
    };
    let truth: Vec<f64> = arrivals(500.0, 17_500).filter(|at| *at >= 5_000.0).map(response).collect();
    let waiting = truth.iter().filter(|t| **t > 1.0).count();
    assert_eq!((truth.len(), waiting), (15_000, 1_500), "a tenth waits");
    findings.exactly(case, "requests", 15_000, count(&summary, "/total/requests"));
    // Each freeze ends in a burst of 500 requests, which the target reads one after the other.
    let drain = drain(&target);
    findings.within((case, "burst drained ms"), 0.0, drain, (0.0, 100.0));
    for (name, p, path) in [("p50", 0.50, PATH_P50), ("p95", 0.95, drain), ("p99", 0.99, drain)] {
        let mut sorted = truth.clone();
        sorted.sort_by(f64::total_cmp);
        let value = rank(&sorted, p * sorted.len() as f64);
        let range = (value * 0.98, value * 1.02 + path);
        findings.within((case, &format!("{name} ms")), value, time(&summary, "response", name), range);
    }
    let mean = truth.iter().sum::<f64>() / truth.len() as f64;
    let measured = summary["total"]["response"]["mean_ms"].as_f64().expect("a mean");
    findings.within((case, "mean ms"), mean, measured, (mean * 0.98, mean * 1.02 + PATH_P50 + drain / 10.0));
    // Every arrival had a user at once, so that service and response differ by brunt's own lag alone.
    let lag = measured - summary["total"]["service"]["mean_ms"].as_f64().expect("a mean");
    findings.within((case, "mean lag ms"), 0.0, lag, (0.0, 1.0));
    without_the_schedule(findings, &target);
}

/// By the target's clock, how long it took at most to answer what a freeze of 1 s at 500/s had held up, without the
/// answers' own millisecond. A tenth of all requests are in such a burst.
fn drain(target: &Running) -> f64 {
    let mut times = target.stats().times;
    times.sort_by_key(|t| t.arrived_ns);
    let ends_freeze = |i: &usize| times[*i].arrived_ns - times[*i - 1].arrived_ns > 500_000_000;
    let bursts = (1..times.len()).filter(ends_freeze);
    let took = bursts.filter_map(|i| Some(times.get(i + 499)?.answered_ns - times[i].arrived_ns));
    took.max().map_or(0.0, |ns| (ns as f64 / 1e6 - 1.0).max(0.0))
}

/// One user who waits for every answer, at the same target: it sees one late answer a freeze, and its percentiles know
/// nothing of the stall. That is coordinated omission; an open load must not look like it.
fn without_the_schedule(findings: &mut Findings, target: &Running) {
    let summary = drive(target, &["-u", "1", "-d", "15s"]);
    findings.within(
        ("  one user, closed", "p99 ms"),
        1.0,
        time(&summary, "response", "p99"),
        (1.0, 1.0 + PATH_P99),
    );
    findings.within(
        ("  one user, closed", "max ms"),
        1_000.0,
        time(&summary, "response", "max"),
        (900.0, 1_100.0),
    );
}

/// A queue that only grows: D/D/1 with service 10 ms and an arrival every 8 ms. Arrival i begins when its predecessor is
/// done, so that it is done at 10 (i + 1) and has taken 10 + 2 i milliseconds.
fn overload(findings: &mut Findings) {
    let case = "1 server of 10 ms, 125/s";
    let json = r#"{"routes": [{"path": "/"}],
        "capacity": {"servers": 1, "service": {"constant": "10ms"}, "queue": 10000}}"#;
    let target = target(json);
    let summary = drive(&target, &["--rate", "125", "-d", "8s"]);
    let truth: Vec<f64> = (0..1_000).map(|i| 10.0 + 2.0 * f64::from(i)).collect();
    findings.exactly(case, "requests", 1_000, count(&summary, "/total/requests"));
    findings.exactly(case, "dropped", 0, count(&summary, "/dropped"));
    findings.percentiles(case, &summary, truth, BUCKET);
}

/// M/M/1 with λ = 120/s and μ = 200/s: times in the system are exponential with mean 1 / (μ - λ) = 12.5 ms. (Kleinrock,
/// Queueing Systems I, 3.2.) Neighbours wait in the same queue: the deviation of a mean over n of them is larger than
/// that of independent ones by the square root of about (1 + ρ) / (1 - ρ) = 4 and some more for their weight: the rank's
/// error is taken with n / 10.
fn queue(findings: &mut Findings) {
    let case = "M/M/1, 120/s of 200/s";
    let json = r#"{"seed": 3, "routes": [{"path": "/"}],
        "capacity": {"servers": 1, "service": {"exponential": {"mean": "5ms"}}, "queue": 10000}}"#;
    let target = target(json);
    let context = brunt();
    let plan =
        "actions: {all: [{get: /}]}\nseed: 5\nscenarios: {load: {rate: 120/s, poisson: true, duration: 25s}}";
    context.write("plan.yaml", format!("target: {}\n{plan}\n", target.url()));
    let summary = summary(&undisturbed(|| {
        target.reset();
        context.run(&["run", "--json", "--no-record", "plan.yaml"])
    }));
    let requests = count(&summary, "/total/requests");
    // A Poisson count: its deviation is the root of its mean.
    findings.within((case, "requests"), 3_000.0, requests as f64, (2_780.0, 3_220.0));
    findings.quantiles(case, &summary, requests / 10, |p| -12.5 * (1.0 - p).ln());
    findings.percentiles("  by the target's clock", &summary, served(&target), BUCKET);
}

fn errors(findings: &mut Findings) {
    let case = "errors 20 %, 500/s";
    let json = r#"{"routes": [{"path": "/", "latency": {"constant": "2ms"}, "failures": {"rate": 0.2, "status": 503}}]}"#;
    let target = target(json);
    let summary = drive(&target, &["--rate", "500", "-d", "6s"]);
    let failed = count(&summary, "/total/errors");
    findings.exactly(case, "requests", 3_000, count(&summary, "/total/requests"));
    findings.share(case, "error share", 0.2, (failed, 3_000));
    findings.exactly("  by the target's count", "errors", target.stats().routes[0].failures, failed);
    findings.exactly(case, "of status 503", failed, count(&summary, "/total/statuses/503"));
    // A failure takes as long as a success.
    findings.percentiles(case, &summary, vec![2.0; 3_000], BUCKET);
}

/// Ten pieces, 20 ms apart: the first byte at once, the last after 180 ms.
fn slow_bodies(findings: &mut Findings) {
    let case = "body of 10 pieces in 180 ms, 50/s";
    let json =
        r#"{"routes": [{"path": "/", "body": {"bytes": 10000}, "drip": {"pieces": 10, "every": "20ms"}}]}"#;
    let target = target(json);
    let summary = drive(&target, &["--rate", "50", "-d", "6s"]);
    findings.exactly(case, "requests", 300, count(&summary, "/total/requests"));
    findings.percentiles(case, &summary, vec![180.0; 300], BUCKET);
    let part = |name: &str| summary["total"]["parts"][name]["mean_ms"].as_f64().expect("a part");
    findings.within((case, "waiting ms"), 0.0, part("waiting"), (0.0, PATH_P95));
    findings.within((case, "receiving ms"), 180.0, part("receiving"), (179.5, 180.0 + PATH_P95));
    let bytes = count(&summary, "/total/bytes_in");
    // The heads beside the 10,000 bytes.
    findings.within((case, "bytes each"), 10_000.0, bytes as f64 / 300.0, (10_000.0, 10_300.0));
}

fn resets(findings: &mut Findings) {
    let target = start(Config::faulty()).expect("a free port");
    let context = brunt();
    let rows =
        [("/reset", "reset"), ("/reset-mid-body", "reset"), ("/mid-body", "reset"), ("/empty", "reset")];
    for (path, kind) in rows {
        let url = at(&target, path);
        let load = ["run", "--json", "--no-record", &url, "--rate", "100", "-d", "2s"];
        let summary = summary(&undisturbed(|| context.run(&load)));
        findings.exactly(path, "requests", 200, count(&summary, "/total/requests"));
        findings.exactly(path, "errors", 200, count(&summary, "/total/errors"));
        let of_kind = summary["total"]["errors_by_kind"][kind].as_u64().unwrap_or(0);
        findings.exactly(path, kind, 200, of_kind);
    }
}
