//! All counters of one instant, and what lies between two instants. Pure.

use super::parse::CoreTicks;
use brunt_metrics::Nanos;
use brunt_run::HostSecond;

/// What was read at one instant. Counters count from the start of the machine, the process or the control
/// group: only differences mean something.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Readings {
    /// The instant, on the machine's own clock.
    pub(super) at: Nanos,
    /// Processor time of the process.
    pub(super) process_cpu: Nanos,
    /// By core, ascending.
    pub(super) cores: Vec<CoreTicks>,
    /// Microseconds in which some task waited for a processor.
    pub(super) pressure_us: Option<u64>,
    /// Microseconds for which each quota that applies to the process stopped it; the same quotas each time.
    pub(super) throttled_us: Vec<Option<u64>>,
    /// TCP segments sent again.
    pub(super) retransmits: Option<u64>,
    /// What is not counted but is.
    pub(super) gauges: Gauges,
}

/// What stands for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gauges {
    pub(super) resident_bytes: Option<u64>,
    pub(super) open_files: Option<u64>,
    pub(super) open_files_limit: Option<u64>,
    pub(super) sockets: SocketCounts,
}

/// TCP sockets of this machine. The kernel counts those that wait for both IP versions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SocketCounts {
    pub(super) in_use: Option<u64>,
    pub(super) in_use6: Option<u64>,
    pub(super) time_wait: Option<u64>,
}

/// What happened from `before` to `now`; `index` and what does not change are the caller's to fill in.
pub(super) fn difference(before: &Readings, now: &Readings) -> HostSecond {
    let elapsed = now.at - before.at;
    let pairs: Vec<(CoreTicks, CoreTicks)> = now
        .cores
        .iter()
        .filter_map(|core| Some((*before.cores.iter().find(|b| b.id == core.id)?, *core)))
        .collect();
    let quotas = before.throttled_us.iter().zip(&now.throttled_us);
    // A process under several quotas stands still while any of them stops it. Their times overlap, so the
    // longest is a lower bound, and their sum would not be a time.
    let throttled_us = quotas.filter_map(|(b, n)| Some((*n)?.saturating_sub((*b)?))).max();
    let Gauges { resident_bytes, open_files, open_files_limit, sockets } = now.gauges;
    HostSecond {
        // The clock cannot be read wherever it is 0.
        process_cpu: (now.process_cpu > Nanos::ZERO).then(|| now.process_cpu - before.process_cpu),
        cores_busy: pairs.iter().map(|(b, n)| core_busy(*b, *n)).collect(),
        steal: steal(&pairs),
        cpu_pressure: before
            .pressure_us
            .zip(now.pressure_us)
            .and_then(|(b, n)| share(Nanos(n.saturating_sub(b).saturating_mul(1_000)).0, elapsed.0)),
        throttled: throttled_us.map(|us| Nanos(us.saturating_mul(1_000))),
        resident_bytes,
        open_files,
        open_files_limit,
        tcp_in_use: sockets.in_use.map(|v4| v4.saturating_add(sockets.in_use6.unwrap_or(0))),
        tcp_time_wait: sockets.time_wait,
        tcp_retransmits: before.retransmits.zip(now.retransmits).map(|(b, n)| n.saturating_sub(b)),
        ..HostSecond::default()
    }
}

/// The share of a core's time that was not idle. Stolen time is not idle: somebody used it. A core whose
/// clock did not tick in between (two samples within 10 ms) counts as idle.
fn core_busy(before: CoreTicks, now: CoreTicks) -> f64 {
    let total = now.total.saturating_sub(before.total);
    // Linux may take back idle time that it has shown before (`proc(5)`: "iowait ... may decrease").
    let idle = now.idle.saturating_sub(before.idle);
    share(total.saturating_sub(idle), total).unwrap_or(0.0)
}

fn steal(pairs: &[(CoreTicks, CoreTicks)]) -> Option<f64> {
    let sum = |f: fn(&CoreTicks) -> u64| {
        pairs.iter().fold(0_u64, |s, (b, n)| s.saturating_add(f(n).saturating_sub(f(b))))
    };
    share(sum(|c| c.steal), sum(|c| c.total))
}

/// `part / whole`, at most 1; `None` of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64).min(1.0))
}

#[cfg(test)]
mod tests;
