//! Promises of the crate, as rows of data.
