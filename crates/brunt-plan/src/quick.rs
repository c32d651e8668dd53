//! A URL with options, `brunt run URL -u 50 -d 30s`, to a workload.
//!
//! The options are written as the tree that a plan with the same meaning would have, whose places are those of
//! the command line as it reads. So every check of plans holds here, and a problem points at its flag.

use crate::decode::Voice;
use crate::diagnostic::{Diagnostic, Report};
use crate::lower::{Lowered, Overrides, Reading, Surroundings, lower_tree, parse_url};
use crate::overlay::LoadOverride;
use crate::print::{HIDDEN, is_secret_header};
use crate::tree::{Entry, Node, Span, Value};
use crate::units::with_unit;
use crate::{Format, Source};
use brunt_workload::HttpVersion;
use std::path::PathBuf;

/// Users when neither users nor a rate are asked for.
const DEFAULT_USERS: u64 = 10;

/// How long a run lasts when neither time nor number is asked for.
const DEFAULT_DURATION: &str = "10s";

/// The options of a command line, as they were given.
#[derive(Clone, Debug, Default)]
pub struct QuickOptions {
    /// The URL; `${...}` in its path is generated.
    pub url: String,
    /// `--users`: users at once; with `rate` the most there may be. Default 10.
    pub users: Option<u64>,
    /// `--rate`: constant arrivals, `500/s`; a bare number is per second.
    pub rate: Option<String>,
    /// `--duration`: `30s`; a bare number is seconds. Default 10 s, unless `requests` is given.
    pub duration: Option<String>,
    /// `--requests`: so many requests, shared between the users.
    pub requests: Option<u64>,
    /// `--spawn-rate`: how fast users come; a bare number is per second.
    pub spawn_rate: Option<String>,
    /// `--max-users`: the most users that `rate` may need.
    pub max_users: Option<u64>,
    /// `--think`: a user's pause between requests, `1s` or `1s..10s`.
    pub think: Option<String>,
    /// `--warm-up`: a part at the start that is measured apart.
    pub warm_up: Option<String>,
    /// `--preset`: a named load; users, spawn rate and duration replace its own.
    pub preset: Option<String>,
    /// `--auth`: `env`, `bearer:TOKEN`, `basic:USER:PASSWORD` or `key:KEY`.
    pub auth: Option<String>,
    /// `--method`. Default `GET`, with a body `POST`.
    pub method: Option<String>,
    /// `--header`, each as `name: value`.
    pub headers: Vec<String>,
    /// `--body` or `--body-file`.
    pub body: Option<QuickBody>,
    /// `--timeout` of a request; a bare number is seconds.
    pub timeout: Option<String>,
    /// `--redirects`: how many are followed.
    pub redirects: Option<u64>,
    /// `--shared-connections`: HTTP/2 connections that users share.
    pub shared_connections: Option<u64>,
    /// `--http2` asks for [`HttpVersion::Http2`].
    pub version: HttpVersion,
    /// `--no-keepalive`: a new connection for every request.
    pub no_keep_alive: bool,
    /// `--connect-to`, each as `host:port:to-host:to-port`.
    pub connect_to: Vec<String>,
    /// `--insecure`: accept any certificate.
    pub insecure: bool,
    /// `--cacert`.
    pub ca: Option<PathBuf>,
    /// `--cert`.
    pub cert: Option<PathBuf>,
    /// `--key`.
    pub key: Option<PathBuf>,
    /// `--seed`.
    pub seed: Option<u64>,
    /// The seed when none is given.
    pub default_seed: u64,
    /// `--metrics`: what is watched beside the load.
    pub metrics: Vec<String>,
}

/// A body on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuickBody {
    /// This text; `${...}` is generated.
    Text(String),
    /// This file's content, as it is.
    File(PathBuf),
}

/// The workload of a command line. Paths are relative to the current folder.
pub fn lower_quick(options: &QuickOptions, surroundings: &Surroundings<'_>) -> Result<Lowered, Report> {
    let mut line = Line::new();
    let root = root(options, &mut line);
    let source = Source::inline("command line", Format::Yaml, line.text);
    let load = match &options.preset {
        Some(_) => LoadOverride {
            users: options.users,
            spawn_rate: options.spawn_rate.clone(),
            duration: options.duration.clone(),
            ..LoadOverride::default()
        },
        None => LoadOverride::default(),
    };
    let overrides = Overrides {
        preset: options.preset.clone(),
        load,
        seed: options.seed,
        default_seed: options.default_seed,
        metrics: options.metrics.clone(),
        ..Overrides::default()
    };
    let reading = Reading { root, source: &source, voice: Voice::Flags, problems: line.problems };
    lower_tree(reading, &overrides, surroundings)
}

/// The command line as it is shown, and what was found while writing it.
struct Line {
    text: String,
    problems: Vec<Diagnostic>,
}

impl Line {
    fn new() -> Self {
        Self { text: "brunt run".to_owned(), problems: Vec::new() }
    }

    /// Appends a word, in quotes where a shell needs them; the span is that of the word alone.
    fn word(&mut self, word: &str) -> Span {
        let quote = if word.contains([' ', '\t', '\n', '$', '&', '?', '*', '"']) { "'" } else { "" };
        self.text.push(' ');
        self.text.push_str(quote);
        let start = self.text.len();
        self.text.push_str(word);
        let span = start..self.text.len();
        self.text.push_str(quote);
        span
    }

    fn flag(&mut self, field: &str, flag: &str, shown: &str, value: Value) -> Entry {
        let key_span = self.word(flag);
        let span = if shown.is_empty() { key_span.clone() } else { self.word(shown) };
        Entry { key: field.to_owned(), key_span, value: Node { span, value } }
    }

    fn text_flag(&mut self, field: &str, flag: &str, text: &str, value: String) -> Entry {
        self.flag(field, flag, text, Value::Str(value))
    }

    fn int_flag(&mut self, field: &str, flag: &str, value: u64) -> Entry {
        self.flag(field, flag, &value.to_string(), Value::Int(value.into()))
    }
}

/// An entry that no flag stands for, at the place of something that does.
fn entry(key: &str, span: &Span, value: Value) -> Entry {
    Entry { key: key.to_owned(), key_span: span.clone(), value: Node { span: span.clone(), value } }
}

fn root(options: &QuickOptions, line: &mut Line) -> Node {
    let url = line.word(&options.url);
    let (name, target, path) = split(&options.url, &url);
    let step = step(options, path, line);
    let scenario = if options.preset.is_none() { Some(scenario(options, &url, line)) } else { None };
    let auth = options.auth.as_ref().map(|auth| authentication(auth, line));
    let users = options.think.as_ref().map(|time| user_class(time, &url, line));
    let http = http(options, line);
    let node = |value| Node { span: url.clone(), value };
    let actions = entry("request", &url, Value::Seq(vec![node(Value::Map(step))]));
    let scenarios =
        scenario.map(|s| entry("scenarios", &url, Value::Map(vec![entry("load", &url, Value::Map(s))])));
    let mut plan = vec![
        entry("name", &url, Value::Str(name)),
        entry("target", &url, Value::Str(target)),
        entry("http", &url, Value::Map(http)),
        entry("actions", &url, Value::Map(vec![actions])),
    ];
    plan.extend(scenarios);
    plan.extend(auth);
    plan.extend(users);
    node(Value::Map(plan))
}

/// How requests are authorised. What it says is not shown: it may be a secret.
fn authentication(auth: &str, line: &mut Line) -> Entry {
    let key_span = line.word("--auth");
    let (kind, rest) = auth.split_once(':').unwrap_or((auth, ""));
    let span = line.word(if rest.is_empty() { kind } else { HIDDEN });
    let at = |key: &str, text: &str| entry(key, &span, Value::Str(text.to_owned()));
    let value = match kind {
        "env" => Value::Str("env".to_owned()),
        "bearer" => Value::Map(vec![at("bearer", rest)]),
        "key" => Value::Map(vec![at("api_key", rest)]),
        "basic" => {
            let (user, password) = rest.split_once(':').unwrap_or((rest, ""));
            let pair = vec![at("user", user), at("password", password)];
            Value::Map(vec![entry("basic", &span, Value::Map(pair))])
        }
        _ => {
            let d = Diagnostic::error(&span, "this is no way to authorise requests");
            let help =
                "`--auth env`, `--auth bearer:TOKEN`, `--auth basic:USER:PASSWORD` or `--auth key:KEY`";
            line.problems.push(d.label("unknown").help(help));
            Value::Str("none".to_owned())
        }
    };
    Entry { key: "auth".to_owned(), key_span, value: Node { span, value } }
}

/// The one kind of user, for its pauses.
fn user_class(think: &str, url: &Span, line: &mut Line) -> Entry {
    let think = line.text_flag("think", "--think", think, with_unit(think, "s"));
    let actions = entry("actions", url, Value::Map(vec![entry("request", url, Value::Int(1))]));
    let class = entry("user", url, Value::Map(vec![think, actions]));
    entry("users", url, Value::Map(vec![class]))
}

/// The run's name, the target's base URL, and the path with its place. A URL that cannot be read is left to
/// lowering to complain about.
fn split(url: &str, span: &Span) -> (String, String, Node) {
    let (name, rest) = match parse_url(url) {
        Ok((origin, rest)) => match origin.unix {
            Some(path) => (path.display().to_string(), rest),
            None => (origin.authority(), rest),
        },
        Err(_) => ("load".to_owned(), ""),
    };
    let target = url[..url.len() - rest.len()].trim_end_matches(':').to_owned();
    let place = if rest.is_empty() { span.clone() } else { span.end - rest.len()..span.end };
    let path = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    let name = if name.chars().count() > 80 { "load".to_owned() } else { name };
    (name, target, Node { span: place, value: Value::Str(path) })
}

fn step(options: &QuickOptions, path: Node, line: &mut Line) -> Vec<Entry> {
    const KNOWN: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];
    let mut out = Vec::new();
    let default = if options.body.is_some() { "post" } else { "get" };
    let (method, key_span) = match &options.method {
        Some(method) => {
            line.word("--method");
            let span = line.word(method);
            if is_token(method) {
                (method.to_lowercase(), span)
            } else {
                let d = Diagnostic::error(&span, format!("`{method}` cannot be a method"));
                line.problems.push(d.label("letters make a method").help("write e.g. `--method PUT`"));
                (default.to_owned(), span)
            }
        }
        None => (default.to_owned(), path.span.clone()),
    };
    if KNOWN.contains(&method.as_str()) {
        out.push(Entry { key: method, key_span, value: path });
    } else {
        let text = format!("{} {}", method.to_uppercase(), path.as_str().unwrap_or_default());
        let value = Node { span: key_span.clone(), value: Value::Str(text) };
        out.push(Entry { key: "request".to_owned(), key_span, value });
    }
    let headers: Vec<Entry> = options.headers.iter().filter_map(|h| header(h, line)).collect();
    if let Some(first) = headers.first() {
        out.push(entry("headers", &first.key_span.clone(), Value::Map(headers)));
    }
    match &options.body {
        Some(QuickBody::Text(text)) => out.push(line.text_flag("body", "--body", text, text.clone())),
        Some(QuickBody::File(path)) => {
            let path = path.display().to_string();
            out.push(line.text_flag("body_file", "--body-file", &path, path.clone()));
        }
        None => {}
    }
    out
}

/// Whether HTTP takes it as one word (RFC 9110, 5.6.2).
fn is_token(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(fits)
}

fn header(text: &str, line: &mut Line) -> Option<Entry> {
    line.word("--header");
    let Some((name, value)) = text.split_once(':') else {
        let span = line.word(text);
        let d = Diagnostic::error(&span, "a header is a name and a value").label("there is no `:` in it");
        line.problems.push(d.help("write e.g. `--header 'accept: application/json'`"));
        return None;
    };
    let (name, value) = (name.trim(), value.trim());
    let shown = if is_secret_header(name) { HIDDEN } else { value };
    let span = line.word(&format!("{name}: {shown}"));
    let value_span = span.end - shown.len()..span.end;
    let value = Node { span: value_span, value: Value::Str(value.to_owned()) };
    Some(Entry { key: name.to_owned(), key_span: span.start..span.start + name.len(), value })
}

fn scenario(options: &QuickOptions, url: &Span, line: &mut Line) -> Vec<Entry> {
    let mut out = Vec::new();
    let open = options.rate.is_some();
    if let Some(rate) = &options.rate {
        out.push(line.text_flag("rate", "--rate", rate, with_unit(rate, "/s")));
    }
    match (options.users, options.max_users) {
        // Beside a rate, users are the most there may be.
        (Some(users), None) if open => out.push(line.int_flag("max_users", "--users", users)),
        (Some(users), _) => out.push(line.int_flag("users", "--users", users)),
        (None, _) if open => {}
        (None, _) => {
            let users = options.requests.unwrap_or(DEFAULT_USERS).clamp(1, DEFAULT_USERS);
            out.push(entry("users", url, Value::Int(users.into())));
        }
    }
    if let Some(max) = options.max_users {
        out.push(line.int_flag("max_users", "--max-users", max));
    }
    if let Some(rate) = &options.spawn_rate {
        out.push(line.text_flag("spawn_rate", "--spawn-rate", rate, with_unit(rate, "/s")));
    }
    if let Some(requests) = options.requests {
        out.push(line.int_flag("iterations", "--requests", requests));
    }
    match &options.duration {
        Some(time) => out.push(line.text_flag("duration", "--duration", time, with_unit(time, "s"))),
        None if options.requests.is_none() => {
            out.push(entry("duration", url, Value::Str(DEFAULT_DURATION.to_owned())));
        }
        None => {}
    }
    if let Some(time) = &options.warm_up {
        out.push(line.text_flag("warm_up", "--warm-up", time, with_unit(time, "s")));
    }
    out
}

fn http(options: &QuickOptions, line: &mut Line) -> Vec<Entry> {
    let mut out = Vec::new();
    if let Some(time) = &options.timeout {
        out.push(line.text_flag("timeout", "--timeout", time, with_unit(time, "s")));
    }
    if let Some(redirects) = options.redirects {
        out.push(line.int_flag("redirects", "--redirects", redirects));
    }
    if let Some(connections) = options.shared_connections {
        out.push(line.int_flag("shared_connections", "--shared-connections", connections));
    }
    let at = line.text.len()..line.text.len();
    match options.version {
        HttpVersion::Http1 => {}
        HttpVersion::Http2 => out.push(line.flag("version", "--http2", "", Value::Int(2))),
        HttpVersion::Negotiate => out.push(entry("version", &at, Value::Str("auto".to_owned()))),
    }
    if options.no_keep_alive {
        out.push(line.flag("keep_alive", "--no-keepalive", "", Value::Bool(false)));
    }
    if !options.connect_to.is_empty() {
        let rules = options
            .connect_to
            .iter()
            .map(|rule| line.text_flag("", "--connect-to", rule, rule.clone()).value);
        let rules: Vec<Node> = rules.collect();
        out.push(entry("connect_to", &rules[0].span.clone(), Value::Seq(rules)));
    }
    let mut tls = Vec::new();
    if options.insecure {
        tls.push(line.flag("insecure", "--insecure", "", Value::Bool(true)));
    }
    for (field, flag, path) in
        [("ca", "--cacert", &options.ca), ("cert", "--cert", &options.cert), ("key", "--key", &options.key)]
    {
        if let Some(path) = path {
            let path = path.display().to_string();
            tls.push(line.text_flag(field, flag, &path, path.clone()));
        }
    }
    if !tls.is_empty() {
        out.push(entry("tls", &at, Value::Map(tls)));
    }
    out
}
