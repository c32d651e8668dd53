//! What a plan says of the shares of its actions.

use brunt_web::Planned;
use brunt_workload::{ActionOrder, Scenario, Workload};

/// Each action's share of its scenario's iterations. Of closed scenarios: as long as all users take as long for an iteration.
pub(crate) fn planned(workload: &Workload) -> Vec<Planned> {
    workload.scenarios.iter().flat_map(of_scenario).collect()
}

fn of_scenario(scenario: &Scenario) -> Vec<Planned> {
    let mut out = Vec::new();
    for (at, class) in scenario.classes.iter().enumerate() {
        let of_class = class_share(scenario, at);
        let actions = &class.journey.actions;
        for (i, action) in actions.iter().enumerate() {
            let of_action = match &class.journey.order {
                ActionOrder::Weighted(choice) => {
                    share(choice.weight(i), (0..choice.len()).map(|i| choice.weight(i)).sum())
                }
                ActionOrder::InTurn => share(1, actions.len() as u64),
            };
            out.push(Planned {
                scenario: scenario.name.clone(),
                class: class.name.clone(),
                action: action.name.clone(),
                share: of_class * of_action,
            });
        }
    }
    out
}

/// A class's share of a scenario's users.
fn class_share(scenario: &Scenario, class: usize) -> f64 {
    let shares = &scenario.class_shares;
    let users = u64::from(scenario.supply.max_users());
    let fixed: u64 = shares.fixed.iter().map(|(_, n)| u64::from(*n)).sum();
    if let Some((_, n)) = shares.fixed.iter().find(|(at, _)| *at == class) {
        return share(u64::from(*n), users.max(fixed));
    }
    let rest = &shares.rest;
    let total = (0..rest.len()).map(|i| rest.weight(i)).sum();
    let left = if fixed == 0 { 1.0 } else { share(users.saturating_sub(fixed), users) };
    if class < rest.len() { left * share(rest.weight(class), total) } else { 0.0 }
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
