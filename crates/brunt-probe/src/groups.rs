//! Control groups of this host as a source, and as what bounds a process.

use crate::cgroup::{Folders, Group, Mount, Version, group, is_container, mounts};
use crate::reading::{Reading, Readings};
use brunt_run::{ResourceKind as Kind, ResourceUnit as Unit};
use std::fs;
use std::path::{Path, PathBuf};

/// Groups looked at, from a process's own upwards, and downwards in search of a container. Orchestrators nest five deep.
const MAX_DEPTH: usize = 8;

/// The most groups that are looked through for a container.
const MAX_FOLDERS: usize = 20_000;

/// Which group is meant.
#[derive(Clone, Debug)]
pub(crate) enum GroupPick {
    Path(String),
    Container(String),
}

/// The source.
#[derive(Debug)]
pub(crate) struct ControlGroup {
    pick: GroupPick,
    folders: Option<Folders>,
    before: Option<Group>,
}

impl ControlGroup {
    pub(crate) const fn new(pick: GroupPick) -> Self {
        Self { pick, folders: None, before: None }
    }

    /// What the group used in the `seconds` since the sample before.
    pub(crate) fn sample(&mut self, seconds: f64) -> Result<Readings, String> {
        let folders = match self.folders.take() {
            Some(folders) => folders,
            None => self.find()?,
        };
        let now = group(&folders, &file);
        if now == Group::default() {
            self.before = None;
            return Err(format!("{} is gone", self.words()));
        }
        let all = readings(self.before.as_ref(), &now, seconds);
        (self.folders, self.before) = (Some(folders), Some(now));
        Ok(Readings { all, notes: Vec::new() })
    }

    fn words(&self) -> String {
        match &self.pick {
            GroupPick::Path(path) => format!("the control group `{path}`"),
            GroupPick::Container(begins) => format!("the container `{begins}`"),
        }
    }

    fn find(&self) -> Result<Folders, String> {
        let mounts = own_mounts();
        if mounts.is_empty() {
            return Err("this system has no control groups".to_owned());
        }
        match &self.pick {
            GroupPick::Path(path) => {
                found(folders_of(&mounts, path)).ok_or_else(|| format!("there is no control group `{path}`"))
            }
            GroupPick::Container(begins) => {
                let path = container(&mounts, begins)?;
                found(folders_of(&mounts, &path)).ok_or_else(|| format!("{} is gone", self.words()))
            }
        }
    }
}

fn file(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn own_mounts() -> Vec<Mount> {
    file(Path::new("/proc/self/mountinfo")).map(|text| mounts(&text)).unwrap_or_default()
}

/// Where each controller would have the group of this path. Version 2 is taken where the machine has it in earnest, with
/// controllers of its own: beside version 1 it has none.
fn folders_of(mounts: &[Mount], path: &str) -> Folders {
    let inner = path.trim_start_matches('/');
    let safe = !inner.split('/').any(|part| part == "..");
    let at = |mount: &Mount| safe.then(|| mount.folder.join(inner)).filter(|folder| folder.is_dir());
    let one = |controller: &str| {
        mounts
            .iter()
            .filter(|m| m.version == Version::One && m.controllers.iter().any(|c| c == controller))
            .find_map(at)
    };
    let first = Folders {
        two: None,
        cpu: one("cpu"),
        cpuacct: one("cpuacct"),
        memory: one("memory"),
        pids: one("pids"),
        blkio: one("blkio"),
    };
    if first != Folders::default() {
        return first;
    }
    Folders { two: mounts.iter().filter(|m| m.version == Version::Two).find_map(at), ..Folders::default() }
}

fn found(folders: Folders) -> Option<Folders> {
    (folders != Folders::default()).then_some(folders)
}

/// The path of the one group that is that of the container.
fn container(mounts: &[Mount], begins: &str) -> Result<String, String> {
    let mut paths: Vec<String> = Vec::new();
    let mut looked_at = 0;
    for mount in mounts {
        let mut open: Vec<(PathBuf, usize)> = vec![(mount.folder.clone(), 0)];
        while let Some((folder, depth)) = open.pop() {
            let entries = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
            for entry in entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())) {
                looked_at += 1;
                let path = entry.path();
                if is_container(&entry.file_name().to_string_lossy(), begins) {
                    let inner = path.strip_prefix(&mount.folder).unwrap_or(&path);
                    paths.push(format!("/{}", inner.display()));
                } else if depth < MAX_DEPTH && looked_at < MAX_FOLDERS {
                    open.push((path, depth + 1));
                }
            }
        }
    }
    paths.sort();
    paths.dedup();
    match paths.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(format!("no container's id or name begins with `{begins}` in any control group's path")),
        [first, second, ..] => {
            Err(format!("`{begins}` begins several containers' names, such as `{first}` and `{second}`"))
        }
    }
}

fn readings(before: Option<&Group>, now: &Group, seconds: f64) -> Vec<Reading> {
    let since = |of: fn(&Group) -> Option<u64>| {
        let (before, now) = (of(before?)?, of(now)?);
        now.checked_sub(before)
    };
    let rate = |of: fn(&Group) -> Option<u64>| since(of).map(|d| d as f64 / seconds);
    let periods = since(|g| Some(g.periods?.0));
    let throttled = since(|g| Some(g.periods?.1));
    // The share of the quota's periods in which the group was stopped.
    let throttled = periods.zip(throttled).map(|(p, t)| if p == 0 { 0.0 } else { t as f64 / p as f64 });
    let value = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let count = |value: Option<u64>| value.map_or(f64::NAN, |v| v as f64);
    let mut all = vec![
        Reading::new("cpu", Unit::Cores, Kind::Cpu, value(rate(|g| g.cpu_us).map(|us| us / 1e6)))
            .up_to(now.quota),
        Reading::new("memory", Unit::Bytes, Kind::Memory, count(now.memory))
            .up_to(now.memory_limit.map(|l| l as f64)),
        Reading::new("tasks", Unit::Count, Kind::Other, count(now.tasks)),
        Reading::new("disk read", Unit::BytesPerSecond, Kind::Other, value(rate(|g| Some(g.io?.0)))),
        Reading::new("disk written", Unit::BytesPerSecond, Kind::Other, value(rate(|g| Some(g.io?.1)))),
    ];
    if now.quota.is_some() {
        all.insert(
            1,
            Reading::new("throttled", Unit::Share, Kind::Throttled, value(throttled)).up_to(Some(1.0)),
        );
    }
    all
}

/// What bounds a process from around it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) cores: Option<f64>,
    pub(crate) memory: Option<f64>,
}

/// The tightest limits of the control groups around a process, from its `/proc/PID/cgroup`.
pub(crate) fn bounds(text: &str) -> Bounds {
    let mounts = own_mounts();
    let mut bounds = Bounds::default();
    let tighter = |mine: &mut Option<f64>, theirs: Option<f64>| {
        *mine = [*mine, theirs].into_iter().flatten().reduce(f64::min);
    };
    // `5:cpu,cpuacct:/path` of version 1, `0::/path` of version 2.
    for path in text.lines().filter_map(|line| line.splitn(3, ':').nth(2)) {
        for part in Path::new(path).ancestors().take(MAX_DEPTH) {
            let folders = folders_of(&mounts, &part.to_string_lossy());
            let seen = group(&folders, &file);
            tighter(&mut bounds.cores, seen.quota);
            tighter(&mut bounds.memory, seen.memory_limit.map(|l| l as f64));
        }
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_group_used_since() {
        let before = Group {
            cpu_us: Some(1_000_000),
            quota: Some(0.5),
            periods: Some((100, 10)),
            memory: Some(5),
            io: Some((0, 10)),
            ..Group::default()
        };
        let now = Group {
            cpu_us: Some(2_000_000),
            periods: Some((120, 25)),
            memory_limit: Some(50),
            io: Some((8, 10)),
            ..before.clone()
        };
        let got: Vec<_> =
            readings(Some(&before), &now, 2.0).into_iter().map(|r| (r.name, r.value, r.limit)).collect();
        let row = |name: &str, value: Option<f64>, limit: Option<f64>| (name.to_owned(), value, limit);
        assert_eq!(
            got,
            [
                row("cpu", Some(0.5), Some(0.5)),
                row("throttled", Some(0.75), Some(1.0)),
                row("memory", Some(5.0), Some(50.0)),
                row("tasks", None, None),
                row("disk read", Some(4.0), None),
                row("disk written", Some(0.0), None),
            ]
        );
        // A group made anew under the same name counts from 0: a gap, and no nonsense.
        let anew = Group { cpu_us: Some(3), ..Group::default() };
        assert_eq!(readings(Some(&before), &anew, 1.0)[0].value, None);
    }
}
