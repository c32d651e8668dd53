//! Whatever the text, there is an answer: no panic, bounded time.

use crate::fixtures::{lower_with, lowered, plans};
use brunt_plan::{Format, Overrides, Source};
use proptest::prelude::*;
use std::fmt::Write;
use std::path::Path;
use std::sync::LazyLock;

static GOOD: LazyLock<Vec<Source>> = LazyLock::new(|| plans("good"));

fn any_format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Yaml), Just(Format::Json), Just(Format::Toml)]
}

/// Reads, lowers and renders.
fn survive(source: &Source) {
    match lowered(source) {
        Ok(lowered) => {
            assert!(!lowered.warnings.has_errors());
            let _ = brunt_plan::lowered_json(&lowered.workload);
        }
        Err(report) => {
            assert!(report.has_errors());
            assert!(!report.to_string().contains('\u{1b}'));
        }
    }
}

/// Texts that plans are made of, and some that they are not.
const PIECES: [&str; 24] = [
    "0",
    "-1",
    "1e400",
    ".nan",
    "null",
    "[]",
    "{}",
    "\"\"",
    "${",
    "${int(1,2)}",
    "*a",
    "&a",
    "<<",
    "!!str",
    "\t",
    "\r\n",
    "99999999999999999999",
    "1s",
    "5/s",
    "users",
    "日本",
    "\u{0}",
    "---",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), format in any_format()) {
        let name = match format { Format::Yaml => "p.yaml", Format::Json => "p.json", Format::Toml => "p.toml" };
        if let Ok(source) = Source::from_bytes(Path::new(name), bytes) {
            survive(&source);
        }
    }

    #[test]
    fn arbitrary_text(text in "[-a-c0-9:{}\\[\\],.\"'&*!|>%#\\n \\t=é]{0,120}", format in any_format()) {
        survive(&Source::inline("p", format, text));
    }

    #[test]
    fn mutated_plans(
        plan in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, 0_usize..PIECES.len()), 1..4),
    ) {
        let mut source = GOOD[plan.index(GOOD.len())].clone();
        for (at, cut, piece) in edits {
            let mut text: Vec<char> = source.text.chars().collect();
            let start = at.index(text.len().max(1)).min(text.len());
            let end = (start + cut).min(text.len());
            text.splice(start..end, PIECES[piece].chars());
            source.text = text.into_iter().collect();
        }
        survive(&source);
    }
}

/// A scenario tells 64 kinds of users apart, and says so to the 65th.
#[test]
fn kinds_of_users_have_a_limit() {
    let plan = |kinds: usize| {
        let mut text = "target: http://a\nactions: {a: [get: /]}\nusers:\n".to_owned();
        (0..kinds).for_each(|i| writeln!(text, "  u{i}: {{actions: a}}").unwrap());
        text.push_str("scenarios: {s: {users: 100, duration: 1m}}\n");
        let source = Source::inline("p", Format::Yaml, text);
        lower_with(&source, &Overrides::default(), &|path| std::fs::read(path))
    };
    assert_eq!(plan(64).unwrap().workload.scenarios[0].classes.len(), 64);
    let refused = plan(65).unwrap_err().to_string();
    assert!(refused.contains("65 kinds of users take part in this scenario"), "{refused}");
    assert!(refused.contains("64 are the most"), "{refused}");
}

#[test]
fn ten_thousand_actions() {
    let mut text = "target: http://a\nactions:\n".to_owned();
    for i in 0..10_000 {
        writeln!(
            text,
            "  a{i}:\n    - get: /products/{i}/${{int(1,500)}}\n      check: {{status: 2xx, contains: x}}"
        )
        .unwrap();
    }
    text.push_str("scenarios: {s: {users: 10, duration: 1m}}\n");
    let source = Source::inline("p", Format::Yaml, text);
    let lowered = lower_with(&source, &Overrides::default(), &|path| std::fs::read(path)).unwrap();
    assert_eq!(lowered.workload.requests.len(), 10_000);
    assert!(lowered.workload.endpoints.len() <= brunt_workload::MAX_ENDPOINTS);
    assert_eq!(lowered.workload.endpoints.last().unwrap().name, "(other)");
    insta::assert_snapshot!(lowered.warnings);
}

/// Ten thousand problems are found, and the first of them shown.
#[test]
fn ten_thousand_problems() {
    let mut text = "target: http://a\nactions:\n".to_owned();
    for i in 0..10_000 {
        writeln!(text, "  a{i}: [{{gett: /}}]").unwrap();
    }
    let report = lowered(&Source::inline("p", Format::Yaml, text)).unwrap_err();
    assert_eq!(report.diagnostics.len(), 10_001);
    let out = report.to_string();
    assert!(
        out.lines().count() < 400 && out.ends_with("... and 9951 more\n\n10001 problems in p\n"),
        "{out}"
    );
}

#[test]
fn too_large_and_not_text() {
    let large = vec![b' '; brunt_plan::MAX_PLAN_BYTES + 1];
    insta::assert_snapshot!(Source::from_bytes(Path::new("p.yaml"), large).unwrap_err());
    insta::assert_snapshot!(
        Source::from_bytes(Path::new("p.yaml"), b"a: 1\nb: \xff\n".to_vec()).unwrap_err()
    );
}
