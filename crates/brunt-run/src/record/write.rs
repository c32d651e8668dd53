//! Writes a run's record while it happens.

use super::{FormatVersion, RecordFile, RunFile, TOOL, Tool, frame, host, line, resources, second};
use crate::{RunEvent, RunHeader, Sink, Summary};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What a record begins with.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a> {
    /// The run.
    pub header: &'a RunHeader,
    /// The version of the program that writes, `0.1.0`.
    pub tool_version: &'a str,
    /// The plan as it was lowered, without secrets; kept as it is.
    pub plan: &'a serde_json::Value,
}

/// Why a record could not be begun. Nothing has run yet.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The folder holds a record.
    #[error("`{}` holds the record of a run already; name another folder with `--output`", .folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder or a file in it could not be made.
    #[error("cannot write the run's record to `{}`: {source}; name a folder that can be written with `--output`",
        .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The header or the plan is no JSON.
    #[error("cannot write the run's header as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The first thing that went wrong while a record was written. The record ends there; the run went on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordProblem {
    /// The system refused to write.
    #[error("cannot write `{}`: {reason}; the record ends there, the run does not", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Something is larger than the format allows.
    #[error(
        "{bytes} bytes are more than an entry of `{file}` may have; the record ends there, the run does not"
    )]
    TooLarge {
        /// Which file.
        file: RecordFile,
        /// How large.
        bytes: usize,
    },
    /// Something is no JSON.
    #[error("cannot write `{file}` as JSON: {reason}")]
    Json {
        /// Which file.
        file: RecordFile,
        /// Why.
        reason: String,
    },
}

/// Writes a record as events come.
///
/// A sealed second is handed to the system with one write before [`Sink::event`] returns, so that it survives
/// the end of the process at any moment; it is forced to disk only by [`finish`](Self::finish), so that a
/// power failure may cost the last seconds. Errors never panic and never reach the load: the first is kept
/// for [`take_problem`](Self::take_problem), and from then on nothing is written.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    seconds: File,
    events: File,
    /// Bytes of `seconds.brunt` written in whole frames.
    written: u64,
    lines_written: u64,
    body: Vec<u8>,
    frame: Vec<u8>,
    problem: Option<RecordProblem>,
    reported: bool,
}

impl Recorder {
    /// Begins a record in `folder`, which is made, with those above it, if it is not there. Refuses a folder
    /// that has a record.
    pub fn create(folder: &Path, what: &NewRecord<'_>) -> Result<Self, CreateError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| CreateError::Io { path, source }
        };
        fs::create_dir_all(folder).map_err(io(folder))?;
        let run = folder.join(RecordFile::Run.name());
        if run.exists() {
            return Err(CreateError::Exists { folder: folder.to_owned() });
        }
        let text = serde_json::to_vec_pretty(&RunFile {
            format: FormatVersion::CURRENT,
            tool: Tool { name: TOOL.to_owned(), version: what.tool_version.to_owned() },
            header: what.header.clone(),
            plan: what.plan.clone(),
        })?;
        write_whole(&run, &text).map_err(io(&run))?;
        let seconds_path = folder.join(RecordFile::Seconds.name());
        let mut seconds = fresh(&seconds_path).map_err(io(&seconds_path))?;
        seconds.write_all(&frame::head(FormatVersion::CURRENT)).map_err(io(&seconds_path))?;
        let events_path = folder.join(RecordFile::Events.name());
        let events = fresh(&events_path).map_err(io(&events_path))?;
        Ok(Self::with_files(folder.to_owned(), seconds, events))
    }

    fn with_files(folder: PathBuf, seconds: File, events: File) -> Self {
        Self {
            folder,
            seconds,
            events,
            written: frame::HEAD_LEN as u64,
            lines_written: 0,
            body: Vec::new(),
            frame: Vec::new(),
            problem: None,
            reported: false,
        }
    }

    /// Where the record is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bytes of seconds written so far.
    pub const fn bytes_written(&self) -> u64 {
        self.written
    }

    /// The first thing that went wrong, told once: for a warning. [`finish`](Self::finish) tells it again.
    pub fn take_problem(&mut self) -> Option<RecordProblem> {
        if std::mem::replace(&mut self.reported, self.problem.is_some()) {
            None
        } else {
            self.problem.clone()
        }
    }

    /// Whether something went wrong, and was told by [`take_problem`](Self::take_problem): the record ends early.
    pub const fn is_broken(&self) -> bool {
        self.reported
    }

    /// Writes the summary and forces the whole record to disk. To be called after
    /// [`RunEvent::Finished`]. The error is the first problem of the whole run.
    pub fn finish(self, summary: &Summary) -> Result<PathBuf, RecordProblem> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let problem = |file: RecordFile| {
            let path = self.folder.join(file.name());
            move |error: io::Error| RecordProblem::Io { path, reason: error.to_string() }
        };
        self.seconds.sync_all().map_err(problem(RecordFile::Seconds))?;
        self.events.sync_all().map_err(problem(RecordFile::Events))?;
        let text = summary
            .to_json()
            .map_err(|e| RecordProblem::Json { file: RecordFile::Summary, reason: e.to_string() })?;
        write_whole(&self.folder.join(RecordFile::Summary.name()), text.as_bytes())
            .map_err(problem(RecordFile::Summary))?;
        Ok(self.folder)
    }

    fn write_frame(&mut self, kind: u8) {
        self.frame.clear();
        if let Err(bytes) = frame::append(&mut self.frame, kind, &self.body) {
            self.problem = Some(RecordProblem::TooLarge { file: RecordFile::Seconds, bytes });
            return;
        }
        match self.seconds.write_all(&self.frame) {
            Ok(()) => self.written += self.frame.len() as u64,
            Err(error) => {
                // Half a frame helps nobody; if even this fails, readers recognise it.
                let _ = self.seconds.set_len(self.written);
                self.fail(RecordFile::Seconds, &error);
            }
        }
    }

    fn write_line(&mut self, event: &RunEvent) {
        let file = RecordFile::Events;
        match line::line(event, self.written) {
            None => {}
            Some(Err(error)) => {
                self.problem = Some(RecordProblem::Json { file, reason: error.to_string() });
            }
            Some(Ok(text)) if text.len() > line::MAX_LINE => {
                self.problem = Some(RecordProblem::TooLarge { file, bytes: text.len() });
            }
            Some(Ok(text)) => match self.events.write_all(&text) {
                Ok(()) => self.lines_written += text.len() as u64,
                Err(error) => {
                    let _ = self.events.set_len(self.lines_written);
                    self.fail(file, &error);
                }
            },
        }
    }

    fn fail(&mut self, file: RecordFile, error: &io::Error) {
        self.problem =
            Some(RecordProblem::Io { path: self.folder.join(file.name()), reason: error.to_string() });
    }
}

impl Sink for Recorder {
    fn event(&mut self, event: &RunEvent) {
        if self.problem.is_some() {
            return;
        }
        match event {
            // The header was written when the record was begun.
            RunEvent::Started(_) => {}
            RunEvent::Second(sealed) => {
                self.body.clear();
                second::encode(sealed, &mut self.body);
                self.write_frame(frame::KIND_SECOND);
            }
            RunEvent::Host(seen) => {
                self.body.clear();
                host::encode(seen, &mut self.body);
                self.write_frame(frame::KIND_HOST);
            }
            RunEvent::Resources(seen) => {
                self.body.clear();
                resources::encode(seen, &mut self.body);
                self.write_frame(frame::KIND_RESOURCES);
            }
            RunEvent::Phase(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::ErrorDetail(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_)
            | RunEvent::Finished(_) => self.write_line(event),
        }
    }
}

fn fresh(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create_new(true).open(path)
}

/// Writes a file whole or not at all: under another name first, forced to disk, then renamed.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("json.part");
    let mut file = File::create(&draft)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(&draft);
        return written;
    }
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::samples;
    use crate::{Warning, WarningKind};
    use brunt_metrics::Nanos;

    /// A device on which no space is left.
    #[cfg(target_os = "linux")]
    fn full() -> File {
        OpenOptions::new().write(true).open("/dev/full").unwrap()
    }

    fn warning() -> RunEvent {
        RunEvent::Warning(Warning { at: Nanos(1), kind: WarningKind::Plan, text: "t".to_owned() })
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_once_and_stops_the_writing() {
        let folder = tempfile::tempdir().unwrap();
        let events = folder.path().join("events.jsonl");
        let mut recorder = Recorder::with_files("runs/x".into(), full(), fresh(&events).unwrap());
        assert_eq!(recorder.take_problem(), None);
        let second = RunEvent::Second(Box::new(samples::seconds(1).remove(0)));
        recorder.event(&second);
        recorder.event(&warning());
        recorder.event(&second);
        let problem = recorder.take_problem().unwrap();
        insta::assert_snapshot!(problem, @"cannot write `runs/x/seconds.brunt`: No space left on device (os error 28); the record ends there, the run does not");
        assert_eq!(recorder.take_problem(), None);
        assert_eq!(fs::read(&events).unwrap(), b"");
        assert_eq!(recorder.bytes_written(), 12);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_under_the_events_is_told_too() {
        let folder = tempfile::tempdir().unwrap();
        let seconds = fresh(&folder.path().join("s")).unwrap();
        let mut recorder = Recorder::with_files("runs/x".into(), seconds, full());
        recorder.event(&warning());
        assert!(matches!(recorder.take_problem(), Some(RecordProblem::Io { .. })));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name| fresh(&folder.path().join(name)).unwrap();
        let mut recorder = Recorder::with_files("runs/x".into(), file("s"), file("e"));
        let text = "x".repeat(line::MAX_LINE);
        recorder.event(&RunEvent::Warning(Warning { at: Nanos(1), kind: WarningKind::Plan, text }));
        assert!(matches!(
            recorder.take_problem(),
            Some(RecordProblem::TooLarge { file: RecordFile::Events, .. })
        ));
    }
}
