//! The cockpit: a run in the browser, while it goes on and after, and the interface that steers it.
//!
//! A [`Board`] is what is known of the run: the run's observer writes it, requests read it, and it outlives the run. A [`Desk`]
//! is what a browser may ask for: starting, stopping, changing a run, reading records. The binary implements it; nothing here
//! knows how load is made or how a plan is written. [`serve`] puts both on a port, on a thread of their own.
//!
//! - `routes.rs` is the table of all operations: the router, the OpenAPI document and the page of operations follow it.
//! - `guard.rs` decides, purely, whether a request may do what it asks for: host, origin, token, reading only.
//! - `aim.rs` decides, purely, where load may go.
//! - `course.rs` makes points of a run's course; `state.rs` what is told each second.
//! - `assets.rs` has the page and its modules, of this repository alone, which the binary carries.
//!
//! Names from outside reach the page as JSON and as text nodes only. Numbers stand for what was measured; what was not is `null`.

mod aim;
mod api;
mod assets;
mod board;
mod course;
mod desk;
mod guard;
mod json;
mod problem;
mod routes;
mod serve;
mod state;

pub use aim::{Aim, Refused, may_aim};
pub use board::{Board, Stage, Turned};
pub use desk::{Act, Desk, Download, Offer, Planned, Preview, Reference, RunRow, StartForm};
pub use guard::{Access, Token};
pub use problem::Problem;
pub use routes::{OPERATIONS, Operation, openapi};
pub use serve::{ServeError, Server, Settings, Tls, serve};
