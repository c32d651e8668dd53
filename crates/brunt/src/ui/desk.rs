//! What the page asks for, done by this process.

use super::{Watch, Word, Words, files, form, mix, past, problem, steer};
use crate::args::{ReportArgs, RunArgs};
use crate::baseline::Baselines;
use crate::console::Console;
use crate::demo;
use crate::header::header;
use crate::load::{self, LoadError, source};
use crate::run::{RUNS, each, way_to_ready};
use brunt_engine::{Change, Control, all};
use brunt_http::{Settings, wait_until_ready};
use brunt_metrics::Nanos;
use brunt_plan::{Lowered, PRESETS, profiles};
use brunt_run::{FindError, Reader, RunState, find_run, list_runs, run_folders};
use brunt_web::{
    Act, Board, Desk, Download, Offer, Preview, Problem, Reference, RunRow, Stage, StartForm, Turned,
};
use brunt_workload::{Redirects, Workload};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The demo's figures come from this seed, as those of `brunt demo` do.
const DEMO_SEED: u64 = 1;

/// How long a check waits for an answer.
const PATIENCE: Nanos = Nanos::from_secs(3);

/// Where load may go is decided by its hosts before a run starts: no answer may lead it elsewhere.
const FROM_THE_PAGE: Redirects = Redirects::OwnHosts;

pub(super) struct LocalDesk {
    args: RunArgs,
    reports: ReportArgs,
    watch: Arc<Watch>,
    words: Words,
    console: Console,
    offer: Offer,
    /// Held while the file of baselines is changed.
    baselines: Mutex<()>,
}

impl LocalDesk {
    /// Lets the schedule stand still or go on, if it is at the stage for that; `refused` says that it is not.
    fn turn(&self, (change, stage): (Change, Stage), refused: &str, done: &str) -> Result<String, Problem> {
        let over = || Problem::conflict("no run goes on").hint("start one first");
        let workload = self.watch.workload().ok_or_else(over)?;
        let to = if stage == Stage::Running { Stage::Paused } else { Stage::Running };
        let send = || self.watch.send(Control::Steer(all(&workload, change)));
        match self.board().turn(stage, to, send) {
            Turned::Done => Ok(done.into()),
            Turned::Elsewhere => Err(Problem::conflict(refused)),
            Turned::Over => Err(over()),
        }
    }

    /// What was asked for on the command line must be readable now, so that nobody finds out in the browser.
    pub(super) fn new(
        args: RunArgs,
        reports: ReportArgs,
        watch: Arc<Watch>,
        words: Words,
        console: Console,
    ) -> Result<Self, LoadError> {
        let offer = offer(&args)?;
        Ok(Self { args, reports, watch, words, console, offer, baselines: Mutex::default() })
    }

    /// Where the load of what brunt was started with goes.
    pub(super) fn hosts(&self) -> Vec<String> {
        self.offer.hosts.clone()
    }

    /// Who watches and steers runs.
    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }

    fn board(&self) -> &Board {
        &self.watch.board
    }

    fn lowered(&self, form: &StartForm, redirects: Redirects) -> Result<(RunArgs, Vec<Lowered>), Problem> {
        let args = form::filled(&self.args, form)?;
        let mut lowered = load::workloads(&args).map_err(|e| problem(&e))?;
        for one in &mut lowered {
            one.workload.target.redirects = redirects;
        }
        Ok((args, lowered))
    }

    /// What would run first.
    fn first(&self, form: &StartForm) -> Result<Lowered, Problem> {
        let (_, lowered) = self.lowered(form, FROM_THE_PAGE)?;
        lowered.into_iter().next().ok_or_else(|| Problem::invalid("nothing would run"))
    }

    /// Takes the desk for what a form asks for: one run at a time.
    fn wanted(&self, form: &StartForm, redirects: Redirects) -> Result<(Claim, Wanted), Problem> {
        let claim = Claim::of(&self.watch)
            .ok_or_else(|| Problem::conflict("a run goes on").hint("stop it first, or wait for its end"))?;
        if form.demo {
            return Ok((claim, Wanted::Demo));
        }
        let (args, lowered) = self.lowered(form, redirects)?;
        Ok((claim, Wanted::Planned(Box::new(args), lowered)))
    }

    /// Makes a run on a thread of its own; answers once it is known to be one. Only for this process's first thread: what it
    /// starts has the priority of who starts it, and the page's is a low one.
    pub(super) fn begin(&self, form: &StartForm) -> Result<(), Problem> {
        let (claim, wanted) = self.wanted(form, Redirects::Anywhere)?;
        self.make(claim, wanted)
    }

    /// Does what another thread asked for, as [`begin`](Self::begin) does; whether there is a run now.
    pub(super) fn launch(&self, launch: Launch) -> bool {
        let Launch { claim, wanted, answer } = launch;
        let made = self.make(claim, wanted);
        let is_made = made.is_ok();
        // Who asked may have gone away.
        let _ = answer.send(made);
        is_made
    }

    fn make(&self, claim: Claim, wanted: Wanted) -> Result<(), Problem> {
        let work = match wanted {
            Wanted::Demo => self.demo()?,
            Wanted::Planned(args, lowered) => self.planned(*args, lowered),
        };
        let underway =
            Underway { claim: Some(claim), words: self.words.clone(), code: crate::exit::INTERNAL };
        let run = move || {
            // The whole of it goes into the thread: what its end says is said when the runs are over.
            let mut underway = underway;
            underway.code = work();
        };
        let spawned = thread::Builder::new().name("brunt-run".into()).spawn(run);
        spawned
            .map(drop)
            .map_err(|e| Problem::new(500, "there is no thread left for a run").detail(e.to_string()))
    }

    fn planned(&self, args: RunArgs, lowered: Vec<Lowered>) -> Work {
        self.board().begin(lowered.first().map(|l| mix::planned(&l.workload)).unwrap_or_default());
        let (reports, watch, console) = (self.reports.clone(), Arc::clone(&self.watch), self.console);
        Box::new(move || each(&args, &reports, lowered, (false, Some(&watch)), console))
    }

    fn demo(&self) -> Result<Work, Problem> {
        let (target, lowered) = demo::prepared(DEMO_SEED).map_err(|refusal| refusal.problem())?;
        self.board().begin(mix::planned(&lowered.workload));
        let (args, watch, console) = (self.args.clone(), Arc::clone(&self.watch), self.console);
        let args =
            RunArgs { what: None, file: None, target: None, preset: Vec::new(), slo: Vec::new(), ..args };
        Ok(Box::new(move || {
            let code = each(&args, &ReportArgs::default(), vec![lowered], (false, Some(&watch)), console);
            target.stop();
            code
        }))
    }
}

type Work = Box<dyn FnOnce() -> u8 + Send>;

/// What is to run.
enum Wanted {
    Demo,
    Planned(Box<RunArgs>, Vec<Lowered>),
}

/// A run that was asked for on another thread than the first.
pub(crate) struct Launch {
    claim: Claim,
    wanted: Wanted,
    answer: SyncSender<Result<(), Problem>>,
}

/// The right to make runs. However they end, others can be made then.
struct Claim(Arc<Watch>);

impl Claim {
    /// `None` while somebody else makes runs.
    fn of(watch: &Arc<Watch>) -> Option<Self> {
        watch.board.claim().then(|| Self(Arc::clone(watch)))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.steer(None);
        self.0.board.release();
    }
}

/// Runs that are made now. Their end is told however they end; a panic leaves the code of what went wrong.
struct Underway {
    claim: Option<Claim>,
    words: Words,
    code: u8,
}

impl Drop for Underway {
    fn drop(&mut self) {
        // Free first: who hears of the end may begin another.
        self.claim = None;
        let _ = self.words.send(Word::Ended(self.code));
    }
}

impl Desk for LocalDesk {
    fn offer(&self) -> Offer {
        self.offer.clone()
    }

    fn preview(&self, form: &StartForm) -> Result<Preview, Problem> {
        Ok(preview(&self.first(form)?))
    }

    fn start(&self, form: &StartForm) -> Result<(), Problem> {
        let (claim, wanted) = self.wanted(form, FROM_THE_PAGE)?;
        let (answer, answered) = sync_channel(1);
        let ends = || Problem::conflict("brunt ends").hint("start it again");
        self.words.send(Word::Begin(Launch { claim, wanted, answer })).map_err(|_| ends())?;
        answered.recv().unwrap_or_else(|_| Err(ends()))
    }

    fn act(&self, act: &Act) -> Result<String, Problem> {
        let over = || Problem::conflict("no run goes on").hint("start one first");
        let send = |control| if self.watch.send(control) { Ok(()) } else { Err(over()) };
        match act {
            Act::Stop {} => {
                let generation = self.board().generation();
                send(Control::Stop)?;
                self.board().stopping(generation);
                self.board().say("stopped from the page");
                Ok("stopping: what is under way may end".into())
            }
            Act::Cut {} => {
                send(Control::Cut)?;
                self.board().say("cut from the page");
                Ok("cutting".into())
            }
            Act::Pause {} => self.turn(
                (Change::Pause, Stage::Running),
                "the run does not go on",
                "the schedule stands still; what is under way goes on",
            ),
            Act::Resume {} => self.turn(
                (Change::Resume, Stage::Paused),
                "the run does not stand still",
                "the schedule goes on",
            ),
            Act::Edit { .. } => {
                let workload = self.watch.workload().ok_or_else(over)?;
                let steers = steer::asked(act, &workload)?;
                send(Control::Steer(steers))?;
                Ok("the load changes".into())
            }
            Act::Annotate { text } if text.trim().is_empty() => {
                Err(Problem::invalid("the note is empty").hint("write what is to be remembered"))
            }
            Act::Annotate { text } => {
                send(Control::Note(text.clone()))?;
                Ok("noted".into())
            }
        }
    }

    fn check(&self, form: &StartForm) -> Result<String, Problem> {
        let workload = Arc::new(self.first(form)?.workload);
        let settings = Settings::prepare(&workload).map_err(|e| Problem::invalid(e.to_string()))?;
        wait_until_ready(&settings, PATIENCE, |_| {}).map_err(|e| {
            Problem::conflict("the target does not answer").detail(e.to_string()).hint(way_to_ready(&e))
        })?;
        Ok(format!("{} takes connections", targets(&workload).join(", ")))
    }

    fn runs(&self) -> Result<Vec<RunRow>, Problem> {
        past::runs(&self.args.history)
    }

    fn trend(&self, name: &str) -> Result<Value, Problem> {
        past::course(&self.args.history, name)
    }

    fn reference(&self) -> Option<Reference> {
        let folder = reference(&self.args, self.board())?;
        Reference::of(Reader::open(&folder).ok()?)
    }

    fn file(&self, run: &str, name: &str) -> Result<Download, Problem> {
        files::make(&recorded(run)?, run, name)
    }

    fn files(&self) -> Vec<String> {
        files::names()
    }

    fn compare(&self, before: &str, after: &str) -> Result<Value, Problem> {
        files::compare(&recorded(before)?, &recorded(after)?)
    }

    fn keep(&self, run: &str, baseline: &str) -> Result<String, Problem> {
        let folder = recorded(run)?;
        // One after the other: each reads what the one before has written.
        let _alone = self.baselines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut baselines = Baselines::load(Path::new(RUNS)).map_err(|e| Problem::conflict(e.to_string()))?;
        let name = baselines
            .set(baseline, &[folder.display().to_string()])
            .map_err(|e| Problem::invalid(e.to_string()))?;
        Ok(format!("`{name}` is {run} from now on"))
    }
}

/// The folder of a recorded run; only those of the folder of records. On the command line a word may be a path as well:
/// what lies elsewhere is none of the page's business.
fn recorded(run: &str) -> Result<PathBuf, Problem> {
    let missing = |text: String| Problem::missing(text).hint("/api/v1/runs lists the runs");
    let folder = Path::new(RUNS);
    let is_one = run_folders(folder).is_ok_and(|ids| ids.iter().any(|id| id == run));
    let found = if is_one { Ok(folder.join(run)) } else { find_run(folder, run) };
    match found {
        Ok(found) if found.parent() == Some(folder) => Ok(found),
        Ok(_) | Err(FindError::NoRecord { .. }) => {
            Err(missing(format!("there is no run `{run}` in `{RUNS}`")))
        }
        Err(e) => Err(missing(e.to_string())),
    }
}

/// The run to compare with: the baseline that was asked for, or the newest finished run of this name before.
fn reference(args: &RunArgs, board: &Board) -> Option<PathBuf> {
    let folder = Path::new(RUNS);
    if let Some(what) = &args.baseline {
        let named = Baselines::load(folder).and_then(|b| b.runs(what)).ok().and_then(|mut runs| runs.pop());
        return named.or_else(|| find_run(folder, what).ok());
    }
    let (id, name) = board.run()?;
    let runs = list_runs(folder).ok()?;
    let same = runs
        .into_iter()
        .filter(|run| run.name == name && run.id != id && matches!(run.state, RunState::Finished(_)));
    same.max_by_key(|run| run.started_unix_ms).map(|run| run.folder)
}

fn targets(workload: &Workload) -> Vec<String> {
    header(workload, about_nothing()).targets
}

fn about_nothing() -> crate::header::About {
    crate::header::About {
        id: String::new(),
        started_unix_ms: 0,
        workers: 1,
        simulated: false,
        environment: BTreeMap::new(),
    }
}

fn preview(lowered: &Lowered) -> Preview {
    let workload = &lowered.workload;
    let header = header(workload, about_nothing());
    let curves = header.scenarios.into_iter().map(|s| {
        let what = if s.open { "iterations/s" } else { "users" };
        (s.name, s.executor, what, s.curve, s.curve_step.as_secs_f64())
    });
    Preview {
        name: header.name,
        targets: header.targets,
        planned_s: header.planned_duration.map(Nanos::as_secs_f64),
        scenarios: curves.collect(),
        mix: mix::planned(workload),
        warnings: lowered.warnings.diagnostics.iter().map(|d| d.message.clone()).collect(),
    }
}

/// What can be started.
fn offer(args: &RunArgs) -> Result<Offer, LoadError> {
    let presets = PRESETS.iter().map(|p| (p.name.to_owned(), p.doc.to_owned())).collect();
    let proposed = form::proposed(args);
    let plan = form::plan(args).map(str::to_owned);
    let mut offer = Offer { plan: plan.clone(), presets, proposed, ..Offer::default() };
    if let Some(url) = form::url(args) {
        offer.hosts = vec![url.to_owned()];
    }
    let Some(plan) = plan else { return Ok(offer) };
    let source = source(Path::new(&plan))?;
    let of_plan = profiles(&source);
    offer.profiles = of_plan.names;
    offer.environments = of_plan.environments;
    offer.has_load = !of_plan.needed;
    // A plan that needs a profile, or a target, is whole only with what the form says.
    let first =
        if of_plan.needed && args.profile.is_empty() { offer.profiles.first().cloned() } else { None };
    let mut probe = args.clone();
    probe.profile.extend(first);
    let lowered = load::workloads(&probe).unwrap_or_default();
    for workload in lowered.iter().map(|l| &l.workload) {
        offer.hosts.extend(targets(workload));
        offer.tags.extend(workload.endpoints.iter().flat_map(|e| e.tags.iter().cloned()));
        offer
            .classes
            .extend(workload.scenarios.iter().flat_map(|s| s.classes.iter().map(|c| c.name.clone())));
    }
    for list in [&mut offer.hosts, &mut offer.tags, &mut offer.classes] {
        list.sort();
        list.dedup();
    }
    if lowered.is_empty() && args.target.is_none() {
        // What is wrong with it is told by the form's preview, where something can be done about it.
        offer.has_load = false;
    }
    Ok(offer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// A panic of brunt's own is told, and the next run can be made.
    #[test]
    fn a_panic_leaves_the_page_usable() {
        let watch = Arc::new(Watch::default());
        let (words, inbox) = channel();
        let underway = Underway { claim: Claim::of(&watch), words, code: crate::exit::INTERNAL };
        watch.board.begin(Vec::new());
        assert!(Claim::of(&watch).is_none(), "one at a time");
        let run = thread::spawn(move || {
            let _underway = underway;
            panic!("on purpose");
        });
        assert!(run.join().is_err());
        assert!(matches!(inbox.recv(), Ok(Word::Ended(crate::exit::INTERNAL))));
        assert_eq!(watch.board.standing(), Stage::Idle);
        assert!(Claim::of(&watch).is_some());
    }
}
