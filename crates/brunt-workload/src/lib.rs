//! The compiled workload: everything a run does, as plain data with every name interned.
//!
//! Plans, command lines and traffic models are lowered to a [`Workload`]; the engine runs nothing else.
//! Reading order:
//!
//! * [`Workload`] and [`Scenario`]: what runs, when, for how long;
//! * [`Arrivals`], [`Supply`], [`Stop`]: the three independent choices that make an executor. Each schedule
//!   is a pure function of a global index, in integers, never accumulated, so that it can be computed
//!   anywhere and in any order;
//! * [`Lanes`]: which of those indices a worker owns. The lanes of all workers partition every schedule, so
//!   N workers do exactly what one would;
//! * [`Draw`]: counter-based randomness, a function of (seed, scenario, index, draw);
//! * [`Journey`], [`Step`], [`Request`]: what an iteration does.
//!
//! The crate knows no text formats and no async; it never reads a clock.

mod rate;

mod rng;

mod lanes;

mod arrivals;

mod supply;

mod stop;

mod text;

mod request;

mod journey;

mod workload;

pub use arrivals::{Arrival, ArrivalCursor, Arrivals, BurstPause, RampTooLarge, RateRamp, RateStage};
pub use journey::{Action, Choice, Journey, Pause, PauseTime, Step, UserClass};
pub use lanes::{LANES, Lanes};
pub use rate::Rate;
pub use request::{
    Body, Check, CheckRule, ConnectTo, HttpVersion, Origin, OriginId, Request, RequestId, Scheme,
    TargetSettings, TlsSettings,
};
pub use rng::{Draw, IterationIndex};
pub use stop::{DEFAULT_GRACE, Stop};
pub use supply::{Change, Supply, Transition, UserStage};
pub use text::{Text, TextPart};
pub use workload::{Endpoint, MAX_ENDPOINTS, MAX_SCENARIOS, Scenario, StartAt, Workload};
