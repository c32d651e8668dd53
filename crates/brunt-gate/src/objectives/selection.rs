//! What of a run a measure is about: filters met with the names of the run's header, once.

use brunt_metrics::{CellKey, CheckId, EndpointId, EndpointKind, Outcome, Phase, ScenarioId, TallyId};
use brunt_objective::{Filter, FilterKey, Filters, Measure, NO_STATUS, Share, Statistic};
use brunt_run::{RunHeader, SeriesName};

/// What a measure lets through, by the ids of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    endpoints: Vec<bool>,
    checks: Vec<bool>,
    tallies: Vec<bool>,
    scenarios: Vec<bool>,
    /// By `Phase`.
    phases: [bool; 3],
    /// The conditions on single requests, and the tally's values.
    filters: Filters,
    /// Passes through groups are measured, not requests.
    pub(super) groups: bool,
}

impl Selection {
    pub(super) fn of(measure: &Measure, header: &RunHeader) -> Self {
        let filters = &measure.filters;
        let groups = filters.has(FilterKey::Group);
        let kind = if groups { EndpointKind::Group } else { EndpointKind::Request };
        let series = |s: &SeriesName| s.kind == kind && series(filters, s);
        let endpoints: Vec<bool> = header.endpoints.iter().map(series).collect();
        let check = |(endpoint, name): &(EndpointId, String)| {
            let of = header.endpoints.get(endpoint.0 as usize);
            let of = of.is_none_or(|s| self::series(filters, s));
            of && filters.let_through(FilterKey::Check, |v| v == name)
        };
        // What a request belongs to counts, also where only the scenario is told.
        let scenario = |name: &String| {
            let own = header.endpoints.iter().zip(&endpoints).filter(|(s, _)| s.scenario == *name);
            let mut own = own.map(|(_, selected)| *selected).peekable();
            let through = filters.let_through(FilterKey::Scenario, |v| v == name);
            through && (own.peek().is_none() || own.any(|selected| selected))
        };
        let phases = [Phase::WarmUp, Phase::Load, Phase::CoolDown].map(|phase| {
            let name = phase_word(phase);
            if filters.has(FilterKey::Phase) {
                filters.let_through(FilterKey::Phase, |v| v == name)
            } else {
                phase == Phase::Load
            }
        });
        Self {
            checks: header.checks.iter().map(check).collect(),
            tallies: header
                .tallies
                .iter()
                .map(|name| filters.let_through(FilterKey::Tally, |v| v == name))
                .collect(),
            scenarios: header.scenarios.iter().map(|s| scenario(&s.name)).collect(),
            endpoints,
            phases,
            filters: filters.clone(),
            groups,
        }
    }

    /// Whether nothing of the run can ever be let through.
    pub(super) fn is_empty(&self, statistic: Statistic) -> bool {
        let ids = match statistic {
            Statistic::Share(Share::Checks) => &self.checks,
            Statistic::Share(Share::Tally) | Statistic::Count(brunt_objective::Count::Tally) => &self.tallies,
            Statistic::Balance => &self.tallies,
            Statistic::Share(Share::Drops)
            | Statistic::Count(brunt_objective::Count::Iterations | brunt_objective::Count::Drops)
            | Statistic::Rate(brunt_objective::Flow::Iterations) => &self.scenarios,
            Statistic::Time { .. }
            | Statistic::Share(Share::Errors)
            | Statistic::Count(_)
            | Statistic::Rate(_)
            | Statistic::Recovery => &self.endpoints,
        };
        !ids.contains(&true)
    }

    /// Whether the key's endpoint and phase are let through.
    pub(super) fn series(&self, key: CellKey) -> bool {
        self.endpoints.get(key.endpoint.0 as usize).copied().unwrap_or(false)
            && self.phases[key.phase as usize]
    }

    /// Whether its status and outcome are.
    pub(super) fn ending(&self, key: CellKey) -> bool {
        let status = |value: &str| {
            let raw = key.status.raw();
            match value.strip_suffix("xx") {
                Some(class) => class.parse() == Ok(key.status.class()),
                None if value == NO_STATUS => raw == 0,
                None => value.parse() == Ok(raw),
            }
        };
        let error = |value: &str| match key.outcome {
            Outcome::Ok => false,
            Outcome::Error(kind) => kind.name() == value,
        };
        let outcome = |value: &str| match value {
            "ok" => key.outcome.is_ok(),
            "error" => !key.outcome.is_ok(),
            _ => true,
        };
        self.filters.let_through(FilterKey::Status, status)
            && self.filters.let_through(FilterKey::Error, error)
            && self.filters.let_through(FilterKey::Outcome, outcome)
    }

    /// Whether a filter says which endings count.
    pub(super) fn says_endings(&self) -> bool {
        [FilterKey::Status, FilterKey::Error, FilterKey::Outcome].into_iter().any(|key| self.filters.has(key))
    }

    /// Whether a filter says which phases count.
    pub(super) fn says_phases(&self) -> bool {
        self.filters.has(FilterKey::Phase)
    }

    pub(super) fn check(&self, id: CheckId) -> bool {
        self.checks.get(id.0 as usize).copied().unwrap_or(false)
    }

    pub(super) fn scenario(&self, id: ScenarioId) -> bool {
        self.scenarios.get(usize::from(id.0)).copied().unwrap_or(false)
    }

    pub(super) fn tally(&self, id: TallyId, phase: Phase) -> bool {
        self.tallies.get(usize::from(id.0)).copied().unwrap_or(false) && self.phases[phase as usize]
    }

    pub(super) fn tally_value(&self, value: &str) -> bool {
        self.filters.let_through(FilterKey::Value, |v| v == value)
    }
}

/// The word of a phase in filters.
const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::WarmUp => "warm-up",
        Phase::Load => "load",
        Phase::CoolDown => "cool-down",
    }
}

/// Whether a series' names are let through.
pub(super) fn series(filters: &Filters, series: &SeriesName) -> bool {
    let through = |filter: &Filter| match filter.key {
        FilterKey::Scenario => filter.lets_through(|v| v == series.scenario),
        FilterKey::Action => filter.lets_through(|v| v == series.action),
        FilterKey::Method => filter.lets_through(|v| v.eq_ignore_ascii_case(&series.method)),
        FilterKey::Name | FilterKey::Group => filter.lets_through(|v| v == series.name),
        FilterKey::Endpoint => filter.lets_through(|v| v == series.label()),
        FilterKey::Tag => filter.lets_through(|v| series.tags.iter().any(|tag| tag == v)),
        FilterKey::Phase
        | FilterKey::Status
        | FilterKey::Error
        | FilterKey::Outcome
        | FilterKey::Check
        | FilterKey::Tally
        | FilterKey::Value => true,
    };
    filters.0.iter().all(through)
}
