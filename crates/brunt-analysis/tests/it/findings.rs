//! Planted faults are found in simulated targets, and nothing confident is said of healthy ones.

use crate::bed::{cases::CASES, score::score, simulate};
use brunt_analysis::{Course, Finding, Rules, findings, findings_of_totals};
use brunt_metrics::{
    CellKey, CellSecond, EndpointId, ErrorKind, Histogram, Nanos, Outcome, Phase, Second, Status,
};
use brunt_run::{ResourceId, ResourceKind, ResourceSecond, ResourceSeries, ResourceUnit, RunEvent, Summary};

/// The bars of the findings engine: five seeds of every fault and control. `examples/findings_table.rs` does more.
#[test]
fn planted_faults_are_found() {
    let score = score(0..5);
    println!("{}\n{}", score.table, score.misses);
    assert!(score.top1 * 100 >= score.faults * 85, "first: {} of {}", score.top1, score.faults);
    assert!(score.top3 * 100 >= score.faults * 95, "among three: {} of {}", score.top3, score.faults);
    assert!(score.wrong * 10 <= score.healthy, "{} confident in {} healthy", score.wrong, score.healthy);
    assert!(score.near * 100 >= score.numbers * 90, "near: {} of {}", score.near, score.numbers);
}

fn found(case: &str, rules: &Rules) -> Vec<Finding> {
    let case = CASES.iter().find(|c| c.name == case).expect("a case of this name");
    findings(&simulate(&(case.make)(1).0), rules)
}

/// What a record holds of processors, in cores with a limit, says the same as percent laid beside the run; without a limit
/// nothing is known of how much there is.
#[test]
fn sampled_processors_at_their_limit_are_the_cause() {
    let case = CASES.iter().find(|c| c.name == "processors, ramp").expect("a case of this name");
    let first = |limit: Option<f64>| {
        let mut course = simulate(&(case.make)(1).0);
        let laid = std::mem::take(&mut course.resources);
        let series = ResourceSeries {
            id: ResourceId(0),
            source: "nginx".into(),
            name: "cpu".into(),
            unit: ResourceUnit::Cores,
            kind: ResourceKind::Cpu,
            limit,
            every: 1,
        };
        course.add(RunEvent::ResourceSeries(series));
        for (at, percent) in &laid[0].values {
            let values = vec![(ResourceId(0), 4.0 * percent / 100.0)];
            course.add(RunEvent::Resources(Box::new(ResourceSecond { index: at.second() - 1, values })));
        }
        let found = findings(&course, &Rules::default());
        (found[0].id.clone(), found[0].claim.contains("nginx cpu is at 100 %"))
    };
    assert_eq!(first(Some(4.0)), ("cpu-bound".to_owned(), true));
    assert_ne!(first(None).0, "cpu-bound");
}

#[test]
fn every_finding_has_numbers_and_says_how_to_refute_it() {
    let ids = Rules::default().ids();
    for case in CASES {
        for finding in found(case.name, &Rules::default()) {
            assert!(finding.evidence.iter().all(|e| !e.numbers.is_empty()), "{}: {finding:?}", case.name);
            assert!(!finding.evidence.is_empty(), "{}: {finding:?}", case.name);
            assert!(!finding.alternative.is_empty() && !finding.confirm_by.is_empty(), "{finding:?}");
            assert!(ids.contains(&finding.id), "{}", finding.id);
            let numbers = finding.evidence.iter().flat_map(|e| &e.numbers);
            assert!(numbers.clone().all(|n| n.value.is_finite()), "{}: {finding:?}", case.name);
        }
    }
}

#[test]
fn a_limited_generator_comes_first_and_makes_the_rest_unreliable() {
    let found = found("late generator", &Rules::default());
    assert_eq!(found[0].id, "generator-limited");
    assert!(found[0].reliable && found[1..].iter().all(|f| !f.reliable), "{found:?}");
}

#[test]
fn consequences_stand_below_their_cause() {
    let found = found("pool, ramp", &Rules::default());
    let saturation = found.iter().find(|f| f.id == "saturation").expect("saturation");
    assert_eq!((found[0].id.as_str(), saturation.part_of.as_deref()), ("pool-limit", Some("pool-limit")));
    let first_part = found.iter().position(|f| f.part_of.is_some()).unwrap_or(found.len());
    assert!(found[first_part..].iter().all(|f| f.part_of.is_some()), "{found:?}");
}

#[test]
fn rules_decide_what_is_said() {
    let said = |rules: &str| {
        let found = found("periodic stalls", &Rules::parse(rules, "ours.json").expect("rules"));
        found.into_iter().map(|f| (f.id, f.advice)).collect::<Vec<_>>()
    };
    let named = |said: &[(String, Vec<String>)], id: &str| said.iter().any(|s| s.0 == id);
    assert!(named(&said("{}"), "periodic-stall"));
    assert!(!named(&said(r#"{"findings": {"periodic-stall": {"on": false}}}"#), "periodic-stall"));
    assert!(!named(
        &said(r#"{"findings": {"periodic-stall": {"limits": {"events": 1000}}}}"#),
        "periodic-stall"
    ));
    let own =
        said(r#"{"rules": [{"name": "ours", "when": ["p50 > 10 ms"], "say": "slow", "advice": ["ask"]}]}"#);
    assert!(own.contains(&("ours".to_owned(), vec!["ask".to_owned()])), "{own:?}");
}

#[test]
fn nothing_is_said_of_nothing() {
    assert_eq!(findings(&Course::default(), &Rules::default()), []);
}

/// A course of one cell a second: index, requests, outcome, milliseconds.
fn course(seconds: &[(u64, u64, Outcome, u64)]) -> Course {
    let second = |&(index, requests, outcome, ms): &(u64, u64, Outcome, u64)| {
        let status = Status::code(if outcome.is_ok() { 200 } else { 500 });
        let key = CellKey { endpoint: EndpointId(3), phase: Phase::Load, status, outcome };
        let mut histogram = Histogram::default();
        (0..requests).for_each(|_| histogram.record(Nanos::from_millis(ms)));
        let (response, service) = (histogram.to_sparse(), histogram.to_sparse());
        let cell = CellSecond { response, service, ..CellSecond::empty(key) };
        let cells = if requests > 0 { vec![cell] } else { Vec::new() };
        RunEvent::Second(Box::new(Second { index, cells, requests_started: requests, ..Second::default() }))
    };
    Course::from_events(seconds.iter().map(second))
}

#[test]
fn strange_courses_are_read_and_no_figure_is_made_up() {
    const BAD: Outcome = Outcome::Error(ErrorKind::Reset);
    let long: Vec<_> = (0..20_000).map(|i| (i, 5, Outcome::Ok, 20)).collect();
    let failed: Vec<_> = (0..60).map(|i| (i, 50, BAD, 1)).collect();
    let equal: Vec<_> = (0..60).map(|i| (i, 50, Outcome::Ok, 20)).collect();
    for (name, seconds, expected) in [
        ("one request", &[(0, 1, Outcome::Ok, 5)][..], &[][..]),
        ("one failed request", &[(7, 1, BAD, 5)], &["high-error-rate"]),
        ("nothing in a second", &[(0, 0, Outcome::Ok, 5)], &[]),
        ("a clock that jumps", &[(0, 9, Outcome::Ok, 5), (4_000_000_000, 9, Outcome::Ok, 5)], &[]),
        ("all the same", &equal, &[]),
        ("all failed", &failed, &["steady-errors", "high-error-rate"]),
        ("hours, merged", &long, &[]),
    ] {
        let found = findings(&course(seconds), &Rules::default());
        let ids: Vec<&str> = found.iter().map(|f| f.id.as_str()).collect();
        assert_eq!(ids, expected, "{name}");
    }
}

#[test]
fn findings_survive_json() {
    for case in ["pool, ramp", "periodic stalls", "cache"] {
        let found = found(case, &Rules::default());
        let json = serde_json::to_string(&found).expect("JSON");
        assert_eq!(serde_json::from_str::<Vec<Finding>>(&json).expect("findings"), found);
    }
}

#[test]
fn the_page_names_every_finding_and_its_rules_are_read() {
    let page = include_str!("../../../../docs/findings.md");
    for id in Rules::default().ids() {
        assert!(page.contains(&format!("`{id}`")), "docs/findings.md does not name `{id}`");
    }
    let blocks: Vec<&str> = page.split("```json\n").skip(1).filter_map(|b| b.split("```").next()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        Rules::parse(block, "docs/findings.md").unwrap_or_else(|e| panic!("{e}"));
    }
}

/// The totals of the golden record, changed.
fn totals(change: impl Fn(&mut Summary)) -> Summary {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/runs/v1-small/summary.json");
    let text = std::fs::read_to_string(path).expect("the golden record");
    let mut summary = Summary::from_json(&text).expect("a summary");
    (summary.total.errors, summary.total.error_rate) = (0, Some(0.0));
    for endpoint in &mut summary.endpoints {
        endpoint.figures.errors = 0;
    }
    change(&mut summary);
    summary
}

/// From totals alone come rules, and endpoints that dominate; what is not known makes nothing hold.
#[test]
fn totals_show_what_needs_no_course() {
    let check = |change: fn(&mut Summary), expected: &[&str]| {
        let found = findings_of_totals(&totals(change), &Rules::default());
        let ids: Vec<&str> = found.iter().map(|f| f.id.as_str()).collect();
        assert_eq!(ids, expected);
        assert!(
            found.iter().all(|f| !f.evidence.is_empty() && !f.alternative.is_empty() && !f.advice.is_empty())
        );
    };
    check(|_| (), &[]);
    check(|s| s.total.error_rate = Some(0.02), &["high-error-rate"]);
    check(|s| s.total.response.p95_ms = Some(201.0), &["latency-above-200ms"]);
    check(|s| s.total.response.p95_ms = Some(501.0), &["high-latency", "latency-above-200ms"]);
    check(
        |s| (s.total.response.p95_ms, s.total.response.p99_ms) = (Some(10.0), Some(31.0)),
        &["high-variance"],
    );
    check(|s| (s.total.response.p95_ms, s.total.response.p99_ms) = (None, Some(31.0)), &[]);
    let hot = |s: &mut Summary| {
        for (endpoint, (requests, mean)) in
            s.endpoints.iter_mut().zip([(100, 90.0), (200, 10.0), (200, 10.0)])
        {
            (endpoint.figures.requests, endpoint.figures.service.mean_ms) = (requests, Some(mean));
        }
    };
    check(hot, &["hot-endpoint"]);
    check(
        |s| {
            for (endpoint, errors) in s.endpoints.iter_mut().zip([20, 1, 0]) {
                (endpoint.figures.requests, endpoint.figures.errors) = (100, errors);
            }
        },
        &["failing-endpoint"],
    );
    // One endpoint without a mean: shares of time cannot be told.
    let unknown = totals(|s| {
        hot(s);
        (s.endpoints[1].figures.service.mean_ms, s.endpoints[1].figures.response.mean_ms) = (None, None);
    });
    assert_eq!(findings_of_totals(&unknown, &Rules::default()), []);
    let off = Rules::parse(r#"{"findings": {"hot-endpoint": {"on": false}}}"#, "off.json").expect("rules");
    assert_eq!(findings_of_totals(&totals(hot), &off), []);
}
