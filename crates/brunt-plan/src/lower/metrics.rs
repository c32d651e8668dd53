//! What is watched beside the load.

use super::data::word;
use super::hooks::fixed;
use super::secret::{hidden, is_fixed};
use super::{auth, target};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::{METRICS, QUERY};
use crate::tree::{Entry, Node, Value};
use brunt_metrics::Nanos;
use brunt_workload::{
    LabelPick, MAX_METRIC_SOURCES, MetricSource, MetricsOf, MetricsQuery, MetricsRequest, Must, ProcessPick,
    SeriesPick, Text,
};

/// Every second of a run has its figures.
const DEFAULT_EVERY: Nanos = Nanos::SECOND;

/// Within the second that is asked for, with room for what is asked beside it.
const DEFAULT_TIMEOUT: Nanos = Nanos::from_millis(800);

/// The longest time between two samples: what is seldomer is no figure of a run.
const LONGEST_EVERY: Nanos = Nanos::from_secs(3_600);

/// The most queries of a source, which are asked one after the other within a second.
const MAX_QUERIES: usize = 16;

/// The kinds of sources, by field.
const KINDS: [&str; 7] = ["process", "command", "cgroup", "container", "page", "prometheus", "redis"];

/// Fields that belong to some kinds only.
const BELONG: [(&str, &[&str]); 6] = [
    ("select", &["page"]),
    ("queries", &["prometheus"]),
    ("auth", &["page", "prometheus"]),
    ("headers", &["page", "prometheus"]),
    ("user", &["redis"]),
    ("password", &["redis"]),
];

/// The units of a query's values.
const UNITS: [&str; 7] = ["cores", "bytes", "bytes/s", "share", "seconds", "/s", "count"];

/// What a short form must be.
const SHORT: &str = "write `process:nginx`, `process:1234`, `command:TEXT`, `cgroup:/PATH`, `container:ID`, \
                     `http://HOST/metrics`, `prometheus:http://HOST:9090?query=QUERY` or `redis:HOST:6379`";

/// The plan's sources.
pub(super) fn sources(plan: &Fields<'_, '_>) -> Vec<MetricSource> {
    let cx = plan.cx;
    let entries = plan.get("metrics").and_then(|node| cx.map_of(node, "sources of metrics by name"));
    let entries = entries.unwrap_or_default();
    if let Some(beyond) = entries.get(MAX_METRIC_SOURCES) {
        let d = Diagnostic::error(
            &beyond.key_span,
            format!("the plan has more than {MAX_METRIC_SOURCES} sources of metrics"),
        );
        cx.report(
            d.label("each takes a thread beside the load").help("let Prometheus gather them, and ask it"),
        );
    }
    entries.iter().take(MAX_METRIC_SOURCES).filter_map(|entry| source(cx, entry)).collect()
}

fn source(cx: &Cx<'_>, entry: &Entry) -> Option<MetricSource> {
    let name = entry.key.clone();
    if name.is_empty() || name.chars().any(char::is_control) {
        cx.report(Diagnostic::error(&entry.key_span, "a source of metrics needs a name in one line"));
        return None;
    }
    if let Value::Str(_) = &entry.value.value {
        let asks = short(cx, &entry.value)?;
        return Some(MetricSource { name, asks, every: DEFAULT_EVERY, timeout: DEFAULT_TIMEOUT });
    }
    let fields = Fields::of(cx, &entry.value, &METRICS)?;
    let kinds: Vec<&Entry> = fields.given().filter(|e| KINDS.contains(&e.key.as_str())).collect();
    let [kind] = kinds.as_slice() else {
        if !fields.has_unknown() {
            let span = kinds.get(1).map_or(fields.span.clone(), |e| e.key_span.clone());
            let message = if kinds.is_empty() {
                "this source says nothing to look at"
            } else {
                "a source looks at one thing"
            };
            cx.report(
                Diagnostic::error(&span, message)
                    .help("write e.g. `process: nginx`, or make two sources of it"),
            );
        }
        return None;
    };
    for (field, of) in BELONG {
        if fields.has(field) && !of.contains(&kind.key.as_str()) {
            let d = Diagnostic::error(
                &fields.key_span(field),
                format!("`{field}` does not belong to `{}`", kind.key),
            );
            cx.report(d.label(format!("it is for `{}`", of.join("` and `"))));
        }
    }
    let (every, timeout) = times(&fields);
    let asks = long(&fields, kind);
    Some(MetricSource { name, asks: asks?, every: every?, timeout: timeout? })
}

fn times(fields: &Fields<'_, '_>) -> (Option<Nanos>, Option<Nanos>) {
    let cx = fields.cx;
    let every = match fields.get("every") {
        None => Some(DEFAULT_EVERY),
        Some(node) => {
            fields.positive_duration("every", "it would be asked without a pause").filter(|every| {
                let whole = every.0.is_multiple_of(Nanos::SECOND.0) && *every <= LONGEST_EVERY;
                if !whole {
                    let d = Diagnostic::error(&node.span, "samples come at the ends of seconds");
                    cx.report(
                        d.label("this is no whole number of seconds, or more than an hour")
                            .help("write e.g. `every: 5s`"),
                    );
                }
                whole
            })
        }
    };
    let timeout = match fields.get("timeout") {
        None => Some(DEFAULT_TIMEOUT),
        Some(node) => {
            fields.positive_duration("timeout", "nothing is answered in no time").filter(|timeout| {
                let fits = *timeout < every.unwrap_or(LONGEST_EVERY);
                if !fits {
                    let d = Diagnostic::error(&node.span, "an answer would come after the next question");
                    cx.report(d.help("write less than `every`, which is `1s` unless it is given"));
                }
                fits
            })
        }
    };
    (every, timeout)
}

fn long(fields: &Fields<'_, '_>, kind: &Entry) -> Option<MetricsOf> {
    let cx = fields.cx;
    let node = &kind.value;
    match kind.key.as_str() {
        "process" => {
            if let Value::Int(id) = cx.scalar(node) {
                process_id(cx, node, u32::try_from(id).ok())
            } else {
                process(cx, node, &text(cx, node, "nginx")?)
            }
        }
        "command" => Some(MetricsOf::Process(ProcessPick::Command(text(cx, node, "uvicorn")?))),
        "cgroup" => cgroup(cx, node, &text(cx, node, "/system.slice/nginx.service")?),
        "container" => Some(MetricsOf::Container(text(cx, node, "3f2a9c")?)),
        "page" => {
            let select = select(fields);
            Some(MetricsOf::Page { page: request(fields, node)?, select: select? })
        }
        "prometheus" => {
            let queries = queries(fields);
            Some(MetricsOf::Prometheus { server: request(fields, node)?, queries: queries? })
        }
        "redis" => {
            let secret = |name| fields.get(name).map(|node| fixed(cx, node).ok_or(Unreadable)).transpose();
            let (user, password) = (secret("user"), secret("password"));
            if fields.has("user") && !fields.has("password") {
                fields.missing("password");
            }
            let address = redis(cx, node, &text(cx, node, "127.0.0.1:6379")?)?;
            Some(MetricsOf::Redis { address, user: user.ok()?, password: password.ok()?.map(hidden) })
        }
        _ => None,
    }
}

/// What was given and cannot be read: there is no source then.
struct Unreadable;

fn text(cx: &Cx<'_>, node: &Node, example: &str) -> Option<String> {
    let text = cx.text_of(node, "a text")?.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        cx.report(
            Diagnostic::error(&node.span, "this is empty, or more than one line")
                .help(format!("write e.g. `{example}`")),
        );
        return None;
    }
    Some(text.to_owned())
}

/// `process:nginx`, as a plan's text or a flag.
fn short(cx: &Cx<'_>, node: &Node) -> Option<MetricsOf> {
    let all = text(cx, node, "process:nginx")?;
    let unknown = || {
        cx.report(Diagnostic::error(&node.span, "this is no source of metrics").help(SHORT));
        None
    };
    if all.starts_with("http://") || all.starts_with("https://") {
        let page = MetricsRequest { url: url(cx, node, fixed(cx, node)?)?, headers: Vec::new() };
        return Some(MetricsOf::Page { page, select: Vec::new() });
    }
    let Some((kind, rest)) = all.split_once(':') else { return unknown() };
    if rest.trim().is_empty() {
        return unknown();
    }
    match kind {
        "process" => match rest.parse::<u32>() {
            Ok(id) => process_id(cx, node, Some(id)),
            Err(_) => process(cx, node, rest),
        },
        "command" => Some(MetricsOf::Process(ProcessPick::Command(rest.to_owned()))),
        "cgroup" => cgroup(cx, node, rest),
        "container" => Some(MetricsOf::Container(rest.to_owned())),
        "redis" => Some(MetricsOf::Redis { address: redis(cx, node, rest)?, user: None, password: None }),
        "prometheus" => {
            let Some((base, query)) = rest.split_once("?query=").filter(|(_, query)| !query.is_empty())
            else {
                let d = Diagnostic::error(&node.span, "what is the server to be asked?");
                cx.report(d.help("write e.g. `prometheus:http://127.0.0.1:9090?query=sum(up)`"));
                return None;
            };
            let server = MetricsRequest { url: url(cx, node, Text::literal(base))?, headers: Vec::new() };
            let query = query.to_owned();
            let name = query.clone();
            Some(MetricsOf::Prometheus {
                server,
                queries: vec![MetricsQuery { name, query, unit: None, limit: None }],
            })
        }
        _ => unknown(),
    }
}

fn process_id(cx: &Cx<'_>, node: &Node, id: Option<u32>) -> Option<MetricsOf> {
    let id = id.filter(|id| *id > 0);
    if id.is_none() {
        let d = Diagnostic::error(&node.span, "this is no process's id");
        cx.report(d.help("write a number above 0, or a name: `process: nginx`"));
    }
    id.map(|id| MetricsOf::Process(ProcessPick::Id(id)))
}

fn process(cx: &Cx<'_>, node: &Node, name: &str) -> Option<MetricsOf> {
    if name.contains([' ', '/']) {
        let d = Diagnostic::error(&node.span, "a process's name has neither spaces nor `/`");
        cx.report(d.help("for a part of its command line write `command:` instead of `process:`"));
        return None;
    }
    Some(MetricsOf::Process(ProcessPick::Name(name.to_owned())))
}

fn cgroup(cx: &Cx<'_>, node: &Node, path: &str) -> Option<MetricsOf> {
    if !path.starts_with('/') || path.split('/').any(|part| part == "..") {
        let d = Diagnostic::error(&node.span, "this is no path of a control group");
        cx.report(d.help("it begins with `/`, as in `/proc/PID/cgroup` behind the last `:`"));
        return None;
    }
    Some(MetricsOf::Cgroup(path.to_owned()))
}

fn redis(cx: &Cx<'_>, node: &Node, address: &str) -> Option<String> {
    let port =
        address.rsplit_once(':').filter(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if port.is_none() || address.contains('@') {
        let d = Diagnostic::error(&node.span, "this is no host and port");
        cx.report(d.help("write e.g. `127.0.0.1:6379`; a password is a field of its own"));
        return None;
    }
    Some(address.to_owned())
}

fn request(fields: &Fields<'_, '_>, node: &Node) -> Option<MetricsRequest> {
    let cx = fields.cx;
    let url = fixed(cx, node).and_then(|text| url(cx, node, text));
    let mut headers = fields.get("headers").map(|node| target::headers(cx, node)).unwrap_or_default();
    if let Some(node) = fields.get("headers").filter(|_| !headers.iter().all(|(_, text)| is_fixed(text))) {
        let d = Diagnostic::error(&node.span, "a header of a source of metrics must be fixed");
        cx.report(
            d.label("no user is there to make it up")
                .help("variables, `${env.NAME}` and secrets may be in it"),
        );
        return None;
    }
    if let Some(node) = fields.get("auth") {
        let auth = auth::auth(cx, node, &[])?;
        let fits = auth.query.is_none() && auth.headers.iter().all(|(_, text)| is_fixed(text));
        if !fits {
            let d = Diagnostic::error(
                &node.span,
                "a source of metrics takes a fixed token or password, in a header",
            );
            cx.report(d.help("write e.g. `auth: {bearer: \"${token}\"}`"));
            return None;
        }
        headers.extend(auth.headers);
    }
    Some(MetricsRequest { url: url?, headers })
}

/// Checks what can be seen of a URL.
fn url(cx: &Cx<'_>, node: &Node, text: Text) -> Option<Text> {
    let written = node.as_str().unwrap_or_default();
    let begins =
        text.as_literal().is_none_or(|url| url.starts_with("http://") || url.starts_with("https://"));
    let rest = written.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let wrong = if !begins || host.is_empty() {
        Some(("this is no URL", "write e.g. `http://127.0.0.1:8080/metrics`"))
    } else if host.contains('@') {
        Some((
            "a URL with a password in it would be shown",
            "use `auth: {basic: {user: ..., password: \"${secret}\"}}`",
        ))
    } else {
        None
    };
    if let Some((message, help)) = wrong {
        cx.report(Diagnostic::error(&node.span, message).help(help));
        return None;
    }
    Some(text)
}

fn queries(fields: &Fields<'_, '_>) -> Option<Vec<MetricsQuery>> {
    let cx = fields.cx;
    let Some(node) = fields.get("queries") else {
        fields.missing("queries");
        return None;
    };
    let entries = cx.map_of(node, "queries by name")?;
    if entries.is_empty() || entries.len() > MAX_QUERIES {
        let d = Diagnostic::error(&node.span, format!("a source has 1 to {MAX_QUERIES} queries"));
        cx.report(d.help("write e.g. `queries: {up: sum(up)}`"));
        return None;
    }
    entries.iter().map(|entry| query(cx, entry)).collect()
}

fn query(cx: &Cx<'_>, entry: &Entry) -> Option<MetricsQuery> {
    let name = entry.key.clone();
    if let Value::Str(_) = &entry.value.value {
        let query = text(cx, &entry.value, "sum(up)")?;
        return Some(MetricsQuery { name, query, unit: None, limit: None });
    }
    let fields = Fields::of(cx, &entry.value, &QUERY)?;
    let Some(node) = fields.get("query") else {
        fields.missing("query");
        return None;
    };
    let query = text(cx, node, "sum(up)")?;
    let unit = word(&fields, "unit", &UNITS.map(|unit| (unit, Some(unit)))).map(str::to_owned);
    let limit = match fields.get("limit") {
        Some(_) => Some(fields.number("limit", 1e18)?),
        None => None,
    };
    Some(MetricsQuery { name, query, unit, limit })
}

fn select(fields: &Fields<'_, '_>) -> Option<Vec<SeriesPick>> {
    let cx = fields.cx;
    let nodes = fields.get("select").map(Node::one_or_many).unwrap_or_default();
    nodes.iter().map(|node| pick(cx, node)).collect()
}

/// `name{label="value",other!="x*"}`.
fn pick(cx: &Cx<'_>, node: &Node) -> Option<SeriesPick> {
    let text = text(cx, node, "queue_size")?;
    let (name, labels) = match text.split_once('{') {
        None => (text.as_str(), Some(Vec::new())),
        Some((name, rest)) => (name, rest.trim_end().strip_suffix('}').and_then(label_picks)),
    };
    let name = name.trim();
    let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_:*".contains(c));
    let Some(labels) = labels.filter(|_| named) else {
        let d = Diagnostic::error(&node.span, "this picks no series");
        cx.report(
            d.help("write e.g. `queue_size`, `gpu_*` or `requests_total{code=\"500\",path!=\"/health*\"}`"),
        );
        return None;
    };
    Some(SeriesPick { name: name.to_owned(), labels })
}

fn label_picks(text: &str) -> Option<Vec<LabelPick>> {
    let mut picks = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (label, value) = rest.split_once('=')?;
        let (label, must) = match label.strip_suffix('!') {
            Some(label) => (label.trim(), Must::NotBe),
            None => (label.trim(), Must::Be),
        };
        let (value, after) = value.trim_start().strip_prefix('"')?.split_once('"')?;
        let named = !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        named.then_some(())?;
        picks.push(LabelPick { label: label.to_owned(), value: value.to_owned(), must });
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(picks)
}

#[cfg(test)]
mod tests;
