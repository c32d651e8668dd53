//! A request step: method, URL, headers, body, checks.

use super::auth::{Auth, auth};
use super::body::body;
use super::check::checks;
use super::faults::FaultMixes;
use super::save::saves;
use super::slots::Slots;
use super::tags::Tags;
use super::target::{Http, Targets, headers, parse_url, report_url};
use super::template::{concat, escaped, name_of, part_of, template};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Value};
use brunt_metrics::EndpointId;
use brunt_workload::{
    Check, Escape, FaultMixId, OnFailure, OriginId, Plain, Request, Source, Text, TextPart,
};

/// Fields of a step that say which method a request has; `request` names any.
pub(super) const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "request"];

/// A request that has not been given its place in the tables yet.
pub(super) struct RequestPlan {
    /// Its templated name.
    pub(super) name: String,
    /// Its endpoint and checks are filled in by the tables.
    pub(super) request: Request,
    pub(super) checks: Vec<Check>,
    /// Who it comes from, if it says so.
    own_auth: Option<Auth>,
    /// How many of its headers, the first ones, it gives itself.
    own_headers: usize,
    goes: Goes,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    ToTarget,
    Elsewhere,
}

impl RequestPlan {
    /// Who it comes from; `around` is what its users, or the plan, say. Other hosts than the plan's target are told
    /// only what the request itself says.
    pub(super) fn auth<'r>(&'r self, around: Option<&'r Auth>) -> Option<&'r Auth> {
        let around = match self.goes {
            Goes::ToTarget => around,
            Goes::Elsewhere => None,
        };
        self.own_auth.as_ref().or(around)
    }

    /// Adds to `request`, made of this plan, what `auth` asks for. Headers that the request itself gives win.
    pub(super) fn add_auth(&self, auth: &Auth, request: &mut Request) {
        for (name, value) in &auth.headers {
            let own = self.request.headers.iter().take(self.own_headers);
            if own.clone().any(|(n, _)| n.eq_ignore_ascii_case(name)) {
                continue;
            }
            request.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
            request.headers.push((name.clone(), value.clone()));
        }
        if let Some((name, value)) = &auth.query {
            let pair = concat([Text::literal(format!("{name}=")), value.clone()]);
            request.target = with_query(std::mem::take(&mut request.target), Some(pair));
        }
    }
}

/// What requests need from their surroundings.
pub(super) struct Around<'a> {
    pub(super) http: &'a Http,
    pub(super) targets: &'a mut Targets,
    pub(super) seed: u64,
    pub(super) slots: &'a Slots,
    pub(super) tags: &'a Tags<'a>,
    /// The names of the plan's logins.
    pub(super) logins: &'a [String],
    pub(super) faults: FaultMixes,
    /// Those of requests that have none of their own.
    pub(super) all_faults: Option<FaultMixId>,
}

/// The request that a step's `method` entry begins.
pub(super) fn request(step: &Fields<'_, '_>, method: &Entry, around: &mut Around<'_>) -> Option<RequestPlan> {
    let cx = step.cx;
    let place = split_method(cx, method).and_then(|(name, url, at)| {
        let place = place(cx, &method.value, (url, at), around.targets)?;
        Some((name, place))
    });
    let query = step.get("query").and_then(|node| pairs(cx, node, "query parameters", Escape::Query));
    let own = step.get("headers").map(|node| headers(cx, node)).unwrap_or_default();
    let body = body(step, around.seed);
    let timeout = step.positive_duration("timeout", "the request would fail").unwrap_or(around.http.timeout);
    let redirects = step
        .int("redirects", "redirects are counted from 0")
        .map_or(around.http.redirects, |n| u8::try_from(n).unwrap_or(u8::MAX));
    let checks = step.get("check").map(|node| checks(cx, node)).unwrap_or_default();
    let saves = step.get("save").map(|node| saves(cx, node)).unwrap_or_default();
    let own_auth = step.get("auth").and_then(|node| auth(cx, node, around.logins));
    let faults = match step.get("faults") {
        Some(node) => around.faults.read(cx, node),
        None => around.all_faults,
    };
    let given_name = name(step);
    let (method, place) = place?;
    let body = body?;
    let target = with_query(place.target, query);
    let own_headers = own.len();
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
        saves,
        on_failure: OnFailure::End,
        login: None,
        faults,
    };
    let goes = if around.targets.is_target(place.origin) { Goes::ToTarget } else { Goes::Elsewhere };
    let name = given_name.unwrap_or(place.name);
    Some(RequestPlan { name, request, checks, own_auth, own_headers, goes })
}

/// Names are shown in tables: longer ones would only be cut there.
const MAX_NAME: usize = 200;

fn name(step: &Fields<'_, '_>) -> Option<String> {
    let node = step.get("name")?;
    let name = name_of(step.cx, &template(step.cx, node)?);
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
    if url.starts_with('/') || url == "*" || url.starts_with("${") {
        let text = part_of(cx, node, url, at);
        let (origin, base) = targets.base(cx, node)?;
        let path = without_fragment(text?);
        let name = path_name(cx, &path);
        let base = if url == "*" || is_whole(&path) { String::new() } else { Escape::Path.of(&base) };
        let target = concat([Text::literal(base), path_escaped(path)]);
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
    let name = format!("{}://{}{}", origin.scheme.name(), origin.authority(), path_name(cx, &path));
    let Some(origin) = targets.add(origin) else {
        cx.report(Diagnostic::error(&node.span, "the plan has too many hosts").label("1,000 at most"));
        return None;
    };
    Some(Place { origin, target: path_escaped(path), name })
}

/// The path with `{…}` for what is generated, without the query.
fn path_name(cx: &Cx<'_>, path: &Text) -> String {
    let name = name_of(cx, path);
    name.split('?').next().unwrap_or_default().chars().take(MAX_NAME).collect()
}

/// Fragments stay with the client (RFC 9110, 4.2.5).
fn without_fragment(text: Text) -> Text {
    let mut parts = Vec::new();
    for part in text.parts {
        if let TextPart::Literal(literal) = &part
            && let Some((before, _)) = literal.split_once('#')
        {
            parts.push(TextPart::Literal(before.to_owned()));
            break;
        }
        parts.push(part);
    }
    Text { parts }
}

/// Whether the text begins with a saved value: a whole path as an answer gave it, the target's own part of it included.
/// Other values at the beginning stand for what the plan might have said, and are appended to the target.
fn is_whole(path: &Text) -> bool {
    matches!(path.parts.first(), Some(TextPart::Dynamic { source: Source::Saved { .. }, .. }))
}

/// Path and query as they must be written. What is made up is the plan's own, and may hold `/`; what is remembered is
/// one segment of the path, or one value of the query; but at the very beginning it is a path.
fn path_escaped(path: Text) -> Text {
    let mut in_query = false;
    let mut at_start = true;
    let part = |part: TextPart| {
        let first = std::mem::replace(&mut at_start, false);
        match part {
            TextPart::Literal(text) => {
                in_query |= text.contains('?');
                TextPart::Literal(Escape::Path.of(&text))
            }
            TextPart::Dynamic { source, .. } => {
                let escape = match &source {
                    Source::Generated(_) => Escape::Path,
                    Source::Saved { .. } | Source::Cell { .. } | Source::Secret(_) | Source::Base64(_)
                        if first =>
                    {
                        Escape::Path
                    }
                    Source::Saved { .. } | Source::Cell { .. } | Source::Secret(_) | Source::Base64(_) => {
                        if in_query {
                            Escape::Query
                        } else {
                            Escape::Segment
                        }
                    }
                };
                TextPart::Dynamic { source, escape }
            }
        }
    };
    Text { parts: path.parts.into_iter().map(part).collect() }
}

/// `a=1&b=2` of a map of texts and numbers, escaped by `escape`. `None` if a value cannot be.
pub(super) fn pairs(cx: &Cx<'_>, node: &Node, what: &str, escape: Escape) -> Option<Text> {
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
            texts.push(Text::literal(format!("{separator}{}=", escape.of(&entry.key))));
            texts.push(escaped(text, escape));
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

/// A text that is remembered, and what it is: what is no text in the plan is none where it stands alone in JSON.
pub(super) fn remembered(cx: &Cx<'_>, node: &Node) -> Option<(Text, Plain)> {
    match &node.value {
        Value::Null => Some((Text::literal("null"), Plain::Json)),
        Value::Bool(_) | Value::Int(_) => Some((plain(cx, node)?, Plain::Json)),
        // JSON has no word for the others.
        Value::Float(value) if value.is_finite() => Some((plain(cx, node)?, Plain::Json)),
        Value::Float(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => {
            Some((plain(cx, node)?, Plain::Text))
        }
    }
}

fn with_query(target: Text, query: Option<Text>) -> Text {
    let Some(query) = query.filter(|q| !q.parts.is_empty()) else {
        return target;
    };
    let has_query = target.parts.iter().any(|p| matches!(p, TextPart::Literal(text) if text.contains('?')));
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
