//! `brunt find-max`: the highest load that holds the objectives.
//!
//! The search itself is `brunt_analysis::capacity`, a pure function of all trials so far; here trials are made real, one run of
//! the engine each, and the result is shown and kept.

mod asked;
mod hold;
mod judged;

use crate::args::FindMaxArgs;
use crate::around::Around;
use crate::console::{Console, unix_ms};
use crate::exit;
use crate::load::{self, LoadError};
use crate::locust;
use crate::reports::{self, Form, fill, report_of};
use crate::run::{RUNS, Refusal, way_to_ready};
use crate::signals;
use asked::Asked;
use brunt_analysis::capacity::{Outcome, Step, TrialResult, next_step};
use brunt_http::{Settings, wait_until_ready};
use brunt_report::{FindMax, find_max_json, find_max_markdown, find_max_text, trial_line};
use brunt_run::new_run_id;
use hold::{Held, Steering};
use std::path::{Path, PathBuf};

/// The index of a search in its folder.
const INDEX: &str = "find-max.json";

/// `brunt find-max`.
pub(crate) fn command(args: &FindMaxArgs, console: Console) -> u8 {
    let mut args = args.clone();
    let settled =
        locust::settle(&mut args.run, console).and_then(|()| settle(&mut args)).map_err(Refusal::from);
    let asked = settled
        .and_then(|()| args.files().try_for_each(|path| reports::make_room(path)))
        .and_then(|()| asked::asked(&mut args));
    match asked.and_then(|asked| search(&args, asked, console)) {
        Ok(code) => code,
        Err(refusal) => refusal.show(console),
    }
}

/// A report's path may be given as `--output`.
fn settle(args: &mut FindMaxArgs) -> Result<(), LoadError> {
    match report_of(&mut args.run.output) {
        None => Ok(()),
        Some((Form::Markdown, path)) => fill("--markdown", &mut args.markdown, path),
        Some((Form::Json, path)) => fill("--output", &mut args.json_file, path),
        Some((Form::Html, path)) => Err(LoadError::Usage(format!(
            "`--output {}` names a page, and a search has none\n  = help: `--output {}` is a report; for the trials' records name a folder",
            path.display(),
            path.with_extension("md").display()
        ))),
    }
}

fn search(args: &FindMaxArgs, mut asked: Asked, console: Console) -> Result<u8, Refusal> {
    let wait = load::duration("--wait", &args.run.wait)?;
    let settings = Settings::prepare(&asked.workload).map_err(|e| Refusal::new(exit::USAGE, e))?;
    let hooks = std::mem::take(&mut asked.hooks);
    let mut around = Around::new(hooks, &asked.workload, console);
    if around.waits() {
        around.before()?;
    }
    let reached = wait_until_ready(&settings, wait, |target| {
        console.note(format!("waiting for {target} to take connections"));
    });
    let result = match reached {
        Ok(()) => trials(args, &asked, console),
        Err(e) => Err(Refusal::new(exit::NOT_READY, format!("{e}\n  = help: {}", way_to_ready(&e)))),
    };
    around.after(None).iter().for_each(|problem| console.error(problem));
    result
}

/// Trial after trial, until the search is over or the user ends it.
fn trials(args: &FindMaxArgs, asked: &Asked, console: Console) -> Result<u8, Refusal> {
    let steering = Steering::default();
    let control = steering.clone();
    signals::steer(move |c| control.send(c), move |text| console.note(text))
        .map_err(|e| Refusal::new(exit::INTERNAL, format!("cannot listen for signals: {e}")))?;
    let folder = folder(args, asked);
    let held = Held { args: &args.run, asked, steering: &steering, folder: folder.as_deref() };
    let dwell = asked.goal.dwell;
    if !args.run.quiet && !args.run.json {
        console.note(format!("searching: trials of {} to {} each", dwell.shortest, dwell.longest));
    }
    let mut done: Vec<TrialResult> = Vec::new();
    let outcome = loop {
        match next_step(&asked.goal, &done) {
            Step::Done(outcome) => break outcome,
            Step::Trial(trial) => {
                let result = held.hold(&trial)?;
                if steering.is_stopped() {
                    break stopped(&done);
                }
                if !args.run.quiet && !args.run.json {
                    console.note(trial_line(asked.goal.unit, trial.number, &result));
                }
                done.push(result);
            }
        }
    };
    let search = FindMax {
        target: asked.target.clone(),
        unit: asked.goal.unit,
        objectives: asked.objectives.iter().map(ToString::to_string).collect(),
        outcome,
        trials: done,
    };
    show(args, &search, folder.as_deref(), console)?;
    Ok(if steering.is_stopped() { 105 } else { code(&search.outcome) })
}

/// The user ended it: what is known is told all the same.
fn stopped(done: &[TrialResult]) -> Outcome {
    let valid = || done.iter().filter(|t| t.generator.is_none());
    let breaks = |t: &&TrialResult| t.room.is_none_or(|r| r < 1.0);
    let upper = valid().filter(breaks).map(|t| t.load).min_by(f64::total_cmp);
    let lower = valid().filter(|t| !breaks(t) && upper.is_none_or(|u| t.load < u)).map(|t| t.load);
    Outcome::Unfinished { lower: lower.max_by(f64::total_cmp), upper, why: "stopped by the user".into() }
}

const fn code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Found { .. } | Outcome::NoLimit { .. } => 0,
        Outcome::Unfinished { .. } => 97,
        Outcome::GeneratorLimited { .. } => 98,
        Outcome::NeverHolds { .. } => 99,
    }
}

/// Where the trials' records and the index go; `None` without records.
fn folder(args: &FindMaxArgs, asked: &Asked) -> Option<PathBuf> {
    if args.run.no_record {
        return None;
    }
    let id = || new_run_id(&format!("find-max-{}", asked.workload.name), unix_ms(), std::process::id());
    Some(args.run.output.clone().unwrap_or_else(|| Path::new(RUNS).join(id())))
}

fn show(
    args: &FindMaxArgs,
    search: &FindMax,
    folder: Option<&Path>,
    console: Console,
) -> Result<(), Refusal> {
    let json = find_max_json(search);
    let write = |path: &Path, text: &str| {
        reports::write(path, text).map_err(|problem| Refusal::new(exit::INTERNAL, problem))
    };
    if args.run.json {
        console.println(&json);
    } else if args.run.quiet {
        console.println(search.sentences().first().map_or("", String::as_str));
    } else {
        console.print(&find_max_text(search, !console.style.ascii));
    }
    if let Some(folder) = folder {
        let path = folder.join(INDEX);
        write(&path, &json)?;
        if !args.run.json {
            console.println(format!("records   {}", folder.display()));
        }
    }
    match &args.markdown {
        Some(path) if path.as_os_str() == "-" => console.print(&find_max_markdown(search)),
        Some(path) => write(path, &find_max_markdown(search))?,
        None => {}
    }
    if let Some(path) = &args.json_file {
        write(path, &json)?;
    }
    if !args.run.json {
        args.files().for_each(|path| console.println(format!("written   {}", path.display())));
    }
    Ok(())
}
