//! Routes from an OpenAPI 3 document.
//!
//! For: a target that answers as an API says it will, before or instead of the API itself. Not for: validating requests,
//! security, callbacks and webhooks, which are all left aside. Start with [`MockConfig::from_openapi`].

mod document;
mod media;
mod schema;
mod yaml;

use std::{collections::BTreeMap, time::Duration};

use http::HeaderValue;
use serde_json::Value;

use self::document::{Document, Place};
use super::{
    config::{MockConfig, Route},
    error::ConfigError,
    path::Pattern,
};
use crate::{duration_text, latency::Latency};

/// The keys of a path that are operations.
const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/// The most routes: the largest public API descriptions have some thousand operations, and each request looks through
/// the list.
const MOST_ROUTES: usize = 20_000;

impl MockConfig {
    /// The latency of an operation without an `x-latency`: what a small service behind a database takes.
    pub const OPENAPI_LATENCY: Latency = Latency::LogNormal { median: Duration::from_millis(10), sigma: 0.3 };

    /// The routes of an OpenAPI 3.0, 3.1 or 3.2 document, in JSON or YAML; `file` is the name to show in an error.
    ///
    /// * Each operation is a route: at its path as written, and also below the path of the first server (`/v1` of
    ///   `https://api.example.com/v1`). Paths without parameters come before those with. Of several
    ///   parameters in one segment (`{from}-{to}`) one is made.
    /// * It answers the lowest 2xx response (or `2XX`, or `default`, or the lowest there is), with its headers, in JSON if
    ///   it offers JSON, else in the first media type that it names.
    /// * The body is the response's `example`, else the first of its `examples`, else a value made from its schema: the
    ///   schema's own `example`, `const`, `default` or first `enum` value, else every property by its type, format and
    ///   limits, with the first of `oneOf` and `anyOf`; a schema that contains itself is cut. Binary bodies have 1024 bytes.
    /// * Latency: `x-latency` at the operation, the path or the top, as text (`20ms`) or as in the mock's own configuration
    ///   (`{"log_normal": {"median": "12ms", "sigma": 0.5}}`); else [`MockConfig::OPENAPI_LATENCY`].
    /// * Security, parameters and request bodies are not looked at: every request that matches is answered.
    ///
    /// Errors: where the text is not JSON or YAML, or every problem of the operations with its JSON pointer. References
    /// into other documents are a problem.
    pub fn from_openapi(file: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        let root = document::read(file, bytes)?;
        let mut document = Document::new(file, &root);
        check_version(&mut document);
        let routes = routes(&mut document);
        document.finish()?;
        let config = Self { builtins: false, ..Self::with(routes) };
        config.check()?;
        Ok(config)
    }
}

fn check_version(document: &mut Document<'_>) {
    let root = document.root();
    let version = match (root.value.get("openapi"), root.value.get("swagger")) {
        (Some(Value::String(version)), _) => version.clone(),
        // `openapi: 3.0` without quotes is a number in YAML.
        (Some(other), _) => other.to_string(),
        (None, Some(_)) => {
            let message = "this is Swagger 2; convert it to OpenAPI 3 first, e.g. with swagger2openapi";
            document.problem("/swagger", message);
            return;
        }
        (None, None) => {
            let message =
                "this is no OpenAPI document: it has no `openapi` with a version, e.g. `openapi: 3.1.0`";
            document.problem("", message);
            return;
        }
    };
    let mut parts = version.split('.');
    if !matches!((parts.next(), parts.next()), (Some("3"), Some("0" | "1" | "2"))) {
        document.problem("/openapi", format!("version {version} is not known; 3.0, 3.1 and 3.2 are"));
    }
}

/// A route and how particular its path is: the smaller, the earlier.
type Ranked = (Vec<Rank>, Route);

/// What a segment of a path may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Literal,
    Mixed,
    Parameter,
}

fn routes(document: &mut Document<'_>) -> Vec<Route> {
    let root = document.root();
    let Some(paths) = root.get("paths").filter(|paths| paths.value.is_object()) else {
        document.problem("/paths", "there are no paths, so that nothing can be answered");
        return Vec::new();
    };
    let base = base_path(&root);
    let latency = latency(document, &root);
    let mut ranked: Vec<Ranked> = Vec::new();
    for (path, item) in paths.children().into_iter().filter(|(path, _)| !path.starts_with("x-")) {
        let (pattern, ranks) = pattern(&path);
        if let Err(message) = Pattern::parse(&pattern) {
            document.problem(&item.at, message);
            continue;
        }
        let Some(item) = document.resolve(&item) else { continue };
        let latency = self::latency(document, &item).or(latency);
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let route = Route::new(&method.to_uppercase(), &pattern);
            let latency =
                self::latency(document, &operation).or(latency).unwrap_or(MockConfig::OPENAPI_LATENCY);
            let route = answer(document, &operation, route.latency(latency));
            if let Some(base) = &base {
                let ranks = base.split('/').skip(1).map(|_| Rank::Literal).chain(ranks.clone()).collect();
                ranked.push((ranks, Route { path: format!("{base}{pattern}"), ..route.clone() }));
            }
            ranked.push((ranks.clone(), route));
        }
    }
    if ranked.is_empty() {
        document.problem("/paths", "there is no operation, so that nothing can be answered");
    } else if ranked.len() > MOST_ROUTES {
        document
            .problem("/paths", format!("these are {} routes, and {MOST_ROUTES} is the limit", ranked.len()));
    }
    ranked.sort_by(|(a, _), (b, _)| a.cmp(b));
    ranked.into_iter().map(|(_, route)| route).collect()
}

/// The path as a pattern of the mock: one parameter per segment, with a name of letters, digits and `_`.
fn pattern(path: &str) -> (String, Vec<Rank>) {
    let mut names: Vec<String> = Vec::new();
    let mut ranks = Vec::new();
    let mut pattern = String::new();
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            pattern.push('/');
        }
        let balanced = segment.matches('{').count() == segment.matches('}').count();
        let parameter = segment.find('{').zip(segment.rfind('}')).filter(|(from, to)| from < to && balanced);
        let Some((from, to)) = parameter else {
            pattern.push_str(segment);
            ranks.push(Rank::Literal);
            continue;
        };
        let is_whole = from == 0 && to + 1 == segment.len();
        ranks.push(if is_whole { Rank::Parameter } else { Rank::Mixed });
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let mut name: String = segment[from + 1..to].chars().map(plain).collect();
        if name.is_empty() || names.contains(&name) {
            name = format!("{name}_{index}");
        }
        for part in [&segment[..from], "{", &name, "}", &segment[to + 1..]] {
            pattern.push_str(part);
        }
        names.push(name);
    }
    (pattern, ranks)
}

/// The path of the first server, if it has one; its variables at their defaults.
fn base_path(root: &Place<'_>) -> Option<String> {
    let server = root.value.get("servers")?.get(0)?;
    let mut url = server.get("url")?.as_str()?.to_owned();
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), default);
    }
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let path = rest.find('/').map(|start| &rest[start..])?.trim_end_matches('/');
    (!path.is_empty() && !path.contains('{') && Pattern::parse(path).is_ok()).then(|| path.to_owned())
}

fn latency(document: &mut Document<'_>, place: &Place<'_>) -> Option<Latency> {
    let wanted = place.get("x-latency")?;
    let read = match wanted.value.as_str() {
        Some(text) => duration_text::parse(text).map(Latency::Constant),
        None => serde_json::from_value::<Latency>(wanted.value.clone()).map_err(|error| error.to_string()),
    };
    let checked = read.and_then(|latency| match latency.problems().pop() {
        Some(problem) => Err(problem),
        None => Ok(latency),
    });
    checked.map_err(|message| document.problem(&wanted.at, message)).ok()
}

/// `route` with the answer of `operation`.
fn answer<'a>(document: &mut Document<'a>, operation: &Place<'a>, route: Route) -> Route {
    if !operation.value.is_object() {
        document.problem(&operation.at, "an operation is an object");
        return route;
    }
    let Some((status, response)) = chosen(document, operation) else {
        return route;
    };
    let Some(response) = document.resolve(&response) else {
        return route;
    };
    let headers = headers(document, &response);
    let mut route = Route { status, headers, ..route };
    if let Some((content_type, body)) = media::body(document, &response) {
        route.headers.insert("content-type".to_owned(), content_type);
        route.body = body;
    }
    route
}

/// The response to answer with and its status: the lowest success, else the default, else the lowest of all.
fn chosen<'a>(document: &mut Document<'a>, operation: &Place<'a>) -> Option<(u16, Place<'a>)> {
    let responses = operation.get("responses")?;
    let mut found: Vec<(u16, u16, Place<'a>)> = Vec::new();
    for (key, response) in responses.children().into_iter().filter(|(key, _)| !key.starts_with("x-")) {
        let status = match key.as_str() {
            "default" => Some(200),
            key => status(key),
        };
        match status {
            // Between the successes and the rest.
            Some(status) if key == "default" => found.push((300, status, response)),
            Some(status) if (200..300).contains(&status) => found.push((status, status, response)),
            Some(status) => found.push((status + 1, status, response)),
            // Informational responses are no answers.
            None if key.starts_with('1') => {}
            None => document
                .problem(&response.at, format!("`{key}` is no status; write e.g. `200`, `2XX` or `default`")),
        }
    }
    found.into_iter().min_by_key(|(rank, ..)| *rank).map(|(_, status, response)| (status, response))
}

/// `404`, or `4XX` as its lowest.
fn status(key: &str) -> Option<u16> {
    let text = match key.strip_suffix("XX").or_else(|| key.strip_suffix("xx")) {
        Some(class) => format!("{class}00"),
        None => key.to_owned(),
    };
    text.parse().ok().filter(|status| (200..600).contains(status) && text.len() == 3)
}

/// Headers that belong to the message and not to the API.
const OWN_HEADERS: [&str; 4] = ["content-type", "content-length", "transfer-encoding", "connection"];

fn headers<'a>(document: &mut Document<'a>, response: &Place<'a>) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    for (name, header) in response.get("headers").iter().flat_map(Place::children) {
        let name = name.to_ascii_lowercase();
        if OWN_HEADERS.contains(&name.as_str()) {
            continue;
        }
        let Some(header) = document.resolve(&header) else { continue };
        let value = match media::written(document, &header) {
            Some(value) => value,
            None => match header.get("schema") {
                Some(schema) => schema::instance(document, &schema),
                None => continue,
            },
        };
        let text = media::plain(&value);
        let is_header =
            http::HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(&text).is_ok();
        if is_header {
            headers.insert(name, text);
        } else {
            document.problem(&header.at, format!("`{name}` cannot have the value {text:?}"));
        }
    }
    headers
}

#[cfg(test)]
mod tests;
