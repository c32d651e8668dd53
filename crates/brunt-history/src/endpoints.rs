//! What is kept of a run's endpoints: counts and histograms, of the whole run and of slices of it.

use brunt_metrics::{CellSecond, EndpointId, Histogram, Nanos, Phase, Second, SparseHistogram};
use std::collections::BTreeMap;
use std::ops::Range;

/// The most slices of a run: enough to leave out its beginning or to look at a part of it without its record, and few enough
/// that the index stays smaller than the records.
pub const MAX_SLICES: u64 = 30;

/// The length of a slice of a short run, in seconds.
const SHORTEST: u64 = 10;

/// By what a slice grows when there are too many, again and again: 10 s, 20 s, 1 min, 2 min, 10 min, 20 min, 1 h, 2 h ...
/// Each is a multiple of the one before, so that slices can be put together.
const GROWTH: [u64; 4] = [2, 3, 2, 5];

/// What stands for all requests of a run where an endpoint could stand. Of slices there is none: all requests of a slice are
/// put together when they are asked for, which is seldom, and would take as much room as all endpoints.
pub(crate) const ALL: i64 = -1;

/// Requests of the load phase, and their response times: none of those that were never sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) times: SparseHistogram,
}

impl Counted {
    /// Adds others.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.times.merge(&other.times);
    }

    /// Their response time at a quantile.
    pub(crate) fn quantile(&self, q: f64) -> Option<Nanos> {
        self.times.quantile(q)
    }
}

/// The same while seconds are added.
#[derive(Debug, Default)]
struct Counting {
    requests: u64,
    errors: u64,
    times: Histogram,
}

impl Counting {
    fn add(&mut self, cell: &CellSecond) {
        self.requests += cell.count();
        self.errors += if cell.key.outcome.is_ok() { 0 } else { cell.count() };
        self.times.add(cell.response_times());
    }

    fn drain(&mut self) -> Counted {
        Counted {
            requests: std::mem::take(&mut self.requests),
            errors: std::mem::take(&mut self.errors),
            times: self.times.drain(),
        }
    }
}

/// By endpoint, and [`ALL`].
pub(crate) type ByEndpoint = BTreeMap<i64, Counted>;

/// A run's seconds, added up.
#[derive(Debug)]
pub(crate) struct Folding {
    whole: BTreeMap<i64, Counting>,
    slices: BTreeMap<u64, ByEndpoint>,
    /// The slice that is being filled, and where it begins.
    open: BTreeMap<i64, Counting>,
    open_from: Option<u64>,
    step: u64,
    grown: usize,
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    /// The length of a slice, in seconds.
    pub(crate) step: u64,
    /// Of the whole run.
    pub(crate) whole: ByEndpoint,
    /// By the second in which a slice begins, a multiple of `step`; those without requests are missing.
    pub(crate) slices: BTreeMap<u64, ByEndpoint>,
}

impl Folding {
    pub(crate) fn new() -> Self {
        Self {
            whole: BTreeMap::new(),
            slices: BTreeMap::new(),
            open: BTreeMap::new(),
            open_from: None,
            step: SHORTEST,
            grown: 0,
        }
    }

    /// Adds the run's next second.
    pub(crate) fn add(&mut self, second: &Second) {
        let from = second.index / self.step * self.step;
        if self.open_from != Some(from) {
            self.close();
            self.open_from = Some(from);
        }
        for cell in second.cells.iter().filter(|cell| cell.key.phase == Phase::Load) {
            let endpoint = i64::from(cell.key.endpoint.0);
            self.whole.entry(endpoint).or_default().add(cell);
            self.whole.entry(ALL).or_default().add(cell);
            self.open.entry(endpoint).or_default().add(cell);
        }
    }

    /// Puts the open slice to the others, and makes slices longer while there are too many.
    fn close(&mut self) {
        let Some(from) = self.open_from.take() else { return };
        let drained = self.open.iter_mut().map(|(key, counting)| (*key, counting.drain()));
        let slice: ByEndpoint = drained.filter(|(_, counted)| counted.requests > 0).collect();
        if !slice.is_empty() {
            merge(self.slices.entry(from / self.step * self.step).or_default(), &slice);
        }
        while self.slices.len() as u64 > MAX_SLICES {
            self.step *= GROWTH[self.grown % GROWTH.len()];
            self.grown += 1;
            for (from, slice) in std::mem::take(&mut self.slices) {
                merge(self.slices.entry(from / self.step * self.step).or_default(), &slice);
            }
        }
    }

    pub(crate) fn finish(mut self) -> Folded {
        self.close();
        let whole = self.whole.into_iter().map(|(key, mut counting)| (key, counting.drain())).collect();
        Folded { step: self.step, whole, slices: self.slices }
    }
}

fn merge(into: &mut ByEndpoint, other: &ByEndpoint) {
    for (key, counted) in other {
        into.entry(*key).or_default().merge(counted);
    }
}

/// The requests of some endpoints (of all, if none is named) that ended in some seconds.
pub(crate) fn counted_in<'a>(
    seconds: impl Iterator<Item = &'a Second>,
    wanted: &Range<u64>,
    endpoints: Option<&[EndpointId]>,
) -> Counted {
    let mut counting = Counting::default();
    for second in seconds.filter(|s| wanted.contains(&s.index)) {
        let of = |cell: &&CellSecond| {
            cell.key.phase == Phase::Load && endpoints.is_none_or(|e| e.contains(&cell.key.endpoint))
        };
        second.cells.iter().filter(of).for_each(|cell| counting.add(cell));
    }
    counting.drain()
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::{CellKey, Outcome, Status};
    use proptest::prelude::*;

    fn second(index: u64, endpoint: u32, phase: Phase, ms: u64) -> Second {
        let key =
            CellKey { endpoint: EndpointId(endpoint), phase, status: Status::NONE, outcome: Outcome::Ok };
        let mut times = Histogram::default();
        times.record(Nanos::from_millis(ms));
        let cell = CellSecond { response: times.to_sparse(), ..CellSecond::empty(key) };
        Second { index, cells: vec![cell], ..Second::default() }
    }

    fn folded(seconds: &[Second]) -> Folded {
        let mut folding = Folding::new();
        for second in seconds {
            folding.add(second);
        }
        folding.finish()
    }

    #[test]
    fn slices_grow_with_the_run() {
        for (seconds, step, slices) in [
            (0, 10, 0),
            (1, 10, 1),
            (10, 10, 1),
            (300, 10, 30),
            (301, 20, 16),
            (600, 20, 30),
            (601, 60, 11),
            (1_800, 60, 30),
            (3_600, 120, 30),
            (3_601, 600, 7),
        ] {
            let run: Vec<Second> = (0..seconds).map(|i| second(i, 0, Phase::Load, 1)).collect();
            let got = folded(&run);
            assert_eq!((got.step, got.slices.len()), (step, slices), "{seconds} s");
            assert_eq!(got.whole.get(&ALL).map_or(0, |c| c.requests), seconds);
        }
    }

    proptest! {
        /// Whatever a run is like: its slices are the run, each holds its own seconds, and all requests are the endpoints'.
        #[test]
        fn slices_are_the_run(
            run in proptest::collection::btree_map(0_u64..2_000, (0_u32..3, 0_usize..3, 1_u64..400), 0..200),
        ) {
            let phases = [Phase::WarmUp, Phase::Load, Phase::CoolDown];
            let seconds: Vec<Second> = run.iter().map(|(i, (e, p, ms))| second(*i, *e, phases[*p], *ms)).collect();
            let got = folded(&seconds);
            prop_assert!(got.slices.len() as u64 <= MAX_SLICES);
            let mut sum = ByEndpoint::new();
            for (from, slice) in &got.slices {
                prop_assert_eq!(from % got.step, 0);
                merge(&mut sum, slice);
                let mut own = Counted::default();
                for counted in slice.values() {
                    own.merge(counted);
                }
                prop_assert_eq!(own, counted_in(seconds.iter(), &(*from..from + got.step), None));
            }
            let mut all = Counted::default();
            for counted in sum.values() {
                all.merge(counted);
            }
            let endpoints: ByEndpoint = got.whole.clone().into_iter().filter(|(key, _)| *key != ALL).collect();
            prop_assert_eq!(sum, endpoints);
            prop_assert_eq!(got.whole.get(&ALL).cloned().unwrap_or_default(), all);
        }
    }
}
