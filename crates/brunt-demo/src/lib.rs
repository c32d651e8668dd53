//! Targets to load, with behaviour that is known.
//!
//! A load tool can only be believed as far as it was checked against a server whose truth is known. This crate is that
//! server, in several kinds ([`names`] lists them):
//!
//! * [`mock`]: an API made of data: routes with latency distributions, failures, queues, stalls. Its documentation says
//!   which numbers a measurement of each behaviour must find.
//! * [`faulty`]: a server that breaks HTTP in a known way per path, to test that a client survives and says what happened.
//! * [`storefront`]: a shop behind a load balancer, with backends that are not alike and stock that runs out.
//! * [`inference`]: a GPU server for models: batches, a bounded queue, cold starts, Prometheus metrics.
//! * [`users`]: user accounts behind a gateway: three instances, a cache, a database with few connections.
//! * [`null`]: the cheapest HTTP/1.1 server that still reads its requests, as the ceiling of a self-test.
//!
//! Faults can be planted in those that serve properly, to be found again: [`planted`].
//!
//! What it does not do: it knows nothing of the load tool that uses it (and depends on no crate of ours), it is no web
//! framework, and it must not be exposed to an untrusted network: misbehaving is its purpose.
//!
//! Start with [`Config`] and [`start`]; both work without an async runtime:
//!
//! ```
//! use std::time::Duration;
//! use brunt_demo::{Config, MockConfig, start};
//!
//! let running = start(Config::mock(MockConfig::constant(Duration::from_millis(5))))?;
//! println!("{}", running.url()); // http://127.0.0.1:40123
//! assert_eq!(running.stats().requests, 0);
//! running.stop();
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod faulty;
pub mod inference;
pub mod latency;
pub mod mock;
pub mod null;
pub mod planted;
pub mod storefront;
pub mod users;

mod about;
mod accept;
mod api;
mod balancer;
mod clock;
mod connection;
mod delay;
mod duration_text;
mod freeze;
mod listen;
mod names;
mod queue;
mod random;
mod running;
mod stats;
mod stream;
mod tls;

pub use crate::{
    inference::InferenceConfig,
    latency::Latency,
    listen::{Bind, Bound},
    mock::{ConfigError, MockConfig},
    names::names,
    planted::{Planted, PlantedError},
    running::{Config, Running, Target, start},
    stats::{PlantedStats, RouteStats, Served, Stats, Times},
    storefront::ShopConfig,
    tls::{Alpn, Certificates, ClientAuth, TlsConfig},
    users::UsersConfig,
};
