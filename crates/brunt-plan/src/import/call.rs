//! What readers of requests share: a request as it was found, made a step of a plan.
//!
//! Foreign text is no template: what looks like one is escaped ([`plain`]). Secrets are taken out ([`Secrets`]).

use super::build::{Map, Piece, text_at};
use crate::diagnostic::Diagnostic;
use crate::lower::parse_url;
use crate::print::is_secret_header;
use crate::read::read;
use crate::tree::{Entry, Node, Span, Value};
use crate::{Format, Source};
use std::collections::HashMap;

/// What is done with secrets that a foreign file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretValues {
    /// They stay out of the plan, which takes them from environment variables.
    #[default]
    FromEnvironment,
    /// They are taken over, for a plan that is run at once and written nowhere.
    Keep,
}

/// Foreign text as the template that stands for exactly it.
pub(super) fn plain(text: &str) -> String {
    text.replace("${", "$${")
}

/// The methods that a step has a field for.
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// The longest name of an action, as lowering has it.
const MAX_NAME: usize = 100;

/// A header; its value is a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) span: Span,
}

/// A request as a plan will say it: all texts are templates.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) span: Span,
    pub(super) method: String,
    /// A whole URL.
    pub(super) url: String,
    pub(super) url_span: Span,
    pub(super) headers: Vec<Header>,
    /// The body's field and what it holds.
    pub(super) body: Option<(&'static str, Node)>,
    /// Fields of the step beside these, in order.
    pub(super) more: Vec<Entry>,
}

impl Call {
    pub(super) const fn at(span: Span) -> Self {
        Self {
            span,
            method: String::new(),
            url: String::new(),
            url_span: 0..0,
            headers: Vec::new(),
            body: None,
            more: Vec::new(),
        }
    }

    pub(super) fn put(&mut self, key: &str, value: impl Into<Piece>) {
        let value = value.into().at(&self.span);
        self.more.push(Entry { key: key.to_owned(), key_span: value.span.clone(), value });
    }

    pub(super) fn header(&self, name: &str) -> Option<&Header> {
        self.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name))
    }

    /// Adds a header; one of the same name is joined with it (RFC 9110, 5.3).
    pub(super) fn add_header(&mut self, header: Header) {
        let same = self.headers.iter_mut().find(|h| h.name.eq_ignore_ascii_case(&header.name));
        match same {
            Some(known) => {
                let separator = if known.name.eq_ignore_ascii_case("cookie") { "; " } else { ", " };
                known.value = format!("{}{separator}{}", known.value, header.value);
            }
            None => self.headers.push(header),
        }
    }

    /// A text body: as JSON if it is and says so, else as it stands.
    pub(super) fn text_body(&mut self, text: &str, span: &Span) {
        let is_json =
            self.header("content-type").is_some_and(|h| h.value.to_ascii_lowercase().contains("json"));
        if let Some(node) = if is_json { json_node(text, span) } else { None } {
            self.headers.retain(|h| {
                !(h.name.eq_ignore_ascii_case("content-type") && h.value.trim() == "application/json")
            });
            self.body = Some(("json", node));
        } else if !text.is_empty() {
            self.body = Some(("body", text_at(span, text)));
        }
    }

    /// The step; URLs of `target` become paths.
    pub(super) fn step(self, target: Option<&str>) -> Map {
        let url = match target.and_then(|t| self.url.strip_prefix(t)) {
            Some("") => "/".to_owned(),
            Some(rest) if rest.starts_with('/') => rest.to_owned(),
            Some(rest) if rest.starts_with(['?', '#']) => format!("/{rest}"),
            Some(_) | None => self.url,
        };
        let mut step = Map::at(self.span);
        let lower = self.method.to_ascii_lowercase();
        if METHODS.contains(&lower.as_str()) && self.method == self.method.to_ascii_uppercase() {
            step.put(&lower, text_at(&self.url_span, url));
        } else {
            step.put("request", text_at(&self.url_span, format!("{} {url}", self.method)));
        }
        if !self.headers.is_empty() {
            step.put("headers", header_map(&self.headers));
        }
        if let Some((key, body)) = self.body {
            step.put(key, body);
        }
        for entry in self.more {
            step.put(&entry.key, entry.value);
        }
        step
    }
}

pub(super) fn header_map(headers: &[Header]) -> Node {
    let entry = |h: &Header| Entry {
        key: h.name.clone(),
        key_span: h.span.clone(),
        value: text_at(&h.span, h.value.clone()),
    };
    let span = headers.first().map(|h| h.span.clone()).unwrap_or_default();
    Node { span, value: Value::Map(headers.iter().map(entry).collect()) }
}

/// Text that is JSON as a tree, all at one place.
pub(super) fn json_node(text: &str, span: &Span) -> Option<Node> {
    let mut node = read(&Source::inline("body", Format::Json, text)).ok()?;
    node.place(span);
    matches!(node.value, Value::Map(_) | Value::Seq(_)).then_some(node)
}

/// Changes every text in a tree.
pub(super) fn each_text(node: &mut Node, change: &mut impl FnMut(&mut String)) {
    match &mut node.value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
        Value::Str(text) => change(text),
        Value::Seq(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Map(entries) => entries.iter_mut().for_each(|entry| each_text(&mut entry.value, change)),
    }
}

/// Splits a whole URL into origin, as it is written, and the rest.
pub(super) fn split_origin(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = parse_url(url).ok()?;
    Some(url.split_at(url.len() - rest.len()))
}

/// The origin that all calls share, as the first of them writes it.
pub(super) fn shared_origin(calls: &[Call]) -> Option<String> {
    let first = split_origin(&calls.first()?.url)?.0;
    calls.iter().all(|c| split_origin(&c.url).is_some_and(|(o, _)| o == first)).then(|| first.to_owned())
}

/// Names of things, each once, short enough to be shown.
#[derive(Default)]
pub(super) struct Names(HashMap<String, usize>);

impl Names {
    pub(super) fn unique(&mut self, name: &str) -> String {
        let clean: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let clean = if clean.trim().is_empty() { "request" } else { clean.trim() };
        let short: String = clean.chars().take(MAX_NAME - 8).collect();
        let count = self.0.entry(short.clone()).or_insert(0);
        *count += 1;
        let mut candidate = if *count == 1 { short.clone() } else { format!("{short} {count}") };
        // "a 2" may have been a name of its own.
        while *self.0.get(&short).unwrap_or(&1) > 1 && self.0.contains_key(&candidate) {
            let count = self.0.entry(short.clone()).or_insert(1);
            *count += 1;
            candidate = format!("{short} {count}");
        }
        self.0.entry(candidate.clone()).or_insert(1);
        candidate
    }
}

/// A name that expressions can have: letters, digits and `_`.
pub(super) fn identifier(text: &str) -> String {
    let mut out = String::new();
    let mut before_is_lower = false;
    for c in text.chars() {
        let starts_word = c.is_ascii_uppercase() && before_is_lower;
        before_is_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        if (starts_word || !c.is_ascii_alphanumeric()) && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        }
    }
    let out = out.trim_end_matches('_').chars().take(60).collect::<String>();
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) { format!("value_{out}") } else { out }
        .trim_end_matches('_')
        .to_owned()
}

/// Names of parameters and keys that hold secrets; so do those that end in `_password` or `_secret`.
const SECRET_NAMES: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "client_secret",
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "api_key",
    "apikey",
    "auth_token",
    "private_key",
    "otp",
    "signature",
    "pwd",
];

/// Whether a parameter or a key of this name holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = identifier(name);
    SECRET_NAMES.contains(&name.as_str()) || name.ends_with("_password") || name.ends_with("_secret")
}

/// The secrets of a file, each taken from an environment variable of the plan's.
pub(super) struct Secrets {
    values: SecretValues,
    /// Value, name, place.
    known: Vec<(String, String, Span)>,
    /// Names that are taken by something else.
    taken: Vec<String>,
}

impl Secrets {
    pub(super) const fn new(values: SecretValues) -> Self {
        Self { values, known: Vec::new(), taken: Vec::new() }
    }

    /// Keeps a name from being used.
    pub(super) fn reserve(&mut self, name: &str) {
        self.taken.push(name.to_owned());
    }

    /// The template that stands for `value`, which is plain text.
    pub(super) fn template(&mut self, hint: &str, value: &str, span: &Span) -> String {
        if value.is_empty() {
            return String::new();
        }
        let hint = identifier(hint);
        let same = |known: &&(String, String, Span)| known.0 == value && known.1.starts_with(&hint);
        if let Some((_, name, _)) = self.known.iter().find(same) {
            return format!("${{{name}}}");
        }
        let mut name = hint.clone();
        let mut n = 2;
        while self.has(&name) {
            name = format!("{hint}_{n}");
            n += 1;
        }
        self.known.push((value.to_owned(), name.clone(), span.clone()));
        format!("${{{name}}}")
    }

    /// Takes a secret that the plan knows by a name already.
    pub(super) fn named(&mut self, name: &str, value: &str, span: &Span) {
        if !self.known.iter().any(|k| k.1 == name) {
            self.known.push((value.to_owned(), name.to_owned(), span.clone()));
        }
    }

    /// Whether a name is in use.
    pub(super) fn has(&self, name: &str) -> bool {
        self.taken.iter().any(|t| t == name) || self.known.iter().any(|k| k.1 == name)
    }

    /// As [`Self::template`] if the header is one that holds secrets.
    pub(super) fn header(&mut self, name: &str, value: &str, span: &Span) -> String {
        if is_secret_header(name) { self.template(name, value, span) } else { plain(value) }
    }

    /// Puts `secrets` into the plan: from the environment, and says which variables are to be set; or as they are, into a
    /// plan that nobody sees.
    pub(super) fn put_into(&self, plan: &mut Map, problems: &mut Vec<Diagnostic>) {
        if self.known.is_empty() {
            return;
        }
        let mut map = Map::at(plan.span().clone());
        for (value, name, span) in &self.known {
            if self.values == SecretValues::Keep && !value.is_empty() {
                map.put(name, text_at(span, plain(value)));
                continue;
            }
            let variable = variable_of(name);
            map.put(name, text_at(span, format!("${{env.{variable}}}")));
            let message = format!("the secret `{name}` is not written down");
            // Without its place: the line there would show it.
            let d = Diagnostic { span: None, ..Diagnostic::warning(span, message) };
            problems.push(d.help(format!("set the environment variable {variable}")));
        }
        plan.put("secrets", map);
    }
}

/// Base64 (RFC 4648, section 4; padding may be missing, line breaks are skipped).
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => continue,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or(0));
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

/// `%41` as `A`; `None` if that is no UTF-8. With `plus`, `+` is a space.
pub(super) fn percent_decoded(text: &str, plus: PlusSign) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(decoded)) => {
                out.push(decoded);
                at += 2;
            }
            (b'+', _) if plus == PlusSign::IsSpace => out.push(b' '),
            (_, _) => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8(out).ok()
}

/// What `+` stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PlusSign {
    IsSpace,
    IsItself,
}

/// A user class that does `actions` one after the other, as the only one.
pub(super) fn in_turn(plan: &mut Map, class: &str, actions: &[String]) {
    let mut own = Map::at(plan.span().clone());
    own.put("in_turn", actions.to_vec());
    let mut users = Map::at(plan.span().clone());
    users.put(class, own);
    plan.put("users", users);
}

/// One scenario, `load`, of these texts and numbers.
pub(super) fn load(plan: &mut Map, fields: Vec<(&str, Piece)>) {
    let mut scenario = Map::at(plan.span().clone());
    for (key, piece) in fields {
        scenario.put(key, piece);
    }
    let mut scenarios = Map::at(plan.span().clone());
    scenarios.put("load", scenario);
    plan.put("scenarios", scenarios);
}

/// Variables that every environment has, for something else.
const TAKEN: [&str; 10] =
    ["PATH", "PWD", "OLDPWD", "USER", "LOGNAME", "HOME", "LANG", "SHELL", "HOSTNAME", "TERM"];

/// The environment variable that a secret comes from: one that a shell sets for itself is no secret.
fn variable_of(name: &str) -> String {
    let variable = name.to_ascii_uppercase();
    if TAKEN.contains(&variable.as_str()) { format!("SECRET_{variable}") } else { variable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        for (text, expected) in [
            ("Authorization", "authorization"),
            ("X-API-Key", "x_api_key"),
            ("userId", "user_id"),
            ("base url", "base_url"),
            ("1st", "value_1st"),
            ("", "value"),
            ("日本", "value"),
            ("--a--", "a"),
        ] {
            assert_eq!(identifier(text), expected, "{text}");
        }
    }

    #[test]
    fn names_are_given_once() {
        let mut names = Names::default();
        let given: Vec<String> = ["a", "a 2", "a", "a", "\n", ""].iter().map(|n| names.unique(n)).collect();
        assert_eq!(given, ["a", "a 2", "a 3", "a 4", "request", "request 2"]);
    }

    #[test]
    fn encodings() {
        assert_eq!(base64("aGVsbG8=").as_deref(), Some(b"hello".as_slice()));
        assert_eq!(base64("aGVs\nbG8").as_deref(), Some(b"hello".as_slice()));
        assert_eq!(base64("a*"), None);
        for (text, expected) in [
            ("a%20b", Some("a b")),
            ("a+b", Some("a b")),
            ("%", Some("%")),
            ("%zz%", Some("%zz%")),
            ("%ff", None),
            ("%é", Some("%é")),
        ] {
            assert_eq!(percent_decoded(text, PlusSign::IsSpace).as_deref(), expected, "{text}");
        }
        assert_eq!(percent_decoded("a+b", PlusSign::IsItself).as_deref(), Some("a+b"));
        assert_eq!(plain("a${b}$"), "a$${b}$");
    }
}
