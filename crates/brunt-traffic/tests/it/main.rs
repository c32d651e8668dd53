//! The traffic twin.
