//! How response times are spread: over endpoints, over time, over shares of requests, over load.

use super::{bands, cut, ink_of, knee, of, parts, points, rows, seconds};
use crate::over_time::{Of, Points, extent, metric_of, seen};
use crate::source::{Asked, MAX_ROWS, Metric, NoFigure, Source};
use crate::{
    Axis, BoxMark, Cells, Dot, Figure, Ink, Kind, Line, LineStroke, Marks, Panel, Scale, Spot, Unit, Written,
};
use brunt_analysis::{Course, Slice};
use brunt_metrics::{Nanos, Phase, SparseHistogram, bucket_bounds_us};
use brunt_run::LatencyFigures;

pub(super) fn boxes(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let mut figure =
        Figure::begun(Kind::Box, format!("Spread of response times of {} by endpoint", source.name));
    let (names, marks): (Vec<String>, Vec<BoxMark>) = if let Some(course) = source.course {
        let parts = cut(parts(source, course, asked)?, MAX_ROWS, &mut figure);
        parts.iter().map(|p| (p.name.clone(), box_of(&loaded(course, of(p))))).unzip()
    } else {
        figure.notes.push(
                "The source has no percentiles below the median: boxes begin there, whiskers at the fastest request."
                    .into(),
            );
        let rows = cut(rows(source, asked)?, MAX_ROWS, &mut figure);
        rows.iter().map(|r| (r.name.clone(), box_of_totals(&r.figures.response))).unzip()
    };
    let tail = |b: &BoxMark| Some(b.p99? / b.median.filter(|m| *m > 0.0)?);
    let longest = names
        .iter()
        .zip(&marks)
        .filter_map(|(name, b)| Some((name, tail(b)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((name, times)) = longest {
        figure.says.push(format!(
            "The longest tail is that of {name}: its p99 is {} times its median.",
            Unit::None.show(times)
        ));
    }
    let values = marks.iter().flat_map(|b| {
        let (low, high) = b.extremes;
        [low, high, b.median, b.p99].into_iter().flatten()
    });
    figure.panels.push(Panel {
        title: String::new(),
        x: Axis::log("response time", Unit::Milliseconds, values),
        y: Axis::names("endpoint", names),
        marks: Marks::Boxes(marks),
        limits: Vec::new(),
        bands: Vec::new(),
    });
    Ok(figure)
}

/// Response times of the load phase.
fn loaded(course: &Course, of: Of<'_>) -> SparseHistogram {
    let mut sum = SparseHistogram::default();
    for cell in course.slices.iter().flat_map(|s| &s.measured.cells) {
        if cell.key.phase == Phase::Load && of.holds(cell) {
            sum.merge(cell.response_times());
        }
    }
    sum
}

fn box_of(histogram: &SparseHistogram) -> BoxMark {
    let at = |q| histogram.quantile(q).map(Nanos::as_millis_f64);
    let any = histogram.total > 0;
    BoxMark {
        median: at(0.5),
        quartiles: (at(0.25), at(0.75)),
        whiskers: (at(0.05), at(0.95)),
        p99: at(0.99),
        extremes: (any.then(|| histogram.min.as_millis_f64()), any.then(|| histogram.max.as_millis_f64())),
    }
}

fn box_of_totals(r: &LatencyFigures) -> BoxMark {
    BoxMark {
        median: r.p50_ms,
        quartiles: (None, r.p75_ms),
        whiskers: (r.min_ms, r.p95_ms),
        p99: r.p99_ms,
        extremes: (r.min_ms, r.max_ms),
    }
}

/// Columns and rows of a heat map over time.
const HEAT_COLUMNS: usize = 120;
const HEAT_ROWS: usize = 36;

pub(super) fn heat(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let course = seconds(Kind::Heat, source)?;
    let mut figure = Figure::begun(Kind::Heat, format!("Response times of {} over time", source.name));
    let points = Points::of(course, asked.points.min(HEAT_COLUMNS));
    let histograms: Vec<SparseHistogram> =
        points.all.iter().map(|p| seen(&p.slices, Of::All).response).collect();
    let low = histograms.iter().filter(|h| h.total > 0).map(|h| h.min.as_millis_f64());
    let high = histograms.iter().filter(|h| h.total > 0).map(|h| h.max.as_millis_f64());
    let y = Axis::log("response time", Unit::Milliseconds, low.chain(high).map(|v| v.max(0.001)));
    let ratio = y.high / y.low;
    let rows: Vec<f64> = (0..=HEAT_ROWS).map(|i| y.low * ratio.powf(i as f64 / HEAT_ROWS as f64)).collect();
    let mut values = vec![None; HEAT_ROWS * histograms.len()];
    for (column, (histogram, point)) in histograms.iter().zip(&points.all).enumerate() {
        for &(bucket, count) in &histogram.counts {
            let (from, to) = bucket_bounds_us(bucket as usize);
            let middle = (from + to) as f64 / 2_000.0;
            let row = rows.partition_point(|edge| *edge <= middle).saturating_sub(1).min(HEAT_ROWS - 1);
            if let Some(cell) = values.get_mut(row * histograms.len() + column) {
                *cell = Some(cell.unwrap_or(0.0) + count as f64 / point.length.max(0.1));
            }
        }
    }
    let columns: Vec<f64> =
        points.all.iter().map(|p| p.from as f64).chain(std::iter::once(points.end)).collect();
    figure.panels.push(Panel {
        title: String::new(),
        x: Axis::time(points.end),
        y,
        marks: Marks::Cells(Cells {
            label: "requests".into(),
            unit: Unit::PerSecond,
            shade: Scale::Log,
            columns,
            rows,
            values,
            written: Written::No,
        }),
        limits: asked.limits.clone(),
        bands: bands(source, course),
    });
    Ok(figure)
}

/// Marks of a spectrum on the way to each tenth of what remains.
const STEPS_PER_TENTH: usize = 12;
/// Beyond 99.9999 % nothing is drawn: no run has so many requests.
const MOST_TENTHS: usize = 6;

pub(super) fn spectrum(sources: &[Source<'_>], asked: &Asked) -> Result<Figure, NoFigure> {
    let mut lines = Vec::new();
    let mut figure = Figure::begun(Kind::Spectrum, "Response time by share of requests".into());
    let mut deepest = 0.9_f64;
    let mut add = |name: &str, ink: Ink, histogram: &SparseHistogram| {
        let spots: Vec<Spot> = shares(histogram.total)
            .map(|q| Spot { x: q, y: histogram.quantile(q).map(Nanos::as_millis_f64), spread: None })
            .collect();
        deepest = spots.last().map_or(deepest, |s| deepest.max(s.x));
        lines.push(Line { name: name.to_owned(), ink, stroke: LineStroke::Solid, spots });
    };
    for (at, source) in sources.iter().enumerate() {
        let course = seconds(Kind::Spectrum, *source)?;
        if let [_] = sources {
            figure.title = format!("Response time of {} by share of requests", source.name);
            add("all", Ink::This, &loaded(course, Of::All));
            // The eye follows few lines: the busiest endpoints beside all.
            for (at, part) in parts(*source, course, asked)?.iter().take(4).enumerate() {
                add(&part.name, Ink::Category(at + 2), &loaded(course, of(part)));
            }
        } else {
            add(source.name, ink_of(at, sources.len()), &loaded(course, Of::All));
        }
        let all = loaded(course, Of::All);
        if let (Some(median), Some(slow)) = (all.quantile(0.5), all.quantile(0.999)) {
            figure.says.push(format!(
                "{}: one request in a thousand took longer than {}, {} times the median.",
                source.name,
                Unit::Milliseconds.show(slow.as_millis_f64()),
                Unit::None.show(slow.as_secs_f64() / median.as_secs_f64().max(1e-9))
            ));
        }
    }
    let y = Axis::log("response time", Unit::Milliseconds, super::all_values(&lines));
    figure.panels.push(Panel {
        title: String::new(),
        x: Axis {
            label: "share of requests that were faster".into(),
            unit: Unit::Share,
            scale: Scale::Tail,
            low: 0.0,
            high: deepest,
        },
        y,
        marks: Marks::Lines(lines),
        limits: asked.limits.clone(),
        bands: Vec::new(),
    });
    Ok(figure)
}

/// Shares of requests, closer and closer to all of them, as far as a count can tell.
fn shares(count: u64) -> impl Iterator<Item = f64> {
    (0..=MOST_TENTHS * STEPS_PER_TENTH)
        .map(|i| 1.0 - 10_f64.powf(-(i as f64) / STEPS_PER_TENTH as f64))
        .take_while(move |q| (1.0 - q) * count as f64 >= 1.0)
}

/// A dot of load against latency stands for about so many seconds.
const DOT_SECONDS: usize = 5;
/// Fewer dots are no picture: shorter runs have shorter stretches.
const MIN_DOTS: usize = 20;
/// A dot of fewer requests says nothing of a tail.
const DOT_REQUESTS: u64 = 20;

pub(super) fn load_latency(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let course = seconds(Kind::LoadLatency, source)?;
    let metric = if asked.metric == Metric::Errors { Metric::P95 } else { asked.metric };
    let mut figure = Figure::begun(
        Kind::LoadLatency,
        format!("{} of {} by load", super::capital(metric.label()), source.name),
    );
    let whole = points(course, asked);
    let seconds = course.slices.len();
    let points = Points::of(course, (seconds / DOT_SECONDS).clamp(MIN_DOTS, asked.points.max(MIN_DOTS)));
    let dots: Vec<Dot> = points
        .all
        .iter()
        .filter(|p| p.length >= 0.9 * points.step as f64)
        .filter_map(|p| {
            let loads: Vec<&Slice> = p.slices.clone();
            let seen = seen(&loads, Of::All);
            let value = metric_of(&seen, metric).filter(|_| seen.requests >= DOT_REQUESTS)?;
            let name = format!("from {}", Unit::Seconds.show(p.from as f64));
            let ink = if p.middle() < whole.end / 2.0 { Ink::Baseline } else { Ink::This };
            Some(Dot { x: seen.requests as f64 / p.length, y: value, ink, name })
        })
        .collect();
    let knee = knee(source);
    figure.says.push(match &knee {
        Some(limit) => format!(
            "Beyond {} more load gave no more answers, only longer waits.",
            Unit::PerSecond.show(limit.at)
        ),
        None => "No knee was found: within the load of this run, the target was not full.".into(),
    });
    if source.findings.is_empty() && knee.is_none() {
        figure.says.clear();
    }
    figure.notes.push("Dots of the first half of the run and of the second have their own colours.".into());
    let spread = extent(dots.iter().map(|d| d.y));
    figure.panels.push(Panel {
        title: String::new(),
        x: Axis::from_zero(
            "requests answered or failed",
            Unit::PerSecond,
            dots.iter().map(|d| d.x).chain(knee.iter().map(|k| k.at)),
        ),
        y: Axis::log(metric.label(), metric.unit(), spread.into_iter().flat_map(|(l, h)| [l, h])),
        marks: Marks::Dots(dots),
        limits: knee.into_iter().chain(asked.limits.iter().cloned()).collect(),
        bands: Vec::new(),
    });
    Ok(figure)
}
