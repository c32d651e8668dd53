//! How small a record is: the figures of `docs/run-record.md`.

use crate::golden::header;
use crate::samples::{Load, recorded};
use brunt_run::{NewRecord, Recorder, RunEvent, Sink};

#[test]
fn bytes_per_second_of_load() {
    let folder = tempfile::tempdir().unwrap();
    let header = header();
    for (requests_per_second, most) in [(100, 4_000), (1_000, 14_000), (10_000, 60_000)] {
        let what = NewRecord { header: &header, tool_version: "0.1.0", plan: &serde_json::Value::Null };
        let mut recorder =
            Recorder::create(&folder.path().join(requests_per_second.to_string()), &what).unwrap();
        let seconds = recorded(&Load { endpoints: 100, requests_per_second, seconds: 4 });
        let cells: usize = seconds.iter().map(|s| s.cells.len()).sum::<usize>() / seconds.len();
        for second in seconds {
            recorder.event(&RunEvent::Second(Box::new(second)));
        }
        let each = (recorder.bytes_written() - 12) / 4;
        println!("100 endpoints, {requests_per_second} requests/s, {cells} cells: {each} bytes a second");
        assert!(each < most, "{each} bytes a second at {requests_per_second}/s");
    }
}
