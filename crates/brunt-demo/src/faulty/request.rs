//! Reading requests from the bare socket: as much as a misbehaving server needs to know.

use std::io;

use tokio::io::AsyncReadExt;

use crate::stream::Stream;

/// A longer head ends the connection; as large as common servers allow, several times over.
const LONGEST_HEAD: usize = 64 * 1024;

/// The requests of one connection, in order.
#[derive(Debug)]
pub(super) struct Incoming {
    stream: Stream,
    buffer: Vec<u8>,
}

/// What matters of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: Method,
    /// The path without its query.
    pub(super) path: String,
    body: Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Head,
    Other,
}

#[derive(Debug, PartialEq, Eq)]
enum Body {
    Sized(u64),
    Chunked,
}

impl Incoming {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// The next request, or nothing when the client has closed; an error where it is not HTTP.
    pub(super) async fn next(&mut self) -> io::Result<Option<Request>> {
        loop {
            if let Some(end) = memchr::memmem::find(&self.buffer, b"\r\n\r\n") {
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                return parse(&head).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into());
            }
            if self.buffer.len() > LONGEST_HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Reads and drops the body of `request`.
    pub(super) async fn skip_body(&mut self, request: &Request) -> io::Result<()> {
        match request.body {
            Body::Sized(length) => self.skip(length).await,
            Body::Chunked => loop {
                let line = self.line().await?;
                let digits = line.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(digits, 16).map_err(|_| io::ErrorKind::InvalidData)?;
                if size == 0 {
                    while !self.line().await?.is_empty() {}
                    return Ok(());
                }
                self.skip(size.saturating_add(2)).await?;
            },
        }
    }

    async fn skip(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            if self.buffer.is_empty() {
                self.fill().await?;
            }
            let size = usize::try_from(count).unwrap_or(usize::MAX).min(self.buffer.len());
            self.buffer.drain(..size);
            count -= size as u64;
        }
        Ok(())
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer) {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            }
            if self.buffer.len() > LONGEST_HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn parse(head: &[u8]) -> Option<Request> {
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let method = if words.next()? == "HEAD" { Method::Head } else { Method::Other };
    let path = words.next()?.split('?').next()?.to_owned();
    words.next()?.strip_prefix("HTTP/1.")?;
    let mut body = Body::Sized(0);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("transfer-encoding") {
            body = Body::Chunked;
        } else if name.eq_ignore_ascii_case("content-length") && body != Body::Chunked {
            body = Body::Sized(value.trim().parse().ok()?);
        }
    }
    Some(Request { method, path, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let request = parse(b"HEAD /ok?x HTTP/1.1\r\nContent-Length: 7\r\n\r\n").expect("a request");
        assert_eq!(request, Request { method: Method::Head, path: "/ok".into(), body: Body::Sized(7) });
        let chunked = parse(b"POST /ok HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n");
        assert_eq!(chunked.map(|request| request.body), Some(Body::Chunked));
        assert_eq!(parse(b"hello\r\n\r\n"), None);
        assert_eq!(parse(b"GET / SPDY/1\r\n\r\n"), None);
    }
}
