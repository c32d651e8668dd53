//! The paths that are about the target and not about its service.

use http::{StatusCode, header, request::Parts};
use serde_json::Value;

use super::{Api, Reply, Service};
use crate::{
    about::{About, Line},
    clock::now,
    planted,
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
pub(crate) const CONTROL: [(&str, &str, &str); 6] = [
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
            Control::Faults => planted::control(self.faults(), &head.method, body),
        }
    }

    fn stats_json(&self) -> Value {
        let mut stats = serde_json::to_value(self.stats()).unwrap_or_default();
        if let (Value::Object(stats), Value::Object(more)) = (&mut stats, self.service().report()) {
            stats.extend(more);
        }
        stats
    }
}

/// What is served; as text if `Accept` begins with `text/plain`.
fn about<S: Service>(head: &Parts) -> Reply {
    let about = About {
        target: S::NAME,
        sentence: S::ABOUT,
        routes: S::ROUTES.iter().map(|route| Line::new((route.method, route.path, route.about))).collect(),
        control: CONTROL.map(Line::new).to_vec(),
    };
    let accept = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.starts_with("text/plain")) {
        Reply::text(StatusCode::OK, "text/plain; charset=utf-8", about.text())
    } else {
        Reply::text(StatusCode::OK, "application/json", about.json())
    }
}
