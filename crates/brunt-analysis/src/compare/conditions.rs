//! Were both arms asked the same question, under the same circumstances?

use super::arm::{Arm, Run};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a difference means for a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The load, or the machine that made it, was another one: figures may differ for this reason alone.
    Question,
    /// It is expected to differ, or rarely matters: said, and no more.
    Note,
}

/// What differed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What: `schedule`, `cpu`.
    pub what: String,
    /// The baseline's, all its runs'.
    pub baseline: String,
    /// The candidate's.
    pub candidate: String,
    /// What it means.
    pub weight: Weight,
}

/// Facts of the machine whose change makes latencies another's; the others only may.
const MACHINE: [&str; 5] = ["os", "arch", "cpu", "cores", "memory_mib"];
/// Facts that are looked at as circumstances. What else a record holds (its tool's word on the number of workers) is not.
const CIRCUMSTANCES: [&str; 5] = ["brunt", "build", "kernel", "tool_version", "cpu_governor"];
/// Lengths that differ by less are the same.
const SAME_LENGTH: f64 = 0.05;

/// How the question and its circumstances differed between the arms, those that matter most first. Where the runs of one
/// arm differ among themselves, all their values are named.
pub fn conditions(baseline: &Arm<'_>, candidate: &Arm<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut look = |what: &str, weight: Weight, value: &dyn Fn(&Run<'_>) -> Option<String>| {
        let words = |arm: &Arm<'_>| -> BTreeSet<String> { arm.runs.iter().filter_map(value).collect() };
        let (a, b) = (words(baseline), words(candidate));
        // What one side does not know is no difference.
        if a != b && !a.is_empty() && !b.is_empty() {
            let join = |words: BTreeSet<String>| words.into_iter().collect::<Vec<_>>().join(" | ");
            found.push(Difference { what: what.into(), baseline: join(a), candidate: join(b), weight });
        }
    };
    look("tool", Weight::Question, &|r| {
        Some(r.summary.environment.get("tool").map_or("brunt", |t| t).to_owned())
    });
    look("plan", Weight::Question, &|r| r.plan.map(|p| format!("{:08x}", p & 0xFFFF_FFFF)));
    look("name", Weight::Note, &|r| Some(r.summary.name.clone()).filter(|n| !n.is_empty()));
    look("profile", Weight::Question, &|r| r.summary.profile.clone());
    look("schedule", Weight::Question, &|r| schedule(r));
    look("endpoints", Weight::Question, &|r| endpoints(r));
    look("simulated", Weight::Question, &|r| Some(r.summary.simulated.to_string()));
    for fact in MACHINE {
        look(fact, Weight::Question, &|r| r.summary.environment.get(fact).cloned());
    }
    look("target", Weight::Note, &|r| Some(r.summary.targets.join(", ")).filter(|t| !t.is_empty()));
    // Several runs of one side have seeds of their own, as they should.
    if baseline.runs.len() == 1 && candidate.runs.len() == 1 {
        look("seed", Weight::Note, &|r| (r.summary.seed != 0).then(|| r.summary.seed.to_string()));
    }
    look("workers", Weight::Note, &|r| (r.summary.workers != 0).then(|| r.summary.workers.to_string()));
    for fact in CIRCUMSTANCES {
        look(fact, Weight::Note, &|r| r.summary.environment.get(fact).cloned());
    }
    found.extend(length(baseline, candidate));
    found.sort_by_key(|d| d.weight);
    found
}

fn schedule(run: &Run<'_>) -> Option<String> {
    let words = |s: &brunt_run::ScenarioFigures| format!("{}: {}", s.name, s.executor);
    let all: Vec<String> = run.summary.scenarios.iter().map(words).collect();
    Some(all.join("; ")).filter(|w| !w.is_empty())
}

fn endpoints(run: &Run<'_>) -> Option<String> {
    let labels: BTreeSet<String> = run.summary.endpoints.iter().map(|e| e.series.label()).collect();
    Some(labels.into_iter().collect::<Vec<_>>().join(", ")).filter(|w| !w.is_empty())
}

/// A difference of the time for which load was measured, if it is more than some percent.
fn length(baseline: &Arm<'_>, candidate: &Arm<'_>) -> Option<Difference> {
    let seconds = |arm: &Arm<'_>| {
        let all: Vec<f64> = arm.runs.iter().map(|r| r.summary.total.measured_ms / 1e3).collect();
        crate::stats::median(&all).filter(|s| *s > 0.0)
    };
    let (a, b) = (seconds(baseline)?, seconds(candidate)?);
    let differ = (a / b - 1.0).abs() > SAME_LENGTH && (b / a - 1.0).abs() > SAME_LENGTH;
    let words = |s: f64| format!("{s:.0} s");
    differ.then(|| Difference {
        what: "length".into(),
        baseline: words(a),
        candidate: words(b),
        weight: Weight::Note,
    })
}
