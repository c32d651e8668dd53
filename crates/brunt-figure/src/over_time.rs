//! A course in a bounded number of points, for lines.
//!
//! A point that stands for several seconds comes from their merged histograms; the lowest and highest of its seconds
//! stand beside it.

use crate::{Band, Ink, Line, LineStroke, Metric, Spot, Tone};
use brunt_analysis::{Course, Slice};
use brunt_metrics::{CellSecond, EndpointId, EndpointKind, Nanos, Phase, SparseHistogram};
use brunt_run::{HostSecond, MarkKind, PhaseChange};
use std::collections::BTreeMap;

/// Steps between points, in seconds: such as people count in.
const STEPS: [u64; 13] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 21_600];

/// A run in points of equal length.
pub(crate) struct Points<'a> {
    pub(crate) all: Vec<Point<'a>>,
    /// The length of a point, in seconds.
    pub(crate) step: u64,
    /// The end of the run, in seconds.
    pub(crate) end: f64,
}

/// Some seconds.
#[derive(Default)]
pub(crate) struct Point<'a> {
    /// The first second.
    pub(crate) from: u64,
    /// How long it is, in seconds: less at the end of the run.
    pub(crate) length: f64,
    pub(crate) slices: Vec<&'a Slice>,
}

/// What is drawn of a set of requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) response: SparseHistogram,
}

/// Which requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of<'a> {
    All,
    /// Those of any of these, which one name stands for.
    Endpoints(&'a [EndpointId]),
}

impl<'a> Points<'a> {
    /// At most about `most` points.
    pub(crate) fn of(course: &'a Course, most: usize) -> Self {
        let last = course.slices.last().map_or(0, |s| s.from + s.seconds);
        let end = course.finish.as_ref().map_or(last as f64, |f| f.at.as_secs_f64().min(last as f64));
        let wanted = last.div_ceil(most.max(1) as u64).max(course.step.max(1));
        let step = STEPS.into_iter().find(|s| *s >= wanted).unwrap_or(wanted);
        let mut all: Vec<Point<'a>> = (0..last.div_ceil(step))
            .map(|i| Point {
                from: i * step,
                length: (end - (i * step) as f64).min(step as f64),
                slices: Vec::new(),
            })
            .collect();
        for slice in &course.slices {
            if let Some(point) = usize::try_from(slice.from / step).ok().and_then(|at| all.get_mut(at)) {
                point.slices.push(slice);
            }
        }
        Self { all, step, end }
    }

    /// The points that lines have: the rest of a second in which a run stopped holds too little to be beside whole ones.
    pub(crate) fn whole(&self) -> impl Iterator<Item = &Point<'a>> {
        self.all.iter().filter(|p| p.length >= 0.5 * (self.step as f64).min(2.0))
    }

    /// A line of a rate: an amount of each point over its length.
    pub(crate) fn rate(&self, (name, ink): (&str, Ink), amount: impl Fn(&Slice) -> f64) -> Line {
        let spots = self.whole().map(|p| {
            let sum: f64 = p.slices.iter().map(|s| amount(s)).sum();
            let whole = p.slices.len() > 1 && p.length >= self.step as f64;
            let each = p.slices.iter().map(|s| amount(s) / s.seconds as f64);
            Spot {
                x: p.middle(),
                y: (!p.slices.is_empty()).then(|| sum / p.length.max(0.1)),
                spread: if whole { extent(each) } else { None },
            }
        });
        Line { name: name.to_owned(), ink, stroke: LineStroke::Solid, spots: spots.collect() }
    }

    /// Lines of quantiles of response times, in milliseconds.
    pub(crate) fn quantiles<const N: usize>(&self, of: Of<'_>, asked: [(&str, Ink, f64); N]) -> Vec<Line> {
        self.lines(asked.map(|(name, ink, _)| (name, ink)), |slices| {
            let seen = seen(slices, of);
            asked.map(|(_, _, q)| seen.response.quantile(q).map(Nanos::as_millis_f64))
        })
    }

    /// A line of a metric.
    pub(crate) fn metric(&self, name_ink: (&str, Ink), of: Of<'_>, metric: Metric) -> Vec<Line> {
        self.lines([name_ink], |slices| [metric_of(&seen(slices, of), metric)])
    }

    /// Lines of what is computed of some slices together; the spread is that of the slices alone.
    pub(crate) fn lines<const N: usize>(
        &self,
        names: [(&str, Ink); N],
        values: impl Fn(&[&Slice]) -> [Option<f64>; N],
    ) -> Vec<Line> {
        let mut lines: Vec<Line> = names
            .iter()
            .map(|(name, ink)| Line {
                name: (*name).to_owned(),
                ink: *ink,
                stroke: LineStroke::Solid,
                spots: Vec::with_capacity(self.all.len()),
            })
            .collect();
        for point in self.whole() {
            let together = values(&point.slices);
            let mut spreads = [None; N];
            if point.slices.len() > 1 {
                for alone in point.slices.iter().map(|s| values(std::slice::from_ref(s))) {
                    for (spread, value) in spreads.iter_mut().zip(alone) {
                        *spread = extent(value.into_iter().chain(bounds(*spread)));
                    }
                }
            }
            for ((line, y), spread) in lines.iter_mut().zip(together).zip(spreads) {
                line.spots.push(Spot { x: point.middle(), y, spread });
            }
        }
        lines
    }

    /// A line of what the generator's machine said at the ends of seconds: the mean.
    pub(crate) fn host(
        &self,
        name_ink: (&str, Ink),
        value: impl Fn(&HostSecond) -> Option<f64>,
    ) -> Vec<Line> {
        self.lines([name_ink], |slices| {
            let values: Vec<f64> = slices.iter().filter_map(|s| value(s.host.as_ref()?)).collect();
            [(!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)]
        })
    }
}

impl Point<'_> {
    pub(crate) fn middle(&self) -> f64 {
        self.from as f64 + self.length / 2.0
    }
}

/// The requests of some slices.
pub(crate) fn seen(slices: &[&Slice], of: Of<'_>) -> Seen {
    let mut sum = Seen::default();
    for cell in slices.iter().flat_map(|s| &s.measured.cells).filter(|c| of.holds(c)) {
        sum.requests += cell.count();
        sum.errors += if cell.key.outcome.is_ok() { 0 } else { cell.count() };
        sum.response.merge(cell.response_times());
    }
    sum
}

impl Of<'_> {
    pub(crate) fn holds(self, cell: &CellSecond) -> bool {
        match self {
            Self::All => true,
            Self::Endpoints(ids) => ids.contains(&cell.key.endpoint),
        }
    }
}

/// A metric of some requests.
pub(crate) fn metric_of(seen: &Seen, metric: Metric) -> Option<f64> {
    match (metric, metric.quantile()) {
        (_, Some(q)) => seen.response.quantile(q).map(Nanos::as_millis_f64),
        (Metric::Errors, None) => (seen.requests > 0).then(|| seen.errors as f64 / seen.requests as f64),
        (Metric::Mean | Metric::P50 | Metric::P95 | Metric::P99, None) => {
            seen.response.mean().map(Nanos::as_millis_f64)
        }
    }
}

fn bounds(spread: Option<(f64, f64)>) -> impl Iterator<Item = f64> {
    spread.into_iter().flat_map(|(low, high)| [low, high])
}

pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().fold(None, |sum: Option<(f64, f64)>, v| {
        Some(sum.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
    })
}

/// The endpoints of a course by the name that people see: scenarios may share one.
pub(crate) fn endpoints_by_name(course: &Course) -> BTreeMap<String, Vec<EndpointId>> {
    let mut names: BTreeMap<String, Vec<EndpointId>> = BTreeMap::new();
    let known = course.header.iter().flat_map(|h| h.endpoints.iter().enumerate());
    for (at, series) in known.filter(|(_, s)| s.kind == EndpointKind::Request) {
        if let Ok(id) = u32::try_from(at) {
            names.entry(series.label()).or_default().push(EndpointId(id));
        }
    }
    names
}

/// What was done to a run while it went on: a pause is a stretch, all else an instant.
pub(crate) fn done(course: &Course) -> Vec<Band> {
    let end = course.slices.last().map_or(0.0, |slice| (slice.from + slice.seconds) as f64);
    // An instant is as wide as can be seen.
    let instant = (end / 300.0).max(0.2);
    let mut bands: Vec<Band> = Vec::new();
    let mut paused: Option<usize> = None;
    for mark in &course.marks {
        let at = mark.at.as_secs_f64();
        let (name, to) = match mark.kind {
            MarkKind::Paused => {
                paused = Some(bands.len());
                ("pause".to_owned(), end.max(at))
            }
            MarkKind::Resumed => {
                if let Some(band) = paused.take().and_then(|i| bands.get_mut(i)) {
                    band.to = at;
                    continue;
                }
                (mark.text.clone(), at + instant)
            }
            MarkKind::Steered | MarkKind::Note => (mark.text.clone(), at + instant),
        };
        bands.push(Band { name, from: at, to, tone: Tone::Found });
    }
    bands
}

/// The parts of a run that stand apart from its load: between the first beginning and the last end of warm-up, and of
/// cool-down, as far as no load ran.
pub(crate) fn asides(course: &Course) -> Vec<Band> {
    let load = |c: &&PhaseChange| c.phase == Some(Phase::Load);
    let first_load = course.phases.iter().filter(load).map(|c| c.at).min();
    let warm = course.phases.iter().filter(|c| c.phase == Some(Phase::WarmUp)).map(|c| c.at).min();
    let cool = course.phases.iter().filter(|c| c.phase == Some(Phase::CoolDown)).map(|c| c.at).max();
    let end = course.finish.as_ref().map(|f| f.at);
    let band = |name: &str, from: Option<Nanos>, to: Option<Nanos>| {
        let (from, to) = (from?.as_secs_f64(), to?.as_secs_f64());
        (from < to).then(|| Band { name: name.to_owned(), from, to, tone: Tone::Aside })
    };
    [band("warm-up", warm, first_load), band("cool-down", cool, end)].into_iter().flatten().collect()
}
