//! Generated requests as files of other tools: what is in them. That the tools take them: `played`.

mod played;
mod target;

use brunt_traffic::{Export, ExportOptions, Synthetic, SyntheticRequest, peak_sessions, write_export};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// 2016-03-16T09:00:00Z.
const START: i64 = 1_458_118_800;

fn request(at_ms: u64, session: u32, line: &str) -> SyntheticRequest {
    let (method, path) = line.split_once(' ').expect("method and path");
    SyntheticRequest {
        at_ms,
        session,
        method: method.to_owned(),
        path: path.to_owned(),
        endpoint: path.split('?').next().unwrap_or_default().to_owned(),
        ..SyntheticRequest::default()
    }
}

fn document(requests: Vec<SyntheticRequest>) -> Synthetic {
    Synthetic {
        brunt_synthetic: brunt_traffic::SYNTHETIC_VERSION.to_owned(),
        model: "shop".to_owned(),
        seed: 7,
        start_unix_s: START,
        span_ms: 60_000,
        factors: BTreeMap::from([("rate".to_owned(), 3.0)]),
        requests,
    }
}

/// A page with two assets, a purchase with a body, and somebody else in between.
fn shop() -> Synthetic {
    let headers = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let mut page = request(0, 0, "GET /");
    page.headers = headers(&[("user-agent", "Mozilla/5.0 (X11)"), ("referer", "https://example.org/")]);
    let mut style = request(40, 0, "GET /style.css?v=3&empty=&flag");
    style.together = true;
    let mut logo = request(55, 0, "GET /logo.png");
    logo.together = true;
    let other = request(1_234, 70_000, "GET /users/17");
    let mut order = request(2_500, 0, "POST /cart");
    order.headers = headers(&[("content-type", "application/json")]);
    order.body = Some("{\"id\":17}".to_owned());
    document(vec![page, style, logo, other, order])
}

/// Texts that would be something else in a file that did not escape them.
fn hostile() -> Synthetic {
    let paths = [
        "GET /a\"b'c\\d",
        "GET /new\nline\r\n\ttab",
        "GET /</script><!--",
        "GET /größe/日本/😀?q=é",
        "GET @evil.example/",
        "GET /half%2/%zz/%41#fragment",
        "GET /{{target}}/`${x}`|^",
        "GE\"T /,;=+",
    ];
    let mut requests: Vec<_> = (0_u32..).zip(paths).map(|(n, line)| request(u64::from(n), n, line)).collect();
    requests[0].headers.insert("user-agent".to_owned(), "a\" \"b\\ \n é".to_owned());
    requests[0].body = Some("\0\u{2028}\"\\</script>\n".to_owned());
    "=cmd|' /C calc'!A0".clone_into(&mut requests[1].endpoint);
    Synthetic { model: "*/ \n\"\"\" {{peak}}".to_owned(), ..document(requests) }
}

fn exported(synthetic: &Synthetic, export: Export, options: &ExportOptions) -> String {
    let mut out = Vec::new();
    write_export(synthetic, export, options, &mut out).expect("a Vec takes everything");
    String::from_utf8(out).expect("all formats are text")
}

fn written(synthetic: &Synthetic, export: Export) -> String {
    exported(synthetic, export, &ExportOptions::default())
}

/// All but the scripts, which are files of their own: what is filled in is below.
fn files(synthetic: &Synthetic) -> String {
    let files = Export::ALL.into_iter().filter(|export| export.companion().is_none());
    let texts: Vec<String> =
        files.map(|export| format!("=== {}\n{}", export.name(), written(synthetic, export))).collect();
    texts.concat()
}

#[test]
fn a_shop_in_every_format() {
    insta::assert_snapshot!(files(&shop()));
}

#[test]
fn hostile_texts_in_every_format() {
    insta::assert_snapshot!(files(&hostile()));
}

#[test]
fn nothing_in_every_format() {
    insta::assert_snapshot!(files(&document(Vec::new())));
}

/// Snapshots do not tell CR LF from LF.
#[test]
fn rows_of_the_table_end_as_rfc_4180_has_it() {
    let text = written(&shop(), Export::Csv);
    assert_eq!(text.matches("\r\n").count(), 1 + shop().requests.len());
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert!(written(&hostile(), Export::Csv).contains("\"/new\nline\r\n\ttab\",'=cmd"));
}

#[test]
fn names_and_files() {
    let rows: Vec<String> = Export::ALL
        .into_iter()
        .map(|export| {
            assert_eq!(Export::from_name(export.name()), Some(export));
            let beside = export.companion().map_or("-", Export::name);
            format!("{} {} {beside}", export.name(), export.file_name())
        })
        .collect();
    assert_eq!(Export::from_name("K6"), None);
    assert_eq!(Export::names().count(), Export::ALL.len());
    insta::assert_snapshot!(rows.join("\n"));
}

/// The lines of a script that differ from those of another schedule's.
fn filled_in(export: Export) -> Vec<String> {
    let options = ExportOptions {
        target: "http://127.0.0.1:1/a\"b\\c\n</script>é\u{2028}/".to_owned(),
        schedule_file: "sched\"ule\n.json".to_owned(),
    };
    let hostile = exported(&hostile(), export, &options);
    let empty = written(&document(Vec::new()), export);
    assert_eq!(hostile.lines().count(), empty.lines().count(), "a blank holds no line break");
    let pairs = hostile.lines().zip(empty.lines());
    pairs.filter(|(one, other)| one != other).map(|(line, _)| line.to_owned()).collect()
}

#[test]
fn scripts_hold_figures_target_and_name_alone() {
    let lines = [filled_in(Export::K6), filled_in(Export::Locust)].concat();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_default_scripts() {
    insta::assert_snapshot!("k6", written(&shop(), Export::K6));
    insta::assert_snapshot!("locust", written(&shop(), Export::Locust));
}

#[test]
fn sessions_at_once() {
    // Each session's first and last request.
    for (sessions, wanted) in [
        (&[][..], 0),
        (&[(0, 0)], 1),
        (&[(0, 10), (10, 20)], 2),
        (&[(0, 9), (10, 20)], 1),
        (&[(0, 100), (10, 20), (15, 30), (30, 40), (50, 50)], 3),
    ] {
        let mut requests: Vec<_> = (0..)
            .zip(sessions)
            .flat_map(|(n, (first, last))| [request(*first, n, "GET /"), request(*last, n, "GET /")])
            .collect();
        requests.sort_by_key(|request| request.at_ms);
        assert_eq!(peak_sessions(&document(requests)), wanted, "{sessions:?}");
    }
}

/// Method, path and agent of an access log's lines, as our own reader has them; `\xHH` stays as it is.
#[test]
fn the_access_log_is_read_as_written() {
    let text = written(&shop(), Export::AccessLog);
    let mut log = brunt_logs::Log::new(text.as_bytes());
    for request in &shop().requests {
        let entry = log.entry().expect("memory can be read").expect("a line a request");
        let agent = request.headers.get("user-agent").map_or("", String::as_str);
        assert_eq!(
            (entry.method, entry.target, entry.agent, entry.status),
            (request.method.as_bytes(), request.path.as_bytes(), agent.as_bytes(), 200)
        );
        // The format knows whole seconds.
        assert_eq!(
            entry.at_us,
            (START + i64::try_from(request.at_ms / 1_000).expect("a minute")) * 1_000_000
        );
    }
    assert!(log.entry().expect("memory can be read").is_none());
    assert_eq!(log.skipped().lines, 0);
}

#[test]
fn a_time_that_no_calendar_has() {
    let never = Synthetic { start_unix_s: i64::MAX, ..shop() };
    for (export, fails) in [(Export::AccessLog, true), (Export::Har, true), (Export::Csv, false)] {
        let result = write_export(&never, export, &ExportOptions::default(), &mut Vec::new());
        assert_eq!(result.is_err(), fails, "{export:?}");
        if let Err(error) = result {
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
        }
    }
}

fn any_request() -> impl Strategy<Value = SyntheticRequest> {
    let text = || any::<String>();
    let headers = prop::collection::btree_map(text(), text(), 0..3);
    let what = (text(), text(), text(), headers, prop::option::of(text()));
    (0..100_000_u64, 0..9_u32, any::<bool>(), what).prop_map(
        |(at_ms, session, together, (method, path, endpoint, headers, body))| SyntheticRequest {
            at_ms,
            session,
            together,
            method,
            path,
            endpoint,
            headers,
            body,
        },
    )
}

proptest! {
    #[test]
    fn the_canonical_document_is_read_as_written(requests in prop::collection::vec(any_request(), 0..5)) {
        let document = document(requests);
        let text = written(&document, Export::Json);
        prop_assert_eq!(Synthetic::from_json(text.as_bytes()).expect("it was just written"), document);
    }

    #[test]
    fn a_request_is_a_line(requests in prop::collection::vec(any_request(), 0..5)) {
        let document = document(requests);
        for export in [Export::AccessLog, Export::Vegeta] {
            let text = written(&document, export);
            prop_assert_eq!(text.lines().count(), document.requests.len(), "{:?}", export);
            prop_assert!(text.is_empty() || text.ends_with('\n'));
        }
        let har: serde_json::Value = serde_json::from_str(&written(&document, Export::Har)).expect("JSON");
        prop_assert_eq!(har["log"]["entries"].as_array().map(Vec::len), Some(document.requests.len()));
    }

    #[test]
    fn a_url_stays_below_the_target(path in any::<String>()) {
        let document = document(vec![SyntheticRequest { path, ..request(0, 0, "GET /") }]);
        let target: serde_json::Value = serde_json::from_str(&written(&document, Export::Vegeta)).expect("JSON");
        let url = target["url"].as_str().expect("a text");
        prop_assert!(url.starts_with("http://127.0.0.1:8080/"), "{}", url);
        prop_assert!(url.bytes().all(|b| b.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&b)), "{}", url);
    }
}
