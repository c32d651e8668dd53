//! HTTP/1: one request and its response on one connection.

mod response;

pub use response::{Head, KeepHead, ResponseError, ResponseReader, Sink};

use crate::error::Failure;
use crate::exchange::{Reply, Wants};
use crate::network::Network;
use crate::transport::Transport;
use brunt_engine::VuContext;
use brunt_metrics::Nanos;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

/// Writes `request` to `transport` and reads the response. An error leaves the connection unusable.
///
/// Reading goes through the worker's one buffer: while a user waits it holds none, so ten thousand idle
/// connections cost ten thousand sockets and nothing else.
pub(crate) async fn exchange(
    transport: &mut Transport,
    request: &[u8],
    wants: &Wants,
    network: &Network,
    ctx: &VuContext,
) -> Result<Reply, Failure> {
    let mut exchange = Exchange {
        transport,
        written: 0,
        flushed: false,
        sent: Nanos::ZERO,
        first_byte: Nanos::ZERO,
        bytes_in: 0,
        reader: ResponseReader::new(wants.head_request, wants.keep_head),
        body: wants.body_limit.map(|limit| (Vec::new(), limit)),
        excess: false,
    };
    let ended = poll_fn(|cx| exchange.poll(cx, request, network, ctx)).await?;
    let keep_alive = exchange.reader.head().keep_alive && !exchange.excess;
    let head = exchange.reader.head();
    Ok(Reply {
        status: head.status,
        headers: head.raw.as_deref().map(|raw| Box::new(header_map(raw))),
        body: exchange.body.map(|(body, _)| body),
        body_bytes: exchange.reader.body_bytes(),
        bytes_in: exchange.bytes_in,
        bytes_out: request.len() as u64,
        keep_alive,
        sent: exchange.sent,
        first_byte: exchange.first_byte,
        ended,
    })
}

struct Exchange<'a> {
    transport: &'a mut Transport,
    written: usize,
    flushed: bool,
    sent: Nanos,
    first_byte: Nanos,
    bytes_in: u64,
    reader: ResponseReader,
    body: Option<(Vec<u8>, u64)>,
    /// Bytes came after the response: whatever they are, they are not the next one.
    excess: bool,
}

impl Exchange<'_> {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        request: &[u8],
        network: &Network,
        ctx: &VuContext,
    ) -> Poll<Result<Nanos, Failure>> {
        while self.written < request.len() {
            match self.transport.poll_write_some(cx, &request[self.written..]) {
                Poll::Ready(Ok(n)) => self.written += n,
                // A server may answer before it has read all, and close: its answer counts.
                Poll::Ready(Err(e)) => {
                    self.written = request.len();
                    self.flushed = true;
                    return match self.poll_response(cx, network, ctx) {
                        Poll::Ready(Ok(ended)) => Poll::Ready(Ok(ended)),
                        Poll::Ready(Err(_)) | Poll::Pending => Poll::Ready(Err(Failure::Io(e))),
                    };
                }
                Poll::Pending => {
                    // A large body may wait for a server that has already answered.
                    return self.poll_response(cx, network, ctx);
                }
            }
        }
        if !self.flushed {
            ready!(self.transport.poll_flush_all(cx)).map_err(Failure::Io)?;
            self.flushed = true;
            self.sent = ctx.now();
        }
        self.poll_response(cx, network, ctx)
    }

    fn poll_response(
        &mut self,
        cx: &mut Context<'_>,
        network: &Network,
        ctx: &VuContext,
    ) -> Poll<Result<Nanos, Failure>> {
        let mut buffer = network.buffer.borrow_mut();
        loop {
            let read = ready!(self.transport.poll_read_some(cx, &mut buffer));
            let n = read.map_err(|e| if self.bytes_in == 0 { Failure::Io(e) } else { Failure::Truncated })?;
            if n == 0 {
                return Poll::Ready(match (self.reader.closed(), self.bytes_in) {
                    (true, _) => Ok(ctx.now()),
                    (false, 0) => Err(Failure::Closed),
                    (false, _) => Err(Failure::Truncated),
                });
            }
            self.bytes_in += n as u64;
            let first = self.first_byte == Nanos::ZERO;
            if first {
                self.first_byte = ctx.now();
            }
            let sink = self.body.as_mut().map(|(body, _)| body);
            let used = self.reader.feed(&buffer[..n], sink)?;
            if let Some((body, limit)) = &self.body
                && body.len() as u64 > *limit
            {
                return Poll::Ready(Err(Failure::BodyTooLarge(*limit)));
            }
            if self.reader.is_done() {
                self.excess = used < n;
                // One reading of the clock serves both ends of a response that came in one piece.
                return Poll::Ready(Ok(if first { self.first_byte } else { ctx.now() }));
            }
        }
    }
}

/// A kept head as a map; fields that are not valid are left out.
fn header_map(raw: &[u8]) -> HeaderMap {
    let mut fields = [httparse::EMPTY_HEADER; response::MAX_HEADERS];
    let mut head = httparse::Response::new(&mut fields);
    let mut map = HeaderMap::new();
    if head.parse(raw).is_ok() {
        for field in head.headers.iter() {
            let name = HeaderName::from_bytes(field.name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(field.value)) {
                map.append(name, value);
            }
        }
    }
    map
}

/// See [`crate::fuzz_response`].
pub(crate) fn fuzz(bytes: &[u8]) {
    let read = |step: usize, head: bool| {
        let mut reader = ResponseReader::new(head, KeepHead::Always);
        let mut body = Vec::new();
        for piece in bytes.chunks(step) {
            match reader.feed(piece, Some(&mut body)) {
                Err(e) => return Err(e),
                Ok(_) if reader.is_done() => break,
                Ok(_) => {}
            }
        }
        let done = reader.closed();
        Ok((done, reader.head().clone(), body))
    };
    for head in [false, true] {
        let whole = read(bytes.len().max(1), head);
        for step in [1, 2, 7] {
            assert_eq!(read(step, head), whole, "in pieces of {step}");
        }
    }
}
