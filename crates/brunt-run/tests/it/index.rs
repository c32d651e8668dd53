//! Lists of runs, and which run a word means.

use crate::golden;
use brunt_run::{NewRecord, Recorder, RunState, find_run, list_runs};
use std::fs;
use std::path::Path;

fn begin(folder: &Path, id: &str, started_unix_ms: u64) {
    let mut header = golden::header();
    id.clone_into(&mut header.id);
    header.started_unix_ms = started_unix_ms;
    let plan = serde_json::Value::Null;
    Recorder::create(&folder.join(id), &NewRecord { header: &header, tool_version: "0.1.0", plan: &plan })
        .unwrap();
}

/// A folder with a finished run, two unfinished, two that are broken, and a file.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    golden::write(&folder.path().join("20261120-190102-small-7f3a"));
    begin(folder.path(), "20261121-080000-checkout-0001", 1_795_248_000_000);
    begin(folder.path(), "20261121-080000-checkout-0002", 1_795_248_000_001);
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::create_dir(folder.path().join("zz-broken")).unwrap();
    // A run whose setup failed: what its hooks said, and nothing to list.
    fs::create_dir_all(folder.path().join("never-began/hooks")).unwrap();
    fs::write(folder.path().join("zz-broken/run.json"), "{").unwrap();
    fs::write(folder.path().join("notes.txt"), "").unwrap();
    folder
}

#[test]
fn newest_first_and_the_broken_last_with_their_reason() {
    let folder = folder();
    let runs = list_runs(folder.path()).unwrap();
    let text: Vec<_> = runs
        .iter()
        .map(|r| {
            let state = match &r.state {
                RunState::Finished(reason) => format!("{reason:?}"),
                RunState::Unfinished => "unfinished".to_owned(),
                RunState::Broken(why) => {
                    format!("broken: {}", why.replace(&folder.path().display().to_string(), "runs"))
                }
            };
            let totals =
                r.totals.map(|t| format!("{} requests, {} errors, {}", t.requests, t.errors, t.elapsed));
            format!(
                "{} | {} | {state} | {:?} | {}",
                r.id,
                r.name,
                r.outlook,
                totals.unwrap_or("-".to_owned())
            )
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"), @r"
    20261121-080000-checkout-0002 | small | unfinished | None | -
    20261121-080000-checkout-0001 | small | unfinished | None | -
    20261120-190102-small-7f3a | small | Completed | Some(Passed) | 160 requests, 5 errors, 5.00 s
    zz-broken |  | broken: `runs/zz-broken/run.json` is damaged, so that the run's names are lost: EOF while parsing an object at line 1 column 1 | None | -
    empty |  | broken: `runs/empty` holds no run's record: it has no `run.json`; `brunt runs` lists the records there are | None | -
    ");
}

#[test]
fn no_folder_is_no_runs() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(list_runs(&folder.path().join("none")).unwrap(), []);
    assert!(list_runs(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml").as_path()).is_err());
}

#[test]
fn which_run_a_word_means() {
    let folder = folder();
    let path = folder.path().join("20261120-190102-small-7f3a");
    let mut lines = Vec::new();
    for what in [
        "last",
        "20261120",
        "20261120-190102-small-7f3a",
        path.to_str().unwrap(),
        "20261121",
        "20261120-190102-smal-7f3a",
        "checkout",
        "nothing-like-it",
        ".",
        "../..",
    ] {
        let found = match find_run(folder.path(), what) {
            Ok(found) => found.display().to_string(),
            Err(error) => format!("error: {error}"),
        };
        lines.push(format!("{what} -> {found}").replace(&folder.path().display().to_string(), "runs"));
    }
    let none = find_run(&folder.path().join("none"), "last").unwrap_err().to_string();
    lines.push(none.replace(&folder.path().display().to_string(), "runs"));
    insta::assert_snapshot!(lines.join("\n"), @r"
    last -> runs/20261121-080000-checkout-0002
    20261120 -> runs/20261120-190102-small-7f3a
    20261120-190102-small-7f3a -> runs/20261120-190102-small-7f3a
    runs/20261120-190102-small-7f3a -> runs/20261120-190102-small-7f3a
    20261121 -> error: `20261121` may mean 2 runs: `20261121-080000-checkout-0001`, `20261121-080000-checkout-0002`; add more of the id
    20261120-190102-smal-7f3a -> error: there is no run `20261120-190102-smal-7f3a` in `runs` (did you mean `20261120-190102-small-7f3a`?); `brunt runs` lists them, `last` is the newest
    checkout -> error: there is no run `checkout` in `runs` (did you mean `20261121-080000-checkout-0002`, `20261121-080000-checkout-0001`?); `brunt runs` lists them, `last` is the newest
    nothing-like-it -> error: there is no run `nothing-like-it` in `runs`; `brunt runs` lists them, `last` is the newest
    . -> error: `.` is no run's record; `brunt analyze .` reads results of other tools and folders of runs
    ../.. -> error: `../..` is no run's record; `brunt analyze ../..` reads results of other tools and folders of runs
    there are no runs in `runs/none`; `brunt run` makes one
    ");
}

#[test]
fn a_folder_with_a_record_is_not_written_over() {
    let folder = folder();
    let header = golden::header();
    let what = NewRecord { header: &header, tool_version: "0.1.0", plan: &serde_json::Value::Null };
    let error = Recorder::create(&folder.path().join(&header.id), &what).unwrap_err().to_string();
    let error = error.replace(&folder.path().display().to_string(), "runs");
    insta::assert_snapshot!(error, @"`runs/20261120-190102-small-7f3a` holds the record of a run already; name another folder with `--output`");
}
