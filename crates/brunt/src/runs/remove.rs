//! `brunt runs rm` and `prune`: records that are no longer needed.
//!
//! Removed is only what is certainly a record: a folder with a `run.json` that lies in the folder of records itself, and is no
//! link to another place. Runs that a baseline keeps, and runs that may still go on, are left alone. It is asked first.

use super::filter::{ago, filter};
use super::list::state;
use super::{Refused, meant};
use crate::args::{ConsentArgs, PruneArgs, RmArgs, WhereArgs};
use crate::baseline::Baselines;
use crate::compare::clean;
use crate::console::{Console, unix_ms};
use crate::history;
use crate::interactive::Questions;
use brunt_history::{History, Place, Row, State};
use brunt_run::Reader;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

/// The file that every record has.
const RECORD: &str = "run.json";

pub(super) fn rm(args: &RmArgs, console: Console) -> Result<(), Refused> {
    let history = history::opened(&args.places)?;
    let mut rows: Vec<Row> = Vec::new();
    for word in &args.run {
        let row = meant(&history, word)?;
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    let marks = Baselines::load(&args.places.runs)?.marks();
    if let Some((row, names)) = rows.iter().find_map(|row| Some((row, marks.get(&row.id)?))) {
        let text = format!(
            "`{}` is kept by the baseline `{}`\n  help: `brunt baseline remove` it, or set it anew with `--replace`, first",
            row.id,
            names.join("`, `")
        );
        return Err(text.into());
    }
    remove(&history, &rows, (args.consent, &args.places), console)
}

pub(super) fn prune(args: &PruneArgs, console: Console) -> Result<(), Refused> {
    let places = &args.places;
    let now = unix_ms();
    let before =
        match args.older_than.as_deref() {
            None => u64::MAX,
            Some(word) => now.saturating_sub(ago(word).ok_or_else(|| {
                format!("`--older-than {word}` is no time\n  help: write e.g. 30d, 12h or 2w")
            })?),
        };
    let history = history::opened(places)?;
    let rows = history.runs(&filter(&args.filter, &places.runs, now)?)?;
    let marks = Baselines::load(&places.runs)?.marks();
    let keep = usize::try_from(args.keep.unwrap_or(0)).unwrap_or(usize::MAX);
    // Those without an end may still run: they count for nothing, and stay.
    let (ended, open): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.state == State::Finished);
    // A server's has runs of others as well: one machine does not clear up for all.
    let (here, elsewhere): (Vec<Row>, Vec<Row>) = match history.place() {
        Place::Folder(_) => (ended, Vec::new()),
        Place::Server { .. } => ended.into_iter().partition(|row| is_record(&places.runs, row).is_ok()),
    };
    if !elsewhere.is_empty() {
        let (runs, their) = (counted(elsewhere.len()), places.runs.display());
        console.note(format!("stays     {runs} without a record in `{their}`: `brunt runs rm` forgets them"));
    }
    let old = here.into_iter().skip(keep).filter(|row| row.started_unix_ms < before);
    let (kept, gone): (Vec<Row>, Vec<Row>) = old.partition(|row| marks.contains_key(&row.id));
    for row in kept.iter().chain(&open) {
        let why = match marks.get(&row.id) {
            Some(names) => format!("kept by the baseline `{}`", names.join("`, `")),
            None => format!("{}: `brunt runs rm` removes it", state(row)),
        };
        console.note(clean(&format!("stays     {}  {why}", row.id)));
    }
    if gone.is_empty() {
        console.note("nothing to remove");
        return Ok(());
    }
    remove(&history, &gone, (args.consent, places), console)
}

/// How a run goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goes {
    WithRecord,
    /// Its record is on another machine, or gone: a server's history would never be rid of it.
    FromHistory,
}

fn remove(
    history: &History,
    rows: &[Row],
    (consent, places): (ConsentArgs, &WhereArgs),
    console: Console,
) -> Result<(), Refused> {
    // All are looked at before the first is removed.
    let mut gone: Vec<(&Row, Goes)> = Vec::new();
    for row in rows {
        let goes = match (is_record(&places.runs, row), history.place()) {
            (Ok(()), _) => Goes::WithRecord,
            (Err(_), Place::Server { .. }) => Goes::FromHistory,
            (Err(why), Place::Folder(_)) => {
                let help = "remove it yourself, if you are sure";
                return Err(format!("`{}` is not removed: {why}\n  help: {help}", row.id).into());
            }
        };
        gone.push((row, goes));
    }
    let word = if consent.yes { "goes" } else { "would go" };
    for (row, goes) in &gone {
        let what = match goes {
            Goes::WithRecord => "",
            Goes::FromHistory => ", from the history only: its record is not here",
        };
        console.println(clean(&format!("{word:<8}  {}  {}{what}", row.id, state(row))));
    }
    if consent.dry_run || !agreed(rows.len(), consent, console)? {
        return Ok(());
    }
    for (row, goes) in &gone {
        if *goes == Goes::WithRecord {
            let folder = places.runs.join(&row.id);
            fs::remove_dir_all(&folder).map_err(|e| format!("cannot remove `{}`: {e}", folder.display()))?;
        }
        history.forget(row)?;
    }
    console.println(format!("removed   {}", counted(rows.len())));
    Ok(())
}

fn counted(runs: usize) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") }
}

fn agreed(runs: usize, consent: ConsentArgs, console: Console) -> Result<bool, Refused> {
    if consent.yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        return Err(
            format!("{} would be removed for good\n  help: say so with `--yes`", counted(runs)).into()
        );
    }
    let mut questions = Questions::new(io::stdin().lock(), console);
    let answer = questions
        .ask(&format!("Remove {} for good? (yes or no)", counted(runs)), "no")
        .map_err(|e| e.to_string())?;
    Ok(["y", "yes"].contains(&answer.to_lowercase().as_str()))
}

/// Whether the record of a run is in the folder of records itself; if not, why.
fn is_record(runs: &Path, row: &Row) -> Result<(), String> {
    is_record_folder(runs, &row.id)?;
    // One that cannot be opened has no id of its own, and is known by its folder alone.
    if row.run_id.is_empty() {
        return Ok(());
    }
    let reader = Reader::open(&runs.join(&row.id)).map_err(|e| format!("its record cannot be read: {e}"))?;
    if reader.header().id == row.run_id {
        Ok(())
    } else {
        Err(format!("`{}` is another run's record", runs.join(&row.id).display()))
    }
}

/// Whether a name is that of a record in the folder of records itself; if not, why.
fn is_record_folder(runs: &Path, id: &str) -> Result<(), String> {
    if Path::new(id).file_name().is_none_or(|name| name != id) {
        return Err("that is no folder's name".to_owned());
    }
    let folder = runs.join(id);
    let about =
        fs::symlink_metadata(&folder).map_err(|_| format!("its record is not in `{}`", runs.display()))?;
    if about.file_type().is_symlink() {
        return Err("it is a link to another place".to_owned());
    }
    if !about.is_dir() || !folder.join(RECORD).is_file() {
        return Err(format!("it has no `{RECORD}`, so it is no record"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_records_in_the_folder_itself() {
        let all = tempfile::tempdir().expect("a folder");
        let runs = all.path().join("runs");
        for folder in ["runs/good", "runs/empty", "outside"] {
            fs::create_dir_all(all.path().join(folder)).expect("a folder");
        }
        for record in ["runs/good", "outside"] {
            fs::write(all.path().join(record).join(RECORD), "{}").expect("a file");
        }
        fs::write(runs.join("file"), "x").expect("a file");
        std::os::unix::fs::symlink(all.path().join("outside"), runs.join("link")).expect("a link");
        for (id, part) in [
            ("good", None),
            ("empty", Some("no `run.json`")),
            ("file", Some("no `run.json`")),
            ("link", Some("a link")),
            ("nowhere", Some("is not in")),
            ("../outside", Some("no folder's name")),
            ("..", Some("no folder's name")),
            (".", Some("no folder's name")),
            ("good/..", Some("no folder's name")),
            ("/", Some("no folder's name")),
            ("", Some("no folder's name")),
        ] {
            match (is_record_folder(&runs, id), part) {
                (Ok(()), None) => {}
                (Err(why), Some(part)) => assert!(why.contains(part), "{id}: {why}"),
                (got, _) => panic!("{id}: {got:?}"),
            }
        }
    }
}
