//! The k6 summary: golden, and its figures are those of the run's own totals.

use crate::simulated::simulated;
use crate::{golden, golden_of};
use brunt_metrics::Phase;
use brunt_report::{ExportError, UserCount, write_k6_summary, write_k6_summary_of};
use brunt_run::{RunEvent, RunView};
use serde_json::Value;

fn summary(events: Vec<RunEvent>) -> String {
    let mut out = Vec::new();
    write_k6_summary(events, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn golden_record() {
    insta::assert_snapshot!(summary(golden()));
}

#[test]
fn simulated_run() {
    insta::assert_snapshot!(summary(simulated()));
}

#[test]
fn figures_are_those_of_the_run() {
    for events in [golden(), golden_of("v1.1-small"), simulated()] {
        let (mut view, mut users) = (RunView::default(), UserCount::default());
        for event in &events {
            view.apply(event);
            if let RunEvent::Second(second) = event {
                users.add(second);
            }
        }
        let text = summary(events);
        let mut again = Vec::new();
        write_k6_summary_of(&view, users, &mut again).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), text);
        let summary: Value = serde_json::from_str(&text).unwrap();
        let (metrics, total) = (&summary["metrics"], view.total(Phase::Load));
        assert_eq!(metrics["http_reqs"]["count"], total.count);
        assert_eq!(metrics["http_req_failed"]["passes"], total.errors);
        assert_eq!(metrics["http_req_failed"]["fails"], total.count - total.errors);
        assert_eq!(metrics["data_received"]["count"], total.bytes_in);
        let avg = metrics["http_req_duration"]["avg"].as_f64().unwrap();
        assert!((avg - total.response.mean.unwrap().as_millis_f64()).abs() < 1e-9);
        let checks = summary["root_group"]["checks"].as_object().unwrap();
        let sum = |field: &str| checks.values().map(|c| c[field].as_u64().unwrap()).sum::<u64>();
        let told = &metrics["checks"];
        assert_eq!(
            (sum("passes"), sum("fails")),
            (told["passes"].as_u64().unwrap(), told["fails"].as_u64().unwrap())
        );
        for (name, metric) in metrics.as_object().unwrap() {
            assert!(metric.as_object().unwrap().values().all(Value::is_number), "{name}");
        }
    }
}

#[test]
fn a_run_without_a_request_has_counters_only() {
    let events: Vec<_> = simulated().into_iter().filter(|e| !matches!(e, RunEvent::Second(_))).collect();
    let summary: Value = serde_json::from_str(&summary(events)).unwrap();
    let names: Vec<_> = summary["metrics"].as_object().unwrap().keys().map(String::as_str).collect();
    let counters = ["data_received", "data_sent", "dropped_iterations", "http_reqs", "iterations"];
    assert_eq!(names, [&counters[..], &["vus", "vus_max"]].concat());
    assert!(counters.iter().all(|name| summary["metrics"][name]["count"] == 0));
}

#[test]
fn events_without_a_header_are_refused() {
    let headless = simulated().into_iter().skip(1);
    assert!(matches!(write_k6_summary(headless, &mut Vec::new()), Err(ExportError::NoHeader)));
}
