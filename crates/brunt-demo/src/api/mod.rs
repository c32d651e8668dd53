//! What the targets that are services have in common: connections, routing, counting, planted faults, control paths.
//!
//! For: a [`Service`] says which routes it has and what each answers; [`Api`] does the rest, alike for all:
//!
//! | Path | What |
//! |---|---|
//! | `GET /` | what is served, from [`Service::ROUTES`], as JSON; as text if `Accept` begins with `text/plain` |
//! | `GET /__stats` | [`crate::Stats`] and what the service adds, as JSON |
//! | `/__reset` | everything back to the start: counters, state, caches, the growth of faults |
//! | `/__faults` | see [`crate::planted`] |
//!
//! They speak HTTP/1.1 and HTTP/2. A path that matches with another method is 405, a body above [`LONGEST_BODY`] 413.
//! Control paths are not counted.
//!
//! Not for: the mock (whose routes are data; it shares [`Reply`] and the planted faults) and servers that break HTTP. Errors are JSON:
//! `{"error": "out_of_stock", "message": "…"}`, the first for programs and the second for people.

mod control;
mod query;
mod reply;
mod serve;

use std::{future::Future, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

pub(crate) use self::{
    control::CONTROL,
    query::Query,
    reply::Reply,
    serve::{Api, upload},
};
use crate::{
    delay::Timer,
    planted::{Abilities, Effect, Faults, Work},
    random::Draws,
};

/// The longest request body, in bytes; it is held in memory.
pub(crate) const LONGEST_BODY: usize = 1 << 20;

/// A target that is a service.
pub(crate) trait Service: Send + Sync + Sized + 'static {
    /// Its routes as an enum.
    type Route: Copy + Send + Sync + 'static;

    /// The name of the target.
    const NAME: &'static str;
    /// What it is, in a sentence.
    const ABOUT: &'static str;
    /// Its routes; the first that matches answers.
    const ROUTES: &'static [Endpoint<Self::Route>];

    /// The path to find a route by, for a service that answers under several prefixes.
    fn inner_path(path: &str) -> &str {
        path
    }

    /// What faults can break.
    fn abilities(&self) -> Abilities;

    /// What all randomness derives from.
    fn seed(&self) -> u64;

    /// Answers. It must take as long as [`Effect::stretched`] says and [`Effect::extra`] longer, and answer
    /// [`Turn::planted_error`] if there is one; what comes before and after is done by [`Api`].
    fn answer(&self, route: Self::Route, turn: &Turn<'_>) -> impl Future<Output = Reply> + Send;

    /// Sets its state back to the start.
    fn reset(&self, now: Instant);

    /// What it adds to the stats: fields of a JSON object.
    fn report(&self) -> Value {
        Value::Null
    }
}

/// One route of a service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoint<R> {
    pub(crate) method: &'static str,
    /// The path pattern, as [`Service::inner_path`] gives it.
    pub(crate) path: &'static str,
    pub(crate) about: &'static str,
    pub(crate) work: Work,
    pub(crate) route: R,
}

/// One request on its way to its answer.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// The path as it was sent.
    pub(crate) path: &'a str,
    pub(crate) query: Query<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    /// The path's parameters in order, as they stand there.
    pub(crate) values: &'a [&'a str],
    /// Randomness of its own, by its number within its route.
    pub(crate) draws: Draws,
    /// When it had been read, and had passed what planted faults put before it.
    pub(crate) arrived: Instant,
    pub(crate) effect: &'a Effect,
    pub(crate) faults: &'a Faults,
    pub(crate) timer: &'a Timer,
    /// The index of the serving thread.
    pub(crate) thread: usize,
}

impl Turn<'_> {
    /// The answer that a planted fault gives instead of the service's own.
    pub(crate) fn planted_error(&self) -> Option<Reply> {
        let status = self.effect.error?;
        Some(planted_error(status))
    }

    /// The body as JSON, or the answer that says why it is not; an empty body is null.
    pub(crate) fn json(&self) -> Result<Value, Reply> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(self.body).map_err(|error| {
            let message = format!("the body is not JSON: {error}");
            Reply::error(StatusCode::BAD_REQUEST, "bad_json", &message)
        })
    }
}

/// The answer that a planted fault gives.
pub(crate) fn planted_error(status: StatusCode) -> Reply {
    Reply::error(status, "planted", "failed on purpose, by a planted fault")
}
