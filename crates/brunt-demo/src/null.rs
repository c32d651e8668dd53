//! The cheapest honest HTTP/1.1 server: the ceiling of a self-test.
//!
//! For: finding how fast the *generator* is, with a server that costs as little as a server can. Honest means that it
//! does read every request: it finds the end of each head, skips bodies by `Content-Length`, answers pipelined requests
//! in order and in one write, keeps connections alive and closes them when asked to. Not for: anything else. It sends no
//! `Date`, understands no chunked request body (it answers 411 and closes) and no HTTP/2.
//!
//! | Path | Body |
//! |---|---|
//! | `/` and anything not below | `ok` (2 bytes) |
//! | `/1k` | 1,024 bytes |
//! | `/16k` | 16,384 bytes |
//! | `/1m` | 1,048,576 bytes |
//! | `/__about` | what is served, as JSON |
//!
//! `/` is what a benchmark asks for, so that the description stands apart, where looking for it costs the others nothing: it
//! is the last path that is compared.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::{
    about::{About, Line},
    stats::{Counters, Times},
};

/// Bytes read at once: some hundreds of pipelined requests.
const READ_SIZE: usize = 64 * 1024;
/// A request head must fit in here, as with most servers.
const LONGEST_HEAD: usize = READ_SIZE;
/// Answers are written when this much has come together, so that pipelined large bodies do not pile up in memory.
const WRITE_SIZE: usize = 256 * 1024;

/// The bodies, with the paths they answer; the first is also for every other path.
const ANSWERS: [(&str, usize); 4] = [("/", 2), ("/1k", 1024), ("/16k", 16 * 1024), ("/1m", 1024 * 1024)];

/// The path of the description, whose answer stands behind those of [`ANSWERS`].
const ABOUT: &str = "/__about";

/// The paths of all answers, in their order; [`ABOUT`] is the last, so that finding the others takes no step more.
const PATHS: [&str; ANSWERS.len() + 1] = {
    let [(ok, _), (kibibyte, _), (kibibytes, _), (mebibyte, _)] = ANSWERS;
    [ok, kibibyte, kibibytes, mebibyte, ABOUT]
};

/// What it says.
fn about() -> String {
    let sized = |(path, size): (&str, usize)| Line::new(("any", path, &format!("{size} bytes")));
    let other = Line::new(("any", "/*", "as /"));
    let about = About {
        target: "null",
        sentence: "the cheapest HTTP/1.1 server there is, to find the generator's own ceiling",
        routes: ANSWERS.map(sized).into_iter().chain([other]).collect(),
        control: vec![Line::new(("GET", ABOUT, "this list"))],
    };
    about.json()
}

/// The server: its answers, ready to be copied out.
#[derive(Debug)]
pub(crate) struct Null {
    answers: Vec<Answer>,
    counters: Counters,
}

#[derive(Debug)]
struct Answer {
    bytes: Vec<u8>,
    head_len: usize,
}

impl Answer {
    fn new(size: usize) -> Self {
        if size == 2 { Self::with("text/plain", b"ok") } else { Self::with("text/plain", &vec![b'x'; size]) }
    }

    fn with(content_type: &str, body: &[u8]) -> Self {
        let length = body.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n");
        Self { bytes: [head.as_bytes(), body].concat(), head_len: head.len() }
    }
}

const LENGTH_REQUIRED: &[u8] =
    b"HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const TOO_LARGE: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

impl Null {
    pub(crate) fn new(threads: usize) -> Self {
        let names = PATHS.map(str::to_owned).to_vec();
        let about = Answer::with("application/json", about().as_bytes());
        Self {
            answers: ANSWERS.iter().map(|(_, size)| Answer::new(*size)).chain([about]).collect(),
            counters: Counters::new(names, threads, Times::Off),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Serves a connection until the client ends it.
    pub(crate) async fn serve<S>(&self, mut stream: S, thread: usize) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut buffer = vec![0; READ_SIZE];
        let mut filled = 0;
        let mut output = Vec::new();
        let mut body_left = 0_u64;
        loop {
            let read = stream.read(&mut buffer[filled..]).await?;
            if read == 0 {
                return Ok(());
            }
            filled += read;
            let mut used = 0;
            loop {
                let skipped = body_left.min((filled - used) as u64);
                used += usize::try_from(skipped).unwrap_or(0);
                body_left -= skipped;
                let request = match parse(&buffer[used..filled]) {
                    Parsed::Request(request) => request,
                    Parsed::Partial => break,
                    Parsed::Unsupported => {
                        output.extend_from_slice(LENGTH_REQUIRED);
                        return end(&mut stream, &output).await;
                    }
                };
                used += request.head_len;
                body_left = request.body_len;
                self.counters.add_requests(thread, request.answer, 1);
                let answer = &self.answers[request.answer];
                let sent = if request.method == Method::Head { answer.head_len } else { answer.bytes.len() };
                output.extend_from_slice(&answer.bytes[..sent]);
                if request.after == After::Close {
                    return end(&mut stream, &output).await;
                }
                if output.len() >= WRITE_SIZE {
                    flush(&mut stream, &mut output).await?;
                }
            }
            buffer.copy_within(used..filled, 0);
            filled -= used;
            flush(&mut stream, &mut output).await?;
            if filled >= LONGEST_HEAD {
                return end(&mut stream, TOO_LARGE).await;
            }
        }
    }
}

async fn flush<S: AsyncWrite + Unpin>(stream: &mut S, output: &mut Vec<u8>) -> io::Result<()> {
    if !output.is_empty() {
        stream.write_all(output).await?;
        stream.flush().await?;
        output.clear();
    }
    Ok(())
}

async fn end<S: AsyncWrite + Unpin>(stream: &mut S, output: &[u8]) -> io::Result<()> {
    stream.write_all(output).await?;
    stream.shutdown().await
}

#[derive(Debug, PartialEq, Eq)]
enum Parsed {
    Request(Request),
    /// The head is not complete yet.
    Partial,
    /// A body whose end this server cannot find.
    Unsupported,
}

#[derive(Debug, PartialEq, Eq)]
struct Request {
    head_len: usize,
    body_len: u64,
    answer: usize,
    method: Method,
    after: After,
}

#[derive(Debug, PartialEq, Eq)]
enum Method {
    Head,
    Other,
}

#[derive(Debug, PartialEq, Eq)]
enum After {
    KeepAlive,
    Close,
}

/// Finds the end of the first head in `input` and what it asks for. Lenient: it looks at nothing that it does not need.
fn parse(input: &[u8]) -> Parsed {
    let Some(line_end) = memchr::memchr(b'\n', input) else {
        return Parsed::Partial;
    };
    let line = &input[..line_end];
    let method = if line.starts_with(b"HEAD ") { Method::Head } else { Method::Other };
    let mut after = if line.ends_with(b"HTTP/1.0\r") { After::Close } else { After::KeepAlive };
    let answer = answer_for(line);
    let mut body_len = 0;
    let mut at = line_end + 1;
    loop {
        let Some(length) = memchr::memchr(b'\n', &input[at..]) else {
            return Parsed::Partial;
        };
        let line = input[at..at + length].trim_ascii_end();
        at += length + 1;
        if line.is_empty() {
            return Parsed::Request(Request { head_len: at, body_len, answer, method, after });
        }
        // Only three headers matter, and their first letters keep most others from being looked at.
        if !matches!(line[0], b'c' | b'C' | b't' | b'T') {
            continue;
        }
        if let Some(value) = header(line, b"content-length") {
            match std::str::from_utf8(value).map(str::parse) {
                Ok(Ok(length)) => body_len = length,
                Ok(Err(_)) | Err(_) => return Parsed::Unsupported,
            }
        } else if header(line, b"transfer-encoding").is_some() {
            return Parsed::Unsupported;
        } else if header(line, b"connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close")) {
            after = After::Close;
        }
    }
}

/// The value of `line` if it is the header `name` (in lower case).
fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (found, rest) = line.split_at_checked(name.len())?;
    if !found.eq_ignore_ascii_case(name) {
        return None;
    }
    rest.strip_prefix(b":").map(<[u8]>::trim_ascii)
}

fn answer_for(line: &[u8]) -> usize {
    let Some(start) = memchr::memchr(b' ', line) else {
        return 0;
    };
    let target = &line[start + 1..];
    let end = target.iter().position(|byte| matches!(byte, b' ' | b'?')).unwrap_or(target.len());
    PATHS.iter().position(|path| path.as_bytes() == &target[..end]).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(input: &str) -> Request {
        match parse(input.as_bytes()) {
            Parsed::Request(request) => request,
            Parsed::Partial | Parsed::Unsupported => panic!("{input:?} did not parse"),
        }
    }

    #[test]
    fn heads() {
        let head = "GET /1k?x=1 HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n";
        let expected = Request {
            head_len: head.len(),
            body_len: 0,
            answer: 1,
            method: Method::Other,
            after: After::KeepAlive,
        };
        assert_eq!(request(&format!("{head}GET / HTTP/1.1\r\n")), expected);
        for cut in 0..head.len() {
            assert_eq!(parse(&head.as_bytes()[..cut]), Parsed::Partial, "{cut}");
        }
        assert_eq!(request("POST / HTTP/1.1\r\ncontent-LENGTH:  12 \r\n\r\n").body_len, 12);
        assert_eq!(request("HEAD /1m HTTP/1.1\r\n\r\n").method, Method::Head);
        assert_eq!(request("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n").after, After::Close);
        assert_eq!(request("GET / HTTP/1.0\r\n\r\n").after, After::Close);
        assert_eq!(parse(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), Parsed::Unsupported);
        assert_eq!(parse(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"), Parsed::Unsupported);
    }
}
