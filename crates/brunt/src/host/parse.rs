//! The kernel's texts, as numbers: `/proc` and control group files.
//!
//! Pure. A line or field that is not there, or is not what it should be, makes that figure `None` (or leaves
//! its row out), never an error: what a kernel does not tell is not known. Formats: `proc(5)`,
//! `Documentation/admin-guide/cgroup-v2.rst`, `Documentation/accounting/psi.rst`.

use std::ops::RangeInclusive;

/// Time that a core has spent, in clock ticks since the machine started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CoreTicks {
    /// The core's number.
    pub(crate) id: u64,
    /// All of its time.
    pub(crate) total: u64,
    /// Of which nobody used, waiting for disks included.
    pub(crate) idle: u64,
    /// Of which a hypervisor gave to others.
    pub(crate) steal: u64,
}

/// The rows `cpu0`, `cpu1`, ... of `/proc/stat`; rows that are no such thing are left out.
pub(crate) fn core_ticks(stat: &str) -> Vec<CoreTicks> {
    stat.lines().take_while(|line| line.starts_with("cpu")).filter_map(core_row).collect()
}

/// `cpu0 user nice system idle iowait irq softirq steal guest guest_nice`: guests' time is in `user` and
/// `nice` already. Steal came with Linux 2.6.11; a shorter row has none.
fn core_row(line: &str) -> Option<CoreTicks> {
    let mut words = line.split_ascii_whitespace();
    let id = words.next()?.strip_prefix("cpu")?.parse().ok()?;
    let ticks: Vec<u64> = words.take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[_, _, _, idle, iowait, ..] = ticks.as_slice() else {
        return None;
    };
    let total = ticks.iter().fold(0_u64, |sum, t| sum.saturating_add(*t));
    Some(CoreTicks {
        id,
        total,
        idle: idle.saturating_add(iowait),
        steal: ticks.get(7).copied().unwrap_or(0),
    })
}

/// The time in which some task waited for a processor, in microseconds since the machine started, from
/// `/proc/pressure/cpu`.
pub(crate) fn pressure_us(pressure: &str) -> Option<u64> {
    let some = pressure.lines().find(|line| line.starts_with("some "))?;
    some.split_ascii_whitespace().find_map(|word| word.strip_prefix("total="))?.parse().ok()
}

/// The time for which a control group's quota stopped it, in microseconds, from its `cpu.stat`.
pub(crate) fn throttled_us(cpu_stat: &str) -> Option<u64> {
    keyed(cpu_stat, "throttled_usec")
}

/// A number of a file with one `key value` a line.
pub(crate) fn keyed(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

/// Resident pages, from `/proc/self/statm`.
pub(crate) fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The number behind `name` in the line that begins with `label`, as in `/proc/net/sockstat`:
/// `TCP: inuse 131 orphan 0 tw 382`.
pub(crate) fn labelled(text: &str, label: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    let mut words = line.split_ascii_whitespace();
    words.find(|word| *word == name)?;
    words.next()?.parse().ok()
}

/// TCP segments sent again since the machine started, both IP versions, from `/proc/net/snmp`: a line of
/// names, then a line of numbers.
pub(crate) fn retransmits(snmp: &str) -> Option<u64> {
    let mut lines = snmp.lines().filter_map(|line| line.strip_prefix("Tcp:"));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let at = names.split_ascii_whitespace().position(|name| name == "RetransSegs")?;
    numbers.split_ascii_whitespace().nth(at)?.parse().ok()
}

/// The text behind `name:`, as in `/proc/self/status`, `/proc/cpuinfo` and `/proc/meminfo`.
pub(crate) fn labelled_line<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim()))
}

/// An amount of `/proc/meminfo`, in bytes.
pub(crate) fn memory(meminfo: &str, name: &str) -> Option<u64> {
    let kilobytes: u64 = labelled_line(meminfo, name)?.strip_suffix("kB")?.trim_end().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// A list of numbers and ranges: `0-3,8`. Parts that are neither are left out.
pub(crate) fn ranges(list: &str) -> Vec<RangeInclusive<u64>> {
    let range = |part: &str| {
        let part = part.trim();
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?).filter(|range| !range.is_empty())
    };
    list.split(',').filter_map(range).collect()
}

/// How many ports there are in `ip_local_port_range` (`32768 60999`) that are not in
/// `ip_local_reserved_ports` (`8080,40000-40009`; the kernel keeps it sorted and free of overlaps).
pub(crate) fn ephemeral_ports(range: &str, reserved: &str) -> Option<u64> {
    let mut words = range.split_ascii_whitespace().map(str::parse);
    let (first, last): (u64, u64) = (words.next()?.ok()?, words.next()?.ok()?);
    let all = last.checked_sub(first)?.saturating_add(1);
    let within = |r: &RangeInclusive<u64>| (1 + *r.end().min(&last)).saturating_sub(*r.start().max(&first));
    Some(all.saturating_sub(ranges(reserved).iter().map(within).sum()))
}

/// The path of the process in the second version's control groups, from `/proc/self/cgroup`.
pub(crate) fn cgroup_path(cgroup: &str) -> Option<&str> {
    cgroup.lines().find_map(|line| line.strip_prefix("0::"))
}

/// Where control groups of the second version are mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CgroupMount<'t> {
    /// The control group that is seen at `folder`.
    pub(crate) root: &'t str,
    /// The folder.
    pub(crate) folder: &'t str,
}

/// From `/proc/self/mountinfo`: `31 23 0:28 ROOT FOLDER options - cgroup2 ...`. A path with escaped
/// characters in it is not looked at: no system mounts control groups there.
pub(crate) fn cgroup_mount(mountinfo: &str) -> Option<CgroupMount<'_>> {
    mountinfo.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        kind.starts_with("cgroup2 ").then_some(())?;
        let mut words = mount.split_ascii_whitespace().skip(3);
        let (root, folder) = (words.next()?, words.next()?);
        (!folder.contains('\\')).then_some(CgroupMount { root, folder })
    })
}

/// The value of a line `NAME="value"`, as in `/etc/os-release`.
pub(crate) fn assigned<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        .map(|value| value.trim().trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests;
