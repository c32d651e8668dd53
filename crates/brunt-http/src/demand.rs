//! What a workload asks of the machine that drives it, before it starts: files, ports, memory.

use brunt_workload::{HttpVersion, StartAt, Supply, Workload};

/// The most that a run may have open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Users that the plan itself fixes.
    pub fixed_users: u64,
    /// Users that open arrivals may grow to at their caps.
    pub elastic_users: u64,
    /// Connections a user may have open: one an origin.
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
        connections_per_user: workload.target.origins.len().max(1) as u64,
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
