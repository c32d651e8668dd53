//! `brunt runs`: the history of runs, listed, followed, labelled, cleared.
//!
//! What is shown comes from the index (`brunt-history`), which is brought up to date first; what is changed is changed in the
//! records, and the index follows.

mod filter;

mod label;

mod list;

mod remove;

mod table;

mod trend;

pub(crate) use list::state;
pub(crate) use trend::steps;

use crate::args::{RunsArgs, RunsCommand};
use crate::compare::clean;
use crate::console::Console;
use crate::exit;
use brunt_history::{Filter, History, Place, Row};
use std::path::Path;

/// Why a command could not do what it was asked for.
type Refused = Box<dyn std::error::Error>;

/// The word for the newest run.
const LAST: &str = "last";
/// The most ids that an error names.
const MOST_NAMED: usize = 5;

/// `brunt runs`.
pub(crate) fn runs(args: &RunsArgs, console: Console) -> u8 {
    let done = match &args.command {
        None => list::list(&args.list, console),
        Some(RunsCommand::Trend(args)) => trend::trend(args, console),
        Some(RunsCommand::Label(args)) => label::label(&args.command, console),
        Some(RunsCommand::Rm(args)) => remove::rm(args, console),
        Some(RunsCommand::Prune(args)) => remove::prune(args, console),
    };
    match done {
        Ok(()) => 0,
        Err(error) => {
            console.error(clean(&error.to_string()));
            exit::USAGE
        }
    }
}

/// What is said to have runs: the folder, or the server.
fn holder(place: &Place) -> String {
    match place {
        Place::Folder(runs) => runs.display().to_string(),
        Place::Server { .. } => place.to_string(),
    }
}

/// The run that a word means: an id, the only one that begins so, a record's folder, or `last`.
fn meant(history: &History, word: &str) -> Result<Row, Refused> {
    let rows = history.runs(&Filter::default())?;
    let none = || format!("there are no runs in `{}`; `brunt run` makes one", holder(history.place()));
    if word == LAST {
        return rows.into_iter().next().ok_or_else(|| none().into());
    }
    // A folder's path, as a shell completes it, means the record in it.
    let path = Path::new(word.trim_end_matches('/'));
    let inside = path.parent() == Some(history.place().runs());
    let name = path.file_name().filter(|_| inside).map(|n| n.to_string_lossy().into_owned());
    let word = name.as_deref().unwrap_or(word);
    let tiers: [fn(&Row, &str) -> bool; 4] = [
        |row, word| row.id == word,
        |row, word| row.run_id == word,
        |row, word| row.full_id() == word,
        |row, word| !word.is_empty() && (row.id.starts_with(word) || row.run_id.starts_with(word)),
    ];
    let found = tiers.iter().map(|is_so| rows.iter().filter(|row| is_so(row, word)).collect::<Vec<&Row>>());
    match found.into_iter().find(|rows| !rows.is_empty()).unwrap_or_default().as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(format!(
            "there is no run `{word}` in `{}`; `brunt runs` lists them, `last` is the newest",
            history.place()
        )
        .into()),
        several => Err(ambiguous(word, several).into()),
    }
}

/// Says which runs a word may mean, so that each can be told from the others.
fn ambiguous(word: &str, rows: &[&Row]) -> String {
    // On a server, folders of one name meet.
    let is_namesake = rows.iter().all(|row| row.id == word);
    let id = |row: &&Row| format!("`{}`", if is_namesake { row.full_id() } else { row.id.clone() });
    let mut ids: Vec<String> = rows.iter().take(MOST_NAMED).map(id).collect();
    if rows.len() > MOST_NAMED {
        ids.push(format!("and {} more", rows.len() - MOST_NAMED));
    }
    let next = if is_namesake { "give one of these" } else { "add more of the id" };
    format!("`{word}` may mean {} runs: {}; {next}", rows.len(), ids.join(", "))
}
