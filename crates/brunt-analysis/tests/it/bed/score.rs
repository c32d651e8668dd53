//! What was said of each simulated target, beside what was planted.

use super::cases::{CASES, Case};
use super::simulate;
use brunt_analysis::{Confidence, Finding, Rules, findings};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What numbers may be away from the truth.
const WITHIN: f64 = 0.10;

/// How the cases went.
#[derive(Debug, Default)]
pub(crate) struct Score {
    pub faults: u32,
    pub top1: u32,
    pub top3: u32,
    pub healthy: u32,
    /// Confident findings in healthy runs.
    pub wrong: u32,
    pub numbers: u32,
    pub near: u32,
    /// Case by case.
    pub table: String,
    /// What went wrong, line by line.
    pub misses: String,
}

/// Simulates every case with every seed and looks at what is found.
pub(crate) fn score(seeds: std::ops::Range<u64>) -> Score {
    let rules = Rules::default();
    let mut score = Score::default();
    let _ =
        writeln!(score.table, "| Planted | Runs | First | Among three | Numbers within 10 % | Said first |");
    let _ = writeln!(score.table, "|---|---|---|---|---|---|");
    for case in CASES {
        add(&mut score, case, seeds.clone(), &rules);
    }
    score
}

fn add(score: &mut Score, case: &Case, seeds: std::ops::Range<u64>, rules: &Rules) {
    let (mut runs, mut first, mut third, mut near, mut numbers) = (0, 0, 0, 0, 0);
    let mut said: BTreeMap<String, u32> = BTreeMap::new();
    for seed in seeds {
        let (world, truth) = (case.make)(seed);
        let found = findings(&simulate(&world), rules);
        runs += 1;
        *said.entry(found.first().map_or("-".to_owned(), |f| f.id.clone())).or_default() += 1;
        if case.expected.is_empty() {
            score.healthy += 1;
            for wrong in found.iter().filter(|f| f.confidence == Confidence::High) {
                score.wrong += 1;
                let _ = writeln!(score.misses, "{} seed {seed}: {}: {}", case.name, wrong.id, wrong.claim);
            }
            continue;
        }
        let right = |f: &&Finding| case.expected.contains(&f.id.as_str());
        let place = found.iter().position(|f| right(&f));
        first += u32::from(place == Some(0));
        third += u32::from(place.is_some_and(|p| p < 3));
        if place != Some(0) {
            let ids: Vec<&str> = found.iter().take(4).map(|f| f.id.as_str()).collect();
            let _ = writeln!(score.misses, "{} seed {seed}: not first in {ids:?}", case.name);
        }
        for (name, truth) in truth {
            numbers += 1;
            let of = found.iter().filter(right).flat_map(|f| &f.evidence).flat_map(|e| &e.numbers);
            let value = of.filter(|n| n.name == name).map(|n| n.value).next();
            if value.is_some_and(|v| (v / truth - 1.0).abs() <= WITHIN) {
                near += 1;
            } else {
                let _ =
                    writeln!(score.misses, "{} seed {seed}: {name} {value:?} instead of {truth}", case.name);
            }
        }
    }
    score.numbers += numbers;
    score.near += near;
    if !case.expected.is_empty() {
        score.faults += runs;
        score.top1 += first;
        score.top3 += third;
    }
    let share = |n: u32, of: u32| if of == 0 { "-".to_owned() } else { format!("{n} of {of}") };
    let healthy = case.expected.is_empty();
    let said: Vec<String> = said.iter().map(|(id, n)| format!("{id} {n}")).collect();
    let _ = writeln!(
        score.table,
        "| {} | {runs} | {} | {} | {} | {} |",
        case.name,
        if healthy { "-".to_owned() } else { share(first, runs) },
        if healthy { "-".to_owned() } else { share(third, runs) },
        share(near, numbers),
        said.join(", ")
    );
}
