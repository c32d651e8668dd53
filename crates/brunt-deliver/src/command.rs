//! Commands: run by the system's shell, in a process group of their own so that all of it can be ended.

use crate::{HookError, MAX_OUTPUT, Patience, World};
use brunt_metrics::Nanos;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// How often the user's patience is asked for while a command runs.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// After the command has ended its pipes may be held open by what it left behind: so long is waited for them.
const LINGER: Duration = Duration::from_millis(500);

pub(crate) fn run(
    line: &str,
    folder: &Path,
    timeout: Nanos,
    world: &World<'_>,
) -> (Vec<u8>, Result<(), HookError>) {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    match command.spawn() {
        Ok(child) => follow(child, timeout, world),
        Err(error) => (Vec::new(), Err(HookError::Start(error))),
    }
}

/// What a reader thread tells.
enum Word {
    Bytes(Vec<u8>),
    End,
}

fn follow(mut child: Child, timeout: Nanos, world: &World<'_>) -> (Vec<u8>, Result<(), HookError>) {
    let (tell, words) = channel();
    let pipes = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ];
    let mut open = 0;
    for pipe in pipes.into_iter().flatten() {
        open += 1;
        let tell = tell.clone();
        thread::spawn(move || copy(pipe, &tell));
    }
    let mut output = Output::default();
    let begun = (world.now)();
    let limit = Duration::from_nanos(timeout.0);
    let mut ended: Option<(Duration, Result<(), HookError>)> = None;
    loop {
        match words.recv_timeout(ASK_EVERY) {
            Ok(Word::Bytes(bytes)) => output.add(&bytes),
            Ok(Word::End) => open -= 1,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        let now = (world.now)();
        if ended.is_none() {
            ended =
                outcome(&mut child, now.saturating_sub(begun), limit, timeout, world).map(|end| (now, end));
        }
        match ended {
            Some((at, result)) if open == 0 || now.saturating_sub(at) >= LINGER => {
                return (output.bytes(), result);
            }
            Some(_) | None => {}
        }
    }
}

/// How it ended, if it has; ended by force when its time or the user's patience is over.
fn outcome(
    child: &mut Child,
    running: Duration,
    limit: Duration,
    timeout: Nanos,
    world: &World<'_>,
) -> Option<Result<(), HookError>> {
    match child.try_wait() {
        Ok(Some(status)) if status.success() => return Some(Ok(())),
        Ok(Some(status)) => return Some(Err(HookError::Exit(status.code()))),
        Err(error) => return Some(Err(HookError::Start(error))),
        Ok(None) => {}
    }
    let impatient = (world.pause)(Duration::ZERO) == Patience::IsOver;
    if running < limit && !impatient {
        return None;
    }
    end(child);
    Some(Err(if impatient { HookError::Ended } else { HookError::Timeout(timeout) }))
}

/// Ends the command and whatever it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended in this moment: then there is nothing to do.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn copy(mut pipe: Box<dyn Read + Send>, tell: &Sender<Word>) {
    let mut buffer = vec![0; 8 << 10];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) if tell.send(Word::Bytes(buffer[..n].to_vec())).is_err() => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    // Nobody waits for it any more when this fails.
    let _ = tell.send(Word::End);
}

/// Output up to a limit.
#[derive(Default)]
pub(crate) struct Output {
    kept: Vec<u8>,
    left_out: usize,
}

impl Output {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        let room = MAX_OUTPUT.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(&bytes[..room]);
        self.left_out += bytes.len() - room;
    }

    pub(crate) fn bytes(mut self) -> Vec<u8> {
        if self.left_out > 0 {
            self.kept.extend_from_slice(format!("\n({} bytes more)\n", self.left_out).as_bytes());
        }
        self.kept
    }
}
