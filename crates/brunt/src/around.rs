//! What is done around a load: hooks, each in its time, with their output kept beside the run's record.

use crate::console::Console;
use crate::exit;
use crate::run::Refusal;
use brunt_deliver::{Done, Patience, World, act, wait_ready};
use brunt_http::Secrets;
use brunt_metrics::Phase;
use brunt_run::RunEvent;
use brunt_workload::{Act, Hook, Hooks, Moment, Text, TlsSettings, Workload};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The hooks of one run, and what they have done so far.
pub(crate) struct Around {
    hooks: Hooks,
    tls: TlsSettings,
    /// What no output may show.
    secrets: Secrets,
    console: Console,
    done: Vec<(Moment, Done)>,
    /// Hooks that were begun while the load runs.
    running: Vec<(Moment, JoinHandle<Vec<Done>>)>,
    begun: Vec<Moment>,
    impatient: Arc<AtomicBool>,
}

impl Around {
    /// For a run with these hooks.
    pub(crate) fn new(hooks: Hooks, workload: &Workload, console: Console) -> Self {
        let tls = workload.target.tls.clone();
        let secrets = Secrets::of(workload).with(texts(&hooks));
        let impatient = Arc::new(AtomicBool::new(false));
        if !hooks.ready.is_empty() || !hooks.at.is_empty() {
            for signal in [SIGINT, SIGTERM] {
                // Without it Ctrl-C ends the process, as ever: nothing is lost but the teardown.
                drop(signal_hook::flag::register(signal, Arc::clone(&impatient)));
            }
        }
        Self {
            hooks,
            tls,
            secrets,
            console,
            done: Vec::new(),
            running: Vec::new(),
            begun: Vec::new(),
            impatient,
        }
    }

    /// Whether there is anything to do before the load.
    pub(crate) fn waits(&self) -> bool {
        !self.hooks.ready.is_empty() || self.hooks.at.iter().any(|(at, _)| *at == Moment::Setup)
    }

    /// Waits for the target, then prepares it. What fails ends the run; what was prepared is taken down again.
    pub(crate) fn before(&mut self) -> Result<(), Refusal> {
        for ready in &self.hooks.ready {
            self.console.note("waiting until the target is ready");
            if let Err(e) = in_world(&self.tls, &self.impatient, |world| wait_ready(ready, world)) {
                let help = "is the target running? wait longer with `hooks: {ready: {timeout: 5m}}`";
                return Err(Refusal::new(exit::NOT_READY, format!("{e}\n  = help: {help}")));
            }
        }
        for hook in self.of(Moment::Setup) {
            let done = in_world(&self.tls, &self.impatient, |world| act(&hook, world));
            self.note(Moment::Setup, done);
            let failed = self.done.last().and_then(|(_, done)| {
                let problem = done.result.as_ref().err()?;
                Some(format!("setup failed: `{}` {problem}{}", done.what, tail(done)))
            });
            if let Some(failed) = failed {
                self.teardown();
                return Err(Refusal::new(exit::NOT_READY, failed));
            }
        }
        Ok(())
    }

    fn of(&self, moment: Moment) -> Vec<Hook> {
        self.hooks.at.iter().filter(|(at, _)| *at == moment).map(|(_, hook)| hook.clone()).collect()
    }

    /// Begins the hooks of a phase when the first scenario enters it; they run beside the load.
    pub(crate) fn event(&mut self, event: &RunEvent) {
        let RunEvent::Phase(change) = event else { return };
        let moment = match change.phase {
            Some(Phase::WarmUp) => Moment::WarmUp,
            Some(Phase::Load) => Moment::Load,
            Some(Phase::CoolDown) => Moment::CoolDown,
            None => return,
        };
        if self.begun.contains(&moment) {
            return;
        }
        self.begun.push(moment);
        let hooks = self.of(moment);
        if hooks.is_empty() {
            return;
        }
        let (tls, impatient) = (self.tls.clone(), Arc::clone(&self.impatient));
        let work =
            move || in_world(&tls, &impatient, |world| hooks.iter().map(|hook| act(hook, world)).collect());
        match thread::Builder::new().name("brunt-hooks".into()).spawn(work) {
            Ok(handle) => self.running.push((moment, handle)),
            Err(e) => self.console.error(format!("cannot start the hooks of `{}`: {e}", moment.name())),
        }
    }

    /// Takes down what was prepared, whatever happened; keeps all output in `folder`, if there is one. Answers what
    /// failed.
    pub(crate) fn after(&mut self, folder: Option<&Path>) -> Vec<String> {
        for (moment, handle) in std::mem::take(&mut self.running) {
            for done in handle.join().unwrap_or_default() {
                self.note(moment, done);
            }
        }
        self.teardown();
        let mut problems = Vec::new();
        for (i, (moment, done)) in self.done.iter().enumerate() {
            if let Some(folder) = folder
                && let Err(e) = keep(folder, i + 1, *moment, done)
            {
                problems.push(format!("the output of `{}` is not kept: {e}", done.what));
            }
            // A setup that fails is told where it ends the run.
            if let Err(e) = &done.result
                && *moment != Moment::Setup
            {
                problems.push(format!("{}: `{}` {e}{}", moment.name(), done.what, tail(done)));
            }
        }
        problems
    }

    /// Whether any hook has been done: its output is worth keeping.
    pub(crate) fn has_done_anything(&self) -> bool {
        !self.done.is_empty()
    }

    /// Takes note of what a hook did, without the secrets in its output.
    fn note(&mut self, moment: Moment, mut done: Done) {
        done.output = self.secrets.hide(&String::from_utf8_lossy(&done.output)).into_bytes();
        done.what = self.secrets.hide(&done.what);
        self.done.push((moment, done));
    }

    fn teardown(&mut self) {
        // Ctrl-C ended the load, not its cleaning up.
        self.impatient.store(false, Ordering::Relaxed);
        for hook in self.of(Moment::Teardown) {
            let done = in_world(&self.tls, &self.impatient, |world| act(&hook, world));
            self.note(Moment::Teardown, done);
        }
        self.hooks.at.clear();
    }
}

/// All texts of hooks: what is secret in them must not be shown either.
fn texts(hooks: &Hooks) -> Vec<&Text> {
    let acts = hooks.at.iter().filter_map(|(_, hook)| match &hook.act {
        Act::Http(request) => Some(request),
        Act::Command { .. } => None,
    });
    let mut texts = Vec::new();
    for request in hooks.ready.iter().map(|ready| &ready.request).chain(acts) {
        texts.push(&request.url);
        texts.extend(request.headers.iter().map(|(_, value)| value));
        texts.extend(&request.body);
    }
    texts
}

/// The last lines of a hook's output, for a message.
fn tail(done: &Done) -> String {
    let text = String::from_utf8_lossy(&done.output);
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let shown = lines.iter().rev().take(5).rev();
    let clean = |line: &str| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    shown.fold(String::new(), |text, line| text + "\n  | " + &clean(line))
}

fn keep(folder: &Path, number: usize, moment: Moment, done: &Done) -> std::io::Result<()> {
    let folder = folder.join("hooks");
    fs::create_dir_all(&folder)?;
    let outcome = match &done.result {
        Ok(()) => "done".to_owned(),
        Err(e) => e.to_string(),
    };
    let mut text =
        format!("# {}: {}\n# {outcome}, after {:.3} s\n", moment.name(), done.what, done.took.as_secs_f64());
    text.push_str(&String::from_utf8_lossy(&done.output));
    fs::write(folder.join(format!("{number:02}-{}.txt", moment.name())), text)
}

/// The longest that a lost patience goes unnoticed.
const NOTICE: Duration = Duration::from_millis(50);

/// Calls `f` with real time, and a user who may lose patience.
#[expect(clippy::disallowed_methods, reason = "hooks live in real time, outside of the run's clock")]
pub(crate) fn in_world<T>(tls: &TlsSettings, impatient: &AtomicBool, f: impl FnOnce(&World<'_>) -> T) -> T {
    let begun = Instant::now();
    let now = || begun.elapsed();
    let pause = |time: Duration| {
        let until = begun.elapsed() + time;
        loop {
            if impatient.load(Ordering::Relaxed) {
                return Patience::IsOver;
            }
            let left = until.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Patience::Lasts;
            }
            thread::sleep(left.min(NOTICE));
        }
    };
    f(&World { now: &now, pause: &pause, tls })
}
