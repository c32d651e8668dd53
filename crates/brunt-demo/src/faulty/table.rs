//! The faults as data: what is written, and how it ends.

use std::time::Duration;

/// One way of misbehaving.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The path that shows it.
    pub path: &'static str,
    /// What the server does, in a line.
    pub description: &'static str,
    pub(super) request_body: RequestBody,
    pub(super) steps: &'static [Step],
    pub(super) ending: Ending,
}

/// All faults, in the order to list them. Beside them there is `/big/{bytes}`: a proper body of that many bytes, up to
/// [`super::LONGEST_ANSWER`].
pub fn faults() -> &'static [Fault] {
    FAULTS
}

/// Whether the request's body is read before the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestBody {
    Read,
    Ignore,
}

/// One step of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// These bytes.
    Send(&'static [u8]),
    /// These bytes, unless the request is HEAD.
    Body(&'static [u8]),
    /// So many bytes of body, unless the request is HEAD.
    Fill(u64),
    /// So many bytes that are no ASCII.
    Noise(u64),
    /// Nothing for so long.
    Pause(Duration),
    /// These bytes so many times.
    Repeat(&'static [u8], usize),
    /// These bytes until the client closes, unless the request is HEAD.
    Forever(&'static [u8]),
    /// These bytes one by one.
    Drip { bytes: &'static [u8], every: Duration },
    /// These bytes again and again until the client closes.
    DripForever { bytes: &'static [u8], every: Duration },
}

/// What happens to the connection after the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The next request is read.
    KeepAlive,
    /// An orderly end.
    Close,
    /// A reset.
    Reset,
    /// Nothing more, until the client closes.
    Hang,
}

use Ending::{Close, Hang, KeepAlive, Reset};
use Step::{Body, Drip, DripForever, Fill, Forever, Noise, Pause, Repeat, Send};

const fn fault(
    path: &'static str,
    description: &'static str,
    steps: &'static [Step],
    ending: Ending,
) -> Fault {
    Fault { path, description, request_body: RequestBody::Read, steps, ending }
}

const OK_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
const LONG_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
const CHUNKED_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// 128 bytes of header; 81,920 of them make the 10 MB (10 x 1,048,576 bytes) of the header bomb.
const HEADER_LINE: &[u8; 128] = b"X-Bomb: \
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
const HEADER_LINES: usize = 10 * 1024 * 1024 / HEADER_LINE.len();

/// Time for what was sent before a reset to reach the client: a reset overtakes what still waits.
const BEFORE_RESET: Duration = Duration::from_millis(20);

pub(super) const FAULTS: &[Fault] = &[
    fault("/ok", "a proper answer of 2 bytes", &[Send(OK_HEAD), Body(b"ok")], KeepAlive),
    // How connections end.
    fault(
        "/close-each",
        "answers with Connection: close, and closes",
        &[Send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"), Body(b"ok")],
        Close,
    ),
    fault("/close-each-silent", "answers as if to keep alive, and closes", &[Send(OK_HEAD), Body(b"ok")], Close),
    fault(
        "/half-closed-idle",
        "answers, and closes the idle connection 50 ms later",
        &[Send(OK_HEAD), Body(b"ok"), Pause(Duration::from_millis(50))],
        Close,
    ),
    fault("/empty", "closes without a byte", &[], Close),
    fault("/mid-body", "announces 100000 bytes, sends 1000, closes", &[Send(LONG_HEAD), Fill(1000)], Close),
    Fault {
        path: "/reset",
        description: "resets the connection instead of answering",
        request_body: RequestBody::Ignore,
        steps: &[],
        ending: Reset,
    },
    fault(
        "/reset-mid-body",
        "announces 100000 bytes, sends 1000, resets",
        &[Send(LONG_HEAD), Fill(1000), Pause(BEFORE_RESET)],
        Reset,
    ),
    Fault {
        path: "/refuse-body",
        description: "answers 413 without reading the request's body, and closes",
        request_body: RequestBody::Ignore,
        steps: &[Send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")],
        ending: Close,
    },
    // No end.
    fault("/never", "never answers", &[], Hang),
    fault(
        "/never-headers-end",
        "sends a status line and a header every 50 ms, for ever",
        &[
            Send(b"HTTP/1.1 200 OK\r\n"),
            DripForever { bytes: b"X-Drip: 1\r\n", every: Duration::from_millis(50) },
        ],
        Close,
    ),
    fault(
        "/endless",
        "a chunked body without end, as fast as it is read",
        &[Send(CHUNKED_HEAD), Forever(b"10\r\n0123456789abcdef\r\n")],
        Close,
    ),
    fault(
        "/endless-headers",
        "10 MB of headers",
        &[Send(b"HTTP/1.1 200 OK\r\n"), Repeat(HEADER_LINE, HEADER_LINES), Send(b"Content-Length: 0\r\n\r\n")],
        Close,
    ),
    // Not HTTP.
    fault("/garbage", "512 bytes that are not HTTP", &[Noise(512)], Close),
    fault(
        "/garbage-status",
        "a status that is not a number",
        &[Send(b"HTTP/1.1 abc Whatever\r\nContent-Length: 0\r\n\r\n")],
        Close,
    ),
    fault(
        "/bare-lf",
        "lines that end in LF alone, which a client may accept",
        &[Send(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n"), Body(b"ok")],
        KeepAlive,
    ),
    // Lengths.
    fault(
        "/cl-too-small",
        "Content-Length: 2, but 20 bytes: the rest is garbage before the next answer",
        &[Send(OK_HEAD), Body(b"ok but there is more")],
        KeepAlive,
    ),
    fault(
        "/cl-too-large",
        "Content-Length: 100, but 20 bytes, and the connection stays open",
        &[Send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"), Fill(20)],
        Hang,
    ),
    fault(
        "/cl-conflict",
        "two Content-Length headers that disagree",
        &[Send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n"), Body(b"okok")],
        Close,
    ),
    fault(
        "/cl-negative",
        "Content-Length: -2",
        &[Send(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n"), Body(b"ok")],
        Close,
    ),
    fault(
        "/cl-and-te",
        "Content-Length and Transfer-Encoding: chunked together",
        &[
            Send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Body(b"2\r\nok\r\n0\r\n\r\n"),
        ],
        Close,
    ),
    fault(
        "/te-unknown",
        "a Transfer-Encoding that does not exist",
        &[Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: banana\r\n\r\n"), Body(b"ok")],
        Close,
    ),
    fault(
        "/chunk-bad-size",
        "a chunk size that is not hexadecimal",
        &[Send(CHUNKED_HEAD), Body(b"zz\r\nok\r\n0\r\n\r\n")],
        Close,
    ),
    fault(
        "/chunk-huge",
        "a chunk that announces 2^64 - 1 bytes",
        &[Send(CHUNKED_HEAD), Body(b"ffffffffffffffff\r\nok\r\n0\r\n\r\n")],
        Close,
    ),
    fault(
        "/no-length",
        "a body without length that ends with the connection",
        &[Send(b"HTTP/1.1 200 OK\r\n\r\n"), Body(b"until the end")],
        Close,
    ),
    fault(
        "/http10",
        "HTTP/1.0 without length: the body ends with the connection",
        &[Send(b"HTTP/1.0 200 OK\r\n\r\n"), Body(b"until the end")],
        Close,
    ),
    // Proper, but often got wrong.
    fault(
        "/trailers",
        "a proper chunked body with trailers",
        &[
            Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"),
            Body(b"2;ext=1\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n"),
        ],
        KeepAlive,
    ),
    fault(
        "/continue",
        "100, then 103, then 200",
        &[
            Send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"),
            Send(OK_HEAD),
            Body(b"ok"),
        ],
        KeepAlive,
    ),
    fault("/204", "204, which has no body", &[Send(b"HTTP/1.1 204 No Content\r\n\r\n")], KeepAlive),
    fault(
        "/304",
        "304 with a Content-Length of 1000 and, properly, no body",
        &[Send(b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nContent-Length: 1000\r\n\r\n")],
        KeepAlive,
    ),
    fault(
        "/head",
        "1000 bytes; for HEAD (as with every path) the same head and no body",
        &[Send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), Fill(1000)],
        KeepAlive,
    ),
    fault(
        "/split",
        "a proper answer, byte by byte, 1 ms apart",
        &[
            Drip { bytes: OK_HEAD, every: Duration::from_millis(1) },
            Body(b"o"),
            Pause(Duration::from_millis(1)),
            Body(b"k"),
        ],
        KeepAlive,
    ),
    fault(
        "/switching",
        "101 to a protocol that nobody asked for, then silence",
        &[Send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: banana\r\n\r\n")],
        Hang,
    ),
    // Desynchronised.
    fault(
        "/two-answers",
        "two answers to one request",
        &[Send(OK_HEAD), Body(b"ok"), Send(OK_HEAD), Body(b"no")],
        KeepAlive,
    ),
    fault(
        "/gzip-broken",
        "Content-Encoding: gzip, but the body is not",
        &[Send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n"), Body(b"ok")],
        KeepAlive,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_different_and_described() {
        for (index, fault) in FAULTS.iter().enumerate() {
            assert!(fault.path.starts_with('/') && !fault.description.is_empty());
            assert!(FAULTS[..index].iter().all(|other| other.path != fault.path), "{}", fault.path);
        }
    }
}
