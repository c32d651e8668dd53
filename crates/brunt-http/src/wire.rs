//! A request's bytes: rendered once where nothing in it changes, anew where something does.

use crate::checks::wants;
use crate::exchange::Wants;
use brunt_workload::{
    Body, Draw, HttpVersion, Missing, Origin, Request, Scope, Source, Text, TextPart, Workload,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::io::Write;

/// Sent unless the plan says otherwise.
const USER_AGENT: &str = concat!("brunt/", env!("CARGO_PKG_VERSION"));

/// What is known of a request before it is sent. Has no `Debug` form: its bytes may hold secrets.
pub(crate) struct Wire {
    /// The whole request as HTTP/1.1, if nothing in it changes.
    pub(crate) fixed: Option<Box<[u8]>>,
    /// Where in `fixed` further header lines may be put in.
    pub(crate) headers_end: usize,
    /// For HTTP/2, and for rules that depend on it.
    pub(crate) method: Method,
    /// The request's head and body for HTTP/2, if nothing in it changes.
    pub(crate) fixed_http2: Option<(http::Request<()>, Bytes)>,
    /// What must be kept of its response.
    pub(crate) wants: Wants,
}

impl Wire {
    pub(crate) fn render(request: &Request, workload: &Workload) -> Self {
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::GET);
        let wants = wants(request, workload);
        let mut wire = Self { fixed: None, headers_end: 0, method, fixed_http2: None, wants };
        if is_fixed(request) {
            let mut target = Vec::new();
            let origin = &workload.target.origins[usize::from(request.origin.0)];
            let draw = &mut no_draw();
            // Nothing can be missing of what is the same every time.
            let _ = request.target.render(draw, &Scope::NONE, &mut target);
            let keep_alive = workload.target.keep_alive;
            let message =
                Message { request, origin, keep_alive, cookies: None, target: &target, scope: Scope::NONE };
            let mut out = Vec::new();
            if let Ok(headers_end) = render_http1(&message, draw, &mut Vec::new(), &mut out) {
                wire.headers_end = headers_end;
                wire.fixed = Some(out.into_boxed_slice());
            }
            if workload.target.version != HttpVersion::Http1 {
                wire.fixed_http2 = render_http2(&message, &wire.method, no_draw()).ok().and_then(Result::ok);
            }
        }
        wire
    }
}

/// For requests in which nothing is drawn.
pub(crate) const fn no_draw() -> Draw {
    Draw::new(0, brunt_metrics::ScenarioId(0), brunt_workload::IterationIndex(0))
}

/// `request` with all that changes in it filled in: wherever and whenever it is sent, it says the same.
pub(crate) fn drawn(request: &Request, mut draw: Draw, scope: &Scope<'_>) -> Result<Request, Missing> {
    let mut text = |text: &Text| {
        let mut rendered = Vec::new();
        text.render(&mut draw, scope, &mut rendered)?;
        Ok(Text::literal(String::from_utf8_lossy(&rendered)))
    };
    // In the order in which requests are rendered.
    let target = text(&request.target)?;
    let mut headers = Vec::with_capacity(request.headers.len());
    for (name, value) in &request.headers {
        headers.push((name.clone(), text(value)?));
    }
    let body = match &request.body {
        Body::None => Body::None,
        Body::Bytes(bytes) => Body::Bytes(bytes.clone()),
        Body::Text(body) => Body::Text(text(body)?),
    };
    Ok(Request { target, headers, body, ..request.clone() })
}

fn is_fixed(request: &Request) -> bool {
    let body = match &request.body {
        Body::None | Body::Bytes(_) => true,
        Body::Text(text) => is_constant(text),
    };
    body && is_constant(&request.target) && request.headers.iter().all(|(_, value)| is_constant(value))
}

/// Whether a text is the same every time: literal, or secret.
pub(crate) fn is_constant(text: &Text) -> bool {
    text.parts.iter().all(|part| match part {
        TextPart::Literal(_) => true,
        TextPart::Dynamic { source, .. } => match source {
            Source::Secret(_) => true,
            Source::Base64(inner) => is_constant(inner),
            Source::Generated(_) | Source::Saved { .. } | Source::Cell { .. } => false,
        },
    })
}

/// A request about to be sent.
pub(crate) struct Message<'a> {
    pub(crate) request: &'a Request,
    pub(crate) origin: &'a Origin,
    pub(crate) keep_alive: bool,
    /// The user's cookies for it.
    pub(crate) cookies: Option<&'a str>,
    /// Its target, which is rendered first of all.
    pub(crate) target: &'a [u8],
    /// What the rest is rendered from.
    pub(crate) scope: Scope<'a>,
}

/// Appends the request as HTTP/1.1 and answers where its header fields end. `draw` stands after the target's
/// draws; the body is rendered into `scratch`, for its length stands before it.
pub(crate) fn render_http1(
    message: &Message<'_>,
    draw: &mut Draw,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<usize, Missing> {
    let Message { request, origin, keep_alive, cookies, target, scope } = message;
    out.extend_from_slice(request.method.as_bytes());
    out.push(b' ');
    out.extend_from_slice(target);
    out.extend_from_slice(b" HTTP/1.1\r\n");
    if !has(request, "host") {
        field(out, "Host", origin.authority().as_bytes());
    }
    for (name, value) in &request.headers {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        let start = out.len();
        value.render(draw, scope, out)?;
        one_line(&mut out[start..]);
        out.extend_from_slice(b"\r\n");
    }
    for (name, value) in [("User-Agent", USER_AGENT), ("Accept", "*/*")] {
        if !has(request, name) {
            field(out, name, value.as_bytes());
        }
    }
    if !keep_alive && !has(request, "connection") {
        field(out, "Connection", b"close");
    }
    scratch.clear();
    let body = match &request.body {
        Body::None => &[],
        Body::Bytes(bytes) => &**bytes,
        Body::Text(text) => {
            text.render(draw, scope, scratch)?;
            scratch.as_slice()
        }
    };
    let announces = !body.is_empty() || matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    if announces && !has(request, "content-length") && !has(request, "transfer-encoding") {
        // Writing to a Vec cannot fail.
        let _ = write!(out, "Content-Length: {}\r\n", body.len());
    }
    let headers_end = out.len();
    if let Some(cookies) = cookies {
        field(out, "Cookie", cookies.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    Ok(headers_end)
}

/// The request for HTTP/2: its head, and its body. Drawn in the order in which HTTP/1 renders, so that both
/// send the same. `draw` stands after the target's draws.
pub(crate) fn render_http2(
    message: &Message<'_>,
    method: &Method,
    mut draw: Draw,
) -> Result<Result<(http::Request<()>, Bytes), http::Error>, Missing> {
    let Message { request, origin, target, scope, .. } = message;
    let target = String::from_utf8_lossy(target);
    let uri = format!("{}://{}{target}", origin.scheme.name(), origin.authority());
    let headers = render_headers(message, &mut draw)?;
    let body = match &request.body {
        Body::None => Bytes::new(),
        Body::Bytes(bytes) => Bytes::copy_from_slice(bytes),
        Body::Text(text) => {
            let mut body = Vec::new();
            text.render(&mut draw, scope, &mut body)?;
            Bytes::from(body)
        }
    };
    Ok(http::Request::builder().method(method.clone()).uri(uri).body(()).map(|mut head| {
        *head.headers_mut() = headers;
        (head, body)
    }))
}

/// The header fields of an HTTP/2 request; those that HTTP/2 forbids are left out.
fn render_headers(message: &Message<'_>, draw: &mut Draw) -> Result<HeaderMap, Missing> {
    const FORBIDDEN: [&str; 6] =
        ["host", "connection", "transfer-encoding", "keep-alive", "upgrade", "proxy-connection"];
    let Message { request, cookies, scope, .. } = message;
    let mut map = HeaderMap::with_capacity(request.headers.len() + 3);
    let mut rendered = Vec::new();
    for (name, value) in &request.headers {
        rendered.clear();
        value.render(draw, scope, &mut rendered)?;
        one_line(&mut rendered);
        if FORBIDDEN.iter().any(|forbidden| forbidden.eq_ignore_ascii_case(name)) {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&rendered)) {
            map.append(name, value);
        }
    }
    for (name, value) in [(http::header::USER_AGENT, USER_AGENT), (http::header::ACCEPT, "*/*")] {
        if !map.contains_key(&name) {
            map.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Some(value) = cookies.and_then(|c| HeaderValue::from_str(c).ok()) {
        map.insert(http::header::COOKIE, value);
    }
    Ok(map)
}

fn has(request: &Request, name: &str) -> bool {
    request.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
}

/// Line ends in a header's value would make two fields of one: they become spaces.
fn one_line(value: &mut [u8]) {
    value.iter_mut().filter(|b| matches!(b, b'\r' | b'\n' | 0)).for_each(|b| *b = b' ');
}

fn field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    let start = out.len();
    out.extend_from_slice(value);
    one_line(&mut out[start..]);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::{EndpointId, Nanos};
    use brunt_workload::{OnFailure, OriginId, Scheme};

    fn text(method: &str, headers: &[(&str, &str)], body: Body, cookies: Option<&str>) -> String {
        let request = Request {
            endpoint: EndpointId(0),
            origin: OriginId(0),
            method: method.into(),
            target: Text::literal("/a?b=c"),
            headers: headers.iter().map(|(n, v)| ((*n).into(), Text::literal(*v))).collect(),
            body,
            timeout: Nanos::SECOND,
            redirects: 0,
            checks: Vec::new(),
            saves: Vec::new(),
            on_failure: OnFailure::End,
            login: None,
            faults: None,
        };
        let origin = Origin { scheme: Scheme::Http, host: "::1".into(), port: 8080, unix: None };
        let (target, scope) = (b"/a?b=c".as_slice(), Scope::NONE);
        let message =
            Message { request: &request, origin: &origin, keep_alive: true, cookies, target, scope };
        let mut out = Vec::new();
        render_http1(&message, &mut no_draw(), &mut Vec::new(), &mut out).unwrap();
        String::from_utf8(out).unwrap().replace(USER_AGENT, "brunt").replace("\r\n", "|")
    }

    #[test]
    fn requests_on_the_wire() {
        let body = || Body::Bytes(b"hi".as_slice().into());
        for (got, expected) in [
            (
                text("GET", &[], Body::None, None),
                "GET /a?b=c HTTP/1.1|Host: [::1]:8080|User-Agent: brunt|Accept: */*||",
            ),
            (
                text("POST", &[("Content-Type", "text/plain"), ("accept", "x/y")], body(), Some("a=1; b=2")),
                "POST /a?b=c HTTP/1.1|Host: [::1]:8080|Content-Type: text/plain|accept: x/y|User-Agent: brunt|\
                 Content-Length: 2|Cookie: a=1; b=2||hi",
            ),
            (
                text("DELETE", &[("Host", "h"), ("X", "a\r\nInjected: b")], Body::None, None),
                "DELETE /a?b=c HTTP/1.1|Host: h|X: a  Injected: b|User-Agent: brunt|Accept: */*||",
            ),
            (
                text("PUT", &[("User-Agent", "me"), ("Accept", "*")], Body::None, None),
                "PUT /a?b=c HTTP/1.1|Host: [::1]:8080|User-Agent: me|Accept: *|Content-Length: 0||",
            ),
        ] {
            assert_eq!(got, expected);
        }
    }
}
