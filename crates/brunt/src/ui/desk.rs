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
use brunt_web::{Act, Board, Desk, Download, Offer, Preview, Problem, Reference, RunRow, Stage, StartForm};
use brunt_workload::Workload;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The demo's figures come from this seed, as those of `brunt demo` do.
const DEMO_SEED: u64 = 1;

/// How long a check waits for an answer.
const PATIENCE: Nanos = Nanos::from_secs(3);

pub(super) struct LocalDesk {
    args: RunArgs,
    reports: ReportArgs,
    watch: Arc<Watch>,
    words: Words,
    console: Console,
    offer: Offer,
    /// Whether a run is made: one at a time.
    busy: Arc<AtomicBool>,
}

impl LocalDesk {
    /// Lets the schedule stand still or go on, if it is at the stage for that; `refused` says that it is not.
    fn turn(&self, (change, stage): (Change, Stage), refused: &str, done: &str) -> Result<String, Problem> {
        let over = || Problem::conflict("no run goes on").hint("start one first");
        let workload = self.watch.workload().ok_or_else(over)?;
        if self.board().standing() != stage {
            return Err(Problem::conflict(refused));
        }
        if self.watch.send(Control::Steer(all(&workload, change))) { Ok(done.into()) } else { Err(over()) }
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
        Ok(Self { args, reports, watch, words, console, offer, busy: Arc::default() })
    }

    /// Where the load of what brunt was started with goes.
    pub(super) fn hosts(&self) -> Vec<String> {
        self.offer.hosts.clone()
    }

    fn board(&self) -> &Board {
        &self.watch.board
    }

    fn lowered(&self, form: &StartForm) -> Result<(RunArgs, Vec<Lowered>), Problem> {
        let args = form::filled(&self.args, form)?;
        let lowered = load::workloads(&args).map_err(|e| problem(&e))?;
        Ok((args, lowered))
    }

    /// What would run first.
    fn first(&self, form: &StartForm) -> Result<Lowered, Problem> {
        let (_, lowered) = self.lowered(form)?;
        lowered.into_iter().next().ok_or_else(|| Problem::invalid("nothing would run"))
    }

    /// Makes a run on a thread of its own; answers once it is known to be one.
    pub(super) fn begin(&self, form: &StartForm) -> Result<(), Problem> {
        if self.busy.swap(true, Ordering::AcqRel) {
            return Err(Problem::conflict("a run goes on").hint("stop it first, or wait for its end"));
        }
        let prepared = if form.demo { self.demo() } else { self.planned(form) };
        let started = prepared.and_then(|work| {
            let (busy, words) = (Arc::clone(&self.busy), self.words.clone());
            let run = move || {
                let _free = Free(busy);
                let code = work();
                let _ = words.send(Word::Ended(code));
            };
            let spawned = thread::Builder::new().name("brunt-run".into()).spawn(run);
            spawned
                .map(drop)
                .map_err(|e| Problem::new(500, "there is no thread left for a run").detail(e.to_string()))
        });
        if started.is_err() {
            self.busy.store(false, Ordering::Release);
        }
        started
    }

    fn planned(&self, form: &StartForm) -> Result<Work, Problem> {
        let (args, lowered) = self.lowered(form)?;
        self.board().begin(lowered.first().map(|l| mix::planned(&l.workload)).unwrap_or_default());
        let (reports, watch, console) = (self.reports.clone(), Arc::clone(&self.watch), self.console);
        Ok(Box::new(move || each(&args, &reports, lowered, (false, Some(&watch)), console)))
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

/// However a run ends, another can be made.
struct Free(Arc<AtomicBool>);

impl Drop for Free {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
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
        self.begin(form)
    }

    fn act(&self, act: &Act) -> Result<String, Problem> {
        let over = || Problem::conflict("no run goes on").hint("start one first");
        let send = |control| if self.watch.send(control) { Ok(()) } else { Err(over()) };
        match act {
            Act::Stop => {
                send(Control::Stop)?;
                self.board().stage(Stage::Stopping);
                self.board().say("stopped from the page");
                Ok("stopping: what is under way may end".into())
            }
            Act::Cut => {
                send(Control::Cut)?;
                self.board().say("cut from the page");
                Ok("cutting".into())
            }
            Act::Pause => self.turn(
                (Change::Pause, Stage::Running),
                "the run does not go on",
                "the schedule stands still; what is under way goes on",
            ),
            Act::Resume => self.turn(
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
