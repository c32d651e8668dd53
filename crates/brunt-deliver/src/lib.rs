//! Acts on the world around a load.
//!
//! So far that is a plan's hooks: [`wait_ready`] asks the target until it answers as it should, [`act`] runs one command
//! or sends one request, with a limit in time and its output kept. Both block; who must not wait calls them on a thread.
//!
//! [`Fetcher`] gets pages, for whoever looks at the world around a load (`brunt-probe`).
//!
//! It sends no load, decides nothing and prints nothing: what happened is in the [`Done`] that comes back. Time and
//! pauses come in through [`World`], so that an impatient user can end a wait.

mod command;

mod request;

mod ready;

mod fetch;

pub use fetch::{FetchError, Fetcher, MAX_PAGE};
pub use ready::{NotReady, wait_ready};
pub use request::shown_text;

use brunt_metrics::Nanos;
use brunt_workload::{Act, Hook, TlsSettings};
use std::time::Duration;

/// What hooks need from outside.
pub struct World<'a> {
    /// The time since some fixed instant.
    pub now: &'a dyn Fn() -> Duration,
    /// Waits so long; answers whether to go on.
    pub pause: &'a dyn Fn(Duration) -> Patience,
    /// Whom to trust over TLS, as the plan says.
    pub tls: &'a TlsSettings,
}

/// Whether somebody is still willing to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Yes.
    Lasts,
    /// The user wants it to end.
    IsOver,
}

/// What a hook did.
#[derive(Debug)]
pub struct Done {
    /// The hook in one line, without secrets: `run ./seed.sh`, `POST http://127.0.0.1:8080/reset`.
    pub what: String,
    /// How long it took.
    pub took: Nanos,
    /// What it wrote, or what was answered: at most [`MAX_OUTPUT`] bytes, then a line that says how many were left out.
    pub output: Vec<u8>,
    /// How it ended.
    pub result: Result<(), HookError>,
}

/// So much of a hook's output is kept: a long script's log, not a data dump.
pub const MAX_OUTPUT: usize = 1 << 20;

/// Why a hook did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// The command could not be started.
    #[error("cannot be started: {0}")]
    Start(std::io::Error),
    /// The command ended with another code than 0, or by a signal (`None`).
    #[error("{}", exited(*.0))]
    Exit(Option<i32>),
    /// It took longer than it may.
    #[error("took longer than {} s and was ended", .0.as_secs_f64())]
    Timeout(Nanos),
    /// No answer came.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The answer's status is not one of those that it should have.
    #[error("answered {0}")]
    Status(u16),
    /// The user ended it.
    #[error("ended by the user")]
    Ended,
}

fn exited(code: Option<i32>) -> String {
    match code {
        Some(code) => format!("ended with exit code {code}"),
        None => "was ended by a signal".to_owned(),
    }
}

/// Does what the hook says, within its time.
pub fn act(hook: &Hook, world: &World<'_>) -> Done {
    let begun = (world.now)();
    let (what, output, result) = match &hook.act {
        Act::Command { line, folder } => {
            let (output, result) = command::run(line, folder, hook.timeout, world);
            (format!("run {line}"), output, result)
        }
        Act::Http(request) => {
            let (output, result) = request::send(request, hook.timeout, world.tls);
            (request::shown(request), output, result)
        }
    };
    let took = (world.now)().saturating_sub(begun);
    Done { what, took: Nanos(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)), output, result }
}
