//! A user's connections: opened, kept for the next request, shared with other users.

use super::Agent;
use super::send::{Hop, Ledger};
use crate::connect::{Time, connect};
use crate::error::Failure;
use crate::http2::{self, Handle, SharedConnections};
use crate::network::Network;
use crate::transport::Transport;
use brunt_engine::{Interrupt, VuContext};
use brunt_metrics::{Nanos, Part, Parts};
use brunt_workload::{HttpVersion, Origin, Scheme};
use std::pin::{Pin, pin};
use std::rc::Rc;

/// A connection kept for the next request to its origin.
pub(super) struct Kept {
    origin: Origin,
    pub(super) connection: Connection,
}

pub(super) enum Connection {
    Http1 {
        transport: Transport,
        /// Only its drop matters.
        _counted: Counted,
    },
    /// Counted by the task that drives it.
    Http2(Handle),
}

/// Counts a connection as open for as long as it lives.
pub(crate) struct Counted(VuContext);

impl Counted {
    fn new(ctx: &VuContext) -> Self {
        ctx.connections_changed(true);
        Self(ctx.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections_changed(false);
    }
}

/// A user keeps connections to this many origins; redirects can lead to any number.
const MAX_KEPT: usize = 16;

impl Agent<'_> {
    /// The connection kept for `origin`, unless it has gone stale.
    pub(super) fn kept(&mut self, origin: &Origin) -> Option<Kept> {
        let at = self.lane.connections.iter().position(|kept| kept.origin == *origin)?;
        let mut kept = self.lane.connections.swap_remove(at);
        let stale = match &mut kept.connection {
            Connection::Http1 { transport, .. } => transport.is_stale(),
            Connection::Http2(handle) => handle.is_closed(),
        };
        (!stale).then_some(kept)
    }

    /// A connection to the hop's origin, and whether others have used it before.
    pub(super) async fn new_connection(
        &mut self,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<(Kept, bool), Failure> {
        let network = Rc::clone(self.network);
        let begun = ctx.now();
        let Some(shared) = self.shared(hop.origin) else {
            let opening = pin!(open(&network, hop.origin, ledger, ctx));
            let connection = in_time(opening, hop, begun, &network, ctx).await?;
            return Ok((Kept { origin: hop.origin.clone(), connection }, false));
        };
        let place = shared.place(hop.origin, self.person.number);
        let opening = pin!(async {
            let mut place = if let Ok(place) = place.try_lock() {
                place
            } else {
                let place = place.lock().await;
                ledger.add_part(Part::Blocked, ctx.now() - begun);
                place
            };
            if let Some(handle) = place.as_ref().filter(|handle| !handle.is_closed()) {
                return Ok((Connection::Http2(handle.clone()), true));
            }
            let connection = open(&network, hop.origin, ledger, ctx).await?;
            if let Connection::Http2(handle) = &connection {
                *place = Some(handle.clone());
            }
            Ok((connection, false))
        });
        let (connection, used) = in_time(opening, hop, begun, &network, ctx).await?;
        Ok((Kept { origin: hop.origin.clone(), connection }, used))
    }

    /// Where connections to `origin` are shared: with other users, or among what the user does side by side.
    fn shared(&self, origin: &Origin) -> Option<&SharedConnections> {
        if self.network.shared.is_some() {
            return self.network.shared.as_ref();
        }
        let http2 = match self.network.version {
            HttpVersion::Http1 => false,
            HttpVersion::Http2 => true,
            HttpVersion::Negotiate => origin.scheme == Scheme::Https,
        };
        let kept = self.network.settings.workload.target.keep_alive;
        (http2 && kept).then(|| self.person.shared.get_or_init(|| SharedConnections::new(1)))
    }

    /// Keeps a connection for the next request, or closes it. Allocates nothing for one that was kept before.
    pub(super) fn keep(&mut self, kept: Kept, keep_alive: bool) {
        let wanted = keep_alive && self.network.settings.workload.target.keep_alive;
        if wanted && self.lane.connections.len() < MAX_KEPT {
            // Nearly every user has one: a vector left to itself would make room for four.
            self.lane.connections.reserve_exact(1);
            self.lane.connections.push(kept);
        }
    }

    /// A failed exchange leaves an HTTP/1 connection unusable; an HTTP/2 one may have lost only a stream.
    pub(super) fn give_up(&mut self, kept: Kept) {
        match &kept.connection {
            Connection::Http1 { .. } => {}
            Connection::Http2(handle) => {
                let usable = !handle.is_closed();
                self.keep(kept, usable);
            }
        }
    }
}

impl Time for VuContext {
    fn now(&self) -> Nanos {
        self.now()
    }

    async fn wait_until(&self, at: Nanos) {
        // One that is cut is interrupted as a whole.
        let _ = self.sleep_until(at).await;
    }
}

async fn open(
    network: &Network,
    origin: &Origin,
    ledger: &mut Ledger,
    ctx: &VuContext,
) -> Result<Connection, Failure> {
    let mut parts = Parts::default();
    let connected = connect(network, origin, ctx, &mut parts).await;
    for part in [Part::Dns, Part::Connect, Part::Tls] {
        ledger.add_part(part, parts.get(part));
    }
    let connected = connected?;
    let counted = Counted::new(ctx);
    if connected.http2 {
        let handle = Box::pin(http2::handshake(connected.transport, counted)).await?;
        return Ok(Connection::Http2(handle));
    }
    Ok(Connection::Http1 { transport: connected.transport, _counted: counted })
}

/// Runs what opens a connection within the connect timeout and the request's own.
async fn in_time<T>(
    opening: Pin<&mut impl Future<Output = Result<T, Failure>>>,
    hop: &Hop<'_>,
    begun: Nanos,
    network: &Network,
    ctx: &VuContext,
) -> Result<T, Failure> {
    let connect_by = begun + network.settings.workload.target.connect_timeout;
    let timeout = if connect_by <= hop.deadline { Failure::ConnectTimeout } else { Failure::RequestTimeout };
    interrupted(ctx.until(connect_by.min(hop.deadline), opening).await, timeout)
}

pub(super) fn interrupted<T>(
    result: Result<Result<T, Failure>, Interrupt>,
    timeout: Failure,
) -> Result<T, Failure> {
    match result {
        Ok(result) => result,
        Err(Interrupt::Deadline) => Err(timeout),
        Err(Interrupt::Cut) => Err(Failure::Cut),
    }
}
