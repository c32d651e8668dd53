//! An accepted connection, whatever it came in on, and the gate that freezes it.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

use crate::{
    clock::now,
    delay::{Sleep, Timer},
    freeze::Freezes,
};

/// A connection over TCP or a Unix socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Makes the coming close a reset (RST) instead of an orderly end (FIN). A Unix socket has no such thing.
    pub(crate) fn reset_on_close(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_zero_linger(),
            Self::Unix(_) => Ok(()),
        }
    }
}

/// Calls `$method` of whichever stream it is.
macro_rules! forward {
    ($self:ident, $method:ident, $($argument:expr),*) => {
        match $self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).$method($($argument),*),
            Self::Unix(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_read, cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        forward!(self, poll_write, cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        forward!(self, poll_write_vectored, cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_flush, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_shutdown, cx)
    }
}

/// A connection that neither reads nor writes while its server is frozen.
///
/// It sits below TLS and HTTP, so that a freeze stops handshakes, HTTP/2 frames and slow bodies alike.
#[derive(Debug)]
pub(crate) struct Gated<S> {
    stream: S,
    gate: Option<Gate>,
}

#[derive(Debug)]
struct Gate {
    freezes: Freezes,
    timer: Timer,
    reading: Option<Sleep>,
    writing: Option<Sleep>,
}

impl<S> Gated<S> {
    /// `stream`, frozen whenever `freezes` say so; where there can be none, this costs nothing.
    pub(crate) fn new(stream: S, freezes: Freezes, timer: &Timer) -> Self {
        let gate =
            freezes.possible().then(|| Gate { freezes, timer: timer.clone(), reading: None, writing: None });
        Self { stream, gate }
    }
}

impl Gate {
    fn poll_reading(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        poll_open(&self.freezes, &self.timer, &mut self.reading, cx)
    }

    fn poll_writing(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        poll_open(&self.freezes, &self.timer, &mut self.writing, cx)
    }
}

/// Ready when nothing is frozen. Reading and writing are polled by different tasks, hence a sleep for each.
fn poll_open(freezes: &Freezes, timer: &Timer, slot: &mut Option<Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    loop {
        let Some(until) = freezes.until(now) else {
            *slot = None;
            return Poll::Ready(());
        };
        if slot.is_none() {
            freezes.count();
        }
        let sleep = slot.insert(timer.until(until));
        ready!(Pin::new(sleep).poll(cx));
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gated<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(gate) = &mut this.gate {
            ready!(gate.poll_reading(cx));
        }
        Pin::new(&mut this.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gated<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(gate) = &mut this.gate {
            ready!(gate.poll_writing(cx));
        }
        Pin::new(&mut this.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(gate) = &mut this.gate {
            ready!(gate.poll_writing(cx));
        }
        Pin::new(&mut this.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
