//! The targets by name, for a command line to list and to choose from.

use crate::{mock::MockConfig, running::Target};

const NAMES: [(&str, &str); 6] = [
    ("mock", "an API made of data: latency distributions, failures, queues, stalls (default: a small shop)"),
    ("shop", "a shop behind a load balancer: unequal backends, carts, orders, stock that runs out"),
    ("inference", "a GPU server for models: batches, a bounded queue, cold starts, Prometheus metrics"),
    ("users", "user accounts behind a gateway: three instances, a cache, a database with few connections"),
    ("faulty", "breaks HTTP in a known way per path, e.g. /mid-body, /reset, /never"),
    ("null", "the cheapest HTTP/1.1 server there is, to find the generator's own ceiling"),
];

/// The name and a one-line description of each target, in the order to list them.
pub fn names() -> &'static [(&'static str, &'static str)] {
    &NAMES
}

impl Target {
    /// The target called `name` in its default configuration (`mock` is the shop), or nothing if there is none.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "mock" => Some(Self::Mock(Box::new(MockConfig::shop()))),
            "shop" => Some(Self::Shop(Box::default())),
            "inference" => Some(Self::Inference(Box::default())),
            "users" => Some(Self::Users(Box::default())),
            "faulty" => Some(Self::Faulty),
            "null" => Some(Self::Null),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_target() {
        assert!(names().iter().all(|(name, _)| Target::named(name).is_some()));
        assert_eq!(Target::named("shpo"), None);
    }
}
