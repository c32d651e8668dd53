//! From paths to results: which files belong together, and who reads them.

use crate::lines::reason;
use crate::locust::{LocustFile, Role, read_locust};
use crate::notes::Notes;
use crate::sniff::{Look, known, look, look_at_document};
use crate::source::Source;
use crate::{Kind, Place, Results, ResultsError, brunt, jmeter, k6, locust, oha, rows, vegeta, wrk};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Files of a folder that are looked at. A folder with more is no folder of results.
const MAX_FILES: usize = 10_000;

/// What Locust puts behind a prefix.
const LOCUST_ENDS: [&str; 4] = ["_stats_history", "_failures", "_exceptions", "_stats"];

/// What may stand behind it.
const FILE_ENDS: [&str; 2] = [".gz", ".csv"];

/// Reads files and folders: what belongs to one run becomes one [`Results`], in the order of the paths.
///
/// Locust's four files of one prefix are one run, and those that lie beside a given one are found. A folder gives every
/// run in it, in the order of the names: records of ours in it or right below it, and files; what is no result is passed
/// over there. Files that are compressed with gzip are read as they are.
///
/// # Errors
///
/// The first that cannot be read, also in a folder.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Results>, ResultsError> {
    let Found { results, unreadable } = read_each(paths)?;
    match unreadable.into_iter().next() {
        Some(first) => Err(first.error),
        None => Ok(results),
    }
}

/// What was found in folders and files.
#[derive(Debug, Default)]
pub struct Found {
    /// The runs that could be read, in order.
    pub results: Vec<Results>,
    /// What lies in a folder, is a run's results or should be, and cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// A run in a folder that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its folder or (first) file.
    pub path: PathBuf,
    /// Why.
    pub error: ResultsError,
}

/// The same as [`read`], but a run in a folder that cannot be read keeps nobody from reading the others.
///
/// # Errors
///
/// What was named itself, and cannot be read; a folder in which there is nothing that should be results.
pub fn read_each(paths: &[PathBuf]) -> Result<Found, ResultsError> {
    if paths.is_empty() {
        return Err(ResultsError::NoPath);
    }
    let (mut wanted, mut found) = (Vec::new(), Found::default());
    for path in paths {
        let meta = fs::metadata(path).map_err(|source| ResultsError::Io { path: path.clone(), source })?;
        if !meta.is_dir() && !meta.is_file() {
            // A pipe can be read once.
            found.results.push(read_bytes(path, Source::file(path)?)?);
            continue;
        }
        if !meta.is_dir() {
            wanted.push(Wanted { path: path.clone(), kind: recognise(path)?, named: Named::Itself });
            continue;
        }
        let before = (wanted.len(), found.unreadable.len());
        in_folder(path, &mut wanted, &mut found.unreadable)?;
        if before == (wanted.len(), found.unreadable.len()) {
            return Err(ResultsError::Nothing { folder: path.clone() });
        }
    }
    let named = wanted.len();
    for at in 0..named {
        beside(at, &mut wanted);
    }
    for group in groups(wanted) {
        let of_folder = group.iter().all(|file| file.named == Named::ByFolder);
        let path = group.first().map(|first| first.path.clone()).unwrap_or_default();
        match read_group(group) {
            Ok(results) => found.results.push(results),
            Err(error) if of_folder => found.unreadable.push(Unreadable { path, error }),
            Err(error) => return Err(error),
        }
    }
    found.unreadable.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// A file or folder whose kind is known.
struct Wanted {
    path: PathBuf,
    kind: Kind,
    named: Named,
}

/// How somebody asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Itself,
    /// It lies in a folder that was named, or beside a file of its run.
    ByFolder,
}

/// Says what a file or folder is, by what is in it.
///
/// # Errors
///
/// As [`read`]; a folder that is no record of ours is [`ResultsError::Nothing`].
pub fn recognise(path: &Path) -> Result<Kind, ResultsError> {
    let meta = fs::metadata(path).map_err(|source| ResultsError::Io { path: path.to_owned(), source })?;
    if meta.is_dir() {
        return is_record(path)
            .then_some(Kind::BruntRecord)
            .ok_or_else(|| ResultsError::Nothing { folder: path.to_owned() });
    }
    let source = Source::open(path)?;
    match look(path, &source.head)? {
        Look::Is(kind) => Ok(kind),
        Look::Document => look_at_document(path, &document(source, path)?.1),
    }
}

fn is_record(folder: &Path) -> bool {
    folder.join("run.json").is_file()
}

/// All results in a folder, and what should be some.
fn in_folder(
    folder: &Path,
    wanted: &mut Vec<Wanted>,
    unreadable: &mut Vec<Unreadable>,
) -> Result<(), ResultsError> {
    if is_record(folder) {
        wanted.push(Wanted { path: folder.to_owned(), kind: Kind::BruntRecord, named: Named::Itself });
        return Ok(());
    }
    let failed = |source| ResultsError::Io { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)?.take(MAX_FILES) {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    for path in paths {
        match recognise(&path) {
            Ok(kind) => wanted.push(Wanted { path, kind, named: Named::ByFolder }),
            Err(error) if should_be_results(&path, &error) => unreadable.push(Unreadable { path, error }),
            Err(_) => {}
        }
    }
    Ok(())
}

/// Endings of files that tools write results into: an empty one is a run that left nothing.
const RESULT_ENDS: [&str; 5] = ["csv", "json", "jsonl", "ndjson", "jtl"];

/// Whether a file of a folder that is no result should be one. Pages, logs and notes are passed over.
fn should_be_results(path: &Path, error: &ResultsError) -> bool {
    match error {
        ResultsError::Io { .. }
        | ResultsError::Lacking { .. }
        | ResultsError::Malformed { .. }
        | ResultsError::Record(_)
        | ResultsError::Summary { .. } => true,
        ResultsError::BrokenJson { cut, .. } => *cut,
        ResultsError::Empty { .. } => path
            .extension()
            .is_some_and(|end| RESULT_ENDS.iter().any(|known| end.eq_ignore_ascii_case(known))),
        ResultsError::Unknown { .. }
        | ResultsError::Unread { .. }
        | ResultsError::Nothing { .. }
        | ResultsError::NoPath => false,
    }
}

/// Finds Locust's other files beside one of them.
fn beside(at: usize, wanted: &mut Vec<Wanted>) {
    let (Some(prefix), Some(folder)) = (locust_prefix(&wanted[at]), wanted[at].path.parent()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut found: Vec<Wanted> = entries
        .take(MAX_FILES)
        .filter_map(Result::ok)
        .map(|e| if folder == Path::new(".") { PathBuf::from(e.file_name()) } else { e.path() })
        .filter(|path| !wanted.iter().any(|w| same_file(&w.path, path)))
        .filter(|path| name_prefix(path) == name_prefix(&wanted[at].path))
        .filter_map(|path| recognise(&path).ok().map(|kind| Wanted { path, kind, named: wanted[at].named }))
        .filter(|w| locust_prefix(w).as_ref() == Some(&prefix))
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    wanted.extend(found);
}

fn same_file(a: &Path, b: &Path) -> bool {
    a == b || matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

/// The folder and prefix of one of Locust's four files; `None` for all others.
fn locust_prefix(file: &Wanted) -> Option<PathBuf> {
    let folder = file.path.parent().unwrap_or(Path::new(""));
    Role::of(file.kind).map(|_| folder.join(name_prefix(&file.path)))
}

fn name_prefix(path: &Path) -> String {
    let mut name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    for end in FILE_ENDS {
        name = name.strip_suffix(end).map(str::to_owned).unwrap_or(name);
    }
    let short = LOCUST_ENDS.iter().find_map(|end| name.strip_suffix(end));
    short.unwrap_or(&name).to_owned()
}

/// Files of one run together, in the order of each run's first.
fn groups(wanted: Vec<Wanted>) -> Vec<Vec<Wanted>> {
    let mut groups: Vec<Vec<Wanted>> = Vec::new();
    let mut seen = BTreeSet::new();
    for file in wanted {
        if !seen.insert(fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone())) {
            continue;
        }
        let prefix = locust_prefix(&file);
        let fits = |group: &&mut Vec<Wanted>| {
            let other = group.first().and_then(locust_prefix);
            prefix.is_some() && other == prefix && !group.iter().any(|w| w.kind == file.kind)
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(file),
            None => groups.push(vec![file]),
        }
    }
    join_strays(&mut groups);
    groups
}

/// Files of Locust whose names were changed: if there is one run's totals and each other file once, they are one run.
fn join_strays(groups: &mut Vec<Vec<Wanted>>) {
    let locust = |group: &Vec<Wanted>| group.first().is_some_and(|w| locust_prefix(w).is_some());
    let mut kinds: Vec<Kind> = groups.iter().filter(|g| locust(g)).flatten().map(|w| w.kind).collect();
    let all = kinds.len();
    kinds.sort();
    kinds.dedup();
    if kinds.len() < all || !kinds.contains(&Kind::LocustStats) {
        return;
    }
    let Some(at) = groups.iter().position(locust) else { return };
    let (strays, rest): (Vec<_>, Vec<_>) = std::mem::take(groups).into_iter().partition(locust);
    *groups = rest;
    groups.insert(at.min(groups.len()), strays.into_iter().flatten().collect());
}

fn read_group(group: Vec<Wanted>) -> Result<Results, ResultsError> {
    let Some(first) = group.first() else { return Err(ResultsError::NoPath) };
    if first.kind == Kind::BruntRecord {
        return brunt::read_record(&first.path);
    }
    let notes = Notes::new(&first.path);
    let name = run_name(&first.path, locust_prefix(first).is_some());
    if locust_prefix(first).is_none() {
        let source = Source::open(&first.path)?;
        return read_source(source, &first.path, &name, notes);
    }
    let mut files = Vec::new();
    for Wanted { path, kind, .. } in group {
        if let Some(role) = Role::of(kind) {
            files.push(LocustFile { role, source: Source::open(&path)?, path });
        }
    }
    read_locust(files, &name, notes)
}

/// What a run is called: its file's name without what says its kind.
fn run_name(path: &Path, locust: bool) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut stem = name.as_str();
    for end in [".gz", ".csv", ".json", ".jsonl", ".ndjson", ".jtl", ".xml", ".txt", ".bin", ".gob"] {
        stem = stem.strip_suffix(end).unwrap_or(stem);
    }
    if locust {
        stem = LOCUST_ENDS.iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    }
    crate::words::shown(if stem.is_empty() { &name } else { stem })
}

/// Reads one file's content; `name` is what errors call it.
///
/// # Errors
///
/// As [`read`].
pub fn read_bytes(name: &Path, content: impl Read) -> Result<Results, ResultsError> {
    let source = Source::new(name, content)?;
    read_source(source, name, &run_name(name, false), Notes::new(name))
}

fn read_source(source: Source<'_>, path: &Path, name: &str, notes: Notes) -> Result<Results, ResultsError> {
    let kind = match look(path, &source.head)? {
        Look::Is(kind) => kind,
        Look::Document => {
            let (text, value) = document(source, path)?;
            return read_document(&text, &value, path, name, notes);
        }
    };
    match kind {
        Kind::K6Csv => k6::read_csv(source, name, notes),
        Kind::K6Json => k6::read_json(source, name, notes),
        Kind::JmeterCsv => jmeter::read_csv(source, name, notes),
        Kind::JmeterXml => jmeter::read_xml(source, name, notes),
        Kind::VegetaGob => vegeta::read_gob(source, name, notes),
        Kind::VegetaCsv => vegeta::read_csv(source, name, notes),
        Kind::VegetaJson => vegeta::read_json(source, name, notes),
        Kind::LocustRequests => rows::read_locust_requests(source, name, notes),
        Kind::OhaCsv => rows::read_oha(source, name, notes),
        Kind::HeyCsv => rows::read_hey(source, name, notes),
        Kind::BruntRequests => rows::read_brunt_requests(source, name, notes),
        Kind::BruntSeconds => brunt::read_seconds(source, name, notes),
        Kind::WrkText => wrk::read_wrk(&source.into_text(path)?, name, notes),
        Kind::LocustStats => one_of_locust(Role::Stats, source, path, notes),
        Kind::LocustHistory => one_of_locust(Role::History, source, path, notes),
        Kind::LocustFailures => one_of_locust(Role::Failures, source, path, notes),
        Kind::LocustExceptions => one_of_locust(Role::Exceptions, source, path, notes),
        // Those are told from whole documents and from folders.
        Kind::BruntRecord
        | Kind::BruntSummary
        | Kind::LocustJson
        | Kind::K6Summary
        | Kind::K6SummaryExport
        | Kind::K6MachineSummary
        | Kind::VegetaReport
        | Kind::OhaJson => Err(ResultsError::Nothing { folder: path.to_owned() }),
    }
}

fn one_of_locust(role: Role, source: Source<'_>, path: &Path, notes: Notes) -> Result<Results, ResultsError> {
    read_locust(vec![LocustFile { role, path: path.to_owned(), source }], &run_name(path, true), notes)
}

fn read_document(
    text: &str,
    value: &Value,
    path: &Path,
    name: &str,
    notes: Notes,
) -> Result<Results, ResultsError> {
    let kind = look_at_document(path, value)?;
    match kind {
        Kind::BruntSummary => brunt::read_summary(text, notes),
        Kind::K6Summary | Kind::K6SummaryExport | Kind::K6MachineSummary => {
            Ok(k6::read_summary(value, kind, name, notes))
        }
        Kind::VegetaReport => Ok(vegeta::read_report(value, name, notes)),
        Kind::OhaJson => Ok(oha::read_oha_json(value, name, notes)),
        Kind::LocustJson => Ok(locust::read_json(value, name, notes)),
        Kind::VegetaJson => {
            let source = Source::new(path, text.as_bytes())?;
            vegeta::read_json(source, name, notes)
        }
        Kind::BruntRecord
        | Kind::BruntSeconds
        | Kind::BruntRequests
        | Kind::LocustStats
        | Kind::LocustHistory
        | Kind::LocustFailures
        | Kind::LocustExceptions
        | Kind::LocustRequests
        | Kind::K6Csv
        | Kind::K6Json
        | Kind::JmeterCsv
        | Kind::JmeterXml
        | Kind::VegetaCsv
        | Kind::VegetaGob
        | Kind::OhaCsv
        | Kind::WrkText
        | Kind::HeyCsv => Err(ResultsError::Nothing { folder: path.to_owned() }),
    }
}

/// A JSON document and its text.
fn document(source: Source<'_>, path: &Path) -> Result<(String, Value), ResultsError> {
    let text = source.into_text(path)?;
    match serde_json::from_str(&text) {
        Ok(value) => Ok((text, value)),
        Err(error) => {
            let place =
                Place { file: path.to_owned(), line: error.line() as u64, column: error.column() as u64 };
            let (why, help) = if error.is_eof() {
                (
                    "it ends in the middle",
                    "it was cut off, and parts of such a document mean nothing: get it whole".to_owned(),
                )
            } else {
                ("it begins like JSON and is none", known())
            };
            let cut = error.is_eof();
            Err(ResultsError::BrokenJson { place, reason: format!("{why} ({})", reason(&error)), help, cut })
        }
    }
}
