//! Files about recorded runs, made when they are asked for.

use super::problem;
use crate::analyze::for_report;
use crate::compare::clean;
use crate::judge::recorded_objectives;
use crate::load::LoadError;
use crate::page;
use crate::plot::{self, Drawn};
use crate::run::RUNS;
use crate::sides::Side;
use brunt_analysis::compare::{Rules, compare as compared, table};
use brunt_figure::{Asked, Kind, Look, Table, figure, png, svg};
use brunt_gate::Unended;
use brunt_report::{
    Analysis, LocustFiles, LocustHistory, Timing, analysis_json, analysis_junit, analysis_markdown,
    comparison_json, comparison_text, write_hlog, write_locust_csv, write_seconds_csv, write_summary_json,
};
use brunt_run::Reader;
use brunt_web::{Download, Problem};
use bytes::Bytes;
use serde_json::{Value, json};
use std::path::Path;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Report,
    Markdown,
    Analysis,
    Junit,
    Summary,
    Plan,
    Locust(usize),
    Seconds,
    Hlog,
}

/// All files but the figures: a name, what it is, its media type.
const FILES: [(&str, What, &str); 12] = [
    ("report.html", What::Report, "text/html; charset=utf-8"),
    ("report.md", What::Markdown, "text/markdown; charset=utf-8"),
    ("analysis.json", What::Analysis, "application/json"),
    ("junit.xml", What::Junit, "application/xml"),
    ("summary.json", What::Summary, "application/json"),
    ("plan.json", What::Plan, "application/json"),
    ("stats.csv", What::Locust(0), "text/csv; charset=utf-8"),
    ("stats_history.csv", What::Locust(1), "text/csv; charset=utf-8"),
    ("failures.csv", What::Locust(2), "text/csv; charset=utf-8"),
    ("exceptions.csv", What::Locust(3), "text/csv; charset=utf-8"),
    ("seconds.csv", What::Seconds, "text/csv; charset=utf-8"),
    ("response.hlog", What::Hlog, "text/plain; charset=utf-8"),
];

/// Forms of a figure: an ending and its media type.
const FORMS: [(&str, &str); 3] =
    [("svg", "image/svg+xml"), ("png", "image/png"), ("csv", "text/csv; charset=utf-8")];

/// The names of the files that every run can give. What was sampled beside the load is made too, of runs that have it.
pub(super) fn names() -> Vec<String> {
    let every = |kind: &Kind| kind.runs().0 == 1 && !matches!(kind, Kind::Traffic | Kind::Resources);
    let figures = Kind::ALL.into_iter().filter(every);
    let figures = figures.flat_map(|kind| FORMS.map(|(end, _)| format!("{kind}.{end}")));
    FILES.iter().map(|(name, ..)| (*name).to_owned()).chain(figures).collect()
}

/// Makes a file of the run in `folder`.
pub(super) fn make(folder: &Path, id: &str, name: &str) -> Result<Download, Problem> {
    if let Some((_, what, kind)) = FILES.iter().find(|(known, ..)| *known == name) {
        let bytes =
            content(folder, *what).map_err(|e| Problem::conflict(format!("{name} cannot be made: {e}")))?;
        let inline = *what == What::Report;
        return Ok(Download { name: format!("{id}-{name}"), kind, inline, bytes: bytes.into() });
    }
    let missing = || {
        Problem::missing(format!("there is no file `{name}`")).hint("/api/v1/plan lists them under `files`")
    };
    let (stem, end) = name.rsplit_once('.').ok_or_else(missing)?;
    let kind = Kind::of_name(stem).ok_or_else(missing)?;
    let (_, media) = FORMS.iter().find(|(known, _)| *known == end).ok_or_else(missing)?;
    let bytes = drawn(folder, kind, end).map_err(Problem::conflict)?;
    Ok(Download { name: format!("{id}-{name}"), kind: media, inline: false, bytes })
}

fn content(folder: &Path, what: What) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let reader = || Reader::open(folder).map_err(|e| e.to_string());
    match what {
        What::Report | What::Markdown | What::Analysis | What::Junit => return analysed(folder, what),
        What::Plan => {
            return page::plan(folder).map(String::into_bytes).ok_or_else(|| "the record has no plan".into());
        }
        What::Summary => write_summary_json(reader()?, &mut out).map_err(|e| e.to_string())?,
        What::Seconds => write_seconds_csv(reader()?, &mut out).map_err(|e| e.to_string())?,
        What::Hlog => write_hlog(reader()?, Timing::Response, &mut out).map_err(|e| e.to_string())?,
        What::Locust(at) => {
            let mut four = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
            let [stats, history, failures, exceptions] = &mut four;
            let files = LocustFiles { stats, history, failures, exceptions };
            write_locust_csv(reader()?, LocustHistory::Full, files).map_err(|e| e.to_string())?;
            out = std::mem::take(&mut four[at]);
        }
    }
    Ok(out)
}

fn analysed(folder: &Path, what: What) -> Result<Vec<u8>, String> {
    let mut results = brunt_results::read(&[folder.to_path_buf()]).map_err(|e| e.to_string())?;
    let one = results.pop().ok_or("the record is empty")?;
    let objectives = recorded_objectives(&one.summary.objectives);
    let (run, course) = for_report(one, objectives, None, Unended::Cut);
    if what == What::Report {
        return Ok(page::html(&run, course.as_ref(), page::plan(folder).as_deref()).into_bytes());
    }
    let analysis = Analysis { runs: vec![run], unreadable: Vec::new() };
    Ok(match what {
        What::Markdown => analysis_markdown(&analysis),
        What::Junit => analysis_junit(&analysis),
        What::Report
        | What::Analysis
        | What::Summary
        | What::Plan
        | What::Locust(_)
        | What::Seconds
        | What::Hlog => analysis_json(&analysis),
    }
    .into_bytes())
}

fn drawn(folder: &Path, kind: Kind, end: &str) -> Result<Bytes, String> {
    let runs = plot::read(&folder.display().to_string(), Path::new(RUNS))?;
    let sources: Vec<_> = runs.iter().map(Drawn::source).collect();
    let made = figure(kind, &sources, &Asked::default()).map_err(|e| e.to_string())?;
    let look = Look::default();
    Ok(match end {
        "png" => png(&made, &look).map_err(|e| e.to_string())?.into(),
        "csv" => Table::of(&made).csv().into(),
        _ => svg(&made, &look).into(),
    })
}

/// The runs in two folders against each other: in words, as `brunt compare --json` has it, and as figures.
pub(super) fn compare(before: &Path, after: &Path) -> Result<Value, Problem> {
    let runs = Path::new(RUNS);
    let refused = |e: &dyn std::fmt::Display| problem(&LoadError::Usage(e.to_string()));
    if before == after {
        return Err(Problem::invalid("compared with itself, nothing differs").hint("choose two runs"));
    }
    // A path that is there is taken as that path, whatever it is called.
    let words = [before, after].map(|folder| folder.display().to_string());
    let side = |word: &str| Side::read(word, runs).map_err(|e| refused(&e));
    let sides = [side(&words[0])?, side(&words[1])?];
    let arms = sides.each_ref().map(Side::arm);
    let comparison = compared(&arms[0], &arms[1], &Rules::default());
    let text = clean(&comparison_text(&comparison));
    let data = comparison_json(&[comparison], &table(&arms)).map_err(|e| refused(&e))?;
    let mut drawn: Vec<Drawn> = Vec::new();
    for word in &words {
        drawn.extend(plot::read(word, runs).map_err(|e| refused(&e))?);
    }
    let sources: Vec<_> = drawn.iter().map(Drawn::source).collect();
    let figures: Vec<Value> = [Kind::Compare, Kind::Spectrum, Kind::CompareFacets]
        .into_iter()
        .filter_map(|kind| figure(kind, &sources, &Asked { points: 180, ..Asked::default() }).ok())
        .filter_map(|made| serde_json::to_value(made).ok())
        .collect();
    let data: Value = serde_json::from_str(&data.to_string()).unwrap_or(Value::Null);
    Ok(json!({ "text": text, "comparison": data, "figures": figures }))
}
