//! Where requests go and how connections are made: URLs, origins, the `http` section.

use super::request::plain;
use crate::decode::{Cx, Fields, Voice};
use crate::diagnostic::Diagnostic;
use crate::fields::{HTTP, TLS};
use crate::tree::{Node, Span, Value};
use brunt_metrics::Nanos;
use brunt_workload::{ConnectTo, HttpVersion, Origin, OriginId, Scheme, TargetSettings, Text, TlsSettings};
use std::path::PathBuf;

/// k6 gives a request a minute, oha and vegeta half of it; browsers' users are gone by then.
const DEFAULT_TIMEOUT: Nanos = Nanos::from_secs(30);

/// As vegeta and k6.
const DEFAULT_REDIRECTS: u8 = 10;

/// The most origins of one plan: each has its own connections for every user.
const MAX_ORIGINS: usize = 1_000;

/// What is wrong with a URL: a sentence, and what to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UrlProblem {
    pub(crate) message: &'static str,
    pub(crate) label: &'static str,
}

const URL_HELP: &str =
    "write e.g. `https://shop.example`, `http://127.0.0.1:8080` or `http+unix:///run/app.sock`";

/// An absolute URL as its origin and the rest: path and query, perhaps empty.
pub(crate) fn parse_url(text: &str) -> Result<(Origin, &str), UrlProblem> {
    let problem = |message, label| UrlProblem { message, label };
    let Some((scheme, after)) = text.split_once("://") else {
        return Err(problem("the URL has no scheme", "`http://` or `https://` belongs before it"));
    };
    if scheme.eq_ignore_ascii_case("http+unix") {
        let end = after.find(":/").unwrap_or(after.len());
        let (path, rest) = (&after[..end], after[end..].trim_start_matches(':'));
        if !path.starts_with('/') || path.len() < 2 {
            return Err(problem("the URL names no socket", "an absolute path belongs after `http+unix://`"));
        }
        let unix = Some(PathBuf::from(path));
        return Ok((Origin { scheme: Scheme::Http, host: "localhost".to_owned(), port: 80, unix }, rest));
    }
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        _ => {
            return Err(problem("the URL's scheme is not known", "`http`, `https` and `http+unix` are"));
        }
    };
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    if authority.contains('@') {
        let label = "send a header instead: `authorization: Basic ...`";
        return Err(problem("the URL holds a name and password", label));
    }
    if authority.contains("${") {
        return Err(problem("host and port cannot be generated", "connections are planned before the run"));
    }
    let parsed = url::Url::parse(&format!("{}://{authority}/", scheme.name())).ok();
    let Some((url, host)) = parsed.as_ref().and_then(|u| Some((u, u.host_str()?))) else {
        return Err(problem("the URL's host cannot be read", "a name or an address, and perhaps `:port`"));
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port().unwrap_or(scheme.default_port());
    if port == 0 && authority.ends_with(":0") {
        return Err(problem("the URL has port 0", "nothing can listen there"));
    }
    Ok((Origin { scheme, host, port, unix: None }, rest))
}

pub(super) fn report_url(cx: &Cx<'_>, node: &Node, problem: UrlProblem) {
    cx.report(Diagnostic::error(&node.span, problem.message).label(problem.label).help(URL_HELP));
}

/// The origins so far, and the target that paths are appended to.
pub(super) struct Targets {
    origins: Vec<Origin>,
    base: Base,
    missing_reported: bool,
}

enum Base {
    Given(OriginId, String),
    /// Given, and complained about.
    Broken,
    Missing,
}

impl Targets {
    pub(super) fn of(plan: &Fields<'_, '_>, instead: Option<&str>) -> Self {
        let mut targets = Self { origins: Vec::new(), base: Base::Missing, missing_reported: false };
        targets.base = match (instead, plan.get("target")) {
            (Some(url), _) => targets.base_of(url).unwrap_or_else(|problem| {
                let d = Diagnostic::nowhere(format!("the target `{url}`: {}", problem.message));
                plan.cx.report(d.help(URL_HELP));
                Base::Broken
            }),
            (None, Some(node)) => match plan.cx.text_of(node, "a URL").map(|url| targets.base_of(url)) {
                Some(Ok(base)) => base,
                Some(Err(problem)) => {
                    report_url(plan.cx, node, problem);
                    Base::Broken
                }
                None => Base::Broken,
            },
            (None, None) => Base::Missing,
        };
        targets
    }

    fn base_of(&mut self, url: &str) -> Result<Base, UrlProblem> {
        let (origin, rest) = parse_url(url)?;
        if rest.contains(['?', '#']) {
            let label = "give query parameters to the requests: `query: {...}`";
            return Err(UrlProblem { message: "the target has a query or a fragment", label });
        }
        let id = self.add(origin).unwrap_or(OriginId(0));
        Ok(Base::Given(id, rest.trim_end_matches('/').to_owned()))
    }

    /// `None` when there are too many.
    pub(super) fn add(&mut self, origin: Origin) -> Option<OriginId> {
        let at = self.origins.iter().position(|o| *o == origin);
        let at = at.or_else(|| {
            self.origins.push(origin);
            (self.origins.len() <= MAX_ORIGINS).then_some(self.origins.len() - 1)
        })?;
        u16::try_from(at).ok().map(OriginId)
    }

    /// What a path is appended to; complains once if there is no target.
    pub(super) fn base(&mut self, cx: &Cx<'_>, node: &Node) -> Option<(OriginId, String)> {
        match &self.base {
            Base::Given(id, path) => Some((*id, path.clone())),
            Base::Broken => None,
            Base::Missing => {
                if !self.missing_reported {
                    self.missing_reported = true;
                    let d =
                        Diagnostic::error(&node.span, "`target` is missing").label("a path of which host?");
                    cx.report(d.help("write e.g. `target: https://shop.example` at the top of the plan"));
                }
                None
            }
        }
    }

    /// Whether requests to this origin go to the plan's target; a plan without one has all for it.
    pub(super) fn is_target(&self, origin: OriginId) -> bool {
        match &self.base {
            Base::Given(id, _) => *id == origin,
            Base::Broken | Base::Missing => true,
        }
    }

    pub(super) fn into_origins(self) -> Vec<Origin> {
        self.origins
    }
}

/// What all requests share.
pub(super) struct Http {
    pub(super) settings: TargetSettings,
    pub(super) timeout: Nanos,
    pub(super) redirects: u8,
    pub(super) headers: Vec<(String, Text)>,
}

pub(super) fn http(plan: &Fields<'_, '_>) -> Http {
    let cx = plan.cx;
    let mut out = Http {
        settings: TargetSettings::default(),
        timeout: DEFAULT_TIMEOUT,
        redirects: DEFAULT_REDIRECTS,
        headers: Vec::new(),
    };
    let Some(http) = plan.get("http").and_then(|node| Fields::of(cx, node, &HTTP)) else {
        return out;
    };
    let settings = &mut out.settings;
    let no_time = "every request would fail";
    settings.version = http.get("version").and_then(|node| version(cx, node)).unwrap_or_default();
    settings.keep_alive = http.bool("keep_alive").unwrap_or(true);
    if let Some(timeout) = http.positive_duration("connect_timeout", no_time) {
        settings.connect_timeout = timeout;
    }
    settings.connect_to = http.get("connect_to").map(|node| connect_to(cx, node)).unwrap_or_default();
    let shared = http.int("shared_connections", "requests need a connection");
    settings.shared_connections = shared.and_then(|n| u32::try_from(n).ok());
    if shared.is_some() && settings.version == HttpVersion::Http1 {
        let span = http.key_span("shared_connections");
        let d = Diagnostic::error(&span, format!("{} needs HTTP/2", cx.name("shared_connections")));
        let help = match cx.voice() {
            Voice::Plan => "write `version: 2` beside it",
            Voice::Flags => "add `--http2`",
        };
        cx.report(d.label("HTTP/1.1 carries one request at a time").help(help));
    }
    settings.tls = tls(&http);
    if let Some(timeout) = http.positive_duration("timeout", no_time) {
        out.timeout = timeout;
    }
    if let Some(redirects) = http.int("redirects", "redirects are counted from 0") {
        out.redirects = u8::try_from(redirects).unwrap_or(u8::MAX);
    }
    out.headers = http.get("headers").map(|node| headers(cx, node)).unwrap_or_default();
    out
}

fn version(cx: &Cx<'_>, node: &Node) -> Option<HttpVersion> {
    let text = match &node.value {
        Value::Float(x) => format!("{x}"),
        Value::Int(x) => x.to_string(),
        Value::Str(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Seq(_) | Value::Map(_) => String::new(),
    };
    match text.as_str() {
        "1.1" | "1" => Some(HttpVersion::Http1),
        "2" | "2.0" => Some(HttpVersion::Http2),
        "auto" => Some(HttpVersion::Negotiate),
        _ => {
            let d = Diagnostic::error(&node.span, "this HTTP version is not known");
            cx.report(d.help("write `1.1`, `2` or `auto`"));
            None
        }
    }
}

fn tls(http: &Fields<'_, '_>) -> TlsSettings {
    let Some(tls) = http.get("tls").and_then(|node| Fields::of(http.cx, node, &TLS)) else {
        return TlsSettings::default();
    };
    let cx = tls.cx;
    let pem = |field: &str, kind: &str| {
        let content = tls.file(field)?;
        let marker = b"-----BEGIN ";
        if !content.windows(marker.len()).any(|w| w == marker) {
            let span = tls.get(field).map(|n| n.span.clone()).unwrap_or_default();
            let d = Diagnostic::error(&span, format!("this file holds no PEM {kind}"));
            cx.report(d.label("no line begins with `-----BEGIN`"));
        }
        Some(content.to_vec())
    };
    let (cert, key) = (pem("cert", "certificate"), pem("key", "key"));
    for (given, other) in [("cert", "key"), ("key", "cert")] {
        if tls.has(given) && !tls.has(other) {
            let d = Diagnostic::error(
                &tls.key_span(given),
                format!("{} needs {}", cx.name(given), cx.name(other)),
            );
            cx.report(d.label("a certificate and its key go together"));
        }
    }
    TlsSettings {
        insecure: tls.bool("insecure").unwrap_or(false),
        ca_pem: pem("ca", "certificate"),
        identity_pem: cert.zip(key),
    }
}

fn connect_to(cx: &Cx<'_>, node: &Node) -> Vec<ConnectTo> {
    let Some(rules) = cx.list_of(node, "rules") else {
        return Vec::new();
    };
    let rule = |node: &Node| {
        let rule = connect_rule(cx.text_of(node, "text")?);
        if rule.is_none() {
            let d = Diagnostic::error(&node.span, format!("{} has four parts", cx.name("connect_to")));
            cx.report(
                d.label("this cannot be read")
                    .help("write `host:port:to-host:to-port`; any of them may be empty"),
            );
        }
        rule
    };
    rules.iter().filter_map(rule).collect()
}

/// `host:port:to-host:to-port`; IPv6 addresses in brackets.
fn connect_rule(text: &str) -> Option<ConnectTo> {
    let (host, rest) = host_part(text)?;
    let (port, rest) = rest.split_once(':')?;
    let (to_host, to_port) = host_part(rest)?;
    let port_of = |text: &str| {
        if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
    };
    let host_of = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(ConnectTo {
        host: host_of(host),
        port: port_of(port)?,
        to_host: host_of(to_host),
        to_port: port_of(to_port)?,
    })
}

fn host_part(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => text.split_once(':'),
    }
}

/// Headers that belong to the connection: brunt writes them itself, and a second one would break the framing.
const OWN_HEADERS: [&str; 6] =
    ["content-length", "transfer-encoding", "connection", "upgrade", "keep-alive", "te"];

/// A header's name in lower case; complains about what cannot be one.
pub(super) fn header_name(cx: &Cx<'_>, span: &Span, name: &str) -> Option<String> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        let d = Diagnostic::error(span, format!("`{name}` cannot be a header's name"));
        cx.report(d.label("letters, digits and `-` make a name"));
        return None;
    }
    Some(name.to_ascii_lowercase())
}

pub(super) fn headers(cx: &Cx<'_>, node: &Node) -> Vec<(String, Text)> {
    let mut out = Vec::new();
    for entry in cx.map_of(node, "headers").unwrap_or_default() {
        let name = entry.key.as_str();
        if header_name(cx, &entry.key_span, name).is_some()
            && OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str())
        {
            let d = Diagnostic::error(&entry.key_span, format!("brunt writes the header `{name}` itself"));
            cx.report(d.label("a second one would break the message").help("remove it"));
        }
        let values = entry.value.one_or_many();
        for value in values {
            let Some(text) = plain(cx, value) else { continue };
            if value.as_str().is_some_and(|t| t.chars().any(|c| c.is_control() && c != '\t')) {
                let d = Diagnostic::error(&value.span, format!("the header `{name}` has a line break in it"));
                cx.report(d.label("one line, without control characters"));
            }
            out.push((name.to_owned(), text));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (text, expected) in [
            ("http://a", "http a 80 | "),
            ("HTTPS://Shop.example/x?y", "https shop.example 443 | /x?y"),
            ("http://a:8080?q=1", "http a 8080 | ?q=1"),
            ("http://[::1]:81/", "http ::1 81 | /"),
            ("http://bücher.example", "http xn--bcher-kva.example 80 | "),
            ("http+unix:///run/a.sock", "http localhost 80 | "),
            ("http+unix:///run/a.sock:/x/y", "http localhost 80 | /x/y"),
            ("shop.example", "the URL has no scheme"),
            ("ftp://a", "the URL's scheme is not known"),
            ("http://", "the URL's host cannot be read"),
            ("http://a b", "the URL's host cannot be read"),
            ("http://a:99999", "the URL's host cannot be read"),
            ("http://u:p@a", "the URL holds a name and password"),
            ("http://${uuid()}", "host and port cannot be generated"),
            ("http+unix://run/a.sock", "the URL names no socket"),
        ] {
            let shown = match parse_url(text) {
                Ok((o, rest)) => format!("{} {} {} | {rest}", o.scheme.name(), o.host, o.port),
                Err(problem) => problem.message.to_owned(),
            };
            assert_eq!(shown, expected, "{text}");
        }
    }

    #[test]
    fn connect_to_rules() {
        let shown = |text| {
            connect_rule(text).map(|r| {
                let port = |p: Option<u16>| p.map_or("*".to_owned(), |p| p.to_string());
                let host = |h: Option<String>| h.unwrap_or("*".to_owned());
                format!("{} {} {} {}", host(r.host), port(r.port), host(r.to_host), port(r.to_port))
            })
        };
        for (text, expected) in [
            ("a:443:b:8443", Some("a 443 b 8443")),
            ("::b:", Some("* * b *")),
            ("[::1]:80:[::2]:81", Some("::1 80 ::2 81")),
            ("a:443:b", None),
            ("a:x:b:1", None),
            ("a:1:b:99999", None),
        ] {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
    }
}
