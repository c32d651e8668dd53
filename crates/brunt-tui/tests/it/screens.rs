//! Frames and summaries at several widths.

use crate::runs::{Run, shop, with_all, with_errors};
use brunt_metrics::{EndpointKind, ErrorKind, Nanos, Outcome};
use brunt_run::{
    Broken, ObjectiveOutcome, ObjectiveUnit, Outlook, ResourceId, ResourceKind, ResourceSecond,
    ResourceSeries, ResourceUnit, RunEvent, RunView, Standing, Verdict, Warning, WarningKind, WorstWindow,
};
use brunt_tui::{MAX_ROWS, Style, frame, json_tick, summary};
use unicode_width::UnicodeWidthStr;

const UNICODE: Style = Style { color: false, ascii: false };
const ASCII: Style = Style { color: false, ascii: true };
const WIDTHS: [usize; 4] = [100, 80, 60, 40];

/// The frame at each width, under a ruler of that width.
fn frames(view: &RunView, now_s: u64, style: Style) -> String {
    let screen = |columns| {
        let lines = frame(view, Nanos::from_secs(now_s), columns, 40, style);
        assert!(lines.iter().all(|l| l.width() <= columns), "{lines:#?}");
        format!("{}\n{}\n", "=".repeat(columns), lines.join("\n"))
    };
    WIDTHS.map(screen).concat()
}

fn summaries(view: &RunView, style: Style) -> String {
    let screen = |columns| {
        let text = summary(view, columns, style);
        assert!(text.lines().all(|l| l.width() <= columns), "{text}");
        format!("{}\n{text}", "=".repeat(columns))
    };
    WIDTHS.map(screen).concat()
}

#[test]
fn an_empty_frame_has_dashes() {
    insta::assert_snapshot!(frames(&RunView::default(), 0, UNICODE));
}

#[test]
fn before_the_first_second() {
    insta::assert_snapshot!(frames(&shop().view_after(0), 0, UNICODE));
}

#[test]
fn a_frame_of_a_healthy_run() {
    insta::assert_snapshot!(frames(&shop().view(), 252, UNICODE));
}

#[test]
fn a_frame_with_errors_in_ascii() {
    insta::assert_snapshot!(frames(&with_errors().view(), 30, ASCII));
}

#[test]
fn a_frame_of_a_run_that_brunt_limits() {
    let errors = vec![(ErrorKind::LocalLimit, 0, 2)];
    insta::assert_snapshot!(frames(
        &Run { lag_us: 9_000, dropped: 12, errors, ..shop() }.view(),
        30,
        UNICODE
    ));
}

#[test]
fn a_closed_run_without_an_end() {
    insta::assert_snapshot!(frames(&Run { open: false, planned_s: None, ..shop() }.view(), 30, UNICODE));
}

#[test]
fn colours_and_few_rows() {
    let style = Style { color: true, ascii: false };
    let all = frame(&with_errors().view(), Nanos::from_secs(30), 80, 40, style);
    let few = frame(&with_errors().view(), Nanos::from_secs(30), 80, 4, UNICODE);
    let text = format!("{}\n=\n{}", all.join("\n").replace('\u{1b}', "^"), few.join("\n"));
    insta::assert_snapshot!(text);
}

#[test]
fn no_line_is_wider_than_the_screen_nor_holds_control_codes() {
    let hostile = Run {
        name: "\u{1b}[2J\u{65e5}\u{672c}\u{8a9e}\u{202e}evil\nname",
        endpoints: vec![
            ("GET", "/\u{1b}]0;title\u{7}\u{65e5}\u{672c}/{id}"),
            ("POST", "/a/b/c/d/e/f/g/h/i/j/k/l"),
        ],
        detail: "\u{1b}[31mred\r\nnext",
        profile: Some("\u{1b}[8m\u{202e}"),
        objectives: vec!["p95 <\u{7} 1s"],
        asides: vec![
            (EndpointKind::Group, "\u{1b}[2J\u{65e5}\u{672c}", vec![(Outcome::Ok, 0, 3)]),
            (EndpointKind::Injected, "\u{9b}2J", vec![(Outcome::Ok, 200, 3)]),
        ],
        tallies: vec![("x-\u{1b}c\u{65e5}\u{672c}\u{8a9e}", vec![("\u{65e5}\u{1b}[2J", 9), ("\u{9b}", 1)])],
        ..with_errors()
    };
    let view = hostile.finished(Outlook::Failed, "failed: \u{1b}c", &[(true, "\u{9b}2J")]);
    for style in [UNICODE, ASCII] {
        for columns in 0..=130 {
            let mut lines = frame(&view, Nanos::from_secs(30), columns, 40, style);
            lines.extend(summary(&view, columns, style).lines().map(str::to_owned));
            for line in lines {
                assert!(line.width() <= columns, "{columns}: {line:?}");
                assert!(!line.chars().any(char::is_control), "{line:?}");
                assert!(!style.ascii || line.is_ascii(), "{line:?}");
            }
        }
    }
}

#[test]
fn a_summary_of_nothing() {
    insta::assert_snapshot!(summaries(&RunView::default(), UNICODE));
}

#[test]
fn a_summary_that_passed() {
    let view = shop().finished(Outlook::Passed, "passed: 4277 requests in 28.0 s (152.8/s), no errors", &[]);
    insta::assert_snapshot!(summaries(&view, UNICODE));
}

#[test]
fn a_summary_with_errors_in_ascii() {
    let reasons = [
        (true, "no request of POST /checkout succeeded"),
        (false, "1.2 % of requests failed: 112 x 503, 28 x request timeout"),
    ];
    let view = with_errors().finished(Outlook::Failed, "failed: an objective was not met", &reasons);
    insta::assert_snapshot!(summaries(&view, ASCII));
}

#[test]
fn a_summary_of_a_run_that_is_not_valid() {
    let reason = "requests were sent late in 40.0 % of seconds (lag p99 up to 5.00 ms, above 1.00 ms)";
    let words = format!("not valid, generator-limited: {reason}");
    let run = Run { lag_us: 9_000, dropped: 12, ..shop() };
    let view =
        run.finished(Outlook::Invalid, &words, &[(true, reason), (true, "12 of 160 iterations dropped")]);
    insta::assert_snapshot!(summaries(&view, UNICODE));
}

#[test]
fn a_summary_with_groups_tallies_and_broken_requests() {
    let view = with_all().finished(Outlook::Passed, "passed: 4417 requests, 3.2 % errors", &[]);
    insta::assert_snapshot!(summaries(&view, UNICODE));
}

/// Figures beside the load: of a source that goes silent, and of one that says what its limits are.
#[test]
fn figures_of_the_target_at_the_end_and_each_second() {
    let mut view = shop().view_after(3);
    let series = |(id, source, name, unit, limit): (u16, &str, &str, ResourceUnit, Option<f64>)| {
        RunEvent::ResourceSeries(ResourceSeries {
            id: ResourceId(id),
            source: source.into(),
            name: name.into(),
            unit,
            kind: ResourceKind::Cpu,
            limit,
            every: 1,
        })
    };
    for event in [
        (0, "nginx", "cpu", ResourceUnit::Cores, Some(2.0)),
        (1, "nginx", "memory", ResourceUnit::Bytes, Some(512e6)),
        (2, "model", "inference_queue_size{model=\"a\"}", ResourceUnit::Count, None),
        (3, "model", "gpu_memory_used_share", ResourceUnit::Share, None),
    ]
    .map(series)
    {
        view.apply(&event);
    }
    for (index, values) in
        [(0, &[1.5, 41e6, 3.0, 0.42][..]), (1, &[1.75, 43e6, 17.0, 0.44]), (2, &[1.25, 44e6])]
    {
        let values = (0..).map(ResourceId).zip(values.iter().copied()).collect();
        view.apply(&RunEvent::Resources(Box::new(ResourceSecond { index, values })));
    }
    let text = "metrics of `model`: connection refused\u{1b}[2J; its figures have a gap from 2 s".to_owned();
    view.apply(&RunEvent::Warning(Warning { at: Nanos::from_secs(3), kind: WarningKind::Resource, text }));
    view.apply(&RunEvent::Second(Box::new(shop().second(3))));
    let tick = json_tick(&view).expect("a second");
    let text = format!("{}\n{:#}", summaries(&view, ASCII), tick["resources"]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_frame_counts_nothing_that_stands_aside() {
    let [with, without] = [with_all(), Run { profile: Some("heavy"), ..with_errors() }].map(|run| run.view());
    let text = frames(&with, 30, UNICODE);
    assert_eq!(text, frames(&without, 30, UNICODE));
    assert!(text.contains("checkout-peak (heavy) > https://shop.example"), "{text}");
}

#[test]
fn many_endpoints_are_named_as_left_out() {
    let view = Run { endpoints: vec![("GET", "/product"); 10_000], seconds: 3, ..shop() }.finished(
        Outlook::Passed,
        "passed",
        &[],
    );
    let text = summary(&view, 100, UNICODE);
    assert_eq!(text.lines().filter(|l| l.starts_with("GET")).count(), MAX_ROWS);
    assert!(text.contains("9970 more endpoints with"), "{text}");
}

/// One of each standing.
fn outcomes() -> Vec<ObjectiveOutcome> {
    let blank = |objective: &str, name: &str, standing, text: &str| ObjectiveOutcome {
        objective: objective.into(),
        name: name.into(),
        standing,
        text: text.into(),
        notes: Vec::new(),
        unit: ObjectiveUnit::Milliseconds,
        measured: None,
        interval: None,
        limit: Some(250.0),
        margin: None,
        samples: 0,
        broken: None,
        worst: None,
        burn: None,
        aborted_at: None,
    };
    let failed = "P95 latency 350.2ms exceeds threshold 250ms over 10s from 0:16";
    let warned = "Error rate 1.2% exceeds threshold 0.5%";
    let missing = "P99.9 latency not judged against threshold 1s: 400 requests, and 2995 are the fewest that can show p99.9 < 1s";
    vec![
        ObjectiveOutcome {
            measured: Some(120.4),
            interval: Some((117.9, 123.0)),
            margin: Some(0.52),
            samples: 4_277,
            ..blank(
                "p95 < 250ms",
                "p95 < 250ms",
                Standing::Passed,
                "P95 latency 120.4ms is within threshold 250ms",
            )
        },
        ObjectiveOutcome {
            measured: Some(350.2),
            margin: Some(-0.4),
            samples: 4_277,
            broken: Some(Broken { seconds: 17, first: 20, last: 36, longest: 12 }),
            worst: Some(WorstWindow { value: 350.2, from: 16, seconds: 10 }),
            aborted_at: Some(36),
            ..blank("p95 < 250ms over 10s, abort, as checkout", "checkout", Standing::Failed, failed)
        },
        ObjectiveOutcome {
            unit: ObjectiveUnit::Percent,
            measured: Some(1.2),
            burn: Some(2.4),
            samples: 4_277,
            ..blank("errors < 0.5%, warn", "errors < 0.5%", Standing::Warned, warned)
        },
        ObjectiveOutcome { samples: 400, ..blank("p99.9 < 1s", "p99.9 < 1s", Standing::NotJudged, missing) },
        blank(
            "rate ~ 10/s",
            "rate ~ 10/s",
            Standing::Noted,
            "Throughput 8.2 req/sec beside an expected 10 req/sec",
        ),
    ]
}

#[test]
fn objectives_live_and_at_the_end() {
    let mut live = shop().view();
    live.note_objectives(outcomes());
    let mut ended =
        shop().finished(Outlook::Failed, "failed: P95 latency 350.2ms exceeds threshold 250ms", &[]);
    let objectives = outcomes();
    let verdict = ended.verdict().cloned().map(|verdict| Verdict { objectives, ..verdict });
    ended.apply(&RunEvent::Verdict(verdict.expect("a verdict")));
    let screens = [frames(&live, 28, UNICODE), frames(&live, 28, ASCII), summaries(&ended, UNICODE)];
    insta::assert_snapshot!(screens.join("\n"));
}
