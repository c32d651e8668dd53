//! Prints the confusion table of docs/findings.md: `cargo run --release -p brunt-analysis --example findings_table [SEEDS]`,
//! or with the name of a case after the seeds, all that is found there.

#[path = "../tests/it/bed/mod.rs"]
mod bed;

/// Others than the detectors were made with, which were the first forty; one threshold was tightened after one of these.
const FIRST_SEED: u64 = 2_000;

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn main() {
    let seeds: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(20);
    if let Some(case) = std::env::args().nth(2) {
        return explain(&case, seeds);
    }
    let score = bed::score::score(FIRST_SEED..FIRST_SEED + seeds);
    println!("{}", score.table);
    println!("first: {} of {}", score.top1, score.faults);
    println!("among three: {} of {}", score.top3, score.faults);
    println!("confident findings in healthy runs: {} in {}", score.wrong, score.healthy);
    println!("numbers within 10 %: {} of {}", score.near, score.numbers);
    println!("\n{}", score.misses);
}

#[expect(clippy::print_stdout, reason = "printing is what it is for")]
fn explain(case: &str, seeds: u64) {
    for case in bed::cases::CASES.iter().filter(|c| c.name.contains(case)) {
        for seed in FIRST_SEED..FIRST_SEED + seeds {
            let (world, truth) = (case.make)(seed);
            println!("# {} seed {seed}: {truth:?}", case.name);
            for f in brunt_analysis::findings(&bed::simulate(&world), &brunt_analysis::Rules::default()) {
                let part = f.part_of.map(|p| format!(" (part of {p})")).unwrap_or_default();
                println!("  {:?} {:?} {}{part}: {}", f.confidence, f.severity, f.id, f.claim);
                for n in f.evidence.iter().flat_map(|e| &e.numbers) {
                    println!("      {} = {} {} {:?}", n.name, n.value, n.unit, n.interval);
                }
            }
        }
    }
}
