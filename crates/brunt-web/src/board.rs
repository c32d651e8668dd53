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
    /// Nothing starts any more; what runs ends, and what is made of it is written.
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
    /// Whether somebody makes runs: one at a time.
    busy: bool,
    turning: Turning,
}

/// Standing still and going on again, asked for but not yet done.
#[derive(Default)]
struct Turning {
    /// Where it will stand when all of it is done.
    to: Option<Stage>,
    /// Marks that are still to come.
    left: u32,
}

/// What became of the wish to stand still or to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// It was passed on.
    Done,
    /// The run is at another stage.
    Elsewhere,
    /// There was nobody to pass it on to.
    Over,
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
    /// Takes the board for runs that are to be made, until [`release`](Self::release); whether it was free.
    pub fn claim(&self) -> bool {
        let mut live = self.lock();
        !std::mem::replace(&mut live.busy, true)
    }

    /// Whether somebody makes runs.
    pub fn is_busy(&self) -> bool {
        self.lock().busy
    }

    /// The runs that the board was taken for are over, and others can be made. One that neither ended nor was refused went wrong.
    pub fn release(&self) {
        self.write(|live| {
            live.busy = false;
            live.stage = match live.stage {
                Stage::Idle => Stage::Idle,
                Stage::Ended => Stage::Ended,
                Stage::Starting | Stage::Running | Stage::Paused | Stage::Stopping
                    if live.view.finish().is_some() =>
                {
                    Stage::Ended
                }
                Stage::Starting | Stage::Running | Stage::Paused | Stage::Stopping => {
                    let problem = Problem::new(500, "brunt went wrong while it made the run");
                    live.problem = Some(problem.hint("its standard error says how"));
                    Stage::Idle
                }
            };
        });
    }

    /// A run was asked for; what was known of the one before is gone.
    pub fn begin(&self, mix: Vec<Planned>) {
        self.write(|live| {
            let (generation, busy) = (live.generation + 1, live.busy);
            let course = Course { most: SLICES, ..Course::default() };
            *live = Live { stage: Stage::Starting, generation, course, mix, busy, ..Live::default() };
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
                // Its files are not written before it is released.
                (RunEvent::Finished(_), _) if live.busy => Stage::Stopping,
                (RunEvent::Finished(_), _) => Stage::Ended,
                (RunEvent::Started(_), Stage::Idle | Stage::Starting | Stage::Ended) => Stage::Running,
                (RunEvent::Mark(mark), Stage::Running) if mark.kind == MarkKind::Paused => Stage::Paused,
                (RunEvent::Mark(mark), Stage::Paused) if mark.kind == MarkKind::Resumed => Stage::Running,
                (_, stage) => stage,
            };
            if let RunEvent::Mark(mark) = event
                && matches!(mark.kind, MarkKind::Paused | MarkKind::Resumed)
            {
                live.turning.left = live.turning.left.saturating_sub(1);
            }
        });
    }

    /// How objectives stand.
    pub fn objectives(&self, standing: &[ObjectiveOutcome]) {
        self.write(|live| live.view.note_objectives(standing.to_vec()));
    }

    /// The run of this generation was told to end. Nothing changes where it has ended meanwhile.
    pub fn stopping(&self, generation: u64) {
        self.write(|live| {
            let goes_on = matches!(live.stage, Stage::Starting | Stage::Running | Stage::Paused);
            if live.generation == generation && goes_on {
                live.stage = Stage::Stopping;
            }
        });
    }

    /// Lets a run at stage `from` go to `to` by `send`, which says whether there was anybody to tell. The change takes effect a
    /// little later; who asks again before that is answered as if it had.
    pub fn turn(&self, from: Stage, to: Stage, send: impl FnOnce() -> bool) -> Turned {
        let mut live = self.lock();
        let wished = live.turning.to.filter(|_| live.turning.left > 0);
        let wished = wished.filter(|_| matches!(live.stage, Stage::Running | Stage::Paused));
        if wished.unwrap_or(live.stage) != from {
            return Turned::Elsewhere;
        }
        if !send() {
            return Turned::Over;
        }
        live.turning = Turning { to: Some(to), left: live.turning.left + 1 };
        Turned::Done
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

    /// Which of the runs so far this one is.
    pub fn generation(&self) -> u64 {
        self.lock().generation
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

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::Nanos;
    use brunt_run::{Finish, Mark, StopReason};

    fn finished() -> RunEvent {
        let (at, reason) = (Nanos::from_secs(1), StopReason::StoppedEarly);
        RunEvent::Finished(Finish { at, reason, in_flight: 0, self_checks_failed: Vec::new() })
    }

    fn mark(kind: MarkKind) -> RunEvent {
        RunEvent::Mark(Mark::of(Nanos::from_secs(1), kind, "text"))
    }

    fn running() -> Board {
        let board = Board::default();
        assert!(board.claim());
        board.begin(Vec::new());
        board.write(|live| live.stage = Stage::Running);
        board
    }

    #[test]
    fn who_is_told_to_end_too_late_has_ended() {
        let board = running();
        board.stopping(board.generation());
        assert_eq!(board.standing(), Stage::Stopping);
        board.event(&finished());
        assert_eq!((board.standing(), board.is_busy()), (Stage::Stopping, true), "its files are written");
        assert!(!board.claim());
        board.release();
        board.stopping(board.generation());
        assert_eq!((board.standing(), board.is_busy()), (Stage::Ended, false));
        // What was meant for the run before does not reach the next.
        let before = board.generation();
        assert!(board.claim());
        board.begin(Vec::new());
        board.stopping(before);
        assert_eq!(board.standing(), Stage::Starting);
    }

    #[test]
    fn after_what_went_wrong_another_can_be_made() {
        let board = running();
        board.release();
        assert_eq!(board.standing(), Stage::Idle);
        assert_eq!(board.read(|live| live.problem.as_ref().map(|p| p.status)), Some(500));
        // A refusal stays what it was.
        assert!(board.claim());
        board.begin(Vec::new());
        board.refuse(Problem::invalid("no"));
        board.release();
        assert_eq!(board.read(|live| live.problem.as_ref().map(|p| p.status)), Some(422));
        assert!(board.claim());
    }

    #[test]
    fn standing_still_and_going_on_before_either_is_done() {
        let board = running();
        let pause = |board: &Board| board.turn(Stage::Running, Stage::Paused, || true);
        let resume = |board: &Board| board.turn(Stage::Paused, Stage::Running, || true);
        assert_eq!(resume(&board), Turned::Elsewhere);
        assert_eq!(board.turn(Stage::Running, Stage::Paused, || false), Turned::Over);
        assert_eq!(
            [pause(&board), pause(&board), resume(&board)],
            [Turned::Done, Turned::Elsewhere, Turned::Done]
        );
        assert_eq!(board.standing(), Stage::Running, "nothing has happened yet");
        board.event(&mark(MarkKind::Paused));
        assert_eq!((board.standing(), resume(&board)), (Stage::Paused, Turned::Elsewhere));
        board.event(&mark(MarkKind::Resumed));
        assert_eq!((board.standing(), pause(&board)), (Stage::Running, Turned::Done));
        board.event(&mark(MarkKind::Paused));
        // Somebody else let it go on.
        board.event(&mark(MarkKind::Resumed));
        assert_eq!((resume(&board), pause(&board)), (Turned::Elsewhere, Turned::Done));
    }
}
