//! A workload as JSON, for the record of a run: what was run, after every default and override.
//!
//! No secrets: values of headers that usually carry one, secrets of the plan, certificates' keys, bodies and rows
//! of data are not in it. Texts are as a plan writes them.

mod journey;

mod load;

mod request;

mod text;

use crate::units::duration_text;
use brunt_metrics::EndpointKind;
use brunt_workload::{
    Endpoint, Feed, FeedEnd, FeedOrder, FeedPer, HttpVersion, Login, LoginFor, Scenario, StartAt, Tally,
    TargetSettings, Workload,
};
use serde_json::{Value, json};
use text::Names;

/// Requests that are printed: a plan has not nearly as many, the sessions of a traffic model may.
const MOST_REQUESTS: usize = 2_000;

/// What stands in a secret's place.
pub(crate) const HIDDEN: &str = "(hidden)";

/// Words that mark a header as secret wherever they stand in its name.
const SECRET_WORDS: [&str; 9] =
    ["authorization", "cookie", "api-key", "apikey", "token", "secret", "password", "session", "signature"];

/// Whether a header of this name usually carries a secret.
pub(crate) fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// The whole workload. Ids are positions in the lists; durations and rates are text as in plans.
pub fn lowered_json(workload: &Workload) -> Value {
    let names = Names::of(workload);
    json!({
        "name": workload.name,
        "seed": workload.seed,
        "target": target(&workload.target),
        "scenarios": workload.scenarios.iter().map(|s| scenario(s, names)).collect::<Vec<_>>(),
        "endpoints": workload.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        "requests": workload.requests.iter().take(MOST_REQUESTS).map(|r| request::request(r, names)).collect::<Vec<_>>(),
        "checks": workload.checks.iter().map(|c| request::check(c, names)).collect::<Vec<_>>(),
        "feeds": workload.feeds.iter().map(feed).collect::<Vec<_>>(),
        "slots": workload.slots,
        "logins": workload.logins.iter().map(login).collect::<Vec<_>>(),
        "fault_mixes": workload.fault_mixes.iter().map(request::fault_mix).collect::<Vec<_>>(),
        "tallies": workload.tallies.iter().map(tally).collect::<Vec<_>>(),
    })
}

fn endpoint(e: &Endpoint) -> Value {
    json!({
        "scenario": e.scenario,
        "action": e.action,
        "method": e.method,
        "name": e.name,
        "kind": match e.kind {
            EndpointKind::Request => "request",
            EndpointKind::Group => "group",
            EndpointKind::Injected => "injected",
        },
        "tags": e.tags,
    })
}

/// What is taken from it, and how; not what is in it.
fn feed(f: &Feed) -> Value {
    json!({
        "name": f.name,
        "columns": f.columns,
        "rows": f.rows(),
        "order": match f.order {
            FeedOrder::Sequential => "sequential",
            FeedOrder::Shuffled => "shuffled",
            FeedOrder::Random => "random",
        },
        "per": match f.per {
            FeedPer::Iteration => "iteration",
            FeedPer::User => "user",
        },
        "at_end": match f.at_end {
            FeedEnd::Again => "again",
            FeedEnd::Stop => "stop",
        },
    })
}

fn login(l: &Login) -> Value {
    json!({
        "name": l.name,
        "requests": l.requests.iter().map(|r| r.0).collect::<Vec<_>>(),
        "slots": l.slots.iter().map(|s| s.0).collect::<Vec<_>>(),
        "for": match l.who {
            LoginFor::EachUser => "user",
            LoginFor::EachWorker => "worker",
        },
        "refresh_on": l.refresh_on,
    })
}

fn tally(t: &Tally) -> Value {
    json!({ "name": t.name, "header": t.header })
}

fn target(t: &TargetSettings) -> Value {
    let origin = |o: &brunt_workload::Origin| match &o.unix {
        Some(path) => format!("http+unix://{}", path.display()),
        None => format!("{}://{}", o.scheme.name(), o.authority()),
    };
    let connect_to = |c: &brunt_workload::ConnectTo| {
        let port = |p: Option<u16>| p.map(|p| p.to_string()).unwrap_or_default();
        let host = |h: &Option<String>| h.clone().unwrap_or_default();
        format!("{}:{}:{}:{}", host(&c.host), port(c.port), host(&c.to_host), port(c.to_port))
    };
    json!({
        "origins": t.origins.iter().map(origin).collect::<Vec<_>>(),
        "version": match t.version {
            HttpVersion::Http1 => "1.1",
            HttpVersion::Http2 => "2",
            HttpVersion::Negotiate => "auto",
        },
        "keep_alive": t.keep_alive,
        "connect_timeout": duration_text(t.connect_timeout),
        "connect_to": t.connect_to.iter().map(connect_to).collect::<Vec<_>>(),
        "shared_connections": t.shared_connections,
        "tls": {
            "insecure": t.tls.insecure,
            "ca": t.tls.ca_pem.as_ref().map(|pem| format!("({} bytes of PEM)", pem.len())),
            "identity": t.tls.identity_pem.as_ref().map(|_| HIDDEN),
        },
        "max_kept_body": t.max_kept_body,
    })
}

fn scenario(s: &Scenario, names: Names<'_>) -> Value {
    json!({
        "name": s.name,
        "start": match &s.start {
            StartAt::Offset(offset) => json!({ "offset": duration_text(*offset) }),
            StartAt::After { scenario, delay } => json!({ "after": scenario.0, "delay": duration_text(*delay) }),
        },
        "arrivals": load::arrivals(&s.arrivals),
        "supply": load::supply(&s.supply),
        "stop": {
            "after": s.stop.after.map(duration_text),
            "iterations": s.stop.iterations,
            "per_user": s.stop.per_user,
            "grace": duration_text(s.stop.grace),
        },
        "warm_up": duration_text(s.warm_up),
        "cool_down": duration_text(s.cool_down),
        "classes": journey::classes(s, names),
    })
}
