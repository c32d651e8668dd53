//! Hooks: what is done around the load.

use super::check::status;
use super::tags::Tags;
use super::template::{concat, template};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::{HOOK, HOOKS, READY};
use crate::tree::{Entry, Node, Value};
use brunt_metrics::Nanos;
use brunt_workload::{Act, Hook, HookRequest, Hooks, Moment, Ready, Source, Text, TextPart};

/// A seed script or a cache warmer takes seconds; what takes longer says so.
const DEFAULT_TIMEOUT: Nanos = Nanos::from_secs(30);

/// As long as a service takes that has just been deployed.
const DEFAULT_READY: Nanos = Nanos::from_secs(60);

/// Often enough to lose no time, seldom enough to be no load.
const DEFAULT_EVERY: Nanos = Nanos::from_millis(500);

/// The most hooks of a plan.
const MAX_HOOKS: usize = 100;

const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];

const MOMENTS: [Moment; 5] =
    [Moment::Setup, Moment::WarmUp, Moment::Load, Moment::CoolDown, Moment::Teardown];

/// The plan's hooks; `target` is the base of their paths.
pub(super) fn hooks(plan: &Fields<'_, '_>, target: Option<&str>, tags: &Tags<'_>) -> Hooks {
    let cx = plan.cx;
    let mut hooks = Hooks::default();
    let Some(fields) = plan.get("hooks").and_then(|node| Fields::of(cx, node, &HOOKS)) else {
        return hooks;
    };
    for node in fields.get("ready").map(Node::one_or_many).unwrap_or_default() {
        hooks.ready.extend(ready(cx, node, target));
    }
    for moment in MOMENTS {
        for node in fields.get(moment.name()).map(Node::one_or_many).unwrap_or_default() {
            hooks.at.extend(hook(cx, node, target, tags).map(|hook| (moment, hook)));
        }
    }
    if hooks.at.len() + hooks.ready.len() > MAX_HOOKS {
        let d = Diagnostic::error(&fields.span, format!("the plan has more than {MAX_HOOKS} hooks"));
        cx.report(d.help("let one command do several things"));
    }
    hooks
}

fn ready(cx: &Cx<'_>, node: &Node, target: Option<&str>) -> Option<Ready> {
    let fields = Fields::of(cx, node, &READY)?;
    let request = request(&fields, target);
    let timeout = fields.positive_duration("timeout", "nothing could become ready");
    let every = fields.positive_duration("every", "it would be asked without a pause");
    Some(Ready {
        request: request?,
        timeout: timeout.unwrap_or(DEFAULT_READY),
        every: every.unwrap_or(DEFAULT_EVERY),
    })
}

/// Nothing if it is not picked.
fn hook(cx: &Cx<'_>, node: &Node, target: Option<&str>, tags: &Tags<'_>) -> Option<Hook> {
    let fields = Fields::of(cx, node, &HOOK)?;
    let picked = tags.picks_hook(&tags.read(&fields));
    let timeout =
        fields.positive_duration("timeout", "nothing is done in no time").unwrap_or(DEFAULT_TIMEOUT);
    let Some(command) = fields.get("run") else {
        let mut request = request(&fields, target)?;
        request.body = body(&fields, &mut request.headers);
        return picked.then_some(Hook { act: Act::Http(request), timeout });
    };
    if let Some(other) = fields.given().find(|e| !["run", "timeout", "tags"].contains(&e.key.as_str())) {
        let d = Diagnostic::error(&other.key_span, "a hook is a command or a request")
            .label("this belongs to a request");
        cx.report(d.help("make two hooks of it"));
    }
    let line = cx.text_of(command, "a command line")?;
    if line.trim().is_empty() {
        cx.report(Diagnostic::error(&command.span, "`run` is empty").help("write e.g. `run: ./seed.sh`"));
        return None;
    }
    let act = Act::Command { line: line.to_owned(), folder: cx.folder().to_path_buf() };
    picked.then_some(Hook { act, timeout })
}

fn request(fields: &Fields<'_, '_>, target: Option<&str>) -> Option<HookRequest> {
    let cx = fields.cx;
    let methods: Vec<&Entry> = fields.given().filter(|e| METHODS.contains(&e.key.as_str())).collect();
    let [method] = methods.as_slice() else {
        if !fields.has_unknown() {
            let message =
                if methods.is_empty() { "this hook does nothing" } else { "a hook sends one request" };
            let d = Diagnostic::error(
                &methods.get(1).map_or(fields.span.clone(), |e| e.key_span.clone()),
                message,
            );
            cx.report(d.help("write e.g. `get: /health`, or for a command `run: ./seed.sh`"));
        }
        return None;
    };
    let url = url(cx, &method.value, target);
    let mut headers = Vec::new();
    for entry in fields.get("headers").and_then(|node| cx.map_of(node, "headers")).unwrap_or_default() {
        headers.extend(fixed(cx, &entry.value).map(|value| (entry.key.clone(), value)));
    }
    let status = match fields.get("status") {
        Some(node) => status(cx, node).map(|(_, ranges)| ranges)?,
        None => vec![(200, 299)],
    };
    Some(HookRequest { method: method.key.to_ascii_uppercase(), url: url?, headers, body: None, status })
}

fn url(cx: &Cx<'_>, node: &Node, target: Option<&str>) -> Option<Text> {
    let path = fixed(cx, node)?;
    let written = node.as_str().unwrap_or_default();
    if written.starts_with("http://") || written.starts_with("https://") {
        return Some(path);
    }
    match target {
        Some(target) if target.starts_with("http+unix") => {
            let d = Diagnostic::error(&node.span, "hooks cannot be sent to a Unix socket");
            cx.report(
                d.label("the plan's target is one").help("use a command: `run: curl --unix-socket ...`"),
            );
            None
        }
        Some(target) if written.starts_with('/') => {
            Some(concat([Text::literal(target.trim_end_matches('/')), path]))
        }
        Some(_) | None => {
            let d = Diagnostic::error(&node.span, "this is neither a path nor a whole URL");
            let help = match target {
                None => "the plan has no `target`: write a whole URL, `http://...`",
                Some(_) => "write e.g. `/health`, or a whole URL, `http://...`",
            };
            cx.report(d.help(help));
            None
        }
    }
}

/// A text of which nothing is made up or remembered: no user is there yet.
pub(super) fn fixed(cx: &Cx<'_>, node: &Node) -> Option<Text> {
    let text = template(cx, node)?;
    let is_fixed = |part: &TextPart| match part {
        TextPart::Literal(_) | TextPart::Dynamic { source: Source::Secret(_), .. } => true,
        TextPart::Dynamic {
            source: Source::Generated(_) | Source::Saved { .. } | Source::Cell { .. } | Source::Base64(_),
            ..
        } => false,
    };
    if text.parts.iter().all(is_fixed) {
        return Some(text);
    }
    let d = Diagnostic::error(&node.span, "this text must be fixed").label("no user is there to make it up");
    cx.report(d.help("variables, `${env.NAME}` and secrets may be in it"));
    None
}

fn body(fields: &Fields<'_, '_>, headers: &mut Vec<(String, Text)>) -> Option<Text> {
    let cx = fields.cx;
    if let Some(node) = fields.get("body") {
        if fields.has("json") {
            let d = Diagnostic::error(&fields.key_span("json"), "`json` cannot be combined with `body`");
            cx.report(d.label("a request has one body"));
        }
        return fixed(cx, node);
    }
    let node = fields.get("json")?;
    let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !has_type {
        headers.push(("content-type".to_owned(), Text::literal("application/json")));
    }
    let text = super::body::json_text(cx, node)?;
    if text.as_literal().is_none() && !matches!(node.value, Value::Str(_)) {
        let secret = |part: &TextPart| {
            matches!(part, TextPart::Literal(_) | TextPart::Dynamic { source: Source::Secret(_), .. })
        };
        if !text.parts.iter().all(secret) {
            let d = Diagnostic::error(&node.span, "a hook's text must be fixed");
            cx.report(d.label("no user is there to make it up"));
            return None;
        }
    }
    Some(text)
}
