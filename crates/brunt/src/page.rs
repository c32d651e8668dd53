//! `brunt report`: a run as one page.

use crate::analyze::for_report;
use crate::args::PageArgs;
use crate::console::Console;
use crate::exit;
use crate::judge::{self, Part};
use crate::load::{LoadError, show};
use crate::plot::{self, Drawn};
use crate::reports::{make_folder, write};
use crate::sides::{Side, paths};
use brunt_analysis::Course;
use brunt_analysis::compare::{Comparison, Rules, compare};
use brunt_figure::{Asked, Kind, Source, figure};
use brunt_report::{AnalysedRun, Page, report_html};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Points of a line: what half of a screen shows.
const POINTS: usize = 180;

/// `brunt report`. It writes and judges nothing anew for the exit code: 0 when the page is there.
pub(crate) fn report(args: &PageArgs, console: Console) -> u8 {
    match work(args, console) {
        Ok(()) => 0,
        Err(problem) => {
            show(&problem, console);
            exit::USAGE
        }
    }
}

fn work(args: &PageArgs, console: Console) -> Result<(), LoadError> {
    let usage = |e: &dyn std::fmt::Display| LoadError::Usage(e.to_string());
    let found = paths(&args.run, &args.runs).map_err(|e| usage(&e))?;
    let mut results = brunt_results::read(&found).map_err(|e| usage(&e))?;
    let several = results.len() > 1;
    let (Some(one), false) = (results.pop(), several) else {
        return Err(LoadError::Usage(format!(
            "`{}` is several runs, and a page shows one\n  = help: name one of them; `brunt compare` and `brunt analyze` take several",
            args.run
        )));
    };
    let plan = one.files.first().and_then(|folder| plan(folder));
    let objectives = judge::objectives_of(&args.slo, &Part::default())?;
    let figures = match args.baseline.as_deref() {
        // A limit relative to a baseline refers to one run; several are compared as a whole below.
        Some(word) => judge::baseline(&args.runs, Some(word)).ok().flatten(),
        None => None,
    };
    let (run, course) = for_report(one, objectives, figures, args.cut.unended());
    let (baseline, comparison) = match args.baseline.as_deref() {
        Some(word) => compared(word, args).map_err(LoadError::Usage).map(|(d, c)| (d, Some(c)))?,
        None => (Vec::new(), None),
    };
    let this =
        Source { name: &run.name, summary: &run.summary, course: course.as_ref(), findings: &run.findings };
    let drawn = drawn(this, baseline.first());
    let errors = course.as_ref().map_or(&[][..], |c| &c.details);
    let page =
        Page { run: &run, figures: &drawn, compared: comparison.as_ref(), errors, plan: plan.as_deref() };
    let html = report_html(&page);
    if args.output.as_os_str() == "-" {
        console.print(&html);
        return Ok(());
    }
    make_folder(&args.output).map_err(|e| usage(&e))?;
    write(&args.output, &html).map_err(LoadError::Usage)?;
    console.println(&run.verdict.summary);
    console.println(format!("written   {}", args.output.display()));
    Ok(())
}

/// The page of a run that stands alone.
pub(crate) fn html(run: &AnalysedRun, course: Option<&Course>, plan: Option<&str>) -> String {
    let source = Source { name: &run.name, summary: &run.summary, course, findings: &run.findings };
    let errors = course.map_or(&[][..], |c| &c.details);
    report_html(&Page { run, figures: &drawn(source, None), compared: None, errors, plan })
}

/// The baseline's runs as they are drawn, and what changed since.
fn compared(word: &str, args: &PageArgs) -> Result<(Vec<Drawn>, Comparison), String> {
    // A baseline's name may stand alone, as it does for `--baseline` of `brunt run`.
    let named = format!("baseline:{word}");
    let (word, before) = match Side::read(word, &args.runs) {
        Ok(side) => (word, side),
        Err(e) => (named.as_str(), Side::read(&named, &args.runs).map_err(|_| e.to_string())?),
    };
    let after = Side::read(&args.run, &args.runs).map_err(|e| e.to_string())?;
    let mut drawn = plot::read(word, &args.runs)?;
    if let Some(first) = drawn.first_mut() {
        first.name.clone_from(&before.name);
    }
    let (before, after) = (before.arm(), after.arm());
    Ok((drawn, compare(&before, &after, &Rules::default())))
}

/// All figures that the run can give; beside the baseline where there is one.
fn drawn(this: Source<'_>, baseline: Option<&Drawn>) -> Vec<brunt_figure::Figure> {
    let asked = Asked { points: POINTS, ..Asked::default() };
    let both = baseline.map(|b| [b.source(), this]);
    let of = |kind: Kind| match (kind.runs(), &both) {
        ((1, 1), _) | ((1, _), None) => figure(kind, &[this], &asked).ok(),
        ((_, _), Some(both)) => figure(kind, both, &asked).ok(),
        ((_, _), None) => None,
    };
    Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Traffic | Kind::Trend)).filter_map(of).collect()
}

/// The plan in a record, as it ran.
pub(crate) fn plan(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("run.json")).ok()?;
    let record: Value = serde_json::from_str(&text).ok()?;
    serde_json::to_string_pretty(record.get("plan")?).ok()
}
