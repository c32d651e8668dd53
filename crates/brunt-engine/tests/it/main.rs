//! The engine held to its promises on the simulated clock.

mod accuracy;
mod endings;
mod executors;
mod journeys;
mod lanes;
mod lost;
mod scripts;
mod simulated;
mod spinning;
mod steering;
mod workloads;
