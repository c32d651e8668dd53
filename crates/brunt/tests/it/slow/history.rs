//! `brunt runs` with the history on a server: Debian's PostgreSQL, started for the test.

use super::asked_for;
use crate::history::{check_lists, stage};
use crate::stage::{alone, at, brunt, mock};
use brunt_testkit::{POSTGRES_PASSWORD, Postgres};
use std::env;

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
    let nothing = context.run(&["runs", "--branch", "nowhere"]).expect_code(0);
    assert!(nothing.stderr.contains("no such runs in `postgres://brunt@127.0.0.1"), "{}", nothing.stderr);
    assert!(!nothing.stderr.contains(POSTGRES_PASSWORD));
    assert!(!context.dir().join("brunt-runs/history.sqlite").exists(), "the server is instead of the file");
}
