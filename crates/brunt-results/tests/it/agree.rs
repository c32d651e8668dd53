//! Files of one run say the same, and events say what the totals say.

use crate::{fixture, read_fixture, read_text};
use brunt_metrics::Nanos;
use brunt_results::{Results, read};
use brunt_run::{RunEvent, RunView, Summary};

/// Whether two figures differ by at most a share, or `slack` in their unit.
fn near(a: f64, b: f64, share: f64, slack: f64) -> bool {
    (a - b).abs() <= share * b.abs() + slack
}

/// k6's own summary of the run against what is made of its samples. k6 interpolates percentiles, so that they may lie
/// anywhere between two samples: only those with many samples around them are near.
#[test]
fn k6_samples_give_k6_summaries() {
    for (samples, summary, seconds) in
        [("k6.csv.gz", "k6_handle_summary.json", 0.5), ("k6.jsonl.gz", "k6_export.json", 0.05)]
    {
        let (ours, theirs) = (read_fixture(samples).summary, read_fixture(summary).summary);
        let (a, b) = (&ours.total, &theirs.total);
        assert_eq!((a.requests, a.errors), (b.requests, b.errors), "{samples}");
        assert_eq!((a.bytes_in, a.bytes_out), (b.bytes_in, b.bytes_out), "{samples}");
        assert!(
            near(a.measured_ms, b.measured_ms, 0.0, seconds * 1e3),
            "{samples}: {} {}",
            a.measured_ms,
            b.measured_ms
        );
        let times = |l: &brunt_run::LatencyFigures| {
            [l.min_ms, l.mean_ms, l.max_ms, l.p50_ms, l.p90_ms].map(Option::unwrap)
        };
        for (mine, its) in times(&a.response).into_iter().zip(times(&b.response)) {
            assert!(near(mine, its, 0.03, 0.002), "{samples}: {mine} for {its}");
        }
        let checks =
            |s: &Summary| s.checks.iter().map(|c| (c.check.clone(), c.passed, c.failed)).collect::<Vec<_>>();
        assert_eq!(checks(&ours), checks(&theirs), "{samples}");
        let iterations = |s: &Summary| s.scenarios.iter().map(|s| s.completed).sum::<u64>();
        assert_eq!(iterations(&ours), iterations(&theirs), "{samples}");
    }
}

/// The three forms of one summary are one, but for what a form leaves out.
#[test]
fn k6_summaries_are_one() {
    let (data, machine) = (read_fixture("k6_handle_summary.json"), read_fixture("made/k6_machine.json"));
    let (mut all, some) = (data.summary.total.clone(), machine.summary.total);
    // The machine's form has no rates of counters and six statistics of times.
    assert!(near(all.requests_per_second.unwrap(), some.requests_per_second.unwrap(), 1e-6, 0.0));
    all.requests_per_second = some.requests_per_second;
    for times in [&mut all.response, &mut all.service] {
        (times.p75_ms, times.p99_ms, times.p99_9_ms) = (None, None, None);
    }
    all.measured_ms = some.measured_ms;
    assert_eq!(all, some);
    assert!(machine.own_verdicts.is_empty());
    // `true` means that it failed in one form, and that it held in the other.
    let export = read_fixture("k6_export.json");
    assert_eq!(export.own_verdicts, data.own_verdicts);
    assert!(data.own_verdicts.iter().any(|v| v.held) && data.own_verdicts.iter().any(|v| !v.held));
}

#[test]
fn vegeta_forms_are_one() {
    let (csv, json, report) = (
        read_fixture("vegeta.csv"),
        read_fixture("made/vegeta.jsonl"),
        read_fixture("made/vegeta_report.json"),
    );
    assert_eq!(csv.summary.total, json.summary.total);
    let (a, b) = (csv.summary.total, report.summary.total);
    assert_eq!((a.requests, a.errors, &a.statuses), (b.requests, b.errors, &b.statuses));
    assert!(near(a.response.mean_ms.unwrap(), b.response.mean_ms.unwrap(), 1e-6, 1e-5));
    assert!(near(a.measured_ms, b.measured_ms, 1e-6, 0.0));
}

/// Locust's history without its stats has the same counts.
#[test]
fn locust_history_ends_with_the_totals() {
    let whole = read_fixture("locust/total_stats.csv");
    let text = std::fs::read_to_string(fixture("locust/total_stats_history.csv")).unwrap();
    let alone = read_text("h.csv", &text).unwrap();
    let last = |r: &Results| (r.summary.total.requests, r.summary.total.errors);
    assert_eq!(last(&whole), last(&alone));
    assert_eq!(alone.summary.total.response.p95_ms, whole.summary.total.response.p95_ms);
}

/// What every source with samples promises: the events are the totals, seconds ascend, and time in flight is the sum of
/// times.
#[test]
fn events_are_the_totals() {
    for file in [
        "k6.csv.gz",
        "k6.jsonl.gz",
        "k6_rfc3339.csv.gz",
        "vegeta.csv",
        "made/vegeta.jsonl",
        "made/jmeter.jtl",
        "jmeter.jtl",
        "jmeter.xml",
        "jmeter_parents.xml",
        "vegeta.gob",
        "locust_requests.csv",
        "made/oha.csv",
        "hey.csv",
        "../runs/v1.1-small",
    ] {
        let results = read(&[fixture(file)]).unwrap().remove(0);
        let events = results.events.unwrap();
        let mut view = RunView::default();
        let mut next = 0;
        for event in &events {
            view.apply(event);
            if let RunEvent::Second(second) = event {
                assert_eq!(second.index, next, "{file}");
                next += 1;
                assert!(second.cells.is_sorted_by_key(|c| c.key), "{file}");
            }
        }
        assert!(matches!(events.first(), Some(RunEvent::Started(_))), "{file}");
        assert!(matches!(events.last(), Some(RunEvent::Finished(_))), "{file}");
        let summary = Summary::of(&view).unwrap();
        assert_eq!(summary.endpoints, results.summary.endpoints, "{file}");
        assert_eq!(summary.total.requests, results.summary.total.requests, "{file}");
        assert_eq!(view.sums().requests_started, view.sums().requests_ended, "{file}");
        assert_eq!(view.sums().broken_cells, 0, "{file}");
        if file.starts_with("..") {
            continue;
        }
        assert_eq!(u128::from(view.sums().in_flight_time.0), view.sums().service_ns, "{file}");
        assert!(view.elapsed() <= Nanos::from_secs(next) && view.elapsed() > Nanos::ZERO, "{file}");
    }
}

/// A JTL is the same in either form, and whether transactions hide their requests or not.
#[test]
fn forms_of_a_jtl() {
    let told = |name: &str| {
        let summary = read_fixture(name).summary;
        let endpoints: Vec<_> = summary
            .endpoints
            .iter()
            .map(|e| (e.series.name.clone(), e.figures.requests, e.figures.errors_by_kind.clone()))
            .collect();
        let groups: Vec<_> = summary.groups.iter().map(|g| (g.series.name.clone(), g.count)).collect();
        (endpoints, groups)
    };
    // JMeter 2.13 itself counted 60 samples of the first two: 48 requests and 12 transactions.
    let (endpoints, groups) = told("jmeter.jtl");
    assert_eq!(endpoints.iter().map(|(_, requests, _)| requests).sum::<u64>(), 48);
    assert_eq!(groups, [("round".to_owned(), 12)]);
    for other in ["jmeter.xml", "jmeter_parents.xml"] {
        assert_eq!(told(other), (endpoints.clone(), groups.clone()), "{other}");
    }
}

/// Locust's JSON of a run, and the requests of the same run.
#[test]
fn forms_of_locust() {
    let (json, rows) = (read_fixture("locust.json").summary, read_fixture("locust_requests.csv").summary);
    let told = |summary: &Summary| {
        let mut all: Vec<_> = summary
            .endpoints
            .iter()
            .map(|e| (e.series.name.clone(), e.figures.requests, e.figures.errors))
            .collect();
        all.sort();
        all
    };
    assert_eq!(told(&json), told(&rows));
    let near = |a: Option<f64>, b: Option<f64>, by: f64| (a.unwrap() - b.unwrap()).abs() <= by;
    let (a, b) = (&json.total.response, &rows.total.response);
    assert!(near(a.mean_ms, b.mean_ms, 0.01) && near(a.max_ms, b.max_ms, 0.01), "{a:?} {b:?}");
    // Rounded to whole milliseconds below 100 of them.
    assert!(near(a.p50_ms, b.p50_ms, 0.6) && near(a.p95_ms, b.p95_ms, 0.6), "{a:?} {b:?}");
    assert!(json.started_unix_ms.abs_diff(rows.started_unix_ms) < 1_000);
}
