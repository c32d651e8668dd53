use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn read(folders: &Folders, files: &[(&str, &str)]) -> Group {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    group(folders, &|path| files.get(path.to_str()?).map(|text| (*text).to_owned()))
}

#[test]
fn a_group_of_version_2() {
    // A service of systemd 252 with CPUQuota=50% and MemoryMax=256M.
    let folders = Folders { two: Some("/cg/a".into()), ..Folders::default() };
    let got = read(
        &folders,
        &[
            (
                "/cg/a/cpu.stat",
                "usage_usec 5183912\nuser_usec 4011000\nsystem_usec 1172912\nnr_periods 103\nnr_throttled 51\n\
                 throttled_usec 2531441\nnr_bursts 0\nburst_usec 0\n",
            ),
            ("/cg/a/cpu.max", "50000 100000\n"),
            ("/cg/a/memory.current", "104857600\n"),
            ("/cg/a/memory.max", "268435456\n"),
            ("/cg/a/memory.stat", "anon 60000000\nfile 40000000\ninactive_file 4857600\n"),
            ("/cg/a/pids.current", "7\n"),
            (
                "/cg/a/io.stat",
                "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n8:0 rbytes=1 wbytes=2\n",
            ),
        ],
    );
    let expected = Group {
        cpu_us: Some(5_183_912),
        quota: Some(0.5),
        periods: Some((103, 51)),
        memory: Some(100_000_000),
        memory_limit: Some(268_435_456),
        tasks: Some(7),
        io: Some((1_459_201, 314_773_506)),
    };
    assert_eq!(got, expected);
    let free = read(&folders, &[("/cg/a/cpu.max", "max 100000\n"), ("/cg/a/memory.max", "max\n")]);
    assert_eq!(free, Group::default());
}

#[test]
fn a_group_of_version_1() {
    let at = |name: &str| Some(PathBuf::from(format!("/cg/{name}/a")));
    let folders = Folders {
        two: None,
        cpu: at("cpu"),
        cpuacct: at("cpuacct"),
        memory: at("memory"),
        pids: at("pids"),
        blkio: at("blkio"),
    };
    let got = read(
        &folders,
        &[
            ("/cg/cpuacct/a/cpuacct.usage", "5183912345\n"),
            ("/cg/cpu/a/cpu.cfs_quota_us", "150000\n"),
            ("/cg/cpu/a/cpu.cfs_period_us", "100000\n"),
            ("/cg/cpu/a/cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 123456\n"),
            ("/cg/memory/a/memory.usage_in_bytes", "1000\n"),
            ("/cg/memory/a/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/cg/memory/a/memory.stat", "inactive_file 7\ntotal_inactive_file 100\n"),
            ("/cg/pids/a/pids.current", "4\n"),
            (
                "/cg/blkio/a/blkio.throttle.io_service_bytes",
                "8:0 Read 5\n8:0 Write 6\n8:0 Sync 9\n8:16 Read 1\nTotal 21\n",
            ),
        ],
    );
    let expected = Group {
        cpu_us: Some(5_183_912),
        quota: Some(1.5),
        periods: Some((10, 3)),
        memory: Some(900),
        memory_limit: None,
        tasks: Some(4),
        io: Some((6, 6)),
    };
    assert_eq!(got, expected);
    assert_eq!(read(&folders, &[("/cg/cpu/a/cpu.cfs_quota_us", "-1\n")]), Group::default());
}

#[test]
fn mounts_of_both_versions() {
    let text = "31 23 0:28 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
                42 32 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n\
                1 1 8:1 / / rw - ext4 /dev/vda rw\n\
                9 9 0:1 / /od\\040d rw - cgroup2 cgroup2 rw\n";
    let got: Vec<_> = mounts(text).into_iter().map(|m| (m.folder, m.version, m.controllers)).collect();
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        got,
        [
            ("/sys/fs/cgroup/cpu".into(), Version::One, words(&["rw", "cpu", "cpuacct"])),
            ("/sys/fs/cgroup/unified".into(), Version::Two, words(&[])),
        ]
    );
}

#[test]
fn containers_by_the_beginning_of_their_id() {
    let id = "3f2a9c0d1e";
    for (folder, begins, expected) in [
        (format!("docker-{id}.scope"), "3f2a", true),
        (format!("libpod-{id}.scope"), "3f2a9c0d1e", true),
        (format!("cri-containerd-{id}.scope"), "3f2", true),
        (id.to_owned(), "3f2a", true),
        (id.to_owned(), "f2a", false),
        ("libpod-conmon-3f2a.scope".to_owned(), "3f2a", false),
        ("lxc.payload.web".to_owned(), "web", true),
        ("docker.service".to_owned(), "", false),
    ] {
        assert_eq!(is_container(&folder, begins), expected, "{folder} {begins}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC*") {
        let every = Some(PathBuf::from("/cg"));
        let one = Folders { two: None, cpu: every.clone(), cpuacct: every.clone(), memory: every.clone(), pids: every.clone(), blkio: every.clone() };
        for folders in [one, Folders { two: every, ..Folders::default() }] {
            let _ = group(&folders, &|_| Some(text.clone()));
        }
        let _ = mounts(&text);
    }
}
