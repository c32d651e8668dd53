//! Logins: requests that give users what others need.

use super::check::status;
use super::request::{Around, METHODS, RequestPlan};
use super::step::{Inside, StepKind, is_kind, steps};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::LOGIN;
use crate::tree::{Entry, Span, Value};
use brunt_workload::{Login, LoginFor, SlotId};

/// The most logins of a plan.
const MAX_LOGINS: usize = 100;

/// A login of the plan, lowered but for its place in a scenario.
pub(super) struct LoginPlan {
    pub(super) name: String,
    /// Sorted.
    pub(super) tags: Vec<String>,
    span: Span,
    pub(super) requests: Vec<RequestPlan>,
    pub(super) who: LoginFor,
    pub(super) refresh_on: Vec<(u16, u16)>,
}

impl LoginPlan {
    /// What its requests save, each once.
    pub(super) fn slots(&self) -> Vec<SlotId> {
        let mut out = Vec::new();
        for save in self.requests.iter().flat_map(|r| &r.request.saves) {
            if !out.contains(&save.slot) {
                out.push(save.slot);
            }
        }
        out
    }
}

/// The names of a plan's logins, by position: requests may name those that have not been read yet.
pub(super) fn names(plan: &Fields<'_, '_>) -> Vec<String> {
    match plan.get("logins").map(|node| &node.value) {
        Some(Value::Map(entries)) => entries.iter().map(|e| e.key.clone()).collect(),
        Some(
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_),
        )
        | None => Vec::new(),
    }
}

/// All logins of the plan, by position. `around` is for requests with neither the plan's faults nor its `auth`.
pub(super) fn logins(plan: &Fields<'_, '_>, around: &mut Around<'_>) -> Vec<LoginPlan> {
    let cx = plan.cx;
    let entries = plan.get("logins").and_then(|node| cx.map_of(node, "logins by name")).unwrap_or_default();
    if let Some(extra) = entries.get(MAX_LOGINS) {
        cx.report(Diagnostic::error(&extra.key_span, format!("the plan has more than {MAX_LOGINS} logins")));
    }
    entries.iter().map(|entry| login(cx, entry, around)).collect()
}

fn login(cx: &Cx<'_>, entry: &Entry, around: &mut Around<'_>) -> LoginPlan {
    super::journey::check_name(cx, "login", entry);
    let mut out = LoginPlan {
        name: entry.key.clone(),
        tags: Vec::new(),
        span: entry.key_span.clone(),
        requests: Vec::new(),
        who: LoginFor::EachUser,
        refresh_on: vec![(401, 401)],
    };
    let Some(fields) = Fields::of(cx, &entry.value, &LOGIN) else {
        return out;
    };
    fields.missing("steps");
    out.tags = around.tags.read(&fields);
    if let Some(node) = fields.get("for") {
        match cx.text_of(node, "`user` or `worker`") {
            Some("user") | None => {}
            Some("worker") => out.who = LoginFor::EachWorker,
            Some(other) => cx.report(Cx::unknown("`for`", other, &node.span, ["user", "worker"])),
        }
    }
    if let Some((_, ranges)) = fields.get("refresh_on").and_then(|node| status(cx, node)) {
        out.refresh_on = ranges;
    }
    if let Some(node) = fields.get("steps") {
        let empty = format!("the login `{}` has no steps", entry.key);
        let is_other = |e: &&Entry| is_kind(&e.key) && !METHODS.contains(&e.key.as_str());
        for step in node.one_or_many() {
            if let Value::Map(entries) = &step.value
                && let Some(other) = entries.iter().find(is_other)
            {
                let d = Diagnostic::error(&other.key_span, "a login holds requests only");
                let d = d.label("it is made in the middle of another request");
                cx.report(d.help("put this step into an action"));
            }
            if let Some(auth) = step.entry("auth").filter(|e| e.value.entry("login").is_some()) {
                let d = Diagnostic::error(&auth.key_span, "a login cannot need a login");
                cx.report(d.label("it might wait for itself").help("make one login of both"));
            }
        }
        for step in steps(cx, node, around, Inside::ACTION, &empty) {
            if let StepKind::Request(request) = step.kind {
                out.requests.push(*request);
            }
        }
    }
    out
}

/// Complains about logins that nobody makes: slips, or left over. `made` are those of all scenarios.
pub(super) fn warn_unused(cx: &Cx<'_>, plans: &[LoginPlan], made: &[Login]) {
    if cx.has_errors() {
        return;
    }
    for plan in plans.iter().filter(|plan| made.iter().all(|m| m.name != plan.name)) {
        let d = Diagnostic::warning(&plan.span, format!("the login `{}` is never made", plan.name));
        let d = d.label("no request that is sent names it");
        cx.report(d.help(format!("write e.g. `auth: {{login: {}, bearer: \"${{token}}\"}}`", plan.name)));
    }
}
