use super::*;

#[test]
fn cores_of_stat() {
    let core = |id, total, idle, steal| CoreTicks { id, total, idle, steal };
    let rows = [
        (
            "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 4 5 6 7 8 100 100\ncpu12 1 1 1 1 1 1 1 1 0 0\nintr 5 0\n",
            vec![core(0, 36, 9, 8), core(12, 8, 2, 1)],
        ),
        ("cpu0 1 2 3 4 5\n", vec![core(0, 15, 9, 0)]),
        ("cpu0 1 2 3 4\ncpu1 1 2 3 4 5 6 7 8\n", vec![core(1, 36, 9, 8)]),
        ("cpu0 1 2 x 4 5 6 7 8\ncpux 1 2 3 4 5\ncpu-1 1 2 3 4 5\n", vec![]),
        ("intr 5\ncpu0 1 2 3 4 5\n", vec![]),
        ("cpu0 18446744073709551615 1 1 1 1\n", vec![core(0, u64::MAX, 2, 0)]),
        ("cpu0 18446744073709551616 1 1 1 1\n", vec![]),
        ("", vec![]),
    ];
    for (text, expected) in rows {
        assert_eq!(core_ticks(text), expected, "{text:?}");
    }
}

#[test]
fn pressure() {
    let rows = [
        ("some avg10=1.0 avg60=5.1 avg300=2.0 total=84407096\nfull avg10=0.00 total=7\n", Some(84_407_096)),
        ("full avg10=0.00 total=7\n", None),
        ("some avg10=1.0\n", None),
        ("some total=-1\n", None),
        ("something total=1\n", None),
        ("", None),
    ];
    for (text, expected) in rows {
        assert_eq!(pressure_us(text), expected, "{text:?}");
    }
}

#[test]
fn keyed_lines() {
    let rows = [
        ("usage_usec 5\nnr_throttled 2\nthrottled_usec 77\n", Some(77)),
        ("usage_usec 5\n", None),
        ("throttled_usec\n", None),
        ("throttled_usecs 5\n", None),
        ("throttled_usec many\n", None),
        ("throttled_usec 1.5\n", None),
        ("", None),
    ];
    for (text, expected) in rows {
        assert_eq!(throttled_us(text), expected, "{text:?}");
    }
}

#[test]
fn pages() {
    let rows = [("1000 250 30 4 0 99 0\n", Some(250)), ("1000", None), ("1000 ? 30", None), ("", None)];
    for (text, expected) in rows {
        assert_eq!(resident_pages(text), expected, "{text:?}");
    }
}

#[test]
fn labelled_numbers() {
    const SOCKSTAT: &str =
        "sockets: used 146\nTCP: inuse 131 orphan 0 tw 382 alloc 131 mem 283\nUDP: inuse 4 mem 0\n";
    let rows = [
        (SOCKSTAT, "TCP:", "inuse", Some(131)),
        (SOCKSTAT, "TCP:", "tw", Some(382)),
        (SOCKSTAT, "UDP:", "inuse", Some(4)),
        (SOCKSTAT, "UDP:", "tw", None),
        (SOCKSTAT, "TCP6:", "inuse", None),
        ("TCP: inuse", "TCP:", "inuse", None),
        ("TCP: inuse tw 3", "TCP:", "inuse", None),
        ("", "TCP:", "inuse", None),
    ];
    for (text, label, name, expected) in rows {
        assert_eq!(labelled(text, label, name), expected, "{label} {name} of {text:?}");
    }
}

#[test]
fn retransmitted_segments() {
    let rows = [
        ("Ip: A B\nIp: 1 2\nTcp: RtoMin RetransSegs InErrs\nTcp: 200 42 0\n", Some(42)),
        ("Tcp: RtoMin RetransSegs\nTcp: -1 42\n", Some(42)),
        ("Tcp: RtoMin RetransSegs\nTcp: 200\n", None),
        ("Tcp: RtoMin RetransSegs\n", None),
        ("Tcp: RtoMin InErrs\nTcp: 200 42\n", None),
        ("Tcp: RetransSegs\nTcp: -5\n", None),
        ("", None),
    ];
    for (text, expected) in rows {
        assert_eq!(retransmits(text), expected, "{text:?}");
    }
}

#[test]
fn lines_with_labels() {
    let rows = [
        ("Name:\tbrunt\nCpus_allowed_list:\t0-1\n", "Cpus_allowed_list", Some("0-1")),
        ("model\t\t: 167\nmodel name\t: A CPU: fast\n", "model name", Some("A CPU: fast")),
        ("model\t\t: 167\nmodel name\t: A CPU\n", "model", Some("167")),
        ("model name", "model name", None),
        ("", "model name", None),
    ];
    for (text, name, expected) in rows {
        assert_eq!(labelled_line(text, name), expected, "{name} of {text:?}");
    }
    let rows = [
        ("MemTotal: 100 kB\nMemAvailable:   2048 kB\n", Some(2_097_152)),
        ("MemAvailable: 2048\n", None),
        ("MemAvailable: 2048 MB\n", None),
        ("MemAvailable: 18446744073709551615 kB\n", None),
        ("MemTotal: 100 kB\n", None),
    ];
    for (text, expected) in rows {
        assert_eq!(memory(text, "MemAvailable"), expected, "{text:?}");
    }
}

#[test]
fn lists_of_ranges() {
    let rows = [
        ("0-3,8\n", vec![0..=3, 8..=8]),
        ("5", vec![5..=5]),
        ("\n", vec![]),
        ("", vec![]),
        ("3-1,x,-,4-,2", vec![2..=2]),
    ];
    for (text, expected) in rows {
        assert_eq!(ranges(text), expected, "{text:?}");
    }
}

#[test]
fn ports() {
    let rows = [
        ("32768\t60999\n", "\n", Some(28_232)),
        ("1024 65535", "", Some(64_512)),
        ("1000 1999", "1500", Some(999)),
        ("1000 1999", "900-1009,1990-2500", Some(980)),
        ("1000 1999", "1-999,2000-3000", Some(1_000)),
        ("1000 1999", "1-5000", Some(0)),
        ("1000 1999", "nonsense", Some(1_000)),
        ("5 5", "", Some(1)),
        ("5 4", "", None),
        ("5", "", None),
        ("a b", "", None),
        ("", "", None),
    ];
    for (range, reserved, expected) in rows {
        assert_eq!(ephemeral_ports(range, reserved), expected, "{range:?} without {reserved:?}");
    }
}

#[test]
fn control_groups() {
    let rows = [
        ("12:cpu:/x\n0::/user.slice/a\n", Some("/user.slice/a")),
        ("0::/\n", Some("/")),
        ("12:cpu:/x\n", None),
        ("", None),
    ];
    for (text, expected) in rows {
        assert_eq!(cgroup_path(text), expected, "{text:?}");
    }
    let mount = |root, folder| Some(CgroupMount { root, folder });
    let rows = [
        ("31 23 0:28 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n", mount("/", "/sys/fs/cgroup")),
        (
            "30 1 0:2 / / rw - ext4 /dev/a rw\n41 31 0:38 /in /cg/u rw - cgroup2 none rw\n",
            mount("/in", "/cg/u"),
        ),
        ("31 23 0:28 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu\n", None),
        ("31 23 0:28 / /my\\040cg rw - cgroup2 cgroup2 rw\n", None),
        ("31 23 0:28 / - cgroup2 cgroup2 rw\n", None),
        ("- cgroup2 \n", None),
        ("", None),
    ];
    for (text, expected) in rows {
        assert_eq!(cgroup_mount(text), expected, "{text:?}");
    }
}

#[test]
fn assignments() {
    let rows = [
        ("NAME=\"Old\"\nPRETTY_NAME=\"New OS 12 (x)\"\n", Some("New OS 12 (x)")),
        ("PRETTY_NAME='New'\n", Some("New")),
        ("PRETTY_NAME=New\n", Some("New")),
        ("PRETTY_NAME\n", None),
        ("", None),
    ];
    for (text, expected) in rows {
        assert_eq!(assigned(text, "PRETTY_NAME"), expected, "{text:?}");
    }
}
