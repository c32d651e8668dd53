//! Lines of Apache and nginx.

use brunt_logs::{Log, Malformed};

fn shown(text: &str) -> Vec<String> {
    let mut log = Log::new(text.as_bytes());
    let mut seen = Vec::new();
    while let Some(e) = log.entry().unwrap() {
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        seen.push(format!(
            "{} {} {} {} {} {} [{}]",
            e.at_us / 1_000_000,
            text(e.client),
            text(e.method),
            text(e.target),
            e.status,
            e.bytes,
            text(e.agent)
        ));
    }
    seen
}

#[test]
fn a_line_is_a_request() {
    for (line, wanted) in [
        (
            r#"10.1.2.3 - - [20/Feb/2016:00:00:45 -0500] "GET /a?b=c HTTP/1.1" 200 187 "-" "Mozilla/5.0 (x)""#,
            "1455944445 10.1.2.3 GET /a?b=c 200 187 [Mozilla/5.0 (x)]",
        ),
        (
            r#"::1 - bob smith [20/Feb/2016:00:00:45 +0000] "POST / HTTP/2.0" 304 -"#,
            "1455926445 ::1 POST / 304 0 []",
        ),
        (
            r#"h - - [20/Feb/2016:00:00:45 +0000] "GET /a"b c HTTP/1.1" 404 5 "-" "q\"uote""#,
            r#"1455926445 h GET /a\"b c 404 5 [q\\\"uote]"#,
        ),
        (r#"h - - [20/Feb/2016:00:00:45 +0000] "\x16\x03" 400 0"#, "1455926445 h   400 0 []"),
        (r#"h - - [20/Feb/2016:00:00:45 +0000] "GET /old" 200 1"#, "1455926445 h GET /old 200 1 []"),
    ] {
        assert_eq!(shown(line), [wanted], "{line}");
    }
}

#[test]
fn what_is_no_request_is_counted_and_shown() {
    let text = "garbage \u{1}\n\nh - - [20/Feb/2016:00:00:45 +0000] nothing\nh - - [20/Feb/2016:00:00:45 +0000] \"GET / HTTP/1.1\" x\n";
    let mut log = Log::new(text.as_bytes());
    assert_eq!(log.entry().unwrap(), None);
    let seen: Vec<_> = log.skipped().examples.iter().map(|(line, why, _)| (*line, *why)).collect();
    assert_eq!(seen, [(1, Malformed::Time), (3, Malformed::Request), (4, Malformed::Status)]);
    assert_eq!(log.skipped().examples[0].2, "garbage \\x01");
    assert_eq!((log.lines(), log.skipped().lines), (4, 3));
}

#[test]
fn a_line_without_end_is_passed_over_without_being_kept() {
    let mut text = vec![b'x'; 5 << 20];
    text.extend_from_slice(b"\nh - - [20/Feb/2016:00:00:45 +0000] \"GET / HTTP/1.1\" 200 1\n");
    let mut log = Log::new(&text[..]);
    assert_eq!(log.entry().unwrap().map(|e| e.status), Some(200));
    assert_eq!(log.skipped().examples[0].1, Malformed::TooLong);
}
