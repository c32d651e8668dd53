//! Waiting until the target is ready.

use crate::{HookError, Patience, World, request};
use brunt_metrics::Nanos;
use brunt_workload::Ready;
use std::time::Duration;

/// One try takes no longer than this: a target that accepts and never answers is asked again.
const LONGEST_TRY: Nanos = Nanos::from_secs(10);

/// Why the target is not taken for ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// It has not answered as it should in time. Holds what was asked, how often, for how long, and the last try's end.
    #[error("`{what}` did not answer as it should within {:.1} s ({tries} tries); at last: {last}", .waited.as_secs_f64())]
    InTime {
        /// The request.
        what: String,
        /// How often it was sent.
        tries: u32,
        /// For how long.
        waited: Nanos,
        /// How the last try ended.
        last: HookError,
    },
    /// The user did not want to wait.
    #[error("ended by the user while waiting for `{0}`")]
    Ended(String),
}

/// Sends the request again and again until it is answered as it should be. Answers how long that took.
pub fn wait_ready(ready: &Ready, world: &World<'_>) -> Result<Nanos, NotReady> {
    let what = request::shown(&ready.request);
    let begun = (world.now)();
    let mut tries = 0;
    loop {
        tries += 1;
        let waited =
            |now: Duration| Nanos(u64::try_from(now.saturating_sub(begun).as_nanos()).unwrap_or(u64::MAX));
        let left = ready.timeout - waited((world.now)());
        let (_, result) =
            request::send(&ready.request, left.min(LONGEST_TRY).max(Nanos::from_millis(1)), world.tls);
        let waited = waited((world.now)());
        let Err(last) = result else { return Ok(waited) };
        if waited + ready.every >= ready.timeout {
            return Err(NotReady::InTime { what, tries, waited, last });
        }
        if (world.pause)(Duration::from_nanos(ready.every.0)) == Patience::IsOver {
            return Err(NotReady::Ended(what));
        }
    }
}
