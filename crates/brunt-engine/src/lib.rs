//! The engine: runs a workload against a clock, a VU implementation and an observer.
//!
//! * [`Dispatcher`]: what must happen next; pure (`dispatcher.rs` has the table of states);
//! * [`Clock`]: real time on a timer finer than a millisecond, or simulated time that jumps;
//! * [`Vu`]: what runs one iteration: native steps, a script that suspends, or a simulated user. The engine
//!   knows nothing of HTTP;
//! * [`VuContext`]: all that a VU may touch of its worker: time, pauses, deadlines, recording;
//! * [`run`]: workers on threads, their seconds merged into events; [`simulate`]: the same worker on a
//!   simulated clock.
//!
//! Invariants: the dispatcher never reads a clock. A sample is recorded into the worker's own shard. What
//! crosses threads is one message a second and worker, and rare control words.

// One `unsafe` in this crate: handing the kernel timer's descriptor to tokio (`clock.rs`), which asks for a
// promise that the type cannot make.

mod clock;

mod context;

mod coordinator;

mod dispatcher;

mod journey;

mod merge;

mod rows;

mod simulation;

mod sizing;

mod steering;

mod timers;

mod vu;

mod worker;

pub use clock::{Clock, RealClock};
pub use context::{Interrupt, VuContext};
pub use coordinator::{Control, ControlInbox, Controller, Observers, RunOptions, controller, run};
pub use dispatcher::{Action, Dispatcher, Input, Slot, Start, StartKind};
pub use journey::{Batch, Errand, Perform, Performed, missing_in_words, side_draws, walk};
pub use merge::{Merger, SUCCESSION_DELAY, Succession};
pub use rows::{RowChunk, RowTap};
pub use simulation::{
    Model, SimulatedUser, SimulatedUsers, SimulationOptions, simulate, simulate_part, simulate_users,
};
pub use sizing::{WorkerCount, worker_count};
pub use steering::{Asked, Change, Steer, SteerError, all, decide};
pub use vu::{IterationEnd, Vu, VuSource};
