//! Sending a request: over redirects, once more if a kept connection was closed.

use super::Agent;
use super::connections::{Connection, Kept, interrupted};
use super::judge::missing_words;
use crate::error::Failure;
use crate::exchange::{Conduct, Progress, Reply, Wants};
use crate::http1;
use crate::http2;
use crate::redirect;
use crate::wire::{Message, drawn, no_draw, render_http1, render_http2};
use brunt_engine::VuContext;
use brunt_metrics::{Nanos, Part, Parts};
use brunt_workload::{Draw, HttpVersion, Missing, Origin, Request, Scope};
use bytes::Bytes;
use http::{HeaderValue, Method};
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
    /// Whether the request has been sent again because a kept connection was closed.
    pub(super) resent: bool,
    /// Cookies that redirects on the way have set, the last first.
    pub(super) cookies: Vec<HeaderValue>,
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
    pub(super) conduct: Conduct,
}

/// `Cookie: ` and a line end.
const COOKIE_LINE: usize = 10;

impl Agent<'_> {
    /// Sends a request and follows its redirects.
    pub(super) async fn send(
        &mut self,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<Reply, Failure> {
        let reply = self.send_once(hop, ledger, ctx).await?;
        let Some(headers) = reply.headers.as_deref() else { return Ok(reply) };
        let redirects = hop.request.redirects > 0 && headers.contains_key(http::header::LOCATION);
        if !redirects && !headers.contains_key(http::header::SET_COOKIE) {
            return Ok(reply);
        }
        // Cold from here on: the response sets a cookie or redirects.
        let url = self.url_of(hop)?;
        self.learn(&reply, &url);
        if !redirects {
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
        let mut request = self.with_scope(|scope| drawn(hop.request, hop.draw, scope))?;
        let mut origin = hop.origin.clone();
        let limit = request.redirects;
        let mut followed = 0;
        loop {
            let headers = reply.headers.as_deref();
            let Some(next) = redirect::follow(reply.status, headers, (&url, &origin), &request)? else {
                return Ok(reply);
            };
            if !self.network.settings.workload.target.may_lead_to(&next.origin.host) {
                return Ok(reply);
            }
            if followed == limit {
                return Err(Failure::Redirect(format!("more than {limit} redirects")));
            }
            followed += 1;
            if let Some(headers) = reply.headers.as_deref() {
                let set = headers.get_all(http::header::SET_COOKIE).iter().rev().cloned();
                ledger.cookies.splice(0..0, set);
            }
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

    fn learn(&self, reply: &Reply, url: &Url) {
        if let Some(headers) = &reply.headers {
            self.person.cookies.borrow_mut().learn(headers, url);
        }
    }

    /// Runs `render` with what the user remembers.
    fn with_scope<T>(&self, render: impl FnOnce(&Scope<'_>) -> Result<T, Missing>) -> Result<T, Failure> {
        let workload = &self.network.settings.workload;
        let memory = self.person.memory.borrow();
        render(&Scope { feeds: &workload.feeds, memory: &memory })
            .map_err(|missing| Failure::Missing(missing_words(workload, missing)))
    }

    /// The URL of the hop that was rendered last.
    fn url_of(&self, hop: &Hop<'_>) -> Result<Url, Failure> {
        if !self.lane.target.is_empty() {
            return url(hop, &self.lane.target);
        }
        // Nothing had to be rendered.
        let mut target = Vec::new();
        let _ = hop.request.target.render(&mut no_draw(), &Scope::NONE, &mut target);
        url(hop, &target)
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
                    if reused && failure.is_close() && hop.method.is_idempotent() && !ledger.resent =>
                {
                    ledger.resent = true;
                    ledger.retries = ledger.retries.saturating_add(1);
                }
                result => return result,
            }
        }
    }

    /// Renders what is not fixed into the lane's own buffers.
    fn render(&mut self, hop: &Hop<'_>) -> Result<(), Failure> {
        let lane = &mut *self.lane;
        lane.rendered.clear();
        lane.target.clear();
        lane.message = None;
        lane.body_at = hop.headers_end + 2;
        let cookies = self.person.cookies.borrow();
        if hop.fixed.is_some() && cookies.is_empty() {
            return Ok(());
        }
        let workload = &self.network.settings.workload;
        let missing = |missing| Failure::Missing(missing_words(workload, missing));
        let memory = self.person.memory.borrow();
        let scope = Scope { feeds: &workload.feeds, memory: &memory };
        let mut draw = hop.draw;
        hop.request.target.render(&mut draw, &scope, &mut lane.target).map_err(missing)?;
        settle_target(&mut lane.target, hop.origin)?;
        let cookies = if cookies.is_empty() { None } else { cookies.header_for(&url(hop, &lane.target)?) };
        let cookies = cookies.as_deref();
        if hop.fixed.is_some() && cookies.is_none() {
            return Ok(());
        }
        let keep_alive = workload.target.keep_alive;
        let (request, origin, target) = (hop.request, hop.origin, lane.target.as_slice());
        let message = Message { request, origin, keep_alive, cookies, target, scope };
        if self.network.version == HttpVersion::Http2 {
            let rendered = render_http2(&message, hop.method, draw).map_err(missing)?;
            lane.message = Some(Box::new(rendered.map_err(|e| Failure::Http2(e.to_string()))?));
            return Ok(());
        }
        let headers_end = if let (Some(fixed), Some(cookies)) = (hop.fixed, cookies) {
            lane.rendered.extend_from_slice(&fixed[..hop.headers_end]);
            for piece in ["Cookie: ", cookies, "\r\n"] {
                lane.rendered.extend_from_slice(piece.as_bytes());
            }
            lane.rendered.extend_from_slice(&fixed[hop.headers_end..]);
            hop.headers_end
        } else {
            let mut scratch = self.network.scratch.borrow_mut();
            render_http1(&message, &mut draw, &mut scratch, &mut lane.rendered).map_err(missing)?
        };
        lane.body_at = headers_end + cookies.map_or(0, |cookies| cookies.len() + COOKIE_LINE) + 2;
        Ok(())
    }

    async fn exchange(
        &mut self,
        mut kept: Kept,
        hop: &Hop<'_>,
        ledger: &mut Ledger,
        ctx: &VuContext,
    ) -> Result<Reply, Failure> {
        let begun = ctx.now();
        let network = Rc::clone(self.network);
        let mut progress = Progress::default();
        let result = match &mut kept.connection {
            Connection::Http1 { transport, .. } => {
                let bytes = match hop.fixed {
                    Some(fixed) if self.lane.rendered.is_empty() => fixed,
                    Some(_) | None => &self.lane.rendered,
                };
                let around = (&*network, ctx);
                match hop.conduct {
                    Conduct::Proper => {
                        let exchange =
                            pin!(http1::exchange(transport, bytes, hop.wants, &mut progress, around));
                        interrupted(ctx.until(hop.deadline, exchange).await, Failure::RequestTimeout)
                    }
                    Conduct::Slow(over) => {
                        let slowly = (bytes, over);
                        let mut exchange = Box::pin(http1::exchange_slowly(
                            transport,
                            slowly,
                            hop.wants,
                            &mut progress,
                            around,
                        ));
                        interrupted(ctx.until(hop.deadline, exchange.as_mut()).await, Failure::RequestTimeout)
                    }
                    Conduct::Abort => {
                        let body_at = self.lane.body_at.min(bytes.len());
                        let part = &bytes[..body_at + (bytes.len() - body_at) / 2];
                        let mut exchange = Box::pin(http1::abort(transport, part, &mut progress, ctx));
                        interrupted(ctx.until(hop.deadline, exchange.as_mut()).await, Failure::RequestTimeout)
                    }
                }
            }
            Connection::Http2(handle) => {
                let message = (self.http2_request(hop)?, hop.conduct);
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

    fn http2_request(&mut self, hop: &Hop<'_>) -> Result<(http::Request<()>, Bytes), Failure> {
        if let Some(message) = self.lane.message.take() {
            return Ok(*message);
        }
        if let (Some(fixed), true) = (hop.fixed_http2, self.lane.rendered.is_empty()) {
            return Ok(fixed.clone());
        }
        // Rendered as HTTP/1 before it was known what the server speaks, or sent for the second time.
        let url = self.url_of(hop)?;
        let cookies = self.person.cookies.borrow().header_for(&url);
        let keep_alive = self.network.settings.workload.target.keep_alive;
        let rendered = self.with_scope(|scope| {
            let (mut draw, mut target) = (hop.draw, Vec::new());
            hop.request.target.render(&mut draw, scope, &mut target)?;
            // It was settled without a problem when it was rendered first.
            let _ = settle_target(&mut target, hop.origin);
            let (request, origin, cookies) = (hop.request, hop.origin, cookies.as_deref());
            let message = Message { request, origin, keep_alive, cookies, target: &target, scope: *scope };
            render_http2(&message, hop.method, draw)
        })?;
        rendered.map_err(|e| Failure::Http2(e.to_string()))
    }
}

fn url(hop: &Hop<'_>, target: &[u8]) -> Result<Url, Failure> {
    // `OPTIONS *` asks of the server as a whole.
    let target = if target.starts_with(b"/") { String::from_utf8_lossy(target) } else { "/".into() };
    let text = format!("{}://{}{target}", hop.origin.scheme.name(), hop.origin.authority());
    // Not shown: a secret may be part of it.
    Url::parse(&text).map_err(|e| Failure::Redirect(format!("the request's own URL is not valid: {e}")))
}

/// A target may begin with what an answer brought: a path without its slash gets one, a whole URL of the request's own
/// origin loses what stands before its path. Requests to other hosts are planned, not found in answers.
fn settle_target(target: &mut Vec<u8>, origin: &Origin) -> Result<(), Failure> {
    if target.starts_with(b"/") || target == b"*" {
        return Ok(());
    }
    let own = format!("{}://{}", origin.scheme.name(), origin.authority());
    if target.starts_with(own.as_bytes()) && target.get(own.len()).is_none_or(|b| b"/?".contains(b)) {
        target.drain(..own.len());
    } else if target.split(|b| *b == b'?').next().is_some_and(|path| path.windows(3).any(|w| w == b"://")) {
        return Err(Failure::Missing(
            "the URL that it was to be sent to is not one of the target's".to_owned(),
        ));
    }
    if !target.starts_with(b"/") {
        target.insert(0, b'/');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_workload::Scheme;

    #[test]
    fn targets_are_paths_of_their_origin() {
        let origin = Origin { scheme: Scheme::Http, host: "a.test".into(), port: 8080, unix: None };
        for (target, expected) in [
            ("/x?y=http://b", Some("/x?y=http://b")),
            ("*", Some("*")),
            ("x/y", Some("/x/y")),
            ("", Some("/")),
            ("?page=2", Some("/?page=2")),
            ("http://a.test:8080/x", Some("/x")),
            ("http://a.test:8080", Some("/")),
            ("http://a.test:8080?q=1", Some("/?q=1")),
            ("http://a.test:80801/x", None),
            ("http://b.test/x", None),
            ("http://b.test/x?y", None),
            ("x?y=http://b", Some("/x?y=http://b")),
        ] {
            let mut settled = target.as_bytes().to_vec();
            let result = settle_target(&mut settled, &origin);
            let got = result.ok().map(|()| String::from_utf8(settled).unwrap());
            assert_eq!(got.as_deref(), expected, "{target}");
        }
    }
}
