//! Objectives held against totals alone: a summary without its seconds.
//!
//! Totals have percentiles and no histograms. So figures of several endpoints cannot be put together where they are
//! percentiles; nothing is known of windows; and times are those of all requests, the failed ones too.

use super::evidence::wilson;
use super::finding::{BaselineFigure, Finding, find};
use super::outcome::{blank, settle};
use super::part::Part;
use super::selection::{Selection, series};
use super::sliding::Both;
use super::words::counted;
use brunt_metrics::Second;
use brunt_objective::{
    Basis, Count, FilterKey, Flow, Limit, Measure, Objective, Point, Reference, Share, Statistic, Window,
};
use brunt_run::{
    Figures, LatencyFigures, ObjectiveOutcome, RunEvent, RunHeader, RunView, SeriesName, Summary,
};

/// A run that another one is compared with: its name, its totals, and what measures are taken of.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineFigures {
    /// What it is called, where it is told.
    pub name: String,
    /// Its totals.
    pub summary: Summary,
    /// All of its seconds as one; `None` where its source has only totals.
    whole: Option<Box<Whole>>,
}

/// A run as one second: no more than what each endpoint's requests came to, by phase and ending.
#[derive(Clone, Debug, Default, PartialEq)]
struct Whole {
    header: Option<Box<RunHeader>>,
    second: Second,
}

impl BaselineFigures {
    /// Of totals alone: its times are those of all requests, the failed ones too.
    pub fn of_totals(name: String, summary: Summary) -> Self {
        Self { name, summary, whole: None }
    }

    /// Of a run's events; `None` if they say nothing of the run.
    pub fn of_events(events: impl IntoIterator<Item = RunEvent>) -> Option<Self> {
        let (mut all, mut whole) = (RunView::default(), Whole::default());
        for event in events {
            all.apply(&event);
            match event {
                RunEvent::Started(header) => whole.header = Some(header),
                RunEvent::Second(second) => whole.second.merge(&second),
                RunEvent::Phase(_)
                | RunEvent::Host(_)
                | RunEvent::ResourceSeries(_)
                | RunEvent::Resources(_)
                | RunEvent::ErrorDetail(_)
                | RunEvent::Warning(_)
                | RunEvent::Mark(_)
                | RunEvent::Verdict(_)
                | RunEvent::Finished(_) => {}
            }
        }
        let summary = Summary::of(&all)?;
        Some(Self { name: format!("`{}`", summary.id), summary, whole: Some(Box::new(whole)) })
    }

    /// The figure of a measure: milliseconds, percent, events per second, events.
    pub(super) fn figure(&self, measure: &Measure) -> BaselineFigure {
        let of_requests = match measure.statistic {
            Statistic::Time { basis: Basis::Response | Basis::Service, .. }
            | Statistic::Share(Share::Errors)
            | Statistic::Count(Count::Requests | Count::Errors) => true,
            Statistic::Time { basis: Basis::Lag, .. }
            | Statistic::Share(Share::Checks | Share::Drops | Share::Tally)
            | Statistic::Count(Count::Iterations | Count::Drops | Count::Tally)
            | Statistic::Rate(_)
            | Statistic::Balance
            | Statistic::Recovery => false,
        };
        let figure = match self.whole.as_deref() {
            // By the code that measures the run itself.
            Some(Whole { header: Some(header), second }) if of_requests => {
                let selection = Selection::of(measure, header);
                Part::of(measure.statistic, &selection, second, 0.0).figure(measure.statistic)
            }
            Some(_) | None => {
                let total = total_of(&self.summary, measure);
                total.map_err(|why| format!("baseline {}: {why}", self.name))?.figure
            }
        };
        figure.ok_or_else(|| format!("baseline {}: it has no data for `{measure}`", self.name))
    }
}

/// A figure of totals.
#[derive(Clone, Debug, Default)]
struct Total {
    figure: Option<f64>,
    samples: u64,
    /// For shares: the part, of `samples`.
    hits: Option<u64>,
    /// For balances.
    values: Vec<(String, u64)>,
    notes: Vec<String>,
}

/// Holds objectives against totals. Objectives about windows or stages are not judged, nor is a recovery.
pub fn judge_summary(
    objectives: &[Objective],
    summary: &Summary,
    baseline: Option<&BaselineFigures>,
) -> Vec<ObjectiveOutcome> {
    objectives.iter().map(|objective| judge_one(objective, summary, baseline)).collect()
}

fn judge_one(
    objective: &Objective,
    summary: &Summary,
    baseline: Option<&BaselineFigures>,
) -> ObjectiveOutcome {
    let mut outcome = blank(objective);
    let statistic = objective.measure.statistic;
    if objective.window != Window::Run || statistic == Statistic::Recovery {
        let why = "the source has no course over time".to_owned();
        settle(objective, &mut outcome, Finding::Unknown(why));
        return outcome;
    }
    let total = match total_of(summary, &objective.measure) {
        Ok(total) => total,
        Err(why) => {
            settle(objective, &mut outcome, Finding::Unknown(why));
            return outcome;
        }
    };
    outcome.samples = total.samples;
    outcome.measured = total.figure;
    outcome.notes.clone_from(&total.notes);
    outcome.interval = total.hits.and_then(|hits| wilson(hits, total.samples));
    if outcome.interval.is_some() {
        outcome.notes.push(
            "totals: the interval takes failures as independent of each other; bursts make it wider".into(),
        );
    }
    let limit = match &objective.limit {
        Limit::Absolute(quantity) => Ok(quantity.figure()),
        Limit::Relative { to: Reference::Baseline, .. } => super::finding::limit_of(
            objective,
            &super::baseline_figure(objective, baseline),
            &Part::default(),
        ),
        Limit::Relative { to: Reference::Measure(other), .. } => {
            let figure = total_of(summary, other).map_err(Finding::Unknown);
            let figure = figure
                .and_then(|t| t.figure.ok_or_else(|| Finding::NoData(format!("no data for `{other}`"))));
            // As if the other measure were a baseline: the change is applied in the same way.
            let to = Limit::Relative { to: Reference::Baseline, change: change_of(objective) };
            let as_baseline = Objective { limit: to, ..objective.clone() };
            figure.and_then(|f| super::finding::limit_of(&as_baseline, &Ok(f), &Part::default()))
        }
    };
    let finding = match limit {
        Err(finding) => finding,
        Ok(limit) => {
            outcome.limit = Some(limit);
            weigh(objective, &total, limit)
        }
    };
    settle(objective, &mut outcome, finding);
    outcome
}

fn change_of(objective: &Objective) -> brunt_objective::Change {
    match &objective.limit {
        Limit::Relative { change, .. } => *change,
        Limit::Absolute(_) => brunt_objective::Change::Times(1.0),
    }
}

fn weigh(objective: &Objective, total: &Total, limit: f64) -> Finding {
    let statistic = objective.measure.statistic;
    let Some(figure) = total.figure else {
        return Finding::NoData("no data".into());
    };
    if let Some(hits) = total.hits {
        // Shares are whole again from their parts: the same rules as for a course.
        let own = if statistic == Statistic::Balance {
            Part::of_values(total.values.iter().cloned())
        } else {
            Part { hits, total: total.samples, ..Part::default() }
        };
        let absolute = Objective {
            limit: Limit::Absolute(brunt_objective::Quantity::Percent(limit)),
            ..objective.clone()
        };
        return find(&absolute, &Err(String::new()), &Both { own, other: Part::default() });
    }
    let needs = super::evidence::fewest(statistic, objective.comparison, limit);
    if total.samples < needs {
        let samples = counted(statistic, total.samples);
        return Finding::TooLittle(format!(
            "too little data: {samples}, and {needs} are the fewest that can show {statistic} {} {}",
            objective.comparison.sign(),
            super::words::figure(statistic.dimension(), limit),
        ));
    }
    if objective.comparison.holds(figure, limit) { Finding::Held } else { Finding::Broken }
}

/// The figure that totals have for a measure, or why they have none.
fn total_of(summary: &Summary, measure: &Measure) -> Result<Total, String> {
    let told = |what: &str| Err(format!("totals do not tell requests apart by {what}"));
    let filters = &measure.filters;
    for key in [FilterKey::Phase, FilterKey::Status] {
        if filters.has(key) {
            return told(key.word());
        }
    }
    match measure.statistic {
        Statistic::Time { basis: Basis::Lag, point } => {
            // Every iteration has one.
            let starts = summary.scenarios.iter().map(|s| s.started).sum::<u64>();
            Ok(Total { figure: latency(&summary.lag, point)?, samples: starts, ..Total::default() })
        }
        Statistic::Time { basis, point } => time(summary, measure, basis, point),
        Statistic::Share(Share::Errors) | Statistic::Count(Count::Errors) => {
            let of = figures(summary, measure);
            let samples: u64 = of.iter().map(|f| f.requests).sum();
            let hits: u64 = of.iter().map(|f| errors(f, measure)).sum();
            let count = matches!(measure.statistic, Statistic::Count(_));
            Ok(if count { counts(hits, samples) } else { share(hits, samples) })
        }
        Statistic::Count(Count::Requests) | Statistic::Rate(Flow::Requests) => {
            if filters.has(FilterKey::Outcome) || filters.has(FilterKey::Error) {
                return told("how they ended");
            }
            let of = figures(summary, measure);
            let requests: u64 = of.iter().map(|f| f.requests).sum();
            let ms = of.iter().map(|f| f.measured_ms).fold(0.0, f64::max);
            let rate = matches!(measure.statistic, Statistic::Rate(_));
            let figure =
                if rate { (ms > 0.0).then(|| requests as f64 * 1e3 / ms) } else { Some(requests as f64) };
            Ok(Total { figure: figure.filter(|_| requests > 0), samples: requests, ..Total::default() })
        }
        Statistic::Share(Share::Checks) => {
            let own = summary.checks.iter().filter(|c| {
                let of = c.series.as_ref().is_none_or(|s| series(filters, s));
                of && filters.let_through(FilterKey::Check, |v| v == c.check)
            });
            let (passed, failed) = own.fold((0, 0), |(p, f), c| (p + c.passed, f + c.failed));
            Ok(share(passed, passed + failed))
        }
        Statistic::Share(Share::Drops)
        | Statistic::Count(Count::Drops | Count::Iterations)
        | Statistic::Rate(Flow::Iterations) => Ok(iterations(summary, measure)),
        Statistic::Share(Share::Tally) | Statistic::Count(Count::Tally) | Statistic::Balance => {
            Ok(tally(summary, measure))
        }
        Statistic::Recovery => Err("the source has no course over time".into()),
    }
}

/// The figures of all endpoints that the filters let through; of the total, if they let everything through.
fn figures<'s>(summary: &'s Summary, measure: &Measure) -> Vec<&'s Figures> {
    let keys = [
        FilterKey::Scenario,
        FilterKey::Action,
        FilterKey::Method,
        FilterKey::Name,
        FilterKey::Endpoint,
        FilterKey::Tag,
    ];
    if !keys.iter().any(|key| measure.filters.has(*key)) {
        return vec![&summary.total];
    }
    let through = |name: &SeriesName| series(&measure.filters, name);
    summary.endpoints.iter().filter(|e| through(&e.series)).map(|e| &e.figures).collect()
}

fn time(summary: &Summary, measure: &Measure, basis: Basis, point: Point) -> Result<Total, String> {
    if measure.filters.has(FilterKey::Group) {
        let groups: Vec<_> = summary.groups.iter().filter(|g| series(&measure.filters, &g.series)).collect();
        let pairs: Vec<_> = groups.iter().map(|g| (&g.duration, g.count)).collect();
        return joined(&pairs, point);
    }
    let of = figures(summary, measure);
    let errors: u64 = of.iter().map(|f| f.errors).sum();
    let says = measure.filters.has(FilterKey::Error)
        || (measure.filters.has(FilterKey::Outcome)
            && !measure.filters.let_through(FilterKey::Outcome, |v| v == "all"));
    if says && errors > 0 {
        return Err("totals do not tell times apart by how requests ended".into());
    }
    let pairs: Vec<_> = of
        .iter()
        .map(|f| (if basis == Basis::Service { &f.service } else { &f.response }, f.requests))
        .collect();
    let mut total = joined(&pairs, point)?;
    if errors > 0 && !measure.filters.has(FilterKey::Outcome) {
        total.notes.push(format!("totals: the times of {errors} failed requests are among them"));
    }
    Ok(total)
}

/// A point of the union of distributions of which only points are known.
fn joined(of: &[(&LatencyFigures, u64)], point: Point) -> Result<Total, String> {
    let samples: u64 = of.iter().map(|(_, n)| n).sum();
    let figure = match (of, point) {
        ([], _) => None,
        ([(one, _)], _) => latency(one, point)?,
        (_, Point::Percentile(_)) => {
            return Err(format!("percentiles of {} endpoints cannot be put together", of.len()));
        }
        (_, Point::Average) => {
            let sum: f64 = of.iter().filter_map(|(l, n)| Some(l.mean_ms? * *n as f64)).sum();
            (samples > 0).then(|| sum / samples as f64)
        }
        (_, Point::Minimum) => of.iter().filter_map(|(l, _)| l.min_ms).reduce(f64::min),
        (_, Point::Maximum) => of.iter().filter_map(|(l, _)| l.max_ms).reduce(f64::max),
    };
    Ok(Total { figure, samples, ..Total::default() })
}

fn latency(of: &LatencyFigures, point: Point) -> Result<Option<f64>, String> {
    Ok(match point {
        Point::Average => of.mean_ms,
        Point::Minimum => of.min_ms,
        Point::Maximum => of.max_ms,
        Point::Percentile(p) => {
            let known = [
                (50.0, of.p50_ms),
                (75.0, of.p75_ms),
                (90.0, of.p90_ms),
                (95.0, of.p95_ms),
                (99.0, of.p99_ms),
                (99.9, of.p99_9_ms),
            ];
            let found = known.iter().find(|(rank, _)| f64::total_cmp(rank, &p.value()).is_eq());
            match found {
                Some((_, value)) => *value,
                None => return Err(format!("totals have p50, p75, p90, p95, p99 and p99.9, and no {point}")),
            }
        }
    })
}

/// Errors of the kinds that filters let through.
fn errors(of: &Figures, measure: &Measure) -> u64 {
    if !measure.filters.let_through(FilterKey::Outcome, |v| v != "ok") {
        return 0;
    }
    if !measure.filters.has(FilterKey::Error) {
        return of.errors;
    }
    let kinds = of.errors_by_kind.iter();
    kinds
        .filter(|(kind, _)| measure.filters.let_through(FilterKey::Error, |v| v == *kind))
        .map(|(_, n)| n)
        .sum()
}

fn share(hits: u64, samples: u64) -> Total {
    let figure = (samples > 0).then(|| 100.0 * hits as f64 / samples as f64);
    Total { figure, samples, hits: Some(hits), ..Total::default() }
}

fn counts(n: u64, samples: u64) -> Total {
    Total { figure: Some(n as f64), samples, ..Total::default() }
}

fn iterations(summary: &Summary, measure: &Measure) -> Total {
    let through = |name: &str| measure.filters.let_through(FilterKey::Scenario, |v| v == name);
    let own = || summary.scenarios.iter().filter(|s| through(&s.name));
    let ended: u64 = own().map(|s| s.completed + s.failed).sum();
    let (due, dropped): (u64, u64) = (own().map(|s| s.due).sum(), own().map(|s| s.dropped).sum());
    match measure.statistic {
        Statistic::Share(_) => share(dropped, due),
        Statistic::Count(Count::Drops) => counts(dropped, due),
        Statistic::Rate(_) => {
            let ms = summary.total.measured_ms;
            let figure = (ms > 0.0 && ended > 0).then(|| ended as f64 * 1e3 / ms);
            Total { figure, samples: ended, ..Total::default() }
        }
        Statistic::Time { .. } | Statistic::Count(_) | Statistic::Balance | Statistic::Recovery => {
            counts(ended, ended)
        }
    }
}

fn tally(summary: &Summary, measure: &Measure) -> Total {
    let named = |name: &str| measure.filters.let_through(FilterKey::Tally, |v| v == name);
    let values = summary.tallies.iter().filter(|t| named(&t.name)).flat_map(|t| &t.values);
    let values: Vec<(String, u64)> = values.map(|v| (v.value.clone(), v.count)).collect();
    let samples: u64 = values.iter().map(|(_, n)| n).sum();
    let through = |value: &str| measure.filters.let_through(FilterKey::Value, |v| v == value);
    let hits: u64 = values.iter().filter(|(value, _)| through(value)).map(|(_, n)| n).sum();
    match measure.statistic {
        Statistic::Balance => {
            let figure = Part::of_values(values.iter().cloned()).figure(Statistic::Balance);
            Total { figure, samples, hits: Some(hits), values, ..Total::default() }
        }
        Statistic::Count(_) => counts(hits, samples),
        Statistic::Time { .. } | Statistic::Share(_) | Statistic::Rate(_) | Statistic::Recovery => {
            share(hits, samples)
        }
    }
}
