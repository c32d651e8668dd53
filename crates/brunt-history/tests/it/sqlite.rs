//! The index in a file.

use crate::records::{Made, Run};
use crate::rows::{check_all, runs};
use brunt_history::{FILE, Filter, History, HistoryError, Place, Refreshed, Row, State, Trend, TrendOf};
use brunt_metrics::Phase;
use brunt_run::Outlook;
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn opened(folder: &Path) -> History {
    History::open(&Place::of(None, folder).expect("a place")).expect("it opens")
}

fn filled(runs: &[Run]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for run in runs {
        run.write(folder.path());
    }
    folder
}

/// All that an index says: rows, and trends of whole runs and of a stretch of them.
fn all(history: &History) -> (Vec<Row>, Vec<Trend>) {
    let trend = |seconds| {
        let of = TrendOf { endpoint: Some("cart".into()), seconds, ..TrendOf::quantile(0.9) };
        history.trend(&Filter::default(), &of).expect("a trend")
    };
    (history.runs(&Filter::default()).expect("rows"), vec![trend(None), trend(Some(0..60))])
}

#[test]
fn rows_on_sqlite() {
    let folder = filled(&runs());
    let history = opened(folder.path());
    assert_eq!(history.refresh().expect("a scan"), Refreshed { read: 6, ..Refreshed::default() });
    check_all(&history, folder.path());
    drop(history);
    let beside = fs::read_dir(folder.path()).expect("a folder").filter_map(Result::ok);
    let files: Vec<_> = beside.filter(|e| e.path().is_file()).map(|e| e.file_name()).collect();
    assert_eq!(files, [FILE], "nothing is left beside the file");
}

fn requests() -> impl Strategy<Value = Vec<Made>> {
    let phases = [Phase::WarmUp, Phase::Load, Phase::CoolDown];
    let one = (0_u64..130, 0_u32..3, 0_usize..3, 1_u64..5_000, any::<bool>());
    let made =
        move |(second, endpoint, phase, ms, ok)| Made { second, endpoint, phase: phases[phase], ms, ok };
    proptest::collection::vec(one.prop_map(made), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// However runs got into the index, in whatever order, once or twice: it says what one says that is made anew.
    #[test]
    fn made_anew_it_is_what_was_added_live(
        made in proptest::collection::vec((requests(), any::<bool>()), 1..4),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let folder = TempDir::new().expect("a folder");
        let runs: Vec<Run> = (0..).zip(&made).map(|(i, (requests, end))| Run {
            requests: requests.clone(),
            end: *end,
            ..Run::steady(&format!("run-{i}"), i, 1)
        }).collect();
        let history = opened(folder.path());
        for run in &runs {
            run.write(folder.path());
        }
        for index in order {
            history.add(&folder.path().join(&index.get(&runs).id)).expect("it is added");
        }
        history.refresh().expect("a scan");
        let live = all(&history);
        prop_assert_eq!(live.0.len(), runs.len());
        history.rebuild().expect("it is made anew");
        prop_assert_eq!(&all(&history), &live);
        drop(history);
        fs::remove_file(folder.path().join(FILE)).expect("the index");
        let fresh = opened(folder.path());
        fresh.refresh().expect("a scan");
        prop_assert_eq!(&all(&fresh), &live);
    }
}

#[test]
fn an_index_that_is_damaged_is_made_anew() {
    let folder = filled(&runs());
    let file = folder.path().join(FILE);
    let truth = {
        let history = opened(folder.path());
        history.refresh().expect("a scan");
        all(&history)
    };
    let whole = fs::read(&file).expect("the index");
    let torn = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        bytes
    };
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("no database", b"this is no database at all, but a text that somebody put there".to_vec()),
        ("cut", torn(&|b| b.truncate(b.len() / 2))),
        ("zeros behind the first page", torn(&|b| b[4_096..].fill(0))),
        (
            "noise behind the first page",
            torn(&|b| b[4_096..].iter_mut().for_each(|b| *b = b.wrapping_mul(31) ^ 0x55)),
        ),
    ] {
        fs::write(&file, bytes).expect("a file");
        let history = opened(folder.path());
        history.refresh().unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(all(&history), truth, "{what}");
    }
}

/// Damage in a histogram is seen when it is needed, and says what to type.
#[test]
fn damaged_rows_are_told_and_mended() {
    let folder = filled(&runs());
    let history = opened(folder.path());
    history.refresh().expect("a scan");
    let truth = all(&history);
    for statement in [
        "update brunt_endpoint set histogram = x'ffff'",
        "update brunt_endpoint set requests = -1",
        "drop table brunt_endpoint",
    ] {
        sql(folder.path(), statement);
        let error = history.trend(&Filter::default(), &TrendOf::quantile(0.5)).expect_err("it is damaged");
        assert!(matches!(error, HistoryError::Damaged { .. }), "{statement}: {error}");
        assert!(error.to_string().contains("`brunt runs --rebuild`"), "{error}");
        history.rebuild().expect("it is made anew");
        assert_eq!(all(&history), truth, "{statement}");
    }
    sql(folder.path(), "update brunt_run set state = 'nonsense'");
    history.refresh().expect("it mends itself");
    assert_eq!(all(&history), truth);
}

/// A statement by another connection.
fn sql(folder: &Path, statement: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let url = format!("sqlite://{}", folder.join(FILE).display());
    runtime.block_on(async {
        let pool = sqlx::AnyPool::connect(&url).await.expect("it opens");
        sqlx::query(statement).execute(&pool).await.expect("a statement");
        pool.close().await;
    });
}

#[test]
fn versions_of_the_tables() {
    let folder = filled(&runs());
    drop(opened(folder.path()));
    sql(folder.path(), "update brunt_meta set value = 1");
    {
        let history = opened(folder.path());
        assert_eq!(history.refresh().expect("a scan").read, 6, "an older one is made anew");
    }
    sql(folder.path(), "update brunt_meta set value = 3");
    let error = History::open(&Place::of(None, folder.path()).expect("a place")).expect_err("a later one");
    assert!(matches!(error, HistoryError::Version { found: 3, known: 2, .. }), "{error}");
}

#[test]
fn damaged_and_broken_records_are_listed_with_their_reason() {
    let folder =
        filled(&[Run::steady("whole", 0, 10), Run::steady("torn", 1, 10), Run::steady("broken", 2, 10)]);
    let at = |path: &str| folder.path().join(path);
    let seconds = fs::read(at("torn/seconds.brunt")).expect("a record");
    fs::write(at("torn/seconds.brunt"), &seconds[..seconds.len() / 2]).expect("a file");
    fs::write(at("broken/run.json"), "{}").expect("a file");
    fs::create_dir(at("no-record")).expect("a folder");
    let history = opened(folder.path());
    history.refresh().expect("a scan");
    let rows = history.runs(&Filter::default()).expect("rows");
    let said: Vec<_> = rows
        .iter()
        .map(|r| match &r.state {
            State::Finished => format!("{} finished {:?}", r.id, r.outlook),
            State::Unfinished => format!("{} unfinished", r.id),
            State::Damaged(why) => format!(
                "{} damaged {:?} {}",
                r.id,
                r.outlook,
                why.contains("seconds.brunt is readable up to")
            ),
            State::Broken(why) => format!("{} broken {}", r.id, !why.is_empty()),
        })
        .collect();
    assert_eq!(
        said,
        [
            "torn damaged None true",
            "whole finished Some(Passed)",
            "no-record broken true",
            "broken broken true"
        ]
    );
    let trend = history.trend(&Filter::default(), &TrendOf::quantile(0.5)).expect("a trend");
    assert_eq!((trend.points.len(), trend.left_out), (1, 3));
}

/// Several write at once, each as a process of its own would: with connections of its own.
#[test]
fn many_at_once() {
    let many: Vec<Run> = (0..24).map(|i| Run::steady(&format!("run-{i:02}"), i, 10 + i)).collect();
    let folder = filled(&many);
    std::thread::scope(|scope| {
        for part in many.chunks(6) {
            let folder = folder.path();
            scope.spawn(move || {
                let history = opened(folder);
                for run in part {
                    history.add(&folder.join(&run.id)).expect("it is added");
                }
                history.refresh().expect("a scan");
            });
        }
    });
    let history = opened(folder.path());
    let live = all(&history);
    assert_eq!(live.0.len(), many.len());
    assert_eq!(history.refresh().expect("a scan"), Refreshed::default(), "nothing was missed");
    history.rebuild().expect("it is made anew");
    assert_eq!(all(&history), live);
}

#[test]
fn a_folder_that_is_not_there_has_no_runs_and_stays_so() {
    let folder = TempDir::new().expect("a folder");
    let nowhere = folder.path().join("nowhere");
    let history = opened(&nowhere);
    assert_eq!(history.refresh().expect("a scan"), Refreshed::default());
    assert_eq!(history.runs(&Filter::default()).expect("rows"), []);
    drop(history);
    assert!(!nowhere.exists());
}

/// Paths with all that URLs give a meaning to.
#[test]
fn any_folder_will_do() {
    let folder = TempDir::new().expect("a folder");
    let odd = folder.path().join("a b?c=d&e#f%41 ü");
    fs::create_dir(&odd).expect("a folder");
    Run { outlook: Outlook::Warned, ..Run::steady("one", 0, 5) }.write(&odd);
    opened(&odd).refresh().expect("a scan");
    assert!(odd.join(FILE).is_file());
    assert_eq!(opened(&odd).runs(&Filter::default()).expect("rows")[0].folder, odd.join("one"));
}
