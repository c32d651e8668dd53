//! What all detectors look at: the judged seconds of a course as points, computed once.
//!
//! Judged is what was due in the load phase, from the first second in which requests began to the last. Times are in
//! milliseconds, rates a second. Latency here is the response time (from due to ended) of requests that succeeded.

use super::{Seconds, numbers};
use crate::{Course, Slice};
use brunt_metrics::{EndpointId, EndpointKind, Phase, SparseHistogram};
use std::ops::Range;

/// The fewest seconds of constant load that make a stretch.
const SHORTEST_STRETCH: usize = 8;
/// So many empty points are put into a gap: longer ones are no silence of the target but a clock that jumped.
const LONGEST_GAP: usize = 600;
/// By how much load may vary in a stretch.
const STEADY: f64 = 0.12;

/// The facts of a run.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) course: &'a Course,
    pub(super) points: Vec<Point>,
    pub(super) load: Load,
    /// Stretches of constant load, ascending.
    pub(super) stretches: Vec<Range<usize>>,
    /// Requests that ended.
    pub(super) requests: f64,
    /// Of these, failed.
    pub(super) errors: f64,
    /// All that users waited for answers, in milliseconds.
    pub(super) waited: f64,
}

/// How load comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// By a schedule: the level is a rate.
    Open,
    /// From users: the level is their number.
    Closed,
}

/// A judged second.
#[derive(Clone, Debug, Default)]
pub(super) struct Point {
    pub(super) at: u64,
    pub(super) seconds: f64,
    /// Requests asked for, those of dropped iterations included.
    pub(super) asked: f64,
    pub(super) begun: f64,
    pub(super) ended: f64,
    pub(super) ok: f64,
    pub(super) failed: f64,
    pub(super) in_flight: f64,
    pub(super) users: f64,
    /// Of what succeeded; `None` if nothing did.
    pub(super) latency: Option<Latency>,
    /// Response times of what succeeded.
    pub(super) histogram: SparseHistogram,
}

/// Latencies of a second, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Latency {
    pub(super) mean: f64,
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) max: f64,
}

impl<'a> Facts<'a> {
    pub(super) fn new(course: &'a Course) -> Self {
        let points = judged(course);
        let open = course.header.as_ref().is_some_and(|h| h.scenarios.iter().any(|s| s.open));
        let load = if open { Load::Open } else { Load::Closed };
        let requests = points.iter().map(|p| p.ended * p.seconds).sum();
        let errors = points.iter().map(|p| p.failed * p.seconds).sum();
        let waited = points.iter().map(Point::waited).sum();
        let mut facts = Self { course, points, load, stretches: Vec::new(), requests, errors, waited };
        facts.stretches = facts.find_stretches();
        facts
    }

    /// How much load there was at a point: what was asked for, or how many users asked.
    pub(super) fn level(&self, at: usize) -> f64 {
        let point = &self.points[at];
        match self.load {
            Load::Open => point.asked,
            Load::Closed if point.users > 0.0 => point.users,
            Load::Closed => point.in_flight,
        }
    }

    /// The level with its unit, in words.
    pub(super) fn level_words(&self, level: f64) -> String {
        let unit = match self.load {
            Load::Open => "requests/s",
            Load::Closed => "users",
        };
        format!("{} {unit}", super::draft::digits(level))
    }

    /// The longest stretch of constant load.
    pub(super) fn longest_stretch(&self) -> Option<Range<usize>> {
        self.stretches.iter().max_by_key(|s| s.len()).cloned()
    }

    /// The seconds of a range of points.
    pub(super) fn seconds(&self, range: &Range<usize>) -> Seconds {
        let from = self.points.get(range.start).map_or(0, |p| p.at);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds")]
        let to = range
            .end
            .checked_sub(1)
            .and_then(|i| self.points.get(i))
            .map_or(from, |p| p.at + p.seconds as u64);
        Seconds { from, to }
    }

    /// What a figure of latency was at the points of a range, as natural logarithms; points without any are left out.
    pub(super) fn logs(&self, range: Range<usize>, which: impl Fn(&Latency) -> f64) -> Vec<(usize, f64)> {
        let value = |i: usize| self.points[i].latency.as_ref().map(|l| (i, which(l).max(0.001).ln()));
        range.filter_map(value).collect()
    }

    /// Response times of all that succeeded in a range.
    pub(super) fn histogram(&self, points: impl Iterator<Item = usize>) -> SparseHistogram {
        let mut all = brunt_metrics::Histogram::default();
        points.for_each(|i| all.add(&self.points[i].histogram));
        all.to_sparse()
    }

    /// Response times of all that succeeded.
    pub(super) fn all(&self) -> SparseHistogram {
        self.histogram(0..self.points.len())
    }

    /// An endpoint's name for people.
    pub(super) fn name(&self, endpoint: EndpointId) -> String {
        let header = self.course.header.as_ref();
        let name = header.and_then(|h| h.endpoints.get(endpoint.0 as usize));
        name.map_or_else(|| format!("endpoint {}", endpoint.0), brunt_run::SeriesName::label)
    }

    /// The slices that are judged.
    pub(super) fn slices(&self) -> impl Iterator<Item = &'a Slice> {
        let from = self.points.first().map_or(u64::MAX, |p| p.at);
        let to = self.points.last().map_or(0, |p| p.at);
        self.course.slices.iter().filter(move |s| (from..=to).contains(&s.from))
    }

    fn find_stretches(&self) -> Vec<Range<usize>> {
        let levels: Vec<f64> = (0..self.points.len()).map(|i| self.smooth_level(i)).collect();
        let mut out = Vec::new();
        let mut from = 0;
        for at in 0..=levels.len() {
            let broken = at == levels.len() || {
                // A hundred of them tell the median of thousands well enough, and keep long runs quick.
                let thinned: Vec<f64> =
                    levels[from..at].iter().step_by(1 + (at - from) / 100).copied().collect();
                let middle = numbers::median(&thinned).unwrap_or(levels[at]);
                // Four deviations of the median of five Poisson counts.
                let noise = 2.2 * middle.max(0.2).sqrt();
                (levels[at] - middle).abs() > (STEADY * middle).max(noise)
            };
            if broken {
                if at - from >= SHORTEST_STRETCH && flat(&levels[from..at]) {
                    out.push(from..at);
                }
                from = at;
            }
        }
        out
    }

    /// The median of five neighbours: a single odd second is no change of load.
    fn smooth_level(&self, at: usize) -> f64 {
        let range = at.saturating_sub(2)..(at + 3).min(self.points.len());
        let levels: Vec<f64> = range.map(|i| self.level(i)).collect();
        numbers::median(&levels).unwrap_or_default()
    }
}

/// Whether levels neither rise nor fall by much from end to end.
fn flat(levels: &[f64]) -> bool {
    let third = levels.len().div_ceil(3);
    let ends = (numbers::mean(&levels[..third]), numbers::mean(&levels[levels.len() - third..]));
    let (Some(first), Some(last)) = ends else { return false };
    // The difference of two means of Poisson counts.
    let noise = 3.5 * (2.0 * first.max(0.2) / third as f64).sqrt();
    (last - first).abs() <= (0.08 * first).max(noise)
}

impl Point {
    /// What users waited in it, in milliseconds.
    pub(super) fn waited(&self) -> f64 {
        self.latency.map_or(0.0, |l| l.mean * self.histogram.total as f64)
    }
}

/// The judged seconds, with empty points where nothing was sealed in between.
fn judged(course: &Course) -> Vec<Point> {
    let per_iteration = requests_per_iteration(course);
    // Results of other tools may know only what ended.
    let no_starts = course.slices.iter().all(|s| s.measured.requests_started == 0);
    let begins = |s: &Slice| s.measured.requests_started > 0 || no_starts;
    let loaded = |s: &Slice| {
        s.measured.cells.iter().any(|c| c.key.phase == Phase::Load)
            || (s.measured.cells.is_empty() && begins(s))
    };
    let judged = |s: &&Slice| begins(s) && loaded(s);
    let Some(first) = course.slices.iter().find(judged) else { return Vec::new() };
    let last = course.slices.iter().rev().find(judged).map_or(first.from, |s| s.from);
    let mut points: Vec<Point> = Vec::new();
    for slice in course.slices.iter().filter(|s| (first.from..=last).contains(&s.from)) {
        let step = slice.seconds.max(1);
        let last = points.last().map_or(slice.from, |p| p.at);
        for next in (last + step..slice.from).step_by(usize::try_from(step).unwrap_or(1)).take(LONGEST_GAP) {
            points.push(Point { at: next, seconds: step as f64, ..Point::default() });
        }
        points.push(point(course, slice, per_iteration));
    }
    points
}

fn requests_per_iteration(course: &Course) -> f64 {
    let begun: u64 = course.slices.iter().map(|s| s.measured.requests_started).sum();
    let iterations: u64 = course.slices.iter().flat_map(|s| &s.measured.scenarios).map(|s| s.started).sum();
    if iterations == 0 { 1.0 } else { begun as f64 / iterations as f64 }
}

fn point(course: &Course, slice: &Slice, per_iteration: f64) -> Point {
    let seconds = slice.seconds.max(1) as f64;
    let second = &slice.measured;
    let header = course.header.as_ref();
    let mut all = brunt_metrics::Histogram::default();
    let (mut ok, mut failed) = (0_u64, 0_u64);
    for cell in second.cells.iter().filter(|c| c.key.phase == Phase::Load) {
        if header.is_some_and(|h| h.kind(cell.key.endpoint) != EndpointKind::Request) {
            continue;
        }
        if cell.key.outcome.is_ok() {
            ok += cell.count();
            all.add(&cell.response);
        } else {
            failed += cell.count();
        }
    }
    let histogram = all.to_sparse();
    let ended = (ok + failed) as f64 / seconds;
    let begun = if second.requests_started > 0 { second.requests_started as f64 / seconds } else { ended };
    let dropped: u64 = second.scenarios.iter().map(|s| s.dropped).sum();
    let users: u64 = second.scenarios.iter().map(|s| s.user_time.0).sum();
    Point {
        at: slice.from,
        seconds,
        asked: begun + dropped as f64 * per_iteration / seconds,
        begun,
        ended,
        ok: ok as f64 / seconds,
        failed: failed as f64 / seconds,
        in_flight: second.in_flight_time.as_secs_f64() / seconds,
        users: users as f64 / 1e9 / seconds,
        latency: latency(&histogram),
        histogram,
    }
}

fn latency(histogram: &SparseHistogram) -> Option<Latency> {
    let ms = |q| histogram.quantile(q).map(brunt_metrics::Nanos::as_millis_f64);
    Some(Latency { mean: histogram.mean()?.as_millis_f64(), p50: ms(0.5)?, p95: ms(0.95)?, max: ms(1.0)? })
}
