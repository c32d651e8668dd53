//! A user that speaks HTTP: its connections, its cookies, its requests.

use crate::body;
use crate::checks::holds;
use crate::connect::connect;
use crate::cookies::Cookies;
use crate::error::Failure;
use crate::exchange::{Reply, Wants};
use crate::http1;
use crate::http2::{self, Handle};
use crate::network::{Network, Settings};
use crate::redirect;
use crate::transport::Transport;
use crate::wire::{Message, no_draw, render_body, render_headers, render_http1};
use brunt_engine::{Errand, Interrupt, IterationEnd, Perform, Performed, Start, Vu, VuContext, VuSource, walk};
use brunt_metrics::{ErrorKind, Nanos, Outcome, Part, Parts, Sample, ScenarioId, Status};
use brunt_workload::{CheckRule, Draw, Origin, Request, Workload};
use bytes::Bytes;
use http::Method;
use std::rc::Rc;
use std::sync::Arc;
use url::Url;

/// Makes the HTTP users of one worker.
pub struct HttpUsers {
    network: Rc<Network>,
}

impl HttpUsers {
    /// For one worker; to be made on its thread.
    pub fn new(settings: Settings) -> Self {
        Self { network: Rc::new(Network::new(settings)) }
    }
}

impl VuSource for HttpUsers {
    type Vu = HttpUser;

    fn make(&mut self, _scenario: ScenarioId, user: u64, ctx: &VuContext) -> HttpUser {
        let user = User {
            network: Rc::clone(&self.network),
            number: user,
            connections: Vec::new(),
            cookies: Cookies::default(),
            rendered: Vec::new(),
            ctx: ctx.clone(),
        };
        HttpUser { workload: Arc::clone(&self.network.settings.workload), user }
    }
}

/// One user.
pub struct HttpUser {
    workload: Arc<Workload>,
    user: User,
}

impl Vu for HttpUser {
    async fn iterate(&mut self, start: &Start, ctx: &VuContext) -> IterationEnd {
        walk(&self.workload, &mut self.user, start, ctx).await
    }
}

struct User {
    network: Rc<Network>,
    number: u64,
    connections: Vec<Kept>,
    cookies: Cookies,
    /// A request with generated parts or cookies is rendered here.
    rendered: Vec<u8>,
    ctx: VuContext,
}

/// A connection kept for the next request to its origin.
struct Kept {
    origin: Origin,
    connection: Connection,
}

enum Connection {
    Http1(Transport),
    Http2(Handle),
}

/// A user keeps connections to this many origins; redirects can lead to any number.
const MAX_KEPT: usize = 16;

/// What a request has cost so far, over redirects and retries.
#[derive(Debug, Default)]
struct Ledger {
    parts: Parts,
    bytes_in: u64,
    bytes_out: u64,
    retries: u8,
}

impl Ledger {
    fn add_part(&mut self, part: Part, took: Nanos) {
        self.parts.set(part, self.parts.get(part) + took);
    }

    fn add_reply(&mut self, reply: &Reply, begun: Nanos) {
        let sent = if reply.sent == Nanos::ZERO { reply.first_byte } else { reply.sent };
        self.add_part(Part::Sending, sent - begun);
        self.add_part(Part::Waiting, reply.first_byte - sent);
        self.add_part(Part::Receiving, reply.ended - reply.first_byte);
        self.bytes_in += reply.bytes_in;
        self.bytes_out += reply.bytes_out;
    }
}

/// One hop of a request: what is sent where, and until when.
#[derive(Clone, Copy)]
struct Hop<'a> {
    request: &'a Request,
    origin: &'a Origin,
    method: &'a Method,
    /// The request as HTTP/1.1, if nothing in it changes.
    fixed: Option<&'a [u8]>,
    /// Where in `fixed` cookies go.
    headers_end: usize,
    wants: &'a Wants,
    draw: Draw,
    deadline: Nanos,
}

impl Perform for User {
    async fn perform(
        &mut self,
        errand: Errand<'_>,
        ctx: &VuContext,
        draw: &mut Draw,
    ) -> Performed {
        let Errand { id, due, start } = errand;
        let started = ctx.now();
        ctx.request_started(started);
        ctx.record_lag(started - due);
        let mut ledger = Ledger::default();
        let network = Rc::clone(&self.network);
        let workload = &network.settings.workload;
        let request = &workload.requests[id.0 as usize];
        let wire = &network.settings.wires[id.0 as usize];
        let hop = Hop {
            request,
            origin: &workload.target.origins[usize::from(request.origin.0)],
            method: &wire.method,
            fixed: wire.fixed.as_deref(),
            headers_end: wire.headers_end,
            wants: &wire.wants,
            draw: *draw,
            deadline: started + request.timeout,
        };
        // The draws of one request are its own: skip past them for the next.
        draw.bits();
        let result = self.send(&hop, &mut ledger, ctx).await;
        let (ended, status, outcome) = match result {
            Ok(mut reply) => {
                let ended = reply.ended;
                let outcome = judge(&mut reply, request, workload, ended - started, ctx);
                (ended, Status::code(reply.status), outcome)
            }
            Err(failure) => {
                let outcome = Outcome::Error(failure.kind());
                ctx.detail(request.endpoint, outcome, || failure.to_string());
                (ctx.now(), Status::NONE, outcome)
            }
        };
        ctx.record(&Sample {
            endpoint: request.endpoint,
            phase: start.phase,
            scheduled: due,
            started,
            ended,
            parts: ledger.parts,
            outcome,
            status,
            bytes_out: ledger.bytes_out,
            bytes_in: ledger.bytes_in,
            retries: ledger.retries,
        });
        Performed { ended, ok: outcome.is_ok() }
    }
}

/// How a complete response counts, with every check of it recorded.
fn judge(
    reply: &mut Reply,
    request: &Request,
    workload: &Workload,
    service: Nanos,
    ctx: &VuContext,
) -> Outcome {
    let mut outcome = Outcome::Ok;
    let mut status_checked = false;
    let decoded = match decoded_body(reply, workload) {
        Ok(body) => body,
        Err(failure) => {
            outcome = Outcome::Error(failure.kind());
            ctx.detail(request.endpoint, outcome, || failure.to_string());
            Vec::new()
        }
    };
    for id in &request.checks {
        let check = &workload.checks[id.0 as usize];
        status_checked |= matches!(check.rule, CheckRule::Status(_));
        let held = holds(&check.rule, reply, &decoded, service);
        ctx.record_check(*id, held);
        if !held && outcome.is_ok() {
            outcome = Outcome::Error(ErrorKind::Check);
            ctx.detail(request.endpoint, outcome, || {
                format!("check `{}` failed for a response of status {}", check.name, reply.status)
            });
        }
    }
    if outcome.is_ok() && !status_checked && reply.status >= 400 {
        outcome = Outcome::Error(ErrorKind::Status);
        ctx.detail(request.endpoint, outcome, || format!("status {}", reply.status));
    }
    outcome
}

fn decoded_body(reply: &mut Reply, workload: &Workload) -> Result<Vec<u8>, Failure> {
    match (reply.body.take(), &reply.headers) {
        (None, _) => Ok(Vec::new()),
        (Some(body), None) => Ok(body),
        (Some(body), Some(headers)) => body::decode(body, headers, workload.target.max_kept_body),
    }
}

impl User {
    /// Sends a request and follows its redirects.
    async fn send(&mut self, hop: &Hop<'_>, ledger: &mut Ledger, ctx: &VuContext) -> Result<Reply, Failure> {
        let reply = self.send_once(hop, ledger, ctx).await?;
        if reply.headers.is_none() {
            return Ok(reply);
        }
        // Cold from here on: the response sets a cookie, redirects, or is held against its header.
        let url = self.url_of(hop)?;
        self.learn(&reply, &url);
        if hop.request.redirects == 0 {
            return Ok(reply);
        }
        Box::pin(self.follow(reply, url, hop, ledger, ctx)).await
    }

    async fn follow(
        &mut self,
        mut reply: Reply,
        mut url: Url,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<Reply, Failure> {
        let mut request = hop.request.clone();
        let limit = request.redirects;
        let mut followed = 0;
        while let Some(next) = redirect::follow(reply.status, reply.headers.as_deref(), &url, &request)? {
            if followed == limit {
                return Err(Failure::Redirect(format!("more than {limit} redirects")));
            }
            followed += 1;
            request = next.request;
            url = next.url;
            let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::GET);
            let wants = Wants { head_request: method == Method::HEAD, ..*hop.wants };
            let next_hop = Hop {
                request: &request,
                origin: &next.origin,
                method: &method,
                fixed: None,
                wants: &wants,
                draw: no_draw(),
                ..*hop
            };
            reply = self.send_once(&next_hop, ledger, ctx).await?;
            self.learn(&reply, &url);
        }
        Ok(reply)
    }

    fn learn(&mut self, reply: &Reply, url: &Url) {
        if let Some(headers) = &reply.headers {
            self.cookies.learn(headers, url);
        }
    }

    /// The hop's URL. What is generated in it is generated again, to the same.
    fn url_of(&self, hop: &Hop<'_>) -> Result<Url, Failure> {
        let (mut target, mut draw) = (Vec::new(), hop.draw);
        hop.request.target.render(&mut draw, &mut target);
        let target = String::from_utf8_lossy(&target);
        let text = format!("{}://{}{target}", hop.origin.scheme.name(), hop.origin.authority());
        Url::parse(&text).map_err(|e| Failure::Redirect(format!("`{text}` is not a URL: {e}")))
    }

    /// One exchange. Sent again, once, if a kept connection turns out to be closed and the method allows it.
    async fn send_once(
        &mut self,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<Reply, Failure> {
        self.render(hop)?;
        loop {
            let (connection, reused) = match self.kept(hop, ctx) {
                Some(connection) => (connection, true),
                // Boxed, as all that is rare: a user's task is as large as its largest await.
                None => Box::pin(self.new_connection(hop, ledger, ctx)).await?,
            };
            match self.exchange(connection, hop, ledger, ctx).await {
                Err(failure)
                    if reused && failure.is_close() && hop.method.is_idempotent() && ledger.retries == 0 =>
                {
                    ledger.retries += 1;
                }
                result => return result,
            }
        }
    }

    /// Renders what is not fixed into the user's own buffer.
    fn render(&mut self, hop: &Hop<'_>) -> Result<(), Failure> {
        self.rendered.clear();
        let cookies =
            if self.cookies.is_empty() { None } else { self.cookies.header_for(&self.url_of(hop)?) };
        match (hop.fixed, &cookies) {
            (Some(_), None) => {}
            (Some(fixed), Some(cookies)) => {
                self.rendered.extend_from_slice(&fixed[..hop.headers_end]);
                self.rendered.extend_from_slice(format!("Cookie: {cookies}\r\n").as_bytes());
                self.rendered.extend_from_slice(&fixed[hop.headers_end..]);
            }
            (None, _) => {
                let message = self.message(hop, cookies.as_deref());
                let mut draw = hop.draw;
                let mut rendered = std::mem::take(&mut self.rendered);
                render_http1(&message, &mut draw, &mut rendered);
                self.rendered = rendered;
            }
        }
        Ok(())
    }

    fn message<'a>(&self, hop: &Hop<'a>, cookies: Option<&'a str>) -> Message<'a> {
        let keep_alive = self.network.settings.workload.target.keep_alive;
        Message { request: hop.request, origin: hop.origin, keep_alive, cookies }
    }

    /// The connection kept for the hop's origin, unless it has gone stale.
    fn kept(&mut self, hop: &Hop<'_>, ctx: &VuContext) -> Option<Connection> {
        let at = self.connections.iter().position(|kept| kept.origin == *hop.origin)?;
        match self.connections.swap_remove(at).connection {
            Connection::Http1(transport) if transport.is_stale() => {
                ctx.connections_changed(false);
                None
            }
            connection => Some(connection),
        }
    }

    /// A connection to the hop's origin, and whether others have used it before.
    async fn new_connection(
        &mut self,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<(Connection, bool), Failure> {
        let network = Rc::clone(&self.network);
        if let Some(shared) = &network.shared {
            let place = shared.place(hop.origin, self.number);
            let begun = ctx.now();
            let opening = async {
                let mut place = place.lock().await;
                ledger.add_part(Part::Blocked, ctx.now() - begun);
                if let Some(handle) = place.as_ref() {
                    return Ok((Connection::Http2(handle.clone()), true));
                }
                let connection = open(&network, hop.origin, ledger, ctx).await?;
                if let Connection::Http2(handle) = &connection {
                    *place = Some(handle.clone());
                }
                Ok((connection, false))
            };
            return in_time(opening, hop, begun, &network, ctx).await;
        }
        let begun = ctx.now();
        let connection = in_time(open(&network, hop.origin, ledger, ctx), hop, begun, &network, ctx).await?;
        Ok((connection, false))
    }

    async fn exchange(
        &mut self,
        mut connection: Connection,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<Reply, Failure> {
        let begun = ctx.now();
        let network = Rc::clone(&self.network);
        let result = match &mut connection {
            Connection::Http1(transport) => {
                let bytes = match hop.fixed {
                    Some(fixed) if self.rendered.is_empty() => fixed,
                    Some(_) | None => &self.rendered,
                };
                let exchange = http1::exchange(transport, bytes, hop.wants, &network, ctx);
                interrupted(ctx.until(hop.deadline, exchange).await, Failure::RequestTimeout)
            }
            Connection::Http2(handle) => {
                let (request, body) = self.http2_request(hop)?;
                let exchange = Box::pin(http2::exchange(handle, request, body, hop.wants, ctx));
                interrupted(ctx.until(hop.deadline, exchange).await, Failure::RequestTimeout)
            }
        };
        match &result {
            Ok(reply) => {
                ledger.add_reply(reply, begun);
                self.keep(connection, reply.keep_alive, hop, ctx);
            }
            Err(failure) => self.give_up(connection, failure, hop, ctx),
        }
        result
    }

    fn http2_request(&self, hop: &Hop<'_>) -> Result<(http::Request<()>, Bytes), Failure> {
        let url = self.url_of(hop)?;
        let cookies = if self.cookies.is_empty() { None } else { self.cookies.header_for(&url) };
        let message = self.message(hop, cookies.as_deref());
        // In the order in which HTTP/1 renders them, so that both send the same.
        let (mut draw, mut target, mut body) = (hop.draw, Vec::new(), Vec::new());
        hop.request.target.render(&mut draw, &mut target);
        let headers = render_headers(&message, &mut draw);
        render_body(hop.request, &mut draw, &mut body);
        let uri = format!(
            "{}://{}{}",
            hop.origin.scheme.name(),
            hop.origin.authority(),
            String::from_utf8_lossy(&target)
        );
        let mut request = http::Request::builder().method(hop.method.clone()).uri(uri).body(());
        if let Ok(request) = &mut request {
            *request.headers_mut() = headers;
        }
        let request = request.map_err(|e| Failure::Http2(e.to_string()))?;
        Ok((request, Bytes::from(body)))
    }

    /// Keeps a connection for the next request, or closes it.
    fn keep(&mut self, connection: Connection, keep_alive: bool, hop: &Hop<'_>, ctx: &VuContext) {
        let wanted = keep_alive && self.network.settings.workload.target.keep_alive;
        if wanted && self.connections.len() < MAX_KEPT {
            // Nearly every user has one: a vector left to itself would make room for four.
            self.connections.reserve_exact(1);
            self.connections.push(Kept { origin: hop.origin.clone(), connection });
        } else if matches!(connection, Connection::Http1(_)) {
            ctx.connections_changed(false);
        }
    }

    /// A failed exchange leaves an HTTP/1 connection unusable; an HTTP/2 one may have lost only a stream.
    fn give_up(&mut self, connection: Connection, failure: &Failure, hop: &Hop<'_>, ctx: &VuContext) {
        match connection {
            Connection::Http1(_) => ctx.connections_changed(false),
            Connection::Http2(handle) if matches!(failure, Failure::RequestTimeout | Failure::Cut) => {
                let connection = Connection::Http2(handle);
                self.connections.push(Kept { origin: hop.origin.clone(), connection });
            }
            Connection::Http2(_) => {
                if let Some(shared) = &self.network.shared
                    && let Ok(mut place) = shared.place(hop.origin, self.number).try_lock()
                {
                    *place = None;
                }
            }
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        for kept in &self.connections {
            if matches!(kept.connection, Connection::Http1(_)) {
                self.ctx.connections_changed(false);
            }
        }
    }
}

async fn open(
    network: &Network,
    origin: &Origin,
    ledger: &mut Ledger,
    ctx: &VuContext,
) -> Result<Connection, Failure> {
    let mut parts = Parts::default();
    let connected = connect(network, origin, &|| ctx.now(), &mut parts).await;
    for part in [Part::Dns, Part::Connect, Part::Tls] {
        ledger.add_part(part, parts.get(part));
    }
    let connected = connected?;
    ctx.connections_changed(true);
    if connected.http2 {
        let handle = Box::pin(http2::handshake(connected.transport, ctx)).await?;
        return Ok(Connection::Http2(handle));
    }
    Ok(Connection::Http1(connected.transport))
}

/// Runs what opens a connection within the connect timeout and the request's own.
async fn in_time<T>(
    opening: impl Future<Output = Result<T, Failure>>,
    hop: &Hop<'_>,
    begun: Nanos,
    network: &Network,
    ctx: &VuContext,
) -> Result<T, Failure> {
    let connect_by = begun + network.settings.workload.target.connect_timeout;
    let timeout = if connect_by <= hop.deadline { Failure::ConnectTimeout } else { Failure::RequestTimeout };
    interrupted(ctx.until(connect_by.min(hop.deadline), opening).await, timeout)
}

fn interrupted<T>(result: Result<Result<T, Failure>, Interrupt>, timeout: Failure) -> Result<T, Failure> {
    match result {
        Ok(result) => result,
        Err(Interrupt::Deadline) => Err(timeout),
        Err(Interrupt::Cut) => Err(Failure::Cut),
    }
}
