//! What figures say.

use crate::{Run, drawn, golden};
use brunt_analysis::Course;
use brunt_figure::{
    Asked, Kind, Marks, Metric, NoFigure, Source, Standing, Step, Table, Unit, figure, trend,
};
use brunt_metrics::{CellKey, CellSecond, EndpointId, Histogram, Nanos, Outcome, Phase, Second, Status};
use brunt_run::{ResourceId, ResourceKind, ResourceSecond, ResourceSeries, ResourceUnit, RunEvent};
use std::fmt::Write as _;

/// What was done to a run from outside stands on every figure over time.
#[test]
fn what_was_done_is_marked() {
    let run = Run::of(golden("v1.3-small"));
    let made = drawn(Kind::Latency, &run);
    let bands: Vec<String> = made.panels[0]
        .bands
        .iter()
        .map(|band| format!("{:.2}..{:.2} {}", band.from, band.to, band.name))
        .collect();
    let expected = [
        "0.00..1.00 warm-up",
        "1.25..1.45 browse: 40 -> 60 arrivals per second",
        "2.00..2.20 cache cleared",
        "3.10..3.60 pause",
    ];
    assert_eq!(bands, expected);
}

#[test]
fn every_kind_of_a_golden_record() {
    let run = Run::of(golden("v1.1-small"));
    let mut all = String::new();
    for kind in Kind::ALL {
        let sources = [run.source("before"), run.source("after")];
        let _ = writeln!(all, "## {kind}");
        match figure(kind, &sources[..kind.runs().0], &Asked::default()) {
            Ok(made) => {
                let _ = writeln!(all, "{}", made.title);
                for line in made.says.iter().chain(&made.notes) {
                    let _ = writeln!(all, "  {line}");
                }
                let _ = writeln!(all, "{}", Table::of(&made).csv().replace("\r\n", "\n"));
            }
            Err(why) => {
                let _ = writeln!(all, "  none: {why}\n");
            }
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_was_sampled_beside_a_golden_record() {
    let run = Run::of(golden("v1.2-small"));
    let made = drawn(Kind::Resources, &run);
    let titles: Vec<&str> = made.panels.iter().map(|p| p.title.as_str()).collect();
    let text = [titles.join(", "), made.says.join("\n"), made.notes.join("\n")].join("\n");
    insta::assert_snapshot!(format!("{text}\n{}", Table::of(&made).csv().replace("\r\n", "\n")));
}

/// Two seconds of load, three with figures: of a source that is asked every two seconds, and of one with a gap in the
/// middle. What lies between two samples is no gap.
#[test]
fn gaps_are_gaps_and_seldom_samples_are_none() {
    let mut course = two_speeds();
    let series = |(id, name, every, unit): (u16, &str, u64, ResourceUnit)| {
        RunEvent::ResourceSeries(ResourceSeries {
            id: ResourceId(id),
            source: "a".into(),
            name: name.into(),
            unit,
            kind: ResourceKind::Other,
            limit: (id == 0).then_some(2.0),
            every,
        })
    };
    course.add(series((0, "seldom", 2, ResourceUnit::Cores)));
    course.add(series((1, "gap", 1, ResourceUnit::Seconds)));
    for index in 0..10 {
        let mut values = Vec::new();
        if index % 2 == 0 {
            values.push((ResourceId(0), index as f64 / 4.0));
        }
        if !(4..7).contains(&index) {
            values.push((ResourceId(1), 0.001 * index as f64));
        }
        course.add(RunEvent::Resources(Box::new(ResourceSecond { index, values })));
    }
    let golden = Run::of(golden("v1.1-small"));
    let source = Source { course: Some(&course), findings: &[], ..golden.source("a") };
    let spots = |points: usize| {
        let made = figure(Kind::Resources, &[source], &Asked { points, ..Asked::default() }).unwrap();
        let lines = made.panels[2..].iter().map(|panel| {
            let Marks::Lines(lines) = &panel.marks else { panic!("lines") };
            let spots: Vec<_> = lines[0].spots.iter().map(|s| (s.x, s.y, s.spread)).collect();
            format!("{} {spots:?}", panel.title)
        });
        let lines: Vec<String> = lines.collect();
        format!("{}\n{}\n{}", lines.join("\n"), made.says.join("\n"), made.notes.join("\n"))
    };
    insta::assert_snapshot!(format!("{}\n\n{}", spots(360), spots(4)));
}

/// Ten seconds of one endpoint: 5 of 10 ms, then 5 of 1 s, with ten times as many requests in the fast ones.
fn two_speeds() -> Course {
    let second = |index: u64| {
        let (value, count) = if index < 5 { (10, 100) } else { (1_000, 10) };
        let mut histogram = Histogram::default();
        (0..count).for_each(|_| histogram.record(Nanos::from_millis(value)));
        let key = CellKey {
            endpoint: EndpointId(0),
            phase: Phase::Load,
            outcome: Outcome::Ok,
            status: Status::code(200),
        };
        let cell = CellSecond {
            response: histogram.to_sparse(),
            service: histogram.to_sparse(),
            ..CellSecond::empty(key)
        };
        Second { index, cells: vec![cell], ..Second::default() }
    };
    Course::from_events((0..10).map(|i| RunEvent::Second(Box::new(second(i)))))
}

/// One point of ten seconds: 550 requests of which 50 took 1 s. The mean of the seconds' medians would be 505 ms, that of
/// their 95th percentiles as well.
#[test]
fn a_point_of_several_seconds_comes_from_their_histograms() {
    let golden = Run::of(golden("v1.1-small"));
    let course = two_speeds();
    let source = Source { name: "two", summary: &golden.summary, course: Some(&course), findings: &[] };
    let made = figure(Kind::Latency, &[source], &Asked { points: 1, ..Asked::default() }).unwrap();
    let Marks::Lines(lines) = &made.panels[0].marks else { panic!("lines") };
    let spot = |at: usize| lines[at].spots[0];
    assert_eq!(lines[0].spots.len(), 1);
    for (at, value) in [(0, 10.0), (1, 1_000.0), (2, 1_000.0)] {
        let y = spot(at).y.unwrap();
        assert!((y / value - 1.0).abs() < 0.002, "{}: {y}", lines[at].name);
        let (low, high) = spot(at).spread.unwrap();
        assert!((low / 10.0 - 1.0).abs() < 0.002 && (high / 1_000.0 - 1.0).abs() < 0.002, "{low} {high}");
    }
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let run = Run::of(golden("v1.1-small"));
    let totals = Source { course: None, ..run.source("locust") };
    let endpoint = |word: &str| Asked { endpoints: vec![word.into()], ..Asked::default() };
    for (kind, sources, asked, words) in [
        (
            Kind::Compare,
            vec![run.source("a")],
            Asked::default(),
            "`compare` shows at least 2 runs, and 1 were given",
        ),
        (
            Kind::Latency,
            vec![run.source("a"), run.source("b")],
            Asked::default(),
            "`latency` shows exactly 1 run, and 2 were given",
        ),
        (
            Kind::Heat,
            vec![totals],
            Asked::default(),
            "`heat` shows a run second by second, and locust has only totals\n  help: `throughput`, `endpoint-bars`, \
             `matrix`, `box` and `compare` are drawn from totals",
        ),
        (
            Kind::Throughput,
            vec![totals],
            endpoint("/nowhere"),
            "locust has no request at an endpoint with `/nowhere` in its name to draw",
        ),
    ] {
        let told: NoFigure = figure(kind, &sources, &asked).unwrap_err();
        assert_eq!(told.to_string(), words);
    }
    for kind in [Kind::Throughput, Kind::Matrix, Kind::Box, Kind::EndpointBars] {
        assert!(figure(kind, &[totals], &Asked::default()).is_ok(), "{kind} is drawn from totals");
    }
}

#[test]
fn a_metric_is_shown_in_its_unit() {
    let run = Run::of(golden("v1.1-small"));
    for metric in Metric::ALL {
        let asked = Asked { metric, ..Asked::default() };
        let made = figure(Kind::Matrix, &[run.source("a")], &asked).unwrap();
        let Marks::Cells(cells) = &made.panels[0].marks else { panic!("cells") };
        assert_eq!(cells.unit, metric.unit());
    }
}

#[test]
fn formulas_and_commas_are_text_in_csv() {
    let events = crate::renamed(golden("v1.1-small"), &["=cmd(),1", "a\"b", "plain"]);
    let run = Run::of(events);
    let csv = Table::of(&drawn(Kind::Matrix, &run)).csv();
    assert!(csv.contains("\"'=cmd(),1\"") && csv.contains("a\"\"b"), "{csv}");
}

/// What a trend says and marks, of runs with these values.
#[test]
fn trends_say_what_happened_to_what_can_be_trusted() {
    let (fine, failed, doubtful) = (Standing::Fine, Standing::Failed, Standing::Doubtful);
    let mut all = String::new();
    for (what, runs) in [
        ("steady", &[(Some(10.0), fine), (Some(10.2), fine)][..]),
        ("a step", &[(Some(10.0), fine), (Some(10.1), fine), (Some(20.0), failed)]),
        ("a spike", &[(Some(10.0), fine), (Some(90.0), failed), (Some(10.0), fine)]),
        ("a spike that is the machine's", &[(Some(10.0), fine), (Some(90.0), doubtful), (Some(10.0), fine)]),
        (
            "ends that are not to be trusted",
            &[(Some(99.0), doubtful), (Some(10.0), fine), (Some(99.0), doubtful)],
        ),
        ("nothing in one", &[(Some(10.0), fine), (None, fine), (Some(5.0), fine)]),
        ("from nothing", &[(Some(0.0), fine), (Some(5.0), fine)]),
        ("nothing at all", &[(None, fine), (None, failed)]),
    ] {
        let step = |(i, (value, standing)): (usize, &(Option<f64>, Standing))| Step {
            name: format!("run {i}"),
            value: *value,
            standing: *standing,
        };
        let steps: Vec<Step> = runs.iter().enumerate().map(step).collect();
        let made = trend("p95", Unit::Milliseconds, &steps, &[]);
        let _ = writeln!(
            all,
            "## {what}\n{}\n{}",
            [made.says.clone(), made.notes.clone()].concat().join("\n"),
            Table::of(&made).csv().replace("\r\n", "\n")
        );
    }
    insta::assert_snapshot!(all);
}
