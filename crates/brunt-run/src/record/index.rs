//! Which records a folder holds, and which one a person means.

use super::line::{LineReader, NextLine};
use super::read::read_summary;
use super::{Reader, RecordFile};
use crate::{Outlook, RunEvent, StopReason};
use brunt_metrics::Nanos;
use std::cmp::Reverse;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

/// The word for the newest run.
const LAST: &str = "last";
/// The most names that an error suggests.
const MAX_NEAR: usize = 5;
/// How alike a name must be to be suggested (Jaro-Winkler, 0 to 1): a typo or two in an id.
const NEAR: f64 = 0.85;

/// A record, in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// The run's id; the folder's name if it is broken.
    pub id: String,
    /// Where it is.
    pub folder: PathBuf,
    /// The workload's name; empty if it is broken.
    pub name: String,
    /// When it began; 0 if it is broken.
    pub started_unix_ms: u64,
    /// How it ended.
    pub state: RunState,
    /// What it may be taken for, if that was judged.
    pub outlook: Option<Outlook>,
    /// Its totals, if a summary was written.
    pub totals: Option<RunTotals>,
}

/// The figures of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunTotals {
    /// How long it took.
    pub elapsed: Nanos,
    /// Requests that ended.
    pub requests: u64,
    /// Of these, those that failed.
    pub errors: u64,
}

/// How a recorded run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Regularly, or stopped.
    Finished(StopReason),
    /// It was killed, or it still runs.
    Unfinished,
    /// The record cannot be opened, and why.
    Broken(String),
}

/// Why records could not be listed.
#[derive(Debug, thiserror::Error)]
#[error("cannot list the runs in `{}`: {source}", .folder.display())]
pub struct ListError {
    /// The folder of records.
    pub folder: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Why no one record is meant.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There are none.
    #[error("there are no runs in `{}`; `brunt run` makes one", .folder.display())]
    NoRuns {
        /// The folder of records.
        folder: PathBuf,
    },
    /// None is called so.
    #[error("there is no run `{what}` in `{}`{}; `brunt runs` lists them, `last` is the newest",
        .folder.display(), did_you_mean(.near))]
    NotFound {
        /// What was asked for.
        what: String,
        /// The folder of records.
        folder: PathBuf,
        /// Ids that are like it, the most alike first.
        near: Vec<String>,
    },
    /// There is a file or folder of this name, and it is no record.
    #[error(
        "`{what}` is no run's record; `brunt analyze {what}` reads results of other tools and folders of runs"
    )]
    NoRecord {
        /// What was asked for.
        what: String,
    },
    /// More than one begins so.
    #[error("`{what}` may mean {} runs: {}; add more of the id", .matches.len(), first_few(.matches))]
    Ambiguous {
        /// What was asked for.
        what: String,
        /// The ids that begin so, ascending.
        matches: Vec<String>,
    },
    /// The folder cannot be listed.
    #[error(transparent)]
    List(#[from] ListError),
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!(" (did you mean {}?)", first_few(near)) }
}

fn first_few(ids: &[String]) -> String {
    let mut text: Vec<_> = ids.iter().take(MAX_NEAR).map(|id| format!("`{id}`")).collect();
    if ids.len() > MAX_NEAR {
        text.push(format!("and {} more", ids.len() - MAX_NEAR));
    }
    text.join(", ")
}

/// The records in `folder`, newest first; those that cannot be opened last, each with its reason. Empty if
/// the folder is not there. Reads no seconds: a list of thousands of long runs is quick.
pub fn list_runs(folder: &Path) -> Result<Vec<RunSummary>, ListError> {
    let mut runs: Vec<_> = run_folders(folder)?.into_iter().map(|id| run_at(&folder.join(&id), id)).collect();
    runs.sort_by_cached_key(|r| (Reverse(r.started_unix_ms), Reverse(r.id.clone())));
    Ok(runs)
}

/// The record that `what` means in `folder`: a path to a record, an id, the only id that begins so, or
/// `last` for the newest that can be opened.
pub fn find_run(folder: &Path, what: &str) -> Result<PathBuf, FindError> {
    if what == LAST {
        let runs = list_runs(folder)?;
        let newest = runs.into_iter().find(|r| !matches!(r.state, RunState::Broken(_)));
        return newest.map(|r| r.folder).ok_or_else(|| FindError::NoRuns { folder: folder.to_owned() });
    }
    if !what.is_empty() && Path::new(what).join(RecordFile::Run.name()).is_file() {
        return Ok(PathBuf::from(what));
    }
    let mut ids = run_folders(folder)?;
    let is_there = !what.is_empty() && Path::new(what).exists();
    if ids.is_empty() && !is_there {
        return Err(FindError::NoRuns { folder: folder.to_owned() });
    }
    if ids.iter().any(|id| id == what) {
        return Ok(folder.join(what));
    }
    let matches: Vec<_> = ids.iter().filter(|id| !what.is_empty() && id.starts_with(what)).cloned().collect();
    match matches.as_slice() {
        [only] => Ok(folder.join(only)),
        [] if is_there => Err(FindError::NoRecord { what: what.to_owned() }),
        [] => {
            ids.retain(|id| !what.is_empty() && likeness(id, what) >= NEAR);
            ids.sort_by(|a, b| likeness(b, what).total_cmp(&likeness(a, what)).then_with(|| b.cmp(a)));
            ids.truncate(MAX_NEAR);
            Err(FindError::NotFound { what: what.to_owned(), folder: folder.to_owned(), near: ids })
        }
        _ => Err(FindError::Ambiguous { what: what.to_owned(), matches }),
    }
}

/// 1 if the id contains the word (the workload's name, mostly), otherwise by spelling.
fn likeness(id: &str, what: &str) -> f64 {
    if id.contains(what) { 1.0 } else { strsim::jaro_winkler(id, what) }
}

/// Whether only what was done before a run is kept here: its setup failed, so there is no run.
fn never_began(folder: &Path) -> bool {
    folder.join("hooks").is_dir() && !folder.join(RecordFile::Run.name()).exists()
}

/// The names of the records in `folder`, ascending. Empty if the folder is not there.
pub fn run_folders(folder: &Path) -> Result<Vec<String>, ListError> {
    let failed = |source| ListError { folder: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(source)),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir()
            && !never_began(&entry.path())
            && let Ok(id) = entry.file_name().into_string()
        {
            ids.push(id);
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

/// The record in `folder`, listed under `id`. Reads no seconds.
pub fn run_at(folder: &Path, id: String) -> RunSummary {
    let reader = match Reader::open(folder) {
        Ok(reader) => reader,
        Err(error) => {
            let state = RunState::Broken(error.to_string());
            let folder = folder.to_owned();
            return RunSummary {
                id,
                folder,
                name: String::new(),
                started_unix_ms: 0,
                state,
                outlook: None,
                totals: None,
            };
        }
    };
    let (state, outlook) = ending(folder);
    // A summary that cannot be read costs the figures, not the entry.
    let totals = read_summary(folder).ok().flatten().map(|s| s.run_totals());
    RunSummary {
        id,
        folder: folder.to_owned(),
        name: reader.header().name.clone(),
        started_unix_ms: reader.header().started_unix_ms,
        state,
        outlook,
        totals,
    }
}

/// How the run ended, from its events alone: their number is bounded, unlike that of the seconds.
fn ending(folder: &Path) -> (RunState, Option<Outlook>) {
    let (mut state, mut outlook) = (RunState::Unfinished, None);
    let Ok(file) = File::open(folder.join(RecordFile::Events.name())) else {
        return (state, outlook);
    };
    let mut lines = LineReader::new(BufReader::new(file));
    while let NextLine::Line { event, .. } = lines.read() {
        match event {
            Some(RunEvent::Verdict(v)) => outlook = Some(v.outlook),
            Some(RunEvent::Finished(f)) => state = RunState::Finished(f.reason),
            Some(
                RunEvent::Started(_)
                | RunEvent::Phase(_)
                | RunEvent::Second(_)
                | RunEvent::Host(_)
                | RunEvent::ResourceSeries(_)
                | RunEvent::Resources(_)
                | RunEvent::ErrorDetail(_)
                | RunEvent::Warning(_)
                | RunEvent::Mark(_),
            )
            | None => {}
        }
    }
    (state, outlook)
}
