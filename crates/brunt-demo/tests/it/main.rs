//! The targets as a client sees them, over real sockets.

mod client;
mod config;
mod faulty;
mod inference;
mod mock;
mod null;
mod planted;
mod running;
mod secure;
mod shop;
