//! What Locust leaves (<https://github.com/locustio/locust>): the four CSV files of a run, and its statistics as JSON. None of them has
//! samples.

mod csv;
mod json;

pub(crate) use csv::{LocustFile, Role, read_locust};
pub(crate) use json::read_json;
