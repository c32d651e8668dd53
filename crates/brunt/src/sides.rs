//! From words on the command line to runs that can be compared.

use crate::baseline::{Baselines, BaselinesError};
use brunt_analysis::Course;
use brunt_analysis::compare::{Arm, Run};
use brunt_results::{Results, ResultsError, Unreadable};
use brunt_run::{FindError, Summary, find_run};
use serde_json::Value;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

/// One side of a comparison.
pub(crate) struct Side {
    pub(crate) name: String,
    pub(crate) runs: Vec<Loaded>,
    /// What of it could not be read, each in a sentence.
    pub(crate) notes: Vec<String>,
}

/// A run that was read.
pub(crate) struct Loaded {
    name: String,
    pub(crate) summary: Summary,
    course: Option<Course>,
    plan: Option<u64>,
    /// What its source could not tell, and what was wrong with it.
    pub(crate) notes: Vec<String>,
}

/// Why a side could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SideError {
    #[error("`{word}` names no run\n  help: write e.g. `last`, a run's id, a file, or `baseline:main`")]
    Empty { word: String },
    #[error("`{word}` is no file and no run: {source}")]
    Find { word: String, source: FindError },
    #[error(transparent)]
    Results(#[from] ResultsError),
    #[error(transparent)]
    Baselines(#[from] BaselinesError),
}

/// What means the newest run.
const LAST: &str = "last";
/// What names a baseline's runs.
const BASELINE: &str = "baseline:";

impl Side {
    /// Reads a side: `[NAME=]PART[,PART...]`.
    pub(crate) fn read(word: &str, runs: &Path) -> Result<Self, SideError> {
        let (name, parts) = split(word);
        let mut found = Vec::new();
        for part in &parts {
            found.extend(paths(part, runs)?);
        }
        if found.is_empty() {
            return Err(SideError::Empty { word: word.to_owned() });
        }
        let (mut loaded, mut unread): (Vec<Loaded>, Vec<Unreadable>) = Default::default();
        for path in found {
            let read = brunt_results::read_each(std::slice::from_ref(&path))?;
            // One that cannot be read keeps nobody from the others; it is told.
            unread.extend(read.unreadable);
            for results in read.results {
                // Seconds are needed of one run against one; several would take their memory for nothing.
                let keep = loaded.is_empty();
                loaded.push(Loaded::of(results, keep));
            }
        }
        let notes: Vec<String> = unread.iter().map(|u| format!("left out: {}", u.error)).collect();
        if let (true, Some(first)) = (loaded.is_empty(), unread.into_iter().next()) {
            return Err(first.error.into());
        }
        if let [first, _, ..] = loaded.as_mut_slice() {
            first.course = None;
        }
        let name = name.unwrap_or_else(|| default_name(&parts, &loaded));
        Ok(Self { name, runs: loaded, notes })
    }

    pub(crate) fn arm(&self) -> Arm<'_> {
        Arm { name: self.name.clone(), runs: self.runs.iter().map(Loaded::run).collect() }
    }
}

impl Loaded {
    fn run(&self) -> Run<'_> {
        Run { name: &self.name, summary: &self.summary, course: self.course.as_ref(), plan: self.plan }
    }

    fn of(results: Results, keep_course: bool) -> Self {
        let mut notes = results.gaps.clone();
        notes.extend(results.problems.iter().map(ToString::to_string));
        let name = if results.summary.id.is_empty() { results.label() } else { results.summary.id.clone() };
        Self {
            name,
            plan: results.files.first().and_then(|folder| plan(folder)),
            summary: results.summary,
            course: results.events.filter(|_| keep_course).map(Course::from_events),
            notes,
        }
    }
}

/// The name before `=`, if what is before it is no path, and the parts between commas.
pub(crate) fn split(word: &str) -> (Option<String>, Vec<String>) {
    let (name, rest) = match word.split_once('=') {
        Some((name, rest)) if !Path::new(word).exists() && !name.contains('/') => {
            (Some(name.to_owned()), rest)
        }
        Some(_) | None => (None, word),
    };
    let parts = if Path::new(rest).exists() {
        vec![rest.to_owned()]
    } else {
        rest.split(',').filter(|p| !p.is_empty()).map(str::to_owned).collect()
    };
    (name, parts)
}

/// What one part means.
pub(crate) fn paths(part: &str, runs: &Path) -> Result<Vec<PathBuf>, SideError> {
    if let Some(name) = part.strip_prefix(BASELINE) {
        return Ok(Baselines::load(runs)?.runs(name)?);
    }
    // A path wins over an id that is spelled alike.
    if Path::new(part).exists() {
        return Ok(vec![PathBuf::from(part)]);
    }
    find_run(runs, part)
        .map(|path| vec![path])
        .map_err(|source| SideError::Find { word: part.to_owned(), source })
}

fn default_name(parts: &[String], loaded: &[Loaded]) -> String {
    match (parts, loaded) {
        ([part], _) if part.starts_with(BASELINE) => part[BASELINE.len()..].to_owned(),
        ([part], [_]) if part != LAST && !Path::new(part).is_file() => file_name(part),
        (_, [run]) => run.name.clone(),
        ([part], _) => file_name(part),
        _ => loaded.first().map(|run| format!("{} +{}", run.name, loaded.len() - 1)).unwrap_or_default(),
    }
}

fn file_name(part: &str) -> String {
    Path::new(part).file_name().map_or(part.to_owned(), |n| n.to_string_lossy().into_owned())
}

/// A number for the plan in a record; its name (which may be that of the target), seed, target and objectives aside.
fn plan(folder: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(folder.join("run.json")).ok()?;
    let mut record: Value = serde_json::from_str(&text).ok()?;
    let plan = record.get_mut("plan")?.as_object_mut()?;
    for aside in ["name", "seed", "target", "slo"] {
        plan.remove(aside);
    }
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(plan).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}
