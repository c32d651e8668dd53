//! A request step: method, URL, headers, body, checks.

use super::body::body;
use super::check::checks;
use super::slots::Slots;
use super::tags::Tags;
use super::target::{Http, Targets, headers, parse_url, report_url};
use super::template::{concat, encoded, name_of, part_of, template};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Value};
use brunt_metrics::EndpointId;
use brunt_workload::{Check, OnFailure, OriginId, Request, Text};

/// Fields of a step that say which method a request has; `request` names any.
pub(super) const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "request"];

/// A request that has not been given its place in the tables yet.
pub(super) struct RequestPlan {
    /// Its templated name.
    pub(super) name: String,
    /// Its endpoint and checks are filled in by the tables.
    pub(super) request: Request,
    pub(super) checks: Vec<Check>,
}

/// What requests need from their surroundings.
pub(super) struct Around<'a> {
    pub(super) http: &'a Http,
    pub(super) targets: &'a mut Targets,
    pub(super) seed: u64,
    pub(super) slots: &'a Slots,
    pub(super) tags: &'a Tags<'a>,
}

/// The request that a step's `method` entry begins.
pub(super) fn request(step: &Fields<'_, '_>, method: &Entry, around: &mut Around<'_>) -> Option<RequestPlan> {
    let cx = step.cx;
    let place = split_method(cx, method).and_then(|(name, url, at)| {
        let place = place(cx, &method.value, (url, at), around.targets)?;
        Some((name, place))
    });
    let query = step.get("query").and_then(|node| pairs(cx, node, "query parameters", query_encoded));
    let own = step.get("headers").map(|node| headers(cx, node)).unwrap_or_default();
    let body = body(step, around.seed);
    let timeout = step.positive_duration("timeout", "the request would fail").unwrap_or(around.http.timeout);
    let redirects = step
        .int("redirects", "redirects are counted from 0")
        .map_or(around.http.redirects, |n| u8::try_from(n).unwrap_or(u8::MAX));
    let checks = step.get("check").map(|node| checks(cx, node)).unwrap_or_default();
    let given_name = name(step);
    let (method, place) = place?;
    let body = body?;
    let target = with_query(place.target, query);
    let request = Request {
        endpoint: EndpointId(0),
        origin: place.origin,
        method,
        target,
        headers: all_headers(&around.http.headers, own, body.content_type),
        body: body.body,
        timeout,
        redirects,
        checks: Vec::new(),
        saves: Vec::new(),
        on_failure: OnFailure::End,
        login: None,
        faults: None,
    };
    Some(RequestPlan { name: given_name.unwrap_or(place.name), request, checks })
}

/// Names are shown in tables: longer ones would only be cut there.
const MAX_NAME: usize = 200;

fn name(step: &Fields<'_, '_>) -> Option<String> {
    let node = step.get("name")?;
    let name = name_of(&template(step.cx, node)?);
    if name.trim().is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let d = Diagnostic::error(&node.span, "this cannot be a request's name");
        step.cx.report(d.label(format!("one line of 1 to {MAX_NAME} characters")));
        return None;
    }
    Some(name)
}

/// Method, URL, and where in the node's text the URL begins.
fn split_method<'n>(cx: &Cx<'_>, entry: &'n Entry) -> Option<(String, &'n str, usize)> {
    let text = cx.text_of(&entry.value, "a path or a URL")?;
    if entry.key != "request" {
        return Some((entry.key.to_ascii_uppercase(), text, 0));
    }
    let split = text.split_once(' ').map(|(m, url)| (m, url.trim_start()));
    let Some((method, url)) =
        split.filter(|(m, _)| !m.is_empty() && m.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
    else {
        let d = Diagnostic::error(&entry.value.span, "expected a method and a path");
        cx.report(d.help("write e.g. `request: PURGE /products`"));
        return None;
    };
    Some((method.to_owned(), url, text.len() - url.len()))
}

/// Where a request goes, and its name if it has none of its own.
struct Place {
    origin: OriginId,
    target: Text,
    name: String,
}

fn place(cx: &Cx<'_>, node: &Node, (url, at): (&str, usize), targets: &mut Targets) -> Option<Place> {
    if url.starts_with('/') || url == "*" {
        let text = part_of(cx, node, url, at);
        let (origin, base) = targets.base(cx, node)?;
        let path = without_fragment(text?);
        let name = path_name(&path);
        let base = if url == "*" { String::new() } else { path_encoded(&base) };
        let target = concat([Text::literal(base), encoded(&path, path_encoded)]);
        return Some(Place { origin, target, name });
    }
    if !url.contains("://") {
        let d = Diagnostic::error(&cx.within(node, at..at + url.len()), "a path begins with `/`");
        let start = url.split(['/', '?']).next().unwrap_or_default();
        let help = if start.contains('.') {
            format!("write `https://{url}` or `/{url}`")
        } else {
            format!("write `/{url}`")
        };
        cx.report(d.label("neither a path nor a whole URL").help(help));
        return None;
    }
    let (origin, rest) = match parse_url(url) {
        Ok(parsed) => parsed,
        Err(problem) => {
            report_url(cx, node, problem);
            return None;
        }
    };
    let path = without_fragment(part_of(cx, node, rest, at + url.len() - rest.len())?);
    let path = if rest.starts_with('/') { path } else { concat([Text::literal("/"), path]) };
    let name = format!("{}://{}{}", origin.scheme.name(), origin.authority(), path_name(&path));
    let Some(origin) = targets.add(origin) else {
        cx.report(Diagnostic::error(&node.span, "the plan has too many hosts").label("1,000 at most"));
        return None;
    };
    Some(Place { origin, target: encoded(&path, path_encoded), name })
}

/// The path with `{…}` for what is generated, without the query.
fn path_name(path: &Text) -> String {
    let name = name_of(path);
    name.split('?').next().unwrap_or_default().chars().take(MAX_NAME).collect()
}

/// Fragments stay with the client (RFC 9110, 4.2.5).
fn without_fragment(text: Text) -> Text {
    let mut parts = Vec::new();
    for part in text.parts {
        if let brunt_workload::TextPart::Literal(literal) = &part
            && let Some((before, _)) = literal.split_once('#')
        {
            parts.push(brunt_workload::TextPart::Literal(before.to_owned()));
            break;
        }
        parts.push(part);
    }
    Text { parts }
}

/// Percent-encodes what may not stand in path and query (RFC 3986), and leaves what is encoded already.
fn path_encoded(text: &str) -> String {
    percent(text, |b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]".contains(&b))
}

/// As a value of a query: also what separates parameters is encoded.
pub(super) fn query_encoded(text: &str) -> String {
    percent(text, |b| b.is_ascii_alphanumeric() || b"-._~!'()*,:@/".contains(&b))
}

/// As a value of a form (`application/x-www-form-urlencoded`, WHATWG URL 5.2): a space is `+`.
pub(super) fn form_encoded(text: &str) -> String {
    percent(text, |b| b.is_ascii_alphanumeric() || b"*-._ ".contains(&b)).replace(' ', "+")
}

fn percent(text: &str, keep: impl Fn(u8) -> bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keep(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// `a=1&b=2` of a map of texts and numbers, encoded by `encode`. `None` if a value cannot be.
pub(super) fn pairs(cx: &Cx<'_>, node: &Node, what: &str, encode: fn(&str) -> String) -> Option<Text> {
    let mut texts = Vec::new();
    let mut complete = true;
    for entry in cx.map_of(node, what)? {
        let values = entry.value.one_or_many();
        for value in values {
            let Some(text) = plain(cx, value) else {
                complete = false;
                continue;
            };
            let separator = if texts.is_empty() { "" } else { "&" };
            texts.push(Text::literal(format!("{separator}{}=", encode(&entry.key))));
            texts.push(encoded(&text, encode));
        }
    }
    complete.then(|| concat(texts))
}

/// A text, or a number or truth value written as one.
pub(super) fn plain(cx: &Cx<'_>, node: &Node) -> Option<Text> {
    match &node.value {
        Value::Bool(value) => Some(Text::literal(value.to_string())),
        Value::Int(value) => Some(Text::literal(value.to_string())),
        Value::Float(value) => Some(Text::literal(value.to_string())),
        Value::Null => Some(Text::default()),
        Value::Str(_) => template(cx, node),
        Value::Seq(_) | Value::Map(_) => {
            cx.expected(node, "text or a number");
            None
        }
    }
}

fn with_query(target: Text, query: Option<Text>) -> Text {
    let Some(query) = query.filter(|q| !q.parts.is_empty()) else {
        return target;
    };
    let has_query = target
        .parts
        .iter()
        .any(|p| matches!(p, brunt_workload::TextPart::Literal(text) if text.contains('?')));
    concat([target, Text::literal(if has_query { "&" } else { "?" }), query])
}

/// The request's own headers, those of all requests that it does not replace, and the body's type.
fn all_headers(
    shared: &[(String, Text)],
    own: Vec<(String, Text)>,
    content_type: Option<String>,
) -> Vec<(String, Text)> {
    let mut out = own;
    let has = |out: &[(String, Text)], name: &str| out.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    let added: Vec<_> = shared.iter().filter(|(name, _)| !has(&out, name)).cloned().collect();
    out.extend(added);
    if let Some(content_type) = content_type
        && !has(&out, "content-type")
    {
        out.push(("content-type".to_owned(), Text::literal(content_type)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        for (text, path, query, form) in [
            ("a b", "a%20b", "a%20b", "a+b"),
            ("ü", "%C3%BC", "%C3%BC", "%C3%BC"),
            ("/x?y=1&z=%20", "/x?y=1&z=%20", "/x%3Fy%3D1%26z%3D%2520", "%2Fx%3Fy%3D1%26z%3D%2520"),
            ("a+b", "a+b", "a%2Bb", "a%2Bb"),
            ("\r\n", "%0D%0A", "%0D%0A", "%0D%0A"),
        ] {
            assert_eq!(
                (path_encoded(text), query_encoded(text), form_encoded(text)),
                (path.into(), query.into(), form.into())
            );
        }
    }
}
