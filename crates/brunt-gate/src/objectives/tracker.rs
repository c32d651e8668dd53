//! One objective, second by second.

use super::evidence::Batches;
use super::finding::{BaselineFigure, Finding, find, limit_of};
use super::part::Part;
use super::recovery::Recovery;
use super::selection::Selection;
use super::sliding::{Both, Sliding};
use super::span::{LoadSpans, is_whole};
use super::stages::stage_starts;
use brunt_metrics::{Nanos, Second};
use brunt_objective::{Comparison, Limit, Measure, Objective, Reference, Statistic, Window};
use brunt_run::{Broken, PhaseChange, RunHeader, WorstWindow};

/// Over how many seconds an objective about the whole run is looked at while it goes on: what a person who watches
/// sees of it, too.
const LOOK_SECONDS: usize = 10;

/// An objective and what the run has said about it so far.
#[derive(Clone, Debug)]
pub(super) struct Tracker {
    pub(super) objective: Objective,
    pub(super) baseline: BaselineFigure,
    own: Selection,
    other: Option<(Measure, Selection)>,
    /// The whole run.
    pub(super) whole: Both,
    pub(super) batches: Batches,
    sliding: Sliding,
    /// How windows fared.
    pub(super) windows: Windows,
    pub(super) stages: Stages,
    pub(super) recovery: Recovery,
    pub(super) broken: Option<Broken>,
    row: u64,
    pub(super) worst: Option<WorstWindow>,
    pub(super) offered: Offered,
    /// Whether the run has nothing that the filters let through.
    pub(super) selects_nothing: bool,
    /// Seconds that had load throughout.
    pub(super) seconds: u64,
    /// The last second of the run.
    pub(super) last: u64,
}

/// How windows fared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Windows {
    pub(super) held: u64,
    pub(super) broken: u64,
    pub(super) too_little: u64,
    pub(super) empty: u64,
}

/// The stages of the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Stages {
    starts: Vec<u64>,
    /// What came of those that are over, by the second in which each began.
    pub(super) done: Vec<(u64, Both)>,
    /// The one that goes on.
    pub(super) current: Both,
    pub(super) begun: u64,
}

/// What schedules asked for, of objectives that require a rate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Offered {
    pub(super) open: bool,
    due: u64,
    started: u64,
    seconds: f64,
}

impl Offered {
    /// Requests (or iterations) a second that the schedules asked for, if they are open: arrivals a second, times the
    /// requests that an arrival brought.
    pub(super) fn rate(&self, statistic: Statistic, ended: u64) -> Option<f64> {
        if !self.open || self.seconds <= 0.0 || self.started == 0 {
            return None;
        }
        let due = self.due as f64 / self.seconds;
        match statistic {
            Statistic::Rate(brunt_objective::Flow::Requests) => {
                Some(due * ended as f64 / self.started as f64)
            }
            Statistic::Rate(brunt_objective::Flow::Iterations) => Some(due),
            Statistic::Time { .. }
            | Statistic::Share(_)
            | Statistic::Count(_)
            | Statistic::Balance
            | Statistic::Recovery => None,
        }
    }
}

impl Tracker {
    pub(super) fn new(objective: Objective, baseline: BaselineFigure) -> Self {
        let length = match objective.window {
            Window::Run | Window::Stage => LOOK_SECONDS,
            Window::Over(length) => usize::try_from(length.second()).unwrap_or(usize::MAX),
            Window::For(_) => 1,
        };
        Self {
            objective,
            baseline,
            own: Selection::default(),
            other: None,
            whole: Both::default(),
            batches: Batches::default(),
            sliding: Sliding::new(length),
            windows: Windows::default(),
            stages: Stages::default(),
            recovery: Recovery::default(),
            broken: None,
            row: 0,
            worst: None,
            offered: Offered::default(),
            selects_nothing: false,
            seconds: 0,
            last: 0,
        }
    }

    /// Learns what the run is.
    pub(super) fn started(&mut self, header: &RunHeader) {
        let measure = &self.objective.measure;
        self.own = Selection::of(measure, header);
        self.selects_nothing = self.own.is_empty(measure.statistic);
        self.other = match &self.objective.limit {
            Limit::Relative { to: Reference::Measure(other), .. } => {
                Some(((**other).clone(), Selection::of(other, header)))
            }
            Limit::Relative { to: Reference::Baseline, .. } | Limit::Absolute(_) => None,
        };
        let ids = (0..).map(brunt_metrics::ScenarioId).zip(&header.scenarios);
        let mut selected = ids.filter(|(id, _)| self.own.scenario(*id)).peekable();
        self.offered.open = selected.peek().is_some() && selected.all(|(_, s)| s.open);
    }

    /// Learns when scenarios began.
    pub(super) fn phase(&mut self, header: &RunHeader, begins: &[PhaseChange]) {
        if self.objective.window == Window::Stage {
            self.stages.starts = stage_starts(header, begins, |id| self.own.scenario(id));
        }
        if self.objective.measure.statistic == Statistic::Recovery {
            self.recovery.plan(header, begins);
        }
    }

    /// Takes note of a second.
    pub(super) fn second(&mut self, second: &Second, spans: &LoadSpans) {
        let load = spans.of(second, |id| self.own.scenario(id));
        if self.objective.measure.statistic == Statistic::Recovery {
            self.recovery.second(second, load);
            self.last = second.index;
            return;
        }
        let both = Both {
            own: Part::of(self.objective.measure.statistic, &self.own, second, load),
            other: self.other.as_ref().map_or_else(Part::default, |(measure, selection)| {
                Part::of(measure.statistic, selection, second, load)
            }),
        };
        self.whole.merge(&both);
        if self.offered.open {
            for s in second.scenarios.iter().filter(|s| load > 0.0 && self.own.scenario(s.scenario)) {
                self.offered.due += s.due;
                self.offered.started += s.started;
            }
            self.offered.seconds += load;
        }
        self.last = second.index;
        let counts = is_whole(load)
            || (self.own.says_phases() && both.own.samples(self.objective.measure.statistic) > 0);
        if !counts {
            if load <= 0.0 {
                self.sliding.clear();
            }
            return;
        }
        self.seconds += 1;
        if matches!(self.objective.measure.statistic, Statistic::Time { .. } | Statistic::Share(_)) {
            self.batches.push(&both.own);
        }
        self.stage(second.index, &both);
        self.sliding.push(both);
        self.look(second.index);
    }

    fn stage(&mut self, second: u64, both: &Both) {
        if self.objective.window != Window::Stage {
            return;
        }
        if self.stages.starts.contains(&second) {
            let over = std::mem::take(&mut self.stages.current);
            if over.own.seconds > 0.0 {
                self.stages.done.push((self.stages.begun, over));
            }
            self.stages.begun = second;
        } else if self.stages.current.own.seconds <= 0.0 {
            self.stages.begun = second;
        }
        self.stages.current.merge(both);
    }

    /// Looks at the last seconds.
    fn look(&mut self, second: u64) {
        let waits = matches!(self.objective.window, Window::Over(_)) && !self.sliding.is_full();
        // A number of the whole run has no figure in a part of it.
        let whole = self.objective.window == Window::Run
            && matches!(self.objective.measure.statistic, Statistic::Count(_));
        if waits || whole {
            return;
        }
        let sum = self.sliding.sum();
        let finding = match self.objective.window {
            // A single second is no estimate: many in a row are.
            Window::For(_) => self.plain(&sum),
            Window::Run | Window::Stage | Window::Over(_) => find(&self.objective, &self.baseline, &sum),
        };
        match finding {
            Finding::Held => {
                self.windows.held += 1;
                self.row = 0;
            }
            Finding::Broken => {
                self.windows.broken += 1;
                self.row += 1;
                let broken =
                    self.broken.get_or_insert(Broken { seconds: 0, first: second, last: second, longest: 0 });
                broken.seconds += 1;
                broken.last = second;
                broken.longest = broken.longest.max(self.row);
            }
            Finding::TooLittle(_) | Finding::Unknown(_) => {
                self.windows.too_little += 1;
                return;
            }
            Finding::NoData(_) => {
                self.windows.empty += 1;
                return;
            }
        }
        self.compare(second, &sum);
    }

    /// Keeps the worst window. One that is not full yet stands only until one is.
    fn compare(&mut self, second: u64, sum: &Both) {
        let seconds = self.sliding.seconds() as u64;
        let Some(value) = sum.own.figure(self.objective.measure.statistic) else { return };
        let worse = self.worst.is_none_or(|worst| {
            worst.seconds < seconds || (worst.seconds == seconds && self.is_worse(value, worst.value))
        });
        if worse {
            self.worst = Some(WorstWindow { value, from: (second + 1).saturating_sub(seconds), seconds });
        }
    }

    /// Whether the figure holds, whatever it is worth.
    fn plain(&self, sum: &Both) -> Finding {
        let figure = sum.own.figure(self.objective.measure.statistic);
        match (figure, limit_of(&self.objective, &self.baseline, &sum.other)) {
            (None, _) => Finding::NoData(String::new()),
            (_, Err(finding)) => finding,
            (Some(figure), Ok(limit)) if self.objective.comparison.holds(figure, limit) => Finding::Held,
            (Some(_), Ok(_)) => Finding::Broken,
        }
    }

    fn is_worse(&self, value: f64, than: f64) -> bool {
        match self.objective.comparison {
            Comparison::Below | Comparison::AtMost => value > than,
            Comparison::Above | Comparison::AtLeast => value < than,
            Comparison::Equal | Comparison::Unequal | Comparison::About => false,
        }
    }

    /// The longest row of broken seconds is as long as it may not be.
    pub(super) fn sustained(&self, length: Nanos) -> bool {
        self.broken.is_some_and(|b| b.longest >= length.second())
    }

    /// All stages with the second in which each began, the one that goes on included.
    pub(super) fn all_stages(&self) -> impl Iterator<Item = (u64, &Both)> {
        let current =
            (self.stages.current.own.seconds > 0.0).then_some((self.stages.begun, &self.stages.current));
        self.stages.done.iter().map(|(begun, both)| (*begun, both)).chain(current)
    }
}
