//! The terminal view of a run, live or replayed.
