//! Values that an answer brought and a later request sent: found, saved, and used.
//!
//! What requests say is cut into tokens (segments of the path, values of the query, of headers, of forms, leaves of
//! JSON), and each is looked up among what came before, so the work grows with the recording's size and not with its
//! square. A value that the client sent before it ever received it is its own. Words, dates and short values are no
//! evidence; short ids are in paths only, and only if they came as an id.

use super::super::build::{Map, text_at};
use super::super::call::{
    Header, PlusSign, Secrets, identifier, is_secret_name, json_node, percent_decoded, plain,
};
use super::Correlate;
use super::entry::{Post, Recorded};
use super::paths::{self, ID};
use crate::print::is_secret_header;
use crate::tree::{Entry, Node, Span, Value};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// The shortest value that is taken to be one and the same wherever it is found.
const SHORTEST: usize = 6;

/// Longer texts are content.
const LONGEST: usize = 4_096;

/// Headers that the client sees to itself, or that say something of the recording browser alone. The client asks for
/// the encodings that it can read.
const LEFT_OUT: [&str; 13] = [
    "host",
    "content-length",
    "connection",
    "accept-encoding",
    "cookie",
    "transfer-encoding",
    "keep-alive",
    "proxy-connection",
    "te",
    "upgrade",
    "priority",
    "upgrade-insecure-requests",
    "http2-settings",
];

/// Headers of answers whose values may come back.
const ANSWER_HEADERS: [&str; 4] = ["location", "etag", "x-request-id", "authorization"];

/// A request as the plan will say it, and what is saved of its answer.
#[derive(Default)]
pub(super) struct Request {
    pub(super) url: String,
    pub(super) headers: Vec<Header>,
    pub(super) body: Option<(&'static str, Node)>,
    pub(super) saves: Vec<Saved>,
    /// The endpoint's name, if the path holds a saved value.
    pub(super) name: Option<String>,
}

/// A value saved of an answer.
pub(super) struct Saved {
    pub(super) name: String,
    from: From,
    pub(super) note: String,
}

#[derive(Clone)]
enum From {
    Json(String),
    Header(String),
    /// The last segment of the path in a header.
    LastSegment(String),
    Cookie(String),
}

impl Saved {
    pub(super) fn node(&self, span: &Span) -> Node {
        let mut map = Map::at(span.clone());
        match &self.from {
            From::Json(path) => return text_at(span, path.clone()),
            From::Header(name) => _ = map.put("header", name.as_str()),
            From::LastSegment(name) => {
                _ = map.put("header", name.as_str()).put("regex", "([^/?#]+)/?(?:[?#].*)?$");
            }
            From::Cookie(name) => _ = map.put("cookie", name.as_str()),
        }
        map.node()
    }
}

/// Where a value was first received.
struct Found {
    entry: usize,
    from: From,
    hint: String,
    is_text: bool,
    is_id: bool,
    /// Its name, once it is used.
    name: Option<String>,
}

/// Where a token stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Path,
    Elsewhere,
    JsonText,
    JsonNumber,
}

impl Where {
    /// JSON's texts and numbers are not the same, even if they read the same.
    fn takes(self, is_text: bool) -> bool {
        match self {
            Self::Path | Self::Elsewhere => true,
            Self::JsonText => is_text,
            Self::JsonNumber => !is_text,
        }
    }
}

pub(super) struct Weave<'s> {
    correlate: Correlate,
    secrets: &'s mut Secrets,
    received: HashMap<String, Found>,
    /// What the client sent before it received it.
    own: HashSet<String>,
    names: HashSet<String>,
    requests: Vec<Request>,
    origins: Vec<String>,
}

impl<'s> Weave<'s> {
    pub(super) fn new(correlate: Correlate, secrets: &'s mut Secrets) -> Self {
        Self {
            correlate,
            secrets,
            received: HashMap::new(),
            own: HashSet::new(),
            names: HashSet::new(),
            requests: Vec::new(),
            origins: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Vec<Request> {
        self.requests
    }

    /// The template of a token that came from an answer.
    fn lookup(&mut self, token: &str, place: Where) -> Option<String> {
        if self.correlate == Correlate::No {
            return None;
        }
        let Some(found) = self.received.get_mut(token) else {
            self.own.insert(token.to_owned());
            return None;
        };
        let telling = is_telling(token) || (place == Where::Path && found.is_id);
        if !telling || !place.takes(found.is_text) {
            return None;
        }
        if let Some(name) = &found.name {
            return Some(format!("${{{name}}}"));
        }
        let mut name = found.hint.clone();
        let mut n = 2;
        while self.names.contains(&name) || self.secrets.has(&name) {
            name = format!("{}_{n}", found.hint);
            n += 1;
        }
        self.names.insert(name.clone());
        self.secrets.reserve(&name);
        found.name = Some(name.clone());
        let (entry, from) = (found.entry, found.from.clone());
        let source = match &from {
            From::Json(path) => format!("`{path}`"),
            From::Header(header) | From::LastSegment(header) => format!("header `{header}`"),
            From::Cookie(cookie) => format!("cookie `{cookie}`"),
        };
        let origin = self.origins.get(entry).cloned().unwrap_or_default();
        let note = format!("`{name}` is {source} of {origin}");
        if let Some(request) = self.requests.get_mut(entry) {
            request.saves.push(Saved { name: name.clone(), from, note });
        }
        Some(format!("${{{name}}}"))
    }

    pub(super) fn request(&mut self, entry: &Recorded) {
        let path = paths::path(&entry.url);
        self.origins.push(format!("{} {path}", entry.method));
        let mut request = Request::default();
        (request.url, request.name) = self.url(entry);
        let mut headers: Vec<Header> = Vec::new();
        for header in &entry.headers {
            let name = header.name.to_ascii_lowercase();
            if name.starts_with([':', ' ']) || name.starts_with("sec-") || LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            let value = self.header(&name, &header.value, &header.span);
            headers.push(Header { name: header.name.clone(), value, span: header.span.clone() });
        }
        if let Some(post) = &entry.post {
            self.body(post, &mut headers, &mut request);
        }
        request.headers = headers;
        self.requests.push(request);
    }

    fn url(&mut self, entry: &Recorded) -> (String, Option<String>) {
        let path_at = entry.url.len() - super::split_origin(&entry.url).map_or(0, |(_, rest)| rest.len());
        let (origin, rest) = entry.url.split_at(path_at);
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').map_or((rest, None), |(p, q)| (p, Some(q)));
        let (mut segments, mut name, mut woven) = (Vec::new(), Vec::new(), false);
        for segment in path.split('/') {
            let decoded = percent_decoded(segment, PlusSign::IsItself);
            let found = decoded.filter(|d| !d.is_empty()).and_then(|d| self.lookup(&d, Where::Path));
            woven |= found.is_some();
            name.push(if found.is_some() || paths::is_id(segment) { ID } else { segment });
            segments.push(found.unwrap_or_else(|| plain(segment)));
        }
        let mut url = format!("{}{}", plain(origin), segments.join("/"));
        if let Some(query) = query {
            let pairs: Vec<String> = query.split('&').map(|pair| self.pair(pair, &entry.url_span)).collect();
            url = format!("{url}?{}", pairs.join("&"));
        }
        (url, woven.then(|| name.join("/")))
    }

    /// `name=value` of a query.
    fn pair(&mut self, pair: &str, span: &Span) -> String {
        let Some((name, value)) = pair.split_once('=') else { return plain(pair) };
        let Some(decoded) = percent_decoded(value, PlusSign::IsSpace) else { return plain(pair) };
        let found = self.lookup(&decoded, Where::Elsewhere);
        let value = match found {
            Some(found) => found,
            None if is_secret_name(name) => self.secrets.template(name, &decoded, span),
            None => plain(value),
        };
        format!("{}={value}", plain(name))
    }

    fn header(&mut self, name: &str, value: &str, span: &Span) -> String {
        if let Some(found) = self.lookup(value, Where::Elsewhere) {
            return found;
        }
        if let Some((scheme, token)) = value.split_once(' ')
            && name.contains("authorization")
            && let Some(found) = self.lookup(token, Where::Elsewhere)
        {
            return format!("{} {found}", plain(scheme));
        }
        if is_secret_header(name) { self.secrets.template(name, value, span) } else { plain(value) }
    }

    fn body(&mut self, post: &Post, headers: &mut Vec<Header>, request: &mut Request) {
        let media = post.media.to_ascii_lowercase();
        let drop_type = |headers: &mut Vec<Header>, exactly: &str| {
            headers
                .retain(|h| !(h.name.eq_ignore_ascii_case("content-type") && h.value.starts_with(exactly)));
        };
        if let Some(text) = &post.text
            && media.contains("json")
            && let Some(mut node) = json_node(text, &post.span)
        {
            self.json("", &mut node, &post.span);
            headers.retain(|h| {
                !(h.name.eq_ignore_ascii_case("content-type")
                    && h.value.eq_ignore_ascii_case("application/json"))
            });
            request.body = Some(("json", node));
            return;
        }
        if media.starts_with("application/x-www-form-urlencoded") {
            if let Some(form) = self.form(post) {
                drop_type(headers, "application/x-www-form-urlencoded");
                request.body = Some(("form", form));
                return;
            }
        } else if media.starts_with("multipart/") && post.text.is_none() && !post.params.is_empty() {
            drop_type(headers, "multipart/");
            request.body = Some(("multipart", Self::multipart(post)));
            return;
        }
        if let Some(text) = &post.text {
            request.body = Some(("body", text_at(&post.span, plain(text))));
        }
    }

    /// Replaces what is known, and secrets, in a JSON body.
    fn json(&mut self, key: &str, node: &mut Node, span: &Span) {
        match &mut node.value {
            Value::Str(text) => {
                let found = self.lookup(text, Where::JsonText);
                *text = match found {
                    Some(found) => found,
                    None if is_secret_name(key) => self.secrets.template(key, text, span),
                    None => plain(text),
                };
            }
            Value::Int(number) => {
                let token = number.to_string();
                if let Some(found) = self.lookup(&token, Where::JsonNumber) {
                    node.value = Value::Str(found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Float(_) => {}
            Value::Seq(items) => items.iter_mut().for_each(|item| self.json(key, item, span)),
            Value::Map(entries) => {
                for entry in entries {
                    self.json(&entry.key, &mut entry.value, span);
                }
            }
        }
    }

    /// A form as a map; several values of one name are a list.
    fn form(&mut self, post: &Post) -> Option<Node> {
        let pairs: Vec<(String, String)> = match &post.text {
            Some(text) => {
                let pair = |pair: &str| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    let decoded = |t: &str| percent_decoded(t, PlusSign::IsSpace);
                    Some((decoded(name)?, decoded(value)?))
                };
                text.split('&').filter(|p| !p.is_empty()).map(pair).collect::<Option<_>>()?
            }
            // Parameters are as they were sent, in Chrome's recordings still encoded.
            None => post
                .params
                .iter()
                .map(|p| {
                    let value =
                        percent_decoded(&p.value, PlusSign::IsSpace).unwrap_or_else(|| p.value.clone());
                    (p.name.clone(), value)
                })
                .collect(),
        };
        let mut entries: Vec<Entry> = Vec::new();
        for (name, value) in pairs {
            let found = self.lookup(&value, Where::Elsewhere);
            let value = match found {
                Some(found) => found,
                None if is_secret_name(&name) => self.secrets.template(&name, &value, &post.span),
                None => plain(&value),
            };
            let value = text_at(&post.span, value);
            match entries.iter_mut().find(|e| e.key == name) {
                Some(known) => {
                    let mut items = known.value.one_or_many().to_vec();
                    items.push(value);
                    known.value.value = Value::Seq(items);
                }
                None => entries.push(Entry { key: name, key_span: post.span.clone(), value }),
            }
        }
        (!entries.is_empty()).then(|| Node { span: post.span.clone(), value: Value::Map(entries) })
    }

    /// Fields and files; a recording holds the files' names alone.
    fn multipart(post: &Post) -> Node {
        let mut map = Map::at(post.span.clone());
        for param in &post.params {
            match &param.file {
                Some(file) => {
                    let mut part = Map::at(param.span.clone());
                    part.put("file", plain(file));
                    part.put_some("content_type", param.media.as_deref().map(plain));
                    map.put(&param.name, part);
                }
                None => _ = map.put(&param.name, text_at(&param.span, plain(&param.value))),
            }
        }
        map.node()
    }

    /// Takes note of what an answer brought.
    pub(super) fn answer(&mut self, at: usize, entry: &Recorded) {
        if self.correlate == Correlate::No {
            return;
        }
        let resource = resource(&entry.url);
        for (name, value) in &entry.set_cookies {
            let value = percent_decoded(value, PlusSign::IsItself).unwrap_or_default();
            self.receive(value, (at, From::Cookie(name.clone())), identifier(name), Kind::TEXT);
        }
        for header in &entry.answer_headers {
            let name = header.name.to_ascii_lowercase();
            let told =
                ANSWER_HEADERS.contains(&name.as_str()) || name.contains("token") || name.contains("csrf");
            if !told {
                continue;
            }
            if name == "location" {
                let segment = paths::path(&header.value).trim_end_matches('/').rsplit('/').next();
                let segment = segment.unwrap_or_default().to_owned();
                let from = From::LastSegment(name);
                self.receive(
                    segment,
                    (at, from),
                    format!("{resource}_id"),
                    Kind { is_text: true, is_id: true },
                );
            } else {
                self.receive(
                    header.value.clone(),
                    (at, From::Header(name.clone())),
                    identifier(&name),
                    Kind::TEXT,
                );
            }
        }
        if let Some(json) = &entry.answer_json {
            self.leaves(at, json, &mut "$".to_owned(), &mut vec![resource]);
        }
    }

    fn receive(&mut self, value: String, (entry, from): (usize, From), hint: String, kind: Kind) {
        let Kind { is_text, is_id } = kind;
        let worth = !value.is_empty() && value.len() <= LONGEST && (is_telling(&value) || is_id);
        if worth && !self.own.contains(&value) {
            self.received.entry(value).or_insert(Found { entry, from, hint, is_text, is_id, name: None });
        }
    }

    fn leaves(&mut self, at: usize, node: &Node, path: &mut String, keys: &mut Vec<String>) {
        let length = path.len();
        match &node.value {
            Value::Null | Value::Bool(_) | Value::Float(_) => {}
            Value::Str(text) => {
                let (hint, is_id) = hint(keys);
                let from = From::Json(path.clone());
                self.receive(text.clone(), (at, from), hint, Kind { is_text: true, is_id });
            }
            Value::Int(number) => {
                let (hint, is_id) = hint(keys);
                let from = From::Json(path.clone());
                self.receive(number.to_string(), (at, from), hint, Kind { is_text: false, is_id });
            }
            Value::Seq(items) => {
                for (i, item) in items.iter().enumerate() {
                    // Writing to a String cannot fail.
                    let _ = write!(path, "[{i}]");
                    self.leaves(at, item, path, keys);
                    path.truncate(length);
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    path.push_str(&member(&entry.key));
                    keys.push(entry.key.clone());
                    self.leaves(at, &entry.value, path, keys);
                    keys.pop();
                    path.truncate(length);
                }
            }
        }
    }
}

/// What a received value is.
#[derive(Clone, Copy)]
struct Kind {
    is_text: bool,
    is_id: bool,
}

impl Kind {
    const TEXT: Self = Self { is_text: true, is_id: false };
}

/// Whether a value found twice is the same by more than chance.
fn is_telling(value: &str) -> bool {
    let long = value.len() >= SHORTEST && value.len() <= LONGEST && !value.contains(char::is_whitespace);
    let has_digit = value.contains(|c: char| c.is_ascii_digit());
    let date = value.len() >= 10 && {
        let bytes = value.as_bytes();
        bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && bytes[7] == b'-'
    };
    let media = value.starts_with("text/") || value.starts_with("application/") || value.contains("://");
    long && (has_digit || value.len() >= 16) && !date && !media
}

/// A member of an object in a JSON path (RFC 9535).
fn member(key: &str) -> String {
    let plain = !key.is_empty()
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { format!(".{key}") } else { format!("['{}']", key.replace('\\', "\\\\").replace('\'', "\\'")) }
}

/// A name for the value of the last key, and whether that is an id's.
fn hint(keys: &[String]) -> (String, bool) {
    let last = identifier(keys.last().map_or("value", String::as_str));
    let is_id = last == "id" || last == "uuid" || last == "slug" || last.ends_with("_id");
    let generic = ["id", "uuid", "slug", "value", "key", "name", "code"].contains(&last.as_str());
    match keys.iter().rev().nth(1).filter(|_| generic && keys.len() > 1) {
        Some(parent) => (format!("{}_{last}", singular(&identifier(parent))), is_id),
        None => (last, is_id),
    }
}

/// What a URL is about: the last word of its path.
fn resource(url: &str) -> String {
    let mut words = paths::path(url).split('/').filter(|s| !s.is_empty() && !paths::is_id(s));
    singular(&identifier(words.next_back().unwrap_or("answer")))
}

fn singular(word: &str) -> String {
    match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        (Some(stem), _) if stem.len() > 1 => format!("{stem}y"),
        (_, Some(stem)) if stem.len() > 2 && !stem.ends_with('s') && !stem.ends_with('u') => stem.to_owned(),
        (_, _) => word.to_owned(),
    }
}
