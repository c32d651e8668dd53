//! A traffic twin: what a log teaches, what is generated from it, and how alike the two are.
//!
//! What this crate does not do: it opens no file, it sends nothing, and it knows no plan.

mod synthetic;

pub use synthetic::{SYNTHETIC_VERSION, Synthetic, SyntheticError, SyntheticRequest};
