//! What `/proc` says of processes, and which of them are meant. Pure, over texts.

use brunt_workload::ProcessPick;
use std::collections::{BTreeMap, BTreeSet};

/// A process at one instant, from `/proc/PID/stat`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) parent: u32,
    /// Processor time of its own and of its children that have ended and were waited for, in ticks.
    pub(crate) ticks: u64,
    /// The same, of its own alone.
    pub(crate) own_ticks: u64,
    pub(crate) threads: u64,
    /// When it began, in ticks since the machine did: tells it from another that had its id.
    pub(crate) began: u64,
    pub(crate) resident_pages: u64,
}

/// Reads `/proc/PID/stat` (`proc_pid_stat(5)`). The name stands in brackets and may hold anything, brackets and spaces too.
pub(crate) fn stat(text: &str) -> Option<Process> {
    let (id, rest) = text.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    // The word behind the name is the third field.
    let field = |number: usize| words.get(number - 3)?.parse::<u64>().ok();
    // Times of children may be negative in theory (they are signed there), and never are.
    let own_ticks = field(14)?.saturating_add(field(15)?);
    let of_children = field(16).unwrap_or(0).saturating_add(field(17).unwrap_or(0));
    Some(Process {
        id: id.trim().parse().ok()?,
        name: name.to_owned(),
        parent: u32::try_from(field(4)?).ok()?,
        ticks: own_ticks.saturating_add(of_children),
        own_ticks,
        threads: field(20)?,
        began: field(22)?,
        resident_pages: field(24)?,
    })
}

/// All processes of a machine at one instant.
pub(crate) type Table = BTreeMap<u32, Process>;

/// The processes that are meant and all that they started, ascending. Never this program itself or those that started it,
/// whose command lines hold what is looked for.
pub(crate) fn meant(
    table: &Table,
    pick: &ProcessPick,
    own_id: u32,
    command: &dyn Fn(&Process) -> String,
) -> BTreeSet<u32> {
    let own: BTreeSet<u32> = std::iter::successors(table.get(&own_id), |p| table.get(&p.parent))
        .take(table.len())
        .map(|p| p.id)
        .chain([own_id])
        .collect();
    let fits = |p: &Process| match pick {
        ProcessPick::Id(id) => p.id == *id,
        ProcessPick::Name(name) => is_named(p, name, command),
        ProcessPick::Command(part) => command(p).replace('\0', " ").contains(part.as_str()),
    };
    let named = matches!(pick, ProcessPick::Id(_));
    let roots = table.values().filter(|p| (named || !own.contains(&p.id)) && fits(p));
    let mut found: BTreeSet<u32> = roots.map(|p| p.id).collect();
    if found.is_empty() {
        return found;
    }
    loop {
        let children = table.values().filter(|p| found.contains(&p.parent) && !own.contains(&p.id));
        let more: Vec<u32> = children.map(|p| p.id).filter(|id| !found.contains(id)).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// The kernel cuts names after 15 bytes; the whole one is the program's file.
fn is_named(process: &Process, name: &str, command: &dyn Fn(&Process) -> String) -> bool {
    if process.name == name {
        return true;
    }
    let cut = process.name.len() >= 15 && name.starts_with(&process.name);
    let script =
        matches!(process.name.as_str(), "python" | "python3" | "node" | "ruby" | "sh" | "bash" | "perl");
    if !cut && !script {
        return false;
    }
    let line = command(process);
    let file = |word: &str| word.rsplit('/').next().unwrap_or_default() == name;
    line.split('\0').take(if script { 2 } else { 1 }).any(file)
}

/// Processor time that `ids` of `now` used since `before`, in ticks; each with all of its children that came and went
/// between. `None` if nothing can be told: none of them was there before.
///
/// What a process has used before it was first seen does not count, unless it began since. What ends is counted by the one
/// that waits for it, whole: so what was counted of it before is taken off again.
pub(crate) fn ticks_since(
    (before, ids_before): (&Table, &BTreeSet<u32>),
    (now, ids): (&Table, &BTreeSet<u32>),
) -> Option<u64> {
    let began_last = before.values().map(|p| p.began).max().unwrap_or(0);
    let same = |a: &Process, b: &Process| a.id == b.id && a.began == b.began;
    let mut used = 0_i128;
    let mut known = false;
    for process in ids.iter().filter_map(|id| now.get(id)) {
        match before.get(&process.id).filter(|b| same(b, process)) {
            Some(b) => {
                known |= ids_before.contains(&b.id);
                used += i128::from(process.ticks) - i128::from(b.ticks);
            }
            None if process.began >= began_last => used += i128::from(process.ticks),
            None => {}
        }
    }
    for gone in ids_before.iter().filter_map(|id| before.get(id)) {
        let lives = now.get(&gone.id).is_some_and(|n| same(gone, n));
        let waited_for = ids.contains(&gone.parent) && ids_before.contains(&gone.parent);
        if !lives && waited_for {
            used -= i128::from(gone.ticks);
        }
    }
    known.then(|| u64::try_from(used.max(0)).unwrap_or(u64::MAX))
}

/// A number of `/proc/PID/io`: `read_bytes: 4096`.
pub(crate) fn io(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
}

/// How many processors the process may use, from `/proc/PID/status`.
pub(crate) fn allowed_cores(status: &str) -> Option<u64> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let range = |part: &str| {
        let part = part.trim();
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        last.checked_sub(first)?.checked_add(1)
    };
    list.split(',').map(range).sum()
}

#[cfg(test)]
mod tests;
