//! The totals of a run as JSON: `summary.json`, and what `--json` prints at the end.
//!
//! The fields are a promise, documented in `docs/run-record.md`: names and units stay within a major
//! version, fields may be added. Times are milliseconds and end in `_ms`; rates are per second and end in
//! `_per_second`. A figure that has no value (the p99 of no requests) is `null`, never 0.
//!
//! Start with [`Summary`].

use crate::record::FormatVersion;
use crate::{
    EndpointView, Finish, LatencyView, Mark, Outlook, ResourceKind, ResourceUnit, ResourceView, RunTotals,
    RunView, SegmentView, SeriesName, TallyValueView, TallyView, Verdict, Warning,
};
use brunt_metrics::{EndpointId, EndpointKind, Nanos, Outcome, Part, PartSum, Phase, ScenarioId, Status};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The totals of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The version of this format.
    pub format: FormatVersion,
    /// The run's id.
    pub id: String,
    /// The workload's name.
    pub name: String,
    /// When it began, in milliseconds since 1970-01-01T00:00Z.
    pub started_unix_ms: u64,
    /// How long it took.
    pub elapsed_ms: f64,
    /// What everything random came from.
    pub seed: u64,
    /// Where the load went.
    pub targets: Vec<String>,
    /// How many workers produced it.
    pub workers: u32,
    /// Whether nothing was sent.
    pub simulated: bool,
    /// The profile of the plan that ran; `null` if it has none.
    #[serde(default)]
    pub profile: Option<String>,
    /// What the plan expects of the target, in its own words; not judged.
    #[serde(default)]
    pub objectives: Vec<String>,
    /// How it ended; `null` if it did not end in order.
    pub finish: Option<Finish>,
    /// What it may be taken for; `null` if that was not judged.
    pub verdict: Option<Verdict>,
    /// All requests of the load phase.
    pub total: Figures,
    /// Requests of warm-up and cool-down, counted in nothing else here.
    pub apart: PhasesApart,
    /// One entry a scenario, in the plan's order; iterations of all phases.
    pub scenarios: Vec<ScenarioFigures>,
    /// One entry an endpoint of requests, in the plan's order, also those that nothing was sent to.
    pub endpoints: Vec<EndpointFigures>,
    /// One entry a group of steps, in the plan's order, also those that nobody got to; counted in nothing else here.
    #[serde(default)]
    pub groups: Vec<GroupFigures>,
    /// One entry an endpoint of requests that brunt broke on purpose, in the plan's order; counted in nothing else here.
    #[serde(default)]
    pub injected: Vec<EndpointFigures>,
    /// One entry a tally, in the plan's order: how often each value came in the load phase.
    #[serde(default)]
    pub tallies: Vec<TallyFigures>,
    /// One entry a figure that was sampled beside the load, in the order in which they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceFigures>,
    /// One entry a check that was evaluated, all phases.
    pub checks: Vec<CheckFigures>,
    /// How late requests were started: the generator's own delay.
    pub lag: LatencyFigures,
    /// Iterations that the schedule asked for and that could not be started.
    pub dropped: u64,
    /// Requests begun, all phases. Those that did not end are in no other figure.
    pub requests_started: u64,
    /// Rows of the request log that could not be written in time.
    pub rows_lost: u64,
    /// What people should know, in order of time; the first 1,024.
    pub warnings: Vec<Warning>,
    /// What was done to the run from outside, in order of time; the first 1,024.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Between changes of the load, each with one load; empty if the run was left alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentFigures>,
    /// Versions and host facts: name to value.
    pub environment: BTreeMap<String, String>,
}

/// Requests that were measured apart from the load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhasesApart {
    /// Requests due in a warm-up.
    pub warm_up_requests: u64,
    /// Of these, those that failed.
    pub warm_up_errors: u64,
    /// Requests due in a cool-down.
    pub cool_down_requests: u64,
    /// Of these, those that failed.
    pub cool_down_errors: u64,
}

/// What was measured of a set of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Requests that ended.
    pub requests: u64,
    /// Requests that ended, over `measured_ms`; `null` if that is none.
    pub requests_per_second: Option<f64>,
    /// For how long the load phase of the endpoint's scenario lasted (in `total`: of any scenario).
    pub measured_ms: f64,
    /// Of the requests, those that failed.
    pub errors: u64,
    /// The share that failed, 0 to 1; `null` without requests.
    pub error_rate: Option<f64>,
    /// Failed requests by kind: `"request timeout": 3`.
    pub errors_by_kind: BTreeMap<String, u64>,
    /// Requests by status: `"200"`, `"5xx"` where codes were folded, `"none"` without a response.
    pub statuses: BTreeMap<String, u64>,
    /// Bytes written.
    pub bytes_out: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Times that a request was sent again because a kept connection had been closed.
    pub retries: u64,
    /// From the instant a request was due to its end.
    pub response: LatencyFigures,
    /// From the instant a request was started to its end.
    pub service: LatencyFigures,
    /// The parts of the service time, by name; those that no request had are left out.
    pub parts: BTreeMap<String, PartFigures>,
}

/// A distribution of times. All fields are `null` if nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyFigures {
    /// The exact minimum.
    pub min_ms: Option<f64>,
    /// The exact mean.
    pub mean_ms: Option<f64>,
    /// The standard deviation (population), to the histogram's precision; `null` below two values.
    pub std_dev_ms: Option<f64>,
    /// The median. Percentiles are by nearest rank, to three digits, and never above the maximum.
    pub p50_ms: Option<f64>,
    /// The 75th percentile.
    pub p75_ms: Option<f64>,
    /// The 90th percentile.
    pub p90_ms: Option<f64>,
    /// The 95th percentile.
    pub p95_ms: Option<f64>,
    /// The 99th percentile.
    pub p99_ms: Option<f64>,
    /// The 99.9th percentile.
    pub p99_9_ms: Option<f64>,
    /// The exact maximum.
    pub max_ms: Option<f64>,
}

/// One part of requests' service time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartFigures {
    /// Requests that had the part.
    pub count: u64,
    /// The exact mean over these.
    pub mean_ms: f64,
    /// The exact maximum.
    pub max_ms: f64,
}

/// What a scenario's schedule asked for, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioFigures {
    /// Its name.
    pub name: String,
    /// Its executor in words.
    pub executor: String,
    /// Whether its load followed a schedule.
    pub open: bool,
    /// Iterations that the schedule asked for.
    pub due: u64,
    /// Iterations begun.
    pub started: u64,
    /// Iterations that found no free user.
    pub dropped: u64,
    /// Iterations that ended with all requests passed.
    pub completed: u64,
    /// Iterations that ended with a failed request.
    pub failed: u64,
    /// Iterations that were cut short.
    pub cut: u64,
    /// The most users of a second: those at its beginning and those that came in it.
    pub users_max: u64,
    /// The time for which users existed, summed: divided by the elapsed time, their mean number.
    pub user_seconds: f64,
    /// Requests of its endpoints that ended in the load phase.
    pub requests: u64,
    /// Of these, those that failed.
    pub errors: u64,
}

/// What was measured of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointFigures {
    /// Its name.
    pub series: SeriesName,
    /// Its requests.
    pub figures: Figures,
}

/// How long a group of steps took as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupFigures {
    /// Its name.
    pub series: SeriesName,
    /// Passes through it that ended.
    pub count: u64,
    /// Of these, those in which a request failed.
    pub failed: u64,
    /// From the start of its first step to the end of its last.
    pub duration: LatencyFigures,
}

/// How often the values of something came in answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TallyFigures {
    /// Its name.
    pub name: String,
    /// Values counted in answers to requests of the load phase.
    pub total: u64,
    /// Values counted in answers to requests of warm-up and cool-down.
    pub apart: u64,
    /// Those of the load phase, most frequent first; `(other)` for those past the bound.
    pub values: Vec<TallyValueFigures>,
}

/// How often one value came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TallyValueFigures {
    /// The value.
    pub value: String,
    /// How often it came.
    pub count: u64,
    /// Its share of the tally's total, 0 to 1.
    pub share: f64,
}

/// A figure of the target or its surroundings. Minimum, mean and maximum are those of the values told for seconds of the
/// load phase, each second as much as any other: no percentile, and a gap counts as nothing. `null` without values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceFigures {
    /// Where it comes from.
    pub source: String,
    /// What it is.
    pub name: String,
    /// The unit of its values.
    pub unit: ResourceUnit,
    /// What it tells of.
    pub kind: ResourceKind,
    /// What it can at most be, where the source says so.
    pub limit: Option<f64>,
    /// Seconds of the load phase for which a value was told.
    pub samples: u64,
    /// The least.
    pub min: Option<f64>,
    /// The mean.
    pub mean: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The last value of any phase.
    pub last: Option<f64>,
}

impl ResourceFigures {
    /// The figures of a view's series.
    pub fn of(view: ResourceView) -> Self {
        Self {
            source: view.series.source,
            name: view.series.name,
            unit: view.series.unit,
            kind: view.series.kind,
            limit: view.series.limit,
            samples: view.samples,
            min: view.min,
            mean: view.mean,
            max: view.max,
            last: view.last.map(|(_, value)| value),
        }
    }
}

/// How often a check held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckFigures {
    /// The check.
    pub check: String,
    /// Of which endpoint.
    pub series: Option<SeriesName>,
    /// Responses for which it held.
    pub passed: u64,
    /// Responses for which it did not.
    pub failed: u64,
}

/// What was measured between two changes of the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentFigures {
    /// The change that it began with, in words; `null` of the first.
    pub after: Option<String>,
    /// Its first second. A segment begins with the first whole second after a change.
    pub from_s: u64,
    /// How many seconds it has.
    pub seconds: u64,
    /// Requests of the load phase that ended in it.
    pub requests: u64,
    /// Requests over its seconds.
    pub requests_per_second: Option<f64>,
    /// Of the requests, those that failed.
    pub errors: u64,
    /// The share that failed, 0 to 1; `null` without requests.
    pub error_rate: Option<f64>,
    /// From the instant a request was due to its end.
    pub response: LatencyFigures,
}

impl SegmentFigures {
    fn of(view: SegmentView) -> Self {
        Self {
            after: view.mark.map(|mark| mark.text),
            from_s: view.from,
            seconds: view.seconds,
            requests: view.requests,
            requests_per_second: (view.seconds > 0).then(|| view.requests as f64 / view.seconds as f64),
            errors: view.errors,
            error_rate: (view.requests > 0).then(|| view.errors as f64 / view.requests as f64),
            response: LatencyFigures::of(&view.response),
        }
    }
}

/// Why a summary cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// It is no JSON, or not this JSON.
    #[error("it is no summary of a run: {0}")]
    Json(#[from] serde_json::Error),
    /// A later version wrote it.
    #[error("it is in format {found}, and this version reads formats up to {}.x", FormatVersion::CURRENT.major)]
    TooNew {
        /// Its format.
        found: FormatVersion,
    },
}

impl Summary {
    /// The totals of what `view` has seen. `None` if it has not seen what the run is.
    pub fn of(view: &RunView) -> Option<Self> {
        let header = view.header()?;
        let (warm_up, cool_down) = (view.total(Phase::WarmUp), view.total(Phase::CoolDown));
        let endpoints: Vec<_> = of_kind(view, EndpointKind::Request).map(|id| endpoint(view, id)).collect();
        Some(Self {
            format: FormatVersion::CURRENT,
            id: header.id.clone(),
            name: header.name.clone(),
            started_unix_ms: header.started_unix_ms,
            elapsed_ms: view.elapsed().as_millis_f64(),
            seed: header.seed,
            targets: header.targets.clone(),
            workers: header.workers,
            simulated: header.simulated,
            profile: header.profile.clone(),
            objectives: header.objectives.clone(),
            finish: view.finish().cloned(),
            verdict: view.verdict().cloned(),
            total: Figures::of(&view.total(Phase::Load)),
            apart: PhasesApart {
                warm_up_requests: warm_up.count,
                warm_up_errors: warm_up.errors,
                cool_down_requests: cool_down.count,
                cool_down_errors: cool_down.errors,
            },
            scenarios: scenarios(view, &endpoints),
            endpoints,
            groups: groups(view),
            injected: injected(view),
            tallies: tallies(view),
            resources: view.resources().into_iter().map(ResourceFigures::of).collect(),
            checks: checks(view),
            lag: LatencyFigures::of(&LatencyView::of(view.lag())),
            dropped: view.iterations().dropped,
            requests_started: view.sums().requests_started,
            rows_lost: view.facts().rows_lost,
            warnings: view.warnings().to_vec(),
            marks: view.marks().to_vec(),
            segments: view.segments().into_iter().map(SegmentFigures::of).collect(),
            environment: header.environment.clone(),
        })
    }

    /// Indented JSON with a line feed at the end.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// Reads what [`to_json`](Self::to_json) wrote, in this or an earlier version.
    pub fn from_json(text: &str) -> Result<Self, SummaryError> {
        #[derive(Deserialize)]
        struct Version {
            format: FormatVersion,
        }
        let Version { format: found } = serde_json::from_str(text)?;
        if found.major > FormatVersion::CURRENT.major {
            return Err(SummaryError::TooNew { found });
        }
        Ok(serde_json::from_str(text)?)
    }

    /// The verdict alone.
    pub fn outlook(&self) -> Option<Outlook> {
        self.verdict.as_ref().map(|v| v.outlook)
    }

    /// The figures for a list.
    pub fn run_totals(&self) -> RunTotals {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time read from JSON: saturates"
        )]
        let elapsed = Nanos((self.elapsed_ms * 1e6).round() as u64);
        RunTotals { elapsed, requests: self.total.requests, errors: self.total.errors }
    }
}

/// The endpoints of a kind, in the plan's order.
fn of_kind(view: &RunView, kind: EndpointKind) -> impl Iterator<Item = EndpointId> {
    let endpoints = view.header().map(|h| h.endpoints.as_slice()).unwrap_or_default();
    (0..).map(EndpointId).zip(endpoints).filter(move |(_, series)| series.kind == kind).map(|(id, _)| id)
}

fn aside(view: &RunView, kind: EndpointKind) -> impl Iterator<Item = EndpointView> {
    let seen = view.asides(kind, Phase::Load);
    of_kind(view, kind).map(move |id| {
        let found = seen.iter().find(|e| e.id == Some(id)).cloned();
        found.unwrap_or_else(|| EndpointView {
            id: Some(id),
            series: view.series(id),
            ..EndpointView::default()
        })
    })
}

fn groups(view: &RunView) -> Vec<GroupFigures> {
    let figures = |e: EndpointView| GroupFigures {
        count: e.count,
        failed: e.errors,
        duration: LatencyFigures::of(&e.response),
        series: e.series,
    };
    aside(view, EndpointKind::Group).map(figures).collect()
}

fn injected(view: &RunView) -> Vec<EndpointFigures> {
    let figures = |e: EndpointView| EndpointFigures { figures: Figures::of(&e), series: e.series };
    aside(view, EndpointKind::Injected).map(figures).collect()
}

fn tallies(view: &RunView) -> Vec<TallyFigures> {
    let whole = view.tallies(None);
    let figures = |tally: TallyView| {
        let all = whole.iter().find(|t| t.id == tally.id).map_or(0, |t| t.total);
        let value = |v: &TallyValueView| TallyValueFigures {
            value: v.value.clone(),
            count: v.count,
            share: tally.share(v.count).unwrap_or_default(),
        };
        TallyFigures {
            total: tally.total,
            apart: all - tally.total,
            values: tally.values.iter().map(value).collect(),
            name: tally.name,
        }
    };
    view.tallies(Some(Phase::Load)).into_iter().map(figures).collect()
}

fn endpoint(view: &RunView, id: EndpointId) -> EndpointFigures {
    let seen = view.endpoint(id, Phase::Load);
    EndpointFigures { series: view.series(id), figures: Figures::of(&seen.unwrap_or_default()) }
}

fn scenarios(view: &RunView, endpoints: &[EndpointFigures]) -> Vec<ScenarioFigures> {
    let headers = view.header().map(|h| h.scenarios.as_slice()).unwrap_or_default();
    let figures = |(id, header): (u16, &crate::ScenarioHeader)| {
        let seen =
            view.scenarios().find(|(seen, _)| *seen == ScenarioId(id)).map(|(_, s)| *s).unwrap_or_default();
        let own = || endpoints.iter().filter(|e| e.series.scenario == header.name).map(|e| &e.figures);
        ScenarioFigures {
            name: header.name.clone(),
            executor: header.executor.clone(),
            open: header.open,
            due: seen.counts.due,
            started: seen.counts.started,
            dropped: seen.counts.dropped,
            completed: seen.counts.completed,
            failed: seen.counts.failed,
            cut: seen.counts.cut,
            users_max: seen.users_max,
            user_seconds: seen.counts.user_time.as_secs_f64(),
            requests: own().map(|f| f.requests).sum(),
            errors: own().map(|f| f.errors).sum(),
        }
    };
    (0..).zip(headers).map(figures).collect()
}

fn checks(view: &RunView) -> Vec<CheckFigures> {
    let figures = |c: crate::CheckView| CheckFigures {
        check: c.name,
        series: c.endpoint.map(|id| view.series(id)),
        passed: c.passed,
        failed: c.failed,
    };
    view.checks().into_iter().map(figures).collect()
}

impl Figures {
    /// The figures of an endpoint's view, or of the view of all.
    pub fn of(view: &EndpointView) -> Self {
        let mut figures = Self {
            requests: view.count,
            requests_per_second: view.rate,
            measured_ms: view.duration.as_millis_f64(),
            errors: view.errors,
            error_rate: view.error_share(),
            bytes_out: view.bytes_out,
            bytes_in: view.bytes_in,
            retries: view.retries,
            response: LatencyFigures::of(&view.response),
            service: LatencyFigures::of(&view.service),
            ..Self::default()
        };
        for code in &view.codes {
            if let Outcome::Error(kind) = code.outcome {
                *figures.errors_by_kind.entry(kind.name().to_owned()).or_default() += code.count;
            }
            let status =
                if code.status == Status::NONE { "none".to_owned() } else { code.status.to_string() };
            *figures.statuses.entry(status).or_default() += code.count;
        }
        for (part, sum) in Part::ALL.iter().zip(&view.parts) {
            if let Some(part_figures) = PartFigures::of(sum) {
                figures.parts.insert(part.name().to_owned(), part_figures);
            }
        }
        figures
    }
}

impl LatencyFigures {
    /// The figures of a view's statistics.
    pub fn of(view: &LatencyView) -> Self {
        let ms = |time: Option<Nanos>| time.map(Nanos::as_millis_f64);
        Self {
            min_ms: ms(view.min),
            mean_ms: ms(view.mean),
            std_dev_ms: ms(view.std_dev),
            p50_ms: ms(view.p50),
            p75_ms: ms(view.p75),
            p90_ms: ms(view.p90),
            p95_ms: ms(view.p95),
            p99_ms: ms(view.p99),
            p99_9_ms: ms(view.p999),
            max_ms: ms(view.max),
        }
    }
}

impl PartFigures {
    fn of(sum: &PartSum) -> Option<Self> {
        let mean_ms = sum.mean()?.as_millis_f64();
        Some(Self { count: sum.count, mean_ms, max_ms: sum.max.as_millis_f64() })
    }
}
