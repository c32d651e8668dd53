//! Opening a connection: name, socket, TLS, each part timed. `dial` says which of a name's addresses is connected to.

mod dial;

use crate::error::Failure;
use crate::network::Network;
use crate::transport::Transport;
use brunt_metrics::{Nanos, Part, Parts};
use brunt_workload::{HttpVersion, Origin, Scheme};
use rustls::pki_types::ServerName;
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_rustls::TlsConnector;

/// The time, as whoever connects has it.
pub(crate) trait Time {
    /// The present instant.
    fn now(&self) -> Nanos;

    /// Over at `at`, or when all that waits is given up.
    fn wait_until(&self, at: Nanos) -> impl Future<Output = ()>;
}

/// A connection and what its server agreed to speak.
pub(crate) struct Connected {
    pub(crate) transport: Transport,
    pub(crate) http2: bool,
}

/// Opens a connection to `origin` and adds to `parts` what each step took.
pub(crate) async fn connect(
    network: &Network,
    origin: &Origin,
    time: &impl Time,
    parts: &mut Parts,
) -> Result<Connected, Failure> {
    let prior_knowledge = network.version == HttpVersion::Http2;
    if let Some(path) = &origin.unix {
        let begun = time.now();
        let stream = UnixStream::connect(path)
            .await
            .map_err(|source| Failure::Connect { address: path.display().to_string(), source })?;
        parts.set(Part::Connect, time.now() - begun);
        return Ok(Connected { transport: Transport::Unix(stream), http2: prior_knowledge });
    }
    let (host, port) = network.redirected(&origin.host, origin.port);
    let begun = time.now();
    let addresses = Box::pin(resolve(network, host, port, begun)).await?;
    let resolved = time.now();
    if host.parse::<IpAddr>().is_err() {
        parts.set(Part::Dns, resolved - begun);
    }
    let (stream, address) = dial::dial(&addresses, time).await?;
    if addresses.first() != Some(&address) {
        network.prefer_address(host, port, address);
    }
    let connected = time.now();
    parts.set(Part::Connect, connected - resolved);
    if origin.scheme == Scheme::Http {
        return Ok(Connected { transport: Transport::Tcp(stream), http2: prior_knowledge });
    }
    let stream = Box::pin(handshake(network, origin, stream)).await?;
    parts.set(Part::Tls, time.now() - connected);
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    if network.version == HttpVersion::Http2 && !http2 {
        return Err(Failure::Http2("the server does not offer h2 (ALPN)".to_owned()));
    }
    Ok(Connected { transport: Transport::Tls(Box::new(stream)), http2 })
}

/// How long a resolved name is used before it is asked for again. The system's resolver does not tell the
/// record's own lifetime.
const NAME_LIFETIME: Nanos = Nanos::from_secs(30);

async fn resolve(network: &Network, host: &str, port: u16, now: Nanos) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    if let Some(addresses) = network.known_addresses(host, port, now) {
        return Ok(addresses);
    }
    let failed = |source| Failure::Dns { host: host.to_owned(), source };
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await.map_err(failed)?.collect();
    if addresses.is_empty() {
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    }
    network.remember_addresses(host, port, &addresses, now + NAME_LIFETIME);
    // As they are to be asked.
    Ok(network.known_addresses(host, port, now).unwrap_or(addresses))
}

async fn handshake(
    network: &Network,
    origin: &Origin,
    stream: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failure> {
    let Some(config) = network.tls() else {
        return Err(Failure::Tls("this run was prepared without TLS".to_owned()));
    };
    let name = ServerName::try_from(origin.host.clone())
        .map_err(|_| Failure::Tls(format!("`{}` cannot be the name of a TLS server", origin.host)))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|e| {
        if matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Other) {
            Failure::Tls(e.to_string())
        } else if e.kind() == io::ErrorKind::UnexpectedEof {
            Failure::Tls("the server closed during the handshake".to_owned())
        } else {
            Failure::Io(e)
        }
    })
}
