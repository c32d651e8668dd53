//! Reading logs: files packed or not, folders, standard input.

use crate::args::FormatArgs;
use crate::console::Console;
use brunt_logs::{Entry, Format, FormatError, Log, LogError, Skipped, open};
use brunt_traffic::{Census, Key, MOST_EVENTS, Observed, Observer, Part};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Logs that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("which log?\n  help: name a file, e.g. `brunt logs access.log`; `-` reads standard input")]
    None,
    #[error(
        "`--log-format {text}`: {source}\n  help: as in the server's configuration, e.g. `$remote_addr [$time_local] \"$request\" $status`"
    )]
    Format { text: String, source: FormatError },
    #[error("cannot read `{}`: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("`{}`: {source}", .path.display())]
    Log { path: PathBuf, source: LogError },
    #[error("`{}` holds no request{}\n  help: `brunt logs` reads access logs: a line a request, of nginx, Apache and others", .path.display(), example(.skipped))]
    Nothing { path: PathBuf, skipped: Skipped },
}

fn example(skipped: &Skipped) -> String {
    skipped
        .examples
        .first()
        .map_or_else(String::new, |(line, why, text)| format!(": line {line}: {why}: {text}"))
}

/// What was read.
pub(super) struct Logs {
    pub(super) observed: Observed,
    pub(super) census: Census,
}

/// The files that are meant: those of a folder by name.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ReadError> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let fail = |source| ReadError::File { path: path.clone(), source };
        let mut inside: Vec<PathBuf> = fs::read_dir(path)
            .map_err(fail)?
            .filter_map(|e| e.ok().map(|e| e.path()))
            .filter(|p| p.is_file())
            .collect();
        inside.sort();
        all.extend(inside);
    }
    if all.is_empty() { Err(ReadError::None) } else { Ok(all) }
}

/// The format that was given, if one was: a name, or a pattern.
pub(super) fn given(args: &FormatArgs) -> Result<Option<Format>, ReadError> {
    let Some(text) = &args.log_format else { return Ok(None) };
    let format = Format::named(text).map_or_else(|| Format::parse_log_format(text), Ok);
    format.map(Some).map_err(|source| ReadError::Format { text: text.clone(), source })
}

/// Reads them all as one log, and says what was understood and what was not.
pub(super) fn read(paths: &[PathBuf], format: &FormatArgs, console: Console) -> Result<Logs, ReadError> {
    let mut observer = Observer::default();
    let mut census = Census::default();
    observe(paths, format, console, |entry| {
        let kind = observer.take(entry);
        census.take(entry, kind);
    })?;
    Ok(Logs { observed: observer.finish(), census })
}

/// The same, to be put together with other parts: clients are hashed under a key.
pub(super) fn read_part(
    paths: &[PathBuf],
    format: &FormatArgs,
    key: Key,
    console: Console,
) -> Result<Part, ReadError> {
    let mut observer = Observer::new(MOST_EVENTS, key);
    observe(paths, format, console, |entry| {
        observer.take(entry);
    })?;
    Ok(observer.part())
}

fn observe(
    paths: &[PathBuf],
    format: &FormatArgs,
    console: Console,
    take: impl FnMut(&Entry<'_>),
) -> Result<(), ReadError> {
    for note in each(paths, given(format)?.as_ref(), take)? {
        console.note(note);
    }
    Ok(())
}

/// Hands every request of these logs on; what was understood and what was not comes back, in sentences.
pub(super) fn each(
    paths: &[PathBuf],
    format: Option<&Format>,
    mut take: impl FnMut(&Entry<'_>),
) -> Result<Vec<String>, ReadError> {
    let mut notes = Vec::new();
    for path in files(paths)? {
        one((&path, format), &mut take, &mut notes)?;
    }
    Ok(notes)
}

fn one(
    (path, format): (&Path, Option<&Format>),
    take: &mut impl FnMut(&Entry<'_>),
    notes: &mut Vec<String>,
) -> Result<(), ReadError> {
    let fail = |source| ReadError::File { path: path.to_owned(), source };
    let from: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(fail)?)
    };
    let from = open(from).map_err(fail)?;
    let mut log = match format {
        Some(format) => Log::with_format(from, format.clone()),
        None => Log::new(from),
    };
    let mut requests = 0_u64;
    loop {
        match log.entry() {
            Ok(Some(entry)) => {
                requests += 1;
                take(&entry);
            }
            Ok(None) => break,
            // What came before is as good as ever: a log that is cut off is still a log.
            Err(source) if requests > 0 => {
                notes.push(format!("`{}`, {source}: what came before is used", path.display()));
                break;
            }
            Err(source) => return Err(ReadError::Log { path: path.to_owned(), source }),
        }
    }
    let skipped = log.skipped();
    if requests == 0 {
        return Err(ReadError::Nothing { path: path.to_owned(), skipped: skipped.clone() });
    }
    let name = path.display();
    notes.push(format!("{name}: {requests} requests, {}", log.format().name()));
    if skipped.lines > 0 {
        notes.push(format!("{name}: {} lines are no requests; the first of them:", skipped.lines));
        notes
            .extend(skipped.examples.iter().map(|(line, why, text)| format!("  line {line}: {why}: {text}")));
    }
    Ok(())
}
