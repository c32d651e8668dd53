//! Which files are one run.

use crate::fixture;
use brunt_results::{Kind, Tool, read, read_each};
use std::fs;
use std::path::PathBuf;

/// Tool and number of files of each run.
fn runs(paths: &[PathBuf]) -> Vec<(Tool, usize)> {
    read(paths).unwrap().iter().map(|r| (r.tool, r.files.len())).collect()
}

#[test]
fn files_of_locust() {
    let records = fs::read_dir(fixture("../runs")).unwrap().count();
    for (paths, expected) in [
        // One of the four brings the others.
        (vec!["locust/full_stats.csv"], vec![(Tool::Locust, 4)]),
        (vec!["locust/full_failures.csv"], vec![(Tool::Locust, 4)]),
        // All four, named, are one run; a file that is named twice counts once.
        (
            vec![
                "locust/full_stats_history.csv",
                "locust/full_stats.csv",
                "locust/full_failures.csv",
                "locust/full_stats.csv",
            ],
            vec![(Tool::Locust, 4)],
        ),
        // Two prefixes are two runs, in the order of the arguments.
        (vec!["locust/total_stats.csv", "locust/full_stats.csv"], vec![(Tool::Locust, 4), (Tool::Locust, 4)]),
        (vec!["locust", "wrk.txt"], vec![(Tool::Locust, 4), (Tool::Locust, 4), (Tool::Wrk, 1)]),
        // Once each, though one is named besides.
        (vec!["../runs/v1-small", "../runs"], vec![(Tool::Brunt, 1); records]),
    ] {
        let paths: Vec<_> = paths.into_iter().map(fixture).collect();
        assert_eq!(runs(&paths), expected, "{paths:?}");
    }
}

/// Files are told by what is in them: names do not matter, but where they show what belongs together.
#[test]
fn names_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        fs::copy(fixture(from), &to).unwrap();
        to
    };
    let stats = copy("locust/full_stats.csv", "Locust_2025-08-15_STATS.CSV");
    let history = copy("locust/full_stats_history.csv", "course.txt");
    let k6 = copy("k6.csv.gz", "improved_k6_2025-08-15.csv");
    // The only totals and the only history that are given are of one run.
    assert_eq!(runs(&[stats.clone(), history]), [(Tool::Locust, 2)]);
    assert_eq!(runs(&[k6]), [(Tool::K6, 1)]);
    copy("locust/full_failures.csv", "locust_2025-08-15_failures.csv");
    assert_eq!(runs(&[stats]), [(Tool::Locust, 2)]);
}

/// Files of one name in two folders are two runs; a copy is the same one.
#[test]
fn ids_are_those_of_runs() {
    let folder = tempfile::tempdir().unwrap();
    let id = |from: &str, to: &str| {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(fixture(from), &to).unwrap();
        let results = read(&[to]).unwrap().remove(0);
        if let Some(brunt_run::RunEvent::Started(header)) = results.events.iter().flatten().next() {
            assert_eq!(header.id, results.summary.id);
        }
        results.summary.id
    };
    for (one, other) in [
        ("k6.csv.gz", "k6_rfc3339.csv.gz"),
        ("wrk.txt", "wrk_plain.txt"),
        ("k6_export.json", "k6_handle_summary.json"),
    ] {
        let first = id(one, "before/run.txt");
        assert_ne!(first, id(other, "after/run.txt"), "{one}");
        assert_eq!(first, id(one, "copy/run.txt"), "{one}");
    }
}

/// What a run of S3 leaves in a folder: the page and the log are passed over.
#[test]
fn a_folder_of_results() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in [
        ("locust/full_stats.csv", "20260821_120000_light_stats.csv"),
        ("locust/full_stats_history.csv", "20260821_120000_light_stats_history.csv"),
        ("locust/full_failures.csv", "20260821_120000_light_failures.csv"),
        ("locust/total_stats.csv", "20260821_130000_heavy_stats.csv"),
        ("locust/total_stats_history.csv", "20260821_130000_heavy_stats_history.csv"),
    ] {
        fs::copy(fixture(from), folder.path().join(to)).unwrap();
    }
    fs::write(folder.path().join("20260821_120000_light.html"), "<!DOCTYPE html>").unwrap();
    fs::write(folder.path().join("20260821_120000_light.log"), "[2026-08-21] INFO/locust.main").unwrap();
    fs::write(folder.path().join(".gitkeep"), "").unwrap();
    let all = read(&[folder.path().to_owned()]).unwrap();
    let told: Vec<_> = all.iter().map(|r| (r.label(), r.files.len(), r.kinds[0])).collect();
    assert_eq!(
        told,
        [
            ("20260821_120000_light".to_owned(), 3, Kind::LocustStats),
            ("20260821_130000_heavy".to_owned(), 2, Kind::LocustStats),
        ]
    );
}

/// A run of a folder that cannot be read is named, and the others are read; a run that is named itself must be readable.
#[test]
fn unreadable_among_others() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let to = folder.path().join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(&to, bytes).unwrap();
        to
    };
    let good = fs::read(fixture("k6_export.json")).unwrap();
    put("1.json", &good);
    put("2.json", &good[..good.len() / 2]);
    put("3.csv", b"");
    put("4.txt", b"");
    let newer = fs::read_to_string(fixture("../runs/v1-small/run.json")).unwrap();
    put("5/run.json", newer.replace("\"major\": 1", "\"major\": 9").as_bytes());
    put("6/run.json", b"{");
    put("7.log", b"nothing of ours");
    put("8_failures.csv", &fs::read(fixture("locust/full_failures.csv")).unwrap());
    put("notes.json", b"{ // a comment\n}");
    let found = read_each(&[folder.path().to_owned()]).unwrap();
    assert_eq!(found.results.len(), 1);
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let unreadable: Vec<_> = found.unreadable.iter().map(|u| name(&u.path)).collect();
    assert_eq!(unreadable, ["2.json", "3.csv", "5", "6", "8_failures.csv"]);
    assert!(read(&[folder.path().to_owned()]).is_err());
    assert!(read_each(&[folder.path().join("2.json")]).is_err());
}
