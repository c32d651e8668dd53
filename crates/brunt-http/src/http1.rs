//! HTTP/1: one request and its response on one connection.

mod response;

pub(crate) use response::KeepHead;
pub use response::ResponseError;

use response::ResponseReader;

use crate::error::Failure;
use crate::exchange::{Progress, Reply, SLOW_PIECES, Wants, piece_due};
use crate::network::Network;
use crate::transport::Transport;
use brunt_engine::VuContext;
use brunt_metrics::Nanos;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};

/// Writes `request` to `transport` and reads the response. An error leaves the connection unusable.
///
/// Reading goes through the worker's one buffer: while a user waits it holds none, so ten thousand idle
/// connections cost ten thousand sockets and nothing else.
pub(crate) async fn exchange(
    transport: &mut Transport,
    request: &[u8],
    wants: &Wants,
    progress: &mut Progress,
    (network, ctx): (&Network, &VuContext),
) -> Result<Reply, Failure> {
    let mut exchange = Exchange::new(transport, request, wants, progress);
    let ended = poll_fn(|cx| exchange.poll(cx, network, ctx)).await?;
    Ok(exchange.reply(ended))
}

/// Writes `request` over the time `over`, a piece at a time, and reads the response. A server that answers before
/// it has all is heard.
pub(crate) async fn exchange_slowly(
    transport: &mut Transport,
    (request, over): (&[u8], Nanos),
    wants: &Wants,
    progress: &mut Progress,
    (network, ctx): (&Network, &VuContext),
) -> Result<Reply, Failure> {
    let allowed = Cell::new(0);
    let mut pacing = pin!(pace(&allowed, request.len(), over, ctx));
    let mut exchange = Exchange::new(transport, request, wants, progress);
    exchange.allowed = Some(&allowed);
    let mut paced = false;
    let ended = poll_fn(|cx| {
        paced = paced || pacing.as_mut().poll(cx).is_ready();
        exchange.poll(cx, network, ctx)
    })
    .await?;
    Ok(exchange.reply(ended))
}

/// Lets more and more of a request's bytes be written.
async fn pace(allowed: &Cell<usize>, length: usize, over: Nanos, ctx: &VuContext) {
    let begun = ctx.now();
    let pieces = u32::try_from(length).unwrap_or(u32::MAX).clamp(1, SLOW_PIECES);
    for piece in 0..pieces {
        if ctx.sleep_until(piece_due(begun, over, piece, pieces)).await.is_err() {
            return;
        }
        allowed.set(length * (piece as usize + 1) / pieces as usize);
    }
}

/// Writes the first bytes of a request and nothing else. The connection is of no further use.
pub(crate) async fn abort(
    transport: &mut Transport,
    request: &[u8],
    progress: &mut Progress,
    ctx: &VuContext,
) -> Result<Reply, Failure> {
    while let Some(rest) = request.get(progress_of(progress)..).filter(|rest| !rest.is_empty()) {
        let written = poll_fn(|cx| transport.poll_write_some(cx, rest)).await.map_err(Failure::Io)?;
        progress.bytes_out += written as u64;
    }
    poll_fn(|cx| transport.poll_flush_all(cx)).await.map_err(Failure::Io)?;
    progress.sent = ctx.now();
    Ok(Reply::aborted(progress.sent))
}

fn progress_of(progress: &Progress) -> usize {
    usize::try_from(progress.bytes_out).unwrap_or(usize::MAX)
}

struct Exchange<'a> {
    transport: &'a mut Transport,
    request: &'a [u8],
    progress: &'a mut Progress,
    written: usize,
    flushed: bool,
    /// Why no more can be written. A server may answer before it has read all, and close: its answer counts.
    broken: Option<io::Error>,
    reader: ResponseReader,
    body: Option<(Vec<u8>, u64)>,
    /// Bytes came after the response: whatever they are, they are not the next one.
    excess: bool,
    /// How many bytes may be written by now, if not all. Whoever raises it polls again.
    allowed: Option<&'a Cell<usize>>,
}

impl<'a> Exchange<'a> {
    fn new(
        transport: &'a mut Transport,
        request: &'a [u8],
        wants: &Wants,
        progress: &'a mut Progress,
    ) -> Self {
        Self {
            transport,
            request,
            progress,
            written: 0,
            flushed: false,
            broken: None,
            reader: ResponseReader::new(wants.head_request, wants.keep_head),
            body: wants.body_limit.map(|limit| (Vec::new(), limit)),
            excess: false,
            allowed: None,
        }
    }

    fn reply(self, ended: Nanos) -> Reply {
        // A request of which a part is still to be written would be continued by the next one.
        let whole = self.flushed && !self.excess;
        let body_bytes = self.reader.body_bytes();
        let head = self.reader.head();
        Reply {
            status: head.status,
            headers: head.raw.as_deref().map(|raw| Box::new(header_map(raw))),
            keep_alive: head.keep_alive && whole,
            body: self.body.map(|(body, _)| body),
            body_bytes,
            ended,
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        network: &Network,
        ctx: &VuContext,
    ) -> Poll<Result<Nanos, Failure>> {
        if !self.flushed && self.broken.is_none() {
            match self.poll_request(cx) {
                Poll::Ready(Ok(())) => {
                    self.flushed = true;
                    self.progress.sent = ctx.now();
                }
                Poll::Ready(Err(e)) => self.broken = Some(e),
                // A large body may wait for a server that has already answered.
                Poll::Pending => {}
            }
        }
        let result = ready!(self.poll_response(cx, network, ctx));
        Poll::Ready(result.map_err(|failure| self.broken.take().map_or(failure, Failure::Io)))
    }

    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let allowed = self.allowed.map_or(self.request.len(), Cell::get);
        while self.written < allowed {
            let n = ready!(self.transport.poll_write_some(cx, &self.request[self.written..allowed]))?;
            self.written += n;
            self.progress.bytes_out = self.written as u64;
        }
        if allowed < self.request.len() {
            // What has been allowed goes out now: TLS would hold it back.
            ready!(self.transport.poll_flush_all(cx))?;
            return Poll::Pending;
        }
        self.transport.poll_flush_all(cx)
    }

    fn poll_response(
        &mut self,
        cx: &mut Context<'_>,
        network: &Network,
        ctx: &VuContext,
    ) -> Poll<Result<Nanos, Failure>> {
        let mut buffer = network.buffer.borrow_mut();
        let progress = &mut *self.progress;
        loop {
            let read = ready!(self.transport.poll_read_some(cx, &mut buffer));
            let n =
                read.map_err(|e| if progress.bytes_in == 0 { Failure::Io(e) } else { Failure::Truncated })?;
            if n == 0 {
                return Poll::Ready(match (self.reader.closed(), progress.bytes_in) {
                    (true, _) => Ok(ctx.now()),
                    (false, 0) => Err(Failure::Closed),
                    (false, _) => Err(Failure::Truncated),
                });
            }
            progress.bytes_in += n as u64;
            let first = progress.first_byte == Nanos::ZERO;
            if first {
                progress.first_byte = ctx.now();
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
                return Poll::Ready(Ok(if first { progress.first_byte } else { ctx.now() }));
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

/// An answer of which all bytes are there, read as one that comes over a connection.
pub(crate) fn whole(bytes: &[u8], wants: &Wants) -> Option<Reply> {
    let mut reader = ResponseReader::new(wants.head_request, wants.keep_head);
    let mut body = wants.body_limit.map(|_| Vec::new());
    reader.feed(bytes, body.as_mut()).ok()?;
    let body_bytes = reader.body_bytes();
    let head = reader.is_done().then(|| reader.head())?;
    Some(Reply {
        status: head.status,
        headers: head.raw.as_deref().map(|raw| Box::new(header_map(raw))),
        keep_alive: head.keep_alive,
        body,
        body_bytes,
        ended: Nanos::ZERO,
    })
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
