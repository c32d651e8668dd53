//! The accuracy suite: what brunt measures over real sockets, held against what is known of the target. Beside it `real`:
//! an example suite against a system of real parts.
//!
//! Runs only where `RUN_SLOW_TESTS` is set, takes about three minutes, and prints truth beside measurement:
//! `RUN_SLOW_TESTS=1 cargo test --release -p brunt --test it slow -- --nocapture`.
//!
//! **Truth** is derived from the target's configuration and the load's schedule, never from brunt. Where chance is in
//! it (which request is slow, which fails), the target's own list of what it served is the yardstick too.
//!
//! **Tolerance** of a time has three parts. *Relative*: 0.1 %, the width of a histogram's bucket, where truth is a
//! single value; 2 % where the percentile moves with the phase of the schedule against the target's clock, as with
//! stalls. *Sampling*: where a distribution is drawn from, the percentile p of n values lies between the values of rank
//! `n p ± 4 sqrt(n p (1 - p))` (normal approximation of the order statistic's binomial rank; four deviations fail once in
//! 16,000 times). *Path*: what is outside of the target's clock: both ways through the loopback, the target's own timer
//! (0.1 ms by its documentation) and the scheduler of a machine with two processors that run target, brunt and tests:
//! `PATH_P50`, `PATH_P95`, `PATH_P99`, which a quiet machine stays far below. It only ever adds: a percentile
//! below the truth is wrong. After a freeze the target reads a burst of requests one after the other: how long that takes is
//! its own lateness, taken from its own clock, and printed.

mod accuracy;
mod browser;
mod cockpit;
mod find_max;
mod findings;
mod history;
mod limits;
mod metrics;
mod real;
mod same;

use crate::stage::{brunt, undisturbed};

/// Whether the slow tests are asked for; says so if not.
#[expect(clippy::print_stdout, reason = "who runs the tests is told what was left out")]
fn asked_for() -> bool {
    let asked = std::env::var_os("RUN_SLOW_TESTS").is_some();
    if !asked {
        println!("skipped: set RUN_SLOW_TESTS to run it");
    }
    asked
}

#[test]
fn the_demo_passes() {
    if !asked_for() {
        return;
    }
    let context = brunt();
    let captured = undisturbed(|| context.run(&["demo", "--quiet"])).expect_code(0);
    assert_eq!(captured.stderr, "");
    assert!(captured.stdout.starts_with("passed: "), "{}", captured.stdout);
    assert!(captured.stdout.lines().nth(1).is_some_and(|line| line.starts_with("record    brunt-runs/")));
    print!("{}", captured.stdout);
}
