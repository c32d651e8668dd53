//! From a request to its answer, on the connections of one thread.

use std::{convert::Infallible, io, sync::Arc, time::Instant};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts,
};
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    body::{Content, InFlight, ResponseBody},
    builtin::Builtin,
    compile::{Action, Answer, Encoding, Found, Limits, Mock},
    config::{Drip, Session},
    cookie,
    schedule::Plan,
};
use crate::{
    clock::now,
    delay::Timer,
    random::{Draws, Purpose},
    stats::Served,
};

/// Streams that a client may open on one HTTP/2 connection: more than a load generator usefully does.
const MOST_STREAMS: u32 = 1_000;

/// The longest request body that `/echo` gives back, in bytes; it is held in memory.
const LONGEST_ECHO: usize = 10 << 20;

/// What to answer, before it is known when.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) content: Content,
    pub(super) drip: Option<Drip>,
}

impl Reply {
    pub(super) fn new(status: StatusCode, content: Content) -> Self {
        Self { status, headers: HeaderMap::new(), content, drip: None }
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
    thread: usize,
    route: usize,
    number: u64,
    arrived: Instant,
    in_flight: u64,
}

impl Mock {
    /// Serves a connection, HTTP/1.1 or HTTP/2 by its first bytes, until it ends.
    pub(crate) async fn serve<S>(self: Arc<Self>, stream: S, timer: Timer, thread: usize) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().pipeline_flush(true);
        builder.http2().max_concurrent_streams(MOST_STREAMS);
        let service = service_fn(move |request| {
            let (mock, timer) = (Arc::clone(&self), timer.clone());
            async move { Ok::<_, Infallible>(mock.answer(request, &timer, thread).await) }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        connection.await.map_err(io::Error::other)
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        timer: &Timer,
        thread: usize,
    ) -> Response<ResponseBody> {
        let (head, body) = request.into_parts();
        if let Some(reply) = self.control(&head) {
            return response(&head, reply, |content, _| ResponseBody::new(content, None));
        }
        self.schedule().begin(now());
        let (guard, in_flight) = InFlight::enter(&self);
        let (route, values) = match self.find(&head.method, head.uri.path()) {
            Found::Route(route, values) => (route, values),
            found @ (Found::OtherMethod | Found::Nothing) => {
                self.counters().add_requests(thread, self.unmatched(), 1);
                let reply = self.unrouted(&found, &head, body).await;
                timer.until(self.schedule().release(now())).await;
                return response(&head, reply, |content, _| ResponseBody::new(content, Some(guard)));
            }
        };
        self.counters().add_requests(thread, route, 1);
        let number = self.next_number(route);
        let uploaded = self.upload(route, &head, body).await;
        let arrived = now();
        let turn = Turn { head: &head, thread, route, number, arrived, in_flight };
        let (reply, due) = match (&self.routes[route].action, uploaded) {
            (_, Err(status)) => (Reply::text(status, "the body could not be read\n"), arrived),
            (Action::Data(answer), Ok(_)) => self.data(answer, &values, &turn),
            (Action::Code(builtin), Ok(uploaded)) => {
                let (reply, delay) = builtin.reply(&values, &head, uploaded);
                (reply, self.schedule().release(arrived + delay))
            }
        };
        timer.until(due).await;
        self.record(&turn, due, reply.status);
        response(&head, reply, |content, drip| match drip {
            None => ResponseBody::new(content, Some(guard)),
            Some(drip) => ResponseBody::dripping(content, drip, now(), timer, guard),
        })
    }

    /// The answer to a path that controls the target itself.
    fn control(&self, head: &Parts) -> Option<Reply> {
        match head.uri.path() {
            "/__requests" => Some(match &self.recorder {
                Some(recorder) => recorder.reply(head),
                None => Reply::text(StatusCode::NOT_FOUND, "nothing is recorded: the mock has no `record`\n"),
            }),
            "/__stats" => {
                let stats = serde_json::to_value(self.counters().snapshot()).unwrap_or_default();
                Some(Reply::json(&stats))
            }
            "/__reset" => {
                self.reset(now());
                Some(Reply::new(StatusCode::NO_CONTENT, Content::EMPTY))
            }
            _ => None,
        }
    }

    /// The answer where no route is: if requests are recorded, everything is well.
    async fn unrouted(&self, found: &Found<'_>, head: &Parts, body: Incoming) -> Reply {
        match (&self.recorder, found) {
            (Some(recorder), _) => match recorder.capture(body).await {
                Ok(captured) => {
                    recorder.add(head, &captured, self.schedule().since_epoch(now()));
                    Reply::json(&serde_json::json!({ "ok": true }))
                }
                Err(status) => Reply::text(status, "the body could not be read\n"),
            },
            (None, Found::OtherMethod) => Reply::text(StatusCode::METHOD_NOT_ALLOWED, "no such route\n"),
            (None, Found::Nothing | Found::Route(..)) => {
                Reply::text(StatusCode::NOT_FOUND, "no such route\n")
            }
        }
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
            (Action::Code(_) | Action::Data(_), Some(recorder)) => {
                let captured = recorder.capture(body).await?;
                recorder.add(head, &captured, since_start());
                Ok(Bytes::new())
            }
            (Action::Code(_) | Action::Data(_), None) => {
                while let Some(frame) = body.frame().await {
                    frame.map_err(|_| StatusCode::BAD_REQUEST)?;
                }
                Ok(Bytes::new())
            }
        }
    }

    /// What a route's data answers, and when.
    fn data(&self, answer: &Answer, values: &[&str], turn: &Turn<'_>) -> (Reply, Instant) {
        let draws = Draws::new(self.seed, turn.route as u64, turn.number);
        let plan = match answer.limits {
            Limits::Apply => self.schedule().plan(turn.arrived, answer.latency, draws, turn.in_flight),
            Limits::Exempt => Plan::Answer(self.schedule().release(turn.arrived)),
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
        if let Some((failures, status)) = answer.failures
            && draws.uniform(Purpose::Failure) < failures.rate
        {
            self.counters().add_failure(turn.thread, turn.route);
            return (Reply::text(status, "failed on purpose\n"), due);
        }
        if answer.session == Session::Requires && !cookie::has_session(self.seed, &turn.head.headers) {
            return (Reply::text(StatusCode::UNAUTHORIZED, "no session\n"), due);
        }
        (self.success(answer, values, turn, draws), due)
    }

    fn success(&self, answer: &Answer, values: &[&str], turn: &Turn<'_>, draws: Draws) -> Reply {
        let accepted = Encoding::accepted(&turn.head.headers);
        let (content, encoding) = answer.payload.content(values, turn.number, draws, accepted);
        let mut headers = answer.headers.clone();
        if encoding == Encoding::Gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if answer.session == Session::Starts
            && let Ok(cookie) = HeaderValue::from_str(&cookie::set_cookie(self.seed, turn.number))
        {
            headers.append(header::SET_COOKIE, cookie);
        }
        Reply { status: answer.status, headers, content, drip: answer.drip }
    }

    fn record(&self, turn: &Turn<'_>, due: Instant, status: StatusCode) {
        self.counters().record(|| {
            let since = |at| self.schedule().since_epoch(at);
            Served {
                route: turn.route,
                number: turn.number,
                arrived_ns: since(turn.arrived),
                due_ns: since(due),
                answered_ns: since(now()),
                status: status.as_u16(),
            }
        });
    }
}

/// The response, with the body left out where HTTP has none.
fn response(
    head: &Parts,
    reply: Reply,
    body: impl FnOnce(Content, Option<Drip>) -> ResponseBody,
) -> Response<ResponseBody> {
    let Reply { status, mut headers, content, drip } = reply;
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
    response
}
