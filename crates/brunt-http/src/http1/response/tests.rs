use super::*;
use proptest::prelude::*;

/// The outcome of reading `input` in pieces of `step` bytes, then the end of the connection.
fn read(input: &[u8], step: usize, head_request: bool) -> Result<(u16, String, bool, usize), String> {
    let mut reader = ResponseReader::new(head_request, KeepHead::IfStateful);
    let mut body = Vec::new();
    let mut used = 0;
    for piece in input.chunks(step.max(1)) {
        let n = reader.feed(piece, Some(&mut body)).map_err(|e| format!("{e:?}"))?;
        used += n;
        if reader.is_done() {
            break;
        }
        assert_eq!(n, piece.len(), "an unfinished response takes all there is");
    }
    if !reader.is_done() && !reader.closed() {
        return Err("Truncated".into());
    }
    assert_eq!(reader.body_bytes(), body.len() as u64);
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok((reader.head().status, body, reader.head().keep_alive, used))
}

#[test]
fn responses() {
    type Read<'a> = Result<(u16, &'a str, bool), &'a str>;
    let rows: &[(&str, Read<'_>)] = &[
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Ok((200, "ok", true))),
        ("HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nokEXTRA", Ok((200, "ok", true))),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", Ok((200, "ok", true))),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Ok((200, "", true))),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", Err("Truncated")),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", Ok((200, "ok", false))),
        ("HTTP/1.1 200 OK\r\n\r\nuntil close", Ok((200, "until close", false))),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", Ok((200, "ok", false))),
        ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok", Ok((200, "ok", true))),
        ("HTTP/1.1 204 No Content\r\n\r\n", Ok((204, "", true))),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", Ok((304, "", true))),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            Ok((200, "ok", true)),
        ),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nraw", Ok((101, "", false))),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", Ok((200, "ok", true))),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\nA\r\n0123456789\r\n0\r\n\r\n",
            Ok((200, "ok0123456789", true)),
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\nT: v\r\nU: w\r\n\r\n",
            Ok((200, "x", true)),
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Err("ChunkSize")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", Err("ChunkSize")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", Err("ChunkSize")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokX", Err("ChunkEnd")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", Err("Truncated")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nrest", Ok((200, "rest", false))),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            Ok((200, "x", false)),
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", Ok((200, "ok", true))),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", Ok((200, "ok", true))),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", Err("ContentLength")),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Err("ContentLength")),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", Err("ContentLength")),
        ("HTTP/1.1 9 x\r\n\r\n", Err("Head")),
        ("garbage\0\x01\x02\r\n\r\n", Err("Head")),
        // A head that is not complete is not judged, but what does not begin as one is none.
        ("HTTP/1.1 200 OK\r\nContent-Le", Err("Truncated")),
        ("HTTP/1.1 200 OK\r\n,ontent-Le", Err("Truncated")),
        ("HTTP/1.1 200 OK\r\n,ontent-Le: 1\r\n\r\n", Err("Head")),
        ("HTT", Err("Truncated")),
        ("HTTQ", Err("Head")),
        ("\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Err("Head")),
        ("", Err("Truncated")),
    ];
    for (input, expected) in rows {
        let expected = expected.map(|(s, b, k)| (s, b.to_owned(), k)).map_err(str::to_owned);
        for step in [1, 2, 3, 7, 64, 1_000] {
            let got = read(input.as_bytes(), step, false).map(|(s, b, k, _)| (s, b, k));
            assert_eq!(got, expected, "{input:?} in pieces of {step}");
        }
    }
}

#[test]
fn an_answer_to_head_has_no_body() {
    let got = read(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", 9, true);
    assert_eq!(got, Ok((200, String::new(), true, 40)));
}

#[test]
fn heads_are_bounded() {
    let field = format!("X: {}\r\n", "y".repeat(900));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", field.repeat(100));
    let countless = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(200));
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20);
    for step in [1_000, 10_000, 1_000_000] {
        assert_eq!(read(many.as_bytes(), step, false), Err("HeadTooLarge".into()));
        assert_eq!(read(countless.as_bytes(), step, false), Err("HeadTooLarge".into()));
        assert_eq!(read(interim.as_bytes(), step, false), Err("TooManyInterim".into()));
    }
    // At the limit, and a byte past it, however it comes.
    for (length, expected) in [(MAX_HEAD, Ok(200)), (MAX_HEAD + 1, Err("HeadTooLarge".to_owned()))] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: {}\r\n\r\n", "y".repeat(length - 43));
        assert_eq!(head.len(), length);
        for step in [1, 1_000, 65_535, 65_536, 65_537, 1_000_000] {
            assert_eq!(read(head.as_bytes(), step, false).map(|r| r.0), expected, "{length} by {step}");
        }
        let bad = head.replace("X: y", "X\0: ");
        let expected = if length == MAX_HEAD { "Head" } else { "HeadTooLarge" };
        for step in [1, 1_000, 65_535, 65_536, 65_537, 1_000_000] {
            assert_eq!(read(bad.as_bytes(), step, false).map(|r| r.0), Err(expected.to_owned()), "by {step}");
        }
    }
    let trailers =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{}", "T: v\r\n".repeat(9_000));
    assert_eq!(read(trailers.as_bytes(), 4_096, false), Err("TrailersTooLarge".into()));
}

/// A head that drips in byte by byte is parsed once, not once a byte.
#[test]
fn a_dripping_head_costs_one_pass() {
    let mut reader = ResponseReader::new(false, KeepHead::IfStateful);
    let head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(60_000));
    for byte in head.as_bytes().chunks(1) {
        reader.feed(byte, None).unwrap();
    }
    assert_eq!(reader.head().status, 200);
}

fn any_response() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just("HTTP/1.1 200 OK\r\n"),
        Just("HTTP/1.0 404 x\r\n"),
        Just("HTTP/1.1 100 Continue\r\n\r\n"),
        Just("Content-Length: 5\r\n"),
        Just("Content-Length: 18446744073709551615\r\n"),
        Just("Transfer-Encoding: chunked\r\n"),
        Just("Connection: close\r\n"),
        Just("\r\n"),
        Just("\n"),
        Just("5\r\nhello\r\n"),
        Just("0\r\n"),
        Just("a\r\n"),
        Just("hello"),
        Just("ffffffff\r\n"),
        Just(";ext=1\r\n"),
        Just("\0"),
        Just("\r"),
        Just(","),
        Just(" "),
        Just("HTTP/1.1"),
        Just("Content-Le"),
        Just("Set-Cookie: a=b\r\n"),
    ];
    let tokens = prop::collection::vec(token, 0..14);
    let begun = tokens.clone().prop_map(|t| format!("HTTP/1.1 200 OK\r\n{}", t.concat()).into_bytes());
    let tokens = tokens.prop_map(|t| t.concat().into_bytes());
    prop_oneof![begun, tokens, prop::collection::vec(any::<u8>(), 0..300)]
}

/// The seeds of the fuzzer, and what it once found.
#[test]
fn the_corpus_is_read_the_same_in_any_pieces() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/response_parser");
    let mut files = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        crate::fuzz_response(&bytes);
        for step in [1, 3, 100] {
            assert_eq!(read(&bytes, step, false), read(&bytes, bytes.len().max(1), false));
        }
        files += 1;
    }
    assert!(files > 40, "only {files} files in {corpus}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
    /// Arbitrary bytes never panic, and how they are split changes nothing.
    #[test]
    fn splits_change_nothing(input in any_response(), step in 1_usize..40, head in any::<bool>()) {
        let whole = read(&input, input.len().max(1), head);
        prop_assert_eq!(read(&input, step, head), whole);
    }
}
