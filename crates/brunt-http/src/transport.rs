//! A byte stream to the target: plain, TLS or a Unix socket. A closed set, so no dynamic dispatch.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

/// An open connection.
#[derive(Debug)]
pub(crate) enum Transport {
    Tcp(TcpStream),
    Unix(UnixStream),
    /// Boxed: a TLS session is ten times the size of a socket, and many users have only a socket.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Transport {
    /// Reads what there is; 0 bytes mean that the peer has closed.
    pub(crate) fn poll_read_some(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        // Through `poll_read`, not `try_read`: tokio takes a short read as the sign that the socket is empty
        // and saves the system call that would say so.
        let mut buffer = ReadBuf::new(into);
        ready!(Pin::new(self).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Writes some of `bytes`.
    pub(crate) fn poll_write_some(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => loop {
                match stream.try_write(bytes) {
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => ready!(stream.poll_write_ready(cx))?,
                    result => return Poll::Ready(result),
                }
            },
            Self::Unix(stream) => loop {
                match stream.try_write(bytes) {
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => ready!(stream.poll_write_ready(cx))?,
                    result => return Poll::Ready(result),
                }
            },
            Self::Tls(stream) => match ready!(Pin::new(&mut *stream).poll_write(cx, bytes)) {
                Err(e) => Poll::Ready(Err(ready!(poll_refusal(stream, cx)).unwrap_or(e))),
                written => Poll::Ready(written),
            },
        }
    }

    /// Pushes out what TLS holds back.
    pub(crate) fn poll_flush_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(_) | Self::Unix(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => match ready!(Pin::new(&mut *stream).poll_flush(cx)) {
                Err(e) => Poll::Ready(Err(ready!(poll_refusal(stream, cx)).unwrap_or(e))),
                flushed => Poll::Ready(flushed),
            },
        }
    }

    /// Whether an idle connection has had news: closed by the peer, or bytes that nobody asked for. Either
    /// way it must not carry another request. Costs no system call while there is no news.
    pub(crate) fn is_stale(&mut self) -> bool {
        let mut byte = [0];
        let read = match self {
            Self::Tcp(stream) => stream.try_read(&mut byte),
            Self::Unix(stream) => stream.try_read(&mut byte),
            Self::Tls(stream) => return tls_is_stale(stream),
        };
        !matches!(read, Err(e) if e.kind() == io::ErrorKind::WouldBlock)
    }
}

/// Why the peer has closed a connection that can no longer be written to, if it said so: a refused client
/// certificate is told only after the handshake. Takes nothing of an answer that may have come. Pending until
/// the event loop has learnt that the connection is closed, which it does soon.
fn poll_refusal(stream: &mut TlsStream<TcpStream>, cx: &mut Context<'_>) -> Poll<Option<io::Error>> {
    let read = ready!(Pin::new(stream).poll_read(cx, &mut ReadBuf::new(&mut [])));
    Poll::Ready(read.err().filter(|e| e.kind() == io::ErrorKind::InvalidData))
}

/// TLS has records of its own (session tickets), which are read and are no news; its end is.
fn tls_is_stale(stream: &mut TlsStream<TcpStream>) -> bool {
    let mut byte = [0];
    let mut buffer = ReadBuf::new(&mut byte);
    // Nobody is to be woken: the next exchange polls anew.
    let mut cx = Context::from_waker(std::task::Waker::noop());
    Pin::new(stream).poll_read(&mut cx, &mut buffer).is_ready()
}

/// For HTTP/2, whose library wants tokio's traits.
impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_some(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_flush_all(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
