//! What we write for others' readers, we read back.

use crate::{fixture, read_text};
use brunt_report::{
    LocustFiles, LocustHistory, RequestWriter, write_k6_summary, write_locust_csv, write_seconds_csv,
};
use brunt_results::{Results, Tool, read};
use brunt_run::{Figures, Reader, RunEvent, SeriesName, Summary};
use std::fs::{self, File};

fn events() -> Vec<RunEvent> {
    Reader::open(&fixture("../runs/v1.1-small")).unwrap().collect()
}

fn own() -> Summary {
    read(&[fixture("../runs/v1.1-small")]).unwrap().remove(0).summary
}

fn counts(figures: &Figures) -> [u64; 2] {
    [figures.requests, figures.errors]
}

#[test]
fn locust_files() {
    for rows in [LocustHistory::Aggregated, LocustHistory::Full] {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| File::create(folder.path().join(name)).unwrap();
        let files = LocustFiles {
            stats: file("run_stats.csv"),
            history: file("run_stats_history.csv"),
            failures: file("run_failures.csv"),
            exceptions: file("run_exceptions.csv"),
        };
        write_locust_csv(events(), rows, files).unwrap();
        let back: Results = read(&[folder.path().to_owned()]).unwrap().remove(0);
        let (ours, theirs) = (own(), back.summary);
        assert_eq!((back.tool, back.files.len(), back.problems.len()), (Tool::Locust, 4, 0));
        assert_eq!(counts(&theirs.total), counts(&ours.total));
        assert_eq!(theirs.total.errors_by_kind, ours.total.errors_by_kind);
        assert_eq!(theirs.total.response.max_ms, ours.total.response.max_ms);
        assert!((theirs.total.response.mean_ms.unwrap() - ours.total.response.mean_ms.unwrap()).abs() < 1e-3);
        for endpoint in &theirs.endpoints {
            let same = |s: &SeriesName| s.name == endpoint.series.name && s.method == endpoint.series.method;
            let mine: Vec<_> = ours.endpoints.iter().filter(|e| same(&e.series)).collect();
            let sum = |get: fn(&Figures) -> u64| mine.iter().map(|e| get(&e.figures)).sum::<u64>();
            assert_eq!(
                counts(&endpoint.figures),
                [sum(|f| f.requests), sum(|f| f.errors)],
                "{:?}",
                endpoint.series
            );
        }
        let last = back.history.iter().rev().find(|p| p.endpoint.is_none()).unwrap();
        assert_eq!(last.requests, Some(ours.total.requests));
    }
}

#[test]
fn k6_summary() {
    let mut out = Vec::new();
    write_k6_summary(events(), &mut out).unwrap();
    let back = read_text("k6.json", &String::from_utf8(out).unwrap()).unwrap();
    let (ours, theirs) = (own().total, back.summary.total);
    assert_eq!((back.tool, counts(&theirs)), (Tool::K6, counts(&ours)));
    assert_eq!((theirs.bytes_in, theirs.response.max_ms), (ours.bytes_in, ours.response.max_ms));
    assert_eq!(theirs.response.p95_ms, ours.response.p95_ms);
}

#[test]
fn seconds() {
    let mut out = Vec::new();
    write_seconds_csv(events(), &mut out).unwrap();
    let back = read_text("seconds.csv", &String::from_utf8(out).unwrap()).unwrap();
    let (ours, theirs) = (own(), back.summary);
    assert_eq!(counts(&theirs.total), counts(&ours.total));
    assert_eq!(theirs.total.statuses, ours.total.statuses);
    assert_eq!(theirs.total.errors_by_kind, ours.total.errors_by_kind);
    assert_eq!(theirs.started_unix_ms, ours.started_unix_ms);
    assert_eq!(theirs.apart, ours.apart);
    let name = |s: &SeriesName| (s.scenario.clone(), s.method.clone(), s.name.clone());
    for endpoint in &theirs.endpoints {
        let mine = ours.endpoints.iter().find(|e| name(&e.series) == name(&endpoint.series)).unwrap();
        assert_eq!(counts(&endpoint.figures), counts(&mine.figures));
        assert_eq!(endpoint.figures.bytes_in, mine.figures.bytes_in);
    }
}

/// Requests come back to the nanosecond, with their lag.
#[test]
fn requests() {
    use brunt_metrics::{EndpointId, ErrorKind, Nanos, Outcome, Part, Parts, Phase, Sample, Status};
    let series = SeriesName {
        scenario: "s".into(),
        action: "a".into(),
        method: "GET".into(),
        name: "=cmd, \"x\"".into(),
        ..SeriesName::default()
    };
    let mut out = RequestWriter::new(Vec::new());
    out.write_header().unwrap();
    for i in 0..10_u64 {
        let scheduled = Nanos(i * 300_000_001);
        let mut parts = Parts::default();
        parts.set(Part::Waiting, Nanos(4_000_000));
        let failed = i == 7;
        let sample = Sample {
            endpoint: EndpointId(0),
            phase: if i < 2 { Phase::WarmUp } else { Phase::Load },
            scheduled,
            started: scheduled + Nanos(1_000_000),
            ended: scheduled + Nanos(6_000_003),
            parts,
            outcome: if failed { Outcome::Error(ErrorKind::Reset) } else { Outcome::Ok },
            status: if failed { Status::NONE } else { Status::code(200) },
            bytes_out: 10,
            bytes_in: 20,
            retries: 1,
        };
        out.write_sample(&sample, &series).unwrap();
        if i == 8 {
            // One that was never sent: no time of it may come back.
            let outcome = Outcome::Error(ErrorKind::Missing);
            let (parts, status) = (Parts::default(), Status::NONE);
            let (bytes_out, bytes_in, retries) = (0, 0, 0);
            let unsent = Sample { outcome, parts, status, bytes_out, bytes_in, retries, ..sample };
            let unsent = Sample { ended: unsent.started, ..unsent };
            out.write_sample(&unsent, &series).unwrap();
        }
    }
    let text = String::from_utf8(out.finish().unwrap()).unwrap();
    let back = read_text("requests.csv", &text).unwrap();
    let summary = &back.summary;
    assert_eq!(counts(&summary.total), [9, 2]);
    assert_eq!(summary.apart.warm_up_requests, 2);
    assert_eq!(summary.endpoints[0].series, series);
    assert_eq!(summary.total.response.min_ms, Some(6.000_003));
    assert_eq!(summary.total.service.max_ms, Some(5.000_003));
    assert_eq!(summary.lag.max_ms, Some(1.0));
    assert_eq!(summary.total.errors_by_kind.get("reset"), Some(&1));
    assert_eq!(summary.total.errors_by_kind.get("missing value"), Some(&1));
    assert_eq!((summary.total.bytes_out, summary.total.retries), (80, 8));
    assert_eq!(summary.total.parts["waiting"].count, 8);
}

/// A record that was cut off is read up to there, and that is said.
#[test]
fn a_torn_record() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["run.json", "events.jsonl", "seconds.brunt"] {
        let bytes = fs::read(fixture("../runs/v1.1-small").join(name)).unwrap();
        let keep = if name == "seconds.brunt" { bytes.len() * 2 / 3 } else { bytes.len() };
        fs::write(folder.path().join(name), &bytes[..keep]).unwrap();
    }
    let torn = read(&[folder.path().to_owned()]).unwrap().remove(0);
    assert!(torn.summary.total.requests > 0 && torn.summary.total.requests < own().total.requests);
    assert_eq!(torn.problems.len(), 2);
    // What is left must not pass for the whole.
    assert_eq!((torn.summary.finish, torn.summary.verdict), (None, None));
    let events = torn.events.expect("a course");
    assert!(!events.iter().any(|e| matches!(e, RunEvent::Finished(_) | RunEvent::Verdict(_))));
    assert!(torn.cut.is_some_and(|cut| cut.text.contains("damaged")));
}
