//! What is known of a run, shared between who makes it and who looks at it.
//!
//! One lock, held for as long as it takes to fold a second in or to read one answer off. The run's side never waits for a browser:
//! who looks is woken and reads what there is then, so that a slow one misses ticks and never holds any up.

use crate::Problem;
use brunt_analysis::{Course, Finding, Rules, findings};
use brunt_run::{MarkKind, ObjectiveOutcome, RunEvent, RunView};
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

use crate::desk::Planned;

/// The most slices of a course that is looked at: a quarter of an hour at full resolution; each two become one after that.
pub(crate) const SLICES: usize = 900;

/// Findings are looked for again after so many seconds of the run.
const FINDINGS_EVERY: u64 = 10;

/// Where the cockpit stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing has run yet, or what was asked for was refused.
    #[default]
    Idle,
    /// A run was asked for: hooks, waiting for the target.
    Starting,
    /// Load is made.
    Running,
    /// The schedule stands still.
    Paused,
    /// Nothing starts any more; what runs ends.
    Stopping,
    /// It is over, and its results are here.
    Ended,
}

/// Everything that is known.
#[derive(Default)]
pub(crate) struct Live {
    pub(crate) stage: Stage,
    /// Counts runs: what belongs to an earlier one is out of date.
    pub(crate) generation: u64,
    pub(crate) view: RunView,
    pub(crate) course: Course,
    /// What the plan says of shares.
    pub(crate) mix: Vec<Planned>,
    /// Why the last start was refused.
    pub(crate) problem: Option<Problem>,
    /// What was done from outside, with the second in which it was: edits, notes.
    pub(crate) said: Vec<(f64, String)>,
    found: Option<(u64, Arc<Vec<Finding>>)>,
}

/// See the module's text.
pub struct Board {
    live: Mutex<Live>,
    changed: watch::Sender<u64>,
}

impl Default for Board {
    fn default() -> Self {
        Self { live: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl Board {
    /// A run was asked for; what was known of the one before is gone.
    pub fn begin(&self, mix: Vec<Planned>) {
        self.write(|live| {
            let generation = live.generation + 1;
            let course = Course { most: SLICES, ..Course::default() };
            *live = Live { stage: Stage::Starting, generation, course, mix, ..Live::default() };
        });
    }

    /// The run that was asked for is not made.
    pub fn refuse(&self, problem: Problem) {
        self.write(|live| {
            live.stage = Stage::Idle;
            live.problem = Some(problem);
        });
    }

    /// Takes note of what happened.
    pub fn event(&self, event: &RunEvent) {
        self.write(|live| {
            live.view.apply(event);
            live.course.add(event.clone());
            live.stage = match (event, live.stage) {
                (RunEvent::Finished(_), _) => Stage::Ended,
                (RunEvent::Started(_), Stage::Idle | Stage::Starting | Stage::Ended) => Stage::Running,
                (RunEvent::Mark(mark), Stage::Running) if mark.kind == MarkKind::Paused => Stage::Paused,
                (RunEvent::Mark(mark), Stage::Paused) if mark.kind == MarkKind::Resumed => Stage::Running,
                (_, stage) => stage,
            };
        });
    }

    /// How objectives stand.
    pub fn objectives(&self, standing: &[ObjectiveOutcome]) {
        self.write(|live| live.view.note_objectives(standing.to_vec()));
    }

    /// The run was told to end, to stand still, or to go on.
    pub fn stage(&self, stage: Stage) {
        self.write(|live| live.stage = stage);
    }

    /// Somebody did something: a line of the log, at this second of the run.
    pub fn say(&self, text: impl Into<String>) {
        self.write(|live| {
            let at = live.view.elapsed().as_secs_f64();
            live.said.push((at, text.into()));
        });
    }

    /// The run's id and its workload's name.
    pub fn run(&self) -> Option<(String, String)> {
        self.read(|live| live.view.header().map(|h| (h.id.clone(), h.name.clone())))
    }

    /// Where it stands.
    pub fn standing(&self) -> Stage {
        self.lock().stage
    }

    /// What was found in the run so far; looked for again now and then, and at its end.
    pub(crate) fn findings(&self) -> Arc<Vec<Finding>> {
        let mut live = self.lock();
        let now = live.view.seconds();
        let due =
            |(at, _): &(u64, _)| now >= at + FINDINGS_EVERY || (live.stage == Stage::Ended && now != *at);
        match &live.found {
            Some(found) if !due(found) => Arc::clone(&found.1),
            Some(_) | None => {
                let found = Arc::new(findings(&live.course, &Rules::default()));
                live.found = Some((now, Arc::clone(&found)));
                found
            }
        }
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&Live) -> T) -> T {
        read(&self.lock())
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn write(&self, write: impl FnOnce(&mut Live)) {
        write(&mut self.lock());
        self.changed.send_modify(|version| *version += 1);
    }

    /// What was folded in stays true whoever panicked while reading.
    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
