//! Anomalies of a log: spikes, drops and attacks, with begin, end and size.
//!
//! [`anomalies`] looks at counts of requests (of all, of people, of failed answers, of each endpoint) in cells of 1 and 10 minutes.
//! What is usual is a profile of the hour of the day or week; how far counts stray from it is learnt too, and what is left is
//! a tail probability ([`Scores`]). [`alarms`] does the same for any series of values: that is how it is judged on labelled data.
//! docs/anomalies.md has the method, the figures, and what is missed.
//!
//! What this does not do: it raises no alarm while a log is written, it knows no cause, and it tells no client's address.

mod detect;
mod event;
mod lines;
mod log;
mod series;
mod tail;
mod usual;

pub use detect::{Alarm, Rule, Scores, Side, alarms};
pub use event::{Anomaly, AnomalyKind, Scope};
pub use log::{AnomalySettings, MOST_ANOMALIES, anomalies};
pub use series::{Grid, MOST_CELLS};

pub(crate) use lines::lines;
