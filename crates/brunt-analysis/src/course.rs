//! A run's seconds in order, as an analysis reads them: whole, with their histograms, and bounded in number.
//!
//! Unlike [`RunView`](brunt_run::RunView), which keeps running totals for those who look on, a [`Course`] keeps every
//! second apart as long as there are no more than [`MAX_SLICES`]; beyond that, neighbours are merged, which loses
//! resolution in time and nothing else. It judges nothing.

use brunt_metrics::{Nanos, Second};
use brunt_run::{
    ErrorDetail, Finish, HostSecond, MAX_RESOURCES, Mark, PhaseChange, ResourceId, ResourceKind,
    ResourceSecond, ResourceSeries, ResourceUnit, RunEvent, RunHeader, Verdict, Warning,
};

/// The most slices of a course unless it says otherwise: two hours at full resolution. An hour of 50 endpoints takes some 200 MB.
pub const MAX_SLICES: usize = 7_200;

/// A run, second by second.
#[derive(Clone, Debug)]
pub struct Course {
    /// What ran; `None` if the events began without it.
    pub header: Option<RunHeader>,
    /// Seconds in a full slice: a power of two.
    pub step: u64,
    /// The most slices; with more, each two become one. Above 1.
    pub most: usize,
    /// The run's seconds, ascending; those in which nothing was sealed are missing.
    pub slices: Vec<Slice>,
    /// When scenarios entered their phases.
    pub phases: Vec<PhaseChange>,
    /// First words of errors.
    pub details: Vec<ErrorDetail>,
    /// What people were told.
    pub warnings: Vec<Warning>,
    /// What was done to it from outside.
    pub marks: Vec<Mark>,
    /// What the run was taken for when it ended.
    pub verdict: Option<Verdict>,
    /// How it ended.
    pub finish: Option<Finish>,
    /// Figures of the target and its surroundings, on the run's clock.
    pub resources: Vec<Resource>,
}

/// Some seconds of a run, merged: one, unless the run is very long.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    /// The first second that it covers.
    pub from: u64,
    /// How many it covers.
    pub seconds: u64,
    /// What was measured.
    pub measured: Second,
    /// What the generator's machine looked like at its end.
    pub host: Option<HostSecond>,
}

/// A figure that was sampled beside the load: processor share of the target, queue length, memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// Its id in the run; `None` if it was laid beside the run afterwards.
    pub id: Option<ResourceId>,
    /// What it is called.
    pub name: String,
    /// Its unit, as its source says it; empty where it does not.
    pub unit: String,
    /// Its unit, as far as it is one of those that are known.
    pub measure: ResourceUnit,
    /// What it tells of.
    pub kind: ResourceKind,
    /// What it can at most be, if that is known; in its unit.
    pub limit: Option<f64>,
    /// The seconds between two values.
    pub every: u64,
    /// Its values with the instants of the run at which they were taken, ascending.
    pub values: Vec<(Nanos, f64)>,
}

impl Resource {
    /// Whether it tells of processors: by its kind, or where that is not known, by its name.
    pub fn is_cpu(&self) -> bool {
        let named = || {
            let name = self.name.to_lowercase();
            name.contains("cpu") || name.contains("processor")
        };
        match self.kind {
            ResourceKind::Cpu => true,
            ResourceKind::Other => self.id.is_none() && named(),
            ResourceKind::Throttled | ResourceKind::Memory | ResourceKind::Queue | ResourceKind::Latency => {
                false
            }
        }
    }

    /// What its values are to be multiplied by to be percent of what they can be; `None` where that is not known.
    pub fn to_percent(&self) -> Option<f64> {
        match (self.limit, self.measure) {
            (Some(limit), _) => (limit > 0.0).then(|| 100.0 / limit),
            (None, ResourceUnit::Share) => Some(100.0),
            (None, ResourceUnit::None) if self.unit == "%" => Some(1.0),
            (None, ResourceUnit::None) => self.id.is_none().then_some(100.0),
            (
                None,
                ResourceUnit::Cores
                | ResourceUnit::Bytes
                | ResourceUnit::BytesPerSecond
                | ResourceUnit::Seconds
                | ResourceUnit::PerSecond
                | ResourceUnit::Count,
            ) => None,
        }
    }

    /// With more than `most` values each two become their mean, at the later instant.
    fn push(&mut self, at: Nanos, value: f64, most: usize) {
        self.values.push((at, value));
        if self.values.len() > most.max(2) {
            let pairs = self.values.chunks(2);
            let mean = |pair: &[(Nanos, f64)]| {
                let sum: f64 = pair.iter().map(|v| v.1).sum();
                Some((pair.last()?.0, sum / pair.len() as f64))
            };
            self.values = pairs.filter_map(mean).collect();
        }
    }
}

impl Default for Course {
    fn default() -> Self {
        Self {
            header: None,
            step: 1,
            most: MAX_SLICES,
            slices: Vec::new(),
            phases: Vec::new(),
            details: Vec::new(),
            warnings: Vec::new(),
            marks: Vec::new(),
            verdict: None,
            finish: None,
            resources: Vec::new(),
        }
    }
}

impl Course {
    /// Gathers a run's events. Seconds must ascend, as they do in a run and in a record.
    pub fn from_events(events: impl IntoIterator<Item = RunEvent>) -> Self {
        let mut course = Self::default();
        for event in events {
            course.add(event);
        }
        course
    }

    /// Takes note of the next event.
    pub fn add(&mut self, event: RunEvent) {
        match event {
            RunEvent::Started(header) => self.header = Some(*header),
            RunEvent::Phase(change) => self.phases.push(change),
            RunEvent::Second(second) => self.add_second(*second),
            RunEvent::Host(host) => {
                if let Some(slice) = self.slices.iter_mut().rev().find(|s| s.covers(host.index)) {
                    slice.host = Some(*host);
                }
            }
            RunEvent::ResourceSeries(series) => self.announce(&series),
            RunEvent::Resources(second) => self.add_resources(&second),
            RunEvent::ErrorDetail(detail) => self.details.push(detail),
            RunEvent::Warning(warning) => self.warnings.push(warning),
            RunEvent::Mark(mark) => self.marks.push(mark),
            RunEvent::Verdict(verdict) => self.verdict = Some(verdict),
            RunEvent::Finished(finish) => self.finish = Some(finish),
        }
    }

    fn announce(&mut self, series: &ResourceSeries) {
        if self.resources.len() < MAX_RESOURCES {
            self.resources.push(Resource {
                id: Some(series.id),
                name: series.label(),
                unit: series.unit.symbol().to_owned(),
                measure: series.unit,
                kind: series.kind,
                limit: series.limit,
                every: series.every.max(1),
                values: Vec::new(),
            });
        }
    }

    /// What was told at the end of a second is what it was at that instant.
    fn add_resources(&mut self, second: &ResourceSecond) {
        for (id, value) in &second.values {
            let at = Nanos::from_secs(second.index + 1);
            if let Some(resource) = self.resources.iter_mut().find(|r| r.id == Some(*id)) {
                resource.push(at, *value, self.most);
            }
        }
    }

    fn add_second(&mut self, measured: Second) {
        self.push(Slice { from: measured.index, seconds: 1, measured, host: None });
        while self.slices.len() > self.most.max(2) {
            self.step *= 2;
            for slice in std::mem::take(&mut self.slices) {
                self.push(slice);
            }
        }
    }

    fn push(&mut self, slice: Slice) {
        let step = self.step.max(1);
        match self.slices.last_mut() {
            Some(last) if last.from / step == slice.from / step => last.merge(slice),
            Some(_) | None => self.slices.push(slice),
        }
    }
}

impl Slice {
    /// Whether it covers a second of the run.
    pub const fn covers(&self, second: u64) -> bool {
        self.from <= second && second < self.from + self.seconds
    }

    fn merge(&mut self, next: Self) {
        self.seconds = next.from + next.seconds - self.from;
        self.measured.merge(&next.measured);
        self.host = next.host.or(self.host.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_course_stays_bounded_and_loses_nothing() {
        let seconds = 3 * MAX_SLICES as u64;
        let second = |index| Second { index, in_flight_time: Nanos(7), ..Second::default() };
        let course = Course::from_events((0..seconds).map(|i| RunEvent::Second(Box::new(second(i)))));
        assert!(course.slices.len() <= MAX_SLICES && course.slices.len() > MAX_SLICES / 2);
        assert_eq!(course.slices.iter().map(|s| s.measured.in_flight_time.0).sum::<u64>(), 7 * seconds);
        assert_eq!(course.slices.iter().map(|s| s.seconds).sum::<u64>(), seconds);
    }
}
