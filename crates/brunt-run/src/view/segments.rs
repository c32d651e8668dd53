//! Statistics between what was done to a run: each segment has one load.
//!
//! A segment begins with the first whole second after a change of the load, and the second of the change belongs to the one before. A
//! run that was left alone has none: its totals are its only segment.

use super::latency::Accumulator;
use super::latency::LatencyView;
use crate::{Mark, MarkKind};
use brunt_metrics::{Histogram, Phase, Second};

/// The most segments that are kept apart; what comes after belongs to the last.
pub const MAX_SEGMENTS: usize = 64;

/// What was counted between two changes of the load.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentView {
    /// What it began with; `None` of the first.
    pub mark: Option<Mark>,
    /// Its first second.
    pub from: u64,
    /// How many seconds it has; without those in which all requests were of a warm-up or cool-down.
    pub seconds: u64,
    /// Requests due in the load phase that ended in it.
    pub requests: u64,
    /// Of these, in an error.
    pub errors: u64,
    /// Their response times.
    pub response: LatencyView,
}

#[derive(Clone, Debug, Default)]
struct Sums {
    mark: Option<Mark>,
    from: u64,
    seconds: u64,
    /// Seconds of warm-up and cool-down.
    aside: u64,
    requests: u64,
    errors: u64,
    response: Accumulator,
}

/// The segments of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Segments {
    all: Vec<Sums>,
    /// Changes whose segment begins with a later second.
    to_come: Vec<Mark>,
    /// Changes past the most segments.
    pub(super) folded: u64,
}

impl Segments {
    pub(super) fn mark(&mut self, mark: &Mark) {
        match mark.kind {
            MarkKind::Steered | MarkKind::Paused | MarkKind::Resumed => self.to_come.push(mark.clone()),
            MarkKind::Note => {}
        }
    }

    pub(super) fn add(&mut self, second: &Second) {
        for mark in self.to_come.extract_if(.., |mark| mark.at.second() < second.index) {
            // Scenarios that are changed together begin one segment.
            let count = self.all.len();
            match self.all.last_mut().filter(|last| last.seconds == 0) {
                Some(last) => last.mark = Some(mark),
                None if count < MAX_SEGMENTS => {
                    self.all.push(Sums { mark: Some(mark), from: second.index, ..Sums::default() });
                }
                None => self.folded += 1,
            }
        }
        if self.all.is_empty() {
            self.all.push(Sums { from: second.index, ..Sums::default() });
        }
        let Some(last) = self.all.last_mut() else { return };
        last.seconds = second.index + 1 - last.from;
        if !second.cells.is_empty() && second.cells.iter().all(|cell| cell.key.phase != Phase::Load) {
            last.aside += 1;
        }
        for cell in second.cells.iter().filter(|cell| cell.key.phase == Phase::Load) {
            last.requests += cell.count();
            last.errors += if cell.key.outcome.is_ok() { 0 } else { cell.count() };
            last.response.add(cell.response_times());
        }
    }

    /// All of them; none of a run that was left alone.
    pub(super) fn views(&self) -> Vec<SegmentView> {
        if self.all.len() < 2 {
            return Vec::new();
        }
        let view = |s: &Sums| {
            let mut times = Histogram::default();
            s.response.add_to(&mut times);
            SegmentView {
                mark: s.mark.clone(),
                from: s.from,
                seconds: s.seconds - s.aside.min(s.seconds),
                requests: s.requests,
                errors: s.errors,
                response: LatencyView::of(&times),
            }
        };
        self.all.iter().map(view).collect()
    }
}
