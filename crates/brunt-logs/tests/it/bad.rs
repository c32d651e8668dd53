//! Logs that are not what they should be: nothing panics, what is skipped is counted, and what can be read is read.

use brunt_logs::{Format, Log, Malformed};
use proptest::prelude::*;

const GOOD: &str = r#"::1 - - [12/May/2024:00:00:17 +0000] "GET / HTTP/1.1" 200 5"#;
const JSON: &str = r#"{"time":"2024-05-12T00:00:17Z","method":"GET","path":"/","status":200}"#;

/// Entries, skipped lines and asides of a log, and what it was taken for.
fn counts(log: &[u8]) -> (u64, u64, u64, &'static str) {
    counted(Log::new(log))
}

fn counted(mut log: Log<&[u8]>) -> (u64, u64, u64, &'static str) {
    let mut entries = 0;
    while log.entry().unwrap().is_some() {
        entries += 1;
    }
    assert_eq!(log.lines(), entries + log.skipped().lines + log.asides());
    (entries, log.skipped().lines, log.asides(), log.format().name())
}

#[test]
fn whatever_is_in_it() {
    let alb =
        r#"http 2024-05-12T00:00:17Z app/x/y ::1 - 0 0 0 200 200 0 5 "GET http://h:80/ HTTP/1.1" "x" - -"#;
    let long = "x".repeat(2 << 20);
    let (common, json) = ("nginx/Apache common", "JSON lines");
    for (log, wanted) in [
        (String::new(), (0, 0, 0, "nginx/Apache combined")),
        ("\n\r\n  \n".to_owned(), (0, 0, 3, "nginx/Apache combined")),
        (GOOD.to_owned(), (1, 0, 0, common)),
        (format!("\u{feff}{GOOD}\r\n"), (1, 0, 0, common)),
        (format!("\u{feff}{JSON}"), (1, 0, 0, json)),
        (format!("{GOOD}\n{JSON}\n{GOOD}\n{alb}\n"), (3, 1, 0, common)),
        (format!("{JSON}\n{GOOD}\n{JSON}\nx\n"), (3, 1, 0, json)),
        // With blanks it is told apart like a load balancer's.
        (
            format!(
                "{{\"a\": \"2024-05-12T00:00:17Z\", {}\"time\": 1, \"path\": \"/\"}}",
                "\"b\": \"c\", ".repeat(20)
            ),
            (1, 0, 0, json),
        ),
        (format!("{alb}\n{alb}\n{GOOD}\n{JSON}\n"), (4, 0, 0, "AWS load balancer")),
        (
            format!("time,path\n1715472017,/\n{GOOD}\n{JSON}\n1715472017,/\n\nx\ntime,path\n"),
            (4, 1, 3, "CSV"),
        ),
        (format!("{GOOD}\n{long}\n{GOOD}\n"), (2, 1, 0, common)),
        (format!("{JSON}\n{{\"time\":\"{long}\",\"path\":\"/\"}}\n{JSON}\n"), (2, 1, 0, json)),
        (format!("{JSON}\n{}\n{}\n", &JSON[..JSON.len() - 1], &JSON[..20]), (1, 2, 0, json)),
        (format!("{JSON}\n{JSON}{JSON}\n{JSON}]\n"), (1, 2, 0, json)),
        (format!("{JSON}\n{}\n", "{\"a\":".repeat(200_000)), (1, 1, 0, json)),
        (format!("{JSON}\n{{\"a\":{}\n", "[".repeat(200_000)), (1, 1, 0, json)),
        ("\0\u{1}\u{2}[1\n\"\"\"\n{}\n[]\nnull\n".to_owned(), (0, 5, 0, "nginx/Apache combined")),
        ("{\"time\":1,\"path\":\"/\",\"status\":\"ok\"}".to_owned(), (0, 1, 0, "nginx/Apache combined")),
        ("#Fields:\n#Fields\n1 2 3\n".to_owned(), (0, 1, 2, "W3C extended (IIS)")),
        ("#Fields: date time cs-uri-stem\n".to_owned(), (0, 0, 1, "W3C extended (IIS)")),
        ("time,path\n".to_owned(), (0, 0, 1, "CSV")),
        ("time,path\n\"1715472017,/\n1715472017,\"/\n".to_owned(), (1, 1, 1, "CSV")),
    ] {
        assert_eq!(counts(log.as_bytes()), wanted, "{}", log.chars().take(200).collect::<String>());
    }
}

#[test]
fn bytes_of_no_text() {
    let mut log = GOOD.as_bytes().to_vec();
    log.extend_from_slice(b"\n::1 - \xff\xfe [12/May/2024:00:00:17 +0000] \"GET /\xff\x01\\x22 HTTP/1.1\" 200 5\n\xff\xfe\x00\n");
    let mut log = Log::new(&log[..]);
    assert!(log.entry().unwrap().is_some());
    assert_eq!(log.entry().unwrap().map(|e| e.target.to_vec()), Some(b"/\xff\x01\\x22".to_vec()));
    assert!(log.entry().unwrap().is_none());
    assert_eq!(log.skipped().examples, [(3, Malformed::Time, "\\xff\\xfe\\x00".to_owned())]);
}

/// Times are told as they were logged: nobody here puts them in order.
#[test]
fn clocks_that_change() {
    let text = GOOD.to_owned()
        + "\n"
        + &GOOD.replace("00:00:17 +0000", "02:00:16 +0200")
        + "\n"
        + &GOOD.replace("00:00:17 +0000", "19:00:18 -0500").replace("12/May", "11/May");
    let mut log = Log::new(text.as_bytes());
    let mut seen = Vec::new();
    while let Some(entry) = log.entry().unwrap() {
        seen.push((entry.at_us / 1_000_000 - 1_715_472_000, entry.offset_s));
    }
    assert_eq!(seen, [(17, 0), (16, 7_200), (18, -18_000)]);
}

/// Lines that are nearly something.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let lines = prop_oneof![
        Just(GOOD.to_owned()),
        Just(JSON.to_owned()),
        Just(r#"{"ts":1.5,"request":{"uri":"http:\/\/h?\u00e4\ud83d","headers":{"User-Agent":["\\"]}},"duration":"1ms"}"#.to_owned()),
        Just(r#"https 2024-05-12T00:00:17Z app/x/y [::1]:2 - 0 -1 0 200 - 0 5 "GET http://h:80?x HTTP/1.1" "x\"" - -"#.to_owned()),
        Just(r#"{"log":"::1 - - \\n","stream":"x"}"#.to_owned()),
        Just("#Fields: date time cs-uri-stem cs-uri-query cs(User-Agent)".to_owned()),
        Just("2024-05-12 00:00:17 / a=b \"x+\" y".to_owned()),
        Just("time,path,query,duration_ms,\"user \"\"agent\"".to_owned()),
        Just("1715472017.5,\"/\"\"\",?a,1e3,x".to_owned()),
        Just("metric_name,timestamp,metric_value,url".to_owned()),
        Just(r#"[{"ts":1.5,"path":"/"},"#.to_owned()),
        Just(r#"{"log":{"entries":[{"startedDateTime":"2024-05-12T00:00:17Z","request":{"url":"http://h#"}},{}]}}"#.to_owned()),
    ];
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 0..6);
    (proptest::collection::vec(lines, 1..12), changes).prop_map(|(lines, changes)| {
        let mut text = lines.join("\n").into_bytes();
        for (at, byte, how) in changes {
            let at = at.index(text.len().max(1));
            match how {
                0 => text.insert(at.min(text.len()), byte),
                1 => text.truncate(at),
                2 if !text.is_empty() => text[at] = byte,
                _ if !text.is_empty() => drop(text.remove(at)),
                _ => {}
            }
        }
        text
    })
}

/// Whatever it holds: each line is an entry, skipped, or an aside, and all are read.
fn law(text: &[u8], mut log: Log<&[u8]>) -> Result<(), TestCaseError> {
    let mut entries = 0;
    loop {
        match log.entry() {
            Ok(Some(_)) => entries += 1,
            Ok(None) => break,
            // Only a document can be so broken that it cannot be read on.
            Err(_) => {
                prop_assert!(["HTTP archive (HAR)", "JSON array"].contains(&log.format().name()));
                return Ok(());
            }
        }
    }
    prop_assert_eq!(log.lines(), entries + log.skipped().lines + log.asides());
    if !["HTTP archive (HAR)", "JSON array"].contains(&log.format().name()) {
        let lines = text.split_inclusive(|b| *b == b'\n').count() as u64;
        prop_assert_eq!((log.lines(), log.bytes()), (lines, text.len() as u64));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn any_bytes(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        law(&text, Log::new(&text[..]))?;
    }

    #[test]
    fn nearly_a_log(text in nearly()) {
        law(&text, Log::new(&text[..]))?;
        for name in Format::NAMES {
            law(&text, Log::with_format(&text[..], Format::named(name).unwrap()))?;
        }
        let pattern = Format::parse_log_format(r#"%h %l %u %t "%r" %s %b"#).unwrap();
        law(&text, Log::with_format(&text[..], pattern))?;
    }

    #[test]
    fn any_format(text in "[$%{}a-z_ \"\\\\']{0,40}", line in "[ -~]{0,80}") {
        for text in [format!("$time_local {text} $request"), format!("%t {text} %r"), text] {
            if let Ok(format) = Format::parse_log_format(&text) {
                law(line.as_bytes(), Log::with_format(line.as_bytes(), format))?;
            }
        }
    }
}

#[test]
fn named_formats_read_on_where_others_write() {
    let text = format!("{GOOD}\n{JSON}\n");
    for name in Format::NAMES {
        let (entries, ..) = counted(Log::with_format(text.as_bytes(), Format::named(name).unwrap()));
        assert_eq!(entries, 2, "{name}");
    }
}
