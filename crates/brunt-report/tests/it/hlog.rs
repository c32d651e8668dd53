//! The histogram log, read back by `HdrHistogram`'s own reader.

use crate::golden;
use base64::Engine as _;
use brunt_metrics::{Nanos, Phase, SparseHistogram};
use brunt_report::{Timing, write_hlog};
use brunt_run::{RunEvent, RunHeader};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogHistogram, IntervalLogIterator, LogEntry};
use std::collections::BTreeMap;
use std::time::Duration;

fn hlog(events: Vec<RunEvent>, timing: Timing) -> String {
    let mut out = Vec::new();
    write_hlog(events, timing, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn intervals(log: &str) -> Vec<IntervalLogHistogram<'_>> {
    IntervalLogIterator::new(log.as_bytes())
        .filter_map(|entry| match entry.unwrap() {
            LogEntry::Interval(interval) => Some(interval),
            LogEntry::StartTime(at) | LogEntry::BaseTime(at) => {
                assert_eq!(at, Duration::from_secs(1_795_201_262));
                None
            }
        })
        .collect()
}

fn decoded(interval: &IntervalLogHistogram<'_>) -> Histogram<u64> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(interval.encoded_histogram()).unwrap();
    Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap()
}

fn header(events: &[RunEvent]) -> RunHeader {
    let RunEvent::Started(header) = &events[0] else { panic!("no header") };
    (**header).clone()
}

/// What the log is to hold: by second and tag.
fn truth(events: &[RunEvent], timing: Timing) -> BTreeMap<(u64, String), SparseHistogram> {
    let tags = ["browse/home/GET//", "browse/item/GET//items/{id}", "browse/buy/POST//cart___express_"];
    let mut truth: BTreeMap<_, SparseHistogram> = BTreeMap::new();
    for event in events {
        let RunEvent::Second(second) = event else { continue };
        for cell in &second.cells {
            let tail = if cell.key.phase == Phase::Load { "" } else { ";warm-up" };
            let tag = format!("{}{tail}", tags[cell.key.endpoint.0 as usize]);
            let times = if timing == Timing::Response { &cell.response } else { &cell.service };
            truth.entry((second.index, tag)).or_default().merge(times);
        }
    }
    truth
}

#[test]
fn counts_and_percentiles_survive_the_way_through_another_reader() {
    for timing in [Timing::Response, Timing::Service] {
        let events = golden();
        let truth = truth(&events, timing);
        let log = hlog(events, timing);
        let intervals = intervals(&log);
        assert_eq!(intervals.len(), truth.len());
        for interval in intervals {
            let tag = interval.tag().unwrap().as_str().to_owned();
            let expected = &truth[&(interval.start_timestamp().as_secs(), tag)];
            let histogram = decoded(&interval);
            assert_eq!(interval.duration(), Duration::from_secs(1));
            assert_eq!(histogram.len(), expected.total);
            assert!((interval.max() - expected.max.as_millis_f64()).abs() <= 0.000_5);
            assert_eq!((histogram.low(), histogram.high(), histogram.sigfig()), (1, 3_600_000_000, 3));
            for q in [0.01, 0.5, 0.75, 0.9, 0.99] {
                let (theirs, ours) =
                    (histogram.value_at_quantile(q) * 1_000, expected.quantile(q).unwrap().0);
                // Ours is held between the exact extremes; both name the same bucket.
                assert_eq!(
                    histogram.lowest_equivalent(theirs / 1_000),
                    histogram.lowest_equivalent((ours + 500) / 1_000),
                    "{q}"
                );
            }
        }
    }
}

#[test]
fn the_head_says_what_is_in_it() {
    let log = hlog(golden(), Timing::Response);
    let head: Vec<_> = log.lines().take(5).collect();
    insta::assert_snapshot!(head.join("\n"), @r#"
    #[brunt run 20261120-190102-small-7f3a: response time (due to ended); values in microseconds, Interval_Max in milliseconds]
    #[Histogram log format version 1.3]
    #[StartTime: 1795201262.000 (seconds since epoch), Fri Nov 20 19:01:02 UTC 2026]
    #[BaseTime: 1795201262.000 (seconds since epoch)]
    "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
    "#);
}

#[test]
fn names_that_look_alike_stay_apart_and_values_above_an_hour_stay_in() {
    let mut events = golden();
    let mut run = header(&events);
    run.endpoints[0].name = "a b".to_owned();
    run.endpoints[1] = run.endpoints[0].clone();
    run.endpoints[1].name = "a,b".to_owned();
    events[0] = RunEvent::Started(Box::new(run));
    let mut times = brunt_metrics::Histogram::default();
    times.record(Nanos::from_secs(7_200));
    times.record(Nanos(0));
    let RunEvent::Second(second) = events.iter_mut().find(|e| matches!(e, RunEvent::Second(_))).unwrap()
    else {
        return;
    };
    second.cells[0].response = times.drain();
    let log = hlog(events, Timing::Response);
    let tags: std::collections::BTreeSet<_> =
        intervals(&log).iter().map(|i| i.tag().unwrap().as_str().to_owned()).collect();
    insta::assert_snapshot!(tags.into_iter().collect::<Vec<_>>().join("\n"), @r"
    browse/buy/POST//cart___express_
    browse/buy/POST//cart___express_;warm-up
    browse/home/GET/a_b
    browse/home/GET/a_b#1
    browse/home/GET/a_b#1;warm-up
    browse/home/GET/a_b;warm-up
    ");
    let intervals = intervals(&log);
    assert_eq!(decoded(&intervals[0]).max(), 3_600_000_000 / 2_097_152 * 2_097_152 + 2_097_151);
    assert!((intervals[0].max() - 7_200_000.0).abs() < 0.001);
}
