//! A place to run a program in: folder, environment, filters.

use crate::Filters;
use crate::process::{Captured, Running, start};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The longest that a command may take before the test ends it and fails. Tests that load something take seconds;
/// this is for a machine that is busy with other tests.
const LIMIT: Duration = Duration::from_mins(2);

/// A folder of its own, an environment of nothing but what is said here, and a program.
///
/// The environment holds `PATH` (of the test itself), `HOME` (the folder), `NO_COLOR=1`, `TERM=dumb`, `LC_ALL=C` and
/// `TZ=UTC`, and what [`TestContext::env`] adds. The program gets no terminal, and no standard input
/// unless [`TestContext::input`] gives one.
#[derive(Debug)]
pub struct TestContext {
    program: PathBuf,
    folder: TempDir,
    environment: Vec<(String, String)>,
    filters: Filters,
    limit: Duration,
    input: Option<String>,
}

impl TestContext {
    /// A context for a program: `TestContext::new(env!("CARGO_BIN_EXE_brunt"))`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        // The canonical path too: on some systems the temporary folder is reached through a link.
        let mut filters = Filters::stable();
        if let Ok(canonical) = folder.path().canonicalize() {
            filters = filters.text(&canonical.display().to_string(), "[DIR]");
        }
        let filters = filters.text(&folder.path().display().to_string(), "[DIR]");
        let home = folder.path().display().to_string();
        let fixed =
            [("HOME", home.as_str()), ("NO_COLOR", "1"), ("TERM", "dumb"), ("LC_ALL", "C"), ("TZ", "UTC")];
        let environment =
            fixed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { program: program.into(), folder, environment, filters, limit: LIMIT, input: None }
    }

    /// Sets a variable of the environment; the last one of a name counts.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Changes the filters, which begin as [`Filters::stable`] and the folder's path as `[DIR]`.
    #[must_use]
    pub fn filters(mut self, change: impl FnOnce(Filters) -> Filters) -> Self {
        self.filters = change(self.filters);
        self
    }

    /// Changes how long a command may take: 120 s if nothing is said.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Gives the program this on standard input, once, before what else it waits for.
    #[must_use]
    pub fn input(mut self, text: &str) -> Self {
        self.input = Some(text.to_owned());
        self
    }

    /// The folder. It is deleted with the context.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder, with its parents, and returns its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder for the file");
        }
        std::fs::write(&path, content).expect("a file in the test's folder");
        path
    }

    /// A file of the folder as text. Panics if it is not there.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs the program to its end. Panics if it takes too long.
    pub fn run(&self, arguments: &[&str]) -> Captured {
        self.spawn(arguments).wait()
    }

    /// Starts the program. It is killed when what this returns is dropped before its end.
    pub fn spawn(&self, arguments: &[&str]) -> Running<'_> {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.dir()).env_clear().stdin(self.stdin());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        start(command, self.limit, &self.filters)
    }

    fn stdin(&self) -> Stdio {
        let Some(text) = &self.input else { return Stdio::null() };
        let path = self.write(".stdin", text);
        std::fs::File::open(path).expect("the file just written").into()
    }
}
