//! When a scenario is over: the third of the three choices that make an executor.

use brunt_metrics::Nanos;

/// The end of a scenario: whichever limit is met first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// No iteration starts at or after this time from the scenario's start.
    pub after: Option<Nanos>,
    /// Iterations in all, shared between the users.
    pub iterations: Option<u64>,
    /// Iterations of each user.
    pub per_user: Option<u64>,
    /// How long iterations may go on after the end (and a retired user's after its retirement) before they
    /// are cut.
    pub grace: Nanos,
}

/// k6's and Locust's users expect a running iteration to be given half a minute.
pub const DEFAULT_GRACE: Nanos = Nanos::from_secs(30);

impl Stop {
    /// Over after `after`, with the default grace.
    pub const fn after(after: Nanos) -> Self {
        Self { after: Some(after), iterations: None, per_user: None, grace: DEFAULT_GRACE }
    }
}
