//! From a request to its answer, on the connections of one thread.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Endpoint, LONGEST_BODY, Query, Reply, Service, Turn, control::Control};
use crate::{
    clock::now,
    connection,
    delay::Timer,
    mock::Pattern,
    planted::{Asked, Faults, Planted, PlantedError},
    random::Draws,
    stats::{Counters, Stats, Times},
};

/// A service being served, shared by all its threads and connections.
#[derive(Debug)]
pub(crate) struct Api<S: Service> {
    service: S,
    entries: Vec<Entry<S::Route>>,
    faults: Arc<Faults>,
    counters: Counters,
}

#[derive(Debug)]
struct Entry<R> {
    endpoint: Endpoint<R>,
    method: Method,
    pattern: Pattern,
    /// The number of the next request.
    next: AtomicU64,
}

/// What was found for a method and a path.
enum Found<'a> {
    Route(usize, Vec<&'a str>),
    OtherMethod,
    Nothing,
}

/// One request in flight; its drop is the end of the answer.
struct InFlight<'a>(&'a Counters);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl<S: Service> Api<S> {
    /// Serves `service` with `faults` planted; the error says which of them do not fit.
    pub(crate) fn new(service: S, threads: usize, faults: Vec<Planted>) -> Result<Self, PlantedError> {
        let entries: Vec<_> = S::ROUTES.iter().filter_map(entry).collect();
        let names = entries.iter().map(|entry| format!("{} {}", entry.method, entry.endpoint.path));
        let names = names.chain(["unmatched".to_owned()]).collect();
        let faults = Arc::new(Faults::new(service.seed(), service.abilities(), faults)?);
        Ok(Self { service, entries, faults, counters: Counters::new(names, threads, Times::Off) })
    }

    pub(crate) fn service(&self) -> &S {
        &self.service
    }

    pub(crate) fn faults(&self) -> &Arc<Faults> {
        &self.faults
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot().with_faults(&self.faults, now())
    }

    pub(crate) fn reset(&self, now: Instant) {
        self.counters.reset();
        self.faults.reset();
        self.service.reset(now);
        for entry in &self.entries {
            entry.next.store(0, Relaxed);
        }
    }

    /// Serves a connection, HTTP/1.1 or HTTP/2 by its first bytes, until it ends.
    pub(crate) async fn serve<T>(self: Arc<Self>, stream: T, timer: Timer, thread: usize) -> io::Result<()>
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let answer = move |request| {
            let (api, timer) = (Arc::clone(&self), timer.clone());
            async move { api.respond(request, &timer, thread).await }
        };
        connection::serve(stream, answer).await
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        timer: &Timer,
        thread: usize,
    ) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let reply = match Control::of(head.uri.path()) {
            Some(control) => match upload(body).await {
                Ok(body) => self.control(control, &head, &body),
                Err(refusal) => refusal,
            },
            None => self.reply(&head, body, timer, thread).await,
        };
        response(&head.method, reply)
    }

    async fn reply(&self, head: &Parts, body: Incoming, timer: &Timer, thread: usize) -> Reply {
        self.counters.enter();
        let _in_flight = InFlight(&self.counters);
        let path = head.uri.path();
        let inner_path = S::inner_path(path);
        let (index, values) = match self.find(&head.method, inner_path) {
            Found::Route(index, values) => (index, values),
            Found::OtherMethod => {
                self.counters.add_requests(thread, self.entries.len(), 1);
                let message = format!("{path} does not take {}; GET / says what is served", head.method);
                return Reply::error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", &message);
            }
            Found::Nothing => {
                self.counters.add_requests(thread, self.entries.len(), 1);
                let message = format!("there is nothing at {path}; GET / says what is served");
                return Reply::error(StatusCode::NOT_FOUND, "not_found", &message);
            }
        };
        self.counters.add_requests(thread, index, 1);
        let body = match upload(body).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let Entry { endpoint, next, .. } = &self.entries[index];
        let number = next.fetch_add(1, Relaxed);
        let asked = Asked { method: &head.method, path, inner_path, work: endpoint.work };
        let effect = self.faults.effect(asked, now());
        let _places = match effect.admit(timer).await {
            Ok(places) => places,
            Err(refusal) => {
                self.counters.add_rejected(thread, index);
                return refusal.reply();
            }
        };
        let turn = Turn {
            path,
            query: Query(head.uri.query().unwrap_or_default()),
            headers: &head.headers,
            body: &body,
            values: &values,
            draws: Draws::new(self.service.seed(), index as u64, number),
            arrived: now(),
            effect: &effect,
            faults: &self.faults,
            timer,
            thread,
        };
        let reply = self.service.answer(endpoint.route, &turn).await;
        timer.until(turn.arrived + effect.mode).await;
        if reply.status == StatusCode::SERVICE_UNAVAILABLE && reply.headers.contains_key(header::RETRY_AFTER)
        {
            self.counters.add_rejected(thread, index);
        }
        if effect.error == Some(reply.status) {
            self.counters.add_failure(thread, index);
        }
        Reply { after: effect.after, ..reply }
    }

    fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'p> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let mut found = Found::Nothing;
        for (index, entry) in self.entries.iter().enumerate() {
            match entry.pattern.matches(path) {
                Some(values) if entry.method == method => return Found::Route(index, values),
                Some(_) => found = Found::OtherMethod,
                None => {}
            }
        }
        found
    }
}

/// Nothing if the table has a method or a path that cannot be; a test sees to that.
fn entry<R: Copy>(endpoint: &Endpoint<R>) -> Option<Entry<R>> {
    let method = Method::from_bytes(endpoint.method.as_bytes()).ok()?;
    let pattern = Pattern::parse(endpoint.path).ok()?;
    Some(Entry { endpoint: *endpoint, method, pattern, next: AtomicU64::new(0) })
}

/// Reads the request's body.
pub(crate) async fn upload(body: Incoming) -> Result<Bytes, Reply> {
    match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let message = format!("the body is longer than {LONGEST_BODY} bytes");
            Err(Reply::error(StatusCode::PAYLOAD_TOO_LARGE, "body_too_long", &message))
        }
        Err(_) => Err(Reply::error(StatusCode::BAD_REQUEST, "bad_body", "the body could not be read")),
    }
}

/// The response, with the body left out where HTTP has none.
fn response(method: &Method, reply: Reply) -> Response<Full<Bytes>> {
    let Reply { status, mut headers, body, after } = reply;
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let body = if bodiless {
        Bytes::new()
    } else if method == Method::HEAD {
        headers.insert(header::CONTENT_LENGTH, body.len().into());
        Bytes::new()
    } else {
        body
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = *headers;
    response.extensions_mut().insert(after);
    response
}
