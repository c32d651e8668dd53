//! What is refused, and what is said then.

use crate::{fixture, read_text};
use brunt_results::{ResultsError, read, read_bytes};
use std::fmt::Write as _;
use std::path::Path;

#[test]
fn errors_say_what_to_do() {
    let mut out = String::new();
    for (name, text) in [
        ("empty.csv", ""),
        ("blank.csv", "\n\n  \n"),
        ("prose.txt", "Dear team,\nplease find attached\n"),
        ("other.csv", "date,temperature\n2026-01-01,4\n"),
        ("k6.csv", "metric_name,timestamp,metric_valeu\nhttp_reqs,1,1\n"),
        ("jmeter.jtl", "timeStamp,elapsed,Label name\n1795684500123,5,a\n"),
        ("no_header.jtl", "1795684500123,5,a,200,OK,G 1-1,text,true,,1,2\n"),
        ("jmeter.xml", "<?xml version=\"1.0\"?>\n<testResults version=\"1.2\">\n"),
        ("report.html", "<!DOCTYPE html>\n<html>\n"),
        ("hey.txt", "\nSummary:\n  Total:\t0.0035 secs\n"),
        ("vegeta.txt", "Requests      [total, rate, throughput]  200, 50.25, 48.1\n"),
        ("h.hlog", "#[Histogram log format version 1.3]\n"),
        ("utf16.csv", "\u{0}"),
        ("s_failures.csv", "Method,Name,Error,Occurrences\nGET,/,x,1\n"),
        ("s_stats.csv", "Type,Name,Request Count,Failure Count,Average Response Time\n"),
        ("cut.json", "{\"metrics\": {\n  \"http_reqs\": {"),
        ("broken.json", "{\"metrics\": nothing}"),
        ("other.json", "{\"name\": \"x\", \"version\": 3}"),
        ("list.json", "[1, 2]"),
        ("locust.json", "[{\"name\": \"/\", \"num_requests\": 1, \"response_times\": {\"5\": 1}}]"),
        ("recording.har", "{\"log\": {\"version\": \"1.2\", \"entries\": []}}"),
        ("artillery.json", "{\"aggregate\": {}, \"intermediate\": []}"),
        ("newer.json", "{\"format\": {\"major\": 9, \"minor\": 0}, \"total\": {}, \"endpoints\": []}"),
        ("wrk.txt", "Running 2s test @ http://127.0.0.1/\n  1 threads and 2 connections\n"),
    ] {
        let said = match read_text(name, text) {
            Ok(results) => {
                format!("reads {} requests; {:?}", results.summary.total.requests, results.problems)
            }
            Err(error) => error.to_string(),
        };
        writeln!(out, "{said}").unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn binary_files() {
    let utf16 = b"\xff\xfet\x00i\x00m\x00e\x00".to_vec();
    let zip = b"PK\x03\x04\x14\x00\x00\x00".to_vec();
    let cut_gzip = b"\x1f\x8b\x08\x00".to_vec();
    let mut out = String::new();
    for bytes in [utf16, zip, cut_gzip, vec![0; 40]] {
        writeln!(out, "{}", read_bytes(Path::new("results.bin"), bytes.as_slice()).unwrap_err()).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn paths() {
    assert!(matches!(read(&[]), Err(ResultsError::NoPath)));
    assert!(matches!(read(&["/no/such/file.csv".into()]), Err(ResultsError::Io { .. })));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.md"), "# Notes\n").unwrap();
    assert!(matches!(read(&[folder.path().to_owned()]), Err(ResultsError::Nothing { .. })));
    // A file that is named is not passed over as one in a folder is.
    assert!(matches!(read(&[fixture("README.md")]), Err(ResultsError::Unknown { .. })));
}
