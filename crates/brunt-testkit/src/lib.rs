//! What tests of several crates need: a context that runs a program as a user would, and filters that make what
//! it prints comparable. For development only; knows nothing of brunt's own crates.
//!
//! Start with [`TestContext`]: a folder of its own, a controlled environment, [`TestContext::run`] for a command that
//! ends by itself and [`TestContext::spawn`] for one that the test ends. [`Filters`] replace what differs from run to
//! run, so that the rest can stand in a snapshot. [`fixture`] finds the repository's fixtures. [`Browser`] looks at pages
//! as people do, served by [`Pages`] where no program serves them.
//!
//! Failures panic, with all that the program printed: this is for tests. Servers of tests listen on port 0 and say
//! which port they got; [`Running::wait_for_line`] reads it.
#![expect(clippy::missing_panics_doc, reason = "panicking is how a test says that something is wrong")]

mod browser;

mod context;

mod filter;

mod postgres;

mod process;

pub use browser::{Browser, Content, Pages, Scheme, View};
pub use context::TestContext;
pub use filter::Filters;
pub use postgres::{POSTGRES_PASSWORD, Postgres};
pub use process::{Captured, Running};

use std::path::{Path, PathBuf};

/// The path of a file below the repository's `fixtures/`. Panics if there is none.
pub fn fixture(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name);
    assert!(path.exists(), "no fixture `{name}`: {} does not exist", path.display());
    path
}
