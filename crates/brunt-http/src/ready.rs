//! Is there anybody? Asked before the load, so that nobody's CI needs a sleep.
//!
//! Ready means that every origin of the workload takes a connection, TLS included. What it answers is for
//! the plan's checks to say.

use crate::connect::{Time, connect};
use crate::error::Failure;
use crate::network::{Network, Settings};
use brunt_engine::{Clock, RealClock};
use brunt_metrics::{Nanos, Parts};
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

/// Between two attempts.
const PAUSE: Nanos = Nanos::from_millis(100);

/// Why there will be no load.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// The target did not take a connection in time.
    #[error("{target} is not ready after {waited}: {last}")]
    Unreachable {
        /// Its base URL.
        target: String,
        /// How long it was waited for.
        waited: Nanos,
        /// What the last attempt said.
        last: Failure,
    },
    /// This machine could not even try.
    #[error("cannot open an event loop: {0}")]
    Local(#[from] io::Error),
}

/// Waits until every origin takes a connection, for `limit` at most; tries at least once. `waiting` is called
/// once, with the origin, when a first attempt has failed.
pub fn wait_until_ready(
    settings: &Settings,
    limit: Nanos,
    mut waiting: impl FnMut(&str),
) -> Result<(), NotReady> {
    let runtime = {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_io();
        #[cfg(not(target_os = "linux"))]
        builder.enable_time();
        builder.build()?
    };
    let _inside = runtime.enter();
    let clock = RealClock::new(RealClock::present())?;
    let ticking = Ticking(&clock);
    let network = Network::new(settings.clone());
    for origin in &settings.workload.target.origins {
        let target = origin.unix.as_ref().map_or_else(
            || format!("{}://{}", origin.scheme.name(), origin.authority()),
            |path| format!("unix:{}", path.display()),
        );
        let mut told = false;
        loop {
            let attempt_ends = clock.now() + settings.workload.target.connect_timeout;
            let mut parts = Parts::default();
            let attempt = within(
                &clock,
                attempt_ends.min(limit.max(PAUSE)),
                connect(&network, origin, &ticking, &mut parts),
            );
            let last = match runtime.block_on(attempt) {
                Some(Ok(_)) => break,
                Some(Err(failure)) => failure,
                None => Failure::ConnectTimeout,
            };
            // A certificate does not get better by waiting.
            if clock.now() + PAUSE >= limit || matches!(last, Failure::Tls(_)) {
                return Err(NotReady::Unreachable { target, waited: clock.now(), last });
            }
            if !told {
                told = true;
                waiting(&target);
            }
            let pause_ends = clock.now() + PAUSE;
            runtime.block_on(within(&clock, pause_ends, std::future::pending::<()>()));
        }
    }
    Ok(())
}

/// A clock whose alarm [`within`] waits for.
struct Ticking<'a>(&'a RealClock);

impl Time for Ticking<'_> {
    fn now(&self) -> Nanos {
        self.0.now()
    }

    async fn wait_until(&self, at: Nanos) {
        poll_fn(|_| {
            if self.0.now() >= at {
                return Poll::Ready(());
            }
            self.0.arm(at);
            Poll::Pending
        })
        .await;
    }
}

/// The future's result, or `None` at `at`. The future may arm the clock: it is looked at again when that goes off.
async fn within<T>(clock: &RealClock, at: Nanos, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(value));
            }
            if clock.now() >= at {
                return Poll::Ready(None);
            }
            clock.arm(at);
            if clock.poll_alarm(cx).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}
