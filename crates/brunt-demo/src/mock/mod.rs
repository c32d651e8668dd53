//! An API made of data, with a truth to measure against.
//!
//! For: a server whose latency, failures and limits are *known*, so that what a load tool reports can be compared with
//! what must come out. Not for: being a fast server (see [`crate::null`]) or a broken one (see [`crate::faulty`]).
//! It speaks HTTP/1.1 and HTTP/2, the latter by ALPN or with prior knowledge on the plain port. Start with [`MockConfig`].
//!
//! # Configuration
//!
//! As JSON ([`MockConfig::from_json`]); unknown keys are errors. Durations are text with a unit (`ns us ms s m h`).
//! Everything but a route's `path` may be left out.
//!
//! ```json
//! {
//!   "seed": 1,
//!   "builtins": true,
//!   "routes": [
//!     {
//!       "method": "POST",
//!       "path": "/products/{id}/reviews",
//!       "status": 201,
//!       "latency": { "log_normal": { "median": "12ms", "sigma": 0.5 } },
//!       "failures": { "rate": 0.005, "status": 503 },
//!       "body": { "json": { "product": "{{id}}", "review": "{{n}}" } },
//!       "headers": { "cache-control": "no-store" },
//!       "gzip": false,
//!       "drip": { "pieces": 10, "every": "20ms" },
//!       "session": "requires"
//!     }
//!   ],
//!   "capacity": { "servers": 4, "service": { "constant": "10ms" }, "queue": 100, "retry_after": "1s" },
//!   "stall": { "every": "5s", "lasts": "500ms" },
//!   "ramp": { "per_minute": 0.5, "per_in_flight": 0.01 },
//!   "record": { "keep": 10000, "body_bytes": 16384 }
//! }
//! ```
//!
//! * `latency`: `"constant": "5ms"`, or one of `uniform {min, max}`, `normal {mean, deviation}`, `exponential {mean}`,
//!   `log_normal {median, sigma}`, `bimodal {fast, slow, slow_share}`; see [`Latency`].
//! * `body`: `{"text": ".."}`, `{"json": ..}`, `{"verbatim": ".."}`, `{"bytes": 1024}`,
//!   `{"bytes_between": {"min": 100, "max": 9000}}` or `"empty"`. In text and JSON strings `{{name}}` stands for the path's parameter `name`, `{{n}}` for the request's
//!   number within its route.
//! * `session`: `"starts"` sets a `session` cookie, `"requires"` answers 401 without one that this server set.
//! * The first route whose method and path match answers; a parameter `{name}` takes one segment, or what is
//!   between the ends of `before{name}after`. `HEAD` is answered like `GET` without a body. A path that matches with
//!   another method gets 405.
//! * `GET /` says what is served, unless a route is there: as JSON, or as text if `Accept` begins with `text/plain`.
//! * `builtins` adds behind the routes: `GET /health`, `POST /login`, `GET /me`, `GET /old` (302 to `/`), and
//!   for any method `/redirect/{n}`, `/headers`, `/echo`, `/status/{code}`, `/bytes/{n}`, `/delay/{ms}`,
//!   `/drip/{bytes}/{ms}` (ten pieces over that time), `/gzip`.
//! * `record` keeps the requests: the last `keep` in memory, `body_bytes` of each body, and with `"file": "seen.jsonl"`
//!   each as a line of that file as well, up to 4 GiB. `{}` is the same as what stands above. A request that no route
//!   matches is answered at once with 200 and `{"ok":true}`, whatever its method; with `"builtins": false` and no routes
//!   that is all of them ([`MockConfig::recording`]).
//! * `GET /__requests` gives what was recorded as `{"received", "not_kept", "not_written", "requests": [..]}`, or one
//!   request per line with `?format=lines` (then `x-not-kept` says how many are missing); `DELETE` forgets it. Each has its
//!   number `n` from 1 in the order in which they were read, `at_ms` since the target's start, `method`, `path`, `query`,
//!   `version`, `headers`, `body_size`, and `body` as text or `body_base64`, with `body_cut` if there was more. Values of
//!   headers and parameters whose name speaks of a secret (`authorization`, `cookie`, `x-api-key`, `token` ..) are
//!   `(hidden)`; bodies are not looked through.
//! * An API can also come from an OpenAPI document: [`MockConfig::from_openapi`].
//! * `GET /__stats` gives [`crate::Stats`] as JSON, `/__reset` is [`crate::Running::reset`], and `/__faults` are faults on
//!   demand ([`crate::planted`]). None of these is counted or recorded.
//!
//! # The truth
//!
//! A request's time is counted from when its head and body have been read, to when the answer's head is written. A delay
//! never ends early and on an idle Linux machine at most about 0.1 ms late. Each draw depends on `seed`, the route and
//! the request's number within the route, and on nothing else.
//!
//! | Behaviour | What a measurement must find |
//! |---|---|
//! | `latency` | [`Latency::mean`] and [`Latency::quantile`] |
//! | constant c | every answer takes c |
//! | bimodal | a share of `slow_share` takes `slow`, the rest `fast`; percentiles up to `1 - slow_share` are `fast` |
//! | failures | a share of `rate` has `status`, after the same latency as a success |
//! | stall of D every P | with open arrivals, a share D/P of the requests arrives in a freeze and waits until its end: a wait uniform on (0, D], D/2 on average, so that the mean over all requests grows by D²/(2P) |
//! | capacity of k servers, service s | at most k/s answers per second; with r arrivals per second and r s < k it is the queue G/G/k; beyond that the queue fills, and the wait before service is `queue` × s / k |
//! | ramp | the drawn latency times `(1 + per_minute × minutes) × (1 + per_in_flight × (in flight - 1))` |
//!
//! **Stalls.** The clock starts with the first request (or a reset), as 0. The server is frozen in `[n P, n P + D)` for
//! n = 1, 2, …: it neither accepts, nor reads, nor writes. What it was doing goes on, so that an answer whose time comes
//! within the freeze is sent at its end; a request that was sent during the freeze is read, and *then* begins, at its
//! end. A closed-loop client that waits for its answer sees only one late answer per freeze and connection: that is
//! coordinated omission, and the reason for this behaviour.
//!
//! **Capacity.** First come, first served. A request takes the server that is free first for one draw of `service` (or of
//! the route's `latency` if `service` is left out; the latency is never added to the service). A request that finds
//! `queue` requests waiting gets 503 with `Retry-After` at once. A client that gives up does not give its place back, as
//! with most real servers. Built-in paths are not subject to it, nor to failures and ramps.
//!
//! **Planted faults** come on top. What they add to a request's time adds to its service, so that a server of `capacity` is
//! busy for as long. Without a `path` they hit the routes that the configuration has, but for `/health`, and what a
//! recording mock takes; with a `path` built-in ones as well.

mod about;
mod answer;
mod body;
mod builtin;
mod compile;
mod config;
mod cookie;
mod error;
mod openapi;
mod path;
mod recording;
mod schedule;
mod shop;
mod template;

pub(crate) use self::{compile::Mock, path::Pattern, schedule::Schedule};
pub use self::{
    config::{Body, Capacity, Drip, Failures, MockConfig, Ramp, Route, Session, Size, Stall},
    error::{ConfigError, Problem, SyntaxError},
    recording::Record,
};
#[cfg(doc)]
use crate::Latency;
