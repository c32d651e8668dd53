//! The engine held to its promises on the simulated clock.

mod accuracy;
mod endings;
mod executors;
mod lanes;
mod lost;
mod scripts;
mod workloads;
