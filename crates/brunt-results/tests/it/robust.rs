//! Any bytes: no panic, bounded work.

use crate::{fixture, k6_csv};
use brunt_results::{Results, read_bytes};
use brunt_run::RunEvent;
use proptest::prelude::*;
use std::path::Path;
use std::time::{Duration, Instant};

/// Beginnings that lead into each reader.
const BEGINNINGS: [&str; 18] = [
    "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,scenario,status,url\n",
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,50%,95%,99.9%\n",
    "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,95%,99.9%,Total Request Count,Total Failure Count\n",
    "timestamp,request_type,name,response_time_ms,response_length,status_code,exception\n",
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n",
    "scheduled_s,ended_s,response_ms,service_ms,scenario,name,phase,status,outcome\n",
    "second,unix_ms,scenario,name,phase,status,outcome,count,response_mean_ms,response_p50_ms\n",
    "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status\n",
    "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n",
    "1795197929701557016,200,6832299,0,18,,,,0,GET,http://127.0.0.1/,\n",
    "{\"metric\":\"vus\",\"type\":\"Point\",\"data\":{\"time\":\"2026-11-26T09:14:50Z\",\"value\":1,\"tags\":{}}}\n",
    "{\"code\":200,\"timestamp\":\"2026-11-20T18:05:29Z\",\"latency\":1}\n",
    "{\"metrics\":{\"http_reqs\":{\"count\":",
    "{\"summary\":{},\"statusCodeDistribution\":{",
    "Running 2s test @ http://127.0.0.1/\n",
    "<testResults version=\"1.2\"><httpSample t=\"1\" ts=\"1795709290686\" lb=\"",
    "[{\"name\":\"/\",\"num_requests\":5,\"response_times\":{\"",
    "",
];

/// Whatever was read holds together.
fn holds(results: &Results) {
    let total = &results.summary.total;
    assert!(total.errors <= total.requests);
    assert!(total.error_rate.is_none_or(|r| (0.0..=1.0).contains(&r)));
    assert!(total.requests_per_second.is_none_or(f64::is_finite));
    results.summary.to_json().unwrap();
    for problem in &results.problems {
        assert!(!problem.text.chars().any(char::is_control), "{problem:?}");
    }
    let Some(events) = &results.events else { return };
    let seconds = events.iter().filter(|e| matches!(e, RunEvent::Second(_))).count();
    assert!(seconds <= 2 * 7 * 24 * 3_600 + 2);
}

fn feed(bytes: &[u8]) {
    if let Ok(results) = read_bytes(Path::new("any"), bytes) {
        holds(&results);
    }
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (1_795_684_500_u64..1_795_684_600).prop_map(|n| n.to_string()),
        2 => (0_u32..1_000).prop_map(|n| n.to_string()),
        1 => any::<f64>().prop_map(|n| n.to_string()),
        1 => any::<i64>().prop_map(|n| n.to_string()),
        1 => "[a-z=+\"',;.\u{1b}\u{e9}-]{0,12}",
        1 => prop::sample::select(vec![
            "http_req_duration", "http_req_failed", "iterations", "vus", "checks", "group_duration", "true", "false", "Aggregated",
            "N/A", "NaN", "-1", "1e308", "9223372036854775807", "12,5", "1.234,5", "200", "2026-11-26T09:14:50.2Z",
        ]).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(at in 0..BEGINNINGS.len(), bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        feed(&[BEGINNINGS[at].as_bytes(), &bytes].concat());
    }

    #[test]
    fn any_cells(
        at in 0..BEGINNINGS.len(),
        rows in prop::collection::vec(prop::collection::vec(cell(), 0..18), 0..12),
    ) {
        let rows: Vec<String> = rows.iter().map(|r| r.join(",")).collect();
        feed([BEGINNINGS[at], &rows.join("\n")].concat().as_bytes());
    }

    /// Real files with bytes changed, and cut.
    #[test]
    fn any_damage(
        file in prop::sample::select(vec![
            "k6_handle_summary.json", "k6_export.json", "made/k6_machine.json", "made/jmeter.jtl", "vegeta.csv", "made/vegeta.jsonl",
            "made/oha.json", "made/oha.csv", "hey.csv", "wrk.txt", "made/wrk2.txt", "locust/full_stats.csv",
            "locust/full_stats_history.csv", "made/vegeta_report.json", "k6_rfc3339.csv.gz", "jmeter.xml", "vegeta.gob",
            "locust.json",
        ]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = std::fs::read(fixture(file)).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let end = end.index(bytes.len() + 1);
        feed(&bytes);
        feed(&bytes[..end]);
    }
}

/// Numbers of a summary that cannot be.
#[test]
fn absurd_documents() {
    for text in [
        r#"{"metrics":{"http_reqs":{"count":1e300,"rate":-5}}}"#,
        r#"{"metrics":{"http_reqs":{"count":-3},"http_req_failed":{"value":7,"passes":9}}}"#,
        r#"{"latencies":{"mean":"x"},"status_codes":{"200":-1,"x":1e99},"requests":5,"success":-3}"#,
        r#"{"summary":{"total":-1},"statusCodeDistribution":{"200":1e19},"errorDistribution":{"x":1e19}}"#,
        r#"{"results":{"metrics":[{"name":5},{"name":"http_reqs","values":{"count":2}}]},"metadata":{"generatedAt":"1970-01-01T00:00:00Z"},"config":{"duration":1e9}}"#,
    ] {
        feed(text.as_bytes());
    }
    let deep = format!("{}{}", "{\"root_group\":{\"groups\":[".repeat(200), "]}}".repeat(200));
    feed(deep.as_bytes());
}

/// Four times the rows take about four times as long, and no more is kept.
#[test]
#[expect(clippy::disallowed_methods, reason = "the ratio of two times is what is tested")]
fn time_is_linear_and_memory_bounded() {
    let text = |rows: u64| {
        let rows: Vec<_> =
            (0..rows).map(|i| ("/a", 1_795_684_500 + i % 50, (i % 977) as f64, 200, "true")).collect();
        k6_csv(&rows)
    };
    let (small, large) = (text(4_000), text(16_000));
    let time = |text: &str| {
        let once = || {
            let began = Instant::now();
            let results = read_bytes(Path::new("k6.csv"), text.as_bytes()).unwrap();
            (began.elapsed(), results.events.unwrap().len())
        };
        let (times, sizes): (Vec<Duration>, Vec<usize>) = (0..3).map(|_| once()).unzip();
        (times.into_iter().min().unwrap(), sizes[0])
    };
    let ((fast, kept), (slow, kept_too)) = (time(&small), time(&large));
    assert_eq!(kept, kept_too);
    assert!(slow < 10 * fast, "{slow:?} for four times the rows of {fast:?}");
}
