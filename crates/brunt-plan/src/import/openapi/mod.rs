//! `OpenAPI` descriptions, 3.0 and 3.1: an action for each operation, with made-up parameters and bodies.
//!
//! Operations are done at random, reads more often than writes ([`WEIGHTS`]). Answers must have a status that is
//! documented. Paths' parameters are drawn on their own: that `/users/{id}` asks for a user that a `POST /users`
//! made is not known here.
//!
//! Start with [`plan`]; [`values`] makes values of schemas.

mod values;

use super::Notes;
use super::build::{Map, Piece, text_at};
use super::call::{Call, Header, Names, identifier, load, plain};
use crate::diagnostic::{Diagnostic, Severity};
use crate::tree::{Entry, Node, Span, Value};
use std::collections::{BTreeMap, BTreeSet};
use values::Values;

/// The methods that an operation may have, and how often each is done: most load is of readers.
const WEIGHTS: [(&str, u64); 7] =
    [("get", 5), ("head", 1), ("post", 2), ("put", 1), ("patch", 1), ("delete", 1), ("options", 1)];

pub(super) fn looks_like(root: &Node) -> bool {
    (root.entry("openapi").is_some() || root.entry("swagger").is_some())
        && (root.entry("info").is_some() || root.entry("paths").is_some())
}

pub(super) fn plan(root: &Node, problems: &mut Vec<Diagnostic>, notes: &mut Notes) -> Option<Node> {
    if let Some(swagger) = root.entry("swagger") {
        let d = Diagnostic::error(&swagger.value.span, "this is Swagger 2.0")
            .label("OpenAPI 3.0 and 3.1 are read");
        problems.push(d.help("convert it, e.g. with `npx swagger2openapi FILE -o openapi.yaml`"));
        return None;
    }
    let version = root.entry("openapi")?;
    if !version.value.as_str().is_some_and(|v| v.starts_with("3.")) {
        let d = Diagnostic::error(&version.value.span, "this version of OpenAPI is not known");
        problems.push(d.help("versions 3.0 and 3.1 are, in quotes: `openapi: \"3.1.0\"`"));
        return None;
    }
    let mut values = Values::new(root, problems);
    let operations = operations(root, &mut values);
    let mut plan = Map::at(root.span.clone());
    let title = root.entry("info").and_then(|i| i.value.entry("title")).and_then(|t| t.value.as_str());
    plan.put("name", identifier(title.unwrap_or("openapi")).replace('_', "-"));
    let (target, prefix) = server(root, &mut values);
    plan.put_some("target", target);
    if operations.is_empty() && !values.problems.iter().any(|d| d.severity == Severity::Error) {
        let d =
            Diagnostic::error(&root.span, "the description has no operation").label("nothing could be sent");
        values.problems.push(d);
        return None;
    }
    let mut writer = Writer { root, values, secrets: BTreeMap::new(), optional: BTreeSet::new(), prefix };
    let mut names = Names::default();
    let mut actions = Map::at(root.span.clone());
    let mut weights = Map::at(root.span.clone());
    for operation in &operations {
        let id = operation.node.entry("operationId").and_then(|e| e.value.as_str());
        let name = id
            .map_or_else(|| format!("{} {}", operation.method.to_uppercase(), operation.path), str::to_owned);
        let name = names.unique(&name);
        actions.put(&name, writer.action(operation));
        let weight = WEIGHTS.iter().find(|w| w.0 == operation.method).map_or(1, |w| w.1);
        weights.put(&name, weight);
    }
    writer.secrets_into(&mut plan);
    plan.put("actions", actions);
    let mut class = Map::at(root.span.clone());
    class.put("actions", weights);
    let mut users = Map::at(root.span.clone());
    users.put("client", class);
    plan.put("users", users);
    load(&mut plan, vec![("users", Piece::from(10_u64)), ("duration", "30s".into())]);
    notes.say("a description says no load: ten users for half a minute; GET has weight 5, POST 2, others 1");
    if !writer.optional.is_empty() {
        let names: Vec<&str> = writer.optional.iter().map(String::as_str).collect();
        notes.say(format!("optional parameters without an example are not sent: {}", names.join(", ")));
    }
    Some(plan.node())
}

/// A method of a path.
struct Operation<'n> {
    method: &'static str,
    path: &'n str,
    span: &'n Span,
    node: &'n Node,
    /// Of the path item, then of the operation.
    parameters: Vec<&'n Node>,
}

fn operations<'n>(root: &'n Node, values: &mut Values<'n, '_>) -> Vec<Operation<'n>> {
    let mut out = Vec::new();
    let Some(Value::Map(paths)) = root.entry("paths").map(|e| &e.value.value) else { return out };
    for path in paths {
        if !path.key.starts_with('/') {
            if !path.key.starts_with("x-") {
                let d =
                    Diagnostic::error(&path.key_span, format!("the path `{}` must begin with `/`", path.key));
                values.problems.push(d);
            }
            continue;
        }
        let item = values.resolved(&path.value);
        let list =
            |node: &'n Node| node.entry("parameters").map(|e| e.value.one_or_many()).unwrap_or_default();
        for (method, _) in WEIGHTS {
            let Some(entry) = item.entry(method) else { continue };
            let mut parameters: Vec<&Node> = Vec::new();
            for parameter in list(item).iter().chain(list(&entry.value)) {
                let parameter = values.resolved(parameter);
                let same = |known: &&Node| {
                    ["name", "in"].iter().all(|key| {
                        known.entry(key).map(|e| &e.value.value)
                            == parameter.entry(key).map(|e| &e.value.value)
                    })
                };
                // An operation's own replaces the path's.
                parameters.retain(|known| !same(known));
                parameters.push(parameter);
            }
            out.push(Operation {
                method,
                path: &path.key,
                span: &entry.key_span,
                node: &entry.value,
                parameters,
            });
        }
    }
    out
}

/// The first server's URL as the target, with its variables' defaults; and the path, where it has no host.
fn server(root: &Node, values: &mut Values<'_, '_>) -> (Option<Node>, String) {
    let servers = root.entry("servers").map(|e| e.value.one_or_many()).unwrap_or_default();
    let Some((first, url)) = servers.first().and_then(|s| Some((s, s.entry("url")?))) else {
        return (None, String::new());
    };
    let mut text = url.value.as_str().unwrap_or_default().to_owned();
    if let Some(Value::Map(variables)) = first.entry("variables").map(|e| &e.value.value) {
        for variable in variables {
            let default = variable
                .value
                .entry("default")
                .and_then(|d| values::plain_text(&d.value))
                .unwrap_or_default();
            text = text.replace(&format!("{{{}}}", variable.key), &default);
        }
    }
    let text = text.trim_end_matches('/').to_owned();
    if text.contains("://") {
        return (Some(text_at(&url.value.span, plain(&text))), String::new());
    }
    let d = Diagnostic::warning(&url.value.span, "the server's URL names no host");
    values
        .problems
        .push(d.label("it stands for where the description came from").help("say it by `--target URL`"));
    (None, plain(&text))
}

struct Writer<'n, 'p> {
    root: &'n Node,
    values: Values<'n, 'p>,
    secrets: BTreeMap<&'static str, Span>,
    optional: BTreeSet<String>,
    prefix: String,
}

impl Writer<'_, '_> {
    fn action(&mut self, operation: &Operation<'_>) -> Map {
        let mut call = Call::at(operation.span.clone());
        call.method = operation.method.to_uppercase();
        call.url_span = operation.span.clone();
        let mut path = plain(operation.path);
        let mut query = Map::at(operation.span.clone());
        let mut cookies = Vec::new();
        for parameter in &operation.parameters {
            let text = |key: &str| parameter.entry(key).and_then(|e| e.value.as_str());
            let (Some(name), Some(place)) = (text("name"), text("in")) else {
                let d = Diagnostic::error(&parameter.span, "the parameter has no `name` or no `in`");
                self.values.problems.push(d);
                continue;
            };
            let required = parameter.entry("required").is_some_and(|e| e.value.value == Value::Bool(true));
            if place != "path" && !required && !values::has_example(parameter, &self.values) {
                self.optional.insert(name.to_owned());
                continue;
            }
            let value = self.values.parameter(name, parameter);
            match place {
                "path" => path = path.replace(&format!("{{{name}}}"), &value),
                "query" => _ = query.put(name, text_at(&parameter.span, value)),
                "cookie" => cookies.push(format!("{}={value}", plain(name))),
                _ => call.add_header(Header { name: name.to_owned(), value, span: parameter.span.clone() }),
            }
        }
        if path.replace("${", "").contains('{') {
            let d = Diagnostic::warning(
                operation.span,
                format!("`{}` has a part that no parameter describes", operation.path),
            );
            self.values.problems.push(d.label("it stands as it is"));
        }
        if !cookies.is_empty() {
            let (name, value) = ("cookie".to_owned(), cookies.join("; "));
            call.add_header(Header { name, value, span: operation.span.clone() });
        }
        call.url = format!("{}{path}", self.prefix);
        if !query.is_empty() {
            call.put("query", query);
        }
        self.body(operation, &mut call);
        if operation.path.contains('{') {
            call.put("name", plain(operation.path));
        }
        if let Some(auth) = self.auth(operation, &mut call) {
            call.put("auth", auth);
        }
        if let Some(check) = check(operation) {
            call.put("check", check);
        }
        let mut action = Map::at(operation.span.clone());
        let tags = tags(operation);
        if !tags.is_empty() {
            action.put("tags", tags);
        }
        action.put("steps", vec![call.step(None)]);
        action
    }

    fn body(&mut self, operation: &Operation<'_>, call: &mut Call) {
        let Some(body) = operation.node.entry("requestBody") else { return };
        let body = self.values.resolved(&body.value);
        let Some(Value::Map(media)) = body.entry("content").map(|e| &e.value.value) else { return };
        let is_json = |e: &&Entry| e.key.contains("json");
        let Some(entry) = media.iter().find(is_json).or(media.first()) else { return };
        let name = entry.key.split(';').next().unwrap_or_default().trim();
        let Some(value) = self.values.media(&entry.value) else {
            let d = Diagnostic::warning(
                &entry.key_span,
                format!("the body `{}` has no schema and no example", entry.key),
            );
            return self.values.problems.push(d.label("sent without"));
        };
        let is_map = matches!(value.value, Value::Map(_));
        let field = match name {
            name if name.contains("json") => "json",
            "application/x-www-form-urlencoded" if is_map => "form",
            "multipart/form-data" if is_map => "multipart",
            _ if value.as_str().is_some() => "body",
            _ => {
                let d = Diagnostic::warning(&entry.key_span, format!("a body of `{}`", entry.key));
                return self.values.problems.push(d.label("left out").help("write it as `body: ...`"));
            }
        };
        if field == "body" || (field == "json" && name != "application/json") {
            call.add_header(Header {
                name: "content-type".to_owned(),
                value: plain(name),
                span: entry.key_span.clone(),
            });
        }
        let value = match field {
            "form" => values::flat(value, values::Lists::Stay),
            "multipart" => values::flat(value, values::Lists::AsJson),
            _ => value,
        };
        call.body = Some((field, value));
    }

    /// How the operation is authorised, by the first of its alternatives.
    fn auth(&mut self, operation: &Operation<'_>, call: &mut Call) -> Option<Node> {
        let security = operation.node.entry("security").or_else(|| self.root.entry("security"))?;
        let first = security.value.one_or_many().first()?;
        let Value::Map(names) = &first.value else { return None };
        let schemes = self.root.entry("components")?.value.entry("securitySchemes")?;
        let mut auth = None;
        for name in names {
            let Some(scheme) = schemes.value.entry(&name.key) else {
                let d =
                    Diagnostic::error(&name.key_span, format!("no security scheme is called `{}`", name.key));
                self.values.problems.push(d);
                continue;
            };
            let scheme_node = self.values.resolved(&scheme.value);
            let text = |key: &str| scheme_node.entry(key).and_then(|e| e.value.as_str()).unwrap_or_default();
            let mut map = Map::at(name.key_span.clone());
            match (text("type"), text("scheme").to_ascii_lowercase().as_str(), text("in")) {
                ("http", "basic", _) => {
                    let mut pair = Map::at(name.key_span.clone());
                    pair.put("user", self.secret("api_user", &scheme.key_span));
                    pair.put("password", self.secret("api_password", &scheme.key_span));
                    map.put("basic", pair);
                }
                ("http", "bearer", _) | ("oauth2" | "openIdConnect", _, _) => {
                    map.put("bearer", self.secret("auth_token", &scheme.key_span));
                }
                ("apiKey", _, place @ ("header" | "query")) => {
                    map.put("api_key", self.secret("api_key", &scheme.key_span));
                    map.put(place, plain(text("name")));
                }
                ("apiKey", _, "cookie") => {
                    let value =
                        format!("{}={}", plain(text("name")), self.secret("api_key", &scheme.key_span));
                    call.add_header(Header {
                        name: "cookie".to_owned(),
                        value,
                        span: scheme.key_span.clone(),
                    });
                    continue;
                }
                (kind, _, _) => {
                    let d = Diagnostic::warning(
                        &scheme.key_span,
                        format!("the security scheme `{}` ({kind})", scheme.key),
                    );
                    self.values.problems.push(d.label("left out"));
                    continue;
                }
            }
            if auth.is_some() {
                let d = Diagnostic::warning(&name.key_span, format!("`{}` beside another scheme", name.key));
                self.values.problems.push(d.label("left out: a request of a plan has one"));
            } else {
                auth = Some(map.node());
            }
        }
        auth
    }

    fn secret(&mut self, name: &'static str, span: &Span) -> String {
        self.secrets.entry(name).or_insert_with(|| span.clone());
        format!("${{{name}}}")
    }

    fn secrets_into(&mut self, plan: &mut Map) {
        if self.secrets.is_empty() {
            return;
        }
        let mut map = Map::at(plan.span().clone());
        for (name, span) in &self.secrets {
            let variable = name.to_uppercase();
            map.put(name, text_at(span, format!("${{env.{variable}}}")));
            let d = Diagnostic::warning(
                span,
                format!("the description asks for `{name}` and has no value for it"),
            );
            self.values.problems.push(d.help(format!("set the environment variable {variable}")));
        }
        plan.put("secrets", map);
    }
}

/// The documented statuses that are a success; any success where none is.
fn check(operation: &Operation<'_>) -> Option<Map> {
    let Value::Map(responses) = &operation.node.entry("responses")?.value.value else { return None };
    let good = responses.iter().filter(|e| e.key.starts_with(['2', '3']) && e.key.len() == 3);
    let statuses: Vec<Piece> = good
        .map(|e| e.key.parse::<u64>().map_or_else(|_| Piece::from(e.key.to_ascii_lowercase()), Piece::from))
        .collect();
    let mut check = Map::at(operation.span.clone());
    match statuses.len() {
        0 => return None,
        1 => _ = check.put("status", statuses.into_iter().next()?),
        _ => _ = check.put("status", Piece::List(statuses)),
    }
    Some(check)
}

fn tags(operation: &Operation<'_>) -> Vec<String> {
    let tags = operation.node.entry("tags").map(|e| e.value.one_or_many()).unwrap_or_default();
    let mut tags: Vec<String> = tags.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect();
    if operation.node.entry("deprecated").is_some_and(|e| e.value.value == Value::Bool(true)) {
        tags.push("deprecated".to_owned());
    }
    tags
}
