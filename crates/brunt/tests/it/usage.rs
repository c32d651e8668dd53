//! Wrong command lines: what is said, and that nothing is sent.

use crate::stage::{alone, at, brunt, mock};
use std::fmt::Write as _;

/// Each is refused with exit code 2 before anything is sent: `a.invalid` is never looked up.
fn refused(rows: &[&[&str]]) -> String {
    let context = brunt();
    context.write("plan.yaml", include_str!("../../../../fixtures/plans/good/first.yaml"));
    context.write("empty.yaml", "");
    let mut text = String::new();
    for arguments in rows {
        let snapshot = context.run(arguments).snapshot();
        // What is refused otherwise, or says something on standard output, shows in the text.
        let error = snapshot.trim_start_matches("exit: 2\n--- stderr\n");
        let _ = writeln!(text, "$ brunt {}\n{error}", arguments.join(" "));
    }
    assert!(!text.contains("exit: ") && !text.contains("--- "), "{text}");
    assert!(!context.dir().join("brunt-runs").exists(), "what is refused leaves no record");
    text
}

#[test]
fn numbers_that_make_no_load() {
    insta::assert_snapshot!(refused(&[
        &["run", "http://a.invalid/", "--rate", "0"],
        &["run", "http://a.invalid/", "--rate", "-5/s"],
        &["run", "http://a.invalid/", "--rate", "-5"],
        &["run", "http://a.invalid/", "--rate", "NaN"],
        &["run", "http://a.invalid/", "--rate", "inf"],
        &["run", "http://a.invalid/", "--rate", "1e300/s"],
        &["run", "http://a.invalid/", "--rate", "99999999999999999999/s"],
        &["run", "http://a.invalid/", "--rate", "fast"],
        &["run", "http://a.invalid/", "-u", "0"],
        &["run", "http://a.invalid/", "-u", "-1"],
        &["run", "http://a.invalid/", "-u", "99999999999999999999"],
        &["run", "http://a.invalid/", "-u", "many"],
        &["run", "http://a.invalid/", "-n", "0"],
        &["run", "http://a.invalid/", "--spawn-rate", "0"],
        &["run", "http://a.invalid/", "--rate", "5", "--max-users", "0"],
        &["run", "http://a.invalid/", "--rate", "5", "--users", "3", "--max-users", "4"],
    ]));
}

#[test]
fn times_that_make_no_sense() {
    insta::assert_snapshot!(refused(&[
        &["run", "http://a.invalid/", "-d", "0"],
        &["run", "http://a.invalid/", "-d", "-3s"],
        &["run", "http://a.invalid/", "-d", "11d"],
        &["run", "http://a.invalid/", "-d", "99999999999999999999h"],
        &["run", "http://a.invalid/", "-d", "soon"],
        &["run", "http://a.invalid/", "-d", "5 parsecs"],
        &["run", "http://a.invalid/", "--timeout", "0"],
        &["run", "http://a.invalid/", "--think", "3s..1s"],
        &["run", "http://a.invalid/", "-d", "1s", "--warm-up", "2s"],
        &["run", "http://a.invalid/", "--wait", "a while"],
        &["run", "http://a.invalid/", "--tick", "x"],
        &["run", "http://a.invalid/", "--progress-interval", "x"],
    ]));
}

#[test]
fn targets_that_are_none() {
    insta::assert_snapshot!(refused(&[
        &["run"],
        &["run", "localhost:8080/x"],
        &["run", "example.com"],
        &["run", "://x"],
        &["run", "ftp://a.invalid/"],
        &["run", "http://"],
        &["run", "http://a.invalid:99999/"],
        &["run", "http+unix://relative.sock"],
        &["run", "missing.yaml"],
        &["run", "plans/missing.yaml"],
        &["run", "empty.yaml"],
        &["check", "missing.yaml"],
        &["check"],
    ]));
}

#[test]
fn requests_that_cannot_be_sent() {
    insta::assert_snapshot!(refused(&[
        &["run", "http://a.invalid/", "-X", "GE T"],
        &["run", "http://a.invalid/", "-H", "no colon"],
        &["run", "http://a.invalid/", "-H", "na me: x"],
        &["run", "http://a.invalid/", "--body", "a", "--body-file", "b"],
        &["run", "http://a.invalid/", "--body-file", "missing.json"],
        &["run", "https://a.invalid/", "--cacert", "missing.pem"],
        &["run", "https://a.invalid/", "--cert", "missing.pem"],
        &["run", "https://a.invalid/", "--key", "missing.pem"],
        &["run", "http://a.invalid/", "--connect-to", "a:b"],
        &["run", "http://a.invalid/", "--shared-connections", "3"],
        &["run", "http://a.invalid/", "--redirects", "x"],
        &["run", "http://a.invalid/${itn(1,2)}"],
    ]));
}

#[test]
fn flags_that_make_no_sense() {
    insta::assert_snapshot!(refused(&[
        &["run", "http://a.invalid/", "--usrs", "3"],
        &["run", "http://a.invalid/", "--no-record", "-o", "x"],
        &["run", "http://a.invalid/", "--rows-every", "3"],
        &["run", "http://a.invalid/", "--rows", "r.csv", "--rows-every", "0"],
        &["run", "http://a.invalid/", "--simulate-response", "1s"],
        &["run", "http://a.invalid/", "--target", "http://b.invalid"],
        &["run", "http://a.invalid/", "--workers", "0"],
        &["run", "http://a.invalid/", "--workers", "100000"],
        &["run", "plan.yaml", "-u", "3", "--body", "x"],
        &["run", "plan.yaml", "--rate", "3", "-d", "1s", "-H", "a: b", "--http2", "--insecure"],
        &["run", "plan.yaml", "--target", "nowhere"],
        &["target", "shpo"],
        &["target", "null", "--config", "x.json"],
        &["target", "mock", "--config", "missing.json"],
        &["target", "mock", "--duration", "soon"],
        &["target", "faulty", "--tls", "ca.pem"],
        &["show", "nothing"],
        &["export", "last", "--to", "hlog"],
        &["export", "last", "--to", "xml"],
    ]));
}

#[test]
fn folders_that_cannot_be_written() {
    let context = brunt();
    context.write("taken/run.json", "{}");
    context.write("file", "");
    let target = crate::stage::mock();
    let url = crate::stage::at(&target, "/");
    let mut text = String::new();
    for arguments in [["-o", "taken"], ["-o", "file"], ["-o", "file/x"], ["--rows", "missing/rows.csv"]] {
        let captured = context.run(&[&["run", &url, "-n", "1"], &arguments[..]].concat()).expect_code(2);
        let _ = writeln!(text, "$ brunt run {}\n{}", arguments.join(" "), captured.snapshot());
    }
    insta::assert_snapshot!(text);
    assert!(!context.dir().join("brunt-runs").exists(), "what is refused leaves no record");
    assert_eq!(target.stats().requests, 0);
}

/// A full screen needs a terminal; on one it is taken, steered, and given back before the results.
#[test]
fn a_full_screen() {
    let context = brunt();
    let target = mock();
    let url = at(&target, "/status/200");
    let refused = context.run(&["run", &url, "--tui", "-d", "1s"]).expect_code(2);
    assert!(refused.stderr.contains("`--tui` needs a terminal"), "{}", refused.stderr);
    let _alone = alone();
    for columns in [80, 50] {
        // `script` (util-linux) gives a command a terminal of its own.
        let program = env!("CARGO_BIN_EXE_brunt");
        let terminal = format!("stty rows 24 cols {columns}");
        let command = format!("{terminal}; exec {program} run {url} -u 1 -d 2s --tui --no-record");
        let shown = std::process::Command::new("script")
            .args(["-qefc", &command, "/dev/null"])
            .current_dir(context.dir())
            .env("TERM", "xterm-256color")
            .stdin(std::process::Stdio::piped())
            .output()
            .expect("script is there, as it is on every Debian");
        let text = String::from_utf8_lossy(&shown.stdout);
        let (taken, given) = (text.find("\u{1b}[?1049h"), text.find("\u{1b}[?1049l"));
        assert!(taken.is_some() && taken < given, "{text:?}");
        let results = text.rfind("iterations").expect("the results follow");
        assert!(Some(results) > given && text.contains("endpoints: 1"), "{text:?}");
    }
    target.stop();
}
