//! Who requests come from.

use super::request::plain;
use super::secret::{hidden, hidden_base64};
use super::target::header_name;
use super::template::{concat, escaped, template};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::{AUTH, BASIC};
use crate::tree::{Entry, Node, Value};
use brunt_workload::{Escape, Secret, Source, Text, TextPart};

/// What is added to requests. Nothing of it is shown: what is literal is a [`Secret`].
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Auth {
    pub(super) headers: Vec<(String, Text)>,
    /// A query parameter's name, encoded, and its value.
    pub(super) query: Option<(String, Text)>,
    /// The login that gives the values, by position.
    pub(super) login: Option<usize>,
}

const KEY_HEADER: &str = "X-API-Key";

const KINDS: [&str; 3] = ["basic", "bearer", "api_key"];

/// The field `auth`; `logins` are the names of the plan's.
pub(super) fn auth(cx: &Cx<'_>, node: &Node, logins: &[String]) -> Option<Auth> {
    match &node.value {
        Value::Str(word) if word == "none" => Some(Auth::default()),
        Value::Str(word) if word == "env" || word == "env if set" => Some(of_environment(cx, node)),
        Value::Map(_) => of_map(cx, node, logins),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => {
            let d = Diagnostic::error(&node.span, "expected `none`, `env`, `env if set` or a map");
            cx.report(d.help("write e.g. `auth: {bearer: \"${token}\"}`"));
            None
        }
    }
}

/// `AUTH_TOKEN` and `API_KEY`.
fn of_environment(cx: &Cx<'_>, node: &Node) -> Auth {
    let mut headers = Vec::new();
    let value = |name: &str| {
        let value = cx.env(name).filter(|v| !v.is_empty())?;
        if value.chars().any(char::is_control) {
            let message = format!("the environment variable `{name}` is more than one line");
            cx.report(Diagnostic::error(&node.span, message).label("a header holds one line"));
        }
        Some(value)
    };
    if let Some(token) = value("AUTH_TOKEN") {
        headers.push(("Authorization".to_owned(), secret(format!("Bearer {token}"))));
    }
    if let Some(key) = value("API_KEY") {
        headers.push((KEY_HEADER.to_owned(), secret(key)));
    }
    if headers.is_empty() && node.as_str() == Some("env") {
        let d = Diagnostic::error(&node.span, "neither `AUTH_TOKEN` nor `API_KEY` is set in the environment");
        let d = d.label("requests would say nothing of who sends them");
        cx.report(d.help("set one: `AUTH_TOKEN=... brunt run ...`; or write `auth: env if set`"));
    }
    Auth { headers, ..Auth::default() }
}

fn secret(text: String) -> Text {
    let source = Source::Secret(Secret::new(text));
    Text { parts: vec![TextPart::Dynamic { source, escape: Escape::None }] }
}

fn of_map(cx: &Cx<'_>, node: &Node, logins: &[String]) -> Option<Auth> {
    let fields = Fields::of(cx, node, &AUTH)?;
    let login = fields.get("login").map(|node| {
        let name = cx.text_of(node, "a login's name")?;
        let at = logins.iter().position(|l| l == name);
        if at.is_none() {
            let d = Cx::unknown("login", name, &node.span, logins.iter().map(String::as_str));
            cx.report(d.label("`logins` of the plan does not have it"));
        }
        at
    });
    let mut given: Vec<&Entry> = fields.given().filter(|e| KINDS.contains(&e.key.as_str())).collect();
    given.sort_by_key(|e| e.key_span.start);
    for field in ["header", "query"] {
        if fields.has(field) && !fields.has("api_key") {
            let d = Diagnostic::error(&fields.key_span(field), format!("`{field}` needs `api_key`"));
            cx.report(
                d.label("nothing else is sent there")
                    .help(format!("write e.g. `auth: {{api_key: \"${{key}}\", {field}: ...}}`")),
            );
        }
    }
    let auth = match given.as_slice() {
        [] if login.is_some() => Some(Auth::default()),
        [] => {
            if !fields.has_unknown() {
                let d = Diagnostic::error(&node.span, "this says nothing about who requests come from");
                cx.report(
                    d.help("give one of `basic`, `bearer`, `api_key` and `login`; or write `auth: none`"),
                );
            }
            None
        }
        [one] => kind(&fields, &one.key),
        [first, second, ..] => {
            let message = format!("`{}` cannot be combined with `{}`", second.key, first.key);
            cx.report(
                Diagnostic::error(&second.key_span, message)
                    .label("a request comes from one user")
                    .help("keep one of them"),
            );
            None
        }
    };
    let login = match login {
        Some(None) => return None,
        Some(login) => login,
        None => None,
    };
    Some(Auth { login, ..auth? })
}

fn kind(fields: &Fields<'_, '_>, kind: &str) -> Option<Auth> {
    let cx = fields.cx;
    let node = fields.get(kind)?;
    let header =
        |name: &str, value: Text| Auth { headers: vec![(name.to_owned(), value)], ..Auth::default() };
    match kind {
        "basic" => {
            let basic = Fields::of(cx, node, &BASIC)?;
            for field in ["user", "password"] {
                basic.missing(field);
            }
            let part = |field: &str| basic.get(field).map(|node| line(cx, node));
            let (user, password) = (part("user"), part("password"));
            let (user, password) = (user??, password??);
            if user.as_literal().is_some_and(|user| user.contains(':')) {
                let span = basic.key_span("user");
                let d = Diagnostic::error(&span, "`user` has a `:` in it");
                cx.report(d.label("the server would take what follows for the password"));
            }
            let credentials = hidden_base64(concat([user, Text::literal(":"), password]));
            Some(header("Authorization", concat([Text::literal("Basic "), credentials])))
        }
        "bearer" => {
            let token = hidden(line(cx, node)?);
            Some(header("Authorization", concat([Text::literal("Bearer "), token])))
        }
        _ => {
            let key = hidden(line(cx, node)?);
            if fields.has("header") && fields.has("query") {
                let d =
                    Diagnostic::error(&fields.key_span("query"), "`query` cannot be combined with `header`");
                cx.report(d.label("a key is sent in one place").help("keep one of them"));
            }
            if let Some(name) = fields.get("query") {
                let name = Escape::Query.of(cx.text_of(name, "a parameter's name")?);
                return Some(Auth { query: Some((name, escaped(key, Escape::Query))), ..Auth::default() });
            }
            let name = match fields.get("header") {
                Some(node) => {
                    let name = cx.text_of(node, "a header's name")?;
                    header_name(cx, &node.span, name)?;
                    name
                }
                None => KEY_HEADER,
            };
            Some(header(name, key))
        }
    }
}

/// A text of one line that is not empty.
fn line(cx: &Cx<'_>, node: &Node) -> Option<Text> {
    let text = if let Value::Str(_) = &node.value { template(cx, node) } else { plain(cx, node) }?;
    let wrong = if text.parts.is_empty() && node.as_str().is_some_and(str::is_empty) {
        Some("this is empty")
    } else if node.as_str().is_some_and(|t| t.chars().any(char::is_control)) {
        Some("this is more than one line")
    } else {
        None
    };
    if let Some(wrong) = wrong {
        cx.report(Diagnostic::error(&node.span, wrong).label("a header holds one line"));
        return None;
    }
    Some(text)
}
