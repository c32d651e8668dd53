//! Test fixtures shared by brunt's crates (development only).
