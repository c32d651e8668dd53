//! Full disks, secrets, and loads that do not split.

use crate::stage::{alone, at, brunt, count, figures, judged, mock};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_disk_without_room_for_rows_is_told_and_changes_nothing() {
    if !Path::new("/dev/full").exists() {
        println!("skipped: this system has no /dev/full");
        return;
    }
    let target = mock();
    let run = ["run", &at(&target, "/"), "-n", "500", "-q", "--no-record", "--rows", "/dev/full"];
    let captured = judged(&brunt(), &run).expect_code(0);
    insta::assert_snapshot!(captured.stderr, @"error: rows are incomplete: No space left on device (os error 28)");
}

/// A file system of a few pages, unmounted when dropped.
struct TinyDisk(PathBuf);

impl TinyDisk {
    fn mount(folder: PathBuf) -> Option<Self> {
        fs::create_dir_all(&folder).ok()?;
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&folder).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    /// Leaves no room.
    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filling")).expect("a file");
        while file.write_all(&[0; 512]).is_ok() {}
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        // The folder is a temporary one; if this fails there is nothing to add.
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_disk_without_room_for_the_record_is_told_and_changes_nothing() {
    let context = brunt();
    let Some(disk) = TinyDisk::mount(context.dir().join("disk")) else {
        println!("skipped: mounting a tiny file system takes a privilege");
        return;
    };
    let target = mock();
    // Many endpoints: a second of theirs is more than what is left of the last page of each file.
    let steps: Vec<String> = (0..50).map(|n| format!("    - get: /bytes/{n}")).collect();
    let steps = steps.join("\n");
    let load = "scenarios:\n  load: {rate: 4/s, duration: 3s}\n";
    context.write("plan.yaml", format!("target: {}\nactions:\n  all:\n{steps}\n{load}", target.url()));
    let captured = crate::stage::undisturbed(|| {
        let _ = fs::remove_dir_all(context.dir().join("disk/record"));
        let _ = fs::remove_file(context.dir().join("disk/filling"));
        let load = ["run", "plan.yaml", "-o", "disk/record", "--progress-interval", "1s"];
        let running = context.spawn(&load);
        running.wait_for_error_line(|line| line.starts_with("t=1s ").then_some(()));
        disk.fill();
        running.wait()
    });
    let captured = captured.expect_code(0);
    assert!(captured.stdout.contains("passed: 600 requests"), "{}", captured.stdout);
    assert!(captured.stdout.contains("record    disk/record (ends early: "), "{}", captured.stdout);
    let told: Vec<&str> = captured.stderr.lines().filter(|line| !line.starts_with("t=")).collect();
    insta::assert_snapshot!(told.join("\n"));
    let shown = context.run(&["show", "disk/record", "--json"]).expect_code(130);
    assert!(count(&crate::stage::summary(&shown), "/total/requests") >= 100, "what fitted is readable");
}

/// All files below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn secrets_stay_secret() {
    let target = mock();
    let context = brunt();
    let secret = "s3cr3t-v4lu3";
    let headers =
        ["authorization: Bearer ", "Cookie: session=", "X-Api-Key: ", "proxy-authorization: Basic "];
    let headers: Vec<String> = headers.iter().map(|header| format!("{header}{secret}")).collect();
    for output in [&["--json"][..], &["--quiet"], &["--rows", "rows.csv"], &["--simulate"], &["-d", "11d"]] {
        let _alone = alone();
        let mut arguments = vec!["run".to_owned(), at(&target, "/status/500"), "-n".into(), "20".into()];
        arguments.extend(headers.iter().flat_map(|header| ["-H".to_owned(), header.clone()]));
        arguments.extend(output.iter().map(|argument| (*argument).to_owned()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let captured = context.run(&arguments);
        assert!(!captured.stdout.contains(secret), "{}", captured.stdout);
        assert!(!captured.stderr.contains(secret), "{}", captured.stderr);
    }
    let files = files(context.dir());
    // Three records of four files each, their history, and the rows.
    assert_eq!(files.len(), 14, "{files:?}");
    for file in files {
        let content = fs::read(&file).expect("a file");
        let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{}", file.display());
    }
}

#[test]
fn few_users_and_many_workers_drop_nothing() {
    let target = mock();
    let url = at(&target, "/");
    let open = [&url[..], "--rate", "200", "-d", "500ms", "--max-users", "16"];
    assert_eq!(count(&figures(&brunt(), &open), "/workers"), 1, "as many workers as the load needs");
    for workers in ["2", "4"] {
        // The machine may stop brunt for longer than a worker's users last; the split drops every time or never.
        let dropped = || {
            let summary = figures(&brunt(), &[&open[..], &["--workers", workers]].concat());
            assert_eq!(count(&summary, "/scenarios/0/due"), 100);
            count(&summary, "/dropped")
        };
        assert!((0..10).any(|_| dropped() == 0), "{workers} workers drop what one would not");
    }
    // More workers than users, so that some have nobody.
    for load in [&["--rate", "40", "-d", "500ms", "--max-users", "2"][..], &["-u", "2", "-n", "20"]] {
        let summary = figures(&brunt(), &[&[&url, "--workers", "4"], load].concat());
        assert_eq!(count(&summary, "/scenarios/0/due"), 20, "{load:?}: {}", summary["verdict"]);
    }
}
