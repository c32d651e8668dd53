//! Promises of the crate, as rows of data.

mod arms;
mod bed;

mod comparison;
mod findings;
