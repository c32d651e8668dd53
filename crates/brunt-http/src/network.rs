//! What the users of a worker share: settings, TLS, resolved names, one read buffer, shared HTTP/2
//! connections.

use crate::error::SetupError;
use crate::http2::SharedConnections;
use crate::login::LoginState;
use crate::patterns::Patterns;
use crate::secrets::Secrets;
use crate::tls;
use crate::wire::Wire;
use brunt_metrics::Nanos;
use brunt_workload::{ConnectTo, HttpVersion, Scheme, Workload};
use rustls::ClientConfig;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// What every worker's network is made from: prepared once, shared by threads.
#[derive(Clone)]
pub struct Settings {
    pub(crate) workload: Arc<Workload>,
    pub(crate) wires: Arc<[Wire]>,
    pub(crate) patterns: Arc<Patterns>,
    pub(crate) secrets: Arc<Secrets>,
    started_unix_ms: u64,
    tls: Arc<OnceLock<Option<Arc<ClientConfig>>>>,
}

impl Settings {
    /// Reads certificates (only if an origin is https: the system's take a while), renders every request's fixed
    /// bytes and compiles paths and expressions.
    pub fn prepare(workload: &Arc<Workload>) -> Result<Self, SetupError> {
        let target = &workload.target;
        let tls = OnceLock::new();
        if target.origins.iter().any(|o| o.scheme == Scheme::Https) {
            let _ = tls.set(Some(tls::client_config(&target.tls, target.version)?));
        }
        let wires = workload.requests.iter().map(|r| Wire::render(r, workload)).collect();
        let patterns = Arc::new(Patterns::compile(workload)?);
        let secrets = Arc::new(Secrets::of(workload));
        let (workload, tls) = (Arc::clone(workload), Arc::new(tls));
        Ok(Self { workload, wires, patterns, secrets, started_unix_ms: 0, tls })
    }

    /// For a run that begins at this wall-clock time, in milliseconds since 1970: what texts that use the present
    /// time are rendered by.
    #[must_use]
    pub fn started_at(self, unix_ms: u64) -> Self {
        Self { started_unix_ms: unix_ms, ..self }
    }

    /// The wall-clock time at the run's instant `now`, in milliseconds since 1970.
    pub(crate) const fn unix_ms(&self, now: Nanos) -> u64 {
        self.started_unix_ms.saturating_add(now.0 / 1_000_000)
    }

    /// The TLS configuration; made now if only a redirect needs it. `None` if it cannot be made.
    fn tls(&self) -> Option<Arc<ClientConfig>> {
        let target = &self.workload.target;
        self.tls.get_or_init(|| tls::client_config(&target.tls, target.version).ok()).clone()
    }
}

/// As large as a socket's usual receive buffer fills at once: a megabyte's body takes few reads.
const BUFFER: usize = 256 * 1024;

/// One worker's share.
pub(crate) struct Network {
    pub(crate) settings: Settings,
    pub(crate) version: HttpVersion,
    /// Every response of the worker is read through this. Borrowed only within a poll.
    pub(crate) buffer: RefCell<Box<[u8]>>,
    pub(crate) shared: Option<SharedConnections>,
    /// Where a request's body is rendered before its length is written. Borrowed only while rendering.
    pub(crate) scratch: RefCell<Vec<u8>>,
    /// Logins that all users of the worker share, by `LoginId`; those of single users are not used.
    pub(crate) logins: Vec<Rc<LoginState>>,
    names: RefCell<Vec<Name>>,
}

struct Name {
    host: String,
    port: u16,
    addresses: Vec<SocketAddr>,
    /// The one that has answered before others: it comes first, also when the name is resolved again.
    preferred: Option<SocketAddr>,
    until: Nanos,
}

impl Name {
    fn prefer(&mut self, address: Option<SocketAddr>) {
        self.preferred = address;
        self.addresses.sort_by_key(|known| Some(*known) != address);
    }
}

/// Hosts remembered by a worker; redirects can lead to any number.
const MAX_NAMES: usize = 256;

impl Network {
    pub(crate) fn new(settings: Settings) -> Self {
        let target = &settings.workload.target;
        let (version, shared) = (target.version, target.shared_connections);
        Self {
            version,
            buffer: RefCell::new(vec![0; BUFFER].into_boxed_slice()),
            shared: shared.filter(|_| version != HttpVersion::Http1).map(SharedConnections::new),
            scratch: RefCell::default(),
            logins: settings.workload.logins.iter().map(|_| Rc::default()).collect(),
            names: RefCell::new(Vec::new()),
            settings,
        }
    }

    pub(crate) fn tls(&self) -> Option<Arc<ClientConfig>> {
        self.settings.tls()
    }

    /// Where `--connect-to` says to go instead of `host` and `port`.
    pub(crate) fn redirected<'a>(&'a self, host: &'a str, port: u16) -> (&'a str, u16) {
        let applies = |rule: &&ConnectTo| {
            rule.host.as_deref().is_none_or(|h| h.eq_ignore_ascii_case(host))
                && rule.port.is_none_or(|p| p == port)
        };
        match self.settings.workload.target.connect_to.iter().find(applies) {
            Some(rule) => (rule.to_host.as_deref().unwrap_or(host), rule.to_port.unwrap_or(port)),
            None => (host, port),
        }
    }

    pub(crate) fn known_addresses(&self, host: &str, port: u16, now: Nanos) -> Option<Vec<SocketAddr>> {
        let names = self.names.borrow();
        let known = names.iter().find(|n| n.port == port && n.host == host && n.until > now)?;
        Some(known.addresses.clone())
    }

    /// An address has answered before those that come first: it is asked first from now on.
    pub(crate) fn prefer_address(&self, host: &str, port: u16, address: SocketAddr) {
        let mut names = self.names.borrow_mut();
        if let Some(name) = names.iter_mut().find(|n| n.port == port && n.host == host) {
            name.prefer(Some(address));
        }
    }

    pub(crate) fn remember_addresses(&self, host: &str, port: u16, addresses: &[SocketAddr], until: Nanos) {
        let mut names = self.names.borrow_mut();
        let known = names.iter().position(|n| n.port == port && n.host == host);
        let preferred = known.and_then(|at| names.swap_remove(at).preferred);
        if names.len() < MAX_NAMES {
            let (host, addresses) = (host.to_owned(), addresses.to_vec());
            let mut name = Name { host, port, addresses, preferred: None, until };
            name.prefer(preferred);
            names.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_answered_is_asked_first() {
        let workload = Arc::new(Workload {
            name: "test".into(),
            seed: 1,
            scenarios: Vec::new(),
            endpoints: Vec::new(),
            requests: Vec::new(),
            checks: Vec::new(),
            feeds: Vec::new(),
            slots: Vec::new(),
            logins: Vec::new(),
            fault_mixes: Vec::new(),
            tallies: Vec::new(),
            target: brunt_workload::TargetSettings::default(),
        });
        let network = Network::new(Settings::prepare(&workload).unwrap());
        let [a, b, c] = [1, 2, 3].map(|host| SocketAddr::from(([127, 0, 0, host], 80)));
        let known = |at| network.known_addresses("name", 80, Nanos(at));
        network.prefer_address("name", 80, a);
        assert_eq!(known(0), None);
        network.remember_addresses("name", 80, &[a, b, c], Nanos(10));
        assert_eq!(known(0), Some(vec![a, b, c]));
        network.prefer_address("name", 80, c);
        network.prefer_address("name", 80, b);
        assert_eq!((known(9), known(10)), (Some(vec![b, c, a]), None));
        // Resolved again: what answered is still first, if it is still there.
        network.remember_addresses("name", 80, &[a, b, c], Nanos(20));
        assert_eq!(known(10), Some(vec![b, a, c]));
        network.remember_addresses("name", 80, &[c, a], Nanos(30));
        assert_eq!(known(20), Some(vec![c, a]));
    }
}
