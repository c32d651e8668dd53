//! The stages of a run, found in what its schedule asked for.
//!
//! A record keeps the planned curve of each scenario, not its stages. A stage is a stretch over which the curve is
//! straight: a level, a rise, a fall. So records of every version have them, and so have other tools' results that
//! come with a curve.

use brunt_metrics::{Nanos, ScenarioId};
use brunt_run::{PhaseChange, RunHeader};

/// By how much a step of the curve may differ from the one before, as a share of the highest point, in one stage: points
/// are rates at instants, and a ramp's are rounded.
const BEND: f64 = 0.002;

/// Stages beyond this many are one: a curve that bends at every point has none.
const MAX_STAGES: usize = 100;

/// The bends of a scenario's planned curve, as offsets from its beginning, ascending, without 0.
fn bends(curve: &[f64], step: Nanos) -> Vec<Nanos> {
    let highest = curve.iter().copied().fold(0.0, f64::max);
    let slopes: Vec<f64> = curve.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut bends = Vec::new();
    let mut before: Option<f64> = None;
    for (i, slope) in slopes.iter().enumerate() {
        let straight = before.is_none_or(|b| (slope - b).abs() <= BEND * highest);
        if straight {
            before = Some(*slope);
            continue;
        }
        // A jump is one steep step between two stages: the new stage begins after it.
        let jump = slopes.get(i + 1).is_some_and(|next| {
            before.is_some_and(|b| (next - b).abs() <= BEND * highest) || next.abs() * 4.0 < slope.abs()
        });
        let at = if jump { i + 1 } else { i };
        bends.push(Nanos(step.0.saturating_mul(at as u64)));
        before = if jump { None } else { Some(*slope) };
    }
    bends.dedup();
    bends.retain(|at| *at > Nanos::ZERO);
    if bends.len() >= MAX_STAGES { Vec::new() } else { bends }
}

/// The seconds of the run at which a stage of one of the scenarios that `through` lets pass begins, as far as is known
/// when their phases began.
pub(super) fn stage_starts(
    header: &RunHeader,
    begins: &[PhaseChange],
    through: impl Fn(ScenarioId) -> bool,
) -> Vec<u64> {
    let mut starts = Vec::new();
    for (id, scenario) in (0..).map(ScenarioId).zip(&header.scenarios) {
        let begin = begins.iter().find(|c| c.scenario == id).map(|c| c.at);
        if let Some(begin) = begin.filter(|_| through(id)) {
            let offsets = bends(&scenario.curve, scenario.curve_step);
            starts.extend(
                offsets.into_iter().map(|offset| (begin + offset + Nanos::from_millis(500)).second()),
            );
        }
    }
    starts.sort_unstable();
    starts.dedup();
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_found_in_curves() {
        let level = |value: f64, n: usize| vec![value; n];
        let ramp = |from: f64, to: f64, n: usize| -> Vec<f64> {
            (0..n).map(|i| from + (to - from) * i as f64 / n as f64).collect()
        };
        for (curve, expected) in [
            (vec![], vec![]),
            (level(10.0, 30), vec![]),
            (ramp(0.0, 50.0, 30), vec![]),
            // Up in ten seconds, held for twenty, down in ten.
            ([ramp(0.0, 50.0, 10), level(50.0, 20), ramp(50.0, 0.0, 10)].concat(), vec![10, 30]),
            // Steps without a ramp.
            ([level(50.0, 10), level(100.0, 10), level(200.0, 10)].concat(), vec![10, 20]),
            // 1, quickly to 50, held, quickly back.
            (
                [level(1.0, 15), ramp(1.0, 50.0, 5), level(50.0, 30), ramp(50.0, 1.0, 5), level(1.0, 15)]
                    .concat(),
                vec![15, 20, 50, 55],
            ),
        ] {
            let found: Vec<u64> = bends(&curve, Nanos::SECOND).into_iter().map(Nanos::second).collect();
            assert_eq!(found, expected, "{curve:?}");
        }
    }
}
