//! What a workload asks of the machine that drives it, before it starts: files, ports, memory.

use brunt_workload::{FaultKind, HttpVersion, StartAt, Step, Supply, Workload};

/// The most that a run may have open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Users that the plan itself fixes.
    pub fixed_users: u64,
    /// Users that open arrivals may grow to at their caps.
    pub elastic_users: u64,
    /// Connections a user may have open: one an origin, and over HTTP/1 one for each request that it has under way
    /// side by side.
    pub connections_per_user: u64,
    /// Whether users share connections, so that users do not count.
    pub shared: bool,
}

/// Memory for a user and its kept connection, in bytes. Measured as the growth of resident memory from one
/// user to 500 and 1,000 of them on Linux: 3.4 to 4.3 KB in the clear (5 KB with 10,000), 11.2 to 12.1 KB with
/// TLS 1.3.
const BYTES_PER_USER: u64 = 5 * 1024;
const BYTES_PER_TLS_USER: u64 = 12 * 1024;

/// What `workload` may need at its largest. Scenarios that wait for another do not overlap with it, but are
/// counted as if they did: the estimate is an upper bound.
pub fn demand(workload: &Workload) -> Demand {
    let mut demand = Demand {
        fixed_users: 0,
        elastic_users: 0,
        connections_per_user: workload.target.origins.len().max(1) as u64 * side_by_side(workload),
        shared: workload.target.shared_connections.is_some() && workload.target.version != HttpVersion::Http1,
    };
    let mut sequential = 0;
    for scenario in &workload.scenarios {
        match (&scenario.supply, &scenario.start) {
            (Supply::Elastic { cap, .. }, _) => demand.elastic_users += u64::from(*cap),
            (supply, StartAt::After { .. }) => sequential = sequential.max(u64::from(supply.max_users())),
            (supply, StartAt::Offset(_)) => demand.fixed_users += u64::from(supply.max_users()),
        }
    }
    demand.fixed_users = demand.fixed_users.max(sequential);
    demand
}

/// The most requests that a user has under way at once, each on a connection of its own.
fn side_by_side(workload: &Workload) -> u64 {
    if workload.target.version == HttpVersion::Http2 {
        return 1;
    }
    let journeys = workload.scenarios.iter().flat_map(|s| &s.classes).map(|class| &class.journey);
    let actions = journeys.flat_map(|j| j.on_start.iter().chain(&j.actions).chain(&j.on_stop));
    let lanes = actions.map(|action| lanes_of(&action.steps)).max().unwrap_or(1);
    let faults = workload.fault_mixes.iter().flat_map(|mix| &mix.faults);
    let copies = faults.map(|fault| if let FaultKind::Retries(n) = fault.kind { u64::from(n) } else { 0 });
    lanes.max(1) + copies.max().unwrap_or(0)
}

fn lanes_of(steps: &[Step]) -> u64 {
    let lanes = steps.iter().map(|step| match step {
        Step::Batch { requests, at_once } => u64::from(*at_once).min(requests.len() as u64),
        Step::Group { steps, .. } | Step::Repeat { steps, .. } => lanes_of(steps),
        Step::If { then, otherwise, .. } => lanes_of(then).max(lanes_of(otherwise)),
        Step::Choose { branches, .. } => branches.iter().map(|steps| lanes_of(steps)).max().unwrap_or(1),
        Step::Script(script) => script.widest().min(6),
        Step::Request(_) | Step::Pause(_) | Step::Set { .. } | Step::End(_) => 1,
    });
    lanes.max().unwrap_or(1)
}

impl Demand {
    /// Connections that `users` users may have open.
    pub fn connections(&self, users: u64) -> u64 {
        if self.shared { 0 } else { users * self.connections_per_user }
    }

    /// Memory that `users` users may take, in bytes.
    pub fn memory(&self, users: u64, tls: bool) -> u64 {
        users * if tls { BYTES_PER_TLS_USER } else { BYTES_PER_USER }
    }
}
