//! The page on a port, on a thread of its own with a lower priority than the load.

use crate::api::{App, STREAMS, router};
use crate::{Access, Aim, Board, Desk, Token};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// The most connections at once: a browser opens six.
const CONNECTIONS: usize = 256;

/// A client that sends no head for so long is gone.
const HEAD: Duration = Duration::from_secs(15);

/// How the page is served.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where; port 0 takes a free one.
    pub address: SocketAddr,
    /// Other names of this machine that it is reached by.
    pub hosts: Vec<String>,
    /// Needed off the loopback.
    pub token: Option<Token>,
    /// Nothing can be changed.
    pub read_only: bool,
    /// Where load may go.
    pub aim: Aim,
    /// Over TLS.
    pub tls: Option<Tls>,
}

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate, with its chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port is taken, or not ours to take.
    #[error("cannot listen on {address}: {source}\n  = help: {}", port_help(.address))]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Anybody in the network could start load.
    #[error(
        "{0} is reached by others: a token is needed\n  = help: leave `--web-token` out, and one is made and printed"
    )]
    NoToken(SocketAddr),
    /// The certificate or key cannot be used.
    #[error("cannot use `{}`: {why}\n  = help: give PEM files: `--web-cert cert.pem --web-key key.pem`", path.display())]
    Tls {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The system has no thread or timer left.
    #[error("cannot start the page's thread: {0}")]
    Thread(#[from] io::Error),
}

fn port_help(address: &SocketAddr) -> String {
    match address.port() {
        0 => "is the address one of this machine?".into(),
        _ => "is another brunt or Locust running? take another port: `--web-port 0` takes a free one".into(),
    }
}

/// A page that is served. It goes on until [`stop`](Self::stop), or until the process ends.
pub struct Server {
    address: SocketAddr,
    url: String,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to open: with the token in its fragment, which no server and no log sees.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends all connections and the thread.
    pub fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serves the page of `board` and `desk`. Blocks for as long as it takes to listen.
pub fn serve(settings: Settings, board: Arc<Board>, desk: Arc<dyn Desk>) -> Result<Server, ServeError> {
    if !settings.address.ip().is_loopback() && settings.token.is_none() {
        return Err(ServeError::NoToken(settings.address));
    }
    let acceptor = settings.tls.as_ref().map(acceptor).transpose()?;
    let bind = |source| ServeError::Bind { address: settings.address, source };
    let listener = TcpListener::bind(settings.address).map_err(bind)?;
    listener.set_nonblocking(true).map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let access = Access {
        bound: address,
        hosts: settings.hosts,
        token: settings.token,
        read_only: settings.read_only,
        tls: acceptor.is_some(),
    };
    let url = url(&access);
    let (stop, stopped) = watch::channel(false);
    let app = App {
        board,
        desk,
        access: Arc::new(access),
        aim: Arc::new(settings.aim),
        streams: Arc::new(Semaphore::new(STREAMS)),
        stopped: stopped.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let work = move || {
        give_way();
        runtime.block_on(accept(listener, acceptor, router(app), stopped));
        // What still reads a record is not waited for.
        runtime.shutdown_background();
    };
    let thread = thread::Builder::new().name("brunt-web".into()).spawn(work)?;
    Ok(Server { address, url, stop, thread: Some(thread) })
}

/// The address to open.
fn url(access: &Access) -> String {
    let scheme = if access.tls { "https" } else { "http" };
    let mut address = access.bound;
    // All addresses are none that can be opened.
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let token = access.token.as_ref().map(|t| format!("#token={}", t.text())).unwrap_or_default();
    format!("{scheme}://{address}/{token}")
}

/// Load comes first: threads of this one have less of a busy processor. On systems where it cannot be asked for, nothing changes.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        // On Linux the priority is the thread's, whatever the call is named.
        let _ = rustix::process::setpriority_process(None, 10);
    }
}

fn acceptor(tls: &Tls) -> Result<TlsAcceptor, ServeError> {
    let refused = |path: &PathBuf, why: &dyn std::fmt::Display| ServeError::Tls {
        path: path.clone(),
        why: why.to_string(),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect)
        .map_err(|e| refused(&tls.certificate, &e))?;
    if chain.is_empty() {
        return Err(refused(&tls.certificate, &"there is no certificate in it"));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|e| refused(&tls.key, &e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| refused(&tls.certificate, &e))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| refused(&tls.key, &e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn accept(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            // No descriptor left, most likely: others will end.
            pause(Duration::from_millis(50)).await;
            continue;
        };
        // With no room left a connection is closed at once.
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else { continue };
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            connection(stream, acceptor, router).await;
            drop(place);
        });
    }
}

/// Paces answers to browsers; the load's own clock is the engine's.
#[expect(clippy::disallowed_methods, reason = "no measured time depends on it")]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, router: Router) {
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    // How a connection ends is the browser's affair.
    match acceptor {
        None => {
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        }
        Some(acceptor) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(HEAD, acceptor.accept(stream)).await {
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            }
        }
    }
}
