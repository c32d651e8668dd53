//! `brunt show`, `brunt export`: what was recorded.

use crate::args::{ExportArgs, ExportFormat, ShowArgs};
use crate::console::Console;
use crate::exit;
use crate::session::{Session, Show};
use brunt_gate::exit_code;
use brunt_report::{Timing, write_hlog, write_seconds_csv, write_summary_json};
use brunt_run::{Outlook, Reader, RunEvent, find_run};
use brunt_tui::PLAIN_INTERVAL;
use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

fn refuse(console: Console, error: impl Display) -> u8 {
    console.error(error);
    exit::USAGE
}

/// A verdict in a word or two.
pub(crate) const fn word(outlook: Outlook) -> &'static str {
    match outlook {
        Outlook::Cut => "cut",
        Outlook::Invalid => "not valid",
        Outlook::Failed => "failed",
        Outlook::StoppedEarly => "stopped early",
        Outlook::NotEnoughEvidence => "not enough evidence",
        Outlook::Warned => "passed, warned",
        Outlook::Passed => "passed",
    }
}

fn open(runs: &Path, what: &str) -> Result<Reader, Box<dyn Error>> {
    Ok(Reader::open(&find_run(runs, what)?)?)
}

/// `brunt show`. Its exit code is that of the run's verdict.
pub(crate) fn show(args: &ShowArgs, console: Console) -> u8 {
    let mut reader = match open(&args.runs, &args.run) {
        Ok(reader) => reader,
        Err(e) => return refuse(console, e),
    };
    let show = if args.replay { Show::to(console, PLAIN_INTERVAL) } else { Show::Silent };
    let mut session = Session::of_record(show, args.json, console);
    replay(&mut reader, &mut session, console);
    exit_code(session.finish())
}

/// Whether a record has all of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Yes,
    No,
}

/// Passes a record's events on, and says what is wrong with it. What a damaged record says of its run's end is held back: it
/// is behind the damage, and what is left must not pass for the whole.
pub(crate) fn replay(reader: &mut Reader, session: &mut Session, console: Console) -> Whole {
    let mut end = Vec::new();
    for event in reader.by_ref() {
        if matches!(event, RunEvent::Verdict(_) | RunEvent::Finished(_)) {
            end.push(event);
        } else {
            session.observe(&event);
        }
    }
    let ending = reader.ending();
    for torn in &ending.torn {
        console.note(format!("warning: {torn}"));
    }
    if ending.finished && ending.torn.is_empty() {
        for event in &end {
            session.observe(event);
        }
        return Whole::Yes;
    }
    console.note(if ending.finished {
        "warning: the record is damaged, so it counts as that of a run without an end"
    } else {
        "warning: the run has no end in the record: it was killed, or it still runs"
    });
    session.conclude_without_end();
    Whole::No
}

/// Whether somebody who read along had enough, as `head` has: no error of ours.
fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let kind = match error.downcast_ref::<io::Error>() {
        Some(io) => Some(io.kind()),
        // It does not name the error that it holds as its source.
        None => error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind),
    };
    kind == Some(io::ErrorKind::BrokenPipe) || error.source().is_some_and(is_broken_pipe)
}

/// `brunt export`.
pub(crate) fn export(args: &ExportArgs, console: Console) -> u8 {
    let reader = match open(&args.runs, &args.run) {
        Ok(reader) => reader,
        Err(e) => return refuse(console, e),
    };
    let out: Box<dyn Write> = match &args.output {
        None => Box::new(io::stdout().lock()),
        Some(path) => match File::create(path) {
            Ok(file) => Box::new(file),
            Err(e) => return refuse(console, format!("cannot write `{}`: {e}", path.display())),
        },
    };
    let mut out = BufWriter::new(out);
    let written = match args.to {
        ExportFormat::Hlog => write_hlog(reader, Timing::Response, &mut out),
        ExportFormat::HlogService => write_hlog(reader, Timing::Service, &mut out),
        ExportFormat::Csv => write_seconds_csv(reader, &mut out),
        ExportFormat::Json => write_summary_json(reader, &mut out),
    };
    let written = written.map_err(Box::<dyn Error>::from).and_then(|()| Ok(out.flush()?));
    match written {
        Ok(()) => 0,
        Err(e) if is_broken_pipe(e.as_ref()) => 0,
        Err(e) => {
            console.error(format!("the export is incomplete: {e}"));
            exit::INTERNAL
        }
    }
}
