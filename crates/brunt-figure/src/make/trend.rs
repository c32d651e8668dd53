//! How a value went from run to run.

use super::{Row, rows};
use crate::over_time::endpoints_by_name;
use crate::source::{Asked, Metric, NoFigure, Source};
use crate::{Axis, Figure, Ink, Kind, Limit, Line, LineStroke, Marks, Panel, Spot, Unit};
use brunt_metrics::{EndpointId, Phase, SparseHistogram};
use brunt_run::Outlook;

/// A run of a trend.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it is called below the drawing and in the table.
    pub name: String,
    /// Its value; `None` where there is none.
    pub value: Option<f64>,
    /// What became of it.
    pub standing: Standing,
}

/// What became of a run, as far as a trend marks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing speaks against it, or nobody judged it.
    Fine,
    /// It failed what it was held to.
    Failed,
    /// Its figures are not to be trusted.
    Doubtful,
}

impl Standing {
    /// What a verdict means here.
    pub const fn of(outlook: Option<Outlook>) -> Self {
        match outlook {
            Some(Outlook::Failed) => Self::Failed,
            Some(Outlook::Invalid | Outlook::Cut) => Self::Doubtful,
            Some(Outlook::StoppedEarly | Outlook::NotEnoughEvidence | Outlook::Warned | Outlook::Passed)
            | None => Self::Fine,
        }
    }
}

/// A change from the first to the last run of less than this is called none, as a share.
const SMALL: f64 = 0.05;

/// A trend of `what`, as `p95 of GET /cart`, over runs, oldest first; values are in the unit.
pub fn trend(what: &str, unit: Unit, steps: &[Step], limits: &[Limit]) -> Figure {
    let mut figure =
        Figure::begun(Kind::Trend, format!("{} over {} runs", super::capital(what), steps.len()));
    let at = |i: usize| i as f64 + 0.5;
    let spots = |is_meant: &dyn Fn(&Step) -> bool| -> Vec<Spot> {
        let spot = |(i, step): (usize, &Step)| Spot {
            x: at(i),
            y: step.value.filter(|_| is_meant(step)),
            spread: None,
        };
        steps.iter().enumerate().map(spot).collect()
    };
    let mut lines = vec![Line {
        name: what.to_owned(),
        ink: Ink::This,
        stroke: LineStroke::Solid,
        spots: spots(&|_| true),
    }];
    for (standing, name, ink, stroke) in [
        (Standing::Failed, "failed", Ink::Bad, LineStroke::Dots),
        (Standing::Doubtful, "not to be trusted", Ink::Muted, LineStroke::Rings),
    ] {
        if steps.iter().any(|step| step.standing == standing) {
            let spots = spots(&|step| step.standing == standing);
            lines.push(Line { name: name.to_owned(), ink, stroke, spots });
        }
    }
    figure.says.extend(said(what, unit, steps));
    let without = steps.iter().filter(|step| step.value.is_none()).count();
    if without > 0 {
        let those = if without == 1 { "run has" } else { "runs have" };
        figure.notes.push(format!("{without} {those} no such requests."));
    }
    let values = steps.iter().filter_map(|step| step.value).chain(limits.iter().map(|l| l.at));
    figure.panels.push(Panel {
        title: String::new(),
        x: Axis::names("run", steps.iter().map(|step| step.name.clone()).collect()),
        y: Axis::from_zero(what, unit, values),
        marks: Marks::Lines(lines),
        limits: limits.to_vec(),
        bands: Vec::new(),
    });
    figure
}

/// A value of so many times both ends is worth words.
const OUTSTANDING: f64 = 1.25;

/// What stands out, in a sentence or two: among runs that can be trusted.
fn said(what: &str, unit: Unit, steps: &[Step]) -> Vec<String> {
    let trusted: Vec<(&str, f64)> = steps
        .iter()
        .filter(|step| step.standing != Standing::Doubtful)
        .filter_map(|step| Some((step.name.as_str(), step.value?)))
        .collect();
    let [(first, before), .., (last, after)] = trusted.as_slice() else { return Vec::new() };
    let (from, to) = (unit.show(*before), unit.show(*after));
    let what = super::capital(what);
    let change = (*before > 0.0).then(|| after / before - 1.0);
    let is_same = change.map_or(before.total_cmp(after).is_eq(), |c| c.abs() < SMALL);
    let by = change.map(|c| format!(" ({:+.0} %)", c * 100.0)).unwrap_or_default();
    let mut said = vec![if is_same {
        format!("{what} is where it was: {from} in {first}, {to} in {last}.")
    } else {
        format!("{what} went from {from} in {first} to {to} in {last}{by}.")
    }];
    let peak = trusted.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((run, peak)) = peak.filter(|(_, peak)| *peak > OUTSTANDING * before.max(*after)) {
        said.push(format!("In between it was as high as {} in {run}.", unit.show(*peak)));
    }
    said
}

/// The trend of runs that were read: from their seconds where they have them, since totals of several endpoints cannot be
/// put together.
pub(super) fn of_sources(sources: &[Source<'_>], asked: &Asked) -> Result<Figure, NoFigure> {
    let metric = asked.metric;
    let mut steps: Vec<(u64, Step)> = Vec::new();
    for source in sources {
        // Runs of one plan have one name, and their ids tell them apart.
        let is_shared = sources.iter().filter(|s| s.name == source.name).count() > 1;
        let name = if is_shared && !source.summary.id.is_empty() { &source.summary.id } else { source.name };
        let step = Step {
            name: name.to_owned(),
            value: value(*source, asked)?,
            standing: Standing::of(source.summary.outlook()),
        };
        steps.push((source.summary.started_unix_ms, step));
    }
    // Those without a date stay where they were named.
    if steps.iter().all(|(started, _)| *started > 0) {
        steps.sort_by_key(|(started, _)| *started);
    }
    let steps: Vec<Step> = steps.into_iter().map(|(_, step)| step).collect();
    let of = if asked.endpoints.is_empty() {
        String::new()
    } else {
        format!(" of {}", asked.endpoints.join(", "))
    };
    let limits: &[Limit] = if metric == Metric::Errors { &[] } else { &asked.limits };
    Ok(trend(&format!("{}{of}", metric.label()), metric.unit(), &steps, limits))
}

fn value(source: Source<'_>, asked: &Asked) -> Result<Option<f64>, NoFigure> {
    if asked.endpoints.is_empty() {
        return Ok(asked.metric.of(&source.summary.total));
    }
    let rows: Vec<Row<'_>> = match rows(source, asked) {
        Ok(rows) => rows,
        Err(NoFigure::Empty { .. }) => return Ok(None),
        Err(other) => return Err(other),
    };
    if let [only] = rows.as_slice() {
        return Ok(asked.metric.of(only.figures));
    }
    let (requests, errors) =
        rows.iter().fold((0, 0), |(n, e), row| (n + row.figures.requests, e + row.figures.errors));
    let quantile = match asked.metric {
        Metric::Errors => return Ok((requests > 0).then(|| errors as f64 / requests as f64)),
        Metric::Mean => None,
        Metric::P50 => Some(0.5),
        Metric::P95 => Some(0.95),
        Metric::P99 => Some(0.99),
    };
    let course = super::seconds(Kind::Trend, source)?;
    let wanted = endpoints_by_name(course).into_iter().filter(|(name, _)| super::is_asked(name, asked));
    let ids: Vec<EndpointId> = wanted.flat_map(|(_, ids)| ids).collect();
    let mut times = SparseHistogram::default();
    let cells = course.slices.iter().flat_map(|slice| &slice.measured.cells);
    for cell in cells.filter(|c| c.key.phase == Phase::Load && ids.contains(&c.key.endpoint)) {
        times.merge(cell.response_times());
    }
    let time = quantile.map_or_else(|| times.mean(), |q| times.quantile(q));
    Ok(time.map(brunt_metrics::Nanos::as_millis_f64))
}
