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
//! * [`Journey`], [`Step`], [`Request`]: what an iteration does;
//! * [`Text`]: what a request says, rendered from [`Draw`]s and from a user's [`Memory`], with [`Feed`]s of data.
//!
//! The crate knows no text formats and no async; it never reads a clock.

mod rate;

mod rng;

mod lanes;

mod arrivals;

mod supply;

mod stop;

mod escape;

mod memory;

mod feed;

mod generate;

mod text;

mod condition;

mod request;

mod journey;

mod script;

mod hooks;

mod metrics;

mod workload;

mod held;

pub use arrivals::{Arrival, ArrivalCursor, Arrivals, BurstPause, RampTooLarge, RateRamp, RateStage};
pub use condition::{Comparison, Condition, LastAnswer};
pub use escape::Escape;
pub use feed::{Cell, Feed, FeedCursors, FeedEnd, FeedId, FeedOrder, FeedPer};
pub use generate::{Alphabet, Generator, TimeForm, Zipf};
pub use held::{HeldBy, Hold};
pub use hooks::{Act, Hook, HookRequest, Hooks, Moment, Ready};
pub use journey::{
    Action, ActionOrder, Choice, ClassShares, EndOf, Journey, MAX_PASSES, MAX_STEP_DEPTH, Pause, PauseTime,
    Step, UserClass,
};
pub use lanes::{LANES, Lanes};
pub use memory::{MAX_LIST, MAX_SLOTS, Memory, Missing, Pick, Plain, Scope, SlotId, Value};
pub use metrics::{
    LabelPick, MAX_METRIC_SOURCES, MetricSource, MetricsOf, MetricsQuery, MetricsRequest, Must, ProcessPick,
    SeriesPick,
};
pub use rate::Rate;
pub use request::{
    Body, Check, CheckRule, ConnectTo, Extract, Fault, FaultKind, FaultMix, FaultMixId, HttpVersion,
    JsonTest, Login, LoginFor, LoginId, OnFailure, Origin, OriginId, Redirects, Request, RequestId, Save,
    Scheme, Tally, TargetSettings, TlsSettings,
};
pub use rng::{Draw, IterationIndex};
pub use script::{Script, Turn};
pub use stop::{DEFAULT_GRACE, Stop};
pub use supply::{Change, Supply, Transition, UserStage};
pub use text::{Secret, Source, Text, TextPart};
pub use workload::{Endpoint, MAX_CLASSES, MAX_ENDPOINTS, MAX_SCENARIOS, Scenario, StartAt, Workload};
