//! One HTTP connection: HTTP/1.1 or HTTP/2 by its first bytes, ended when an answer says that it is the last.
//!
//! For: the targets that speak HTTP properly. Start with [`serve`].

use std::{convert::Infallible, error::Error, future::Future, io, pin::pin, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Version, header};
use hyper::{
    body::{Body, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Notify,
};

/// Streams that a client may open on one HTTP/2 connection: more than a load generator usefully does.
const MOST_STREAMS: u32 = 1_000;

/// What becomes of a connection after an answer; an extension of the response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum After {
    #[default]
    KeepAlive,
    /// `Connection: close` in HTTP/1.1, GOAWAY in HTTP/2, whose open streams are still answered.
    Close,
}

/// Serves `stream` until it ends.
pub(crate) async fn serve<T, F, A, B>(stream: T, answer: F) -> io::Result<()>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    F: Fn(Request<Incoming>) -> A,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().pipeline_flush(true);
    builder.http2().max_concurrent_streams(MOST_STREAMS);
    let last = Arc::new(Notify::new());
    let service = service_fn(|request: Request<Incoming>| {
        let (version, last) = (request.version(), Arc::clone(&last));
        let answering = answer(request);
        async move {
            let mut response = answering.await;
            match response.extensions().get().copied().unwrap_or_default() {
                After::KeepAlive => {}
                After::Close if version == Version::HTTP_2 => last.notify_one(),
                After::Close => {
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = connection.as_mut() => return ended.map_err(io::Error::other),
        () = last.notified() => connection.as_mut().graceful_shutdown(),
    }
    connection.await.map_err(io::Error::other)
}
