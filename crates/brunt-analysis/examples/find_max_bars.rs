//! How well the search for the limit finds limits that are known: the table of `docs/find-max.md`.
#![expect(clippy::print_stdout, reason = "it prints a table")]

#[path = "../tests/it/queues/mod.rs"]
mod queues;

use brunt_analysis::capacity::Outcome;
use queues::searching::{Promise, goal, search};
use queues::{Server, limit_mm1, refused_mm1k, response_above_mmc, root, wait_within_md1};

const SEEDS: u64 = 100;

fn main() {
    println!(
        "| server | promise | limit | within 3 % | worst | lower bound within 3 % | trials, most | minutes of load, median |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|");
    let p95 = |limit| Promise::Latency(0.95, limit);
    let mm4 = Server { at_once: 4, ..Server::mm1(50.0) };
    let md1 = Server { exponential: false, ..Server::mm1(200.0) };
    let shedding = Server { room: Some(10), ..Server::mm1(200.0) };
    let limit_mm4 = root(10.0, 199.0, |l| response_above_mmc(l, 50.0, 4, 0.08) - 0.05);
    let limit_md1 = root(10.0, 199.0, |l| 0.95 - wait_within_md1(l, 0.005, 0.015));
    let limit_shed = root(10.0, 400.0, |l| refused_mm1k(l, 200.0, 10) - 0.01);
    let noisy = Server { noise: 0.01, ..Server::mm1(200.0) };
    let mm1 = limit_mm1(200.0, 0.95, 0.05);
    row("M/M/1, 200/s", "p95 < 50 ms", (Server::mm1(200.0), p95(0.05)), mm1);
    row("M/M/4, 4 x 50/s", "p95 < 80 ms", (mm4, p95(0.08)), limit_mm4);
    row("M/D/1, 200/s", "p95 < 20 ms", (md1, p95(0.02)), limit_md1);
    row(
        "M/M/1 with room for 10, refusing the rest",
        "errors < 1 %",
        (shedding, Promise::Refused(0.01)),
        limit_shed,
    );
    row("M/M/1 whose speed differs by 1 % from trial to trial", "p95 < 50 ms", (noisy, p95(0.05)), mm1);
}

fn row(name: &str, promise: &str, (server, promised): (Server, Promise), truth: f64) {
    let (mut within, mut lower_within, mut worst, mut most) = (0, 0, 0.0_f64, 0);
    let mut minutes = Vec::new();
    for seed in 1..=SEEDS {
        let searched = search(server, promised, &goal(20.0, 100_000.0), seed);
        most = most.max(searched.trials.len());
        minutes.push(searched.seconds / 60.0);
        if let Outcome::Found { lower, estimate, .. } = searched.outcome {
            let off = (estimate / truth - 1.0).abs();
            within += u32::from(off <= 0.03);
            lower_within += u32::from((lower / truth - 1.0).abs() <= 0.03);
            worst = worst.max(off);
        }
    }
    minutes.sort_by(f64::total_cmp);
    let median = minutes[minutes.len() / 2];
    println!(
        "| {name} | {promise} | {truth:.1}/s | {within} of {SEEDS} | {:.1} % | {lower_within} of {SEEDS} | {most} | {median:.0} |",
        worst * 100.0
    );
}
