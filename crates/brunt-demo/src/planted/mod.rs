//! Faults on demand: what is wrong with a target is known, so that what a tool finds can be checked against it.
//!
//! For: the targets that serve properly (mock, shop, users, inference), all alike. Not for: HTTP that is broken on the wire
//! (see [`crate::faulty`]). A fault is plain data, [`Planted`]; [`crate::Config::faults`] starts a target with it, and the
//! control endpoint changes it while the target runs:
//!
//! | Request | What it does |
//! |---|---|
//! | `GET /__faults` | the list, as JSON |
//! | `PUT /__faults` | replaces it by a JSON list of objects, or of texts, or of both; 400 with every problem if one is wrong, and then nothing changes |
//! | `DELETE /__faults` | removes all |
//! | `GET /__stats` | `planted`: each fault as text, with the requests that it hit; `planted_clock_ms`: how long ago their clock began |
//!
//! # The faults
//!
//! As a text, for a flag: `kind:key=value,key=value`. As JSON: `{"slow": {"path": "/search", "extra": "300ms"}}` with
//! the same keys; numbers and the list of weights are JSON's own, durations and rates are text. What stands in brackets
//! may be left out.
//!
//! | Text | The truth |
//! |---|---|
//! | `slow:extra=300ms[,WHERE]`, `slow:factor=2[,WHERE]` | the work takes `factor` times as long and `extra` longer (one of them or both), and keeps the worker that does it busy for as long |
//! | `tail:mean=300ms,share=0.01[,path=,method=,from=,to=]` | a `share` takes longer by an exponentially distributed time: a share `share` × exp(-t/`mean`) of all by more than t. The worker is busy for as long |
//! | `bimodal:mode=80ms,share=0.2[,path=,method=,from=,to=]` | a `share` is not answered before `mode` is over: a second peak there, if the usual time is shorter. No worker is busy for it |
//! | `errors:status=500[,every=30s,for=5s,WHERE]` | they are answered by `status`, after the usual time and without effect; with `every` and `for`, only in `[n every, n every + for)`, n = 1, 2, … |
//! | `leak:per_1000=50ms[,per_minute=10ms,WHERE]` | the n-th request takes `per_1000` × (n-1)/1000 + `per_minute` × minutes longer, up to a minute; a reset is a restart |
//! | `lock:hold=20ms[,WHERE]` | they pass one lock, one at a time and in the order of arrival, before they are served: never more than 1/`hold` per second |
//! | `pool:size=4[,queue=100,WHERE]` | at most `size` are served at once; the others wait in the order of arrival, without limit or up to `queue` of them, and one more gets 503 with `Retry-After` |
//! | `rate_limit:rate=50/s[,burst=50,WHERE]` | a token bucket: in any time t, at most `burst` + `rate` × t are served (`burst` is what a second brings, if left out); the others get 429 with `Retry-After` at once |
//! | `outage:from=10s,to=15s[,drain=50/s,path=,method=,share=]` | what comes in `[from, to)` waits until `to`; then one goes on each 1/`drain`, in the order of arrival and behind them what comes meanwhile. With arrivals at r < `drain`, the backlog is gone r × (`to` - `from`) / (`drain` - r) after `to`. Without `drain` all go on at `to` |
//! | `close[:WHERE]` | the connection ends after the answer: `Connection: close`, in HTTP/2 GOAWAY |
//! | `stall:every=5s,for=500ms` | the whole target is frozen in `[n every, n every + for)`, n = 1, 2, …: it neither accepts, nor reads, nor writes, control paths included; see [`crate::mock`] |
//! | `uneven:weights=8/1/1` | of 10 requests in a row the first backend gets 8, the others one each |
//! | `cold_cache[:for=5s]` | the cache is emptied when the fault is planted; with `for`, all miss for so long |
//!
//! * WHERE is `path=/products/{id},method=GET,share=0.5,from=10s,to=20s`, each of which may be left out ([`Place`]). A
//!   step at an instant is `slow:factor=2,from=30s`; a cold start `slow:factor=3,to=10s`; a window of errors
//!   `errors:status=500,from=10s,to=15s`; a slow drift `leak:per_minute=10ms`.
//! * `path` is a whole path; `{name}` stands for any segment and `/*` at the end for all below: `/products/{id}`,
//!   `/products/*`. Where a target answers a route under several paths (`/api/search`), any of them will do. Without
//!   `path` a fault hits every route that does work: not `/`, health checks, metrics, and what the mock has built in.
//! * **The clock.** Time counts from the first request after the planting, or after a reset: a fault that was given when
//!   the target started waits for the load. Control paths do not start it. With `from`, a fault's own time (`every`,
//!   minutes) counts from there.
//! * Which requests make up a share depends on the seed and the request's number among those that the fault could hit.
//! * A request that several faults hit: first the rate limits, then outages and locks, then the pools, then the work, whose
//!   time is what is usual × each `factor` + each `extra`.
//! * What a target does not have cannot break: `uneven` needs backends, `cold_cache` a cache. A target without them refuses,
//!   and says which targets have them.

mod admission;
mod check;
mod control;
mod faults;
mod kinds;
mod rate;
mod spot;
mod text;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::{
    admission::{Effect, stretched},
    control::control,
    faults::{Abilities, Cache, Faults},
    spot::{Asked, Work},
};
pub use self::{
    kinds::{
        Bimodal, Close, ColdCache, Errors, Kind, Leak, Lock, Outage, Pool, RateLimit, Slow, Stall, Tail,
        Uneven,
    },
    rate::PerSecond,
};
use crate::duration_text;

/// One planted fault; what each does stands in the documentation of [`crate::planted`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "Value", try_from = "Value")]
pub struct Planted {
    /// What it does.
    pub kind: Kind,
    /// Which requests it can hit, and when; [`Kind::Stall`], [`Kind::Uneven`] and [`Kind::ColdCache`] look at nothing of it.
    pub place: Place,
}

/// Which requests a fault can hit, and when: all that do work and always, by default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The path pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The method, in capital letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The share of requests, above 0 and up to 1.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub share: f64,
    /// When it begins; at once if left out.
    #[serde(default, with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub from: Option<Duration>,
    /// When it ends; never if left out.
    #[serde(default, with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub to: Option<Duration>,
}

impl Default for Place {
    fn default() -> Self {
        Self { path: None, method: None, share: all(), from: None, to: None }
    }
}

fn all() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_all(share: &f64) -> bool {
    *share >= 1.0
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
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }
}

impl From<Kind> for Planted {
    /// For all requests that do work, always.
    fn from(kind: Kind) -> Self {
        Self { kind, place: Place::default() }
    }
}

impl From<Planted> for Value {
    fn from(planted: Planted) -> Self {
        let own = serde_json::to_value(&planted.kind).unwrap_or_default();
        let own = own.get(planted.name()).and_then(Value::as_object).cloned().unwrap_or_default();
        let mut keys = match serde_json::to_value(&planted.place) {
            Ok(Value::Object(keys)) => keys,
            Ok(_) | Err(_) => Map::new(),
        };
        keys.extend(own);
        Self::Object(Map::from_iter([(planted.name().to_owned(), Self::Object(keys))]))
    }
}

impl TryFrom<Value> for Planted {
    type Error = PlantedError;

    fn try_from(value: Value) -> Result<Self, PlantedError> {
        text::from_value(value).map_err(PlantedError)
    }
}

impl fmt::Display for Planted {
    /// The text that [`Planted::parse`] reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::print(self))
    }
}
