//! `--tui`: the full screen, and the thread that reads its keys.

use crate::console::Console;
use crate::ui::steer::asked;
use brunt_engine::{Change, Control, Controller, all};
use brunt_metrics::Nanos;
use brunt_run::RunView;
use brunt_tui::{FullTerminal, Load, Picture, State, Style, Wish};
use brunt_web::Act;
use brunt_workload::Workload;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the reader of keys waits for one before it looks whether the screen is still there.
const GLANCE: Duration = Duration::from_millis(200);

/// The screen of a run.
pub(crate) struct FullShow {
    screen: Mutex<Screen>,
    console: Console,
}

struct Screen {
    terminal: FullTerminal,
    state: State,
    picture: Picture,
    said: Vec<(Nanos, String)>,
    now: Nanos,
}

impl FullShow {
    /// Takes the screen; refused where there is none, or nobody who could press keys.
    pub(crate) fn open(console: Console) -> Result<Arc<Self>, String> {
        if !io::stderr().is_terminal() || !io::stdin().is_terminal() {
            return Err("`--tui` needs a terminal: here is none\n  = help: leave it out; the run then tells how it goes in lines".into());
        }
        let style: Style = console.style;
        let terminal =
            FullTerminal::open(style).map_err(|e| format!("`--tui`: the terminal cannot be used: {e}"))?;
        let screen = Screen {
            terminal,
            state: State::default(),
            picture: Picture::default(),
            said: Vec::new(),
            now: Nanos::ZERO,
        };
        Ok(Arc::new(Self { screen: Mutex::new(screen), console }))
    }

    /// The screen: what was drawn stays known whoever panicked while drawing.
    fn lock(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A second has passed.
    pub(crate) fn second(&self, view: &RunView) {
        let screen = &mut *self.lock();
        screen.now = view.elapsed();
        let columns = self.console.size().columns;
        screen.picture = Picture::of(view, screen.now, columns, self.console.style, &screen.said);
        screen.draw();
    }

    /// A line for the log.
    pub(crate) fn say(&self, text: &str) {
        let screen = &mut *self.lock();
        screen.said.push((screen.now, text.to_owned()));
        screen.state.tell(text);
        screen.draw();
    }

    /// Gives the screen back; what was said stays.
    pub(crate) fn close(&self) {
        let screen = &mut *self.lock();
        if screen.terminal.is_open() {
            screen.terminal.close();
            screen.said.iter().for_each(|(_, text)| self.console.note(text));
        }
    }

    /// Reads keys until the screen is given back.
    pub(crate) fn listen(self: &Arc<Self>, mut helm: Helm) -> io::Result<()> {
        let full = Arc::clone(self);
        let read = move || {
            while full.lock().terminal.is_open() {
                let Ok(key) = FullTerminal::key(GLANCE) else { break };
                let Some(key) = key else { continue };
                let wish = full.lock().state.key(key);
                if let Some(told) = wish.map(|wish| helm.turn(&wish)) {
                    full.lock().state.tell(&told);
                }
                full.lock().draw();
            }
        };
        std::thread::Builder::new().name("brunt-keys".into()).spawn(read).map(drop)
    }
}

impl Screen {
    /// A terminal that has gone away must not end the run.
    fn draw(&mut self) {
        let _ = self.terminal.draw(&self.picture, &mut self.state);
    }
}

/// Steers the run as keys ask for it.
pub(crate) struct Helm {
    controller: Controller,
    workload: Arc<Workload>,
    /// Users of all closed scenarios together, and arrivals a second of all with a rate.
    load: (Option<f64>, Option<f64>),
    paused: bool,
    stopped: bool,
}

impl Helm {
    pub(crate) fn new(controller: Controller, workload: Arc<Workload>) -> Self {
        let closed = workload.scenarios.iter().filter(|s| !s.arrivals.is_open());
        let users: u32 = closed.map(|s| s.supply.max_users()).sum();
        let rate: f64 = workload.scenarios.iter().filter_map(|s| s.arrivals.peak_rate()).sum();
        let load = ((users > 0).then(|| f64::from(users)), (rate > 0.0).then_some(rate));
        Self { controller, workload, load, paused: false, stopped: false }
    }

    /// Does it, and says what was done.
    fn turn(&mut self, wish: &Wish) -> String {
        match wish {
            Wish::Stop if self.stopped => {
                self.controller.send(Control::Cut);
                "cutting".into()
            }
            Wish::Stop => {
                self.stopped = true;
                self.controller.send(Control::Stop);
                "stopping: what is under way may end; s cuts it".into()
            }
            Wish::Pause => {
                self.paused = !self.paused;
                let change = if self.paused { Change::Pause } else { Change::Resume };
                self.controller.send(Control::Steer(all(&self.workload, change)));
                if self.paused { "paused: p goes on".into() } else { "going on".into() }
            }
            Wish::Note(text) => {
                self.controller.send(Control::Note(text.clone()));
                "noted".into()
            }
            Wish::Load(load) => self.change(load),
        }
    }

    fn change(&mut self, load: &Load) -> String {
        let (users, rate) = match load {
            Load::More => (self.load.0.map(|n| (n * 1.1).max(n + 1.0)), self.load.1.map(|n| n * 1.1)),
            Load::Less => {
                (self.load.0.map(|n| (n * 0.9).min(n - 1.0).max(1.0)), self.load.1.map(|n| n * 0.9))
            }
            Load::Is(text) => match (text.parse::<u32>(), self.load) {
                (Ok(n), (Some(_), _)) => (Some(f64::from(n)), None),
                // Where nobody has users of their own, a number is one of arrivals.
                (Ok(n), (None, _)) => (None, Some(f64::from(n))),
                (Err(_), _) => {
                    return self
                        .steer(None, Some(text.clone()))
                        .map_or_else(|e| e, |()| format!("load: {text}"));
                }
            },
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; saturates")]
        let whole = users.map(|n| n.round() as u64);
        let words = rate.map(|n| format!("{}/s", (n * 1e3).round() / 1e3));
        match self.steer(whole, words.clone()) {
            Ok(()) => {
                self.load = (users.map(f64::round).or(self.load.0), rate.or(self.load.1));
                let parts = [whole.map(|n| format!("{n} users")), words];
                format!("load: {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
            }
            Err(why) => why,
        }
    }

    fn steer(&self, users: Option<u64>, rate: Option<String>) -> Result<(), String> {
        let act = Act::Edit { scenario: None, users, spawn_rate: None, rate };
        let steers = asked(&act, &self.workload).map_err(|problem| {
            let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{problem}{hint}")
        })?;
        self.controller.send(Control::Steer(steers));
        Ok(())
    }
}
