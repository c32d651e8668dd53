//! What a run is, in the words of its record.

use brunt_metrics::{EndpointId, Nanos};
use brunt_run::{MAX_CURVE, RunHeader, ScenarioHeader, SeriesName};
use brunt_workload::{Arrivals, Scenario, Supply, Workload};
use std::collections::BTreeMap;

/// What only the caller knows of a run.
pub(crate) struct About {
    pub(crate) id: String,
    pub(crate) started_unix_ms: u64,
    pub(crate) workers: u32,
    pub(crate) simulated: bool,
    pub(crate) environment: BTreeMap<String, String>,
}

/// The header of a run of `workload`.
pub(crate) fn header(workload: &Workload, about: About) -> RunHeader {
    let endpoints = workload.endpoints.iter().map(|e| SeriesName {
        scenario: e.scenario.clone(),
        action: e.action.clone(),
        method: e.method.clone(),
        name: e.name.clone(),
        kind: e.kind,
        tags: e.tags.clone(),
    });
    RunHeader {
        id: about.id,
        name: workload.name.clone(),
        started_unix_ms: about.started_unix_ms,
        seed: workload.seed,
        targets: workload.target.origins.iter().map(target).collect(),
        planned_duration: workload.planned_duration(),
        workers: about.workers,
        simulated: about.simulated,
        scenarios: workload.scenarios.iter().map(scenario).collect(),
        endpoints: endpoints.collect(),
        checks: checks(workload),
        tallies: workload.tallies.iter().map(|t| t.name.clone()).collect(),
        objectives: Vec::new(),
        profile: None,
        labels: BTreeMap::new(),
        environment: about.environment,
    }
}

fn target(origin: &brunt_workload::Origin) -> String {
    match &origin.unix {
        Some(path) => format!("unix:{}", path.display()),
        None => format!("{}://{}", origin.scheme.name(), origin.authority()),
    }
}

/// Each check with the endpoint of the request that has it.
fn checks(workload: &Workload) -> Vec<(EndpointId, String)> {
    let owner = |id: usize| {
        let holds = |r: &&brunt_workload::Request| {
            r.checks.iter().chain(r.saves.iter().map(|s| &s.check)).any(|c| c.0 as usize == id)
        };
        workload.requests.iter().find(holds).map_or(EndpointId(0), |r| r.endpoint)
    };
    workload.checks.iter().enumerate().map(|(id, check)| (owner(id), check.name.clone())).collect()
}

fn scenario(scenario: &Scenario) -> ScenarioHeader {
    let (curve, curve_step) = curve(scenario);
    ScenarioHeader {
        name: scenario.name.clone(),
        executor: executor(scenario),
        open: scenario.arrivals.is_open(),
        max_users: scenario.supply.max_users(),
        curve,
        curve_step,
    }
}

/// What the schedule alone asks for, at most [`MAX_CURVE`] points over the scenario's length.
fn curve(scenario: &Scenario) -> (Vec<f64>, Nanos) {
    let Some(length) = scenario.stop.after.filter(|t| *t > Nanos::ZERO) else {
        return (Vec::new(), Nanos::SECOND);
    };
    let step = Nanos((length.0 / MAX_CURVE as u64 + 1).max(Nanos::SECOND.0));
    let instants = (0..length.0.div_ceil(step.0)).map(|i| Nanos(i * step.0));
    let value = |at: Nanos| match scenario.arrivals {
        Arrivals::Closed => f64::from(scenario.supply.users_at(at)),
        Arrivals::Constant(_)
        | Arrivals::Ramp(_)
        | Arrivals::Poisson(_)
        | Arrivals::Bursts { .. }
        | Arrivals::Replay { .. } => scenario.arrivals.rate_at(at).unwrap_or(0.0),
    };
    (instants.map(value).collect(), step)
}

/// The executor in words.
pub(crate) fn executor(scenario: &Scenario) -> String {
    let arrivals = match &scenario.arrivals {
        Arrivals::Closed => None,
        Arrivals::Constant(rate) => Some(format!("constant rate {rate}")),
        Arrivals::Ramp(ramp) => {
            Some(format!("rate in {} stages, at most {:.0}/s", ramp.stages().len(), ramp.peak()))
        }
        Arrivals::Poisson(ramp) => Some(format!("poisson arrivals, at most {:.0}/s", ramp.peak())),
        Arrivals::Bursts { size, pause } if pause.min == pause.max => {
            Some(format!("bursts of {size} every {}", pause.min))
        }
        Arrivals::Bursts { size, pause } => {
            Some(format!("bursts of {size} every {} to {}", pause.min, pause.max))
        }
        Arrivals::Replay { instants, .. } => Some(format!("replay of {} arrivals", instants.len())),
    };
    let supply = match &scenario.supply {
        Supply::Fixed(1) => "1 user".to_owned(),
        Supply::Fixed(users) => format!("{users} users"),
        Supply::Spawn { users, rate } => format!("{users} users, {rate} coming"),
        Supply::Ramp { stages, .. } => {
            format!("users in {} stages, at most {}", stages.len(), scenario.supply.max_users())
        }
        Supply::Elastic { cap, .. } => format!("at most {cap} users"),
    };
    let mut words: Vec<String> = arrivals.into_iter().collect();
    words.push(supply);
    words.extend(scenario.stop.iterations.map(|n| format!("{n} iterations")));
    words.extend(scenario.stop.per_user.map(|n| format!("{n} iterations each")));
    words.join(", ")
}
