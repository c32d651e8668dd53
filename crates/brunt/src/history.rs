//! The history of runs: where it is, and how a run gets into it at its end.

use crate::args::{HistoryArgs, WhereArgs};
use crate::console::{Console, env};
use crate::run::RUNS;
use brunt_history::{History, HistoryError, Place};
use std::path::Path;

/// Says where the history is, where `--history` does not: a password is better there than among a command's arguments.
const VARIABLE: &str = "BRUNT_HISTORY";

/// Where the history of the records in `runs` is.
pub(crate) fn place(args: &HistoryArgs, runs: &Path) -> Result<Place, HistoryError> {
    let asked = args.history.clone().or_else(|| env(VARIABLE));
    Place::of(asked.as_deref(), runs)
}

/// The history, opened. One beside the records takes up what it missed; a server's has what was sent to it.
pub(crate) fn opened(args: &WhereArgs) -> Result<History, HistoryError> {
    let place = place(&args.history, &args.runs)?;
    let history = History::open(&place)?;
    match place {
        Place::Folder(_) => {
            history.refresh()?;
        }
        Place::Server { .. } => {}
    }
    Ok(history)
}

/// Puts a run that has ended into the history. That must not fail the run: what went wrong is a warning.
pub(crate) fn note(args: &HistoryArgs, record: &Path, console: Console) {
    let Err(error) = add(args, record) else { return };
    let server = if args.history.is_some() { " --history URL" } else { "" };
    console.note(format!(
        "warning: the run is not in the history: {error}\n  help: `brunt runs --rebuild{server}` adds it later"
    ));
}

fn add(args: &HistoryArgs, record: &Path) -> Result<(), HistoryError> {
    let place = place(args, Path::new(RUNS))?;
    // The file beside the records is of these alone.
    if matches!(place, Place::Folder(_)) && record.parent() != Some(Path::new(RUNS)) {
        return Ok(());
    }
    History::open(&place)?.add(record).map(drop)
}
