//! Objectives: what a service promises, as data and as text.
//!
//! An objective is a statistic of some requests, held against a limit: `p95{action=checkout} < 250ms`. This crate has
//! its data, its grammar and its standard form. It judges nothing and knows no run: that is `brunt-gate`. Plans, the
//! command line and other tools' files all speak through it, so that one text means one thing.
