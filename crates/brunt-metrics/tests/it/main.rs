//! Promises of the crate that need more than one of its modules.

mod alloc;
mod laws;
