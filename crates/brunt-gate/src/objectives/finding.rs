//! From a sum to a finding: is the objective met by it?

use super::evidence::{fails_beyond_doubt, fewest};
use super::part::Part;
use super::sliding::Both;
use super::words::counted;
use brunt_objective::{Change, Limit, Objective, Reference, Statistic};

/// Whether an objective is met by what was measured.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Finding {
    /// It is.
    Held,
    /// It is not.
    Broken,
    /// There is something, and too little to say.
    TooLittle(String),
    /// There is nothing.
    NoData(String),
    /// Something beside the run is missing, as a baseline.
    Unknown(String),
}

/// The figure of a baseline, or why there is none.
pub(super) type BaselineFigure = Result<f64, String>;

/// The limit in figures.
pub(super) fn limit_of(
    objective: &Objective,
    baseline: &BaselineFigure,
    other: &Part,
) -> Result<f64, Finding> {
    let (to, change) = match &objective.limit {
        Limit::Absolute(quantity) => return Ok(quantity.figure()),
        Limit::Relative { to, change } => (to, change),
    };
    let reference = match to {
        Reference::Baseline => baseline.clone().map_err(Finding::Unknown)?,
        Reference::Measure(measure) => other
            .figure(measure.statistic)
            .ok_or_else(|| Finding::NoData(format!("`{measure}`, which it is compared with, has no data")))?,
    };
    Ok(match change {
        Change::Times(factor) => reference * factor,
        Change::Plus(quantity) => reference + quantity.figure(),
        Change::Minus(quantity) => (reference - quantity.figure()).max(0.0),
    })
}

/// Whether the objective is met by the sum of some seconds.
pub(super) fn find(objective: &Objective, baseline: &BaselineFigure, sum: &Both) -> Finding {
    let statistic = objective.measure.statistic;
    let Some(figure) = sum.own.figure(statistic) else {
        return Finding::NoData(format!("no data: {}", nothing(statistic)));
    };
    let limit = match limit_of(objective, baseline, &sum.other) {
        Ok(limit) => limit,
        Err(finding) => return finding,
    };
    let needs = fewest(statistic, objective.comparison, limit);
    let samples = sum.own.samples(statistic);
    if statistic == Statistic::Balance {
        let k = sum.own.values().len() as u64;
        if samples < 5 * k {
            return Finding::TooLittle(format!(
                "too little data: {samples} answers over {k} values, {} are needed",
                5 * k
            ));
        }
    }
    let holds = objective.comparison.holds(figure, limit);
    if samples >= needs {
        return if holds { Finding::Held } else { Finding::Broken };
    }
    if !holds && fails_beyond_doubt(statistic, objective.comparison, limit, &sum.own) {
        return Finding::Broken;
    }
    let (samples, limit) = (counted(statistic, samples), super::words::figure(statistic.dimension(), limit));
    Finding::TooLittle(format!(
        "too little data: {samples}, and {needs} are the fewest that can show {} {} {limit}",
        objective.measure.statistic,
        objective.comparison.sign(),
    ))
}

/// What was not there.
fn nothing(statistic: Statistic) -> &'static str {
    use brunt_objective::{Basis, Count, Flow, Share};
    match statistic {
        Statistic::Time { basis: Basis::Lag, .. } => "nothing was started",
        Statistic::Time { .. } => "no request that counts ended",
        Statistic::Share(Share::Errors)
        | Statistic::Count(Count::Requests | Count::Errors)
        | Statistic::Rate(Flow::Requests) => "no request ended",
        Statistic::Share(Share::Checks) => "no check was evaluated",
        Statistic::Share(Share::Drops)
        | Statistic::Count(Count::Iterations | Count::Drops)
        | Statistic::Rate(Flow::Iterations) => "no iteration was due",
        Statistic::Share(Share::Tally) | Statistic::Count(Count::Tally) | Statistic::Balance => {
            "the tally counted nothing"
        }
        Statistic::Recovery => "nothing was measured",
    }
}
