//! Files that end in the middle: what is there is read, and the run has no end.

use crate::{fixture, k6_csv, read_text};
use brunt_results::{Results, read, read_bytes};
use brunt_run::RunEvent;
use flate2::read::MultiGzDecoder;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

/// A fixture's bytes, unpacked.
fn content(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(fixture(name)).unwrap();
    if !bytes.starts_with(b"\x1f\x8b") {
        return bytes;
    }
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut out).unwrap();
    out
}

/// A run without an end and a run with one differ in all three places, or in none.
fn is_cut(results: &Results) -> bool {
    let told = results.cut.as_ref().is_some_and(|cut| results.problems.contains(cut));
    assert_eq!(told, results.cut.is_some());
    assert_eq!(told, results.summary.finish.is_none());
    if let Some(events) = &results.events {
        assert_eq!(told, !events.iter().any(|e| matches!(e, RunEvent::Finished(_))));
    }
    told
}

/// Each kind of file with rows, lines or a last line that must be there: whole, and short of half of its last row.
#[test]
fn every_kind_of_file() {
    let mut said = String::new();
    for name in [
        "k6.csv.gz",
        "k6.jsonl.gz",
        "locust/full_stats.csv",
        "locust_requests.csv",
        "jmeter.jtl",
        "jmeter.xml",
        "vegeta.gob",
        "made/jmeter.jtl",
        "vegeta.csv",
        "made/vegeta.jsonl",
        "made/oha.csv",
        "hey.csv",
        "wrk.txt",
        "made/wrk2.txt",
    ] {
        let bytes = content(name);
        let whole = read_bytes(Path::new(name), bytes.as_slice()).unwrap();
        assert!(!is_cut(&whole), "{name}: {:?}", whole.cut);
        let rows = bytes.trim_ascii_end();
        let last = rows.iter().rposition(|b| *b == b'\n').unwrap() + 1;
        // The last line of wrk's text says nothing; the one before must be there.
        let end = if name.contains("wrk") { last - 30 } else { last + (rows.len() - last) / 2 };
        let cut = read_bytes(Path::new(name), &bytes[..end]).unwrap();
        assert!(is_cut(&cut), "{name}");
        writeln!(said, "{}", cut.cut.unwrap()).unwrap();
    }
    insta::assert_snapshot!(said);
}

/// Wherever a table ends, it is told, but for the end of a row and for its last field, which nothing tells from a whole file.
#[test]
fn a_table_cut_at_every_byte() {
    let rows: Vec<_> = (0..5).map(|i| ("/a", 1_795_684_500 + i, 5.0, 200, "true")).collect();
    let text = k6_csv(&rows);
    let header = text.find('\n').unwrap() + 1;
    for end in header..=text.len() {
        let cut = &text[..end];
        let results = read_text("k6.csv", cut).unwrap();
        let last = cut.rsplit('\n').next().unwrap_or_default();
        let commas = last.matches(',').count();
        // Statuses are numbers: `20` may be all of one. Without any, the row before shows that something is missing.
        let is_first = cut.lines().count() == 2;
        let missing = commas < 6 || (last.ends_with(',') && !is_first);
        let expected = !last.is_empty() && missing;
        assert_eq!(is_cut(&results), expected, "{end}: {last:?}");
        let unended = !last.is_empty() && !missing;
        assert_eq!(results.problems.iter().any(|p| p.text.contains("no end of line")), unended, "{last:?}");
    }
}

/// The last field tells where the row before it shows how it goes on.
#[test]
fn cut_in_the_last_field() {
    let header = "timeStamp,elapsed,label,responseCode,success\n1795684500123,10,a,200,true\n";
    for (row, cut) in [
        ("1795684500223,10,a,200,tru", true),
        ("1795684500223,10,a,200,", true),
        ("1795684500223,10,a,200,true", false),
        ("1795684500223,10,a,200,fals", false),
        ("1795684500223,10,a,200,tru\n", false),
    ] {
        assert_eq!(is_cut(&read_text("r.jtl", &format!("{header}{row}")).unwrap()), cut, "{row:?}");
    }
}

/// What is torn within a file is left out, and the file is not cut.
#[test]
fn torn_within_is_not_cut() {
    let line = r#"{"code":200,"timestamp":"2026-11-20T18:05:29.7Z","latency":6832299}"#;
    for (name, text) in [
        ("r.jtl", "timeStamp,elapsed,label\n1795684500123,10\n1795684500123,10,a\n".to_owned()),
        ("v.json", format!("{line}\n{}\n{line}\n", &line[..20])),
        ("blank.jtl", "timeStamp,elapsed,label\n1795684500123,10,a\n\n \n,\n".to_owned()),
    ] {
        assert!(!is_cut(&read_text(name, &text).unwrap()), "{name}");
    }
}

/// Locust writes its total last, and each of a run's files tells of a cut.
#[test]
fn files_of_locust() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let stats = content("locust/full_stats.csv");
    let history = content("locust/full_stats_history.csv");
    let read = || read(&[folder.path().join("r_stats.csv")]).unwrap().remove(0);
    put("r_stats.csv", &stats);
    put("r_stats_history.csv", &history);
    assert!(!is_cut(&read()));
    put("r_stats_history.csv", &history[..history.len() - 40]);
    let cut = read();
    assert!(is_cut(&cut));
    assert!(cut.cut.unwrap().place.file.ends_with("r_stats_history.csv"));
    put("r_stats_history.csv", &history);
    let text = String::from_utf8(stats).unwrap();
    let total = text.lines().position(|l| l.contains("Aggregated")).unwrap();
    let without: Vec<&str> = text.lines().take(total).collect();
    put("r_stats.csv", format!("{}\n", without.join("\n")).as_bytes());
    assert!(read().cut.unwrap().text.contains("no row `Aggregated`"));
}

/// Forms that are no lines: wherever they end, what is before is read, and the cut is told but at the end of a message.
#[test]
fn streams_cut_anywhere() {
    for (name, whole, ends_in_order) in [("vegeta.gob", 60, 60), ("jmeter.xml", 48, 1)] {
        let bytes = content(name);
        let (mut before, mut in_order) = (0, 0);
        for end in (400..=bytes.len()).filter(|end| end % 29 == bytes.len() % 29) {
            let results = read_bytes(Path::new(name), &bytes[..end]).unwrap();
            let requests = results.summary.total.requests;
            assert!(requests >= before && requests <= whole, "{name} {end}: {requests} after {before}");
            in_order += i32::from(!is_cut(&results));
            before = requests;
        }
        // Whatever follows `</testResults>` is white space.
        assert!(before == whole && (1..=ends_in_order).contains(&in_order), "{name}: {before}, {in_order}");
    }
}

/// Results of two attacks in one file, each with its own definitions.
#[test]
fn two_streams_in_one_file() {
    let once = content("vegeta.gob");
    let twice = [once.as_slice(), once.as_slice()].concat();
    let results = read_bytes(Path::new("vegeta.gob"), twice.as_slice()).unwrap();
    assert!(!is_cut(&results));
    assert_eq!(results.summary.total.requests, 120);
}
