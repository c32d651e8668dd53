//! Objectives from the command line, baselines, and `brunt judge`: a record judged again.

use crate::analyze::{self, Bare};
use crate::args::{JudgeArgs, RunArgs};
use crate::baseline::Baselines;
use crate::console::Console;
use crate::exit;
use crate::load::{LoadError, SURROUNDINGS, lower_any, show, source};
use crate::records::{Whole, replay};
use crate::session::{Session, Show};
use brunt_gate::{BaselineFigures, Judge, Unended, exit_code};
use brunt_objective::{Objective, parse};
use brunt_plan::{Foreign, Overrides, Source, is_plan, objective_of_text, objectives_of_file, recognise};
use brunt_results::Results;
use brunt_run::{Reader, RunHeader, find_run};
use std::path::{Path, PathBuf};

/// What to type where results without an end are not judged.
pub(crate) const HOW_TO_ACCEPT: &str =
    "what was cut off is not judged; `--accept-cut` judges what there is of it";

/// Which part of a plan's objectives is meant, where `--slo` names a plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) environment: Option<String>,
    pub(crate) profile: Option<String>,
}

impl Part {
    /// The environment of a run is that of its objectives.
    pub(crate) fn of_run(args: &RunArgs) -> Self {
        Self { environment: args.env.clone(), profile: None }
    }
}

/// What `--slo` names: each an objective, or a file that has some.
pub(crate) fn objectives(texts: &[String]) -> Result<Vec<Objective>, LoadError> {
    objectives_of(texts, &Part::default())
}

/// The same, of this part of a plan.
pub(crate) fn objectives_of(texts: &[String], part: &Part) -> Result<Vec<Objective>, LoadError> {
    let mut out = Vec::new();
    for text in texts {
        if names_a_file(text) {
            out.extend(of_file(&source(Path::new(text))?, part)?);
        } else {
            out.push(objective_of_text(text)?);
        }
    }
    Ok(out)
}

/// A list of objectives, or those of a plan or of another tool's file that says what a run is held to.
fn of_file(source: &Source, part: &Part) -> Result<Vec<Objective>, LoadError> {
    let foreign = match recognise(source) {
        Some(Foreign::K6 | Foreign::Performance | Foreign::Benchmark) => true,
        Some(_) | None => false,
    };
    if !foreign && !is_plan(source) {
        return Ok(objectives_of_file(source, &SURROUNDINGS)?);
    }
    let overrides = Overrides {
        environment: part.environment.clone(),
        profile: part.profile.clone(),
        // Such files say what is sent, not where; nothing is sent.
        target: Some("http://127.0.0.1".to_owned()),
        ..Overrides::default()
    };
    let objectives = lower_any(source, None, &overrides)?.objectives;
    if objectives.is_empty() {
        return Err(LoadError::Usage(format!(
            "`{}` has no objectives\n  = help: give it some, as `slo: [p95 < 250ms]`, or name them: `--slo 'p95 < 250ms'`",
            source.name
        )));
    }
    Ok(objectives)
}

/// Whether a text names a file rather than being an objective: those compare something.
fn names_a_file(text: &str) -> bool {
    !text.contains(['<', '>', '=', '~']) && (text.contains(['/', '.']) || Path::new(text).is_file())
}

/// The totals of the run that this one is compared with.
pub(crate) fn baseline(runs: &Path, what: Option<&str>) -> Result<Option<BaselineFigures>, LoadError> {
    let Some(what) = what else { return Ok(None) };
    let usage = |e: &dyn std::fmt::Display| LoadError::Usage(format!("no baseline `{what}`: {e}"));
    // A baseline of several runs is compared with as a whole by `brunt compare`; a limit refers to the newest.
    let named = Baselines::load(runs).and_then(|baselines| baselines.runs(what));
    let folder = match named.ok().and_then(|mut of_name| of_name.pop()) {
        Some(folder) => folder,
        // A path wins over an id that is spelled alike.
        None if Path::new(what).exists() => PathBuf::from(what),
        None => find_run(runs, what).map_err(|e| usage(&e))?,
    };
    let figures = if is_record(&folder) {
        BaselineFigures::of_events(Reader::open(&folder).map_err(|e| usage(&e))?)
    } else {
        let mut results = brunt_results::read(std::slice::from_ref(&folder)).map_err(|e| usage(&e))?;
        let (Some(Results { events, summary, .. }), []) = (results.pop(), results.as_slice()) else {
            return Err(usage(&"it holds several runs, and a limit refers to one: name one of them"));
        };
        match events {
            Some(events) => BaselineFigures::of_events(events),
            None => Some(BaselineFigures::of_totals(format!("`{}`", summary.id), summary)),
        }
    };
    figures.ok_or_else(|| usage(&"its record says nothing of the run")).map(Some)
}

/// Whether a path is the folder of a run of ours.
fn is_record(path: &Path) -> bool {
    path.join("run.json").exists()
}

/// The objectives that a record was judged by, as far as they can be read.
pub(crate) fn recorded_objectives(texts: &[String]) -> Vec<Objective> {
    texts.iter().filter_map(|text| parse(text).ok()).collect()
}

/// The objectives that a record was judged by. A text that this version cannot read is said and left out.
fn recorded(header: &RunHeader, console: Console) -> Vec<Objective> {
    let read = |text: &String| {
        let read = parse(text).ok();
        if read.is_none() {
            console.note(format!("warning: the record's objective `{text}` cannot be read: it is left out"));
        }
        read
    };
    header.objectives.iter().filter_map(read).collect()
}

/// `brunt judge`: the record's events once more, with its own objectives or others.
pub(crate) fn judge(args: &JudgeArgs, console: Console) -> u8 {
    let refuse = |e: &dyn std::fmt::Display| {
        console.error(e);
        exit::USAGE
    };
    // Other tools' results, and folders of runs.
    let path = Path::new(&args.run);
    if path.exists() && !is_record(path) {
        return analyze::command(&args.as_analysis(), Bare::Refused, console);
    }
    let asked = objectives(&args.slo).and_then(|o| Ok((o, baseline(&args.runs, args.baseline.as_deref())?)));
    let (asked, baseline) = match asked {
        Ok(asked) => asked,
        Err(problem) => {
            show(&problem, console);
            return exit::USAGE;
        }
    };
    let folder = match find_run(&args.runs, &args.run) {
        Ok(folder) => folder,
        Err(e) => return refuse(&e),
    };
    let mut reader = match Reader::open(&folder) {
        Ok(reader) => reader,
        Err(e) => return refuse(&e),
    };
    let own = if asked.is_empty() { recorded(reader.header(), console) } else { asked };
    if own.is_empty() {
        return refuse(&"the record has no objectives\n  = help: give some: `--slo 'p95 < 250ms'`");
    }
    let mut session = Session::new(None, Show::Silent, args.json, console);
    let unended = args.cut.unended();
    session.judge = Judge::new(own, baseline.as_ref()).taking(unended);
    // Judged anew when the end comes.
    if replay(&mut reader, &mut session, console) == Whole::No && unended == Unended::Cut {
        console.note(format!("help: {HOW_TO_ACCEPT}"));
    }
    exit_code(session.finish())
}
