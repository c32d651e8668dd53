//! `brunt plot`: runs as drawings.

use crate::args::PlotArgs;
use crate::console::Console;
use crate::exit;
use crate::reports::make_folder;
use crate::sides::{paths, split};
use brunt_analysis::{Course, Finding, Rules, findings};
use brunt_figure::{
    Along, Asked, Figure, Kind, Limit, Look, Metric, NoFigure, Source, Table, Theme, figure, png, svg,
};
use brunt_plan::parse_duration_cli;
use brunt_results::Results;
use brunt_run::Summary;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of all figures.
const FOLDER: &str = "figures";

/// `brunt plot`.
pub(crate) fn plot(args: &PlotArgs, console: Console) -> u8 {
    match work(args, console) {
        Ok(()) => 0,
        Err(text) => {
            console.error(text);
            exit::USAGE
        }
    }
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Svg,
    Png,
    Csv,
    Json,
}

/// A run that was read.
pub(crate) struct Drawn {
    pub(crate) name: String,
    summary: Summary,
    course: Option<Course>,
    findings: Vec<Finding>,
}

fn work(args: &PlotArgs, console: Console) -> Result<(), String> {
    let Some(word) = &args.kind else {
        console.print(&list());
        return Ok(());
    };
    if args.inputs.is_empty() {
        return Err(format!("`{word}` of which run?\n  help: write e.g. `brunt plot {word} last`"));
    }
    let asked = asked(args)?;
    let mut drawn = Vec::new();
    for word in &args.inputs {
        drawn.extend(read(word, &args.runs)?);
    }
    let sources: Vec<Source<'_>> = drawn.iter().map(Drawn::source).collect();
    let look = Look {
        width: f64::from(args.width),
        theme: if args.dark { Theme::Dark } else { Theme::Light },
        ..Look::default()
    };
    let Some(kind) = Kind::of_name(word) else {
        return every(&sources, (&asked, &look), args, console);
    };
    let made = figure(kind, &sources, &asked).map_err(|e| e.to_string())?;
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{kind}.svg")));
    if path.as_os_str() == "-" {
        console.print(&svg(&made, &look));
        return Ok(());
    }
    write(&made, (&path, form(&path)?), &look)?;
    said(&made, &path, console);
    Ok(())
}

/// Each figure that the runs can give, into a folder; why the others cannot be drawn is said.
fn every(
    sources: &[Source<'_>],
    (asked, look): (&Asked, &Look),
    args: &PlotArgs,
    console: Console,
) -> Result<(), String> {
    let folder = args.output.clone().unwrap_or_else(|| PathBuf::from(FOLDER));
    let mut left_out: Vec<(Kind, NoFigure)> = Vec::new();
    for kind in Kind::ALL {
        match figure(kind, sources, asked) {
            Ok(made) => {
                let path = folder.join(format!("{kind}.svg"));
                write(&made, (&path, Form::Svg), look)?;
                said(&made, &path, console);
            }
            Err(why) => left_out.push((kind, why)),
        }
    }
    for (kind, why) in left_out {
        let reason = why.to_string();
        console.note(format!("{kind} is left out: {}", reason.lines().next().unwrap_or_default()));
    }
    Ok(())
}

fn said(made: &Figure, path: &Path, console: Console) {
    made.says.iter().for_each(|text| console.println(text));
    console.println(format!("written   {}", path.display()));
}

fn list() -> String {
    let lines = Kind::ALL.map(|kind| {
        let runs = match kind.runs() {
            (1, 1) => "1 run",
            (1, _) => "1 run or more",
            (_, _) => "2 runs or more",
        };
        format!("{:<15} {:<15} {}\n", kind.name(), runs, kind.shows())
    });
    lines.concat()
}

fn asked(args: &PlotArgs) -> Result<Asked, String> {
    let metric = Metric::of_name(&args.metric).unwrap_or(Metric::P95);
    if args.points < 2 {
        return Err("`--points` needs 2 or more: a line has two ends".into());
    }
    let limits = args.limit.iter().map(|word| limit("--limit", word)).collect::<Result<_, _>>()?;
    Ok(Asked { metric, endpoints: args.endpoint.clone(), points: args.points, limits })
}

/// A limit as `NAME=TIME`, given by a flag.
pub(crate) fn limit(flag: &str, word: &str) -> Result<Limit, String> {
    let (name, time) = word.rsplit_once('=').unwrap_or((word, word));
    let at = parse_duration_cli(time).map_err(|e| {
        format!("`{flag} {word}`: `{time}` {e}\n  help: write e.g. `{flag} 300ms` or `{flag} p95=300ms`")
    })?;
    let name = if name == time { time.to_owned() } else { format!("{name} {time}") };
    Ok(Limit { name, along: Along::Y, at: at.as_millis_f64() })
}

/// Reads the runs of a word: `[NAME=]RUN`.
pub(crate) fn read(word: &str, runs: &Path) -> Result<Vec<Drawn>, String> {
    let (name, parts) = split(word);
    let mut drawn: Vec<Drawn> = Vec::new();
    for part in &parts {
        for path in paths(part, runs).map_err(|e| e.to_string())? {
            let results = brunt_results::read(std::slice::from_ref(&path)).map_err(|e| e.to_string())?;
            drawn.extend(results.into_iter().map(Drawn::of));
        }
    }
    if let (Some(name), [only]) = (name, drawn.as_mut_slice()) {
        only.name = name;
    }
    Ok(drawn)
}

impl Drawn {
    fn of(results: Results) -> Self {
        let name = results.label();
        let course = results.events.map(Course::from_events);
        let findings = course.as_ref().map_or_else(Vec::new, |c| findings(c, &Rules::default()));
        Self { name, summary: results.summary, course, findings }
    }

    pub(crate) fn source(&self) -> Source<'_> {
        Source {
            name: &self.name,
            summary: &self.summary,
            course: self.course.as_ref(),
            findings: &self.findings,
        }
    }
}

pub(crate) fn form(path: &Path) -> Result<Form, String> {
    let end = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    match end.as_str() {
        "svg" => Ok(Form::Svg),
        "png" => Ok(Form::Png),
        "csv" => Ok(Form::Csv),
        "json" => Ok(Form::Json),
        _ => Err(format!(
            "`{}` does not say in which form\n  help: let it end in .svg, .png, .csv or .json",
            path.display()
        )),
    }
}

pub(crate) fn write(made: &Figure, (path, form): (&Path, Form), look: &Look) -> Result<(), String> {
    let content = match form {
        Form::Svg => svg(made, look).into_bytes(),
        Form::Png => png(made, look).map_err(|e| e.to_string())?,
        Form::Csv => Table::of(made).csv().into_bytes(),
        Form::Json => serde_json::to_vec_pretty(made).map_err(|e| e.to_string())?,
    };
    let failed = |e: std::io::Error| format!("cannot write `{}`: {e}", path.display());
    make_folder(path).map_err(failed)?;
    fs::write(path, content).map_err(failed)
}
