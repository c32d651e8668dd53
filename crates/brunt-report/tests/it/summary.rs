//! The totals, made from the seconds, are those that the run wrote itself.

use crate::{golden, golden_of};
use brunt_report::{ExportError, Timing, write_hlog, write_seconds_csv, write_summary_json};
use brunt_run::RunEvent;

#[test]
fn a_summary_made_later_is_the_one_that_was_written() {
    let mut out = Vec::new();
    write_summary_json(golden_of("v1.3-small"), &mut out).unwrap();
    let written = include_str!("../../../../fixtures/runs/v1.3-small/summary.json");
    assert_eq!(String::from_utf8(out).unwrap(), written);
}

#[test]
fn events_without_a_header_are_refused() {
    let headless = || golden().into_iter().filter(|e| !matches!(e, RunEvent::Started(_)));
    let results = [
        write_summary_json(headless(), &mut Vec::new()),
        write_seconds_csv(headless(), &mut Vec::new()),
        write_hlog(headless(), Timing::Response, &mut Vec::new()),
    ];
    for result in results {
        assert!(matches!(result, Err(ExportError::NoHeader)));
    }
    insta::assert_snapshot!(ExportError::NoHeader, @"the run has no header, so that its endpoints have no names; export it from its record");
}
