//! What logs and likeness look like: figures, written to a folder as SVG.

use crate::console::Console;
use brunt_figure::{
    Axis, Bars, Figure, Ink, Kind, Line, LineStroke, LogKind, Look, Marks, Panel, Spot, Unit, svg,
};
use brunt_traffic::anomaly::{Anomaly, AnomalyKind};
use brunt_traffic::{Aspect, Census, Likeness, Portrait};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Endpoints that are drawn.
const MOST_ENDPOINTS: usize = 12;
/// Anomalies that are marked.
const MOST_MARKS: usize = 12;
/// More hours than this in a row without a request are a gap in the line.
const GAP_HOURS: i64 = 1;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The figures of a log.
pub(super) fn of_log(name: &str, portrait: &Portrait, census: &Census) -> Vec<Figure> {
    vec![course(name, portrait, census), hours(name, portrait), endpoints(name, portrait)]
}

/// The figures of a log beside what was made of it, or beside another.
pub(super) fn of_likeness(name: &str, likeness: &Likeness) -> Vec<Figure> {
    let all =
        [hours_beside(name, likeness), mix(name, likeness), bursts(name, likeness), sessions(name, likeness)];
    all.into_iter().filter(|figure| !figure.panels.is_empty()).collect()
}

/// Writes each as `KIND.svg`.
pub(super) fn write(figures: &[Figure], folder: &Path, console: Console) -> Result<(), String> {
    let fail = |path: &Path, e: &std::io::Error| format!("cannot write `{}`: {e}", path.display());
    fs::create_dir_all(folder).map_err(|e| fail(folder, &e))?;
    for figure in figures {
        let path = folder.join(format!("{}.svg", figure.kind));
        fs::write(&path, svg(figure, &Look::default())).map_err(|e| fail(&path, &e))?;
        console.note(format!("written   {}", path.display()));
    }
    Ok(())
}

fn course(name: &str, portrait: &Portrait, census: &Census) -> Figure {
    let mut figure = Figure::begun(Kind::Log(LogKind::Course), format!("Requests of {name} over time"));
    let local = |hour: i64| hour + i64::from(portrait.offset_s).div_euclid(3_600);
    let hours = census.hours();
    let first_day = hours.first().map_or(0, |(hour, _)| local(*hour).div_euclid(24));
    let days = |hour: i64| (local(hour) - first_day * 24) as f64 / 24.0;
    let middle = |hour: i64| days(hour) + 0.5 / 24.0;
    let mut spots: Vec<Spot> = Vec::new();
    let mut before = None;
    for (hour, n) in &hours {
        if before.is_some_and(|before| hour - before > GAP_HOURS) {
            spots.push(Spot { x: days(before.unwrap_or(*hour) + 1), y: None, spread: None });
        }
        before = Some(*hour);
        spots.push(Spot { x: middle(*hour), y: Some(*n as f64), spread: None });
    }
    let since = jiff::Timestamp::from_second(first_day * 86_400)
        .map_or_else(|_| String::new(), |t| t.strftime("%a %Y-%m-%d").to_string());
    if let Some((at, most)) = portrait.peak_hours.first() {
        let mean = portrait.requests as f64 / portrait.observed_hours.max(1e-9);
        let at = jiff::Timestamp::from_second(at + i64::from(portrait.offset_s))
            .map_or_else(|_| at.to_string(), |t| t.strftime("%a %Y-%m-%d %H:%M").to_string());
        figure.says.push(format!(
            "The busiest hour, from {at}, has {most} requests: {:.1} times the mean.",
            *most as f64 / mean
        ));
    }
    let x = Axis {
        low: spots.first().map_or(0.0, |s| s.x),
        high: spots.last().map_or(1.0, |s| s.x) + 1.0 / 24.0,
        ..Axis::from_zero(&format!("days since {since}, the log's time"), Unit::None, [])
    };
    let mut told: Vec<&Anomaly> = portrait.anomalies.iter().collect();
    told.sort_by(|a, b| b.score.total_cmp(&a.score));
    if told.len() > MOST_MARKS {
        figure.notes.push(format!("{MOST_MARKS} of {} anomalies are marked: the most unusual.", told.len()));
        told.truncate(MOST_MARKS);
    }
    let line = Line { name: "requests".into(), ink: Ink::This, stroke: LineStroke::Solid, spots };
    let mut lines = vec![line];
    for (kind, ink, stroke) in [
        (AnomalyKind::Attack, Ink::Bad, LineStroke::Dots),
        (AnomalyKind::Spike, Ink::Baseline, LineStroke::Rings),
        (AnomalyKind::Drop, Ink::Muted, LineStroke::Rings),
    ] {
        let of_kind: BTreeSet<i64> =
            told.iter().filter(|a| a.kind == kind).map(|a| a.from_unix_s.div_euclid(3_600)).collect();
        let spots = hours.iter().filter(|(hour, _)| of_kind.contains(hour));
        let spots: Vec<Spot> =
            spots.map(|(hour, n)| Spot { x: middle(*hour), y: Some(*n as f64), spread: None }).collect();
        if !spots.is_empty() {
            lines.push(Line { name: kind.name().into(), ink, stroke, spots });
        }
    }
    figure.panels.push(lines_panel("", x, ("requests an hour", Unit::Count), lines));
    figure
}

fn hours(name: &str, portrait: &Portrait) -> Figure {
    let mut figure = Figure::begun(Kind::Log(LogKind::Hours), format!("Day and week of {name}"));
    let mean = portrait.requests as f64 / portrait.observed_hours.max(1e-9);
    let busiest =
        (0..portrait.by_hour.len()).max_by(|a, b| portrait.by_hour[*a].total_cmp(&portrait.by_hour[*b]));
    if let Some(hour) = busiest {
        figure.says.push(format!(
            "The hour from {hour:02}:00 is the busiest: {:.1} times the mean of {} requests an hour.",
            portrait.by_hour[hour] / mean.max(1e-9),
            Unit::Count.show(mean)
        ));
    }
    let label = ("requests an hour", Unit::Count);
    figure.panels.push(lines_panel(
        "hour of the day",
        hour_axis(),
        label,
        vec![by_hour("requests an hour", Ink::This, portrait.by_hour.iter().copied())],
    ));
    let bars = vec![Bars {
        name: "requests an hour".into(),
        ink: Ink::This,
        values: portrait.by_weekday.iter().copied().map(Some).collect(),
    }];
    let days = DAYS.map(str::to_owned).to_vec();
    figure.panels.push(bars_panel("day of the week", label, days, bars));
    figure
}

fn endpoints(name: &str, portrait: &Portrait) -> Figure {
    let mut figure = Figure::begun(Kind::Log(LogKind::Endpoints), format!("Endpoints of {name}"));
    let shown: Vec<_> = portrait.endpoints.iter().take(MOST_ENDPOINTS).collect();
    let together: f64 = shown.iter().map(|e| e.share).sum();
    figure.says.push(format!(
        "{} of {} endpoints have {} of the requests.",
        shown.len(),
        portrait.endpoint_count,
        Unit::Share.show(together)
    ));
    let bars = Bars {
        name: "share of requests".into(),
        ink: Ink::This,
        values: shown.iter().map(|e| Some(e.share)).collect(),
    };
    let names = shown.iter().map(|e| e.name.clone()).collect();
    figure.panels.push(bars_panel("", ("share of requests", Unit::Share), names, vec![bars]));
    figure
}

fn hours_beside(name: &str, likeness: &Likeness) -> Figure {
    let mut figure = Figure::begun(Kind::Log(LogKind::Hours), format!("Requests by hour of the day: {name}"));
    figure.says.extend(said(likeness, &[Aspect::Hours, Aspect::Volume]));
    if !likeness.hours.is_empty() {
        let lines = vec![
            by_hour("real", Ink::Baseline, likeness.hours.iter().map(|of| of.0)),
            by_hour("synthetic", Ink::This, likeness.hours.iter().map(|of| of.1)),
        ];
        figure.panels.push(lines_panel("", hour_axis(), ("requests an hour", Unit::Count), lines));
    }
    figure
}

fn mix(name: &str, likeness: &Likeness) -> Figure {
    let mut figure = Figure::begun(Kind::Log(LogKind::Endpoints), format!("Endpoints: {name}"));
    figure.says.extend(said(likeness, &[Aspect::Mix]));
    let shown = &likeness.mix[..likeness.mix.len().min(MOST_ENDPOINTS)];
    if !shown.is_empty() {
        let bars = beside(shown.iter().map(|(_, real, made)| (*real, *made)));
        let names = shown.iter().map(|(name, ..)| name.clone()).collect();
        figure.panels.push(bars_panel("", ("share of requests", Unit::Share), names, bars));
    }
    figure
}

fn bursts(name: &str, likeness: &Likeness) -> Figure {
    let mut figure =
        Figure::begun(Kind::Log(LogKind::Bursts), format!("Burstiness by scale of time: {name}"));
    figure.says.extend(said(likeness, &[Aspect::Bursts, Aspect::Queue]));
    let scale = |at: usize| (at as f64).exp2();
    let lines = lines_beside(likeness.curves.iter().enumerate().map(|(at, of)| (scale(at), *of)).collect());
    if !likeness.curves.is_empty() {
        let x = Axis::log("seconds of a window", Unit::None, (0..likeness.curves.len()).map(scale));
        let y = Axis::log(
            "variance of counts, against independent requests",
            Unit::None,
            likeness.curves.iter().flat_map(|(a, b)| [*a, *b]),
        );
        figure.panels.push(Panel {
            title: String::new(),
            x,
            y,
            marks: Marks::Lines(lines),
            limits: Vec::new(),
            bands: Vec::new(),
        });
    }
    figure
}

fn sessions(name: &str, likeness: &Likeness) -> Figure {
    let mut figure = Figure::begun(Kind::Log(LogKind::Sessions), format!("Sessions: {name}"));
    figure.says.extend(said(likeness, &[Aspect::Lengths, Aspect::Gaps]));
    for (title, label, quantiles) in [
        ("requests of a session", "requests", &likeness.lengths),
        ("pauses within sessions", "seconds", &likeness.gaps),
    ] {
        if quantiles.is_empty() {
            continue;
        }
        // Pauses of nothing have no place on an axis of factors: they stand at its beginning.
        let least =
            quantiles.iter().flat_map(|(a, b)| [*a, *b]).filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
        let least = if least.is_finite() { least.min(1.0) } else { 1.0 };
        let share = |at: usize| (at as f64 + 0.5) / quantiles.len() as f64;
        let line = |of: fn(&(f64, f64)) -> f64| {
            let spots = quantiles.iter().enumerate();
            spots
                .map(|(at, pair)| Spot { x: of(pair).max(least), y: Some(share(at)), spread: None })
                .collect()
        };
        let lines = two_lines(line(|pair| pair.0), line(|pair| pair.1));
        let x = Axis::log(label, Unit::None, quantiles.iter().flat_map(|(a, b)| [*a, *b]).chain([least]));
        figure.panels.push(lines_panel(title, x, ("share up to there", Unit::Share), lines));
    }
    figure
}

/// What measures come to, in sentences.
fn said(likeness: &Likeness, aspects: &[Aspect]) -> Vec<String> {
    let of = likeness.measures.iter().filter(|m| aspects.contains(&m.aspect) && m.value.is_finite());
    of.map(|m| {
        let floor = m.floor.map_or_else(String::new, |f| format!(" (real days among themselves: {f:.3})"));
        format!("{}: {:.3}{floor}, {}.", m.aspect.name(), m.value, m.verdict.words())
    })
    .collect()
}

fn hour_axis() -> Axis {
    Axis { high: 23.0, ..Axis::from_zero("hour of the day, the log's time", Unit::None, []) }
}

fn by_hour(name: &str, ink: Ink, values: impl Iterator<Item = f64>) -> Line {
    let spots = values.enumerate().map(|(hour, n)| Spot { x: hour as f64, y: Some(n), spread: None });
    Line { name: name.to_owned(), ink, stroke: LineStroke::Solid, spots: spots.collect() }
}

fn beside(pairs: impl Iterator<Item = (f64, f64)>) -> Vec<Bars> {
    let (real, made): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let bars = |name: &str, ink, values: Vec<f64>| Bars {
        name: name.to_owned(),
        ink,
        values: values.into_iter().map(Some).collect(),
    };
    vec![bars("real", Ink::Baseline, real), bars("synthetic", Ink::This, made)]
}

fn lines_beside(pairs: Vec<(f64, (f64, f64))>) -> Vec<Line> {
    let spot = |x, y: f64| Spot { x, y: y.is_finite().then_some(y), spread: None };
    let (real, made) = pairs.into_iter().map(|(x, (a, b))| (spot(x, a), spot(x, b))).unzip();
    two_lines(real, made)
}

fn two_lines(real: Vec<Spot>, made: Vec<Spot>) -> Vec<Line> {
    let line = |name: &str, ink, spots| Line { name: name.to_owned(), ink, stroke: LineStroke::Solid, spots };
    vec![line("real", Ink::Baseline, real), line("synthetic", Ink::This, made)]
}

fn lines_panel(title: &str, x: Axis, (label, unit): (&str, Unit), lines: Vec<Line>) -> Panel {
    let values = lines.iter().flat_map(|l| &l.spots).filter_map(|s| s.y).collect::<Vec<_>>();
    let y = Axis::from_zero(label, unit, values);
    Panel { title: title.to_owned(), x, y, marks: Marks::Lines(lines), limits: Vec::new(), bands: Vec::new() }
}

fn bars_panel(title: &str, (label, unit): (&str, Unit), names: Vec<String>, bars: Vec<Bars>) -> Panel {
    let values = bars.iter().flat_map(|b| b.values.iter().flatten().copied()).collect::<Vec<_>>();
    Panel {
        title: title.to_owned(),
        x: Axis::from_zero(label, unit, values),
        y: Axis::names("", names),
        marks: Marks::Bars(bars),
        limits: Vec::new(),
        bands: Vec::new(),
    }
}
