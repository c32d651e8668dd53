//! A run cut into stretches of time, each with the few figures that comparison needs.

use super::judge::Unclear;
use super::metric::Metric;
use crate::stats::{Batches, MIN_BATCHES, batches};
use crate::{Course, Slice};
use brunt_metrics::{CellSecond, EndpointId, Histogram, Phase, SparseHistogram};
use brunt_run::SeriesName;
use std::collections::BTreeMap;

/// The shortest stretch, in seconds: shorter ones are more alike than they must be.
pub(super) const UNIT_SECONDS: u64 = 10;
/// The least number of requests beyond a quantile that a stretch must have, on average, for the quantile to be an estimate.
const BEYOND: f64 = 5.0;

/// What was measured in a stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Stretch {
    pub(super) requests: u64,
    pub(super) errors: u64,
    /// Logarithms of p50, p95 and p99 of the response time in milliseconds.
    ln_quantiles: [Option<f64>; 3],
}

/// Stretches of one, two, four, ... units, all from the same instant on.
#[derive(Clone, Debug, Default)]
pub(super) struct Stretches {
    levels: Vec<Vec<Stretch>>,
}

/// The seconds of a run in which its load phase was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u64,
    /// The second after the last.
    pub(super) to: u64,
}

/// When load was measured; `None` if none was.
pub(super) fn span(course: &Course) -> Option<Span> {
    let loaded = |s: &&Slice| s.measured.cells.iter().any(|c| c.key.phase == Phase::Load);
    let from = course.slices.iter().find(loaded)?.from;
    let last = course.slices.iter().rev().find(loaded)?;
    Some(Span { from, to: last.from + last.seconds })
}

/// The stretches of all requests and of each series, of the whole units of a span.
pub(super) fn stretches(course: &Course, span: Span) -> (Stretches, BTreeMap<SeriesName, Stretches>) {
    let unit = UNIT_SECONDS.max(course.step);
    #[expect(clippy::cast_possible_truncation, reason = "a course has at most 7,200 slices")]
    let units = ((span.to.saturating_sub(span.from)) / unit) as usize;
    let mut series: BTreeMap<EndpointId, Vec<Unit>> = BTreeMap::new();
    for slice in course.slices.iter().filter(|s| s.from >= span.from) {
        #[expect(clippy::cast_possible_truncation, reason = "as above")]
        let at = ((slice.from - span.from) / unit) as usize;
        if at >= units {
            break;
        }
        for cell in slice.measured.cells.iter().filter(|c| c.key.phase == Phase::Load) {
            let own = series.entry(cell.key.endpoint).or_insert_with(|| vec![Unit::default(); units]);
            own[at].gather(cell);
        }
    }
    series.values_mut().flatten().for_each(Unit::settle);
    let mut all = Histogram::default();
    let mut sum = |at: usize| {
        let mut unit = Unit::default();
        for part in series.values().map(|own| &own[at]) {
            all.add(&part.response);
            unit.requests += part.requests;
            unit.errors += part.errors;
        }
        Unit { response: all.drain(), ..unit }
    };
    let whole = (0..units).map(&mut sum).collect();
    let name = |id: EndpointId| course.header.as_ref()?.endpoints.get(id.0 as usize).cloned();
    let named = series.into_iter().filter_map(|(id, units)| Some((name(id)?, Stretches::of(units))));
    let named = named.collect();
    (Stretches::of(whole), named)
}

/// A stretch while it is put together.
#[derive(Clone, Debug, Default)]
struct Unit {
    requests: u64,
    errors: u64,
    response: SparseHistogram,
}

impl Unit {
    /// Takes in a second's counts as they are; [`Self::settle`] puts them in order, once, which is much cheaper than a merge
    /// each second.
    fn gather(&mut self, cell: &CellSecond) {
        let response = cell.response_times();
        self.requests += cell.count();
        self.errors += if cell.key.outcome.is_ok() { 0 } else { cell.count() };
        self.response.counts.extend_from_slice(&response.counts);
        self.response.total += response.total;
        self.response.sum_ns += response.sum_ns;
        self.response.min = self.response.min.min(response.min);
        self.response.max = self.response.max.max(response.max);
    }

    fn settle(&mut self) {
        let counts = &mut self.response.counts;
        counts.sort_unstable_by_key(|(bucket, _)| *bucket);
        counts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
    }

    fn add(&mut self, next: &Self) {
        self.requests += next.requests;
        self.errors += next.errors;
        self.response.merge(&next.response);
    }

    fn figures(&self) -> Stretch {
        let ln = |q: f64| {
            let ms = self.response.quantile(q)?.as_millis_f64();
            (ms > 0.0).then(|| ms.ln())
        };
        Stretch { requests: self.requests, errors: self.errors, ln_quantiles: [ln(0.5), ln(0.95), ln(0.99)] }
    }
}

impl Stretches {
    fn of(mut units: Vec<Unit>) -> Self {
        let mut levels = Vec::new();
        while !units.is_empty() {
            levels.push(units.iter().map(Unit::figures).collect());
            // What fills no stretch of the next level is in none of it.
            let pair = |two: &[Unit]| {
                let mut both = two[0].clone();
                both.add(&two[1]);
                both
            };
            units = units.chunks_exact(2).map(pair).collect();
        }
        Self { levels }
    }

    fn units(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// Requests and errors of all units.
    pub(super) fn counts(&self) -> (u64, u64) {
        let units = self.levels.first().map(Vec::as_slice).unwrap_or_default();
        units.iter().fold((0, 0), |sum, unit| (sum.0 + unit.requests, sum.1 + unit.errors))
    }

    fn at(&self, size: usize, index: usize) -> Option<&Stretch> {
        self.levels.get(size.trailing_zeros() as usize)?.get(index)
    }
}

impl Stretch {
    fn scaled(&self, metric: Metric) -> Option<f64> {
        let some = |value: f64| (self.requests > 0).then_some(value);
        match metric {
            Metric::P50 => self.ln_quantiles[0],
            Metric::P95 => self.ln_quantiles[1],
            Metric::P99 => self.ln_quantiles[2],
            Metric::ErrorRate => some(self.errors as f64 / self.requests as f64),
            Metric::Throughput => some((self.requests as f64).ln()),
        }
    }
}

/// The differences `candidate - baseline` of a metric, stretch by stretch, in stretches long enough for it.
pub(super) fn differences(a: &Stretches, b: &Stretches, metric: Metric) -> Result<Batches, Unclear> {
    let units = a.units().min(b.units());
    let fewest = a.counts().0.min(b.counts().0);
    if fewest == 0 || units == 0 {
        return Err(if fewest == 0 { Unclear::NoData } else { too_short(1) });
    }
    let wanted = metric.quantile().map_or(1.0, |q| BEYOND / (1.0 - q));
    let per_unit = fewest as f64 / units as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is above 0")]
    let first =
        ((wanted / per_unit).ceil() as usize).max(1).checked_next_power_of_two().unwrap_or(usize::MAX);
    let value = |range: std::ops::Range<usize>| {
        let (size, index) = (range.len(), range.start / range.len());
        Some(b.at(size, index)?.scaled(metric)? - a.at(size, index)?.scaled(metric)?)
    };
    batches(units, first, value).ok_or_else(|| too_short(first))
}

fn too_short(first: usize) -> Unclear {
    Unclear::TooShort { need_seconds: UNIT_SECONDS * (MIN_BATCHES as u64) * first as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::{CellKey, ErrorKind, Nanos, Outcome, Status};

    /// Gathered and settled is merged: also with buckets in common, out of order, nothing at all, and what was never sent,
    /// which counts and has no time.
    #[test]
    fn what_is_gathered_is_what_is_merged() {
        let cell = |outcome, ms: &[u64]| {
            let mut h = Histogram::default();
            for ms in ms {
                h.record(Nanos::from_millis(*ms));
            }
            let key = CellKey { endpoint: EndpointId(0), phase: Phase::Load, status: Status::NONE, outcome };
            CellSecond { response: h.drain(), ..CellSecond::empty(key) }
        };
        let (ok, failed) = (Outcome::Ok, Outcome::Error(ErrorKind::Status));
        let cells = [
            cell(ok, &[5, 9, 5]),
            cell(ok, &[]),
            cell(failed, &[1, 9, 700]),
            cell(Outcome::Error(ErrorKind::Missing), &[0, 0]),
            cell(ok, &[5]),
        ];
        let (mut gathered, mut merged) = (Unit::default(), SparseHistogram::default());
        for cell in &cells {
            gathered.gather(cell);
            merged.merge(cell.response_times());
        }
        gathered.settle();
        assert_eq!(gathered.response, merged);
        assert_eq!((gathered.requests, gathered.errors, merged.total), (9, 5, 7));
    }
}
