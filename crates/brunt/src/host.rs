//! What the machine that produces the load looks like, second by second, and who it is.
//!
//! Start at [`HostSampler`]: its differences are what [`HostSecond`] holds. It only measures; whether a figure
//! speaks against a run is the verdict's to say. The texts of `/proc` and the control groups are read in
//! [`parse`], the instants compared in [`readings`]: both pure. Where the system has no such files (anything
//! but Linux) those figures are `None`.

mod address;
pub(crate) mod cgroup;
mod facts;
pub(crate) mod parse;
mod readings;

pub(crate) use address::is_local;
pub(crate) use facts::{cores, environment};

use brunt_metrics::Nanos;
use brunt_run::HostSecond;
use readings::{Gauges, Readings, SocketCounts};
use rustix::time::ClockId;
use std::fs::File;
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Reads the machine's counters and says what happened since the reading before.
///
/// A sample takes some 20 microseconds on two cores, with one open file or 10,000; all its sources are kept
/// open, six and one a control group. On Linux before 6.2 open files have to be counted one by one, which is
/// done at every [`RECOUNT`]th sample only. Not for a worker's thread: the reads are short, but they block.
#[derive(Debug)]
pub(crate) struct HostSampler {
    target_is_local: bool,
    sources: Sources,
    /// Cores that this process may use.
    own_cores: Vec<RangeInclusive<u64>>,
    ephemeral_ports: Option<u64>,
    page_bytes: u64,
    before: Readings,
    text: Vec<u8>,
}

/// The files that are read each second.
#[derive(Debug)]
struct Sources {
    stat: Source,
    pressure: Source,
    /// The quotas that apply to this process, its own control group's first.
    cpu_stats: Vec<Source>,
    statm: Source,
    sockets: Source,
    sockets6: Source,
    snmp: Source,
}

/// A file of `/proc` or of a control group; `None` if it cannot be opened.
#[derive(Debug)]
struct Source(Option<File>);

/// Counting the entries of `/proc/self/fd` takes over a microsecond each (14 ms for 10,000 files), so it is not
/// done each second.
const RECOUNT: u64 = 10;

/// Far beyond `/proc/stat` on the largest machines (about 100 bytes a core and 2 an interrupt).
const MAX_TEXT: usize = 1024 * 1024;

/// What is read at once; `/proc/stat` of a machine with some sixty cores.
const FIRST_TEXT: usize = 16 * 1024;

impl HostSampler {
    /// A sampler whose first sample covers the time from here to it. `target_is_local` is only passed on.
    pub(crate) fn new(target_is_local: bool) -> Self {
        let mut text = vec![0; FIRST_TEXT];
        let sources = Sources::open(&mut text);
        let own_cores = Source::open("/proc/self/status")
            .read(&mut text)
            .and_then(|t| parse::labelled_line(t, "Cpus_allowed_list"))
            .map(parse::ranges)
            .unwrap_or_default();
        let page_bytes = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let ephemeral_ports = ephemeral_ports();
        let before = Readings::default();
        let mut sampler =
            Self { target_is_local, sources, own_cores, ephemeral_ports, page_bytes, before, text };
        sampler.before = sampler.read(0);
        sampler
    }

    /// What happened since the sample before, as second `index`. To be called once a second: counts and times
    /// are those of the time between two calls, not scaled to a second.
    pub(crate) fn sample(&mut self, index: u64) -> HostSecond {
        let now = self.read(index);
        let mut second = readings::difference(&self.before, &now);
        second.index = index;
        second.ephemeral_ports = self.ephemeral_ports;
        second.target_is_local = self.target_is_local;
        self.before = now;
        second
    }

    fn read(&mut self, index: u64) -> Readings {
        let Self { sources, text, .. } = self;
        let mut cores = sources.stat.read(text).map(parse::core_ticks).unwrap_or_default();
        if !self.own_cores.is_empty() {
            cores.retain(|core| self.own_cores.iter().any(|range| range.contains(&core.id)));
        }
        let pressure_us = sources.pressure.read(text).and_then(parse::pressure_us);
        let throttled_us =
            sources.cpu_stats.iter().map(|s| s.read(text).and_then(parse::throttled_us)).collect();
        let resident_pages = sources.statm.read(text).and_then(parse::resident_pages);
        let sockets = SocketCounts {
            in_use: sources.sockets.read(text).and_then(|t| parse::labelled(t, "TCP:", "inuse")),
            time_wait: sources.sockets.read(text).and_then(|t| parse::labelled(t, "TCP:", "tw")),
            in_use6: sources.sockets6.read(text).and_then(|t| parse::labelled(t, "TCP6:", "inuse")),
        };
        let retransmits = sources.snmp.read(text).and_then(parse::retransmits);
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let gauges = Gauges {
            resident_bytes: resident_pages.map(|pages| pages.saturating_mul(self.page_bytes)),
            open_files: open_files(index).or(self.before.gauges.open_files),
            open_files_limit: limit,
            sockets,
        };
        // Both clocks are read directly and not through the engine's: they measure this machine, not the run.
        let at = clock(ClockId::Monotonic);
        let process_cpu = clock(ClockId::ProcessCPUTime);
        Readings { at, process_cpu, cores, pressure_us, throttled_us, retransmits, gauges }
    }
}

impl Sources {
    fn open(text: &mut Vec<u8>) -> Self {
        let quotas = cgroup::folders().into_iter().map(|folder| Source::open(folder.join("cpu.stat")));
        Self {
            stat: Source::open("/proc/stat"),
            pressure: Source::open("/proc/pressure/cpu"),
            // The root of all control groups has no quota, and says so by leaving the line out.
            cpu_stats: quotas.filter(|s| s.read(text).and_then(parse::throttled_us).is_some()).collect(),
            statm: Source::open("/proc/self/statm"),
            sockets: Source::open("/proc/net/sockstat"),
            sockets6: Source::open("/proc/net/sockstat6"),
            snmp: Source::open("/proc/net/snmp"),
        }
    }
}

impl Source {
    fn open(path: impl AsRef<Path>) -> Self {
        Self(File::open(path).ok())
    }

    /// The whole file as it is now, read into `text`; `None` if that fails or it is not UTF-8.
    fn read<'t>(&self, text: &'t mut Vec<u8>) -> Option<&'t str> {
        let file = self.0.as_ref()?;
        let mut length = 0;
        loop {
            if length == text.len() {
                if length >= MAX_TEXT {
                    return None;
                }
                text.resize((length * 2).max(FIRST_TEXT), 0);
            }
            match file.read_at(text.get_mut(length..)?, length as u64) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
        std::str::from_utf8(text.get(..length)?).ok()
    }
}

/// File descriptors that this process has open; `None` if it would have to count and it is not the sample's
/// turn. Since Linux 6.2 the folder's size is their number.
pub(crate) fn open_files(index: u64) -> Option<u64> {
    const FOLDER: &str = "/proc/self/fd";
    let size = std::fs::metadata(FOLDER).ok()?.len();
    if size > 0 {
        return Some(size);
    }
    if !index.is_multiple_of(RECOUNT) {
        return None;
    }
    // One of them is the folder itself, while it is read.
    std::fs::read_dir(FOLDER).ok().map(|entries| (entries.count() as u64).saturating_sub(1))
}

/// Ports that outgoing connections to one destination may use; `None` where the system does not tell.
pub(crate) fn ephemeral_ports() -> Option<u64> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let reserved = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_reserved_ports").unwrap_or_default();
    parse::ephemeral_ports(&range, &reserved)
}

fn clock(id: ClockId) -> Nanos {
    let time = rustix::time::clock_gettime(id);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    Nanos(seconds.unwrap_or(0).saturating_mul(Nanos::SECOND.0).saturating_add(nanos.unwrap_or(0)))
}

#[cfg(test)]
mod tests;
