//! The golden records, one a minor version, kept forever: every later version must read them, and read the same.
//!
//! Each was written once by [`write_the_golden_record`], from samples that are the same everywhere.

use crate::samples;
use brunt_metrics::{EndpointId, EndpointKind, ErrorKind, Nanos, Phase, ScenarioId, Second};
use brunt_run::{
    ErrorDetail, Finish, FormatVersion, HostSecond, Mark, MarkKind, NewRecord, Outlook, PhaseChange, Reader,
    Recorder, ResourceId, ResourceKind, ResourceSecond, ResourceSeries, ResourceUnit, RunEvent, RunHeader,
    RunView, ScenarioHeader, SeriesName, Sink, StopReason, Summary, Verdict, VerdictReason, Warning,
    WarningKind,
};
use std::path::{Path, PathBuf};

/// Seconds in the small run.
pub(crate) const SECONDS: u64 = 5;

/// The golden record of version 1.0.
pub(crate) fn golden() -> PathBuf {
    runs().join("v1-small")
}

/// The golden record of version 1.1.
fn golden_1_1() -> PathBuf {
    runs().join("v1.1-small")
}

/// The golden record of version 1.2.
fn golden_1_2() -> PathBuf {
    runs().join("v1.2-small")
}

/// The golden record of version 1.3.
fn golden_1_3() -> PathBuf {
    runs().join("v1.3-small")
}

fn runs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/runs")
}

/// What version 1.1 added: a group, requests that brunt broke, tags, tallies, objectives, a profile.
pub(crate) fn header_of_1_1() -> RunHeader {
    let mut header = header();
    header.endpoints[2].tags = vec!["money".to_owned(), "write".to_owned()];
    let aside = |action: &str, name: &str, kind| SeriesName {
        scenario: "browse".to_owned(),
        action: action.to_owned(),
        method: "*".to_owned(),
        name: name.to_owned(),
        kind,
        tags: Vec::new(),
    };
    header.endpoints.push(aside("buy", "checkout", EndpointKind::Group));
    header.endpoints.push(aside("home", "malformed body", EndpointKind::Injected));
    header.tallies = vec!["x-cache".to_owned(), "x-upstream".to_owned()];
    header.objectives = vec!["p95 < 200ms".to_owned(), "errors < 5 %".to_owned()];
    header.profile = Some("heavy".to_owned());
    header
}

pub(crate) fn header() -> RunHeader {
    let series = |action: &str, method: &str, name: &str| SeriesName {
        scenario: "browse".to_owned(),
        action: action.to_owned(),
        method: method.to_owned(),
        name: name.to_owned(),
        ..SeriesName::default()
    };
    RunHeader {
        id: "20261120-190102-small-7f3a".to_owned(),
        name: "small".to_owned(),
        started_unix_ms: 1_795_201_262_000,
        seed: 42,
        targets: vec!["http://127.0.0.1:8080".to_owned()],
        planned_duration: Some(Nanos::from_secs(SECONDS)),
        workers: 1,
        simulated: false,
        scenarios: vec![ScenarioHeader {
            name: "browse".to_owned(),
            executor: "constant rate 40/s".to_owned(),
            open: true,
            max_users: 10,
            curve: vec![40.0; 5],
            curve_step: Nanos::SECOND,
        }],
        endpoints: vec![
            series("home", "GET", "/"),
            series("item", "GET", "/items/{id}"),
            series("buy", "POST", "/cart, \"express\""),
        ],
        checks: vec![(EndpointId(0), "status is 200".to_owned())],
        tallies: Vec::new(),
        objectives: Vec::new(),
        profile: None,
        labels: std::collections::BTreeMap::new(),
        environment: [("brunt", "0.1.0"), ("cores", "2"), ("os", "linux")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
    }
}

/// Everything but the start, in order.
pub(crate) fn events() -> Vec<RunEvent> {
    events_with(samples::seconds(SECONDS))
}

fn events_with(seconds: Vec<Second>) -> Vec<RunEvent> {
    let phase = |at, phase| RunEvent::Phase(PhaseChange { at, scenario: ScenarioId(0), phase });
    let mut events = vec![phase(Nanos::ZERO, Some(Phase::WarmUp))];
    for (s, second) in (0..).zip(seconds) {
        events.push(RunEvent::Second(Box::new(second)));
        events.push(RunEvent::Host(Box::new(HostSecond {
            index: s,
            process_cpu: Some(Nanos::from_millis(30 + s)),
            cores_busy: vec![0.25, 0.5],
            steal: Some(0.0),
            resident_bytes: Some(20_000_000),
            open_files: Some(17),
            open_files_limit: Some(65_536),
            target_is_local: true,
            ..HostSecond::default()
        })));
        if s == 0 {
            events.push(phase(Nanos::SECOND, Some(Phase::Load)));
            events.push(RunEvent::ErrorDetail(ErrorDetail {
                at: Nanos(1_250_000_000),
                endpoint: EndpointId(1),
                kind: ErrorKind::Status,
                text: "503 Service Unavailable".to_owned(),
            }));
        }
    }
    let end = Nanos::from_secs(SECONDS);
    let text = "a plan's note".to_owned();
    events.push(phase(end, None));
    events.push(RunEvent::Warning(Warning { at: end, kind: WarningKind::Plan, text }));
    events.push(RunEvent::Verdict(Verdict {
        outlook: Outlook::Passed,
        summary: "nothing speaks against it".to_owned(),
        findings: vec![VerdictReason { id: "little".to_owned(), against: false, text: "L = 0.4".to_owned() }],
        objectives: Vec::new(),
    }));
    events.push(RunEvent::Finished(Finish {
        at: end,
        reason: StopReason::Completed,
        in_flight: 0,
        self_checks_failed: Vec::new(),
    }));
    events
}

/// What version 1.2 added: figures of the target beside the load, with a gap, and the words about it.
pub(crate) fn events_of_1_2() -> Vec<RunEvent> {
    let series = |id, name: &str, unit, kind, limit| {
        RunEvent::ResourceSeries(ResourceSeries {
            id: ResourceId(id),
            source: "nginx".to_owned(),
            name: name.to_owned(),
            unit,
            kind,
            limit,
            every: 1,
        })
    };
    let mut events = Vec::new();
    for event in events_with(samples::seconds_of_1_1(SECONDS)) {
        let host = if let RunEvent::Host(host) = &event { Some(host.index) } else { None };
        events.push(event);
        match host {
            Some(0) => {
                events.push(series(0, "cpu", ResourceUnit::Cores, ResourceKind::Cpu, Some(0.5)));
                events.push(series(1, "memory", ResourceUnit::Bytes, ResourceKind::Memory, None));
                events.push(seen(0, &[(0, 0.125), (1, 4_096_000.0)]));
            }
            // The second source did not answer.
            Some(2) => {
                events.push(RunEvent::Warning(Warning {
                    at: Nanos::from_secs(3),
                    kind: WarningKind::Resource,
                    text: "`nginx` stopped answering".to_owned(),
                }));
            }
            Some(index) => events.push(seen(index, &[(0, 0.25), (1, 4_096_000.0 + index as f64)])),
            None => {}
        }
    }
    events
}

/// What version 1.3 added: what was done to the run from outside.
fn events_of_1_3() -> Vec<RunEvent> {
    let mark = |at: u64, kind, load: Option<(f64, f64)>, text: &str| {
        let scenario = load.map(|_| ScenarioId(0));
        let (from, to) = load.unzip();
        RunEvent::Mark(Mark { at: Nanos::from_millis(at), kind, scenario, from, to, text: text.to_owned() })
    };
    let mut events = Vec::new();
    for event in events_of_1_2() {
        let second = if let RunEvent::Second(second) = &event { Some(second.index) } else { None };
        events.push(event);
        match second {
            Some(0) => {
                let text = "browse: 40 -> 60 arrivals per second";
                events.push(mark(1_250, MarkKind::Steered, Some((40.0, 60.0)), text));
            }
            Some(1) => events.push(mark(2_000, MarkKind::Note, None, "cache cleared")),
            Some(2) => {
                events.push(mark(3_100, MarkKind::Paused, None, "paused"));
                events.push(mark(3_600, MarkKind::Resumed, None, "resumed"));
            }
            Some(_) | None => {}
        }
    }
    events
}

fn seen(index: u64, values: &[(u16, f64)]) -> RunEvent {
    let values = values.iter().map(|(id, value)| (ResourceId(*id), *value)).collect();
    RunEvent::Resources(Box::new(ResourceSecond { index, values }))
}

/// Writes the small run, with all that the present version has, to `folder`.
pub(crate) fn write(folder: &Path) {
    let header = header_of_1_1();
    let plan = serde_json::json!({"name": "small", "scenarios": {"browse": {"rate": "40/s"}}});
    let what = NewRecord { header: &header, tool_version: "0.1.0", plan: &plan };
    let mut recorder = Recorder::create(folder, &what).unwrap();
    let mut view = RunView::default();
    view.apply(&RunEvent::Started(Box::new(header.clone())));
    for event in events_of_1_3() {
        recorder.event(&event);
        view.apply(&event);
    }
    assert_eq!(recorder.take_problem(), None);
    recorder.finish(&Summary::of(&view).unwrap()).unwrap();
}

/// Reads, compares with what went in, and folds to the summary that was written.
fn reads_as_it_was_written(folder: &Path, header: RunHeader, events: Vec<RunEvent>) -> Summary {
    let mut reader = Reader::open(folder).unwrap();
    assert_eq!(reader.tool_version(), "0.1.0");
    assert_eq!(reader.plan()["name"], "small");
    let mut expected = vec![RunEvent::Started(Box::new(header))];
    expected.extend(events);
    let read: Vec<_> = reader.by_ref().collect();
    assert_eq!(read, expected);
    let ending = reader.ending();
    assert!(ending.finished && ending.torn.is_empty() && ending.passed_over == 0, "{ending:?}");
    let mut view = RunView::default();
    for event in &read {
        view.apply(event);
    }
    let mut summary = Summary::of(&view).unwrap();
    assert_eq!(summary.format, FormatVersion::CURRENT);
    summary.format = reader.format();
    assert_eq!(reader.summary().unwrap().unwrap(), summary);
    summary
}

#[test]
fn the_golden_record_reads_as_it_was_written() {
    let summary = reads_as_it_was_written(&golden(), header(), events());
    insta::assert_snapshot!("golden_summary", summary.to_json().unwrap());
}

#[test]
fn the_golden_record_of_1_1_reads_as_it_was_written() {
    let events = events_with(samples::seconds_of_1_1(SECONDS));
    let summary = reads_as_it_was_written(&golden_1_1(), header_of_1_1(), events);
    // What was added stands aside: nothing else is counted differently.
    let before = reads_as_it_was_written(&golden(), header(), self::events());
    assert_eq!((&summary.total, &summary.scenarios), (&before.total, &before.scenarios));
    assert_eq!(summary.endpoints.len(), before.endpoints.len());
    insta::assert_snapshot!("golden_summary_of_1_1", summary.to_json().unwrap());
}

#[test]
fn the_golden_record_of_1_2_reads_as_it_was_written() {
    let summary = reads_as_it_was_written(&golden_1_2(), header_of_1_1(), events_of_1_2());
    // What was added stands beside the requests: none of their figures differs.
    let events = events_with(samples::seconds_of_1_1(SECONDS));
    let before = reads_as_it_was_written(&golden_1_1(), header_of_1_1(), events);
    assert_eq!((&summary.total, &summary.endpoints), (&before.total, &before.endpoints));
    let resources = serde_json::to_string_pretty(&summary.resources).unwrap();
    insta::assert_snapshot!("golden_resources_of_1_2", resources);
}

#[test]
fn the_golden_record_of_1_3_reads_as_it_was_written() {
    let summary = reads_as_it_was_written(&golden_1_3(), header_of_1_1(), events_of_1_3());
    // Marks part the requests, and count none differently.
    let before = reads_as_it_was_written(&golden_1_2(), header_of_1_1(), events_of_1_2());
    assert_eq!((&summary.total, &summary.endpoints), (&before.total, &before.endpoints));
    let load: u64 = summary.segments.iter().map(|segment| segment.requests).sum();
    assert_eq!(load, summary.total.requests);
    let added = serde_json::to_string_pretty(&(&summary.marks, &summary.segments)).unwrap();
    insta::assert_snapshot!("golden_marks_of_1_3", added);
}

/// Today's version writes the same text. A change here is a change of the format: give it a version and a
/// golden record of its own. (The bytes of seconds depend on the compressor's version once deflated; what
/// goes into it is held by a test beside the encoder.)
#[test]
fn today_writes_the_same_record() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    for file in ["run.json", "events.jsonl", "summary.json"] {
        let [was, is] =
            [golden_1_3().join(file), folder.path().join(file)].map(|p| std::fs::read(p).unwrap());
        assert!(was == is, "{file} has changed: {} bytes, now {}", was.len(), is.len());
    }
}

/// Writes the golden record of the present version: once per format, by hand.
#[test]
#[ignore = "writes fixtures/runs/v1.3-small; run by hand, once per format"]
fn write_the_golden_record() {
    assert!(!golden_1_3().exists(), "the golden record is kept; a new format gets a new one");
    write(&golden_1_3());
}
