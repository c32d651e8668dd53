//! HTTP/2: one request and its response as a stream of a connection, through the `h2` crate.
//!
//! Each user has a connection of its own, as a browser has; or, if asked for, the users of a worker share a
//! number of them, as the proxies of a fleet do.

use crate::error::Failure;
use crate::exchange::{Reply, Wants};
use crate::http1::KeepHead;
use crate::transport::Transport;
use brunt_engine::VuContext;
use brunt_workload::Origin;
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::{HeaderMap, Request, Response};
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use tokio::sync::Mutex;

/// A handle to a connection: cheap to clone, one for each user of it.
pub(crate) type Handle = SendRequest<Bytes>;

/// Large enough that flow control never is what a load test measures: per stream, and per connection.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 64 << 20;

/// Speaks HTTP/2 on `transport`. The connection is driven by a task of its own until it ends.
pub(crate) async fn handshake(transport: Transport, ctx: &VuContext) -> Result<Handle, Failure> {
    let (handle, connection) = Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_reset_streams(64)
        .enable_push(false)
        .handshake::<_, Bytes>(transport)
        .await
        .map_err(failure)?;
    let ctx = ctx.clone();
    tokio::task::spawn_local(async move {
        // How it ended reaches the users through their streams.
        let _ = connection.await;
        ctx.connections_changed(false);
    });
    Ok(handle)
}

/// Sends `request` and reads the whole response.
pub(crate) async fn exchange(
    handle: &mut Handle,
    request: Request<()>,
    body: Bytes,
    wants: &Wants,
    ctx: &VuContext,
) -> Result<Reply, Failure> {
    poll_fn(|cx| handle.poll_ready(cx)).await.map_err(failure)?;
    let mut bytes_out = field_bytes(request.headers()) + body.len() as u64;
    bytes_out += request.uri().path().len() as u64;
    let (response, mut stream) = handle.send_request(request, body.is_empty()).map_err(failure)?;
    if !body.is_empty() {
        send_body(&mut stream, body).await?;
    }
    let sent = ctx.now();
    let (head, mut body) = response.await.map_err(failure)?.into_parts();
    let first_byte = ctx.now();
    let mut kept = wants.body_limit.map(|limit| (Vec::new(), limit));
    let mut body_bytes = 0;
    while let Some(data) = body.data().await {
        let data = data.map_err(failure)?;
        body_bytes += data.len() as u64;
        // Cannot fail: exactly what was received is given back.
        let _ = body.flow_control().release_capacity(data.len());
        if let Some((kept, limit)) = &mut kept {
            kept.extend_from_slice(&data);
            if kept.len() as u64 > *limit {
                return Err(Failure::BodyTooLarge(*limit));
            }
        }
    }
    let ended = if body_bytes == 0 { first_byte } else { ctx.now() };
    let head = Response::from_parts(head, ());
    Ok(Reply {
        status: head.status().as_u16(),
        bytes_in: field_bytes(head.headers()) + body_bytes,
        headers: (wants.keep_head != KeepHead::Never).then(|| Box::new(head.headers().clone())),
        body: kept.map(|(body, _)| body),
        body_bytes,
        bytes_out,
        keep_alive: true,
        sent,
        first_byte,
        ended,
    })
}

async fn send_body(stream: &mut h2::SendStream<Bytes>, mut body: Bytes) -> Result<(), Failure> {
    while !body.is_empty() {
        stream.reserve_capacity(body.len());
        let capacity = poll_fn(|cx| stream.poll_capacity(cx)).await;
        let room = capacity.ok_or(Failure::Closed)?.map_err(failure)?;
        let piece = body.split_to(room.min(body.len()));
        stream.send_data(piece, body.is_empty()).map_err(failure)?;
    }
    Ok(())
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

/// Connections that the users of a worker share.
pub(crate) struct SharedConnections {
    per_origin: u32,
    origins: RefCell<Vec<(Origin, Vec<Place>)>>,
}

/// Where a shared connection is, or is being opened by whoever holds the lock.
pub(crate) type Place = Rc<Mutex<Option<Handle>>>;

impl SharedConnections {
    pub(crate) fn new(per_origin: u32) -> Self {
        Self { per_origin: per_origin.max(1), origins: RefCell::default() }
    }

    /// The place of `user`'s connection to `origin`.
    pub(crate) fn place(&self, origin: &Origin, user: u64) -> Place {
        let mut origins = self.origins.borrow_mut();
        let at = origins.iter().position(|(o, _)| o == origin).unwrap_or_else(|| {
            let places = (0..self.per_origin).map(|_| Place::default()).collect();
            origins.push((origin.clone(), places));
            origins.len() - 1
        });
        let places = &origins[at].1;
        let place = usize::try_from(user % u64::from(self.per_origin)).unwrap_or(0);
        Rc::clone(&places[place])
    }
}
