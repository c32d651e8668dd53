//! Freezes of a whole server: when they are, and who brings them.
//!
//! For: the stalls of a mock's configuration and those that are planted. Nothing here waits: [`crate::stream::Gated`] does,
//! and the accept loop. Start with [`Freezes`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{mock::Schedule, planted::Faults, stats::nanos};

/// Something that lasts `lasts` and comes back: `[n every, n every + lasts)`, n = 1, 2, ….
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rhythm {
    pub(crate) every: Duration,
    pub(crate) lasts: Duration,
}

impl Rhythm {
    /// The end of the time that `at` lies in, if it lies in one.
    pub(crate) fn end(self, at: Duration) -> Option<Duration> {
        let (at, every, lasts) = (nanos(at), nanos(self.every), nanos(self.lasts));
        let turn = at.checked_div(every)?;
        let within = turn >= 1 && at % every < lasts;
        within.then(|| Duration::from_nanos(turn * every + lasts))
    }
}

/// What can freeze a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Freezes {
    pub(crate) schedule: Option<Arc<Schedule>>,
    pub(crate) faults: Option<Arc<Faults>>,
}

impl Freezes {
    /// Whether the server can ever freeze; faults may be planted while it runs.
    pub(crate) fn possible(&self) -> bool {
        self.schedule.as_ref().is_some_and(|schedule| schedule.has_stalls()) || self.faults.is_some()
    }

    /// The end of the freeze that the present lies in, if it lies in one. `now` is asked only where there is a stall.
    pub(crate) fn until(&self, now: impl Fn() -> Instant) -> Option<Instant> {
        let schedule = self.schedule.as_ref().filter(|schedule| schedule.has_stalls());
        let faults = self.faults.as_ref().filter(|faults| faults.has_stalls());
        if schedule.is_none() && faults.is_none() {
            return None;
        }
        let now = now();
        let configured = schedule.and_then(|schedule| schedule.frozen_until(now));
        configured.max(faults.and_then(|faults| faults.frozen_until(now)))
    }

    /// Counts something that a freeze held up.
    pub(crate) fn count(&self) {
        if let Some(faults) = &self.faults {
            faults.count_frozen();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_after_the_first_period() {
        let ms = Duration::from_millis;
        let rhythm = Rhythm { every: ms(100), lasts: ms(30) };
        for (at, expected) in [
            (0, None),
            (29, None),
            (99, None),
            (100, Some(130)),
            (129, Some(130)),
            (130, None),
            (720, Some(730)),
        ] {
            assert_eq!(rhythm.end(ms(at)), expected.map(ms), "{at}");
        }
    }
}
