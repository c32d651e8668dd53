//! Locust's files: golden, read back by name of column as scripts do, and the same live and from a record.

use crate::simulated::simulated;
use crate::{golden, golden_of};
use brunt_metrics::Phase;
use brunt_report::{ExportError, LocustCsv, LocustFile, LocustFiles, LocustHistory, write_locust_csv};
use brunt_run::{RunEvent, RunView};
use std::collections::BTreeMap;

/// Stats, history, failures and exceptions.
type Texts = [String; 4];

fn texts(events: Vec<RunEvent>, rows: LocustHistory) -> Texts {
    let mut outs: [Vec<u8>; 4] = Default::default();
    let [stats, history, failures, exceptions] = &mut outs;
    write_locust_csv(events, rows, LocustFiles { stats, history, failures, exceptions }).unwrap();
    outs.map(|out| String::from_utf8(out).unwrap())
}

/// Reads a file as Python's `csv.DictReader` does: quotes, doubled quotes, CR LF.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let (mut all, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, csv.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'), "every row ends with CR LF");
                row.push(std::mem::take(&mut field));
                all.push(std::mem::take(&mut row));
            }
            '\n' if !quoted => panic!("a line feed alone"),
            c => field.push(c),
        }
    }
    assert!(row.is_empty() && field.is_empty() && !quoted, "the last row ends");
    let names = all.remove(0);
    all.into_iter()
        .map(|row| {
            assert_eq!(row.len(), names.len());
            names.iter().cloned().zip(row).collect()
        })
        .collect()
}

fn shown(texts: &Texts) -> String {
    let titles = ["_stats.csv", "_stats_history.csv", "_failures.csv", "_exceptions.csv"];
    let parts: Vec<_> = titles.iter().zip(texts).map(|(title, text)| format!("== {title}\n{text}")).collect();
    parts.concat().replace("\r\n", "\n")
}

#[test]
fn golden_record() {
    insta::assert_snapshot!(shown(&texts(golden(), LocustHistory::Aggregated)));
}

#[test]
fn simulated_run() {
    insta::assert_snapshot!(shown(&texts(simulated(), LocustHistory::Aggregated)));
}

#[test]
fn simulated_run_with_full_history() {
    insta::assert_snapshot!(texts(simulated(), LocustHistory::Full)[1].replace("\r\n", "\n"));
}

#[test]
fn rows_are_rectangular_and_add_up() {
    for events in [golden(), golden_of("v1.1-small"), simulated()] {
        let mut view = RunView::default();
        for event in &events {
            view.apply(event);
        }
        let total = view.total(Phase::Load);
        for history in [LocustHistory::Aggregated, LocustHistory::Full] {
            let [stats, course, failures, exceptions] =
                texts(events.clone(), history).map(|text| rows(&text));
            let sum = |rows: &[BTreeMap<String, String>], column: &str| -> u64 {
                rows.iter().map(|row| row[column].parse::<u64>().unwrap()).sum()
            };
            let (aggregated, named) = stats.split_last().unwrap();
            assert_eq!((aggregated["Type"].as_str(), aggregated["Name"].as_str()), ("", "Aggregated"));
            assert_eq!(sum(named, "Request Count"), total.count);
            assert_eq!(sum(&stats, "Request Count"), 2 * total.count);
            assert_eq!(sum(named, "Failure Count"), total.errors);
            assert_eq!(sum(&failures, "Occurrences"), total.errors);
            assert!(exceptions.is_empty());
            let end = course.last().unwrap();
            for (of_end, of_total) in [
                ("Total Request Count", "Request Count"),
                ("Total Failure Count", "Failure Count"),
                ("Total Median Response Time", "Median Response Time"),
                ("Total Average Response Time", "Average Response Time"),
                ("Total Min Response Time", "Min Response Time"),
                ("Total Max Response Time", "Max Response Time"),
                ("Total Average Content Size", "Average Content Size"),
            ] {
                assert_eq!(end[of_end], aggregated[of_total]);
            }
            let seconds = course.iter().filter(|row| row["Name"] == "Aggregated").count() as u64;
            assert_eq!(seconds, view.seconds() + 1);
            assert_eq!(course.len() as u64 == seconds, history == LocustHistory::Aggregated);
        }
    }
}

#[test]
fn live_files_are_those_of_the_record() {
    for history in [LocustHistory::Aggregated, LocustHistory::Full] {
        let mut live = LocustCsv::new(Vec::new(), history);
        let mut tables =
            [LocustFile::Stats, LocustFile::Failures, LocustFile::Exceptions].map(|f| (f, vec![]));
        for event in simulated() {
            live.event(&event).unwrap();
            for (file, out) in &mut tables {
                out.clear();
                live.write(*file, out).unwrap();
            }
        }
        let [stats, failures, exceptions] = tables.map(|(_, out)| out);
        let history_text = live.finish().unwrap();
        let live = [stats, history_text, failures, exceptions].map(|out| String::from_utf8(out).unwrap());
        assert_eq!(live, texts(simulated(), history));
    }
}

/// What Locust 2.47 wrote to its own files, but for the numbers.
#[test]
fn headers_are_those_that_locust_wrote() {
    let written = include_str!("locust_headers.txt");
    let ours = texts(simulated(), LocustHistory::Aggregated);
    let ours: Vec<_> = ours.iter().map(|text| text.lines().next().unwrap()).collect();
    assert_eq!(ours, written.lines().collect::<Vec<_>>());
}

#[test]
fn events_without_a_header_are_refused() {
    for keep in [0, 1] {
        let headless = simulated().into_iter().skip(1).take(keep * 100);
        let files = LocustFiles {
            stats: Vec::new(),
            history: Vec::new(),
            failures: Vec::new(),
            exceptions: Vec::new(),
        };
        let result = write_locust_csv(headless, LocustHistory::Full, files);
        assert!(matches!(result, Err(ExportError::NoHeader)));
    }
}
