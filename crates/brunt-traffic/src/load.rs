//! Generated requests as load: sessions that arrive when they are due, whatever the target does, and within which each request waits for
//! the one before it. That is the partly open system of Schroeder, Wierman and Harchol-Balter (2006).

use crate::export::peak_sessions;
use crate::{Synthetic, SyntheticRequest};
use brunt_metrics::{EndpointId, EndpointKind, Nanos};
use brunt_workload::{
    Action, ActionOrder, Arrivals, Body, Choice, ClassShares, Endpoint, Journey, MAX_ENDPOINTS, OnFailure,
    Pause, PauseTime, Request, RequestId, Scenario, Script, StartAt, Step, Stop, Supply, Text, UserClass,
    Workload,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Generated requests cannot be driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// There are none.
    #[error("there is no request in it")]
    Empty,
    /// There is no request to take headers, checks and time limits from.
    #[error("the plan that they are sent as has no request")]
    NoPattern,
    /// More than numbers of requests can tell apart.
    #[error("there are too many requests in it: 4 billion is the most")]
    TooMany,
}

/// The name of the scenario.
const SCENARIO: &str = "traffic";

/// Users that may be needed beyond the sessions that overlap by plan: a slow target makes sessions longer.
const SPARE_FACTOR: u32 = 8;
const SPARE_USERS: u32 = 64;

/// Replaces what a workload does by these requests. All else of it stays: the target, and of its first request the headers, the login, the
/// checks and the time limits.
pub fn put_into(workload: &mut Workload, synthetic: &Synthetic) -> Result<(), LoadError> {
    let pattern = workload.requests.first().cloned().ok_or(LoadError::NoPattern)?;
    if synthetic.requests.is_empty() {
        return Err(LoadError::Empty);
    }
    let mut lists: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (i, request) in synthetic.requests.iter().enumerate() {
        lists.entry(request.session).or_default().push(i);
    }
    let mut sessions: Vec<Vec<usize>> = lists.into_values().collect();
    sessions.sort_by_key(|rows| (synthetic.requests[rows[0]].at_ms, rows[0]));

    let login = Logins::of(workload);
    let mut table =
        Table { pattern, requests: login.requests, known: BTreeMap::new(), endpoints: login.endpoints };
    let (mut script, mut instants) = (Script::new(), Vec::with_capacity(sessions.len()));
    for rows in &sessions {
        let begin = synthetic.requests[rows[0]].at_ms;
        script.begin();
        instants.push(Nanos::from_millis(begin));
        for row in rows {
            let request = &synthetic.requests[*row];
            let id = table.request(request)?;
            script.push(Nanos::from_millis(request.at_ms - begin), request.together, id);
        }
    }
    let peak = u32::try_from(peak_sessions(synthetic)).unwrap_or(u32::MAX);
    workload.requests = table.requests;
    workload.endpoints = table.endpoints;
    workload.name.clone_from(&synthetic.model);
    workload.scenarios = vec![scenario(script, instants, Nanos::from_millis(synthetic.span_ms), peak)];
    Ok(())
}

/// What logins send stays.
struct Logins {
    requests: Vec<Request>,
    endpoints: Vec<Endpoint>,
}

impl Logins {
    fn of(workload: &mut Workload) -> Self {
        let mut kept = Self { requests: Vec::new(), endpoints: Vec::new() };
        let mut logins = std::mem::take(&mut workload.logins);
        for id in logins.iter_mut().flat_map(|login| &mut login.requests) {
            let Some(mut request) = workload.requests.get(id.0 as usize).cloned() else { continue };
            if let Some(endpoint) = workload.endpoints.get(request.endpoint.0 as usize) {
                request.endpoint = endpoint_id(kept.endpoints.len());
                kept.endpoints.push(endpoint.clone());
            }
            *id = request_id(kept.requests.len());
            kept.requests.push(request);
        }
        workload.logins = logins;
        kept
    }
}

fn endpoint_id(n: usize) -> EndpointId {
    EndpointId(u32::try_from(n).unwrap_or(u32::MAX))
}

fn request_id(n: usize) -> RequestId {
    RequestId(u32::try_from(n).unwrap_or(u32::MAX))
}

/// What tells requests apart: method, path, body, headers.
type Key<'a> = (&'a str, &'a str, Option<&'a str>, &'a BTreeMap<String, String>);

/// Requests that are told apart, each once.
struct Table<'a> {
    pattern: Request,
    requests: Vec<Request>,
    known: BTreeMap<Key<'a>, RequestId>,
    endpoints: Vec<Endpoint>,
}

impl<'a> Table<'a> {
    fn request(&mut self, of: &'a SyntheticRequest) -> Result<RequestId, LoadError> {
        let key = (of.method.as_str(), of.path.as_str(), of.body.as_deref(), &of.headers);
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let id = u32::try_from(self.requests.len()).map_err(|_| LoadError::TooMany)?;
        let mut headers = self.pattern.headers.clone();
        headers.extend(of.headers.iter().map(|(name, value)| (name.clone(), Text::literal(value.as_str()))));
        let endpoint = self.endpoint(of);
        self.requests.push(Request {
            endpoint,
            method: of.method.clone(),
            target: Text::literal(of.path.as_str()),
            headers,
            body: of.body.as_ref().map_or(Body::None, |body| Body::Text(Text::literal(body.as_str()))),
            on_failure: OnFailure::Continue,
            ..self.pattern.clone()
        });
        self.known.insert(key, RequestId(id));
        Ok(RequestId(id))
    }

    fn endpoint(&mut self, of: &SyntheticRequest) -> EndpointId {
        let name = of.endpoint.split_once(' ').map_or(of.endpoint.as_str(), |(_, path)| path);
        let is = |e: &Endpoint| e.scenario == SCENARIO && e.method == of.method && e.name == name;
        if let Some(at) = self.endpoints.iter().position(is) {
            return endpoint_id(at);
        }
        let full = self.endpoints.len() + 1 >= MAX_ENDPOINTS;
        let (method, name) = if full { ("*", "(other)") } else { (of.method.as_str(), name) };
        if full && let Some(at) = self.endpoints.iter().position(|e| e.name == "(other)") {
            return endpoint_id(at);
        }
        self.endpoints.push(Endpoint {
            scenario: SCENARIO.into(),
            action: "session".into(),
            method: method.into(),
            name: name.into(),
            kind: EndpointKind::Request,
            tags: Vec::new(),
        });
        endpoint_id(self.endpoints.len() - 1)
    }
}

fn scenario(script: Script, instants: Vec<Nanos>, span: Nanos, peak: u32) -> Scenario {
    let action =
        Action { name: "session".into(), steps: vec![Step::Script(Arc::new(script))], feeds: Vec::new() };
    let journey = Journey {
        on_start: None,
        actions: vec![action],
        order: ActionOrder::Weighted(Choice::new([1])),
        on_stop: None,
        think: Pause::NONE,
        pacing: PauseTime::None,
    };
    Scenario {
        name: SCENARIO.into(),
        start: StartAt::Offset(Nanos::ZERO),
        arrivals: Arrivals::Replay { instants: instants.into(), speed: (1, 1) },
        supply: Supply::Elastic {
            initial: peak.clamp(1, 1_000),
            cap: peak.saturating_mul(SPARE_FACTOR).saturating_add(SPARE_USERS).min(100_000),
        },
        stop: Stop::after(span + Nanos::from_millis(1)),
        warm_up: Nanos::ZERO,
        cool_down: Nanos::ZERO,
        classes: vec![UserClass { name: "session".into(), journey }],
        class_shares: ClassShares::weighted([1]),
    }
}
