//! Runs a page's commands in a temporary folder, as a reader would who types them one after the other.
//!
//! Ends only what it started: each background command is the leader of its own process group.

use super::block::Command;
use crate::repository::XtaskError;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use tempfile::TempDir;

/// The longest that a documented command may take. A page should show short ones; the demo takes about 30 s.
const LIMIT_SECONDS: &str = "120";

/// What `timeout` exits with when it had to end a command.
const TIMED_OUT: i32 = 124;

/// How much of a failed command's output is shown, in bytes from its end: a run's whole summary, at whose top stands whether
/// the machine was too busy for it.
const SHOWN_OUTPUT: usize = 8_000;

/// A page's folder and the commands that still run in it.
pub(super) struct Session {
    folder: TempDir,
    path: std::ffi::OsString,
    background: Vec<Background>,
}

/// A command that runs until its block ends.
struct Background {
    command: Command,
    child: Child,
}

/// How often a command is tried whose run was limited by the machine.
const ATTEMPTS: usize = 3;

impl Session {
    /// A fresh folder, with `brunt` first on `PATH`.
    pub(super) fn new(brunt: &Path) -> Result<Self, XtaskError> {
        let folder = TempDir::new().map_err(XtaskError::Temporary)?;
        let programs = folder.path().join(".programs");
        std::fs::create_dir(&programs).map_err(XtaskError::Temporary)?;
        let brunt = std::fs::canonicalize(brunt)
            .map_err(|source| XtaskError::Read { path: brunt.to_path_buf(), source })?;
        std::os::unix::fs::symlink(brunt, programs.join("brunt")).map_err(XtaskError::Temporary)?;
        let mut path = programs.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        Ok(Self { folder, path, background: Vec::new() })
    }

    /// Puts a file into the folder.
    pub(super) fn save(&self, name: &str, text: &str) -> Result<(), XtaskError> {
        std::fs::write(self.folder.path().join(name), text).map_err(XtaskError::Temporary)
    }

    /// Runs a command to its end, or starts it if it is a background one. A problem begins with its line. A run
    /// that this machine was too busy for says nothing about the page: it is tried again.
    pub(super) fn run(&mut self, command: &Command) -> Result<Option<String>, XtaskError> {
        let mut problem = self.attempt(command)?;
        for _ in 1..ATTEMPTS {
            if !problem.as_ref().is_some_and(|p| p.contains("generator-limited")) {
                break;
            }
            problem = self.attempt(command)?;
        }
        Ok(problem)
    }

    fn attempt(&mut self, command: &Command) -> Result<Option<String>, XtaskError> {
        let output = self.folder.path().join(".output");
        let log = File::create(&output).map_err(XtaskError::Temporary)?;
        let errors = log.try_clone().map_err(XtaskError::Temporary)?;
        let mut shell = std::process::Command::new(if command.background { "sh" } else { "timeout" });
        if !command.background {
            shell.args(["-k", "5", LIMIT_SECONDS, "sh"]);
        }
        let text = if command.background { format!("exec {}", command.text) } else { command.text.clone() };
        shell.args(["-c", &text]).current_dir(self.folder.path()).env("PATH", &self.path);
        shell.env("NO_COLOR", "1").stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        let mut child = shell.spawn().map_err(|source| XtaskError::Start {
            program: command.text.clone(),
            source,
            help: "the shell and `timeout` of coreutils are needed",
        })?;
        if command.background {
            self.background.push(Background { command: command.clone(), child });
            return Ok(None);
        }
        let status = child.wait().map_err(XtaskError::Temporary)?;
        let code = status.code();
        if code == Some(command.exit) {
            return Ok(None);
        }
        let why = match code {
            Some(TIMED_OUT) => format!("took longer than {LIMIT_SECONDS} s"),
            Some(code) => format!("exit code {code}, where {} is due", command.exit),
            None => "was killed".to_owned(),
        };
        let printed = std::fs::read(&output).map_err(XtaskError::Temporary)?;
        let shown =
            String::from_utf8_lossy(&printed[printed.len().saturating_sub(SHOWN_OUTPUT)..]).into_owned();
        Ok(Some(format!("{}: `{}`: {why}\n{shown}", command.line, command.text)))
    }

    /// Ends what runs in the background. A command that had ended by itself is a problem: the block counted on it.
    pub(super) fn end_background(&mut self) -> Vec<String> {
        let mut problems = Vec::new();
        for mut background in self.background.drain(..) {
            if let Ok(Some(status)) = background.child.try_wait() {
                let Command { line, text, .. } = &background.command;
                problems.push(format!("{line}: `{text} &` ended before its block did, with {status}"));
            } else {
                end(&mut background.child);
            }
        }
        problems
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for background in &mut self.background {
            end(&mut background.child);
        }
    }
}

/// Ends a process group that we lead, and waits for its leader.
fn end(child: &mut Child) {
    let group = format!("-{}", child.id());
    // `kill` of the shell: the standard library can only signal single processes, and only with SIGKILL.
    let asked = std::process::Command::new("sh").args(["-c", "kill -s TERM -- \"$0\"", &group]).status();
    if !asked.is_ok_and(|status| status.success()) {
        let _already_gone = child.kill();
    }
    let _status = child.wait();
}

/// A port that was free a moment ago. Documentation names ports, so a test of it cannot ask for `:0`.
pub(super) fn free_port() -> Option<u16> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .ok()
        .map(|address| address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str, exit: i32, background: bool) -> Command {
        Command { line: 7, text: text.into(), exit, background }
    }

    /// Any program will do as `brunt` here.
    fn session() -> Session {
        Session::new(Path::new("/bin/sh")).unwrap()
    }

    #[test]
    fn exit_codes_are_held_against_the_page() {
        let rows = [
            ("true", 0, None),
            ("exit 99", 99, None),
            ("echo said; exit 3", 0, Some("7: `echo said; exit 3`: exit code 3, where 0 is due\nsaid\n")),
            ("brunt -c 'exit 0'", 0, None),
            ("cat plan.yaml", 0, None),
        ];
        for (text, exit, expected) in rows {
            let mut session = session();
            session.save("plan.yaml", "x: 1\n").unwrap();
            assert_eq!(session.run(&command(text, exit, false)).unwrap().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_background_command_ends_with_its_block() {
        let mut session = session();
        session.run(&command("cat < /dev/zero > /dev/null", 0, true)).unwrap();
        let id = session.background[0].child.id();
        assert!(session.end_background().is_empty());
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn a_background_command_that_ended_is_a_problem() {
        let mut session = session();
        session.run(&command("false", 0, true)).unwrap();
        session.background[0].child.wait().unwrap();
        let problems = session.end_background();
        assert!(problems.len() == 1 && problems[0].starts_with("7: `false &` ended"), "{problems:?}");
    }
}
