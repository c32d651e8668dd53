use super::*;
use proptest::prelude::*;

#[test]
fn a_real_line_is_read() {
    // A worker of nginx 1.22 on Linux 6.18, and one with a name made to confuse.
    let nginx = "2817 (nginx) S 2816 2816 2816 0 -1 4194624 1291 20 0 3 241 513 7 9 20 0 1 0 523401 11509760 1372 \
                 18446744073709551615 1 1 0 0 0 0 0 1073745920 402745863 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0";
    let expected = Process {
        id: 2817,
        name: "nginx".into(),
        parent: 2816,
        ticks: 770,
        own_ticks: 754,
        threads: 1,
        began: 523_401,
        resident_pages: 1372,
    };
    assert_eq!(stat(nginx), Some(expected.clone()));
    let odd = stat(&nginx.replace("(nginx)", "(a) S 1 (b c)")).unwrap();
    assert_eq!(odd, Process { name: "a) S 1 (b c".into(), ..expected });
    for wrong in ["", "1 (a", "1 (a) S", "x (a) S 1 2 3"] {
        assert_eq!(stat(wrong), None, "{wrong}");
    }
}

#[test]
fn this_process_is_read() {
    if let Ok(text) = std::fs::read_to_string("/proc/self/stat") {
        let own = stat(&text).unwrap();
        assert_eq!(own.id, std::process::id());
        assert!(own.threads >= 1 && own.resident_pages > 0);
    }
}

fn process(id: u32, parent: u32, name: &str) -> Process {
    Process { id, parent, name: name.into(), began: u64::from(id), ..Process::default() }
}

fn table(all: &[Process]) -> Table {
    all.iter().map(|p| (p.id, p.clone())).collect()
}

#[test]
fn processes_are_picked_with_their_children() {
    let all = table(&[
        process(1, 0, "init"),
        process(10, 1, "nginx"),
        process(11, 10, "nginx"),
        process(12, 10, "cache"),
        process(13, 12, "cache helper"),
        process(20, 1, "sh"),
        process(21, 20, "brunt"),
        process(22, 21, "sh"),
        process(30, 1, "python3"),
        process(31, 1, "a-very-long-nam"),
    ]);
    let command = |p: &Process| match p.id {
        20 => "sh\0-c\0brunt run --metrics command:api.py".to_owned(),
        21 => "brunt\0run\0--metrics\0command:api.py".to_owned(),
        30 => "/usr/bin/python3\0/srv/api.py\0--port\080".to_owned(),
        31 => "/opt/a-very-long-name-indeed\0x".to_owned(),
        _ => String::new(),
    };
    let pick_name = |name: &str| ProcessPick::Name(name.to_owned());
    let pick_command = |part: &str| ProcessPick::Command(part.to_owned());
    for (pick, expected) in [
        (ProcessPick::Id(12), &[12, 13][..]),
        (ProcessPick::Id(99), &[]),
        (pick_name("nginx"), &[10, 11, 12, 13]),
        (pick_name("ngin"), &[]),
        (pick_name("api.py"), &[30]),
        (pick_name("a-very-long-name-indeed"), &[31]),
        (pick_name("a-very-long-name"), &[]),
        // Not this program, nor the shell that started it, nor what it starts.
        (pick_command("api.py"), &[30]),
        (pick_command("api.py --port 80"), &[30]),
        (pick_name("brunt"), &[]),
    ] {
        let got: Vec<u32> = meant(&all, &pick, 21, &command).into_iter().collect();
        assert_eq!(got, expected, "{pick:?}");
    }
}

/// (id, parent, began, ticks)
type Row = (u32, u32, u64, u64);

fn check(before: &[Row], now: &[Row], expected: Option<u64>) {
    let made = |rows: &[Row]| {
        let all = rows.iter().map(|(id, parent, began, ticks)| Process {
            id: *id,
            parent: *parent,
            began: *began,
            ticks: *ticks,
            ..Process::default()
        });
        let table: Table = all.map(|p| (p.id, p)).collect();
        let ids: BTreeSet<u32> = table.keys().copied().filter(|id| *id < 100).collect();
        (table, ids)
    };
    let ((before_table, before_ids), (now_table, ids)) = (made(before), made(now));
    let got = ticks_since((&before_table, &before_ids), (&now_table, &ids));
    assert_eq!(got, expected, "{before:?} {now:?}");
}

#[test]
fn processor_time_between_two_instants() {
    check(&[(1, 0, 5, 100)], &[(1, 0, 5, 130)], Some(30));
    // A child that began since counts whole; one that was there unseen, not at all.
    check(&[(1, 0, 5, 100)], &[(1, 0, 5, 130), (2, 1, 9, 7)], Some(37));
    check(&[(1, 0, 5, 100), (200, 0, 8, 1)], &[(1, 0, 5, 100), (2, 0, 6, 700)], Some(0));
    // A child that ended: its parent has all of its time now, of which 40 were counted before.
    check(&[(1, 0, 5, 100), (2, 1, 6, 40)], &[(1, 0, 5, 145)], Some(5));
    // Nobody of these waited for it.
    check(&[(1, 0, 5, 100), (2, 150, 6, 40)], &[(1, 0, 5, 110)], Some(10));
    // Another process has its id now.
    check(&[(1, 0, 5, 100)], &[(1, 0, 50, 3)], None);
    check(&[], &[(1, 0, 5, 3)], None);
    // Parents that let the kernel clean up never get the time: not below 0.
    check(&[(1, 0, 5, 100), (2, 1, 6, 40)], &[(1, 0, 5, 100)], Some(0));
}

#[test]
fn small_files() {
    assert_eq!(io("rchar: 5\nread_bytes: 4096\nwrite_bytes: 0\n", "read_bytes"), Some(4096));
    assert_eq!(io("rchar: 5\n", "read_bytes"), None);
    for (list, expected) in [("0-3", Some(4)), ("0,2-3", Some(3)), ("0", Some(1)), ("3-1", None), ("x", None)]
    {
        assert_eq!(allowed_cores(&format!("Name:\tx\nCpus_allowed_list:\t{list}\n")), expected, "{list}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC*", name in "\\PC{0,9}") {
        let _ = (stat(&text), stat(&format!("1 ({name}) {text}")), io(&text, &name), allowed_cores(&text));
        let _ = allowed_cores(&format!("Cpus_allowed_list: {text}"));
    }
}
