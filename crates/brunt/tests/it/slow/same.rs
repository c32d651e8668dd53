//! Comparisons of real processes: the same target on both sides, and one that is a fifth slower on one side.
//!
//! Each comparison is eight pairs of runs in turns (which of a pair comes first alternates), of the program against
//! `brunt target mock`, all by itself as processes. `AA_PAIRS` says how many comparisons of each kind there are (`40,20` is
//! the bar of `docs/statistics.md` and takes about a quarter of an hour), `AA_AT_ONCE` how many go on side by side.

use super::asked_for;
use crate::stage::{alone, brunt};
use serde_json::Value;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A target whose draws are its own: two of one seed would take the same times, request by request, and would not differ.
fn target(seed: usize) -> String {
    format!(
        r#"{{"seed": {seed}, "routes": [{{"path": "/items",
    "latency": {{"normal": {{"mean": "20ms", "deviation": "4ms"}}}}, "body": {{"bytes": 500}}}}]}}"#
    )
}

/// Pairs of runs of a comparison.
const PAIRS: usize = 8;

/// What was done to the second side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Nothing,
    /// A fifth more time for each answer.
    Slower,
}

impl Change {
    const fn faults(self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &[],
            Self::Slower => &["--fault", "slow:factor=1.2"],
        }
    }
}

/// What `brunt compare` says of the comparison of this number.
fn compared(change: Change, number: usize) -> String {
    let context = brunt().limit(Duration::from_mins(5));
    let serve = |side: usize, more: &[&str]| {
        let file = format!("target-{side}.json");
        context.write(&file, target(1 + 2 * number + side));
        context.spawn(&[&["target", "mock", "--config", &file], more].concat())
    };
    let (old, new) = (serve(0, &[]), serve(1, change.faults()));
    let url = |line: &str| line.split_once(" is at ").map(|(_, url)| format!("{}/items", url.trim()));
    let urls = [old.wait_for_line(url), new.wait_for_line(url)];
    let mut sides = [Vec::new(), Vec::new()];
    for pair in 0..PAIRS {
        let first = (pair + number) % 2;
        for side in [first, 1 - first] {
            let name = format!("{}-{pair}", ["old", "new"][side]);
            // Each run has a schedule of its own, too.
            let seed = (1 + (number * PAIRS + pair) * 2 + side).to_string();
            let run =
                ["run", &urls[side], "--rate", "100/s", "-d", "2200ms", "--seed", &seed, "-q", "-o", &name];
            let _ = context.run(&run);
            sides[side].push(name);
        }
    }
    let words = [format!("old={}", sides[0].join(",")), format!("new={}", sides[1].join(","))];
    let captured = context.run(&["compare", &words[0], &words[1], "--json"]);
    old.interrupt();
    new.interrupt();
    let _ = (old.wait(), new.wait());
    let json: Value =
        serde_json::from_str(&captured.stdout).unwrap_or_else(|e| panic!("{e}: {}", captured.stderr));
    json["outcome"].as_str().expect("an outcome").to_owned()
}

#[test]
fn the_same_is_the_same_and_slower_is_slower() {
    if !asked_for() {
        return;
    }
    let number = |name: &str, otherwise: &str| {
        let value = std::env::var_os(name).and_then(|v| v.into_string().ok());
        value.unwrap_or_else(|| otherwise.to_owned())
    };
    let pairs = number("AA_PAIRS", "1,1");
    let (same, slower) = pairs.split_once(',').expect("two numbers, as in `40,20`");
    let (same, slower): (usize, usize) = (same.parse().expect("a number"), slower.parse().expect("a number"));
    let at_once: usize = number("AA_AT_ONCE", "2").parse().expect("a number");
    let kinds = std::iter::repeat_n(Change::Nothing, same).chain(std::iter::repeat_n(Change::Slower, slower));
    let work: Vec<Change> = kinds.collect();
    let (next, said) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let _alone = alone();
    std::thread::scope(|scope| {
        for _ in 0..at_once.max(1) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(change) = work.get(number) else { break };
                    let outcome = compared(*change, number);
                    println!("{change:?}: {outcome}");
                    said.lock().expect("no panic").push((*change, outcome));
                }
            });
        }
    });
    let said = said.into_inner().expect("no panic");
    let count =
        |change: Change, outcome: &str| said.iter().filter(|s| s.0 == change && s.1 == outcome).count();
    let outcomes = ["worse", "not_worse", "inconclusive", "invalid"];
    println!("| | {} |\n|---|---|---|---|---|", outcomes.join(" | "));
    for change in [Change::Nothing, Change::Slower] {
        let counts = outcomes.map(|outcome| count(change, outcome).to_string());
        println!("| {change:?} | {} |", counts.join(" | "));
    }
    // What a disturbed machine made invalid says nothing of the procedure.
    let (judged, found) = (slower - count(Change::Slower, "invalid"), count(Change::Slower, "worse"));
    // 5 % of 40 at most by the binomial distribution's 95 % limit: an eighth.
    assert!(count(Change::Nothing, "worse") <= same / 8, "{said:?}");
    assert!(judged - found <= judged / 8, "{said:?}");
}
