//! What each fixture becomes: totals whole, the rest in short.

use crate::{fixture, read_fixture};
use brunt_results::{Kind, Results, recognise};
use brunt_run::RunEvent;
use std::fmt::Write as _;

fn told(results: &Results) -> String {
    let mut out = String::new();
    let kinds: Vec<_> = results.kinds.iter().map(|k| k.name()).collect();
    let files: Vec<_> = results.files.iter().map(|f| f.file_name().unwrap().to_string_lossy()).collect();
    writeln!(out, "{} ({}): {}", results.tool, kinds.join(", "), files.join(", ")).unwrap();
    if let Some(events) = &results.events {
        let seconds: Vec<String> = events
            .iter()
            .filter_map(|e| if let RunEvent::Second(s) = e { Some(s.requests().to_string()) } else { None })
            .collect();
        writeln!(out, "events: {}; requests by second: {}", events.len(), seconds.join(" ")).unwrap();
        for event in events {
            match event {
                RunEvent::Phase(change) => writeln!(out, "{change:?}").unwrap(),
                RunEvent::ErrorDetail(detail) => writeln!(out, "{detail:?}").unwrap(),
                RunEvent::Started(_)
                | RunEvent::Second(_)
                | RunEvent::Host(_)
                | RunEvent::ResourceSeries(_)
                | RunEvent::Resources(_)
                | RunEvent::Warning(_)
                | RunEvent::Mark(_)
                | RunEvent::Verdict(_)
                | RunEvent::Finished(_) => {}
            }
        }
    }
    if let (Some(first), Some(last)) = (results.history.first(), results.history.last()) {
        writeln!(out, "history of {}:\n{first:?}\n{last:?}", results.history.len()).unwrap();
    }
    for error in &results.errors {
        writeln!(out, "error {:?} {} x{}: {}", error.endpoint, error.kind, error.count, error.text).unwrap();
    }
    for own in &results.own_verdicts {
        writeln!(out, "{} {}: {}", own.metric, own.expectation, if own.held { "held" } else { "crossed" })
            .unwrap();
    }
    for problem in &results.problems {
        let file = problem.place.file.file_name().unwrap().to_string_lossy();
        writeln!(out, "problem {file}:{}:{}: {}", problem.place.line, problem.place.column, problem.text)
            .unwrap();
    }
    for gap in &results.gaps {
        writeln!(out, "gap: {gap}").unwrap();
    }
    out + &results.summary.to_json().unwrap()
}

#[test]
fn every_fixture() {
    for (file, kind) in [
        ("k6.csv.gz", Kind::K6Csv),
        ("k6.jsonl.gz", Kind::K6Json),
        ("k6_rfc3339.csv.gz", Kind::K6Csv),
        ("k6_handle_summary.json", Kind::K6Summary),
        ("k6_export.json", Kind::K6SummaryExport),
        ("made/k6_machine.json", Kind::K6MachineSummary),
        ("locust/full_stats.csv", Kind::LocustStats),
        ("locust/total_stats.csv", Kind::LocustStats),
        ("locust_requests.csv", Kind::LocustRequests),
        ("locust.json", Kind::LocustJson),
        ("jmeter.jtl", Kind::JmeterCsv),
        ("jmeter.xml", Kind::JmeterXml),
        ("jmeter_parents.xml", Kind::JmeterXml),
        ("vegeta.gob", Kind::VegetaGob),
        ("made/jmeter.jtl", Kind::JmeterCsv),
        ("vegeta.csv", Kind::VegetaCsv),
        ("made/vegeta.jsonl", Kind::VegetaJson),
        ("made/vegeta_report.json", Kind::VegetaReport),
        ("made/oha.json", Kind::OhaJson),
        ("made/oha.csv", Kind::OhaCsv),
        ("wrk.txt", Kind::WrkText),
        ("wrk_plain.txt", Kind::WrkText),
        ("made/wrk2.txt", Kind::WrkText),
        ("hey.csv", Kind::HeyCsv),
        ("../runs/v1.1-small", Kind::BruntRecord),
        ("../runs/v1.1-small/summary.json", Kind::BruntSummary),
    ] {
        assert_eq!(recognise(&fixture(file)).unwrap(), kind, "{file}");
        let name = file.replace("../runs/", "").replace(['/', '.', '-'], "_");
        insta::assert_snapshot!(name, told(&read_fixture(file)));
    }
    for (file, kind) in [
        ("locust/full_stats_history.csv", Kind::LocustHistory),
        ("locust/full_failures.csv", Kind::LocustFailures),
        ("locust/full_exceptions.csv", Kind::LocustExceptions),
    ] {
        assert_eq!(recognise(&fixture(file)).unwrap(), kind, "{file}");
    }
}

/// A golden file for every kind but those that the round trips have.
#[test]
fn every_kind_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|k| k.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
}
