//! Totals of endpoints, side by side.

use super::{cut, rows};
use crate::source::{Asked, MAX_ROWS, NoFigure, Source};
use crate::{Axis, Bars, Cells, Figure, Ink, Kind, Marks, Panel, Scale, Unit, Written};
use std::collections::BTreeSet;

pub(super) fn throughput(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let mut figure = Figure::begun(Kind::Throughput, format!("Throughput of {} by endpoint", source.name));
    let rows = cut(rows(source, asked)?, MAX_ROWS, &mut figure);
    let names: Vec<String> = rows.iter().map(|r| r.name.clone()).collect();
    if let Some(first) = rows.first() {
        let share = first.figures.requests as f64 / source.summary.total.requests as f64;
        figure.says.push(format!("{} got {} of all requests.", first.name, Unit::Share.show(share)));
    }
    let rates = rows.iter().map(|r| r.figures.requests_per_second).collect();
    figure.panels.push(bar_panel(
        ("", "requests", Unit::PerSecond),
        &names,
        vec![Bars { name: String::new(), ink: Ink::This, values: rates }],
    ));
    Ok(figure)
}

pub(super) fn bars(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let mut figure = Figure::begun(
        Kind::EndpointBars,
        format!("Throughput and error rate of {} by endpoint", source.name),
    );
    let rows = cut(rows(source, asked)?, MAX_ROWS, &mut figure);
    let names: Vec<String> = rows.iter().map(|r| r.name.clone()).collect();
    let worst = rows
        .iter()
        .filter(|r| r.figures.errors > 0)
        .max_by(|a, b| a.figures.error_rate.unwrap_or(0.0).total_cmp(&b.figures.error_rate.unwrap_or(0.0)));
    figure.says.push(match worst {
        Some(row) => format!(
            "{} failed most often: {} of its requests.",
            row.name,
            row.figures.error_rate.map_or("-".into(), |share| Unit::Share.show(share))
        ),
        None => "No request failed.".into(),
    });
    let rates = rows.iter().map(|r| r.figures.requests_per_second).collect();
    let errors = rows.iter().map(|r| r.figures.error_rate).collect();
    let one = |ink, values| vec![Bars { name: String::new(), ink, values }];
    figure.panels.push(bar_panel(("throughput", "requests", Unit::PerSecond), &names, one(Ink::This, rates)));
    figure.panels.push(bar_panel(
        ("error rate", "failed requests", Unit::Share),
        &names,
        one(Ink::Bad, errors),
    ));
    Ok(figure)
}

/// Horizontal bars at names.
pub(super) fn bar_panel(
    (title, label, unit): (&str, &str, Unit),
    names: &[String],
    bars: Vec<Bars>,
) -> Panel {
    let values = bars.iter().flat_map(|b| b.values.iter().flatten().copied());
    Panel {
        title: title.to_owned(),
        x: Axis::from_zero(label, unit, values),
        y: Axis::names("endpoint", names.to_vec()),
        marks: Marks::Bars(bars),
        limits: Vec::new(),
        bands: Vec::new(),
    }
}

pub(super) fn matrix(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let metric = asked.metric;
    let mut figure = Figure::begun(
        Kind::Matrix,
        format!("{} of {}, endpoint by method", capital(metric.label()), source.name),
    );
    let all = rows(source, asked)?;
    let methods: Vec<String> =
        all.iter().map(|r| method(r.method).to_owned()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut met = BTreeSet::new();
    let paths: Vec<String> =
        all.iter().filter(|row| met.insert(row.path)).map(|row| row.path.to_owned()).collect();
    let paths = cut(paths, MAX_ROWS, &mut figure);
    let value = |path: &String, wanted: &String| {
        let of_cell = all.iter().filter(|r| r.path == *path && method(r.method) == wanted);
        // Two scenarios may ask one endpoint: what is shown is the one with more requests, which comes first.
        of_cell.map(|r| metric.of(r.figures)).next().flatten()
    };
    let values: Vec<Option<f64>> =
        paths.iter().flat_map(|path| methods.iter().map(move |m| value(path, m))).collect();
    let worst =
        all.iter().filter_map(|r| Some((metric.of(r.figures)?, r))).max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((value, row)) = worst {
        figure.says.push(format!("Highest: {} with {}.", row.name, metric.unit().show(value)));
    }
    let edges = |n: usize| (0..=n).map(|i| i as f64).collect();
    figure.panels.push(Panel {
        title: String::new(),
        x: Axis::names("method", methods.clone()),
        y: Axis::names("endpoint", paths.clone()),
        marks: Marks::Cells(Cells {
            label: metric.label().to_owned(),
            unit: metric.unit(),
            shade: Scale::Linear,
            columns: edges(methods.len()),
            rows: edges(paths.len()),
            values,
            written: Written::InCells,
        }),
        limits: Vec::new(),
        bands: Vec::new(),
    });
    Ok(figure)
}

fn method(word: &str) -> &str {
    if word.is_empty() { "*" } else { word }
}

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
