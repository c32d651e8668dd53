//! The comparison of two arms.

use super::arm::{Arm, Run};
use super::conditions::conditions;
use super::design::{Design, design, pairs};
use super::effect::{Counts, bounded, concurrent, interleaved, separate};
use super::judge::{Change, Effect, Unclear, Verdict, change};
use super::metric::{Metric, Rules};
use super::outcome::{Comparison, MetricComparison, Outcome, SeriesComparison};
use super::window::{Span, Stretches, span, stretches};
use crate::stats::{benjamini_hochberg, holm, median};
use brunt_run::{Figures, SeriesName};
use std::collections::BTreeMap;

/// Compares the candidate with the baseline.
///
/// The outcome is [`Outcome::NotWorse`] if every primary metric is the same or better (each at level alpha, and no correction
/// is needed: intersection-union, Berger 1982), [`Outcome::Worse`] if one is worse when all primary ones are taken together
/// (Holm). Deterministic. Differences of conditions do not decide: whoever asks does.
pub fn compare(baseline: &Arm<'_>, candidate: &Arm<'_>, rules: &Rules) -> Comparison {
    let design = design(baseline, candidate);
    let data = Data::of(baseline, candidate, design);
    let mut total = metrics(&data, None, rules);
    let mut endpoints = series(baseline, candidate)
        .map(|series| SeriesComparison {
            metrics: metrics(&data, Some(series), rules),
            series: series.clone(),
        })
        .collect::<Vec<_>>();
    hold_primary(&mut total, rules);
    hold_exploratory(&mut endpoints, rules);
    let unfit = |arm: &Arm<'_>| -> Vec<(String, String)> {
        arm.runs.iter().filter_map(|r| Some((r.name.to_owned(), r.unfit(rules.endless)?))).collect()
    };
    let unfit = [unfit(baseline), unfit(candidate)].concat();
    let outcome = if unfit.is_empty() { outcome(&total, rules) } else { Outcome::Invalid };
    Comparison {
        baseline: baseline.name.clone(),
        baseline_runs: baseline.runs.len(),
        candidate: candidate.name.clone(),
        candidate_runs: candidate.runs.len(),
        design,
        differences: conditions(baseline, candidate),
        reasons: reasons(outcome, &total, &unfit, rules),
        unfit,
        outcome,
        total,
        endpoints,
    }
}

/// What effects are taken from.
enum Data<'a> {
    /// The stretches of both runs, of all requests and by series, and the runs themselves for their totals.
    Concurrent { a: Cut, b: Cut, runs: [&'a Run<'a>; 2] },
    /// Runs in pairs.
    Interleaved(Vec<[&'a Run<'a>; 2]>),
    /// Runs.
    Separate(Vec<&'a Run<'a>>, Vec<&'a Run<'a>>),
}

/// A run in stretches.
type Cut = (Stretches, BTreeMap<SeriesName, Stretches>);

impl<'a> Data<'a> {
    fn of(baseline: &'a Arm<'_>, candidate: &'a Arm<'_>, design: Design) -> Self {
        let all = || Self::Separate(baseline.runs.iter().collect(), candidate.runs.iter().collect());
        match design {
            Design::Concurrent => at_once(&baseline.runs[0], &candidate.runs[0]).unwrap_or_else(all),
            Design::Interleaved => {
                let pairs = pairs(baseline, candidate).unwrap_or_default();
                Self::Interleaved(
                    pairs.into_iter().map(|(i, j)| [&baseline.runs[i], &candidate.runs[j]]).collect(),
                )
            }
            Design::Separate => all(),
        }
    }

    fn runs(&self, side: usize) -> Vec<&'a Run<'a>> {
        match self {
            Self::Concurrent { runs, .. } => vec![runs[side]],
            Self::Interleaved(pairs) => pairs.iter().map(|p| p[side]).collect(),
            Self::Separate(a, b) => if side == 0 { a } else { b }.clone(),
        }
    }
}

/// Both runs cut into stretches from the first instant at which both had load.
fn at_once<'a>(a: &'a Run<'_>, b: &'a Run<'_>) -> Option<Data<'a>> {
    let (course_a, course_b) = (a.course?, b.course?);
    let (span_a, span_b) = (span(course_a)?, span(course_b)?);
    // Seconds of the earlier run that had passed when the later one began.
    let offset = |run: &Run<'_>, other: &Run<'_>| {
        (run.summary.started_unix_ms.saturating_sub(other.summary.started_unix_ms) + 500) / 1_000
    };
    let (late_a, late_b) = (offset(a, b), offset(b, a));
    let from = (span_a.from + late_a).max(span_b.from + late_b);
    let to = (span_a.to + late_a).min(span_b.to + late_b);
    let own = |late: u64| Span { from: from - late, to: to.max(from) - late };
    Some(Data::Concurrent {
        a: stretches(course_a, own(late_a)),
        b: stretches(course_b, own(late_b)),
        runs: [a, b],
    })
}

/// The series that both sides have, in the baseline's order.
fn series<'a>(baseline: &'a Arm<'_>, candidate: &'a Arm<'_>) -> impl Iterator<Item = &'a SeriesName> {
    let first = baseline.runs.first().map(|r| r.summary.endpoints.as_slice()).unwrap_or_default();
    let known = |name: &SeriesName| candidate.runs.iter().any(|r| figures(r, Some(name)).is_some());
    first.iter().map(|e| &e.series).filter(move |name| known(name))
}

fn figures<'a>(run: &'a Run<'_>, series: Option<&SeriesName>) -> Option<&'a Figures> {
    let Some(series) = series else { return Some(&run.summary.total) };
    run.summary.endpoints.iter().find(|e| e.series == *series).map(|e| &e.figures)
}

fn metrics(data: &Data<'_>, series: Option<&SeriesName>, rules: &Rules) -> Vec<MetricComparison> {
    Metric::ALL.iter().map(|metric| one(data, series, *metric, rules)).collect()
}

fn one(data: &Data<'_>, series: Option<&SeriesName>, metric: Metric, rules: &Rules) -> MetricComparison {
    let values = |side: usize| -> Vec<f64> {
        data.runs(side).iter().filter_map(|r| metric.of(figures(r, series)?)).collect()
    };
    let (a, b) = (values(0), values(1));
    let (baseline, candidate) = (median(&a), median(&b));
    let mut out = MetricComparison {
        metric,
        baseline,
        candidate,
        change: plain_change(metric, baseline, candidate),
        detectable: None,
        margin: rules.margins.of(metric),
        verdict: Verdict::Unclear(Unclear::NoData),
        p_worse: None,
        stands: false,
    };
    match effect(data, series, metric, rules) {
        Ok(effect) => {
            let judged = effect.judged(metric, rules);
            out.change = Some(change(metric, effect.estimate.value, judged.harm));
            out.detectable = Some(metric.readable(judged.detectable));
            out.verdict = judged.verdict;
            // A change in either direction is looked for among the endpoints; a primary one for the worse.
            out.p_worse = Some(judged.p_worse);
            out.stands = judged.p_worse.min(judged.p_better) <= rules.alpha;
        }
        Err(why) => out.verdict = Verdict::Unclear(why),
    }
    out
}

fn plain_change(metric: Metric, baseline: Option<f64>, candidate: Option<f64>) -> Option<Change> {
    let value = metric.readable(metric.scaled(candidate?)? - metric.scaled(baseline?)?);
    Some(Change { value, interval: None })
}

fn effect(
    data: &Data<'_>,
    series: Option<&SeriesName>,
    metric: Metric,
    rules: &Rules,
) -> Result<Effect, Unclear> {
    let value = |run: &Run<'_>| metric.scaled(metric.of(figures(run, series)?)?);
    let counts = |side: usize| {
        data.runs(side).iter().filter_map(|r| figures(r, series)).fold(Counts::default(), |sum, f| Counts {
            requests: sum.requests + f.requests,
            errors: sum.errors + f.errors,
        })
    };
    match data {
        Data::Concurrent { a, b, .. } => match series {
            None => concurrent(&a.0, &b.0, metric, rules.alpha),
            Some(name) => match (a.1.get(name), b.1.get(name)) {
                (Some(a), Some(b)) => concurrent(a, b, metric, rules.alpha),
                (None, _) | (_, None) => Err(Unclear::NoData),
            },
        },
        Data::Interleaved(pairs) => {
            let both = |p: &[&Run<'_>; 2]| Some((value(p[0])?, value(p[1])?));
            let pairs: Vec<_> = pairs.iter().filter_map(both).collect();
            interleaved(&pairs, metric).map(|e| bounded(e, metric, counts(0), counts(1), rules.alpha))
        }
        Data::Separate(a, b) => {
            let values = |runs: &[&Run<'_>]| runs.iter().filter_map(|r| value(r)).collect::<Vec<_>>();
            separate(&values(a), &values(b), metric)
                .map(|e| bounded(e, metric, counts(0), counts(1), rules.alpha))
        }
    }
}

/// Primary metrics stand by Holm's adjusted p-values.
fn hold_primary(total: &mut [MetricComparison], rules: &Rules) {
    let primary = |m: &MetricComparison| rules.primary.contains(&m.metric);
    let p: Vec<f64> = total.iter().filter(|m| primary(m)).map(|m| m.p_worse.unwrap_or(1.0)).collect();
    for (metric, p) in total.iter_mut().filter(|m| primary(m)).zip(holm(&p)) {
        if metric.verdict == Verdict::Worse {
            metric.stands = p <= rules.alpha;
        }
    }
}

/// Endpoints' changes for the worse stand if the false discovery rate allows.
fn hold_exploratory(endpoints: &mut [SeriesComparison], rules: &Rules) {
    let all = || endpoints.iter().flat_map(|e| &e.metrics);
    let p: Vec<f64> = all().filter_map(|m| m.p_worse).collect();
    let mut adjusted = benjamini_hochberg(&p).into_iter();
    for metric in endpoints.iter_mut().flat_map(|e| &mut e.metrics).filter(|m| m.p_worse.is_some()) {
        let p = adjusted.next().unwrap_or(1.0);
        if metric.verdict == Verdict::Worse {
            metric.stands = p <= rules.exploratory;
        }
    }
}

fn outcome(total: &[MetricComparison], rules: &Rules) -> Outcome {
    let mut primary = total.iter().filter(|m| rules.primary.contains(&m.metric)).peekable();
    if primary.peek().is_none() {
        return Outcome::Inconclusive;
    }
    let passes = |m: &MetricComparison| match m.verdict {
        Verdict::Same | Verdict::Better => true,
        Verdict::Worse | Verdict::Unclear(_) => false,
    };
    let (mut all, mut worse) = (true, false);
    for metric in primary {
        all &= passes(metric);
        worse |= metric.verdict == Verdict::Worse && metric.stands;
    }
    match (worse, all) {
        (true, _) => Outcome::Worse,
        (false, true) => Outcome::NotWorse,
        (false, false) => Outcome::Inconclusive,
    }
}

fn reasons(
    outcome: Outcome,
    total: &[MetricComparison],
    unfit: &[(String, String)],
    rules: &Rules,
) -> Vec<String> {
    let named = |wanted: &dyn Fn(&MetricComparison) -> bool| {
        let primary = total.iter().filter(|m| rules.primary.contains(&m.metric) && wanted(m));
        primary.map(|m| m.metric.name()).collect::<Vec<_>>().join(", ")
    };
    match outcome {
        Outcome::Invalid => {
            unfit.iter().map(|(run, why)| format!("{run} must not be judged by: {why}")).collect()
        }
        Outcome::Worse => vec![format!("worse: {}", named(&|m| m.verdict == Verdict::Worse && m.stands))],
        Outcome::NotWorse => vec!["no primary metric got worse by as much as its margin".into()],
        Outcome::Inconclusive => {
            let unclear: Vec<Unclear> = total.iter().filter_map(|m| why(m, rules)).collect();
            let mut said = vec![named(&|m| undecided(m))];
            said.extend(unclear.first().map(|u| u.sentence()));
            said
        }
    }
}

fn undecided(metric: &MetricComparison) -> bool {
    match metric.verdict {
        Verdict::Unclear(_) | Verdict::Worse => true,
        Verdict::Same | Verdict::Better => false,
    }
}

fn why(metric: &MetricComparison, rules: &Rules) -> Option<Unclear> {
    match metric.verdict {
        Verdict::Unclear(why) if rules.primary.contains(&metric.metric) => Some(why),
        Verdict::Unclear(_) | Verdict::Same | Verdict::Better | Verdict::Worse => None,
    }
}

impl Unclear {
    /// In words, with what to do.
    pub fn sentence(self) -> String {
        match self {
            Self::OneRunEach => {
                "one run each, at different times: run-to-run variation unknown. Run the baseline 5 \
                                 times, or both at once, or both in turns"
                    .into()
            }
            Self::TooFewRuns { have, need } => {
                format!("{have} runs are too few to know how much runs differ: {need} are needed")
            }
            Self::TooShort { need_seconds } => {
                format!("too short, or too few requests: needs some {need_seconds} s at this rate")
            }
            Self::Noisy { times } => {
                format!("too noisy for the margin: some {times:.1} times as much data would decide")
            }
            Self::OneAgainstMany => {
                "the baseline's runs differ by more than what one run could show: repeat the single run"
                    .into()
            }
            Self::NoData => "one side has no value".into(),
        }
    }
}
