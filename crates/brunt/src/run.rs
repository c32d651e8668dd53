//! `brunt run`: from arguments to an exit code.

use crate::args::{ReportArgs, RunArgs, RunCommand};
use crate::around::Around;
use crate::beside::Beside;
use crate::console::{Console, env, unix_ms};
use crate::exit;
use crate::full::Helm;
use crate::git;
use crate::header::{About, header};
use crate::history;
use crate::host::{HostSampler, cores, environment, is_local};
use crate::interactive;
use crate::judge::{self, Part};
use crate::limits::{fit, lower_caps, raise_open_files, read_limits};
use crate::load::{self, LoadError, duration};
use crate::locust;
use crate::reports::{self, Reports, Stdout};
use crate::results::Results;
use crate::rows::{self, Rows};
use crate::session::{Session, Show};
use crate::signals;
use crate::simulate;
use crate::ui::{self, Steered, Watch};
use brunt_engine::{Controller, Observers, RowTap, RunOptions, controller, worker_count};
use brunt_gate::{BaselineFigures, Judge, exit_code};
use brunt_history::{BRANCH, COMMIT};
use brunt_http::{Failure, HttpUsers, NotReady, Settings, demand, wait_until_ready};
use brunt_metrics::Nanos;
use brunt_objective::Objective;
use brunt_plan::{Lowered, lowered_json};
use brunt_run::{NewRecord, Recorder, RunHeader, Warning, WarningKind, new_run_id, parse_labels};
use brunt_web::Problem;
use brunt_workload::{MetricSource, Scheme, Workload};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there was no run, and the exit code that says so.
pub(crate) struct Refusal {
    code: u8,
    error: LoadError,
}

impl Refusal {
    pub(crate) fn new(code: u8, error: impl Display) -> Self {
        Self { code, error: LoadError::Usage(error.to_string()) }
    }

    /// What was asked for cannot be done.
    pub(crate) fn usage(error: impl Display) -> Self {
        Self::new(exit::USAGE, error)
    }

    /// As the cockpit tells it.
    pub(crate) fn problem(&self) -> Problem {
        ui::problem(&self.error)
    }

    /// Prints it and answers the exit code.
    pub(crate) fn show(&self, console: Console) -> u8 {
        load::show(&self.error, console);
        self.code
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl From<LoadError> for Refusal {
    fn from(error: LoadError) -> Self {
        Self { code: exit::USAGE, error }
    }
}

/// `brunt run`: one run a profile or preset, one after the other. The exit code is that of the gravest.
pub(crate) fn command(command: &RunCommand, console: Console) -> u8 {
    if command.ui {
        return ui::beside(command, console);
    }
    let (args, mut reports) = (&command.run, command.reports.clone());
    let asked_for = args.interactive;
    let asked = if args.interactive { interactive::asked(args, console) } else { Ok(args.clone()) };
    let settled = asked.and_then(|mut args| {
        locust::settle(&mut args, console)?;
        reports::settle(&mut args, &mut reports)?;
        Ok(args)
    });
    let args = match settled {
        Ok(args) => args,
        Err(refusal) => return refusal.show(console),
    };
    let lowered = match load::workloads(&args) {
        Ok(lowered) => lowered,
        Err(error) => return Refusal::from(error).show(console),
    };
    each(&args, &reports, lowered, (asked_for, None), console)
}

/// One run a workload, one after the other. The exit code is that of the gravest.
pub(crate) fn each(
    args: &RunArgs,
    reports: &ReportArgs,
    lowered: Vec<Lowered>,
    (asked_for, watch): (bool, Option<&Watch>),
    console: Console,
) -> u8 {
    let several = lowered.len() > 1;
    let mut worst = 0;
    for (i, lowered) in lowered.into_iter().enumerate() {
        let label = match several {
            true => Some(label(&lowered, args, i)),
            // Files of a run that somebody was asked for are called so.
            false if asked_for && args.results.is_some() => Some("custom".to_owned()),
            false => None,
        };
        if let Some(watch) = watch.filter(|_| i > 0) {
            if watch.is_ending() {
                return worst;
            }
            watch.board.begin(ui::mix::planned(&lowered.workload));
        }
        if let Some(label) = label.as_ref().filter(|_| several) {
            console.note(format!("{}{label}", if i == 0 { "" } else { "\n" }));
        }
        let result = if args.simulate {
            simulate::show(args, lowered, console).map(|code| Ran { code, ended_by: EndedBy::Itself })
        } else {
            run(&Job { args, reports, label: label.as_deref(), watch }, lowered, console)
        };
        if let (Err(refusal), Some(watch)) = (&result, watch) {
            watch.board.refuse(refusal.problem());
        }
        // What is refused or was ended by the user ends the rest too.
        let ran = match result {
            Ok(ran) => ran,
            Err(refusal) => return refusal.show(console),
        };
        worst = worst.max(ran.code);
        if ran.ended_by == EndedBy::User {
            return worst;
        }
    }
    worst
}

/// What one of several runs is called.
fn label(lowered: &Lowered, args: &RunArgs, at: usize) -> String {
    let preset = args.preset.get(at % args.preset.len().max(1)).cloned();
    match (lowered.profile.clone(), preset) {
        (Some(profile), Some(preset)) => format!("{profile}-{preset}"),
        (Some(name), None) | (None, Some(name)) => name,
        (None, None) => format!("{}", at + 1),
    }
}

/// One run of a command line.
pub(crate) struct Job<'a> {
    pub(crate) args: &'a RunArgs,
    pub(crate) reports: &'a ReportArgs,
    /// What it is called among several.
    pub(crate) label: Option<&'a str>,
    /// The cockpit that watches and steers it, if there is one.
    pub(crate) watch: Option<&'a Watch>,
}

/// A run that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    /// The exit code of its verdict.
    pub(crate) code: u8,
    pub(crate) ended_by: EndedBy,
}

/// Who ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedBy {
    /// Its plan, an objective, or the loss of a worker.
    Itself,
    /// Somebody who wanted it over: Ctrl-C, a key, the page.
    User,
}

/// Runs a workload.
pub(crate) fn run(job: &Job<'_>, lowered: Lowered, console: Console) -> Result<Ran, Refusal> {
    let args = job.args;
    let wait = duration("--wait", &args.wait)?;
    let pace = Pace {
        interval: duration("--progress-interval", &args.progress_interval)?,
        tick: args.tick.as_deref().map(|t| duration("--tick", t)).transpose()?.unwrap_or_default(),
    };
    let mut warnings = plan_warnings(&lowered);
    let Lowered { workload, hooks, metrics, mut objectives, profile, .. } = lowered;
    objectives.extend(judge::objectives_of(&args.slo, &Part::of_run(args))?);
    let baseline = judge::baseline(Path::new(RUNS), args.baseline.as_deref())?;
    let labels = parse_labels(&args.label).map_err(Refusal::usage)?;
    history::place(&args.history, Path::new(RUNS)).map_err(Refusal::usage)?;
    let workload = fitted(workload, &mut warnings)?;
    let settings = Settings::prepare(&workload).map_err(|e| Refusal::new(exit::USAGE, e))?;
    let mut around = Around::new(hooks, &workload, console);
    if around.waits()
        && let Err(refusal) = around.before()
    {
        close(job, &workload, &mut around, console);
        return Err(refusal);
    }
    let reached = wait_until_ready(&settings, wait, |target| {
        console.note(format!("waiting for {target} to take connections"));
    });
    let result = match reached {
        Ok(()) => drive(
            job,
            &Prepared {
                workload: Arc::clone(&workload),
                settings,
                warnings,
                metrics,
                objectives,
                baseline,
                profile,
                labels,
                pace,
            },
            &mut around,
            console,
        ),
        Err(e) => Err(Refusal::new(exit::NOT_READY, format!("{e}\n  = help: {}", way_to_ready(&e)))),
    };
    if result.is_err() {
        close(job, &workload, &mut around, console);
    }
    result
}

/// Where the record of a run goes.
fn record_folder(job: &Job<'_>, id: &str) -> PathBuf {
    let asked =
        job.args.output.as_ref().map(|folder| job.label.map_or_else(|| folder.clone(), |l| folder.join(l)));
    asked.unwrap_or_else(|| PathBuf::from(RUNS).join(id))
}

/// After a run that never began: takes down what was prepared, and keeps what the hooks said where its record would be.
fn close(job: &Job<'_>, workload: &Workload, around: &mut Around, console: Console) {
    let folder = record_folder(job, &about(workload, job.args.workers).id);
    let kept = (around.has_done_anything() && !job.args.no_record).then_some(folder.as_path());
    around.after(kept).iter().for_each(|problem| console.error(problem));
    if let Some(folder) = kept {
        console.note(format!("what the hooks said is in `{}`", folder.join("hooks").display()));
    }
}

/// What is driven, and what is known of it before.
struct Prepared {
    workload: Arc<Workload>,
    settings: Settings,
    warnings: Vec<Warning>,
    metrics: Vec<MetricSource>,
    objectives: Vec<Objective>,
    baseline: Option<BaselineFigures>,
    profile: Option<String>,
    labels: BTreeMap<String, String>,
    pace: Pace,
}

/// How often something happens beside the requests.
struct Pace {
    /// A line without a terminal.
    interval: Nanos,
    /// What is due within it starts together.
    tick: Nanos,
}

fn drive(job: &Job<'_>, prepared: &Prepared, around: &mut Around, console: Console) -> Result<Ran, Refusal> {
    let args = job.args;
    let workload = &prepared.workload;
    let mut header = about(workload, args.workers);
    header.labels.clone_from(&prepared.labels);
    header.objectives = prepared.objectives.iter().map(ToString::to_string).collect();
    header.profile.clone_from(&prepared.profile);
    let settings = prepared.settings.clone().started_at(header.started_unix_ms);
    let mut beside = Beside::start(&prepared.metrics, &workload.target.tls)?;
    // The record comes last: a run that is refused leaves none behind.
    let (rows, taps) = rows_to(args, &header)?;
    let mut results = Results::open(args, &header, job.label)?;
    let mut reports = Reports::open(job, &header, workload)?;
    let folder = record_folder(job, &header.id);
    let recorder = if args.no_record { None } else { Some(recorder(&folder, &header, workload)?) };
    let show =
        Show::new(args, prepared.pace.interval, console).map_err(|text| Refusal::new(exit::USAGE, text))?;
    let mut session = Session::new(recorder, show, args.json, console);
    session.early.clone_from(&prepared.warnings);
    session.judge = Judge::new(prepared.objectives.clone(), prepared.baseline.as_ref());
    let (controller, inbox) = controller();
    steer(job.watch, controller, workload, &mut session)?;
    let mut sampler =
        HostSampler::new(workload.target.origins.iter().any(|o| o.unix.is_some() || is_local(&o.host)));
    let observers = Observers {
        observe: &mut |event| {
            beside.through(event, &mut |event| {
                around.event(event);
                results.event(event);
                reports.event(event);
                session.observe(event);
            });
        },
        host: &mut |index| Some(sampler.sample(index)),
    };
    let options = RunOptions { header, rows: taps, tick: prepared.pace.tick };
    let sources = |_worker| HttpUsers::new(settings.clone());
    let ran = brunt_engine::run(workload, &sources, options, inbox, observers);
    if let Some(watch) = job.watch {
        watch.steer(None);
    }
    ran.map_err(|e| Refusal::new(exit::INTERNAL, format!("cannot start a worker: {e}")))?;
    if let Some(Err(e)) = rows.map(Rows::finish) {
        console.error(format!("rows are incomplete: {e}"));
    }
    let kept = (!args.no_record).then_some(folder.as_path());
    around.after(kept).iter().for_each(|problem| console.error(problem));
    let written = results.finish(&session.view);
    let reported = reports.finish(&session.view);
    let ended_by = session.ended_by();
    let code = exit_code(session.finish());
    if let Some(record) = kept {
        history::note(&args.history, record, console);
    }
    match written {
        Ok(files) if !args.json => files.iter().for_each(|file| console.println(format!("written   {file}"))),
        Ok(_) => {}
        Err(e) => console.error(format!("results are incomplete: {e}")),
    }
    match reported {
        Ok(written) => written.show(if args.json { Stdout::Taken } else { Stdout::Free }, console),
        Err(e) => console.error(format!("reports are incomplete: {e}")),
    }
    Ok(Ran { code, ended_by })
}

/// Lets the cockpit, or signals, act on the run.
fn steer(
    watch: Option<&Watch>,
    controller: Controller,
    workload: &Arc<Workload>,
    session: &mut Session,
) -> Result<(), Refusal> {
    session.stop = Some(controller.clone());
    session
        .take_keys(Helm::new(controller.clone(), Arc::clone(workload)))
        .map_err(|e| Refusal::new(exit::INTERNAL, format!("cannot read keys: {e}")))?;
    match watch {
        Some(watch) => {
            session.board = Some(Arc::clone(&watch.board));
            watch.steer(Some(Steered { controller, workload: Arc::clone(workload) }));
            Ok(())
        }
        None => signals::steer(move |control| controller.send(control), session.announcer())
            .map_err(|e| Refusal::new(exit::INTERNAL, format!("cannot listen for signals: {e}"))),
    }
}

/// What to do about a target that is not ready.
pub(crate) const fn way_to_ready(problem: &NotReady) -> &'static str {
    match problem {
        NotReady::Unreachable { last: Failure::Tls(_), .. } => {
            "trust the target's authority with `--cacert FILE`, show a certificate with `--cert` and `--key`, or \
             accept any with `--insecure`"
        }
        NotReady::Unreachable { .. } => {
            "is the address right? start the target, or wait longer with `--wait 60s`"
        }
        NotReady::Local(_) => "this machine may have no file descriptors left: see `ulimit -n`",
    }
}

/// The thread that writes rows, if any are asked for, and the taps of the workers.
fn rows_to(args: &RunArgs, header: &RunHeader) -> Result<(Option<Rows>, Vec<RowTap>), Refusal> {
    let Some(file) = &args.rows else {
        return Ok((None, Vec::new()));
    };
    let started = rows::start(file, args.rows_every, header.workers, header.endpoints.clone());
    let (rows, taps) = started.map_err(|e| {
        let file = file.display();
        Refusal::new(
            exit::USAGE,
            format!("cannot write rows to `{file}`: {e}\n  = help: name a file in a folder that is there"),
        )
    })?;
    Ok((Some(rows), taps))
}

fn plan_warnings(lowered: &Lowered) -> Vec<Warning> {
    let of = |d: &brunt_plan::Diagnostic| Warning {
        at: Nanos::ZERO,
        kind: WarningKind::Plan,
        text: d.message.clone(),
    };
    lowered.warnings.diagnostics.iter().map(of).collect()
}

/// The workload with its caps lowered to what this machine can hold; refused if its fixed part does not fit.
pub(crate) fn fitted(mut workload: Workload, warnings: &mut Vec<Warning>) -> Result<Arc<Workload>, Refusal> {
    raise_open_files();
    let tls = workload.target.origins.iter().any(|o| o.scheme == Scheme::Https);
    let mut limits = read_limits();
    // Connections over Unix sockets take no ports.
    if workload.target.origins.iter().all(|o| o.unix.is_some()) {
        limits.ephemeral_ports = None;
    }
    let fit = fit(&demand(&workload), &limits, tls).map_err(|e| Refusal::new(exit::USAGE, e))?;
    if let Some(cap) = fit.elastic_cap {
        lower_caps(&mut workload, cap);
    }
    let note = |text| Warning { at: Nanos::ZERO, kind: WarningKind::Generator, text };
    warnings.extend(fit.notes.into_iter().map(note));
    Ok(Arc::new(workload))
}

pub(crate) fn about(workload: &Workload, asked: Option<u32>) -> RunHeader {
    let count = worker_count(workload, cores(), asked);
    let mut environment = environment();
    environment.insert("workers".into(), format!("{} ({})", count.workers, count.reason));
    let code = git::code(Path::new("."), &env);
    let code = [(COMMIT, code.commit), (BRANCH, code.branch)];
    environment.extend(code.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    let now = unix_ms();
    let about = About {
        id: new_run_id(&workload.name, now, std::process::id()),
        started_unix_ms: now,
        workers: count.workers,
        simulated: false,
        environment,
    };
    header(workload, about)
}

/// Where records go unless told otherwise.
pub(crate) const RUNS: &str = "brunt-runs";

pub(crate) fn recorder(folder: &Path, header: &RunHeader, workload: &Workload) -> Result<Recorder, Refusal> {
    let plan = lowered_json(workload);
    let record = NewRecord { header, tool_version: env!("CARGO_PKG_VERSION"), plan: &plan };
    Recorder::create(folder, &record).map_err(|e| Refusal::new(exit::USAGE, e))
}
