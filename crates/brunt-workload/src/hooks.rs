//! What is done around the load: waiting for the target, preparing it, cleaning up. As data; somebody else acts.

use crate::Text;
use brunt_metrics::Nanos;
use std::path::PathBuf;

/// Everything that is done around the load of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hooks {
    /// Asked again and again, in order, until each holds.
    pub ready: Vec<Ready>,
    /// Done at each moment, in order.
    pub at: Vec<(Moment, Hook)>,
}

/// When a hook is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// Before the load, when the target is ready. A failure ends the run before its first request.
    Setup,
    /// When the first scenario enters its warm-up.
    WarmUp,
    /// When the first scenario enters its load phase.
    Load,
    /// When the first scenario enters its cool-down.
    CoolDown,
    /// After the load, whatever happened; also when setup failed.
    Teardown,
}

impl Moment {
    /// As in plans and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::WarmUp => "warm_up",
            Self::Load => "load",
            Self::CoolDown => "cool_down",
            Self::Teardown => "teardown",
        }
    }
}

/// Something that is done once.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// What.
    pub act: Act,
    /// How long it may take.
    pub timeout: Nanos,
}

/// What a hook does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Runs a command by the system's shell, in the plan's folder.
    Command {
        /// The command line.
        line: String,
        /// Where it runs.
        folder: PathBuf,
    },
    /// Sends a request.
    Http(HookRequest),
}

/// A request of a hook.
#[derive(Clone, Debug, PartialEq)]
pub struct HookRequest {
    /// The method's token.
    pub method: String,
    /// The whole URL. Texts of hooks hold literals and secrets only.
    pub url: Text,
    /// Header fields.
    pub headers: Vec<(String, Text)>,
    /// The body, if any.
    pub body: Option<Text>,
    /// The status lies in one of these ranges, both ends included, or the hook has failed.
    pub status: Vec<(u16, u16)>,
}

/// A request that tells whether the target is ready.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// The request.
    pub request: HookRequest,
    /// Given up after this time.
    pub timeout: Nanos,
    /// The time between two tries.
    pub every: Nanos,
}
