//! The run as data: events, the running totals that every view shows, and the record on disk.
//!
//! A run is a stream of [`RunEvent`]s. Producers (the engine, a cluster coordinator, a replayed file) send
//! them; observers (terminal, recorder, gate, web) implement [`Sink`] and know nothing else. So a live run
//! and a recorded one look the same, by construction.
//!
//! Start with [`RunEvent`]; then [`RunView`], which folds events into what people look at.

mod event;

mod verdict;

pub use event::{
    ErrorDetail, Finish, HostSecond, MAX_CURVE, MAX_DETAIL, PhaseChange, RunEvent, RunHeader, ScenarioHeader, SeriesName, Sink,
    StopReason, Warning, WarningKind,
};
pub use verdict::{Finding, Outlook, Verdict};
