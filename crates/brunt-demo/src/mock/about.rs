//! What a mock says of itself on `GET /`, unless a route of its own is there.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header, request::Parts};

use super::{
    answer::Reply,
    body::Content,
    builtin::{self, Builtin},
    config::{MockConfig, Route, Session},
};
use crate::{
    about::{About, Line},
    api::CONTROL,
    latency::Latency,
};

/// The description, ready to be sent.
#[derive(Debug)]
pub(super) struct Description {
    json: Bytes,
    text: Bytes,
}

impl Description {
    pub(super) fn new(config: &MockConfig) -> Self {
        let mut routes: Vec<Line> = config.routes.iter().map(line).collect();
        if config.builtins {
            routes.extend(builtin::routes().iter().map(line));
            routes.extend(Builtin::ALL.map(|(path, builtin)| Line::new(("any", path, builtin.about()))));
        }
        let mut control: Vec<Line> = CONTROL.map(Line::new).to_vec();
        let sentence = if config.record.is_some() {
            control.push(Line::new((
                "GET",
                "/__requests",
                "what came, as JSON; ?format=lines for one a line",
            )));
            control.push(Line::new(("DELETE", "/__requests", "forgets it")));
            routes.push(Line::new(("any", "/*", "recorded, and answered with 200 and {\"ok\":true}")));
            "an API made of data that keeps the requests that come"
        } else {
            "an API made of data"
        };
        let about = About { target: "mock", sentence, routes, control };
        Self { json: about.json().into(), text: about.text().into() }
    }

    /// As text if `Accept` begins with `text/plain`, as the other targets have it.
    pub(super) fn reply(&self, head: &Parts) -> Reply {
        let accept = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let (body, content_type) = if accept.is_some_and(|accept| accept.starts_with("text/plain")) {
            (&self.text, "text/plain; charset=utf-8")
        } else {
            (&self.json, "application/json")
        };
        Reply::new(StatusCode::OK, Content::Bytes(body.clone()))
            .header(header::CONTENT_TYPE, HeaderValue::from_static(content_type))
    }
}

fn line(route: &Route) -> Line {
    let mut parts = vec![if route.latency == Latency::NONE {
        route.status.to_string()
    } else {
        format!("{} after {}", route.status, route.latency.describe())
    }];
    parts.extend(
        route.failures.map(|failures| format!("{} in a share of {}", failures.status, failures.rate)),
    );
    match route.session {
        Session::None => {}
        Session::Starts => parts.push("sets the session cookie".to_owned()),
        Session::Requires => parts.push("401 without the session cookie".to_owned()),
    }
    Line::new((&route.method, &route.path, &parts.join("; ")))
}
