//! The workload's tables: endpoints, requests and checks, each named by its position.

use super::auth::Auth;
use super::feeds::Referred;
use super::journey::ActionPlan;
use super::login::LoginPlan;
use super::request::RequestPlan;
use super::step::{StepKind, StepPlan};
use super::tags::{Picked, Tags, union};
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::Span;
use brunt_metrics::{CheckId, EndpointId, EndpointKind};
use brunt_workload::{
    Action, Check, CheckRule, Choice, Endpoint, FaultMixId, Login, LoginId, MAX_ENDPOINTS, Request,
    RequestId, Save, Step,
};
use std::collections::{HashMap, HashSet};

/// The name of what is folded.
const OTHER: &str = "(other)";

/// The method of what is no request, or of many.
const ANY_METHOD: &str = "*";

#[derive(Default)]
pub(super) struct Tables {
    endpoints: Vec<Endpoint>,
    /// Without their tags.
    by_endpoint: HashMap<Endpoint, EndpointId>,
    requests: Vec<Request>,
    checks: Vec<Check>,
    /// Checks of an endpoint with one name.
    by_check: HashMap<(EndpointId, String), Vec<CheckId>>,
    logins: Vec<Login>,
    /// Logins of a scenario.
    by_login: HashMap<(String, usize), LoginId>,
    /// Mixes of faults with the scenarios that have them.
    faulty: HashSet<(FaultMixId, String)>,
    /// The names that values are saved under.
    slots: Vec<String>,
    named: usize,
    /// Endpoints kept free for what is folded: one a scenario for each kind.
    reserved: usize,
    /// Requests and groups whose names were folded.
    folded: usize,
}

/// Where a step stands: what its measurements are named by.
struct Place<'p> {
    scenario: &'p str,
    action: &'p str,
    /// Of everything around it, sorted.
    tags: Vec<String>,
    of: For<'p>,
}

/// A scenario that something is instantiated for, and what of it is picked.
#[derive(Clone, Copy)]
pub(super) struct For<'s> {
    pub(super) scenario: &'s str,
    pub(super) scenario_tags: &'s [String],
    pub(super) tags: &'s Tags<'s>,
    pub(super) picked: Picked,
    pub(super) logins: &'s [LoginPlan],
    /// Who requests come from that do not say so themselves.
    pub(super) auth: Option<&'s Auth>,
}

impl Tables {
    /// For so many scenarios, with endpoints of so many kinds in each.
    pub(super) fn of(scenarios: usize, kinds: usize, slots: &[String]) -> Self {
        Self { reserved: scenarios * kinds, slots: slots.to_vec(), ..Self::default() }
    }

    /// Endpoints that may have their own names: the rest of [`MAX_ENDPOINTS`] is for what is folded.
    const fn may_be_named(&self) -> usize {
        MAX_ENDPOINTS.saturating_sub(self.reserved)
    }

    /// An action as a scenario runs it; nothing if none of it is picked.
    pub(super) fn action(&mut self, plan: &ActionPlan, of: For<'_>) -> Option<Action> {
        let place = Place {
            scenario: of.scenario,
            action: &plan.name,
            tags: union(of.scenario_tags, &plan.tags),
            of,
        };
        let picked = of.tags.pick(&plan.tags, of.picked)?;
        let steps = self.steps(&place, &plan.steps, picked);
        if steps.is_empty() && !plan.steps.is_empty() {
            return None;
        }
        let referred = Referred { requests: &self.requests, checks: &self.checks, logins: &self.logins };
        let feeds = referred.feeds(&steps);
        Some(Action { name: plan.name.clone(), steps, feeds })
    }

    fn steps(&mut self, place: &Place<'_>, plans: &[StepPlan], picked: Picked) -> Vec<Step> {
        let mut out = Vec::new();
        for plan in plans {
            let Some(picked) = place.of.tags.step(plan, picked) else { continue };
            if plan.tags.is_empty() {
                self.step(place, &plan.kind, picked, &mut out);
            } else {
                let place = Place { tags: union(&place.tags, &plan.tags), ..*place };
                self.step(&place, &plan.kind, picked, &mut out);
            }
        }
        out
    }

    /// Appends the step; what has nothing left in it is left out.
    fn step(&mut self, place: &Place<'_>, kind: &StepKind, picked: Picked, out: &mut Vec<Step>) {
        match kind {
            StepKind::Request(request) => out.push(Step::Request(self.request(place, request))),
            StepKind::Batch { requests, at_once } => {
                let steps = self.steps(place, requests, picked);
                let id = |step: &Step| if let Step::Request(id) = step { Some(*id) } else { None };
                let requests: Vec<RequestId> = steps.iter().filter_map(id).collect();
                if !requests.is_empty() {
                    out.push(Step::Batch { requests, at_once: *at_once });
                }
            }
            StepKind::Pause(time) => out.push(Step::Pause(*time)),
            StepKind::Group { name, steps } => {
                let steps = self.steps(place, steps, picked);
                if !steps.is_empty() {
                    let endpoint = self.endpoint(place.endpoint(ANY_METHOD, name, EndpointKind::Group));
                    out.push(Step::Group { endpoint, steps });
                }
            }
            StepKind::If { condition, then, otherwise } => {
                let then = self.steps(place, then, picked);
                let otherwise = self.steps(place, otherwise, picked);
                if !then.is_empty() || !otherwise.is_empty() {
                    out.push(Step::If { condition: condition.clone(), then, otherwise });
                }
            }
            StepKind::Repeat { times, while_, steps } => {
                let steps = self.steps(place, steps, picked);
                if !steps.is_empty() {
                    out.push(Step::Repeat { times: *times, while_: while_.clone(), steps });
                }
            }
            StepKind::Choose { branches } => {
                let branches =
                    branches.iter().map(|(weight, steps)| (weight, self.steps(place, steps, picked)));
                let (weights, branches): (Vec<u32>, Vec<Vec<Step>>) =
                    branches.filter(|(_, steps)| !steps.is_empty()).unzip();
                if weights.iter().any(|w| *w > 0) {
                    out.push(Step::Choose { choice: Choice::new(weights), branches });
                }
            }
            StepKind::Set(values) => {
                out.extend(values.iter().map(|(slot, value, plain)| Step::Set {
                    slot: *slot,
                    value: value.clone(),
                    plain: *plain,
                }));
            }
            StepKind::End(of) => out.push(Step::End(*of)),
        }
    }

    fn request(&mut self, place: &Place<'_>, plan: &RequestPlan) -> RequestId {
        let endpoint = self.endpoint(place.endpoint(&plan.request.method, &plan.name, EndpointKind::Request));
        let checks = plan.checks.iter().map(|check| self.check(endpoint, check)).collect();
        let saves = plan.request.saves.iter().map(|save| self.save(endpoint, save)).collect();
        let auth = plan.auth(place.of.auth);
        let login = auth.and_then(|auth| auth.login).and_then(|at| self.login(place, at));
        let mut request = Request { endpoint, checks, saves, login, ..plan.request.clone() };
        if let Some(auth) = auth {
            plan.add_auth(auth, &mut request);
        }
        if let Some(faults) = request.faults {
            self.faulty.insert((faults, place.scenario.to_owned()));
        }
        self.requests.push(request);
        RequestId(u32::try_from(self.requests.len() - 1).unwrap_or(u32::MAX))
    }

    /// A login as the scenario makes it, once for all requests that need it.
    fn login(&mut self, place: &Place<'_>, at: usize) -> Option<LoginId> {
        let key = (place.scenario.to_owned(), at);
        if let Some(known) = self.by_login.get(&key) {
            return Some(*known);
        }
        let plan = place.of.logins.get(at)?;
        let of = For { auth: None, ..place.of };
        let tags = union(of.scenario_tags, &plan.tags);
        let own = Place { scenario: of.scenario, action: &plan.name, tags, of };
        let requests = plan.requests.iter().map(|request| self.request(&own, request)).collect();
        let id = LoginId(u16::try_from(self.logins.len()).unwrap_or(u16::MAX));
        self.logins.push(Login {
            name: plan.name.clone(),
            requests,
            slots: plan.slots(),
            who: plan.who,
            refresh_on: plan.refresh_on.clone(),
        });
        self.by_login.insert(key, id);
        Some(id)
    }

    /// Mixes of faults with the scenarios that have requests with them.
    pub(super) fn faulty(&self) -> HashSet<(FaultMixId, String)> {
        self.faulty.clone()
    }

    /// A value that is saved, with the check that counts whether it was found.
    fn save(&mut self, endpoint: EndpointId, save: &Save) -> Save {
        let name = self.slots.get(usize::from(save.slot.0)).map_or("", String::as_str);
        let check = Check { name: format!("saves {name}"), rule: CheckRule::Saved(save.slot) };
        Save { check: self.check(endpoint, &check), ..save.clone() }
    }

    /// Where something is measured. One name of one kind is one endpoint, with all tags that it is met with.
    pub(super) fn endpoint(&mut self, endpoint: Endpoint) -> EndpointId {
        let tags = endpoint.tags;
        let endpoint = Endpoint { tags: Vec::new(), ..endpoint };
        let id = match self.by_endpoint.get(&endpoint) {
            Some(known) => *known,
            None if self.named < self.may_be_named() => {
                self.named += 1;
                self.add(endpoint)
            }
            None => {
                self.folded += 1;
                let other = Endpoint {
                    action: OTHER.to_owned(),
                    method: ANY_METHOD.to_owned(),
                    name: OTHER.to_owned(),
                    ..endpoint
                };
                match self.by_endpoint.get(&other) {
                    Some(known) => *known,
                    None => self.add(other),
                }
            }
        };
        let met = usize::try_from(id.0).ok().and_then(|at| self.endpoints.get_mut(at));
        if let Some(met) = met.filter(|e| e.tags != tags && e.name != OTHER) {
            met.tags = union(&met.tags, &tags);
        }
        id
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
    pub(super) const fn requests(&self) -> usize {
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

    pub(super) fn into_parts(self) -> Parts {
        Parts {
            endpoints: self.endpoints,
            requests: self.requests,
            checks: self.checks,
            logins: self.logins,
            slots: self.slots,
        }
    }
}

/// The tables when everything is in them.
pub(super) struct Parts {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) requests: Vec<Request>,
    pub(super) checks: Vec<Check>,
    pub(super) logins: Vec<Login>,
    pub(super) slots: Vec<String>,
}

impl Place<'_> {
    fn endpoint(&self, method: &str, name: &str, kind: EndpointKind) -> Endpoint {
        Endpoint {
            scenario: self.scenario.to_owned(),
            action: self.action.to_owned(),
            method: method.to_owned(),
            name: name.to_owned(),
            kind,
            tags: self.tags.clone(),
        }
    }
}
