//! What happened over time.

use super::{MAX_PANELS, amounts, bands, cut, middle, of, parts, points, seconds, share_y, times, top};
use crate::over_time::Of;
use crate::source::{Asked, Metric, NoFigure, Source};
use crate::unit::counted;
use crate::{Figure, Ink, Kind, LineStroke, Marks, Unit};
use brunt_run::ScenarioHeader;
use std::collections::BTreeMap;

/// Quantiles that are drawn of response times, with their colours.
pub(super) const QUANTILES: [(&str, Ink, f64); 3] =
    [("p50", Ink::P50, 0.5), ("p95", Ink::P95, 0.95), ("p99", Ink::P99, 0.99)];

/// A peak of so many times the usual value is worth words.
const OUTSTANDING: f64 = 2.0;

pub(super) fn latency(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let course = seconds(Kind::Latency, source)?;
    let mut figure = Figure::begun(Kind::Latency, format!("Response times of {}", source.name));
    let points = points(course, asked);
    let chosen = if asked.endpoints.is_empty() { None } else { Some(parts(source, course, asked)?) };
    let ids: Vec<_> = chosen.iter().flatten().flat_map(|p| p.ids.iter().copied()).collect();
    let of = if chosen.is_some() { Of::Endpoints(&ids) } else { Of::All };
    let lines = points.quantiles(of, QUANTILES);
    if let Some([median, .., slow]) = lines.get(..3)
        && let (Some((at, peak)), Some(usual)) = (top(slow), middle(slow))
    {
        figure.says.push(if peak > OUTSTANDING * usual {
            let times = Unit::None.show(peak / usual);
            format!(
                "p99 was highest at {} with {}, {times} times its usual {}: look what else happened then.",
                Unit::Seconds.show(at),
                Unit::Milliseconds.show(peak),
                Unit::Milliseconds.show(usual)
            )
        } else {
            format!(
                "Response times were steady: p99 never above {}, usually {} (p50 {}).",
                Unit::Milliseconds.show(peak),
                Unit::Milliseconds.show(usual),
                middle(median).map_or("-".into(), |v| Unit::Milliseconds.show(v))
            )
        });
    }
    let mut panel = times("", lines, points.end, asked);
    panel.bands = bands(source, course);
    figure.panels.push(panel);
    Ok(figure)
}

pub(super) fn rate(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let course = seconds(Kind::Rate, source)?;
    let mut figure = Figure::begun(Kind::Rate, format!("Load on {}", source.name));
    let points = points(course, asked);
    let mut asked_for =
        points.rate(("asked for", Ink::Muted), |s| s.measured.scenarios.iter().map(|s| s.due as f64).sum());
    asked_for.stroke = LineStroke::Dashed;
    asked_for.spots.iter_mut().for_each(|s| s.spread = None);
    let began = points
        .rate(("begun", Ink::Baseline), |s| s.measured.scenarios.iter().map(|s| s.started as f64).sum());
    let requests = points.rate(("requests", Ink::This), |s| s.measured.requests() as f64);
    let failed = points.rate(("failed requests", Ink::Bad), |s| s.measured.errors() as f64);
    let dropped: u64 = course.slices.iter().flat_map(|s| &s.measured.scenarios).map(|s| s.dropped).sum();
    let due: u64 = course.slices.iter().flat_map(|s| &s.measured.scenarios).map(|s| s.due).sum();
    if dropped > 0 {
        figure.says.push(format!(
            "{} of {} that the schedule asked for found no free user: the target was slower than the plan has users for.",
            Unit::Count.show(dropped as f64),
            counted(due, "iteration")
        ));
    } else if due > 0 {
        figure.says.push(format!("All {} that were asked for were begun.", counted(due, "iteration")));
    }
    let has_iterations = due > 0;
    let mut iterations =
        amounts("iterations", "iterations", Unit::PerSecond, (vec![asked_for, began], points.end));
    let mut panel = amounts(
        if has_iterations { "requests" } else { "" },
        "requests",
        Unit::PerSecond,
        (vec![requests, failed], points.end),
    );
    panel.bands = bands(source, course);
    iterations.bands.clone_from(&panel.bands);
    if has_iterations {
        figure.panels.push(iterations);
    }
    figure.panels.push(panel);
    Ok(figure)
}

pub(super) fn users(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let course = seconds(Kind::Users, source)?;
    let mut figure = Figure::begun(Kind::Users, format!("Users of {}", source.name));
    let points = points(course, asked);
    let scenarios: &[ScenarioHeader] = course.header.as_ref().map_or(&[], |h| &h.scenarios);
    let mut lines = Vec::new();
    for (at, scenario) in scenarios.iter().enumerate() {
        let ink = if scenarios.len() == 1 { Ink::This } else { Ink::Category(at) };
        lines.push(points.rate((&scenario.name, ink), |s| {
            let own = s.measured.scenarios.iter().filter(|s| usize::from(s.scenario.0) == at);
            own.map(|s| s.user_time.as_secs_f64()).sum()
        }));
    }
    let in_flight =
        points.rate(("requests in flight", Ink::Muted), |s| s.measured.in_flight_time.as_secs_f64());
    if lines.is_empty() {
        return Err(NoFigure::OnlyTotals { kind: Kind::Users, run: source.name.to_owned() });
    }
    let busiest = lines.iter().filter_map(top).map(|t| t.1).fold(0.0, f64::max);
    figure.says.push(format!("At most {} at once.", counted(whole(busiest), "user")));
    lines.push(in_flight);
    let mut panel = amounts("", "users", Unit::Count, (lines, points.end));
    panel.bands = bands(source, course);
    figure.panels.push(panel);
    Ok(figure)
}

pub(super) fn facets(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let course = seconds(Kind::Facets, source)?;
    let mut figure = Figure::begun(Kind::Facets, format!("Response times of {} by endpoint", source.name));
    let parts = cut(parts(source, course, asked)?, MAX_PANELS, &mut figure);
    let points = points(course, &Asked { points: asked.points / 2, ..asked.clone() });
    let mut worst: Option<(f64, f64, &str)> = None;
    for part in &parts {
        let lines = points.quantiles(of(part), QUANTILES);
        if let Some((at, peak)) = lines.get(1).and_then(top)
            && worst.is_none_or(|(_, most, _)| peak > most)
        {
            worst = Some((at, peak, &part.name));
        }
        let mut panel = times(&part.name, lines, points.end, asked);
        panel.bands = bands(source, course);
        figure.panels.push(panel);
    }
    share_y(&mut figure.panels);
    if let Some((at, peak, name)) = worst {
        figure.says.push(format!(
            "The slowest moment was that of {name} at {}: p95 {}.",
            Unit::Seconds.show(at),
            Unit::Milliseconds.show(peak)
        ));
    }
    Ok(figure)
}

pub(super) fn errors(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let course = seconds(Kind::Errors, source)?;
    let mut figure = Figure::begun(Kind::Errors, format!("Failed requests of {} over time", source.name));
    let points = points(course, asked);
    let mut parts = parts(source, course, asked)?;
    let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
    for endpoint in source.summary.endpoints.iter().filter(|e| e.figures.errors > 0) {
        *by_name.entry(endpoint.series.label()).or_default() += endpoint.figures.errors;
    }
    let failed = |name: &str| by_name.get(name).copied().unwrap_or(0);
    parts.retain(|part| failed(&part.name) > 0);
    parts.sort_by_key(|part| std::cmp::Reverse(failed(&part.name)));
    // More lines than that cannot be told apart.
    let shown = parts.len().min(5);
    if parts.len() > shown {
        let rest = parts.len() - shown;
        figure
            .notes
            .push(format!("The {shown} endpoints that failed most are shown; {rest} more had failures."));
    }
    let mut lines = Vec::new();
    for (at, part) in parts.iter().take(shown).enumerate() {
        lines.extend(points.metric((&part.name, Ink::Category(at)), of(part), Metric::Errors));
    }
    if let (Some(part), Some((at, share))) = (parts.first(), lines.first().and_then(top)) {
        figure.says.push(format!(
            "{} failed most: {}, up to {} of its requests at {}.",
            part.name,
            counted(failed(&part.name), "failure"),
            Unit::Share.show(share),
            Unit::Seconds.show(at)
        ));
    } else {
        figure.says.push("No request failed.".into());
        lines.extend(points.metric(("all", Ink::This), Of::All, Metric::Errors));
    }
    let mut panel = amounts("", "failed requests", Unit::Share, (lines, points.end));
    panel.y.high = panel.y.high.min(1.05);
    panel.bands = bands(source, course);
    if matches!(&panel.marks, Marks::Lines(lines) if super::all_values(lines).all(|v| v == 0.0)) {
        panel.y.high = 0.01;
    }
    figure.panels.push(panel);
    Ok(figure)
}

fn whole(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of users")]
    let whole = value.max(0.0).round() as u64;
    whole
}
