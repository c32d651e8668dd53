//! Sending a request: over redirects, once more if a kept connection was closed.

use super::User;
use super::connections::{Connection, Kept, interrupted};
use crate::error::Failure;
use crate::exchange::{Progress, Reply, Wants};
use crate::http1;
use crate::http2;
use crate::redirect;
use crate::wire::{Message, drawn, no_draw, render_http1, render_http2};
use brunt_engine::VuContext;
use brunt_metrics::{Nanos, Part, Parts};
use brunt_workload::{Draw, Origin, Request};
use bytes::Bytes;
use http::Method;
use std::pin::pin;
use std::rc::Rc;
use url::Url;

/// What a request has cost so far, over redirects and retries.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) parts: Parts,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) retries: u8,
}

impl Ledger {
    pub(super) fn add_part(&mut self, part: Part, took: Nanos) {
        self.parts.set(part, self.parts.get(part) + took);
    }

    /// Adds an exchange that went on from `begun` to `ended`, as far as it came.
    fn add(&mut self, progress: &Progress, begun: Nanos, ended: Nanos) {
        let or = |at: Nanos, otherwise: Nanos| if at == Nanos::ZERO { otherwise } else { at.min(otherwise) };
        let first_byte = or(progress.first_byte, ended);
        // An answer may come before the whole request has been sent.
        let sent = or(progress.sent, first_byte);
        self.add_part(Part::Sending, sent - begun);
        self.add_part(Part::Waiting, first_byte - sent);
        self.add_part(Part::Receiving, ended - first_byte);
        self.bytes_in += progress.bytes_in;
        self.bytes_out += progress.bytes_out;
    }
}

/// One hop of a request: what is sent where, and until when.
#[derive(Clone, Copy)]
pub(super) struct Hop<'a> {
    pub(super) request: &'a Request,
    pub(super) origin: &'a Origin,
    pub(super) method: &'a Method,
    /// The request as HTTP/1.1, if nothing in it changes.
    pub(super) fixed: Option<&'a [u8]>,
    /// The same for HTTP/2.
    pub(super) fixed_http2: Option<&'a (http::Request<()>, Bytes)>,
    /// Where in `fixed` cookies go.
    pub(super) headers_end: usize,
    pub(super) wants: &'a Wants,
    pub(super) draw: Draw,
    pub(super) deadline: Nanos,
}

impl User {
    /// Sends a request and follows its redirects.
    pub(super) async fn send(
        &mut self,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<Reply, Failure> {
        let reply = self.send_once(hop, ledger, ctx).await?;
        if reply.headers.is_none() {
            return Ok(reply);
        }
        // Cold from here on: the response sets a cookie, redirects, or is held against its header.
        let url = Self::url_of(hop)?;
        self.learn(&reply, &url);
        if hop.request.redirects == 0 {
            return Ok(reply);
        }
        Box::pin(self.follow((reply, url), hop, ledger, ctx)).await
    }

    async fn follow(
        &mut self,
        (mut reply, mut url): (Reply, Url),
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<Reply, Failure> {
        let mut request = drawn(hop.request, hop.draw);
        let mut origin = hop.origin.clone();
        let limit = request.redirects;
        let mut followed = 0;
        loop {
            let headers = reply.headers.as_deref();
            let Some(next) = redirect::follow(reply.status, headers, (&url, &origin), &request)? else {
                return Ok(reply);
            };
            if followed == limit {
                return Err(Failure::Redirect(format!("more than {limit} redirects")));
            }
            followed += 1;
            request = next.request;
            url = next.url;
            origin = next.origin;
            let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::GET);
            let wants = Wants { head_request: method == Method::HEAD, ..*hop.wants };
            let next_hop = Hop {
                request: &request,
                origin: &origin,
                method: &method,
                fixed: None,
                fixed_http2: None,
                wants: &wants,
                draw: no_draw(),
                ..*hop
            };
            reply = self.send_once(&next_hop, ledger, ctx).await?;
            self.learn(&reply, &url);
        }
    }

    fn learn(&mut self, reply: &Reply, url: &Url) {
        if let Some(headers) = &reply.headers {
            self.cookies.learn(headers, url);
        }
    }

    /// The hop's URL. What is generated in it is generated again, to the same.
    fn url_of(hop: &Hop<'_>) -> Result<Url, Failure> {
        let (mut target, mut draw) = (Vec::new(), hop.draw);
        hop.request.target.render(&mut draw, &mut target);
        // `OPTIONS *` asks of the server as a whole.
        let target = if target.starts_with(b"/") { String::from_utf8_lossy(&target) } else { "/".into() };
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
            let (kept, reused) = match self.kept(hop.origin) {
                Some(kept) => (kept, true),
                // Boxed, as all that is rare: a user's task is as large as its largest await.
                None => Box::pin(self.new_connection(hop, ledger, ctx)).await?,
            };
            match self.exchange(kept, hop, ledger, ctx).await {
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
            if self.cookies.is_empty() { None } else { self.cookies.header_for(&Self::url_of(hop)?) };
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

    async fn exchange(
        &mut self,
        mut kept: Kept,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<Reply, Failure> {
        let begun = ctx.now();
        let network = Rc::clone(&self.network);
        let mut progress = Progress::default();
        let result = match &mut kept.connection {
            Connection::Http1 { transport, .. } => {
                let bytes = match hop.fixed {
                    Some(fixed) if self.rendered.is_empty() => fixed,
                    Some(_) | None => &self.rendered,
                };
                let exchange =
                    pin!(http1::exchange(transport, bytes, hop.wants, &mut progress, (&network, ctx)));
                interrupted(ctx.until(hop.deadline, exchange).await, Failure::RequestTimeout)
            }
            Connection::Http2(handle) => {
                let message = self.http2_request(hop)?;
                let mut exchange = Box::pin(http2::exchange(handle, message, hop.wants, &mut progress, ctx));
                interrupted(ctx.until(hop.deadline, exchange.as_mut()).await, Failure::RequestTimeout)
            }
        };
        if let Ok(reply) = &result {
            ledger.add(&progress, begun, reply.ended);
            self.keep(kept, reply.keep_alive);
        } else {
            ledger.add(&progress, begun, ctx.now());
            self.give_up(kept);
        }
        result
    }

    fn http2_request(&self, hop: &Hop<'_>) -> Result<(http::Request<()>, Bytes), Failure> {
        if let (Some(fixed), true) = (hop.fixed_http2, self.cookies.is_empty()) {
            return Ok(fixed.clone());
        }
        let cookies =
            if self.cookies.is_empty() { None } else { self.cookies.header_for(&Self::url_of(hop)?) };
        let message = self.message(hop, cookies.as_deref());
        render_http2(&message, hop.method, hop.draw).map_err(|e| Failure::Http2(e.to_string()))
    }
}
