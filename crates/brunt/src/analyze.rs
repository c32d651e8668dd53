//! `brunt analyze`: what runs show, from brunt's own records and from other tools' results.

mod resources;

use crate::args::AnalyzeArgs;
use crate::console::Console;
use crate::exit;
use crate::judge::{self, HOW_TO_ACCEPT, Part};
use crate::load::{LoadError, show};
use crate::reports::{Stdout, write, write_reports};
use crate::sides::paths;
use brunt_analysis::{Bands, Course, Resource, Rules, findings, findings_of_totals, grades, hot_spots};
use brunt_gate::{BaselineFigures, Judge, Unended, exit_code, judge_totals, judge_with};
use brunt_objective::{Objective, parse};
use brunt_report::{AnalysedRun, Analysis, Basis, Rollback, UnreadableRun, analysis_json, analysis_text};
use brunt_results::{Results, Unreadable};
use brunt_run::{RunEvent, RunView, Summary, Verdict};
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What means standard input.
const STDIN: &str = "-";

/// Whether a run may be analysed that nothing is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bare {
    Fine,
    /// Who wants a judgement must say of what.
    Refused,
}

/// `brunt analyze`. Its exit code is that of the gravest run.
pub(crate) fn command(args: &AnalyzeArgs, bare: Bare, console: Console) -> u8 {
    if args.print_rules {
        console.print(Rules::default_text());
        return 0;
    }
    match work(args, bare, console) {
        Ok(code) => code,
        Err(problem) => {
            show(&problem, console);
            exit::USAGE
        }
    }
}

/// What is asked, read.
struct Asked {
    objectives: Vec<Objective>,
    baseline: Option<BaselineFigures>,
    unended: Unended,
    lens: Lens,
    resources: Vec<Resource>,
}

/// How figures are looked at.
#[derive(Default)]
struct Lens {
    rules: Rules,
    bands: Bands,
}

/// A run that was read or watched, and judged.
struct Seen {
    name: String,
    tool: String,
    files: Vec<String>,
    notes: Vec<String>,
    summary: Summary,
    verdict: Verdict,
    course: Option<Course>,
}

impl Lens {
    fn analysed(&self, seen: Seen) -> (AnalysedRun, Option<Course>) {
        let Seen { name, tool, files, notes, summary, verdict, course } = seen;
        let (findings, basis) = match &course {
            Some(course) => (findings(course, &self.rules), Basis::Seconds),
            None => (findings_of_totals(&summary, &self.rules), Basis::Totals),
        };
        let run = AnalysedRun {
            name,
            tool,
            files,
            notes,
            grades: grades(&summary.total, &self.bands),
            hot_spots: hot_spots(&summary),
            summary,
            verdict,
            findings,
            basis,
        };
        (run, course)
    }
}

/// A run that has just ended, with the built-in rules; `None` if nothing of it is known.
pub(crate) fn of_live(view: &RunView, mut course: Course) -> Option<(AnalysedRun, Option<Course>)> {
    let summary = Summary::of(view)?;
    let verdict = view.verdict()?.clone();
    course.verdict = Some(verdict.clone());
    let seen = Seen {
        name: summary.name.clone(),
        tool: "brunt".into(),
        files: Vec::new(),
        notes: Vec::new(),
        summary,
        verdict,
        course: Some(course),
    };
    Some(Lens::default().analysed(seen))
}

/// Results as a report shows them: judged by these objectives, or by those that the run was held to; with its seconds, if
/// the source has any.
pub(crate) fn for_report(
    results: Results,
    objectives: Vec<Objective>,
    baseline: Option<BaselineFigures>,
    unended: Unended,
) -> (AnalysedRun, Option<Course>) {
    let asked = Asked { objectives, baseline, unended, lens: Lens::default(), resources: Vec::new() };
    analysed(results, &asked)
}

fn work(args: &AnalyzeArgs, bare: Bare, console: Console) -> Result<u8, LoadError> {
    let asked = asked(args)?;
    let mut found = Vec::new();
    let mut analysis = Analysis { runs: Vec::new(), unreadable: Vec::new() };
    let usage = |e: &dyn Display| LoadError::Usage(e.to_string());
    for input in &args.inputs {
        if input == STDIN {
            let results =
                brunt_results::read_bytes(Path::new("stdin"), io::stdin().lock()).map_err(|e| usage(&e))?;
            analysis.runs.push(analysed(results, &asked).0);
            continue;
        }
        found.extend(paths(input, &args.runs).map_err(|e| usage(&e))?);
    }
    // One at a time: a long run's seconds take some hundred megabytes.
    for path in found {
        let found = brunt_results::read_each(std::slice::from_ref(&path)).map_err(|e| usage(&e))?;
        analysis.runs.extend(found.results.into_iter().map(|r| analysed(r, &asked).0));
        analysis.unreadable.extend(found.unreadable.iter().map(unreadable));
    }
    tell_apart(&mut analysis.runs);
    if analysis.runs.is_empty() {
        let all: Vec<String> = analysis.unreadable.iter().map(|u| u.reason.clone()).collect();
        return Err(LoadError::Usage(all.join("\n")));
    }
    if let Some(run) =
        analysis.runs.iter().find(|run| bare == Bare::Refused && run.verdict.objectives.is_empty())
    {
        let name = &run.name;
        return Err(LoadError::Usage(format!(
            "`{name}` has no objectives\n  = help: give some: `--slo 'p95 < 250ms'`"
        )));
    }
    output(args, &analysis, console).map_err(LoadError::Usage)?;
    Ok(exit_code(analysis.outlook()))
}

/// Runs of one name get that of their file or folder beside it, and where that is the same too, the whole path.
fn tell_apart(runs: &mut [AnalysedRun]) {
    let file_name = |run: &AnalysedRun| {
        let name = run.files.first().and_then(|file| Path::new(file).file_name());
        name.map(|name| name.to_string_lossy().into_owned())
    };
    let path = |run: &AnalysedRun| run.files.first().cloned();
    for beside in [&file_name as &dyn Fn(&AnalysedRun) -> Option<String>, &path] {
        let names: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
        for run in runs.iter_mut().filter(|run| names.iter().filter(|name| **name == run.name).count() > 1) {
            if let Some(beside) = beside(run) {
                run.name = format!("{} ({beside})", run.name);
            }
        }
    }
}

fn unreadable(found: &Unreadable) -> UnreadableRun {
    UnreadableRun { path: found.path.display().to_string(), reason: found.error.to_string() }
}

/// The text, unless standard output is asked for something else; files; what a CI server reads.
fn output(args: &AnalyzeArgs, analysis: &Analysis, console: Console) -> Result<(), String> {
    let to_stdout = |file: &Option<PathBuf>| file.as_ref().is_some_and(|f| f.as_os_str() == "-");
    let asked = [&args.json, &args.reports.markdown, &args.reports.junit];
    if asked.into_iter().filter(|file| to_stdout(file)).count() > 1 {
        return Err("standard output holds one document\n  = help: write the other to a file".into());
    }
    let rollback = if args.auto_rollback_triggered { Rollback::Triggered } else { Rollback::NotTriggered };
    let mut written = write_reports(&args.reports, analysis, rollback)?;
    // Files are named by whoever asked for them: what is said is the analysis.
    written.files.clear();
    let stdout = if to_stdout(&args.json) {
        console.println(analysis_json(analysis));
        Stdout::Taken
    } else {
        if !asked.into_iter().any(to_stdout) {
            console.print(&analysis_text(analysis));
        }
        Stdout::Free
    };
    written.show(stdout, console);
    match args.json.as_ref().filter(|file| file.as_os_str() != "-") {
        Some(path) => write(path, &analysis_json(analysis)),
        None => Ok(()),
    }
}

fn asked(args: &AnalyzeArgs) -> Result<Asked, LoadError> {
    let text = |e: &dyn Display| LoadError::Usage(e.to_string());
    let read = |path: &Path| {
        let hint = "is the path right?";
        fs::read_to_string(path).map_err(|e| {
            LoadError::Usage(format!(
                "cannot read `{}`: {e}
  = help: {hint}",
                path.display()
            ))
        })
    };
    let rules = match &args.rules {
        Some(path) => Rules::parse(&read(path)?, &path.display().to_string()).map_err(|e| text(&e))?,
        None => Rules::default(),
    };
    let bands = match &args.grades {
        Some(path) => Bands::parse(&read(path)?, &path.display().to_string()).map_err(|e| text(&e))?,
        None => Bands::default(),
    };
    let resources = match &args.resources {
        Some(path) => {
            resources::parse(&read(path)?, &path.display().to_string()).map_err(LoadError::Usage)?
        }
        None => Vec::new(),
    };
    let part = Part { environment: args.env.clone(), profile: args.profile.clone() };
    Ok(Asked {
        objectives: judge::objectives_of(&args.slo, &part)?,
        baseline: judge::baseline(&args.runs, args.baseline.as_deref())?,
        unended: args.cut.unended(),
        lens: Lens { rules, bands },
        resources,
    })
}

fn analysed(results: Results, asked: &Asked) -> (AnalysedRun, Option<Course>) {
    let name = results.label();
    let mut notes: Vec<String> = results.cut.iter().map(ToString::to_string).collect();
    if results.cut.is_some() && asked.unended == Unended::Cut {
        notes.push(HOW_TO_ACCEPT.to_owned());
    }
    notes.extend(results.gaps.iter().cloned());
    let problems = results.problems.iter().filter(|problem| Some(*problem) != results.cut.as_ref());
    notes.extend(problems.map(ToString::to_string));
    for own in &results.own_verdicts {
        let held = if own.held { "held" } else { "did not hold" };
        notes.push(format!(
            "{} itself judged `{} {}`: it {held}",
            results.tool.name(),
            own.metric,
            own.expectation
        ));
    }
    let (verdict, course) = if let Some(events) = results.events {
        let objectives = objectives(asked, &results.summary.objectives, &mut notes);
        let (verdict, course) = judged(events, objectives, asked);
        (verdict, Some(course))
    } else {
        // A summary of ours has its own verdict beside its objectives, windows included.
        let own: &[String] =
            if results.summary.verdict.is_some() { &[] } else { &results.summary.objectives };
        let objectives = objectives(asked, own, &mut notes);
        (judge_totals(&objectives, &results.summary, asked.baseline.as_ref(), asked.unended), None)
    };
    asked.lens.analysed(Seen {
        name,
        tool: results.tool.name().into(),
        files: results.files.iter().map(|f| f.display().to_string()).collect(),
        notes,
        summary: results.summary,
        verdict,
        course,
    })
}

/// Those that were asked for, or those that the run was held to.
fn objectives(asked: &Asked, own: &[String], notes: &mut Vec<String>) -> Vec<Objective> {
    if !asked.objectives.is_empty() {
        return asked.objectives.clone();
    }
    let mut out = Vec::new();
    for text in own {
        match parse(text) {
            Ok(objective) => out.push(objective),
            Err(_) => notes.push(format!("the run's objective `{text}` cannot be read: it is left out")),
        }
    }
    out
}

/// The same judges as of a live run, over the same events.
fn judged(events: Vec<RunEvent>, objectives: Vec<Objective>, asked: &Asked) -> (Verdict, Course) {
    let mut judge = Judge::new(objectives, asked.baseline.as_ref()).taking(asked.unended);
    let (mut view, mut course) = (RunView::default(), Course::default());
    for event in events {
        view.apply(&event);
        judge.apply(&event);
        course.add(event);
    }
    let verdict = judge_with(&view, &judge);
    course.verdict = Some(verdict.clone());
    course.resources.extend(asked.resources.iter().cloned());
    (verdict, course)
}
