//! How the arms' runs lie in time, which decides what a comparison may claim.

use super::arm::{Arm, Run};
use serde::{Deserialize, Serialize};

/// How two arms were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// One run each, at the same time: compared stretch by stretch.
    Concurrent,
    /// In turns, as often each: compared pair by pair.
    Interleaved,
    /// At different times: compared run by run.
    Separate,
}

/// The share of both runs' time for which they must have run at once to be called concurrent.
const OVERLAP: f64 = 0.8;
/// The least number of pairs that are taken as interleaved; fewer are separate runs.
pub(super) const MIN_PAIRS: usize = 5;

/// How the arms were run, by their wall clocks.
pub fn design(baseline: &Arm<'_>, candidate: &Arm<'_>) -> Design {
    if let ([a], [b]) = (baseline.runs.as_slice(), candidate.runs.as_slice()) {
        return if overlap(a, b) >= OVERLAP { Design::Concurrent } else { Design::Separate };
    }
    match pairs(baseline, candidate) {
        Some(pairs) if pairs.len() >= MIN_PAIRS => Design::Interleaved,
        Some(_) | None => Design::Separate,
    }
}

/// The time that both ran, as a share of the longer one; 0 if a clock or a course is missing.
fn overlap(a: &Run<'_>, b: &Run<'_>) -> f64 {
    let (Some(x), Some(y), Some(_), Some(_)) = (a.span_ms(), b.span_ms(), a.course, b.course) else {
        return 0.0;
    };
    let shared = x.1.min(y.1).saturating_sub(x.0.max(y.0));
    let longer = (x.1 - x.0).max(y.1 - y.0);
    if longer == 0 { 0.0 } else { shared as f64 / longer as f64 }
}

/// The arms' runs in pairs of neighbours in time, one of each arm; `None` if they were not run in turns.
pub(super) fn pairs(baseline: &Arm<'_>, candidate: &Arm<'_>) -> Option<Vec<(usize, usize)>> {
    let starts = |arm: &Arm<'_>| -> Option<Vec<(u64, u64)>> { arm.runs.iter().map(Run::span_ms).collect() };
    let (a, b) = (starts(baseline)?, starts(candidate)?);
    if a.len() != b.len() {
        return None;
    }
    let mut all: Vec<(u64, u64, usize, usize)> = Vec::new();
    for (side, runs) in [&a, &b].into_iter().enumerate() {
        all.extend(runs.iter().enumerate().map(|(i, (start, end))| (*start, *end, side, i)));
    }
    all.sort_unstable();
    let apart = all.windows(2).all(|w| w[0].1 <= w[1].0 + SLACK_MS);
    let pair = |two: &[(u64, u64, usize, usize)]| match (two[0], two[1]) {
        ((_, _, 0, i), (_, _, 1, j)) | ((_, _, 1, j), (_, _, 0, i)) => Some((i, j)),
        _ => None,
    };
    let paired: Option<Vec<_>> = all.chunks_exact(2).map(pair).collect();
    paired.filter(|_| apart)
}

/// Runs that follow each other may overlap by what a clock in milliseconds and an end in seconds leave open.
const SLACK_MS: u64 = 1_000;
