//! The shop's configuration and the checks of its values.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    balancer::Algorithm,
    latency::Latency,
    mock::{ConfigError, Problem, SyntaxError},
};

/// The most products; they are made when the shop starts, and held in memory.
const MOST_PRODUCTS: u32 = 100_000;

/// The most backends, workers of one, and places in a queue or a cache: what a test machine has memory for.
const MOST_BACKENDS: usize = 100;
const MOST_PLACES: usize = 1_000_000;

/// The whole behaviour of the shop; see [`crate::storefront`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShopConfig {
    /// What all randomness derives from.
    pub seed: u64,
    /// How many products there are; their ids are 1 to this.
    pub products: u32,
    /// How many of each there are.
    pub stock: u32,
    /// How many there are of some, by id.
    pub stock_of: BTreeMap<u32, u32>,
    /// How the proxy chooses a backend.
    pub balancer: Algorithm,
    /// The backends, at least one.
    pub backends: Vec<BackendConfig>,
    /// How long the services take.
    pub latency: LatencyConfig,
    /// How many pages, products and searches each backend's cache holds.
    pub cache_entries: usize,
}

/// One backend.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackendConfig {
    /// How much longer it takes than the latencies say; 1 by default.
    pub slowdown: f64,
    /// How many requests it serves at a time, at least 1; 8 by default.
    pub workers: usize,
    /// How many requests may wait; 100 by default.
    pub queue: usize,
}

/// How long the services take on a backend with a slowdown of 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatencyConfig {
    /// `GET /products`.
    pub catalogue: Latency,
    /// `GET /products/{id}`.
    pub details: Latency,
    /// `GET /search`.
    pub search: Latency,
    /// Everything on `/cart`.
    pub cart: Latency,
    /// Everything on `/orders`.
    pub orders: Latency,
    /// `GET /users` and `GET /analytics`.
    pub accounts: Latency,
    /// The first three, if the backend has the answer in its cache.
    pub cache_hit: Latency,
}

impl Default for ShopConfig {
    fn default() -> Self {
        let backend = |slowdown, workers| BackendConfig { slowdown, workers, ..BackendConfig::default() };
        Self {
            seed: 1,
            products: 100,
            stock: 1_000,
            stock_of: BTreeMap::new(),
            balancer: Algorithm::default(),
            backends: vec![backend(1.0, 8), backend(1.5, 6), backend(3.0, 4)],
            latency: LatencyConfig::default(),
            cache_entries: 1_000,
        }
    }
}

impl Default for BackendConfig {
    fn default() -> Self {
        Self { slowdown: 1.0, workers: 8, queue: 100 }
    }
}

impl Default for LatencyConfig {
    fn default() -> Self {
        let usual = |median, sigma| Latency::LogNormal { median: Duration::from_millis(median), sigma };
        Self {
            catalogue: usual(6, 0.4),
            details: usual(4, 0.4),
            search: usual(12, 0.5),
            cart: usual(8, 0.4),
            orders: usual(25, 0.5),
            accounts: usual(15, 0.4),
            cache_hit: usual(1, 0.2),
        }
    }
}

impl LatencyConfig {
    /// Every service takes `latency`.
    pub fn all(latency: Latency) -> Self {
        Self {
            catalogue: latency,
            details: latency,
            search: latency,
            cart: latency,
            orders: latency,
            accounts: latency,
            cache_hit: latency,
        }
    }
}

impl ShopConfig {
    /// Reads and checks a configuration; `file` is the name to show in an error.
    pub fn from_json(file: &str, text: &str) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_str(text)
            .map_err(|error| ConfigError::Syntax(SyntaxError::new(file, text, &error)))?;
        config.check()?;
        Ok(config)
    }

    /// All that is wrong with the values, if anything is.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        let mut add = |at: String, message: String| problems.push(Problem { at, message });
        if !(1..=MOST_PRODUCTS).contains(&self.products) {
            add("products".to_owned(), format!("must be between 1 and {MOST_PRODUCTS}"));
        }
        for id in self.stock_of.keys().filter(|id| !(1..=self.products).contains(id)) {
            add(format!("stock_of.{id}"), format!("the products are 1 to {}", self.products));
        }
        if !(1..=MOST_BACKENDS).contains(&self.backends.len()) {
            add("backends".to_owned(), format!("there must be between 1 and {MOST_BACKENDS}"));
        }
        for (index, backend) in self.backends.iter().enumerate() {
            if !(0.001..=1000.0).contains(&backend.slowdown) {
                let message = format!("is {}, which is not between 0.001 and 1000", backend.slowdown);
                add(format!("backends[{index}].slowdown"), message);
            }
            if !(1..=MOST_PLACES).contains(&backend.workers) {
                add(format!("backends[{index}].workers"), format!("must be between 1 and {MOST_PLACES}"));
            }
        }
        if self.cache_entries > MOST_PLACES {
            add("cache_entries".to_owned(), format!("must be at most {MOST_PLACES}"));
        }
        for (name, latency) in self.latency.named() {
            for message in latency.problems() {
                add(format!("latency.{name}"), message);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::Service { target: "shop", problems }) }
    }
}

impl LatencyConfig {
    fn named(&self) -> [(&'static str, Latency); 7] {
        [
            ("catalogue", self.catalogue),
            ("details", self.details),
            ("search", self.search),
            ("cart", self.cart),
            ("orders", self.orders),
            ("accounts", self.accounts),
            ("cache_hit", self.cache_hit),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_is_the_default() {
        let documentation = include_str!("mod.rs");
        let example = documentation
            .split("```json")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .expect("an example");
        let text: String = example.lines().map(|line| line.trim_start_matches("//!")).collect();
        let config = ShopConfig::from_json("example.json", &text).expect("the example");
        let stock_of = BTreeMap::from([(7, 3)]);
        assert_eq!(config, ShopConfig { stock_of, ..ShopConfig::default() });
        assert_eq!(ShopConfig::default().check(), Ok(()));
    }

    #[test]
    fn errors() {
        let texts = [
            r#"{ "product": 5 }"#,
            r#"{ "balancer": "random" }"#,
            r#"{ "products": 0, "stock_of": { "7": 1 }, "backends": [], "cache_entries": 9999999 }"#,
            r#"{ "backends": [{ "slowdown": 0, "workers": 0 }], "latency": { "cart": { "log_normal": { "median": "1ms", "sigma": 9 } } } }"#,
        ]
        .map(|text| ShopConfig::from_json("shop.json", text).expect_err(text).to_string());
        insta::assert_snapshot!(texts.join("\n\n"));
    }
}
