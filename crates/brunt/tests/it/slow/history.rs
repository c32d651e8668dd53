//! `brunt runs` with the history on a server: Debian's PostgreSQL, started for the test.

use super::asked_for;
use crate::history::{check_lists, record, stage};
use crate::stage::{alone, at, brunt, mock};
use brunt_testkit::TestContext;
use brunt_testkit::{POSTGRES_PASSWORD, Postgres};
use std::{env, fs};

#[test]
fn the_history_on_postgres() {
    if !asked_for() {
        return;
    }
    let Some(server) = Postgres::start() else {
        let help = "PostgreSQL is not installed: apt-get install postgresql";
        assert!(env::var_os("CI").is_none(), "{help}");
        println!("skipped: {help}");
        return;
    };
    let context = brunt().env("BRUNT_HISTORY", &server.url());
    stage(&context);
    let filled = context.run(&["runs", "--rebuild"]).expect_code(0);
    assert!(filled.stderr.contains("has 5 runs of `brunt-runs`"), "{}", filled.stderr);
    check_lists(&context);
    // A run that ends is added, also one that lies elsewhere.
    let target = mock();
    let run = [
        "run",
        &at(&target, "/"),
        "-n",
        "300",
        "-u",
        "2",
        "-q",
        "-o",
        "elsewhere/one",
        "--label",
        "team=pay",
    ];
    let ran = {
        let _alone = alone();
        context.run(&run)
    };
    assert_eq!(ran.stderr, "");
    let found = context.run(&["runs", "--json", "--label", "team=pay"]).expect_code(0);
    assert!(found.stdout.contains("\"id\":\"one\"") && found.stdout.lines().count() == 1, "{}", found.stdout);
    let _ = context.run(&["runs", "label", "add", "nightly-1", "x=y"]).expect_code(0);
    assert_eq!(context.run(&["runs", "--json", "--label", "x=y"]).stdout.lines().count(), 1);
    let _ = context.run(&["runs", "rm", "nightly-1", "--yes"]).expect_code(0);
    assert_eq!(context.run(&["runs", "--json", "--label", "x=y"]).stdout, "");
    others_stay(&context);
    let nothing = context.run(&["runs", "--branch", "nowhere"]).expect_code(0);
    assert!(nothing.stderr.contains("no such runs in `postgres://brunt@127.0.0.1"), "{}", nothing.stderr);
    assert!(!nothing.stderr.contains(POSTGRES_PASSWORD));
    assert!(!context.dir().join("brunt-runs/history.sqlite").exists(), "the server is instead of the file");
}

/// A run of another machine, in a folder that is called as one here: what is done to it is not done to the record here.
fn others_stay(context: &TestContext) {
    let here = context.dir().join("brunt-runs/nightly-2");
    fs::remove_dir_all(&here).expect("a record");
    record(context, "nightly-2", 1, |header| header["id"] = "elsewhere-2".into());
    let _ = context.run(&["runs", "--rebuild"]).expect_code(0);
    let namesakes =
        "`nightly-2` may mean 2 runs: `nightly-2/nightly-2`, `elsewhere-2/nightly-2`; give one of these";
    for (arguments, code, part) in [
        (&["rm", "nightly-2", "--yes"][..], 2, namesakes),
        (
            &["label", "add", "nightly-2/nightly-2", "a=b"],
            2,
            "the record of `nightly-2/nightly-2` is not here",
        ),
        (&["prune", "--keep", "0", "--dry-run"], 0, "stays     2 runs without a record in `brunt-runs`"),
        (&["rm", "nightly-2/nightly-2", "--yes"], 0, "from the history only: its record is not here"),
    ] {
        let said = context.run(&[&["runs"], arguments].concat()).expect_code(code);
        assert!(format!("{}{}", said.stdout, said.stderr).contains(part), "{arguments:?}: {said:?}");
    }
    assert!(here.join("run.json").is_file());
    let left = context.run(&["runs", "--json", "-n", "9"]).expect_code(0).stdout;
    assert!(left.contains("elsewhere-2") && !left.contains("\"run_id\":\"nightly-2\""), "{left}");
    let _ = context.run(&["runs", "rm", "nightly-2", "--yes"]).expect_code(0);
    assert!(!here.exists());
}
