//! Planted faults are found in simulated targets, and nothing confident is said of healthy ones.

use crate::bed::{cases::CASES, score::score, simulate};
use brunt_analysis::{Course, Finding, Rules, findings};

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

#[test]
fn findings_survive_json() {
    for case in ["pool, ramp", "periodic stalls", "cache"] {
        let found = found(case, &Rules::default());
        let json = serde_json::to_string(&found).expect("JSON");
        assert_eq!(serde_json::from_str::<Vec<Finding>>(&json).expect("findings"), found);
    }
}
