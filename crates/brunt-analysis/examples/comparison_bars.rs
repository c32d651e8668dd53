//! Prints the error rates and the power of comparisons, by simulation: the tables of `docs/statistics.md`.
//!
//! `cargo run --release -p brunt-analysis --example comparison_bars -- [TRIALS] [SECTION]`

#![expect(clippy::print_stdout, reason = "it prints tables")]

#[path = "../tests/it/arms.rs"]
mod arms;

use arms::{FIVE_MINUTES, Load, NO_CHANGE, Plan, Rng, Truth, World, arm, arms};
use brunt_analysis::compare::{Margins, Metric, Outcome, Rules, Verdict, compare};
use brunt_analysis::stats::{ErrorWatch, LatencyWatch, Tally, clopper_pearson, quantile};

const WORLDS: [(&str, World); 5] = [
    ("i.i.d.", World::Noisy { common: 0.0, own: 0.0 }),
    ("AR(1), own noise 5 %", World::Noisy { common: 0.15, own: 0.05 }),
    ("AR(1), own noise 10 %", World::Noisy { common: 0.15, own: 0.1 }),
    ("queue M/G/4 at 70 %", World::Queue),
    ("diurnal drift", World::Diurnal),
];
const AR5: World = WORLDS[1].1;
const HALF_MINUTE: Load = Load { seconds: 30, ..FIVE_MINUTES };
const SLOWER_10: Truth = Truth { latency: 1.1, ..NO_CHANGE };

/// How often each outcome came, and how often each metric was called worse.
#[derive(Default)]
struct Counts {
    trials: u64,
    worse: u64,
    not_worse: u64,
    worse_by_metric: [u64; 5],
    same_by_metric: [u64; 5],
}

#[derive(Clone)]
struct Cell {
    plan: Plan,
    world: World,
    load: Load,
    truth: Truth,
    rules: Rules,
}

fn count(cell: &Cell, trials: u64) -> Counts {
    let mut counts = Counts { trials, ..Counts::default() };
    for seed in 1..=trials {
        let [a, b] = arms(cell.plan, cell.world, cell.load, cell.truth, seed);
        let seen = compare(&arm("a", &a), &arm("b", &b), &cell.rules);
        counts.worse += u64::from(seen.outcome == Outcome::Worse);
        counts.not_worse += u64::from(seen.outcome == Outcome::NotWorse);
        for (i, metric) in seen.total.iter().enumerate() {
            counts.worse_by_metric[i] += u64::from(metric.verdict == Verdict::Worse);
            counts.same_by_metric[i] += u64::from(matches!(metric.verdict, Verdict::Same | Verdict::Better));
        }
    }
    counts
}

/// A share of trials, with its upper 95 % limit.
fn share(hits: u64, n: u64) -> String {
    let upper = clopper_pearson(hits, n, 0.9).map_or(1.0, |i| i.high);
    format!("{:.1} (<= {:.1})", 100.0 * hits as f64 / n as f64, 100.0 * upper)
}

fn show(what: &str, counts: &Counts) {
    let each = |hits: &[u64; 5]| {
        let shares = hits.iter().map(|h| format!("{:.1}", 100.0 * *h as f64 / counts.trials as f64));
        shares.collect::<Vec<_>>().join(" / ")
    };
    println!(
        "| {what} | {} | {} | {} | {} |",
        share(counts.worse, counts.trials),
        share(counts.not_worse, counts.trials),
        each(&counts.worse_by_metric),
        each(&counts.same_by_metric),
    );
}

fn heading(what: &str) {
    let names = Metric::ALL.map(Metric::name).join(" / ");
    println!("\n### {what}\n\n| | worse, % | not worse, % | each worse: {names} | each the same or better |");
    println!("|---|---|---|---|---|");
}

fn both_designs(truth: Truth, trials: u64) {
    for (name, world) in WORLDS {
        let cell = |plan, load| Cell { plan, world, load, truth, rules: Rules::default() };
        show(&format!("{name}, concurrent 300 s"), &count(&cell(Plan::Concurrent, FIVE_MINUTES), trials));
        let turns = cell(Plan::Interleaved(10), HALF_MINUTE);
        show(&format!("{name}, in turns 10 x (30 + 30 s)"), &count(&turns, trials));
    }
}

fn no_change(trials: u64) {
    heading("No change");
    both_designs(NO_CHANGE, trials);
}

fn false_pass(trials: u64) {
    heading("Everything 10 % slower: the margin of p50 and p95");
    both_designs(SLOWER_10, trials);
    heading("Twice as many errors, 0.1 % more: their margin");
    let truth = Truth { errors: 2.0, ..NO_CHANGE };
    let cell =
        Cell { plan: Plan::Concurrent, world: AR5, load: FIVE_MINUTES, truth, rules: Rules::default() };
    show("AR(1), own noise 5 %, concurrent 300 s", &count(&cell, trials));
}

fn power(trials: u64) {
    heading("Power: concurrent, 300 s at 100 requests a second");
    let narrow = Margins { p50: 0.05, p95: 0.05, p99: 0.1, ..Margins::default() };
    for (name, world) in [("AR(1), own noise 5 %", AR5), ("AR(1), own noise 10 %", WORLDS[2].1), WORLDS[3]] {
        for (what, margins) in [("margin 10 %", Margins::default()), ("margin 5 %", narrow)] {
            for latency in [1.05, 1.1, 1.2] {
                let truth = Truth { latency, ..NO_CHANGE };
                let rules = Rules { margins, ..Rules::default() };
                let cell = Cell { plan: Plan::Concurrent, world, load: FIVE_MINUTES, truth, rules };
                show(&format!("{name}, +{:.0} %, {what}", (latency - 1.0) * 100.0), &count(&cell, trials));
            }
        }
    }
    let truth = Truth { tail: 1.5, ..NO_CHANGE };
    let cell =
        Cell { plan: Plan::Concurrent, world: AR5, load: FIVE_MINUTES, truth, rules: Rules::default() };
    show("AR(1), own noise 5 %, only the slowest 2 % +50 %", &count(&cell, trials));
}

fn separate(trials: u64) {
    heading("Separate runs of 60 s that differ by 3 %, own noise 5 %");
    let load = Load { seconds: 60, ..FIVE_MINUTES };
    for (n, m) in [(1, 1), (5, 1), (10, 1), (3, 3), (5, 5), (10, 10), (3, 10)] {
        for (what, truth) in [
            ("no change", NO_CHANGE),
            ("+10 %", SLOWER_10),
            ("+20 %", Truth { latency: 1.2, ..NO_CHANGE }),
            ("+40 %", Truth { latency: 1.4, ..NO_CHANGE }),
        ] {
            let cell =
                Cell { plan: Plan::Separate(n, m, 0.03), world: AR5, load, truth, rules: Rules::default() };
            show(&format!("{n} against {m}, {what}"), &count(&cell, trials));
        }
    }
}

/// So many of `n` independent chances of probability `p`, for small `n p`.
fn few(n: u64, p: f64, rng: &mut Rng) -> u64 {
    let (mut at, mut hits) = (rng.exponential(1.0 / p), 0);
    while at < n as f64 {
        hits += 1;
        at += rng.exponential(1.0 / p);
    }
    hits
}

/// The second of the alarm at level 5 %, if there is one.
fn watch_errors(candidate: u64, base: f64, times: f64, seconds: u64, rng: &mut Rng) -> Option<f64> {
    let mut watch = ErrorWatch::new(1.0);
    let others = 200 - candidate;
    let alarm = (1..=seconds).find(|_| {
        let a = Tally { requests: others, errors: few(others, base, rng) };
        let b = Tally { requests: candidate, errors: few(candidate, base * times, rng) };
        watch.add(a, b) >= 20.0
    });
    alarm.map(|s| s as f64)
}

fn monitors(trials: u64) {
    println!("\n### Looking every second: errors, 200 requests a second\n");
    println!(
        "| candidate's share, errors of the baseline | no change: alarms in 1 h, % | times as many: median s (p90) |"
    );
    println!("|---|---|---|");
    for (candidate, base) in [(10, 0.001), (50, 0.001), (100, 0.001), (10, 0.01)] {
        let all = |times: f64, seconds: u64| -> Vec<f64> {
            let watch = |seed| watch_errors(candidate, base, times, seconds, &mut Rng::new(seed));
            (1..=trials).filter_map(watch).collect()
        };
        let alarms = all(1.0, 3_600).len() as u64;
        let found = |times: f64, seen: &[f64]| {
            let at = |q| quantile(seen, q).unwrap_or(f64::NAN);
            let part = 100.0 * seen.len() as f64 / trials as f64;
            format!("x{times}: {:.0} ({:.0}), {part:.0} % found", at(0.5), at(0.9))
        };
        let times: Vec<String> = [2.0, 3.0, 10.0, 50.0].map(|t| found(t, &all(t, 600))).to_vec();
        println!(
            "| {} %, {} % | {} | {} |",
            candidate / 2,
            base * 100.0,
            share(alarms, trials),
            times.join("; ")
        );
    }
    println!("\n### Looking every ten seconds: p95, both at once, 100 requests a second\n");
    println!(
        "| world | no change: alarms in 1 h, % | slower from the start: median s (p90), of 10 min |\n|---|---|---|"
    );
    let hour = Load { seconds: 3_600, ..FIVE_MINUTES };
    for (name, world) in WORLDS {
        let alarms =
            (1..=trials).filter(|seed| watch_latency(world, hour, NO_CHANGE, *seed).is_some()).count() as u64;
        let found = |latency: f64| {
            let ten = Load { seconds: 600, ..FIVE_MINUTES };
            let truth = Truth { latency, ..NO_CHANGE };
            let seen: Vec<f64> =
                (1..=trials.min(200)).filter_map(|seed| watch_latency(world, ten, truth, seed)).collect();
            let at = |q| quantile(&seen, q).map_or("-".into(), |s| format!("{s:.0}"));
            let part = 100.0 * seen.len() as f64 / trials.min(200) as f64;
            format!("+{:.0} %: {} ({}), {part:.0} % found", (latency - 1.0) * 100.0, at(0.5), at(0.9))
        };
        println!("| {name} | {} | {} |", share(alarms, trials), [1.1, 1.2, 1.5].map(found).join("; "));
    }
}

/// The second of the alarm at level 5 %, if there is one, looking each ten seconds.
fn watch_latency(world: World, load: Load, truth: Truth, seed: u64) -> Option<f64> {
    let [a, b] = arms(Plan::Concurrent, world, load, truth, seed);
    let series = |run: &arms::Simulated| -> Vec<f64> {
        let p95 = |slices: &[brunt_analysis::Slice]| {
            let mut all = brunt_metrics::SparseHistogram::default();
            for cell in slices.iter().flat_map(|s| &s.measured.cells) {
                all.merge(&cell.response);
            }
            all.quantile(0.95).map_or(0.0, |v| v.as_millis_f64().ln())
        };
        run.course.slices.chunks(10).map(p95).collect()
    };
    let mut watch = LatencyWatch::new(0.0, 1.0);
    let both = series(&a[0]).into_iter().zip(series(&b[0]));
    let alarm = both.enumerate().find(|(_, (x, y))| watch.add(y - x) >= 20.0);
    alarm.map(|(slice, _)| 10.0 * (slice + 1) as f64)
}

/// An hour of 50 endpoints, judged.
#[expect(clippy::disallowed_methods, reason = "it measures how long something takes")]
fn speed(_: u64) {
    let load = Load { seconds: 3_600, per_second: 20.0, ..FIVE_MINUTES };
    let mut both = arms(Plan::Concurrent, AR5, load, NO_CHANGE, 1);
    for runs in &mut both {
        let run = &mut runs[0];
        widen(&mut run.course);
        let one = run.summary.endpoints[0].clone();
        let copy = |i: usize| {
            let mut copy = one.clone();
            copy.series.name = format!("/{i}");
            copy
        };
        run.summary.endpoints = (0..ENDPOINTS).map(copy).collect();
    }
    let before = std::time::Instant::now();
    let seen = compare(&arm("a", &both[0]), &arm("b", &both[1]), &Rules::default());
    let took = before.elapsed();
    println!(
        "\n### Speed\n\n1 h, {} endpoints, both at once: {:.0} ms",
        seen.endpoints.len(),
        took.as_secs_f64() * 1e3
    );
}

const ENDPOINTS: usize = 50;

/// The same requests at each of many endpoints.
fn widen(course: &mut brunt_analysis::Course) {
    if let Some(header) = &mut course.header {
        let one = header.endpoints[0].clone();
        header.endpoints =
            (0..ENDPOINTS).map(|i| brunt_run::SeriesName { name: format!("/{i}"), ..one.clone() }).collect();
    }
    for slice in &mut course.slices {
        let cells = std::mem::take(&mut slice.measured.cells);
        for endpoint in (0..).map(brunt_metrics::EndpointId).take(ENDPOINTS) {
            slice.measured.cells.extend(cells.iter().cloned().map(|mut cell| {
                cell.key.endpoint = endpoint;
                cell
            }));
        }
    }
}

/// A part of what is printed.
type Section = (&'static str, fn(u64));

fn main() {
    let sections: [Section; 6] = [
        ("no-change", no_change),
        ("false-pass", false_pass),
        ("power", power),
        ("separate", separate),
        ("monitors", monitors),
        ("speed", speed),
    ];
    let mut args = std::env::args().skip(1);
    let trials = args.next().and_then(|t| t.parse().ok()).unwrap_or(1_000);
    let wanted = args.next();
    for (name, section) in sections {
        if wanted.as_deref().is_none_or(|w| w == name) {
            section(trials);
        }
    }
}
