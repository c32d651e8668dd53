//! The control groups (version 2) that bound this process. Version 1 is not read: its quotas and limits stay
//! unknown.

use super::parse::{self, CgroupMount};
use std::path::{Path, PathBuf};

/// Groups looked at, from the process's own upwards. Orchestrators nest about five deep; a process in a
/// container sees one.
const MAX_FOLDERS: usize = 8;

/// The folders of the process's own control group and of those around it, the innermost first; none where
/// there are none.
pub(crate) fn folders() -> Vec<PathBuf> {
    let read = |path| std::fs::read_to_string(path).ok();
    let (Some(cgroup), Some(mounts)) = (read("/proc/self/cgroup"), read("/proc/self/mountinfo")) else {
        return Vec::new();
    };
    parse::cgroup_path(&cgroup)
        .zip(parse::cgroup_mount(&mounts))
        .map_or_else(Vec::new, |(path, mount)| folders_of(path, mount))
}

/// The folders in which the control group `path` and those around it are seen under `mount`.
fn folders_of(path: &str, mount: CgroupMount<'_>) -> Vec<PathBuf> {
    let top = Path::new(mount.folder);
    // A group outside of what is mounted (`/../other`) can't be seen; the mount's root bounds nothing then.
    let outside = Path::new(path).components().any(|c| c == std::path::Component::ParentDir);
    let Some(inner) = Path::new(path).strip_prefix(mount.root).ok().filter(|_| !outside) else {
        return Vec::new();
    };
    top.join(inner)
        .ancestors()
        .take_while(|folder| folder.starts_with(top))
        .take(MAX_FOLDERS)
        .map(Path::to_path_buf)
        .collect()
}

/// Memory that the control groups still allow, in bytes; `None` without a limit. File pages that the kernel
/// would drop first count as free.
pub(crate) fn available_memory() -> Option<u64> {
    let free = |folder: &PathBuf| {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
        free_memory(&read("memory.max")?, &read("memory.current")?, &read("memory.stat").unwrap_or_default())
    };
    folders().iter().filter_map(free).min()
}

/// `max - (current - inactive_file)`; `None` where `max` is `max`.
fn free_memory(max: &str, current: &str, stat: &str) -> Option<u64> {
    let (max, current): (u64, u64) = (max.trim().parse().ok()?, current.trim().parse().ok()?);
    let droppable = parse::keyed(stat, "inactive_file").unwrap_or(0);
    Some(max.saturating_sub(current.saturating_sub(droppable)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_from_the_inside_out() {
        let rows: [(&str, &str, &str, &[&str]); 6] = [
            ("/", "/", "/cg", &["/cg"]),
            ("/a/b", "/", "/cg", &["/cg/a/b", "/cg/a", "/cg"]),
            ("/a/b", "/a", "/cg", &["/cg/b", "/cg"]),
            ("/other", "/a", "/cg", &[]),
            ("/../other", "/", "/cg", &[]),
            (
                "/1/2/3/4/5/6/7/8/9",
                "/1",
                "/cg/x",
                &[
                    "/cg/x/2/3/4/5/6/7/8/9",
                    "/cg/x/2/3/4/5/6/7/8",
                    "/cg/x/2/3/4/5/6/7",
                    "/cg/x/2/3/4/5/6",
                    "/cg/x/2/3/4/5",
                    "/cg/x/2/3/4",
                    "/cg/x/2/3",
                    "/cg/x/2",
                ],
            ),
        ];
        for (path, root, folder, expected) in rows {
            let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(folders_of(path, CgroupMount { root, folder }), expected, "{path} in {root}");
        }
    }

    #[test]
    fn memory_left_in_a_group() {
        let rows = [
            ("max\n", "5\n", "", None),
            ("1000\n", "300\n", "", Some(700)),
            ("1000\n", "300\n", "anon 1\ninactive_file 200\n", Some(900)),
            ("1000\n", "3000\n", "", Some(0)),
            ("1000\n", "?", "", None),
        ];
        for (max, current, stat, expected) in rows {
            assert_eq!(free_memory(max, current, stat), expected, "{max:?} {current:?} {stat:?}");
        }
    }
}
