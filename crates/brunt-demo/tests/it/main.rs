//! The targets as a client sees them, over real sockets.

mod about;
mod client;
mod config;
mod faulty;
mod inference;
mod mock;
mod null;
mod openapi;
mod planted;
mod planted_kinds;
mod recording;
mod redis;
mod running;
mod secure;
mod shop;
mod users;
