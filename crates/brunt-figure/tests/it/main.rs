//! Figures of golden records: their numbers, and the laws of every drawing.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test whose premise fails is to fail")]

mod drawings;
mod numbers;

use brunt_analysis::{Course, Rules, findings};
use brunt_figure::{Asked, Figure, Kind, Source, figure};
use brunt_run::{Reader, RunEvent, RunView, Summary};
use std::path::Path;

/// A run from its events.
struct Run {
    summary: Summary,
    course: Course,
    findings: Vec<brunt_analysis::Finding>,
}

impl Run {
    fn of(events: Vec<RunEvent>) -> Self {
        let mut view = RunView::default();
        for event in &events {
            view.apply(event);
        }
        let course = Course::from_events(events);
        let findings = findings(&course, &Rules::default());
        Self { summary: Summary::of(&view).unwrap(), course, findings }
    }

    fn source<'a>(&'a self, name: &'a str) -> Source<'a> {
        Source { name, summary: &self.summary, course: Some(&self.course), findings: &self.findings }
    }
}

/// The events of a golden record.
fn golden(name: &str) -> Vec<RunEvent> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/runs").join(name);
    Reader::open(&folder).unwrap().collect()
}

/// The same with other names at its endpoints.
fn renamed(mut events: Vec<RunEvent>, names: &[&str]) -> Vec<RunEvent> {
    for event in &mut events {
        if let RunEvent::Started(header) = event {
            for (series, name) in header.endpoints.iter_mut().zip(names.iter().cycle()) {
                (*name).clone_into(&mut series.name);
            }
        }
    }
    events
}

/// A figure of a kind, of as many runs as it needs.
fn drawn(kind: Kind, run: &Run) -> Figure {
    let sources = [run.source("before"), run.source("after")];
    let wanted = kind.runs().0;
    figure(kind, &sources[..wanted], &Asked::default()).unwrap_or_else(|e| panic!("{kind}: {e}"))
}
