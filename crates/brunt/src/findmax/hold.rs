//! One trial: a run of the engine at a level load, ended as soon as it is clear whether the objectives hold.

use super::asked::Asked;
use super::judged::{self, Reading};
use crate::args::RunArgs;
use crate::exit;
use crate::host::{HostSampler, is_local};
use crate::load;
use crate::run::{Refusal, about, recorder};
use brunt_analysis::capacity::{Purpose, Trial, TrialResult};
use brunt_engine::{Control, Controller, Observers, RunOptions, controller};
use brunt_gate::{Judge, conclude};
use brunt_http::{HttpUsers, Settings};
use brunt_metrics::Nanos;
use brunt_run::{Recorder, RunEvent, RunView, Sink, Summary};
use brunt_workload::{Hold, Workload};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Iterations of a trial that is over may go on this long: a queue that takes longer to drain has been seen to be too long.
const GRACE: Nanos = Nanos::from_secs(10);

/// Where a signal goes: to the trial that runs.
#[derive(Clone, Default)]
pub(super) struct Steering(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    running: Option<Controller>,
    stopped: bool,
}

impl Steering {
    /// From the user.
    pub(super) fn send(&self, control: Control) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.stopped = true;
        if let Some(running) = &state.running {
            running.send(control);
        }
    }

    /// Whether the user ended the search.
    pub(super) fn is_stopped(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).stopped
    }

    fn run(&self, controller: Controller) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.stopped {
            controller.send(Control::Stop);
        }
        state.running = Some(controller);
    }
}

/// What all trials share.
pub(super) struct Held<'a> {
    pub(super) args: &'a RunArgs,
    pub(super) asked: &'a Asked,
    pub(super) steering: &'a Steering,
    /// Where records go.
    pub(super) folder: Option<&'a Path>,
}

/// Who watches a trial.
struct Watch<'a> {
    asked: &'a Asked,
    trial: &'a Trial,
    view: RunView,
    judge: Judge,
    recorder: Option<Recorder>,
    controller: Option<Controller>,
    /// How long the load phase lasted, once the matter was clear.
    decided: Option<Nanos>,
}

impl Held<'_> {
    /// Holds a load and says what came of it.
    pub(super) fn hold(&self, trial: &Trial) -> Result<TrialResult, Refusal> {
        pause(trial.settle);
        let workload = self.workload(trial)?;
        let settings = Settings::prepare(&workload).map_err(|e| Refusal::new(exit::USAGE, e))?;
        let mut header = about(&workload, self.args.workers);
        header.objectives = self.asked.objectives.iter().map(ToString::to_string).collect();
        header.profile.clone_from(&self.asked.profile);
        header.environment.insert("trial".into(), format!("{} ({})", trial.number, trial.purpose.word()));
        let settings = settings.started_at(header.started_unix_ms);
        let folder = self.folder.map(|f| f.join(format!("trial-{:02}", trial.number)));
        let recorder = folder.map(|f| recorder(&f, &header, &workload)).transpose()?;
        let (controller, inbox) = controller();
        self.steering.run(controller.clone());
        let mut watch = Watch {
            asked: self.asked,
            trial,
            view: RunView::default(),
            judge: Judge::new(self.asked.objectives.clone(), None),
            recorder,
            controller: Some(controller),
            decided: None,
        };
        let local = |o: &brunt_workload::Origin| o.unix.is_some() || is_local(&o.host);
        let mut sampler = HostSampler::new(workload.target.origins.iter().any(local));
        let observers = Observers {
            observe: &mut |event| watch.observe(event),
            host: &mut |index| Some(sampler.sample(index)),
        };
        let tick = self.args.tick.as_deref().map(|t| load::duration("--tick", t)).transpose()?;
        let options = RunOptions { header, rows: Vec::new(), tick: tick.unwrap_or_default() };
        let sources = |_worker| HttpUsers::new(settings.clone());
        brunt_engine::run(&workload, &sources, options, inbox, observers)
            .map_err(|e| Refusal::new(exit::INTERNAL, format!("cannot start a worker: {e}")))?;
        Ok(watch.result())
    }

    fn workload(&self, trial: &Trial) -> Result<Arc<Workload>, Refusal> {
        let hold = Hold {
            load: trial.load,
            by: self.asked.by,
            warm_up: self.asked.warm_up,
            lasts: trial.dwell.longest,
            grace: GRACE,
        };
        let held = self.asked.workload.held(&hold);
        held.map(Arc::new)
            .ok_or_else(|| Refusal::new(exit::INTERNAL, "the plan has no load that can be held"))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "between trials nothing runs: what has queued up at the target drains"
)]
fn pause(time: Nanos) {
    std::thread::sleep(std::time::Duration::from_nanos(time.0));
}

impl Watch<'_> {
    fn observe(&mut self, event: &RunEvent) {
        if let RunEvent::Finished(finish) = event {
            let (verdict, finish) = conclude(&mut self.view, &self.judge, finish.clone());
            self.record(&RunEvent::Verdict(verdict));
            self.record(&RunEvent::Finished(finish));
            return;
        }
        self.view.apply(event);
        self.judge.apply(event);
        self.record(event);
        if let RunEvent::Second(second) = event {
            self.look(second.index);
        }
    }

    fn record(&mut self, event: &RunEvent) {
        if let Some(recorder) = &mut self.recorder {
            recorder.event(event);
        }
    }

    fn read(&self) -> Reading {
        judged::read(&self.asked.objectives, &self.judge.outcomes(), &self.view)
    }

    /// Ends the trial once it is clear whether the objectives hold.
    fn look(&mut self, second: u64) {
        let measured = Nanos::from_secs(second + 1) - self.asked.warm_up;
        if self.controller.is_none()
            || measured < self.trial.dwell.shortest
            || measured >= self.trial.dwell.longest
        {
            return;
        }
        // What is confirmed is confirmed over the whole length.
        if self.trial.purpose != Purpose::Confirm && self.read().clear {
            self.decided = Some(measured);
            if let Some(controller) = self.controller.take() {
                controller.send(Control::Stop);
            }
        }
    }

    fn result(mut self) -> TrialResult {
        let reading = self.read();
        if let Some((recorder, totals)) = self.recorder.take().zip(Summary::of(&self.view)) {
            // A record that could not be completed costs the trial nothing.
            drop(recorder.finish(&totals));
        }
        // Our own lag is in the response times: what holds in spite of it holds. Only what breaks may be our fault.
        let holds = reading.room.is_some_and(|room| room >= 1.0);
        TrialResult {
            load: self.trial.load,
            purpose: self.trial.purpose,
            took: self.decided.unwrap_or(self.trial.dwell.longest),
            room: reading.room,
            clear: reading.clear,
            closest: reading.closest,
            generator: if holds { None } else { judged::generator(&self.view) },
            figures: judged::figures(&self.view),
        }
    }
}
