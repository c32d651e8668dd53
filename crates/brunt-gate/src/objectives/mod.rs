//! Objectives held against a run: second by second, and at the end, by the same code.
//!
//! A [`Judge`] folds the events of a run, live or from a record. At any second [`Judge::outcomes`] says how each objective
//! stands; [`Judge::abort`] says whether one of them asks for the run's end. What is kept is bounded: a window holds at most
//! its seconds, the whole run is one histogram an objective and at most 80 batches for its interval.
//!
//! **Whose times count.** Requests that succeeded, and those that ran into a timeout, which took at least that long. A target
//! that fails fast must not look fast; its failures are what objectives on `errors` are for. With a filter on `outcome`,
//! `status` or `error` the filter decides.
//!
//! **Which phases count.** Requests due in the load phase, unless a filter on `phase` says otherwise. Windows are made of
//! seconds that had load throughout.
//!
//! **What is not judged**: a figure of fewer samples than can show what is claimed (`evidence.rs`); a throughput that the
//! schedule never asked for; a limit relative to a baseline that is not there. What the verdict takes back besides, since
//! nothing stands on the figures of a run that is not valid, is in `verdict.rs`.

mod evidence;
mod finding;
mod outcome;
mod part;
mod recovery;
mod selection;
mod sliding;
mod span;
mod stages;
mod totals;
mod tracker;
mod words;

pub use totals::{BaselineFigures, judge_summary};

use brunt_metrics::{Nanos, Second};
use brunt_objective::{Limit, Objective, Reference};
use brunt_run::{ObjectiveOutcome, PhaseChange, RunEvent, RunHeader};
use finding::BaselineFigure;
use span::LoadSpans;
use std::fmt;
use tracker::Tracker;

/// Holds objectives against a run.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    trackers: Vec<Tracker>,
    header: Option<Box<RunHeader>>,
    /// The first phase of each scenario.
    begins: Vec<PhaseChange>,
    spans: LoadSpans,
    abort: Option<AbortCall>,
    unended: Unended,
}

/// What a run is taken for that has no end: it was killed or cut, its record is damaged, or its file ends in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unended {
    /// Cut: nothing is judged, since nobody knows what the rest would have been.
    #[default]
    Cut,
    /// Whoever asks knows of it: what there is is judged as if it were all.
    Accepted,
}

/// An objective has asked for the run's end.
#[derive(Clone, Debug, PartialEq)]
pub struct AbortCall {
    /// The second at whose end it asked.
    pub second: u64,
    /// Which of the objectives, in the order in which they were given.
    pub objective: usize,
    /// Why: the sentence of its outcome.
    pub text: String,
}

/// `aborted at 0:42 because P95 latency ...`
impl fmt::Display for AbortCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "aborted at {} because {}", words::clock(self.second + 1), self.text)
    }
}

impl Judge {
    /// A judge of `objectives`, with what to compare with, if there is anything.
    pub fn new(objectives: Vec<Objective>, baseline: Option<&BaselineFigures>) -> Self {
        let tracker = |objective: Objective| {
            let figure = baseline_figure(&objective, baseline);
            Tracker::new(objective, figure)
        };
        Self { trackers: objectives.into_iter().map(tracker).collect(), ..Self::default() }
    }

    /// The same, which takes a run without an end for this.
    #[must_use]
    pub const fn taking(mut self, unended: Unended) -> Self {
        self.unended = unended;
        self
    }

    /// What it takes a run without an end for.
    pub const fn unended(&self) -> Unended {
        self.unended
    }

    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        self.trackers.is_empty()
    }

    /// The objectives, in order.
    pub fn objectives(&self) -> impl Iterator<Item = &Objective> {
        self.trackers.iter().map(|t| &t.objective)
    }

    /// Objectives on what the run has not: a name that nothing has. Known once the run has begun.
    pub fn without_subject(&self) -> impl Iterator<Item = &Objective> {
        self.trackers.iter().filter(|t| t.selects_nothing).map(|t| &t.objective)
    }

    /// Folds in what happened next. Events must come in the order in which they were sent.
    pub fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started(header) => {
                self.trackers.iter_mut().for_each(|t| t.started(header));
                self.header = Some(header.clone());
            }
            RunEvent::Phase(change) => self.phase(change),
            RunEvent::Second(second) => self.second(second),
            RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::ErrorDetail(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_)
            | RunEvent::Finished(_) => {}
        }
    }

    fn phase(&mut self, change: &PhaseChange) {
        self.spans.change(change);
        // One a scenario: bounded by the header's table.
        if change.phase.is_some() && !self.begins.iter().any(|b| b.scenario == change.scenario) {
            self.begins.push(*change);
        }
        if let Some(header) = &self.header {
            self.trackers.iter_mut().for_each(|t| t.phase(header, &self.begins));
        }
    }

    fn second(&mut self, second: &Second) {
        self.trackers.iter_mut().for_each(|t| t.second(second, &self.spans));
        if self.abort.is_none() {
            self.abort = self.called(second.index);
        }
    }

    /// The first objective that asks for the run's end at the end of this second.
    fn called(&self, second: u64) -> Option<AbortCall> {
        let begin = self.spans.begin().unwrap_or(Nanos::ZERO);
        let now = Nanos::from_secs(second + 1);
        let asks =
            |t: &Tracker| t.objective.abort.is_some_and(|abort| now >= begin + abort.after) && t.is_broken();
        let (objective, tracker) = self.trackers.iter().enumerate().find(|(_, t)| asks(t))?;
        Some(AbortCall { second, objective, text: tracker.outcome().text })
    }

    /// How each objective stands now, in the order in which they were given. Whether the run is valid is not asked here.
    pub fn outcomes(&self) -> Vec<ObjectiveOutcome> {
        let mut outcomes: Vec<_> = self.trackers.iter().map(Tracker::outcome).collect();
        if let Some(call) = &self.abort
            && let Some(outcome) = outcomes.get_mut(call.objective)
        {
            outcome.aborted_at = Some(call.second);
        }
        outcomes
    }

    /// The objective that asked for the run's end first; `None` as long as none has.
    pub fn abort(&self) -> Option<&AbortCall> {
        self.abort.as_ref()
    }
}

/// What an objective's limit refers to in the baseline, if it does.
fn baseline_figure(objective: &Objective, baseline: Option<&BaselineFigures>) -> BaselineFigure {
    match (&objective.limit, baseline) {
        (Limit::Relative { to: Reference::Baseline, .. }, Some(baseline)) => {
            baseline.figure(&objective.measure)
        }
        (Limit::Relative { to: Reference::Baseline, .. }, None) => {
            Err("there is no baseline: name one with `--baseline`, or give the limit a figure".into())
        }
        (Limit::Relative { to: Reference::Measure(_), .. } | Limit::Absolute(_), _) => Err(String::new()),
    }
}
