//! HTTP/2: one request and its response as a stream of a connection, through the `h2` crate.
//!
//! Each user has a connection of its own, as a browser has; or, if asked for, the users of a worker share a
//! number of them, as the proxies of a fleet do.

use crate::error::Failure;
use crate::exchange::{Conduct, Progress, Reply, SLOW_PIECES, Wants, piece_due};
use crate::http1::KeepHead;
use crate::transport::Transport;
use crate::user::Counted;
use brunt_engine::VuContext;
use brunt_metrics::Nanos;
use brunt_workload::Origin;
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::{HeaderMap, Request};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use tokio::sync::Mutex;

/// A handle to a connection: cheap to clone, one for each user of it.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    sender: SendRequest<Bytes>,
    state: Rc<State>,
}

/// What all handles of a connection know of it.
#[derive(Debug, Default)]
struct State {
    closed: Cell<bool>,
    /// What TLS said at its end: a refused client certificate is told only after the handshake. Streams are
    /// told no more than that the connection is gone.
    tls_failure: RefCell<Option<String>>,
}

impl Handle {
    /// Whether the connection takes no further request: it has ended, or its server is closing it.
    pub(crate) fn is_closed(&self) -> bool {
        self.state.closed.get()
    }

    fn failure(&self, e: h2::Error) -> Failure {
        // A reset concerns one stream; all else, the connection.
        if !e.is_reset() {
            self.state.closed.set(true);
        }
        match self.state.tls_failure.borrow().as_ref() {
            Some(text) if e.is_io() => Failure::Tls(text.clone()),
            Some(_) | None => failure(e),
        }
    }
}

/// Large enough that flow control never is what a load test measures: per stream, and per connection.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 64 << 20;

/// Speaks HTTP/2 on `transport`. The connection is driven by a task of its own until it ends.
pub(crate) async fn handshake(transport: Transport, counted: Counted) -> Result<Handle, Failure> {
    let (sender, connection) = Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_reset_streams(64)
        .enable_push(false)
        .handshake::<_, Bytes>(transport)
        .await
        .map_err(failure)?;
    let handle = Handle { sender, state: Rc::default() };
    let state = Rc::clone(&handle.state);
    tokio::task::spawn_local(async move {
        // Counts the connection until its end.
        let _counted = counted;
        if let Err(e) = connection.await
            && e.get_io().is_some_and(|io| io.kind() == io::ErrorKind::InvalidData)
        {
            *state.tls_failure.borrow_mut() = Some(e.to_string());
        }
        state.closed.set(true);
    });
    Ok(handle)
}

/// Sends `request` and reads the whole response, if the conduct is to read it. An aborted request is a stream that
/// is reset; one that is sent slowly has its head sent at once (a frame is not sent in pieces) and its body, or its
/// end, spread over the time.
pub(crate) async fn exchange(
    handle: &mut Handle,
    ((request, body), conduct): ((Request<()>, Bytes), Conduct),
    wants: &Wants,
    progress: &mut Progress,
    ctx: &VuContext,
) -> Result<Reply, Failure> {
    poll_fn(|cx| handle.sender.poll_ready(cx)).await.map_err(|e| handle.failure(e))?;
    progress.bytes_out = field_bytes(request.headers()) + request.uri().path().len() as u64;
    let whole = body.is_empty() && !matches!(conduct, Conduct::Slow(_));
    let sending = handle.sender.send_request(request, whole);
    let (response, mut stream) = sending.map_err(|e| handle.failure(e))?;
    match conduct {
        Conduct::Proper if body.is_empty() => {}
        Conduct::Proper => {
            send_body(&mut stream, body, Ending::WithIt, progress).await.map_err(|e| handle.failure(e))?;
        }
        Conduct::Slow(over) => {
            send_slowly(&mut stream, (body, over), progress, ctx).await.map_err(|e| handle.failure(e))?;
        }
        Conduct::Abort => {
            let half = body.slice(..body.len() / 2);
            send_body(&mut stream, half, Ending::Open, progress).await.map_err(|e| handle.failure(e))?;
            // What is queued when a stream is reset is not sent: the connection's task is to write it first.
            for _ in 0..TURNS_TO_WRITE {
                tokio::task::yield_now().await;
            }
            stream.send_reset(h2::Reason::CANCEL);
            progress.sent = ctx.now();
            return Ok(Reply { keep_alive: true, ..Reply::aborted(progress.sent) });
        }
    }
    progress.sent = ctx.now();
    let (head, mut body) = response.await.map_err(|e| handle.failure(e))?.into_parts();
    progress.first_byte = ctx.now();
    progress.bytes_in = field_bytes(&head.headers);
    let mut kept = wants.body_limit.map(|limit| (Vec::new(), limit));
    let mut body_bytes = 0;
    let has_body = !body.is_end_stream();
    while let Some(data) = body.data().await {
        let data = data.map_err(|e| handle.failure(e))?;
        body_bytes += data.len() as u64;
        progress.bytes_in += data.len() as u64;
        // Cannot fail: exactly what was received is given back.
        let _ = body.flow_control().release_capacity(data.len());
        if let Some((kept, limit)) = &mut kept {
            kept.extend_from_slice(&data);
            if kept.len() as u64 > *limit {
                return Err(Failure::BodyTooLarge(*limit));
            }
        }
    }
    let ended = if has_body { ctx.now() } else { progress.first_byte };
    Ok(Reply {
        status: head.status.as_u16(),
        headers: keeps(wants.keep_head, &head.headers).then(|| Box::new(head.headers)),
        body: kept.map(|(body, _)| body),
        body_bytes,
        keep_alive: true,
        ended,
    })
}

/// The task of a connection writes what there is whenever it runs; a frame or two need one run of it.
const TURNS_TO_WRITE: u32 = 3;

/// Whether a request ends with its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    WithIt,
    /// More would follow.
    Open,
}

async fn send_body(
    stream: &mut h2::SendStream<Bytes>,
    mut body: Bytes,
    ending: Ending,
    progress: &mut Progress,
) -> Result<(), h2::Error> {
    while !body.is_empty() {
        stream.reserve_capacity(body.len());
        let capacity = poll_fn(|cx| stream.poll_capacity(cx)).await;
        let room = match capacity {
            Some(Ok(room)) => room,
            // A server that has answered need not read on (RFC 9113, 8.1): its answer counts.
            Some(Err(e)) if e.reason() != Some(h2::Reason::NO_ERROR) => return Err(e),
            Some(Err(_)) | None => return Ok(()),
        };
        let piece = body.split_to(room.min(body.len()));
        progress.bytes_out += piece.len() as u64;
        stream.send_data(piece, body.is_empty() && ending == Ending::WithIt)?;
    }
    Ok(())
}

async fn send_slowly(
    stream: &mut h2::SendStream<Bytes>,
    (mut body, over): (Bytes, Nanos),
    progress: &mut Progress,
    ctx: &VuContext,
) -> Result<(), h2::Error> {
    let begun = ctx.now();
    let length = body.len();
    let pieces = u32::try_from(length).unwrap_or(u32::MAX).clamp(2, SLOW_PIECES);
    for piece in 0..pieces {
        if ctx.sleep_until(piece_due(begun, over, piece, pieces)).await.is_err() {
            // Whoever waits for the exchange is told that the run is cut.
            return Ok(());
        }
        let due = length * (piece as usize + 1) / pieces as usize;
        let sent = length - body.len();
        let next = body.split_to(due - sent);
        send_body(stream, next, Ending::Open, progress).await?;
    }
    // A stream that has ended already tells so by its answer.
    let _ = stream.send_data(Bytes::new(), true);
    Ok(())
}

fn keeps(keep: KeepHead, headers: &HeaderMap) -> bool {
    match keep {
        KeepHead::IfStateful => {
            headers.contains_key(http::header::SET_COOKIE) || headers.contains_key(http::header::LOCATION)
        }
        KeepHead::Always => true,
    }
}

/// Names and values, uncompressed: what HPACK makes of them is not told.
fn field_bytes(headers: &HeaderMap) -> u64 {
    headers.iter().map(|(name, value)| (name.as_str().len() + value.len()) as u64).sum()
}

fn failure(e: h2::Error) -> Failure {
    let text = e.to_string();
    let closed = e.is_go_away() || e.reason() == Some(h2::Reason::REFUSED_STREAM);
    if e.is_io() {
        return e.into_io().map_or(Failure::Closed, Failure::Io);
    }
    if closed { Failure::Closed } else { Failure::Http2(text) }
}

/// Connections that the users of a worker share; or those that one user's requests side by side do.
pub(crate) struct SharedConnections {
    per_origin: u32,
    origins: RefCell<Vec<(Origin, Vec<Place>)>>,
}

/// Where a shared connection is, or is being opened by whoever holds the lock.
pub(crate) type Place = Rc<Mutex<Option<Handle>>>;

/// Origins with shared connections; redirects can lead to any number.
const MAX_SHARED_ORIGINS: usize = 64;

impl SharedConnections {
    pub(crate) fn new(per_origin: u32) -> Self {
        Self { per_origin: per_origin.max(1), origins: RefCell::default() }
    }

    /// The place of `user`'s connection to `origin`.
    pub(crate) fn place(&self, origin: &Origin, user: u64) -> Place {
        let mut origins = self.origins.borrow_mut();
        let at = origins.iter().position(|(o, _)| o == origin).unwrap_or_else(|| {
            if origins.len() == MAX_SHARED_ORIGINS {
                // Whoever uses its connections goes on with them; the next opens new ones.
                origins.remove(0);
            }
            let places = (0..self.per_origin).map(|_| Place::default()).collect();
            origins.push((origin.clone(), places));
            origins.len() - 1
        });
        let places = &origins[at].1;
        let place = usize::try_from(user % u64::from(self.per_origin)).unwrap_or(0);
        Rc::clone(&places[place])
    }
}
