//! The configuration made ready to serve: patterns parsed, bodies built and compressed, headers checked.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::{
    about::Description,
    body::Content,
    builtin::{self, Builtin},
    config::{Body, Drip, Failures, MockConfig, Route, Session, Size},
    error::ConfigError,
    path::{Pattern, Values},
    recording::Recorder,
    schedule::Schedule,
    template::{Escape, Template},
};
use crate::{
    clock::now,
    latency::Latency,
    planted::{Abilities, Faults, Work},
    random::{Draws, Purpose},
    stats::{Counters, Stats, Times},
};

/// The path of a health check.
const HEALTH: &str = "/health";

/// A mock server, shared by all its threads and connections.
#[derive(Debug)]
pub(crate) struct Mock {
    pub(super) seed: u64,
    pub(super) routes: Vec<Entry>,
    pub(super) recorder: Option<Recorder>,
    pub(super) about: Description,
    schedule: Arc<Schedule>,
    faults: Arc<Faults>,
    counters: Counters,
    /// The number of the next request, by route.
    numbers: Vec<AtomicU64>,
}

/// A route that is served.
#[derive(Debug)]
pub(super) struct Entry {
    /// Nothing stands for any method.
    method: Option<Method>,
    pattern: Pattern,
    pub(super) work: Work,
    pub(super) action: Action,
}

#[derive(Debug)]
pub(super) enum Action {
    /// As the data says.
    Data(Box<Answer>),
    /// As the code says.
    Code(Builtin),
    /// What the mock says of itself.
    About,
}

/// A route's data, ready to serve.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) latency: Latency,
    pub(super) failures: Option<(Failures, StatusCode)>,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
    pub(super) drip: Option<Drip>,
    pub(super) session: Session,
    pub(super) limits: Limits,
}

/// Whether the server's capacity and ramp apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limits {
    Apply,
    Exempt,
}

/// The body of a successful answer, ready to serve.
#[derive(Debug)]
pub(super) enum Payload {
    Fixed { plain: Content, gzip: Option<Bytes> },
    Template { template: Template, escape: Escape, compress: bool },
    Between(Size),
}

/// What was found for a method and a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Route(usize, Values<'a>),
    OtherMethod,
    Nothing,
}

impl Mock {
    /// Checks `config` and makes it ready.
    pub(crate) fn new(config: &MockConfig, threads: usize, times: Times) -> Result<Self, ConfigError> {
        config.check()?;
        let mut routes: Vec<Entry> =
            config.routes.iter().filter_map(|route| entry(route, Limits::Apply)).collect();
        let mut names: Vec<String> = config.routes.iter().map(Route::name).collect();
        if config.builtins {
            for route in builtin::routes() {
                routes.extend(entry(&route, Limits::Exempt));
                names.push(format!("{} (built in)", route.name()));
            }
            for (path, builtin) in Builtin::ALL {
                if let Ok(pattern) = Pattern::parse(path) {
                    let (work, action) = (Work::Report, Action::Code(builtin));
                    routes.push(Entry { method: None, pattern, work, action });
                    names.push(format!("* {path} (built in)"));
                }
            }
        }
        if let Ok(pattern) = Pattern::parse("/") {
            let (method, work) = (Some(Method::GET), Work::Report);
            routes.push(Entry { method, pattern, work, action: Action::About });
            names.push("GET / (built in)".to_owned());
        }
        names.push("unmatched".to_owned());
        let recorder = config.record.as_ref().map(Recorder::new).transpose();
        Ok(Self {
            seed: config.seed,
            recorder: recorder.map_err(|problem| ConfigError::Invalid(vec![problem]))?,
            numbers: routes.iter().map(|_| AtomicU64::new(0)).collect(),
            routes,
            about: Description::new(config),
            faults: Arc::new(Faults::none(config.seed, Abilities::default())),
            schedule: Arc::new(Schedule::new(config, now())),
            counters: Counters::new(names, threads, times),
        })
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn schedule(&self) -> &Arc<Schedule> {
        &self.schedule
    }

    pub(crate) fn faults(&self) -> &Arc<Faults> {
        &self.faults
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot().with_faults(&self.faults, now())
    }

    pub(crate) fn reset(&self, now: Instant) {
        self.counters.reset();
        self.faults.reset();
        self.schedule.reset(now);
        if let Some(recorder) = &self.recorder {
            recorder.clear();
        }
        for number in &self.numbers {
            number.store(0, Relaxed);
        }
    }

    /// The counter of requests that no route matches.
    pub(super) fn unmatched(&self) -> usize {
        self.routes.len()
    }

    /// The number of this request of `route`, from 0.
    pub(super) fn next_number(&self, route: usize) -> u64 {
        self.numbers[route].fetch_add(1, Relaxed)
    }

    pub(super) fn find<'a>(&self, method: &Method, path: &'a str) -> Found<'a> {
        let mut found = Found::Nothing;
        for (index, entry) in self.routes.iter().enumerate() {
            let Some(values) = entry.pattern.matches(path) else {
                continue;
            };
            let as_get = method == Method::HEAD && entry.method == Some(Method::GET);
            if as_get || entry.method.as_ref().is_none_or(|wanted| wanted == method) {
                return Found::Route(index, values);
            }
            found = Found::OtherMethod;
        }
        found
    }
}

/// The route ready to serve; nothing if the configuration was not checked.
fn entry(route: &Route, limits: Limits) -> Option<Entry> {
    let pattern = Pattern::parse(&route.path).ok()?;
    let failures = match route.failures {
        Some(failures) => Some((failures, StatusCode::from_u16(failures.status).ok()?)),
        None => None,
    };
    let answer = Answer {
        status: StatusCode::from_u16(route.status).ok()?,
        latency: route.latency,
        failures,
        headers: headers(route)?,
        payload: payload(route, &pattern)?,
        drip: route.drip,
        session: route.session,
        limits,
    };
    let method = Method::from_bytes(route.method.as_bytes()).ok()?;
    // As with the other targets, a fault that names no path leaves health checks alone.
    let work = if limits == Limits::Exempt || route.path == HEALTH { Work::Report } else { Work::Service };
    Some(Entry { method: Some(method), pattern, work, action: Action::Data(Box::new(answer)) })
}

fn headers(route: &Route) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let content_type = match route.body {
        Body::Empty => None,
        Body::Text(_) | Body::Verbatim(_) => Some("text/plain; charset=utf-8"),
        Body::Json(_) => Some("application/json"),
        Body::Bytes(_) | Body::BytesBetween(_) => Some("application/octet-stream"),
    };
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if route.gzip {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    for (name, value) in &route.headers {
        headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?);
    }
    Some(headers)
}

fn payload(route: &Route, pattern: &Pattern) -> Option<Payload> {
    let (text, escape) = match &route.body {
        Body::Empty => (String::new(), Escape::None),
        Body::Text(text) => (text.clone(), Escape::None),
        Body::Json(value) => (value.to_string(), Escape::Json),
        Body::Verbatim(text) => return Some(fixed(text.clone().into(), route)),
        Body::Bytes(size) if route.gzip => {
            let letters = (b'a'..=b'z').cycle().take(usize::try_from(*size).ok()?).collect();
            (String::from_utf8(letters).ok()?, Escape::None)
        }
        Body::Bytes(size) => {
            return Some(Payload::Fixed { plain: Content::Filler(*size), gzip: None });
        }
        Body::BytesBetween(size) => return Some(Payload::Between(*size)),
    };
    let template = Template::parse(&text, pattern).ok()?;
    Some(match template.fixed() {
        Some(text) => fixed(text.into(), route),
        None => Payload::Template { template, escape, compress: route.gzip },
    })
}

fn fixed(plain: Bytes, route: &Route) -> Payload {
    let gzip = route.gzip.then(|| compress(&plain));
    Payload::Fixed { plain: Content::Bytes(plain), gzip }
}

/// `plain` as gzip; fast rather than small, as servers do on the way.
fn compress(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    let written = encoder.write_all(plain).and_then(|()| encoder.finish());
    Bytes::from(written.unwrap_or_default())
}

/// Whether a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
}

impl Payload {
    /// The body for one request, in the encoding that the client accepts and the route allows.
    pub(super) fn content(
        &self,
        values: &[&str],
        number: u64,
        draws: Draws,
        accepted: Encoding,
    ) -> (Content, Encoding) {
        match self {
            Self::Fixed { gzip: Some(gzip), .. } if accepted == Encoding::Gzip => {
                (Content::Bytes(gzip.clone()), Encoding::Gzip)
            }
            Self::Fixed { plain, .. } => (plain.clone(), Encoding::Identity),
            Self::Template { template, escape, compress: wanted } => {
                let text = template.fill(values, number, *escape);
                if *wanted && accepted == Encoding::Gzip {
                    (Content::Bytes(compress(text.as_bytes())), Encoding::Gzip)
                } else {
                    (Content::Bytes(text.into()), Encoding::Identity)
                }
            }
            Self::Between(Size { min, max }) => {
                let size = min + draws.bits(Purpose::PayloadSize) % (max - min + 1);
                (Content::Filler(size), Encoding::Identity)
            }
        }
    }
}

impl Encoding {
    /// The better of what `Accept-Encoding` allows.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_ENCODING);
        let mut codings =
            values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let gzip = codings.any(|coding| {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = matches!(parameters.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
            name.trim().eq_ignore_ascii_case("gzip") && !refused
        });
        if gzip { Self::Gzip } else { Self::Identity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_route_that_matches_answers() {
        let config = MockConfig {
            builtins: false,
            ..MockConfig::with(vec![Route::get("/a/b"), Route::get("/a/{x}"), Route::post("/a/{x}")])
        };
        let mock = Mock::new(&config, 1, Times::Off).expect("config");
        for (method, path, expected) in [
            (Method::GET, "/a/b", Found::Route(0, vec![])),
            (Method::HEAD, "/a/b", Found::Route(0, vec![])),
            (Method::GET, "/a/c", Found::Route(1, vec!["c"])),
            (Method::POST, "/a/b", Found::Route(2, vec!["b"])),
            (Method::PUT, "/a/b", Found::OtherMethod),
            (Method::GET, "/", Found::Route(3, vec![])),
            (Method::POST, "/", Found::OtherMethod),
            (Method::GET, "/b", Found::Nothing),
        ] {
            assert_eq!(mock.find(&method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn accepted_encodings() {
        for (value, expected) in [
            ("gzip", Encoding::Gzip),
            ("br, GZIP;q=0.5", Encoding::Gzip),
            ("gzip;q=0", Encoding::Identity),
            ("identity", Encoding::Identity),
            ("xgzip", Encoding::Identity),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(Encoding::accepted(&headers), expected, "{value}");
        }
    }
}
