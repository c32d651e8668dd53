//! Control groups, version 2 and 1: where they are, and what their files say. Pure but for [`Files`].
//!
//! <https://docs.kernel.org/admin-guide/cgroup-v2.html>, <https://docs.kernel.org/admin-guide/cgroup-v1/>.

use std::path::{Path, PathBuf};

/// Reads a file; `None` if it is not there.
pub(crate) type Files<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// A limit of version 1 above this is none: the kernel writes a number near 2^63.
const NO_LIMIT: u64 = 1 << 60;

/// Where control groups are mounted: each folder with the controllers that it has, and the group seen there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) folder: PathBuf,
    pub(crate) root: String,
    /// Of version 1; none of version 2.
    pub(crate) controllers: Vec<String>,
    pub(crate) version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// From `/proc/self/mountinfo`: `31 23 0:28 ROOT FOLDER options - cgroup2 ...` or `... - cgroup SOURCE rw,cpu,cpuacct`.
pub(crate) fn mounts(mountinfo: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let (mount, kind) = line.split_once(" - ")?;
        let mut words = kind.split_ascii_whitespace();
        let version = match words.next()? {
            "cgroup2" => Version::Two,
            "cgroup" => Version::One,
            _ => return None,
        };
        let options = words.nth(1).unwrap_or_default();
        let mut words = mount.split_ascii_whitespace().skip(3);
        let (root, folder) = (words.next()?, words.next()?);
        let controllers = options.split(',').map(str::to_owned).collect();
        (!folder.contains('\\')).then(|| Mount {
            folder: folder.into(),
            root: root.to_owned(),
            controllers: if version == Version::One { controllers } else { Vec::new() },
            version,
        })
    };
    mountinfo.lines().filter_map(mount).collect()
}

/// The folder of each controller of a group. On version 2 they are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folders {
    pub(crate) two: Option<PathBuf>,
    pub(crate) cpu: Option<PathBuf>,
    pub(crate) cpuacct: Option<PathBuf>,
    pub(crate) memory: Option<PathBuf>,
    pub(crate) pids: Option<PathBuf>,
    pub(crate) blkio: Option<PathBuf>,
}

/// What a control group's files say at one instant. Counters count from the group's beginning.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Group {
    /// Processor time, in microseconds.
    pub(crate) cpu_us: Option<u64>,
    /// Processors that its quota allows.
    pub(crate) quota: Option<f64>,
    /// Periods of its quota that passed, and those in which it was stopped.
    pub(crate) periods: Option<(u64, u64)>,
    /// Memory in use, without pages that the kernel would drop first, in bytes.
    pub(crate) memory: Option<u64>,
    pub(crate) memory_limit: Option<u64>,
    /// Threads and processes.
    pub(crate) tasks: Option<u64>,
    /// Bytes read and written of block devices.
    pub(crate) io: Option<(u64, u64)>,
}

/// Reads a group of either version.
pub(crate) fn group(folders: &Folders, files: Files<'_>) -> Group {
    let of = |folder: &Option<PathBuf>, name: &str| files(&folder.as_ref()?.join(name));
    if folders.two.is_some() {
        let stat = of(&folders.two, "cpu.stat").unwrap_or_default();
        let memory = of(&folders.two, "memory.stat").unwrap_or_default();
        return Group {
            cpu_us: keyed(&stat, "usage_usec"),
            quota: of(&folders.two, "cpu.max").and_then(|text| quota(&text)),
            periods: keyed(&stat, "nr_periods").zip(keyed(&stat, "nr_throttled")),
            memory: of(&folders.two, "memory.current").and_then(|t| used(&t, &memory, "inactive_file")),
            memory_limit: of(&folders.two, "memory.max").and_then(|t| limit(&t)),
            tasks: of(&folders.two, "pids.current").and_then(|t| number(&t)),
            io: of(&folders.two, "io.stat").map(|t| io_of_two(&t)),
        };
    }
    let stat = of(&folders.cpu, "cpu.stat").unwrap_or_default();
    let memory = of(&folders.memory, "memory.stat").unwrap_or_default();
    let quota_us = of(&folders.cpu, "cpu.cfs_quota_us").and_then(|t| number(&t));
    let period_us = of(&folders.cpu, "cpu.cfs_period_us").and_then(|t| number(&t));
    let share = |(quota, period): (u64, u64)| (period > 0).then(|| quota as f64 / period as f64);
    Group {
        cpu_us: of(&folders.cpuacct, "cpuacct.usage").and_then(|t| number(&t)).map(|ns| ns / 1_000),
        quota: quota_us.zip(period_us).and_then(share),
        periods: keyed(&stat, "nr_periods").zip(keyed(&stat, "nr_throttled")),
        memory: of(&folders.memory, "memory.usage_in_bytes")
            .and_then(|t| used(&t, &memory, "total_inactive_file")),
        memory_limit: of(&folders.memory, "memory.limit_in_bytes").and_then(|t| limit(&t)),
        tasks: of(&folders.pids, "pids.current").and_then(|t| number(&t)),
        io: of(&folders.blkio, "blkio.throttle.io_service_bytes").map(|t| io_of_one(&t)),
    }
}

fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

fn keyed(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

/// `max 100000` or `50000 100000`: a quota and its period.
fn quota(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    Some(quota / period).filter(|share| share.is_finite() && *share > 0.0)
}

fn limit(text: &str) -> Option<u64> {
    number(text).filter(|limit| *limit < NO_LIMIT)
}

fn used(current: &str, stat: &str, droppable: &str) -> Option<u64> {
    Some(number(current)?.saturating_sub(keyed(stat, droppable).unwrap_or(0)))
}

/// `8:0 rbytes=1459200 wbytes=314773504 rios=192 ...`, a line a device.
fn io_of_two(text: &str) -> (u64, u64) {
    let sum = |name: &str| {
        let values = text.split_ascii_whitespace().filter_map(|w| w.strip_prefix(name)?.parse::<u64>().ok());
        values.fold(0_u64, u64::saturating_add)
    };
    (sum("rbytes="), sum("wbytes="))
}

/// `8:0 Read 1459200`, a line a device and direction.
fn io_of_one(text: &str) -> (u64, u64) {
    let sum = |direction: &str| {
        let value = |line: &str| {
            let mut words = line.split_ascii_whitespace();
            words.next()?.contains(':').then_some(())?;
            (words.next()? == direction).then_some(())?;
            words.next()?.parse::<u64>().ok()
        };
        text.lines().filter_map(value).fold(0_u64, u64::saturating_add)
    };
    (sum("Read"), sum("Write"))
}

/// Whether the last part of a group's path is that of a container whose id or name begins so: Docker, Podman, containerd
/// and CRI-O put their own word before it and `.scope` behind.
pub(crate) fn is_container(folder: &str, begins: &str) -> bool {
    const BEFORE: [&str; 6] = ["", "docker-", "libpod-", "cri-containerd-", "crio-", "lxc.payload."];
    let name = folder.strip_suffix(".scope").unwrap_or(folder);
    !begins.is_empty()
        && BEFORE.iter().any(|b| name.strip_prefix(b).is_some_and(|rest| rest.starts_with(begins)))
}

#[cfg(test)]
mod tests;
