//! `brunt baseline`: runs that others are compared with, by name. Kept in `baselines.json` in the folder of records.

use crate::args::{BaselineArgs, BaselineCommand};
use crate::compare::clean;
use crate::console::Console;
use crate::exit;
use crate::sides::{SideError, paths};
use brunt_analysis::compare::{Metric, history};
use brunt_run::Summary;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file's name.
const FILE: &str = "baselines.json";
/// The version of its format.
const FORMAT: u64 = 1;
/// How many runs a baseline keeps unless told otherwise: enough for a spread, few enough to be of today.
const KEEP: usize = 10;
/// What stands for the current branch on the command line.
const HERE: &str = ".";

/// All baselines of a folder of records.
pub(crate) struct Baselines {
    folder: PathBuf,
    /// By name: `{"keep": 10, "runs": ["..."]}`, the newest run last.
    named: Map<String, Value>,
}

/// Why baselines could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BaselinesError {
    #[error("cannot read or write `{}`: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("`{}` is no list of baselines: {why}\n  help: mend it, or remove it and set the baselines again", path.display())]
    Broken { path: PathBuf, why: String },
    #[error("there is no baseline `{name}`{known}\n  help: make it with `brunt baseline set {name} RUN...`")]
    Unknown { name: String, known: String },
    #[error(
        "there is no branch to take the name of: no `.git/HEAD` here or above, or it is at no branch\n  help: give the name"
    )]
    NoBranch,
}

impl Baselines {
    /// Reads the baselines of a folder of records; none if it has no such file.
    pub(crate) fn load(folder: &Path) -> Result<Self, BaselinesError> {
        let path = folder.join(FILE);
        let none = || Ok(Self { folder: folder.to_owned(), named: Map::new() });
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return none(),
            Err(source) => return Err(BaselinesError::Io { path, source }),
        };
        let broken = |why: String| BaselinesError::Broken { path: path.clone(), why };
        let mut value: Value = serde_json::from_str(&text).map_err(|e| broken(e.to_string()))?;
        if value["format"] != FORMAT {
            return Err(broken(format!("its format is {}, and this brunt reads {FORMAT}", value["format"])));
        }
        match value["baselines"].take() {
            Value::Object(named) => Ok(Self { folder: folder.to_owned(), named }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(broken("it has no `baselines`".into()))
            }
        }
    }

    fn save(&self) -> Result<(), BaselinesError> {
        let path = self.folder.join(FILE);
        let text = format!("{:#}\n", json!({ "format": FORMAT, "baselines": self.named }));
        let fresh = self.folder.join(format!(".{FILE}.new"));
        // Written beside and moved: a crash leaves the old file or the new one.
        let written = std::fs::create_dir_all(&self.folder)
            .and_then(|()| std::fs::write(&fresh, text))
            .and_then(|()| std::fs::rename(&fresh, &path));
        written.map_err(|source| BaselinesError::Io { path, source })
    }

    /// The runs of a baseline, oldest first; an empty name is the current branch's.
    pub(crate) fn runs(&self, name: &str) -> Result<Vec<PathBuf>, BaselinesError> {
        let name = resolved(name)?;
        let words = self.words(&name)?;
        let path = |word: String| {
            let inside = self.folder.join(&word);
            if inside.exists() { inside } else { PathBuf::from(word) }
        };
        Ok(words.into_iter().map(path).collect())
    }

    /// Adds runs to a baseline, of which the newest are kept; answers its name.
    pub(crate) fn set(&mut self, name: &str, runs: &[String]) -> Result<String, SideError> {
        let name = resolved(name)?;
        let keep = self.keep(&name);
        self.put(&name, runs, keep)?;
        Ok(name)
    }

    /// Answers how many runs the baseline has now, and what of those named could not be read.
    fn put(&mut self, name: &str, runs: &[String], keep: usize) -> Result<(usize, Vec<String>), SideError> {
        let (mut words, mut unread) = (self.words(name).unwrap_or_default(), Vec::new());
        for part in runs {
            words.extend(kept_words(part, &self.folder, &mut unread)?);
        }
        let words = newest(words, keep);
        let count = words.len();
        self.named.insert(name.to_owned(), json!({ "keep": keep, "runs": words }));
        self.save()?;
        Ok((count, unread))
    }

    fn words(&self, name: &str) -> Result<Vec<String>, BaselinesError> {
        let Some(baseline) = self.named.get(name) else {
            let names: Vec<&str> = self.named.keys().map(String::as_str).collect();
            let known =
                if names.is_empty() { String::new() } else { format!("; there are: {}", names.join(", ")) };
            return Err(BaselinesError::Unknown { name: name.to_owned(), known });
        };
        let runs = baseline["runs"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(runs.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The baselines that each run is kept in, by how the run is written down: an id, or a path.
    pub(crate) fn marks(&self) -> BTreeMap<String, Vec<String>> {
        let mut marks: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in self.named.keys() {
            for word in self.words(name).unwrap_or_default() {
                marks.entry(word).or_default().push(name.clone());
            }
        }
        marks
    }

    /// How the runs of a baseline are written down; an empty name is the current branch's.
    pub(crate) fn kept(&self, name: &str) -> Result<Vec<String>, BaselinesError> {
        self.words(&resolved(name)?)
    }

    fn keep(&self, name: &str) -> usize {
        let keep = self.named.get(name).and_then(|b| b["keep"].as_u64());
        keep.and_then(|k| usize::try_from(k).ok()).unwrap_or(KEEP)
    }
}

fn resolved(name: &str) -> Result<String, BaselinesError> {
    if name.is_empty() || name == HERE {
        crate::git::branch(Path::new(HERE)).ok_or(BaselinesError::NoBranch)
    } else {
        Ok(name.to_owned())
    }
}

/// `brunt baseline`.
pub(crate) fn baseline(args: &BaselineArgs, console: Console) -> u8 {
    match work(args, console) {
        Ok(()) => 0,
        Err(e) => {
            console.error(clean(&e.to_string()));
            exit::USAGE
        }
    }
}

fn work(args: &BaselineArgs, console: Console) -> Result<(), SideError> {
    let mut baselines = Baselines::load(&args.runs)?;
    match &args.command {
        BaselineCommand::List => {
            if baselines.named.is_empty() {
                console.note("no baselines yet; make one with `brunt baseline set NAME RUN...`");
            }
            for name in baselines.named.keys() {
                console.println(clean(&line(name, baselines.words(name)?.len())));
            }
        }
        BaselineCommand::Set { name, run, keep, replace } => {
            let name = resolved(name)?;
            let keep = keep.map_or_else(|| baselines.keep(&name), std::num::NonZeroUsize::get);
            if *replace {
                baselines.named.remove(&name);
            }
            let (count, unread) = baselines.put(&name, run, keep)?;
            for text in &unread {
                console.note(format!("note: left out: {}", clean(text)));
            }
            console.println(clean(&line(&name, count)));
        }
        BaselineCommand::Remove { name } => {
            let name = resolved(name)?;
            baselines.words(&name)?;
            baselines.named.remove(&name);
            baselines.save()?;
        }
        BaselineCommand::Show { name } => show(&baselines.runs(name)?, console)?,
    }
    Ok(())
}

fn line(name: &str, runs: usize) -> String {
    format!("{name}  {runs} {}", if runs == 1 { "run" } else { "runs" })
}

/// The last `keep`, each once where it came last.
fn newest(words: Vec<String>, keep: usize) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in words.into_iter().rev() {
        if kept.len() < keep && !kept.contains(&word) {
            kept.push(word);
        }
    }
    kept.reverse();
    kept
}

/// How runs are written down: by their ids where they lie in the folder of records, else by their paths. There must be
/// one now that can be read.
fn kept_words(part: &str, runs: &Path, unread: &mut Vec<String>) -> Result<Vec<String>, SideError> {
    let mut words = Vec::new();
    for path in paths(part, runs)? {
        let read = brunt_results::read_each(std::slice::from_ref(&path))?;
        unread.extend(read.unreadable.iter().map(|found| found.error.to_string()));
        if let (true, Some(first)) = (read.results.is_empty(), read.unreadable.into_iter().next()) {
            return Err(first.error.into());
        }
        let inside = path.parent() == Some(runs);
        let name = path.file_name().filter(|_| inside).map(|n| n.to_string_lossy().into_owned());
        words.push(name.unwrap_or_else(|| path.to_string_lossy().into_owned()));
    }
    Ok(words)
}

fn show(runs: &[PathBuf], console: Console) -> Result<(), SideError> {
    let mut summaries: Vec<(String, Summary)> = Vec::new();
    for path in runs {
        let read = brunt_results::read_each(std::slice::from_ref(path))?;
        for unread in &read.unreadable {
            console.note(format!("note: left out: {}", clean(&unread.error.to_string())));
        }
        for results in read.results {
            let name =
                if results.summary.id.is_empty() { results.label() } else { results.summary.id.clone() };
            summaries.push((name, results.summary));
        }
    }
    let width = summaries.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(3);
    console.println(format!(
        "{:<width$}  {}",
        "run",
        Metric::ALL.map(|m| format!("{:>12}", m.name())).join("  ")
    ));
    for (name, summary) in &summaries {
        let figures =
            Metric::ALL.map(|m| format!("{:>12}", brunt_report::metric_figure(m, m.of(&summary.total))));
        console.println(clean(&format!("{name:<width$}  {}", figures.join("  "))));
    }
    let changes = history(&summaries.iter().map(|(_, s)| s).collect::<Vec<_>>());
    for change in &changes {
        let figure = |value| brunt_report::metric_figure(change.metric, Some(value));
        console.println(clean(&format!(
            "{} changed at {}: {} to {} (p = {:.1e})",
            change.metric.name(),
            summaries[change.run].0,
            figure(change.before),
            figure(change.after),
            change.p
        )));
    }
    if changes.is_empty() {
        console.println("no change of level among these runs");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_keeps_the_newest() {
        let words = |all: &[&str]| all.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        for (given, keep, expected) in
            [(&["a", "b", "c"][..], 2, &["b", "c"][..]), (&["a", "b", "a"], 5, &["b", "a"]), (&[], 3, &[])]
        {
            assert_eq!(newest(words(given), keep), words(expected));
        }
    }
}
