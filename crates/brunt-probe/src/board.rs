//! What all sources said, second by second, as events of the run. Pure.

use crate::reading::Readings;
use brunt_metrics::Nanos;
use brunt_run::{MAX_RESOURCES, ResourceId, ResourceSecond, ResourceSeries, RunEvent, Warning, WarningKind};
use std::collections::HashMap;

/// The most notes of a source that are told: what comes after is more of the same.
const MAX_NOTES: usize = 8;

/// What a source said in a second, or why not.
pub(crate) type Said = Result<Readings, String>;

/// The series of a run, and how its sources fare.
#[derive(Debug, Default)]
pub(crate) struct Board {
    sources: Vec<Source>,
    series: usize,
    ids: HashMap<(usize, String), ResourceId>,
    full: bool,
}

#[derive(Debug)]
struct Source {
    name: String,
    /// Seconds between two samples.
    every: u64,
    /// The second since which it has said nothing.
    silent: Option<u64>,
    notes: Vec<String>,
}

impl Board {
    /// For sources of these names, each with the seconds between its samples.
    pub(crate) fn new(sources: impl IntoIterator<Item = (String, u64)>) -> Self {
        let source = |(name, every): (String, u64)| Source {
            name,
            every: every.max(1),
            silent: None,
            notes: Vec::new(),
        };
        Self { sources: sources.into_iter().map(source).collect(), ..Self::default() }
    }

    /// Whether a source is asked in a second.
    pub(crate) fn is_due(&self, source: usize, second: u64) -> bool {
        self.sources.get(source).is_some_and(|s| second.is_multiple_of(s.every))
    }

    /// The events of a second of which no more will be heard. A source that was due and is not in `said` has not answered.
    pub(crate) fn close(&mut self, second: u64, said: &mut HashMap<usize, Said>) -> Vec<RunEvent> {
        let mut events = Vec::new();
        let mut values: Vec<(ResourceId, f64)> = Vec::new();
        for at in 0..self.sources.len() {
            if !self.is_due(at, second) {
                continue;
            }
            let said = said.remove(&at).unwrap_or_else(|| Err("it has not answered in time".to_owned()));
            match said {
                Ok(readings) => {
                    events.extend(self.speaks(at, second));
                    self.take(at, second, readings, (&mut values, &mut events));
                }
                Err(why) => events.extend(self.is_silent(at, second, &why)),
            }
        }
        values.sort_by_key(|(id, _)| *id);
        if !values.is_empty() {
            events.push(RunEvent::Resources(Box::new(ResourceSecond { index: second, values })));
        }
        events
    }

    fn take(
        &mut self,
        at: usize,
        second: u64,
        readings: Readings,
        (values, events): (&mut Vec<(ResourceId, f64)>, &mut Vec<RunEvent>),
    ) {
        for note in readings.notes {
            let source = &mut self.sources[at];
            if source.notes.len() < MAX_NOTES && !source.notes.contains(&note) {
                events.push(warning(second, format!("metrics of `{}`: {note}", source.name)));
                source.notes.push(note);
            }
        }
        for reading in readings.all {
            // A figure is named when it has its first value.
            let Some(value) = reading.value.filter(|v| v.is_finite()) else { continue };
            let key = (at, reading.name);
            if let Some(id) = self.ids.get(&key) {
                // Two series of one name: the first stays.
                if !values.iter().any(|(known, _)| known == id) {
                    values.push((*id, value));
                }
                continue;
            }
            let Some(id) =
                u16::try_from(self.series).ok().filter(|_| self.series < MAX_RESOURCES).map(ResourceId)
            else {
                if !std::mem::replace(&mut self.full, true) {
                    let text =
                        format!("more than {MAX_RESOURCES} figures are sampled: those beyond are left out");
                    events.push(warning(second, text));
                }
                continue;
            };
            self.series += 1;
            let source = &self.sources[at];
            events.push(RunEvent::ResourceSeries(ResourceSeries {
                id,
                source: source.name.clone(),
                name: key.1.clone(),
                unit: reading.unit,
                kind: reading.kind,
                limit: reading.limit,
                every: source.every,
            }));
            self.ids.insert(key, id);
            values.push((id, value));
        }
    }

    fn is_silent(&mut self, at: usize, second: u64, why: &str) -> Option<RunEvent> {
        let source = &mut self.sources[at];
        if source.silent.is_some() {
            return None;
        }
        source.silent = Some(second);
        let text = format!("metrics of `{}`: {why}; its figures have a gap from {second} s", source.name);
        Some(warning(second, text))
    }

    fn speaks(&mut self, at: usize, second: u64) -> Option<RunEvent> {
        let source = &mut self.sources[at];
        let since = source.silent.take()?;
        let text = format!("metrics of `{}`: it answers again, after {} s", source.name, second - since);
        Some(warning(second, text))
    }
}

fn warning(second: u64, text: String) -> RunEvent {
    RunEvent::Warning(Warning { at: Nanos::from_secs(second + 1), kind: WarningKind::Resource, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Reading;
    use brunt_run::{ResourceKind, ResourceUnit};

    #[expect(clippy::unnecessary_wraps, reason = "as a source says it")]
    fn cpu(value: f64) -> Said {
        let reading = Reading::new("cpu", ResourceUnit::Cores, ResourceKind::Cpu, value).up_to(Some(2.0));
        Ok(Readings { all: vec![reading], notes: Vec::new() })
    }

    fn words(events: &[RunEvent]) -> Vec<String> {
        let word = |event: &RunEvent| match event {
            RunEvent::ResourceSeries(s) => format!("series {} {}", s.id.0, s.label()),
            RunEvent::Resources(r) => {
                format!("{} {:?}", r.index, r.values.iter().map(|(i, v)| (i.0, *v)).collect::<Vec<_>>())
            }
            RunEvent::Warning(w) => format!("{:?} {}", w.kind, w.text),
            RunEvent::Started(_)
            | RunEvent::Phase(_)
            | RunEvent::Second(_)
            | RunEvent::Host(_)
            | RunEvent::ErrorDetail(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_)
            | RunEvent::Finished(_) => format!("{event:?}"),
        };
        events.iter().map(word).collect()
    }

    #[test]
    fn a_source_that_stops_answering_leaves_a_gap_and_one_warning() {
        let mut board = Board::new([("a".to_owned(), 1), ("b".to_owned(), 2)]);
        let mut closed =
            |second, said: Vec<(usize, Said)>| words(&board.close(second, &mut said.into_iter().collect()));
        assert_eq!(closed(0, vec![(0, cpu(0.5)), (1, cpu(f64::NAN))]), ["series 0 a cpu", "0 [(0, 0.5)]"]);
        // `b` is not due.
        assert_eq!(
            closed(1, vec![(0, Err("connection refused".to_owned()))]),
            ["Resource metrics of `a`: connection refused; its figures have a gap from 1 s"]
        );
        assert_eq!(
            closed(2, vec![(0, Err("timeout".to_owned())), (1, cpu(1.0))]),
            ["series 1 b cpu", "2 [(1, 1.0)]"]
        );
        assert_eq!(
            closed(3, vec![(0, cpu(0.25))]),
            ["Resource metrics of `a`: it answers again, after 2 s", "3 [(0, 0.25)]"]
        );
        assert_eq!(
            closed(4, vec![(0, cpu(0.25))]),
            [
                "Resource metrics of `b`: it has not answered in time; its figures have a gap from 4 s",
                "4 [(0, 0.25)]"
            ]
        );
    }

    #[test]
    fn series_are_bounded_and_notes_told_once() {
        let mut board = Board::new([("a".to_owned(), 1)]);
        let many = || {
            let one = |i: usize| Reading::new(&format!("f{i}"), ResourceUnit::None, ResourceKind::Other, 1.0);
            let all = (0..300).map(one).collect();
            HashMap::from([(0, Ok(Readings { all, notes: vec!["some are left out".to_owned()] }))])
        };
        let first = board.close(0, &mut many());
        let warnings =
            |events: &[RunEvent]| events.iter().filter(|e| matches!(e, RunEvent::Warning(_))).count();
        assert_eq!((warnings(&first), first.len()), (2, 2 + MAX_RESOURCES + 1));
        let second = board.close(1, &mut many());
        assert_eq!((warnings(&second), second.len()), (0, 1));
    }
}
