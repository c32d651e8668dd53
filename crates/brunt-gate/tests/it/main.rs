//! Verdicts over synthetic runs.

mod runs;

mod conclude;

mod decisions;

mod objectives;

mod totals;
