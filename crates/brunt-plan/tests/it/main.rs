//! Plans from text to workload, through the public interface.

mod bad;

mod fixtures;

mod good;

mod import;

mod journeys;

mod language;
mod overlays;

mod quick;

mod robust;

mod values;
