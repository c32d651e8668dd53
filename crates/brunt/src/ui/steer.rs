//! A change of the load that somebody filled in, as the engine takes it.

use super::parted;
use crate::run::fitted;
use brunt_engine::{Asked, Change, Steer, decide};
use brunt_plan::parse_rate_cli;
use brunt_web::{Act, Problem};
use brunt_workload::{Rate, Supply, Workload};

/// The changes that are asked for; refused if they cannot be made, or if this machine cannot hold them.
pub(crate) fn asked(act: &Act, workload: &Workload) -> Result<Vec<Steer>, Problem> {
    let Act::Edit { scenario, users, spawn_rate, rate } = act else { return Ok(Vec::new()) };
    let users = match users {
        Some(n) => Some(u32::try_from(*n).map_err(|_| Problem::invalid(format!("{n} users are too many")))?),
        None => None,
    };
    let wanted = Asked {
        scenario: scenario.clone(),
        users,
        spawn_rate: spawn_rate.as_deref().map(|text| read("spawn rate", text)).transpose()?,
        rate: rate.as_deref().map(|text| read("rate", text)).transpose()?,
    };
    let steers = decide(workload, &wanted).map_err(|e| parted(&e.to_string()))?;
    // The machine must hold the new users as it must hold those of a plan.
    let mut changed = workload.clone();
    for Steer { scenario, change } in &steers {
        if let Change::Users(users, _) = change {
            changed.scenarios[usize::from(scenario.0)].supply = Supply::Fixed(*users);
        }
    }
    fitted(changed, &mut Vec::new()).map_err(|refusal| parted(&refusal.to_string()))?;
    Ok(steers)
}

fn read(what: &str, text: &str) -> Result<Rate, Problem> {
    parse_rate_cli(text).map_err(|problem| {
        Problem::invalid(format!("`{text}` is no {what}: {}", problem.label())).hint("write e.g. `50/s`")
    })
}
