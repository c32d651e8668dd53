//! Which backend gets a request: the part of a load balancer that decides.
//!
//! For: the reverse proxies of the shop and the users target. Not for: health checks and retries.
//! A new algorithm is a variant of [`Algorithm`] and an arm of [`Balancer::pick`]; what it needs to know about the backends
//! comes in as a parameter there.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::stats::lock;

/// How a balancer chooses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// One after the other.
    #[default]
    RoundRobin,
}

/// The balancer of one proxy.
#[derive(Debug)]
pub(crate) struct Balancer {
    algorithm: Algorithm,
    backends: usize,
    turns: Mutex<Turns>,
}

/// The state of a smooth weighted round robin, as nginx has it: each turn, every backend gains its weight; the one with
/// the most is chosen and loses the sum of the weights. With equal weights this is the plain round robin.
#[derive(Debug, Default)]
struct Turns {
    weights: Vec<u32>,
    credit: Vec<i64>,
}

impl Balancer {
    pub(crate) fn new(algorithm: Algorithm, backends: usize) -> Self {
        Self { algorithm, backends, turns: Mutex::default() }
    }

    /// The index of the next backend; `weights` are those of a planted fault, one per backend.
    pub(crate) fn pick(&self, weights: Option<Vec<u32>>) -> usize {
        match self.algorithm {
            Algorithm::RoundRobin => {
                let weights = weights.unwrap_or_else(|| vec![1; self.backends]);
                lock(&self.turns).next(weights)
            }
        }
    }

    /// Begins with the first backend again.
    pub(crate) fn reset(&self) {
        *lock(&self.turns) = Turns::default();
    }
}

impl Turns {
    fn next(&mut self, weights: Vec<u32>) -> usize {
        if self.weights != weights {
            self.credit = vec![0; weights.len()];
            self.weights = weights;
        }
        for (credit, weight) in self.credit.iter_mut().zip(&self.weights) {
            *credit += i64::from(*weight);
        }
        // The first of the greatest; `max_by_key` would give the last.
        let chosen = (0..self.credit.len()).rev().max_by_key(|index| self.credit[*index]).unwrap_or(0);
        if let Some(credit) = self.credit.get_mut(chosen) {
            *credit -= self.weights.iter().copied().map(i64::from).sum::<i64>();
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks() {
        for (weights, expected) in [
            (None, "012012012012"),
            (Some(vec![1, 1, 1]), "012012012012"),
            // The example of nginx's own documentation of the method.
            (Some(vec![5, 1, 1]), "001020000102"),
            (Some(vec![0, 0, 3]), "222222222222"),
        ] {
            let balancer = Balancer::new(Algorithm::RoundRobin, 3);
            let picks: String = (0..12).map(|_| balancer.pick(weights.clone()).to_string()).collect();
            assert_eq!(picks, expected, "{weights:?}");
        }
    }

    #[test]
    fn a_change_of_weights_begins_anew() {
        let balancer = Balancer::new(Algorithm::RoundRobin, 2);
        assert_eq!([None, Some(vec![0, 1]), None, None].map(|weights| balancer.pick(weights)), [0, 1, 0, 1]);
        balancer.reset();
        assert_eq!(balancer.pick(None), 0);
    }
}
