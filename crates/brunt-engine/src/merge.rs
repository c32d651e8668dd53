//! Many workers, one run: seconds summed, ends and successions agreed on. Pure.
//!
//! A run on one machine is the case of few workers and short ways; the rules are those of any number.

use brunt_metrics::{Nanos, ScenarioId, Second};
use brunt_workload::{StartAt, Workload};
use std::collections::BTreeMap;

/// Sums the workers' parts of each second. A second is complete when every worker has sent its part or has
/// finished before it.
#[derive(Debug)]
pub struct Merger {
    /// The next second that each worker owes; `None` once it has finished.
    owed: Vec<Option<u64>>,
    open: BTreeMap<u64, Second>,
    emitted: u64,
}

impl Merger {
    /// For `workers` workers, all of which begin with second 0.
    pub fn new(workers: usize) -> Self {
        Self { owed: vec![Some(0); workers], open: BTreeMap::new(), emitted: 0 }
    }

    /// Takes a worker's part. Seconds that a worker slept through are owed no more. A part of a second that has
    /// been emitted already counts in the next one: late, but not lost.
    pub fn add(&mut self, worker: usize, mut second: Second) {
        second.index = second.index.max(self.emitted);
        if let Some(owed) = self.owed.get_mut(worker) {
            *owed = Some(second.index + 1);
        }
        match self.open.get_mut(&second.index) {
            Some(sum) => sum.merge(&second),
            None => {
                self.open.insert(second.index, second);
            }
        }
    }

    /// Notes that a worker will send nothing more, be it finished or lost.
    pub fn finished(&mut self, worker: usize) {
        if let Some(owed) = self.owed.get_mut(worker) {
            *owed = None;
        }
    }

    /// The next complete second, in order. Seconds in which no worker had anything are filled in empty, so
    /// that time has no holes.
    pub fn next_complete(&mut self) -> Option<Second> {
        let complete_below = self.owed.iter().flatten().min().copied();
        let last_open = self.open.last_key_value().map(|(index, _)| index + 1);
        let limit = complete_below.or(last_open)?;
        if self.emitted >= limit {
            return None;
        }
        let index = self.emitted;
        self.emitted += 1;
        Some(self.open.remove(&index).unwrap_or_else(|| Second { index, ..Second::default() }))
    }

    /// Whether every worker has finished.
    pub fn all_finished(&self) -> bool {
        self.owed.iter().all(Option::is_none)
    }
}

/// Which scenarios wait for which, and who is done.
#[derive(Debug)]
pub struct Succession {
    /// Workers that are not done with each scenario.
    remaining: Vec<usize>,
    ended: Vec<Nanos>,
    waiting: Vec<(ScenarioId, ScenarioId, Nanos)>,
}

/// Two machines learn of a beginning within this time; one machine within much less.
pub const SUCCESSION_DELAY: Nanos = Nanos::from_millis(20);

impl Succession {
    /// For `workers` workers.
    pub fn new(workload: &Workload, workers: usize) -> Self {
        let waiting =
            (0_u16..).map(ScenarioId).zip(&workload.scenarios).filter_map(|(id, s)| match s.start {
                StartAt::Offset(_) => None,
                StartAt::After { scenario, delay } => Some((scenario, id, delay)),
            });
        let n = workload.scenarios.len();
        Self { remaining: vec![workers; n], ended: vec![Nanos::ZERO; n], waiting: waiting.collect() }
    }

    /// Notes that one worker is done with `scenario` at `at`. When it was the last, answers which scenarios
    /// begin, and when: the same for all workers.
    pub fn done(&mut self, scenario: ScenarioId, at: Nanos) -> Vec<(ScenarioId, Nanos)> {
        let id = usize::from(scenario.0);
        self.remaining[id] = self.remaining[id].saturating_sub(1);
        self.ended[id] = self.ended[id].max(at);
        if self.remaining[id] > 0 {
            return Vec::new();
        }
        let end = self.ended[id];
        let followers = self.waiting.iter().filter(|(awaited, ..)| *awaited == scenario);
        followers.map(|(_, id, delay)| (*id, end + (*delay).max(SUCCESSION_DELAY))).collect()
    }

    /// When all workers were done with `scenario`; `None` before.
    pub fn ended(&self, scenario: ScenarioId) -> Option<Nanos> {
        let id = usize::from(scenario.0);
        (self.remaining[id] == 0).then(|| self.ended[id])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(index: u64) -> Second {
        Second { index, requests_started: 1, ..Second::default() }
    }

    #[test]
    fn a_second_is_complete_when_all_have_sent_it() {
        let mut merger = Merger::new(2);
        merger.add(0, second(0));
        merger.add(0, second(1));
        assert_eq!(merger.next_complete(), None);
        merger.add(1, second(0));
        assert_eq!(merger.next_complete().map(|s| (s.index, s.requests_started)), Some((0, 2)));
        assert_eq!(merger.next_complete(), None);
        merger.finished(1);
        assert_eq!(merger.next_complete().map(|s| (s.index, s.requests_started)), Some((1, 1)));
        assert!(!merger.all_finished());
    }

    #[test]
    fn a_late_part_counts_in_the_next_second() {
        let mut merger = Merger::new(1);
        merger.add(0, second(0));
        assert!(merger.next_complete().is_some());
        merger.add(0, second(0));
        assert_eq!(merger.next_complete().map(|s| (s.index, s.requests_started)), Some((1, 1)));
        assert_eq!(merger.next_complete(), None);
    }

    #[test]
    fn time_has_no_holes() {
        let mut merger = Merger::new(1);
        merger.add(0, second(2));
        let indices: Vec<u64> = std::iter::from_fn(|| merger.next_complete()).map(|s| s.index).collect();
        assert_eq!(indices, [0, 1, 2]);
        merger.finished(0);
        assert_eq!(merger.next_complete(), None);
        assert!(merger.all_finished());
    }
}
