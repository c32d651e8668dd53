//! The VU seam: what runs one iteration.
//!
//! Three kinds fit behind it without the engine knowing which: native steps await their I/O; a script is a
//! coroutine that yields operations, which its `iterate` performs and resumes with; a simulated user awaits
//! a model's answer. A VU belongs to one worker thread for life and is never moved (script engines forbid
//! it), and an iteration is never dropped half way: to end it early the engine raises its
//! [`Interrupt`](crate::Interrupt), every awaited operation returns it, and the iteration unwinds by itself.

use crate::context::VuContext;
use crate::dispatcher::Start;
use brunt_metrics::{Nanos, ScenarioId};

/// Runs the iterations of one user.
pub trait Vu {
    /// Runs one iteration: records its samples into `ctx` and tells how it ended. Must await at least once
    /// or return soon: the worker's other users wait meanwhile.
    fn iterate(&mut self, start: &Start, ctx: &VuContext) -> impl Future<Output = IterationEnd>;
}

/// How an iteration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IterationEnd {
    /// When: the next iteration of a closed user is due then.
    pub ended: Nanos,
    /// Whether a request of it failed.
    pub failed: bool,
}

/// Makes the users of one worker.
pub trait VuSource {
    /// What it makes.
    type Vu: Vu + 'static;

    /// A new user: number `user` among all of the scenario.
    fn make(&mut self, scenario: ScenarioId, user: u64, ctx: &VuContext) -> Self::Vu;
}
