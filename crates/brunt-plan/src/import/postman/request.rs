//! One request of a collection.

use super::super::build::{Map, text_at};
use super::super::call::{Call, Header, Secrets, identifier, json_node};
use super::names::{Variables, names_between};
use super::script;
use crate::diagnostic::Diagnostic;
use crate::print::is_secret_header;
use crate::tree::{Entry, Node, Span, Value};
use std::collections::BTreeSet;

/// What requests need to be read.
pub(super) struct Reader<'s, 'p> {
    pub(super) secrets: &'s mut Secrets,
    pub(super) problems: &'p mut Vec<Diagnostic>,
    pub(super) variables: Variables,
    /// Variables that stand where only secrets stand.
    pub(super) secret_variables: BTreeSet<String>,
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.entry(key).and_then(|e| e.value.as_str())
}

/// The items of a list that are not switched off.
fn enabled<'n>(node: &'n Node, key: &str) -> Vec<&'n Node> {
    let items = node.entry(key).map(|e| e.value.one_or_many()).unwrap_or_default();
    let on = |item: &&Node| item.entry("disabled").is_none_or(|d| d.value.value != Value::Bool(true));
    items.iter().filter(on).collect()
}

impl Reader<'_, '_> {
    fn template(&mut self, text: &str, span: &Span) -> String {
        self.variables.template(text, span, self.problems)
    }

    /// A secret's text; one that is a variable is that variable.
    fn secret(&mut self, hint: &str, value: &str, span: &Span) -> String {
        if value.contains("{{") {
            self.secret_variables.extend(names_between(value, "{{", "}}").map(identifier));
            self.template(value, span)
        } else {
            self.secrets.template(hint, value, span)
        }
    }

    pub(super) fn item(&mut self, item: &Node, name: &str, inherited: Option<&Node>) -> Option<Call> {
        let Some(entry) = item.entry("request") else {
            let d = Diagnostic::error(&item.span, format!("the item `{name}` has no `request`"));
            self.problems.push(d.label("neither a request nor a folder"));
            return None;
        };
        let request = &entry.value;
        let mut call = Call::at(item.span.clone());
        // A request may be its URL alone.
        let (url, url_span) = match (&request.value, request.entry("url").map(|e| &e.value)) {
            (Value::Str(url), _) => (url.clone(), request.span.clone()),
            (_, Some(url)) => (raw_url(url).unwrap_or_default(), url.span.clone()),
            (_, None) => (String::new(), request.span.clone()),
        };
        if url.trim().is_empty() {
            let d = Diagnostic::error(&request.span, format!("the request `{name}` has no URL"));
            self.problems.push(d);
            return None;
        }
        call.method.push_str(text(request, "method").unwrap_or("GET"));
        call.url = self.url(&url, request.entry("url").map(|e| &e.value), &url_span);
        call.url_span = url_span;
        for header in enabled(request, "header") {
            if let (Some(name), Some(value)) = (text(header, "key"), text(header, "value")) {
                let value = if is_secret_header(name) {
                    self.secret(name, value, &header.span)
                } else {
                    self.template(value, &header.span)
                };
                call.add_header(Header { name: name.to_owned(), value, span: header.span.clone() });
            }
        }
        if let Some(body) = request.entry("body").filter(|b| b.value.entry("disabled").is_none()) {
            self.body(&body.value, &mut call);
        }
        if call.url.contains("${") && !name.is_empty() {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
            call.put("name", super::super::call::plain(&shown));
        }
        let auth =
            request.entry("auth").map(|e| &e.value).filter(|a| !matches!(a.value, Value::Null)).or(inherited);
        if let Some(auth) = auth.and_then(|a| self.auth(a, &mut call)) {
            call.put("auth", auth);
        }
        self.scripts_of(item, Some(&mut call));
        Some(call)
    }

    /// `:name` segments take the values of the URL's own variables.
    fn url(&mut self, raw: &str, url: Option<&Node>, span: &Span) -> String {
        let mut raw = raw.trim().to_owned();
        let disabled = url.and_then(|u| u.entry("query")).map(|e| e.value.one_or_many()).unwrap_or_default();
        if disabled.iter().any(|q| q.entry("disabled").is_some_and(|d| d.value.value == Value::Bool(true))) {
            let pairs: Vec<String> = url
                .map(|u| enabled(u, "query"))
                .unwrap_or_default()
                .iter()
                .map(|q| {
                    format!("{}={}", text(q, "key").unwrap_or_default(), text(q, "value").unwrap_or_default())
                })
                .collect();
            let base = raw.split('?').next().unwrap_or_default().to_owned();
            raw = if pairs.is_empty() { base } else { format!("{base}?{}", pairs.join("&")) };
        }
        for variable in url.map(|u| enabled(u, "variable")).unwrap_or_default() {
            if let (Some(key), Some(value)) = (text(variable, "key"), text(variable, "value")) {
                let parts: Vec<&str> = raw
                    .split('/')
                    .map(|part| if part.strip_prefix(':') == Some(key) { value } else { part })
                    .collect();
                raw = parts.join("/");
            }
        }
        let raw = if raw.contains("://") || raw.starts_with("{{") { raw } else { format!("http://{raw}") };
        self.template(&raw, span)
    }

    fn body(&mut self, body: &Node, call: &mut Call) {
        let mode = text(body, "mode").unwrap_or_default();
        let Some(content) = body.entry(mode).map(|e| &e.value) else { return };
        match mode {
            "raw" => self.raw(body, content, call),
            "urlencoded" => {
                let mut entries: Vec<Entry> = Vec::new();
                for field in enabled(body, mode) {
                    let (key, value) =
                        (text(field, "key").unwrap_or_default(), text(field, "value").unwrap_or_default());
                    let value = text_at(&field.span, self.field(key, value, &field.span));
                    match entries.iter_mut().find(|e| e.key == key) {
                        Some(known) => {
                            let mut items = known.value.one_or_many().to_vec();
                            items.push(value);
                            known.value.value = Value::Seq(items);
                        }
                        None => {
                            entries.push(Entry { key: key.to_owned(), key_span: field.span.clone(), value });
                        }
                    }
                }
                call.body = Some(("form", Node { span: content.span.clone(), value: Value::Map(entries) }));
            }
            "formdata" => {
                let form = self.form_data(body, content);
                call.body = Some(("multipart", form));
            }
            "file" => {
                if let Some(path) = text(content, "src") {
                    call.body = Some(("body_file", text_at(&content.span, super::super::call::plain(path))));
                } else {
                    let d =
                        Diagnostic::warning(&content.span, "the body is a file of nobody knows which name");
                    self.problems.push(d.label("left out").help("write it as `body_file: ...`"));
                }
            }
            "graphql" => {
                let mut map = Map::at(content.span.clone());
                map.put("query", self.template(text(content, "query").unwrap_or_default(), &content.span));
                let variables = text(content, "variables").filter(|v| !v.trim().is_empty());
                if let Some(variables) = variables {
                    let template = self.template(variables, &content.span);
                    if let Some(node) = json_node(&script::quote_values(&template), &content.span) {
                        map.put("variables", node);
                    } else {
                        let d = Diagnostic::warning(&content.span, "the variables of the query are not JSON");
                        self.problems.push(d.label("left out"));
                    }
                }
                call.body = Some(("json", map.node()));
            }
            _ => {
                let d = Diagnostic::warning(&body.span, format!("a body of the kind `{mode}`"));
                self.problems.push(d.label("left out"));
            }
        }
    }

    fn field(&mut self, key: &str, value: &str, span: &Span) -> String {
        if super::super::call::is_secret_name(key) {
            self.secret(key, value, span)
        } else {
            self.template(value, span)
        }
    }

    fn raw(&mut self, body: &Node, content: &Node, call: &mut Call) {
        let Some(raw) = content.as_str() else { return };
        let options = body.entry("options").and_then(|o| o.value.entry("raw"));
        let language = options.and_then(|r| text(&r.value, "language")).unwrap_or_default();
        let media = match language {
            "json" => Some("application/json"),
            "xml" => Some("application/xml"),
            "html" => Some("text/html"),
            "javascript" => Some("application/javascript"),
            "text" => Some("text/plain"),
            _ => None,
        };
        if let Some(media) = media
            && call.header("content-type").is_none()
        {
            let (name, value) = ("content-type".to_owned(), media.to_owned());
            call.add_header(Header { name, value, span: content.span.clone() });
        }
        let template = self.template(raw, &content.span);
        // `{"id": {{id}}}` is JSON only once the value is there; as a text of its own it is written as one.
        let quoted = script::quote_values(&template);
        let is_json = call.header("content-type").is_some_and(|h| h.value.contains("json"));
        if let Some(mut node) = json_node(&quoted, &content.span).filter(|_| is_json) {
            self.hide(&mut node, "");
            call.headers
                .retain(|h| !(h.name.eq_ignore_ascii_case("content-type") && h.value == "application/json"));
            call.body = Some(("json", node));
        } else {
            call.text_body(&template, &content.span);
        }
    }

    /// Takes secrets out of a JSON body.
    fn hide(&mut self, node: &mut Node, key: &str) {
        match &mut node.value {
            Value::Str(text) if super::super::call::is_secret_name(key) && !text.contains("${") => {
                *text = self.secrets.template(key, &text.clone(), &node.span);
            }
            Value::Str(text) if super::super::call::is_secret_name(key) => {
                self.secret_variables.extend(names_between(text, "${", "}").map(str::to_owned));
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {}
            Value::Seq(items) => items.iter_mut().for_each(|item| self.hide(item, key)),
            Value::Map(entries) => entries.iter_mut().for_each(|e| self.hide(&mut e.value, &e.key)),
        }
    }

    fn form_data(&mut self, body: &Node, content: &Node) -> Node {
        let mut map = Map::at(content.span.clone());
        let mut seen: Vec<&str> = Vec::new();
        for field in enabled(body, "formdata") {
            let key = text(field, "key").unwrap_or_default();
            if seen.contains(&key) {
                let d = Diagnostic::warning(&field.span, format!("`{key}` is given twice"));
                self.problems.push(d.label("a plan's form has each name once"));
                continue;
            }
            seen.push(key);
            if text(field, "type") == Some("file") {
                let source = field.entry("src").map(|e| &e.value);
                let Some(path) = source.and_then(|s| s.one_or_many().first()).and_then(Node::as_str) else {
                    let d = Diagnostic::warning(&field.span, format!("the file `{key}` has no name"));
                    self.problems
                        .push(d.label("left out").help("write it as `multipart: {name: {file: ...}}`"));
                    continue;
                };
                let mut part = Map::at(field.span.clone());
                part.put("file", super::super::call::plain(path));
                part.put_some("content_type", text(field, "contentType"));
                map.put(key, part);
            } else {
                let value = self.field(key, text(field, "value").unwrap_or_default(), &field.span);
                map.put(key, text_at(&field.span, value));
            }
        }
        map.node()
    }

    fn auth(&mut self, auth: &Node, call: &mut Call) -> Option<Node> {
        let kind = text(auth, "type").unwrap_or("noauth");
        let list = auth.entry(kind).map(|e| e.value.one_or_many()).unwrap_or_default();
        let value =
            |key: &str| list.iter().find(|p| text(p, "key") == Some(key)).and_then(|p| text(p, "value"));
        let mut map = Map::at(auth.span.clone());
        match kind {
            "noauth" => return Some(text_at(&auth.span, "none")),
            "basic" => {
                let mut pair = Map::at(auth.span.clone());
                pair.put("user", self.template(value("username").unwrap_or_default(), &auth.span));
                pair.put(
                    "password",
                    self.secret("password", value("password").unwrap_or_default(), &auth.span),
                );
                map.put("basic", pair);
            }
            "bearer" => {
                _ = map.put("bearer", self.secret("token", value("token").unwrap_or_default(), &auth.span));
            }
            "apikey" => {
                map.put("api_key", self.secret("api_key", value("value").unwrap_or_default(), &auth.span));
                let place = if value("in") == Some("query") { "query" } else { "header" };
                map.put(place, value("key").unwrap_or("X-API-Key"));
            }
            "oauth2" if value("accessToken").is_some() => {
                map.put("bearer", self.secret("token", value("accessToken").unwrap_or_default(), &auth.span));
            }
            _ => {
                let d = Diagnostic::warning(&auth.span, format!("authorisation by `{kind}`"));
                self.problems.push(d.label("left out").help("write `auth: {bearer: ...}` or headers"));
                return None;
            }
        }
        // A header of the request's own says it already.
        call.header("authorization").is_none().then(|| map.node())
    }

    /// Scripts: what they save of the answer is saved; all else is told.
    pub(super) fn scripts_of(&mut self, item: &Node, call: Option<&mut Call>) {
        let mut saves = Map::at(item.span.clone());
        let allowed = call.is_some();
        for event in item.entry("event").map(|e| e.value.one_or_many()).unwrap_or_default() {
            let listen = text(event, "listen").unwrap_or_default();
            let Some(exec) = event.entry("script").and_then(|s| s.value.entry("exec")) else { continue };
            let mut told = None;
            for line in exec.value.one_or_many() {
                let source = line.as_str().unwrap_or_default();
                for statement in source.lines() {
                    match script::statement(statement) {
                        script::Statement::Nothing => {}
                        script::Statement::Save { name, from } if allowed && listen == "test" => {
                            let name = identifier(&name);
                            self.variables.save(&name);
                            self.secrets.reserve(&name);
                            saves.put(&name, from.piece(&line.span));
                        }
                        script::Statement::Save { .. } | script::Statement::Other => {
                            told.get_or_insert_with(|| line.span.clone());
                        }
                    }
                }
            }
            if let Some(span) = told {
                let what = if listen == "prerequest" {
                    "a script before the request"
                } else {
                    "a script after the answer"
                };
                let d = Diagnostic::warning(&span, format!("{what} is not taken over"));
                self.problems.push(
                    d.label("this line, and what belongs to it").help("write it as `check` and `save`"),
                );
            }
        }
        if let Some(call) = call.filter(|_| !saves.is_empty()) {
            call.put("save", saves);
        }
    }
}

/// `url` is a text, or a map with the text as `raw`, or with its pieces alone.
fn raw_url(url: &Node) -> Option<String> {
    if let Some(text) = url.as_str().or_else(|| text(url, "raw")) {
        return Some(text.to_owned());
    }
    let list = |key: &str, separator: &str| {
        let items = url.entry(key).map(|e| e.value.one_or_many()).unwrap_or_default();
        items.iter().filter_map(Node::as_str).collect::<Vec<_>>().join(separator)
    };
    let (host, path) = (list("host", "."), list("path", "/"));
    let protocol = text(url, "protocol").map(|p| format!("{p}://")).unwrap_or_default();
    let port = text(url, "port").map(|p| format!(":{p}")).unwrap_or_default();
    let query: Vec<String> = enabled(url, "query")
        .iter()
        .map(|q| format!("{}={}", text(q, "key").unwrap_or_default(), text(q, "value").unwrap_or_default()))
        .collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    (!host.is_empty()).then(|| format!("{protocol}{host}{port}/{path}{query}"))
}
