//! How far a target goes: the search for the highest load that holds, and models of throughput against requests in flight.
//!
//! Start with [`next_step`].

mod trial;

mod search;

mod usl;

pub use search::{hysteresis, next_step};
pub use trial::{
    Closest, Dwell, Goal, LoadUnit, MAX_ROOM, Outcome, Purpose, Scale, Step, Trial, TrialFigures,
    TrialResult, room,
};
pub use usl::{Usl, fit_usl};
