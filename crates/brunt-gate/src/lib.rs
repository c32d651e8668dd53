//! Verdicts: generator health, self-checks and what a run may claim.
//!
//! Everything here is a pure function of a [`RunView`](brunt_run::RunView): nothing is sent, stopped or
//! printed. Whoever runs the load calls [`conclude`] at its end and sends on what it answers; whoever
//! watches may call [`health`] at any time.
//!
//! A verdict is made of [`Reason`]s. Each part of this crate looks at the view and gives reasons, each with
//! its [`Bearing`]; [`judge`] gathers them and the gravest bearing decides. Objectives join as further reasons: a
//! [`Judge`] follows the run beside the view.
//!
//! All of it is about requests. Groups of steps, and requests that brunt broke on purpose, stand aside: they neither fail
//! a run nor make it pass, unless an objective asks for a group by its name.
//!
//! 1. [`health`]: was brunt itself the limit?
//! 2. [`self_checks`]: do the figures agree with each other?
//! 3. [`Judge`]: are the objectives met, second by second and in the end?
//! 4. [`judge`]: all of it, with what became of the requests, as one [`Verdict`](brunt_run::Verdict).
//!
//! [`judge_totals`] gives a verdict on totals alone, where nothing else is known of a run, and [`judge_summary`] holds
//! objectives against them.

mod reason;

mod health;

mod selfcheck;

mod objectives;

mod verdict;

mod totals;

pub use health::{HOT_SECONDS, LATE_SECONDS, MIN_SECONDS, STALLED_SECONDS, health};
pub use objectives::{AbortCall, BaselineFigures, Judge, Unended, judge_summary};
pub use reason::{Bearing, Reason};
pub use selfcheck::{LITTLE_TOLERANCE, self_checks};
pub use totals::judge_totals;
pub use verdict::{DROPPED_SHARE, FEW_REQUESTS, conclude, exit_code, judge, judge_with};
