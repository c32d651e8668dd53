//! A run as people look at it: events folded into totals, the last seconds, and a bounded course.
//!
//! [`RunView`] is the one place where seconds are added up. The terminal, the summary, the gate and the web
//! view read it; a live run and a replayed record give the same view, because both are the same events.
//! It is pure and its memory does not grow with time: what is kept is bounded by the tables of the run's
//! header, by [`MAX_TIMELINE`] and by [`MAX_NOTES`]. Percentiles come from merged histograms, never from
//! percentiles. It judges nothing (that is the gate) and shows nothing (that is a renderer).
//!
//! Only requests are in its totals. What stands aside of them (groups of steps, requests that brunt broke on purpose)
//! is in [`RunView::asides`] and nowhere else.
//!
//! Start with [`RunView::apply`]; then [`RunView::total`], [`RunView::endpoints`] and [`RunView::window`].

mod facts;
mod latency;
mod phases;
mod resources;
mod segments;
mod tallies;
mod timeline;
mod totals;
mod window;

pub use facts::{
    HOT_WORKER, HealthFacts, LATE_FLOOR, LATE_SHARE, LATE_VALUES, PRESSED_SHARE, STALL_FLOOR, STALL_SHARE,
    STOLEN_SHARE,
};
pub use latency::LatencyView;
pub use resources::ResourceView;
pub use segments::{MAX_SEGMENTS, SegmentView};
pub use tallies::{MAX_TALLIED, TallyValueView, TallyView};
pub use timeline::{MAX_TIMELINE, TimelinePoint};
pub use totals::{CodeCount, EndpointView, ErrorView, Which};
pub use window::{WINDOW_SECONDS, Window, WindowEndpoint};

use crate::{
    ErrorDetail, Finish, HostSecond, Mark, MarkKind, ObjectiveOutcome, PhaseChange, RunEvent, RunHeader,
    SeriesName, Verdict, Warning,
};
use brunt_metrics::{
    CheckId, CheckSecond, EndpointId, EndpointKind, ErrorKind, Histogram, Nanos, Phase, ScenarioId,
    ScenarioSecond, Second, SparseHistogram, WorkerSecond,
};
use phases::PhaseClock;
use resources::{Counts, Resources};
use segments::Segments;
use std::collections::{BTreeMap, VecDeque};
use std::sync::OnceLock;
use tallies::Tallies;
use timeline::Timeline;
use totals::{Errors, Totals};

/// The most warnings, error details and phase changes that are kept, each; what comes after is counted. A
/// person reads some dozens; a run with 256 scenarios has about 1,000 phase changes.
pub const MAX_NOTES: usize = 1_024;

/// Everything that is known of a run so far.
#[derive(Clone, Debug, Default)]
pub struct RunView {
    header: Option<Box<RunHeader>>,
    seconds: u64,
    totals: BTreeMap<(Phase, EndpointId), Totals>,
    all: [Totals; 3],
    asides: BTreeMap<(Phase, EndpointId), Totals>,
    tallies: Tallies,
    sums: RunSums,
    scenarios: BTreeMap<ScenarioId, ScenarioView>,
    checks: BTreeMap<CheckId, CheckSecond>,
    workers: BTreeMap<u32, WorkerSecond>,
    errors: Errors,
    lag: Histogram,
    recent: VecDeque<Second>,
    window: OnceLock<Window>,
    timeline: Timeline,
    clock: PhaseClock,
    facts: HealthFacts,
    last_judged: bool,
    host: Option<Box<HostSecond>>,
    host_peaks: HostPeaks,
    resources: Resources,
    phases: Vec<PhaseChange>,
    warnings: Vec<Warning>,
    marks: Vec<Mark>,
    segments: Segments,
    details: Vec<ErrorDetail>,
    left_out: LeftOut,
    objectives: Vec<ObjectiveOutcome>,
    verdict: Option<Verdict>,
    finish: Option<Finish>,
}

/// Sums over the whole run, all phases: what self-checks hold against each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunSums {
    /// Requests begun.
    pub requests_started: u64,
    /// Requests that ended.
    pub requests_ended: u64,
    /// Requests' time in flight, integrated.
    pub in_flight_time: Nanos,
    /// The sum of all service times, from the histograms, in nanoseconds.
    pub service_ns: u128,
    /// Cells whose buckets do not add up to their count, or whose two histograms differ in count.
    pub broken_cells: u64,
}

/// A scenario's counts over the whole run, all phases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScenarioView {
    /// What its schedule asked for and what became of it.
    pub counts: ScenarioSecond,
    /// Users that exist now.
    pub users: u64,
    /// The most users of a second: those at its beginning and those that came in it.
    pub users_max: u64,
    /// The phase it is in; `None` before its beginning and after its end.
    pub phase: Option<Phase>,
}

/// How often a check held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckView {
    /// Which.
    pub id: CheckId,
    /// The endpoint whose responses it looks at; `None` if the header does not know the check.
    pub endpoint: Option<EndpointId>,
    /// Its name.
    pub name: String,
    /// Responses for which it held.
    pub passed: u64,
    /// Responses for which it did not.
    pub failed: u64,
}

/// The highest value of each of the host's figures over the run; `None` where the system never told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HostPeaks {
    /// Processor time of the process in one second.
    pub process_cpu: Option<Nanos>,
    /// Share of the busiest core.
    pub core_busy: Option<f64>,
    /// Share that a hypervisor took.
    pub steal: Option<f64>,
    /// Share of time in which some task waited for a processor.
    pub cpu_pressure: Option<f64>,
    /// Time for which a quota stopped the process in one second.
    pub throttled: Option<Nanos>,
    /// Memory resident.
    pub resident_bytes: Option<u64>,
    /// File descriptors open.
    pub open_files: Option<u64>,
    /// TCP sockets in use.
    pub tcp_in_use: Option<u64>,
    /// TCP sockets waiting out their last minute.
    pub tcp_time_wait: Option<u64>,
    /// TCP segments sent again over the whole run (a sum, not a peak).
    pub tcp_retransmits: Option<u64>,
}

/// How many notes came after [`MAX_NOTES`] of their kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Phase changes not kept.
    pub phases: u64,
    /// Warnings not kept.
    pub warnings: u64,
    /// Error details not kept.
    pub details: u64,
    /// What was done from outside and is not kept.
    pub marks: u64,
}

impl RunView {
    /// Folds in what happened next. Events must come in the order in which they were sent.
    pub fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started(header) => self.header = Some(header.clone()),
            RunEvent::Phase(change) => {
                self.clock.change(change);
                self.scenarios.entry(change.scenario).or_default().phase = change.phase;
                keep(&mut self.phases, change, &mut self.left_out.phases);
            }
            RunEvent::Second(second) => self.apply_second(second),
            RunEvent::Host(host) => {
                self.facts.add_host(host, self.last_judged);
                self.host_peaks.add(host);
                self.host = Some(host.clone());
            }
            RunEvent::ResourceSeries(series) => self.resources.announce(series),
            RunEvent::Resources(second) => {
                let counts = if self.last_judged { Counts::Yes } else { Counts::No };
                self.resources.add(second, counts);
            }
            RunEvent::ErrorDetail(detail) => keep(&mut self.details, detail, &mut self.left_out.details),
            RunEvent::Warning(warning) => keep(&mut self.warnings, warning, &mut self.left_out.warnings),
            RunEvent::Mark(mark) => {
                self.segments.mark(mark);
                keep(&mut self.marks, mark, &mut self.left_out.marks);
            }
            RunEvent::Verdict(verdict) => self.verdict = Some(verdict.clone()),
            RunEvent::Finished(finish) => {
                self.clock.finish(finish.at);
                self.finish = Some(finish.clone());
            }
        }
    }

    fn apply_second(&mut self, second: &Second) {
        self.seconds = self.seconds.max(second.index + 1);
        self.segments.add(second);
        for cell in &second.cells {
            let phase = cell.key.phase;
            self.totals.entry((phase, cell.key.endpoint)).or_default().add(cell);
            self.all[phase as usize].add(cell);
            self.errors.add(second.index, cell);
        }
        for cell in &second.asides {
            self.asides.entry((cell.key.phase, cell.key.endpoint)).or_default().add(cell);
        }
        second.tallies.iter().for_each(|t| self.tallies.add(t));
        self.sums.add(second);
        self.add_counts(second);
        self.lag.add(&second.lag);
        self.last_judged = self.clock.counts(second);
        let load = &self.all[Phase::Load as usize];
        self.facts.add(second, self.last_judged, || load.service(Which::All).quantile(0.5));
        self.timeline.add(second);
        if self.recent.len() == WINDOW_SECONDS {
            self.recent.pop_front();
        }
        self.recent.push_back(second.clone());
        self.window = OnceLock::new();
    }

    fn add_counts(&mut self, second: &Second) {
        for s in &second.scenarios {
            let view = self.scenarios.entry(s.scenario).or_default();
            view.counts.scenario = s.scenario;
            view.counts.merge(s);
            // Those that leave in a second were there: a run may be over within its first.
            let had = view.users + s.users_added;
            view.users_max = view.users_max.max(had);
            view.users = had.saturating_sub(s.users_retired);
        }
        for c in &second.checks {
            let sum = self
                .checks
                .entry(c.check)
                .or_insert(CheckSecond { check: c.check, ..CheckSecond::default() });
            sum.passed += c.passed;
            sum.failed += c.failed;
        }
        for w in &second.workers {
            self.workers.insert(w.worker, *w);
        }
    }

    /// What the run is; `None` before its first event.
    pub fn header(&self) -> Option<&RunHeader> {
        self.header.as_deref()
    }

    /// Seconds sealed so far, counted from the start of the run.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// How far the run has come: its exact end once it is finished, else the end of the last sealed second.
    pub fn elapsed(&self) -> Nanos {
        self.finish.as_ref().map_or(Nanos::from_secs(self.seconds), |f| f.at)
    }

    /// The time so far in which any scenario was in `phase`: what rates over all endpoints divide by. Not
    /// the planned time. Without phase events (a torn record), the seconds that had a request of the phase.
    pub fn measured(&self, phase: Phase) -> Nanos {
        self.clock.measured(phase, self.elapsed())
    }

    /// The same of one scenario.
    pub fn measured_scenario(&self, scenario: ScenarioId, phase: Phase) -> Nanos {
        self.clock.measured_scenario(scenario, phase, self.elapsed())
    }

    /// The figures of every endpoint that had a request in `phase`, in the order of the run's table.
    pub fn endpoints(&self, phase: Phase) -> Vec<EndpointView> {
        let of_phase = self.totals.range((phase, EndpointId(0))..=(phase, EndpointId(u32::MAX)));
        of_phase.map(|(&(_, id), totals)| self.endpoint_view(id, phase, totals)).collect()
    }

    /// The figures of every group of steps, or of every endpoint of requests that brunt broke on purpose, that had any
    /// in `phase`, in the order of the run's table. What `count` counts are passes through the group, or such requests.
    pub fn asides(&self, kind: EndpointKind, phase: Phase) -> Vec<EndpointView> {
        let of_phase = self.asides.range((phase, EndpointId(0))..=(phase, EndpointId(u32::MAX)));
        let of_kind = of_phase.filter(|((_, id), _)| self.kind(*id) == kind);
        of_kind.map(|(&(_, id), totals)| self.endpoint_view(id, phase, totals)).collect()
    }

    /// How often each value of each tally came, in `phase` or in the whole run.
    pub fn tallies(&self, phase: Option<Phase>) -> Vec<TallyView> {
        self.tallies.views(self.header().map_or(&[], |h| &h.tallies), phase)
    }

    /// The figures of one endpoint; `None` if it had no request in `phase`.
    pub fn endpoint(&self, id: EndpointId, phase: Phase) -> Option<EndpointView> {
        self.totals.get(&(phase, id)).map(|totals| self.endpoint_view(id, phase, totals))
    }

    fn endpoint_view(&self, id: EndpointId, phase: Phase, totals: &Totals) -> EndpointView {
        let series = self.series(id);
        let scenario = self.header().and_then(|h| h.scenarios.iter().position(|s| s.name == series.scenario));
        let own = scenario.and_then(|at| u16::try_from(at).ok()).map(ScenarioId);
        let duration = own.map_or(Nanos::ZERO, |id| self.measured_scenario(id, phase));
        let duration = if duration == Nanos::ZERO { self.measured(phase) } else { duration };
        totals.view(Some(id), series, duration)
    }

    /// The figures of all endpoints together. Every histogram is the union of the endpoints' histograms.
    pub fn total(&self, phase: Phase) -> EndpointView {
        self.all[phase as usize].view(None, SeriesName::default(), self.measured(phase))
    }

    /// Response times in `phase`: of one endpoint, or of all. `None` if the endpoint had no request.
    pub fn response(&self, endpoint: Option<EndpointId>, phase: Phase, which: Which) -> Option<Histogram> {
        self.totals_of(endpoint, phase).map(|t| t.response(which))
    }

    /// Service times in `phase`: of one endpoint, or of all. `None` if the endpoint had no request.
    pub fn service(&self, endpoint: Option<EndpointId>, phase: Phase, which: Which) -> Option<Histogram> {
        self.totals_of(endpoint, phase).map(|t| t.service(which))
    }

    fn totals_of(&self, endpoint: Option<EndpointId>, phase: Phase) -> Option<&Totals> {
        match endpoint {
            None => Some(&self.all[phase as usize]),
            Some(id) => self.totals.get(&(phase, id)),
        }
    }

    /// What is measured at an endpoint; requests if the header does not know it.
    pub fn kind(&self, id: EndpointId) -> EndpointKind {
        self.header().map(|h| h.kind(id)).unwrap_or_default()
    }

    /// What an endpoint is called; a name made of its number if the header does not know it.
    pub fn series(&self, id: EndpointId) -> SeriesName {
        let known = self.header().and_then(|h| h.endpoints.get(id.0 as usize));
        known.cloned().unwrap_or_else(|| SeriesName {
            method: "*".into(),
            name: format!("(endpoint {})", id.0),
            ..SeriesName::default()
        })
    }

    /// Scenarios that have done anything, ascending.
    pub fn scenarios(&self) -> impl Iterator<Item = (ScenarioId, &ScenarioView)> {
        self.scenarios.iter().map(|(id, view)| (*id, view))
    }

    /// The counts of all scenarios together; `scenario` in it means nothing.
    pub fn iterations(&self) -> ScenarioSecond {
        let mut sum = ScenarioSecond::default();
        self.scenarios.values().for_each(|s| sum.merge(&s.counts));
        sum
    }

    /// Users that exist now, of all scenarios.
    pub fn users(&self) -> u64 {
        self.scenarios.values().map(|s| s.users).sum()
    }

    /// Requests in flight now.
    pub fn in_flight(&self) -> u64 {
        self.sums.requests_started.saturating_sub(self.sums.requests_ended)
    }

    /// Every check that was evaluated, ascending.
    pub fn checks(&self) -> Vec<CheckView> {
        let view = |c: &CheckSecond| {
            let known = self.header().and_then(|h| h.checks.get(c.check.0 as usize));
            CheckView {
                id: c.check,
                endpoint: known.map(|(endpoint, _)| *endpoint),
                name: known.map_or_else(|| format!("(check {})", c.check.0), |(_, name)| name.clone()),
                passed: c.passed,
                failed: c.failed,
            }
        };
        self.checks.values().map(view).collect()
    }

    /// The last seconds, merged.
    pub fn window(&self) -> &Window {
        self.window.get_or_init(|| Window::of(&self.recent))
    }

    /// The last second sealed; `None` before the first.
    pub fn last_second(&self) -> Option<&Second> {
        self.recent.back()
    }

    /// The course of the run, all phases, in at most [`MAX_TIMELINE`] points of equal length.
    pub fn timeline(&self) -> &[TimelinePoint] {
        self.timeline.points()
    }

    /// Errors by phase, kind and status, most frequent first.
    pub fn errors(&self) -> Vec<ErrorView> {
        self.errors.views()
    }

    /// How late iterations were begun, over the whole run.
    pub fn lag(&self) -> &Histogram {
        &self.lag
    }

    /// Sums over the whole run.
    pub fn sums(&self) -> RunSums {
        self.sums
    }

    /// What the seconds say of the generator's health.
    pub fn facts(&self) -> &HealthFacts {
        &self.facts
    }

    /// The workers as of their last second, ascending.
    pub fn workers(&self) -> impl Iterator<Item = &WorkerSecond> {
        self.workers.values()
    }

    /// The machine as of its last second.
    pub fn host(&self) -> Option<&HostSecond> {
        self.host.as_deref()
    }

    /// The highest value of each of the machine's figures.
    pub fn host_peaks(&self) -> &HostPeaks {
        &self.host_peaks
    }

    /// Figures of the target and its surroundings, in the order in which they came; at most
    /// [`MAX_RESOURCES`](crate::MAX_RESOURCES).
    pub fn resources(&self) -> Vec<ResourceView> {
        self.resources.views()
    }

    /// Phase changes in order, at most [`MAX_NOTES`].
    pub fn phases(&self) -> &[PhaseChange] {
        &self.phases
    }

    /// What was done to the run from outside, in order of time; the first [`MAX_NOTES`].
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// For how long the schedule stood still so far: what was planned has moved along.
    pub fn stood_still(&self) -> Nanos {
        let (mut total, mut since) = (Nanos::ZERO, None);
        for mark in &self.marks {
            match mark.kind {
                MarkKind::Paused => since = Some(mark.at),
                MarkKind::Resumed => {
                    total = total + since.take().map_or(Nanos::ZERO, |since| mark.at - since);
                }
                MarkKind::Steered | MarkKind::Note => {}
            }
        }
        let now = self.elapsed();
        total + since.map_or(Nanos::ZERO, |since| now - since.min(now))
    }

    /// Statistics between changes of the load; none if it was left alone.
    pub fn segments(&self) -> Vec<SegmentView> {
        self.segments.views()
    }

    /// Changes of the load that began no segment of their own, past [`MAX_SEGMENTS`].
    pub fn folded_segments(&self) -> u64 {
        self.segments.folded
    }

    /// Warnings in order, at most [`MAX_NOTES`].
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Error details in order, at most [`MAX_NOTES`].
    pub fn error_details(&self) -> &[ErrorDetail] {
        &self.details
    }

    /// The first words that came with errors of a kind, at an endpoint of requests.
    pub fn words_of(&self, kind: ErrorKind) -> Option<&ErrorDetail> {
        let requests = |d: &&ErrorDetail| self.kind(d.endpoint) == EndpointKind::Request;
        self.details.iter().filter(requests).find(|d| d.kind == kind && !d.text.is_empty())
    }

    /// The first words that came with errors of a kind at this endpoint.
    pub fn words_at(&self, kind: ErrorKind, endpoint: EndpointId) -> Option<&ErrorDetail> {
        self.details.iter().find(|d| d.kind == kind && d.endpoint == endpoint && !d.text.is_empty())
    }

    /// What came after the bounds of the three lists before.
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// The verdict; `None` until it is given.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    /// Takes note of how objectives stand: whoever judges says so each second, for those who look on.
    pub fn note_objectives(&mut self, standing: Vec<ObjectiveOutcome>) {
        self.objectives = standing;
    }

    /// How objectives stand: as the verdict has it, and before there is one, as was noted last.
    pub fn objectives(&self) -> &[ObjectiveOutcome] {
        self.verdict.as_ref().map_or(&self.objectives, |verdict| &verdict.objectives)
    }

    /// How the run ended; `None` while it runs, or if its record is torn.
    pub fn finish(&self) -> Option<&Finish> {
        self.finish.as_ref()
    }
}

fn keep<T: Clone>(list: &mut Vec<T>, entry: &T, left_out: &mut u64) {
    if list.len() < MAX_NOTES {
        list.push(entry.clone());
    } else {
        *left_out += 1;
    }
}

impl RunSums {
    fn add(&mut self, second: &Second) {
        self.requests_started += second.requests_started;
        self.requests_ended += second.requests();
        self.in_flight_time = self.in_flight_time + second.in_flight_time;
        self.service_ns += second.cells.iter().map(|cell| cell.service.sum_ns).sum::<u128>();
        for cell in second.cells.iter().chain(&second.asides) {
            let whole = adds_up(&cell.response) && adds_up(&cell.service);
            self.broken_cells += u64::from(!whole || cell.response.total != cell.service.total);
        }
    }
}

fn adds_up(histogram: &SparseHistogram) -> bool {
    histogram.counts.iter().map(|(_, count)| count).sum::<u64>() == histogram.total
}

impl HostPeaks {
    fn add(&mut self, host: &HostSecond) {
        let most = |mine: &mut Option<f64>, theirs: Option<f64>| {
            if let Some(theirs) = theirs {
                *mine = Some(mine.map_or(theirs, |m| m.max(theirs)));
            }
        };
        self.process_cpu = self.process_cpu.max(host.process_cpu);
        most(&mut self.core_busy, host.cores_busy.iter().copied().reduce(f64::max));
        most(&mut self.steal, host.steal);
        most(&mut self.cpu_pressure, host.cpu_pressure);
        self.throttled = self.throttled.max(host.throttled);
        self.resident_bytes = self.resident_bytes.max(host.resident_bytes);
        self.open_files = self.open_files.max(host.open_files);
        self.tcp_in_use = self.tcp_in_use.max(host.tcp_in_use);
        self.tcp_time_wait = self.tcp_time_wait.max(host.tcp_time_wait);
        if let Some(more) = host.tcp_retransmits {
            self.tcp_retransmits = Some(self.tcp_retransmits.unwrap_or(0) + more);
        }
    }
}

#[cfg(test)]
mod tests;
