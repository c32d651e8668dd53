//! The accept loop of one serving thread: connection in, task out.

use std::{io, sync::Arc, time::Duration};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use crate::{
    api::Api,
    clock::now,
    delay::Timer,
    faulty::Faulty,
    freeze::Freezes,
    inference::Inference,
    listen::Listener,
    mock::Mock,
    null::Null,
    stats::{Counters, Stats},
    storefront::Shop,
    stream::{Gated, Stream},
    users::Users,
};

/// How long to wait when accepting fails: the usual reason is that the process is out of file descriptors, and one only
/// comes back when a connection ends.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(5);

/// The server behind the connections, shared by all threads.
#[derive(Debug, Clone)]
pub(crate) enum Server {
    Mock(Arc<Mock>),
    Shop(Arc<Api<Shop>>),
    Inference(Arc<Api<Inference>>),
    Users(Arc<Api<Users>>),
    Faulty(Arc<Faulty>),
    Null(Arc<Null>),
}

impl Server {
    pub(crate) fn counters(&self) -> &Counters {
        match self {
            Self::Mock(mock) => mock.counters(),
            Self::Shop(shop) => shop.counters(),
            Self::Inference(inference) => inference.counters(),
            Self::Users(users) => users.counters(),
            Self::Faulty(faulty) => faulty.counters(),
            Self::Null(null) => null.counters(),
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        match self {
            Self::Shop(shop) => shop.stats(),
            Self::Inference(inference) => inference.stats(),
            Self::Users(users) => users.stats(),
            Self::Mock(mock) => mock.stats(),
            Self::Faulty(_) | Self::Null(_) => self.counters().snapshot(),
        }
    }

    /// What can freeze it.
    fn freezes(&self) -> Freezes {
        let faults = match self {
            Self::Mock(mock) => mock.faults(),
            Self::Shop(shop) => shop.faults(),
            Self::Inference(inference) => inference.faults(),
            Self::Users(users) => users.faults(),
            Self::Faulty(_) | Self::Null(_) => return Freezes::default(),
        };
        let schedule = match self {
            Self::Mock(mock) => Some(Arc::clone(mock.schedule())),
            Self::Shop(_) | Self::Inference(_) | Self::Users(_) | Self::Faulty(_) | Self::Null(_) => None,
        };
        Freezes { schedule, faults: Some(Arc::clone(faults)) }
    }

    pub(crate) fn reset(&self) {
        match self {
            Self::Mock(mock) => mock.reset(now()),
            Self::Shop(shop) => shop.reset(now()),
            Self::Inference(inference) => inference.reset(now()),
            Self::Users(users) => users.reset(now()),
            Self::Faulty(_) | Self::Null(_) => self.counters().reset(),
        }
    }
}

/// One thread's accept loop.
#[derive(Clone)]
pub(crate) struct Acceptor {
    pub(crate) server: Server,
    pub(crate) tls: Option<TlsAcceptor>,
    /// The index of the thread, which is also its shard of the counters.
    pub(crate) thread: usize,
}

impl Acceptor {
    /// Accepts connections for ever and serves each in its own task of the current runtime.
    pub(crate) async fn accept_all(&self, listener: &Listener, timer: &Timer) {
        let freezes = self.server.freezes();
        loop {
            if let Some(until) = freezes.until(now) {
                timer.until(until).await;
                continue;
            }
            match listener.accept().await {
                Ok(stream) => {
                    self.server.counters().add_connection();
                    let (acceptor, timer) = (self.clone(), timer.clone());
                    tokio::spawn(async move {
                        // A connection that breaks is the client's news, not ours.
                        let _ = Box::pin(acceptor.serve(stream, timer)).await;
                    });
                }
                Err(_) => timer.until(now() + AFTER_FAILED_ACCEPT).await,
            }
        }
    }

    async fn serve(self, stream: Stream, timer: Timer) -> io::Result<()> {
        if let Server::Faulty(faulty) = &self.server {
            return faulty.serve(stream, &timer, self.thread).await;
        }
        let stream = Gated::new(stream, self.server.freezes(), &timer);
        match &self.tls {
            None => self.serve_http(stream, timer).await,
            Some(tls) => {
                let stream = tls.accept(stream).await?;
                self.serve_http(stream, timer).await
            }
        }
    }

    async fn serve_http<S>(&self, stream: S, timer: Timer) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        match &self.server {
            Server::Mock(mock) => Arc::clone(mock).serve(stream, timer, self.thread).await,
            Server::Shop(shop) => Arc::clone(shop).serve(stream, timer, self.thread).await,
            Server::Inference(inference) => Arc::clone(inference).serve(stream, timer, self.thread).await,
            Server::Users(users) => Arc::clone(users).serve(stream, timer, self.thread).await,
            Server::Null(null) => null.serve(stream, self.thread).await,
            Server::Faulty(_) => Ok(()),
        }
    }
}
