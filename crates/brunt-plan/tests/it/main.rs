//! Plans from text to workload, through the public interface.

mod bad;

mod fixtures;

mod good;

mod language;

mod quick;

mod robust;
