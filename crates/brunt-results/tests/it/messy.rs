//! Files as they come: cut off, edited, merged, saved by a spreadsheet.

use crate::{k6_csv, read_text};
use brunt_results::{Results, read_bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

const HEADER: &str = "timeStamp,elapsed,label,responseCode,threadName,success\n";

/// What is asked of a messy file: requests, errors, and the problems told.
fn told(results: &Results) -> String {
    let total = &results.summary.total;
    let mut out = format!("{} requests, {} errors", total.requests, total.errors);
    if let (Some(mean), Some(max)) = (total.response.mean_ms, total.response.max_ms) {
        write!(out, ", mean {mean} ms, max {max} ms").unwrap();
    }
    for problem in &results.problems {
        write!(out, "\n{problem}").unwrap();
    }
    out
}

fn jmeter(rows: &str) -> String {
    told(&read_text("r.jtl", &format!("{HEADER}{rows}")).unwrap())
}

/// `JMeter` writes the same rows without their names when it is told not to print them.
#[test]
fn columns_that_are_not_named() {
    let names = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,\
                 sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";
    let rows = "1795684500123,12,Home,200,OK,G 1-1,text,true,,512,100,1,1,http://127.0.0.1/,9,0,2\n\
                1795684500323,40,\"Cart, full\",503,Unavailable,G 1-2,text,false,,90,120,2,2,http://127.0.0.1/cart,39,0,0\n";
    let named = read_text("r.jtl", &format!("{names}{rows}")).unwrap();
    let bare = read_text("r.jtl", rows).unwrap();
    assert_eq!(told(&bare), told(&named));
    assert_eq!(named.summary.total.requests, 2);
    assert_eq!(bare.summary.endpoints, named.summary.endpoints);
    assert!(bare.gaps.iter().any(|gap| gap.contains("does not name its columns")), "{:?}", bare.gaps);
}

#[test]
fn messy_tables() {
    let row = "1795684500123,10,a,200,G 1-1,true\n";
    for (name, text) in [
        ("header only", String::new()),
        ("cut in the middle of a row", format!("{row}17956845")),
        ("a short row in the middle", format!("{row}1795684500124,10\n{row}")),
        ("blank lines", format!("\n{row}\n\n{row}\n")),
        ("negative, absurd, and no numbers", "1795684500123,-5,a,200,G 1-1,true\n1795684500123,99999999,a,200,G 1-1,true\n1795684500123,quick,a,200,G 1-1,true\n1795684500123,NaN,a,200,G 1-1,true\n".to_owned()),
        ("no time", format!("yesterday,10,a,200,G 1-1,true\n{row}")),
        ("a time rounded by a spreadsheet", "1.79568E+12,10,a,200,G 1-1,true\n".to_owned()),
        ("a clock set back", format!("{row}1795684000123,10,a,200,G 1-1,true\n")),
        ("a clock set to 1970", format!("{row}5,10,a,200,G 1-1,true\n")),
        ("a day between two runs", format!("{row}1795770900123,10,a,200,G 1-1,true\n")),
        ("more of the same than anybody reads", "5x,10,a,200,G 1-1,true\n".repeat(20)),
        ("quotes that do not end", format!("{row}1795684500123,10,\"a,200,G 1-1,true\n{row}")),
        ("names with control characters", "1795684500123,10,a\u{1b}[31mred,200,G 1-1,true\n".to_owned()),
        ("a formula that was defused", "1795684500123,10,'=1+1,200,G 1-1,true\n".to_owned()),
    ] {
        insta::assert_snapshot!(format!("jmeter {name}").replace([' ', ','], "_"), jmeter(&text));
    }
}

#[test]
fn spreadsheets() {
    let expected = "2 requests, 1 errors, mean 11.25 ms, max 12.5 ms";
    for (name, text) in [
        (
            "semicolons",
            "timeStamp;elapsed;label;responseCode;threadName;success\n1795684500123;12,5;a;200;G 1-1;TRUE\n1795684500223;10;a;500;G 1-1;FALSE\n",
        ),
        (
            "tabs",
            "timeStamp\telapsed\tlabel\tresponseCode\tthreadName\tsuccess\n1795684500123\t12.5\ta\t200\tG 1-1\ttrue\n1795684500223\t10\ta\t500\tG 1-1\tfalse\n",
        ),
        (
            "a mark and CR LF",
            "\u{feff}timeStamp,elapsed,label,responseCode,threadName,success\r\n1795684500123,\"12,5\",a,200,G 1-1,true\r\n1795684500223,10,a,500,G 1-1,false\r\n",
        ),
        (
            "columns in another order, and more",
            "success,label,elapsed,timeStamp,responseCode,mine\ntrue,a,12.5,1795684500123,200,x\nfalse,a,10,1795684500223,500,y\n",
        ),
        (
            "no success column",
            "timeStamp,elapsed,label,responseCode\n1795684500123,12.5,a,200\n1795684500223,10,a,500\n",
        ),
    ] {
        let got = told(&read_text("r.csv", text).unwrap());
        assert_eq!(got.lines().next(), Some(expected), "{name}: {got}");
    }
}

/// Whatever columns a k6 CSV was left with, failures are found.
#[test]
fn k6_failures_by_whatever_is_there() {
    let sample = |metric: &str, value: f64, rest: &str| format!("{metric},1795684500,{value:.6}{rest}\n");
    for (name, header, rest_ok, rest_bad, failed_rows) in [
        ("expected_response", ",expected_response,status", ",true,404", ",false,200", false),
        ("status alone", ",status", ",200", ",503", false),
        ("error code alone", ",error_code,status", ",,200", ",1050,200", false),
        ("http_req_failed", ",name", ",a", ",a", true),
    ] {
        let mut text = format!("metric_name,timestamp,metric_value{header}\n");
        for (bad, rest) in [(0.0, rest_ok), (1.0, rest_bad), (0.0, rest_ok)] {
            text += &sample("http_reqs", 1.0, rest);
            text += &sample("http_req_duration", 5.0, rest);
            if failed_rows {
                text += &sample("http_req_failed", bad, rest);
            }
        }
        let mut total = read_text("k6.csv", &text).unwrap().summary.total;
        if name == "http_req_failed" {
            // Without a status a request had no answer, unless k6 says that it did not fail.
            assert_eq!(total.statuses.remove("none"), Some(3));
        }
        assert_eq!((total.requests, total.errors), (3, 1), "{name}");
    }
}

#[test]
fn a_sorted_k6_file_loses_its_parts_and_says_so() {
    let text = "metric_name,timestamp,metric_value,status\nhttp_req_duration,1795684500,5,200\nhttp_req_duration,1795684500,6,200\n\
        http_req_waiting,1795684500,4,200\nhttp_req_waiting,1795684500,4,200\n";
    insta::assert_snapshot!(told(&read_text("k6.csv", text).unwrap()), @r"
    2 requests, 0 errors, mean 5.5 ms, max 6 ms
    k6.csv: 1 requests have samples without their `http_req_duration`, which count for nothing: was the file sorted or filtered?
    ");
}

/// Names past the bound fold into one, with a warning, and nothing is lost.
#[test]
fn names_are_bounded() {
    let names: Vec<String> = (0..5_000).map(|i| format!("/items/{i}")).collect();
    let rows: Vec<_> = names.iter().map(|n| (n.as_str(), 1_795_684_500, 5.0, 200, "true")).collect();
    let results = read_text("k6.csv", &k6_csv(&rows)).unwrap();
    let summary = &results.summary;
    assert_eq!(summary.total.requests, 5_000);
    assert_eq!(summary.endpoints.iter().map(|e| e.figures.requests).sum::<u64>(), 5_000);
    let other = summary.endpoints.iter().find(|e| e.series.name == "(other)").unwrap();
    assert!(summary.endpoints.len() <= 2_000 && other.figures.requests > 3_000);
    assert!(summary.warnings.iter().any(|w| w.text.contains("(other)")));
}

/// Compressed files that are cut anywhere are read up to there, or refused; what is read only grows.
#[test]
fn gzip_cut_at_every_byte() {
    let rows: Vec<_> =
        (0..120).map(|i| ("/a", 1_795_684_500 + i / 12, 5.0 + i as f64, 200, "true")).collect();
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(k6_csv(&rows).as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    let mut before = 0;
    for end in 0..packed.len() {
        let Ok(results) = read_bytes(Path::new("k6.csv.gz"), &packed[..end]) else { continue };
        let requests = results.summary.total.requests;
        assert!(requests >= before && requests <= 120, "{end}: {requests} after {before}");
        assert!(!results.problems.is_empty(), "{end}: nothing is said of the cut");
        before = requests;
    }
    assert!(before > 0);
    let whole = read_bytes(Path::new("k6.csv.gz"), packed.as_slice()).unwrap();
    assert_eq!((whole.summary.total.requests, whole.problems.len()), (120, 0));
}

#[test]
fn broken_lines_of_json() {
    let good = r#"{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-26T09:14:50.2Z","value":5,"tags":{"name":"a","status":"200"}}}"#;
    let text = format!(
        "{good}\n{{\"metric\":\n{good}\nnothing\n{}\n{good}",
        r#"{"type":"Point","metric":"http_req_duration","data":{"value":1}}"#
    );
    insta::assert_snapshot!(told(&read_text("k6.json", &text).unwrap()));
    insta::assert_snapshot!(told(&read_text("k6.json", &format!("{good}\n{}", &good[..60])).unwrap()));
    let vegeta = r#"{"attack":"","seq":0,"code":200,"timestamp":"2026-11-20T18:05:29.7Z","latency":6832299}"#;
    insta::assert_snapshot!(told(&read_text("v.json", &format!("{vegeta}\n{{\"code\":\"x\"}}\n")).unwrap()));
    // One line alone is a document, too.
    assert_eq!(read_text("v.json", vegeta).unwrap().summary.total.requests, 1);
}

#[test]
fn no_utf8_is_no_reason_to_stop() {
    let text = [HEADER.as_bytes(), b"1795684500123,10,gr\xf6\xdfe,200,G 1-1,true\n"].concat();
    let results = read_bytes(Path::new("r.jtl"), text.as_slice()).unwrap();
    assert_eq!(results.summary.endpoints[0].series.name, "gr\u{fffd}\u{fffd}e");
}

#[test]
fn runs_of_one_or_no_good_request() {
    let one = read_text("k6.csv", &k6_csv(&[("/a", 1_795_684_500, 5.0, 200, "true")])).unwrap().summary.total;
    assert_eq!((one.requests, one.response.p50_ms, one.response.p99_ms), (1, Some(5.0), Some(5.0)));
    let bad = [("/a", 1_795_684_500, 5.0, 503, "false"), ("/a", 1_795_684_501, 5.0, 0, "false")];
    let failed = read_text("k6.csv", &k6_csv(&bad)).unwrap().summary.total;
    assert_eq!((failed.requests, failed.errors, failed.error_rate), (2, 2, Some(1.0)));
    let none = read_text("k6.csv", &k6_csv(&[])).unwrap();
    let total = &none.summary.total;
    assert_eq!(
        (total.requests, total.error_rate, total.requests_per_second, total.response.p50_ms),
        (0, None, None, None)
    );
    assert_eq!(none.problems.len(), 1);
}
