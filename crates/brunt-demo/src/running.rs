//! Starting and stopping a target from synchronous code.
//!
//! Each serving thread has its own single-threaded tokio runtime, so that a target never competes for the caller's
//! runtime and a blocking caller needs none. Start with [`start`].

use std::{
    io,
    net::SocketAddr,
    num::NonZeroUsize,
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use tokio::sync::watch;

use crate::{
    accept::{Acceptor, Server},
    api::Api,
    delay::Timer,
    faulty::Faulty,
    inference::{Inference, InferenceConfig},
    listen::{self, Bind, Bound, Listening, SocketFile},
    mock::{Mock, MockConfig},
    null::Null,
    planted::Planted,
    stats::{Stats, Times},
    storefront::{Shop, ShopConfig},
    tls::{self, Certificates, TlsConfig},
    users::{Users, UsersConfig},
};

/// What to serve.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// An API made of data; see [`crate::mock`].
    Mock(Box<MockConfig>),
    /// A shop behind a load balancer; see [`crate::storefront`].
    Shop(Box<ShopConfig>),
    /// A GPU server for models; see [`crate::inference`].
    Inference(Box<InferenceConfig>),
    /// Users behind a gateway; see [`crate::users`].
    Users(Box<UsersConfig>),
    /// A server that breaks HTTP in a known way per path; see [`crate::faulty`].
    Faulty,
    /// The cheapest server; see [`crate::null`].
    Null,
}

/// What to serve, where, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What to serve.
    pub target: Target,
    /// Where to listen; by default a free port of 127.0.0.1.
    pub bind: Bind,
    /// TLS, or plain text if nothing. The faulty target has no TLS.
    pub tls: Option<TlsConfig>,
    /// Serving threads; 1 by default. More than one share the TCP port by `SO_REUSEPORT`, so that the connections (and
    /// not the requests) are spread over them.
    pub threads: NonZeroUsize,
    /// Whether to keep the times of each request.
    pub times: Times,
    /// The faults to begin with; the faulty and the null target take none. See [`crate::planted`].
    pub faults: Vec<Planted>,
}

impl Config {
    /// `target` on a free loopback port, in plain text, on one thread.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            bind: Bind::default(),
            tls: None,
            threads: NonZeroUsize::MIN,
            times: Times::Off,
            faults: Vec::new(),
        }
    }

    /// A mock API.
    pub fn mock(mock: MockConfig) -> Self {
        Self::new(Target::Mock(Box::new(mock)))
    }

    /// A shop.
    pub fn shop(shop: ShopConfig) -> Self {
        Self::new(Target::Shop(Box::new(shop)))
    }

    /// A GPU server.
    pub fn inference(inference: InferenceConfig) -> Self {
        Self::new(Target::Inference(Box::new(inference)))
    }

    /// Users behind a gateway.
    pub fn users(users: UsersConfig) -> Self {
        Self::new(Target::Users(Box::new(users)))
    }

    /// The misbehaving server.
    pub fn faulty() -> Self {
        Self::new(Target::Faulty)
    }

    /// The cheapest server.
    pub fn null() -> Self {
        Self::new(Target::Null)
    }

    /// Listens at `bind`.
    #[must_use]
    pub fn bind(self, bind: Bind) -> Self {
        Self { bind, ..self }
    }

    /// Serves over TLS.
    #[must_use]
    pub fn tls(self, tls: TlsConfig) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Serves on `threads` threads.
    #[must_use]
    pub fn threads(self, threads: NonZeroUsize) -> Self {
        Self { threads, ..self }
    }

    /// Plants `faults`, instead of those before.
    #[must_use]
    pub fn faults(self, faults: Vec<Planted>) -> Self {
        Self { faults, ..self }
    }

    /// Keeps the times of each request.
    #[must_use]
    pub fn exact_times(self) -> Self {
        Self { times: Times::Exact, ..self }
    }
}

/// A target that is serving. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    bound: Bound,
    server: Server,
    certificates: Option<Certificates>,
    stop: watch::Sender<()>,
    threads: Vec<JoinHandle<()>>,
    /// Only its drop matters.
    _socket_file: Option<SocketFile>,
}

/// Binds and serves until [`Running::stop`] or drop. When it returns, connections are accepted.
///
/// Errors: what binding or starting a thread says; of kind `InvalidInput` if the configuration cannot be served, with a
/// [`crate::ConfigError`] or a [`crate::PlantedError`] inside where one of these is at fault.
pub fn start(config: Config) -> io::Result<Running> {
    let Config { target, bind, tls, threads, times, faults } = config;
    let threads = threads.get();
    if tls.is_some() && target == Target::Faulty {
        let message = "the faulty target breaks HTTP on the bare socket and has no TLS";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let server = server(target, threads, times, faults)?;
    let (tls, certificates) = match tls {
        None => (None, None),
        Some(tls) => {
            let (acceptor, certificates) = tls::acceptor(tls)?;
            (Some(acceptor), Some(certificates))
        }
    };
    let (bound, socket_file, listeners) = listen::bind(&bind, threads)?;
    let (stop, stopped) = watch::channel(());
    // From here on `running` cleans up if a later thread does not start.
    let mut running =
        Running { bound, server, certificates, stop, threads: Vec::new(), _socket_file: socket_file };
    for (thread, listening) in listeners.into_iter().enumerate() {
        let acceptor = Acceptor { server: running.server.clone(), tls: tls.clone(), thread };
        running.threads.push(spawn(acceptor, listening, stopped.clone())?);
    }
    Ok(running)
}

fn server(target: Target, threads: usize, times: Times, faults: Vec<Planted>) -> io::Result<Server> {
    if !faults.is_empty() && matches!(target, Target::Faulty | Target::Null) {
        let message = "faults are planted in `mock`, `shop`, `inference` and `users`; `faulty` breaks HTTP by its paths, and \
                       `null` does nothing but answer";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(match target {
        Target::Mock(config) => {
            let mock = Mock::new(&config, threads, times).map_err(invalid)?;
            mock.faults().plant(faults).map_err(invalid)?;
            Server::Mock(Arc::new(mock))
        }
        Target::Shop(config) => {
            let shop = Shop::new(*config).map_err(invalid)?;
            Server::Shop(Arc::new(Api::new(shop, threads, faults).map_err(invalid)?))
        }
        Target::Inference(config) => {
            let inference = Inference::new(*config).map_err(invalid)?;
            Server::Inference(Arc::new(Api::new(inference, threads, faults).map_err(invalid)?))
        }
        Target::Users(config) => {
            let users = Users::new(*config, threads).map_err(invalid)?;
            Server::Users(Arc::new(Api::new(users, threads, faults).map_err(invalid)?))
        }
        Target::Faulty => Server::Faulty(Arc::new(Faulty::new(threads))),
        Target::Null => Server::Null(Arc::new(Null::new(threads))),
    })
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

/// Starts a serving thread and waits until it accepts connections.
fn spawn(
    acceptor: Acceptor,
    listening: Listening,
    stopped: watch::Receiver<()>,
) -> io::Result<JoinHandle<()>> {
    let (ready, is_ready) = mpsc::sync_channel(1);
    let name = format!("target-{}", acceptor.thread);
    let handle =
        std::thread::Builder::new().name(name).spawn(move || serve(&acceptor, listening, stopped, &ready))?;
    match is_ready.recv() {
        Ok(Ok(())) => Ok(handle),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(io::Error::other("the serving thread ended before it began")),
    }
}

fn serve(
    acceptor: &Acceptor,
    listening: Listening,
    mut stopped: watch::Receiver<()>,
    ready: &mpsc::SyncSender<io::Result<()>>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            // Nobody listens any more only if the starting thread is gone.
            let _ = ready.send(Err(error));
            return;
        }
    };
    runtime.block_on(async {
        let begun = listening.into_listener().and_then(|listener| Ok((listener, Timer::new()?)));
        match begun {
            Ok((listener, timer)) => {
                let _ = ready.send(Ok(()));
                tokio::select! {
                    // Either a message or the sender's end means stop.
                    _ = stopped.changed() => {}
                    () = acceptor.accept_all(&listener, &timer) => {}
                }
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    });
    // Dropping the runtime drops its connections, whatever they were doing.
    drop(runtime);
}

impl Running {
    /// Where the target listens.
    pub fn bound(&self) -> &Bound {
        &self.bound
    }

    /// The TCP address, or nothing for a Unix socket.
    pub fn addr(&self) -> Option<SocketAddr> {
        match &self.bound {
            Bound::Tcp(address) => Some(*address),
            Bound::Unix(_) => None,
        }
    }

    /// The base URL without a slash at the end: `http://127.0.0.1:8080`, `https://[::1]:8443`, or `unix:/path` for a Unix
    /// socket. An unspecified address (`0.0.0.0`, `::`) is given as `localhost`.
    pub fn url(&self) -> String {
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        match &self.bound {
            Bound::Tcp(address) if address.ip().is_unspecified() => {
                format!("{scheme}://localhost:{}", address.port())
            }
            Bound::Tcp(address) => format!("{scheme}://{address}"),
            Bound::Unix(_) => self.bound.to_string(),
        }
    }

    /// The certificates, if the target serves TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// What the target has counted so far.
    pub fn stats(&self) -> Stats {
        self.server.stats()
    }

    /// Sets the counters, the request numbers and the queue back to the start, and starts the clock of stalls and ramps
    /// now. The clock of planted faults starts with the next request.
    pub fn reset(&self) {
        self.server.reset();
    }

    /// Stops serving and returns the last counts.
    ///
    /// Open connections are closed at once, also in the middle of an answer. It returns when the threads have ended,
    /// which takes as long as their current poll: well below a second.
    pub fn stop(mut self) -> Stats {
        self.halt();
        self.stats()
    }

    fn halt(&mut self) {
        // Fails only if every thread is gone, which is what is wanted.
        let _ = self.stop.send(());
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so on stderr; there is nothing to add here.
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.halt();
    }
}
