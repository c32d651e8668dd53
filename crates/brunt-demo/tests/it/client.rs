//! A tiny client on a bare socket: what was sent is what the server wrote.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use brunt_demo::{Config, MockConfig, Running, mock::Route, start};

/// Nothing in these tests takes so long; a hang becomes a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn mock(config: MockConfig) -> Running {
    start(Config::mock(config)).expect("the mock starts")
}

pub(crate) fn routes(routes: Vec<Route>) -> Running {
    mock(MockConfig::with(routes))
}

pub(crate) fn address(running: &Running) -> SocketAddr {
    running.addr().expect("a TCP address")
}

pub(crate) fn connect(running: &Running) -> TcpStream {
    let stream = TcpStream::connect(address(running)).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
    stream
}

#[expect(clippy::disallowed_methods, reason = "these tests check real servers in real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// An answer with a Content-Length.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

/// Sends `request` (a method and target, then header lines and body) on `stream` and reads one answer.
pub(crate) fn exchange(stream: &mut (impl Read + Write), request: &str) -> Answer {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let mut lines = vec![format!("{line} HTTP/1.1"), "Host: test".to_owned()];
    lines.extend(headers.lines().filter(|header| !header.is_empty()).map(str::to_owned));
    if !body.is_empty() {
        lines.push(format!("Content-Length: {}", body.len()));
    }
    let text = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
    stream.write_all(text.as_bytes()).expect("write");
    read_answer(stream, line.starts_with("HEAD"))
}

/// Reads one answer; byte by byte, so that nothing of the next one is taken.
pub(crate) fn read_answer(stream: &mut impl Read, is_head: bool) -> Answer {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a whole head");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a head in ASCII");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let mut answer = Answer { status, head, body: Vec::new() };
    let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
    if !is_head {
        answer.body = vec![0; length];
        stream.read_exact(&mut answer.body).expect("a whole body");
    }
    answer
}

/// `exchange` on a connection of its own.
pub(crate) fn ask(running: &Running, request: &str) -> Answer {
    exchange(&mut connect(running), request)
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
    /// Still open after the patience.
    Open,
}

/// Sends `GET path` and reads until the connection ends, `patience` has passed without a byte, or `most` bytes came.
pub(crate) fn raw(running: &Running, request: &str, patience: Duration, most: usize) -> (Vec<u8>, End) {
    let mut stream = connect(running);
    stream.set_read_timeout(Some(patience)).expect("timeout");
    stream.write_all(format!("{request} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).expect("write");
    let mut all = Vec::new();
    let mut buffer = vec![0; 256 * 1024];
    while all.len() < most {
        match stream.read(&mut buffer) {
            Ok(0) => return (all, End::Closed),
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return (all, End::Open);
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return (all, End::Reset),
            Err(error) => panic!("{error}"),
        }
    }
    (all, End::Open)
}
