//! From a request to its answer, on the connections of one thread.

use std::{io, sync::Arc, time::Instant};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts,
};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    body::{Content, InFlight, ResponseBody},
    builtin::Builtin,
    compile::{Action, Answer, Encoding, Found, Limits, Mock},
    config::{Drip, Session},
    cookie,
    schedule::{Arrival, Plan},
};
use crate::{
    api,
    clock::now,
    connection::{self, After},
    delay::Timer,
    planted::{self, Asked, Effect, Work},
    random::{Draws, Purpose},
    stats::Served,
};

/// The longest request body that `/echo` gives back, in bytes; it is held in memory.
const LONGEST_ECHO: usize = 10 << 20;

/// A path that controls the target itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Requests,
    Stats,
    Reset,
    Faults,
}

impl Control {
    fn of(path: &str) -> Option<Self> {
        match path {
            "/__requests" => Some(Self::Requests),
            "/__stats" => Some(Self::Stats),
            "/__reset" => Some(Self::Reset),
            "/__faults" => Some(Self::Faults),
            _ => None,
        }
    }
}

/// What to answer, before it is known when.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) content: Content,
    pub(super) drip: Option<Drip>,
    /// What becomes of the connection.
    pub(super) after: After,
}

impl From<api::Reply> for Reply {
    fn from(reply: api::Reply) -> Self {
        let api::Reply { status, headers, body, after } = reply;
        Self { status, headers: *headers, content: Content::Bytes(body), drip: None, after }
    }
}

impl Reply {
    pub(super) fn new(status: StatusCode, content: Content) -> Self {
        Self { status, headers: HeaderMap::new(), content, drip: None, after: After::KeepAlive }
    }

    pub(super) fn text(status: StatusCode, text: &'static str) -> Self {
        Self::new(status, Content::Bytes(Bytes::from_static(text.as_bytes())))
            .header(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))
    }

    pub(super) fn json(value: &serde_json::Value) -> Self {
        Self::new(StatusCode::OK, Content::Bytes(value.to_string().into()))
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// One request on its way to its answer.
struct Turn<'a> {
    head: &'a Parts,
    /// The values of the path's parameters.
    values: &'a [&'a str],
    thread: usize,
    route: usize,
    number: u64,
    in_flight: u64,
}

impl Mock {
    /// Serves a connection, HTTP/1.1 or HTTP/2 by its first bytes, until it ends.
    pub(crate) async fn serve<S>(self: Arc<Self>, stream: S, timer: Timer, thread: usize) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let answer = move |request| {
            let (mock, timer) = (Arc::clone(&self), timer.clone());
            async move { mock.answer(request, &timer, thread).await }
        };
        connection::serve(stream, answer).await
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        timer: &Timer,
        thread: usize,
    ) -> Response<ResponseBody> {
        let (head, body) = request.into_parts();
        if let Some(control) = Control::of(head.uri.path()) {
            let reply = self.control(control, &head, body).await;
            return response(&head, reply, |content, _| ResponseBody::new(content, None));
        }
        self.schedule().begin(now());
        let (guard, in_flight) = InFlight::enter(&self);
        let reply = match self.find(&head.method, head.uri.path()) {
            Found::Route(route, values) => {
                self.counters().add_requests(thread, route, 1);
                let number = self.next_number(route);
                let turn = Turn { head: &head, values: &values, thread, route, number, in_flight };
                self.routed(&turn, body, timer).await
            }
            found @ (Found::OtherMethod | Found::Nothing) => {
                self.counters().add_requests(thread, self.unmatched(), 1);
                let reply = self.unrouted(&found, &head, body, timer).await;
                timer.until(self.schedule().release(now())).await;
                reply
            }
        };
        response(&head, reply, |content, drip| match drip {
            None => ResponseBody::new(content, Some(guard)),
            Some(drip) => ResponseBody::dripping(content, drip, now(), timer, guard),
        })
    }

    /// The answer to a path that controls the target itself.
    async fn control(&self, control: Control, head: &Parts, body: Incoming) -> Reply {
        match (control, &self.recorder) {
            (Control::Requests, Some(recorder)) => recorder.reply(head),
            (Control::Requests, None) => {
                Reply::text(StatusCode::NOT_FOUND, "nothing is recorded: the mock has no `record`\n")
            }
            (Control::Stats, _) => Reply::json(&serde_json::to_value(self.stats()).unwrap_or_default()),
            (Control::Reset, _) => {
                self.reset(now());
                Reply::new(StatusCode::NO_CONTENT, Content::EMPTY)
            }
            (Control::Faults, _) => match api::upload(body).await {
                Ok(body) => planted::control(self.faults(), &head.method, &body).into(),
                Err(refusal) => refusal.into(),
            },
        }
    }

    /// What planted faults do to a request that had been read at `arrived`.
    fn effect(&self, head: &Parts, work: Work, arrived: Instant) -> Effect {
        let path = head.uri.path();
        self.faults().effect(Asked { method: &head.method, path, inner_path: path, work }, arrived)
    }

    /// The answer where a route is, at the time when it is due.
    async fn routed(&self, turn: &Turn<'_>, body: Incoming, timer: &Timer) -> Reply {
        let uploaded = self.upload(turn.route, turn.head, body).await;
        let arrived = now();
        let uploaded = match uploaded {
            Ok(uploaded) => uploaded,
            Err(status) => {
                self.record(turn, arrived, arrived, status);
                return unread(status);
            }
        };
        let effect = self.effect(turn.head, self.routes[turn.route].work, arrived);
        let places = effect.admit(timer).await;
        let begun = if places.is_ok() && effect.waits() { now() } else { arrived };
        let (reply, due) = match (&places, &self.routes[turn.route].action) {
            (Err(refusal), _) => {
                self.counters().add_rejected(turn.thread, turn.route);
                (refusal.reply().into(), now())
            }
            (Ok(_), Action::Data(answer)) => self.data(answer, turn, begun, &effect),
            (Ok(_), Action::Code(builtin)) => {
                let (reply, delay) = builtin.reply(turn.values, turn.head, uploaded);
                let reply = self.planted_error(turn, &effect).unwrap_or(reply);
                (reply, begun + effect.stretched(delay) + effect.extra)
            }
            (Ok(_), Action::About) => {
                let reply = self.about.reply(turn.head);
                (self.planted_error(turn, &effect).unwrap_or(reply), begun + effect.extra)
            }
        };
        let due = if places.is_ok() { due.max(begun + effect.mode) } else { due };
        let due = self.schedule().release(due);
        timer.until(due).await;
        self.record(turn, arrived, due, reply.status);
        Reply { after: effect.after, ..reply }
    }

    /// The answer where no route is: if requests are recorded, everything is well.
    async fn unrouted(&self, found: &Found<'_>, head: &Parts, body: Incoming, timer: &Timer) -> Reply {
        let recorder = match (&self.recorder, found) {
            (Some(recorder), _) => recorder,
            (None, Found::OtherMethod) => {
                return Reply::text(StatusCode::METHOD_NOT_ALLOWED, "no such route\n");
            }
            (None, Found::Nothing | Found::Route(..)) => {
                return Reply::text(StatusCode::NOT_FOUND, "no such route\n");
            }
        };
        match recorder.capture(body).await {
            Ok(captured) => recorder.add(head, &captured, self.schedule().since_epoch(now())),
            Err(status) => return unread(status),
        }
        let effect = self.effect(head, Work::Service, now());
        let _places = match effect.admit(timer).await {
            Ok(places) => places,
            Err(refusal) => return refusal.reply().into(),
        };
        timer.until(now() + effect.extra.max(effect.mode)).await;
        let reply = match effect.error {
            Some(status) => api::planted_error(status).into(),
            None => Reply::json(&serde_json::json!({ "ok": true })),
        };
        Reply { after: effect.after, ..reply }
    }

    /// Reads the request's body; only `/echo` and the recorder keep it.
    async fn upload(&self, route: usize, head: &Parts, mut body: Incoming) -> Result<Bytes, StatusCode> {
        let since_start = || self.schedule().since_epoch(now());
        match (&self.routes[route].action, &self.recorder) {
            (Action::Code(Builtin::Echo), recorder) => {
                let collected = Limited::new(body, LONGEST_ECHO).collect().await;
                let bytes = collected.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?.to_bytes();
                if let Some(recorder) = recorder {
                    recorder.add(head, &recorder.captured(&bytes), since_start());
                }
                Ok(bytes)
            }
            (Action::Code(_) | Action::Data(_) | Action::About, Some(recorder)) => {
                let captured = recorder.capture(body).await?;
                recorder.add(head, &captured, since_start());
                Ok(Bytes::new())
            }
            (Action::Code(_) | Action::Data(_) | Action::About, None) => {
                while let Some(frame) = body.frame().await {
                    frame.map_err(|_| StatusCode::BAD_REQUEST)?;
                }
                Ok(Bytes::new())
            }
        }
    }

    /// What a route's data answers, and when.
    fn data(&self, answer: &Answer, turn: &Turn<'_>, begun: Instant, effect: &Effect) -> (Reply, Instant) {
        let draws = Draws::new(self.seed, turn.route as u64, turn.number);
        let (latency, in_flight) = (answer.latency, turn.in_flight);
        let plan = match answer.limits {
            Limits::Apply => self.schedule().plan(begun, &Arrival { latency, draws, in_flight, effect }),
            Limits::Exempt => Plan::Answer(begun + effect.extra),
        };
        let due = match plan {
            Plan::Answer(due) => due,
            Plan::Reject(due, after) => {
                self.counters().add_rejected(turn.thread, turn.route);
                let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
                let reply = Reply::text(StatusCode::SERVICE_UNAVAILABLE, "the queue is full\n")
                    .header(header::RETRY_AFTER, seconds.into());
                return (reply, due);
            }
        };
        if let Some(error) = self.planted_error(turn, effect) {
            return (error, due);
        }
        if let Some((failures, status)) = answer.failures
            && draws.uniform(Purpose::Failure) < failures.rate
        {
            self.counters().add_failure(turn.thread, turn.route);
            return (Reply::text(status, "failed on purpose\n"), due);
        }
        if answer.session == Session::Requires && !cookie::has_session(self.seed, &turn.head.headers) {
            return (Reply::text(StatusCode::UNAUTHORIZED, "no session\n"), due);
        }
        (self.success(answer, turn, draws), due)
    }

    fn success(&self, answer: &Answer, turn: &Turn<'_>, draws: Draws) -> Reply {
        let accepted = Encoding::accepted(&turn.head.headers);
        let (content, encoding) = answer.payload.content(turn.values, turn.number, draws, accepted);
        let mut headers = answer.headers.clone();
        if encoding == Encoding::Gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if answer.session == Session::Starts
            && let Ok(cookie) = HeaderValue::from_str(&cookie::set_cookie(self.seed, turn.number))
        {
            headers.append(header::SET_COOKIE, cookie);
        }
        Reply { headers, drip: answer.drip, ..Reply::new(answer.status, content) }
    }

    /// The answer that a planted fault gives instead, counted as a failure.
    fn planted_error(&self, turn: &Turn<'_>, effect: &Effect) -> Option<Reply> {
        let status = effect.error?;
        self.counters().add_failure(turn.thread, turn.route);
        Some(api::planted_error(status).into())
    }

    fn record(&self, turn: &Turn<'_>, arrived: Instant, due: Instant, status: StatusCode) {
        self.counters().record(|| {
            let since = |at| self.schedule().since_epoch(at);
            Served {
                route: turn.route,
                number: turn.number,
                arrived_ns: since(arrived),
                due_ns: since(due),
                answered_ns: since(now()),
                status: status.as_u16(),
            }
        });
    }
}

fn unread(status: StatusCode) -> Reply {
    Reply::text(status, "the body could not be read\n")
}

/// The response, with the body left out where HTTP has none.
fn response(
    head: &Parts,
    reply: Reply,
    body: impl FnOnce(Content, Option<Drip>) -> ResponseBody,
) -> Response<ResponseBody> {
    let Reply { status, mut headers, content, drip, after } = reply;
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let (content, drip) = if head.method == Method::HEAD && !bodiless {
        headers.insert(header::CONTENT_LENGTH, content.len().into());
        (Content::EMPTY, None)
    } else if bodiless {
        (Content::EMPTY, None)
    } else {
        (content, drip)
    };
    let mut response = Response::new(body(content, drip));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.extensions_mut().insert(after);
    response
}
