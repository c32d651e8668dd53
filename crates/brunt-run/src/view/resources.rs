//! Figures of the target and its surroundings, folded into totals.

use crate::{MAX_RESOURCES, ResourceId, ResourceSecond, ResourceSeries};

/// A figure over the run so far.
///
/// Minimum, mean and maximum are those of the values told for seconds of the load phase, each second as much as any
/// other; they are no percentiles, and a gap counts as nothing. The last value is that of any phase.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceView {
    /// What it is.
    pub series: ResourceSeries,
    /// Seconds of the load phase for which a value was told.
    pub samples: u64,
    /// The least.
    pub min: Option<f64>,
    /// The mean.
    pub mean: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The second of the last value, and the value.
    pub last: Option<(u64, f64)>,
}

/// All figures of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Resources {
    all: Vec<Totals>,
}

#[derive(Clone, Debug)]
struct Totals {
    series: ResourceSeries,
    samples: u64,
    sum: f64,
    min: f64,
    max: f64,
    last: Option<(u64, f64)>,
}

/// Whether a second's values count in totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// It is one of the load phase.
    Yes,
    /// It is one of warm-up or cool-down.
    No,
}

impl Resources {
    pub(super) fn announce(&mut self, series: &ResourceSeries) {
        let known = self.all.iter().any(|t| t.series.id == series.id);
        if !known && self.all.len() < MAX_RESOURCES {
            self.all.push(Totals {
                series: series.clone(),
                samples: 0,
                sum: 0.0,
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
                last: None,
            });
        }
    }

    pub(super) fn add(&mut self, second: &ResourceSecond, counts: Counts) {
        for (id, value) in &second.values {
            let Some(totals) = self.of(*id) else { continue };
            totals.last = Some((second.index, *value));
            if counts == Counts::Yes {
                totals.samples += 1;
                totals.sum += value;
                totals.min = totals.min.min(*value);
                totals.max = totals.max.max(*value);
            }
        }
    }

    /// Ids are positions, unless a record is damaged.
    fn of(&mut self, id: ResourceId) -> Option<&mut Totals> {
        let at = usize::from(id.0);
        if self.all.get(at).is_some_and(|t| t.series.id == id) {
            return self.all.get_mut(at);
        }
        self.all.iter_mut().find(|t| t.series.id == id)
    }

    pub(super) fn views(&self) -> Vec<ResourceView> {
        self.all.iter().map(Totals::view).collect()
    }
}

impl Totals {
    fn view(&self) -> ResourceView {
        let some = |value: f64| (self.samples > 0).then_some(value).filter(|v| v.is_finite());
        ResourceView {
            series: self.series.clone(),
            samples: self.samples,
            min: some(self.min),
            mean: some(self.sum / self.samples as f64),
            max: some(self.max),
            last: self.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(id: u16) -> ResourceSeries {
        ResourceSeries {
            id: ResourceId(id),
            source: "nginx".into(),
            name: format!("figure {id}"),
            unit: crate::ResourceUnit::Cores,
            kind: crate::ResourceKind::Cpu,
            limit: None,
            every: 1,
        }
    }

    #[test]
    fn gaps_count_as_nothing_and_other_phases_only_as_last() {
        let mut resources = Resources::default();
        for id in [0, 1] {
            resources.announce(&series(id));
        }
        for (index, counts, values) in [
            (0, Counts::No, vec![(0, 9.0), (1, 5.0)]),
            (1, Counts::Yes, vec![(0, 1.0)]),
            (2, Counts::Yes, vec![]),
            (3, Counts::Yes, vec![(0, 2.0), (7, 1.0)]),
        ] {
            let values = values.into_iter().map(|(id, v)| (ResourceId(id), v)).collect();
            resources.add(&ResourceSecond { index, values }, counts);
        }
        let [first, second] = &resources.views()[..] else { panic!("two series") };
        assert_eq!((first.samples, first.min, first.mean, first.max), (2, Some(1.0), Some(1.5), Some(2.0)));
        assert_eq!(first.last, Some((3, 2.0)));
        assert_eq!((second.samples, second.mean, second.last), (0, None, Some((0, 5.0))));
    }

    #[test]
    fn series_are_bounded() {
        let mut resources = Resources::default();
        (0..1_000).for_each(|id| resources.announce(&series(id)));
        assert_eq!(resources.views().len(), MAX_RESOURCES);
    }
}
