//! The kinds of faults as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::rate::PerSecond;
use crate::duration_text;

/// What a fault does; the truth of each stands in the documentation of [`crate::planted`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// The work takes longer.
    Slow(Slow),
    /// A few take very much longer.
    Tail(Tail),
    /// Some have another usual time.
    Bimodal(Bimodal),
    /// Requests fail.
    Errors(Errors),
    /// Requests take longer the longer the target runs.
    Leak(Leak),
    /// Requests pass one lock.
    Lock(Lock),
    /// Only so many are served at once.
    Pool(Pool),
    /// Only so many are served per second.
    RateLimit(RateLimit),
    /// Nothing is served for a time, and then the backlog.
    Outage(Outage),
    /// Connections end after an answer.
    Close(Close),
    /// The whole target freezes, again and again.
    Stall(Stall),
    /// The backends get unequal shares.
    Uneven(Uneven),
    /// The cache is empty.
    ColdCache(ColdCache),
}

impl Kind {
    /// Its name in texts and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Slow(_) => "slow",
            Self::Tail(_) => "tail",
            Self::Bimodal(_) => "bimodal",
            Self::Errors(_) => "errors",
            Self::Leak(_) => "leak",
            Self::Lock(_) => "lock",
            Self::Pool(_) => "pool",
            Self::RateLimit(_) => "rate_limit",
            Self::Outage(_) => "outage",
            Self::Close(_) => "close",
            Self::Stall(_) => "stall",
            Self::Uneven(_) => "uneven",
            Self::ColdCache(_) => "cold_cache",
        }
    }
}

/// Work that takes longer: by a factor, by a time, or by both.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    /// How much longer it takes.
    #[serde(default, with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub extra: Option<Duration>,
    /// How many times as long it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
}

/// A long tail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tail {
    /// The mean of the exponentially distributed time that is added.
    #[serde(with = "duration_text")]
    pub mean: Duration,
}

/// A second mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bimodal {
    /// Before this time is over there is no answer.
    #[serde(with = "duration_text")]
    pub mode: Duration,
}

/// Errors: steadily, or in bursts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// The status of the answer, 400 to 599.
    pub status: u16,
    /// The time from burst to burst; errors all the time if left out.
    #[serde(default, with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// How long each burst lasts.
    #[serde(
        default,
        rename = "for",
        with = "duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub lasts: Option<Duration>,
}

/// A slowdown as of memory that is never given back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leak {
    /// What 1000 requests add.
    #[serde(default, with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub per_1000: Option<Duration>,
    /// What a minute adds.
    #[serde(default, with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<Duration>,
}

/// A lock that requests contend for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// How long each request holds the lock.
    #[serde(with = "duration_text")]
    pub hold: Duration,
}

/// A pool that is too small.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// How many are served at once, from 1 to 100,000.
    pub size: usize,
    /// How many may wait; any number if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<usize>,
}

/// A limit of requests per time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How many are served in the long run.
    pub rate: PerSecond,
    /// How many may come at once after a pause; what a second brings if left out, and at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

/// An outage; [`super::Place::from`] and [`super::Place::to`] say when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// How fast the backlog is served; at once if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<PerSecond>,
}

/// Connections that end after an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {}

/// Freezes of the whole target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// The time from the start of one freeze to the start of the next; the first is after one such time.
    #[serde(with = "duration_text")]
    pub every: Duration,
    /// How long a freeze lasts; less than `every`.
    #[serde(rename = "for", with = "duration_text")]
    pub lasts: Duration,
}

/// Uneven balancing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uneven {
    /// The weight of each backend, in their order.
    pub weights: Vec<u32>,
}

/// A cache without content.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColdCache {
    /// How long every look-up misses; emptied once, if left out.
    #[serde(
        default,
        rename = "for",
        with = "duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub lasts: Option<Duration>,
}
