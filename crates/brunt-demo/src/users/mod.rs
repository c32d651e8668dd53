//! Users behind a gateway: three instances of one application, a cache before a database.
//!
//! For: loading the usual web application, and seeing a cache work, a balancer share out, a connection pool fill. Not for:
//! comparing a measured latency with its truth to the microsecond (see [`crate::mock`]). Start with [`UsersConfig`].
//!
//! One port is the entry: a gateway that gives each request to the next of the instances `app1`, `app2`, `app3`, all in this
//! process. Each path of users answers below `/api` and `/api/v1` as well: `/api/v1/users` is `/users`.
//!
//! | Route | |
//! |---|---|
//! | `GET /users?limit=100&offset=0` | a JSON list by id, `limit` 1 to 1000; `x-total-count` has the number of all; cached |
//! | `POST /users` | `{"name": "..", "email": ".."}`; 201 with the `id`; 409 for an e-mail that is taken |
//! | `GET /users/{id}` | cached |
//! | `PUT /users/{id}` | name and e-mail |
//! | `PATCH /users/{id}` | name or e-mail or both |
//! | `DELETE /users/{id}` | 204 |
//! | `GET /health` | of the instance that the gateway chooses |
//! | `GET /app1/health`, `/app2/health`, `/app3/health` | of that instance |
//! | `GET /gateway-health` | of the gateway |
//! | `GET /cache/stats` | hits, misses, errors, entries |
//!
//! Answers of an instance say which one it was in `x-upstream` (`app2`), and reads what the cache did in `x-cache` (`HIT` or
//! `MISS`). What a request has wrong is answered with 422 in the shape that `FastAPI` has: `{"detail": [{"type", "loc",
//! "msg", "input"}]}`; no such user is 404, one user too many (`most_users`) 507, a full pool 503 with `Retry-After`, all
//! as `{"detail": ".."}`. `GET /__stats` adds `apps`, `cache` and `users`.
//!
//! # Configuration
//!
//! As JSON ([`UsersConfig::from_json`]); unknown keys are errors, everything may be left out. These are the defaults:
//!
//! ```json
//! {
//!   "seed": 1,
//!   "role": "gateway",
//!   "redis": null,
//!   "users": 100,
//!   "most_users": 100000,
//!   "cache": { "ttl": "1m", "entries": 10000 },
//!   "database": { "connections": 10, "queue": 500 },
//!   "latency": {
//!     "app": { "log_normal": { "median": "1ms", "sigma": 0.2 } },
//!     "cache": { "log_normal": { "median": "500us", "sigma": 0.2 } },
//!     "read": { "log_normal": { "median": "15ms", "sigma": 0.4 } },
//!     "write": { "log_normal": { "median": "20ms", "sigma": 0.4 } }
//!   }
//! }
//! ```
//!
//! * `users`: how many there are at the start; user 7 is `User 7 <user7@example.com>`.
//! * `redis`: `"redis://[user:password@]host[:6379][/database]"` makes that server the cache. If it fails, reads miss,
//!   `errors` in `/cache/stats` counts, and a new connection is tried after 100 ms, then twice as long, up to 5 s. Only keys that begin with
//!   `brunt:users:` are touched, and `/__reset` deletes them.
//! * `role`: `{"app": 2}` serves one instance alone, without the gateway, to put a real one before several. Its users are its
//!   own, or with `redis` stored there, so that all instances with the same database have the same; without Redis at hand it
//!   then answers 503.
//!
//! # The truth
//!
//! * A read that hits takes `app` + `cache`, one that misses `app` + `cache` + `read`, a write `app` + `write`. A real Redis
//!   takes what it takes instead of `cache`. A value is found for `ttl` after the miss that stored it, unless it was
//!   changed; a page, until any user changed.
//! * `read` and `write` occupy one of the `connections` of their instance, and so does what a planted fault adds to them. With
//!   m the mean, an instance does at most `connections` / m of them per second; the next `queue` requests wait, and any
//!   further gets 503 at once.
//! * Of n requests in a row, each instance gets a third, in turn; the cache is shared, so that what one stored the others
//!   find. Both change by planted faults.

mod cache;
mod config;
mod redis;
mod service;
mod shared;
mod store;
mod validation;

pub use self::config::{CacheConfig, DatabaseConfig, LatencyConfig, RedisUrl, Role, UsersConfig};
pub(crate) use self::service::Users;
