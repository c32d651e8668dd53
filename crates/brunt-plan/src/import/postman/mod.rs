//! Postman collections, 2.1.
//!
//! A folder becomes an action, its requests steps in their order; requests outside of folders are an action of their
//! own. Variables of the collection become `vars`, others come from the environment, and those that a script saves of
//! an answer are saved ([`script`] knows the usual lines; other scripts are told).
//!
//! Start with [`plan`]; [`names`] turns `{{...}}` into `${...}`.

mod names;

mod request;

mod script;

use super::Notes;
use super::build::{Map, Piece, text_at};
use super::call::{Call, Names, Secrets, in_turn, is_secret_name, load, plain};
use crate::diagnostic::Diagnostic;
use crate::tree::{Node, Span, Value};
use names::Variables;
use request::Reader;
use std::collections::BTreeSet;

/// How deep folders may nest; what is deeper is told.
const MAX_FOLDERS: usize = 16;

pub(super) fn looks_like(root: &Node) -> bool {
    let schema = root.entry("info").and_then(|i| i.value.entry("schema")).and_then(|s| s.value.as_str());
    root.entry("item").is_some()
        && (schema.is_some_and(|s| s.contains("getpostman.com") || s.contains("postman.com"))
            || root.entry("info").is_some_and(|i| i.value.entry("_postman_id").is_some()))
}

pub(super) fn plan(
    root: &Node,
    secrets: &mut Secrets,
    problems: &mut Vec<Diagnostic>,
    notes: &mut Notes,
) -> Option<Node> {
    let info = root.entry("info").map(|e| &e.value);
    let text = |key: &str| info.and_then(|i| i.entry(key)).and_then(|e| e.value.as_str());
    if let Some(schema) = text("schema").filter(|s| !s.contains("v2.")) {
        let span = info.and_then(|i| i.entry("schema")).map_or(0..0, |e| e.value.span.clone());
        let d = Diagnostic::error(&span, format!("collections of this version are not read: {schema}"));
        problems.push(d.help("export it as `Collection v2.1`"));
        return None;
    }
    let items = &root.entry("item")?.value;
    let variables = Variables::of(root);
    let mut reader = Reader { secrets, problems, variables, secret_variables: BTreeSet::new() };
    let mut walk = Walk { groups: Vec::new(), own: Names::default() };
    let auth = root.entry("auth").map(|e| &e.value);
    reader.scripts_of(root, None);
    walk.folder(items, &Place { name: text("name").unwrap_or("requests"), depth: 0, auth }, &mut reader);
    if walk.groups.is_empty() {
        let d = Diagnostic::error(&items.span, "the collection has no request");
        reader.problems.push(d.label("nothing could be sent"));
        return None;
    }
    let Reader { secrets, problems, variables, secret_variables } = reader;
    let mut plan = Map::at(root.span.clone());
    plan.put("name", super::call::identifier(text("name").unwrap_or("postman")).replace('_', "-"));
    let target = shared_base(&walk.groups);
    plan.put_some("target", target.clone());
    vars(root, (&variables, &secret_variables), &mut plan, secrets, problems);
    secrets.put_into(&mut plan, problems);
    let mut actions = Map::at(root.span.clone());
    let mut order = Vec::new();
    for group in walk.groups {
        let steps: Vec<Map> = group.calls.into_iter().map(|call| call.step(target.as_deref())).collect();
        actions.put(&group.name, Piece::Node(Piece::from(steps).at(&group.span)));
        order.push(group.name);
    }
    plan.put("actions", actions);
    in_turn(&mut plan, "client", &order);
    load(&mut plan, vec![("users", Piece::from(10_u64)), ("duration", "30s".into())]);
    notes.say("a collection says no load: ten users for half a minute, one folder after the other");
    Some(plan.node())
}

/// The requests of a folder.
struct Group {
    name: String,
    span: Span,
    calls: Vec<Call>,
}

struct Place<'n> {
    name: &'n str,
    depth: usize,
    auth: Option<&'n Node>,
}

struct Walk {
    groups: Vec<Group>,
    own: Names,
}

impl Walk {
    fn folder(&mut self, items: &Node, place: &Place<'_>, reader: &mut Reader<'_, '_>) {
        // Requests after a folder within this one are sent after those of the folder.
        let mut at: Option<usize> = None;
        for item in items.one_or_many() {
            let name = item.entry("name").and_then(|e| e.value.as_str()).unwrap_or("unnamed");
            let Some(inner) = item.entry("item") else {
                let Some(call) = reader.item(item, name, place.auth) else { continue };
                let group = *at.get_or_insert_with(|| {
                    let name = self.own.unique(&place.name.replace("${", "{"));
                    self.groups.push(Group { name, span: item.span.clone(), calls: Vec::new() });
                    self.groups.len() - 1
                });
                self.groups[group].calls.push(call);
                continue;
            };
            at = None;
            if place.depth >= MAX_FOLDERS {
                let d = Diagnostic::error(&inner.key_span, "folders nest too deep");
                reader.problems.push(d.label(format!("{MAX_FOLDERS} levels at most")));
                continue;
            }
            reader.scripts_of(item, None);
            let path = if place.depth == 0 { name.to_owned() } else { format!("{} / {name}", place.name) };
            let auth = item.entry("auth").map(|e| &e.value).or(place.auth);
            self.folder(&inner.value, &Place { name: &path, depth: place.depth + 1, auth }, reader);
        }
    }
}

/// What all URLs begin with: a variable or an origin.
fn shared_base(groups: &[Group]) -> Option<String> {
    let base = |url: &str| {
        let end = match url.strip_prefix("${").and_then(|rest| rest.find('}')) {
            Some(end) => end + 3,
            None => super::call::split_origin(url)?.0.len(),
        };
        Some(url[..end].to_owned())
    };
    let mut calls = groups.iter().flat_map(|g| &g.calls);
    let first = base(&calls.next()?.url)?;
    calls.all(|c| base(&c.url).as_ref() == Some(&first)).then_some(first)
}

/// `vars`: of the collection, but for what scripts save; and what nothing gives, from the environment.
fn vars(
    root: &Node,
    (variables, secret_variables): (&Variables, &BTreeSet<String>),
    plan: &mut Map,
    secrets: &mut Secrets,
    problems: &mut Vec<Diagnostic>,
) {
    let mut map = Map::at(root.span.clone());
    for variable in root.entry("variable").map(|e| e.value.one_or_many()).unwrap_or_default() {
        let Some(key) = variable.entry("key").or_else(|| variable.entry("id")).and_then(|e| e.value.as_str())
        else {
            continue;
        };
        let name = super::call::identifier(key);
        if variables.is_saved(&name) {
            continue;
        }
        let value = variable.entry("value").map(|e| e.value.clone());
        let value = value.unwrap_or(Node { span: variable.span.clone(), value: Value::Str(String::new()) });
        let is_secret = is_secret_name(key)
            || secret_variables.contains(&name)
            || variable.entry("type").and_then(|t| t.value.as_str()) == Some("secret");
        match value.as_str() {
            Some(text) if is_secret => {
                // The variable itself becomes the secret, under its own name.
                secrets.named(&name, text, &value.span);
            }
            Some(text) => {
                if text.contains("{{") {
                    let d =
                        Diagnostic::warning(&value.span, format!("the variables in the value of `{key}`"));
                    problems.push(
                        d.label("a variable of a plan has a value of its own").help("write the whole value"),
                    );
                }
                map.put(&name, text_at(&value.span, plain(text)));
            }
            None => _ = map.put(&name, value),
        }
    }
    for (name, span) in variables.unknown() {
        let variable = name.to_ascii_uppercase();
        if is_secret_name(name) || secret_variables.contains(name) {
            secrets.named(name, "", span);
            continue;
        }
        map.put(name, text_at(span, format!("${{env.{variable}}}")));
        let d = Diagnostic::warning(span, format!("the variable `{name}` is of an environment"));
        problems.push(
            d.label("the collection does not have it")
                .help(format!("set the environment variable {variable}")),
        );
    }
    if !map.is_empty() {
        plan.put("vars", map);
    }
}
