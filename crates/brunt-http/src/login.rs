//! What is known of a login: who has made it how often, and what it gave.

use brunt_workload::Value;
use std::cell::{Cell, RefCell};
use tokio::sync::Mutex;

/// One login, of one user or of all users of a worker.
#[derive(Default)]
pub(crate) struct LoginState {
    /// Held by whoever makes it: all others wait.
    pub(crate) making: Mutex<()>,
    /// How often it has been made.
    generation: Cell<u64>,
    /// How often it was tried, and why the last try failed, if it did.
    tries: Cell<u64>,
    failure: RefCell<Option<String>>,
    /// What its slots hold, in their order.
    values: RefCell<Vec<Option<Value>>>,
}

impl LoginState {
    pub(crate) const fn generation(&self) -> u64 {
        self.generation.get()
    }

    pub(crate) const fn tries(&self) -> u64 {
        self.tries.get()
    }

    /// Takes note of one that was made.
    pub(crate) fn made(&self, values: Vec<Option<Value>>) {
        self.generation.set(self.generation.get() + 1);
        self.tries.set(self.tries.get() + 1);
        *self.failure.borrow_mut() = None;
        *self.values.borrow_mut() = values;
    }

    /// Takes note of one that failed.
    pub(crate) fn failed(&self, reason: &str) {
        self.tries.set(self.tries.get() + 1);
        *self.failure.borrow_mut() = Some(reason.to_owned());
    }

    /// Why it failed, if it was tried since `tries` and failed: who waited for that try does not try again.
    pub(crate) fn failure_since(&self, tries: u64) -> Option<String> {
        if self.tries.get() == tries { None } else { self.failure.borrow().clone() }
    }

    pub(crate) fn values(&self) -> Vec<Option<Value>> {
        self.values.borrow().clone()
    }
}
