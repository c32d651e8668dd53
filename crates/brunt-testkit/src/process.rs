//! A program that runs, and what it printed.
//!
//! Three threads a program: one reads each stream, so that a full pipe never stops it; one waits for its end. The
//! test's own thread waits on channels only, with a limit.

use crate::Filters;
use rustix::process::{Pid, Signal, kill_process};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A program that runs, in the folder of a context that must outlive it. Dropping it before its end kills it.
#[derive(Debug)]
pub struct Running<'a> {
    id: Pid,
    shown: String,
    ended: Receiver<std::io::Result<ExitStatus>>,
    has_ended: bool,
    stdout: Stream,
    stderr: Stream,
    limit: Duration,
    filters: &'a Filters,
}

/// What a stream has said so far, and its lines as they come.
#[derive(Debug)]
struct Stream {
    text: Arc<Mutex<String>>,
    lines: Receiver<String>,
}

/// What a program left behind.
#[derive(Clone, Debug)]
pub struct Captured {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Its standard output, bytes that are no UTF-8 replaced.
    pub stdout: String,
    /// Its standard error, likewise.
    pub stderr: String,
    filters: Filters,
}

/// Starts a program whose streams are captured.
pub(crate) fn start(mut command: Command, limit: Duration, filters: &Filters) -> Running<'_> {
    let shown = format!("{command:?}");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let id = Pid::from_child(&child);
    let stdout = Stream::of(child.stdout.take().expect("a pipe was asked for"));
    let stderr = Stream::of(child.stderr.take().expect("a pipe was asked for"));
    let (send, ended) = channel();
    std::thread::spawn(move || {
        let mut child: Child = child;
        // Nobody listens any more if the test is over.
        let _ = send.send(child.wait());
    });
    Running { id, shown, ended, has_ended: false, stdout, stderr, limit, filters }
}

impl Stream {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let (send, lines) = channel();
        let writer = Arc::clone(&text);
        std::thread::spawn(move || {
            let mut reader = BufReader::new(pipe);
            let mut bytes = Vec::new();
            while reader.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
                let line = String::from_utf8_lossy(&bytes).into_owned();
                bytes.clear();
                writer.lock().expect("no reader panics").push_str(&line);
                let _ = send.send(line.trim_end().to_owned());
            }
        });
        Self { text, lines }
    }

    /// All of it, once the program closed its end; what came so far if a child of its own keeps it open.
    fn all(&self, limit: Duration) -> String {
        while self.lines.recv_timeout(limit).is_ok() {}
        self.so_far()
    }

    fn so_far(&self) -> String {
        self.text.lock().expect("no reader panics").clone()
    }
}

impl Running<'_> {
    /// Waits for the next line of standard output for which `pick` has an answer, and returns that. Panics if none
    /// comes in time: `wait_for_line(|line| line.strip_prefix("listening on ").map(str::to_owned))`.
    pub fn wait_for_line<T>(&self, pick: impl FnMut(&str) -> Option<T>) -> T {
        self.wait_for(&self.stdout, pick)
    }

    /// The same on standard error.
    pub fn wait_for_error_line<T>(&self, pick: impl FnMut(&str) -> Option<T>) -> T {
        self.wait_for(&self.stderr, pick)
    }

    fn wait_for<T>(&self, stream: &Stream, mut pick: impl FnMut(&str) -> Option<T>) -> T {
        loop {
            match stream.lines.recv_timeout(self.limit) {
                Ok(line) => {
                    if let Some(found) = pick(&line) {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{}: no such line came{}", self.shown, self.printed())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("{}: ended without such a line{}", self.shown, self.printed())
                }
            }
        }
    }

    /// Sends the signal of a Ctrl-C.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Ends the program at once, as `kill -9` does.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if !self.has_ended {
            // It may have ended by itself just now; then there is nobody to tell.
            let _ = kill_process(self.id, signal);
        }
    }

    /// Waits for the program's end. Panics, and kills it, if that takes too long.
    pub fn wait(mut self) -> Captured {
        let status = match self.ended.recv_timeout(self.limit) {
            Ok(status) => status.expect("a child of this process"),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                self.kill();
                panic!("{}: no end within {:?}{}", self.shown, self.limit, self.printed());
            }
        };
        self.has_ended = true;
        let (stdout, stderr) = (self.stdout.all(self.limit), self.stderr.all(self.limit));
        Captured { code: status.code(), stdout, stderr, filters: self.filters.clone() }
    }

    fn printed(&self) -> String {
        format!("\n--- stdout\n{}--- stderr\n{}", self.stdout.so_far(), self.stderr.so_far())
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.has_ended && self.ended.try_recv().is_err() {
            self.kill();
        }
    }
}

impl Captured {
    /// Exit code and both streams in one text, filtered: what a snapshot holds. Empty streams are left out.
    pub fn snapshot(&self) -> String {
        let mut text = match self.code {
            Some(code) => format!("exit: {code}\n"),
            None => "ended by a signal\n".to_owned(),
        };
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                let _ = write!(text, "--- {name}\n{}", self.filters.apply(stream));
            }
        }
        text
    }

    /// Panics with all that was printed unless the program exited with `code`. Returns itself, to go on.
    #[must_use = "what was printed is worth a look; end with a semicolon and `let _ =` if not"]
    pub fn expect_code(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(self.code, Some(code), "exit code\n--- stdout\n{stdout}--- stderr\n{stderr}");
        self
    }
}
