//! Targets of vegeta, in both of its formats: as HTTP, and as JSON lines.
//!
//! ```text
//! # comments and blank lines stand between targets
//! POST https://shop.example/orders
//! Content-Type: application/json
//! @order.json
//!
//! {"method": "GET", "url": "https://shop.example/", "header": {"Accept": ["text/html"]}, "body": "aGk="}
//! ```
//!
//! As in vegeta (`lib/targets.go`), targets are sent one after the other, again and again. The file says nothing of
//! the load: it is vegeta's default of 50 requests a second, for 10 seconds, where vegeta would never end.

use super::Notes;
use super::build::{Map, text_at};
use super::call::{Call, Header, Names, Secrets, base64, in_turn, load, plain, shared_origin, split_origin};
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::read::read;
use crate::tree::{Entry, Node, Span, Value};
use crate::{Format, Source};

const KEYS: [&str; 4] = ["method", "url", "body", "header"];

/// Whether the text is a list of targets.
pub(super) fn looks_like(text: &str) -> bool {
    let Some(first) = lines(text).find(|line| !is_between(line.text)).map(|line| line.text.trim()) else {
        return false;
    };
    if first.starts_with('{') {
        let json = read(&Source::inline("target", Format::Json, first)).ok();
        return json.is_some_and(|n| n.entry("method").is_some() && n.entry("url").is_some());
    }
    request_line(first).is_some_and(|(_, url)| url.contains("://"))
}

/// A line with where it begins.
#[derive(Clone, Copy)]
struct Line<'t> {
    text: &'t str,
    at: usize,
}

impl Line<'_> {
    /// Where the text of the line stands, without the space around it.
    fn span(&self) -> Span {
        let start = self.at + self.text.len() - self.text.trim_start().len();
        start..start + self.text.trim().len()
    }
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        let text = if start == 0 { line.trim_start_matches('\u{feff}') } else { line };
        Line { text, at: start + line.len() - text.len() }
    })
}

/// Blank lines and comments.
fn is_between(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// `METHOD URL`, as vegeta tells it from a header: `^[A-Z]+\s`.
fn request_line(line: &str) -> Option<(&str, &str)> {
    let (method, url) = line.split_once([' ', '\t'])?;
    (!method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase())).then(|| (method, url.trim()))
}

pub(super) fn plan(
    source: &Source,
    secrets: &mut Secrets,
    problems: &mut Vec<Diagnostic>,
    notes: &mut Notes,
) -> Option<Node> {
    let mut reader = Reader { secrets, problems, calls: Vec::new() };
    let is_json =
        lines(&source.text).find(|l| !is_between(l.text)).is_some_and(|l| l.text.trim().starts_with('{'));
    if is_json {
        for line in lines(&source.text).filter(|l| !l.text.trim().is_empty()) {
            reader.json(line);
        }
    } else {
        reader.http(&source.text);
    }
    let calls = reader.calls;
    if calls.is_empty() {
        let d = Diagnostic::error(&(0..0), "no target is in it");
        problems.push(d.help("write e.g. `GET https://shop.example/`"));
        return None;
    }
    let mut plan = Map::at(0..0);
    plan.put("name", "vegeta-targets");
    let target = shared_origin(&calls);
    plan.put_some("target", target.clone());
    secrets.put_into(&mut plan, problems);
    let mut names = Names::default();
    let mut actions = Map::at(0..0);
    let mut order = Vec::new();
    for call in calls {
        let rest = split_origin(&call.url).map_or(call.url.as_str(), |(_, rest)| rest);
        let path = rest.split(['?', '#']).next().filter(|p| !p.is_empty()).unwrap_or("/");
        let name = names.unique(&format!("{} {}", call.method, path.replace("$${", "{")));
        actions.put(&name, vec![call.step(target.as_deref())]);
        order.push(name);
    }
    plan.put("actions", actions);
    in_turn(&mut plan, "attacker", &order);
    load(&mut plan, vec![("rate", "50/s".into()), ("duration", "10s".into())]);
    notes.say("a list of targets says no load: this is vegeta's own rate, for 10 seconds");
    Some(plan.node())
}

struct Reader<'p> {
    secrets: &'p mut Secrets,
    problems: &'p mut Vec<Diagnostic>,
    calls: Vec<Call>,
}

impl Reader<'_> {
    fn http(&mut self, text: &str) {
        let mut current: Option<Call> = None;
        for line in lines(text) {
            let (trimmed, span) = (line.text.trim(), line.span());
            if is_between(trimmed) {
                // A blank line ends a target, a comment does not.
                if trimmed.is_empty() {
                    self.calls.extend(current.take());
                }
            } else if let Some((method, url)) = request_line(trimmed) {
                self.calls.extend(current.take());
                current = Some(self.request(method, url, &span));
            } else if let Some(call) = &mut current {
                if let Some(path) = trimmed.strip_prefix('@') {
                    call.body = Some(("body_file", text_at(&(span.start + 1..span.end), path.trim())));
                    self.calls.extend(current.take());
                } else if let Some(header) = self.header(trimmed, &span) {
                    call.add_header(header);
                }
            } else {
                let d = Diagnostic::error(&span, "this is no target").label("a method and a URL belong here");
                self.problems.push(d.help("write e.g. `GET https://shop.example/`"));
            }
        }
        self.calls.extend(current);
    }

    fn request(&mut self, method: &str, url: &str, span: &Span) -> Call {
        let mut call = Call::at(span.clone());
        method.clone_into(&mut call.method);
        call.url = plain(url);
        call.url_span = span.end - url.len()..span.end;
        if !url.contains("://") || url.contains(char::is_whitespace) {
            let d = Diagnostic::error(&call.url_span, "a target needs a whole URL");
            self.problems.push(d.help("write e.g. `GET https://shop.example/`"));
        }
        call
    }

    fn header(&mut self, line: &str, span: &Span) -> Option<Header> {
        let parts = line.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
        let Some((name, value)) = parts.filter(|(name, value)| !name.is_empty() && !value.is_empty()) else {
            let d =
                Diagnostic::error(span, "this is no header").label("a name, a colon and a value belong here");
            self.problems.push(d.help("write e.g. `Accept: text/html`, or `@file` for a body"));
            return None;
        };
        let value = self.secrets.header(name, value, span);
        Some(Header { name: name.to_owned(), value, span: span.clone() })
    }

    fn json(&mut self, line: Line<'_>) {
        let span = line.span();
        let source = Source::inline("target", Format::Json, line.text.trim());
        let mut node = match read(&source) {
            Ok(node) => node,
            Err(found) => {
                self.problems.extend(found.into_iter().map(|mut d| {
                    d.span = d.span.map(|s| s.start + span.start..s.end + span.start);
                    d
                }));
                return;
            }
        };
        node.shift(span.start);
        for key in node.keys().into_iter().filter(|key| !KEYS.contains(key)) {
            let at = node.entry(key).map_or(span.clone(), |e| e.key_span.clone());
            self.problems.push(Cx::unknown("key of a target", key, &at, KEYS));
        }
        let mut call = Call::at(span.clone());
        let text = |key: &str| node.entry(key).and_then(|e| Some((e.value.as_str()?, &e.value.span)));
        for key in ["method", "url"] {
            if text(key).is_none_or(|(value, _)| value.is_empty()) {
                let d = Diagnostic::error(&span, format!("the target has no `{key}`"));
                let example = "`{\"method\": \"GET\", \"url\": \"https://shop.example/\"}`";
                self.problems.push(d.help(format!("write e.g. {example}")));
            }
        }
        let (Some((method, _)), Some((url, url_span))) = (text("method"), text("url")) else { return };
        (call.method, call.url, call.url_span) = (method.to_owned(), plain(url), url_span.clone());
        if let Some(Value::Map(entries)) = node.entry("header").map(|e| &e.value.value) {
            for entry in entries {
                self.json_header(entry, &mut call);
            }
        }
        if let Some((body, at)) = text("body") {
            self.json_body(body, at, &mut call);
        }
        self.calls.push(call);
    }

    fn json_header(&mut self, entry: &Entry, call: &mut Call) {
        for value in entry.value.one_or_many() {
            let Some(text) = value.as_str() else {
                let message = format!("expected a list of texts, found {}", value.found());
                self.problems.push(Diagnostic::error(&value.span, message));
                continue;
            };
            let text = self.secrets.header(&entry.key, text, &value.span);
            call.add_header(Header { name: entry.key.clone(), value: text, span: value.span.clone() });
        }
    }

    fn json_body(&mut self, body: &str, span: &Span, call: &mut Call) {
        let Some(bytes) = base64(body) else {
            let d = Diagnostic::error(span, "the body is not base64").label("vegeta's bodies are");
            return self.problems.push(d);
        };
        if let Ok(text) = String::from_utf8(bytes) {
            call.text_body(&plain(&text), span);
        } else {
            let d = Diagnostic::error(span, "the body is not text").label("a plan cannot hold it");
            self.problems.push(d.help("use vegeta's HTTP format: the body's bytes in a file, and `@file`"));
        }
    }
}
