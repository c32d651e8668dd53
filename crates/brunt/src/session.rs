//! Who watches a run: the view, the record, the terminal. The same for a live run and for a recorded one.

use crate::args::RunArgs;
use crate::console::Console;
use crate::full::{FullShow, Helm};
use crate::run::EndedBy;
use brunt_engine::{Control, Controller};
use brunt_gate::{Bearing, Judge, conclude, health, judge_with};
use brunt_metrics::Nanos;
use brunt_run::{Outlook, Recorder, RunEvent, RunView, Sink, StopReason, Summary, Warning, WarningKind};
use brunt_tui::{LiveTerminal, PlainPace, ScreenSize, json_summary, json_tick, summary};
use brunt_web::Board;
use std::io::{self, Stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Terminal = LiveTerminal<Stderr, Box<dyn Fn() -> ScreenSize + Send>>;

/// How a run is shown while it goes on.
pub(crate) enum Show {
    /// Not at all; one line at the end.
    Quiet,
    /// Not at all; all figures at the end.
    Silent,
    /// Drawn in place, by the thread that watches and the one that waits for signals.
    Live(Arc<Mutex<Terminal>>),
    /// A screen of its own, steered by keys.
    Full(Arc<FullShow>),
    /// A line now and then.
    Plain(PlainPace),
}

impl Show {
    /// As was asked for; refused, in words, where that cannot be.
    pub(crate) fn new(args: &RunArgs, interval: Nanos, console: Console) -> Result<Self, String> {
        Ok(match (args.quiet, args.locust.only_summary) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Silent,
            (false, false) if args.tui => Self::Full(FullShow::open(console)?),
            (false, false) => Self::to(console, interval),
        })
    }

    /// What suits the console.
    pub(crate) fn to(console: Console, interval: Nanos) -> Self {
        if console.live {
            let size: Box<dyn Fn() -> ScreenSize + Send> = Box::new(move || console.size());
            Self::Live(Arc::new(Mutex::new(LiveTerminal::new(std::io::stderr(), size, console.style))))
        } else {
            Self::Plain(PlainPace::new(interval))
        }
    }
}

/// The terminal: what was drawn stays known whoever panicked while drawing.
fn lock(terminal: &Mutex<Terminal>) -> MutexGuard<'_, Terminal> {
    terminal.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The observers of one run.
pub(crate) struct Session {
    pub(crate) view: RunView,
    recorder: Option<Recorder>,
    show: Show,
    json: bool,
    console: Console,
    /// The verdict comes from a record, or is made at the end.
    judged: bool,
    /// Holds the run's objectives against it.
    pub(crate) judge: Judge,
    /// Ends the run when an objective asks for it; taken when it has.
    pub(crate) stop: Option<Controller>,
    /// Warnings known before the run began.
    pub(crate) early: Vec<Warning>,
    /// What browsers look at.
    pub(crate) board: Option<Arc<Board>>,
}

impl Session {
    pub(crate) fn new(recorder: Option<Recorder>, show: Show, json: bool, console: Console) -> Self {
        let judged = false;
        let judge = Judge::default();
        Self {
            view: RunView::default(),
            recorder,
            show,
            json,
            console,
            judged,
            judge,
            stop: None,
            early: Vec::new(),
            board: None,
        }
    }

    /// For a recorded run: its verdict is in the record.
    pub(crate) fn of_record(show: Show, json: bool, console: Console) -> Self {
        let mut session = Self::new(None, show, json, console);
        session.judged = true;
        session
    }

    /// Says something while the run goes on, from any thread, without disturbing what is drawn.
    pub(crate) fn announcer(&self) -> impl Fn(&str) + Send + 'static {
        let console = self.console;
        let terminal = match &self.show {
            Show::Live(terminal) => Some(Arc::clone(terminal)),
            Show::Full(_) | Show::Quiet | Show::Silent | Show::Plain(_) => None,
        };
        let full = match &self.show {
            Show::Full(full) => Some(Arc::clone(full)),
            Show::Live(_) | Show::Quiet | Show::Silent | Show::Plain(_) => None,
        };
        move |text| match (&terminal, &full) {
            (Some(terminal), _) => drop(lock(terminal).println_above(text)),
            (None, Some(full)) => full.say(text),
            (None, None) => console.note(text),
        }
    }

    /// Lets keys steer the run, where a screen takes them.
    pub(crate) fn take_keys(&self, helm: Helm) -> io::Result<()> {
        match &self.show {
            Show::Full(full) => full.listen(helm),
            Show::Live(_) | Show::Quiet | Show::Silent | Show::Plain(_) => Ok(()),
        }
    }

    /// Passes an event to everyone.
    pub(crate) fn observe(&mut self, event: &RunEvent) {
        if let RunEvent::Finished(finish) = event
            && !self.judged
        {
            let (verdict, finish) = conclude(&mut self.view, &self.judge, finish.clone());
            self.pass_on(&RunEvent::Verdict(verdict));
            self.pass_on(&RunEvent::Finished(finish));
            self.close();
            return;
        }
        self.view.apply(event);
        self.judge.apply(event);
        self.pass_on(event);
        match event {
            RunEvent::Started(_) => {
                let without = self.judge.without_subject().map(|objective| Warning {
                    at: Nanos::ZERO,
                    kind: WarningKind::Plan,
                    text: format!(
                        "objective `{objective}`: nothing of this run is called so, there will be no data"
                    ),
                });
                self.early.extend(without);
                for warning in std::mem::take(&mut self.early) {
                    self.observe(&RunEvent::Warning(warning));
                }
            }
            RunEvent::Second(_) => {
                if !self.judged && !self.judge.is_empty() {
                    self.view.note_objectives(self.judge.outcomes());
                    if let Some(board) = &self.board {
                        board.objectives(self.view.objectives());
                    }
                }
                self.second();
                self.abort();
            }
            RunEvent::Warning(warning) => self.note(&format!("warning: {}", warning.text)),
            RunEvent::Mark(mark) => self.note(&format!("at {:.1} s: {}", mark.at.as_secs_f64(), mark.text)),
            RunEvent::Finished(_) => self.close(),
            RunEvent::Phase(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::ErrorDetail(_)
            | RunEvent::Verdict(_) => {}
        }
    }

    /// To those who keep events of their own.
    fn pass_on(&mut self, event: &RunEvent) {
        if let Some(board) = &self.board {
            board.event(event);
        }
        self.record(event);
    }

    fn record(&mut self, event: &RunEvent) {
        let Some(recorder) = self.recorder.as_mut() else {
            return;
        };
        recorder.event(event);
        if let Some(problem) = recorder.take_problem() {
            let warning =
                Warning { at: self.view.elapsed(), kind: WarningKind::Record, text: problem.to_string() };
            self.note(&format!("warning: {problem}"));
            self.view.apply(&RunEvent::Warning(warning));
        }
    }

    fn second(&mut self) {
        if self.json
            && let Some(tick) = json_tick(&self.view)
        {
            self.console.println(tick);
        }
        match &mut self.show {
            Show::Quiet | Show::Silent => {}
            // A terminal that has gone away must not end the run.
            Show::Live(terminal) => drop(lock(terminal).draw(&self.view, self.view.elapsed())),
            Show::Full(full) => full.second(&self.view),
            Show::Plain(pace) => {
                if let Some(line) = pace.line(&self.view) {
                    self.console.note(line);
                }
            }
        }
    }

    /// Ends the run in order if an objective asks for it. Not as long as brunt itself is the limit: then nothing can be
    /// said of the target.
    fn abort(&mut self) {
        let Some(call) = self.judge.abort().filter(|_| self.stop.is_some()) else { return };
        if health(&self.view).iter().any(|reason| reason.bearing == Bearing::Invalidates) {
            return;
        }
        let text = format!("{call}: what is under way may end");
        if let Some(controller) = self.stop.take() {
            controller.send(Control::Stop);
        }
        self.note(&text);
    }

    /// Judges a recorded run that has no end.
    pub(crate) fn conclude_without_end(&mut self) {
        let verdict = judge_with(&self.view, &self.judge);
        self.view.apply(&RunEvent::Verdict(verdict));
        self.close();
    }

    fn note(&mut self, text: &str) {
        match &mut self.show {
            Show::Live(terminal) => drop(lock(terminal).println_above(text)),
            // What the run tells itself stands in the log.
            Show::Full(_) => {}
            Show::Quiet | Show::Silent | Show::Plain(_) => self.console.note(text),
        }
    }

    fn close(&mut self) {
        match &mut self.show {
            Show::Live(terminal) => drop(lock(terminal).close()),
            Show::Full(full) => full.close(),
            Show::Quiet | Show::Silent | Show::Plain(_) => {}
        }
    }

    /// Who ended the run, as far as it has ended.
    pub(crate) fn ended_by(&self) -> EndedBy {
        match self.view.finish().map(|finish| finish.reason) {
            Some(StopReason::Cut) => EndedBy::User,
            // An objective that ends a run has taken what it ends it by.
            Some(StopReason::StoppedEarly) if self.stop.is_some() => EndedBy::User,
            Some(StopReason::StoppedEarly | StopReason::Completed | StopReason::WorkerLost) | None => {
                EndedBy::Itself
            }
        }
    }

    /// Prints the results and completes the record. Answers the verdict.
    pub(crate) fn finish(mut self) -> Outlook {
        let outlook = self.view.verdict().map_or(Outlook::Cut, |v| v.outlook);
        let totals = Summary::of(&self.view);
        let told = self.recorder.as_ref().filter(|r| r.is_broken()).map(|r| r.folder().to_owned());
        let recorded = self.recorder.take().zip(totals.as_ref()).map(|(r, totals)| r.finish(totals));
        if self.json {
            if let Some(summary) = json_summary(&self.view) {
                self.console.println(summary);
            }
        } else if matches!(self.show, Show::Quiet) {
            let verdict = self.view.verdict().map_or("", |v| v.summary.as_str());
            self.console.println(verdict);
        } else {
            let size = self.console.size();
            self.console.print(&summary(&self.view, size.columns, self.console.style));
        }
        match recorded {
            Some(Ok(folder)) if !self.json => self.console.println(format!("record    {}", folder.display())),
            // Why was said when it happened.
            Some(Err(_)) if let Some(folder) = told => {
                if !self.json {
                    let folder = folder.display();
                    self.console.println(format!("record    {folder} (ends early: it could not be written)"));
                }
            }
            Some(Err(problem)) => self.console.error(problem),
            Some(Ok(_)) | None => {}
        }
        outlook
    }
}

/// However a run ends, a refusal in the middle included, the terminal is given back.
impl Drop for Session {
    fn drop(&mut self) {
        self.close();
    }
}
