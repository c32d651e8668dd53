//! The targets as a client sees them, over real sockets.

mod client;
mod config;
mod faulty;
mod mock;
mod null;
mod running;
mod secure;
