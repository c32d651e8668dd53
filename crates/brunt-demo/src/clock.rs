//! The one place that reads the machine's clock. Everything else in the crate takes `now` as a parameter.

use std::time::Instant;

/// The current instant of the machine's monotonic clock.
#[expect(clippy::disallowed_methods, reason = "a target serves in real time; this is its only clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
