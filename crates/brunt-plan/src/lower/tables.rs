//! The workload's tables: endpoints, requests and checks, each named by its position.

use super::journey::{ActionPlan, StepPlan};
use super::request::RequestPlan;
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::Span;
use brunt_metrics::{CheckId, EndpointId};
use brunt_workload::{Action, Check, Endpoint, MAX_ENDPOINTS, Request, RequestId, Step};
use std::collections::HashMap;

/// The name of what is folded.
const OTHER: &str = "(other)";

#[derive(Default)]
pub(super) struct Tables {
    endpoints: Vec<Endpoint>,
    by_endpoint: HashMap<Endpoint, EndpointId>,
    requests: Vec<Request>,
    checks: Vec<Check>,
    /// Checks of an endpoint with one name.
    by_check: HashMap<(EndpointId, String), Vec<CheckId>>,
    named: usize,
    /// How many scenarios there are.
    scenarios: usize,
    /// Requests whose names were folded.
    folded: usize,
}

impl Tables {
    pub(super) fn of(scenarios: usize) -> Self {
        Self { scenarios, ..Self::default() }
    }

    /// Endpoints that may have their own names: the rest of [`MAX_ENDPOINTS`] is for one `(other)` a scenario.
    const fn may_be_named(&self) -> usize {
        MAX_ENDPOINTS.saturating_sub(self.scenarios)
    }

    /// An action as the scenario `scenario` runs it.
    pub(super) fn action(&mut self, scenario: &str, plan: &ActionPlan) -> Action {
        let step = |step: &StepPlan| match step {
            StepPlan::Pause(time) => Step::Pause(*time),
            StepPlan::Request(request) => Step::Request(self.request(scenario, &plan.name, request)),
        };
        Action { name: plan.name.clone(), steps: plan.steps.iter().map(step).collect() }
    }

    fn request(&mut self, scenario: &str, action: &str, plan: &RequestPlan) -> RequestId {
        let endpoint = self.endpoint(Endpoint {
            scenario: scenario.to_owned(),
            action: action.to_owned(),
            method: plan.request.method.clone(),
            name: plan.name.clone(),
        });
        let checks = plan.checks.iter().map(|check| self.check(endpoint, check)).collect();
        self.requests.push(Request { endpoint, checks, ..plan.request.clone() });
        RequestId(u32::try_from(self.requests.len() - 1).unwrap_or(u32::MAX))
    }

    fn endpoint(&mut self, endpoint: Endpoint) -> EndpointId {
        if let Some(known) = self.by_endpoint.get(&endpoint) {
            return *known;
        }
        if self.named < self.may_be_named() {
            self.named += 1;
            return self.add(endpoint);
        }
        self.folded += 1;
        let other = Endpoint {
            scenario: endpoint.scenario,
            action: OTHER.to_owned(),
            method: "*".to_owned(),
            name: OTHER.to_owned(),
        };
        match self.by_endpoint.get(&other) {
            Some(known) => *known,
            None => self.add(other),
        }
    }

    fn add(&mut self, endpoint: Endpoint) -> EndpointId {
        let id = EndpointId(u32::try_from(self.endpoints.len()).unwrap_or(u32::MAX));
        self.by_endpoint.insert(endpoint.clone(), id);
        self.endpoints.push(endpoint);
        id
    }

    /// One rule of one endpoint is one check; rules whose names are the same (both clipped) are numbered.
    fn check(&mut self, endpoint: EndpointId, check: &Check) -> CheckId {
        let same_name = self.by_check.entry((endpoint, check.name.clone())).or_default();
        let known = |id: &&CheckId| {
            usize::try_from(id.0)
                .ok()
                .and_then(|at| self.checks.get(at))
                .is_some_and(|c| c.rule == check.rule)
        };
        if let Some(known) = same_name.iter().find(known) {
            return *known;
        }
        let id = CheckId(u32::try_from(self.checks.len()).unwrap_or(u32::MAX));
        same_name.push(id);
        let name = match same_name.len() {
            1 => check.name.clone(),
            n => format!("{} #{n}", check.name),
        };
        self.checks.push(Check { name, rule: check.rule.clone() });
        id
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn warn_folded(&self, cx: &Cx<'_>, span: &Span) {
        if self.folded > 0 {
            let message = format!("{} requests have no row of their own in the results", self.folded);
            let d = Diagnostic::warning(span, message);
            let d = d.label(format!("past {} names they are counted as `{OTHER}`", self.may_be_named()));
            cx.report(d.help("give requests of one kind one name: `name: /products/{id}`"));
        }
    }

    pub(super) fn into_parts(self) -> (Vec<Endpoint>, Vec<Request>, Vec<Check>) {
        (self.endpoints, self.requests, self.checks)
    }
}
