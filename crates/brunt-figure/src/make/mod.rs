//! Figures made of runs.
//!
//! Each builder is a pure function from [`Source`]s to a [`Figure`]. [`figure`] is the door: it checks what a kind needs,
//! and each figure says in words what stands out in it.

mod by_endpoint;

mod course;

mod spread;

mod several;

mod trend;

mod own;

mod resources;

use crate::over_time::{Of, Points, asides, done, endpoints_by_name};
use crate::source::{MAX_ENDPOINTS, NoFigure};
use crate::{Along, Asked, Axis, Band, Figure, Ink, Kind, Limit, Line, Marks, Panel, Source, Tone, Unit};
use brunt_analysis::Course;
use brunt_metrics::EndpointId;
use brunt_run::{EndpointFigures, Figures};
use by_endpoint::capital;
use std::collections::BTreeMap;
pub use trend::{Standing, Step, trend};

/// Makes a figure of runs.
///
/// # Errors
///
/// [`NoFigure`] where the kind shows other numbers of runs, or needs what a run does not have.
pub fn figure(kind: Kind, sources: &[Source<'_>], asked: &Asked) -> Result<Figure, NoFigure> {
    let (fewest, most) = kind.runs();
    if sources.len() < fewest || sources.len() > most {
        return Err(NoFigure::Runs { kind, fewest, most, given: sources.len() });
    }
    for source in sources {
        if source.summary.total.requests == 0 {
            return Err(NoFigure::Empty { run: source.name.to_owned(), asked: String::new() });
        }
    }
    let first = sources[0];
    match kind {
        Kind::Latency => course::latency(first, asked),
        Kind::Rate => course::rate(first, asked),
        Kind::Users => course::users(first, asked),
        Kind::Facets => course::facets(first, asked),
        Kind::Errors => course::errors(first, asked),
        Kind::Throughput => by_endpoint::throughput(first, asked),
        Kind::Matrix => by_endpoint::matrix(first, asked),
        Kind::EndpointBars => by_endpoint::bars(first, asked),
        Kind::Box => spread::boxes(first, asked),
        Kind::Heat => spread::heat(first, asked),
        Kind::Spectrum => spread::spectrum(sources, asked),
        Kind::LoadLatency => spread::load_latency(first, asked),
        Kind::Generator => own::generator(first, asked),
        Kind::Resources => resources::resources(first, asked),
        Kind::Compare => several::compare(sources, asked),
        Kind::CompareFacets => several::facets(sources, asked),
        Kind::Traffic => several::traffic(sources, asked),
        Kind::Trend => trend::of_sources(sources, asked),
        Kind::Log(_) => Err(NoFigure::Runs { kind, fewest, most, given: sources.len() }),
    }
}

/// The seconds of a run, which a kind needs.
fn seconds(kind: Kind, source: Source<'_>) -> Result<&Course, NoFigure> {
    source.course.ok_or_else(|| NoFigure::OnlyTotals { kind, run: source.name.to_owned() })
}

/// An endpoint's totals under a name of its own.
struct Row<'a> {
    name: String,
    method: &'a str,
    path: &'a str,
    figures: &'a Figures,
}

/// What stands for the endpoints where a source has none.
const ALL: &str = "all requests";

/// The endpoints that had requests and were asked for, busiest first; where two have one name, with their scenarios. All
/// requests together, where the source does not tell endpoints apart.
fn rows<'a>(source: Source<'a>, asked: &Asked) -> Result<Vec<Row<'a>>, NoFigure> {
    let had: Vec<_> = source.summary.endpoints.iter().filter(|e| e.figures.requests > 0).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for endpoint in &had {
        *counts.entry(endpoint.series.label()).or_default() += 1;
    }
    let row = |e: &&'a EndpointFigures| {
        let (label, series) = (e.series.label(), &e.series);
        let alone = counts.get(&label).is_none_or(|n| *n < 2) || series.scenario.is_empty();
        let name = if alone { label } else { format!("{label} ({})", series.scenario) };
        Row { name, method: &series.method, path: &series.name, figures: &e.figures }
    };
    let mut rows: Vec<Row<'a>> = had.iter().map(row).filter(|row| is_asked(&row.name, asked)).collect();
    if had.is_empty() && asked.endpoints.is_empty() {
        rows.push(Row { name: ALL.into(), method: "", path: ALL, figures: &source.summary.total });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.figures.requests));
    if rows.is_empty() {
        return Err(NoFigure::Empty { run: source.name.to_owned(), asked: asked.endpoints.join("`, `") });
    }
    Ok(rows)
}

/// An endpoint's requests within a course.
struct Part {
    name: String,
    ids: Vec<EndpointId>,
}

/// The endpoints of a course that were asked for, busiest first.
fn parts(source: Source<'_>, course: &Course, asked: &Asked) -> Result<Vec<Part>, NoFigure> {
    let mut busy: BTreeMap<String, u64> = BTreeMap::new();
    for endpoint in &source.summary.endpoints {
        *busy.entry(endpoint.series.label()).or_default() += endpoint.figures.requests;
    }
    let mut parts: Vec<(u64, Part)> = endpoints_by_name(course)
        .into_iter()
        .filter(|(name, _)| is_asked(name, asked))
        .map(|(name, ids)| (busy.get(&name).copied().unwrap_or(0), Part { name, ids }))
        .filter(|(requests, _)| *requests > 0)
        .collect();
    parts.sort_by_key(|(requests, _)| std::cmp::Reverse(*requests));
    if parts.is_empty() {
        return Err(NoFigure::Empty { run: source.name.to_owned(), asked: asked.endpoints.join("`, `") });
    }
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

fn is_asked(name: &str, asked: &Asked) -> bool {
    asked.endpoints.is_empty() || asked.endpoints.iter().any(|part| name.contains(part.as_str()))
}

/// The first `most` of some rows, and a note on those left out.
fn cut<T>(mut rows: Vec<T>, most: usize, figure: &mut Figure) -> Vec<T> {
    if rows.len() > most {
        figure.notes.push(format!("The {most} busiest of {} endpoints are shown.", rows.len()));
        rows.truncate(most);
    }
    rows
}

/// The stretches of a course that are marked: what stands apart, and what was found.
fn bands(source: Source<'_>, course: &Course) -> Vec<Band> {
    let mut bands = asides(course);
    bands.extend(done(course));
    for finding in source.findings.iter().filter(|f| f.reliable) {
        let window = finding.evidence.iter().find_map(|e| e.window);
        if let Some(window) = window.filter(|w| w.from < w.to) {
            bands.push(Band {
                name: finding.id.clone(),
                from: window.from as f64,
                to: window.to as f64,
                tone: Tone::Found,
            });
        }
    }
    bands
}

/// A panel of lines over time, with response times along a logarithmic axis.
fn times(title: &str, lines: Vec<Line>, end: f64, asked: &Asked) -> Panel {
    Panel {
        title: title.to_owned(),
        x: Axis::time(end),
        y: Axis::log(
            "response time",
            Unit::Milliseconds,
            all_values(&lines).chain(asked.limits.iter().map(|l| l.at)),
        ),
        marks: Marks::Lines(lines),
        limits: asked.limits.clone(),
        bands: Vec::new(),
    }
}

/// A panel of lines over time, from 0.
fn amounts(title: &str, label: &str, unit: Unit, (lines, end): (Vec<Line>, f64)) -> Panel {
    Panel {
        title: title.to_owned(),
        x: Axis::time(end),
        y: Axis::from_zero(label, unit, all_values(&lines)),
        marks: Marks::Lines(lines),
        limits: Vec::new(),
        bands: Vec::new(),
    }
}

/// All values of lines, with their spreads.
fn all_values(lines: &[Line]) -> impl Iterator<Item = f64> {
    lines.iter().flat_map(|l| &l.spots).flat_map(|s| {
        let (low, high) = s.spread.unzip();
        [s.y, low, high].into_iter().flatten()
    })
}

/// Gives panels the widest of their vertical axes, so that heights can be compared.
fn share_y(panels: &mut [Panel]) {
    let low = panels.iter().map(|p| p.y.low).fold(f64::INFINITY, f64::min);
    let high = panels.iter().map(|p| p.y.high).fold(0.0, f64::max);
    for panel in panels {
        (panel.y.low, panel.y.high) = (low, high);
    }
}

/// The spot of a line with the highest value.
fn top(line: &Line) -> Option<(f64, f64)> {
    line.spots.iter().filter_map(|s| Some((s.x, s.y?))).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The middle value of a line over time.
fn middle(line: &Line) -> Option<f64> {
    let mut values: Vec<f64> = line.spots.iter().filter_map(|s| s.y).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The colour of the nth of several runs.
fn ink_of(at: usize, several: usize) -> Ink {
    match (at, several) {
        (_, 1) | (1, 2) => Ink::This,
        (0, 2) => Ink::Baseline,
        (at, _) => Ink::Category(at),
    }
}

/// The most panels of a figure.
const MAX_PANELS: usize = MAX_ENDPOINTS;

/// A knee that was found, as a limit along the load.
fn knee(source: Source<'_>) -> Option<Limit> {
    let numbers =
        source.findings.iter().filter(|f| f.reliable).flat_map(|f| &f.evidence).flat_map(|e| &e.numbers);
    let knee = numbers.into_iter().find(|n| n.name == "knee" && n.unit == "/s")?;
    Some(Limit {
        name: format!("knee {}", Unit::PerSecond.show(knee.value)),
        along: Along::X,
        at: knee.value,
    })
}

/// The points of a course, and the requests of one of its parts.
fn of(part: &Part) -> Of<'_> {
    Of::Endpoints(&part.ids)
}

/// The points of a run.
fn points<'a>(course: &'a Course, asked: &Asked) -> Points<'a> {
    Points::of(course, asked.points)
}
