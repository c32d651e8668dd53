//! The mock's configuration: what a person writes, and the checks of its values.

use std::{collections::BTreeMap, time::Duration};

use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{
    error::{ConfigError, Problem, SyntaxError},
    path::Pattern,
    recording::Record,
    template::Template,
};
use crate::{duration_text, latency::Latency};

/// The whole behaviour of a mock; the JSON schema is in the documentation of [`crate::mock`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MockConfig {
    /// What all randomness derives from.
    pub seed: u64,
    /// Whether the built-in paths answer where no route does; `true` by default.
    pub builtins: bool,
    /// The routes; the first that matches answers.
    pub routes: Vec<Route>,
    /// A limit of parallel work; none by default.
    pub capacity: Option<Capacity>,
    /// Freezes; none by default.
    pub stall: Option<Stall>,
    /// A growth of latency; none by default.
    pub ramp: Option<Ramp>,
    /// Keeps the requests, and answers those that no route matches with 200; off by default.
    pub record: Option<Record>,
}

impl Default for MockConfig {
    /// No routes but the built-in ones, no limits.
    fn default() -> Self {
        Self {
            seed: 0,
            builtins: true,
            routes: Vec::new(),
            capacity: None,
            stall: None,
            ramp: None,
            record: None,
        }
    }
}

/// One route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The method, `GET` by default.
    #[serde(default = "get")]
    pub method: String,
    /// The path pattern, e.g. `/products/{id}`.
    pub path: String,
    /// The status of a successful answer, 200 by default.
    #[serde(default = "ok")]
    pub status: u16,
    /// How long an answer takes; nothing by default.
    #[serde(default = "no_latency")]
    pub latency: Latency,
    /// Failures on purpose; none by default.
    #[serde(default)]
    pub failures: Option<Failures>,
    /// The body of a successful answer, empty by default.
    #[serde(default)]
    pub body: Body,
    /// Additional headers of a successful answer.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Whether the body is compressed for a client that accepts gzip. For a fixed body only.
    #[serde(default)]
    pub gzip: bool,
    /// Sends the body slowly; at once by default.
    #[serde(default)]
    pub drip: Option<Drip>,
    /// What the route has to do with sessions; nothing by default.
    #[serde(default)]
    pub session: Session,
}

/// The body of a successful answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// A text, with `{{name}}` replaced.
    Text(String),
    /// A JSON value, with `{{name}}` in its strings replaced.
    Json(serde_json::Value),
    /// A text as it stands, braces and all.
    Verbatim(String),
    /// So many bytes, up to [`Body::LONGEST`].
    Bytes(u64),
    /// A size drawn per request, uniformly, ends included.
    BytesBetween(Size),
}

impl Body {
    /// The longest body, in bytes: 1 GiB. It is streamed and takes no memory.
    pub const LONGEST: u64 = 1 << 30;
    /// The longest body that is compressed, in bytes: 16 MiB, since it is held in memory.
    pub const LONGEST_GZIP: u64 = 16 << 20;
}

/// A range of sizes in bytes, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// The smallest.
    pub min: u64,
    /// The largest.
    pub max: u64,
}

/// Failures on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failures {
    /// The share of requests that fail, 0 to 1.
    pub rate: f64,
    /// The status of a failure, 500 by default.
    #[serde(default = "internal_error")]
    pub status: u16,
}

/// A body sent in equal pieces, the first at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drip {
    /// How many pieces, at least 1; a body with fewer bytes has fewer pieces.
    pub pieces: u32,
    /// The time from one piece to the next; the body takes `(pieces - 1) × every`.
    #[serde(with = "duration_text")]
    pub every: Duration,
}

/// What a route has to do with sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Session {
    /// Nothing.
    #[default]
    None,
    /// Sets a new `session` cookie.
    Starts,
    /// Answers 401 without a `session` cookie that this server set.
    Requires,
}

/// A limit of parallel work with a queue before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// How many requests are served at a time, at least 1.
    pub servers: usize,
    /// How long a request occupies its server; the route's latency if left out.
    #[serde(default)]
    pub service: Option<Latency>,
    /// How many requests may wait.
    pub queue: usize,
    /// The `Retry-After` of a request that was turned away, rounded up to whole seconds; 1 s by default.
    #[serde(default = "one_second", with = "duration_text")]
    pub retry_after: Duration,
}

impl Capacity {
    /// The most answers per second that come out, if there is a `service` that takes time.
    pub fn throughput_per_s(&self) -> Option<f64> {
        let service = self.service?.mean().as_secs_f64();
        (service > 0.0).then(|| self.servers as f64 / service)
    }
}

/// Freezes of the whole server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// The time from the start of one freeze to the start of the next; the first is after one such time.
    #[serde(with = "duration_text")]
    pub every: Duration,
    /// How long a freeze lasts; less than `every`.
    #[serde(with = "duration_text")]
    pub lasts: Duration,
}

impl Stall {
    /// By how much the mean response time of open arrivals grows: D²/(2P).
    pub fn mean_wait(&self) -> Duration {
        let (every, lasts) = (self.every.as_secs_f64(), self.lasts.as_secs_f64());
        if every > 0.0 { Duration::from_secs_f64(lasts * lasts / (2.0 * every)) } else { Duration::ZERO }
    }
}

/// A growth of latency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// The growth per minute since the first request or a reset; 0.5 is half as much again each minute.
    #[serde(default)]
    pub per_minute: f64,
    /// The growth per other request in flight.
    #[serde(default)]
    pub per_in_flight: f64,
}

fn get() -> String {
    "GET".to_owned()
}

fn ok() -> u16 {
    200
}

fn internal_error() -> u16 {
    500
}

fn no_latency() -> Latency {
    Latency::NONE
}

fn one_second() -> Duration {
    Duration::from_secs(1)
}

impl Route {
    /// A route that answers 200 with nothing, at once.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            status: ok(),
            latency: Latency::NONE,
            failures: None,
            body: Body::Empty,
            headers: BTreeMap::new(),
            gzip: false,
            drip: None,
            session: Session::None,
        }
    }

    /// [`Route::new`] with `GET`.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// [`Route::new`] with `POST`.
    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    /// Answers after `latency`.
    #[must_use]
    pub fn latency(self, latency: Latency) -> Self {
        Self { latency, ..self }
    }

    /// Answers with `body`.
    #[must_use]
    pub fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// Answers with the JSON `value`.
    #[must_use]
    pub fn json(self, value: serde_json::Value) -> Self {
        self.body(Body::Json(value))
    }

    /// Answers with `status` where it succeeds.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Fails in a share of `rate` with `status`.
    #[must_use]
    pub fn failures(self, rate: f64, status: u16) -> Self {
        Self { failures: Some(Failures { rate, status }), ..self }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Has to do with sessions as `session` says.
    #[must_use]
    pub fn session(self, session: Session) -> Self {
        Self { session, ..self }
    }

    /// The route's name in the counters: `GET /products/{id}`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl MockConfig {
    /// Reads and checks a configuration; `file` is the name to show in an error.
    pub fn from_json(file: &str, text: &str) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_str(text)
            .map_err(|error| ConfigError::Syntax(SyntaxError::new(file, text, &error)))?;
        config.check()?;
        Ok(config)
    }

    /// `GET /` answers `ok` after exactly `delay`; the built-in paths are there too.
    pub fn constant(delay: Duration) -> Self {
        Self::with(vec![Route::get("/").latency(Latency::Constant(delay)).body(Body::Text("ok".to_owned()))])
    }

    /// `routes` and the built-in paths.
    pub fn with(routes: Vec<Route>) -> Self {
        Self { routes, ..Self::default() }
    }

    /// Records whatever comes and answers it with 200, without any route.
    pub fn recording() -> Self {
        Self { builtins: false, record: Some(Record::default()), ..Self::default() }
    }

    /// All that is wrong with the values, if anything is.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        for (index, route) in self.routes.iter().enumerate() {
            let found = route_problems(route);
            problems.extend(
                found.into_iter().map(|(at, message)| problem(&format!("routes[{index}].{at}"), message)),
            );
        }
        if let Some(capacity) = self.capacity {
            if !(1..=MOST_SERVERS).contains(&capacity.servers) {
                problems.push(problem("capacity.servers", format!("must be between 1 and {MOST_SERVERS}")));
            }
            let found = capacity.service.map(|service| service.problems()).unwrap_or_default();
            problems.extend(found.into_iter().map(|message| problem("capacity.service", message)));
        }
        if let Some(stall) = self.stall
            && (stall.lasts.is_zero() || stall.lasts >= stall.every)
        {
            problems.push(problem("stall.lasts", "must be more than 0 and less than `every`".to_owned()));
        }
        if let Some(ramp) = self.ramp {
            for (at, value) in
                [("ramp.per_minute", ramp.per_minute), ("ramp.per_in_flight", ramp.per_in_flight)]
            {
                if !(0.0..=1e6).contains(&value) {
                    problems.push(problem(at, format!("is {value}, which is not between 0 and 1000000")));
                }
            }
        }
        problems.extend(self.record.iter().flat_map(Record::problems));
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::Invalid(problems)) }
    }
}

/// A heap of their instants is kept in memory, and no machine behaves like more servers than this.
const MOST_SERVERS: usize = 100_000;

fn problem(at: &str, message: String) -> Problem {
    Problem { at: at.to_owned(), message }
}

fn route_problems(route: &Route) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if Method::from_bytes(route.method.as_bytes()).is_err() || route.method != route.method.to_uppercase() {
        found.push(("method", format!("`{}` is not a method in capital letters", route.method)));
    }
    match Pattern::parse(&route.path) {
        Err(message) => found.push(("path", message)),
        Ok(pattern) => {
            found.extend(template_problems(&route.body, &pattern).map(|message| ("body", message)));
        }
    }
    found.extend(status_problem(route.status).map(|message| ("status", message)));
    found.extend(route.latency.problems().into_iter().map(|message| ("latency", message)));
    if let Some(failures) = route.failures {
        if !(0.0..=1.0).contains(&failures.rate) {
            let message = format!("is {}, which is not a share between 0 and 1", failures.rate);
            found.push(("failures.rate", message));
        }
        found.extend(status_problem(failures.status).map(|message| ("failures.status", message)));
    }
    for (name, value) in &route.headers {
        if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err() {
            found.push(("headers", format!("`{name}: {value}` is not a header")));
        }
    }
    found.extend(body_problem(route).map(|message| ("body", message)));
    if route.drip.is_some_and(|drip| drip.pieces == 0) {
        found.push(("drip.pieces", "must be at least 1".to_owned()));
    }
    found
}

/// Informational statuses are not answers, and beyond 599 there is nothing.
fn status_problem(status: u16) -> Option<String> {
    let fits = (200..=599).contains(&status) && StatusCode::from_u16(status).is_ok();
    (!fits).then(|| format!("{status} is not between 200 and 599"))
}

fn body_problem(route: &Route) -> Option<String> {
    match route.body {
        Body::Bytes(size) if size > Body::LONGEST => {
            Some(format!("{size} bytes are more than {}", Body::LONGEST))
        }
        Body::Bytes(size) if route.gzip && size > Body::LONGEST_GZIP => {
            Some(format!("{size} bytes with `gzip` are more than {}", Body::LONGEST_GZIP))
        }
        Body::BytesBetween(Size { min, max }) if min > max || max > Body::LONGEST => {
            Some(format!("`min` must not exceed `max`, nor `max` {}", Body::LONGEST))
        }
        Body::BytesBetween(_) if route.gzip => Some("`gzip` needs a body of fixed size".to_owned()),
        Body::Empty
        | Body::Text(_)
        | Body::Json(_)
        | Body::Verbatim(_)
        | Body::Bytes(_)
        | Body::BytesBetween(_) => None,
    }
}

fn template_problems(body: &Body, pattern: &Pattern) -> Option<String> {
    let text = match body {
        Body::Text(text) => text.clone(),
        Body::Json(value) => value.to_string(),
        Body::Empty | Body::Verbatim(_) | Body::Bytes(_) | Body::BytesBetween(_) => return None,
    };
    Template::parse(&text, pattern).err()
}
