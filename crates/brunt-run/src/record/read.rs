//! Reads a run's record: the same events in the same order, as far as they are whole.

use super::frame::{self, FrameReader, Next, Tear};
use super::line::{LineReader, NextLine};
use super::wire::Cursor;
use super::{FormatVersion, RecordFile, RunFile, host, resources, second};
use crate::{RunEvent, RunHeader, Sink, Summary, SummaryError};
use serde::Deserialize;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Take};
use std::path::{Path, PathBuf};

/// Why a record could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no record there.
    #[error("`{}` holds no run's record: it has no `run.json`; `brunt runs` lists the records there are",
        .folder.display())]
    NotARecord {
        /// The folder.
        folder: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read `{}`: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `run.json` is not what it should be.
    #[error("`{}` is damaged, so that the run's names are lost: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A later version wrote it.
    #[error(
        "`{}` was written by brunt {written_by} in format {found}, and this version reads formats up to {}.x; \
         read it with brunt {written_by} or later",
        .path.display(), FormatVersion::CURRENT.major
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: FormatVersion,
        /// The version that can read it.
        written_by: String,
    },
    /// The summary is not what it should be.
    #[error("`{}`: {source}", .path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SummaryError,
    },
}

/// The part of a file that could not be read. All that stood before it was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Which file.
    pub file: RecordFile,
    /// Where its readable part ends.
    pub at_byte: u64,
    /// How many bytes follow, or are known to be missing.
    pub lost_bytes: u64,
    /// Why.
    pub reason: TearReason,
}

/// Why a part of a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TearReason {
    /// The file ends inside an entry: its writer was killed, or still writes.
    Cut,
    /// An entry's checksum does not match.
    Checksum,
    /// An entry is whole but makes no sense.
    Undecodable(String),
    /// The system could not read on.
    Unreadable(String),
    /// The file ends behind a whole entry, but more had been written.
    Missing,
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, at_byte, lost_bytes, reason } = self;
        write!(f, "{file} is readable up to byte {at_byte}; {lost_bytes} bytes behind it are lost: ")?;
        match reason {
            TearReason::Cut => f.write_str("the file ends inside an entry"),
            TearReason::Checksum => f.write_str("an entry's checksum does not match"),
            TearReason::Undecodable(why) => write!(f, "an entry cannot be understood ({why})"),
            TearReason::Unreadable(why) => write!(f, "{why}"),
            TearReason::Missing => f.write_str("the file was shortened after it was written"),
        }
    }
}

/// How the reading of a record ended. Complete once the [`Reader`] has delivered its last event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// Whether [`RunEvent::Finished`] was there: if not, the run was killed or still runs.
    pub finished: bool,
    /// What could not be read; at most one entry a file.
    pub torn: Vec<Torn>,
    /// Entries of later versions that were passed over.
    pub passed_over: u64,
}

/// An iterator over the events of a record, in the order in which they happened, beginning with
/// [`RunEvent::Started`]. Holds one second at a time, however long the run was. Damage ends the delivery of
/// a file, never with a panic, and is told in [`ending`](Self::ending).
#[derive(Debug)]
pub struct Reader {
    folder: PathBuf,
    run: RunFile,
    started: bool,
    frames: Option<FrameReader<Take<BufReader<File>>>>,
    lines: Option<LineReader<BufReader<File>>>,
    next_line: Option<(u64, Option<RunEvent>)>,
    /// Where the intact part of the seconds ends.
    seconds_end: u64,
    seconds_len: u64,
    events_len: u64,
    ending: Ending,
}

impl Reader {
    /// Opens the record in `folder`.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let run = read_run_file(folder)?;
        let mut ending = Ending::default();
        let seconds = open_file(&folder.join(RecordFile::Seconds.name()))?;
        let events = open_file(&folder.join(RecordFile::Events.name()))?;
        let seconds_len = seconds.as_ref().map_or(0, |(_, len)| *len);
        let events_len = events.as_ref().map_or(0, |(_, len)| *len);
        let frames = match seconds {
            Some((file, len)) => frames(folder, &run, BufReader::new(file).take(len), &mut ending)?,
            None => None,
        };
        Ok(Self {
            folder: folder.to_owned(),
            run,
            started: false,
            seconds_end: frames.as_ref().map_or(0, FrameReader::intact),
            frames,
            lines: events.map(|(file, _)| LineReader::new(BufReader::new(file))),
            next_line: None,
            seconds_len,
            events_len,
            ending,
        })
    }

    /// Where the record is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What ran.
    pub const fn header(&self) -> &RunHeader {
        &self.run.header
    }

    /// The plan as it was lowered.
    pub const fn plan(&self) -> &serde_json::Value {
        &self.run.plan
    }

    /// The format that it was written in.
    pub const fn format(&self) -> FormatVersion {
        self.run.format
    }

    /// The version of brunt that wrote it.
    pub fn tool_version(&self) -> &str {
        &self.run.tool.version
    }

    /// The summary that was written at the end; `None` if the run did not get there.
    pub fn summary(&self) -> Result<Option<Summary>, OpenError> {
        read_summary(&self.folder)
    }

    /// How the reading ended. Complete once the iterator has.
    pub const fn ending(&self) -> &Ending {
        &self.ending
    }

    /// Sends every event to `sink` and says how it ended.
    pub fn replay(mut self, sink: &mut dyn Sink) -> Ending {
        for event in self.by_ref() {
            sink.event(&event);
        }
        self.ending
    }

    fn fill_line(&mut self) {
        if self.next_line.is_some() {
            return;
        }
        let Some(lines) = &mut self.lines else { return };
        let tear = match lines.read() {
            NextLine::Line { after, event } => {
                self.next_line = Some((after, event));
                return;
            }
            NextLine::End => None,
            NextLine::Torn(tear) => Some(tear),
        };
        let at_byte = lines.intact();
        self.lines = None;
        if let Some(tear) = tear {
            let lost_bytes = self.events_len.saturating_sub(at_byte);
            let torn = Torn { file: RecordFile::Events, at_byte, lost_bytes, reason: reason(tear) };
            self.ending.torn.push(torn);
        }
    }

    /// The next second's event, or `None` once the seconds have ended for good.
    fn next_frame(&mut self) -> Option<RunEvent> {
        loop {
            let frames = self.frames.as_mut()?;
            let tear = match frames.read() {
                Next::Frame(kind) => match decode(kind, frames.body()) {
                    Ok(event) => {
                        frames.accept();
                        self.seconds_end = frames.intact();
                        if event.is_some() {
                            return event;
                        }
                        self.ending.passed_over += 1;
                        continue;
                    }
                    Err(tear) => Some(tear),
                },
                Next::End => None,
                Next::Torn(tear) => Some(tear),
            };
            self.frames = None;
            if let Some(tear) = tear {
                let (at_byte, file) = (self.seconds_end, RecordFile::Seconds);
                let lost_bytes = self.seconds_len.saturating_sub(at_byte);
                self.ending.torn.push(Torn { file, at_byte, lost_bytes, reason: reason(tear) });
            }
        }
    }

    /// Notes that `seconds.brunt` once reached to `after`, if no tear explains already why it does not.
    fn note_missing(&mut self, after: u64) {
        let (file, at_byte) = (RecordFile::Seconds, self.seconds_end);
        let lost_bytes = after - at_byte;
        match self.ending.torn.iter_mut().find(|t| t.file == file) {
            Some(known) if known.reason == TearReason::Missing => known.lost_bytes = lost_bytes,
            Some(_) => {}
            None => self.ending.torn.push(Torn { file, at_byte, lost_bytes, reason: TearReason::Missing }),
        }
    }

    fn take_line(&mut self) -> Option<RunEvent> {
        let (after, event) = self.next_line.take()?;
        if after > self.seconds_end {
            self.note_missing(after);
        }
        self.ending.finished |= matches!(event, Some(RunEvent::Finished(_)));
        self.ending.passed_over += u64::from(event.is_none());
        event
    }
}

impl Iterator for Reader {
    type Item = RunEvent;

    fn next(&mut self) -> Option<RunEvent> {
        if !std::mem::replace(&mut self.started, true) {
            return Some(RunEvent::Started(Box::new(self.run.header.clone())));
        }
        loop {
            self.fill_line();
            let due = self.next_line.as_ref().is_some_and(|(after, _)| *after <= self.seconds_end);
            if !due && let Some(event) = self.next_frame() {
                return Some(event);
            }
            // The seconds have ended, or wait for this line: without one, all is told.
            self.next_line.as_ref()?;
            if let Some(event) = self.take_line() {
                return Some(event);
            }
        }
    }
}

/// The summary in `folder`; `None` if there is none.
pub(super) fn read_summary(folder: &Path) -> Result<Option<Summary>, OpenError> {
    let path = folder.join(RecordFile::Summary.name());
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(OpenError::Io { path, source }),
    };
    Summary::from_json(&text).map(Some).map_err(|source| OpenError::Summary { path, source })
}

fn read_run_file(folder: &Path) -> Result<RunFile, OpenError> {
    /// What every version of the file has.
    #[derive(Deserialize)]
    struct Versions {
        format: FormatVersion,
        tool: super::Tool,
    }
    let path = folder.join(RecordFile::Run.name());
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(OpenError::NotARecord { folder: folder.to_owned() });
        }
        Err(source) => return Err(OpenError::Io { path, source }),
    };
    let damaged = |e: serde_json::Error| OpenError::Damaged { path: path.clone(), reason: e.to_string() };
    let Versions { format, tool } = serde_json::from_slice(&text).map_err(damaged)?;
    if format.major > FormatVersion::CURRENT.major {
        return Err(OpenError::TooNew { path, found: format, written_by: tool.version });
    }
    serde_json::from_slice(&text).map_err(damaged)
}

/// A file and its length now; `None` if it is not there, as after a kill in the record's first moment.
fn open_file(path: &Path) -> Result<Option<(File, u64)>, OpenError> {
    let opened = File::open(path).and_then(|file| file.metadata().map(|m| (file, m.len())));
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OpenError::Io { path: path.to_owned(), source }),
    }
}

/// Reads the head; a torn head is no error, as the names and events can still be read.
fn frames(
    folder: &Path,
    run: &RunFile,
    mut source: Take<BufReader<File>>,
    ending: &mut Ending,
) -> Result<Option<FrameReader<Take<BufReader<File>>>>, OpenError> {
    let path = folder.join(RecordFile::Seconds.name());
    let lost_bytes = source.limit();
    let mut torn = |reason| {
        ending.torn.push(Torn { file: RecordFile::Seconds, at_byte: 0, lost_bytes, reason });
        Ok(None)
    };
    let mut head = [0; frame::HEAD_LEN];
    match source.read_exact(&mut head) {
        Ok(()) => {}
        Err(_) if lost_bytes == 0 => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return torn(TearReason::Cut),
        Err(source) => return Err(OpenError::Io { path, source }),
    }
    match frame::version_of(&head) {
        None => torn(TearReason::Undecodable("it does not begin as a file of seconds".to_owned())),
        Some(found) if found.major > FormatVersion::CURRENT.major => {
            Err(OpenError::TooNew { path, found, written_by: run.tool.version.clone() })
        }
        Some(_) => Ok(Some(FrameReader::new(source))),
    }
}

/// The event of a frame; `None` if its kind is of a later version.
fn decode(kind: u8, body: &[u8]) -> Result<Option<RunEvent>, Tear> {
    let mut cursor = Cursor::new(body);
    let event = match kind {
        frame::KIND_SECOND => second::decode(&mut cursor).map(|s| RunEvent::Second(Box::new(s))),
        frame::KIND_HOST => host::decode(&mut cursor).map(|h| RunEvent::Host(Box::new(h))),
        frame::KIND_RESOURCES => resources::decode(&mut cursor).map(|r| RunEvent::Resources(Box::new(r))),
        _ => return Ok(None),
    };
    event.map(Some).map_err(|e| Tear::Undecodable(e.to_string()))
}

fn reason(tear: Tear) -> TearReason {
    match tear {
        Tear::Cut => TearReason::Cut,
        Tear::Checksum => TearReason::Checksum,
        Tear::Undecodable(why) => TearReason::Undecodable(why),
        Tear::Unreadable(why) => TearReason::Unreadable(why),
    }
}
