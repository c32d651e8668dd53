//! The model: what is learnt from a trace, and what makes a new one from it.
//!
//! Traffic is modelled as three kinds of things, each in a module: sources that are always there (`sources`), sessions that come and go
//! (`classes`, which arrive by a `cascade`, follow a `chain`, and contain `bundles`), and who comes again (`returning`). `fit` learns all of
//! them, `generate` plays them.

mod bundles;
mod cascade;
mod chain;
mod fit;
mod fleet;
mod generate;
mod law;
mod mixture;
mod sources;
mod triggered;

pub(crate) use bundles::spread_clusters;
pub use bundles::{BundleKind, Bundles, Item};
pub use cascade::Cascade;
pub(crate) use cascade::exposure;
pub use chain::{Backoff, Chain, Context, Steps, context};
pub use fit::{FitSettings, Lesson, fit, lesson};
pub use fleet::Fleet;
pub use generate::{Compose, Drawn, Made, Play, generate, generate_by};
pub use law::Law;
pub use sources::{Cycle, Periodic, Source};
pub use triggered::Triggered;

use serde::{Deserialize, Serialize};

/// All that is known of how a service is used. Endpoints are positions in a list that is kept beside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// How many endpoints there are; tokens from there on are bundles.
    pub endpoints: u16,
    /// Clients that are always there.
    pub sources: Vec<Source>,
    /// Requests that leave together, as a page with its assets does.
    pub bundles: Bundles,
    /// Kinds of sessions.
    pub classes: Vec<Class>,
    /// What follows what within sessions, and after how long.
    pub chain: Chain,
}

/// One kind of session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its share of all sessions.
    pub share: f64,
    /// How many requests or bundles a session has.
    pub length: Law,
    /// When sessions begin; `None` where a fleet begins them.
    pub arrivals: Option<Cascade>,
    /// The share of sessions of a client that was there before.
    pub returning: f64,
    /// After how long it comes again, in seconds.
    pub pause_s: Law,
}

impl Behaviour {
    /// Makes everything come so many times as often: sessions by their begins, fleets by their pace; timers keep to their grid.
    pub fn multiply(&mut self, factor: f64) {
        for class in &mut self.classes {
            if let Some(arrivals) = &mut class.arrivals {
                arrivals.hours.iter_mut().for_each(|hour| *hour *= factor);
            }
        }
        for source in &mut self.sources {
            if let Source::Fleet(fleet) = source {
                fleet.pace *= factor;
            }
        }
    }
}
