//! What was sampled of the target and its surroundings, below the load.

use super::course::QUANTILES;
use super::{amounts, bands, is_asked, points, seconds, times, top};
use crate::over_time::{Of, Points, extent};
use crate::source::{Asked, NoFigure, Source};
use crate::unit::counted;
use crate::{Along, Figure, Ink, Kind, Limit, Line, LineStroke, Panel, Spot, Unit};
use brunt_analysis::Resource;
use brunt_metrics::Nanos;
use brunt_run::{ResourceKind, ResourceUnit};

/// The most panels of sampled figures: more are not looked at together.
const MOST: usize = 22;

/// A limit so many times above the greatest value would flatten the line, and is only named.
const NEAR: f64 = 3.0;

/// From this share of its limit on a figure is worth words.
const NOTABLE: f64 = 0.8;

/// The most figures whose gaps are named.
const MOST_GAPS: usize = 5;

pub(super) fn resources(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let course = seconds(Kind::Resources, source)?;
    let with_values =
        course.resources.iter().filter(|r| !r.values.is_empty() && is_asked(&r.name, asked)).collect();
    let mut figure = Figure::begun(Kind::Resources, format!("The target of {} beside the load", source.name));
    let shown = chosen(with_values, &mut figure);
    if shown.is_empty() {
        let (run, asked) = (source.name.to_owned(), asked.endpoints.join("`, `"));
        return Err(NoFigure::NoResources { kind: Kind::Resources, run, asked });
    }
    let points = points(course, &Asked { points: asked.points / 2, ..asked.clone() });
    let requests = points.rate(("requests", Ink::This), |s| s.measured.requests() as f64);
    figure.panels.push(amounts("load", "requests", Unit::PerSecond, (vec![requests], points.end)));
    let answered = points.quantiles(Of::All, QUANTILES);
    figure.panels.push(times("response times", answered, points.end, asked));
    let mut nearest: Option<(f64, &Resource, f64)> = None;
    let mut gaps: Vec<(u64, &str)> = Vec::new();
    for resource in shown {
        let (line, missing) = line(resource, &points);
        if missing > 0 {
            gaps.push((missing, &resource.name));
        }
        if let (Some(limit), Some((at, value))) = (resource.limit.filter(|l| *l > 0.0), top(&line)) {
            let share = value / (limit * scale(resource));
            if nearest.is_none_or(|(most, _, _)| share > most) {
                nearest = Some((share, resource, at));
            }
        }
        figure.panels.push(panel(resource, line, points.end));
    }
    if let Some((share, resource, at)) = nearest.filter(|n| n.0 >= NOTABLE) {
        figure.says.push(format!(
            "{} came nearest to its limit: {} of {} at {}.",
            resource.name,
            Unit::Share.show(share),
            words(resource, resource.limit.unwrap_or_default()),
            Unit::Seconds.show(at)
        ));
    }
    figure.notes.extend(told(gaps));
    let marked = bands(source, course);
    figure.panels.iter_mut().for_each(|p| p.bands.clone_from(&marked));
    Ok(figure)
}

/// Those that are worth a panel, in the order in which they came: without what never changed and nothing is known of,
/// unless all are so, and as many as can be looked at together.
fn chosen<'a>(all: Vec<&'a Resource>, figure: &mut Figure) -> Vec<&'a Resource> {
    let (dull, mut kept): (Vec<&Resource>, Vec<&Resource>) =
        all.iter().partition(|r| is_still(r) && r.kind == ResourceKind::Other);
    if kept.is_empty() {
        kept = all;
    } else if !dull.is_empty() {
        figure.notes.push(format!(
            "{} that never changed {} left out.",
            counted(dull.len() as u64, "figure"),
            { if dull.len() == 1 { "is" } else { "are" } }
        ));
    }
    if kept.len() <= MOST {
        return kept;
    }
    figure.notes.push(format!(
        "{MOST} of {} figures are shown: those whose meaning is known, and that changed, before others.",
        kept.len()
    ));
    let mut ranked: Vec<((bool, bool), usize)> =
        kept.iter().map(|r| (r.kind == ResourceKind::Other, is_still(r))).zip(0..).collect();
    ranked.sort_unstable();
    ranked.truncate(MOST);
    ranked.sort_unstable_by_key(|(_, at)| *at);
    ranked.into_iter().filter_map(|(_, at)| kept.get(at).copied()).collect()
}

/// Whether it had one value only.
fn is_still(resource: &Resource) -> bool {
    let first = resource.values.first().map(|v| v.1);
    resource.values.iter().all(|v| Some(v.1) == first)
}

/// The line of a figure, and how many points have no value though there should be one.
///
/// A point is the mean of its seconds' values. Between two samples of a figure that is asked for seldom lies no gap.
fn line(resource: &Resource, points: &Points<'_>) -> (Line, u64) {
    let scale = scale(resource);
    let mut missing = 0;
    let mut spots: Vec<Spot> = Vec::new();
    let mut values = resource.values.iter().peekable();
    for point in points.whole() {
        let end = Nanos::from_secs(point.from + points.step);
        let mut here: Vec<f64> = Vec::new();
        // Taken at the end of a second, a value is that second's.
        while let Some((_, value)) = values.next_if(|(at, _)| *at <= end) {
            here.push(value * scale);
        }
        let due = point.from.next_multiple_of(resource.every.max(1)) < point.from + points.step;
        if here.is_empty() && !due {
            continue;
        }
        let mean = (!here.is_empty()).then(|| here.iter().sum::<f64>() / here.len() as f64);
        // What its source has not begun to tell is not missed yet.
        if mean.is_none() && spots.is_empty() {
            continue;
        }
        missing += u64::from(mean.is_none());
        let spread = if here.len() > 1 { extent(here) } else { None };
        spots.push(Spot { x: point.middle(), y: mean, spread });
    }
    // The end of a run may come before the last answer.
    if spots.last().is_some_and(|s| s.y.is_none()) {
        spots.pop();
        missing -= 1;
    }
    (Line { name: String::new(), ink: Ink::This, stroke: LineStroke::Solid, spots }, missing)
}

fn panel(resource: &Resource, line: Line, end: f64) -> Panel {
    let (label, unit) = axis(resource);
    let title = match resource.limit {
        Some(limit) => format!("{}, limit {}", resource.name, words(resource, limit)),
        None => resource.name.clone(),
    };
    let least = line.spots.iter().filter_map(|s| s.y).fold(0.0, f64::min);
    let greatest = top(&line).map_or(0.0, |t| t.1);
    let mut panel = amounts(&title, label, unit, (vec![line], end));
    panel.y.low = panel.y.low.min(least * 1.05);
    let near = resource.limit.map(|l| l * scale(resource)).filter(|l| *l > 0.0 && *l <= greatest * NEAR);
    if let Some(at) = near {
        panel.y.high = panel.y.high.max(at * 1.05);
        panel.limits.push(Limit { name: "limit".into(), along: Along::Y, at });
    }
    panel
}

/// The words and the unit of an axis.
fn axis(resource: &Resource) -> (&str, Unit) {
    match resource.measure {
        ResourceUnit::Cores => ("cores", Unit::None),
        ResourceUnit::Bytes => ("bytes", Unit::Bytes),
        ResourceUnit::BytesPerSecond => ("bytes per second", Unit::Bytes),
        ResourceUnit::Share => ("share", Unit::Share),
        ResourceUnit::Seconds => ("time", Unit::Milliseconds),
        ResourceUnit::PerSecond => ("per second", Unit::PerSecond),
        ResourceUnit::Count => ("number", Unit::Count),
        ResourceUnit::None if resource.unit.is_empty() => ("value", Unit::None),
        ResourceUnit::None => (&resource.unit, Unit::None),
    }
}

/// From the unit of its values to that of its axis.
const fn scale(resource: &Resource) -> f64 {
    match resource.measure {
        ResourceUnit::Seconds => 1_000.0,
        ResourceUnit::Cores
        | ResourceUnit::Bytes
        | ResourceUnit::BytesPerSecond
        | ResourceUnit::Share
        | ResourceUnit::PerSecond
        | ResourceUnit::Count
        | ResourceUnit::None => 1.0,
    }
}

/// A value of its own with its unit.
fn words(resource: &Resource, value: f64) -> String {
    let (_, unit) = axis(resource);
    let shown = unit.show(value * scale(resource));
    match resource.measure {
        ResourceUnit::Cores if (value - 1.0).abs() < 1e-9 => format!("{shown} core"),
        ResourceUnit::Cores => format!("{shown} cores"),
        ResourceUnit::BytesPerSecond => format!("{shown}/s"),
        ResourceUnit::Bytes
        | ResourceUnit::Share
        | ResourceUnit::Seconds
        | ResourceUnit::PerSecond
        | ResourceUnit::Count => shown,
        ResourceUnit::None => format!("{shown}{}", resource.unit),
    }
}

/// Figures that have gaps.
fn told(mut gaps: Vec<(u64, &str)>) -> Option<String> {
    if gaps.is_empty() {
        return None;
    }
    gaps.sort_by_key(|(missing, _)| std::cmp::Reverse(*missing));
    let more = gaps.len().saturating_sub(MOST_GAPS);
    let names: Vec<&str> = gaps.iter().take(MOST_GAPS).map(|(_, name)| *name).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("There are gaps in {}{rest}: nothing was told of those seconds.", names.join(", ")))
}
