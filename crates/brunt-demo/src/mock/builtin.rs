//! The paths that every mock has: some are routes like any other, some need code.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use serde_json::{Map, Value, json};

use super::{
    answer::Reply,
    body::Content,
    config::{self, Drip, Route, Session},
};
use crate::latency::LONGEST_DRAW;

/// The longest chain of redirects.
const MOST_REDIRECTS: u32 = 1_000;

/// The pieces of `/drip/{bytes}/{ms}`.
const DRIP_PIECES: u32 = 10;

/// A built-in path with code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    Redirect,
    Headers,
    Echo,
    Status,
    Bytes,
    Delay,
    Drip,
}

/// The built-in paths that are only data.
pub(super) fn routes() -> Vec<Route> {
    let sentence = "A body of some length that compresses well, as the bodies of real services do.\n";
    vec![
        Route::get("/health").json(json!({ "status": "ok" })),
        Route::post("/login").json(json!({ "logged_in": true })).session(Session::Starts),
        Route::get("/me").json(json!({ "name": "you" })).session(Session::Requires),
        Route::get("/old").status(302).header("location", "/"),
        Route { gzip: true, ..Route::get("/gzip").body(config::Body::Text(sentence.repeat(100))) },
    ]
}

impl Builtin {
    pub(super) const ALL: [(&'static str, Self); 7] = [
        ("/redirect/{n}", Self::Redirect),
        ("/headers", Self::Headers),
        ("/echo", Self::Echo),
        ("/status/{code}", Self::Status),
        ("/bytes/{n}", Self::Bytes),
        ("/delay/{ms}", Self::Delay),
        ("/drip/{bytes}/{ms}", Self::Drip),
    ];

    /// What is there.
    pub(super) fn about(self) -> &'static str {
        match self {
            Self::Redirect => "302 to /redirect/{n-1}, down to 0",
            Self::Headers => "the request's own head",
            Self::Echo => "the request's own body",
            Self::Status => "that status",
            Self::Bytes => "so many bytes",
            Self::Delay => "200 after so many milliseconds",
            Self::Drip => "so many bytes in ten pieces over that time",
        }
    }

    /// The answer, and how long it takes; a parameter that makes no sense is a 400.
    pub(super) fn reply(self, values: &[&str], head: &Parts, uploaded: Bytes) -> (Reply, Duration) {
        let reply = match self {
            Self::Redirect => redirect(values),
            Self::Headers => Some(Reply::json(&show(head))),
            Self::Echo => Some(echo(head, uploaded)),
            Self::Status => status(values),
            Self::Bytes => size(values).map(|size| Reply::new(StatusCode::OK, Content::Filler(size))),
            Self::Delay => {
                return match milliseconds(values, 0) {
                    Some(delay) => (Reply::text(StatusCode::OK, "ok"), delay),
                    None => (bad_parameter(), Duration::ZERO),
                };
            }
            Self::Drip => drip(values),
        };
        (reply.unwrap_or_else(bad_parameter), Duration::ZERO)
    }
}

fn bad_parameter() -> Reply {
    Reply::text(StatusCode::BAD_REQUEST, "the path's parameter is not a number in range\n")
}

fn value<T: std::str::FromStr>(values: &[&str], index: usize) -> Option<T> {
    values.get(index)?.parse().ok()
}

fn milliseconds(values: &[&str], index: usize) -> Option<Duration> {
    let millis: f64 = value(values, index)?;
    Duration::try_from_secs_f64(millis / 1e3).ok().filter(|delay| *delay <= LONGEST_DRAW)
}

fn size(values: &[&str]) -> Option<u64> {
    value(values, 0).filter(|size| *size <= config::Body::LONGEST)
}

fn redirect(values: &[&str]) -> Option<Reply> {
    let left: u32 = value(values, 0).filter(|left| *left <= MOST_REDIRECTS)?;
    let Some(next) = left.checked_sub(1) else {
        return Some(Reply::text(StatusCode::OK, "redirected"));
    };
    let location = HeaderValue::from_str(&format!("/redirect/{next}")).ok()?;
    Some(Reply::new(StatusCode::FOUND, Content::EMPTY).header(header::LOCATION, location))
}

fn status(values: &[&str]) -> Option<Reply> {
    let code: u16 = value(values, 0).filter(|code| (200..=599).contains(code))?;
    let status = StatusCode::from_u16(code).ok()?;
    Some(Reply::text(status, status.canonical_reason().unwrap_or("no name")))
}

fn drip(values: &[&str]) -> Option<Reply> {
    let content = Content::Filler(size(values)?);
    let every = milliseconds(values, 1)? / DRIP_PIECES;
    let drip = Some(Drip { pieces: DRIP_PIECES, every });
    Some(Reply { drip, ..Reply::new(StatusCode::OK, content) })
}

fn echo(head: &Parts, uploaded: Bytes) -> Reply {
    let reply = Reply::new(StatusCode::OK, Content::Bytes(uploaded));
    match head.headers.get(header::CONTENT_TYPE) {
        Some(content_type) => reply.header(header::CONTENT_TYPE, content_type.clone()),
        None => reply,
    }
}

fn show(head: &Parts) -> Value {
    json!({
        "method": head.method.as_str(),
        "uri": head.uri.to_string(),
        "version": format!("{:?}", head.version),
        "headers": fields(&head.headers),
    })
}

/// Each name with its values joined, as RFC 9110 allows.
fn fields(headers: &HeaderMap) -> Map<String, Value> {
    let joined = |name| {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.collect::<Vec<_>>().join(", ")
    };
    headers.keys().map(|name| (name.to_string(), Value::from(joined(name)))).collect()
}
