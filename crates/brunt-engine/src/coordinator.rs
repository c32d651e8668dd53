//! The coordinator: workers on threads, their reports merged into the events of one run.
//!
//! [`Emitter`] is what local and simulated runs share: reports in, events out. [`run`] is the shell that
//! starts threads and waits for their reports and for control words.

use crate::clock::RealClock;
use crate::merge::{Merger, Succession};
use crate::rows::RowTap;
use crate::steering::{Change, Steer};
use crate::vu::VuSource;
use crate::worker::{WorkerControl, WorkerReport, WorkerSetup, work};
use brunt_metrics::{Nanos, Phase, ScenarioId};
use brunt_run::{
    Finish, HostSecond, Mark, MarkKind, PhaseChange, RunEvent, RunHeader, StopReason, Warning, WarningKind,
};
use brunt_workload::{FeedId, StartAt, Workload};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Turns the reports of workers into the events of a run.
pub(crate) struct Emitter {
    workload: Arc<Workload>,
    header: Option<Box<RunHeader>>,
    merger: Merger,
    succession: Succession,
    /// Phase changes to come, in order; those of one instant in the order in which they happen.
    phases: Vec<PhaseChange>,
    in_flight: u64,
    last: Nanos,
    /// When the last worker was done with each scenario, and which data had no more rows for it there, if that is why.
    done: BTreeMap<ScenarioId, (Nanos, Option<FeedId>)>,
    /// Scenarios that ended with their data, and when: told once their iterations up to there are counted.
    ran_out: Vec<(Nanos, ScenarioId, FeedId)>,
    /// Iterations begun in the seconds that were emitted.
    iterations: BTreeMap<ScenarioId, u64>,
    /// What was done from outside, to be told in its second.
    marks: Vec<Mark>,
    /// What each scenario was changed to last: users, or iterations per second.
    steered: BTreeMap<ScenarioId, f64>,
    /// When the last change was made, and since when the run stands still.
    changed: Nanos,
    paused: Option<Nanos>,
}

impl Emitter {
    pub(crate) fn new(workload: Arc<Workload>, header: RunHeader, workers: usize) -> Self {
        let succession = Succession::new(&workload, workers);
        let mut emitter = Self {
            workload,
            header: Some(Box::new(header)),
            merger: Merger::new(workers),
            succession,
            phases: Vec::new(),
            in_flight: 0,
            last: Nanos::ZERO,
            done: BTreeMap::new(),
            ran_out: Vec::new(),
            iterations: BTreeMap::new(),
            marks: Vec::new(),
            steered: BTreeMap::new(),
            changed: Nanos::ZERO,
            paused: None,
        };
        for (id, s) in (0_u16..).map(ScenarioId).zip(&Arc::clone(&emitter.workload).scenarios) {
            if let StartAt::Offset(at) = s.start {
                emitter.plan_phases(id, at);
            }
        }
        emitter
    }

    fn plan_phases(&mut self, scenario: ScenarioId, begin: Nanos) {
        let plan = &self.workload.scenarios[usize::from(scenario.0)];
        let mut changes = Vec::new();
        if plan.warm_up > Nanos::ZERO {
            changes.push((begin, Phase::WarmUp));
        }
        changes.push((begin + plan.warm_up, Phase::Load));
        if let Some(after) = plan.stop.after.filter(|_| plan.cool_down > Nanos::ZERO) {
            changes.push((begin + (after - plan.cool_down), Phase::CoolDown));
        }
        let changes = changes.into_iter().map(|(at, phase)| PhaseChange { at, scenario, phase: Some(phase) });
        self.phases.extend(changes);
        self.phases.sort_by_key(|change| change.at);
    }

    pub(crate) fn start(&mut self, observe: &mut dyn FnMut(&RunEvent)) {
        if let Some(header) = self.header.take() {
            observe(&RunEvent::Started(header));
        }
    }

    /// Takes a worker's report; answers which scenarios begin because of it.
    pub(crate) fn report(
        &mut self,
        worker: usize,
        report: WorkerReport,
        observe: &mut dyn FnMut(&RunEvent),
    ) -> Vec<(ScenarioId, Nanos)> {
        match report {
            WorkerReport::Second { second, details } => {
                for detail in details {
                    observe(&RunEvent::ErrorDetail(detail));
                }
                self.merger.add(worker, *second);
                self.emit_complete(observe);
                Vec::new()
            }
            WorkerReport::ScenarioDone { scenario, at, out_of } => {
                let last = self.done.entry(scenario).or_default();
                *last = (*last).max((at, out_of));
                let out_of = last.1;
                let mut begin = self.succession.done(scenario, at);
                // A run that is stopped ends those that wait as well.
                begin.retain(|(follower, _)| self.succession.ended(*follower).is_none());
                if let Some(at) = self.succession.ended(scenario) {
                    self.phases.retain(|change| change.scenario != scenario || change.at <= at);
                    self.ran_out.extend(out_of.map(|feed| (at, scenario, feed)));
                    self.phases.push(PhaseChange { at, scenario, phase: None });
                    self.phases.sort_by_key(|change| change.at);
                }
                for (scenario, at) in &begin {
                    self.plan_phases(*scenario, *at);
                }
                begin
            }
            WorkerReport::Finished { at } => {
                self.last = self.last.max(at);
                self.merger.finished(worker);
                self.emit_complete(observe);
                Vec::new()
            }
        }
    }

    /// A scenario that ends with its data ends as planned, but nobody planned when: it is said.
    fn tell_what_ran_out(&mut self, before: Nanos, observe: &mut dyn FnMut(&RunEvent)) {
        for (at, id, feed) in self.ran_out.extract_if(.., |(at, ..)| *at < before) {
            let scenario = &self.workload.scenarios[usize::from(id.0)];
            let planned =
                scenario.stop.after.map(|after| format!(", not after its {} s", after.as_secs_f64()));
            let text = format!(
                "`{}` ended after {} iterations, {:.1} s into the run{}: its data `{}` ran out of rows (`at_end: stop`)",
                scenario.name,
                self.iterations.get(&id).copied().unwrap_or_default(),
                at.as_secs_f64(),
                planned.unwrap_or_default(),
                self.workload.feeds[usize::from(feed.0)].name
            );
            observe(&RunEvent::Warning(Warning { at, kind: WarningKind::DataEnded, text }));
        }
    }

    /// Notes that a worker died.
    pub(crate) fn lost(&mut self, worker: usize, observe: &mut dyn FnMut(&RunEvent)) {
        self.merger.finished(worker);
        self.emit_complete(observe);
        let text = format!("worker {worker} was lost: what it had not reported is missing from the run");
        observe(&RunEvent::Warning(Warning { at: self.last, kind: WarningKind::Generator, text }));
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.merger.all_finished()
    }

    fn emit_complete(&mut self, observe: &mut dyn FnMut(&RunEvent)) {
        while let Some(second) = self.merger.next_complete() {
            let end = Nanos::from_secs(second.index + 1);
            self.emit_phases(end, observe);
            self.in_flight = (self.in_flight + second.requests_started).saturating_sub(second.requests());
            self.last = self.last.max(Nanos::from_secs(second.index));
            for counts in &second.scenarios {
                *self.iterations.entry(counts.scenario).or_default() += counts.started;
            }
            observe(&RunEvent::Second(Box::new(second)));
            self.tell_what_ran_out(end, observe);
        }
    }

    fn emit_phases(&mut self, end: Nanos, observe: &mut dyn FnMut(&RunEvent)) {
        let due = self.phases.partition_point(|change| change.at < end);
        for change in self.phases.drain(..due) {
            observe(&RunEvent::Phase(change));
        }
        for mark in self.marks.extract_if(.., |mark| mark.at < end) {
            observe(&RunEvent::Mark(mark));
        }
    }

    /// The instant of a change: not before this one, and after all changes before.
    fn next_instant(&mut self, at: Nanos) -> Nanos {
        self.changed = at.max(self.changed + Nanos(1));
        self.changed
    }

    /// Notes that scenarios are changed at `at`.
    pub(crate) fn steered(&mut self, at: Nanos, steers: &[Steer]) {
        let workload = Arc::clone(&self.workload);
        let mut stands_still = None;
        for Steer { scenario, change } in steers {
            let plan = &workload.scenarios[usize::from(scenario.0)];
            let before = self.steered.get(scenario).copied();
            let (kind, what, from, to) = match change {
                Change::Users(to, _) => {
                    let from = before.unwrap_or_else(|| f64::from(plan.supply.users_at(at)));
                    (MarkKind::Steered, "users", Some(from), Some(f64::from(*to)))
                }
                Change::Rate(rate) => {
                    let from = before.or_else(|| plan.arrivals.rate_at(at));
                    (MarkKind::Steered, "arrivals per second", from, Some(rate.per_second_f64()))
                }
                Change::Pause => {
                    stands_still = Some(MarkKind::Paused);
                    continue;
                }
                Change::Resume => {
                    stands_still = Some(MarkKind::Resumed);
                    continue;
                }
            };
            if let Some(to) = to {
                self.steered.insert(*scenario, to);
            }
            let from_words = from.map(|n| format!(" from {}", short(n))).unwrap_or_default();
            let to_words = to.map(|n| format!(" to {}", short(n))).unwrap_or_default();
            let text = format!("{what} of `{}`{from_words}{to_words}", plan.name);
            self.marks.push(Mark { at, kind, scenario: Some(*scenario), from, to, text });
        }
        match stands_still {
            Some(MarkKind::Paused) if self.paused.is_none() => {
                self.paused = Some(at);
                self.marks.push(Mark::of(at, MarkKind::Paused, "paused"));
            }
            Some(MarkKind::Resumed) => {
                if let Some(since) = self.paused.take() {
                    // What was planned for later moves along.
                    let later = self.phases.iter_mut().filter(|c| c.at >= since && c.phase.is_some());
                    for change in later {
                        change.at = change.at + (at - since);
                    }
                    self.phases.sort_by_key(|change| change.at);
                    let text = format!("went on after {:.1} s", (at - since).as_secs_f64());
                    self.marks.push(Mark::of(at, MarkKind::Resumed, &text));
                }
            }
            Some(MarkKind::Paused | MarkKind::Steered | MarkKind::Note) | None => {}
        }
    }

    /// Keeps a note.
    pub(crate) fn noted(&mut self, at: Nanos, text: &str) {
        self.marks.push(Mark::of(at, MarkKind::Note, text));
    }

    pub(crate) fn finish(&mut self, reason: StopReason, observe: &mut dyn FnMut(&RunEvent)) {
        self.phases.retain(|change| change.phase.is_none());
        self.emit_phases(Nanos::MAX, observe);
        self.tell_what_ran_out(Nanos::MAX, observe);
        let finish =
            Finish { at: self.last, reason, in_flight: self.in_flight, self_checks_failed: Vec::new() };
        observe(&RunEvent::Finished(finish));
    }
}

/// The time of a run whose clocks have this start.
fn elapsed(start: u64) -> Nanos {
    Nanos(RealClock::present().saturating_sub(start))
}

/// A number without digits that say nothing.
fn short(number: f64) -> String {
    format!("{}", (number * 1_000.0).round() / 1_000.0)
}

/// The run begins this much after its workers are asked for, so that the first of what is due is not late by
/// the time that a thread takes to start.
const START_MARGIN: Nanos = Nanos::from_millis(5);

/// A change is made so long after it was asked for: longer than a healthy worker takes to hear of it.
const AHEAD: Nanos = Nanos::from_millis(100);

/// What can be asked of a run from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// Change the load, by these changes of scenarios at one instant.
    Steer(Vec<Steer>),
    /// Keep a note with the run, at this instant.
    Note(String),
    /// End gracefully: nothing starts, what runs has its grace.
    Stop,
    /// End now: what runs is cut.
    Cut,
}

enum Inbox {
    Worker(usize, WorkerReport),
    /// A worker's thread has ended.
    Ended(usize),
    Control(Control),
}

/// Steers a run from other threads.
#[derive(Clone)]
pub struct Controller(Sender<Inbox>);

impl Controller {
    /// Asks something of the run; nothing happens if it is over.
    pub fn send(&self, control: Control) {
        let _ = self.0.send(Inbox::Control(control));
    }
}

/// The receiving end of a [`Controller`]; [`run`] takes it.
pub struct ControlInbox(Sender<Inbox>, Receiver<Inbox>);

/// A controller and the inbox that [`run`] reads it from.
pub fn controller() -> (Controller, ControlInbox) {
    let (sender, receiver) = channel();
    (Controller(sender.clone()), ControlInbox(sender, receiver))
}

/// How to run.
pub struct RunOptions {
    /// What the run is called and made of; `header.workers` says how many threads.
    pub header: RunHeader,
    /// One tap a worker, or none.
    pub rows: Vec<RowTap>,
    /// Start what is due within this time together. 0 starts everything when it is due.
    pub tick: Nanos,
}

/// Who watches a run.
pub struct Observers<'a> {
    /// Gets every event, on the coordinator's thread.
    pub observe: &'a mut dyn FnMut(&RunEvent),
    /// Asked once a second what the machine looks like.
    pub host: &'a mut dyn FnMut(u64) -> Option<HostSecond>,
}

/// Runs `workload` with users made by `sources`, one source a worker, and returns why it ended.
///
/// Blocks until the run is over. Fails only if a worker cannot be started. A worker that panics is lost, and
/// its panic goes no further: the others are stopped, and the run ends as [`StopReason::WorkerLost`].
pub fn run<S, F>(
    workload: &Arc<Workload>,
    sources: &F,
    options: RunOptions,
    inbox: ControlInbox,
    observers: Observers<'_>,
) -> io::Result<StopReason>
where
    S: VuSource,
    F: Fn(u32) -> S + Sync,
{
    let workers = options.header.workers.max(1);
    let mut rows = options.rows.into_iter();
    let ControlInbox(sender, receiver) = inbox;
    let mut emitter = Emitter::new(Arc::clone(workload), options.header, workers as usize);
    emitter.start(observers.observe);
    let start = RealClock::present().saturating_add(START_MARGIN.0);
    thread::scope(|scope| {
        let mut words = Vec::new();
        let mut threads = Vec::new();
        for worker in 0..workers {
            let (control, control_words) = unbounded_channel();
            words.push(control);
            let place = Place { worker, workers, start, tick: options.tick, rows: rows.next() };
            let reports = sender.clone();
            let thread =
                thread::Builder::new().name(format!("brunt-w{worker}")).spawn_scoped(scope, move || {
                    let _lost = LostUnlessFinished { worker: worker as usize, reports: reports.clone() };
                    // A worker that cannot have a clock is a lost worker: the guard reports it.
                    let _ = work_on_thread(workload, sources, place, control_words, &reports);
                });
            match thread {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    tell_all(&words, WorkerControl::Stop);
                    tell_all(&words, WorkerControl::Cut);
                    return Err(error);
                }
            }
        }
        let reason = coordinate(&mut emitter, (&receiver, start), &words, observers);
        for thread in threads {
            // A thread that is not joined hands its panic to the scope's end, and so to the caller.
            let _ = thread.join();
        }
        Ok(reason)
    })
}

struct Place {
    worker: u32,
    workers: u32,
    /// The start of the run, for [`RealClock::new`].
    start: u64,
    tick: Nanos,
    rows: Option<RowTap>,
}

fn work_on_thread<S: VuSource>(
    workload: &Arc<Workload>,
    sources: &(impl Fn(u32) -> S + Sync),
    place: Place,
    words: UnboundedReceiver<WorkerControl>,
    reports: &Sender<Inbox>,
) -> io::Result<()> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_io();
    #[cfg(not(target_os = "linux"))]
    builder.enable_time();
    let runtime = builder.build()?;
    let clock = {
        let _inside = runtime.enter();
        Rc::new(RealClock::new(place.start)?)
    };
    let setup = WorkerSetup {
        workload: Arc::clone(workload),
        worker: place.worker,
        workers: place.workers,
        clock,
        runnable: Rc::default(),
        rows: place.rows,
        tick: place.tick,
    };
    let worker = place.worker as usize;
    let report = |report| {
        // The coordinator lives as long as its workers.
        let _ = reports.send(Inbox::Worker(worker, report));
    };
    runtime.block_on(work(setup, sources(place.worker), words, report));
    Ok(())
}

/// Says that a worker's thread has ended, however it ended.
struct LostUnlessFinished {
    worker: usize,
    reports: Sender<Inbox>,
}

impl Drop for LostUnlessFinished {
    fn drop(&mut self) {
        let _ = self.reports.send(Inbox::Ended(self.worker));
    }
}

fn tell_all(words: &[UnboundedSender<WorkerControl>], word: WorkerControl) {
    for worker in words {
        // One that has ended needs no more telling.
        let _ = worker.send(word);
    }
}

/// Until every worker has finished or is lost.
fn coordinate(
    emitter: &mut Emitter,
    (inbox, start): (&Receiver<Inbox>, u64),
    words: &[UnboundedSender<WorkerControl>],
    observers: Observers<'_>,
) -> StopReason {
    let Observers { observe, host } = observers;
    let mut observe_second = |event: &RunEvent| {
        observe(event);
        if let RunEvent::Second(second) = event
            && let Some(host) = host(second.index)
        {
            observe(&RunEvent::Host(Box::new(host)));
        }
    };
    let mut reason = StopReason::Completed;
    let mut finished = vec![false; words.len()];
    while !emitter.is_finished() {
        // Every worker holds a sender and says when it ends, so this cannot wait for ever.
        let Ok(message) = inbox.recv() else { break };
        match message {
            Inbox::Worker(worker, report) => {
                finished[worker] |= matches!(report, WorkerReport::Finished { .. });
                for (scenario, at) in emitter.report(worker, report, &mut observe_second) {
                    tell_all(words, WorkerControl::Begin { scenario, at });
                }
            }
            Inbox::Ended(worker) if !finished[worker] => {
                finished[worker] = true;
                emitter.lost(worker, &mut observe_second);
                reason = StopReason::WorkerLost;
                tell_all(words, WorkerControl::Stop);
            }
            Inbox::Ended(_) => {}
            Inbox::Control(Control::Steer(steers)) => {
                let at = emitter.next_instant(elapsed(start) + AHEAD);
                for steer in &steers {
                    tell_all(words, WorkerControl::Steer { at, steer: *steer });
                }
                emitter.steered(at, &steers);
            }
            Inbox::Control(Control::Note(text)) => emitter.noted(elapsed(start), &text),
            Inbox::Control(Control::Stop) => {
                if reason == StopReason::Completed {
                    reason = StopReason::StoppedEarly;
                }
                tell_all(words, WorkerControl::Stop);
            }
            Inbox::Control(Control::Cut) => {
                reason = StopReason::Cut;
                tell_all(words, WorkerControl::Stop);
                tell_all(words, WorkerControl::Cut);
            }
        }
    }
    emitter.finish(reason, &mut observe_second);
    reason
}
