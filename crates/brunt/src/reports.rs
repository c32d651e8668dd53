//! Where reports go: files, a CI server, standard output. For `brunt analyze`, and for `brunt run` when it has ended.

use crate::analyze::of_live;
use crate::args::{ReportArgs, RunArgs};
use crate::console::{Console, env};
use crate::load::LoadError;
use crate::page;
use crate::results::{self, beside, suffix};
use crate::run::{Job, Refusal};
use brunt_analysis::Course;
use brunt_plan::lowered_json;
use brunt_report::{
    Analysis, DeploymentReport, Rollback, analysis_junit, analysis_markdown, github_annotations,
};
use brunt_run::{RunEvent, RunHeader, RunView};
use brunt_workload::Workload;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What GitHub takes of a step's summary is 1 MiB, and nothing at all of a larger one; so much is left free for what the
/// step writes itself afterwards.
const JOB_SUMMARY_BYTES: usize = 1_000_000;
/// Stands where a job summary was cut.
const CUT: &str = "\n(cut here: GitHub takes no more; `--markdown FILE` has all)\n";

/// What was written, and what is still to be said.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The files.
    pub(crate) files: Vec<String>,
    /// Annotations, and a report for standard output.
    pub(crate) said: String,
}

/// Whether standard output may have more than what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stdout {
    Free,
    /// A program reads it: the rest goes to standard error, where GitHub reads annotations as well.
    Taken,
}

impl Written {
    /// Says it.
    pub(crate) fn show(&self, stdout: Stdout, console: Console) {
        match stdout {
            Stdout::Free => {
                console.print(&self.said);
                self.files.iter().for_each(|file| console.println(format!("written   {file}")));
            }
            Stdout::Taken if self.said.is_empty() => {}
            Stdout::Taken => console.note(self.said.trim_end()),
        }
    }
}

/// A file that `--output` may name in place of the record's folder, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Markdown,
    Html,
    Json,
}

/// Takes the report out of `--output`, if it names one: then records go where they go without it.
pub(crate) fn report_of(output: &mut Option<PathBuf>) -> Option<(Form, PathBuf)> {
    let path = output.as_deref().filter(|path| !path.is_dir())?;
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let form = match ending.as_str() {
        "md" | "markdown" => Form::Markdown,
        "html" | "htm" => Form::Html,
        "json" => Form::Json,
        _ => return None,
    };
    output.take().map(|path| (form, path))
}

/// Puts a report's path where its own flag would have put it.
pub(crate) fn fill(flag: &str, slot: &mut Option<PathBuf>, path: PathBuf) -> Result<(), LoadError> {
    if slot.is_some() {
        return Err(LoadError::Usage(format!(
            "`--output {}` and `{flag}` both name a report\n  = help: keep one of them",
            path.display()
        )));
    }
    *slot = Some(path);
    Ok(())
}

/// A report's path may be given as `--output`.
pub(crate) fn settle(args: &mut RunArgs, reports: &mut ReportArgs) -> Result<(), LoadError> {
    match report_of(&mut args.output) {
        None => Ok(()),
        Some((Form::Markdown, path)) => fill("--markdown", &mut reports.markdown, path),
        Some((Form::Html, path)) => fill("--html", &mut args.html, path),
        Some((Form::Json, path)) => Err(LoadError::Usage(format!(
            "`--output {0}` names a JSON file, and a run has no such report\n  = help: `--summary-export {0}` is k6's summary, `--json > \
             {0}` has every second; afterwards `brunt analyze last --json {0}`; for the record name a folder",
            path.display()
        ))),
    }
}

/// The reports of a run that goes on.
pub(crate) struct Reports {
    asked: ReportArgs,
    /// Where the page goes.
    page: Option<PathBuf>,
    /// The plan as it runs, without secrets.
    plan: String,
    /// The run so far; `None` if no report is asked for.
    course: Option<Course>,
}

impl Reports {
    /// Makes the folders of what is asked for, so that a run is not in vain; names are made unique by its label.
    pub(crate) fn open(job: &Job<'_>, header: &RunHeader, workload: &Workload) -> Result<Self, Refusal> {
        let mut asked = job.reports.clone();
        for path in [&mut asked.markdown, &mut asked.junit].into_iter().flatten() {
            if path.as_os_str() != "-" {
                *path = beside(path, &suffix(job.label));
            }
        }
        let page = results::page(job.args, header, job.label);
        asked.files().chain(page.iter()).try_for_each(|path| make_room(path))?;
        let course = (asked.any() || page.is_some()).then(Course::default);
        let plan = lowered_json(workload);
        let plan = serde_json::to_string_pretty(&plan).unwrap_or_default();
        Ok(Self { asked, page, plan, course })
    }

    /// Takes note of what happened.
    pub(crate) fn event(&mut self, event: &RunEvent) {
        if let Some(course) = self.course.as_mut() {
            course.add(event.clone());
        }
    }

    /// Writes them; answers what was written, or what went wrong.
    pub(crate) fn finish(self, view: &RunView) -> Result<Written, String> {
        let Some((run, course)) = self.course.and_then(|course| of_live(view, course)) else {
            return Ok(Written::default());
        };
        let html = self.page.as_ref().map(|_| page::html(&run, course.as_ref(), Some(&self.plan)));
        let analysis = Analysis { runs: vec![run], unreadable: Vec::new() };
        let mut written = write_reports(&self.asked, &analysis, Rollback::NotTriggered)?;
        if let Some((path, html)) = self.page.zip(html) {
            write(&path, &html)?;
            written.files.push(path.display().to_string());
        }
        Ok(written)
    }
}

/// Writes what is asked for.
pub(crate) fn write_reports(
    asked: &ReportArgs,
    analysis: &Analysis,
    rollback: Rollback,
) -> Result<Written, String> {
    let mut out = Written::default();
    for (file, text) in
        [(&asked.markdown, analysis_markdown as fn(&Analysis) -> String), (&asked.junit, analysis_junit)]
    {
        match file {
            Some(path) if path.as_os_str() == "-" => out.said += &text(analysis),
            Some(path) => {
                write(path, &text(analysis))?;
                out.files.push(path.display().to_string());
            }
            None => {}
        }
    }
    if asked.github {
        out.said += &github_annotations(analysis);
        if let Some(path) = env("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
            let path = Path::new(&path);
            let there = fs::metadata(path).map_or(0, |m| usize::try_from(m.len()).unwrap_or(usize::MAX));
            append(
                path,
                &whole_lines(&analysis_markdown(analysis), JOB_SUMMARY_BYTES.saturating_sub(there)),
            )?;
        }
    }
    if let Some((path, run)) = asked.deployment_report.as_ref().zip(analysis.worst()) {
        let timestamp = timestamp(run.summary.started_unix_ms);
        let section =
            DeploymentReport { run, timestamp, rollback, unreadable: &analysis.unreadable }.section();
        let is_new = fs::metadata(path).map_or(true, |m| m.len() == 0);
        append(path, if is_new { section.trim_start() } else { &section })?;
        out.files.push(path.display().to_string());
    }
    Ok(out)
}

/// In UTC, as `2025-01-27 10:30:00`; of a source without a date `-`.
fn timestamp(unix_ms: u64) -> String {
    let millis = i64::try_from(unix_ms).ok().filter(|ms| *ms > 0);
    let at = millis.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.map_or_else(|| "-".into(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Makes a file's folder before a run, so that the run is not in vain.
pub(crate) fn make_room(path: &Path) -> Result<(), Refusal> {
    let made = if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { make_folder(path) };
    made.map_err(|e| Refusal::usage(unwritable(path, &e)))
}

fn unwritable(path: &Path, e: &io::Error) -> String {
    format!("cannot write `{}`: {e}\n  = help: name a file in a folder that may be written", path.display())
}

/// Writes a file; its folder is made.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    make_folder(path).and_then(|()| fs::write(path, text)).map_err(|e| unwritable(path, &e))
}

/// What is there stays.
fn append(path: &Path, text: &str) -> Result<(), String> {
    let opened = make_folder(path).and_then(|()| OpenOptions::new().create(true).append(true).open(path));
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| unwritable(path, &e))
}

pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// As many whole lines as there is room for, and where the rest is; nothing if not even that has room.
fn whole_lines(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let Some(room) = room.checked_sub(CUT.len()) else { return String::new() };
    let end = text.as_bytes()[..room].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    format!("{}{CUT}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_summary_is_cut_at_a_line() {
        let text = "a line\n".repeat(100);
        let check = |room: usize, lines: usize, is_cut: bool| {
            let got = whole_lines(&text, room);
            assert!(got.len() <= room, "{room}: {}", got.len());
            assert_eq!((got.matches("a line\n").count(), got.ends_with(CUT)), (lines, is_cut), "{room}");
        };
        check(700, 100, false);
        check(699, (699 - CUT.len()) / 7, true);
        check(CUT.len() + 6, 0, true);
        check(CUT.len() - 1, 0, false);
        check(0, 0, false);
    }
}
