//! CSV exports: golden files, rectangular, and their counts add up.

use crate::golden;
use brunt_metrics::{EndpointId, ErrorKind, Nanos, Outcome, Part, Parts, Phase, Sample, Status};
use brunt_report::{RequestWriter, write_seconds_csv};
use brunt_run::{RunEvent, SeriesName};

fn seconds_csv() -> String {
    let mut out = Vec::new();
    write_seconds_csv(golden(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn seconds() {
    insta::assert_snapshot!(seconds_csv().replace("\r\n", "\n"));
}

/// Splits a row as RFC 4180 says.
fn fields(row: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in row.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

#[test]
fn seconds_are_rectangular_and_add_up() {
    let csv = seconds_csv();
    let rows: Vec<_> = csv.strip_suffix("\r\n").unwrap().split("\r\n").map(fields).collect();
    assert!(rows.iter().all(|r| r.len() == rows[0].len()));
    let count = rows[0].iter().position(|c| c == "count").unwrap();
    let counted: u64 = rows[1..].iter().map(|r| r[count].parse::<u64>().unwrap()).sum();
    let truth: u64 =
        golden().iter().map(|e| if let RunEvent::Second(s) = e { s.requests() } else { 0 }).sum();
    assert_eq!(counted, truth);
}

#[test]
fn requests() {
    let mut parts = Parts::default();
    parts.set(Part::Waiting, Nanos(40_000_001));
    let sample = Sample {
        endpoint: EndpointId(0),
        phase: Phase::Load,
        scheduled: Nanos(1_000_000_000),
        started: Nanos(1_000_020_000),
        ended: Nanos(1_041_020_001),
        parts,
        outcome: Outcome::Ok,
        status: Status::code(200),
        bytes_out: 80,
        bytes_in: 1_024,
        retries: 0,
    };
    let failed = Sample {
        outcome: Outcome::Error(ErrorKind::ConnectRefused),
        status: Status::NONE,
        phase: Phase::WarmUp,
        parts: Parts::default(),
        retries: 1,
        ..sample
    };
    let series = SeriesName {
        scenario: "browse".to_owned(),
        action: "buy, fast".to_owned(),
        method: "POST".to_owned(),
        name: "=cmd|' /C calc'!A0".to_owned(),
        ..SeriesName::default()
    };
    let mut writer = RequestWriter::new(Vec::new());
    writer.write_header().unwrap();
    writer.write_sample(&sample, &series).unwrap();
    writer.write_sample(&failed, &series).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let rows: Vec<_> = text.strip_suffix("\r\n").unwrap().split("\r\n").map(fields).collect();
    assert!(rows.iter().all(|r| r.len() == rows[0].len()));
    insta::assert_snapshot!(text.replace("\r\n", "\n"));
}
