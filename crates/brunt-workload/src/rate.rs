//! Rates as exact fractions: `500/s`, `30/m`, `1/250ms`.

use brunt_metrics::Nanos;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Events per stretch of time, as the fraction it was written as: no rounding, no drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rate {
    /// How many events; 0 means none.
    pub count: u64,
    /// In how much time; above 0.
    pub per: Nanos,
}

impl Rate {
    /// No events.
    pub const ZERO: Self = Self { count: 0, per: Nanos::SECOND };

    /// `count` events a second.
    pub const fn per_second(count: u64) -> Self {
        Self { count, per: Nanos::SECOND }
    }

    /// Events per second, for display.
    pub fn per_second_f64(self) -> f64 {
        self.count as f64 / self.per.as_secs_f64()
    }

    /// The instant at which event `i` of a constant rate is due, counted from the rate's start:
    /// the least nanosecond by which `i` events are reached, `ceil(i * per / count)`. [`Nanos::MAX`] when
    /// the rate is zero.
    pub fn instant(self, i: u64) -> Nanos {
        if self.count == 0 {
            return Nanos::MAX;
        }
        let t = (u128::from(i) * u128::from(self.per.0)).div_ceil(u128::from(self.count));
        Nanos(u64::try_from(t).unwrap_or(u64::MAX))
    }

    /// How many events of a constant rate are due before `end`: those `i` with `instant(i) < end`.
    pub fn events_before(self, end: Nanos) -> u64 {
        let Some(last) = end.0.checked_sub(1).filter(|_| self.count > 0) else { return 0 };
        let before = u128::from(last) * u128::from(self.count) / u128::from(self.per.0.max(1));
        u64::try_from(before + 1).unwrap_or(u64::MAX)
    }
}

/// `500/s`, `30/60.0 s`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.per == Nanos::SECOND {
            write!(f, "{}/s", self.count)
        } else {
            write!(f, "{} per {}", self.count, self.per)
        }
    }
}
