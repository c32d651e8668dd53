//! The entries of a recording, with all that is wrong with them.

use super::super::call::{base64, json_node};
use crate::diagnostic::Diagnostic;
use crate::lower::parse_url;
use crate::tree::{Node, Span, Value};
use std::collections::BTreeMap;

/// What was recorded and sent, in the order of pages and time.
pub(super) struct Recording {
    /// Titles of the pages.
    pub(super) pages: Vec<String>,
    pub(super) entries: Vec<Recorded>,
}

/// A field of a form as it was recorded.
pub(super) struct Param {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) file: Option<String>,
    pub(super) media: Option<String>,
    pub(super) span: Span,
}

/// The body of a request as it was recorded.
pub(super) struct Post {
    pub(super) media: String,
    pub(super) text: Option<String>,
    pub(super) params: Vec<Param>,
    pub(super) span: Span,
}

/// A header as it was recorded.
pub(super) struct RawHeader {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) span: Span,
}

/// One request with its answer.
pub(super) struct Recorded {
    pub(super) span: Span,
    /// Position among the pages.
    pub(super) page: usize,
    pub(super) start_ms: f64,
    pub(super) end_ms: f64,
    pub(super) method: String,
    pub(super) url: String,
    pub(super) url_span: Span,
    pub(super) headers: Vec<RawHeader>,
    pub(super) sent_cookies: Vec<(String, Span)>,
    pub(super) post: Option<Post>,
    pub(super) status: u16,
    pub(super) status_span: Span,
    pub(super) answer_headers: Vec<RawHeader>,
    pub(super) set_cookies: Vec<(String, String)>,
    pub(super) answer_json: Option<Node>,
}

impl Recorded {
    pub(super) fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status) && self.status != 304
    }
}

pub(super) fn recording(root: &Node, problems: &mut Vec<Diagnostic>) -> Option<Recording> {
    let log = &root.entry("log")?.value;
    let entries = &log.entry("entries")?.value;
    let Value::Seq(items) = &entries.value else {
        let d =
            Diagnostic::error(&entries.span, format!("`entries` must be a list, found {}", entries.found()));
        problems.push(d);
        return None;
    };
    let mut reader = Reader { problems, ids: Vec::new(), titles: Vec::new(), skipped: BTreeMap::new() };
    for page in log.entry("pages").map(|e| e.value.one_or_many()).unwrap_or_default() {
        let text = |key: &str| page.entry(key).and_then(|e| e.value.as_str());
        if let Some(id) = text("id") {
            reader.ids.push(id.to_owned());
            reader.titles.push(text("title").filter(|t| !t.trim().is_empty()).unwrap_or(id).to_owned());
        }
    }
    let mut recorded: Vec<Recorded> = items.iter().filter_map(|item| reader.entry(item)).collect();
    reader.tell_skipped();
    let pages = std::mem::take(&mut reader.titles);
    // Pages come in the order of their first request; requests of a page by time.
    let mut first: Vec<f64> = vec![f64::INFINITY; pages.len()];
    for entry in &recorded {
        if let Some(first) = first.get_mut(entry.page) {
            *first = first.min(entry.start_ms);
        }
    }
    let page_start = |page: usize| first.get(page).copied().unwrap_or(f64::INFINITY);
    recorded.sort_by(|a, b| {
        let pages = page_start(a.page).total_cmp(&page_start(b.page)).then(a.page.cmp(&b.page));
        pages.then(a.start_ms.total_cmp(&b.start_ms))
    });
    Some(Recording { pages, entries: recorded })
}

struct Reader<'p> {
    problems: &'p mut Vec<Diagnostic>,
    ids: Vec<String>,
    titles: Vec<String>,
    /// Why entries are left out, how many, and the first of them.
    skipped: BTreeMap<&'static str, (usize, Span)>,
}

impl Reader<'_> {
    fn skip(&mut self, why: &'static str, span: &Span) {
        self.skipped.entry(why).or_insert((0, span.clone())).0 += 1;
    }

    fn tell_skipped(&mut self) {
        for (why, (count, span)) in std::mem::take(&mut self.skipped) {
            let what = if count == 1 { "entry" } else { "entries" };
            let d = Diagnostic::warning(&span, format!("{count} {what}: {why}"));
            self.problems.push(d.label(if count == 1 { "left out" } else { "the first; left out" }));
        }
    }

    fn text<'n>(&mut self, node: &'n Node, what: &str, key: &str) -> Option<(&'n str, &'n Span)> {
        let Some(entry) = node.entry(key) else {
            self.problems.push(Diagnostic::error(&node.span, format!("the {what} has no `{key}`")));
            return None;
        };
        let text = entry.value.as_str().filter(|t| !t.is_empty());
        if text.is_none() {
            let message = format!("`{key}` of the {what} must be text, found {}", entry.value.found());
            self.problems.push(Diagnostic::error(&entry.value.span, message));
        }
        Some((text?, &entry.value.span))
    }

    fn entry(&mut self, node: &Node) -> Option<Recorded> {
        let started = self.text(node, "entry", "startedDateTime");
        let start_ms = started.and_then(|(text, span)| {
            let time = unix_ms(text);
            if time.is_none() {
                let d = Diagnostic::error(span, "this is no instant");
                self.problems.push(d.help("write it as `2026-11-25T09:30:00.000Z`"));
            }
            time
        });
        let [request, response] = ["request", "response"].map(|key| {
            let found = node.entry(key).map(|e| &e.value);
            if found.is_none() {
                self.problems.push(Diagnostic::error(&node.span, format!("the entry has no `{key}`")));
            }
            found
        });
        let (request, response) = (request?, response?);
        let method = self.text(request, "request", "method");
        let url = self.text(request, "request", "url");
        let status = response.entry("status").map(|e| (&e.value.value, &e.value.span));
        let Some((Value::Int(status), status_span)) = status else {
            self.problems.push(Diagnostic::error(&response.span, "the response has no `status`"));
            return None;
        };
        let ((method, _), (url, url_span), start_ms) = (method?, url?, start_ms?);
        if let Some(why) = why_not(node, url, *status) {
            self.skip(why, &node.span);
            return None;
        }
        if let Err(problem) = parse_url(url) {
            self.problems.push(Diagnostic::error(url_span, problem.message).label(problem.label));
            return None;
        }
        let time = node.entry("time").and_then(|e| number(&e.value)).unwrap_or(0.0).max(0.0);
        let headers = headers_of(request);
        let answer_headers = headers_of(response);
        Some(Recorded {
            span: node.span.clone(),
            page: self.page(node),
            start_ms,
            end_ms: start_ms + time,
            method: method.to_owned(),
            url: url.to_owned(),
            url_span: url_span.clone(),
            sent_cookies: sent_cookies(request, &headers),
            headers,
            post: self.post(request),
            status: u16::try_from(*status).unwrap_or(0),
            status_span: status_span.clone(),
            set_cookies: set_cookies(response, &answer_headers),
            answer_headers,
            answer_json: answer_json(response),
        })
    }

    fn page(&mut self, node: &Node) -> usize {
        let id = node.entry("pageref").and_then(|e| e.value.as_str()).unwrap_or_default();
        if let Some(at) = self.ids.iter().position(|known| known == id) {
            return at;
        }
        self.ids.push(id.to_owned());
        self.titles.push(if id.is_empty() { "requests".to_owned() } else { id.to_owned() });
        self.ids.len() - 1
    }

    fn post(&mut self, request: &Node) -> Option<Post> {
        let entry = request.entry("postData").filter(|e| matches!(e.value.value, Value::Map(_)))?;
        let text_of =
            |node: &Node, key: &str| node.entry(key).and_then(|e| e.value.as_str()).map(str::to_owned);
        let node = &entry.value;
        let mut text = text_of(node, "text").filter(|t| !t.is_empty());
        // Not in the format, but what some recorders write for bodies that are no text.
        if text_of(node, "encoding").or_else(|| text_of(node, "_encoding")).as_deref() == Some("base64") {
            let decoded = text.as_deref().and_then(base64).and_then(|bytes| String::from_utf8(bytes).ok());
            if decoded.is_none() {
                let d = Diagnostic::warning(&node.span, "a body that is not text");
                self.problems.push(d.label("left out").help("put it into a file: `body_file: ...`"));
            }
            text = decoded;
        }
        let items = node.entry("params").map(|e| e.value.one_or_many()).unwrap_or_default();
        let params = items.iter().filter_map(|item| {
            Some(Param {
                name: text_of(item, "name")?,
                value: text_of(item, "value").unwrap_or_default(),
                file: text_of(item, "fileName"),
                media: text_of(item, "contentType"),
                span: item.span.clone(),
            })
        });
        let media = text_of(node, "mimeType").unwrap_or_default();
        Some(Post { media, text, params: params.collect(), span: node.span.clone() })
    }
}

/// Why an entry is no request to be repeated.
fn why_not(node: &Node, url: &str, status: i128) -> Option<&'static str> {
    let text = |key: &str| node.entry(key).and_then(|e| e.value.as_str());
    let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
    if ["ws", "wss"].contains(&scheme.as_str()) || text("_resourceType") == Some("websocket") {
        return Some("WebSockets");
    }
    if !["http", "https"].contains(&scheme.as_str()) {
        return Some("no request over HTTP (`data:`, `blob:`, extensions)");
    }
    if text("_fromCache").is_some() {
        return Some("answered by the browser's cache");
    }
    (!(100..=599).contains(&status)).then_some("never answered")
}

fn number(node: &Node) -> Option<f64> {
    match node.value {
        Value::Int(value) => Some(value as f64),
        Value::Float(value) => Some(value),
        Value::Null | Value::Bool(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => None,
    }
}

/// Name and value of each item of a list.
fn headers_of(node: &Node) -> Vec<RawHeader> {
    let items = node.entry("headers").map(|e| e.value.one_or_many()).unwrap_or_default();
    let one = |item: &Node| {
        let name = item.entry("name")?.value.as_str()?;
        let value = item.entry("value")?.value.as_str()?;
        Some(RawHeader { name: name.to_owned(), value: value.to_owned(), span: item.span.clone() })
    };
    items.iter().filter_map(one).collect()
}

fn sent_cookies(request: &Node, headers: &[RawHeader]) -> Vec<(String, Span)> {
    let items = request.entry("cookies").map(|e| e.value.one_or_many()).unwrap_or_default();
    let listed = |item: &Node| Some((item.entry("name")?.value.as_str()?.to_owned(), item.span.clone()));
    let mut out: Vec<(String, Span)> = items.iter().filter_map(listed).collect();
    for header in headers.iter().filter(|h| h.name.eq_ignore_ascii_case("cookie")) {
        for pair in header.value.split(';') {
            let name = pair.split('=').next().unwrap_or_default().trim();
            if !name.is_empty() && !out.iter().any(|(known, _)| known == name) {
                out.push((name.to_owned(), header.span.clone()));
            }
        }
    }
    out
}

fn set_cookies(response: &Node, headers: &[RawHeader]) -> Vec<(String, String)> {
    let items = response.entry("cookies").map(|e| e.value.one_or_many()).unwrap_or_default();
    let listed = |item: &Node| {
        let text = |key: &str| item.entry(key).and_then(|e| e.value.as_str()).map(str::to_owned);
        Some((text("name")?, text("value")?))
    };
    let mut out: Vec<(String, String)> = items.iter().filter_map(listed).collect();
    for header in headers.iter().filter(|h| h.name.eq_ignore_ascii_case("set-cookie")) {
        // Chrome writes several into one value, a line each.
        for line in header.value.lines() {
            if let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('='))
                && !out.iter().any(|(known, _)| known == name.trim())
            {
                out.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }
    out
}

fn answer_json(response: &Node) -> Option<Node> {
    let content = &response.entry("content")?.value;
    let text = |key: &str| content.entry(key).and_then(|e| e.value.as_str());
    if !text("mimeType").is_some_and(|m| m.to_ascii_lowercase().contains("json")) {
        return None;
    }
    let span = &content.span;
    if text("encoding") == Some("base64") {
        return json_node(&String::from_utf8(base64(text("text")?)?).ok()?, span);
    }
    json_node(text("text")?, span)
}

/// Milliseconds since 1970 of an instant in ISO 8601; without a zone it is taken as UTC.
pub(super) fn unix_ms(text: &str) -> Option<f64> {
    let (date, time) = text.trim().split_once(['T', 't', ' '])?;
    let mut parts = date.split('-').map(|p| p.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || parts.next().is_some()
    {
        return None;
    }
    let zone_at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let mut parts = clock.split(':');
    let mut part = |max: f64| parts.next()?.parse::<f64>().ok().filter(|v| (0.0..=max).contains(v));
    let (hours, minutes) = (part(24.0)?, part(59.0)?);
    let seconds = part(60.999_999).unwrap_or(0.0);
    let offset_minutes = match zone {
        "" | "Z" | "z" => 0.0,
        zone => {
            let digits: String = zone[1..].chars().filter(char::is_ascii_digit).collect();
            let hours = digits.get(..2)?.parse::<f64>().ok()?;
            let minutes = digits.get(2..4).map_or(Some(0.0), |m| m.parse().ok())?;
            (hours * 60.0 + minutes) * if zone.starts_with('-') { -1.0 } else { 1.0 }
        }
    };
    let days = days_since_1970(year, month, day) as f64;
    Some((((days * 24.0 + hours) * 60.0 + minutes - offset_minutes) * 60.0 + seconds) * 1_000.0)
}

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.000Z", Some(0.0)),
            ("2026-11-25T09:30:00.250Z", Some(1_795_599_000_250.0)),
            ("2026-11-25T10:30:00.250+01:00", Some(1_795_599_000_250.0)),
            ("2026-11-25T10:30:00.250+0100", Some(1_795_599_000_250.0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400_000.0)),
            ("2026-13-25T10:30:00Z", None),
            ("yesterday", None),
            ("", None),
            ("2026-11-25Té:00:00+é", None),
        ] {
            assert_eq!(unix_ms(text), expected, "{text}");
        }
    }
}
