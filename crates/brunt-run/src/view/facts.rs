//! What each second says about the generator's own health, counted: the rules of a verdict need only this.
//!
//! Which counts are too many is not decided here; that is the gate's business. The limits that make a single
//! second count are named constants, each with its reason.

use crate::HostSecond;
use brunt_metrics::{Histogram, Nanos, Second};

/// A second is late when its lag p99 is above this, or above [`LATE_SHARE`] of the median service time,
/// whichever is more: 1 ms is what a request to a near service is felt by.
pub const LATE_FLOOR: Nanos = Nanos::from_millis(1);
/// See [`LATE_FLOOR`]: lateness below a twentieth of what is measured does not change what it says.
pub const LATE_SHARE: f64 = 0.05;
/// A worker is hot in a second when its thread used more than this share of it.
pub const HOT_WORKER: f64 = 0.90;
/// A worker's event loop stalled in a second when it came to a timer later than this, or than
/// [`STALL_SHARE`] of the median service time, whichever is more: several scheduler slices.
pub const STALL_FLOOR: Nanos = Nanos::from_millis(20);
/// See [`STALL_FLOOR`].
pub const STALL_SHARE: f64 = 0.10;
/// A hypervisor robbed the machine in a second when it took more than this share of it.
pub const STOLEN_SHARE: f64 = 0.05;
/// Tasks waited for a processor in a second when they did for more than this share of it.
pub const PRESSED_SHARE: f64 = 0.25;

/// The fewest lag values that a p99 can be claimed of. Seconds with fewer are judged together with those that
/// follow, until there are enough: otherwise one late request would make a slow second a late one.
pub const LATE_VALUES: u64 = 100;

/// Counts of seconds in which a rule of health was broken, over the seconds that had load to judge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HealthFacts {
    /// Seconds in which some scenario was in its load phase: the whole of which the others are parts.
    pub judged: u64,
    /// Seconds whose lag p99 was too high, alone or with their neighbours (see [`LATE_VALUES`]).
    pub late: u64,
    /// Lag values of the judged seconds.
    pub lag_values: u64,
    /// Of these, the ones that were above their second's limit.
    pub late_values: u64,
    /// Seconds in which a worker's event loop stalled.
    pub stalled: u64,
    /// Seconds in which a worker's thread used nearly all of a processor.
    pub hot: u64,
    /// Seconds in which a hypervisor took processor time away.
    pub stolen: u64,
    /// Seconds in which a control group's quota stopped the process.
    pub throttled: u64,
    /// Seconds in which tasks waited for a processor (pressure stall information).
    pub pressed: u64,
    /// The highest lag p99 of a second.
    pub lag_p99_max: Nanos,
    /// The longest stall.
    pub stall_max: Nanos,
    /// The highest share of a second that a worker's thread used.
    pub worker_cpu_max: f64,
    /// The most requests that ended in a second which was neither late nor stalled nor hot: the highest rate
    /// at which the figures can be trusted without reserve. 0 if there was no such second.
    pub healthy_requests_max: u64,
    /// Per-request rows that could not be written in time; over the whole run.
    pub rows_lost: u64,
    pool: Pool,
    trend: Trend,
}

/// Seconds that together have not had enough lag values yet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pool {
    seconds: u64,
    values: u64,
    late: u64,
}

impl Pool {
    /// Adds a second. Answers how many seconds are late because of it.
    fn add(&mut self, values: u64, late: u64) -> u64 {
        self.seconds += 1;
        self.values += values;
        self.late += late;
        if self.values < LATE_VALUES {
            return 0;
        }
        let pool = std::mem::take(self);
        // More than one in a hundred above the limit: its p99 is above it.
        if pool.late * 100 > pool.values { pool.seconds } else { 0 }
    }
}

impl HealthFacts {
    /// By how much lag p99 rose over the judged seconds, as the least-squares line through them has it.
    /// `None` when there are fewer than three seconds, or when it did not rise, or when the line explains
    /// less than half of the variation (r² < 0.5): then nothing grows, it only varies.
    pub fn lag_growth(&self) -> Option<Nanos> {
        self.trend.rise()
    }

    pub(super) fn add(
        &mut self,
        second: &Second,
        judged: bool,
        run_service_p50: impl FnOnce() -> Option<Nanos>,
    ) {
        self.rows_lost += second.workers.iter().map(|w| w.rows_lost).sum::<u64>();
        if !judged {
            return;
        }
        self.judged += 1;
        let p50 = service_p50(second).or_else(run_service_p50).unwrap_or_default();
        let lag = second.lag.quantile(0.99).unwrap_or_default();
        self.lag_p99_max = self.lag_p99_max.max(lag);
        let (values, above) = (second.lag.total, second.lag.count_above(late_limit(p50)));
        self.lag_values += values;
        self.late_values += above;
        self.late += self.pool.add(values, above);
        let late = above * 100 > values;
        self.trend.add(lag);
        let stall = second.workers.iter().map(|w| w.stall_max).max().unwrap_or_default();
        self.stall_max = self.stall_max.max(stall);
        let stalled = stall > STALL_FLOOR.max(share_of(p50, STALL_SHARE));
        self.stalled += u64::from(stalled);
        let cpu = second.workers.iter().map(|w| w.cpu).max().unwrap_or_default().as_secs_f64();
        self.worker_cpu_max = self.worker_cpu_max.max(cpu);
        self.hot += u64::from(cpu > HOT_WORKER);
        if !late && !stalled && cpu <= HOT_WORKER {
            self.healthy_requests_max = self.healthy_requests_max.max(second.requests());
        }
    }

    pub(super) fn add_host(&mut self, host: &HostSecond, judged: bool) {
        if judged {
            self.stolen += u64::from(host.steal.is_some_and(|s| s > STOLEN_SHARE));
            self.throttled += u64::from(host.throttled.is_some_and(|t| t > Nanos::ZERO));
            self.pressed += u64::from(host.cpu_pressure.is_some_and(|p| p > PRESSED_SHARE));
        }
    }
}

/// Whether a lag p99 is too high beside a median service time.
pub(super) fn is_late(lag_p99: Nanos, service_p50: Nanos) -> bool {
    lag_p99 > late_limit(service_p50)
}

fn late_limit(service_p50: Nanos) -> Nanos {
    LATE_FLOOR.max(share_of(service_p50, LATE_SHARE))
}

/// The median of all requests that ended in the second.
fn service_p50(second: &Second) -> Option<Nanos> {
    let mut service = Histogram::default();
    second.cells.iter().for_each(|cell| service.add(cell.service_times()));
    service.quantile(0.5)
}

fn share_of(whole: Nanos, share: f64) -> Nanos {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a duration fits")]
    Nanos((whole.0 as f64 * share) as u64)
}

/// Sums of a simple linear regression of `y` on `x = 0, 1, 2, ...`: n, the sums of x, y, x², xy, y².
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Trend {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Trend {
    fn add(&mut self, value: Nanos) {
        let (x, y) = (self.n, value.as_secs_f64());
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }

    fn rise(&self) -> Option<Nanos> {
        if self.n < 3.0 {
            return None;
        }
        let sxx = self.xx - self.x * self.x / self.n;
        let syy = self.yy - self.y * self.y / self.n;
        let sxy = self.xy - self.x * self.y / self.n;
        if sxy <= 0.0 || syy <= 0.0 || sxy * sxy < 0.5 * sxx * syy {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sxy and sxx are positive"
        )]
        Some(Nanos((sxy / sxx * (self.n - 1.0) * 1e9) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_seen_and_variation_is_not() {
        let rise = |values: &[u64]| {
            let mut trend = Trend::default();
            for &ms in values {
                trend.add(Nanos::from_millis(ms));
            }
            trend.rise().map(|r| (r.as_millis_f64()).round())
        };
        for (values, expected) in [
            (&[][..], None),
            (&[1, 2], None),
            (&[5, 5, 5, 5], None),
            (&[10, 20, 30, 40, 50], Some(40.0)),
            (&[50, 40, 30, 20, 10], None),
            (&[1, 90, 2, 80, 3, 70, 4, 95], None),
        ] {
            assert_eq!(rise(values), expected, "{values:?}");
        }
    }
}
