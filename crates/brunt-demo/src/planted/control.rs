//! `/__faults`: the planted faults of a target while it runs.

use http::{Method, StatusCode};
use serde_json::json;

use super::{Faults, Planted, PlantedError};
use crate::api::Reply;

/// The answer to `/__faults`, alike for all targets.
pub(crate) fn control(faults: &Faults, method: &Method, body: &[u8]) -> Reply {
    let list = match *method {
        Method::GET | Method::HEAD => return show(faults),
        Method::DELETE => Vec::new(),
        Method::PUT => match Planted::list_from_json(&String::from_utf8_lossy(body)) {
            Ok(list) => list,
            Err(error) => return refused(&error),
        },
        _ => {
            return Reply::error(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "/__faults takes GET, PUT and DELETE",
            )
            .named("allow", "GET, PUT, DELETE");
        }
    };
    match faults.plant(list) {
        Ok(()) => show(faults),
        Err(error) => refused(&error),
    }
}

fn show(faults: &Faults) -> Reply {
    Reply::ok(&serde_json::to_value(faults.list()).unwrap_or_default())
}

fn refused(error: &PlantedError) -> Reply {
    let value = json!({ "error": "bad_fault", "message": error.to_string(), "problems": error.0 });
    Reply::json(StatusCode::BAD_REQUEST, &value)
}
