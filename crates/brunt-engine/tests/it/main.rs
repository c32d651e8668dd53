//! The engine held to its promises on the simulated clock.

mod accuracy;
mod executors;
mod lanes;
mod scripts;
mod workloads;
