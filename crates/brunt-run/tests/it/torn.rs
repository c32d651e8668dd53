//! Damage of every kind: what stood before it is delivered, what is lost is told, nothing panics.

use crate::golden::{self, header};
use brunt_run::{Ending, NewRecord, Reader, RecordFile, Recorder, RunEvent, Sink, TearReason, Torn};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

fn read(folder: &Path) -> (Vec<RunEvent>, Ending) {
    let mut reader = Reader::open(folder).unwrap();
    let events = reader.by_ref().collect();
    (events, reader.ending().clone())
}

fn with_small_run(check: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    golden::write(folder.path());
    check(folder.path());
}

fn is_second(event: &RunEvent) -> bool {
    matches!(event, RunEvent::Second(_) | RunEvent::Host(_) | RunEvent::Resources(_))
}

/// What a killed process leaves: nothing was flushed, closed or finished, and all that happened is there.
#[test]
fn a_record_whose_writer_never_ended_is_whole_and_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    let header = header();
    let what = NewRecord { header: &header, tool_version: "0.1.0", plan: &serde_json::Value::Null };
    let mut recorder = Recorder::create(folder.path(), &what).unwrap();
    let happened: Vec<_> = golden::events().into_iter().take(9).collect();
    for (so_far, event) in (1..).zip(&happened) {
        recorder.event(event);
        let (events, ending) = read(folder.path());
        assert_eq!(events[1..], happened[..so_far]);
        assert_eq!(ending, Ending::default());
    }
    std::mem::forget(recorder);
    assert_eq!(read(folder.path()).0[1..], happened);
}

#[test]
fn seconds_cut_at_every_byte() {
    with_small_run(|folder| {
        let path = folder.join("seconds.brunt");
        let whole = fs::read(&path).unwrap();
        let all = read(folder).0;
        let (seconds, others): (Vec<_>, Vec<_>) = all.iter().partition(|e| is_second(e));
        let mut delivered_before = 0;
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let (events, ending) = read(folder);
            let (got, rest): (Vec<_>, Vec<_>) = events.iter().partition(|e| is_second(e));
            assert_eq!(got, seconds[..got.len()], "cut at {cut}");
            assert_eq!(rest, others, "cut at {cut}");
            assert!(got.len() >= delivered_before);
            delivered_before = got.len();
            let [torn] = ending.torn.as_slice() else { panic!("cut at {cut}: {ending:?}") };
            assert_eq!(torn.file, RecordFile::Seconds);
            // Cut inside an entry, or behind one: then only the events know that more was written.
            let expected = if torn.at_byte == cut as u64 { TearReason::Missing } else { TearReason::Cut };
            assert_eq!(torn.reason, expected, "cut at {cut}");
            let end = if expected == TearReason::Missing { whole.len() } else { cut } as u64;
            assert_eq!(torn.at_byte + torn.lost_bytes, end, "cut at {cut}");
            assert!(ending.finished);
        }
        assert_eq!(delivered_before, seconds.len() - 1);
    });
}

#[test]
fn events_cut_at_every_byte() {
    with_small_run(|folder| {
        let path = folder.join("events.jsonl");
        let whole = fs::read(&path).unwrap();
        let all = read(folder).0;
        let (seconds, others): (Vec<_>, Vec<_>) = all.iter().partition(|e| is_second(e));
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let (events, ending) = read(folder);
            let (got, rest): (Vec<_>, Vec<_>) = events.iter().partition(|e| is_second(e));
            assert_eq!(got, seconds, "cut at {cut}");
            assert_eq!(rest, others[..rest.len()], "cut at {cut}");
            assert!(!ending.finished);
            let at_line_end = cut == 0 || whole[cut - 1] == b'\n';
            assert_eq!(ending.torn.is_empty(), at_line_end, "cut at {cut}: {ending:?}");
        }
    });
}

#[test]
fn a_tear_says_what_is_lost() {
    let torn =
        |reason| Torn { file: RecordFile::Seconds, at_byte: 4_096, lost_bytes: 70, reason }.to_string();
    let text = [
        TearReason::Cut,
        TearReason::Checksum,
        TearReason::Undecodable("it ends inside a value".to_owned()),
        TearReason::Unreadable("Input/output error (os error 5)".to_owned()),
        TearReason::Missing,
    ]
    .map(torn)
    .join("\n");
    insta::assert_snapshot!(text, @r"
    seconds.brunt is readable up to byte 4096; 70 bytes behind it are lost: the file ends inside an entry
    seconds.brunt is readable up to byte 4096; 70 bytes behind it are lost: an entry's checksum does not match
    seconds.brunt is readable up to byte 4096; 70 bytes behind it are lost: an entry cannot be understood (it ends inside a value)
    seconds.brunt is readable up to byte 4096; 70 bytes behind it are lost: Input/output error (os error 5)
    seconds.brunt is readable up to byte 4096; 70 bytes behind it are lost: the file was shortened after it was written
    ");
}

#[test]
fn missing_files_are_no_panic() {
    with_small_run(|folder| {
        fs::remove_file(folder.join("summary.json")).unwrap();
        assert!(Reader::open(folder).unwrap().summary().unwrap().is_none());
        fs::remove_file(folder.join("seconds.brunt")).unwrap();
        let (events, ending) = read(folder);
        assert_eq!(events.iter().filter(|e| is_second(e)).count(), 0);
        assert_eq!(ending.torn[0].reason, TearReason::Missing);
        fs::remove_file(folder.join("events.jsonl")).unwrap();
        let (events, ending) = read(folder);
        assert_eq!(events, [RunEvent::Started(Box::new(golden::header_of_1_1()))]);
        assert!(!ending.finished && ending.torn.is_empty());
    });
}

#[test]
fn frames_of_a_later_minor_version_are_passed_over() {
    with_small_run(|folder| {
        let path = folder.join("seconds.brunt");
        let mut bytes = fs::read(&path).unwrap();
        let before = read(folder).0;
        // A frame of kind 77 behind the head, and a minor version of 9.
        let payload = [77, 1, 2, 3];
        let mut frame = 4_u32.to_le_bytes().to_vec();
        frame.extend(crc32fast::hash(&payload).to_le_bytes());
        frame.extend(payload);
        bytes[10] = 9;
        bytes.splice(12..12, frame);
        fs::write(&path, bytes).unwrap();
        edit_run_json(folder, |run| run["format"]["minor"] = 9.into());
        let (events, ending) = read(folder);
        assert_eq!(ending.passed_over, 1);
        assert_eq!(events.len(), before.len());
        assert!(ending.torn.is_empty());
    });
}

fn edit_run_json(folder: &Path, edit: impl FnOnce(&mut serde_json::Value)) {
    let path = folder.join("run.json");
    let mut run = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut run);
    fs::write(&path, serde_json::to_vec(&run).unwrap()).unwrap();
}

#[test]
fn what_cannot_be_opened_says_why() {
    with_small_run(|folder| {
        let said = |folder: &Path| {
            let error = Reader::open(folder).unwrap_err().to_string();
            error.replace(&folder.display().to_string(), "runs/x")
        };
        let mut texts = vec![said(&folder.join("nowhere")).replace("runs/x/nowhere", "runs/x")];
        edit_run_json(folder, |run| {
            run["format"] = serde_json::json!({"major": 2, "minor": 3});
            run["tool"]["version"] = "4.5.6".into();
            run["header"] = serde_json::Value::Null;
        });
        texts.push(said(folder));
        fs::write(folder.join("run.json"), "{\"format\": ").unwrap();
        texts.push(said(folder));
        insta::assert_snapshot!(texts.join("\n"), @r"
        `runs/x` holds no run's record: it has no `run.json`; `brunt runs` lists the records there are
        `runs/x/run.json` was written by brunt 4.5.6 in format 2.3, and this version reads formats up to 1.x; read it with brunt 4.5.6 or later
        `runs/x/run.json` is damaged, so that the run's names are lost: EOF while parsing a value at line 1 column 11
        ");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn arbitrary_files_never_panic(
        seconds in prop::collection::vec(any::<u8>(), 0..300), head: bool,
        events in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "(\\{\"after\":[0-9]{1,19},\"kind\":\"(phase|finished|x)\",\"body\":[0-9]\\}\n){0,3}".prop_map(String::into_bytes),
        ],
    ) {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(golden::golden().join("run.json"), folder.path().join("run.json")).unwrap();
        let start: &[u8] = if head { b"BRUNTSEC\x01\0\0\0" } else { b"" };
        fs::write(folder.path().join("seconds.brunt"), [start, &seconds].concat()).unwrap();
        fs::write(folder.path().join("events.jsonl"), events).unwrap();
        let (events, ending) = read(folder.path());
        prop_assert!(!events.is_empty() && ending.torn.len() <= 2);
    }
}
