//! From access logs to load: `brunt logs`, `learn`, `synth`, `fidelity`, `pipeline`, and models that `brunt run` drives.
//!
//! `read` reads logs; each command is a module. What is learnt and made is `brunt-traffic`'s.

mod drive;
mod fidelity;
mod figures;
mod follow;
mod learn;
mod logs;
mod part;
mod pipeline;
mod read;
mod synth;
mod watch;

pub(crate) use drive::{asks, is_traffic, workload};
pub(crate) use fidelity::fidelity;
pub(crate) use learn::learn;
pub(crate) use logs::logs;
pub(crate) use pipeline::pipeline;
pub(crate) use synth::synth;
