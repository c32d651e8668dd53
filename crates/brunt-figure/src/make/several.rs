//! Runs beside each other.

use super::by_endpoint::bar_panel;
use super::{
    MAX_PANELS, Row, amounts, capital, cut, ink_of, of, parts, points, rows, seconds, share_y, times,
};
use crate::source::{Asked, MAX_ENDPOINTS, Metric, NoFigure, Source};
use crate::{Bars, Figure, Kind, Unit};
use brunt_run::Figures;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn compare(sources: &[Source<'_>], asked: &Asked) -> Result<Figure, NoFigure> {
    let mut figure = Figure::begun(Kind::Compare, format!("Comparison of {}", names(sources)));
    let all: Vec<Vec<Row<'_>>> = sources.iter().map(|s| rows(*s, asked)).collect::<Result<_, _>>()?;
    let names = names_of(&all);
    let names = cut(names, MAX_ENDPOINTS, &mut figure);
    let bars = |value: &dyn Fn(&Figures) -> Option<f64>| -> Vec<Bars> {
        let of_run = |(at, rows): (usize, &Vec<Row<'_>>)| Bars {
            name: sources[at].name.to_owned(),
            ink: ink_of(at, sources.len()),
            values: names
                .iter()
                .map(|name| rows.iter().find(|r| r.name == *name).and_then(|r| value(r.figures)))
                .collect(),
        };
        all.iter().enumerate().map(of_run).collect()
    };
    let metric = if asked.metric == Metric::Errors { Metric::P95 } else { asked.metric };
    figure.panels = vec![
        bar_panel((metric.label(), metric.label(), metric.unit()), &names, bars(&|f| metric.of(f))),
        bar_panel(("throughput", "requests", Unit::PerSecond), &names, bars(&|f| f.requests_per_second)),
        bar_panel(("error rate", "failed requests", Unit::Share), &names, bars(&|f| f.error_rate)),
    ];
    for source in &sources[1..] {
        let (before, after) = (metric.of(&sources[0].summary.total), metric.of(&source.summary.total));
        if let (Some(before), Some(after)) = (before.filter(|b| *b > 0.0), after) {
            figure.says.push(format!(
                "{}: {} {} against {} of {} ({:+.1} %).",
                source.name,
                metric.label(),
                metric.unit().show(after),
                metric.unit().show(before),
                sources[0].name,
                (after / before - 1.0) * 100.0
            ));
        }
    }
    Ok(figure)
}

pub(super) fn facets(sources: &[Source<'_>], asked: &Asked) -> Result<Figure, NoFigure> {
    let mut figure = Figure::begun(
        Kind::CompareFacets,
        format!("{} of {}", capital(asked.metric.label()), names(sources)),
    );
    let metric = asked.metric;
    let first = seconds(Kind::CompareFacets, sources[0])?;
    let names = cut(parts(sources[0], first, asked)?, MAX_PANELS, &mut figure);
    let half = Asked { points: asked.points / 2, ..asked.clone() };
    for name in names.iter().map(|part| &part.name) {
        let (mut lines, mut end) = (Vec::new(), 0.0_f64);
        for (at, source) in sources.iter().enumerate() {
            let course = seconds(Kind::CompareFacets, *source)?;
            let points = points(course, &half);
            end = end.max(points.end);
            let all = parts(*source, course, &Asked::default())?;
            if let Some(part) = all.iter().find(|p| p.name == *name) {
                lines.extend(points.metric((source.name, ink_of(at, sources.len())), of(part), metric));
            }
        }
        figure.panels.push(if metric == Metric::Errors {
            amounts(name, metric.label(), metric.unit(), (lines, end))
        } else {
            let mut panel = times(name, lines, end, asked);
            metric.label().clone_into(&mut panel.y.label);
            panel
        });
    }
    share_y(&mut figure.panels);
    Ok(figure)
}

pub(super) fn traffic(sources: &[Source<'_>], asked: &Asked) -> Result<Figure, NoFigure> {
    let mut figure = Figure::begun(Kind::Traffic, format!("Traffic of {}", names(sources)));
    let (mut lines, mut end) = (Vec::new(), 0.0_f64);
    for (at, source) in sources.iter().enumerate() {
        let course = seconds(Kind::Traffic, *source)?;
        let points = points(course, asked);
        end = end.max(points.end);
        let ink = ink_of(at, sources.len());
        lines.push(points.rate((source.name, ink), |s| s.measured.requests() as f64));
    }
    let all: Vec<Vec<Row<'_>>> = sources.iter().map(|s| rows(*s, asked)).collect::<Result<_, _>>()?;
    let names = names_of(&all);
    let by_name: Vec<BTreeMap<&str, u64>> =
        all.iter().map(|rows| rows.iter().map(|r| (r.name.as_str(), r.figures.requests)).collect()).collect();
    let totals: Vec<u64> = by_name.iter().map(|rows| rows.values().sum()).collect();
    let share = |at: usize, name: &String| {
        let own = by_name[at].get(name.as_str()).copied().unwrap_or(0);
        own as f64 / totals[at].max(1) as f64
    };
    for at in 1..sources.len() {
        // Total variation: half the sum of the differences; 0 is the same mix, 1 has nothing in common.
        let apart = names.iter().map(|n| (share(0, n) - share(at, n)).abs()).sum::<f64>() / 2.0;
        figure.says.push(format!(
            "{} of the requests of {} would have to go to other endpoints to be the mix of {}.",
            Unit::Share.show(apart),
            sources[at].name,
            sources[0].name
        ));
    }
    let shown = cut(names.clone(), MAX_ENDPOINTS, &mut figure);
    let bars = (0..sources.len()).map(|at| Bars {
        name: sources[at].name.to_owned(),
        ink: ink_of(at, sources.len()),
        values: shown.iter().map(|name| Some(share(at, name))).collect(),
    });
    figure.panels = vec![
        amounts("requests over time", "requests", Unit::PerSecond, (lines, end)),
        bar_panel(("popularity of endpoints", "share of requests", Unit::Share), &shown, bars.collect()),
    ];
    Ok(figure)
}

/// The names of the rows of all runs, in the order in which they come.
fn names_of(all: &[Vec<Row<'_>>]) -> Vec<String> {
    let mut met = BTreeSet::new();
    let rows = all.iter().flatten();
    rows.filter(|row| met.insert(row.name.as_str())).map(|row| row.name.clone()).collect()
}

fn names(sources: &[Source<'_>]) -> String {
    let names: Vec<&str> = sources.iter().map(|s| s.name).collect();
    match names.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        Some(_) | None => names.concat(),
    }
}
