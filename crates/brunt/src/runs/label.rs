//! `brunt runs label`: words to find runs by, given and taken away.

use super::list::labels;
use super::{Refused, meant};
use crate::args::{LabelCommand, WhereArgs};
use crate::compare::clean;
use crate::console::Console;
use crate::history;
use brunt_run::{Reader, parse_labels, set_labels};
use std::collections::BTreeMap;

pub(super) fn label(command: &LabelCommand, console: Console) -> Result<(), Refused> {
    match command {
        LabelCommand::Add { run, labels, places } => {
            let given = parse_labels(labels)?;
            change((run, places), console, |had| {
                had.extend(given);
                Ok(())
            })
        }
        LabelCommand::Remove { run, names, places } => change((run, places), console, |had| {
            for name in names {
                if had.remove(name).is_none() {
                    let has = had.keys().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
                    let has = if has.is_empty() { "none".to_owned() } else { has };
                    return Err(format!("the run has no label `{name}`\n  help: it has: {has}"));
                }
            }
            Ok(())
        }),
    }
}

/// Changes the labels beside a run's record, which both the history here and a server's are made of.
fn change(
    (run, places): (&str, &WhereArgs),
    console: Console,
    change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<(), String>,
) -> Result<(), Refused> {
    let history = history::opened(places)?;
    let row = meant(&history, run)?;
    let reader = Reader::open(&row.folder)?;
    if reader.header().id != row.run_id {
        let text = format!(
            "the record of `{}` is not here: `{}` holds another run\n  help: labels are changed where the record is",
            row.full_id(),
            row.folder.display()
        );
        return Err(text.into());
    }
    let mut had = brunt_run::labels(&row.folder, reader.header())?;
    change(&mut had)?;
    set_labels(&row.folder, &had)?;
    let row = history.add(&row.folder)?;
    console.println(clean(&format!("{}  {}", row.id, labels(&row))).trim_end());
    Ok(())
}
