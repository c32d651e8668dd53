//! Promises of the crate, as rows of data.

mod bed;

mod findings;
