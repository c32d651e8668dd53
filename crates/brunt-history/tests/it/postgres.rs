//! The index on a server: Debian's, started for the test. Only where `RUN_SLOW_TESTS` is set, and in CI not left out.

use crate::records::Run;
use crate::rows::{check_all, runs};
use brunt_history::{Filter, History, HistoryError, Place, TrendOf};
use brunt_testkit::{POSTGRES_PASSWORD, Postgres};
use std::path::Path;
use tempfile::TempDir;

/// A server, or why there is none.
#[expect(clippy::print_stdout, reason = "who runs the tests is told what was left out")]
fn server() -> Option<Postgres> {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        println!("skipped: set RUN_SLOW_TESTS to run it");
        return None;
    }
    let server = Postgres::start();
    if server.is_none() {
        let help = "PostgreSQL is not installed: apt-get install postgresql";
        assert!(std::env::var_os("CI").is_none(), "{help}");
        println!("skipped: {help}");
    }
    server
}

fn opened(server: &Postgres, folder: &Path) -> History {
    History::open(&Place::of(Some(&server.url()), folder).expect("a place")).expect("it opens")
}

fn filled(runs: &[Run]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for run in runs {
        run.write(folder.path());
    }
    folder
}

#[test]
fn rows_on_postgres() {
    let Some(server) = server() else { return };
    let folder = filled(&runs());
    let history = opened(&server, folder.path());
    assert_eq!(history.refresh().expect("a scan").read, 6);
    check_all(&history, folder.path());
}

/// Folders of several machines meet on a server: runs of one name are two, each adds its own and forgets nobody's.
#[test]
fn folders_meet_on_a_server() {
    let Some(server) = server() else { return };
    let one = filled(&[Run::steady("alpha", 0, 10), Run::steady("beta", 1, 10)]);
    let mut again = Run::steady("alpha", 2, 20);
    let other = TempDir::new().expect("a folder");
    again.id = "nightly".into();
    again.write(other.path());
    std::fs::rename(other.path().join("nightly"), other.path().join("alpha")).expect("a folder");
    std::fs::create_dir(other.path().join("broken")).expect("a folder");
    // All at once, and the tables are not there yet.
    std::thread::scope(|scope| {
        for folder in [one.path(), other.path(), one.path(), other.path()] {
            let server = &server;
            scope.spawn(move || opened(server, folder).refresh().expect("a scan"));
        }
    });
    let history = opened(&server, one.path());
    let ids = |history: &History| {
        let rows = history.runs(&Filter::default()).expect("rows");
        rows.iter().map(|r| format!("{} {}", r.id, r.run_id)).collect::<Vec<_>>().join(", ")
    };
    let all = "alpha born-nightly, beta born-beta, alpha born-alpha";
    assert_eq!(ids(&history), all);
    history.rebuild().expect("it is read again");
    assert_eq!(ids(&history), all);
    let both = Filter { ids: vec!["alpha".into()], ..Filter::default() };
    let before = history.trend(&both, &TrendOf::quantile(0.5)).expect("a trend");
    assert_eq!(before.points.len(), 2);
    let one_of_them = Filter { ids: vec!["born-nightly/alpha".into()], ..Filter::default() };
    assert_eq!(history.runs(&one_of_them).expect("rows").len(), 1);
    // Both are known, though one of them only is here.
    assert_eq!(history.refresh().expect("a scan").read, 0);
    // Those of one folder are gone there, and stay here.
    std::fs::remove_dir_all(one.path().join("alpha")).expect("a folder");
    history.refresh().expect("a scan");
    assert_eq!(history.trend(&both, &TrendOf::quantile(0.5)).expect("a trend"), before);
}

#[test]
fn a_server_that_refuses_is_told_without_the_password() {
    let Some(server) = server() else { return };
    for (url, part) in [
        (server.url().replace(POSTGRES_PASSWORD, "wr0ng"), "password authentication failed"),
        (server.url().replace("/postgres", "/nowhere"), "does not exist"),
        ("postgres://brunt:wr0ng@127.0.0.1:1/x".to_owned(), "refused"),
    ] {
        let place = Place::of(Some(&url), Path::new("x")).expect("a place");
        let error = History::open(&place).expect_err("it refuses");
        assert!(matches!(error, HistoryError::Open { .. }), "{error:?}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(part), "{text}");
        assert!(!text.contains("wr0ng") && !text.contains(POSTGRES_PASSWORD), "{text}");
    }
}
