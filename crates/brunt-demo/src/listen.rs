//! Binding: TCP over IPv4 and IPv6, and Unix sockets, once or once per thread.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::net::UnixListener,
    path::PathBuf,
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    net::{AddressFamily, SocketType, sockopt},
};

use crate::stream::Stream;

/// Connections that may wait to be accepted. The kernel cuts it to its own limit (4096 on a current Linux); fewer would
/// make a burst of connections fail or wait a second for a repeated SYN, which is not what a target is asked to show.
const BACKLOG: i32 = 4096;

/// Where a target is to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// A TCP address; port 0 takes a free one.
    Tcp(SocketAddr),
    /// A path for a Unix socket, which must not exist; it is removed when the target stops.
    Unix(PathBuf),
}

impl Default for Bind {
    /// A free port of the IPv4 loopback.
    fn default() -> Self {
        Self::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }
}

/// Where a target does listen. Its `Display` is `127.0.0.1:8080`, `[::1]:8080` or `unix:/path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// A TCP address with its real port.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Binds one listener per thread. TCP listeners share their port by `SO_REUSEPORT`, so that the kernel spreads the
/// connections; Unix listeners share one queue.
pub(crate) fn bind(bind: &Bind, threads: usize) -> io::Result<(Bound, Option<SocketFile>, Vec<Listening>)> {
    match bind {
        Bind::Tcp(address) => {
            let first = bind_tcp(*address, threads > 1)?;
            let bound = first.local_addr()?;
            let mut listeners = vec![Listening::Tcp(first)];
            for _ in 1..threads {
                listeners.push(Listening::Tcp(bind_tcp(bound, true)?));
            }
            Ok((Bound::Tcp(bound), None, listeners))
        }
        Bind::Unix(path) => {
            let first = UnixListener::bind(path)?;
            let file = SocketFile(path.clone());
            first.set_nonblocking(true)?;
            let mut listeners = Vec::new();
            for _ in 1..threads {
                listeners.push(Listening::Unix(first.try_clone()?));
            }
            listeners.push(Listening::Unix(first));
            Ok((Bound::Unix(path.clone()), Some(file), listeners))
        }
    }
}

/// The file of a Unix socket that we made; removed on drop.
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody may have removed it already, which is as good.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn bind_tcp(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    // A target restarts on the port it just left.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if shared {
        sockopt::set_socket_reuseport(&socket, true)?;
    }
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A bound listener that no runtime owns yet.
#[derive(Debug)]
pub(crate) enum Listening {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listening {
    /// Hands the listener to the current tokio runtime.
    pub(crate) fn into_listener(self) -> io::Result<Listener> {
        Ok(match self {
            Self::Tcp(listener) => Listener::Tcp(tokio::net::TcpListener::from_std(listener)?),
            Self::Unix(listener) => Listener::Unix(tokio::net::UnixListener::from_std(listener)?),
        })
    }
}

/// A listener of the current runtime.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(tokio::net::TcpListener),
    Unix(tokio::net::UnixListener),
}

impl Listener {
    /// The next connection. Small answers leave at once (`TCP_NODELAY`): a target must not add Nagle's delay.
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
            Self::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}
