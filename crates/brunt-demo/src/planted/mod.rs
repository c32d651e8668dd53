//! Faults on demand: what is wrong with a target is known, so that what a tool finds can be checked against it.
//!
//! For: the targets that are services (shop, inference, users), all alike. Not for: HTTP that is broken on the wire (see
//! [`crate::faulty`]). A fault is plain data, [`Planted`]; [`crate::Config::faults`] starts a target with it, and the
//! control endpoint changes it while the target runs:
//!
//! | Request | What it does |
//! |---|---|
//! | `GET /__faults` | the list, as JSON |
//! | `PUT /__faults` | replaces it by a JSON list of objects, or of texts, or of both; 400 with every problem if one is wrong, and then nothing changes |
//! | `DELETE /__faults` | removes all |
//! | `GET /__stats` | `planted`: each fault as text, with the requests that it hit |
//!
//! # The faults
//!
//! As a text, for a flag: `kind:key=value,key=value`. As JSON: `{"slow": {"path": "/search", "extra": "300ms"}}` with
//! the same keys. What stands in brackets may be left out.
//!
//! | Text | The truth |
//! |---|---|
//! | `slow:extra=300ms[,path=,method=,share=0.5]` | a `share` (else all) of the requests takes `extra` longer, and keeps the worker that serves it busy for as long |
//! | `errors:status=500[,path=,method=,share=0.1,every=30s,for=5s]` | a `share` (else all) is answered by `status`, after the usual time and without effect; with `every` and `for`, only in `[n every, n every + for)`, n = 1, 2, … |
//! | `leak:per_1000=50ms[,per_minute=10ms,path=,method=]` | the n-th request since the start takes `per_1000` × (n-1)/1000 + `per_minute` × minutes longer, up to a minute; a reset is a restart |
//! | `lock:hold=20ms[,path=,method=,share=1]` | a `share` (else all) passes one lock, one at a time and in the order of arrival, before it is served: never more than 1/`hold` per second |
//! | `uneven:weights=8/1/1` | of 10 requests in a row the first backend gets 8, the others one each |
//! | `cold_cache[:for=5s]` | the cache is emptied when the fault is planted; with `for`, all miss for so long |
//!
//! * `path` is a whole path; `{name}` stands for any segment and `/*` at the end for all below: `/products/{id}`,
//!   `/products/*`. Where a target answers a route under several paths (`/api/search`), any of them will do. Without
//!   `path` a fault hits every route that does work: not `/`, health checks and metrics.
//! * Time counts from the first request after the planting, or after a reset.
//! * Which requests make up a share depends on the seed and the request's number among those that the fault could hit.
//! * A target without backends or without a cache refuses `uneven` and `cold_cache`.

mod check;
mod faults;
mod text;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use self::faults::{Abilities, Asked, Cache, Effect, Faults, Work};
use crate::duration_text;

/// One planted fault; what each does stands in the documentation of [`crate::planted`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Planted {
    /// Some requests take longer.
    Slow(Slow),
    /// Some requests fail.
    Errors(Errors),
    /// Requests take longer the longer the target runs.
    Leak(Leak),
    /// Some requests pass one lock.
    Lock(Lock),
    /// The backends get unequal shares.
    Uneven(Uneven),
    /// The cache is empty.
    ColdCache(ColdCache),
}

/// Which requests a fault can hit: all that do work, if both are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The path pattern.
    pub path: Option<String>,
    /// The method, in capital letters.
    pub method: Option<String>,
}

/// A slow endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    /// The path pattern; every path if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The method, in capital letters; every method if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How much longer a request takes.
    #[serde(with = "duration_text")]
    pub extra: Duration,
    /// The share of requests, above 0 and up to 1.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub share: f64,
}

/// A burst of errors, or a steady share of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// The path pattern; every path if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The method, in capital letters; every method if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The status of the answer, 400 to 599.
    pub status: u16,
    /// The share of requests, above 0 and up to 1.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub share: f64,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leak {
    /// The path pattern; every path if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The method, in capital letters; every method if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What 1000 served requests add.
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
    /// The path pattern; every path if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The method, in capital letters; every method if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How long each request holds the lock.
    #[serde(with = "duration_text")]
    pub hold: Duration,
    /// The share of requests, above 0 and up to 1.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub share: f64,
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

/// Why a text or a list is no planted fault: every problem, each a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", show(.0))]
pub struct PlantedError(pub Vec<String>);

fn show(problems: &[String]) -> String {
    let help = format!("the faults are (what stands in brackets may be left out)\n{}", text::known());
    problems.iter().chain([&help]).map(String::as_str).collect::<Vec<_>>().join("\n")
}

impl Planted {
    /// The fault that `text` names, e.g. `slow:path=/search,extra=300ms,share=0.5`.
    pub fn parse(text: &str) -> Result<Self, PlantedError> {
        text::parse(text).map_err(PlantedError)
    }

    /// The faults of a JSON list, whose items are objects or texts.
    pub fn list_from_json(json: &str) -> Result<Vec<Self>, PlantedError> {
        text::list_from_json(json).map_err(PlantedError)
    }

    /// The name of its kind, e.g. `slow`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Slow(_) => "slow",
            Self::Errors(_) => "errors",
            Self::Leak(_) => "leak",
            Self::Lock(_) => "lock",
            Self::Uneven(_) => "uneven",
            Self::ColdCache(_) => "cold_cache",
        }
    }

    /// Which requests it can hit; nothing if it is not about requests.
    pub fn place(&self) -> Option<Place> {
        let (path, method) = match self {
            Self::Slow(Slow { path, method, .. })
            | Self::Errors(Errors { path, method, .. })
            | Self::Leak(Leak { path, method, .. })
            | Self::Lock(Lock { path, method, .. }) => (path, method),
            Self::Uneven(_) | Self::ColdCache(_) => return None,
        };
        Some(Place { path: path.clone(), method: method.clone() })
    }
}

impl std::fmt::Display for Planted {
    /// The text that [`Planted::parse`] reads back.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text::print(self))
    }
}

fn all() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_all(share: &f64) -> bool {
    *share >= 1.0
}
