//! Parts of a log, put together.
#![expect(clippy::unwrap_used, reason = "the tests' own data")]

use brunt_logs::Log;
use brunt_traffic::site::{LearnSettings, Site};
use brunt_traffic::{Key, Observed, Observer, Part, PartError, shop_log};
use proptest::prelude::*;
use std::fmt::Write as _;

const KEY: Key = Key(*b"sixteen bytes of");

fn shop(days: u32) -> String {
    let mut text = String::new();
    shop_log(days, 1, |line| writeln!(text, "{line}").unwrap());
    text
}

fn observer(log: &str, most_events: usize, key: Key) -> Observer {
    let mut observer = Observer::new(most_events, key);
    let mut reader = Log::new(log.as_bytes());
    while let Some(entry) = reader.entry().unwrap() {
        observer.take(&entry);
    }
    observer
}

/// Observes a log in pieces that end at these shares of its lines, and puts them together after a round through JSON.
fn in_parts(log: &str, cuts: &[f64], most_events: usize) -> Observed {
    let lines: Vec<&str> = log.lines().collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares of lines")]
    let mut ends: Vec<usize> = cuts.iter().map(|share| (share * lines.len() as f64) as usize).collect();
    ends.push(lines.len());
    let mut from = 0;
    let mut whole: Option<Part> = None;
    for end in ends {
        let part = observer(&lines[from..end].join("\n"), most_events, KEY).part();
        let part = Part::from_json(serde_json::to_vec(&part).unwrap().as_slice()).unwrap();
        whole = Some(match whole {
            None => part,
            Some(before) => before.merge(part, most_events).unwrap(),
        });
        from = end;
    }
    whole.unwrap().observed()
}

#[test]
fn parts_put_together_are_the_whole_to_the_bit() {
    let log = shop(3);
    let model = |seen: &Observed| {
        serde_json::to_string(&Site::learn("shop", seen, &LearnSettings::default())).unwrap()
    };
    // Not thinned, and thinned more in the whole than in its parts.
    for most in [usize::MAX, 12_000] {
        let whole = observer(&log, most, KEY).finish();
        let parts = in_parts(&log, &[0.3, 0.31, 0.8], most);
        assert_eq!(whole.thinned > 0, most < usize::MAX, "{most}");
        assert!(whole == parts, "{most}");
        assert!(model(&whole) == model(&parts), "{most}");
    }
}

/// A log in which much happens at once: few moments, clients and targets, some of them without a name.
fn any_log() -> impl Strategy<Value = String> {
    proptest::collection::vec((0..40_u32, 0..6_u32, 0..5_u32, 0..2_u32), 1..60).prop_map(|lines| {
        let mut text = String::new();
        for (second, client, target, agent) in lines {
            let client = if client == 0 { "-".to_owned() } else { format!("10.0.0.{client}") };
            writeln!(
                text,
                "{client} - - [05/Jan/2026:00:00:{second:02} +0000] \"GET /p/{target} HTTP/1.1\" 200 1 \"-\" \"Mozilla/{agent}\""
            )
            .unwrap();
        }
        text
    })
}

proptest! {
    #[test]
    fn any_parts_are_the_whole(log in any_log(), a in 0.0..1.0_f64, b in 0.0..1.0_f64, most in 3..80_usize) {
        let whole = observer(&log, most, KEY).finish();
        let parts = in_parts(&log, &[a.min(b), a.max(b)], most);
        prop_assert!(whole == parts, "{whole:?}\n{parts:?}");
    }
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let log = shop(1);
    let part = |key| observer(&log, usize::MAX, key).part();
    let refused = part(KEY).merge(part(Key::default()), usize::MAX);
    assert!(matches!(refused, Err(PartError::Key)));

    let mut newer = serde_json::to_value(part(KEY)).unwrap();
    newer["brunt_part"] = "2.0".into();
    let read = |value: &serde_json::Value| Part::from_json(serde_json::to_vec(value).unwrap().as_slice());
    assert!(matches!(read(&newer), Err(PartError::Version(v)) if v == "2.0"));

    let mut torn = serde_json::to_value(part(KEY)).unwrap();
    torn["targets"].as_array_mut().unwrap().truncate(1);
    assert!(matches!(read(&torn), Err(PartError::Inconsistent(_))));
    assert!(matches!(Part::from_json(&b"{"[..]), Err(PartError::Json(_))));
}

/// Addresses cannot be told from a part without its key.
#[test]
fn a_part_names_nobody() {
    let log = shop(1);
    let text = serde_json::to_string(&observer(&log, usize::MAX, KEY).part()).unwrap();
    for line in log.lines().take(200) {
        let client = line.split(' ').next().unwrap();
        assert!(!text.contains(client), "{client}");
    }
    assert!(!text.contains("Mozilla"));
    assert!(!text.contains(&serde_json::to_string(&KEY.0).unwrap()));
}
