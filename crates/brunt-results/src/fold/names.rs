//! Names and their numbers, in the order in which they came; bounded.

use brunt_metrics::{CheckId, EndpointId, EndpointKind, ScenarioId};
use brunt_run::SeriesName;
use std::collections::HashMap;

/// Endpoints that are counted apart, as many as a run of ours may have; further names fold into `(other)`.
pub(crate) const MAX_ENDPOINTS: usize = 2_000;
/// Scenarios that are told apart, as many as a run of ours may have.
pub(crate) const MAX_SCENARIOS: usize = 256;
/// Checks that are told apart.
pub(crate) const MAX_CHECKS: usize = 2_000;
/// The longest name, in bytes: what is longer is an address with its query, and is cut.
const MAX_NAME: usize = 500;

const OTHER: &str = "(other)";

/// The names of a run. `HashMap`s are only asked, never walked.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) endpoints: Vec<SeriesName>,
    pub(super) scenarios: Vec<String>,
    pub(super) checks: Vec<(EndpointId, String)>,
    scenario_of: Vec<ScenarioId>,
    endpoint_ids: HashMap<Vec<u8>, EndpointId>,
    scenario_ids: HashMap<String, ScenarioId>,
    check_ids: HashMap<(EndpointId, String), CheckId>,
    key: Vec<u8>,
    /// Whether names had to be folded.
    pub(super) folded: bool,
}

impl Names {
    /// The endpoint of scenario, action, method and name.
    pub(super) fn endpoint(&mut self, names: [&str; 4], kind: EndpointKind) -> EndpointId {
        self.key.clear();
        for name in names {
            self.key.extend_from_slice(name.as_bytes());
            self.key.push(0);
        }
        self.key.push(u8::from(kind == EndpointKind::Group));
        if let Some(id) = self.endpoint_ids.get(self.key.as_slice()) {
            return *id;
        }
        let [scenario, action, method, name] = names.map(cleaned);
        // Each kind keeps a place for its `(other)`.
        if self.endpoints.len() >= MAX_ENDPOINTS - 2 && name != OTHER {
            self.folded = true;
            return self.other(kind);
        }
        let scenario_of = self.scenario(&scenario);
        let Ok(next) = u32::try_from(self.endpoints.len()) else { return EndpointId(0) };
        let scenario = self.scenarios.get(usize::from(scenario_of.0)).cloned().unwrap_or(scenario);
        self.endpoints.push(SeriesName { scenario, action, method, name, kind, ..SeriesName::default() });
        self.scenario_of.push(scenario_of);
        self.endpoint_ids.insert(self.key.clone(), EndpointId(next));
        EndpointId(next)
    }

    fn other(&mut self, kind: EndpointKind) -> EndpointId {
        let scenario = self.scenarios.first().cloned().unwrap_or_default();
        self.endpoint([&scenario, OTHER, "*", OTHER], kind)
    }

    pub(super) fn scenario(&mut self, name: &str) -> ScenarioId {
        if let Some(id) = self.scenario_ids.get(name) {
            return *id;
        }
        let last = MAX_SCENARIOS - 1;
        if self.scenarios.len() >= last && name != OTHER {
            self.folded = true;
            return self.scenario(OTHER);
        }
        let Ok(next) = u16::try_from(self.scenarios.len()) else { return ScenarioId(0) };
        self.scenarios.push(cleaned(name));
        self.scenario_ids.insert(name.to_owned(), ScenarioId(next));
        ScenarioId(next)
    }

    pub(super) fn scenario_of(&self, endpoint: EndpointId) -> ScenarioId {
        self.scenario_of.get(endpoint.0 as usize).copied().unwrap_or_default()
    }

    pub(super) fn check(&mut self, endpoint: EndpointId, name: &str) -> CheckId {
        let key = (endpoint, cleaned(name));
        if let Some(id) = self.check_ids.get(&key) {
            return *id;
        }
        if self.checks.len() >= MAX_CHECKS - 1 && key.1 != OTHER {
            self.folded = true;
            return self.check(EndpointId(0), OTHER);
        }
        let Ok(next) = u32::try_from(self.checks.len()) else { return CheckId(0) };
        self.checks.push(key.clone());
        self.check_ids.insert(key, CheckId(next));
        CheckId(next)
    }
}

/// A name as it may be shown.
fn cleaned(name: &str) -> String {
    crate::words::cleaned(name, MAX_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_past_their_bounds_fold_and_nothing_grows() {
        let mut names = Names::default();
        for i in 0..3_000 {
            let text = i.to_string();
            names.endpoint(["s", &text, "GET", &text], EndpointKind::Request);
            names.endpoint([&text, &text, "*", &text], EndpointKind::Group);
            names.check(EndpointId(0), &text);
        }
        assert!(names.folded);
        assert_eq!(names.endpoints.len(), MAX_ENDPOINTS);
        assert!(names.scenarios.len() <= MAX_SCENARIOS);
        assert_eq!(names.checks.len(), MAX_CHECKS);
        let id = names.endpoint(["s", "new", "GET", "new"], EndpointKind::Request);
        assert_eq!(names.endpoints[id.0 as usize].name, OTHER);
        assert_eq!(names.endpoints[id.0 as usize].kind, EndpointKind::Request);
    }
}
