//! The traffic twin.
mod export;
