//! How far a target goes: models of throughput against requests in flight.

mod usl;

pub use usl::{Usl, fit_usl};
