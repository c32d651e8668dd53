//! The paths that are about the target and not about its service.

use http::{Method, StatusCode, header, request::Parts};
use serde_json::{Value, json};

use super::{Api, Reply, Service};
use crate::{
    clock::now,
    planted::{Planted, PlantedError},
};

/// A control path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    About,
    Stats,
    Reset,
    Faults,
}

/// What `GET /` says of the control paths.
const CONTROL: [(&str, &str, &str); 6] = [
    ("GET", "/", "this list"),
    ("GET", "/__stats", "what the target has counted"),
    ("POST", "/__reset", "sets everything back to the start"),
    ("GET", "/__faults", "the planted faults"),
    ("PUT", "/__faults", "replaces them by a JSON list, e.g. [\"slow:extra=300ms,share=0.5\"]"),
    ("DELETE", "/__faults", "removes them"),
];

impl Control {
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::About),
            "/__stats" => Some(Self::Stats),
            "/__reset" => Some(Self::Reset),
            "/__faults" => Some(Self::Faults),
            _ => None,
        }
    }
}

impl<S: Service> Api<S> {
    pub(super) fn control(&self, control: Control, head: &Parts, body: &[u8]) -> Reply {
        match control {
            Control::About => about::<S>(head),
            Control::Stats => Reply::ok(&self.stats_json()),
            Control::Reset => {
                self.reset(now());
                Reply::empty(StatusCode::NO_CONTENT)
            }
            Control::Faults => self.planted(&head.method, body),
        }
    }

    fn stats_json(&self) -> Value {
        let mut stats = serde_json::to_value(self.stats()).unwrap_or_default();
        if let (Value::Object(stats), Value::Object(more)) = (&mut stats, self.service().report()) {
            stats.extend(more);
        }
        stats
    }

    fn planted(&self, method: &Method, body: &[u8]) -> Reply {
        let list = match *method {
            Method::GET | Method::HEAD => return self.planted_list(),
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
        match self.faults().plant(list) {
            Ok(()) => self.planted_list(),
            Err(error) => refused(&error),
        }
    }

    fn planted_list(&self) -> Reply {
        Reply::ok(&serde_json::to_value(self.faults().list()).unwrap_or_default())
    }
}

fn refused(error: &PlantedError) -> Reply {
    let value = json!({ "error": "bad_fault", "message": error.to_string(), "problems": error.0 });
    Reply::json(StatusCode::BAD_REQUEST, &value)
}

/// What is served.
fn about<S: Service>(head: &Parts) -> Reply {
    let routes = S::ROUTES.iter().map(|route| (route.method, route.path, route.about));
    let accept = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.starts_with("text/plain")) {
        let lines =
            routes.chain(CONTROL).map(|(method, path, about)| format!("{method:<7}{path:<24}{about}\n"));
        let text = format!("{}: {}\n\n{}", S::NAME, S::ABOUT, lines.collect::<String>());
        return Reply::text(StatusCode::OK, "text/plain; charset=utf-8", text);
    }
    let object = |(method, path, about)| json!({ "method": method, "path": path, "about": about });
    let routes: Vec<Value> = routes.map(object).collect();
    let control: Vec<Value> = CONTROL.map(object).to_vec();
    let value = json!({ "target": S::NAME, "about": S::ABOUT, "routes": routes, "control": control });
    let mut reply = Reply::ok(&value);
    // For the person who types `curl`, one line per entry.
    if let Ok(text) = serde_json::to_string_pretty(&value) {
        reply.body = (text + "\n").into();
    }
    reply
}
