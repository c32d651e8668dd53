//! Where an analysis goes: the screen, files, a CI server.

use crate::args::AnalyzeArgs;
use crate::console::{Console, env};
use brunt_report::{
    Analysis, DeploymentReport, Rollback, analysis_json, analysis_junit, analysis_markdown, analysis_text,
    github_annotations,
};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// GitHub takes so much of a job summary; what is larger is cut at a line.
const JOB_SUMMARY_BYTES: usize = 1_000_000;

pub(super) fn show(args: &AnalyzeArgs, analysis: &Analysis, console: Console) -> Result<(), String> {
    let to_output = |file: &Option<std::path::PathBuf>| file.as_ref().is_some_and(|f| f.as_os_str() == "-");
    if to_output(&args.json) {
        console.println(analysis_json(analysis));
    } else if to_output(&args.markdown) {
        console.print(&analysis_markdown(analysis));
    } else {
        console.print(&analysis_text(analysis));
    }
    let files = [
        (&args.json, analysis_json as fn(&Analysis) -> String),
        (&args.markdown, analysis_markdown),
        (&args.junit, analysis_junit),
    ];
    for (file, text) in files {
        if let Some(path) = file.as_ref().filter(|f| f.as_os_str() != "-") {
            written(path, write(path, &text(analysis)))?;
        }
    }
    if args.github {
        console.print(&github_annotations(analysis));
        if let Some(path) = env("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
            let path = Path::new(&path);
            written(path, append(path, whole_lines(&analysis_markdown(analysis))))?;
        }
    }
    if let Some((path, run)) = args.deployment_report.as_ref().zip(analysis.worst()) {
        let rollback = if args.rollback_triggered { Rollback::Triggered } else { Rollback::NotTriggered };
        let timestamp = timestamp(run.summary.started_unix_ms);
        let section = DeploymentReport { run, timestamp, rollback }.section();
        written(path, append(path, &section))?;
    }
    Ok(())
}

/// In UTC, as `2025-01-27 10:30:00`; of a source without a date `-`.
fn timestamp(unix_ms: u64) -> String {
    let millis = i64::try_from(unix_ms).ok().filter(|ms| *ms > 0);
    let at = millis.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.map_or_else(|| "-".into(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn written(path: &Path, result: io::Result<()>) -> Result<(), String> {
    result.map_err(|e| {
        format!(
            "cannot write `{}`: {e}\n  = help: name a file in a folder that may be written",
            path.display()
        )
    })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    make_folder(path)?;
    fs::write(path, text)
}

/// What is there stays.
fn append(path: &Path, text: &str) -> io::Result<()> {
    make_folder(path)?;
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

fn make_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// As many whole lines as GitHub takes.
fn whole_lines(text: &str) -> &str {
    if text.len() <= JOB_SUMMARY_BYTES {
        return text;
    }
    let end = text.as_bytes()[..JOB_SUMMARY_BYTES].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    &text[..end]
}
