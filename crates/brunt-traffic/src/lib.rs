//! A traffic twin: what a log teaches, what is generated from it, and how alike the two are.
//!
//! [`Observer`] takes the entries of a log; [`Templates`] are mined from the targets that it saw; a [`Trace`] is who asked for which
//! endpoint and when, the one form that models, baselines and the measures of likeness ([`fidelity`]) share.
//!
//! What this crate does not do: it opens no file, it sends nothing, and it knows no plan.

mod baseline;
mod census;
mod drift;
mod export;
mod likeness;
mod load;
mod observe;
mod part;
mod portrait;
mod prepare;
mod protocol;
mod random;
mod replay;
mod shop;
pub mod synth;
mod synthetic;
mod target;
mod template;
mod trace;

pub mod anomaly;
pub mod fidelity;
pub mod model;
pub mod site;

pub use baseline::Baseline;
pub use census::Census;
pub use drift::{Crossed, Limits, expected, look};
pub use export::{Export, ExportOptions, peak_sessions, write as write_export};
pub use likeness::{Aspect, Judged, Likeness, Measure, Verdict, likeness};
pub use load::{LoadError, put_into};
pub use observe::{Client, ClientKind, Event, Key, MOST_EVENTS, Observed, Observer};
pub use part::{Part, PartError};
pub use portrait::{EndpointLine, Portrait};
pub use prepare::{MOST_ENDPOINTS, Vocabulary};
pub use protocol::Split;
pub use random::Random;
pub use replay::{Replay, replayed};
pub use shop::shop_log;
pub use synthetic::{SYNTHETIC_VERSION, Synthetic, SyntheticError, SyntheticRequest};
pub use target::{Shape, Target};
pub use template::{Endpoints, Miner, OTHER, Templates};
pub use trace::{HOLE_MS, SESSION_GAP_MS, Session, Stretch, Trace};
