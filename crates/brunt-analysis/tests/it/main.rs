//! Promises of the crate, as rows of data.
mod arms;
mod bed;
mod capacity;
mod comparison;
mod findings;
mod queues;
