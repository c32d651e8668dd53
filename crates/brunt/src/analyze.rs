//! `brunt analyze`: what runs show, from brunt's own records and from other tools' results.

mod outputs;
mod resources;

use crate::args::AnalyzeArgs;
use crate::console::Console;
use crate::exit;
use crate::judge;
use crate::load::{LoadError, show};
use crate::sides::paths;
use brunt_analysis::{Bands, Course, Resource, Rules, findings, grades, hot_spots};
use brunt_gate::{BaselineFigures, Judge, exit_code, judge_summary, judge_with};
use brunt_objective::{Objective, parse};
use brunt_report::{AnalysedRun, Analysis};
use brunt_results::Results;
use brunt_run::{ObjectiveOutcome, Outlook, RunEvent, RunView, Standing, Verdict};
use std::fmt::Display;
use std::fs;
use std::path::Path;

/// `brunt analyze`. Its exit code is that of the gravest run.
pub(crate) fn command(args: &AnalyzeArgs, console: Console) -> u8 {
    if args.print_rules {
        console.print(Rules::default_text());
        return 0;
    }
    match work(args, console) {
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
    rules: Rules,
    bands: Bands,
    resources: Vec<Resource>,
}

fn work(args: &AnalyzeArgs, console: Console) -> Result<u8, LoadError> {
    let asked = asked(args)?;
    let mut found = Vec::new();
    for input in &args.inputs {
        found.extend(paths(input, &args.runs).map_err(|e| LoadError::Usage(e.to_string()))?);
    }
    let mut runs = Vec::new();
    // One at a time: a long run's seconds take some hundred megabytes.
    for path in found {
        let results =
            brunt_results::read(std::slice::from_ref(&path)).map_err(|e| LoadError::Usage(e.to_string()))?;
        runs.extend(results.into_iter().map(|r| analysed(r, &asked)));
    }
    let analysis = Analysis { runs };
    outputs::show(args, &analysis, console).map_err(LoadError::Usage)?;
    Ok(exit_code(analysis.outlook()))
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
    Ok(Asked {
        objectives: judge::objectives(&args.slo)?,
        baseline: judge::baseline(&args.runs, args.baseline.as_deref())?,
        rules,
        bands,
        resources,
    })
}

fn analysed(results: Results, asked: &Asked) -> AnalysedRun {
    let name = results.label();
    let mut notes = results.gaps.clone();
    notes.extend(results.problems.iter().map(ToString::to_string));
    for own in &results.own_verdicts {
        let held = if own.held { "held" } else { "did not hold" };
        notes.push(format!(
            "{} itself judged `{} {}`: it {held}",
            results.tool.name(),
            own.metric,
            own.expectation
        ));
    }
    let objectives = objectives(asked, &results.summary.objectives, &mut notes);
    let (verdict, findings) = if let Some(events) = results.events {
        let (verdict, course) = judged(events, objectives, asked);
        (verdict, Some(findings(&course, &asked.rules)))
    } else {
        let outcomes = judge_summary(&objectives, &results.summary, asked.baseline.as_ref());
        (of_totals(&results.summary.total, outcomes), None)
    };
    AnalysedRun {
        name,
        tool: results.tool.name().into(),
        files: results.files.iter().map(|f| f.display().to_string()).collect(),
        grades: grades(&results.summary.total, &asked.bands),
        hot_spots: hot_spots(&results.summary),
        notes,
        summary: results.summary,
        verdict,
        findings,
    }
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
    let mut judge = Judge::new(objectives, asked.baseline.as_ref());
    let (mut view, mut course) = (RunView::default(), Course { step: 1, ..Course::default() });
    for event in events {
        view.apply(&event);
        judge.apply(&event);
        course.add(event);
    }
    let verdict = judge_with(&view, &judge);
    course.verdict = Some(verdict.clone());
    course.resources.clone_from(&asked.resources);
    (verdict, course)
}

/// A verdict on totals alone: nothing is known of the generator's health, nor of the course.
fn of_totals(total: &brunt_run::Figures, objectives: Vec<ObjectiveOutcome>) -> Verdict {
    let any = |standing| objectives.iter().find(|o| o.standing == standing).map(|o| o.text.clone());
    let (outlook, summary) = if total.requests == 0 {
        (Outlook::NotEnoughEvidence, "not enough evidence: no request ended".into())
    } else if total.errors == total.requests {
        (Outlook::Failed, "failed: no request succeeded".into())
    } else if let Some(text) = any(Standing::Failed) {
        (Outlook::Failed, format!("failed: {text}"))
    } else if let Some(text) = any(Standing::NotJudged) {
        (Outlook::NotEnoughEvidence, format!("not enough evidence: {text}"))
    } else if let Some(text) = any(Standing::Warned) {
        (Outlook::Warned, format!("passed with warnings: {text}"))
    } else {
        let what = if objectives.is_empty() { "no objective was given" } else { "all objectives are met" };
        (Outlook::Passed, format!("passed: {} requests, {what}", total.requests))
    };
    Verdict { outlook, summary, findings: Vec::new(), objectives }
}
