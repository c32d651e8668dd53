//! `brunt run`: from arguments to an exit code.

use crate::args::RunArgs;
use crate::console::{Console, unix_ms};
use crate::exit;
use crate::header::{About, header};
use crate::host::{HostSampler, cores, environment, is_local};
use crate::limits::{fit, lower_caps, raise_open_files, read_limits};
use crate::load::{self, LoadError, duration};
use crate::rows::{self, Rows};
use crate::session::{Session, Show};
use crate::signals;
use crate::simulate;
use brunt_engine::{Observers, RowTap, RunOptions, controller, worker_count};
use brunt_gate::exit_code;
use brunt_http::{Failure, HttpUsers, NotReady, Settings, demand, wait_until_ready};
use brunt_metrics::Nanos;
use brunt_plan::{Lowered, lowered_json};
use brunt_run::{NewRecord, Recorder, RunHeader, Warning, WarningKind, new_run_id};
use brunt_workload::{Scheme, Workload};
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

    /// Prints it and answers the exit code.
    pub(crate) fn show(&self, console: Console) -> u8 {
        load::show(&self.error, console);
        self.code
    }
}

impl From<LoadError> for Refusal {
    fn from(error: LoadError) -> Self {
        Self { code: exit::USAGE, error }
    }
}

/// `brunt run`.
pub(crate) fn command(args: &RunArgs, console: Console) -> u8 {
    let result = load::workload(args).map_err(Refusal::from).and_then(|lowered| {
        if args.simulate { simulate::show(args, lowered, console) } else { run(args, lowered, console) }
    });
    result.unwrap_or_else(|refusal| refusal.show(console))
}

/// Runs a workload and answers the exit code.
pub(crate) fn run(args: &RunArgs, lowered: Lowered, console: Console) -> Result<u8, Refusal> {
    let wait = duration("--wait", &args.wait)?;
    let interval = duration("--progress-interval", &args.progress_interval)?;
    let tick = args.tick.as_deref().map(|t| duration("--tick", t)).transpose()?.unwrap_or_default();
    let mut warnings = plan_warnings(&lowered);
    let workload = fitted(lowered.workload, &mut warnings)?;
    let settings = Settings::prepare(&workload).map_err(|e| Refusal::new(exit::USAGE, e))?;
    wait_until_ready(&settings, wait, |target| {
        console.note(format!("waiting for {target} to take connections"));
    })
    .map_err(|e| Refusal::new(exit::NOT_READY, format!("{e}\n  = help: {}", way_to_ready(&e))))?;
    let header = about(&workload, args.workers);
    // The record comes last: a run that is refused leaves none behind.
    let (rows, taps) = rows_to(args, &header)?;
    let recorder =
        if args.no_record { None } else { Some(recorder(args.output.as_deref(), &header, &workload)?) };
    let mut session = Session::new(recorder, Show::new(args, interval, console), args.json, console);
    session.early = warnings;
    let (controller, inbox) = controller();
    signals::steer(controller, session.announcer())
        .map_err(|e| Refusal::new(exit::INTERNAL, format!("cannot listen for signals: {e}")))?;
    let mut sampler =
        HostSampler::new(workload.target.origins.iter().any(|o| o.unix.is_some() || is_local(&o.host)));
    let observers = Observers {
        observe: &mut |event| session.observe(event),
        host: &mut |index| Some(sampler.sample(index)),
    };
    let options = RunOptions { header, rows: taps, tick };
    let sources = |_worker| HttpUsers::new(settings.clone());
    brunt_engine::run(&workload, &sources, options, inbox, observers)
        .map_err(|e| Refusal::new(exit::INTERNAL, format!("cannot start a worker: {e}")))?;
    if let Some(Err(e)) = rows.map(Rows::finish) {
        console.error(format!("rows are incomplete: {e}"));
    }
    Ok(exit_code(session.finish()))
}

/// What to do about a target that is not ready.
const fn way_to_ready(problem: &NotReady) -> &'static str {
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
fn fitted(mut workload: Workload, warnings: &mut Vec<Warning>) -> Result<Arc<Workload>, Refusal> {
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

fn about(workload: &Workload, asked: Option<u32>) -> RunHeader {
    let count = worker_count(workload, cores(), asked);
    let mut environment = environment();
    environment.insert("workers".into(), format!("{} ({})", count.workers, count.reason));
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
const RUNS: &str = "brunt-runs";

fn recorder(output: Option<&Path>, header: &RunHeader, workload: &Workload) -> Result<Recorder, Refusal> {
    let folder = output.map_or_else(|| PathBuf::from(RUNS).join(&header.id), Path::to_path_buf);
    let plan = lowered_json(workload);
    let record = NewRecord { header, tool_version: env!("CARGO_PKG_VERSION"), plan: &plan };
    Recorder::create(&folder, &record).map_err(|e| Refusal::new(exit::USAGE, e))
}
